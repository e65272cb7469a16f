-- Which buffers the language server gets, and with which root.
local M = {}

local configuration = require('nearline.config')

-- An ordinary file: not a terminal, a help page or another plugin's `scheme://` buffer.
local function is_file(buf)
  local name = vim.api.nvim_buf_get_name(buf)
  return vim.bo[buf].buftype == '' and name ~= '' and not name:match('^%a[%w+.-]+://')
end

function M.root_dir(buf, on_dir)
  if is_file(buf) then
    on_dir(vim.fs.root(buf, configuration.current.root_markers))
  end
end

-- One server for all projects, since each costs memory: it is told of further roots.
function M.reuse_client(client, wanted)
  if client.name ~= wanted.name or client:is_stopped() then
    return false
  end
  if not wanted.root_dir then
    return true
  end
  local folder = { uri = vim.uri_from_fname(wanted.root_dir), name = wanted.root_dir }
  local known = vim.iter(client.workspace_folders or {}):any(function(other)
    return other.uri == folder.uri
  end)
  if not known then
    client.workspace_folders = vim.list_extend(client.workspace_folders or {}, { folder })
    if client.initialized then
      client:notify('workspace/didChangeWorkspaceFolders', { event = { added = { folder }, removed = {} } })
    end
  end
  return true
end

-- Neovim attaches servers when a buffer gets its file type; a file without one is still worth completing.
function M.attach_without_filetype(buf)
  if configuration.current.filetypes or not vim.lsp.is_enabled('nearline') then
    return
  end
  if not vim.api.nvim_buf_is_loaded(buf) or vim.bo[buf].filetype ~= '' or not is_file(buf) then
    return
  end
  local resolved = vim.deepcopy(vim.lsp.config.nearline)
  M.root_dir(buf, function(dir)
    resolved.root_dir = dir
    vim.lsp.start(resolved, { bufnr = buf, reuse_client = resolved.reuse_client })
  end)
end

return M
