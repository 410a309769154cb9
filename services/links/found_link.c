/* found_link.c - one link, or one reviewer of it, and when "you have it already" may be said of it.
 *
 * The tag is the version, which If-Match needs: it counts what callers change. What reviewers and mails do to a link
 * (invited, opened, reviewed), and that it has expired, stands in its answer too and does not move the version, so that a
 * click of a reviewer refuses nobody's change. Hence a 304 is given only to a link to which nothing of that has happened yet.
 * None of it is ever undone under the same version, so whoever has the tag then has the very same answer.
 */
#include "services/links/found_link.h"

#include "common/daemon/session.h"
#include "common/http/conditional.h"
#include "common/http/http.h"
#include "common/base/str.h"

static struct next *reply(struct flow *flow, const json_t *found, int64_t version, bool is_as_made);

static bool is_text(const json_t *object, const char *name, const char *text)
{
    return str_equal(json_string_value(json_object_get(object, name)), text);
}

static bool is_untouched(const json_t *reviewer)
{
    return is_text(reviewer, "state", "active") && is_text(reviewer, "invitation_state", "none") &&
           json_is_null(json_object_get(reviewer, "invited_at")) && json_is_null(json_object_get(reviewer, "first_opened_at")) &&
           json_integer_value(json_object_get(reviewer, "open_count")) == 0 &&
           json_integer_value(json_object_get(reviewer, "reviewed_count")) == 0;
}

static bool is_as_made(const json_t *link)
{
    const json_t *reviewers = json_object_get(link, "reviewers");

    for (size_t i = 0; i < json_array_size(reviewers); i++) {
        if (!is_untouched(json_array_get(reviewers, i))) {
            return false;
        }
    }
    return is_text(link, "state", "active");
}

struct next *found_link_reply(struct flow *flow, const json_t *link, int64_t version)
{
    return reply(flow, link, version, is_as_made(link));
}

struct next *found_reviewer_reply(struct flow *flow, const json_t *reviewer, int64_t version)
{
    return reply(flow, reviewer, version, is_untouched(reviewer));
}

static struct next *reply(struct flow *flow, const json_t *found, int64_t version, bool is_as_made)
{
    const char *tag = arena_printf(flow->arena, "\"v%lld\"", (long long)version);
    const char *text = json_text(flow->arena, found);

    conditional_set_headers(flow, tag);
    if (session_may_copy(flow)) {
        http_set_header(flow, "Cache-Control", "no-store"); /* with URLs and passcodes; who keeps it may still ask by its tag */
    }
    return is_as_made && conditional_is_known(flow, tag) ? http_reply_empty(flow, 304) : http_reply_json(flow, 200, text);
}
