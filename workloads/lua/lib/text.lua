-- SPDX-License-Identifier: GPL-3.0-or-later
-- What every script of this corpus needs: whole files in, deterministic output out.

local text = {}

-- Whole content of a file; ends the program with a message when it cannot be read.
function text.read(path)
	local file, why = io.open(path, "rb")
	if not file then
		io.stderr:write("cannot read '", path or "?", "': ", why, "\n")
		os.exit(3)
	end
	local content = file:read("a")
	file:close()
	return content
end

-- Keys in order. Lua seeds its string hash with addresses and the time, so pairs() alone differs from run to run.
function text.sorted_keys(map)
	local keys = {}
	for key in pairs(map) do
		keys[#keys + 1] = key
	end
	table.sort(keys)
	return keys
end

-- Keys by falling count, equal counts by key.
function text.by_count(counts)
	local keys = text.sorted_keys(counts)
	table.sort(keys, function(a, b)
		if counts[a] ~= counts[b] then
			return counts[a] > counts[b]
		end
		return a < b
	end)
	return keys
end

-- Adler-32 of a string, read in 64 byte strides so that checking does not outweigh the work checked.
function text.checksum(s)
	local a, b = 1, 0
	for at = 1, #s, 64 do
		local x, y = s:byte(at), s:byte(at + 31) or 7
		a = (a + x * 257 + y) % 65521
		b = (b + a) % 65521
	end
	return string.format("%08x", (b << 16 | a) ~ #s)
end

-- Lines of a text without their line ends.
function text.lines(s)
	local lines = {}
	for line in (s:sub(-1) == "\n" and s or s .. "\n"):gmatch("(.-)\r?\n") do
		lines[#lines + 1] = line
	end
	return lines
end

return text
