-- What the server writes into files: after a look at it, as one undo step, and only into what it has seen.
local M = {}

local api, lsp = vim.api, vim.lsp
local configuration = require('nearline.config')
local preview = require('nearline.preview')

-- What was typed before an edit, and what is typed after it, are undo steps of their own.
local function break_undo(buf)
  if api.nvim_buf_is_loaded(buf) then
    api.nvim_buf_call(buf, function()
      vim.cmd('let &l:undolevels = &l:undolevels')
    end)
  end
end

-- The changes without their annotations: Neovim 0.12 prints those, and what was done is said in the end.
---@param edit lsp.WorkspaceEdit
local function plain(edit)
  edit.changeAnnotations = nil
  for _, change in ipairs(edit.documentChanges or {}) do
    change.annotationId = nil
    for _, one in ipairs(change.edits or {}) do
      one.annotationId = nil
    end
  end
  return edit.documentChanges or {}
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
      if type(document.version) == 'number' and version and version ~= document.version then
        return 'the buffer was changed'
      end
    elseif change.kind == 'create' and not (options.overwrite or options.ignoreIfExists) then
      if vim.uv.fs_stat(vim.uri_to_fname(change.uri)) then
        return 'the file is there already'
      end
    end
  end
end

-- Shows what would be changed where text would be; a new file takes nothing away.
---@return string?  why it must not be applied after all
local function look_first(changes, encoding)
  local document = changes[1] and changes[1].textDocument
  if not configuration.current.preview or #changes ~= 1 or not document then
    return nil
  end
  preview.until_normal()
  local reason = refusal(changes)
  if reason then
    return reason -- the server comes again with what fits
  end
  local buf = vim.uri_to_bufnr(document.uri)
  vim.fn.bufload(buf)
  if not preview.ask(buf, changes[1].edits, encoding) then
    require('nearline.runs').discarded(document.uri)
    return 'discarded'
  end
  return refusal(changes)
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
  local changes = plain(params.edit)
  local client = assert(lsp.get_client_by_id(context.client_id))
  local reason = refusal(changes) or look_first(changes, client.offset_encoding)
  if reason then
    return { applied = false, failureReason = reason }
  end
  local buffers = {}
  for _, change in ipairs(changes) do
    buffers[#buffers + 1] = change.textDocument and vim.uri_to_bufnr(change.textDocument.uri)
  end
  vim.iter(buffers):each(break_undo)
  params.label = nil -- Neovim prints it too
  local result = lsp.handlers['workspace/applyEdit'](err, params, context)
  vim.iter(buffers):each(break_undo)
  if result.applied then
    show_new(changes)
  end
  return result
end

return M
