/* routes.c - the map of the notifications daemon. A route with a scope is behind the API key (common/guard.h); the others
 * are for recipients of mails, whose URL is their authority. */
#include "services/notifications/handlers.h"
#include "services/notifications/notifications.h"

const struct route notifications_routes[] = {
    { HTTP_GET, "/v1/notification-preferences/{email}", get_preferences, "links.read" },
    { HTTP_PUT, "/v1/notification-preferences/{email}", put_preferences, "links.write" },
    { HTTP_GET, "/u/{token}", show_unsubscribe, NULL },
    { HTTP_POST, "/u/{token}", unsubscribe, NULL },
    { .pattern = NULL },
};
