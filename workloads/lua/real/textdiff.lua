-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: textdiff.lua lines|words OLD NEW [OLD NEW]...
-- Difference of two texts by lines or by words (Myers 1986, greedy), printed as hunks.

package.path = (arg[0]:match("^(.*/)") or "./") .. "../lib/?.lua;" .. package.path
local text = require("text")

local function split(content, unit)
	if unit == "lines" then
		return text.lines(content)
	end
	local words = {}
	for word in content:gmatch("%S+") do
		words[#words + 1] = word
	end
	return words
end

-- Furthest reaching points of each step; the trace keeps them all, so that the way can be walked back.
local function shortest_edit(a, b)
	local n, m = #a, #b
	local v, trace = { [1] = 0 }, {}
	for d = 0, n + m do
		local saved = {}
		for k = -d, d, 2 do
			local x
			if k == -d or k ~= d and v[k - 1] < v[k + 1] then
				x = v[k + 1]
			else
				x = v[k - 1] + 1
			end
			local y = x - k
			while x < n and y < m and a[x + 1] == b[y + 1] do
				x, y = x + 1, y + 1
			end
			v[k], saved[k] = x, x
			if x >= n and y >= m then
				trace[d] = saved
				return trace, d
			end
		end
		trace[d] = saved
	end
end

-- A step's own direction is found again from the points of the step before it.
local function script(a, b)
	local trace, steps = shortest_edit(a, b)
	local x, y, edits = #a, #b, {}
	for d = steps, 1, -1 do
		local k, before = x - y, trace[d - 1]
		local over, under = before[k - 1], before[k + 1]
		if not over or under and over < under then
			edits[#edits + 1] = { "+", under, under - k, b[under - k] }
			x, y = under, under - k - 1
		else
			edits[#edits + 1] = { "-", over + 1, over - k + 1, a[over + 1] }
			x, y = over, over - k + 1
		end
	end
	return edits
end

local unit = arg[1]
for pair = 2, #arg, 2 do
	local a, b = split(text.read(arg[pair]), unit), split(text.read(arg[pair + 1]), unit)
	local edits = script(a, b)
	local counts, out = { ["+"] = 0, ["-"] = 0 }, {}
	for i = #edits, 1, -1 do
		local edit = edits[i]
		counts[edit[1]] = counts[edit[1]] + 1
		out[#out + 1] = string.format("%s%d,%d %s", edit[1], edit[2], edit[3], edit[4])
	end
	print(string.format("%d %s against %d: %d removed, %d added", #a, unit, #b, counts["-"], counts["+"]))
	for i = 1, #out, math.max(1, #out // 20) do
		print(out[i])
	end
	print(text.checksum(table.concat(out, "\n")))
end
