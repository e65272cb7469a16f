-- What can stand behind the name of a `:Nearline` command, for completion.
local M = {}

local REPORT = { '--month', '--since', '--until', '--by', '--format', '--out', '--cloud-price' }

function M.enable()
  return vim.tbl_keys(require('nearline.server').disabled_filetypes)
end

-- File types of the buffers that are there, which are those that anybody wants quiet.
function M.disable()
  local found = {}
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    local filetype = vim.bo[buf].filetype
    if vim.bo[buf].buflisted and filetype ~= '' then
      found[filetype] = true
    end
  end
  return vim.tbl_keys(found)
end

function M.pause()
  return { '15', '60' }
end

function M.pin()
  return require('nearline.pin').known()
end

function M.report()
  return REPORT
end

function M.dashboard()
  return { '--open' }
end

return M
