-- see.lua ROOT: what a Lua program can find out about a tree; it knows files, modules and commands only.
local root = arg[1]
local function show(label, ...) print(label, ...) end
for _, name in ipairs { "empty", "big", "with space.txt", "deep", "missing", "empty/below", "script", "deep/../empty" } do
	for _, mode in ipairs { "r", "rb", "r+", "w", "a" } do
		local file, message, number = io.open(root .. "/" .. name, mode)
		show(name .. " " .. mode, file and "opened" or message, number)
		if file then
			show("  read", #(file:read("a") or ""), file:seek("set", 3), file:read(5), file:seek("end"), file:close())
		end
	end
	show(name .. " remove", os.remove(root .. "/" .. name))
	show(name .. " rename", os.rename(root .. "/" .. name, root .. "/other"))
end
local count = 0
for line in io.lines(root .. "/lines") do count = count + #line end
show("lines", count)
package.path = root .. "/lua/?.lua;" .. root .. "/lua/?/init.lua"
show("require", require("plain").answer, require("folder").name, package.searchpath("plain", package.path))
show("missing", pcall(require, "missing"))
show("dofile", dofile(root .. "/lua/plain.lua").answer, loadfile(root .. "/lua/missing.lua"))
show("popen", io.popen("cd '" .. root .. "'; pwd; ls deep"):read("a"))
show("execute", os.execute("'" .. root .. "/script' x"))
