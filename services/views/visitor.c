/* visitor.c - see the header. */
#include "services/views/visitor.h"

#include <arpa/inet.h>
#include <string.h>

#include "services/views/views.h"

#define SESSION_COOKIE  "sharelink_session"
#define SESSION_SECONDS (12 * 3600) /* as views.is_good_for has it */

const char *visitor_network(struct arena *arena, const char *address)
{
    unsigned char bytes[16] = { 0 };
    char text[INET6_ADDRSTRLEN];

    if (inet_pton(AF_INET, address, bytes) == 1) {
        bytes[3] = 0;
        return arena_printf(arena, "%s/24", inet_ntop(AF_INET, bytes, text, sizeof text));
    }
    if (inet_pton(AF_INET6, address, bytes) == 1) {
        memset(bytes + 6, 0, 10);
        return arena_printf(arena, "%s/48", inet_ntop(AF_INET6, bytes, text, sizeof text));
    }
    return "unknown";
}

const char *visitor_device(const char *user_agent)
{
    static const struct {
        const char *word, *device;
    } signs[] = { /* the first that fits; a tablet of Android says Android without Mobile */
                  { "bot", "bot" },         { "Bot", "bot" },           { "preview", "bot" },  { "iPad", "tablet" },
                  { "Tablet", "tablet" },   { "iPhone", "phone" },      { "Mobile", "phone" }, { "Android", "tablet" },
                  { "Windows", "desktop" }, { "Macintosh", "desktop" }, { "X11", "desktop" },  { "CrOS", "desktop" }
    };

    for (size_t i = 0; user_agent && i < sizeof signs / sizeof signs[0]; i++) {
        if (strstr(user_agent, signs[i].word)) {
            return signs[i].device;
        }
    }
    return "other";
}

const char *visitor_path(struct flow *flow)
{
    return arena_printf(flow->arena, "/s/%s", router_param(flow, "token"));
}

struct pg_bytes visitor_token_hash(struct flow *flow)
{
    return visitor_hash(flow, router_param(flow, "token"));
}

struct pg_bytes visitor_session_hash(struct flow *flow)
{
    const char *session = http_cookie(flow, SESSION_COOKIE);
    bool is_formed = session && strlen(session) == CRYPTO_SECRET_SIZE - 1;

    return is_formed ? visitor_hash(flow, session) : pg_bytes_of(NULL, 0);
}

struct pg_bytes visitor_hash(struct flow *flow, const char *secret)
{
    uint8_t *hash = arena_alloc(flow->arena, CRYPTO_HASH_SIZE);

    crypto_hash(hash, secret, strlen(secret));
    return pg_bytes_of(hash, CRYPTO_HASH_SIZE);
}

static void set_cookie(struct flow *flow, const char *session, int seconds)
{
    http_set_header(flow, "Set-Cookie",
                    arena_printf(flow->arena, SESSION_COOKIE "=%s; Path=%s; Max-Age=%d; HttpOnly; SameSite=Strict%s", session,
                                 visitor_path(flow), seconds, views_of(flow)->secure_cookies ? "; Secure" : ""));
}

void visitor_set_session(struct flow *flow, const char *session)
{
    set_cookie(flow, session, SESSION_SECONDS);
}

void visitor_clear_session(struct flow *flow)
{
    set_cookie(flow, "", 0);
}
