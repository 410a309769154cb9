/* openapi.c - see openapi.h. */
#include "common/daemon/openapi.h"

#include <string.h>

#include "common/http/conditional.h"
#include "common/http/http.h"

struct document {
    const char *json, *etag;
    size_t length;
};

static struct {
    struct document own, of_v1;
} served;

static struct document make(struct arena *arena, const struct openapi_text *text, const char *public_url);
static struct next *show_own(struct flow *flow);
static struct next *show_v1(struct flow *flow);
static struct next *reply(struct flow *flow, const struct document *document);
static void keep(void *held);

static const struct route own_route = { HTTP_GET, "/openapi.json", show_own, .scope = NULL };
static const struct route v1_route = { HTTP_GET, "/v1/openapi.json", show_v1, .scope = NULL };

void openapi_setup(struct arena *arena, const struct openapi_text *own, const struct openapi_text *of_v1, const char *public_url)
{
    served.own = make(arena, own, public_url);
    if (of_v1->before_url) {
        served.of_v1 = make(arena, of_v1, public_url);
    }
}

/* A URL that the settings' check lets pass has nothing to escape. */
static struct document make(struct arena *arena, const struct openapi_text *text, const char *public_url)
{
    const char *json = arena_printf(arena, "%s%s%s", text->before_url, public_url, text->after_url);

    return (struct document){ .json = json, .etag = conditional_tag_of(arena, json), .length = strlen(json) };
}

size_t openapi_routes(struct route *routes)
{
    size_t count = 0;

    routes[count++] = own_route;
    if (served.of_v1.json) {
        routes[count++] = v1_route;
    }
    return count;
}

static struct next *show_own(struct flow *flow)
{
    return reply(flow, &served.own);
}

static struct next *show_v1(struct flow *flow)
{
    return reply(flow, &served.of_v1);
}

static struct next *reply(struct flow *flow, const struct document *document)
{
    http_set_header(flow, "ETag", document->etag);
    http_set_header(flow, "Cache-Control", "no-cache");
    if (conditional_is_known(flow, document->etag)) {
        return http_reply_empty(flow, 304);
    }
    return http_reply_shared(flow, 200, "application/json", document->json, document->length, keep, NULL);
}

/* It lives as long as the process. */
static void keep(void *held)
{
    (void)held;
}
