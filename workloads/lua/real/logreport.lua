-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: logreport.lua ACCESS_LOG ROUNDS
-- Read a web server's access log, write it as CSV, read the CSV back, and report from it.

package.path = (arg[0]:match("^(.*/)") or "./") .. "../lib/?.lua;" .. package.path
local text = require("text")

local pattern = '^(%S+) %S+ (%S+) %[(%d+)/(%a+)/(%d+):(%d+):(%d+):(%d+) [^%]]*%] "(%u+) (%S+)[^"]*" (%d+) (%S+) "([^"]*)" "([^"]*)"'

local function parse(line)
	local host, user, day, month, year, hour, minute, second, method, path, status, bytes, referer, agent = line:match(pattern)
	if not host then
		return nil
	end
	return {
		host = host, user = user, date = year .. "-" .. month .. "-" .. day, hour = tonumber(hour),
		time = tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second), method = method, path = path,
		status = tonumber(status), bytes = tonumber(bytes) or 0, referer = referer, agent = agent,
	}
end

local columns = { "host", "date", "time", "method", "path", "status", "bytes", "referer", "agent" }

local function csv_field(value)
	value = tostring(value)
	if value:find('[",\n]') then
		return '"' .. value:gsub('"', '""') .. '"'
	end
	return value
end

local function to_csv(records)
	local out = { table.concat(columns, ",") }
	for _, record in ipairs(records) do
		local row = {}
		for i, column in ipairs(columns) do
			row[i] = csv_field(record[column])
		end
		out[#out + 1] = table.concat(row, ",")
	end
	return table.concat(out, "\n") .. "\n"
end

local function csv_row(line)
	local row, at = {}, 1
	while at <= #line + 1 do
		if line:sub(at, at) == '"' then
			local parts, from = {}, at + 1
			while true do
				local stop = line:find('"', from, true)
				parts[#parts + 1] = line:sub(from, stop - 1)
				if line:sub(stop + 1, stop + 1) ~= '"' then
					at = stop + 2
					break
				end
				parts[#parts + 1] = '"'
				from = stop + 2
			end
			row[#row + 1] = table.concat(parts)
		else
			local stop = line:find(",", at, true) or #line + 1
			row[#row + 1] = line:sub(at, stop - 1)
			at = stop + 1
		end
	end
	return row
end

local function agent_family(agent)
	for _, family in ipairs({ "Firefox", "Opera", "Chrome", "Safari", "MSIE", "Googlebot", "bot", "Wget", "curl" }) do
		if agent:find(family, 1, true) then
			return family
		end
	end
	return "other"
end

local function tally(counts, key, amount)
	counts[key] = (counts[key] or 0) + amount
end

local function report(csv)
	local rows = text.lines(csv)
	local statuses, kinds, families, hosts, bytes, paths = {}, {}, {}, {}, {}, {}
	for i = 2, #rows do
		local row = csv_row(rows[i])
		local path = row[5]:gsub("%?.*", ""):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
		tally(statuses, row[6], 1)
		tally(kinds, path:match("%.(%w+)$") or "page", 1)
		tally(families, agent_family(row[9]), 1)
		tally(hosts, row[1], 1)
		tally(bytes, path, tonumber(row[7]))
		tally(paths, path, 1)
	end
	local out = {}
	for _, part in ipairs({ { "status", statuses }, { "kind", kinds }, { "agent", families }, { "host", hosts }, { "path", paths }, { "bytes", bytes } }) do
		local ranked = text.by_count(part[2])
		out[#out + 1] = string.format("%s: %d different", part[1], #ranked)
		for i = 1, math.min(8, #ranked) do
			out[#out + 1] = string.format("%9d  %s", part[2][ranked[i]], ranked[i])
		end
	end
	return table.concat(out, "\n")
end

local content = text.read(arg[1])
local result, csv
for _ = 1, tonumber(arg[2] or 1) do
	local records, bad = {}, 0
	for _, line in ipairs(text.lines(content)) do
		local record = parse(line)
		if record then
			records[#records + 1] = record
		else
			bad = bad + 1
		end
	end
	csv = to_csv(records)
	result = string.format("%d requests, %d other lines\n%s", #records, bad, report(csv))
end
print(result)
print(text.checksum(csv))
