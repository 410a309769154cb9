/* show_logo.c - GET /logos/{digest}: an account's logo, as it was checked when it was fetched. What is at this address never
 * changes: it is the digest of its bytes. Mails show it, too, on whatever page they are read.
 */
#include <string.h>

#include "common/http/problem.h"
#include "services/views/find_logo.sql.h"
#include "services/views/handlers.h"
#include "services/views/views.h"

enum { DIGEST_LENGTH = 64 };

static struct next *reply_logo(struct flow *flow);
static struct next *reply_unknown(struct flow *flow);

struct next *show_logo(struct flow *flow)
{
    const char *digest = router_param(flow, "digest");

    if (strlen(digest) != DIGEST_LENGTH || strspn(digest, "0123456789abcdef") != DIGEST_LENGTH) {
        return reply_unknown(flow);
    }
    return find_logo_query(flow, flow->daemon->pg, &(struct find_logo_in){ .digest = digest }, reply_logo);
}

static struct next *reply_logo(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (!pg_found(flow)) {
        return reply_unknown(flow);
    }
    struct find_logo_out out = find_logo_get(flow, 0);
    http_set_header(flow, "Cache-Control", "public, max-age=31536000, immutable");
    http_set_header(flow, "Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'");
    http_set_header(flow, "Cross-Origin-Resource-Policy", "cross-origin");
    size_t length = 0;
    const uint8_t *bytes = str_hex_decode(flow->arena, out.bytes, &length);
    return http_reply(flow, 200, out.content_type, bytes, length);
}

static struct next *reply_unknown(struct flow *flow)
{
    return problem_reply(flow, 404, "not_found", "There is no such logo.");
}
