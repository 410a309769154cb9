/* session.c - see the header. */
#include "services/views/session.h"

#include "services/views/door.h"
#include "services/views/prove_session.sql.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *reply_faults(struct flow *flow);

struct pg_batch *session_batch_new(struct daemon *daemon)
{
    return prove_session_batch(daemon->pg, daemon->arena, 64, 4096);
}

struct next *session_prove(struct flow *flow, const char *search, flow_step *then)
{
    struct prove_session_item item = {
        .token_hash = visitor_token_hash(flow),
        .session_hash = visitor_session_hash(flow),
        .search = search,
    };
    return prove_session_add(flow, views_of(flow)->sessions, &item, then);
}

struct next *session_refusal(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    enum door door = prove_session_get(flow, 0).door;
    return door == DOOR_OPEN ? NULL : door_refuse(flow, door);
}

const char *session_content_version(struct flow *flow)
{
    return prove_session_get(flow, 0).content_version;
}

const char *session_link_version(struct flow *flow)
{
    return prove_session_get(flow, 0).link_version;
}

const char *session_share_link_id(struct flow *flow)
{
    return prove_session_get(flow, 0).share_link_id;
}

const char *session_search(struct flow *flow)
{
    return prove_session_get(flow, 0).search;
}

struct next *session_reply_faults(struct flow *flow, const struct faults *faults)
{
    /* The flow's state only keeps the pointer until the next step. */
    const struct faults **kept = arena_alloc(flow->arena, sizeof(const struct faults *));

    *kept = faults;
    flow->state = kept;
    return session_prove(flow, NULL, reply_faults);
}

static struct next *reply_faults(struct flow *flow)
{
    const struct faults *const *faults = flow->state;
    struct next *refusal = session_refusal(flow);

    return refusal ? refusal : faults_reply(flow, *faults);
}
