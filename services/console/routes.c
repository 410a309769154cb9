/* routes.c - the map of the console daemon. What platforms call has a scope and is behind the API key; no session of the console
 * may make another. */
#include "services/console/console.h"
#include "services/console/handlers.h"

const struct route console_routes[] = {
    { HTTP_POST, "/v1/console-sessions", create_session, .scope = "console.write" },
    { HTTP_POST, "/v1/console-sessions/expire", expire_sessions, .scope = "console.write" },
    { HTTP_DELETE, "/v1/console-sessions/{id}", delete_session, .scope = "console.write" },
    { .pattern = NULL },
};
