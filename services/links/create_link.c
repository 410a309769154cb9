/* create_link.c - POST /v1/share-links: store the link, its reviewers and its events; answer with their URLs.
 *
 * One statement checks what the body refers to and stores everything, or nothing. When the body itself has faults, the
 * same statement is asked for the check alone, so that the caller hears of all faults at once. A link of kind "basic" is the
 * business of create_basic_link.c.
 */
#include <string.h>

#include "common/daemon/session.h"
#include "common/data/id.h"
#include "common/http/problem.h"
#include "services/links/basic_link.h"
#include "services/links/change.h"
#include "services/links/create_link.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/new_reviewers.h"
#include "services/links/publish.h"
#include "services/links/wanted_link.h"

/* In the order in which they run. */
static struct next *store_link(struct flow *flow);
static struct next *reply_created(struct flow *flow);

struct creation {
    struct faults *faults;
    struct wanted_link wanted;
    char link_id[ID_SIZE];
    struct new_reviewers reviewers;
};

static void note_missing(struct flow *flow, struct creation *creation, const struct create_link_out *out);
static const char *with_urls(struct flow *flow, const struct creation *creation, const char *share_link);

/* As links.has_advanced_links has it. */
static bool plan_allows(const char *plan)
{
    return str_equal(plan, "screen") || str_equal(plan, "growth") || str_equal(plan, "enterprise");
}

struct next *create_link(struct flow *flow)
{
    struct creation *creation = arena_alloc(flow->arena, sizeof *creation);
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    if (str_equal(json_string_value(json_object_get(body, "kind")), "basic")) {
        return create_listed_basic_link(flow, body);
    }
    if (!plan_allows(caller_of(flow)->plan)) {
        return problem_reply_with(flow, 402, "plan_required", "Advanced share links need another plan.",
                                  json_pack("{s:[sss]}", "plans", "screen", "growth", "enterprise"));
    }
    creation->faults = faults_new(flow->arena);
    wanted_link_read(flow->arena, creation->faults, body, session_of(flow), &creation->wanted);
    flow->state = creation;
    return store_link(flow);
}

static struct next *store_link(struct flow *flow)
{
    struct creation *creation = flow->state;
    const struct wanted_link *wanted = &creation->wanted;
    uint8_t media_salt[16];

    id_new(creation->link_id, "lnk_");
    new_reviewers_make(flow, &wanted->reviewers, &creation->reviewers);
    crypto_random(media_salt, sizeof media_salt);
    struct create_link_in in = {
        .account_id = caller_of(flow)->account_id,
        .session_id = session_id_of(flow),
        .share_link_id = creation->link_id,
        .title = wanted->title,
        .owner_name = wanted->owner_name,
        .owner_email = wanted->owner_email,
        .owner_time_zone = wanted->owner_time_zone,
        .settings = wanted->settings,
        .is_expiry_given = wanted->expiry.is_given,
        .expires_at = wanted->expiry.at,
        .expires_in_s = wanted_expiry_in_s(&wanted->expiry),
        .send_email = wanted->send_email,
        .message_subject = wanted->message_subject,
        .message_body = wanted->message_body,
        .template_id = wanted->template_id,
        .takes_default_template = wanted->leaves_out_message,
        .external_id = wanted->data.external_id,
        .metadata = wanted->data.metadata,
        .interview_ids = { wanted->interviews.ids, wanted->interviews.count },
        .reviewers = { creation->reviewers.list, creation->reviewers.count },
        .media_salt = pg_bytes_of(media_salt, sizeof media_salt),
        .is_sound = !faults_any(creation->faults),
        .content_max = change_content_max(flow),
        .mails_max = change_mails_max(flow),
        .event_ids = change_new_event_ids(flow, 1 + wanted->reviewers.count),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return create_link_query(flow, flow->daemon->pg, &in, reply_created);
}

static struct next *reply_created(struct flow *flow)
{
    struct creation *creation = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return change_note_time_zone(flow, creation->faults) || change_note_taken(flow, creation->faults)
                   ? faults_reply(flow, creation->faults)
                   : change_refuse_members(flow);
    }
    struct create_link_out out = create_link_get(flow, 0);
    switch (out.outcome) {
    case CREATE_LINK_FAULTY:
        note_missing(flow, creation, &out);
        return faults_reply(flow, creation->faults);
    case CREATE_LINK_TOO_MANY_MAILS:
        change_note_too_many_mails(flow, creation->faults, NULL, out.refused);
        return change_reply_too_many_mails(flow, creation->faults, out.retry_s);
    case CREATE_LINK_CREATED:
        break;
    }
    publish_events(flow, out.events);
    http_set_header(flow, "Location", arena_printf(flow->arena, "/v1/share-links/%s", creation->link_id));
    http_set_header(flow, "ETag", "\"v1\"");
    return http_reply_json(flow, 201, with_urls(flow, creation, out.share_link));
}

static void note_missing(struct flow *flow, struct creation *creation, const struct create_link_out *out)
{
    change_note_missing(flow, creation->faults, "interview_ids", &creation->wanted.interviews, out->missing_interviews,
                        "not_found", "There is no such interview.");
    change_note_content_size(flow, creation->faults, "/interview_ids", out->content_size);
    if (out->is_template_missing) {
        faults_add(creation->faults, "/template_id", "not_found", "There is no such template.");
    }
    if (out->is_external_id_taken) {
        platform_data_note_taken(flow->arena, creation->faults, "", "share link");
    }
}

static const char *with_urls(struct flow *flow, const struct creation *creation, const char *share_link)
{
    const char *error;
    json_t *link = json_parse(flow->arena, share_link, strlen(share_link), &error);

    new_reviewers_show(flow, json_object_get(link, "reviewers"), &creation->reviewers);
    return json_text(flow->arena, link);
}
