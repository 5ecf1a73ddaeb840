-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: luafmt.lua ROUNDS FILE...
-- Split Lua sources into tokens, indent them anew, check that the tokens are still the same, and print a census.

package.path = (arg[0]:match("^(.*/)") or "./") .. "../lib/?.lua;" .. package.path
local text = require("text")

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then true
	until while]]):gmatch("%a+") do
	keywords[word] = true
end

local function long_bracket(source, at)
	local level = source:match("^%[(=*)%[", at)
	if not level then
		return nil
	end
	local _, stop = source:find("]" .. level .. "]", at, true)
	return stop or #source
end

local function quoted(source, at)
	local quote, stop = source:byte(at), at + 1
	while stop <= #source do
		local c = source:byte(stop)
		if c == 92 then
			stop = stop + 1
		elseif c == quote then
			return stop
		end
		stop = stop + 1
	end
	return #source
end

local operators = { "^%.%.%.", "^[=~<>]=", "^//", "^::", "^<<", "^>>", "^%.%.", "^." }

-- Tokens as parallel arrays of kind, text and line.
local function scan(source)
	local kinds, words, lines, n = {}, {}, {}, 0
	local at, line = 1, 1
	while at <= #source do
		local c = source:sub(at, at)
		local kind, stop
		if c == "\n" then
			line, at = line + 1, at + 1
		elseif c:find("%s") then
			at = source:find("[^ \t\r]", at) or #source + 1
		else
			if c:find("[%a_]") then
				stop = select(2, source:find("^[%w_]+", at))
				kind = keywords[source:sub(at, stop)] and "keyword" or "name"
			elseif c:find("%d") then
				kind, stop = "number", select(2, source:find("^[%w.]+", at))
			elseif c == '"' or c == "'" then
				kind, stop = "string", quoted(source, at)
			elseif source:find("^%-%-", at) then
				kind, stop = "comment", long_bracket(source, at + 2) or (source:find("\n", at, true) or #source + 1) - 1
			elseif long_bracket(source, at) then
				kind, stop = "string", long_bracket(source, at)
			else
				for _, pattern in ipairs(operators) do
					stop = select(2, source:find(pattern, at))
					if stop then
						break
					end
				end
				kind = "operator"
			end
			n = n + 1
			kinds[n], words[n], lines[n] = kind, source:sub(at, stop), line
			for _ in words[n]:gmatch("\n") do
				line = line + 1
			end
			at = stop + 1
		end
	end
	return kinds, words, lines
end

local opens = { ["then"] = 1, ["do"] = 1, ["function"] = 1, ["repeat"] = 1, ["else"] = 1, ["{"] = 1, ["("] = 1 }
local closes = { ["end"] = 1, ["until"] = 1, ["else"] = 1, ["elseif"] = 1, ["}"] = 1, [")"] = 1 }
local tight_before = { [","] = true, [";"] = true, [")"] = true, ["]"] = true, ["."] = true, [":"] = true, ["("] = true, ["["] = true }
local tight_after = { ["("] = true, ["["] = true, ["."] = true, [":"] = true, ["#"] = true }

local function indent(source)
	local kinds, words, lines = scan(source)
	local out, depth, last_line = {}, 0, 1
	for i, word in ipairs(words) do
		local code = kinds[i] == "keyword" or kinds[i] == "operator"
		if code and closes[word] then
			depth = math.max(0, depth - 1)
		end
		if i > 1 and lines[i] > last_line then
			out[#out + 1] = (lines[i] > last_line + 1 and "\n\n" or "\n") .. ("\t"):rep(depth)
		elseif i > 1 and not (tight_before[word] and kinds[i - 1] ~= "keyword") and not tight_after[words[i - 1]] then
			out[#out + 1] = " "
		end
		out[#out + 1] = word
		if code and opens[word] then
			depth = depth + 1
		end
		local _, breaks = word:gsub("\n", "")
		last_line = lines[i] + breaks
	end
	return table.concat(out) .. "\n", words, kinds
end

local census, names, tokens = {}, {}, 0
for round = 1, tonumber(arg[1]) do
	for i = 2, #arg do
		local source = text.read(arg[i])
		local formatted, words, kinds = indent(source)
		local _, again = scan(formatted)
		assert(#again == #words, arg[i] .. ": formatting changed the tokens")
		assert(load(formatted, "=formatted"))
		for j, word in ipairs(words) do
			census[kinds[j]] = (census[kinds[j]] or 0) + 1
			if kinds[j] == "name" then
				names[word] = (names[word] or 0) + 1
			end
		end
		tokens = tokens + #words
		if round == 1 then
			print(string.format("%-20s %6d tokens %s", arg[i]:match("[^/]*$"), #words, text.checksum(formatted)))
		end
	end
end
for _, kind in ipairs(text.sorted_keys(census)) do
	print(kind, census[kind])
end
local ranked = text.by_count(names)
for i = 1, math.min(20, #ranked) do
	print(string.format("%6d %s", names[ranked[i]], ranked[i]))
end
