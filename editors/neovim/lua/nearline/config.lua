-- What `setup` takes, with its defaults and what is wrong with it.
local M = {}

---@class nearline.Config
local defaults = {
  cmd = { 'nearline', 'lsp' }, ---@type string[]|function
  filetypes = nil, ---@type string[]?  nil: every ordinary file
  disabled_filetypes = {}, ---@type string[]  nothing is asked in these; actions work there
  debounce_ms = 0, -- wait after a key before asking, 0 to 50; typing along the ghost text never waits
  backend = 'own', -- or 'builtin': Neovim 0.12's vim.lsp.inline_completion
  preview = true, -- what an action would change is shown as a diff, to be applied or discarded
  answer = 'split', -- or 'float': the window in which answers are read
  settings = {}, -- for the language server
  root_markers = { '.git', '.hg', '.jj' },
  keymaps = { -- false: do not map
    accept = '<Tab>',
    accept_word = '<M-Right>',
    accept_line = '<M-l>',
    next = '<M-]>',
    prev = '<M-[>',
    dismiss = '<C-]>',
    trigger = '<M-Bslash>',
  },
}

M.current = nil ---@type nearline.Config?

local function one_of(...)
  local values = { ... }
  return function(value)
    return vim.list_contains(values, value)
  end, table.concat(values, ' or ')
end

local function check(config)
  vim.validate('cmd', config.cmd, { 'table', 'function' })
  vim.validate('filetypes', config.filetypes, 'table', true)
  vim.validate('disabled_filetypes', config.disabled_filetypes, 'table')
  vim.validate('settings', config.settings, 'table')
  vim.validate('keymaps', config.keymaps, 'table')
  vim.validate('preview', config.preview, 'boolean')
  vim.validate('debounce_ms', config.debounce_ms, function(value)
    return type(value) == 'number' and value >= 0 and value <= 50
  end, 'a number from 0 to 50')
  vim.validate('backend', config.backend, one_of('own', 'builtin'))
  vim.validate('answer', config.answer, one_of('split', 'float'))
end

---@param options? nearline.Config
---@return nearline.Config
function M.set(options)
  local merged = vim.tbl_deep_extend('force', vim.deepcopy(defaults), options or {})
  check(merged)
  if merged.backend == 'builtin' and not vim.lsp.inline_completion then
    vim.notify("nearline: backend 'builtin' needs Neovim 0.12; using 'own'", vim.log.levels.WARN)
    merged.backend = 'own'
  end
  M.current = merged
  return merged
end

return M
