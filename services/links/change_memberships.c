/* change_memberships.c - POST /v1/memberships: a list of interviews is put into some links and taken out of others, in one
 * transaction: what somebody has ticked and unticked for all that were selected. What is so already is no error, and a link
 * that stays as it is is not told of.
 */
#include "common/daemon/session.h"
#include "services/links/change.h"
#include "services/links/change_memberships.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"

enum { LINKS_MAX = 50, FEW_MEMBERSHIPS = 1000 };

/* In the order in which they run. */
static struct next *store_memberships(struct flow *flow);
static struct next *reply_changed(struct flow *flow);

struct form {
    struct faults *faults;
    struct wanted_ids interviews, add_to, remove_from;
};

static void read_links(struct fields *root, const char *name, struct wanted_ids *links);
static void note_contradictions(struct flow *flow, struct form *form);
static void note_faulty(struct flow *flow, struct form *form, const struct change_memberships_out *out);

struct next *change_memberships(struct flow *flow)
{
    struct form *form = arena_calloc(flow->arena, 1, sizeof *form);
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    form->faults = faults_new(flow->arena);
    struct fields root = fields_of(flow->arena, form->faults, body, "");
    link_fields_interviews(&root, &form->interviews);
    read_links(&root, "add_to", &form->add_to);
    read_links(&root, "remove_from", &form->remove_from);
    fields_end(&root);
    note_contradictions(flow, form);
    flow->state = form;
    return store_memberships(flow);
}

static void read_links(struct fields *root, const char *name, struct wanted_ids *links)
{
    static const struct text_rule rule = { .min = 1, .max = 64, .verbatim = true };

    if (fields_has(root, name)) {
        link_fields_ids(root, name, 0, LINKS_MAX, &rule, links);
    }
}

static void note_contradictions(struct flow *flow, struct form *form)
{
    json_t *added = json_keep(flow->arena, json_object());

    for (size_t i = 0; i < form->add_to.count; i++) {
        if (form->add_to.ids[i]) {
            json_object_set_new(added, form->add_to.ids[i], json_true());
        }
    }
    for (size_t i = 0; i < form->remove_from.count; i++) {
        if (form->remove_from.ids[i] && json_object_get(added, form->remove_from.ids[i])) {
            faults_add(form->faults, arena_printf(flow->arena, "/remove_from/%zu", i), "conflict",
                       "This link is in add_to, too.");
        }
    }
    if (form->add_to.count + form->remove_from.count > LINKS_MAX) {
        faults_add(form->faults, "/remove_from", "too_many",
                   arena_printf(flow->arena, "add_to and remove_from may have %d links together.", LINKS_MAX));
    }
}

static struct next *store_memberships(struct flow *flow)
{
    struct form *form = flow->state;
    struct pg_pool *pool = flow->daemon->pg;
    size_t links = form->add_to.count + form->remove_from.count;

    struct change_memberships_in in = {
        .account_id = caller_of(flow)->account_id,
        .session_id = session_id_of(flow),
        .interview_ids = { form->interviews.ids, form->interviews.count },
        .add_to = { form->add_to.ids, form->add_to.count },
        .remove_from = { form->remove_from.ids, form->remove_from.count },
        .is_sound = !faults_any(form->faults),
        .interviews_max = INTERVIEWS_MAX,
        .content_max = change_content_max(flow),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return change_memberships_query(flow, form->interviews.count * links > FEW_MEMBERSHIPS ? pg_heavy(pool) : pool, &in,
                                    reply_changed);
}

static struct next *reply_changed(struct flow *flow)
{
    struct form *form = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct change_memberships_out out = change_memberships_get(flow, 0);
    switch (out.outcome) {
    case CHANGE_MEMBERSHIPS_FAULTY:
        note_faulty(flow, form, &out);
        return faults_reply(flow, form->faults);
    case CHANGE_MEMBERSHIPS_OK:
        break;
    }
    publish_events(flow, out.events);
    return http_reply_json(flow, 200, out.changed);
}

static void note_faulty(struct flow *flow, struct form *form, const struct change_memberships_out *out)
{
    const char *no_link = "There is no such advanced share link.";

    change_note_missing(flow, form->faults, "interview_ids", &form->interviews, out->unknown_interviews, "not_found",
                        "There is no such interview.");
    change_note_missing(flow, form->faults, "add_to", &form->add_to, out->unknown_to_add_to, "not_found", no_link);
    change_note_missing(flow, form->faults, "remove_from", &form->remove_from, out->unknown_to_remove_from, "not_found", no_link);
    change_note_missing(flow, form->faults, "add_to", &form->add_to, out->full_links, "too_many",
                        arena_printf(flow->arena, "With them this link would have more than %d interviews.", INTERVIEWS_MAX));
    change_note_missing(flow, form->faults, "add_to", &form->add_to, out->large_links, "too_large",
                        arena_printf(flow->arena, "With them the pages of this link would have more than %lld MiB.",
                                     (long long)links_settings_of(flow->daemon)->link_content_mb));
}
