-- Ghost text: one suggestion at most, in the current buffer, and only what fits the text as it is.
local M = {}

local api, lsp = vim.api, vim.lsp
local asking = require('nearline.asking')
local draw = require('nearline.draw')
local server = require('nearline.server')
local placing = require('nearline.fit')

---@class nearline.Ghost
---@field buf integer
---@field client_id integer
---@field choices nearline.Choice[]
---@field index integer

local ghost ---@type nearline.Ghost?
local dismissed = false -- until the text changes, the server cannot bring it back

-- What is shown -----------------------------------------------------------------------------------------------------

function M.clear()
  draw.erase()
  ghost = nil
end

-- The shown choice if it still fits, else another of the same answer.
---@return nearline.Fit?
function M.fit_any()
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
function M.shown()
  local fit = asking.in_insert_mode() and M.fit_any()
  return fit and fit.rest ~= '' and fit or nil
end

function M.visible()
  return M.shown() ~= nil
end

-- The language server that what is shown came from.
---@return vim.lsp.Client?
function M.client()
  return ghost and lsp.get_client_by_id(ghost.client_id)
end

---@param fit nearline.Fit
local function show(fit)
  draw.show(ghost.buf, fit)
  local client = M.client()
  if client then
    client:notify('textDocument/didShowCompletion', { item = fit.choice.item })
  end
end

-- Draws what is left of it, or takes it away.
---@return nearline.Fit?  with an empty rest: it was typed to its end
function M.redraw()
  local fit = M.fit_any()
  if fit and fit.rest ~= '' then
    draw.show(ghost.buf, fit)
  else
    M.clear()
  end
  return fit
end

-- Answers -----------------------------------------------------------------------------------------------------------

---@param p nearline.Pending
---@return nearline.Choice[], nearline.Fit[]
local function usable(p, items)
  local choices, fits = {}, {}
  for _, item in ipairs(items) do
    local choice = placing.choice(p.client, p.buf, p.row, p.col, item)
    local fit = choice and placing.fit(p.buf, choice)
    if fit and fit.rest ~= '' then
      choices[#choices + 1], fits[#fits + 1] = choice, fit
    end
  end
  return choices, fits
end

function asking.on_answer(p, items)
  local choices, fits = usable(p, items)
  local before = M.shown()
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
  M.clear()
  ghost = { buf = p.buf, client_id = p.client.id, choices = choices, index = index }
  show(fits[index])
end

-- The rest of an answer is ready, or one that came too late: fetch it if the user is still there.
---@param params {uri: string, version: integer?, position: lsp.Position}
function M.refresh(params, client_id)
  local buf = api.nvim_get_current_buf()
  local client = server.client(buf)
  if dismissed or asking.pending or not client or client.id ~= client_id or not asking.in_insert_mode() then
    return
  end
  local other = type(params.version) == 'number' and params.version ~= lsp.util.buf_versions[buf]
  if params.uri ~= vim.uri_from_bufnr(buf) or other then
    return
  end
  local row, col = placing.cursor()
  if vim.deep_equal(params.position, placing.position(client, buf, row, col)) then
    asking.request(asking.AUTOMATIC, { only_longer = true })
  end
end

-- The end of it -----------------------------------------------------------------------------------------------------

function M.leave()
  M.clear()
  asking.cancel()
end

-- Another text, or a fresh start: what was dismissed may come back.
function M.forget_dismissal()
  dismissed = false
end

---@param buf integer
function M.forget(buf)
  if (ghost and ghost.buf == buf) or (asking.pending and asking.pending.buf == buf) then
    M.leave()
  end
end

-- What keys do; each says whether there was anything to do ----------------------------------------------------------

---@param step integer
function M.cycle(step)
  if not M.shown() then
    return false
  end
  if #ghost.choices == 1 then
    asking.request(asking.INVOKED, { step = step })
    return true
  end
  ghost.index = (ghost.index - 1 + step) % #ghost.choices + 1
  local fit = M.fit_any()
  if fit then
    show(fit)
  end
  return true
end

function M.dismiss()
  if not M.shown() then
    return false
  end
  M.leave()
  dismissed = true
  return true
end

function M.trigger()
  dismissed = false
  asking.request(asking.INVOKED)
  return true
end

return M
