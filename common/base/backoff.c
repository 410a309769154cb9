/* backoff.c - see backoff.h. The chance here keeps clients apart; it guards nothing. */
#include "common/base/backoff.h"

#include <event2/util.h>
#include <stdint.h>

int backoff_ms(unsigned attempt, int first_ms, int most_ms)
{
    int whole_ms = first_ms;
    uint32_t chance = 0;

    while (attempt-- > 0 && whole_ms < most_ms) {
        whole_ms = whole_ms > most_ms / 2 ? most_ms : whole_ms * 2;
    }
    evutil_secure_rng_get_bytes(&chance, sizeof chance);
    return whole_ms - (int)(chance % ((uint32_t)whole_ms / 2 + 1));
}
