/* roles.c - see the header.
 *
 *     email     sends the mails that events ask for; needs SMTP_URL and MAIL_FROM
 *     webhook   posts events to webhook endpoints
 *     feed      streams events to listeners (GET /v1/events/stream)
 *     sweep     hands on what no stream has brought, for all groups, and keeps house
 *
 * The other calls of the HTTP API are answered by every process, whatever its roles.
 */
#include "services/notifications/roles.h"

#include <string.h>

static const struct {
    const char *name;
    enum role role;
} roles[] = { { "email", ROLE_EMAIL }, { "webhook", ROLE_WEBHOOK }, { "feed", ROLE_FEED }, { "sweep", ROLE_SWEEP } };

/* The role that the list begins with, or 0. */
static unsigned first_role(const char *list, size_t length)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (strlen(roles[i].name) == length && memcmp(list, roles[i].name, length) == 0) {
            return roles[i].role;
        }
    }
    return 0;
}

const char *roles_check(const char *value)
{
    unsigned found = 0;

    for (const char *at = value;; at++) {
        size_t length = strcspn(at, ",");
        unsigned role = first_role(at, length);
        if (role == 0) {
            return "is no list of email, webhook, feed and sweep, divided by commas";
        }
        if (found & role) {
            return "names a role twice";
        }
        found |= role;
        at += length;
        if (!*at) {
            return NULL;
        }
    }
}

unsigned roles_of(const char *value)
{
    unsigned found = 0;

    for (const char *at = value;; at++) {
        size_t length = strcspn(at, ",");
        found |= first_role(at, length);
        at += length;
        if (!*at) {
            return found;
        }
    }
}
