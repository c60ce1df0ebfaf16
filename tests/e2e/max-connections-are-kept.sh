#!/bin/bash
# No more requests at once than max_connections of the agent, and of a profile, whoever waits; and as many where there is as much to do.
. "$(dirname "$0")/../lib/lib.sh"

requires_lua
for i in {1..12}; do make_file "$ORIGIN_DIR/demo/$i" 300000 "$i"; done
# Answers wait until as many are there as are wanted, and then for a moment in which one more could come.
start_nginx 'location /-/wanted { access_log off; content_by_lua_block { origin.wanted, origin.most = tonumber(ngx.var.arg_n), 0 } }' \
	'location /-/most { access_log off; content_by_lua_block { ngx.print(origin.most) } }' \
	'location /demo { content_by_lua_block {
		origin.now = (origin.now or 0) + 1
		origin.most = math.max(origin.most, origin.now)
		for i = 1, 2000 do
			if origin.most >= origin.wanted then break end
			ngx.sleep(0.02)
		end
		origin.serve{delay = 0.05}
		origin.now = origin.now - 1 } }'
write_config <<-END
	max_connections = 5
	part_size = 64K
	[profile two]
	remote = $ORIGIN/demo
	path = $MOUNT/two
	max_connections = 2
	[profile all]
	remote = $ORIGIN/demo
	path = $MOUNT/all
END
# most_at_once PROFILE WANTED KEY…: while all of them are read.
most_at_once() {
	local readers=() key profile=$1
	curl -sS --max-time 60 "$ORIGIN/-/wanted?n=$2"
	shift 2
	for key; do
		larder_preload cmp "$MOUNT/$profile/$key" "$ORIGIN_DIR/demo/$key" &
		readers+=($!)
	done
	for key in "${readers[@]}"; do wait "$key" || fail 'a reader failed'; done
	curl -sS --max-time 60 "$ORIGIN/-/most"
}
assert_equal 2 "$(most_at_once two 2 {1..3})" 'requests of the profile at once'
assert_equal 5 "$(most_at_once all 5 {1..12})" 'requests of the agent at once'
