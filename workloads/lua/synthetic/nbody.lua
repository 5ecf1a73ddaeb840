-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: nbody.lua STEPS
-- A sun and its planets under gravity: floating point and table fields.

local function body(x, y, z, vx, vy, vz, mass)
	return { x = x, y = y, z = z, vx = vx, vy = vy, vz = vz, mass = mass }
end

-- Astronomical units, days and solar masses, rounded; the system only has to look like ours.
local bodies = {
	body(0, 0, 0, 0, 0, 0, 39.478),
	body(4.84, -1.16, -0.10, 0.606, 2.812, -0.025, 0.0377),
	body(8.34, 4.12, -0.40, -1.011, 1.826, 0.0084, 0.0113),
	body(12.89, -15.11, -0.22, 1.083, 0.869, -0.0108, 0.00172),
	body(15.38, -25.92, 0.18, 0.979, 0.595, -0.0347, 0.00203),
	body(0.72, 0.02, 0.04, 0.1, 7.38, 0.01, 0.0000966),
	body(-1.0, 0.1, 0.0, -0.63, -6.25, 0.0, 0.0001186),
}

local function energy()
	local e = 0
	for i, a in ipairs(bodies) do
		e = e + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
		for j = i + 1, #bodies do
			local b = bodies[j]
			local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
			e = e - a.mass * b.mass / math.sqrt(dx * dx + dy * dy + dz * dz)
		end
	end
	return e
end

local function advance(dt)
	local n = #bodies
	for i = 1, n do
		local a = bodies[i]
		for j = i + 1, n do
			local b = bodies[j]
			local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
			local d2 = dx * dx + dy * dy + dz * dz
			local pull = dt / (d2 * math.sqrt(d2))
			local ma, mb = a.mass * pull, b.mass * pull
			a.vx, a.vy, a.vz = a.vx - dx * mb, a.vy - dy * mb, a.vz - dz * mb
			b.vx, b.vy, b.vz = b.vx + dx * ma, b.vy + dy * ma, b.vz + dz * ma
		end
	end
	for i = 1, n do
		local a = bodies[i]
		a.x, a.y, a.z = a.x + dt * a.vx, a.y + dt * a.vy, a.z + dt * a.vz
	end
end

print(string.format("%.6f", energy()))
for _ = 1, tonumber(arg[1]) do
	advance(0.005)
end
print(string.format("%.6f", energy()))
