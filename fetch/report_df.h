/* What makes reports have in common, and the one that needs a look at the disk. */
#ifndef LARDER_FETCH_REPORT_DF_H
#define LARDER_FETCH_REPORT_DF_H

#include "fetch/json.h"
#include "fetch/report.h"

/* What an agent is: the first values of each report. */
void report_agent(struct json *j, const struct agent *a);

/* Ends the report and answers with it. `f` NULL: there was no memory. */
void report_answer(struct waiter *w, FILE *f);

void report_df(struct agent *a, struct waiter *w);

#endif
