-- Ghost text: ask for it, let it be typed through, accept it. One suggestion at most, in the current buffer.
local M = {}

local api, lsp = vim.api, vim.lsp
local draw = require('nearline.draw')
local server = require('nearline.server')
local placing = require('nearline.fit')
local cursor = placing.cursor

local INVOKED, AUTOMATIC = 1, 2

---@class nearline.Ghost
---@field buf integer
---@field client_id integer
---@field choices nearline.Choice[]
---@field index integer

---@class nearline.Pending
---@field id integer?
---@field client vim.lsp.Client
---@field buf integer
---@field tick integer
---@field row integer
---@field col integer
---@field only_longer boolean?  keep what is shown unless the answer continues it
---@field step integer?  next (1) or previous (-1) was asked for, and there was but one item

local debounce_ms = 0
local ghost ---@type nearline.Ghost?
local pending ---@type nearline.Pending?
local seen = {} ---@type {buf: integer?, tick: integer?, row: integer?, col: integer?}
local dismissed = false -- until the text changes, the server cannot bring it back
local piece_to_insert ---@type string?

local function in_insert_mode()
  return api.nvim_get_mode().mode:sub(1, 1) == 'i'
end

-- What is shown -----------------------------------------------------------------------------------------------------

local function clear()
  draw.erase()
  ghost = nil
end

-- The shown choice if it still fits, else another of the same answer.
---@return nearline.Fit?
local function fit_any()
  if not ghost or ghost.buf ~= api.nvim_get_current_buf() then
    return nil
  end
  for i = 0, #ghost.choices - 1 do
    local index = (ghost.index - 1 + i) % #ghost.choices + 1
    local fit = placing.fit(ghost.buf, ghost.choices[index])
    if fit then
      ghost.index = index
      return fit
    end
  end
end

---@return nearline.Fit?
local function shown()
  local fit = in_insert_mode() and fit_any()
  return fit and fit.rest ~= '' and fit or nil
end

---@param fit nearline.Fit
local function show(fit)
  draw.show(ghost.buf, fit)
  local client = lsp.get_client_by_id(ghost.client_id)
  if client then
    client:notify('textDocument/didShowCompletion', { item = fit.choice.item })
  end
end

-- Asking ------------------------------------------------------------------------------------------------------------

local debounce = assert(vim.uv.new_timer())
local due ---@type table?  identity of the wait that may still end in a request

local function cancel()
  due = nil
  debounce:stop()
  local p = pending
  pending = nil
  if p and p.id and not p.client:is_stopped() then
    p.client:cancel_request(p.id)
  end
end

---@param p nearline.Pending
local function is_stale(p)
  local row, col = cursor()
  return p.buf ~= api.nvim_get_current_buf()
    or p.tick ~= api.nvim_buf_get_changedtick(p.buf)
    or row ~= p.row
    or col ~= p.col
    or not in_insert_mode()
end

---@param p nearline.Pending
---@return nearline.Choice[], nearline.Fit[]
local function usable(p, result)
  local choices, fits = {}, {}
  for _, item in ipairs(result and (result.items or result) or {}) do
    local choice = placing.choice(p.client, p.buf, p.row, p.col, item)
    local fit = choice and placing.fit(p.buf, choice)
    if fit and fit.rest ~= '' then
      choices[#choices + 1], fits[#fits + 1] = choice, fit
    end
  end
  return choices, fits
end

---@param p nearline.Pending
local function on_answer(p, result)
  if is_stale(p) then
    return
  end
  local choices, fits = usable(p, result)
  local before = shown()
  if #choices == 0 then
    return -- what was shown, if anything, still fits
  end
  local first = fits[1].rest
  if p.only_longer and before and (#first <= #before.rest or not vim.startswith(first, before.rest)) then
    return
  end
  local index = 1
  if p.step and before and before.rest == first then
    index = p.step % #choices + 1
  end
  clear()
  ghost = { buf = p.buf, client_id = p.client.id, choices = choices, index = index }
  show(fits[index])
end

---@param kind integer
---@param options? {only_longer: boolean?, step: integer?}
local function request(kind, options)
  local buf = api.nvim_get_current_buf()
  local client = server.client(buf)
  if not client or not in_insert_mode() then
    return
  end
  local row, col = cursor()
  local tick = api.nvim_buf_get_changedtick(buf)
  local p = vim.tbl_extend('keep', { client = client, buf = buf, tick = tick, row = row, col = col }, options or {})
  pending = p
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(buf) },
    position = placing.position(client, buf, row, col),
    context = { triggerKind = kind },
  }
  -- An error is an answer without text: what is wrong, the server says through its status.
  local sent, id = client:request('textDocument/inlineCompletion', params, function(_, result)
    if pending == p then
      pending = nil
      on_answer(p, result)
    end
  end, buf)
  p.id = sent and id or nil
end

---@param kind integer
---@param wait_ms integer
local function ask(kind, wait_ms)
  cancel()
  if wait_ms <= 0 then
    return request(kind)
  end
  local this = {}
  due = this
  local function fire()
    if due == this then
      due = nil
      request(kind)
    end
  end
  debounce:start(wait_ms, 0, vim.schedule_wrap(fire))
end

-- The rest of an answer is ready, or one that came too late: fetch it if the user is still there.
---@param params {uri: string, version: integer?, position: lsp.Position}
function M.refresh(params, client_id)
  local buf = api.nvim_get_current_buf()
  local client = server.client(buf)
  if dismissed or pending or not client or client.id ~= client_id or not in_insert_mode() then
    return
  end
  local version = lsp.util.buf_versions[buf]
  if params.uri ~= vim.uri_from_bufnr(buf) or (params.version or version) ~= version then
    return
  end
  local row, col = cursor()
  if vim.deep_equal(params.position, placing.position(client, buf, row, col)) then
    cancel()
    request(AUTOMATIC, { only_longer = true })
  end
end

-- Events ------------------------------------------------------------------------------------------------------------

---@return boolean text_changed, boolean cursor_moved
local function look()
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
  local text_changed, cursor_moved = look()
  if not text_changed then
    if cursor_moved then
      clear()
      cancel()
      server.cursor_moved()
    end
    return
  end
  dismissed = false
  local fit = fit_any()
  if fit and fit.rest ~= '' then
    cancel()
    draw.show(ghost.buf, fit)
    return
  end
  clear()
  -- Text typed to its end has its continuation ready on the server: no reason to wait.
  ask(AUTOMATIC, fit and 0 or debounce_ms)
end

local function on_enter()
  if vim.fn.reg_executing() ~= '' then
    return -- a macro goes in and out of insert mode, with nobody to read
  end
  dismissed = false
  look()
  server.tell_focus()
  ask(AUTOMATIC, math.max(debounce_ms, 1)) -- InsertEnter comes before the mode changes
end

local function on_leave()
  clear()
  cancel()
end

---@param buf integer
function M.attach(buf)
  local group = api.nvim_create_augroup('nearline.buffer.' .. buf, {})
  local function on(events, callback)
    api.nvim_create_autocmd(events, { group = group, buffer = buf, callback = callback })
  end
  on({ 'TextChangedI', 'TextChangedP', 'CursorMovedI' }, on_change)
  on('InsertEnter', on_enter)
  on({ 'InsertLeave', 'BufLeave' }, on_leave)
  on({ 'BufEnter', 'FocusGained' }, server.tell_focus)
  on('CursorMoved', server.cursor_moved)
  if buf == api.nvim_get_current_buf() then
    server.tell_focus()
  end
end

---@param buf integer
function M.detach(buf)
  pcall(api.nvim_del_augroup_by_name, 'nearline.buffer.' .. buf)
  if (ghost and ghost.buf == buf) or (pending and pending.buf == buf) then
    on_leave()
  end
end

---@param wait_ms integer
function M.set_debounce(wait_ms)
  debounce_ms = wait_ms
end

---@param value boolean
function M.enable(value)
  on_leave()
  server.enable(value)
end

function M.is_enabled()
  return server.enabled
end

-- What keys do; each says whether there was anything to do ----------------------------------------------------------

---@param fit nearline.Fit
---@param client vim.lsp.Client?
local function take_all(fit, client)
  local buf = ghost.buf
  clear()
  local command = fit.choice.item.command
  if client and command then
    client:exec_cmd(command, { bufnr = buf })
  end
  ask(AUTOMATIC, 0)
end

---@param fit nearline.Fit
---@param client vim.lsp.Client?
---@param piece string
local function take_part(fit, client, piece)
  local left = fit_any()
  if left then
    draw.show(ghost.buf, left)
  else
    clear()
  end
  if client then
    local accepted = fit.choice.text:sub(1, fit.typed) .. piece
    client:notify('textDocument/didPartiallyAcceptCompletion', {
      item = fit.choice.item,
      acceptedLength = vim.str_utfindex(accepted, 'utf-16'),
    })
  end
end

-- The second half of an accept, between two undo breaks.
function M.insert()
  local fit, piece = shown(), piece_to_insert
  piece_to_insert = nil
  if not fit or not piece or not vim.startswith(fit.rest, piece) then
    return
  end
  local client = lsp.get_client_by_id(ghost.client_id)
  local lines = vim.split(piece, '\n', { plain = true })
  local replaced = placing.covered(fit, #piece)
  cancel()
  api.nvim_buf_set_text(ghost.buf, fit.row, fit.col, fit.row, fit.col + replaced, lines)
  local start = #lines == 1 and fit.col or 0
  api.nvim_win_set_cursor(0, { fit.row + #lines, start + #lines[#lines] })
  look()
  if piece == fit.rest then
    take_all(fit, client)
  else
    take_part(fit, client, piece)
  end
end

---@param piece_of fun(rest: string): string
local function accept(piece_of)
  local fit = shown()
  if not fit then
    return false
  end
  piece_to_insert = piece_of(fit.rest)
  -- i_CTRL-G_u starts a new undo step: one before and one after, so that `u` takes back exactly this text.
  local keys = '<C-g>u<Cmd>lua require("nearline.ghost").insert()<CR><C-g>u'
  api.nvim_feedkeys(vim.keycode(keys), 'in', false)
  return true
end

function M.accept()
  return accept(placing.pieces.all)
end

function M.accept_word()
  return accept(placing.pieces.word)
end

function M.accept_line()
  return accept(placing.pieces.line)
end

---@param step integer
function M.cycle(step)
  if not shown() then
    return false
  end
  if #ghost.choices == 1 then
    cancel()
    request(INVOKED, { step = step })
    return true
  end
  ghost.index = (ghost.index - 1 + step) % #ghost.choices + 1
  local fit = fit_any()
  if fit then
    show(fit)
  end
  return true
end

function M.dismiss()
  if not shown() then
    return false
  end
  on_leave()
  dismissed = true
  return true
end

function M.trigger()
  dismissed = false
  cancel()
  request(INVOKED)
  return true
end

function M.visible()
  return shown() ~= nil
end

return M
