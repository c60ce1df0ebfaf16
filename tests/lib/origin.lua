-- An origin that misbehaves on demand, for nginx's lua module:
--
--	location / { content_by_lua_block { origin.serve{ cut = 1000 } } }
--
-- Serves the file under the document root with ranges, ETag, If-Match, If-None-Match and HEAD. One nginx process, so the
-- counters below are those of the whole server. Options, all of them off by default:
--   delay = S       waits before the answer
--   status = N      answers N, without the file
--   drop = true     closes the connection without an answer
--   cut = N         closes the connection after N bytes of the body
--   stall = N       sends nothing more after N bytes of the body, for an hour
--   till = FILE     or until there is such a file
--   pace = S        waits S seconds after each piece
--   piece = N       sends pieces of N bytes, 64 KiB otherwise
--   flip = N        turns a bit of the object's byte N over
--   extra = N       claims a length that is N bytes longer than what it sends, then closes the connection
--   etag = TEXT     the ETag, with its quotes; '' for none. By default one of the file's size; or a function of the open file
--   ranges = false  knows no ranges
--   path = TEXT     another file under the document root
local origin = {}
local counters = {}
local PIECE = 65536

-- The number of calls with this name so far, this one included.
function origin.count(name)
	counters[name] = (counters[name] or 0) + 1
	return counters[name]
end

-- The number of such calls.
function origin.counted(name)
	return counters[name] or 0
end

-- True for the first n calls with this name.
function origin.first(n, name)
	return origin.count(name or ngx.var.uri) <= n
end

local function range_of(size)
	local first, last = string.match(ngx.var.http_range or '', '^bytes=(%d*)%-(%d*)$')
	if not first or (first == '' and last == '') then
		return nil
	end
	if first == '' then
		return math.max(0, size - tonumber(last)), size - 1
	end
	return tonumber(first), math.min(tonumber(last) or size - 1, size - 1)
end

local function has_tag(header, etag)
	return header == '*' or (etag ~= '' and string.find(header, etag, 1, true) ~= nil)
end

local function turn(text, at)
	if at < 0 or at >= #text then return text end
	return text:sub(1, at) .. string.char((text:byte(at + 1) + 128) % 256) .. text:sub(at + 2)
end

local function exists(path)
	local file = path and io.open(path)
	return file and file:close()
end

-- Until there is such a file, an hour at most.
local function wait(path)
	local ends = ngx.now() + 3600
	while not exists(path) and ngx.now() < ends do ngx.sleep(path and 0.02 or 3600) end
end
origin.wait = wait

local function send(file, left, o, first)
	local sent = 0
	while left > 0 do
		local want = math.min(o.piece or PIECE, left)
		if o.cut then want = math.min(want, o.cut - sent) end
		if o.stall then want = math.min(want, o.stall - sent) end
		if want > 0 then
			local piece = file:read(want)
			if o.flip then piece = turn(piece, o.flip - first - sent) end
			ngx.print(piece)
			if not ngx.flush(true) then return end
			sent, left = sent + want, left - want
		end
		if o.stall and sent >= o.stall then
			wait(o.till)
			o.stall = nil
		end
		if o.cut and sent >= o.cut then return ngx.exit(ngx.ERROR) end
		if o.pace then ngx.sleep(o.pace) end
	end
end

function origin.serve(o)
	if o.delay then ngx.sleep(o.delay) end
	if o.drop then return ngx.exit(444) end
	if o.status then return ngx.exit(o.status) end
	local file = io.open(ngx.var.document_root .. (o.path or ngx.var.uri), 'rb')
	local size = file and file:seek('end')
	if not size or size > 2 ^ 50 then return ngx.exit(404) end
	local etag = o.etag or string.format('"size-%d"', size)
	if type(etag) == 'function' then
		file:seek('set', 0)
		etag = etag(file)
	end
	ngx.header['Last-Modified'] = 'Mon, 01 Jan 2024 00:00:00 GMT'
	ngx.header['Content-Type'] = 'application/octet-stream'
	if etag ~= '' then ngx.header['ETag'] = etag end
	if ngx.var.http_if_match and not has_tag(ngx.var.http_if_match, etag) then return ngx.exit(412) end
	if ngx.var.http_if_none_match and has_tag(ngx.var.http_if_none_match, etag) then return ngx.exit(304) end

	local first, last = 0, size - 1
	if o.ranges ~= false then
		ngx.header['Accept-Ranges'] = 'bytes'
		local a, b = range_of(size)
		if a and a >= size then
			ngx.header['Content-Range'] = 'bytes */' .. size
			return ngx.exit(416)
		elseif a then
			first, last = a, b
			ngx.status = 206
			ngx.header['Content-Range'] = string.format('bytes %d-%d/%d', first, last, size)
		end
	end
	ngx.header['Content-Length'] = last - first + 1 + (o.extra or 0)
	ngx.send_headers()
	if ngx.req.get_method() == 'HEAD' then return end
	file:seek('set', first)
	send(file, last - first + 1, o, first)
	file:close()
	if o.extra then return ngx.exit(ngx.ERROR) end
end

return origin
