/* create_endpoint.c - POST /v1/webhook-endpoints: where events are to be posted. The answer shows the secret, once. */
#include "common/data/id.h"
#include "common/http/problem.h"
#include "services/notifications/api/create_endpoint.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"

enum { ENDPOINTS_MAX = 50 };

static struct next *reply_created(struct flow *flow);

struct creation {
    char id[ID_SIZE];
    const char *secret; /* as it is shown */
    struct faults *faults;
};

struct next *create_endpoint(struct flow *flow)
{
    struct creation *creation = arena_alloc(flow->arena, sizeof *creation);
    struct wanted_endpoint wanted;

    struct next *refusal = wanted_endpoint_read(flow, FIELDS_REQUIRED, &wanted);
    if (refusal) {
        return refusal;
    }
    id_new(creation->id, "whe_");
    creation->faults = wanted.faults;
    struct pg_bytes sealed;
    creation->secret = endpoint_secret_new(flow, creation->id, &sealed);
    struct create_endpoint_in in = {
        .endpoint_id = creation->id,
        .account_id = caller_of(flow)->account_id,
        .url = wanted.url ? wanted.url : "",
        .events = wanted.events,
        .share_link_ids = wanted.share_link_ids,
        .external_ids = wanted.external_ids,
        .description = wanted.description,
        .state = wanted.state ? wanted.state : "enabled",
        .secret = sealed,
        .is_sound = !faults_any(wanted.faults),
        .endpoints_max = ENDPOINTS_MAX,
    };
    flow->state = creation;
    return create_endpoint_query(flow, flow->daemon->pg, &in, reply_created);
}

static struct next *reply_created(struct flow *flow)
{
    const struct creation *creation = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct create_endpoint_out out = create_endpoint_get(flow, 0);
    switch (out.outcome) {
    case CREATE_ENDPOINT_FAULTY:
        return endpoint_reply_faulty(flow, creation->faults, out.missing);
    case CREATE_ENDPOINT_TOO_MANY:
        return problem_reply(flow, 409, "too_many_endpoints", "An account has at most 50 webhook endpoints.");
    case CREATE_ENDPOINT_OK:
        break;
    }
    http_set_header(flow, "Location", arena_printf(flow->arena, "/v1/webhook-endpoints/%s", creation->id));
    return endpoint_reply(flow, 201, out.version, out.endpoint, creation->secret);
}
