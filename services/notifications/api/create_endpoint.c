/* create_endpoint.c - POST /v1/webhook-endpoints: where events are to be posted. The answer shows the secret, once. */
#include "common/data/id.h"
#include "common/http/problem.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"

enum { ENDPOINTS_MOST = 50 };

static struct next *reply_created(struct flow *flow);

struct creation {
    char id[ID_SIZE];
    const char *secret;
};

static const struct pg_statement store_endpoint = { .name = "create_endpoint", .sql =
#include "services/notifications/api/create_endpoint.sql.inc"
};

struct next *create_endpoint(struct flow *flow)
{
    struct creation *creation = arena_alloc(flow->arena, sizeof *creation);
    struct wanted_endpoint wanted;
    struct pg_params params;

    struct next *refusal = wanted_endpoint_read(flow, FIELDS_REQUIRED, &wanted);
    if (refusal) {
        return refusal;
    }
    id_new(creation->id, "whe_");
    pg_params_init(&params, flow->arena);
    pg_text(&params, creation->id);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, wanted.url);
    wanted_endpoint_add_events(&wanted, &params);
    pg_text(&params, wanted.description);
    pg_text(&params, wanted.state ? wanted.state : "enabled");
    creation->secret = endpoint_secret_new(flow, creation->id, &params);
    pg_int(&params, ENDPOINTS_MOST);
    flow->state = creation;
    return pg_query(flow, flow->daemon->pg, &store_endpoint, &params, reply_created);
}

static struct next *reply_created(struct flow *flow)
{
    const struct creation *creation = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return problem_reply(flow, 409, "too_many_endpoints", "An account has at most 50 webhook endpoints.");
    }
    http_set_header(flow, "Location", arena_printf(flow->arena, "/v1/webhook-endpoints/%s", creation->id));
    return endpoint_reply(flow, 201, pg_get(flow, 0, 0), pg_get(flow, 0, 1), creation->secret);
}
