-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: mdhtml.lua ROUNDS FILE...
-- Markdown to HTML: headings, paragraphs, nested lists, code, quotes, tables, links and emphasis, a table of contents.

package.path = (arg[0]:match("^(.*/)") or "./") .. "../lib/?.lua;" .. package.path
local text = require("text")

local entity = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

local function escape(s)
	return (s:gsub("[&<>]", entity))
end

local function inline(s)
	local kept = {}
	local function keep(html)
		kept[#kept + 1] = html
		return "\1" .. #kept .. "\2"
	end
	s = s:gsub("`([^`]+)`", function(code) return keep("<code>" .. escape(code) .. "</code>") end)
	s = escape(s)
	s = s:gsub("!%[([^%]]*)%]%(([^)]*)%)", function(alt, url) return keep('<img src="' .. url .. '" alt="' .. alt .. '">') end)
	s = s:gsub("%[([^%]]+)%]%(([^)]*)%)", function(label, url) return keep('<a href="' .. url .. '">') .. label .. keep("</a>") end)
	s = s:gsub("%*%*(.-)%*%*", "<strong>%1</strong>")
	s = s:gsub("%*([^*]+)%*", "<em>%1</em>")
	s = s:gsub("%f[%w_]_([^_]+)_%f[^%w_]", "<em>%1</em>")
	return (s:gsub("\1(%d+)\2", function(n) return kept[tonumber(n)] end))
end

local function slug(title)
	return (title:lower():gsub("[^%w]+", "-"):gsub("^%-", ""):gsub("%-$", ""))
end

local Page = {}
Page.__index = Page

function Page.new()
	return setmetatable({ out = {}, toc = {}, paragraph = {}, lists = {} }, Page)
end

function Page:emit(html)
	self.out[#self.out + 1] = html
end

function Page:flush()
	if #self.paragraph > 0 then
		self:emit("<p>" .. inline(table.concat(self.paragraph, " ")) .. "</p>")
		self.paragraph = {}
	end
end

function Page:close_lists(depth)
	while #self.lists > depth do
		self:emit("</" .. table.remove(self.lists).tag .. ">")
	end
end

function Page:item(spaces, mark, rest)
	self:flush()
	local width = #spaces
	while #self.lists > 0 and self.lists[#self.lists].width > width do
		self:close_lists(#self.lists - 1)
	end
	if #self.lists == 0 or self.lists[#self.lists].width < width then
		local tag = mark:find("%d") and "ol" or "ul"
		self.lists[#self.lists + 1] = { tag = tag, width = width }
		self:emit("<" .. tag .. ">")
	end
	self:emit("<li>" .. inline(rest) .. "</li>")
end

function Page:row(line, heading)
	local cells = {}
	for cell in line:gsub("^%s*|", ""):gmatch("([^|]*)|?") do
		if cell:find("%S") then
			local tag = heading and "th" or "td"
			cells[#cells + 1] = "<" .. tag .. ">" .. inline(cell:match("^%s*(.-)%s*$")) .. "</" .. tag .. ">"
		end
	end
	self:emit("<tr>" .. table.concat(cells) .. "</tr>")
end

function Page:heading(level, title)
	self:flush()
	self:close_lists(0)
	self.toc[#self.toc + 1] = string.rep("  ", level - 1) .. title
	self:emit(string.format('<h%d id="%s">%s</h%d>', level, slug(title), inline(title), level))
end

function Page:convert(source)
	local fence, in_table
	for _, line in ipairs(text.lines(source)) do
		local marks, title = line:match("^(#+)%s+(.-)%s*#*$")
		local spaces, mark, rest = line:match("^(%s*)([-*+])%s+(.*)$")
		if not spaces then
			spaces, mark, rest = line:match("^(%s*)(%d+[.)])%s+(.*)$")
		end
		if fence then
			if line:find(fence) then
				fence = nil
				self:emit("</code></pre>")
			else
				self:emit(escape(line))
			end
		elseif line:find("^%s*```") then
			self:flush()
			fence = "^%s*```"
			self:emit('<pre><code class="' .. (line:match("```(%w+)") or "text") .. '">')
		elseif marks and #marks <= 6 then
			self:heading(#marks, title)
		elseif spaces then
			self:item(spaces, mark, rest)
		elseif line:find("^%s*|") then
			self:flush()
			if not in_table then
				self:emit("<table>")
			end
			if not line:find("^[%s|:%-]+$") then
				self:row(line, not in_table)
			end
			in_table = true
		elseif not line:find("%S") then
			self:flush()
		elseif line:find("^> ?") then
			self:flush()
			self:emit("<blockquote>" .. inline(line:gsub("^> ?", "")) .. "</blockquote>")
		elseif not line:find("^%s") or #self.lists == 0 then
			self:close_lists(0)
			self.paragraph[#self.paragraph + 1] = line
		else
			self:emit(inline(line))
		end
		if in_table and not line:find("^%s*|") then
			in_table = nil
			self:emit("</table>")
		end
	end
	self:flush()
	self:close_lists(0)
	return table.concat(self.out, "\n")
end

for round = 1, tonumber(arg[1]) do
	for i = 2, #arg do
		local page = Page.new()
		local html = page:convert(text.read(arg[i]))
		if round == 1 then
			print(string.format("%s: %d bytes of HTML, %d headings, %s", arg[i]:match("[^/]*$"), #html, #page.toc, text.checksum(html)))
			for j = 1, math.min(12, #page.toc) do
				print("  " .. page.toc[j])
			end
		end
	end
end
