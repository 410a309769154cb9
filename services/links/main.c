/* main.c - the links daemon: the REST API by which platform services make and manage share links.
 *
 * It owns accounts, interviews, share links and reviewers in the schema links. It writes the events that others act on; it
 * sends no mail and shows reviewers nothing. Start reading at routes.c.
 */
#include "common/daemon.h"
#include "common/guard.h"
#include "services/links/links.h"

static const struct config_setting settings[] = { { .name = NULL } };

static void start(struct daemon *daemon)
{
    daemon->guard = guard_new(daemon);
}

static void stop(struct daemon *daemon)
{
    guard_free(daemon->guard);
}

int main(int argc, char **argv)
{
    static const struct daemon_spec links = {
        .name = "links",
        .about = "REST API of share links, for platform services",
        .settings_size = sizeof(struct daemon_settings),
        .settings = settings,
        .routes = links_routes,
        .openapi = {
#include "proto/openapi/links.yaml.inc"
        },
        .guard = guard_check,
        .guard_settings = guard_settings,
        .start = start,
        .stop = stop,
    };
    return daemon_main(&links, argc, argv);
}
