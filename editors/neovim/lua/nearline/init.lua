-- Nearline for Neovim: what users and their own mappings call.
local M = {}

local accept = require('nearline.accept')
local asking = require('nearline.asking')
local client = require('nearline.client')
local configuration = require('nearline.config')
local ghost = require('nearline.ghost')
local keys = require('nearline.keys')
local server = require('nearline.server')
local status = require('nearline.status')
local switches = require('nearline.switches')
local typing = require('nearline.typing')

-- The key actions; each returns whether there was anything for it to do. -----------------------------------------

M.accept = accept.all
M.accept_word = accept.word
M.accept_line = accept.line
M.dismiss = ghost.dismiss
M.trigger = ghost.trigger
M.visible = ghost.visible

function M.next()
  return ghost.cycle(1)
end

function M.prev()
  return ghost.cycle(-1)
end

-- Status and switches ---------------------------------------------------------------------------------------------

M.statusline = status.statusline
M.status = status.sentence
M.details = status.details

M.enable = switches.enable
M.pause = switches.pause
M.resume = switches.resume
M.restart = client.restart

function M.is_enabled()
  return server.enabled
end

---@return nearline.Config?
function M.config()
  return configuration.current
end

-- Set-up ----------------------------------------------------------------------------------------------------------

local function own_actions()
  return {
    accept = M.accept,
    accept_word = M.accept_word,
    accept_line = M.accept_line,
    next = M.next,
    prev = M.prev,
    dismiss = M.dismiss,
    trigger = M.trigger,
  }
end

local function builtin_actions()
  local builtin = vim.lsp.inline_completion
  return {
    accept = function()
      return builtin.get()
    end,
    next = function()
      builtin.select({ count = 1 })
      return true
    end,
    prev = function()
      builtin.select({ count = -1 })
      return true
    end,
  }
end

local function on_attach(event)
  local attached = assert(vim.lsp.get_client_by_id(event.data.client_id))
  if attached.name ~= 'nearline' or not attached.server_capabilities.inlineCompletionProvider then
    return
  end
  if configuration.current.backend == 'builtin' then
    vim.lsp.inline_completion.enable(server.may_ask(event.buf), { bufnr = event.buf })
    return
  end
  typing.attach(event.buf)
  if vim.lsp.inline_completion then
    -- Whoever has turned it on for all servers would see two suggestions.
    vim.lsp.inline_completion.enable(false, { client_id = attached.id })
  end
end

local function on_detach(event)
  local detached = vim.lsp.get_client_by_id(event.data.client_id)
  if detached and detached.name == 'nearline' then
    typing.detach(event.buf)
  end
end

local function watch_buffers()
  local group = vim.api.nvim_create_augroup('nearline', {})
  vim.api.nvim_create_autocmd('LspAttach', { group = group, callback = on_attach })
  vim.api.nvim_create_autocmd('LspDetach', { group = group, callback = on_detach })
  vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile' }, {
    group = group,
    callback = vim.schedule_wrap(function(event)
      require('nearline.buffers').attach_without_filetype(event.buf)
    end),
  })
end

-- May be called again: what is changed counts at once, a running server gets its settings.
---@param options? nearline.Config
function M.setup(options)
  if vim.fn.has('nvim-0.11') == 0 then
    vim.notify('nearline: Neovim 0.11 or newer is needed', vim.log.levels.ERROR)
    return
  end
  local config = configuration.set(options)
  vim.api.nvim_set_hl(0, 'NearlineGhost', { link = 'Comment', default = true })
  asking.debounce_ms = config.debounce_ms
  switches.set_disabled_filetypes(config.disabled_filetypes)
  keys.set(config.keymaps, config.backend == 'own' and own_actions() or builtin_actions())
  watch_buffers()
  vim.lsp.config('nearline', client.config())
  client.start()
  client.send_settings()
end

return M
