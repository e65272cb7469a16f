-- The language server of a buffer, whether it may be asked there, and telling it where the user is.
local M = {}

local api = vim.api
local position_of = require('nearline.fit').position
local cursor = require('nearline.fit').cursor

local REST_MS = 150 -- a cursor that rests so long in normal mode is worth preparing for

M.enabled = true
M.paused = false
M.disabled_filetypes = {} ---@type table<string, boolean>

local focused = {} ---@type {buf: integer?, row: integer?}
local rest = assert(vim.uv.new_timer())

-- Whether this buffer's keys may go to the server.
---@param buf integer
function M.may_ask(buf)
  return M.enabled and not M.paused and vim.b[buf].nearline ~= false and not M.disabled_filetypes[vim.bo[buf].filetype]
end

---@return vim.lsp.Client?
function M.client(buf)
  if not M.may_ask(buf) then
    return nil
  end
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = buf, name = 'nearline' })) do
    if client.initialized and not client:is_stopped() then
      return client
    end
  end
end

-- The server reads the prompt in before the first key is typed.
function M.tell_focus()
  rest:stop()
  local buf = api.nvim_get_current_buf()
  local client = M.client(buf)
  if not client then
    return
  end
  local row, col = cursor()
  focused = { buf = buf, row = row }
  client:notify('textDocument/didFocus', {
    textDocument = { uri = vim.uri_from_bufnr(buf) },
    position = position_of(client, buf, row, col),
  })
end

-- The cursor moved; another line is told of once the cursor rests there.
function M.cursor_moved()
  if focused.buf == api.nvim_get_current_buf() and focused.row == cursor() then
    rest:stop()
  else
    rest:start(REST_MS, 0, vim.schedule_wrap(M.tell_focus))
  end
end

return M
