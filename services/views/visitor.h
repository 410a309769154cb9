/* visitor.h - what is kept of a visitor: a network and a device class, never an address; and the session cookie. */
#ifndef SHARELINK_VIEWS_VISITOR_H
#define SHARELINK_VIEWS_VISITOR_H

#include "common/data/crypto.h"
#include "common/loop/flow.h"
#include "common/pg/declared.h"

/* "192.0.2.0/24" or "2001:db8:1::/48", in the arena; "unknown" for what is no address. */
const char *visitor_network(struct arena *arena, const char *address);
/* phone, tablet, desktop, bot or other. */
const char *visitor_device(const char *user_agent);

/* The path of a link's pages: /s/<token>, in the arena. */
const char *visitor_path(struct flow *flow);
/* The hash of the session cookie; NULL without one. */
struct pg_bytes visitor_session_hash(struct flow *flow);
void visitor_set_session(struct flow *flow, const char *session);
/* Has the browser forget its session cookie. */
void visitor_clear_session(struct flow *flow);
/* The hash of the token in the path, by which it is stored. */
struct pg_bytes visitor_token_hash(struct flow *flow);
/* Of a token, or a session. */
struct pg_bytes visitor_hash(struct flow *flow, const char *secret);

#endif
