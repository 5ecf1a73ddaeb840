-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: template.lua ROUNDS TEMPLATE DATA.json
-- Template engine: {{expression}} is escaped, {%statement%} is Lua; a template becomes a Lua function once, then runs on
-- every record of the data.

package.path = (arg[0]:match("^(.*/)") or "./") .. "../lib/?.lua;" .. package.path
local text = require("text")
local json = require("json")

local entity = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local helpers = {
	ipairs = ipairs, tostring = tostring, string = string, table = table,
	upper = string.upper,
	escape = function(value) return (tostring(value):gsub('[&<>"]', entity)) end,
	title = function(s) return (s:gsub("(%a)([%w']*)", function(a, b) return a:upper() .. b:lower() end)) end,
	pad = function(s, width) return s .. (" "):rep(width - (utf8.len(s) or #s)) end,
	default = function(value, other) if value == nil or value == json.null then return other end return value end,
}

local function compile(source)
	local code = { "local out, n = {}, 0\n" }
	local function emit(expression)
		code[#code + 1] = "n = n + 1 out[n] = " .. expression .. "\n"
	end
	local at = 1
	while true do
		local from, stop, kind, inner = source:find("{([{%%])%s*(.-)%s*[}%%]}", at)
		if not from then
			break
		end
		if from > at then
			emit(string.format("%q", source:sub(at, from - 1)))
		end
		if kind == "{" then
			emit("escape(" .. inner .. ")")
		else
			code[#code + 1] = inner .. "\n"
		end
		at = stop + 1
	end
	emit(string.format("%q", source:sub(at)))
	code[#code + 1] = "return table.concat(out)"
	local env = setmetatable({}, { __index = helpers })
	local chunk = assert(load(table.concat(code), "=template", "t", env))
	return function(context)
		setmetatable(env, { __index = function(_, key)
			local value = context[key]
			if value == nil then
				value = helpers[key]
			end
			return value
		end })
		return chunk()
	end
end

local source = text.read(arg[2])
local document = json.decode(text.read(arg[3]))
local root = text.sorted_keys(document)[1]
local pages, bytes, sample = {}, 0, nil
for _ = 1, tonumber(arg[1]) do
	local render = compile(source)
	pages = {}
	for i, entry in ipairs(document[root]) do
		pages[i] = render({ entry = entry, index = i, all = document[root] })
		bytes = bytes + #pages[i]
	end
	sample = pages[#pages // 2]
end
io.write(sample)
print(#pages, bytes, text.checksum(table.concat(pages)))
