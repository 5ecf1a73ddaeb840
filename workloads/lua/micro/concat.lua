-- SPDX-License-Identifier: GPL-3.0-or-later
local s = ""
for i = 1, tonumber(arg[1]) do
	s = s .. "x"
	if #s > 200 then
		s = ""
	end
end
print(#s)
