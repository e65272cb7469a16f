-- What `:Nearline {name}` does; some take the rest of the line, and the range.
local nearline = require('nearline')

if not nearline.config() then
  nearline.setup()
end

local M = {}

local function words(text)
  return vim.split(text, '%s+', { trimempty = true })
end

-- Switches --------------------------------------------------------------------------------------------------------

---@param filetype string  "" for all
function M.enable(filetype)
  nearline.enable(true, filetype ~= '' and filetype or nil)
end

---@param filetype string
function M.disable(filetype)
  nearline.enable(false, filetype ~= '' and filetype or nil)
end

function M.toggle()
  nearline.enable(not nearline.is_enabled())
end

---@param minutes string
function M.pause(minutes)
  if minutes ~= '' and not tonumber(minutes) then
    vim.notify('nearline: not a number of minutes: ' .. minutes, vim.log.levels.ERROR)
    return
  end
  nearline.pause(tonumber(minutes))
end

function M.resume()
  nearline.resume()
end

function M.trigger()
  -- From normal mode (`:Nearline trigger`) go on after the character under the cursor, as `a` does.
  if vim.api.nvim_get_mode().mode:sub(1, 1) ~= 'i' then
    vim.api.nvim_feedkeys('a', 'n', false)
  end
  vim.schedule(nearline.trigger)
end

-- What there is to know -------------------------------------------------------------------------------------------

function M.status()
  local details, pinned = nearline.details(), require('nearline.pin').endpoint
  local lines = { nearline.status() }
  if (details.model or '') ~= '' then
    lines[#lines + 1] = ('model %s at %s'):format(details.model, details.endpoint)
  end
  if pinned then
    lines[#lines + 1] = 'actions are asked at ' .. pinned
  end
  vim.api.nvim_echo({ { table.concat(lines, '\n') } }, false, {})
end

-- Why the last request went where it went, in a float that closes when the cursor moves.
function M.why()
  local client = vim.lsp.get_clients({ name = 'nearline' })[1]
  if not client then
    vim.notify('nearline: the server is not running', vim.log.levels.WARN)
    return
  end
  client:request('workspace/executeCommand', { command = 'nearline.whyHere' }, function(err, result)
    local text = err and err.message or result.text
    vim.lsp.util.open_floating_preview(vim.split(text, '\n'), 'markdown', { border = 'rounded', wrap = false })
  end)
end

function M.health()
  vim.cmd.checkhealth('nearline')
end

-- The server's standard error output is in Neovim's log of all language servers.
function M.log()
  vim.cmd.tabedit(vim.fn.fnameescape(vim.lsp.log.get_filename()))
end

-- These are commands of `nearline` itself, in a terminal below; they end with its window.
for _, name in ipairs({ 'report', 'dashboard', 'doctor' }) do
  M[name] = function(options)
    require('nearline.terminal').run(name, words(options))
  end
end

-- The server and its actions --------------------------------------------------------------------------------------

function M.restart()
  nearline.restart()
end

---@param endpoint string
function M.pin(endpoint)
  local pin = require('nearline.pin')
  if endpoint == '' then
    pin.choose()
  else
    pin.set(endpoint)
  end
end

function M.unpin()
  require('nearline.pin').set(nil)
end

function M.cancel()
  require('nearline.actions').cancel()
end

local function decide(apply)
  if not require('nearline.preview').decide(apply) then
    vim.notify('nearline: there is no proposal', vim.log.levels.WARN)
  end
end

function M.apply()
  decide(true)
end

function M.discard()
  decide(false)
end

function M.commit()
  require('nearline.actions').commit()
end

for _, name in ipairs({ 'explain', 'refactor', 'fix', 'tests', 'document', 'body', 'review', 'ask', 'followup' }) do
  M[name] = function(instruction, lines)
    require('nearline.actions').run(name, instruction, lines)
  end
end

return M
