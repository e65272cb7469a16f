-- Defines `:Nearline`; nothing else is loaded until it is used or `setup` is called.
if vim.g.loaded_nearline then
  return
end
vim.g.loaded_nearline = true

local subcommands = { 'enable', 'disable', 'toggle', 'status', 'why', 'trigger', 'restart', 'log', 'health' }
local actions = { 'explain', 'refactor', 'fix', 'tests', 'document', 'review', 'ask', 'followup' }
local names = vim.iter({ subcommands, actions, 'cancel' }):flatten():totable()

vim.api.nvim_create_user_command('Nearline', function(command)
  local name, rest = command.args:match('^(%S*)%s*(.-)%s*$')
  name = name == '' and 'status' or name
  local known = vim.list_contains(names, name) and (rest == '' or vim.list_contains(actions, name))
  if known then
    require('nearline.commands')[name](rest, command.range > 0 and { command.line1, command.line2 } or nil)
  else
    vim.notify('nearline: no such command: ' .. command.args, vim.log.levels.ERROR)
  end
end, {
  nargs = '*',
  range = true,
  desc = 'Nearline: inline completion and actions',
  complete = function(start, line)
    -- Only the first word is a name; behind it there are the user's own.
    if not line:match('%f[%a]N%l*%s+%S*$') then
      return {}
    end
    return vim.tbl_filter(function(name)
      return vim.startswith(name, start)
    end, names)
  end,
})
