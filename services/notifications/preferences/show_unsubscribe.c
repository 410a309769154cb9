/* show_unsubscribe.c - GET /u/{token}: the page that asks which mails to stop. It changes nothing, for scanners and previews
 * follow every link in a mail. */
#include "common/http/router.h"
#include "services/notifications/handlers.h"
#include "services/notifications/preferences/unsubscribe_page.h"

struct next *show_unsubscribe(struct flow *flow)
{
    struct unsubscribe who;

    if (!unsubscribe_open(flow->arena, flow->daemon, router_param(flow, "token"), &who)) {
        return unsubscribe_page_unknown(flow);
    }
    return unsubscribe_page_ask(flow, &who);
}
