-- The one endpoint that actions are asked at, while the user wants it so.
local M = {}

M.endpoint = nil ---@type string?  nil: whoever the router decides for

local WAIT_MS = 1000
local NONE = 'none: whoever the router decides for'

-- The ids of the endpoints that the server knows.
---@return string[]
function M.known()
  local client = vim.lsp.get_clients({ name = 'nearline' })[1]
  local command = { command = 'nearline.status' }
  local answer = client and client:request_sync('workspace/executeCommand', command, WAIT_MS)
  return vim.tbl_map(function(one)
    return one.id
  end, answer and answer.result and answer.result.endpoints or {})
end

---@param endpoint string?
function M.set(endpoint)
  M.endpoint = endpoint
  local text = endpoint and 'actions are asked at ' .. endpoint or 'actions are asked wherever the router decides'
  vim.notify('nearline: ' .. text)
end

function M.choose()
  vim.ui.select({ NONE, unpack(M.known()) }, { prompt = 'Nearline: ask actions at' }, function(choice)
    if choice then
      M.set(choice ~= NONE and choice or nil)
    end
  end)
end

return M
