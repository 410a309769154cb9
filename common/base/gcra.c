/* gcra.c - see gcra.h. */
#include "common/base/gcra.h"

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool gcra_take(const struct gcra *gcra, int64_t *tat_us, int64_t now_us)
{
    if (gcra_wait_us(gcra, *tat_us, now_us) > 0) {
        return false;
    }
    *tat_us = later(*tat_us, now_us) + gcra->interval_us;
    return true;
}

int64_t gcra_left(const struct gcra *gcra, int64_t tat_us, int64_t now_us)
{
    return later(0, gcra->burst - (gcra_rest_us(tat_us, now_us) + gcra->interval_us - 1) / gcra->interval_us);
}

int64_t gcra_wait_us(const struct gcra *gcra, int64_t tat_us, int64_t now_us)
{
    return later(0, gcra_rest_us(tat_us, now_us) + gcra->interval_us - gcra->burst * gcra->interval_us);
}

int64_t gcra_rest_us(int64_t tat_us, int64_t now_us)
{
    return later(0, tat_us - now_us);
}
