/* reactivate_reviewer.c - POST /v1/share-links/{id}/reviewers/{rid}/reactivate: this reviewer's URL works again, with a new
 * passcode. The link itself stays as it is.
 */
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/renewal.h"

static struct next *reply_reactivated(struct flow *flow, json_t *share_link, int64_t version);

struct next *reactivate_reviewer(struct flow *flow)
{
    struct renewal *renewal = arena_alloc(flow->arena, sizeof *renewal);
    struct faults *faults = faults_new(flow->arena);
    struct next *refusal = NULL;

    const json_t *body = problem_read_optional(flow, &refusal);
    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    renewal->send_email = fields_bool(&root, "send_email", false);
    fields_end(&root);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    renewal->reviewer_id = router_param(flow, "rid");
    renewal->reply = reply_reactivated;
    return renew(flow, renewal);
}

static struct next *reply_reactivated(struct flow *flow, json_t *share_link, int64_t version)
{
    const json_t *reviewers = json_object_get(share_link, "reviewers"), *mine = NULL;
    (void)version; /* the link's, and the answer is a reviewer */

    for (size_t i = 0; !mine && i < json_array_size(reviewers); i++) {
        const json_t *reviewer = json_array_get(reviewers, i);
        mine = str_equal(json_string_value(json_object_get(reviewer, "id")), router_param(flow, "rid")) ? reviewer : NULL;
    }
    return http_reply_json(flow, 200, json_text(flow->arena, mine));
}
