/* process.h - metrics of the process itself: its build, memory, processor time and descriptors, under Prometheus' own names. */
#ifndef SHARELINK_PROCESS_H
#define SHARELINK_PROCESS_H

/* service: "links". Read anew at each collection. */
void process_metrics_setup(const char *service);

#endif
