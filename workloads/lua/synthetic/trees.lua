-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: trees.lua DEPTH
-- Binary trees made, walked and dropped: allocation, recursion, garbage collection.

local function make(depth)
	if depth == 0 then
		return {}
	end
	return { make(depth - 1), make(depth - 1) }
end

local function count(tree)
	if tree[1] then
		return 1 + count(tree[1]) + count(tree[2])
	end
	return 1
end

local depth = tonumber(arg[1])
local kept = make(depth)
for d = 4, depth, 2 do
	local trees, nodes = 1 << (depth - d + 2), 0
	for _ = 1, trees do
		nodes = nodes + count(make(d))
	end
	print(string.format("%d trees of depth %d: %d nodes", trees, d, nodes))
end
print("kept: " .. count(kept))
