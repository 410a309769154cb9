/* routes.c - the map of the views daemon. SAME_ORIGIN marks what changes something: see same_origin.c. */
#include "services/views/handlers.h"
#include "services/views/views.h"

#define SAME_ORIGIN "same_origin"

const struct route views_routes[] = {
    { HTTP_GET, "/s/{token}", show_gate, .scope = NULL },
    { HTTP_GET, "/s/{token}/", redirect_gate, .scope = NULL },
    { HTTP_GET, "/s/{token}/state", show_state, .scope = NULL },
    { HTTP_POST, "/s/{token}/open", open_link, .scope = SAME_ORIGIN },
    { HTTP_GET, "/s/{token}/content", show_content, .scope = NULL },
    { HTTP_GET, "/s/{token}/interviews/{id}", show_interview, .scope = NULL },
    { HTTP_GET, "/s/{token}/interviews/{id}/review", show_review, .scope = NULL },
    { HTTP_PUT, "/s/{token}/interviews/{id}/review", review_interview, .scope = SAME_ORIGIN },
    { HTTP_POST, "/s/{token}/interviews/{id}/watch", report_watch, .scope = SAME_ORIGIN },
    { HTTP_POST, "/s/{token}/done", report_done, .scope = SAME_ORIGIN },
    { HTTP_GET, "/s/{token}/media/{ref}", show_media, .scope = NULL },
    { HTTP_POST, "/s/{token}/request-access", request_access, .scope = SAME_ORIGIN },
    { HTTP_POST, "/s/{token}/leave", leave_link, .scope = SAME_ORIGIN },
    { HTTP_GET, "/assets/{version}/{name}", show_asset, .scope = NULL },
    { HTTP_GET, "/logos/{digest}", show_logo, .scope = NULL },
    { .pattern = NULL },
};
