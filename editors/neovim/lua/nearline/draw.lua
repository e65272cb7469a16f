-- The ghost text on the screen: extmarks in one buffer at a time.
local M = {}

local api = vim.api

local ns = api.nvim_create_namespace('nearline')
local buffer ---@type integer?
local marks = {} ---@type integer[]

-- One by one: clearing the namespace walks every mark of the buffer, which other plugins may have filled.
function M.erase()
  if buffer and api.nvim_buf_is_valid(buffer) then
    for _, id in ipairs(marks) do
      api.nvim_buf_del_extmark(buffer, ns, id)
    end
  end
  marks = {}
end

-- Neovim draws a tab in inline virtual text as it is, a control character.
local function expand_tabs(text, column)
  local width = vim.bo.tabstop
  local expanded = text:gsub('([^\t]*)\t', function(before)
    column = column + api.nvim_strwidth(before)
    local spaces = width - column % width
    column = column + spaces
    return before .. (' '):rep(spaces)
  end)
  return expanded
end

local function mark(row, col, text, position, below)
  marks[#marks + 1] = api.nvim_buf_set_extmark(buffer, ns, row, col, {
    virt_text = text ~= '' and { { text, 'NearlineGhost' } } or nil,
    virt_text_pos = position,
    virt_lines = below,
    hl_mode = 'combine',
  })
end

-- The first line goes between the characters it covers, the others below.
---@param fit nearline.Fit
function M.show(buf, fit)
  M.erase()
  buffer = buf
  local lines = vim.split(fit.rest, '\n', { plain = true })
  local screen_column = vim.fn.virtcol('.', true)[1] - 1
  local first, from, col = lines[1], 1, fit.col
  for _, cover in ipairs(fit.cover) do
    if cover.at > from then
      mark(fit.row, col, expand_tabs(first:sub(from, cover.at - 1), screen_column), 'inline')
    end
    from, col = cover.at + #cover.char, col + #cover.char
  end
  local piece, position = expand_tabs(first:sub(from), screen_column), 'inline'
  local after = fit.choice.after
  if #lines > 1 and after:match('%S') then
    -- What stands after the cursor will stand after the last line: draw it there, and over it here.
    lines[#lines] = lines[#lines] .. after
    local width = api.nvim_strwidth(expand_tabs(after, screen_column)) - api.nvim_strwidth(piece)
    piece, position = piece .. (' '):rep(width), 'overlay'
  end
  local below = {}
  for i = 2, #lines do
    below[#below + 1] = { { expand_tabs(lines[i], 0), 'NearlineGhost' } }
  end
  mark(fit.row, col, piece, position, #below > 0 and below or nil)
end

return M
