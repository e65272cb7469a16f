-- The window in which answers are read: one buffer of Markdown in a split or a float, which fills as the text comes.
local M = {}

local api = vim.api

local NAME = 'nearline://answer'
local FLOAT_SHARE = 0.7 -- of the screen, each way

local buffer ---@type integer?

local function write(first, last, lines)
  vim.bo[buffer].modifiable = true
  api.nvim_buf_set_lines(buffer, first, last, false, lines)
  vim.bo[buffer].modifiable = false
end

-- `q` was pressed.
function M.on_close() end

local function make()
  buffer = api.nvim_create_buf(false, true)
  api.nvim_buf_set_name(buffer, NAME)
  vim.bo[buffer].undolevels = -1
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].filetype = 'markdown'
  vim.keymap.set('n', 'q', function()
    M.on_close()
    vim.cmd('silent! close') -- the last window stays
  end, { buffer = buffer, nowait = true, desc = 'Nearline: close the answer' })
end

---@return integer?
local function window()
  return buffer
    and vim.iter(api.nvim_tabpage_list_wins(0)):find(function(win)
      return api.nvim_win_get_buf(win) == buffer
    end)
end

---@return vim.api.keyset.win_config
local function float()
  local width, height = math.floor(vim.o.columns * FLOAT_SHARE), math.floor(vim.o.lines * FLOAT_SHARE)
  return {
    relative = 'editor',
    width = width,
    height = height,
    row = math.floor((vim.o.lines - height) / 2) - 1,
    col = math.floor((vim.o.columns - width) / 2),
    border = 'rounded',
    title = ' Nearline ',
    footer = ' q closes ',
  }
end

local function show()
  local floats = require('nearline.config').current.answer == 'float'
  local win = api.nvim_open_win(buffer, true, floats and float() or { split = 'right' })
  vim.wo[win].wrap, vim.wo[win].linebreak = true, true
  return win
end

-- Shows the window and puts the cursor into it; what it showed goes on below, or is gone.
---@param heading string
---@param goes_on boolean
function M.open(heading, goes_on)
  if not (buffer and api.nvim_buf_is_valid(buffer)) then
    make()
  end
  local win = window() or show()
  api.nvim_set_current_win(win)
  vim.cmd.stopinsert()
  local line = '# ' .. heading:gsub('%s*\n%s*', ' ')
  if goes_on and api.nvim_buf_line_count(buffer) > 1 then
    write(-1, -1, { '', line, '', '' })
    api.nvim_win_set_cursor(win, { api.nvim_buf_line_count(buffer) - 2, 0 })
    vim.cmd.normal({ 'zt', bang = true })
  else
    write(0, -1, { line, '', '' })
    api.nvim_win_set_cursor(win, { 1, 0 })
  end
end

---@param text string
function M.append(text)
  if not (buffer and api.nvim_buf_is_valid(buffer)) then
    return -- the user wiped it out
  end
  local last = api.nvim_buf_get_lines(buffer, -2, -1, false)[1]
  write(-2, -1, vim.split(last .. text:gsub('\r', ''), '\n', { plain = true }))
end

return M
