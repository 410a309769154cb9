/* set_aside.c - see the header. */
#include "services/notifications/leases/set_aside.h"

#include <stdlib.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/str.h"

enum { FIRST_MS = 1000, MOST_MS = 300000, DOUBT_MS = 2000 };

static int place_of(const struct set_aside *aside, const char *id)
{
    for (int i = 0; i < aside->count; i++) {
        if (str_equal(aside->list[i].id, id)) {
            return i;
        }
    }
    return -1;
}

static struct set_aside_delivery *find(struct set_aside *aside, const char *id)
{
    int place = place_of(aside, id);

    return place < 0 ? NULL : &aside->list[place];
}

static struct set_aside_delivery *make_room(struct set_aside *aside)
{
    struct set_aside_delivery *next = &aside->list[0];

    if (aside->count < SET_ASIDE_MAX) {
        return &aside->list[aside->count++];
    }
    for (int i = 1; i < aside->count; i++) {
        next = aside->list[i].until_us < next->until_us ? &aside->list[i] : next;
    }
    return next;
}

bool set_aside_add(struct set_aside *aside, const char *id, bool is_sure, int64_t brought_us)
{
    struct set_aside_delivery *delivery = find(aside, id);

    if (!delivery) {
        delivery = make_room(aside);
        free(delivery->id);
        *delivery = (struct set_aside_delivery){ .id = mem_strdup(id), .failed_us = INT64_MAX };
    }
    is_sure = is_sure || brought_us > delivery->failed_us;
    int pause_ms = is_sure ? backoff_ms((unsigned)delivery->failures++, FIRST_MS, MOST_MS) : DOUBT_MS;
    delivery->is_in_doubt = !is_sure;
    delivery->failed_us = clock_mono_us();
    delivery->until_us = delivery->failed_us + (int64_t)pause_ms * 1000;
    return is_sure;
}

int set_aside_failures(const struct set_aside *aside, const char *id)
{
    int place = place_of(aside, id);

    return place < 0 ? 0 : aside->list[place].failures;
}

void set_aside_remove(struct set_aside *aside, const char *id)
{
    struct set_aside_delivery *delivery = find(aside, id);

    if (delivery) {
        free(delivery->id);
        *delivery = aside->list[--aside->count];
        aside->list[aside->count].id = NULL;
    }
}

void set_aside_clear_doubts(struct set_aside *aside)
{
    for (int i = 0; i < aside->count; i++) {
        if (aside->list[i].is_in_doubt) {
            aside->list[i].until_us = 0;
        }
    }
}

int set_aside_due(const struct set_aside *aside, const char **ids, int most)
{
    int64_t now_us = clock_mono_us();
    int count = 0;

    for (int i = 0; i < aside->count && count < most; i++) {
        if (aside->list[i].until_us <= now_us) {
            ids[count++] = aside->list[i].id;
        }
    }
    return count;
}

void set_aside_empty(struct set_aside *aside)
{
    while (aside->count > 0) {
        set_aside_remove(aside, aside->list[0].id);
    }
}
