/* make_content.h - has a reviewer's page made: the one heavy statement of this service, once for all who wait for the same.
 *
 * Of one reviewer's link one page is made at a time. Who wants it as it is already being made (of the same version, so nothing
 * has changed since that began) waits for it; who wants another waits for its turn. So a reviewer takes up one connection of
 * the lane for heavy statements, however often the page is asked for.
 */
#ifndef SHARELINK_VIEWS_MAKE_CONTENT_H
#define SHARELINK_VIEWS_MAKE_CONTENT_H

#include "common/loop/flow.h"

struct content_cache;
struct content_page;
struct daemon;
struct content_makers;

struct content_makers *content_makers_new(struct daemon *daemon, struct content_cache *cache);
/* What is being made by then is made for nobody. */
void content_makers_free(struct content_makers *makers);

/* version: what the session's proof has just read. In the step, pg_outcome tells how it went; *page is the page, held until the
 * flow ends, or NULL when another was made, or the link is over: then prove the session again. */
struct next *make_content(struct flow *flow, const char *version, struct content_page **page, flow_step *then) FLOW_NEXT;

#endif
