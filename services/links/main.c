/* main.c - the links daemon: the REST API by which platform services make and manage share links.
 *
 * It owns accounts, interviews, share links and reviewers in the schema links. It writes the events that others act on; it
 * sends no mail and shows reviewers nothing. Start reading at routes.c.
 */
#include "common/daemon/daemon.h"
#include "common/daemon/guard.h"
#include "common/loop/turns.h"
#include "services/links/batches.h"
#include "services/links/links.h"
#include "services/links/scheduler.h"

#define FIELD(member) offsetof(struct links_settings, member)

static const struct config_setting settings[] = {
    { .name = "LINK_MAX_AGE_DAYS",
      .kind = CONFIG_INT,
      .offset = FIELD(link_max_age_days),
      .fallback = "365",
      .min = 1,
      .max = 3650,
      .about = "A share link that was active for longer is switched off." },
    { .name = "SCHEDULER_INTERVAL_MS",
      .kind = CONFIG_INT,
      .offset = FIELD(scheduler_interval_ms),
      .fallback = "1000",
      .min = 10,
      .max = 60000,
      .about = "How often expiries that have passed and links that are too old are looked for." },
    { .name = "INVITATIONS_PER_ADDRESS",
      .kind = CONFIG_INT,
      .offset = FIELD(invitations_per_address),
      .fallback = "20",
      .min = 1,
      .max = 1000000,
      .about = "Mails that an account may ask for to one address within an hour; one more is refused." },
    { .name = "LINK_CONTENT_MB",
      .kind = CONFIG_INT,
      .offset = FIELD(link_content_mb),
      .fallback = "16",
      .min = 2,
      .max = 1024,
      .about = "MiB that the interviews of one link may have together: what a reviewer's page is made of at once." },
    { .name = "BATCHES_AT_WORK",
      .kind = CONFIG_INT,
      .offset = FIELD(batches_at_work),
      .fallback = "2",
      .min = 1,
      .max = 100,
      .about = "Batches of interviews that are at work at once; an account has one." },
    { .name = "BATCHES_WAITING",
      .kind = CONFIG_INT,
      .offset = FIELD(batches_waiting),
      .fallback = "8",
      .min = 0,
      .max = 10000,
      .about = "Batches of an account that wait for their turn, and half of those of all accounts; one more is refused." },
    { .name = "ALLOW_HTTP_MEDIA",
      .kind = CONFIG_BOOL,
      .offset = FIELD(allow_http_media),
      .fallback = "off",
      .about = "Take http: URLs of an interview's media too; for tests, the views daemon needs it as well." },
    { .name = NULL },
};

static void start(struct daemon *daemon)
{
    const struct links_settings *own = links_settings_of(daemon);

    daemon->guard = guard_new(daemon);
    struct links_parts *parts = arena_alloc(daemon->arena, sizeof *parts);

    parts->scheduler = scheduler_new(daemon, own->scheduler_interval_ms, own->link_max_age_days);
    parts->batches = batches_new(daemon, own);
    daemon->app = parts;
}

static bool is_connected(struct daemon *daemon)
{
    return guard_is_connected(daemon->guard);
}

static void drain(struct daemon *daemon)
{
    struct links_parts *parts = daemon->app;

    scheduler_pause(parts->scheduler);
}

/* A turn of the scheduler that is under way ends first. */
static bool is_quiet(struct daemon *daemon)
{
    (void)daemon;
    return flow_count() == 0;
}

static void stop(struct daemon *daemon)
{
    struct links_parts *parts = daemon->app;

    scheduler_free(parts->scheduler);
    turns_free(parts->batches);
    guard_free(daemon->guard);
}

int main(int argc, char **argv)
{
    static const struct daemon_spec links = {
        .name = "links",
        .about = "REST API of share links, for platform services",
        .settings_size = sizeof(struct links_settings),
        .settings = settings,
        .routes = links_routes,
        .openapi = {
#include "proto/openapi/links.inc"
        },
        .openapi_v1 = {
#include "proto/openapi/v1.inc"
        },
        .guard = guard_check,
        .guard_settings = guard_settings,
        .take_turn = batches_take_turn,
        .large = { "POST /v1/interviews/batch", 4 * 1024 * 1024 },
        .start = start,
        .is_connected = is_connected,
        .drain = drain,
        .is_quiet = is_quiet,
        .stop = stop,
    };
    return daemon_main(&links, argc, argv);
}
