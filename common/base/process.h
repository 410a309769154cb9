/* process.h - the process itself: its metrics (build, memory, processor time, descriptors, under Prometheus' own names), its
 * limits. */
#ifndef SHARELINK_PROCESS_H
#define SHARELINK_PROCESS_H

#include <stdint.h>

/* service: "links". Read anew at each collection. */
void process_metrics_setup(const char *service);

/* All that would end the process and mean nothing to it: there is nothing to read anew, no file of a log to open anew. */
void process_ignore_signals(void);

/* No core of this process is written, and no other process of the same user may look into it. */
void process_forbid_cores(void);

/* Raises the limit of open files so far as it is too low and may be raised; returns what may be open then, wanted at most. */
int64_t process_raise_descriptors(int64_t wanted);

#endif
