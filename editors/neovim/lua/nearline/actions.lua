-- Actions: what `:Nearline explain` and the others ask the server for, and what is shown of it.
local M = {}

local api = vim.api
local answer = require('nearline.answer')
local position_of = require('nearline.fit').position

---@class nearline.Action
---@field command string
---@field title string
---@field reads boolean?  its answer is text, which is shown as it comes; the others change files
---@field asks string?  without an instruction it asks the user for one with this prompt

---@type table<string, nearline.Action>
local ACTIONS = {
  explain = { command = 'nearline.explain', title = 'Explain', reads = true },
  refactor = { command = 'nearline.refactor', title = 'Refactor' },
  fix = { command = 'nearline.fix', title = 'Fix' },
  tests = { command = 'nearline.tests', title = 'Write tests' },
  document = { command = 'nearline.document', title = 'Document' },
  review = { command = 'nearline.review', title = 'Review', reads = true },
  ask = { command = 'nearline.ask', title = 'Ask', reads = true, asks = 'Ask: ' },
  followup = { command = 'nearline.followUp', title = 'Follow up', reads = true, asks = 'Ask further: ' },
}

---@class nearline.Run  an action that has not ended
---@field title string
---@field reads boolean?
---@field chars integer  of its answer until now
---@field client vim.lsp.Client?  nil: Neovim itself asked, to resolve an item of its code-action menu
---@field request integer?

local runs = {} ---@type table<string, nearline.Run>  by the name of the run
local count = 0
local OWN = ('nvim-%d-'):format(vim.fn.getpid())

-- One line, cut to what the screen shows without asking for Enter.
local function say(text, highlight)
  text = 'nearline: ' .. text:gsub('%s+', ' ')
  api.nvim_echo({ { vim.fn.strcharpart(text, 0, math.max(1, vim.v.echospace)), highlight } }, false, {})
end

-- The place -------------------------------------------------------------------------------------------------------

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
local function range_of(client, buf, lines)
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

-- Problems that any tool reported: those of the range; without one those of the cursor's line, else all.
---@return lsp.Diagnostic[]?  nil for none: an empty table would be sent as an object
local function diagnostics_of(client, buf, lines)
  local all = vim.diagnostic.get(buf)
  local row = api.nvim_win_get_cursor(0)[1]
  local first, last = unpack(lines or { row, row })
  local near = vim.tbl_filter(function(one)
    return one.lnum < last and (one.end_lnum or one.lnum) >= first - 1
  end, all)
  local chosen = (lines or #near > 0) and near or all
  return #chosen > 0 and vim.tbl_map(function(one)
    return {
      range = {
        start = position_of(client, buf, one.lnum, one.col),
        ['end'] = position_of(client, buf, one.end_lnum or one.lnum, one.end_col or one.col),
      },
      message = one.message,
      source = one.source,
      code = one.code,
    }
  end, chosen) or nil
end

-- A run and its end -----------------------------------------------------------------------------------------------

local function footer(what)
  local by = vim.tbl_filter(function(part)
    return part and part ~= ''
  end, { what.endpoint or '', what.model or '', what.note or '' })
  return ('\n\n---\n%s\n'):format(table.concat(by, ', '))
end

-- What came of it: `{ text, endpoint, model, applied, note }`. What cannot be applied is there to read.
---@param run nearline.Run
local function finish(run, result)
  if not run.reads and not result.applied and result.text ~= '' then
    answer.open(run.title, false)
    answer.append(result.text)
    answer.append(footer(result))
  elseif run.reads then
    answer.append(footer(result))
  elseif result.applied then
    say(('%s: done by %s %s'):format(run.title, result.endpoint, result.note))
  end
end

---@param run nearline.Run
local function fail(run, message)
  if run.reads then
    answer.append(footer({ note = message }))
  end
  vim.notify('nearline: ' .. message, vim.log.levels.ERROR)
end

---@param run nearline.Run
local function stop(id, run)
  runs[id] = nil
  if run.reads then
    answer.append(footer({ note = 'cancelled' }))
  end
  if run.client then
    run.client:cancel_request(run.request)
    return
  end
  -- What Neovim itself asked for is known by its bar, which has a button.
  for _, client in ipairs(vim.lsp.get_clients({ name = 'nearline' })) do
    for token, title in pairs(client.progress.pending) do
      if title == 'Nearline: ' .. run.title then
        client:notify('window/workDoneProgress/cancel', { token = token })
      end
    end
  end
end

-- Ends everything that is going on.
function M.cancel()
  local any = next(runs)
  for id, run in pairs(runs) do
    stop(id, run)
  end
  say(any and 'cancelled' or 'nothing to cancel')
end

-- The server is gone, and answers no more.
function M.server_ended()
  local ended = runs
  runs = {}
  for _, run in pairs(ended) do
    fail(run, run.title .. ': the server ended')
  end
end

-- Nobody reads what would still come.
function answer.on_close()
  for id, run in pairs(runs) do
    if run.reads then
      stop(id, run)
    end
  end
end

-- `nearline/action/progress`: a piece of an answer, or its end.
function M.progress(params)
  local run = runs[params.id]
  if not run then
    if params.done or vim.startswith(params.id, OWN) then
      return -- cancelled, and it still comes
    end
    run = { title = (params.action:gsub('-', ' ')), chars = 0 }
    runs[params.id] = run
  end
  if params.done then
    if not run.client then -- the others end with the answer to their command
      runs[params.id] = nil
      say(('%s: %s'):format(run.title, params.note ~= '' and params.note or 'done by ' .. params.endpoint))
    end
  elseif run.reads then
    answer.append(params.text)
  elseif params.text ~= '' then
    run.chars = run.chars + vim.fn.strchars(params.text)
    say(('%s … %d characters'):format(run.title, run.chars))
  end
end

-- Asking ----------------------------------------------------------------------------------------------------------

---@param client vim.lsp.Client
---@param command string
---@param argument table
---@param run nearline.Run
local function start(client, command, argument, run, buf)
  count = count + 1
  local id = OWN .. count
  argument.id = id
  runs[id] = run
  run.client = client
  if not run.reads then
    say(run.title .. ' …')
  end
  local params = { command = command, arguments = { argument } }
  local sent, request = client:request('workspace/executeCommand', params, function(err, result)
    if runs[id] then -- else it was cancelled
      runs[id] = nil
      if err then
        fail(run, err.message)
      else
        finish(run, result)
      end
    end
  end, buf)
  run.request = sent and request or nil
  if not sent then
    runs[id] = nil
    fail(run, 'the server is not running')
  end
end

---@param prompt string
---@param go_on fun(text: string)
local function ask_user(prompt, go_on)
  vim.ui.input({ prompt = prompt }, function(text)
    if text then -- else the user pressed Escape
      go_on(vim.trim(text))
    end
  end)
end

---@param name string
---@param instruction string
---@param lines {[1]: integer, [2]: integer}?  from 1; nil: where the cursor is
function M.run(name, instruction, lines)
  local action, buf = ACTIONS[name], api.nvim_get_current_buf()
  if action.asks and instruction == '' then
    ask_user(action.asks, function(text)
      if text ~= '' then
        M.run(name, text, lines)
      end
    end)
    return
  end
  local here = vim.lsp.get_clients({ bufnr = buf, name = 'nearline' })[1]
  local client = here or (action.asks and vim.lsp.get_clients({ name = 'nearline' })[1])
  if not client then
    vim.notify('nearline: no server has this buffer', vim.log.levels.WARN)
    return
  end
  local argument = { instruction = instruction }
  if here and name ~= 'followup' then
    argument.uri = vim.uri_from_bufnr(buf)
    argument.version = vim.lsp.util.buf_versions[buf]
    argument.range = range_of(client, buf, lines)
    argument.diagnostics = name == 'fix' and diagnostics_of(client, buf, lines) or nil
  end
  if action.reads then
    local heading = instruction ~= '' and ('%s: %s'):format(action.title, instruction) or action.title
    answer.open(heading, name == 'followup')
  end
  start(client, action.command, argument, { title = action.title, reads = action.reads, chars = 0 }, buf)
end

-- A command of an item of the code-action menu; a title that ends in an ellipsis takes an instruction.
---@param command lsp.Command
---@param context {client_id: integer, bufnr: integer?}
function M.execute(command, context)
  local client = assert(vim.lsp.get_client_by_id(context.client_id))
  local argument, title = (command.arguments or {})[1] or {}, (command.title:gsub('…$', ''))
  local action = vim.iter(vim.tbl_values(ACTIONS)):find(function(one)
    return one.command == command.command
  end)
  local function go_on(instruction)
    local run = { title = title, reads = action and action.reads, chars = 0 }
    if run.reads then
      answer.open(title, false)
    end
    argument.instruction = instruction
    start(client, command.command, argument, run, context.bufnr)
  end
  if title ~= command.title then
    ask_user(title .. ': ', go_on)
  else
    go_on(argument.instruction)
  end
end

return M
