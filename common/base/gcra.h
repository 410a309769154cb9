/* gcra.h - the generic cell rate algorithm: a bucket that is one number.
 *
 * The "virtual scheduling" form of ATM Forum Traffic Management 4.0 (af-tm-0056.000, section 4.4.2; the same in ITU-T I.371,
 * annex A): tat is the theoretical arrival time, at which the bucket would be full again. A permit moves it by one interval;
 * one is refused when tat would come to lie more than burst intervals ahead. All times are microseconds of one clock.
 */
#ifndef SHARELINK_GCRA_H
#define SHARELINK_GCRA_H

#include <stdbool.h>
#include <stdint.h>

struct gcra {
    int64_t interval_us; /* between two permits in the long run */
    int64_t burst;       /* permits at once after a rest */
};

/* One permit at now_us, or false and *tat_us stays. */
bool gcra_take(const struct gcra *gcra, int64_t *tat_us, int64_t now_us);
/* Permits that could be had at once. */
int64_t gcra_left(const struct gcra *gcra, int64_t tat_us, int64_t now_us);
/* Until the next permit; 0 when there is one now. */
int64_t gcra_wait_us(const struct gcra *gcra, int64_t tat_us, int64_t now_us);
/* Until all permits are there again. */
int64_t gcra_rest_us(int64_t tat_us, int64_t now_us);

#endif
