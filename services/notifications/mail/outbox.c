/* outbox.c - see the header; what mails have in common with other deliveries is in leases.c.
 *
 * As many are claimed ahead as a moment lasts, measured by what was sent in the last one: a claim that brings many costs
 * little more than one that brings few, and nobody takes what another worker could send sooner.
 */
#include "services/notifications/mail/outbox.h"

#include <stdlib.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/mail/mail.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "services/notifications/leases/leases.h"
#include "services/notifications/mail/claim_mails.sql.h"
#include "services/notifications/mail/compose_mail.h"
#include "services/notifications/mail/find_due_mails.sql.h"
#include "services/notifications/mail/record_outcomes.sql.h"
#include "services/notifications/mail/schedule_mails.h"
#include "services/notifications/mail/uncertain.h"

enum { RETRY_FIRST_MS = 5000, RETRY_MOST_MS = 300000, MOMENT_US = 250000, HAND_MAX = 2000 };

struct outbox {
    struct daemon *daemon;
    const struct notifications_settings *settings;
    const char *holder;
    struct leases *leases;
    struct mail_pool *pool;
    struct pg_batch *outcomes, *outcomes_again;
    struct {
        int64_t since_us;
        int sent, sent_before; /* in this moment, in the last one */
    } pace;
    struct metric_family *deliveries, *mails_by_kind;
    struct schedule *schedule;
    struct uncertain *uncertain;
};

static int hand_size(const void *owner);
static void claim(struct leases *leases, const void *owner, const struct leases_wanted *wanted, struct arena *arena,
                  pg_done *done);
static void find_due(struct leases *leases, const void *owner, struct pg_texts held_ids, int most, struct arena *arena,
                     pg_done *done);
static const char *due_id(const struct pg_answer *answer, int row);
static struct leases_brought take_claimed(void *owner, struct leases *leases, const struct pg_answer *answer, int64_t asked_us);
static void send_mail(struct lease *lease);
static void on_sent(void *arg, const struct mail_result *result);
static int times_uncertain(const struct lease *lease);
static void conclude_uncertain(struct lease *lease, const char *detail);
static void note_pace(struct outbox *outbox);
static int64_t retry_delay_ms(int attempts);
static void record(struct lease *lease, pg_done *done);
static enum lease_record recorded(const struct pg_answer *answer);

static const struct leases_channel mails = {
    .name = "email",
    .plural = "mails",
    .claim_failed = "outbox.claim_failed",
    .outcome_rejected = "outbox.outcome_rejected",
    .leases_not_renewed = "outbox.leases_not_renewed",
    .most = hand_size,
    .claim = claim,
    .find_due = find_due,
    .due_id = due_id,
    .take = take_claimed,
    .send = send_mail,
    .record = record,
    .recorded = recorded,
};

static const char *const outcome_names[] = {
    [MAIL_SENT] = "sent",           [MAIL_LATER] = "later",     [MAIL_REFUSED] = "refused",
    [MAIL_UNCERTAIN] = "uncertain", [MAIL_INVALID] = "refused", [MAIL_LAPSED] = "lapsed"
};

struct outbox *outbox_new(struct daemon *daemon, const struct notifications *notifications)
{
    const struct notifications_settings *settings = notifications->settings;
    struct outbox *outbox = mem_alloc(sizeof *outbox);

    if (settings->smtp_require_tls && !mail_requires_tls(settings->smtp_require_tls, settings->smtp_url)) {
        log_warn("mail.tls_not_required", LOG_TEXT("setting", "SHARELINK_SMTP_REQUIRE_TLS"));
    }
    outbox->daemon = daemon;
    outbox->settings = settings;
    outbox->holder = notifications->holder;
    outbox->pool =
        mail_pool_new(daemon->base, &(struct mail_pool_options){
                                        .url = settings->smtp_url,
                                        .from = settings->mail_from,
                                        .require_tls = mail_requires_tls(settings->smtp_require_tls, settings->smtp_url),
                                        .ca_file = settings->smtp_ca_file,
                                        .threads = (int)settings->workers,
                                        .connect_limit_ms = 10000,
                                        .total_limit_ms = (int)settings->smtp_timeout_seconds * 1000,
                                    });
    struct record_outcomes_in in = { .lease_holder = notifications->holder, .attempts_max = settings->mail_attempts_max };
    outbox->outcomes = record_outcomes_batch(daemon->pg, daemon->arena, 200, 10000, &in);
    outbox->outcomes_again = record_outcomes_batch(daemon->pg, daemon->arena, 200, 10000, &in);
    outbox->deliveries = metrics_counter("sharelink_deliveries_total", "Outcomes of tries to deliver.", "channel,outcome");
    /* There from the start: a counter that appears with its first count shows no increase. */
    for (size_t i = 0; i < sizeof outcome_names / sizeof outcome_names[0]; i++) {
        metrics_series(outbox->deliveries, (const char *const[]){ "email", outcome_names[i] });
    }
    outbox->mails_by_kind =
        metrics_counter("sharelink_mails_total", "Outcomes of tries to send a mail, by its kind.", "kind,outcome");
    outbox->uncertain = uncertain_new(daemon, settings->mail_uncertain_seconds);
    outbox->schedule = schedule_new(daemon, notifications);
    /* Those that are being sent, and as many that wait for their turn or for PostgreSQL to have their outcome. */
    outbox->leases = leases_new(daemon, notifications, &mails, outbox, 2 * (int)settings->workers);
    return outbox;
}

/* What a moment lasts, and never less than twice the senders: the next mail is at hand when one of them is free again. */
static int hand_size(const void *owner)
{
    const struct outbox *outbox = owner;
    int least = 2 * (int)outbox->settings->workers, most = least > HAND_MAX ? least : HAND_MAX;
    int lately = outbox->pace.sent > outbox->pace.sent_before ? outbox->pace.sent : outbox->pace.sent_before;

    return lately < least ? least : lately > most ? most : lately;
}

static void claim(struct leases *leases, const void *owner, const struct leases_wanted *wanted, struct arena *arena,
                  pg_done *done)
{
    const struct outbox *outbox = owner;
    struct pg_params params;
    struct claim_mails_in in = {
        .room = wanted->room,
        .lease_s = outbox->settings->lease_seconds,
        .lease_holder = outbox->holder,
        .held_ids = wanted->held_ids,
        .only_ids = wanted->only_ids,
    };

    claim_mails_params(&params, arena, &in);
    params.limits = wanted->limits;
    pg_send(outbox->daemon->pg, &claim_mails_statement, &params, done, leases);
}

static void find_due(struct leases *leases, const void *owner, struct pg_texts held_ids, int most, struct arena *arena,
                     pg_done *done)
{
    const struct outbox *outbox = owner;
    struct find_due_mails_in in = { .held_ids = held_ids, .most = most };
    struct pg_params params;

    find_due_mails_params(&params, arena, &in);
    pg_send(outbox->daemon->pg, &find_due_mails_statement, &params, done, leases);
}

static const char *due_id(const struct pg_answer *answer, int row)
{
    return find_due_mails_read(answer, row).delivery_id;
}

static struct leases_brought take_claimed(void *owner, struct leases *leases, const struct pg_answer *answer, int64_t asked_us)
{
    struct claim_mails_out out = claim_mails_read(answer, 0);
    (void)owner;

    leases_take(leases, out.mails, asked_us);
    return (struct leases_brought){ .some = out.claimed > 0, .more = out.claimed > 0 };
}

int outbox_room(const struct outbox *outbox)
{
    return leases_room(outbox->leases);
}

void outbox_take(struct outbox *outbox, const char *contexts, int stored, int64_t asked_us)
{
    if (stored > leases_take(outbox->leases, contexts, asked_us)) {
        leases_note_more(outbox->leases);
    }
}

static void send_mail(struct lease *lease)
{
    const struct outbox *outbox = lease->owner;
    struct mail composed;

    if (!uncertain_may_try(outbox->uncertain, times_uncertain(lease))) {
        lease_conclude(lease, "untried", "the mail server takes mails and does not say what becomes of them: not tried",
                       uncertain_pause_ms(outbox->uncertain));
        return;
    }
    const char *fault = compose_mail(lease->arena, outbox->daemon, outbox->settings, lease->context, &composed);
    if (fault) {
        on_sent(lease, &(struct mail_result){ .outcome = MAIL_INVALID, .detail = fault });
    } else {
        composed.good_until_us = &lease->good_until_us;
        mail_send(outbox->pool, &composed, on_sent, lease);
    }
}

static void on_sent(void *arg, const struct mail_result *result)
{
    struct lease *lease = arg;
    struct outbox *outbox = lease->owner;
    const char *kind = lease_text(lease, "kind"), *outcome = outcome_names[result->outcome];
    const char *detail = result->outcome == MAIL_SENT ? NULL : result->detail;

    metrics_add(metrics_series(outbox->deliveries, (const char *const[]){ "email", outcome }), 1);
    metrics_add(metrics_series(outbox->mails_by_kind, (const char *const[]){ kind, outcome }), 1);
    if (result->outcome == MAIL_SENT) {
        note_pace(outbox);
        uncertain_note_sent(outbox->uncertain, lease->delivery_id);
        log_info("mail.sent", LOG_TEXT("delivery_id", lease->delivery_id), LOG_TEXT("kind", kind),
                 LOG_INT("attempt", lease->attempts), LOG_TEXT("request_id", lease->request_id),
                 LOG_TEXT("traceparent", lease->traceparent));
    } else {
        log_warn("mail.not_sent", LOG_TEXT("delivery_id", lease->delivery_id), LOG_TEXT("kind", kind),
                 LOG_TEXT("outcome", outcome), LOG_TEXT("detail", detail), LOG_INT("attempt", lease->attempts),
                 LOG_TEXT("request_id", lease->request_id), LOG_TEXT("traceparent", lease->traceparent));
    }
    if (result->outcome == MAIL_LAPSED) {
        lease_lapsed(lease);
    } else if (result->outcome == MAIL_UNCERTAIN) {
        conclude_uncertain(lease, detail);
    } else {
        lease_conclude(lease, outcome, detail, retry_delay_ms(lease->attempts));
    }
}

static int times_uncertain(const struct lease *lease)
{
    return (int)json_integer_value(json_object_get(lease->context, "uncertain"));
}

/* A second time is a reason to give it up, unless it is the server's trouble. */
static void conclude_uncertain(struct lease *lease, const char *detail)
{
    const struct outbox *outbox = lease->owner;
    bool is_servers_trouble = uncertain_note(outbox->uncertain, lease->delivery_id);

    lease_conclude(lease, is_servers_trouble ? "unproven" : "uncertain", detail, uncertain_pause_ms(outbox->uncertain));
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

/* Exponential with jitter, the first try again after 2.5 to 5 seconds: a greylisting server wants a real pause, and a
 * server that comes back must not meet everybody at once. */
static int64_t retry_delay_ms(int attempts)
{
    return backoff_ms(attempts > 1 ? (unsigned)attempts - 1 : 0, RETRY_FIRST_MS, RETRY_MOST_MS);
}

static void record(struct lease *lease, pg_done *done)
{
    const struct outbox *outbox = lease->owner;
    struct record_outcomes_item item = {
        .delivery_id = lease->delivery_id,
        .outcome = lease->outcome,
        .error = lease->detail,
        .delay_ms = lease->delay_ms,
    };

    record_outcomes_push(lease->untaken > 0 ? outbox->outcomes_again : outbox->outcomes, &item, done, lease);
}

static enum lease_record recorded(const struct pg_answer *answer)
{
    switch (record_outcomes_read(answer, 0).state) {
    case RECORD_OUTCOMES_STATE_FAILED:
        return LEASE_GIVEN_UP;
    case RECORD_OUTCOMES_STATE_BUSY:
        return LEASE_BUSY;
    case RECORD_OUTCOMES_STATE_PENDING:
    case RECORD_OUTCOMES_STATE_SENT:
    case RECORD_OUTCOMES_STATE_PASSED:
        break;
    }
    return LEASE_RECORDED;
}

void outbox_pause(struct outbox *outbox)
{
    leases_pause(outbox->leases);
    schedule_pause(outbox->schedule);
}

bool outbox_is_empty(const struct outbox *outbox)
{
    return leases_is_empty(outbox->leases) && uncertain_is_quiet(outbox->uncertain) && schedule_is_quiet(outbox->schedule);
}

void outbox_free(struct outbox *outbox)
{
    schedule_free(outbox->schedule);
    mail_pool_free(outbox->pool);
    uncertain_free(outbox->uncertain);
    leases_free(outbox->leases);
    pg_batch_free(outbox->outcomes);
    pg_batch_free(outbox->outcomes_again);
    free(outbox);
}
