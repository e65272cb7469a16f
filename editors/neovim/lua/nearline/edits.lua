-- What the server writes into files, as one undo step and only into what it has seen.
local M = {}

local api, lsp = vim.api, vim.lsp

-- What was typed before an edit, and what is typed after it, are undo steps of their own.
local function break_undo(buf)
  if api.nvim_buf_is_loaded(buf) then
    api.nvim_buf_call(buf, function()
      vim.cmd('let &l:undolevels = &l:undolevels')
    end)
  end
end

-- Why an edit must not be applied; Neovim itself would report an outdated one as applied, and empty a file that it is
-- told to make and that is there already.
---@return string?
local function refusal(changes)
  for _, change in ipairs(changes) do
    local document, options = change.textDocument, change.options or {}
    if document then
      local buf = vim.uri_to_bufnr(document.uri)
      local version = lsp.util.buf_versions[buf]
      if document.version and version and version ~= document.version then
        return 'the buffer was changed'
      end
    elseif change.kind == 'create' and not (options.overwrite or options.ignoreIfExists) then
      if vim.uv.fs_stat(vim.uri_to_fname(change.uri)) then
        return 'the file is there already'
      end
    end
  end
end

-- A new file is shown beside the window, and nobody's cursor moves.
local function show_new(changes)
  for _, change in ipairs(changes) do
    if change.kind == 'create' then
      api.nvim_open_win(vim.uri_to_bufnr(change.uri), false, { split = 'right' })
    end
  end
end

---@type lsp.Handler
function M.apply(err, params, context)
  local changes = params.edit.documentChanges or {}
  local reason = refusal(changes)
  if reason then
    return { applied = false, failureReason = reason }
  end
  local buffers = {}
  for _, change in ipairs(changes) do
    buffers[#buffers + 1] = change.textDocument and vim.uri_to_bufnr(change.textDocument.uri)
  end
  vim.iter(buffers):each(break_undo)
  params.label = nil -- Neovim prints it; what was done is said when the answer is complete
  local result = lsp.handlers['workspace/applyEdit'](err, params, context)
  vim.iter(buffers):each(break_undo)
  if result.applied then
    show_new(changes)
  end
  return result
end

return M
