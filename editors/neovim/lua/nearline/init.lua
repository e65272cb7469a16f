-- Nearline for Neovim: starts the language server and wires it to the ghost text.
local M = {}

local ghost = require('nearline.ghost')

---@class nearline.Config
local defaults = {
  cmd = { 'nearline', 'lsp' }, ---@type string[]|function
  filetypes = nil, ---@type string[]?  nil: every ordinary file
  debounce_ms = 0, -- wait after a key before asking, 0 to 50; typing along the ghost text never waits
  backend = 'own', -- or 'builtin': Neovim 0.12's vim.lsp.inline_completion
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

---@class nearline.Status  as the server sends it in nearline/status
local NO_STATUS = { state = 'stopped', message = '', endpoint = '', model = '' }

-- What the items of the server's code-action menu run, besides edits.
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

local config ---@type nearline.Config?
local status = NO_STATUS
local restarting = false

-- The key actions; each returns whether there was anything for it to do. -----------------------------------------

M.accept = ghost.accept
M.accept_word = ghost.accept_word
M.accept_line = ghost.accept_line
M.dismiss = ghost.dismiss
M.trigger = ghost.trigger
M.visible = ghost.visible

function M.next()
  return ghost.cycle(1)
end

function M.prev()
  return ghost.cycle(-1)
end

-- Status ----------------------------------------------------------------------------------------------------------

local function set_status(new)
  status = vim.tbl_extend('keep', new or {}, NO_STATUS)
  vim.api.nvim_exec_autocmds('User', { pattern = 'NearlineStatus', modeline = false, data = status })
end

-- Short text for the statusline, such as "nearline ready 42 ms".
---@return string
function M.status()
  if not ghost.is_enabled() then
    return 'nearline off'
  end
  local text = 'nearline ' .. status.state
  if status.state == 'ready' or status.state == 'busy' then
    return status.last_ms and ('%s %.0f ms'):format(text, status.last_ms) or text
  end
  return status.message ~= '' and text .. ': ' .. status.message or text
end

-- Everything the server last said about itself.
---@return nearline.Status
function M.details()
  return vim.deepcopy(status)
end

---@return nearline.Config?
function M.config()
  return config
end

-- The language server ---------------------------------------------------------------------------------------------

local function notify(message, level)
  vim.notify('nearline: ' .. message, level)
end

-- An ordinary file: not a terminal, a help page or another plugin's `scheme://` buffer.
local function is_file(buf)
  local name = vim.api.nvim_buf_get_name(buf)
  return vim.bo[buf].buftype == '' and name ~= '' and not name:match('^%a[%w+.-]+://')
end

local function root_dir(buf, on_dir)
  if is_file(buf) then
    on_dir(vim.fs.root(buf, config.root_markers))
  end
end

-- One server for all projects, since each costs memory: it is told of further roots.
local function reuse_client(client, wanted)
  if client.name ~= wanted.name or client:is_stopped() then
    return false
  end
  if not wanted.root_dir then
    return true
  end
  local folder = { uri = vim.uri_from_fname(wanted.root_dir), name = wanted.root_dir }
  local known = vim.iter(client.workspace_folders or {}):any(function(other)
    return other.uri == folder.uri
  end)
  if not known then
    client.workspace_folders = vim.list_extend(client.workspace_folders or {}, { folder })
    if client.initialized then
      client:notify('workspace/didChangeWorkspaceFolders', { event = { added = { folder }, removed = {} } })
    end
  end
  return true
end

local function on_exit(code)
  vim.schedule(function()
    if package.loaded['nearline.actions'] then
      require('nearline.actions').server_ended()
    end
    if restarting then
      restarting = false
      M.start()
    elseif vim.v.exiting == vim.NIL then
      set_status({ state = 'stopped', message = code ~= 0 and 'the server ended with code ' .. code or '' })
    end
  end)
end

---@return vim.lsp.Config
local function server_config()
  local has_settings = not vim.tbl_isempty(config.settings)
  return {
    cmd = config.cmd,
    filetypes = config.filetypes,
    root_dir = root_dir,
    reuse_client = reuse_client,
    init_options = has_settings and config.settings or nil,
    settings = has_settings and { nearline = config.settings } or nil,
    -- Neovim can do these, and 0.11 does not declare them. An edit with a version cannot hit the wrong text.
    capabilities = {
      textDocument = { inlineCompletion = { dynamicRegistration = false } },
      workspace = { workspaceEdit = { documentChanges = true } },
    },
    -- The server must know of a key at once; Neovim holds changes back for up to 150 ms otherwise.
    flags = { debounce_text_changes = 0 },
    handlers = {
      ['nearline/status'] = function(_, params)
        set_status(params)
      end,
      ['nearline/inlineCompletion/refresh'] = function(_, params, context)
        if config.backend == 'own' then
          ghost.refresh(params, context.client_id)
        end
      end,
      ['nearline/action/progress'] = function(_, params)
        require('nearline.actions').progress(params)
      end,
      ['workspace/applyEdit'] = function(...)
        return require('nearline.edits').apply(...)
      end,
    },
    commands = vim.iter(ACTION_COMMANDS):fold({}, function(commands, name)
      commands[name] = function(...)
        require('nearline.actions').execute(...)
      end
      return commands
    end),
    before_init = function()
      set_status({ state = 'starting' })
    end,
    on_exit = on_exit,
  }
end

-- Neovim attaches servers when a buffer gets its file type; a file without one is still worth completing.
local function attach_without_filetype(buf)
  if config.filetypes or not vim.lsp.is_enabled('nearline') then
    return
  end
  if not vim.api.nvim_buf_is_loaded(buf) or vim.bo[buf].filetype ~= '' or not is_file(buf) then
    return
  end
  local resolved = vim.deepcopy(vim.lsp.config.nearline)
  root_dir(buf, function(dir)
    resolved.root_dir = dir
    vim.lsp.start(resolved, { bufnr = buf, reuse_client = resolved.reuse_client })
  end)
end

function M.start()
  local cmd = config.cmd
  if type(cmd) == 'table' and vim.fn.executable(cmd[1]) == 0 then
    set_status({ state = 'unavailable', message = cmd[1] .. ' is not installed' })
    notify(cmd[1] .. ' is not an executable; see :checkhealth nearline', vim.log.levels.WARN)
    return
  end
  vim.lsp.enable('nearline')
  vim.iter(vim.api.nvim_list_bufs()):each(attach_without_filetype)
end

-- Ends the server and starts it again as soon as it is gone.
function M.restart()
  restarting = #vim.lsp.get_clients({ name = 'nearline' }) > 0
  vim.lsp.enable('nearline', false)
  if not restarting then
    M.start()
  end
end

---@param value boolean
function M.enable(value)
  ghost.enable(value)
  if config.backend == 'builtin' then
    for _, client in ipairs(vim.lsp.get_clients({ name = 'nearline' })) do
      for buf in pairs(client.attached_buffers) do
        vim.lsp.inline_completion.enable(value, { bufnr = buf })
      end
    end
  end
  set_status(status) -- redraws whoever shows it
end

function M.is_enabled()
  return ghost.is_enabled()
end

-- Set-up ----------------------------------------------------------------------------------------------------------

local function actions()
  if config.backend == 'own' then
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
  local client = assert(vim.lsp.get_client_by_id(event.data.client_id))
  if client.name ~= 'nearline' or not client.server_capabilities.inlineCompletionProvider then
    return
  end
  if config.backend == 'builtin' then
    vim.lsp.inline_completion.enable(ghost.is_enabled(), { bufnr = event.buf })
    return
  end
  ghost.attach(event.buf)
  if vim.lsp.inline_completion then
    -- Whoever has turned it on for all servers would see two suggestions.
    vim.lsp.inline_completion.enable(false, { client_id = client.id })
  end
end

local function on_detach(event)
  local client = vim.lsp.get_client_by_id(event.data.client_id)
  if client and client.name == 'nearline' then
    ghost.detach(event.buf)
  end
end

---@return nearline.Config
local function checked(options)
  local merged = vim.tbl_deep_extend('force', vim.deepcopy(defaults), options or {})
  vim.validate('cmd', merged.cmd, { 'table', 'function' })
  vim.validate('filetypes', merged.filetypes, 'table', true)
  vim.validate('settings', merged.settings, 'table')
  vim.validate('keymaps', merged.keymaps, 'table')
  vim.validate('debounce_ms', merged.debounce_ms, function(value)
    return type(value) == 'number' and value >= 0 and value <= 50
  end, 'a number from 0 to 50')
  vim.validate('backend', merged.backend, function(value)
    return value == 'own' or value == 'builtin'
  end, "'own' or 'builtin'")
  if merged.backend == 'builtin' and not vim.lsp.inline_completion then
    notify("backend 'builtin' needs Neovim 0.12; using 'own'", vim.log.levels.WARN)
    merged.backend = 'own'
  end
  return merged
end

---@param options? nearline.Config
function M.setup(options)
  if vim.fn.has('nvim-0.11') == 0 then
    notify('Neovim 0.11 or newer is needed', vim.log.levels.ERROR)
    return
  end
  config = checked(options)
  vim.api.nvim_set_hl(0, 'NearlineGhost', { link = 'Comment', default = true })
  ghost.set_debounce(config.debounce_ms)
  require('nearline.keys').set(config.keymaps, actions())
  local group = vim.api.nvim_create_augroup('nearline', {})
  vim.api.nvim_create_autocmd('LspAttach', { group = group, callback = on_attach })
  vim.api.nvim_create_autocmd('LspDetach', { group = group, callback = on_detach })
  vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile' }, {
    group = group,
    callback = vim.schedule_wrap(function(event)
      attach_without_filetype(event.buf)
    end),
  })
  vim.lsp.config('nearline', server_config())
  M.start()
end

return M
