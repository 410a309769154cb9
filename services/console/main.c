/* main.c - the console daemon: sessions in which recruiters work without a key, and the page that they work on.
 *
 * It owns the sessions and serves the page, which calls the public API with a session's token as any platform calls it with a
 * key: what a session may do there is checked by the daemons that serve it (common/daemon/session.h). It may be left out of a
 * deployment. Start reading at routes.c.
 */
#include "services/console/console.h"

#include "common/daemon/guard.h"

#define FIELD(member) offsetof(struct console_settings, member)

static const struct config_setting settings[] = {
    { .name = "CONSOLE_SESSIONS_PER_ACCOUNT",
      .kind = CONFIG_INT,
      .offset = FIELD(sessions_per_account),
      .fallback = "10000",
      .min = 1,
      .max = 10000000,
      .about = "Sessions of the console that an account may have at one time; one more is refused." },
    { .name = NULL },
};

static void start(struct daemon *daemon)
{
    daemon->guard = guard_new(daemon);
}

static bool is_connected(struct daemon *daemon)
{
    return guard_is_connected(daemon->guard);
}

static void stop(struct daemon *daemon)
{
    guard_free(daemon->guard);
}

int main(int argc, char **argv)
{
    static const struct daemon_spec console = {
        .name = "console",
        .about = "the recruiters' console: its sessions and its page",
        .settings_size = sizeof(struct console_settings),
        .settings = settings,
        .routes = console_routes,
        .openapi = {
#include "proto/openapi/console.inc"
        },
        .guard = guard_check,
        .guard_settings = guard_settings,
        .start = start,
        .is_connected = is_connected,
        .stop = stop,
    };
    return daemon_main(&console, argc, argv);
}
