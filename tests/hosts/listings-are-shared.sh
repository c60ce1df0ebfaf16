#!/bin/bash
# What one host has listed and read, another one lists and reads while the remote cannot be reached: the same names, sizes, times and bytes.
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/hosts.sh"

FILES=30
requires_lua
for ((i = 1; i <= FILES; i++)); do make_file "$ORIGIN_DIR/bucket/folder/$i" $((1000 + i)) "$i"; done
{
	echo '<ListBucketResult><IsTruncated>false</IsTruncated>'
	for ((i = 1; i <= FILES; i++)); do
		printf '<Contents><Key>folder/%d</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>' $i
		printf '<ETag>"size-%d"</ETag><Size>%d</Size></Contents>\n' $((1000 + i)) $((1000 + i))
	done
	echo '</ListBucketResult>'
} >"$ORIGIN_DIR/list.xml"
start_nginx 'location / { content_by_lua_block {
	if ngx.var.arg_prefix == "folder%2F" then origin.serve{path = "/list.xml"} else origin.serve{} end } }'
start_hosts 2
printf '%s\n' 'retries = 0' '[profile demo]' 'remote = s3://bucket' "endpoint = $ORIGIN" "path = $MOUNT" | write_config
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=testing
sum=$(digest "$ORIGIN_DIR/bucket/folder/7")
list() { on_with "$1" ls -ln --time-style=full-iso "$MOUNT/folder"; }
list 1 >first
assert_equal $FILES "$(grep -c 2024-01-01 first)" 'files in the listing'
assert_equal "$sum" "$(host_reads 1 "$MOUNT/folder/7")" 'the first host'
stop_host_agent 1 # so that it is published
stop_nginx
assert_equal "$(cat first)" "$(list 2)" 'the listing on the second host'
assert_equal "$sum" "$(host_reads 2 "$MOUNT/folder/7")" 'the second host'
