-- Pages of a very long listing, for nginx's lua module: ListObjectsV2 as the Amazon S3 API reference describes it
-- (list-type=2, delimiter=/, max-keys, start-after, continuation-token, encoding-type=url), of one folder.
--
--	location /bucket/ { content_by_lua_block { require("names").list{ rows = "FILE", size = N } } }
--
-- FILE is what names.py writes: rows of N bytes in the order of their keys. What a real server has and this one has not:
-- signatures, owners, other folders, objects. Objects and prefixes of a page come mixed. Options:
--   delay = S             waits before each page
--   ignores_start = true  begins at the beginning whatever start-after says
--   down = FILE           answers 500 while there is such a file
--   busy = N              answers 503 where more than N requests are there at once
--   wrong = KIND          one of `wrongs` below
local names = { now = 0, most = 0, requests = 0, refused = 0, start_afters = 0 }
local PREFIX = 'd/'
local PAGE = 1000

local function key_of(row)
	local key = row:match('<Key>([^<]*)') or row:match('<Prefix>([^<]*)')
	return ngx.unescape_uri(key)
end

-- The first row behind a key.
local function behind(file, o, count, key)
	local low, high = 0, count
	while low < high do
		local mid = math.floor((low + high) / 2)
		file:seek('set', mid * o.size)
		if key_of(file:read(o.size)) > key then high = mid else low = mid + 1 end
	end
	return low
end

-- What is wrong with a page: may change what it says. `first` and `n` are its rows, `next` is the token, or nil.
local wrongs = {}

-- Each row twice.
function wrongs.twice(p)
	local rows = {}
	for i = 0, p.n - 1 do
		local row = p.rows:sub(i * p.size + 1, (i + 1) * p.size)
		rows[i + 1] = row .. row
	end
	p.rows = table.concat(rows)
end

-- The last first.
function wrongs.backwards(p)
	local rows = {}
	for i = 0, p.n - 1 do rows[p.n - i] = p.rows:sub(i * p.size + 1, (i + 1) * p.size) end
	p.rows = table.concat(rows)
end

-- Every second page has nothing but the token of the next, which has what it should have had.
function wrongs.empty(p)
	local asked = ngx.req.get_uri_args()['continuation-token']
	if asked and not asked:find('.', 1, true) then p.rows, p.next = '', p.first .. '.0' end
end

-- The token that was asked with.
function wrongs.again(p) p.next = ngx.req.get_uri_args()['continuation-token'] or p.next end

-- A token that leads back.
function wrongs.cycle(p) if p.first >= 5000 then p.next = 1000 end end

-- No token, though there is more.
function wrongs.tokenless(p) p.next = p.next and '' end

-- Ends in the middle of a row.
function wrongs.short(p) p.rows, p.cut = p.rows:sub(1, -p.size / 2), true end

-- Every fifth time, the connection ends in the middle.
function wrongs.broken(p) p.broken = names.requests % 5 == 0 end

local function page(o)
	local args = ngx.req.get_uri_args()
	if args['list-type'] ~= '2' then return ngx.exit(404) end
	if args.prefix ~= PREFIX or args.delimiter ~= '/' then return ngx.exit(400) end
	if args['start-after'] then names.start_afters = names.start_afters + 1 end
	local file = assert(io.open(o.rows, 'rb'))
	local count = file:seek('end') / o.size
	local first, n = 0, math.min(tonumber(args['max-keys'] or PAGE), PAGE)
	if args['continuation-token'] then
		first = tonumber(args['continuation-token'])
	elseif args['start-after'] and not o.ignores_start then
		first = behind(file, o, count, args['start-after'])
	end
	n = math.min(n, count - first)
	local more = first + n < count
	file:seek('set', first * o.size)
	ngx.header['Content-Type'] = 'application/xml'
	local p = { first = first, n = n, size = o.size, rows = n > 0 and file:read(n * o.size) or '', next = more and first + n }
	file:close()
	if o.wrong then wrongs[o.wrong](p) end
	local text = table.concat{
		'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
		'<Name>bucket</Name><Prefix>', PREFIX, '</Prefix><KeyCount>', n, '</KeyCount><MaxKeys>', PAGE, '</MaxKeys>',
		'<Delimiter>/</Delimiter><EncodingType>url</EncodingType><IsTruncated>', tostring(p.next and true or false), '</IsTruncated>',
		p.next and p.next ~= '' and '<NextContinuationToken>' .. p.next .. '</NextContinuationToken>' or '',
		p.rows, p.cut and '' or '</ListBucketResult>' }
	if not p.broken then return ngx.print(text) end
	ngx.header['Content-Length'] = #text
	ngx.print(text:sub(1, #text / 2))
	ngx.flush(true)
	ngx.exit(444)
end

function names.list(o)
	names.requests = names.requests + 1
	names.now = names.now + 1
	names.most = math.max(names.most, names.now)
	if o.delay then ngx.sleep(o.delay) end
	local busy = o.busy and names.now > o.busy
	names.now = names.now - 1
	if busy then
		names.refused = names.refused + 1
		return ngx.exit(503)
	end
	local down = o.down and io.open(o.down)
	if down then
		down:close()
		return ngx.exit(500)
	end
	page(o)
end

-- For a location of its own: what has happened.
function names.say()
	ngx.say('requests=', names.requests, ' most=', names.most, ' start_afters=', names.start_afters,
		' refused=', names.refused)
end

return names
