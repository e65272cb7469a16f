-- Where an item of an answer belongs in the buffer, and what of it is still to come at the cursor.
--
-- Everything is worked out anew from the text in the buffer, so typing, backspacing, autopairs and partial accepts
-- all take the same path, and text that no longer fits is never drawn.
local M = {}

local api = vim.api

local UTF8_CHAR = '[%z\1-\127\194-\244][\128-\191]*'

---@class nearline.Choice  one item, placed in the buffer
---@field item table  as it came, for the notifications
---@field text string  what stands between `head` and `after` once it is accepted
---@field row integer  0-based line where the text begins
---@field start integer  byte column where the text begins
---@field head string  the line up to there
---@field after string  what follows the replaced range; it stays
---@field newlines integer
---@field others integer  lines of the buffer besides those of the text

---@class nearline.Fit  a choice seen from the cursor
---@field choice nearline.Choice
---@field typed integer  bytes of the text that already stand in the buffer
---@field rest string  what is still to come
---@field cover {char: string, at: integer}[]  text after the cursor which the choice replaces, such as an
---  autopair's bracket: each character, and where in `rest` it stands
---@field row integer
---@field col integer

---@return integer row, integer col  0-based, bytes
function M.cursor()
  local at = api.nvim_win_get_cursor(0)
  return at[1] - 1, at[2]
end

local function line_at(buf, row)
  return api.nvim_buf_get_lines(buf, row, row + 1, false)[1] or ''
end

---@param client vim.lsp.Client
---@return lsp.Position
function M.position(client, buf, row, col)
  return { line = row, character = vim.str_utfindex(line_at(buf, row), client.offset_encoding, col, false) }
end

---@param client vim.lsp.Client
---@param item table  an InlineCompletionItem
---@return nearline.Choice?
function M.choice(client, buf, row, col, item)
  local text = item.insertText
  if type(text) ~= 'string' then
    return nil -- a snippet, which this client never asked for
  end
  text = text:gsub('\r\n', '\n')
  local line, start, finish = line_at(buf, row), col, col
  if type(item.range) == 'table' then -- null is vim.NIL in Neovim 0.12
    local first, last = item.range.start, item.range['end']
    if first.line ~= row or last.line ~= row then
      return nil
    end
    start = vim.str_byteindex(line, client.offset_encoding, first.character, false)
    finish = vim.str_byteindex(line, client.offset_encoding, last.character, false)
  end
  if start > col or finish < col then
    return nil
  end
  local _, newlines = text:gsub('\n', '')
  return {
    item = item,
    text = text,
    row = row,
    start = start,
    head = line:sub(1, start),
    after = line:sub(finish + 1),
    newlines = newlines,
    others = api.nvim_buf_line_count(buf) - 1,
  }
end

-- What is covered stands after the cursor and belongs to the text, so its characters must turn up in it, in order:
-- `a, b` can be drawn before the `)` of `f(|)` when the text is `a, b)`.
---@return {char: string, at: integer}[]?
local function find_cover(first_line, covered)
  local cover, from = {}, 1
  for char in covered:gmatch(UTF8_CHAR) do
    local at = first_line:find(char, from, true)
    if not at then
      return nil
    end
    cover[#cover + 1] = { char = char, at = at }
    from = at + #char
  end
  return cover
end

---@param choice nearline.Choice
---@return nearline.Fit?
function M.fit(buf, choice)
  local row, col = M.cursor()
  local further = row - choice.row
  if further < 0 or further > choice.newlines then
    return nil
  end
  if api.nvim_buf_line_count(buf) - 1 - further ~= choice.others then
    return nil -- Delete at the end of the line has joined the next one, for instance
  end
  local lines = api.nvim_buf_get_lines(buf, choice.row, row + 1, false)
  if #lines == 0 or not vim.startswith(lines[1], choice.head) then
    return nil
  end
  local tail = lines[#lines]:sub(col + 1)
  lines[#lines] = lines[#lines]:sub(1, col)
  local before = table.concat(lines, '\n')
  local typed = before:sub(choice.start + 1)
  if #before < choice.start or not vim.startswith(choice.text, typed) or not vim.endswith(tail, choice.after) then
    return nil
  end
  local rest = choice.text:sub(#typed + 1)
  local cover = find_cover(rest:match('^[^\n]*'), tail:sub(1, #tail - #choice.after))
  return cover and { choice = choice, typed = #typed, rest = rest, cover = cover, row = row, col = col }
end

-- Bytes after the cursor that are replaced when the first `length` bytes of the rest are inserted.
---@param fit nearline.Fit
function M.covered(fit, length)
  local bytes = 0
  for _, cover in ipairs(fit.cover) do
    bytes = bytes + (cover.at <= length and #cover.char or 0)
  end
  return bytes
end

-- How much of the rest a key takes.
M.pieces = {
  all = function(rest)
    return rest
  end,
  word = function(rest) -- blanks and line breaks, then a word or a run of other characters
    local word = vim.fn.matchstr(rest, [[^\_s*\%(\k\+\|\%(\k\@!\S\)\+\)]])
    return word ~= '' and word or rest
  end,
  line = function(rest) -- to the end of the line; at the end, the next one
    return rest:match('^\n?[^\n]*')
  end,
}

return M
