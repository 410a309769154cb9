/* make_content.h - has a reviewer's list made, or the text of a link that is searched: the heavy statements of this service, each
 * once for all who wait for the same.
 *
 * Of one reviewer one list is made at a time, of one link one text. Who wants it as it is already being made (of the same
 * version, so nothing has changed since that began) waits for it; who wants another waits for its turn. So a reviewer takes up
 * one connection of the lane for heavy statements for each, however often they are asked for.
 */
#ifndef SHARELINK_VIEWS_MAKE_CONTENT_H
#define SHARELINK_VIEWS_MAKE_CONTENT_H

#include <stdint.h>

#include "common/loop/flow.h"
#include "common/pg/pg.h"
#include "services/views/made.h"

struct content_cache;
struct daemon;
struct content_makers;

/* What can be made, and of what. */
struct content_kind {
    const struct pg_statement *statement;
    void (*put)(struct flow *flow, struct pg_params *params);
    struct made *(*read)(const struct pg_answer *answer); /* NULL when the link is over */
};
extern const struct content_kind content_list, content_texts;

struct content_makers *content_makers_new(struct daemon *daemon, struct content_cache *cache);
/* What is being made by then is made for nobody. */
void content_makers_free(struct content_makers *makers);

/* key: of the cache; version: what the session's proof has just read. In the step, pg_outcome tells how it went; *made is what
 * was made, held until the flow ends, or NULL when another was made, or the link is over: then prove the session again. */
struct next *make_content(struct flow *flow, const struct content_kind *kind, const uint8_t *key, const char *version,
                          struct made **made, flow_step *then) FLOW_NEXT;

#endif
