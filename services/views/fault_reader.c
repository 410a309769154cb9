/* fault_reader.c - in which language a fault's page below a link is: that of the link's other pages. What is wrong is said
 * without the link where there is too much to do, or nobody to ask.
 */
#include <string.h>

#include "services/views/fault_words.h"
#include "services/views/find_reader.sql.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *say(struct flow *flow);

struct next *fault_reader(struct flow *flow, const struct http_fault *fault)
{
    const char *page = fault_page_of(flow);

    if (!page || fault->status >= 500) {
        return NULL;
    }
    struct http_fault *kept = arena_alloc(flow->arena, sizeof *kept);
    *kept = *fault;
    flow->state = kept;
    struct find_reader_in in = { .token_hash = visitor_hash(flow, page + strlen("/s/")) };
    return find_reader_query(flow, flow->daemon->pg, &in, say);
}

static struct next *say(struct flow *flow)
{
    const struct http_fault *fault = flow->state;
    struct find_reader_out out = { .reviewer_locale = NULL };

    if (pg_outcome(flow) == PG_OK && pg_found(flow)) {
        out = find_reader_get(flow, 0);
    }
    enum words_language language = words_choose(out.reviewer_locale, http_header(flow, "Accept-Language"), out.account_locale);
    return http_fault_page(flow, fault, language, out.reviewer_locale);
}
