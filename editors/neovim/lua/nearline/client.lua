-- The language server as a client of Neovim: its configuration, its start, its end and its return.
local M = {}

local buffers = require('nearline.buffers')
local configuration = require('nearline.config')
local ghost = require('nearline.ghost')
local status = require('nearline.status')

-- What the items of the server's code-action menu run.
local ACTION_COMMANDS = {
  'nearline.explain',
  'nearline.refactor',
  'nearline.fix',
  'nearline.tests',
  'nearline.document',
  'nearline.completeBody',
  'nearline.review',
  'nearline.ask',
  'nearline.runAction',
}

-- After a crash the server is started again, at first at once; not if it crashes again and again.
M.restart_after_ms = { 0, 1000, 2000, 4000, 8000 }
local FORGOTTEN_AFTER_MS = 180000

local restarting = false
local crashes = {} ---@type integer[]  when, in ms

-- Start, end, return -----------------------------------------------------------------------------------------------

function M.start()
  local cmd = configuration.current.cmd
  if type(cmd) == 'table' and vim.fn.executable(cmd[1]) == 0 then
    status.set({ state = 'unavailable', message = cmd[1] .. ' is not installed' })
    vim.notify(('nearline: %s is not an executable; see :checkhealth nearline'):format(cmd[1]), vim.log.levels.WARN)
    return
  end
  vim.lsp.enable('nearline')
  vim.iter(vim.api.nvim_list_bufs()):each(buffers.attach_without_filetype)
end

-- Ends the server and starts it again as soon as it is gone.
function M.restart()
  crashes = {}
  restarting = #vim.lsp.get_clients({ name = 'nearline' }) > 0
  vim.lsp.enable('nearline', false)
  if not restarting then
    M.start()
  end
end

---@return integer?  ms until it may be started again; nil: it has crashed too often
local function wait_after_crash()
  local now = vim.uv.now()
  crashes = vim.tbl_filter(function(at)
    return now - at < FORGOTTEN_AFTER_MS
  end, crashes)
  crashes[#crashes + 1] = now
  return M.restart_after_ms[#crashes]
end

local function crashed(what)
  local wait_ms = wait_after_crash()
  if not wait_ms then
    status.set({ state = 'stopped', message = what })
    local advice = 'see :Nearline log, and :Nearline restart when it is mended'
    vim.notify(('nearline: %s, again and again; %s'):format(what, advice), vim.log.levels.ERROR)
    return
  end
  status.set({ state = 'restarting', message = what })
  vim.defer_fn(function()
    if vim.lsp.is_enabled('nearline') and #vim.lsp.get_clients({ name = 'nearline' }) == 0 then
      M.start()
    end
  end, wait_ms)
end

local function ended(code, signal)
  if package.loaded['nearline.actions'] then
    require('nearline.actions').server_ended()
  end
  if restarting then
    restarting = false
    M.start()
  elseif vim.v.exiting ~= vim.NIL then
    return
  elseif (code ~= 0 or signal ~= 0) and vim.lsp.is_enabled('nearline') then
    crashed(signal ~= 0 and 'the server was ended by signal ' .. signal or 'the server ended with code ' .. code)
  else
    status.set({ state = 'stopped' })
  end
end

-- Configuration ---------------------------------------------------------------------------------------------------

local function handlers()
  return {
    ['nearline/status'] = function(_, params)
      status.set(params)
    end,
    ['nearline/inlineCompletion/refresh'] = function(_, params, context)
      if configuration.current.backend == 'own' then
        ghost.refresh(params, context.client_id)
      end
    end,
    ['nearline/action/progress'] = function(_, params)
      require('nearline.actions').progress(params)
    end,
    ['workspace/applyEdit'] = function(...)
      return require('nearline.edits').apply(...)
    end,
  }
end

local function commands()
  return vim.iter(ACTION_COMMANDS):fold({}, function(all, name)
    all[name] = function(...)
      require('nearline.actions').execute(...)
    end
    return all
  end)
end

local CAPABILITIES = {
  textDocument = {
    -- Neovim can do it, and 0.11 does not declare it.
    inlineCompletion = { dynamicRegistration = false },
    -- Items of the menu are then commands, which can be previewed, followed and cancelled. Neovim's own way to have
    -- an edit resolved can do none of it.
    codeAction = { resolveSupport = { properties = { 'command' } } },
  },
  -- An edit with a version cannot hit the wrong text.
  workspace = { workspaceEdit = { documentChanges = true } },
  -- `nearline/inlineCompletion/refresh` is followed, so that a suggestion may also wait for a rest of the keyboard.
  experimental = { nearline = { refresh = true } },
}

---@return vim.lsp.Config
function M.config()
  local config = configuration.current
  local has_settings = not vim.tbl_isempty(config.settings)
  return {
    cmd = config.cmd,
    filetypes = config.filetypes,
    root_dir = buffers.root_dir,
    reuse_client = buffers.reuse_client,
    init_options = has_settings and config.settings or nil,
    settings = has_settings and { nearline = config.settings } or nil,
    capabilities = CAPABILITIES,
    -- The server must know of a key at once; Neovim holds changes back for up to 150 ms otherwise.
    flags = { debounce_text_changes = 0 },
    handlers = handlers(),
    commands = commands(),
    before_init = function()
      status.set({ state = 'starting' })
    end,
    on_init = function(client)
      require('nearline.place').send_all_diagnostics(client)
    end,
    on_exit = vim.schedule_wrap(ended),
  }
end

-- Servers that run already take the settings of a second `setup`.
function M.send_settings()
  local settings = { nearline = configuration.current.settings }
  for _, client in ipairs(vim.lsp.get_clients({ name = 'nearline' })) do
    if client.initialized and not vim.deep_equal(client.settings.nearline or {}, settings.nearline) then
      client.settings = settings
      client:notify('workspace/didChangeConfiguration', { settings = settings })
    end
  end
end

return M
