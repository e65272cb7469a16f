-- What an action would change, as a diff in a tab page of its own, until the user has decided.
local M = {}

local api, lsp = vim.api, vim.lsp

-- Over both windows, or the lines beside each other would not be the same.
local NOW, PROPOSED = ' Now', ' Proposed   <CR> apply   q discard'

---@class nearline.Preview
---@field tab integer
---@field from integer  the tab page that the user was in
---@field proposal integer  buffer
---@field go_on fun(apply: boolean)

local open ---@type nearline.Preview?

-- Waits in a coroutine, as Neovim runs the handlers of a server's requests.
---@param begin fun(go_on: fun(value: any))
local function wait_for(begin)
  local co = assert(coroutine.running())
  local function go_on(value)
    assert(coroutine.resume(co, value))
  end
  begin(go_on)
  return coroutine.yield()
end

-- Calls when nobody types: keys that are meant for the text must not decide anything.
local function when_normal(go_on)
  vim.schedule(function()
    if api.nvim_get_mode().mode == 'n' then
      return go_on()
    end
    api.nvim_create_autocmd('ModeChanged', {
      pattern = '*:n',
      once = true,
      callback = function()
        when_normal(go_on)
      end,
    })
  end)
end

---@return integer  a buffer with the text as it would be
local function proposal_of(buf, edits, encoding)
  local proposal = api.nvim_create_buf(false, true)
  api.nvim_buf_set_lines(proposal, 0, -1, false, api.nvim_buf_get_lines(buf, 0, -1, false))
  lsp.util.apply_text_edits(edits, proposal, encoding)
  local options = vim.bo[proposal]
  options.buflisted, options.modifiable, options.bufhidden = false, false, 'wipe'
  options.filetype = vim.bo[buf].filetype
  return proposal
end

local function set_keys(proposal)
  local function map(key, apply, what)
    vim.keymap.set('n', key, function()
      M.decide(apply)
    end, { buffer = proposal, nowait = true, desc = 'Nearline: ' .. what .. ' the proposal' })
  end
  map('<CR>', true, 'apply')
  map('q', false, 'discard')
  api.nvim_create_autocmd('BufWipeout', {
    buffer = proposal,
    callback = vim.schedule_wrap(function()
      if open and open.proposal == proposal then
        M.decide(false)
      end
    end),
  })
end

local function show(buf, edits, encoding)
  local from, proposal = api.nvim_get_current_tabpage(), proposal_of(buf, edits, encoding)
  set_keys(proposal)
  vim.cmd('tab split')
  api.nvim_win_set_buf(0, buf)
  vim.wo.winbar = NOW
  vim.cmd.diffthis()
  local win = api.nvim_open_win(proposal, true, { split = 'right' })
  vim.wo[win].winbar = PROPOSED
  vim.cmd.diffthis()
  api.nvim_win_set_cursor(win, { edits[1].range.start.line + 1, 0 })
  return { from = from, tab = api.nvim_get_current_tabpage(), proposal = proposal }
end

-- To be called in a coroutine, like the next one.
function M.until_normal()
  wait_for(when_normal)
end

---@return boolean  whether the user wants it
function M.ask(buf, edits, encoding)
  return wait_for(function(go_on)
    M.decide(false) -- one at a time: what was not decided on is discarded
    open = show(buf, edits, encoding)
    open.go_on = go_on
  end)
end

local function close(preview)
  if api.nvim_tabpage_is_valid(preview.tab) and #api.nvim_list_tabpages() > 1 then
    vim.cmd.tabclose(api.nvim_tabpage_get_number(preview.tab))
  end
  if api.nvim_buf_is_valid(preview.proposal) then
    api.nvim_buf_delete(preview.proposal, { force = true })
  end
  if api.nvim_tabpage_is_valid(preview.from) then
    api.nvim_set_current_tabpage(preview.from)
  end
end

---@param apply boolean
---@return boolean  whether there was anything to decide on
function M.decide(apply)
  local preview = open
  open = nil
  if preview then
    close(preview)
    preview.go_on(apply)
  end
  return preview ~= nil
end

return M
