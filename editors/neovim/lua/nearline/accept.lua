-- Inserting the ghost text, whole or a piece of it, as an undo step of its own.
local M = {}

local api = vim.api
local asking = require('nearline.asking')
local ghost = require('nearline.ghost')
local typing = require('nearline.typing')
local placing = require('nearline.fit')

local piece_to_insert ---@type string?

---@param fit nearline.Fit
---@param client vim.lsp.Client?
local function taken_whole(fit, client)
  ghost.clear()
  local command = fit.choice.item.command
  if client and type(command) == 'table' then
    client:exec_cmd(command, { bufnr = api.nvim_get_current_buf() })
  end
  asking.request_after(0)
end

---@param fit nearline.Fit
---@param client vim.lsp.Client?
---@param piece string
local function taken_in_part(fit, client, piece)
  ghost.redraw()
  if client then
    local accepted = fit.choice.text:sub(1, fit.typed) .. piece
    client:notify('textDocument/didPartiallyAcceptCompletion', {
      item = fit.choice.item,
      acceptedLength = vim.str_utfindex(accepted, 'utf-16'),
    })
  end
end

---@param fit nearline.Fit
---@param piece string
local function insert(fit, piece)
  local lines = vim.split(piece, '\n', { plain = true })
  local replaced = placing.covered(fit, #piece)
  api.nvim_buf_set_text(0, fit.row, fit.col, fit.row, fit.col + replaced, lines)
  local start = #lines == 1 and fit.col or 0
  api.nvim_win_set_cursor(0, { fit.row + #lines, start + #lines[#lines] })
  typing.look()
end

-- The second half of an accept, between two undo breaks.
function M.insert()
  local fit, piece = ghost.shown(), piece_to_insert
  piece_to_insert = nil
  if not fit or not piece or not vim.startswith(fit.rest, piece) then
    return
  end
  local client = ghost.client()
  asking.cancel()
  insert(fit, piece)
  if piece == fit.rest then
    taken_whole(fit, client)
  else
    taken_in_part(fit, client, piece)
  end
end

---@param piece_of fun(rest: string): string
local function accept(piece_of)
  local fit = ghost.shown()
  if not fit then
    return false
  end
  piece_to_insert = piece_of(fit.rest)
  -- i_CTRL-G_u starts a new undo step: one before and one after, so that `u` takes back exactly this text.
  local keys = '<C-g>u<Cmd>lua require("nearline.accept").insert()<CR><C-g>u'
  api.nvim_feedkeys(vim.keycode(keys), 'in', false)
  return true
end

function M.all()
  return accept(placing.pieces.all)
end

function M.word()
  return accept(placing.pieces.word)
end

function M.line()
  return accept(placing.pieces.line)
end

return M
