-- `:checkhealth nearline`
local M = {}

local health = vim.health

local function check_neovim()
  health.start('nearline: Neovim')
  if vim.fn.has('nvim-0.11') == 0 then
    health.error('Neovim 0.11 or newer is needed', { 'Found ' .. tostring(vim.version()) })
    return false
  end
  health.ok('Neovim ' .. tostring(vim.version()))
  local builtin = vim.lsp.inline_completion ~= nil
  health.info("backend 'builtin' (vim.lsp.inline_completion): " .. (builtin and 'available' or 'needs Neovim 0.12'))
  return true
end

local function check_command(cmd)
  health.start('nearline: the language server')
  if type(cmd) == 'function' then
    health.info('cmd is a function: not checked')
    return
  end
  local path = vim.fn.exepath(cmd[1])
  if path == '' then
    health.error(cmd[1] .. ' is not an executable', {
      'Install it, for instance with `pipx install nearline`',
      "Or name it: require('nearline').setup({ cmd = { '/path/to/nearline', 'lsp' } })",
    })
    return
  end
  health.ok('command: ' .. path)
  if vim.fs.basename(path):match('^nearline') then
    local done = vim.system({ path, '--version' }, { text = true, timeout = 10000 }):wait()
    if done.code == 0 then
      health.ok('version: ' .. vim.trim(done.stdout))
    else
      health.warn('`nearline --version` failed with code ' .. done.code, { vim.trim(done.stderr or '') })
    end
  end
end

---@return integer[]  buffers with the server
local function check_client(nearline)
  local buffers = {}
  for _, client in ipairs(vim.lsp.get_clients({ name = 'nearline' })) do
    vim.list_extend(buffers, vim.tbl_keys(client.attached_buffers))
    if client.server_capabilities.inlineCompletionProvider then
      health.ok(('client %d, attached buffers: %d, %s'):format(client.id, #buffers, client.offset_encoding))
    else
      health.error('the server does not offer textDocument/inlineCompletion', { 'Check `cmd`' })
    end
  end
  if #buffers == 0 then
    health.warn('attached to no buffer', { 'Open a file', 'See `:Nearline log` if it does not start' })
  end
  local details = nearline.details()
  health.info('status: ' .. nearline.status())
  if details.model ~= '' then
    health.info(('model: %s at %s'):format(details.model, details.endpoint))
  end
  return buffers
end

local function owner(map)
  if map.desc and map.desc ~= '' then
    return map.desc
  end
  return map.rhs or 'a Lua function'
end

local function check_key(action, lhs, buffers)
  local map = vim.fn.maparg(lhs, 'i', false, true)
  local keys = require('nearline.keys')
  local clean = true
  if map.buffer ~= 1 and not keys.is_ours(map) then
    clean = false
    health.warn(('%s (%s) was mapped again by: %s'):format(lhs, action, owner(map)), {
      'Set up nearline after that plugin, or choose another key in `keymaps`',
    })
  end
  for _, buf in ipairs(buffers) do
    for _, other in ipairs(vim.api.nvim_buf_get_keymap(buf, 'i')) do
      if vim.fn.keytrans(other.lhsraw) == vim.fn.keytrans(vim.keycode(lhs)) then
        clean = false
        health.warn(('%s (%s) is mapped in buffer %d by: %s'):format(lhs, action, buf, owner(other)), {
          "Call require('nearline')." .. action .. '() from that mapping, or choose another key',
        })
      end
    end
  end
  if clean then
    health.ok(('%s: %s'):format(lhs, action))
  end
end

local function check_keys(buffers)
  health.start('nearline: keys in insert mode')
  local in_use = require('nearline.keys').in_use()
  if vim.tbl_isempty(in_use) then
    health.info('none are mapped')
  end
  for action, lhs in vim.spairs(in_use) do
    check_key(action, lhs, buffers)
  end
end

function M.check()
  if not check_neovim() then
    return
  end
  local nearline = require('nearline')
  local config = nearline.config()
  if not config then
    health.error("require('nearline').setup() was not called", { 'See :help nearline-setup' })
    return
  end
  health.info(("backend '%s', debounce %d ms"):format(config.backend, config.debounce_ms))
  check_command(config.cmd)
  check_keys(check_client(nearline))
end

return M
