-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: lzw.lua FILE...
-- LZW with growing code width: compress, expand, compare, report the ratio.

package.path = (arg[0]:match("^(.*/)") or "./") .. "../lib/?.lua;" .. package.path
local text = require("text")

local limit = 1 << 14

local function compress(source)
	local codes, count = {}, 256
	for byte = 0, 255 do
		codes[string.char(byte)] = byte
	end
	local out, buffer, bits, width = {}, 0, 0, 9
	local function put(code)
		buffer = buffer | code << bits
		bits = bits + width
		while bits >= 8 do
			out[#out + 1] = string.char(buffer & 255)
			buffer, bits = buffer >> 8, bits - 8
		end
	end
	local prefix = source:sub(1, 1)
	for at = 2, #source do
		local c = source:sub(at, at)
		local longer = prefix .. c
		if codes[longer] then
			prefix = longer
		else
			put(codes[prefix])
			if count < limit then
				codes[longer] = count
				count = count + 1
				if count > 1 << width then
					width = width + 1
				end
			end
			prefix = c
		end
	end
	put(codes[prefix])
	if bits > 0 then
		out[#out + 1] = string.char(buffer & 255)
	end
	return table.concat(out)
end

local function expand(packed)
	local words, count = {}, 256
	for byte = 0, 255 do
		words[byte] = string.char(byte)
	end
	local at, buffer, bits, width = 1, 0, 0, 9
	local function get()
		while bits < width do
			local byte = packed:byte(at)
			if not byte then
				return nil
			end
			buffer = buffer | byte << bits
			at, bits = at + 1, bits + 8
		end
		local code = buffer & (1 << width) - 1
		buffer, bits = buffer >> width, bits - width
		return code
	end
	local last = words[get()]
	local out = { last }
	while true do
		if count < limit and count + 1 > 1 << width then
			width = width + 1
		end
		local code = get()
		if not code then
			return table.concat(out)
		end
		local word = words[code] or last .. last:sub(1, 1)
		out[#out + 1] = word
		if count < limit then
			words[count] = last .. word:sub(1, 1)
			count = count + 1
		end
		last = word
	end
end

for i = 1, #arg do
	local source = text.read(arg[i])
	local packed = compress(source)
	assert(expand(packed) == source, arg[i] .. ": does not come back as it was")
	print(string.format("%-20s %7d -> %6d  %.1f%%  %s", arg[i]:match("[^/]*$"), #source, #packed, 100 * #packed / #source,
		text.checksum(packed)))
end
