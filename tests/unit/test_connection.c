/* Where an address leads, and which redirects are followed. */
#include "fetch/connection.h"
#include "fetch/transfer_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void every_form_of_an_address_is_seen_through(void **state)
{
	static const struct {
		const char *url;
		enum connection_reach want;
	} rows[] = {{"http://example.org/x", REACH_FAR}, {"https://10.0.0.1:8443/", REACH_FAR},
	        {"http://[2001:db8::1]/", REACH_FAR}, {"http://localhost:1/", REACH_SELF},
	        {"http://127.0.0.1/", REACH_SELF}, {"http://127.9.9.9/", REACH_SELF},
	        {"http://0x7f.1/", REACH_SELF}, {"http://2130706433/", REACH_SELF},
	        {"http://0/", REACH_SELF}, {"http://[::1]:9/", REACH_SELF},
	        {"http://[::ffff:127.0.0.1]/", REACH_SELF}, {"http://LOCALHOST./", REACH_SELF},
	        {"http://169.254.169.254/latest", REACH_LINK}, {"http://0xa9fea9fe/", REACH_LINK},
	        {"http://[fe80::1]/", REACH_LINK}, {"http://[fe80::1%25eth0]/", REACH_LINK},
	        {"http://[fd00:ec2::254]/", REACH_LINK},
	        {"http://metadata.google.internal/", REACH_LINK},
	        {"http://[::ffff:169.254.169.254]/", REACH_LINK},
	        {"file:///etc/passwd", REACH_NOWHERE}, {"gopher://h/", REACH_NOWHERE},
	        {"ftp://h/", REACH_NOWHERE}, {"", REACH_NOWHERE}, {"http://", REACH_NOWHERE},
	        {"//h/x", REACH_NOWHERE}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (connection_reach(rows[i].url) != rows[i].want)
			fail_msg("%s: %d", rows[i].url, connection_reach(rows[i].url));
	}
}

static void redirects_lead_neither_nearer_nor_into_the_open(void **state)
{
	static const struct {
		const char *from, *to;
		bool follows;
	} rows[] = {{"https://a/x", "https://b/y", true}, {"http://a/x", "https://a/x", true},
	        {"http://a/x", "http://b:81/x", true}, {"https://a/x", "http://a/x", false},
	        {"HTTPS://a/x", "http://a/x", false}, {"https://a/x", "HTTPS://b/x", true},
	        {"http://a/x", "file:///etc/passwd", false}, {"http://a/x", "gopher://a/", false},
	        {"http://a/x", "http://127.0.0.1:6379/", false},
	        {"http://a/x", "http://localhost/", false},
	        {"http://a/x", "http://169.254.169.254/", false},
	        {"http://127.0.0.1/x", "http://169.254.169.254/", false},
	        {"http://127.0.0.1/x", "http://a/", true},
	        {"http://127.0.0.1/x", "http://127.0.0.1:81/x", true},
	        {"http://127.0.0.1/x", "http://[::1]/x", true}};
	static char large[TRANSFER_REDIRECT_URL + 32];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!transfer_redirect_fault(rows[i].from, rows[i].to) != rows[i].follows)
			fail_msg("%s -> %s", rows[i].from, rows[i].to);
	}
	snprintf(large, sizeof large, "http://a/%0*d", TRANSFER_REDIRECT_URL, 0);
	assert_non_null(transfer_redirect_fault("http://a/x", large));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_form_of_an_address_is_seen_through),
	        cmocka_unit_test(redirects_lead_neither_nearer_nor_into_the_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
