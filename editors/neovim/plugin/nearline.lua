-- Defines `:Nearline`; nothing else is loaded until it is used or `setup` is called.
if vim.g.loaded_nearline then
  return
end
vim.g.loaded_nearline = true

local NAMES = vim.split(
  'enable disable toggle pause resume trigger status why health log report dashboard doctor restart pin unpin '
    .. 'explain refactor fix tests document body review ask followup commit apply discard cancel',
  ' '
)
-- Others stand alone.
local TAKES_MORE = vim.split(
  'enable disable pause pin report dashboard doctor explain refactor fix tests document body review ask followup',
  ' '
)

local function starting_with(start, words)
  return vim.tbl_filter(function(word)
    return vim.startswith(word, start)
  end, words)
end

vim.api.nvim_create_user_command('Nearline', function(command)
  local name, rest = command.args:match('^(%S*)%s*(.-)%s*$')
  name = name == '' and 'status' or name
  if vim.list_contains(NAMES, name) and (rest == '' or vim.list_contains(TAKES_MORE, name)) then
    require('nearline.commands')[name](rest, command.range > 0 and { command.line1, command.line2 } or nil)
  else
    vim.notify('nearline: no such command: ' .. command.args, vim.log.levels.ERROR)
  end
end, {
  nargs = '*',
  range = true,
  desc = 'Nearline: inline completion and actions',
  complete = function(start, line)
    local typed = line:match('%f[%a]N%l*%s+(.*)$') or ''
    local name, rest = typed:match('^(%S+)%s+(.*)$')
    if not name then
      return starting_with(start, NAMES)
    end
    local arguments = require('nearline.arguments')[name]
    -- Behind the names of actions there are the user's own words.
    return arguments and (name == 'report' or rest == start) and starting_with(start, vim.fn.sort(arguments())) or {}
  end,
})
