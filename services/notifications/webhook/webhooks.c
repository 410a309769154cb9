/* webhooks.c - see the header. It keeps its leases as outbox.c does: renewed while a webhook is in hand, and in hand until
 * PostgreSQL has the outcome.
 *
 * A webhook is Standard Webhooks 1.0. webhook-id is the event's id, the same in every try and replay, so that a receiver can
 * tell a second copy; webhook-timestamp is that of the try. Only 2xx is success; 410 switches the endpoint off; any other
 * answer, none, or one that is too long is tried again by the schedule.
 */
#include "services/notifications/webhook/webhooks.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/fetch/fetch.h"
#include "common/data/id.h"
#include "common/data/json.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/pg/batch.h"
#include "services/notifications/webhook/webhook_signature.h"
#include "services/notifications/api/wanted_endpoint.h"

enum { CLAIM_EVERY_MS = 500, RECORD_AGAIN_MS = 500, SCHEDULE_MOST = 20, RETRY_AFTER_MOST_S = 24 * 3600 };

struct webhook {
    struct webhooks *webhooks;
    struct webhook *before, *after;
    struct arena *arena;
    const char *delivery_id, *endpoint_id, *account_id, *request_id;
    bool is_test;
    int attempts;
    const char *outcome; /* once it is known */
    const char *detail;
    const char *delay_ms;
    struct event *record_again;
};

struct webhooks {
    struct daemon *daemon;
    const struct notifications *notifications;
    struct pg_batch *outcomes;
    struct webhook *in_hand;
    int count;
    int64_t schedule_s[SCHEDULE_MOST];
    int tries_again;
    const char *disable_after_s;
    char go_on_behind[ID_SIZE]; /* the endpoint at which the last claim stopped looking; "" at the end */
    struct event *claim_timer, *renew_timer;
    struct metric_family *deliveries;
    struct metric *dead_letters;
    bool claiming, renewing, paused, more_due;
};

static void claim_on_timer(evutil_socket_t fd, short what, void *arg);
static void claim(struct webhooks *webhooks);
static void add_in_hand(const struct webhooks *webhooks, struct pg_params *params, const char *(*id_of)(const struct webhook *webhook));
static const char *delivery_of(const struct webhook *webhook);
static const char *endpoint_of(const struct webhook *webhook);
static const char *account_of(const struct webhook *webhook);
static void take_claimed(void *arg, const struct pg_answer *answer);
static void take(struct webhooks *webhooks, const json_t *context);
static const char *sign(struct webhook *webhook, const json_t *context, int64_t now_s, const char *body);
static const char *sign_with(struct webhook *webhook, const json_t *context, const char *member, int64_t now_s, const char *body);
static void on_answer(void *arg, const struct fetch_result *result);
static void conclude(struct webhook *webhook, const char *outcome, const char *detail, int64_t retry_after_s);
static int64_t retry_delay_ms(const struct webhook *webhook, int64_t retry_after_s);
static void record(struct webhook *webhook);
static void record_on_timer(evutil_socket_t fd, short what, void *arg);
static void on_recorded(void *arg, const struct pg_answer *answer);
static void let_go(struct webhook *webhook);
static void renew_on_timer(evutil_socket_t fd, short what, void *arg);

static const struct pg_statement claim_webhooks = { .name = "claim_webhooks", .sql =
#include "services/notifications/webhook/claim_webhooks.sql.inc"
};
static const struct pg_statement record_webhooks = { .name = "record_webhooks", .sql =
#include "services/notifications/webhook/record_webhooks.sql.inc"
};
static const struct pg_statement renew_webhooks = { .name = "renew_webhooks", .sql =
#include "services/notifications/mail/renew_leases.sql.inc"
};

static const char *const outcome_names[] = { "sent", "later", "gone" };

static int read_schedule(const char *value, int64_t schedule_s[SCHEDULE_MOST])
{
    int count = 0;

    for (const char *at = value; *at;) {
        char digits[12] = "";
        size_t length = strcspn(at, ",");
        if (count == SCHEDULE_MOST || length >= sizeof digits) {
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
    int64_t schedule_s[SCHEDULE_MOST];

    return read_schedule(value, schedule_s) > 0 ? NULL : "is no list of 1 to 20 pauses in seconds, each at most a week, divided by commas";
}

static struct event *every(struct event_base *base, int64_t interval_ms, event_callback_fn callback, void *arg)
{
    struct timeval interval = { .tv_sec = interval_ms / 1000, .tv_usec = interval_ms % 1000 * 1000 };
    struct event *timer = event_new(base, -1, EV_PERSIST, callback, arg);

    evtimer_add(timer, &interval);
    return timer;
}

struct webhooks *webhooks_new(struct daemon *daemon, const struct notifications *notifications)
{
    const struct notifications_settings *settings = notifications->settings;
    struct webhooks *webhooks = mem_alloc(sizeof *webhooks);

    webhooks->daemon = daemon;
    webhooks->notifications = notifications;
    webhooks->tries_again = read_schedule(settings->webhook_retry_seconds, webhooks->schedule_s);
    webhooks->outcomes = pg_batch_new(daemon->pg, &(struct pg_batch_options){
                                                      .statement = &record_webhooks, .columns = 6, .most = 200, .waiting_limit = 10000 });
    webhooks->deliveries = metrics_counter("sharelink_webhooks_total", "Outcomes of tries to post a webhook.", "outcome");
    /* There from the start: a counter that appears with its first count shows no increase. */
    for (size_t i = 0; i < sizeof outcome_names / sizeof outcome_names[0]; i++) {
        metrics_series(webhooks->deliveries, &outcome_names[i]);
    }
    webhooks->dead_letters = metrics_series(metrics_counter("sharelink_dead_letters_total", "Deliveries that were given up.", "channel"),
                                             (const char *const[]){ "webhook" });
    webhooks->disable_after_s = arena_printf(daemon->arena, "%lld", (long long)settings->webhook_disable_after_seconds);
    webhooks->claim_timer = every(daemon->base, CLAIM_EVERY_MS, claim_on_timer, webhooks);
    webhooks->renew_timer = every(daemon->base, settings->lease_seconds * 1000 / 3, renew_on_timer, webhooks);
    return webhooks;
}

void webhooks_wake(struct webhooks *webhooks)
{
    if (webhooks) {
        webhooks->more_due = true;
        claim(webhooks);
    }
}

static void claim_on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    claim(arg);
}

static void claim(struct webhooks *webhooks)
{
    const struct notifications_settings *settings = webhooks->notifications->settings;
    int room = (int)settings->webhook_workers - webhooks->count;
    struct pg_params params;

    if (webhooks->claiming || webhooks->paused || room <= 0) {
        return;
    }
    struct arena *arena = arena_new();
    pg_params_init(&params, arena);
    pg_int(&params, room);
    pg_int(&params, settings->lease_seconds);
    pg_text(&params, webhooks->notifications->holder);
    add_in_hand(webhooks, &params, delivery_of);
    add_in_hand(webhooks, &params, endpoint_of);
    pg_int(&params, settings->webhook_endpoint_workers);
    pg_text(&params, webhooks->go_on_behind);
    add_in_hand(webhooks, &params, account_of);
    pg_int(&params, (settings->webhook_workers + 1) / 2);
    webhooks->claiming = true;
    webhooks->more_due = false;
    pg_send(webhooks->daemon->pg, &claim_webhooks, &params, take_claimed, webhooks);
    arena_free(arena);
}

/* One id for each webhook in hand. */
static void add_in_hand(const struct webhooks *webhooks, struct pg_params *params, const char *(*id_of)(const struct webhook *webhook))
{
    const char **ids = arena_calloc(params->arena, (size_t)webhooks->count, sizeof *ids);
    size_t count = 0;

    for (const struct webhook *webhook = webhooks->in_hand; webhook; webhook = webhook->after) {
        ids[count++] = id_of(webhook);
    }
    pg_text_array(params, ids, count);
}

static const char *delivery_of(const struct webhook *webhook)
{
    return webhook->delivery_id;
}

static const char *endpoint_of(const struct webhook *webhook)
{
    return webhook->endpoint_id;
}

static const char *account_of(const struct webhook *webhook)
{
    return webhook->account_id;
}

static void take_claimed(void *arg, const struct pg_answer *answer)
{
    struct webhooks *webhooks = arg;
    const char *error;

    webhooks->claiming = false;
    if (pg_answer_outcome(answer) != PG_OK) {
        if (pg_answer_outcome(answer) != PG_UNAVAILABLE) {
            log_error("webhooks.claim_failed", LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)), LOG_TEXT("error", pg_answer_error(answer)));
        }
        return;
    }
    struct arena *arena = arena_new();
    const char *text = pg_answer_get(answer, 0, 0);
    const json_t *list = json_parse(arena, text, strlen(text), &error);
    for (size_t i = 0; i < json_array_size(list); i++) {
        take(webhooks, json_array_get(list, i));
    }
    arena_free(arena);
    const char *go_on_behind = pg_answer_get(answer, 0, 2);
    snprintf(webhooks->go_on_behind, sizeof webhooks->go_on_behind, "%s", go_on_behind ? go_on_behind : "");
    bool again = webhooks->more_due || atoi(pg_answer_get(answer, 0, 1)) > 0 || webhooks->go_on_behind[0];
    webhooks->more_due = false;
    if (again) {
        claim(webhooks);
    }
}

static const char *text_of(const json_t *context, const char *name)
{
    return json_string_value(json_object_get(context, name));
}

static void take(struct webhooks *webhooks, const json_t *context)
{
    struct arena *arena = arena_new();
    struct webhook *webhook = arena_alloc(arena, sizeof *webhook);
    int64_t now_s = clock_wall_ms() / 1000;
    const char *body = arena_strdup(arena, text_of(context, "body"));

    *webhook = (struct webhook){
        .webhooks = webhooks,
        .arena = arena,
        .delivery_id = arena_strdup(arena, text_of(context, "delivery_id")),
        .endpoint_id = arena_strdup(arena, text_of(context, "endpoint_id")),
        .account_id = arena_strdup(arena, text_of(context, "account_id")),
        .request_id = arena_strdup(arena, text_of(context, "request_id")),
        .is_test = str_equal(text_of(context, "kind"), "test"),
        .attempts = (int)json_integer_value(json_object_get(context, "attempts")),
        .after = webhooks->in_hand,
    };
    if (webhook->after) {
        webhook->after->before = webhook;
    }
    webhooks->in_hand = webhook;
    webhooks->count++;

    const char *signatures = sign(webhook, context, now_s, body);
    if (!signatures) {
        conclude(webhook, "later", "its secret does not open with the keys of this daemon", 0);
        return;
    }
    const char *trace = text_of(context, "traceparent");
    const char *const headers[] = {
        "Content-Type: application/json",
        arena_printf(arena, "webhook-id: %s", text_of(context, "event_id")),
        arena_printf(arena, "webhook-timestamp: %lld", (long long)now_s),
        arena_printf(arena, "webhook-signature: %s", signatures),
        trace ? arena_printf(arena, "traceparent: %s", trace) : NULL,
        NULL,
    };
    fetch_post(webhooks->notifications->fetch, text_of(context, "url"), headers, body, strlen(body), on_answer, webhook);
}

/* Both signatures, while a secret is being rotated. */
static const char *sign(struct webhook *webhook, const json_t *context, int64_t now_s, const char *body)
{
    const char *signature = sign_with(webhook, context, "secret", now_s, body);
    const char *previous = text_of(context, "previous_secret") ? sign_with(webhook, context, "previous_secret", now_s, body) : NULL;

    return signature && previous ? arena_printf(webhook->arena, "%s %s", signature, previous) : signature;
}

static const char *sign_with(struct webhook *webhook, const json_t *context, const char *member, int64_t now_s, const char *body)
{
    const char *bound = endpoint_secret_bound(webhook->arena, webhook->endpoint_id);
    size_t box_length = 0, length;
    const uint8_t *box = str_hex_decode(webhook->arena, text_of(context, member), &box_length);
    const char *secret = crypto_open(webhook->webhooks->daemon->keyring, webhook->arena, bound, box, box_length, &length);

    return secret ? webhook_sign(webhook->arena, secret, text_of(context, "event_id"), now_s, body, strlen(body)) : NULL;
}

static void on_answer(void *arg, const struct fetch_result *result)
{
    struct webhook *webhook = arg;

    if (result->error) {
        conclude(webhook, "later", result->error, 0);
    } else if (result->status >= 200 && result->status < 300) {
        conclude(webhook, "sent", NULL, 0);
    } else {
        conclude(webhook, result->status == 410 ? "gone" : "later", arena_printf(webhook->arena, "it answered %d", result->status),
                 result->retry_after_s);
    }
}

static void conclude(struct webhook *webhook, const char *outcome, const char *detail, int64_t retry_after_s)
{
    bool is_sent = !detail;

    webhook->outcome = outcome;
    webhook->detail = arena_strdup(webhook->arena, detail);
    webhook->delay_ms = arena_printf(webhook->arena, "%lld", (long long)(is_sent ? 0 : retry_delay_ms(webhook, retry_after_s)));
    metrics_add(metrics_series(webhook->webhooks->deliveries, (const char *const[]){ outcome }), 1);
    log_write(is_sent ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, is_sent ? "webhook.sent" : "webhook.not_sent",
              (const struct log_field[]){
                  LOG_TEXT("delivery_id", webhook->delivery_id),
                  LOG_TEXT("endpoint_id", webhook->endpoint_id),
                  LOG_INT("attempt", webhook->attempts),
                  LOG_TEXT("detail", webhook->detail),
                  LOG_TEXT("request_id", webhook->request_id),
                  { .name = NULL },
              });
    record(webhook);
}

/* The schedule's pause and up to a fifth more, so that those that failed together do not come together; what the endpoint
 * asks for, when that is longer. Below 0 after the last try. */
static int64_t retry_delay_ms(const struct webhook *webhook, int64_t retry_after_s)
{
    const struct webhooks *webhooks = webhook->webhooks;

    if (webhook->is_test || webhook->attempts > webhooks->tries_again) {
        return -1;
    }
    int64_t pause_ms = webhooks->schedule_s[webhook->attempts - 1] * 1000;
    int64_t asked_ms = (retry_after_s < RETRY_AFTER_MOST_S ? retry_after_s : RETRY_AFTER_MOST_S) * 1000;
    int64_t least_ms = asked_ms > pause_ms ? asked_ms : pause_ms;
    return least_ms + crypto_random_below((uint32_t)(least_ms / 5 + 1));
}

static void record(struct webhook *webhook)
{
    const struct webhooks *webhooks = webhook->webhooks;
    const char *const values[] = {
        webhook->delivery_id,
        webhooks->notifications->holder,
        webhook->outcome,
        webhook->detail,
        webhook->delay_ms,
        webhooks->disable_after_s,
    };

    pg_batch_push(webhooks->outcomes, values, on_recorded, webhook);
}

static void on_recorded(void *arg, const struct pg_answer *answer)
{
    struct webhook *webhook = arg;
    struct webhooks *webhooks = webhook->webhooks;
    const struct timeval pause = { 0, RECORD_AGAIN_MS * 1000 };

    if (pg_answer_outcome(answer) == PG_UNAVAILABLE || pg_answer_outcome(answer) == PG_RETRY) {
        if (!webhook->record_again) {
            webhook->record_again = evtimer_new(webhooks->daemon->base, record_on_timer, webhook);
        }
        evtimer_add(webhook->record_again, &pause);
        return;
    }
    if (pg_answer_rows(answer) > 0 && str_equal(pg_answer_get(answer, 0, 1), "failed")) {
        metrics_add(webhooks->dead_letters, 1);
    }
    if (pg_answer_outcome(answer) == PG_REJECTED) {
        log_error("webhooks.outcome_rejected", LOG_TEXT("delivery_id", webhook->delivery_id),
                  LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)), LOG_TEXT("error", pg_answer_error(answer)));
    }
    let_go(webhook);
    claim(webhooks);
}

static void record_on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    record(arg);
}

static void let_go(struct webhook *webhook)
{
    struct webhooks *webhooks = webhook->webhooks;

    if (webhook->before) {
        webhook->before->after = webhook->after;
    } else {
        webhooks->in_hand = webhook->after;
    }
    if (webhook->after) {
        webhook->after->before = webhook->before;
    }
    webhooks->count--;
    if (webhook->record_again) {
        event_free(webhook->record_again);
    }
    arena_free(webhook->arena);
}

static void on_renewed(void *arg, const struct pg_answer *answer)
{
    struct webhooks *webhooks = arg;

    webhooks->renewing = false;
    if (pg_answer_outcome(answer) != PG_OK) {
        log_warn("webhooks.leases_not_renewed", LOG_INT("webhooks", webhooks->count));
    }
}

static void renew_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct webhooks *webhooks = arg;
    struct pg_params params;
    (void)fd;
    (void)what;

    if (webhooks->count == 0 || webhooks->renewing) {
        return;
    }
    struct arena *arena = arena_new();
    pg_params_init(&params, arena);
    add_in_hand(webhooks, &params, delivery_of);
    pg_text(&params, webhooks->notifications->holder);
    pg_int(&params, webhooks->notifications->settings->lease_seconds);
    webhooks->renewing = true;
    pg_send(webhooks->daemon->pg, &renew_webhooks, &params, on_renewed, webhooks);
    arena_free(arena);
}

void webhooks_pause(struct webhooks *webhooks)
{
    webhooks->paused = true;
    evtimer_del(webhooks->claim_timer);
}

bool webhooks_is_empty(const struct webhooks *webhooks)
{
    return webhooks->count == 0 && !webhooks->claiming && !webhooks->renewing;
}

void webhooks_free(struct webhooks *webhooks)
{
    event_free(webhooks->claim_timer);
    event_free(webhooks->renew_timer);
    pg_batch_free(webhooks->outcomes);
    free(webhooks);
}
