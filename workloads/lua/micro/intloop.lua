-- SPDX-License-Identifier: GPL-3.0-or-later
local x = 0
for i = 1, tonumber(arg[1]) do
	x = (x + i * 3) & 0xffffff
end
print(x)
