/* clock.h - the clocks: one to measure with, one for what others count on meanwhile, one to tell people. */
#ifndef SHARELINK_CLOCK_H
#define SHARELINK_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Microseconds of CLOCK_MONOTONIC: for durations and deadlines, never shown. */
int64_t clock_mono_us(void);
/* Microseconds of CLOCK_BOOTTIME: it goes on while the machine is suspended. For leases, which end whether or not their holder
 * runs. */
int64_t clock_boot_us(void);
/* Milliseconds since 1970 UTC: for ids and log lines. */
int64_t clock_wall_ms(void);

#define CLOCK_RFC3339_SIZE 25 /* 2026-11-22T09:30:00.123Z and its NUL */
void clock_rfc3339(char to[CLOCK_RFC3339_SIZE], int64_t wall_ms);

#define CLOCK_RFC5322_SIZE 32 /* Sun, 22 Nov 2026 09:30:00 +0000 and its NUL */
void clock_rfc5322(char to[CLOCK_RFC5322_SIZE], int64_t wall_ms);

/* Reads RFC 3339 with Z or an offset; false when text is none. Fractions beyond milliseconds are cut. */
#include <stdbool.h>
bool clock_parse_rfc3339(const char *text, int64_t *wall_ms);

#endif
