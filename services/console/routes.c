/* routes.c - the map of the console daemon. What platforms call has a scope and is behind the API key, and no session of the
 * console may make another; the page is for whoever has its URL. */
#include "services/console/console.h"
#include "services/console/handlers.h"

const struct route console_routes[] = {
    { HTTP_POST, "/v1/console-sessions", create_session, .scope = "console.write" },
    { HTTP_POST, "/v1/console-sessions/expire", expire_sessions, .scope = "console.write" },
    { HTTP_DELETE, "/v1/console-sessions/{id}", delete_session, .scope = "console.write" },
    { HTTP_GET, "/console/embed.js", show_embed, .scope = NULL },
    { HTTP_GET, "/console/{id}", show_page, .scope = NULL },
    { HTTP_POST, "/console/{id}/start", start_session, .scope = NULL },
    { HTTP_GET, "/console/assets/{version}/{name}", show_asset, .scope = NULL },
    { .pattern = NULL },
};
