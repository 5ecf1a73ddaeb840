-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: wordfreq.lua TEXT [KEYWORD...]
-- Word frequencies of a text, a keyword-in-context concordance, and the most frequent pairs of words.

package.path = (arg[0]:match("^(.*/)") or "./") .. "../lib/?.lua;" .. package.path
local text = require("text")

local content = text.read(arg[1])
local wanted = {}
for i = 2, #arg do
	wanted[arg[i]:lower()] = true
end

local counts, lengths, pairs_seen, concordance = {}, {}, {}, {}
local total, previous = 0, nil
for number, line in ipairs(text.lines(content)) do
	for at, word in line:lower():gmatch("()(%a[%a']*)") do
		total = total + 1
		counts[word] = (counts[word] or 0) + 1
		lengths[#word] = (lengths[#word] or 0) + 1
		if previous and #previous > 3 and #word > 3 then
			local pair = previous .. " " .. word
			pairs_seen[pair] = (pairs_seen[pair] or 0) + 1
		end
		previous = word
		if wanted[word] then
			local before = line:sub(math.max(1, at - 30), at - 1)
			local after = line:sub(at + #word, at + #word + 30)
			concordance[#concordance + 1] = string.format("%5d %30s[%s]%-30s", number, before, word, after)
		end
	end
end

local ranked = text.by_count(counts)
print(string.format("%d words, %d different", total, #ranked))
for i = 1, math.min(25, #ranked) do
	print(string.format("%7d  %5.2f%%  %s", counts[ranked[i]], 100 * counts[ranked[i]] / total, ranked[i]))
end
for _, length in ipairs(text.sorted_keys(lengths)) do
	print(string.format("length %2d: %d", length, lengths[length]))
end
local frequent = text.by_count(pairs_seen)
for i = 1, math.min(15, #frequent) do
	print(string.format("%5d  %s", pairs_seen[frequent[i]], frequent[i]))
end
print(#concordance .. " lines of concordance")
for i = 1, #concordance, 7 do
	print(concordance[i])
end
print(text.checksum(table.concat(concordance, "\n")))
