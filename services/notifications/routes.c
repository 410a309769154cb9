/* routes.c - the map of the notifications daemon: nothing yet beside what every daemon answers. */
#include "services/notifications/notifications.h"

const struct route notifications_routes[] = {
    { .pattern = NULL },
};
