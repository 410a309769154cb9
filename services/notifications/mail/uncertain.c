/* uncertain.c - see the header. */
#include "services/notifications/mail/uncertain.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/data/crypto.h"
#include "common/loop/timer.h"
#include "services/notifications/mail/hasten_mails.sql.h"

enum { WAITING_MAX = 4096, HASTEN_AFTER_MS = 1000 };

struct waiting {
    char *id;
    int64_t since_us;
};

struct uncertain {
    struct daemon *daemon;
    int64_t pause_us;
    struct waiting list[WAITING_MAX]; /* the oldest first */
    int count;
    int64_t last_us, sent_us; /* when a mail ended so, when one went through; 0 for never */
    struct event *timer;
    bool is_hastening;
};

static void drop(struct uncertain *uncertain, int place);
static void hasten(evutil_socket_t fd, short what, void *arg);
static void on_hastened(void *arg, const struct pg_answer *answer);

struct uncertain *uncertain_new(struct daemon *daemon, int64_t pause_seconds)
{
    struct uncertain *uncertain = mem_alloc(sizeof *uncertain);

    uncertain->daemon = daemon;
    uncertain->pause_us = pause_seconds * 1000000;
    uncertain->timer = evtimer_new(daemon->base, hasten, uncertain);
    if (!uncertain->timer) {
        mem_fail();
    }
    return uncertain;
}

void uncertain_free(struct uncertain *uncertain)
{
    while (uncertain->count > 0) {
        drop(uncertain, uncertain->count - 1);
    }
    event_free(uncertain->timer);
    free(uncertain);
}

bool uncertain_is_quiet(const struct uncertain *uncertain)
{
    return !uncertain->is_hastening;
}

/* After the first time one try shows how the server is when nothing else does. */
bool uncertain_may_try(const struct uncertain *uncertain, int times)
{
    bool went_through_since = uncertain->sent_us > uncertain->last_us;
    bool is_long_ago = clock_mono_us() - uncertain->last_us >= uncertain->pause_us;

    return times == 0 || went_through_since || (times == 1 && (uncertain->last_us == 0 || is_long_ago));
}

int64_t uncertain_pause_ms(const struct uncertain *uncertain)
{
    int64_t pause_ms = uncertain->pause_us / 1000;

    return pause_ms + crypto_random_below((uint32_t)(pause_ms / 5 + 1));
}

bool uncertain_note(struct uncertain *uncertain, const char *delivery_id)
{
    bool is_servers_trouble = false;

    for (int i = uncertain->count - 1; i >= 0; i--) {
        if (str_equal(uncertain->list[i].id, delivery_id)) {
            drop(uncertain, i);
        } else {
            is_servers_trouble = is_servers_trouble || uncertain->list[i].since_us > uncertain->sent_us;
        }
    }
    if (uncertain->count == WAITING_MAX) {
        drop(uncertain, 0);
    }
    uncertain->last_us = clock_mono_us();
    uncertain->list[uncertain->count++] = (struct waiting){ mem_strdup(delivery_id), uncertain->last_us };
    return is_servers_trouble;
}

static void drop(struct uncertain *uncertain, int place)
{
    free(uncertain->list[place].id);
    uncertain->count--;
    memmove(&uncertain->list[place], &uncertain->list[place + 1], (size_t)(uncertain->count - place) * sizeof *uncertain->list);
}

void uncertain_note_sent(struct uncertain *uncertain, const char *delivery_id)
{
    uncertain->sent_us = clock_mono_us();
    for (int i = uncertain->count - 1; i >= 0; i--) {
        if (str_equal(uncertain->list[i].id, delivery_id)) {
            drop(uncertain, i);
        }
    }
    if (uncertain->count > 0 && !uncertain->is_hastening && !evtimer_pending(uncertain->timer, NULL)) {
        timer_set(uncertain->timer, HASTEN_AFTER_MS);
    }
}

/* Those that ended so before the last mail went through. Whose outcome is not recorded yet is asked for again. */
static void hasten(evutil_socket_t fd, short what, void *arg)
{
    struct uncertain *uncertain = arg;
    struct arena *arena = arena_new();
    struct pg_params params;
    size_t count = 0;
    (void)fd;
    (void)what;

    while (uncertain->count > 0 && clock_mono_us() - uncertain->list[0].since_us > 2 * uncertain->pause_us + 60000000) {
        drop(uncertain, 0); /* tried meanwhile, by whomever */
    }
    const char **ids = arena_calloc(arena, (size_t)uncertain->count, sizeof *ids);
    for (int i = 0; i < uncertain->count && uncertain->list[i].since_us < uncertain->sent_us; i++) {
        ids[count++] = uncertain->list[i].id;
    }
    if (count > 0) {
        struct hasten_mails_in in = { .delivery_ids = { ids, count } };
        hasten_mails_params(&params, arena, &in);
        uncertain->is_hastening = true;
        pg_send(uncertain->daemon->pg, &hasten_mails_statement, &params, on_hastened, uncertain);
    }
    arena_free(arena);
}

static void on_hastened(void *arg, const struct pg_answer *answer)
{
    struct uncertain *uncertain = arg;

    uncertain->is_hastening = false;
    for (int row = 0; row < pg_answer_rows(answer); row++) {
        const char *id = hasten_mails_read(answer, row).delivery_id;
        for (int i = uncertain->count - 1; i >= 0; i--) {
            if (str_equal(uncertain->list[i].id, id)) {
                drop(uncertain, i);
            }
        }
    }
    if (uncertain->count > 0 && uncertain->list[0].since_us < uncertain->sent_us) {
        timer_set(uncertain->timer, 2 * HASTEN_AFTER_MS);
    }
}
