-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: sheet.lua CITIES ROUNDS
-- A spreadsheet: cells hold numbers, text or formulas; formulas are parsed into trees, evaluated on demand with
-- dependency tracking, and computed again after edits. The sheet is filled from a table of cities with coordinates.

package.path = (arg[0]:match("^(.*/)") or "./") .. "../lib/?.lua;" .. package.path
local text = require("text")

-- Precedence climbing over + - * / ^ < > = &, calls, ranges and cell names.
local binary = { ["&"] = 1, ["="] = 2, ["<"] = 2, [">"] = 2, ["+"] = 3, ["-"] = 3, ["*"] = 4, ["/"] = 4, ["^"] = 5 }

local Parser = {}
Parser.__index = Parser

function Parser:peek()
	self.at = self.source:find("%S", self.at) or #self.source + 1
	return self.source:sub(self.at, self.at)
end

function Parser:take(pattern)
	self:peek()
	local found = self.source:match("^" .. pattern, self.at)
	if found then
		self.at = self.at + #found
	end
	return found
end

function Parser:fail(what)
	error(string.format("formula '%s': %s at %d", self.source, what, self.at), 0)
end

function Parser:primary()
	local number = self:take("%d+%.?%d*")
	if number then
		return { kind = "number", value = tonumber(number) }
	end
	local cell = self:take("%u+%d+")
	if cell then
		if self:take(":") then
			return { kind = "range", from = cell, to = self:take("%u+%d+") or self:fail("range end is missing") }
		end
		return { kind = "cell", name = cell }
	end
	local name = self:take("%u+")
	if name then
		local arguments = {}
		if not self:take("%(") then
			self:fail("'(' is missing")
		end
		if not self:take("%)") then
			repeat
				arguments[#arguments + 1] = self:expression(1)
			until not self:take(",")
			if not self:take("%)") then
				self:fail("')' is missing")
			end
		end
		return { kind = "call", name = name, arguments = arguments }
	end
	if self:take("%(") then
		local inner = self:expression(1)
		if not self:take("%)") then
			self:fail("')' is missing")
		end
		return inner
	elseif self:take("%-") then
		return { kind = "negate", operand = self:expression(5) }
	elseif self:peek() == '"' then
		local s = self:take('"[^"]*"')
		return { kind = "text", value = s:sub(2, -2) }
	end
	self:fail("a value is missing")
end

function Parser:expression(least)
	local left = self:primary()
	while true do
		local operator = self:peek()
		local strength = binary[operator]
		if not strength or strength < least then
			return left
		end
		self.at = self.at + 1
		left = { kind = "binary", operator = operator, left = left, right = self:expression(strength + 1) }
	end
end

local Sheet = {}
Sheet.__index = Sheet

function Sheet.new()
	return setmetatable({ cells = {}, values = {}, users = {}, evaluated = 0 }, Sheet)
end

function Sheet:forget(name)
	if self.values[name] == nil then
		return
	end
	self.values[name] = nil
	for user in pairs(self.users[name] or {}) do
		self:forget(user)
	end
end

function Sheet:set(name, content)
	self:forget(name)
	if type(content) == "string" and content:sub(1, 1) == "=" then
		local parser = setmetatable({ source = content:sub(2), at = 1 }, Parser)
		self.cells[name] = parser:expression(1)
	else
		self.cells[name] = { kind = "constant", value = content }
	end
end

function Sheet:get(name, user)
	if user then
		local users = self.users[name]
		if not users then
			users = {}
			self.users[name] = users
		end
		users[user] = true
	end
	local value = self.values[name]
	if value == nil then
		local cell = self.cells[name]
		if not cell then
			return 0
		end
		self.evaluated = self.evaluated + 1
		value = self:evaluate(cell, name)
		self.values[name] = value
	end
	return value
end

local functions = {
	SUM = function(v) local s = 0 for _, x in ipairs(v) do s = s + x end return s end,
	COUNT = function(v) return #v end,
	MIN = function(v) return math.min(table.unpack(v)) end,
	MAX = function(v) return math.max(table.unpack(v)) end,
	AVERAGE = function(v) local s = 0 for _, x in ipairs(v) do s = s + x end return s / #v end,
	SQRT = function(v) return math.sqrt(v[1]) end,
	SIN = function(v) return math.sin(v[1]) end,
	COS = function(v) return math.cos(v[1]) end,
	ACOS = function(v) return math.acos(math.max(-1, math.min(1, v[1]))) end,
	RAD = function(v) return math.rad(v[1]) end,
	ROUND = function(v) return math.floor(v[1] * 10 ^ (v[2] or 0) + 0.5) / 10 ^ (v[2] or 0) end,
	LEN = function(v) return #v[1] end,
	UPPER = function(v) return v[1]:upper() end,
}

local operators = {
	["+"] = function(a, b) return a + b end, ["-"] = function(a, b) return a - b end,
	["*"] = function(a, b) return a * b end, ["/"] = function(a, b) return a / b end,
	["^"] = function(a, b) return a ^ b end, ["<"] = function(a, b) return a < b end,
	[">"] = function(a, b) return a > b end, ["="] = function(a, b) return a == b end,
	["&"] = function(a, b) return tostring(a) .. tostring(b) end,
}

function Sheet:evaluate(node, user)
	local kind = node.kind
	if kind == "constant" or kind == "number" or kind == "text" then
		return node.value
	elseif kind == "cell" then
		return self:get(node.name, user)
	elseif kind == "binary" then
		return operators[node.operator](self:evaluate(node.left, user), self:evaluate(node.right, user))
	elseif kind == "negate" then
		return -self:evaluate(node.operand, user)
	elseif kind == "call" and node.name == "IF" then
		local a = node.arguments
		return self:evaluate(self:evaluate(a[1], user) and a[2] or a[3], user)
	elseif kind == "call" then
		local values = {}
		for _, argument in ipairs(node.arguments) do
			if argument.kind == "range" then
				local column, from = argument.from:match("(%u+)(%d+)")
				local to = argument.to:match("%d+")
				for row = tonumber(from), tonumber(to) do
					values[#values + 1] = self:get(column .. row, user)
				end
			else
				values[#values + 1] = self:evaluate(argument, user)
			end
		end
		local f = functions[node.name] or error("no function '" .. node.name .. "'", 0)
		return f(values)
	end
	error("cannot evaluate a " .. kind, 0)
end

-- Records of "key : value" lines, each ended by "//".
local function load_cities(path)
	local cities, record = {}, {}
	for _, line in ipairs(text.lines(text.read(path))) do
		local key, value = line:match("^%s*([%a-]+)%s*:%s*(.-)%s*$")
		if key then
			record[key] = value
		elseif line:find("^//") then
			local north, east = tonumber(record.Latitude), tonumber(record.Longitude)
			if record.Name and north and east then
				cities[#cities + 1] = { name = record.Name, north = north, east = east }
			end
			record = {}
		end
	end
	return cities
end

local cities = load_cities(arg[1])
local sheet = Sheet.new()
local last = #cities
for i, city in ipairs(cities) do
	sheet:set("A" .. i, city.name)
	sheet:set("B" .. i, city.north)
	sheet:set("C" .. i, city.east)
	sheet:set("D" .. i, string.format("=ACOS(SIN(RAD(B%d))*SIN(RAD(H1)) + COS(RAD(B%d))*COS(RAD(H1))*COS(RAD(C%d - H2)))*6371", i, i, i))
	sheet:set("E" .. i, string.format('=IF(D%d < H3, 1, 0)', i))
	sheet:set("F" .. i, string.format('=IF(E%d = 1, UPPER(A%d) & " " & ROUND(D%d), "-")', i, i, i))
	if i > 1 then
		sheet:set("G" .. i, string.format("=SQRT((B%d-B%d)^2 + (C%d-C%d)^2) + IF(E%d = 1, 0, -0.5)", i, i - 1, i, i - 1, i))
	end
end
sheet:set("H3", 1500)
sheet:set("H4", string.format("=SUM(E1:E%d)", last))
sheet:set("H5", string.format("=AVERAGE(D1:D%d)", last))
sheet:set("H6", string.format("=MAX(G2:G%d) - MIN(G2:G%d)", last, last))
sheet:set("H7", string.format("=MIN(D1:D%d) + COUNT(D1:D%d)/1000", last, last))
for round = 1, tonumber(arg[2]) do
	local home = cities[(round * 37) % last + 1]
	sheet:set("H1", home.north)
	sheet:set("H2", home.east)
	local near = {}
	for i = 1, last do
		local label = sheet:get("F" .. i)
		if label ~= "-" then
			near[#near + 1] = label
		end
	end
	print(string.format("%-16s %3d near, mean %.3f, spread %.3f, %.3f, %s", home.name, sheet:get("H4"), sheet:get("H5"),
		sheet:get("H6"), sheet:get("H7"), text.checksum(table.concat(near, "\n"))))
end
print(sheet.evaluated .. " evaluations")
