/* Pages of List Blobs, well formed and hostile. */
#define LIST(verb) azure_list_##verb

#include "fetch/azure_list.h"
#include "unit/page_test.h"

#include <stdlib.h>

#define HEAD                                                                                       \
	"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults "               \
	"ServiceEndpoint=\"https://a.blob.core.windows.net/\" ContainerName=\"c\">"                \
	"<Prefix>p</Prefix><MaxResults>5</MaxResults><Delimiter>/</Delimiter><Blobs>"
#define TAIL "</Blobs><NextMarker /></EnumerationResults>"
#define MORE "</Blobs><NextMarker>2!8!bWFya2Vy</NextMarker></EnumerationResults>"
#define WHEN "<Last-Modified>Fri, 24 May 2013 00:00:01 GMT</Last-Modified>"
#define PROPERTIES(size)                                                                           \
	"<Properties><Creation-Time>Thu, 01 Jan 1970 00:00:09 GMT</Creation-Time>" WHEN            \
	"<Etag>0x8DCB</Etag><Content-Length>" size "</Content-Length>"                             \
	"<Content-MD5>sQqNsWTgdUEFt6mb5y4/5Q==</Content-MD5></Properties>"
#define BLOB(name)   "<Blob><Name>" name "</Name>" PROPERTIES("7") "</Blob>"
#define FOLDER(name) "<BlobPrefix><Name>" name "</Name></BlobPrefix>"

static void test_blobs_and_folders_below_the_prefix(void **state)
{
	(void)state;
	assert_names("a/", HEAD BLOB("a/x") FOLDER("a/d/") BLOB("a/y &amp; z") TAIL, "x|d/|y & z|");
	assert_string_equal(token, "");
}

static void test_metadata_of_a_blob(void **state)
{
	(void)state;
	assert_names("",
	        HEAD "<Blob><Name>k</Name>" PROPERTIES("9223372036854775807") "</Blob>" TAIL, "k|");
	assert_string_equal(last_info.etag, "\"0x8DCB\"");
	assert_int_equal(last_info.mtime, 1369353601);
	assert_true(last_info.size == INT64_MAX);
	assert_int_equal(last_info.sum.kind, CHECKSUM_MD5);
	assert_int_equal(last_info.sum.value[0], 0xb1);
}

static void test_pages_have_markers(void **state)
{
	(void)state;
	assert_int_equal(parse("", "", HEAD BLOB("a") MORE, 7), 0);
	assert_string_equal(token, "2!8!bWFya2Vy");
	/* A page may be empty and still not the last. */
	assert_int_equal(parse("", "x", HEAD MORE, 7), 0);
	assert_string_equal(names, "");
	assert_string_equal(token, "2!8!bWFya2Vy");
	/* A marker that leads to itself never ends. */
	assert_int_equal(parse("", "2!8!bWFya2Vy", HEAD MORE, 7), -EPROTO);
}

static void test_a_page_that_does_not_say_that_it_is_the_last_is_refused(void **state)
{
	(void)state;
	assert_refused("", HEAD BLOB("a") "</Blobs></EnumerationResults>");
	assert_refused("", HEAD BLOB("a") "</Blobs><NextMarker />");
	assert_refused("", HEAD "</Blobs><NextMarker /><NextMarker>x</NextMarker>"
	                        "</EnumerationResults>");
}

static void test_names_that_xml_cannot_hold_are_encoded(void **state)
{
	(void)state;
	assert_names("",
	        HEAD "<Blob><Name Encoded=\"true\">a%EF%BF%BE%25+b</Name>" PROPERTIES(
	                "1") "</Blob>" BLOB("%41") TAIL,
	        "a\xef\xbf\xbe%+b|%41|");
	assert_names("", HEAD "<BlobPrefix><Name Encoded=\"true\">%01/</Name></BlobPrefix>" TAIL,
	        "\x01/|");
	assert_refused(
	        "", HEAD "<Blob><Name Encoded=\"true\">a%zz</Name>" PROPERTIES("1") "</Blob>" TAIL);
	/* No path can name it. */
	assert_names("",
	        HEAD "<Blob><Name Encoded=\"true\">a%00b</Name>" PROPERTIES("1") "</Blob>" TAIL,
	        "");
}

static void test_blobs_that_mark_a_directory_are_directories(void **state)
{
	(void)state;
	assert_names("",
	        HEAD "<Blob><Name>d</Name>" PROPERTIES(
	                "0") "<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata></Blob>" TAIL,
	        "d/|");
	assert_names("a/",
	        HEAD "<Blob><Name>a/d</Name><Properties>" WHEN "<Content-Length>0</Content-Length>"
	             "<ResourceType>directory</ResourceType></Properties></Blob>" TAIL,
	        "d/|");
	/* As accounts with a hierarchical namespace have them, and Hadoop. */
	assert_names("",
	        HEAD "<BlobPrefix><Name>d/</Name><Properties>" WHEN "<ResourceType>directory"
	             "</ResourceType></Properties></BlobPrefix>" TAIL,
	        "d/|");
	assert_names("",
	        HEAD "<Blob><Name>d</Name>" PROPERTIES(
	                "0") "<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata></Blob>"
	                     "<BlobPrefix><Name>d/</Name></BlobPrefix>" TAIL,
	        "d/|d/|");
	/* That of the prefix itself, and one that has content. */
	assert_names("a/",
	        HEAD "<Blob><Name>a/</Name>" PROPERTIES(
	                "0") "<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata></Blob>" TAIL,
	        "|");
	assert_names("",
	        HEAD "<Blob><Name>d</Name>" PROPERTIES(
	                "1") "<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata></Blob>" TAIL,
	        "d|");
}

static void test_elements_elsewhere_mean_nothing(void **state)
{
	(void)state;
	assert_names("",
	        HEAD "<Blob><Name>k</Name><Other><Name>x</Name></Other>" PROPERTIES(
	                "7") "<Metadata><Name>y</Name><Content-Length>9</Content-Length></Metadata>"
	                     "<Tags><TagSet><Tag><Key>Name</Key></Tag></TagSet></Tags></Blob>" TAIL,
	        "k|");
	assert_true(last_info.size == 7);
}

static void test_what_is_no_listing_of_the_prefix_is_refused(void **state)
{
	static const char *const pages[] = {
	        "",
	        "<Error><Code>InternalError</Code></Error>",
	        HEAD BLOB("b/x") TAIL,
	        HEAD BLOB("a/d/x") TAIL,
	        HEAD FOLDER("a/d") TAIL,
	        HEAD "<Blob>" PROPERTIES("1") "</Blob>" TAIL,
	        HEAD "<Blob><Name>a/x</Name></Blob>" TAIL,
	        HEAD "<Blob><Name>a/x</Name><Name>a/y</Name>" PROPERTIES("1") "</Blob>" TAIL,
	        HEAD "<Blob><Name>a/x</Name>" PROPERTIES("-1") "</Blob>" TAIL,
	        HEAD "<Blob><Name>a/x</Name>" PROPERTIES("9223372036854775808") "</Blob>" TAIL,
	        HEAD "<Blob><Name>a/x</Name><Properties><Last-Modified>soon</Last-Modified>"
	             "<Content-Length>1</Content-Length></Properties></Blob>" TAIL,
	        "<!DOCTYPE EnumerationResults [<!ENTITY a \"x\">]>" HEAD TAIL,
	};

	(void)state;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
		assert_refused("a/", pages[i]);
}

static void test_what_is_kept_has_limits(void **state)
{
	char *xml = malloc(4 * STORE_KEY_MAX);
	size_t at;

	(void)state;
	at = (size_t)sprintf(xml, HEAD "<Blob><Name>");
	memset(xml + at, 'k', STORE_KEY_MAX + 1);
	strcpy(xml + at + STORE_KEY_MAX + 1, "</Name>" PROPERTIES("1") "</Blob>" TAIL);
	assert_refused("", xml);
	at = (size_t)sprintf(xml, HEAD "</Blobs><NextMarker>");
	memset(xml + at, 'm', STORE_TOKEN_MAX + 1);
	strcpy(xml + at + STORE_TOKEN_MAX + 1, "</NextMarker></EnumerationResults>");
	assert_refused("", xml);
	free(xml);
}

static void test_a_listing_can_be_given_up(void **state)
{
	void *list;

	(void)state;
	assert_int_equal(azure_list_begin(&list, "", "", collect, NULL), 0);
	assert_int_equal(azure_list_feed(list, HEAD, strlen(HEAD)), 0);
	assert_int_equal(azure_list_end(list, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_blobs_and_folders_below_the_prefix),
	        cmocka_unit_test(test_metadata_of_a_blob),
	        cmocka_unit_test(test_pages_have_markers),
	        cmocka_unit_test(test_a_page_that_does_not_say_that_it_is_the_last_is_refused),
	        cmocka_unit_test(test_names_that_xml_cannot_hold_are_encoded),
	        cmocka_unit_test(test_blobs_that_mark_a_directory_are_directories),
	        cmocka_unit_test(test_elements_elsewhere_mean_nothing),
	        cmocka_unit_test(test_what_is_no_listing_of_the_prefix_is_refused),
	        cmocka_unit_test(test_what_is_kept_has_limits),
	        cmocka_unit_test(test_a_listing_can_be_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
