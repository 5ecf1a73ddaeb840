-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: jsonquery.lua ROUNDS FILE...
-- Parse JSON documents, look things up in them, join them, and write them out again, pretty and compact.

package.path = (arg[0]:match("^(.*/)") or "./") .. "../lib/?.lua;" .. package.path
local text = require("text")
local json = require("json")

-- A path such as "3166-1.*.alpha_2": every value it reaches.
local function query(root, path)
	local found = { root }
	for step in path:gmatch("[^.]+") do
		local reached = {}
		for _, value in ipairs(found) do
			if type(value) == "table" then
				if step == "*" then
					for _, item in ipairs(value) do
						reached[#reached + 1] = item
					end
				else
					local item = value[step]
					if item == nil then
						item = value[tonumber(step)]
					end
					if item ~= nil then
						reached[#reached + 1] = item
					end
				end
			end
		end
		found = reached
	end
	return found
end

local function group(items, key)
	local groups = {}
	for _, item in ipairs(items) do
		local value = tostring(key(item))
		groups[value] = groups[value] or {}
		table.insert(groups[value], item)
	end
	return groups
end

for _ = 1, tonumber(arg[1]) - 1 do
	for i = 2, #arg do
		local source = text.read(arg[i])
		assert(#json.encode(json.decode(source), "  ") > 0)
	end
end
for i = 2, #arg do
	local document = json.decode(text.read(arg[i]))
	for _, root in ipairs(text.sorted_keys(document)) do
		local entries = query(document, root .. ".*")
		print(string.format("%s: %d entries", root, #entries))
		local initials = group(entries, function(e) return (e.name or "?"):sub(1, 1) end)
		for _, initial in ipairs(text.sorted_keys(initials)) do
			io.write(initial, "=", #initials[initial], " ")
		end
		print()
		local keys = {}
		for _, entry in ipairs(entries) do
			for key in pairs(entry) do
				keys[key] = (keys[key] or 0) + 1
			end
		end
		for _, key in ipairs(text.by_count(keys)) do
			local longest = ""
			for _, value in ipairs(query(document, root .. ".*." .. key)) do
				value = tostring(value)
				if #value > #longest or #value == #longest and value < longest then
					longest = value
				end
			end
			print(string.format("  %-16s %4d  longest: %s", key, keys[key], longest))
		end
	end
	local pretty, compact = json.encode(document, "  "), json.encode(document)
	assert(json.encode(json.decode(pretty)) == compact, "round trip differs")
	print(#pretty, #compact, text.checksum(pretty), text.checksum(compact))
end
