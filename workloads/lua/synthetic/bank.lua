-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: bank.lua CUSTOMERS
-- Event simulation of a bank: classes with inheritance, a heap of events, closures, a queue per counter.

local state = 20240131
local function random(n)
	state = (state * 1103515245 + 12345) & 0x7fffffff
	return (state >> 8) % n + 1
end

local function class(parent)
	local c = setmetatable({}, { __index = parent })
	c.__index = c
	function c.new(...)
		local object = setmetatable({}, c)
		object:init(...)
		return object
	end
	return c
end

local Heap = class()

function Heap:init(less)
	self.less, self.size = less, 0
end

function Heap:push(item)
	self.size = self.size + 1
	local at = self.size
	while at > 1 do
		local up = at // 2
		if not self.less(item, self[up]) then
			break
		end
		self[at] = self[up]
		at = up
	end
	self[at] = item
end

function Heap:pop()
	local top, last, at = self[1], self[self.size], 1
	self[self.size] = nil
	self.size = self.size - 1
	while 2 * at <= self.size do
		local child = 2 * at
		if child < self.size and self.less(self[child + 1], self[child]) then
			child = child + 1
		end
		if not self.less(self[child], last) then
			break
		end
		self[at] = self[child]
		at = child
	end
	if self.size > 0 then
		self[at] = last
	end
	return top
end

local Customer = class()

function Customer:init(name, now)
	self.name, self.arrived = name, now
end

function Customer:duration()
	return 20 + random(60)
end

local Business = class(Customer)

function Business:duration()
	return 2 * Customer.duration(self) + 30
end

local Hurried = class(Customer)

function Hurried:patient(length)
	return length < 3
end

function Customer:patient(length)
	return length < 12
end

local Counter = class()

function Counter:init(name)
	self.name, self.first, self.last, self.served, self.waited, self.busy = name, 1, 0, 0, 0, false
	self.queue = {}
end

function Counter:length()
	return self.last - self.first + 1
end

function Counter:enter(customer)
	self.last = self.last + 1
	self.queue[self.last] = customer
end

function Counter:leave()
	local customer = self.queue[self.first]
	self.queue[self.first] = nil
	self.first = self.first + 1
	return customer
end

local events = Heap.new(function(a, b) return a.time < b.time or a.time == b.time and a.order < b.order end)
local order = 0
local function at(time, action)
	order = order + 1
	events:push({ time = time, order = order, action = action })
end

local counters = {}
for i = 1, 8 do
	counters[i] = Counter.new("counter " .. i)
end
local left, longest = 0, 0

local function serve(counter, now)
	if counter.busy or counter:length() == 0 then
		return
	end
	local customer = counter:leave()
	counter.busy = true
	counter.waited = counter.waited + (now - customer.arrived)
	at(now + customer:duration(), function(time)
		counter.busy = false
		counter.served = counter.served + 1
		serve(counter, time)
	end)
end

local kinds = { Customer, Customer, Customer, Hurried, Business }
local remaining = tonumber(arg[1])
local function arrive(now)
	local best = counters[1]
	for _, counter in ipairs(counters) do
		if counter:length() < best:length() then
			best = counter
		end
	end
	local customer = kinds[random(#kinds)].new("customer " .. remaining, now)
	if customer:patient(best:length()) then
		best:enter(customer)
		longest = math.max(longest, best:length())
		serve(best, now)
	else
		left = left + 1
	end
	remaining = remaining - 1
	if remaining > 0 then
		at(now + random(15), arrive)
	end
end

at(0, arrive)
local now = 0
while events.size > 0 do
	local event = events:pop()
	now = event.time
	event.action(now)
end
for _, counter in ipairs(counters) do
	print(string.format("%s served %d, mean wait %.2f", counter.name, counter.served, counter.waited / counter.served))
end
print(string.format("closed at %d, longest queue %d, %d left", now, longest, left))
