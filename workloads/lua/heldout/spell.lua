-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: spell.lua WORDLIST TEXT [LIMIT]
-- Spell checker: words of a text that the list does not hold, with the nearest words by edit distance. Candidates come
-- from an index by trigram; distance is Damerau-Levenshtein over bytes, cut off at 3.

package.path = (arg[0]:match("^(.*/)") or "./") .. "../lib/?.lua;" .. package.path
local text = require("text")

local words, index = {}, {}
for word in text.read(arg[1]):gmatch("[^\n]+") do
	words[word] = true
	local padded = "^" .. word .. "$"
	for i = 1, #padded - 2 do
		local gram = padded:sub(i, i + 2)
		local list = index[gram]
		if list then
			list[#list + 1] = word
		else
			index[gram] = { word }
		end
	end
end

local function distance(a, b, limit)
	local n, m = #a, #b
	if math.abs(n - m) >= limit then
		return limit
	end
	local before, last, row = {}, {}, {}
	for j = 0, m do
		last[j] = j
	end
	for i = 1, n do
		row[0] = i
		local best, x = i, a:byte(i)
		for j = 1, m do
			local y = b:byte(j)
			local d = last[j - 1]
			if x ~= y then
				d = math.min(d, last[j], row[j - 1]) + 1
				if i > 1 and j > 1 and x == b:byte(j - 1) and a:byte(i - 1) == y then
					d = math.min(d, before[j - 2] + 1)
				end
			end
			row[j] = d
			if d < best then
				best = d
			end
		end
		if best >= limit then
			return limit
		end
		before, last, row = last, row, before
	end
	return last[m]
end

local function known(word)
	if words[word] then
		return true
	end
	for _, ending in ipairs({ "s", "es", "ed", "d", "ing", "ly", "'s" }) do
		if #word > #ending + 2 and word:sub(-#ending) == ending and words[word:sub(1, -#ending - 1)] then
			return true
		end
	end
	return false
end

local function suggest(word)
	local shared = {}
	local padded = "^" .. word .. "$"
	for i = 1, #padded - 2 do
		for _, candidate in ipairs(index[padded:sub(i, i + 2)] or {}) do
			shared[candidate] = (shared[candidate] or 0) + 1
		end
	end
	local found = {}
	for candidate, grams in pairs(shared) do
		if grams * 3 >= #word then
			local d = distance(word, candidate, 3)
			if d < 3 then
				found[#found + 1] = { word = candidate, distance = d }
			end
		end
	end
	table.sort(found, function(a, b)
		if a.distance ~= b.distance then
			return a.distance < b.distance
		end
		return a.word < b.word
	end)
	return found
end

local unknown = {}
local total = 0
for word in text.read(arg[2]):lower():gmatch("%a[%a']*%a") do
	total = total + 1
	if not known(word) then
		unknown[word] = (unknown[word] or 0) + 1
	end
end
local list = text.by_count(unknown)
print(string.format("%d words, %d unknown", total, #list))
for i = 1, math.min(#list, tonumber(arg[3] or 200)) do
	local names = {}
	for j, entry in ipairs(suggest(list[i])) do
		if j > 4 then
			break
		end
		names[j] = entry.word
	end
	print(string.format("%4d %-20s %s", unknown[list[i]], list[i], table.concat(names, " ")))
end
