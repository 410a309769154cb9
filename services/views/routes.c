/* routes.c - the map of the views daemon. SAME_ORIGIN marks what changes something: see same_origin.c. */
#include "services/views/handlers.h"
#include "services/views/views.h"

#define SAME_ORIGIN "same_origin"

const struct route views_routes[] = {
    { HTTP_GET, "/s/{token}", show_gate, NULL },
    { HTTP_GET, "/s/{token}/", redirect_gate, NULL },
    { HTTP_GET, "/s/{token}/state", show_state, NULL },
    { HTTP_POST, "/s/{token}/open", open_link, SAME_ORIGIN },
    { HTTP_GET, "/s/{token}/content", show_content, NULL },
    { HTTP_GET, "/s/{token}/interviews/{id}/review", show_review, NULL },
    { HTTP_PUT, "/s/{token}/interviews/{id}/review", review_interview, SAME_ORIGIN },
    { HTTP_POST, "/s/{token}/interviews/{id}/watch", report_watch, SAME_ORIGIN },
    { HTTP_GET, "/s/{token}/media/{ref}", show_media, NULL },
    { HTTP_POST, "/s/{token}/request-access", request_access, SAME_ORIGIN },
    { HTTP_POST, "/s/{token}/leave", leave_link, SAME_ORIGIN },
    { HTTP_GET, "/assets/{version}/{name}", show_asset, NULL },
    { .pattern = NULL },
};
