-- When suggestions are asked for: on and off, for a while, and by file type.
local M = {}

local ghost = require('nearline.ghost')
local server = require('nearline.server')
local status = require('nearline.status')

local MS_PER_MINUTE = 60000

local resume_timer = assert(vim.uv.new_timer())

-- Neovim 0.12's own suggestions follow the same switches.
local function apply_to_builtin()
  if require('nearline.config').current.backend ~= 'builtin' then
    return
  end
  for _, client in ipairs(vim.lsp.get_clients({ name = 'nearline' })) do
    for buf in pairs(client.attached_buffers) do
      vim.lsp.inline_completion.enable(server.may_ask(buf), { bufnr = buf })
    end
  end
end

local function changed()
  ghost.leave()
  apply_to_builtin()
  server.tell_focus()
  status.announce()
end

---@param value boolean
---@param filetype? string  only this one; nil: everywhere
function M.enable(value, filetype)
  if filetype then
    server.disabled_filetypes[filetype] = not value or nil
  else
    server.enabled = value
  end
  changed()
end

---@param filetypes string[]
function M.set_disabled_filetypes(filetypes)
  server.disabled_filetypes = {}
  for _, name in ipairs(filetypes) do
    server.disabled_filetypes[name] = true
  end
end

---@param minutes? number  nil: until `resume`
function M.pause(minutes)
  resume_timer:stop()
  server.paused = true
  if minutes then
    resume_timer:start(minutes * MS_PER_MINUTE, 0, vim.schedule_wrap(M.resume))
  end
  changed()
end

function M.resume()
  resume_timer:stop()
  server.paused = false
  changed()
end

return M
