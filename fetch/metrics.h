/*
 * Metrics for Prometheus, in its text format 0.0.4: by HTTP on a Unix socket or a loopback port,
 * and as a file for node_exporter's textfile collector.
 *
 * [cache] metrics = unix:/path or 127.0.0.1:9180 (or [::1]:9180); GET /metrics is all that is
 * answered. At most METRICS_CLIENTS at once, each with one request of METRICS_REQUEST_MAX bytes and
 * METRICS_CLIENT_MS for it and its answer. metrics_file is written beside and renamed, every
 * METRICS_FILE_MS. What cannot be bound or written is told in the log once, and tried again.
 *
 * Counters are those of this process, so they begin at 0 with each agent, as Prometheus expects it.
 */
#ifndef LARDER_FETCH_METRICS_H
#define LARDER_FETCH_METRICS_H

#include "fetch/process.h"

#include <stddef.h>
#include <stdio.h>

#define METRICS_CLIENTS     16
#define METRICS_CLIENT_MS   10000
#define METRICS_REQUEST_MAX 4096
#define METRICS_FILE_MS     15000

/* Where to listen. */
struct metrics_address {
	bool is_unix;
	const char *path; /* of unix:, in the text that was parsed */
	struct sockaddr_storage ip;
};

/* 0; -EINVAL if it is neither unix:/path nor a loopback address with a port. */
int metrics_parse(const char *text, struct metrics_address *out);

/*
 * What to answer to the bytes of a request so far: 0 (more are needed), or the status: 200, 400,
 * 404, 405.
 */
int metrics_judge(const char *request, size_t len);

/* Begins as the configuration in force says; again after a reload. */
void metrics_start(struct process *p);

/* Closes all, and removes the file; if it is just being written (p->metrics_writes), after that. */
void metrics_stop(struct process *p);

/* Writes the text. */
void metrics_print(const struct process *p, FILE *f);

/* Writes the value of a label, with its quotes. */
void metrics_print_label(FILE *f, const char *value);

#endif
