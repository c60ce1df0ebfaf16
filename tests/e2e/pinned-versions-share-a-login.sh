#!/bin/bash
# Versions that URLs pin in a bucket or a profile have its login, and its connections: each object of a versioned dataset is no remote of its own.
. "$(dirname "$0")/../lib/lib.sh"

start_nginx 'location / { return 404; }'
cat >process <<END
#!/bin/bash
echo once more >>$T/logins
echo '{"Version": 1, "AccessKeyId": "id", "SecretAccessKey": "secret"}'
END
chmod +x process
mkdir "$HOME/.aws"
printf '[default]\ncredential_process = %s\n' "$T/process" >"$HOME/.aws/config"
write_config <<-INI
	[profile demo]
	remote = s3://other/prefix
	path = $MOUNT
INI
export AWS_ENDPOINT_URL=$ORIGIN
for version in 1 2 3; do
	assert_fails_with 'No such file' larder_preload stat "s3://bucket/x?versionId=$version"
	assert_fails_with 'No such file' larder_preload cat "larder://demo/x?versionId=$version"
done
assert_equal 2 "$(wc -l <logins)" 'logins: of the bucket, and of the profile'
# The latest one has the same.
assert_fails_with 'No such file' larder_preload stat s3://bucket/x
assert_equal 2 "$(wc -l <logins)" 'logins in the end'
