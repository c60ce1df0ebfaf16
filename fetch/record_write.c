/* Records as they are written, and the times in them. */
#include "fetch/json.h"
#include "fetch/record.h"

#include <errno.h>
#include <string.h>
#include <time.h>

const char *record_time(int64_t ms, char out[static RECORD_TIME_MAX])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	out[0] = 0;
	if (ms < 0 || seconds > RECORD_SECONDS_MAX || !gmtime_r(&seconds, &tm))
		return out;
	n = strftime(out, RECORD_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, RECORD_TIME_MAX - n, ".%03dZ", (int)(ms % 1000));
	return out;
}

int record_parse_time(const char *text, int64_t *ms)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t seconds, fraction = 0;

	if (!end)
		return -EINVAL;
	if (*end == '.') {
		for (int scale = 100; *++end >= '0' && *end <= '9'; scale /= 10)
			fraction += (*end - '0') * scale;
	}
	seconds = timegm(&tm);
	if (strcmp(end, "Z") != 0 || seconds < 0 || seconds > RECORD_SECONDS_MAX)
		return -EINVAL;
	*ms = seconds * 1000 + fraction;
	return 0;
}

static void write_run(const struct record_run *run, FILE *file)
{
	struct json j = json_begin(file);
	char time[RECORD_TIME_MAX];

	json_text(&j, "larder", LARDER_VERSION);
	json_texts(&j, "command", run->command);
	json_text(&j, "start", record_time(run->start, time));
	json_text(&j, "end", record_time(run->end, time));
	if (run->status >= 0)
		json_number(&j, "status", (uint64_t)run->status);
	else
		json_number(&j, "signal", (uint64_t)-run->status);
	json_finish(&j);
}

static void write_entry(const struct record_entry *e, FILE *file)
{
	struct json j = json_begin(file);
	char time[RECORD_TIME_MAX];

	json_text(&j, "url", e->url);
	json_text(&j, "profile", e->profile);
	json_text(&j, "version", e->version);
	json_text(&j, "etag", e->etag);
	json_text(&j, "checksum", e->checksum);
	json_number(&j, "size", e->size);
	json_text(&j, "modified", record_time(e->modified * 1000, time));
	json_bool(&j, "executable", e->executable);
	json_text(&j, "first", record_time(e->first, time));
	json_text(&j, "last", record_time(e->last, time));
	json_number(&j, "opens", e->opens);
	json_number(&j, "bytes", e->bytes);
	json_finish(&j);
}

void record_write(const struct record *r, const struct record_run *run, FILE *file)
{
	if (run)
		write_run(run, file);
	for (const struct record_entry *e = r->entries; e; e = e->hh.next)
		write_entry(e, file);
}
