-- What an action is about: the selection, the lines of a range, or the cursor; and the problems there.
local M = {}

local api = vim.api
local position_of = require('nearline.fit').position

-- Where the last visual selection ends, in bytes: Neovim's marks name the beginning of its last character.
local function selection_end(line, col)
  if vim.o.selection == 'exclusive' then
    return math.min(col - 1, #line)
  end
  return col > #line and #line or col + vim.str_utf_end(line, col)
end

-- A characterwise selection is meant as it is, other ranges are of whole lines; without one, the cursor is meant.
---@param client vim.lsp.Client
---@param lines {[1]: integer, [2]: integer}?  from 1
---@return lsp.Range
function M.range(client, buf, lines)
  local first, last, start_col, end_col
  if not lines then
    first, start_col = unpack(api.nvim_win_get_cursor(0))
    last, end_col = first, start_col
  else
    first, last = lines[1], lines[2]
    local text = api.nvim_buf_get_lines(buf, last - 1, last, false)[1]
    start_col, end_col = 0, #text
    local from, to = vim.fn.getpos("'<"), vim.fn.getpos("'>")
    if vim.fn.visualmode() == 'v' and from[2] == first and to[2] == last then
      start_col, end_col = from[3] - 1, selection_end(text, to[3])
    end
  end
  return {
    start = position_of(client, buf, first - 1, start_col),
    ['end'] = position_of(client, buf, last - 1, end_col),
  }
end

-- As a server reads them, whichever tool found them.
---@param found vim.Diagnostic[]
---@return lsp.Diagnostic[]?  nil for none: an empty table would be sent as an object
local function for_server(client, buf, found)
  return #found > 0
      and vim.tbl_map(function(one)
        return {
          range = {
            start = position_of(client, buf, one.lnum, one.col),
            ['end'] = position_of(client, buf, one.end_lnum or one.lnum, one.end_col or one.col),
          },
          message = one.message,
          source = one.source,
          code = one.code,
        }
      end, found)
    or nil
end

-- Those that touch the lines, from 1.
local function within(all, first, last)
  return vim.tbl_filter(function(one)
    return one.lnum < last and (one.end_lnum or one.lnum) >= first - 1
  end, all)
end

-- Problems of the range; without one those of the cursor's line, else all.
---@return lsp.Diagnostic[]?
function M.diagnostics(client, buf, lines)
  local all = vim.diagnostic.get(buf)
  local row = api.nvim_win_get_cursor(0)[1]
  local near = within(all, unpack(lines or { row, row }))
  return for_server(client, buf, (lines or #near > 0) and near or all)
end

-- Neovim's menu sends a server the problems that it has found itself; ours mends those of others.
---@param client vim.lsp.Client
function M.send_all_diagnostics(client)
  local request = client.request
  client.request = function(self, method, params, ...)
    if method == 'textDocument/codeAction' and #params.context.diagnostics == 0 then
      local buf, range = vim.uri_to_bufnr(params.textDocument.uri), params.range
      local found = within(vim.diagnostic.get(buf), range.start.line + 1, range['end'].line + 1)
      local context = { diagnostics = for_server(client, buf, found) }
      params = vim.tbl_extend('force', params, { context = vim.tbl_extend('force', params.context, context) })
    end
    return request(self, method, params, ...)
  end
end

return M
