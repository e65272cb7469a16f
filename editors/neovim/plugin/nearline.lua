-- Defines `:Nearline`; nothing else is loaded until it is used or `setup` is called.
if vim.g.loaded_nearline then
  return
end
vim.g.loaded_nearline = true

local subcommands = { 'enable', 'disable', 'toggle', 'status', 'why', 'trigger', 'restart', 'log', 'health' }

vim.api.nvim_create_user_command('Nearline', function(command)
  local name = command.args == '' and 'status' or command.args
  local run = vim.list_contains(subcommands, name) and require('nearline.commands')[name]
  if run then
    run()
  else
    vim.notify('nearline: no such command: ' .. name, vim.log.levels.ERROR)
  end
end, {
  nargs = '?',
  desc = 'Nearline: inline completion',
  complete = function(start)
    return vim.tbl_filter(function(name)
      return vim.startswith(name, start)
    end, subcommands)
  end,
})
