/*
 * What the agent tells of itself: WIRE_STATUS as one line, WIRE_REPORT as JSON (json.h) in a
 * descriptor.
 *
 *	AGENT  version pid location runtime_dir config_file uptime_s
 *	DF     version pid location runtime_dir config_file uptime_s
 *	       totals: bytes files size files_limit free capacity trash_bytes trash_files writable,
 *	       and with a local tier local_location local_bytes local_size
 *	       profiles: name dir remote path bytes files oldest quota, and each of counters.h
 *	TOP    now_ms clients objects, and each of counters.h since the agent began
 *	       waiting: pid uid op rel url state done total fill_ms age_ms   (of object.h's
 *object_now) PINS   pins: rel
 *
 * Sizes are bytes, times seconds since 1970, ages milliseconds. What blocks is done by a worker.
 */
#ifndef LARDER_FETCH_REPORT_H
#define LARDER_FETCH_REPORT_H

#include "fetch/agent.h"

#include <stdio.h>
#include <sys/socket.h>

#define REPORT_BYTES_MAX (1LL << 30) /* of a report */

/* Answers with the report. */
void report_ask(struct agent *a, enum wire_report what, const struct ucred *peer, struct waiter *w);

/* "pid=1 uptime_s=2 …" */
void report_status(const struct agent *a, char *out, size_t size);

/* A stream to write a report to, and its descriptor for the answer: -errno if it could not be
 * written. */
FILE *report_open(void);
int report_close(FILE *f);

#endif
