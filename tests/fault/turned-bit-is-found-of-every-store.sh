#!/bin/bash
# timeout: 120
# A bit that turns over on its way from Google Cloud Storage, Azure or the Hub is found by what the store says of the bytes: fetched again, else EIO.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hub.sh"

requires_lua
make_file x 200000
size=200000 part=65536
start_gcs
start_hub
for name in good once always; do
	gcs_put "public/$name" x >/dev/null
	gcs_put "public/md5-$name" x 'x-no-crc: 1' >/dev/null
	make_file "$ORIGIN_DIR/box/$name" $size
	make_file "$ORIGIN_DIR/box/md5-$name" $size
done
files=$(hub_commit org/model "$COMMIT_A" main)
cp x "$files/large"

# Azure, of which nothing else can turn bits: CRC64 for the ranges it is asked for, or the MD5 that is stored.
python3 - "$LIB" "$ORIGIN_DIR" $part <<'PY'
import base64, sys
sys.path.insert(0, sys.argv[1])
import fake_crc
data, part = open("x", "rb").read(), int(sys.argv[3])
for at in range(0, len(data), part):
    value = base64.b64encode(fake_crc.crc("crc64nvme", data[at : at + part])[::-1]).decode()
    open("%s/crc.%d" % (sys.argv[2], at), "w").write(value)
PY
start_nginx "location / { content_by_lua_block {
	local name, first = ngx.var.uri:match('[^/]+\$'), ngx.var.http_range and ngx.var.http_range:match('=(%d+)') or '0'
	if name:find('^md5') then ngx.header['x-ms-blob-content-md5'] = '$(openssl md5 -binary x | base64)'
	elseif ngx.var.http_x_ms_range_get_content_crc64 then
		ngx.header['x-ms-content-crc64'] = io.open('$ORIGIN_DIR/crc.' .. first):read('*a')
	end
	local turned = name:find('always') or (name:find('once') and tonumber(first) == 65536 and origin.first(1))
	origin.serve{flip = turned and 100000 or nil} } }"
{
	printf '%s\n' 'retries = 2' "part_size = $part" '[profile gs]' 'remote = gs://public' "endpoint = $GCS_ENDPOINT" 'anonymous = true' "path = $T/mnt/gs"
	for verify in store off; do
		printf '%s\n' "[profile $verify]" 'remote = az://acct/box' "endpoint = $ORIGIN" 'anonymous = true' "path = $T/mnt/$verify" "verify = $verify"
	done
} | write_config

# Of Azure, the CRC64 of each range, or the MD5.
for name in good once md5-good md5-once; do assert_equal "$(digest x)" "$(read_object "$T/mnt/store/$name")" "$name of Azure"; done
for name in always md5-always; do
	assert_fails_with 'Input/output error' larder_preload cat "$T/mnt/store/$name"
	[ "$(digest x)" != "$(read_object "$T/mnt/off/$name")" ] || fail 'nothing was turned'
done

# Of Google, the crc32c; the MD5 where only that is given.
for name in once md5-once; do
	gcs_set turn "public/$name 100000 1"
	assert_equal "$(digest x)" "$(read_object "$T/mnt/gs/$name")" "$name of Google"
done
gcs_set turn 'public/always 100000 1000'
assert_fails_with 'Input/output error' larder_preload cat "$T/mnt/gs/always"

# Of the Hub, the SHA-256 that comes with its redirect.
touch "$HUB/turned"
assert_fails_with 'Input/output error' larder_preload cat hf://org/model/large
rm "$HUB/turned"
assert_equal "$(digest x)" "$(read_object hf://org/model/large)" 'of the Hub'

# What was found to be right is recorded.
wait_until 20 eval '[ "$(cached_objects | wc -l)" = 9 ]'
verified() { "$LARDER" stat "$1" | sed -n 's/^ *verified *//p'; }
md5=md5:$(md5sum <x | cut -d' ' -f1)
crc64=$(verified "$T/mnt/store/good")
assert_contains "$crc64" crc64nvme:
assert_equal "$crc64" "$(verified "$T/mnt/store/once")" 'once of Azure'
assert_equal "$md5" "$(verified "$T/mnt/store/md5-once")"
assert_equal 'no: the store gave no checksum' "$(verified "$T/mnt/off/always")"
assert_contains "$(verified "$T/mnt/gs/once")" crc32c:
assert_equal "$md5" "$(verified "$T/mnt/gs/md5-once")"
assert_equal "sha256:$(digest x)" "$(verified hf://org/model/large)"
assert_contains "$(cat "$XDG_RUNTIME_DIR"/larder/*/agent.log)" 'and the store says crc32c:'
stop_agent
"$LARDER" verify -q || fail 'the cache is damaged'
