/* routes.c - the map of the notifications daemon. A route with a scope is behind the API key (common/daemon/guard.h); the others
 * are for recipients of mails, whose URL is their authority. */
#include "services/notifications/feed/feed_origins.h"
#include "services/notifications/handlers.h"
#include "services/notifications/notifications.h"

const struct route notifications_routes[] = {
    { HTTP_GET, "/v1/events", list_events, .scope = "events.read", .sessions = SESSION_READ },
    { HTTP_GET, "/v1/event-types", list_event_types, .scope = "events.read", .sessions = SESSION_READ },
    { HTTP_GET, "/v1/events/stream", stream_events, .scope = "events.read", .sessions = SESSION_READ,
      .preflight = preflight_stream },
    { HTTP_GET, "/v1/events/{id}", get_event, .scope = "events.read", .sessions = SESSION_READ },
    { HTTP_GET, "/v1/deliveries", list_deliveries, .scope = "events.read", .sessions = SESSION_READ },
    { HTTP_GET, "/v1/deliveries/{id}", get_delivery, .scope = "events.read", .sessions = SESSION_READ },
    { HTTP_POST, "/v1/deliveries/{id}/retry", retry_delivery, .scope = "webhooks.write", .sessions = SESSION_MANAGE },
    { HTTP_POST, "/v1/webhook-endpoints", create_endpoint, .scope = "webhooks.write" },
    { HTTP_GET, "/v1/webhook-endpoints", list_endpoints, .scope = "webhooks.write" },
    { HTTP_GET, "/v1/webhook-endpoints/{id}", get_endpoint, .scope = "webhooks.write" },
    { HTTP_PATCH, "/v1/webhook-endpoints/{id}", update_endpoint, .scope = "webhooks.write" },
    { HTTP_DELETE, "/v1/webhook-endpoints/{id}", delete_endpoint, .scope = "webhooks.write" },
    { HTTP_POST, "/v1/webhook-endpoints/{id}/rotate-secret", rotate_secret, .scope = "webhooks.write" },
    { HTTP_POST, "/v1/webhook-endpoints/{id}/test", test_endpoint, .scope = "webhooks.write" },
    { HTTP_POST, "/v1/webhook-endpoints/{id}/replay", replay_endpoint, .scope = "webhooks.write" },
    { HTTP_GET, "/v1/notification-preferences/{email}", get_preferences, .scope = "links.read", .sessions = SESSION_READ },
    { HTTP_PUT, "/v1/notification-preferences/{email}", put_preferences, .scope = "links.write", .sessions = SESSION_ANY },
    { HTTP_GET, "/u/{token}", show_unsubscribe, .scope = NULL },
    { HTTP_POST, "/u/{token}", unsubscribe, .scope = NULL },
    { .pattern = NULL },
};
