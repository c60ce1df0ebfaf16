/* What is made of the checksums in S3's answers (fetch/s3_checksum.h). */
#include "fetch/s3_checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MD5 "d41d8cd98f00b204e9800998ecf8427e"

static struct response r;

static void begin(long status, const char *etag)
{
	r = (struct response){.status = status};
	snprintf(r.info.etag, sizeof r.info.etag, "%s", etag);
}

static void range(uint64_t first, uint64_t last, uint64_t total)
{
	r.has_range = true;
	r.first = first;
	r.last = last;
	r.total = total;
}

static void give(const char *name, const char *value)
{
	s3_checksum_header(&r, name, value, strlen(value));
}

static void expect(const char *text)
{
	char is[CHECKSUM_TEXT_MAX + 1];

	s3_checksum_head(&r, true);
	checksum_text(&r.info.sum, is);
	assert_string_equal(is, text);
}

static void best_one_counts(void **state)
{
	(void)state;
	begin(200, "\"" MD5 "\"");
	expect("md5:" MD5);
	begin(200, "\"" MD5 "\"");
	give("x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
	expect("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	begin(200, "\"" MD5 "\"");
	give("x-amz-checksum-crc32c", "4waSgw==");
	give("x-amz-checksum-type", "FULL_OBJECT");
	expect("crc32c:e3069283");
}

static void composite_has_parts(void **state)
{
	(void)state;
	begin(200, "\"" MD5 "-7\"");
	give("x-amz-checksum-crc32", "y/Q5Jg==-7");
	give("x-amz-checksum-type", "COMPOSITE");
	expect("crc32:cbf43926-7x0");
	/* One of the whole is better. */
	begin(200, "\"" MD5 "\"");
	give("x-amz-checksum-crc32", "y/Q5Jg==-7");
	expect("md5:" MD5);
}

static void range_is_not_the_object(void **state)
{
	(void)state;
	begin(206, "\"" MD5 "-2\"");
	range(0, 9, 20);
	give("x-amz-checksum-crc64nvme", "rosUhgp5mIg=");
	give("x-amz-checksum-type", "FULL_OBJECT");
	expect("md5:" MD5 "-2x0");
	/* Without a range, nothing is known of what it is of. */
	begin(206, "\"x\"");
	give("x-amz-checksum-crc64nvme", "rosUhgp5mIg=");
	expect("");
}

static void range_of_all_is_the_object(void **state)
{
	(void)state;
	begin(206, "\"" MD5 "\"");
	range(0, 19, 20);
	give("x-amz-checksum-crc32", "y/Q5Jg==");
	expect("crc32:cbf43926");
	/* Amazon leaves the number of parts out then. */
	begin(206, "\"" MD5 "-7\"");
	range(0, 19, 20);
	give("x-amz-checksum-crc32", "y/Q5Jg==");
	expect("crc32:cbf43926-7x0");
	begin(206, "\"" MD5 "-7\"");
	range(0, 19, 20);
	give("x-amz-checksum-crc32", "y/Q5Jg==");
	give("x-amz-checksum-type", "FULL_OBJECT");
	expect("crc32:cbf43926");
	begin(206, "\"" MD5 "-7\"");
	range(0, 19, 20);
	give("x-amz-checksum-crc64nvme", "rosUhgp5mIg=");
	expect("crc64nvme:ae8b14860a799888");
}

static void encrypted_etags_say_nothing(void **state)
{
	(void)state;
	begin(200, "\"" MD5 "\"");
	strcpy(r.sse, "AES256");
	expect("md5:" MD5);
	begin(200, "\"" MD5 "\"");
	strcpy(r.sse, "aws:kms");
	expect("");
	begin(200, "\"" MD5 "\"");
	give("x-amz-server-side-encryption-customer-algorithm", "AES256");
	expect("");
	begin(200, "\"" MD5 "\"");
	s3_checksum_head(&r, false);
	assert_int_equal(r.info.sum.kind, CHECKSUM_NONE);
}

static void malformed_is_none(void **state)
{
	static const char *const values[] = {"", "-", "-7", "y/Q5Jg==-", "y/Q5Jg==-x", "y/Q5Jg==-0",
	        "y/Q5Jg==-10001", "y/Q5Jg", "y/Q5Jg==-7-7", "rosUhgp5mIg="};
	static const char *const etags[] = {"", "\"\"", "\"" MD5 "-\"", "\"" MD5 "-0\"",
	        "\"" MD5 "-99999\"", "\"" MD5 "0\"", "\"-2\"",
	        "\"d41d8cd98f00b204e9800998ecf8427g\""};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		begin(200, "");
		give("x-amz-checksum-crc32", values[i]);
		give("x-amz-checksum-crc16", "AAA=");
		give("x-amz-checksum-", "AAA=");
		expect("");
	}
	for (size_t i = 0; i < sizeof etags / sizeof *etags; i++) {
		begin(200, etags[i]);
		expect("");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(best_one_counts),
	        cmocka_unit_test(composite_has_parts),
	        cmocka_unit_test(range_is_not_the_object),
	        cmocka_unit_test(range_of_all_is_the_object),
	        cmocka_unit_test(encrypted_etags_say_nothing),
	        cmocka_unit_test(malformed_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
