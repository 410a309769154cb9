/* preview_template.c - POST /v1/email-templates/preview: a message as a reviewer would get it; nothing is sent or stored.
 *
 * The link's address and passcode are made-up ones always: a preview goes to screens that no reviewer sits at. The other values
 * are those of a link, or of one that is yet to be made of interview_ids, or samples; reviewer_name and the like take their
 * place. What placeholders say is in the language of the link's first reviewer; without a link, in that of the account or the
 * samples.
 */
#include <string.h>

#include "common/daemon/session.h"
#include "common/data/markdown.h"
#include "common/data/names.h"
#include "common/http/problem.h"
#include "common/words/words.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/link_fields.h"
#include "services/links/links.h"
#include "services/links/preview_template.sql.h"

#define SAMPLE_PASSCODE "SAMP-1E00-0000-0000"

static struct next *reply_preview(struct flow *flow);

static const char *const of_interviews[] = { "interview_count", "job_title", "job_count" };

static const struct text_rule id_rule = { .min = 1, .max = 64, .verbatim = true, .nullable = true };

struct preview {
    const char *subject, *body; /* NULL with a template */
    bool has_template, wants_template, has_link;
    struct wanted_ids interviews;                     /* none: not asked for */
    const char *reviewer_name, *sender_name, *locale; /* NULL: the link's, or a sample */
    struct wanted_expiry expiry;
    struct faults *faults;
};

static void read_texts(struct fields *root, struct preview *preview);
static void read_values(struct fields *root, struct preview *preview);
static void take_recruiter(const struct session *session, struct preview *preview, const char **time_zone);
static const json_t *values_of(struct flow *flow, const struct preview *preview, const struct preview_template_out *out);
static void take_text(json_t *values, const char *name, const char *text);
static void take_template(struct flow *flow, struct preview *preview, const char *text);
static const struct placeholder *placeholders_of(struct flow *flow, const json_t *link);
static const char *value_of(const json_t *link, const char *name, const char *sample);
static const char *expiry_of(struct arena *arena, enum words_language language, const json_t *link);
static const char *job_of(struct arena *arena, enum words_language language, const json_t *link);

struct next *preview_template(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    struct preview *preview = arena_calloc(flow->arena, 1, sizeof *preview);
    struct text_rule zone_rule = time_zone_rule;
    struct next *refusal = NULL;

    zone_rule.nullable = true;
    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    flow->state = preview;
    struct fields root = fields_of(flow->arena, faults, body, "");
    read_texts(&root, preview);
    const char *template_id = fields_text(&root, "template_id", FIELDS_OPTIONAL, &id_rule);
    const char *share_link_id = fields_text(&root, "share_link_id", FIELDS_OPTIONAL, &id_rule);
    const char *time_zone = fields_text(&root, "time_zone", FIELDS_OPTIONAL, &zone_rule);
    read_values(&root, preview);
    fields_end(&root);
    if (session_of(flow) && !share_link_id) {
        take_recruiter(session_of(flow), preview, &time_zone);
    }
    struct preview_template_in in = {
        .account_id = caller_of(flow)->account_id,
        .session_id = session_id_of(flow),
        .template_id = template_id,
        .share_link_id = share_link_id,
        .interview_ids = { preview->interviews.ids, preview->interviews.count },
        .is_expiry_given = preview->expiry.is_given,
        .expires_at = preview->expiry.at,
        .expires_in_s = wanted_expiry_in_s(&preview->expiry),
        .time_zone = time_zone,
    };
    preview->faults = faults;
    preview->wants_template = template_id && !preview->subject && !preview->body; /* else it has a fault already */
    preview->has_link = share_link_id;
    return preview_template_query(flow, flow->daemon->pg, &in, reply_preview);
}

static void read_texts(struct fields *root, struct preview *preview)
{
    preview->has_template = fields_has(root, "template_id");
    if (preview->has_template && (fields_has(root, "subject") || fields_has(root, "body"))) {
        fields_fault(root, "template_id", "conflict", "Give subject and body, or template_id, not both.");
    }
    link_fields_texts(root, preview->has_template ? FIELDS_OPTIONAL : FIELDS_REQUIRED, &preview->subject, &preview->body);
}

static void read_values(struct fields *root, struct preview *preview)
{
    struct text_rule name_rule = person_name_rule;

    name_rule.nullable = true;
    preview->reviewer_name = fields_text(root, "reviewer_name", FIELDS_OPTIONAL, &name_rule);
    preview->sender_name = fields_text(root, "sender_name", FIELDS_OPTIONAL, &name_rule);
    preview->locale = fields_text(root, "locale", FIELDS_OPTIONAL, &locale_rule);
    if (fields_has(root, "interview_ids")) {
        link_fields_interviews(root, &preview->interviews);
    }
    link_fields_expiry(root, &preview->expiry);
}

/* Whose the link will be. */
static void take_recruiter(const struct session *session, struct preview *preview, const char **time_zone)
{
    preview->sender_name = preview->sender_name ? preview->sender_name : session->name;
    *time_zone = *time_zone ? *time_zone : session->time_zone;
}

static struct next *reply_preview(struct flow *flow)
{
    struct preview *preview = flow->state;
    struct faults *faults = preview->faults;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct preview_template_out out = preview_template_get(flow, 0);
    if (preview->wants_template && !out.template) {
        faults_add(faults, "/template_id", "not_found", "There is no such template.");
    }
    if (preview->has_link && !out.has_link) {
        faults_add(faults, "/share_link_id", "not_found", "There is no such share link.");
    }
    change_note_missing(flow, faults, "interview_ids", &preview->interviews, out.unknown_interviews, "not_found",
                        "There is no such interview.");
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    if (preview->has_template) {
        take_template(flow, preview, out.template);
    }
    const struct placeholder *values = placeholders_of(flow, values_of(flow, preview, &out));
    json_t *answer = json_keep(flow->arena, json_object());
    json_object_set_new(answer, "subject", json_string(markdown_fill(flow->arena, preview->subject, values)));
    json_object_set_new(answer, "text", json_string(markdown_text(flow->arena, preview->body, values)));
    json_object_set_new(answer, "html", json_string(markdown_html(flow->arena, preview->body, values)));
    return http_reply_json(flow, 200, json_text(flow->arena, answer));
}

static void take_template(struct flow *flow, struct preview *preview, const char *text)
{
    const char *error;
    const json_t *template = json_parse(flow->arena, text, strlen(text), &error);

    preview->subject = json_string_value(json_object_get(template, "subject"));
    preview->body = json_string_value(json_object_get(template, "body"));
}

/* By the names of preview_template.sql; without is_real, samples stand for what is not there. */
static const json_t *values_of(struct flow *flow, const struct preview *preview, const struct preview_template_out *out)
{
    const char *error;
    json_t *values = json_keep(flow->arena, json_object());
    json_t *link = out->link ? json_parse(flow->arena, out->link, strlen(out->link), &error) : NULL;
    json_t *draft = out->draft ? json_parse(flow->arena, out->draft, strlen(out->draft), &error) : NULL;

    json_object_update(values, link ? link : draft ? draft : values);
    json_object_set_new(values, "is_real", json_boolean(link || draft));
    for (size_t i = 0; draft && i < sizeof of_interviews / sizeof *of_interviews; i++) {
        json_object_set(values, of_interviews[i], json_object_get(draft, of_interviews[i]));
    }
    take_text(values, "reviewer_name", preview->reviewer_name);
    take_text(values, "sender_name", preview->sender_name);
    take_text(values, "locale", preview->locale);
    if (preview->expiry.is_given) {
        json_object_set_new(values, "expires_at", out->expires_at ? json_string(out->expires_at) : json_null());
    }
    return values;
}

static void take_text(json_t *values, const char *name, const char *text)
{
    if (text) {
        json_object_set_new(values, name, json_string(text));
    }
}

static const struct placeholder *placeholders_of(struct flow *flow, const json_t *link)
{
    const char *reviewer_name = value_of(link, "reviewer_name", "Robin Reviewer");
    enum words_language language = words_choose(value_of(link, "locale", NULL), NULL, value_of(link, "account_locale", NULL));
    const struct placeholder values[] = {
        { "reviewer_name", words_isolated(flow->arena, reviewer_name) },
        { "reviewer_first_name", words_isolated(flow->arena, names_first(flow->arena, reviewer_name)) },
        { "sender_name", words_isolated(flow->arena, value_of(link, "sender_name", "Sam Sender")) },
        { "link_url", arena_printf(flow->arena, "%s/s/sample#%s", flow->daemon->settings->public_url, SAMPLE_PASSCODE) },
        { "passcode", SAMPLE_PASSCODE },
        { "expires_at", expiry_of(flow->arena, language, link) },
        { "interview_count", value_of(link, "interview_count", "3") },
        { "job_title", words_isolated(flow->arena, job_of(flow->arena, language, link)) },
        { NULL, NULL },
    };

    struct placeholder *kept = arena_alloc(flow->arena, sizeof values);
    memcpy(kept, values, sizeof values);
    return kept;
}

static const char *value_of(const json_t *link, const char *name, const char *sample)
{
    const char *value = json_string_value(json_object_get(link, name));

    return value ? value : sample;
}

static const char *expiry_of(struct arena *arena, enum words_language language, const json_t *link)
{
    bool is_known = json_object_get(link, "expires_at") || json_is_true(json_object_get(link, "is_real"));
    const char *at = value_of(link, "expires_at", is_known ? NULL : "2027-01-01T12:00[UTC]");

    return at ? words_moment(arena, language, at) : words_text(language, MAILS_INVITATION_NEVER);
}

static const char *job_of(struct arena *arena, enum words_language language, const json_t *link)
{
    long long count = (long long)json_integer_value(json_object_get(link, "job_count"));

    if (count > 1) {
        return words_say(arena, language, MAILS_INVITATION_JOBS, { "count", arena_printf(arena, "%lld", count) });
    }
    return value_of(link, "job_title",
                    json_is_true(json_object_get(link, "is_real")) ? words_text(language, MAILS_INVITATION_OPEN_POSITION)
                                                                   : "Librarian");
}
