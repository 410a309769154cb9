/* session.c - see the header. */
#include "services/views/session.h"

#include "common/pg/batch.h"
#include "services/views/door.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *reply_faults(struct flow *flow);

enum column { TOKEN_HASH, SESSION_HASH, COLUMNS };

static const struct pg_statement prove_sessions = { .name = "prove_session", .sql =
#include "services/views/prove_session.sql.inc"
};

struct pg_batch *session_batch_new(struct pg_pool *pool)
{
    return pg_batch_new(pool, &(struct pg_batch_options){
                                  .statement = &prove_sessions, .columns = COLUMNS, .most = 64, .waiting_limit = 4096 });
}

struct next *session_prove(struct flow *flow, flow_step *then)
{
    const char **columns = arena_calloc(flow->arena, COLUMNS, sizeof *columns);

    columns[TOKEN_HASH] = pg_bytea_text(flow->arena, visitor_token_hash(flow), CRYPTO_HASH_SIZE);
    columns[SESSION_HASH] = pg_bytea_text(flow->arena, visitor_session_hash(flow), CRYPTO_HASH_SIZE);
    return pg_batch_add(flow, views_of(flow)->sessions, columns, then);
}

struct next *session_refusal(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return door_refuse(flow, "unknown");
    }
    const char *state = pg_get(flow, 0, 1);
    if (!str_equal(state, "active")) {
        return door_refuse(flow, state);
    }
    return pg_get_bool(flow, 0, 2) ? NULL : door_refuse(flow, "no_session");
}

const char *session_content_version(struct flow *flow)
{
    return pg_get(flow, 0, 3);
}

struct next *session_reply_faults(struct flow *flow, const struct faults *faults)
{
    /* The flow's state only keeps the pointer until the next step. */
    const struct faults **kept = arena_alloc(flow->arena, sizeof(const struct faults *));

    *kept = faults;
    flow->state = kept;
    return session_prove(flow, reply_faults);
}

static struct next *reply_faults(struct flow *flow)
{
    const struct faults *const *faults = flow->state;
    struct next *refusal = session_refusal(flow);

    return refusal ? refusal : faults_reply(flow, *faults);
}
