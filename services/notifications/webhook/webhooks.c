/* webhooks.c - see the header; what webhooks have in common with other deliveries is in leases.c.
 *
 * A webhook is Standard Webhooks 1.0. webhook-id is the event's id, the same in every try and replay, so that a receiver can
 * tell a second copy; webhook-timestamp is that of the try. Only 2xx is success; 410 switches the endpoint off; any other
 * answer, none, or one that is too long is tried again by the schedule.
 */
#include "services/notifications/webhook/webhooks.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/fetch/fetch.h"
#include "common/data/id.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "services/notifications/leases/leases.h"
#include "services/notifications/webhook/claim_webhooks.sql.h"
#include "services/notifications/webhook/find_due_webhooks.sql.h"
#include "services/notifications/webhook/record_webhooks.sql.h"
#include "services/notifications/webhook/webhook_signature.h"

enum { SCHEDULE_MAX = 20, RETRY_AFTER_MOST_S = 24 * 3600 };

enum outcome { SENT, LATER, GONE };

struct webhooks {
    struct daemon *daemon;
    const struct notifications *notifications;
    struct leases *leases;
    struct pg_batch *outcomes, *outcomes_again;
    int64_t schedule_s[SCHEDULE_MAX];
    int tries_again;
    char go_on_behind[ID_SIZE]; /* the endpoint at which the last claim stopped looking; "" at the end */
    struct metric_family *deliveries;
};

static int most_in_hand(const void *owner);
static void claim(struct leases *leases, const void *owner, const struct leases_wanted *wanted, struct arena *arena,
                  pg_done *done);
static void find_due(struct leases *leases, const void *owner, struct pg_texts held_ids, int most, struct arena *arena,
                     pg_done *done);
static const char *due_id(const struct pg_answer *answer, int row);
static struct leases_brought take_claimed(void *owner, struct leases *leases, const struct pg_answer *answer, int64_t asked_us);
static void post(struct lease *lease);
static const char *sign(const struct lease *lease, int64_t now_s, const char *body);
static const char *sign_with(const struct lease *lease, const char *sealed, int64_t now_s, const char *body);
static void on_answer(void *arg, const struct fetch_result *result);
static void conclude(struct lease *lease, enum outcome outcome, const char *detail, int64_t retry_after_s);
static int64_t retry_delay_ms(const struct lease *lease, int64_t retry_after_s);
static void record(struct lease *lease, pg_done *done);
static enum lease_record recorded(const struct pg_answer *answer);

/* Each one that is recorded frees a share of its endpoint and account, so a claim may then bring what the last one left. */
static const struct leases_channel posts = {
    .name = "webhook",
    .plural = "webhooks",
    .claim_failed = "webhooks.claim_failed",
    .outcome_rejected = "webhooks.outcome_rejected",
    .leases_not_renewed = "webhooks.leases_not_renewed",
    .tells_rejection = true,
    .keeps_full = true,
    .most = most_in_hand,
    .claim = claim,
    .find_due = find_due,
    .due_id = due_id,
    .take = take_claimed,
    .send = post,
    .record = record,
    .recorded = recorded,
};

static const char *const outcome_names[] = { [SENT] = "sent", [LATER] = "later", [GONE] = "gone" };

static int read_schedule(const char *value, int64_t schedule_s[SCHEDULE_MAX])
{
    int count = 0;

    for (const char *at = value; *at;) {
        char digits[12] = "";
        size_t length = strcspn(at, ",");
        if (count == SCHEDULE_MAX || length >= sizeof digits) {
            return -1;
        }
        memcpy(digits, at, length);
        if (!str_parse_int(digits, 0, 7 * 24 * 3600, &schedule_s[count++])) {
            return -1;
        }
        at += length;
        if (*at == ',' && !*++at) {
            return -1;
        }
    }
    return count;
}

const char *webhooks_check_schedule(const char *value)
{
    int64_t schedule_s[SCHEDULE_MAX];

    return read_schedule(value, schedule_s) > 0
               ? NULL
               : "is no list of 1 to 20 pauses in seconds, each at most a week, divided by commas";
}

struct webhooks *webhooks_new(struct daemon *daemon, const struct notifications *notifications)
{
    const struct notifications_settings *settings = notifications->settings;
    struct webhooks *webhooks = mem_alloc(sizeof *webhooks);

    webhooks->daemon = daemon;
    webhooks->notifications = notifications;
    webhooks->tries_again = read_schedule(settings->webhook_retry_seconds, webhooks->schedule_s);
    struct record_webhooks_in in = {
        .lease_holder = notifications->holder,
        .disable_after_s = settings->webhook_disable_after_seconds,
    };
    webhooks->outcomes = record_webhooks_batch(daemon->pg, daemon->arena, 200, 10000, &in);
    webhooks->outcomes_again = record_webhooks_batch(daemon->pg, daemon->arena, 200, 10000, &in);
    webhooks->deliveries = metrics_counter("sharelink_webhooks_total", "Outcomes of tries to post a webhook.", "outcome");
    /* There from the start: a counter that appears with its first count shows no increase. */
    for (size_t i = 0; i < sizeof outcome_names / sizeof outcome_names[0]; i++) {
        metrics_series(webhooks->deliveries, &outcome_names[i]);
    }
    webhooks->leases = leases_new(daemon, notifications, &posts, webhooks, (int)settings->webhook_workers);
    return webhooks;
}

void webhooks_wake(struct webhooks *webhooks)
{
    if (webhooks) {
        leases_wake(webhooks->leases);
    }
}

static int most_in_hand(const void *owner)
{
    const struct webhooks *webhooks = owner;

    return (int)webhooks->notifications->settings->webhook_workers;
}

static void claim(struct leases *leases, const void *owner, const struct leases_wanted *wanted, struct arena *arena,
                  pg_done *done)
{
    const struct webhooks *webhooks = owner;
    const struct notifications_settings *settings = webhooks->notifications->settings;
    struct pg_params params;
    struct claim_webhooks_in in = {
        .room = wanted->room,
        .lease_s = settings->lease_seconds,
        .lease_holder = webhooks->notifications->holder,
        .held_ids = wanted->held_ids,
        .only_ids = wanted->only_ids,
        .held_endpoint_ids = leases_each(leases, arena, "endpoint_id"),
        .held_account_ids = leases_each(leases, arena, "account_id"),
        .endpoint_most = settings->webhook_endpoint_workers,
        .account_most = (settings->webhook_workers + 1) / 2,
        .behind_id = webhooks->go_on_behind,
    };

    claim_webhooks_params(&params, arena, &in);
    params.limits = wanted->limits;
    pg_send(webhooks->daemon->pg, &claim_webhooks_statement, &params, done, leases);
}

static void find_due(struct leases *leases, const void *owner, struct pg_texts held_ids, int most, struct arena *arena,
                     pg_done *done)
{
    const struct webhooks *webhooks = owner;
    struct find_due_webhooks_in in = {
        .held_ids = held_ids,
        .held_endpoint_ids = leases_each(leases, arena, "endpoint_id"),
        .endpoint_most = webhooks->notifications->settings->webhook_endpoint_workers,
        .behind_id = webhooks->go_on_behind,
        .most = most,
    };
    struct pg_params params;

    find_due_webhooks_params(&params, arena, &in);
    pg_send(webhooks->daemon->pg, &find_due_webhooks_statement, &params, done, leases);
}

static const char *due_id(const struct pg_answer *answer, int row)
{
    return find_due_webhooks_read(answer, row).delivery_id;
}

static struct leases_brought take_claimed(void *owner, struct leases *leases, const struct pg_answer *answer, int64_t asked_us)
{
    struct webhooks *webhooks = owner;
    struct claim_webhooks_out out = claim_webhooks_read(answer, 0);

    leases_take(leases, out.webhooks, asked_us);
    snprintf(webhooks->go_on_behind, sizeof webhooks->go_on_behind, "%s", out.go_on_behind ? out.go_on_behind : "");
    return (struct leases_brought){ .some = out.claimed > 0, .more = out.claimed > 0 || webhooks->go_on_behind[0] };
}

static void post(struct lease *lease)
{
    const struct webhooks *webhooks = lease->owner;
    int64_t now_s = clock_wall_ms() / 1000;
    const char *body = lease_text(lease, "body");

    const char *signatures = sign(lease, now_s, body);
    if (!signatures) {
        conclude(lease, LATER, "its secret does not open with the keys of this daemon", 0);
        return;
    }
    const char *const headers[] = {
        "Content-Type: application/json",
        arena_printf(lease->arena, "webhook-id: %s", lease_text(lease, "event_id")),
        arena_printf(lease->arena, "webhook-timestamp: %lld", (long long)now_s),
        arena_printf(lease->arena, "webhook-signature: %s", signatures),
        lease->traceparent ? arena_printf(lease->arena, "traceparent: %s", lease->traceparent) : NULL,
        NULL,
    };
    fetch_post(webhooks->notifications->fetch, lease_text(lease, "url"), headers, body, strlen(body), &lease->good_until_us,
               on_answer, lease);
}

/* A signature by each secret that lives, the newest first. One of an earlier secret that does not open is left out. */
static const char *sign(const struct lease *lease, int64_t now_s, const char *body)
{
    const json_t *previous = json_object_get(lease->context, "previous_secrets");
    const char *signatures = sign_with(lease, lease_text(lease, "secret"), now_s, body);

    for (size_t i = 0; signatures && i < json_array_size(previous); i++) {
        const char *signature = sign_with(lease, json_string_value(json_array_get(previous, i)), now_s, body);
        signatures = signature ? arena_printf(lease->arena, "%s %s", signatures, signature) : signatures;
    }
    return signatures;
}

static const char *sign_with(const struct lease *lease, const char *sealed, int64_t now_s, const char *body)
{
    const struct webhooks *webhooks = lease->owner;
    const char *bound = webhook_secret_bound(lease->arena, lease_text(lease, "endpoint_id"));
    size_t box_length = 0, length;
    const uint8_t *box = str_hex_decode(lease->arena, sealed, &box_length);
    const char *secret = crypto_open(webhooks->daemon->keyring, lease->arena, bound, box, box_length, &length);

    return secret ? webhook_sign(lease->arena, secret, lease_text(lease, "event_id"), now_s, body, strlen(body)) : NULL;
}

static void on_answer(void *arg, const struct fetch_result *result)
{
    struct lease *lease = arg;

    if (result->has_lapsed) {
        lease_lapsed(lease);
    } else if (result->error) {
        conclude(lease, LATER, result->error, 0);
    } else if (result->status >= 200 && result->status < 300) {
        conclude(lease, SENT, NULL, 0);
    } else {
        conclude(lease, result->status == 410 ? GONE : LATER, arena_printf(lease->arena, "it answered %d", result->status),
                 result->retry_after_s);
    }
}

static void conclude(struct lease *lease, enum outcome outcome, const char *detail, int64_t retry_after_s)
{
    const struct webhooks *webhooks = lease->owner;
    bool is_sent = outcome == SENT;

    metrics_add(metrics_series(webhooks->deliveries, &outcome_names[outcome]), 1);
    log_write(is_sent ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, is_sent ? "webhook.sent" : "webhook.not_sent",
              (const struct log_field[]){
                  LOG_TEXT("delivery_id", lease->delivery_id),
                  LOG_TEXT("endpoint_id", lease_text(lease, "endpoint_id")),
                  LOG_INT("attempt", lease->attempts),
                  LOG_TEXT("detail", detail),
                  LOG_TEXT("request_id", lease->request_id),
                  { .name = NULL },
              });
    lease_conclude(lease, outcome_names[outcome], detail, is_sent ? 0 : retry_delay_ms(lease, retry_after_s));
}

/* The schedule's pause and up to a fifth more, so that those that failed together do not come together; what the endpoint
 * asks for, when that is longer. Below 0 after the last try. */
static int64_t retry_delay_ms(const struct lease *lease, int64_t retry_after_s)
{
    const struct webhooks *webhooks = lease->owner;

    if (str_equal(lease_text(lease, "kind"), "test") || lease->attempts > webhooks->tries_again) {
        return -1;
    }
    int64_t pause_ms = webhooks->schedule_s[lease->attempts - 1] * 1000;
    int64_t asked_ms = (retry_after_s < RETRY_AFTER_MOST_S ? retry_after_s : RETRY_AFTER_MOST_S) * 1000;
    int64_t least_ms = asked_ms > pause_ms ? asked_ms : pause_ms;
    return least_ms + crypto_random_below((uint32_t)(least_ms / 5 + 1));
}

static void record(struct lease *lease, pg_done *done)
{
    const struct webhooks *webhooks = lease->owner;
    struct record_webhooks_item item = {
        .delivery_id = lease->delivery_id,
        .outcome = lease->outcome,
        .error = lease->detail,
        .delay_ms = lease->delay_ms,
    };

    record_webhooks_push(lease->untaken > 0 ? webhooks->outcomes_again : webhooks->outcomes, &item, done, lease);
}

static enum lease_record recorded(const struct pg_answer *answer)
{
    switch (record_webhooks_read(answer, 0).state) {
    case RECORD_WEBHOOKS_STATE_FAILED:
        return LEASE_GIVEN_UP;
    case RECORD_WEBHOOKS_STATE_BUSY:
        return LEASE_BUSY;
    case RECORD_WEBHOOKS_STATE_PENDING:
    case RECORD_WEBHOOKS_STATE_SENT:
    case RECORD_WEBHOOKS_STATE_PASSED:
        break;
    }
    return LEASE_RECORDED;
}

void webhooks_pause(struct webhooks *webhooks)
{
    leases_pause(webhooks->leases);
}

bool webhooks_is_empty(const struct webhooks *webhooks)
{
    return leases_is_empty(webhooks->leases);
}

void webhooks_free(struct webhooks *webhooks)
{
    leases_free(webhooks->leases);
    pg_batch_free(webhooks->outcomes);
    pg_batch_free(webhooks->outcomes_again);
    free(webhooks);
}
