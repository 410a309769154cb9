/* openapi.h - the OpenAPI documents that a daemon serves: its own at /openapi.json, and that of all of /v1 where it has it, at
 * /v1/openapi.json. Their server is PUBLIC_URL. */
#ifndef SHARELINK_OPENAPI_H
#define SHARELINK_OPENAPI_H

#include "common/base/arena.h"
#include "common/http/router.h"

#define OPENAPI_ROUTES 2 /* at most */

/* Made by proto/openapi/embed: the JSON before and behind the URL of its server. All NULL: there is none. */
struct openapi_text {
    const char *before_url, *after_url;
};

/* Once in a process; the documents stay in the arena. */
void openapi_setup(struct arena *arena, const struct openapi_text *own, const struct openapi_text *of_v1, const char *public_url);
/* Fills in what serves them; returns their number. */
size_t openapi_routes(struct route *routes);

#endif
