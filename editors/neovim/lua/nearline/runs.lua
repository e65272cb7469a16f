-- Actions that have not ended: their progress, their end, and ending them.
local M = {}

local api = vim.api
local answer = require('nearline.answer')
local preview = require('nearline.preview')

---@class nearline.Run
---@field title string
---@field reads boolean?  its answer is text, which is shown as it comes
---@field uri string?  the document that it may change
---@field chars integer  of its answer until now
---@field on_text? fun(text: string)  takes the answer instead of a window
---@field client vim.lsp.Client
---@field request integer?

local runs = {} ---@type table<string, nearline.Run>  by the name of the run
local count = 0

-- One line, cut to what the screen shows without asking for Enter.
local function say(text)
  text = 'nearline: ' .. text:gsub('%s+', ' ')
  api.nvim_echo({ { vim.fn.strcharpart(text, 0, math.max(1, vim.v.echospace)) } }, false, {})
end

-- The end ---------------------------------------------------------------------------------------------------------

local function footer(what)
  local by = vim.tbl_filter(function(part)
    return part and part ~= ''
  end, { what.endpoint or '', what.model or '', what.note or '' })
  return ('\n\n---\n%s\n'):format(table.concat(by, ', '))
end

-- What came of it: `{ text, endpoint, model, applied, note }`. What cannot be applied is there to read.
---@param run nearline.Run
local function finish(run, result)
  if run.on_text and result.text ~= '' then
    run.on_text(result.text)
  elseif not run.reads and not result.applied and result.text ~= '' then
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
  if run.request then
    run.client:cancel_request(run.request)
  end
end

-- How many have not ended.
function M.going_on()
  return vim.tbl_count(runs)
end

-- Ends everything that is going on.
function M.cancel()
  local any = next(runs)
  for id, run in pairs(runs) do
    stop(id, run)
  end
  preview.decide(false)
  say(any and 'cancelled' or 'nothing to cancel')
end

-- The server is gone, and answers no more.
function M.server_ended()
  local ended = runs
  runs = {}
  preview.decide(false)
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

-- The user has seen what it would change, and does not want it.
---@param uri string
function M.discarded(uri)
  for id, run in pairs(runs) do
    if run.uri == uri and not run.reads then
      stop(id, run)
      say(run.title .. ': discarded')
    end
  end
end

-- The way there ---------------------------------------------------------------------------------------------------

-- `nearline/action/progress`: a piece of an answer, or its end; of a cancelled one it still comes.
function M.progress(params)
  local run = runs[params.id]
  if not run or params.done then
    return -- the end is told by the answer to the command, too
  end
  if params.output == 'text' and not run.reads and not run.on_text then
    run.reads = true -- an action of the user's own, of which only the server knows what it makes
    answer.open(run.title, false)
  end
  if run.reads then
    answer.append(params.text)
  elseif params.text ~= '' then
    run.chars = run.chars + vim.fn.strchars(params.text)
    say(('%s … %d characters'):format(run.title, run.chars))
  end
end

---@param command string
---@param argument table
---@param run nearline.Run
function M.start(command, argument, run)
  count = count + 1
  local id = 'nvim-' .. count
  argument.id = id
  run.uri, run.chars = argument.uri, 0
  runs[id] = run
  if not run.reads then
    say(run.title .. ' …')
  end
  local params = { command = command, arguments = { argument } }
  local sent, request = run.client:request('workspace/executeCommand', params, function(err, result)
    if runs[id] then -- else it was cancelled
      runs[id] = nil
      if err then
        fail(run, err.message)
      else
        finish(run, result)
      end
    end
  end)
  run.request = sent and request or nil
  if not sent then
    runs[id] = nil
    fail(run, 'the server is not running')
  end
end

return M
