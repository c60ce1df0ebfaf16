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

local function page(o)
	local args = ngx.req.get_uri_args()
	if args['list-type'] ~= '2' or args.prefix ~= PREFIX or args.delimiter ~= '/' then return ngx.exit(400) end
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
	ngx.print('<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
		'<Name>bucket</Name><Prefix>', PREFIX, '</Prefix><KeyCount>', n, '</KeyCount><MaxKeys>', PAGE, '</MaxKeys>',
		'<Delimiter>/</Delimiter><EncodingType>url</EncodingType><IsTruncated>', tostring(more), '</IsTruncated>',
		more and '<NextContinuationToken>' .. first + n .. '</NextContinuationToken>' or '',
		n > 0 and file:read(n * o.size) or '', '</ListBucketResult>')
	file:close()
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
