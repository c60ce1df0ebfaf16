/* A file of AWS's with sections, and what its token service answers: keys can stand in a header, or
 * there is a message. */
#include "fetch/credentials_parts.h"

#include <errno.h>
#include <stdio.h>

#include "../lib/bare_profile.h"
#include "../lib/fuzz_login.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct credentials *c)
{
	if ((*c->access_key_id && !login_is_token(c->access_key_id)) ||
	        (*c->session_token && !login_is_token(c->session_token)))
		abort();
}

static void parse(struct search *s, const uint8_t *data, size_t len)
{
	static struct section section;
	char *text = malloc(len + 1);

	for (int is_config = 0; is_config < 2; is_config++) {
		memcpy(text, data, len);
		text[len] = '\0';
		memset(&section, 0, sizeof section);
		section_parse(s, "a file", NULL, "default", is_config, text, &section);
	}
	free(text);
}

static void answer(struct search *s, const char *action)
{
	static const struct section none;
	static struct role role;
	static struct credentials out;

	memset(&out, 0, sizeof out);
	memset(&role, 0, sizeof role);
	role.section = &none;
	role.arn = role.name = "arn:aws:iam::1:role/r";
	snprintf(role.where, sizeof role.where, "a role");
	if (!sts_begin(s, &role, action) && sts_send(s, &role, NULL, &out) == 1)
		check(&out);
}

/* The machine's metadata service: a token, the name of a role, its keys. */
static void machine(struct search *s)
{
	static struct credentials out;

	memset(&out, 0, sizeof out);
	if (credentials_imds(s, "", &out) == 1)
		check(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config config = {.home = "/nonexistent"};
	static struct profile profile;
	static struct section main_section;
	static const char *const names[] = {
	        "AccessKeyId", "SecretAccessKey", "Token", "Expiration"};
	static struct credentials out;
	char err[STORE_ERROR_MAX] = "";
	struct search s = {.config = &config,
	        .profile = &profile,
	        .deadline = UINT64_MAX,
	        .main = &main_section,
	        .err = err};
	struct login_answer a;
	const struct login_request q = {.url = "https://h"};

	bare_profile(&profile);
	parse(&s, data, login_split(data, size));
	machine(&s);
	login_split(data, size);
	answer(&s, "AssumeRole");
	memset(&out, 0, sizeof out);
	if (!login_http(&q, &a, err) && credentials_take_json(&s, &out, &a, names, "a place") == 1)
		check(&out);
	login_answer_release(&a);
	return 0;
}
