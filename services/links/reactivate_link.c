/* reactivate_link.c - POST /v1/share-links/{id}/reactivate: the link works again, with a new passcode for every reviewer.
 *
 * Old passcodes and sessions are dead at once, also when the link was active: this is how a link that leaked is renewed. An
 * expiry that has passed must be replaced, or nothing would work again.
 */
#include "services/links/handlers.h"
#include "services/links/renewal.h"
#include "services/links/show_secrets.h"

static struct next *reply_reactivated(struct flow *flow, json_t *share_link, int64_t version);

struct next *reactivate_link(struct flow *flow)
{
    struct renewal *renewal = arena_alloc(flow->arena, sizeof *renewal);
    struct faults *faults = faults_new(flow->arena);
    struct next *refusal = NULL;

    const json_t *body = problem_read_optional(flow, &refusal);
    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    link_fields_expiry(&root, &renewal->expiry);
    renewal->send_email = fields_bool(&root, "send_email", false);
    fields_end(&root);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    renewal->reply = reply_reactivated;
    return renew(flow, renewal);
}

static struct next *reply_reactivated(struct flow *flow, json_t *share_link, int64_t version)
{
    show_basic_secrets(share_link);
    return change_reply_link(flow, json_text(flow->arena, share_link), version);
}
