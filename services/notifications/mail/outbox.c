/* outbox.c - see the header.
 *
 * A mail in hand goes CLAIMED → SENDING → RECORDING and is gone when PostgreSQL has its outcome; until then its lease is
 * renewed. As many are claimed ahead as a moment lasts, measured by what was sent in the last one: a claim that brings many
 * costs little more than one that brings few, and nobody takes what another worker could send sooner. Only the few that are
 * handed over, and not yet recorded, can come twice when this process dies: the others were never begun. When an outcome
 * cannot be recorded (PostgreSQL is away), it is kept and tried again: a mail that was sent must not be sent again because
 * nobody wrote it down. What this process never gets to tell, the lease's end tells.
 */
#include "services/notifications/mail/outbox.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/data/json.h"
#include "common/base/log.h"
#include "common/mail/mail.h"
#include "common/base/metrics.h"
#include "common/pg/batch.h"
#include "common/base/str.h"
#include "services/notifications/mail/compose_mail.h"
#include "services/notifications/mail/schedule_mails.h"

enum { CLAIM_EVERY_MS = 500, RECORD_AGAIN_MS = 500, RETRY_FIRST_MS = 5000, RETRY_MOST_MS = 300000, MOMENT_US = 250000, HAND_MOST = 2000 };

struct mail_in_hand {
    struct outbox *outbox;
    struct mail_in_hand *before, *after;
    struct mail_in_hand *next_waiting; /* claimed and not handed over */
    const json_t *context;             /* what it is composed from, when it is handed over */
    struct arena *arena;
    const char *delivery_id;
    const char *kind;
    const char *request_id, *traceparent; /* of the request that it all began with */
    int attempts;
    const char *outcome; /* once it is known */
    const char *detail;
    const char *delay_ms;
    struct event *record_again;
};

struct outbox {
    struct daemon *daemon;
    const struct notifications_settings *settings;
    const char *holder;
    struct mail_pool *pool;
    struct pg_batch *outcomes;
    struct mail_in_hand *mails;
    int count;
    struct mail_in_hand *waiting, **waiting_end;
    int handed; /* to the senders, and not recorded */
    struct {
        int64_t since_us;
        int sent, sent_before; /* in this moment, in the last one */
    } pace;
    const char *attempts_max;
    struct event *claim_timer, *renew_timer;
    struct metric_family *deliveries, *mails_by_kind;
    struct metric *dead_letters;
    struct schedule *schedule;
    bool claiming, renewing, paused;
    int asked; /* mails that the claim under way may bring */
    bool more_due; /* the last claim or plan left some behind */
};

static void claim_on_timer(evutil_socket_t fd, short what, void *arg);
static void claim(struct outbox *outbox);
static void add_ids_in_hand(const struct outbox *outbox, struct pg_params *params);
static void take_claimed(void *arg, const struct pg_answer *answer);
static void take_mail(struct outbox *outbox, json_t *context);
static void hand_over(struct outbox *outbox);
static void send_mail(struct mail_in_hand *mail);
static void on_sent(void *arg, const struct mail_result *result);
static void note_pace(struct outbox *outbox);
static int64_t retry_delay_ms(int attempts);
static void record(struct mail_in_hand *mail);
static void record_on_timer(evutil_socket_t fd, short what, void *arg);
static void on_recorded(void *arg, const struct pg_answer *answer);
static void let_go(struct mail_in_hand *mail);
static void renew_on_timer(evutil_socket_t fd, short what, void *arg);
static void on_renewed(void *arg, const struct pg_answer *answer);

static const struct pg_statement claim_mails = { .name = "claim_mails", .sql =
#include "services/notifications/mail/claim_mails.sql.inc"
};
static const char *const outcome_names[] = { [MAIL_SENT] = "sent",
                                             [MAIL_LATER] = "later",
                                             [MAIL_REFUSED] = "refused",
                                             [MAIL_UNCERTAIN] = "uncertain",
                                             [MAIL_INVALID] = "refused" };

static const struct pg_statement record_outcomes = { .name = "record_outcomes", .sql =
#include "services/notifications/mail/record_outcomes.sql.inc"
};
static const struct pg_statement renew_leases = { .name = "renew_leases", .sql =
#include "services/notifications/mail/renew_leases.sql.inc"
};

static struct event *every(struct event_base *base, int64_t interval_ms, event_callback_fn callback, void *arg)
{
    struct timeval interval = { .tv_sec = interval_ms / 1000, .tv_usec = interval_ms % 1000 * 1000 };
    struct event *timer = event_new(base, -1, EV_PERSIST, callback, arg);

    evtimer_add(timer, &interval);
    return timer;
}

struct outbox *outbox_new(struct daemon *daemon, const struct notifications *notifications)
{
    const struct notifications_settings *settings = notifications->settings;
    struct outbox *outbox = mem_alloc(sizeof *outbox);

    outbox->daemon = daemon;
    outbox->settings = settings;
    outbox->holder = notifications->holder;
    outbox->waiting_end = &outbox->waiting;
    outbox->pool = mail_pool_new(daemon->base, &(struct mail_pool_options){
                                                   .url = settings->smtp_url,
                                                   .from = settings->mail_from,
                                                   .require_tls = settings->smtp_require_tls,
                                                   .ca_file = settings->smtp_ca_file,
                                                   .threads = (int)settings->workers,
                                                   .connect_limit_ms = 10000,
                                                   .total_limit_ms = (int)settings->smtp_timeout_seconds * 1000,
                                               });
    outbox->outcomes = pg_batch_new(daemon->pg, &(struct pg_batch_options){
                                                    .statement = &record_outcomes, .columns = 6, .most = 200, .waiting_limit = 10000 });
    outbox->deliveries = metrics_counter("sharelink_deliveries_total", "Outcomes of tries to deliver.", "channel,outcome");
    /* There from the start: a counter that appears with its first count shows no increase. */
    for (size_t i = 0; i < sizeof outcome_names / sizeof outcome_names[0]; i++) {
        metrics_series(outbox->deliveries, (const char *const[]){ "email", outcome_names[i] });
    }
    outbox->dead_letters = metrics_series(metrics_counter("sharelink_dead_letters_total", "Deliveries that were given up.", "channel"),
                                          (const char *const[]){ "email" });
    outbox->mails_by_kind = metrics_counter("sharelink_mails_total", "Outcomes of tries to send a mail, by its kind.", "kind,outcome");
    outbox->attempts_max = arena_printf(daemon->arena, "%lld", (long long)settings->mail_attempts_max);
    outbox->schedule = schedule_new(daemon, settings);
    outbox->claim_timer = every(daemon->base, CLAIM_EVERY_MS, claim_on_timer, outbox);
    outbox->renew_timer = every(daemon->base, settings->lease_seconds * 1000 / 3, renew_on_timer, outbox);
    return outbox;
}

/* What a moment lasts, and never less than twice the senders: the next mail is at hand when one of them is free again. */
static int hand_size(const struct outbox *outbox)
{
    int least = 2 * (int)outbox->settings->workers, most = least > HAND_MOST ? least : HAND_MOST;
    int lately = outbox->pace.sent > outbox->pace.sent_before ? outbox->pace.sent : outbox->pace.sent_before;

    return lately < least ? least : lately > most ? most : lately;
}

int outbox_room(const struct outbox *outbox)
{
    int room = hand_size(outbox) - outbox->count - outbox->asked;

    return outbox->paused || room < 0 ? 0 : room;
}

static void claim_on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    claim(arg);
}

static void claim(struct outbox *outbox)
{
    struct pg_params params;
    int room = outbox_room(outbox);

    if (outbox->claiming || room == 0) {
        return;
    }
    struct arena *arena = arena_new();
    pg_params_init(&params, arena);
    pg_int(&params, room);
    pg_int(&params, outbox->settings->lease_seconds);
    pg_text(&params, outbox->holder);
    add_ids_in_hand(outbox, &params);
    outbox->claiming = true;
    outbox->asked = room;
    outbox->more_due = false;
    pg_send(outbox->daemon->pg, &claim_mails, &params, take_claimed, outbox);
    arena_free(arena);
}

static void add_ids_in_hand(const struct outbox *outbox, struct pg_params *params)
{
    const char **ids = arena_calloc(params->arena, (size_t)outbox->count, sizeof *ids);
    size_t count = 0;

    for (const struct mail_in_hand *mail = outbox->mails; mail; mail = mail->after) {
        ids[count++] = mail->delivery_id;
    }
    pg_text_array(params, ids, count);
}

static void take_claimed(void *arg, const struct pg_answer *answer)
{
    struct outbox *outbox = arg;

    outbox->claiming = false;
    outbox->asked = 0;
    if (pg_answer_outcome(answer) != PG_OK) {
        if (pg_answer_outcome(answer) != PG_UNAVAILABLE) {
            log_error("outbox.claim_failed", LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)), LOG_TEXT("error", pg_answer_error(answer)));
        }
        return;
    }
    outbox_take(outbox, pg_answer_get(answer, 0, 0), 0);
    if (atoi(pg_answer_get(answer, 0, 1)) > 0) {
        outbox->more_due = true;
    }
}

void outbox_take(struct outbox *outbox, const char *mails, int stored)
{
    struct arena *arena = arena_new();
    const char *error;
    const json_t *list = json_parse(arena, mails, strlen(mails), &error);

    for (size_t i = 0; i < json_array_size(list); i++) {
        take_mail(outbox, json_array_get(list, i));
    }
    if (stored > (int)json_array_size(list)) {
        outbox->more_due = true;
    }
    arena_free(arena);
    hand_over(outbox);
}

static void take_mail(struct outbox *outbox, json_t *context)
{
    struct arena *arena = arena_new();
    struct mail_in_hand *mail = arena_alloc(arena, sizeof *mail);

    mail->context = json_keep(arena, json_incref(context));
    mail->outbox = outbox;
    mail->arena = arena;
    mail->delivery_id = json_string_value(json_object_get(context, "delivery_id"));
    mail->kind = json_string_value(json_object_get(context, "kind"));
    mail->request_id = json_string_value(json_object_get(context, "request_id"));
    mail->traceparent = json_string_value(json_object_get(context, "traceparent"));
    mail->attempts = (int)json_integer_value(json_object_get(context, "attempts"));
    mail->after = outbox->mails;
    if (mail->after) {
        mail->after->before = mail;
    }
    outbox->mails = mail;
    outbox->count++;
    *outbox->waiting_end = mail;
    outbox->waiting_end = &mail->next_waiting;
}

/* Those that are being sent, and as many that wait for their turn or for PostgreSQL to have their outcome. */
static void hand_over(struct outbox *outbox)
{
    while (outbox->waiting && outbox->handed < 2 * outbox->settings->workers) {
        struct mail_in_hand *mail = outbox->waiting;
        outbox->waiting = mail->next_waiting;
        if (!outbox->waiting) {
            outbox->waiting_end = &outbox->waiting;
        }
        outbox->handed++;
        send_mail(mail);
    }
}

static void send_mail(struct mail_in_hand *mail)
{
    struct outbox *outbox = mail->outbox;
    struct mail composed;

    const char *fault = compose_mail(mail->arena, outbox->daemon, outbox->settings, mail->context, &composed);
    if (fault) {
        on_sent(mail, &(struct mail_result){ .outcome = MAIL_INVALID, .detail = fault });
    } else {
        mail_send(outbox->pool, &composed, on_sent, mail);
    }
}

static void on_sent(void *arg, const struct mail_result *result)
{
    struct mail_in_hand *mail = arg;

    mail->outcome = outcome_names[result->outcome];
    mail->detail = result->outcome == MAIL_SENT ? NULL : arena_strdup(mail->arena, result->detail);
    mail->delay_ms = arena_printf(mail->arena, "%lld", (long long)retry_delay_ms(mail->attempts));
    metrics_add(metrics_series(mail->outbox->deliveries, (const char *const[]){ "email", mail->outcome }), 1);
    metrics_add(metrics_series(mail->outbox->mails_by_kind, (const char *const[]){ mail->kind, mail->outcome }), 1);
    if (result->outcome == MAIL_SENT) {
        note_pace(mail->outbox);
        log_info("mail.sent", LOG_TEXT("delivery_id", mail->delivery_id), LOG_TEXT("kind", mail->kind), LOG_INT("attempt", mail->attempts),
                 LOG_TEXT("request_id", mail->request_id), LOG_TEXT("traceparent", mail->traceparent));
    } else {
        log_warn("mail.not_sent", LOG_TEXT("delivery_id", mail->delivery_id), LOG_TEXT("kind", mail->kind), LOG_TEXT("outcome", mail->outcome),
                 LOG_TEXT("detail", mail->detail), LOG_INT("attempt", mail->attempts), LOG_TEXT("request_id", mail->request_id),
                 LOG_TEXT("traceparent", mail->traceparent));
    }
    record(mail);
}

static void note_pace(struct outbox *outbox)
{
    int64_t now_us = clock_mono_us(), passed_us = now_us - outbox->pace.since_us;

    if (passed_us >= MOMENT_US) {
        outbox->pace.sent_before = passed_us < 2 * MOMENT_US ? outbox->pace.sent : 0;
        outbox->pace.sent = 0;
        outbox->pace.since_us = now_us;
    }
    outbox->pace.sent++;
}

/* Exponential with full jitter, the first try again after 2.5 to 5 seconds: a greylisting server wants a real pause, and a
 * server that comes back must not meet everybody at once. */
static int64_t retry_delay_ms(int attempts)
{
    int64_t most_ms = RETRY_FIRST_MS;

    for (int i = 1; i < attempts && most_ms < RETRY_MOST_MS; i++) {
        most_ms *= 2;
    }
    if (most_ms > RETRY_MOST_MS) {
        most_ms = RETRY_MOST_MS;
    }
    return most_ms / 2 + crypto_random_below((uint32_t)(most_ms / 2));
}

static void record(struct mail_in_hand *mail)
{
    struct outbox *outbox = mail->outbox;
    const char *const values[] = { mail->delivery_id,
                                   outbox->holder,
                                   mail->outcome,
                                   mail->detail,
                                   mail->delay_ms,
                                   outbox->attempts_max };

    pg_batch_push(outbox->outcomes, values, on_recorded, mail);
}

static void on_recorded(void *arg, const struct pg_answer *answer)
{
    struct mail_in_hand *mail = arg;
    struct outbox *outbox = mail->outbox;
    const struct timeval pause = { 0, RECORD_AGAIN_MS * 1000 };

    if (pg_answer_outcome(answer) == PG_UNAVAILABLE || pg_answer_outcome(answer) == PG_RETRY) {
        if (!mail->record_again) {
            mail->record_again = evtimer_new(outbox->daemon->base, record_on_timer, mail);
        }
        evtimer_add(mail->record_again, &pause);
        return;
    }
    if (pg_answer_rows(answer) > 0 && str_equal(pg_answer_get(answer, 0, 1), "failed")) {
        metrics_add(outbox->dead_letters, 1);
    }
    if (pg_answer_outcome(answer) == PG_REJECTED) {
        log_error("outbox.outcome_rejected", LOG_TEXT("delivery_id", mail->delivery_id), LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)));
    }
    let_go(mail);
    outbox->handed--;
    hand_over(outbox);
    if (outbox->more_due && outbox->count <= hand_size(outbox) / 2) {
        claim(outbox);
    }
}

static void record_on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    record(arg);
}

static void let_go(struct mail_in_hand *mail)
{
    struct outbox *outbox = mail->outbox;

    if (mail->before) {
        mail->before->after = mail->after;
    } else {
        outbox->mails = mail->after;
    }
    if (mail->after) {
        mail->after->before = mail->before;
    }
    outbox->count--;
    if (mail->record_again) {
        event_free(mail->record_again);
    }
    arena_free(mail->arena);
}

static void renew_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct outbox *outbox = arg;
    struct pg_params params;
    (void)fd;
    (void)what;

    if (outbox->count == 0 || outbox->renewing) {
        return;
    }
    struct arena *arena = arena_new();
    pg_params_init(&params, arena);
    add_ids_in_hand(outbox, &params);
    pg_text(&params, outbox->holder);
    pg_int(&params, outbox->settings->lease_seconds);
    outbox->renewing = true;
    pg_send(outbox->daemon->pg, &renew_leases, &params, on_renewed, outbox);
    arena_free(arena);
}

static void on_renewed(void *arg, const struct pg_answer *answer)
{
    struct outbox *outbox = arg;

    outbox->renewing = false;
    if (pg_answer_outcome(answer) != PG_OK) {
        log_warn("outbox.leases_not_renewed", LOG_INT("mails", outbox->count));
    }
}

void outbox_pause(struct outbox *outbox)
{
    outbox->paused = true;
    evtimer_del(outbox->claim_timer);
    schedule_pause(outbox->schedule);
}

bool outbox_is_empty(const struct outbox *outbox)
{
    return outbox->count == 0 && !outbox->claiming && !outbox->renewing && schedule_is_quiet(outbox->schedule);
}

void outbox_free(struct outbox *outbox)
{
    schedule_free(outbox->schedule);
    event_free(outbox->claim_timer);
    event_free(outbox->renew_timer);
    mail_pool_free(outbox->pool);
    while (outbox->waiting) { /* their leases run out */
        struct mail_in_hand *mail = outbox->waiting;
        outbox->waiting = mail->next_waiting;
        let_go(mail);
    }
    pg_batch_free(outbox->outcomes);
    free(outbox);
}
