/* event_names.c - see the header. */
#include "services/notifications/api/event_names.h"

#include <stddef.h>

const char *const event_names[] = {
#include "event_types.inc"
    NULL,
};

const char *const delivered_names[] = {
#include "event_types.inc"
    "digest.daily", "link.expires_soon", "webhook.disabled", "webhook.test", NULL,
};
