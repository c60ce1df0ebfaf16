#!/bin/bash
# larder config prints what is in force and from where, with secrets hidden.
. "$(dirname "$0")/../lib/lib.sh"

write_config <<END
ttl = 7m
[profile demo]
remote = s3://bucket/dir
path = /data/demo
access_key_id = id-id-id
secret_access_key = hush-hush
END
said=$("$LARDER" config)
assert_contains "$(grep -w ttl <<<"$said" | head -n 1)" 7m
assert_contains "$(grep -w ttl <<<"$said" | head -n 1)" "$LARDER_CONFIG:3"
assert_contains "$(grep -w negative_ttl <<<"$said" | head -n 1)" default
assert_contains "$said" s3://bucket/dir
assert_contains_not "$said" hush-hush

# Where credentials are from, and never what they are.
mkdir "$HOME/.aws"
printf '[work]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = base\n[base]\naws_access_key_id = AKIAFILE\naws_secret_access_key = hush-hush\n' >"$HOME/.aws/credentials"
write_config <<END
[profile own]
remote = s3://bucket
access_key_id = AKIAOWN
secret_access_key = hush-hush
[profile environment]
remote = s3://other
[profile file]
remote = s3://third
credentials_profile = base
[profile role]
remote = s3://fourth
credentials_profile = work
[profile nobody]
remote = s3://fifth
anonymous = true
[profile google]
remote = gs://bucket
access_key_id = GOOG
secret_access_key = hush-hush
[profile azure]
remote = az://account/container
account_key = aHVzaC1odXNo
[profile hub]
remote = hf://org/name
END
said=$(HF_TOKEN=hush-hush AWS_ACCESS_KEY_ID=AKIAENV AWS_SECRET_ACCESS_KEY=hush-hush "$LARDER" config | grep '^; credentials: ')
assert_equal "; credentials: access_key_id of [profile own]
; credentials: AWS_ACCESS_KEY_ID in the environment
; credentials: $HOME/.aws/credentials:5: [base]
; credentials: a role, asked when it is needed (section [work])
; credentials: none, since anonymous = true
; credentials: HMAC key of [profile google]
; credentials: the account key of [profile azure]
; credentials: HF_TOKEN" "$said"
