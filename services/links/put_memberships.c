/* put_memberships.c - PUT /v1/interviews/{id}/share-links: the form with check boxes. The interview becomes a member of exactly
 * these of the account's advanced links, in one transaction.
 */
#include <string.h>

#include "common/base/str.h"
#include "common/http/conditional.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"
#include "services/links/put_memberships.sql.h"

enum { LINKS_MAX = 500 };

/* In the order in which they run. */
static struct next *store_memberships(struct flow *flow);
static struct next *reply_stored(struct flow *flow);

struct form {
    struct faults *faults;
    struct wanted_ids wanted;
};

static void note_faulty_links(struct flow *flow, struct form *form, const struct put_memberships_out *out);

struct next *put_memberships(struct flow *flow)
{
    struct form *form = arena_alloc(flow->arena, sizeof *form);
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    form->faults = faults_new(flow->arena);
    struct fields root = fields_of(flow->arena, form->faults, body, "");
    link_fields_ids(&root, "share_link_ids", 0, LINKS_MAX, &(struct text_rule){ .min = 1, .max = 64, .verbatim = true },
                    &form->wanted);
    fields_end(&root);
    flow->state = form;
    return store_memberships(flow);
}

static struct next *store_memberships(struct flow *flow)
{
    struct form *form = flow->state;

    struct put_memberships_in in = {
        .account_id = caller_of(flow)->account_id,
        .interview_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .share_link_ids = { form->wanted.ids, form->wanted.count },
        .is_sound = !faults_any(form->faults),
        .interviews_max = INTERVIEWS_MAX,
        .content_max = change_content_max(flow),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return put_memberships_query(flow, flow->daemon->pg, &in, reply_stored);
}

static struct next *reply_stored(struct flow *flow)
{
    struct form *form = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return change_refuse_members(flow);
    }
    struct put_memberships_out out = put_memberships_get(flow, 0);
    switch (out.outcome) {
    case PUT_MEMBERSHIPS_OK:
        publish_events(flow, out.events);
        http_set_header(flow, "ETag", arena_printf(flow->arena, "\"%s\"", out.tag));
        return http_reply_json(flow, 200, out.memberships);
    case PUT_MEMBERSHIPS_FAULTY:
        note_faulty_links(flow, form, &out);
        return faults_reply(flow, form->faults);
    case PUT_MEMBERSHIPS_VERSION_MISMATCH:
        return conditional_reply_other(flow, "The interview's share links are others than those that If-Match names.");
    case PUT_MEMBERSHIPS_NOT_FOUND:
        break;
    }
    return problem_reply_not_found(flow, "There is no interview with this id.");
}

static void note_faulty_links(struct flow *flow, struct form *form, const struct put_memberships_out *out)
{
    change_note_missing(flow, form->faults, "share_link_ids", &form->wanted, out->missing_links, "not_found",
                        "There is no such advanced share link.");
    change_note_missing(flow, form->faults, "share_link_ids", &form->wanted, out->full_links, "too_many",
                        arena_printf(flow->arena, "This link has %d interviews already.", INTERVIEWS_MAX));
    change_note_missing(flow, form->faults, "share_link_ids", &form->wanted, out->large_links, "too_large",
                        arena_printf(flow->arena, "With this interview the pages of this link would have more than %lld MiB.",
                                     (long long)links_settings_of(flow->daemon)->link_content_mb));
}
