/* Pages of ListObjectsV2 and bodies of errors, well formed and hostile. */
#define LIST(verb) s3_list_##verb

#include "fetch/s3_list.h"
#include "fetch/xml.h"
#include "unit/page_test.h"

#include <stdlib.h>

#define HEAD                                                                                       \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>"                                               \
	"<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
#define URL       "<EncodingType>url</EncodingType>"
#define LAST      "<IsTruncated>false</IsTruncated>"
#define TAIL      "</ListBucketResult>"
#define WHEN      "<LastModified>2013-05-24T00:00:00.000Z</LastModified>"
#define KEY(k)    "<Contents><Key>" k "</Key>" WHEN "<Size>7</Size></Contents>"
#define FOLDER(k) "<CommonPrefixes><Prefix>" k "</Prefix></CommonPrefixes>"

static void test_objects_and_folders_below_the_prefix(void **state)
{
	(void)state;
	assert_names("a/",
	        HEAD "<Name>b</Name><Prefix>a/</Prefix>" LAST KEY("a/x") FOLDER("a/d/") KEY("a/y")
	                TAIL,
	        "x|d/|y|");
}

static void test_metadata_of_an_object(void **state)
{
	(void)state;
	assert_names("",
	        HEAD LAST "<Contents><Key>k</Key>"
	                  "<LastModified>2013-05-24T00:00:01.999Z</LastModified>"
	                  "<ETag>&quot;e-2&quot;</ETag><Size>9223372036854775807</Size>"
	                  "<Owner><ID>u</ID><DisplayName>u</DisplayName></Owner>"
	                  "<StorageClass>STANDARD</StorageClass></Contents>" TAIL,
	        "k|");
	assert_string_equal(last_info.etag, "\"e-2\"");
	assert_int_equal(last_info.mtime, 1369353601);
	assert_true(last_info.size == INT64_MAX);
	assert_int_equal(last_info.sum.kind, CHECKSUM_NONE);
}

static void test_etag_without_quotes_gets_them(void **state)
{
	(void)state;
	assert_names("",
	        HEAD LAST "<Contents><Key>k</Key>" WHEN
	                  "<Size>1</Size><ETag>abc</ETag></Contents>" TAIL,
	        "k|");
	assert_string_equal(last_info.etag, "\"abc\"");
}

static void test_etag_that_cannot_be_a_header_is_dropped(void **state)
{
	static const char *const etags[] = {"W/&quot;abc&quot;", "&quot;a&#13;&#10;b&quot;",
	        "&quot;a&quot;b&quot;", "&quot;&quot;", "&quot;"};

	(void)state;
	for (size_t i = 0; i < sizeof etags / sizeof *etags; i++) {
		char xml[512];

		snprintf(xml, sizeof xml,
		        HEAD LAST "<Contents><Key>k</Key>" WHEN
		                  "<Size>1</Size><ETag>%s</ETag></Contents>" TAIL,
		        etags[i]);
		assert_names("", xml, "k|");
		assert_string_equal(last_info.etag, "");
	}
}

static void test_encoded_names_are_decoded(void **state)
{
	(void)state;
	assert_names("a b/", HEAD URL LAST KEY("a+b/x%0Ay%01+%2B%25") FOLDER("a%20b/%C3%BC/") TAIL,
	        "x\ny\001 +%|\xc3\xbc/|");
}

static void test_names_of_a_server_that_does_not_encode_stay(void **state)
{
	(void)state;
	assert_names("", HEAD LAST KEY("a%20b") KEY("c+d") KEY("e") TAIL, "e|c+d|a%20b|");
}

static void test_encoding_type_may_come_last(void **state)
{
	(void)state;
	assert_names("", HEAD LAST KEY("a%20b") KEY("e") KEY("c+d") URL TAIL, "e|c d|a b|");
}

static void test_bad_percent_encoding_is_refused(void **state)
{
	(void)state;
	assert_refused("", HEAD URL LAST KEY("a%2") TAIL);
	assert_refused("", HEAD URL LAST KEY("a%zz") TAIL);
	assert_refused("", HEAD LAST KEY("%") URL TAIL);
}

static void test_marker_of_the_folder_itself_has_no_name(void **state)
{
	(void)state;
	assert_names("a/", HEAD LAST KEY("a/") KEY("a/x") TAIL, "|x|");
}

static void test_empty_segment_is_a_folder_without_a_name(void **state)
{
	(void)state;
	assert_names("a/", HEAD LAST FOLDER("a//") TAIL, "/|");
	assert_names("", HEAD LAST FOLDER("/") TAIL, "/|");
}

static void test_names_that_are_no_path_segments_are_handed_on(void **state)
{
	(void)state;
	assert_names("", HEAD LAST KEY("..") KEY(".") FOLDER("../") TAIL, "..|.|../|");
}

static void test_key_with_nul_is_hidden(void **state)
{
	(void)state;
	assert_names("", HEAD URL LAST KEY("a%00b") KEY("c") TAIL, "c|");
}

static void test_names_outside_of_the_prefix_are_refused(void **state)
{
	(void)state;
	assert_refused("a/", HEAD LAST KEY("b/x") TAIL);
	assert_refused("a/", HEAD LAST KEY("a") TAIL);
	assert_refused("a/", HEAD LAST FOLDER("a/") TAIL);
	assert_refused("a/", HEAD LAST FOLDER("a/x") TAIL);
	assert_refused("a/", HEAD LAST KEY("a/x/y") TAIL);
	assert_refused("a/", HEAD LAST FOLDER("a/x/y/") TAIL);
}

static void test_incomplete_or_doubled_fields_are_refused(void **state)
{
	(void)state;
	assert_refused("", HEAD LAST "<Contents><Key>k</Key>" WHEN "</Contents>" TAIL);
	assert_refused("", HEAD LAST "<Contents><Size>1</Size>" WHEN "</Contents>" TAIL);
	assert_refused("", HEAD LAST "<Contents><Key>k</Key><Size>1</Size></Contents>" TAIL);
	assert_refused("", HEAD LAST "<CommonPrefixes></CommonPrefixes>" TAIL);
	assert_refused("", HEAD LAST "<Contents><Key>a</Key><Key>b</Key>" WHEN
	                             "<Size>1</Size></Contents>" TAIL);
	assert_refused("", HEAD LAST LAST TAIL);
}

static void test_bad_sizes_and_times_are_refused(void **state)
{
	static const char *const fields[] = {"<Size></Size>" WHEN, "<Size>-1</Size>" WHEN,
	        "<Size>9223372036854775808</Size>" WHEN,
	        "<Size>99999999999999999999999</Size>" WHEN,
	        "<Size>1</Size><LastModified>yesterday</LastModified>",
	        "<Size>1</Size><LastModified>2013-05-24T00:00:00</LastModified>",
	        "<Size>1</Size><LastModified>2013-05-24T00:00:00.000Zx</LastModified>"};

	(void)state;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		char xml[512];

		snprintf(xml, sizeof xml, HEAD LAST "<Contents><Key>k</Key>%s</Contents>" TAIL,
		        fields[i]);
		assert_refused("", xml);
	}
}

static void test_next_token_is_given(void **state)
{
	const char *xml = HEAD "<IsTruncated>true</IsTruncated>"
	                       "<NextContinuationToken>t/+=&amp;</NextContinuationToken>" TAIL;

	(void)state;
	assert_int_equal(parse("", "", xml, 3), 0);
	assert_string_equal(token, "t/+=&");
	assert_int_equal(parse("", "other", xml, 3), 0);
	assert_int_equal(parse("", "t/+=&", xml, 3), -EPROTO);
}

static void test_listing_that_may_be_short_is_refused(void **state)
{
	(void)state;
	assert_refused("", HEAD "<IsTruncated>true</IsTruncated>" TAIL);
	assert_refused("", HEAD "<IsTruncated>maybe</IsTruncated>" TAIL);
	assert_refused("", HEAD KEY("a") TAIL);
	assert_refused("", HEAD LAST KEY("a"));
	assert_refused("", "");
}

static void test_what_is_no_listing_is_refused(void **state)
{
	(void)state;
	assert_refused("", "<html><body>hello</body></html>");
	assert_refused("", "<Error><Code>InternalError</Code></Error>");
	assert_refused("", "{}");
	assert_refused("", HEAD LAST KEY("\xff") TAIL);
}

static void test_entities_and_document_types_are_refused(void **state)
{
	(void)state;
	assert_refused("", "<!DOCTYPE ListBucketResult><ListBucketResult>" LAST TAIL);
	assert_refused("", "<!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]>"
	                   "<ListBucketResult>" LAST KEY("&b;") TAIL);
	assert_refused("", HEAD LAST KEY("&nbsp;") TAIL);
}

static void test_depth_and_length_have_limits(void **state)
{
	char *xml = malloc(1 << 17);
	size_t at = 0;

	(void)state;
	assert_non_null(xml);
	at += sprintf(xml, HEAD LAST);
	for (int i = 0; i < XML_DEPTH_MAX; i++)
		at += sprintf(xml + at, "<d>");
	assert_refused("", xml);

	at = sprintf(xml, HEAD LAST "<Contents><Key>");
	memset(xml + at, 'k', XML_TEXT_MAX + 1);
	strcpy(xml + at + XML_TEXT_MAX + 1, "</Key>" WHEN "<Size>1</Size></Contents>" TAIL);
	assert_refused("", xml);
	strcpy(xml + at + STORE_KEY_MAX + 1, "</Key>" WHEN "<Size>1</Size></Contents>" TAIL);
	assert_refused("", xml);
	free(xml);
}

static void test_page_has_a_limit(void **state)
{
	static char blanks[1 << 16];
	void *list;
	int err;

	(void)state;
	memset(blanks, ' ', sizeof blanks);
	assert_int_equal(s3_list_begin(&list, "", "", collect, NULL), 0);
	err = s3_list_feed(list, HEAD, strlen(HEAD));
	for (size_t n = 0; n <= XML_BYTES_MAX && !err; n += sizeof blanks)
		err = s3_list_feed(list, blanks, sizeof blanks);
	assert_int_equal(err, -EPROTO);
	assert_int_equal(s3_list_end(list, token), -EPROTO);
}

static void test_callback_ends_the_page(void **state)
{
	(void)state;
	cb_result = -E2BIG;
	assert_int_equal(parse("", "", HEAD LAST KEY("a") KEY("b") TAIL, 1000), -E2BIG);
	assert_string_equal(names, "a|");
	assert_int_equal(parse("", "", HEAD LAST KEY("+") URL KEY("b") TAIL, 1000), -E2BIG);
	assert_string_equal(names, " |");
	cb_result = 0;
}

static void test_end_without_token_only_frees(void **state)
{
	static const char xml[] = HEAD KEY("a+b");
	void *list;

	(void)state;
	names[0] = '\0';
	assert_int_equal(s3_list_begin(&list, "", "", collect, NULL), 0);
	assert_int_equal(s3_list_feed(list, xml, strlen(xml)), 0);
	assert_int_equal(s3_list_end(list, NULL), 0);
	assert_string_equal(names, "");
}

static void test_error_body_is_read(void **state)
{
	static const char body[] =
	        "<?xml version=\"1.0\"?><Error><Code>AuthorizationHeaderMalformed</Code>"
	        "<Message>wrong&#10;region \xc3\xbc</Message><Region>eu-west-1</Region>"
	        "<Deep><Code>no</Code></Deep><Code>no</Code></Error>";
	struct s3_error e;

	(void)state;
	s3_error_parse(&e, body, strlen(body));
	assert_string_equal(e.code, "AuthorizationHeaderMalformed");
	assert_string_equal(e.message, "wrong region   ");
	assert_string_equal(e.region, "eu-west-1");
}

static void test_error_body_that_is_cut_or_foreign_gives_what_it_can(void **state)
{
	static const char cut[] = "<Error><Code>SlowDown</Code><Message>Please red";
	static const char html[] = "<html><Code>x</Code></html>";
	static const char entity[] =
	        "<!DOCTYPE Error [<!ENTITY a \"x\">]><Error><Code>&a;</Code></Error>";
	struct s3_error e;

	(void)state;
	s3_error_parse(&e, cut, strlen(cut));
	assert_string_equal(e.code, "SlowDown");
	s3_error_parse(&e, html, strlen(html));
	assert_string_equal(e.code, "");
	s3_error_parse(&e, entity, strlen(entity));
	assert_string_equal(e.code, "");
	s3_error_parse(&e, NULL, 0);
	assert_string_equal(e.code, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_objects_and_folders_below_the_prefix),
	        cmocka_unit_test(test_metadata_of_an_object),
	        cmocka_unit_test(test_etag_without_quotes_gets_them),
	        cmocka_unit_test(test_etag_that_cannot_be_a_header_is_dropped),
	        cmocka_unit_test(test_encoded_names_are_decoded),
	        cmocka_unit_test(test_names_of_a_server_that_does_not_encode_stay),
	        cmocka_unit_test(test_encoding_type_may_come_last),
	        cmocka_unit_test(test_bad_percent_encoding_is_refused),
	        cmocka_unit_test(test_marker_of_the_folder_itself_has_no_name),
	        cmocka_unit_test(test_empty_segment_is_a_folder_without_a_name),
	        cmocka_unit_test(test_names_that_are_no_path_segments_are_handed_on),
	        cmocka_unit_test(test_key_with_nul_is_hidden),
	        cmocka_unit_test(test_names_outside_of_the_prefix_are_refused),
	        cmocka_unit_test(test_incomplete_or_doubled_fields_are_refused),
	        cmocka_unit_test(test_bad_sizes_and_times_are_refused),
	        cmocka_unit_test(test_next_token_is_given),
	        cmocka_unit_test(test_listing_that_may_be_short_is_refused),
	        cmocka_unit_test(test_what_is_no_listing_is_refused),
	        cmocka_unit_test(test_entities_and_document_types_are_refused),
	        cmocka_unit_test(test_depth_and_length_have_limits),
	        cmocka_unit_test(test_page_has_a_limit),
	        cmocka_unit_test(test_callback_ends_the_page),
	        cmocka_unit_test(test_end_without_token_only_frees),
	        cmocka_unit_test(test_error_body_is_read),
	        cmocka_unit_test(test_error_body_that_is_cut_or_foreign_gives_what_it_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
