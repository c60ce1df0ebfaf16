/* Records as they are read: whatever is in a file is a line of one, or is counted as none. */
#include "fetch/json.h"
#include "fetch/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD "{\"larder\""

struct taking {
	struct record *record;
	int error;
};

/* A time as text, or else a number of which `scale` are a millisecond's thousandth. False: neither.
 */
static bool take_time(const struct json_row *row, const char *text, const char *number,
        uint64_t per_second, int64_t *ms)
{
	uint64_t n = json_row_number(row, number);

	if (*json_row_text(row, text))
		return record_parse_time(json_row_text(row, text), ms) == 0;
	if (n / per_second > RECORD_SECONDS_MAX)
		return false;
	*ms = (int64_t)(n * (1000 / per_second));
	return true;
}

/* What tells generations apart, then the rest, each with its NUL. */
static struct record_entry *make(const struct json_row *row, int64_t modified, size_t *key_len)
{
	const char *const parts[] = {json_row_text(row, "url"), json_row_text(row, "profile"),
	        json_row_text(row, "version"), "", json_row_text(row, "etag"),
	        json_row_text(row, "checksum")};
	const char *at[sizeof parts / sizeof parts[0]];
	struct record_entry *e;
	size_t size = 0;
	char facts[64];
	char *p;

	snprintf(facts, sizeof facts, "%llu %lld", (unsigned long long)json_row_number(row, "size"),
	        (long long)modified);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		size += strlen(i == 3 ? facts : parts[i]) + 1;
	e = calloc(1, sizeof *e + size);
	if (!e)
		return NULL;
	p = e->text;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		const char *part = i == 3 ? facts : parts[i];

		at[i] = memcpy(p, part, strlen(part) + 1);
		p += strlen(part) + 1;
	}
	*key_len = (size_t)(at[5] - at[0]);
	e->url = at[0];
	e->profile = at[1];
	e->version = at[2];
	e->etag = at[4];
	e->checksum = at[5];
	e->size = json_row_number(row, "size");
	e->executable = json_row_number(row, "executable") != 0;
	e->modified = modified;
	return e;
}

static bool is_sane(const struct json_row *row)
{
	size_t url = strlen(json_row_text(row, "url"));

	return url && url < RECORD_LINE_MAX && strstr(json_row_text(row, "url"), ":/") &&
	       strlen(json_row_text(row, "version")) <= STORE_VERSION_MAX &&
	       strlen(json_row_text(row, "etag")) <= STORE_ETAG_MAX &&
	       strlen(json_row_text(row, "profile")) <= RECORD_NAME_MAX &&
	       strlen(json_row_text(row, "checksum")) <= RECORD_CHECKSUM_MAX &&
	       json_row_number(row, "size") <= INT64_MAX;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

static void merge(struct record *r, struct record_entry *e, size_t key_len)
{
	struct record_entry *known;

	HASH_FIND(hh, r->entries, e->text, key_len, known);
	if (!known) {
		HASH_ADD_KEYPTR(hh, r->entries, e->text, key_len, e);
		return;
	}
	known->opens = sum(known->opens, e->opens);
	known->bytes = sum(known->bytes, e->bytes);
	known->first = e->first < known->first ? e->first : known->first;
	known->last = e->last > known->last ? e->last : known->last;
	free(e);
}

static void on_row(void *arg, const char *section, const struct json_row *row)
{
	struct taking *t = arg;
	struct record_entry *e;
	int64_t modified = 0, first = 0, last = 0;
	uint64_t opens = json_row_number(row, "opens");
	size_t key_len;

	if (t->error)
		return;
	if (*section || !is_sane(row) || !take_time(row, "modified", "mtime", 1, &modified) ||
	        !take_time(row, "first", "at", 1000, &first) ||
	        !take_time(row, "last", "at", 1000, &last)) {
		t->error = -EPROTO;
		return;
	}
	if (HASH_COUNT(t->record->entries) >= RECORD_OBJECTS_MAX) {
		t->error = -E2BIG;
		return;
	}
	e = make(row, modified / 1000, &key_len);
	if (!e) {
		t->error = -ENOMEM;
		return;
	}
	e->first = first;
	e->last = last;
	e->opens = opens ? opens : 1;
	e->bytes = opens ? json_row_number(row, "bytes") : e->size;
	merge(t->record, e, key_len);
}

static int take(struct record *r)
{
	struct taking t = {.record = r};
	size_t len = r->len;

	r->len = 0;
	r->lines++;
	if (!len || (len < RECORD_LINE_MAX && strncmp(r->line, HEAD, sizeof HEAD - 1) == 0))
		return 0;
	if (len < RECORD_LINE_MAX && strlen(r->line) == len &&
	        json_read(r->line, len, on_row, &t) == 0 && t.error != -EPROTO)
		return t.error;
	if (!r->damaged++)
		r->first_damaged = r->lines;
	return 0;
}

int record_feed(struct record *r, const char *data, size_t n)
{
	int err = 0;

	if (!r->line && !(r->line = malloc(RECORD_LINE_MAX)))
		return -ENOMEM;
	while (n && !err) {
		const char *end;
		size_t part;

		/* What was cut out of a file, in whole or in part of a block. */
		if (!r->len && !*data) {
			data++;
			n--;
			continue;
		}
		end = memchr(data, '\n', n);
		part = end ? (size_t)(end - data) : n;

		if (part >= RECORD_LINE_MAX - r->len) {
			r->len = RECORD_LINE_MAX;
		} else {
			memcpy(r->line + r->len, data, part);
			r->len += part;
			r->line[r->len] = 0;
		}
		if (end)
			err = take(r);
		part += end != NULL;
		data += part;
		n -= part;
	}
	return err;
}

int record_end(struct record *r)
{
	return r->len ? take(r) : 0;
}

int record_read(struct record *r, const char *path)
{
	FILE *f = fopen(path, "re");
	char piece[BUFSIZ];
	off_t start;
	size_t n;
	int err = 0;

	if (!f)
		return -errno;
	start = lseek(fileno(f), 0, SEEK_DATA); /* not through gigabytes of what was cut out */
	if (start > 0)
		fseeko(f, start, SEEK_SET);
	while (!err && (n = fread(piece, 1, sizeof piece, f)) > 0)
		err = record_feed(r, piece, n);
	if (!err)
		err = ferror(f) ? -EIO : record_end(r);
	fclose(f);
	return err;
}

int record_read_whole(struct record *r, const char *path, char err[static RECORD_ERROR_MAX])
{
	int ret = record_read(r, path);

	if (!ret && r->damaged)
		snprintf(err, RECORD_ERROR_MAX,
		        "line %llu is not of a record (%llu of %llu lines are not); is it one?",
		        (unsigned long long)r->first_damaged, (unsigned long long)r->damaged,
		        (unsigned long long)r->lines);
	else if (!ret && !r->lines)
		snprintf(err, RECORD_ERROR_MAX, "it is empty; is it a record?");
	else if (ret == -E2BIG)
		snprintf(err, RECORD_ERROR_MAX, "line %llu: a record has at most %d objects",
		        (unsigned long long)r->lines, RECORD_OBJECTS_MAX);
	else if (ret)
		snprintf(err, RECORD_ERROR_MAX, "%s", strerror(-ret));
	return ret ? ret : r->damaged || !r->lines ? -EBADMSG : 0;
}

void record_release(struct record *r)
{
	struct record_entry *e, *next;

	HASH_ITER (hh, r->entries, e, next) {
		HASH_DEL(r->entries, e);
		free(e);
	}
	free(r->line);
	*r = (struct record){0};
}
