-- What `:Nearline {name}` does; those that are actions get the rest of the line, and the range.
local nearline = require('nearline')

if not nearline.config() then
  nearline.setup()
end

local M = {}

function M.enable()
  nearline.enable(true)
end

function M.disable()
  nearline.enable(false)
end

function M.toggle()
  nearline.enable(not nearline.is_enabled())
end

function M.trigger()
  -- From normal mode (`:Nearline trigger`) go on after the character under the cursor, as `a` does.
  if vim.api.nvim_get_mode().mode:sub(1, 1) ~= 'i' then
    vim.api.nvim_feedkeys('a', 'n', false)
  end
  vim.schedule(nearline.trigger)
end

function M.restart()
  nearline.restart()
end

function M.status()
  local details = nearline.details()
  local lines = { nearline.status() }
  if details.model ~= '' then
    lines[#lines + 1] = ('model %s at %s'):format(details.model, details.endpoint)
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

function M.cancel()
  require('nearline.actions').cancel()
end

for _, name in ipairs({ 'explain', 'refactor', 'fix', 'tests', 'document', 'review', 'ask', 'followup' }) do
  M[name] = function(instruction, lines)
    require('nearline.actions').run(name, instruction, lines)
  end
end

-- The server's standard error output is in Neovim's log of all language servers.
function M.log()
  vim.cmd.tabedit(vim.fn.fnameescape(vim.lsp.log.get_filename()))
end

function M.health()
  vim.cmd.checkhealth('nearline')
end

return M
