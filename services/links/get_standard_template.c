/* get_standard_template.c - GET /v1/email-templates/standard: the words of an invitation that nobody has changed, with
 * placeholders, for a form to begin with.
 *
 * A mail counts and names what it knows of its link; these words fit every link.
 */
#include "common/data/language_tag.h"
#include "common/http/conditional.h"
#include "common/http/parameters.h"
#include "common/words/words.h"
#include "services/links/get_standard_template.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

static struct next *reply_template(struct flow *flow);
static const char *body_in(struct arena *arena, enum words_language language);

struct next *get_standard_template(struct flow *flow)
{
    static const char *const names[] = { "locale", NULL };
    const char *locale = http_query(flow, "locale");
    struct faults *faults = faults_new(flow->arena);
    struct get_standard_template_in in = { .account_id = caller_of(flow)->account_id };

    parameters_only(flow, faults, names);
    if (locale && !language_tag_is_well_formed(locale)) {
        faults_add(faults, "?locale", "invalid", "This must be a language tag (BCP 47) such as de or pt-BR.");
    }
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    return get_standard_template_query(flow, flow->daemon->pg, &in, reply_template);
}

static struct next *reply_template(struct flow *flow)
{
    if (!pg_found(flow)) {
        return problem_reply_not_found(flow, "There is no such account any more.");
    }
    struct get_standard_template_out out = get_standard_template_get(flow, 0);
    enum words_language language = words_choose(http_query(flow, "locale"), NULL, out.locale);
    json_t *answer = json_keep(flow->arena, json_object());
    json_object_set_new(
        answer, "subject",
        json_string(words_say(flow->arena, language, MAILS_INVITATION_SUBJECT_NONE, { "sender", "{{sender_name}}" })));
    json_object_set_new(answer, "body", json_string(body_in(flow->arena, language)));
    json_object_set_new(answer, "locale", json_string(words_tag(language)));
    const char *text = json_text(flow->arena, answer);
    return conditional_reply_json(flow, conditional_tag_of(flow->arena, text), text);
}

static const char *body_in(struct arena *arena, enum words_language language)
{
    const char *hello = words_say(arena, language, MAILS_HELLO, { "name", "{{reviewer_first_name}}" });
    const char *asks =
        words_say(arena, language, MAILS_INVITATION_ASKS_ANY, { "sender", "{{sender_name}}" }, { "job", "{{job_title}}" });

    return arena_printf(arena, "%s\n\n%s\n", hello, asks);
}
