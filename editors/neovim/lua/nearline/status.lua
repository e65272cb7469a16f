-- What the server says about itself, and what the user has switched off: for the statusline.
local M = {}

local server = require('nearline.server')

---@class nearline.Status  as the server sends it in nearline/status
---@field state string  starting, ready, no-model, unavailable; of our own: stopped, restarting
---@field message string
---@field endpoint string  who completes
---@field model string
---@field last_ms number?
---@field where string?  near or cloud
---@field blocked string?  why the last request could not be answered by anyone who may see it; "" if it could
---@field heat string?  cool, warm, hot, very_hot or overheated
---@field offline boolean?  only what is near is asked, by the configuration
local NO_STATUS = { state = 'stopped', message = '', endpoint = '', model = '' }

local WORDS = { ['no-model'] = 'no model', unavailable = 'offline', stopped = 'offline' }
local HOT = { hot = true, very_hot = true, overheated = true }

local details = NO_STATUS

-- Tells whoever shows it.
function M.announce()
  vim.api.nvim_exec_autocmds('User', { pattern = 'NearlineStatus', modeline = false, data = details })
end

function M.set(new)
  details = vim.deepcopy(NO_STATUS)
  for name, value in pairs(new) do
    if value ~= vim.NIL then -- what null is in Neovim 0.12
      details[name] = value
    end
  end
  M.announce()
end

-- Everything the server last said about itself.
---@return nearline.Status
function M.details()
  return vim.deepcopy(details)
end

local function is_blocked()
  return (details.blocked or '') ~= ''
end

-- What the user has switched off.
local function switched()
  if not server.enabled then
    return 'off'
  elseif server.paused then
    return 'paused'
  end
  return not server.may_ask(vim.api.nvim_get_current_buf()) and 'off' or nil
end

-- One word for how things are, by what matters most to the user.
---@return string
function M.word()
  local off = switched()
  if off then
    return off
  elseif is_blocked() then
    return 'blocked'
  elseif details.state == 'unavailable' and (details.endpoint or '') == '' then
    return 'actions only'
  elseif details.state ~= 'ready' then
    return WORDS[details.state] or details.state
  elseif HOT[details.heat] then
    return 'hot'
  elseif details.offline then
    return 'offline'
  end
  return details.where or 'ready'
end

-- Short text for the statusline, such as "near 42 ms", "paused" or "offline".
---@return string
function M.statusline()
  local word = M.word()
  local answers = details.state == 'ready' and not switched() and not is_blocked()
  return answers and details.last_ms and ('%s %.0f ms'):format(word, details.last_ms) or word
end

-- A sentence, such as "nearline ready 42 ms" or "nearline unavailable: nobody answers at 127.0.0.1:8080".
---@return string
function M.sentence()
  local off = switched()
  if off then
    return 'nearline ' .. off
  elseif is_blocked() then
    return 'nearline blocked: ' .. details.blocked
  end
  local text = 'nearline ' .. details.state
  if details.state == 'ready' then
    return details.last_ms and ('%s %.0f ms'):format(text, details.last_ms) or text
  end
  return details.message ~= '' and text .. ': ' .. details.message or text
end

return M
