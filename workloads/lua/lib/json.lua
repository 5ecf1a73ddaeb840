-- SPDX-License-Identifier: GPL-3.0-or-later
-- JSON in plain Lua: decode and encode (pretty or compact, keys sorted).

local json = {}

json.null = setmetatable({}, { __tostring = function() return "null" end })

local escapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

local function fail(source, at, what)
	local _, line = source:sub(1, at):gsub("\n", "")
	error(string.format("json: line %d: %s", line + 1, what), 0)
end

local function skip(source, at)
	return source:find("[^ \t\r\n]", at) or #source + 1
end

local function hex4(source, at)
	local digits = source:match("^%x%x%x%x", at)
	if not digits then
		fail(source, at, "four hex digits are needed after \\u")
	end
	return tonumber(digits, 16), at + 4
end

local function decode_string(source, at)
	local stop = source:find('["\\]', at)
	if stop and source:byte(stop) == 34 then
		return source:sub(at, stop - 1), stop + 1
	end
	local parts = {}
	while true do
		stop = source:find('["\\]', at)
		if not stop then
			fail(source, at, "string does not end")
		end
		parts[#parts + 1] = source:sub(at, stop - 1)
		if source:byte(stop) == 34 then
			return table.concat(parts), stop + 1
		end
		local kind = source:sub(stop + 1, stop + 1)
		at = stop + 2
		if kind == "u" then
			local code
			code, at = hex4(source, at)
			if code >= 0xD800 and code < 0xDC00 and source:sub(at, at + 1) == "\\u" then
				local low
				low, at = hex4(source, at + 2)
				code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
			end
			parts[#parts + 1] = utf8.char(code)
		elseif escapes[kind] then
			parts[#parts + 1] = escapes[kind]
		else
			fail(source, stop, "unknown escape '\\" .. kind .. "'")
		end
	end
end

local decode_value

local function decode_array(source, at)
	local array, n = {}, 0
	at = skip(source, at)
	if source:byte(at) == 93 then
		return array, at + 1
	end
	while true do
		n = n + 1
		array[n], at = decode_value(source, at)
		at = skip(source, at)
		local c = source:byte(at)
		if c == 93 then
			return array, at + 1
		elseif c ~= 44 then
			fail(source, at, "',' or ']' is needed")
		end
		at = at + 1
	end
end

local function decode_object(source, at)
	local object = {}
	at = skip(source, at)
	if source:byte(at) == 125 then
		return object, at + 1
	end
	while true do
		at = skip(source, at)
		if source:byte(at) ~= 34 then
			fail(source, at, "a key is needed")
		end
		local key
		key, at = decode_string(source, at + 1)
		at = skip(source, at)
		if source:byte(at) ~= 58 then
			fail(source, at, "':' is needed")
		end
		object[key], at = decode_value(source, at + 1)
		at = skip(source, at)
		local c = source:byte(at)
		if c == 125 then
			return object, at + 1
		elseif c ~= 44 then
			fail(source, at, "',' or '}' is needed")
		end
		at = at + 1
	end
end

function decode_value(source, at)
	at = skip(source, at)
	local c = source:byte(at)
	if c == 34 then
		return decode_string(source, at + 1)
	elseif c == 123 then
		return decode_object(source, at + 1)
	elseif c == 91 then
		return decode_array(source, at + 1)
	elseif source:find("^true", at) then
		return true, at + 4
	elseif source:find("^false", at) then
		return false, at + 5
	elseif source:find("^null", at) then
		return json.null, at + 4
	end
	local number = source:match("^-?%d+%.?%d*[eE]?[+-]?%d*", at)
	local value = number and tonumber(number)
	if not value then
		fail(source, at, "a value is needed")
	end
	return value, at + #number
end

function json.decode(source)
	local value, at = decode_value(source, 1)
	at = skip(source, at)
	if at <= #source then
		fail(source, at, "something follows the value")
	end
	return value
end

local function quote(s)
	return '"' .. s:gsub('[%c"\\]', function(c)
		if c == '"' or c == "\\" then
			return "\\" .. c
		end
		return string.format("\\u%04x", c:byte())
	end) .. '"'
end

local function encode_value(out, value, indent, step)
	local kind = type(value)
	if kind == "string" then
		out[#out + 1] = quote(value)
	elseif kind == "number" then
		out[#out + 1] = math.type(value) == "integer" and tostring(value) or string.format("%.14g", value)
	elseif kind ~= "table" or value == json.null then
		out[#out + 1] = tostring(value)
	else
		local inner = step and indent .. step or ""
		local newline = step and "\n" or ""
		if #value > 0 or next(value) == nil then
			out[#out + 1] = "["
			for i, item in ipairs(value) do
				out[#out + 1] = (i > 1 and "," or "") .. newline .. inner
				encode_value(out, item, inner, step)
			end
			out[#out + 1] = (#value > 0 and newline .. indent or "") .. "]"
		else
			local keys = {}
			for key in pairs(value) do
				keys[#keys + 1] = key
			end
			table.sort(keys)
			out[#out + 1] = "{"
			for i, key in ipairs(keys) do
				out[#out + 1] = (i > 1 and "," or "") .. newline .. inner .. quote(key) .. (step and ": " or ":")
				encode_value(out, value[key], inner, step)
			end
			out[#out + 1] = newline .. indent .. "}"
		end
	end
end

-- `step` is the indentation of one level; without it everything stands in one line.
function json.encode(value, step)
	local out = {}
	encode_value(out, value, "", step)
	return table.concat(out)
end

return json
