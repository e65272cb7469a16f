-- Commands of `nearline` for the shell, run beside the code with the server's own command and configuration.
local M = {}

-- `{ 'nearline', 'lsp', '--config', 'F' }` becomes `{ 'nearline', name, …, '--config', 'F' }`.
---@return string[]?  nil: nobody can tell from `cmd`
local function command_for(name, options)
  local cmd = require('nearline.config').current.cmd
  if type(cmd) ~= 'table' then
    return nil
  end
  local command, at = {}, nil
  for i, word in ipairs(cmd) do
    at = at or (word == 'lsp' and i) or nil
    if not at then
      command[#command + 1] = word
    elseif i == at then
      vim.list_extend(command, { name, unpack(options) })
    elseif word == '--config' then
      vim.list_extend(command, { word, cmd[i + 1] })
    end
  end
  return at and command
end

---@param name string
---@param options string[]
function M.run(name, options)
  local command = command_for(name, options)
  if not command then
    vim.notify(('nearline: run `nearline %s` in a shell; `cmd` does not say how'):format(name), vim.log.levels.WARN)
    return
  end
  vim.api.nvim_open_win(vim.api.nvim_create_buf(false, true), true, { split = 'below' })
  vim.bo.bufhidden = 'wipe'
  vim.fn.jobstart(command, { term = true })
end

return M
