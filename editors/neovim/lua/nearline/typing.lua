-- What the user does in a buffer, and what becomes of the ghost text by it.
local M = {}

local api = vim.api
local asking = require('nearline.asking')
local ghost = require('nearline.ghost')
local server = require('nearline.server')
local cursor = require('nearline.fit').cursor

local seen = {} ---@type {buf: integer?, tick: integer?, row: integer?, col: integer?}

-- Takes the text and the cursor as they are for known.
---@return boolean text_changed, boolean cursor_moved
function M.look()
  local buf = api.nvim_get_current_buf()
  local row, col = cursor()
  local now = { buf = buf, tick = api.nvim_buf_get_changedtick(buf), row = row, col = col }
  local before = seen
  seen = now
  return now.buf ~= before.buf or now.tick ~= before.tick, now.row ~= before.row or now.col ~= before.col
end

-- The text or the cursor changed in insert mode. Neovim calls this before it draws the typed character, so ghost
-- text shrinks or goes in the same frame.
local function on_change()
  local text_changed, cursor_moved = M.look()
  if not text_changed then
    if cursor_moved then
      ghost.leave()
      server.cursor_moved()
    end
    return
  end
  ghost.forget_dismissal()
  local fit = ghost.redraw()
  if fit and fit.rest ~= '' then
    asking.cancel()
    return
  end
  -- Text typed to its end has its continuation ready on the server: no reason to wait.
  asking.request_after(fit and 0 or asking.debounce_ms)
end

local function on_enter()
  if vim.fn.reg_executing() ~= '' then
    return -- a macro goes in and out of insert mode, with nobody to read
  end
  ghost.forget_dismissal()
  M.look()
  server.tell_focus()
  asking.request_after(math.max(asking.debounce_ms, 1)) -- InsertEnter comes before the mode changes
end

---@param buf integer
function M.attach(buf)
  local group = api.nvim_create_augroup('nearline.buffer.' .. buf, {})
  local function on(events, callback)
    api.nvim_create_autocmd(events, { group = group, buffer = buf, callback = callback })
  end
  on({ 'TextChangedI', 'TextChangedP', 'CursorMovedI' }, on_change)
  on('InsertEnter', on_enter)
  on({ 'InsertLeave', 'BufLeave' }, ghost.leave)
  on({ 'BufEnter', 'FocusGained' }, server.tell_focus)
  on('CursorMoved', server.cursor_moved)
  if buf == api.nvim_get_current_buf() then
    server.tell_focus()
  end
end

---@param buf integer
function M.detach(buf)
  pcall(api.nvim_del_augroup_by_name, 'nearline.buffer.' .. buf)
  ghost.forget(buf)
end

return M
