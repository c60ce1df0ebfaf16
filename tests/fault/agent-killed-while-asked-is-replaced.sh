#!/bin/bash
# An agent that is killed, or stopped and then killed, while programs wait for it costs them time alone: they ask the next one.
. "$(dirname "$0")/../lib/lib.sh"
requires_lua

make_file "$ORIGIN_DIR/demo/a" 300000
make_file "$ORIGIN_DIR/demo/b" 300000 2
start_nginx "location / { access_by_lua_block {
	io.open('$T/asked' .. ngx.var.uri:gsub('/', '.'), 'w'):close()
	origin.wait('$T/go') } }"
demo_config
larder_preload sha256sum "$MOUNT/a" >a.out &
reader=$!
larder_preload ls "$MOUNT/missing" >missing.out 2>&1 &
both_asked() { [ -e asked.demo.a ] && [ -e asked.demo.missing ]; }
wait_until 30 both_asked
kill -9 "$(agent_pids)"
touch go
wait $reader || fail 'the open failed'
wait $! && fail 'the missing one is there'
assert_contains "$(cat missing.out)" 'No such file or directory'
assert_equal "$(digest "$ORIGIN_DIR/demo/a")" "$(cut -d' ' -f1 a.out)" 'the bytes'

# One that does not answer holds its callers as a disk does; its end frees them.
kill -STOP "$(agent_pids)"
larder_preload sha256sum "$MOUNT/b" >b.out &
reader=$!
sleep 0.5
kill -0 $reader 2>/dev/null || fail 'did not wait'
kill -9 "$(agent_pids)"
wait $reader || fail 'the second open failed'
assert_equal "$(digest "$ORIGIN_DIR/demo/b")" "$(cut -d' ' -f1 b.out)" 'the bytes'
