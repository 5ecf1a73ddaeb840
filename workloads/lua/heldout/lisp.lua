-- SPDX-License-Identifier: GPL-3.0-or-later
-- usage: lisp.lua PROGRAM.lisp
-- A small Lisp: reader, environments, closures, special forms, a few built-in functions; runs the program, prints what
-- (print …) prints.

package.path = (arg[0]:match("^(.*/)") or "./") .. "../lib/?.lua;" .. package.path
local text = require("text")

local Symbol = {}
local symbols = {}
local function intern(name)
	local symbol = symbols[name]
	if not symbol then
		symbol = setmetatable({ name = name }, Symbol)
		symbols[name] = symbol
	end
	return symbol
end

local Nil = setmetatable({}, { __tostring = function() return "()" end })
local Pair = {}
local function cons(a, d)
	return setmetatable({ a, d }, Pair)
end

local function read_all(source)
	local tokens = {}
	for line in (source .. "\n"):gmatch("(.-)\n") do
		line = line:gsub(";.*", "")
		for token in line:gsub("([()'])", " %1 "):gmatch("%S+") do
			tokens[#tokens + 1] = token
		end
	end
	local at = 1
	local function read()
		local token = tokens[at]
		at = at + 1
		if token == "(" then
			local items = {}
			while tokens[at] ~= ")" do
				if not tokens[at] then
					error("')' is missing", 0)
				end
				items[#items + 1] = read()
			end
			at = at + 1
			local list = Nil
			for i = #items, 1, -1 do
				list = cons(items[i], list)
			end
			return list
		elseif token == "'" then
			return cons(intern("quote"), cons(read(), Nil))
		elseif token == "#t" then
			return true
		elseif token == "#f" then
			return false
		end
		return math.tointeger(token) or tonumber(token) or intern(token)
	end
	local forms = {}
	while at <= #tokens do
		forms[#forms + 1] = read()
	end
	return forms
end

local function show(value)
	if getmetatable(value) == Symbol then
		return value.name
	elseif getmetatable(value) == Pair then
		local parts = {}
		while getmetatable(value) == Pair do
			parts[#parts + 1] = show(value[1])
			value = value[2]
		end
		if value ~= Nil then
			parts[#parts + 1] = ". " .. show(value)
		end
		return "(" .. table.concat(parts, " ") .. ")"
	elseif type(value) == "boolean" then
		return value and "#t" or "#f"
	elseif type(value) == "table" and value.body then
		return "<function>"
	end
	return tostring(value)
end

local function lookup(env, symbol)
	local scope = env
	while scope do
		local value = scope[symbol]
		if value ~= nil then
			return value, scope
		end
		scope = scope.parent
	end
	error("'" .. symbol.name .. "' is not defined", 0)
end

local evaluate
local forms = {}

local function sequence(body, env)
	while body[2] ~= Nil do
		evaluate(body[1], env)
		body = body[2]
	end
	return body[1]
end

forms["quote"] = function(rest) return rest[1] end
forms["define"] = function(rest, env)
	local target = rest[1]
	if getmetatable(target) == Pair then
		env[target[1]] = { parameters = target[2], body = rest[2], env = env }
	else
		env[target] = evaluate(rest[2][1], env)
	end
	return Nil
end
forms["set!"] = function(rest, env)
	local _, scope = lookup(env, rest[1])
	scope[rest[1]] = evaluate(rest[2][1], env)
	return Nil
end
forms["lambda"] = function(rest, env) return { parameters = rest[1], body = rest[2], env = env } end
local form_of = {}
for name, run in pairs(forms) do
	form_of[intern(name)] = run
end
local s_if, s_cond, s_else, s_begin, s_let = intern("if"), intern("cond"), intern("else"), intern("begin"), intern("let")

local function bind(closure, values)
	local env = { parent = closure.env }
	local parameter = closure.parameters
	for i = 1, #values do
		env[parameter[1]] = values[i]
		parameter = parameter[2]
	end
	return env
end

-- Tail calls go round the loop instead of down the stack.
function evaluate(x, env)
	while true do
		local meta = getmetatable(x)
		if meta == Symbol then
			return (lookup(env, x))
		elseif meta ~= Pair then
			return x
		end
		local head, rest = x[1], x[2]
		if head == s_if then
			if evaluate(rest[1], env) ~= false then
				x = rest[2][1]
			elseif rest[2][2] ~= Nil then
				x = rest[2][2][1]
			else
				return Nil
			end
		elseif head == s_cond then
			local chosen
			while rest ~= Nil and not chosen do
				local clause = rest[1]
				if clause[1] == s_else or evaluate(clause[1], env) ~= false then
					chosen = clause[2]
				end
				rest = rest[2]
			end
			if not chosen then
				return Nil
			end
			x = sequence(chosen, env)
		elseif head == s_begin then
			x = sequence(rest, env)
		elseif head == s_let then
			local inner, binding = { parent = env }, rest[1]
			while binding ~= Nil do
				inner[binding[1][1]] = evaluate(binding[1][2][1], env)
				binding = binding[2]
			end
			x, env = sequence(rest[2], inner), inner
		elseif form_of[head] then
			return form_of[head](rest, env)
		else
			local f, values, n = evaluate(head, env), {}, 0
			while rest ~= Nil do
				n = n + 1
				values[n] = evaluate(rest[1], env)
				rest = rest[2]
			end
			if type(f) == "function" then
				return f(table.unpack(values, 1, n))
			end
			env = bind(f, values)
			x = sequence(f.body, env)
		end
	end
end

local global = {}
local function builtin(name, f)
	global[intern(name)] = f
end
builtin("+", function(a, b) return a + b end)
builtin("-", function(a, b) return a - b end)
builtin("*", function(a, b) return a * b end)
builtin("quotient", function(a, b) return a // b end)
builtin("remainder", function(a, b) return a % b end)
builtin("=", function(a, b) return a == b end)
builtin("<", function(a, b) return a < b end)
builtin(">", function(a, b) return a > b end)
builtin("eq?", function(a, b) return a == b end)
builtin("not", function(a) return a == false end)
builtin("cons", cons)
builtin("car", function(p) return p[1] end)
builtin("cdr", function(p) return p[2] end)
builtin("null?", function(p) return p == Nil end)
builtin("pair?", function(p) return getmetatable(p) == Pair end)
builtin("number?", function(v) return math.type(v) ~= nil end)
builtin("symbol?", function(v) return getmetatable(v) == Symbol end)
builtin("print", function(...)
	local parts = {}
	for i, value in ipairs({ ... }) do
		parts[i] = show(value)
	end
	print(table.concat(parts, " "))
	return Nil
end)

for _, form in ipairs(read_all(text.read(arg[1]))) do
	evaluate(form, global)
end
