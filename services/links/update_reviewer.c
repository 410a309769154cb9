/* update_reviewer.c - PATCH /v1/share-links/{id}/reviewers/{rid}: change what was sent of a reviewer; answer with the reviewer.
 *
 * Another address is another mailbox: what the old one has been sent opens nothing any more, so the passcode is a new one, and
 * the sessions end. Nobody is mailed unless send_email says so. As in renewal.c, the box is read first and written by a statement
 * that goes through only when it is still the same.
 */
#include <string.h>

#include "common/http/conditional.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"
#include "services/links/renewal.h"
#include "services/links/show_secrets.h"
#include "services/links/update_reviewer.sql.h"

enum { TRIES_MAX = 3 };

struct change {
    struct faults *faults;
    json_t *columns; /* new values by the names of our columns; of metadata, what is to change */
    bool send_email;
    int tries;
    struct renewed_box box; /* with an address */
};

/* In the order in which they run. */
static struct next *read_box(struct flow *flow);
static struct next *make_passcode(struct flow *flow);
static struct next *store_changes(struct flow *flow);
static struct next *reply_updated(struct flow *flow);

static void read_changes(struct flow *flow, const json_t *body, struct change *change);
static void read_text(struct fields *root, const char *name, const struct text_rule *rule, json_t *columns);
static void read_locale(struct fields *root, json_t *columns);
static bool is_asked_for(const struct change *change, const char *column);
static struct next *refuse(struct flow *flow, struct change *change, const struct update_reviewer_out *out);
static struct next *reply_reviewer(struct flow *flow, const struct change *change, const struct update_reviewer_out *out);

struct next *update_reviewer(struct flow *flow)
{
    struct change *change = arena_alloc(flow->arena, sizeof *change);
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    read_changes(flow, body, change);
    flow->state = change;
    if (!faults_any(change->faults)) {
        return is_asked_for(change, "email") ? read_box(flow) : store_changes(flow);
    }
    bool may_have_more = is_asked_for(change, "email") || is_asked_for(change, "external_id") || is_asked_for(change, "metadata");
    return may_have_more ? store_changes(flow) : faults_reply(flow, change->faults);
}

static void read_changes(struct flow *flow, const json_t *body, struct change *change)
{
    change->faults = faults_new(flow->arena);
    change->columns = json_keep(flow->arena, json_object());
    struct fields root = fields_of(flow->arena, change->faults, body, "");
    read_text(&root, "name", &person_name_rule, change->columns);
    read_text(&root, "email", &email_rule, change->columns);
    read_locale(&root, change->columns);
    platform_data_read_changes(&root, change->columns);
    change->send_email = fields_bool(&root, "send_email", false);
    if (change->send_email && !fields_has(&root, "email")) {
        fields_fault(&root, "send_email", "invalid",
                     "Only a new address is mailed by this call; …/invite mails the one that is there.");
    }
    fields_end(&root);
}

static void read_text(struct fields *root, const char *name, const struct text_rule *rule, json_t *columns)
{
    const char *text = fields_text(root, name, FIELDS_OPTIONAL, rule);

    if (text) {
        json_object_set_new(columns, name, json_string(text));
    }
}

static void read_locale(struct fields *root, json_t *columns)
{
    read_text(root, "locale", &locale_rule, columns);
    if (fields_is_null(root, "locale")) {
        json_object_set_new(columns, "locale", json_null());
    }
}

static bool is_asked_for(const struct change *change, const char *column)
{
    return json_object_get(change->columns, column) != NULL;
}

static struct next *read_box(struct flow *flow)
{
    struct change *change = flow->state;

    change->tries++;
    return renewal_read_boxes(flow, router_param(flow, "rid"), make_passcode);
}

static struct next *make_passcode(struct flow *flow)
{
    struct change *change = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return change_reply_not_found(flow);
    }
    renewal_make_box(flow, 0, &change->box);
    return store_changes(flow);
}

static struct next *store_changes(struct flow *flow)
{
    const struct change *change = flow->state;
    const struct reviewer_secrets *made = change->box.reviewer_id ? &change->box.secrets : NULL;
    struct update_reviewer_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .reviewer_id = router_param(flow, "rid"),
        .changes = json_text(flow->arena, change->columns),
        .passcode_epoch = made ? &change->box.passcode_epoch : NULL,
        .token_hash = pg_bytes_of(made ? made->token_hash : NULL, sizeof made->token_hash),
        .passcode_hash = pg_bytes_of(made ? made->passcode_hash : NULL, sizeof made->passcode_hash),
        .sealed = pg_bytes_of(made ? made->sealed : NULL, made ? made->sealed_length : 0),
        .send_email = change->send_email,
        .metadata_max = METADATA_MAX,
        .mails_max = change_mails_max(flow),
        .is_sound = !faults_any(change->faults),
        .event_ids = change_new_event_ids(flow, 2),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return update_reviewer_query(flow, flow->daemon->pg, &in, reply_updated);
}

static struct next *reply_updated(struct flow *flow)
{
    struct change *change = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct update_reviewer_out out = update_reviewer_get(flow, 0);
    if (faults_any(change->faults)) {
        return refuse(flow, change, &out);
    }
    switch (out.outcome) {
    case UPDATE_REVIEWER_OK:
        return reply_reviewer(flow, change, &out);
    case UPDATE_REVIEWER_FAULTY:
        return refuse(flow, change, &out);
    case UPDATE_REVIEWER_REVIEWER_CHANGED:
        return change->tries < TRIES_MAX ? read_box(flow)
                                         : problem_reply(flow, 409, "conflict", "This reviewer is being changed right now.");
    case UPDATE_REVIEWER_TOO_MANY_MAILS:
        change_note_too_many_mails(flow, change->faults, "/send_email",
                                   arena_printf(flow->arena, "[\"%s\"]", router_param(flow, "rid")));
        return change_reply_too_many_mails(flow, change->faults, out.retry_s);
    case UPDATE_REVIEWER_VERSION_MISMATCH:
        return change_reply_version_mismatch(flow);
    case UPDATE_REVIEWER_BASIC_LINK:
        return change_reply_basic_link(flow);
    case UPDATE_REVIEWER_NOT_FOUND:
        break;
    }
    return change_reply_not_found(flow);
}

static struct next *refuse(struct flow *flow, struct change *change, const struct update_reviewer_out *out)
{
    bool is_judged = out->outcome == UPDATE_REVIEWER_FAULTY;

    if (is_judged && out->is_address_taken) {
        faults_add(change->faults, "/email", "duplicate", "Another reviewer of this link has the same address.");
    }
    if (is_judged && out->is_external_id_taken) {
        platform_data_note_taken(flow->arena, change->faults, "", "reviewer of this link");
    }
    if (is_judged && out->metadata_count > METADATA_MAX) {
        platform_data_note_count(flow->arena, change->faults, "/metadata", out->metadata_count);
    }
    return faults_reply(flow, change->faults);
}

static struct next *reply_reviewer(struct flow *flow, const struct change *change, const struct update_reviewer_out *out)
{
    const char *error;
    json_t *reviewer = json_parse(flow->arena, out->reviewer, strlen(out->reviewer), &error);

    if (out->is_readdressed) {
        show_secrets(flow, reviewer, &change->box.secrets);
    }
    publish_events(flow, out->events);
    conditional_set_version(flow, out->version);
    return http_reply_json(flow, 200, json_text(flow->arena, reviewer));
}
