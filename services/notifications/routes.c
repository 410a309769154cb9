/* routes.c - the map of the notifications daemon: nothing yet beside what every daemon answers. A route with a scope is
 * behind the API key (common/guard.h). */
#include "services/notifications/notifications.h"

const struct route notifications_routes[] = {
    { .pattern = NULL },
};
