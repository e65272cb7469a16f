-- Actions: what `:Nearline explain` and the others ask the server for.
local M = {}

local api = vim.api
local answer = require('nearline.answer')
local pin = require('nearline.pin')
local place = require('nearline.place')
local runs = require('nearline.runs')

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
  body = { command = 'nearline.completeBody', title = 'Complete the body' },
  review = { command = 'nearline.review', title = 'Review', reads = true },
  ask = { command = 'nearline.ask', title = 'Ask', reads = true, asks = 'Ask: ' },
  followup = { command = 'nearline.followUp', title = 'Follow up', reads = true, asks = 'Ask further: ' },
}

M.cancel = runs.cancel
M.server_ended = runs.server_ended
M.progress = runs.progress

---@param client vim.lsp.Client
---@param command string
---@param argument table
local function start(client, command, argument, run)
  argument.pin = pin.endpoint
  run.client = client
  runs.start(command, argument, run)
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

-- The server of this buffer; for what may be about no file, any.
---@return vim.lsp.Client?, boolean here
local function client_for(buf, anywhere)
  local here = vim.lsp.get_clients({ bufnr = buf, name = 'nearline' })[1]
  local client = here or (anywhere and vim.lsp.get_clients({ name = 'nearline' })[1])
  if not client then
    vim.notify('nearline: no server has this buffer', vim.log.levels.WARN)
  end
  return client, here ~= nil
end

---@return table
local function argument_for(name, client, buf, lines)
  return {
    uri = vim.uri_from_bufnr(buf),
    version = vim.lsp.util.buf_versions[buf],
    range = place.range(client, buf, lines),
    diagnostics = name == 'fix' and place.diagnostics(client, buf, lines) or nil,
  }
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
  local client, here = client_for(buf, action.asks)
  if not client then
    return
  end
  local argument = here and name ~= 'followup' and argument_for(name, client, buf, lines) or {}
  argument.instruction = instruction
  if action.reads then
    local heading = instruction ~= '' and ('%s: %s'):format(action.title, instruction) or action.title
    answer.open(heading, name == 'followup')
  end
  start(client, action.command, argument, { title = action.title, reads = action.reads })
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
    local run = { title = title, reads = action and action.reads }
    if run.reads then
      answer.open(title, false)
    end
    argument.instruction = instruction
    start(client, command.command, argument, run)
  end
  if title ~= command.title then
    ask_user(title .. ': ', go_on)
  else
    go_on(argument.instruction)
  end
end

-- A message for what is staged, put before the text of a buffer in which a commit message is written, else shown.
function M.commit()
  local buf = api.nvim_get_current_buf()
  local client = client_for(buf, true)
  if not client then
    return
  end
  local function on_text(text)
    api.nvim_buf_set_lines(buf, 0, 0, false, vim.split(vim.trim(text), '\n', { plain = true }))
  end
  vim.system(
    { 'git', 'diff', '--cached' },
    { text = true },
    vim.schedule_wrap(function(done)
      if done.code ~= 0 or done.stdout == '' then
        local why = done.code ~= 0 and vim.trim(done.stderr) or 'nothing is staged'
        vim.notify('nearline: ' .. why, vim.log.levels.WARN)
        return
      end
      local run = { title = 'Commit message', on_text = vim.bo[buf].filetype == 'gitcommit' and on_text or nil }
      start(client, 'nearline.commitMessage', { diff = done.stdout }, run)
    end)
  )
end

return M
