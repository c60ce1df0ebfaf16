#include "fetch/xml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <expat.h>

struct xml {
	const struct xml_reader *reader;
	void *arg;
	XML_Parser parser;
	size_t bytes, text_len;
	int depth, err;
	bool wanted;
	char text[XML_TEXT_MAX + 1];
};

static void fail(struct xml *x, int err)
{
	if (!x->err)
		x->err = err;
	XML_StopParser(x->parser, XML_FALSE);
}

static void on_begin(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct xml *x = arg;
	int result = -EPROTO;

	x->text_len = 0;
	if (++x->depth <= XML_DEPTH_MAX)
		result = x->reader->begin(x->arg, x->depth, name, attributes);
	x->wanted = result == XML_TEXT;
	if (result < 0)
		fail(x, result);
}

static void on_end(void *arg, const XML_Char *name)
{
	struct xml *x = arg;
	int depth = x->depth--, result;

	(void)name;
	/* expat still delivers the end of an empty element in which it was stopped. */
	if (x->err)
		return;
	x->text[x->text_len] = '\0';
	result = x->reader->end(x->arg, depth, x->text, x->text_len);
	x->text_len = 0;
	x->wanted = false;
	if (result < 0)
		fail(x, result);
}

static void on_text(void *arg, const XML_Char *s, int len)
{
	struct xml *x = arg;

	if (!x->wanted || x->err)
		return;
	if ((size_t)len > XML_TEXT_MAX - x->text_len) {
		fail(x, -EPROTO);
		return;
	}
	memcpy(x->text + x->text_len, s, len);
	x->text_len += len;
}

static void on_doctype(
        void *arg, const XML_Char *name, const XML_Char *sys, const XML_Char *pub, int subset)
{
	(void)name, (void)sys, (void)pub, (void)subset;
	fail(arg, -EPROTO);
}

struct xml *xml_new(const struct xml_reader *reader, void *arg)
{
	struct xml *x = calloc(1, sizeof *x);

	if (!x)
		return NULL;
	x->reader = reader;
	x->arg = arg;
	x->parser = XML_ParserCreate("UTF-8");
	if (!x->parser) {
		free(x);
		return NULL;
	}
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_begin, on_end);
	XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	return x;
}

static int parse(struct xml *x, const char *data, size_t len, bool last)
{
	if (x->err)
		return x->err;
	if (len > XML_BYTES_MAX - x->bytes)
		return x->err = -EPROTO;
	x->bytes += len;
	if (XML_Parse(x->parser, data, (int)len, last) == XML_STATUS_ERROR && !x->err)
		x->err = XML_GetErrorCode(x->parser) == XML_ERROR_NO_MEMORY ? -ENOMEM : -EPROTO;
	return x->err;
}

int xml_feed(struct xml *x, const char *data, size_t len)
{
	return parse(x, data, len, false);
}

int xml_finish(struct xml *x)
{
	return parse(x, "", 0, true);
}

void xml_free(struct xml *x)
{
	if (!x)
		return;
	XML_ParserFree(x->parser);
	free(x);
}

/* A small document's fields: `to` is the one whose text arrives. */
struct small {
	const char *root;
	const struct xml_field *fields, *to;
	size_t n;
};

static int small_begin(void *arg, int depth, const char *name, const char **attributes)
{
	struct small *s = arg;

	(void)attributes;
	s->to = NULL;
	if (depth == 1 && strcmp(name, s->root))
		return -EPROTO;
	for (size_t i = 0; depth == 2 && i < s->n; i++)
		if (!strcmp(name, s->fields[i].name) && !*s->fields[i].out)
			s->to = &s->fields[i];
	return s->to ? XML_TEXT : 0;
}

static int small_end(void *arg, int depth, const char *text, size_t len)
{
	struct small *s = arg;

	(void)depth;
	for (size_t i = 0; s->to && i < len && i + 1 < s->to->size; i++) {
		s->to->out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : ' ';
		s->to->out[i + 1] = '\0';
	}
	s->to = NULL;
	return 0;
}

void xml_fields(
        const char *body, size_t len, const char *root, const struct xml_field *fields, size_t n)
{
	static const struct xml_reader reader = {small_begin, small_end};
	struct small s = {.root = root, .fields = fields, .n = n};
	struct xml *x = xml_new(&reader, &s);

	for (size_t i = 0; i < n; i++)
		fields[i].out[0] = '\0';
	if (x)
		xml_feed(x, body, len);
	xml_free(x);
}
