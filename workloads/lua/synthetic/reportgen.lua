-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: reportgen.lua ROWS
-- Invented orders made into a fixed width report: string.format, concatenation, table.concat, sort with a comparison.

local state = 7
local function random(n)
	state = (state * 16807) % 2147483647
	return state % n + 1
end

local first = { "Anna", "Bela", "Chiara", "Dmitri", "Emeka", "Fatima", "Goran", "Hana", "Ines", "Jonas" }
local goods = { "screws, M4", "washers", "hinges", "door handles", "sandpaper", "wood glue", "drill bits", "brackets" }

local orders = {}
for i = 1, tonumber(arg[1]) do
	orders[i] = {
		id = string.format("A%06d", i * 7919 % 1000003), name = first[random(#first)], what = goods[random(#goods)],
		pieces = random(500), cents = random(20000), day = string.format("2024-%02d-%02d", random(12), random(28)),
	}
end
table.sort(orders, function(a, b)
	if a.day ~= b.day then
		return a.day < b.day
	end
	return a.id < b.id
end)

local out, month, sum, grand = {}, nil, 0, 0
for i, order in ipairs(orders) do
	if order.day:sub(1, 7) ~= month then
		if month then
			out[#out + 1] = ("%-40s %20.2f"):format("total " .. month, sum / 100)
		end
		month, sum = order.day:sub(1, 7), 0
	end
	local amount = order.pieces * order.cents
	sum, grand = sum + amount, grand + amount
	local line = order.day .. " " .. order.id .. " " .. order.name .. (" "):rep(10 - #order.name) .. order.what
	out[#out + 1] = line .. ("."):rep(50 - #line) .. ("%5d x %8.2f %14.2f"):format(order.pieces, order.cents / 100, amount / 100)
	if i % 50 == 0 then
		out[#out + 1] = ("-"):rep(79) .. "\n" .. tostring(i // 50):upper()
	end
end
local report = table.concat(out, "\n")
local words = 0
for _ in report:gmatch("%S+") do
	words = words + 1
end
print(#report, words, grand)
print(report:sub(1, 400))
