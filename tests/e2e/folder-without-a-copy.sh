#!/bin/bash
# With cache = off, the files of a folder are opened where they lie: at once as they are now, by the program's own rights, and to be read only; and
# nothing of them is in the cache.
. "$(dirname "$0")/../lib/lib.sh"

requires tar find
make_file remote/sub/big 3000000
echo one >remote/small
printf '#!/bin/sh\necho ran "$@"\n' >remote/tool
echo odd >'remote/%~odd name'
mkfifo remote/fifo
echo secret >outside
ln -s ../outside remote/out && ln -s sub/big remote/in && ln -s small remote/sub/none
chmod 0640 remote/sub/big && chmod +x remote/tool
write_config <<-END
	ttl = 1s
	[profile demo]
	remote = file://$T/remote
	path = $MOUNT
	cache = off
END
cmp remote/sub/big <(larder_preload cat "$MOUNT/sub/big") || fail 'other bytes'
assert_equal "$(stat -c '%i %s %Y %u' remote/sub/big)" "$(larder_preload stat -c '%i %s %Y %u' "$MOUNT/sub/big")" 'stat'
assert_equal 440 "$(larder_preload stat -c %a "$MOUNT/sub/big")" 'rights'
assert_equal "$(readlink -f remote/small)" "$(larder_preload bash -c 'exec 3<"$0/small" && readlink /proc/$$/fd/3' "$MOUNT")" 'the descriptor'
assert_equal "$(printf '%s\n' '' '%~%~odd name' in small sub sub/big tool | LC_ALL=C sort)" "$(larder_preload find "$MOUNT" -printf '%P\n' | LC_ALL=C sort)" 'names'
assert_equal odd "$(larder_preload cat "$MOUNT/%~%~odd name")"
assert_equal "$(digest remote/sub/big)" "$(read_object "$MOUNT/in")" 'a link within'
assert_equal 'ran x' "$(larder_preload bash -c '"$0/tool" x' "$MOUNT")" 'a program'
cp "$(type -P printf)" remote/program
assert_equal 5 "$(larder_preload bash -c '"$0/program" %d 5' "$MOUNT")" 'a binary'
rm remote/program
"$LARDER" run --record "$T/record" -- cat "$MOUNT/small" >/dev/null
assert_contains "$(cat "$T/record")" '"size": 4'
larder_preload tar -C "$MOUNT" -cf - sub small | tar -xO small | cmp - remote/small || fail 'tar'
for name in out fifo sub/none none; do assert_fails_with 'No such file or directory' larder_preload cat "$MOUNT/$name"; done
assert_fails_with 'Not a directory' larder_preload cat "$MOUNT/small/x"
assert_fails_with 'Is a directory' larder_preload cat "$MOUNT/sub"
for command in 'echo x >"$0/small"' 'echo x >>"$0/new"' 'rm "$0/small"' 'chmod 0 "$0/small"' 'mv "$0/small" "$0/other"' 'touch "$0/small"' 'mkdir "$0/d"'; do
	assert_fails_with 'Read-only file system' larder_preload bash -c "$command" "$MOUNT"
done
echo two and more >remote/small
assert_equal 'two and more' "$(larder_preload cat "$MOUNT/small")" 'what was written since'
mv remote/small remote/later
assert_fails_with 'No such file or directory' larder_preload cat "$MOUNT/small"
assert_equal 'two and more' "$(larder_preload cat "$MOUNT/later")" 'a new name'
# Who follows a file sees what is written to it.
echo first >remote/growing
LD_PRELOAD=$SHIM tail -f "$MOUNT/growing" >followed &
tail=$!
wait_until 20 grep -q first followed
echo second >>remote/growing
wait_until 20 grep -q second followed
end_pids $tail
mv remote away
assert_fails_with 'Input/output error' larder_preload cat "$MOUNT/later"
mv away remote
assert_contains "$("$LARDER" warm "$MOUNT" 2>&1 || true)" 'bypassed'
assert_cached
printf '%s\n' '[profile x]' 'remote = s3://bucket' 'cache = off' | write_config
assert_fails_with "'cache = off' is for remotes of file:// alone" "$LARDER" warm "$MOUNT"
