-- Asking for a suggestion: one request at most, cancelled as soon as it is about something that was.
local M = {}

local api = vim.api
local server = require('nearline.server')
local placing = require('nearline.fit')

M.INVOKED, M.AUTOMATIC = 1, 2

---@class nearline.Pending
---@field id integer?
---@field client vim.lsp.Client
---@field buf integer
---@field tick integer
---@field row integer
---@field col integer
---@field only_longer boolean?  keep what is shown unless the answer continues it
---@field step integer?  next (1) or previous (-1) was asked for, and there was but one item

M.pending = nil ---@type nearline.Pending?
M.debounce_ms = 0

local debounce = assert(vim.uv.new_timer())
local due ---@type table?  identity of the wait that may still end in a request

-- The answer to the newest request, for the text and the cursor that are still there.
---@param p nearline.Pending
---@param items table[]
function M.on_answer(p, items) end

function M.in_insert_mode()
  return api.nvim_get_mode().mode:sub(1, 1) == 'i'
end

function M.cancel()
  due = nil
  debounce:stop()
  local p = M.pending
  M.pending = nil
  if p and p.id and not p.client:is_stopped() then
    p.client:cancel_request(p.id)
  end
end

---@param p nearline.Pending
local function is_stale(p)
  local row, col = placing.cursor()
  return p.buf ~= api.nvim_get_current_buf()
    or p.tick ~= api.nvim_buf_get_changedtick(p.buf)
    or row ~= p.row
    or col ~= p.col
    or not M.in_insert_mode()
end

---@param p nearline.Pending
---@param kind integer
local function send(p, kind)
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(p.buf) },
    position = placing.position(p.client, p.buf, p.row, p.col),
    context = { triggerKind = kind },
  }
  -- An error is an answer without text: what is wrong, the server says through its status.
  local sent, id = p.client:request('textDocument/inlineCompletion', params, function(_, result)
    if M.pending == p then
      M.pending = nil
      if not is_stale(p) then
        M.on_answer(p, result and (result.items or result) or {})
      end
    end
  end, p.buf)
  p.id = sent and id or nil
end

---@param kind integer
---@param options? {only_longer: boolean?, step: integer?}
function M.request(kind, options)
  M.cancel()
  local buf = api.nvim_get_current_buf()
  local client = server.client(buf)
  if not client or not M.in_insert_mode() then
    return
  end
  local row, col = placing.cursor()
  local tick = api.nvim_buf_get_changedtick(buf)
  local p = vim.tbl_extend('keep', { client = client, buf = buf, tick = tick, row = row, col = col }, options or {})
  M.pending = p
  send(p, kind)
end

-- Asks as for a typed character, after a wait that the next one ends.
---@param wait_ms integer
function M.request_after(wait_ms)
  M.cancel()
  if wait_ms <= 0 then
    return M.request(M.AUTOMATIC)
  end
  local this = {}
  due = this
  local function fire()
    if due == this then
      M.request(M.AUTOMATIC)
    end
  end
  debounce:start(wait_ms, 0, vim.schedule_wrap(fire))
end

return M
