/* searches.c - see the header. */
#include "services/views/searches.h"

#include "common/base/str.h"
#include "common/daemon/daemon.h"
#include "common/http/problem.h"
#include "common/loop/turns.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *reply_full(struct flow *flow);

struct turns *searches_new(struct daemon *daemon, const struct views_settings *settings)
{
    return turns_new(daemon->base, &(struct turns_options){
                                       .at_work = settings->searches_at_work,
                                       .waiting = settings->searches_waiting,
                                   });
}

struct next *searches_take_turn(struct flow *flow, struct turns *searches, flow_step *then)
{
    struct pg_bytes session = visitor_session_hash(flow);
    char key[2 * CRYPTO_HASH_SIZE + 1];

    if (!session.data) {
        return then(flow); /* to be refused */
    }
    str_hex(key, session.data, CRYPTO_HASH_SIZE);
    return turns_take(flow, searches, key, then, reply_full);
}

static struct next *reply_full(struct flow *flow)
{
    http_set_header(flow, "Retry-After", "1");
    return problem_reply(flow, 429, "too_many_searches", "Too many searches of yours wait already. Try again in a moment.");
}
