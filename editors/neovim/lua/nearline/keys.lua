-- The key mappings. A key that has nothing to do here does what it did before.
local M = {}

local DESC = 'Nearline: '
local WORDS = {
  accept = 'accept the suggestion',
  accept_word = 'accept the next word',
  accept_line = 'accept the next line',
  next = 'next suggestion',
  prev = 'previous suggestion',
  dismiss = 'dismiss the suggestion',
  trigger = 'ask for a suggestion',
}

local mapped = {} ---@type table<string, {lhs: string, previous: table?}>

local function termcodes(keys)
  return vim.api.nvim_replace_termcodes(keys, true, true, true)
end

-- Gives the mapping that was there a name of its own, so that Neovim itself runs it, whatever its kind.
local function keep_previous(name, lhs)
  local previous = vim.fn.maparg(lhs, 'i', false, true)
  if vim.tbl_isempty(previous) or previous.buffer == 1 then
    return nil
  end
  local plug = '<Plug>(nearline-before-' .. name .. ')'
  local renamed = vim.tbl_extend('force', previous, { lhs = plug, lhsraw = termcodes(plug) })
  renamed.lhsrawalt = nil
  vim.fn.mapset('i', false, renamed)
  return previous
end

local function fall_through(name, lhs)
  if mapped[name].previous then
    vim.api.nvim_feedkeys(termcodes('<Plug>(nearline-before-' .. name .. ')'), 'im', false)
  elseif name == 'accept' or name == 'dismiss' then
    vim.api.nvim_feedkeys(termcodes(lhs), 'in', false)
  end
  -- The others do nothing: in insert mode an unmapped Alt key means Escape and the key.
end

-- Tab belongs to the popup menu while one of its items is selected.
local function popup_item_selected()
  return vim.fn.pumvisible() == 1 and vim.fn.complete_info({ 'selected' }).selected ~= -1
end

function M.unset()
  for name, map in pairs(mapped) do
    local current = vim.fn.maparg(map.lhs, 'i', false, true)
    if M.is_ours(current) then
      vim.keymap.del('i', map.lhs)
      if map.previous then
        vim.fn.mapset('i', false, map.previous)
        vim.keymap.del('i', '<Plug>(nearline-before-' .. name .. ')')
      end
    end
  end
  mapped = {}
end

---@param keymaps table<string, string|false>
---@param actions table<string, fun(): boolean>  true: the key has done its work
function M.set(keymaps, actions)
  M.unset()
  for name, action in pairs(actions) do
    local lhs = keymaps[name]
    if lhs then
      mapped[name] = { lhs = lhs, previous = keep_previous(name, lhs) }
      vim.keymap.set('i', lhs, function()
        if popup_item_selected() or not action() then
          fall_through(name, lhs)
        end
      end, { desc = DESC .. WORDS[name] })
    end
  end
end

---@param map table  what maparg() returns
function M.is_ours(map)
  return vim.startswith(map.desc or '', DESC)
end

-- What is in use, for the health report.
---@return table<string, string>  action to key
function M.in_use()
  return vim.tbl_map(function(map)
    return map.lhs
  end, mapped)
end

return M
