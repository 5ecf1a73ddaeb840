-- SPDX-License-Identifier: GPL-3.0-or-later
local t
for i = 0, tonumber(arg[1]) - 1 do
	if i % 100000 == 0 then
		t = {}
	end
	t[#t + 1] = i
end
print(#t)
