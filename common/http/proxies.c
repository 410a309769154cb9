/* proxies.c - see proxies.h. */
#include "common/http/proxies.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/data/networks.h"
#include "common/base/str.h"

struct http_proxies {
    struct networks *trusted;
};

static bool read_forwarded(const char *text, size_t length, struct address *address);
static bool is_trusted(const struct http_proxies *proxies, const struct address *address);

struct http_proxies *http_proxies_new(const char *cidrs)
{
    struct http_proxies *proxies = mem_alloc(sizeof *proxies);

    proxies->trusted = networks_new(cidrs);
    return proxies;
}

void http_proxies_free(struct http_proxies *proxies)
{
    networks_free(proxies->trusted);
    free(proxies);
}

const char *http_proxies_client(const struct http_proxies *proxies, struct arena *arena, const char *peer,
                                const char *const *forwarded, size_t count)
{
    struct address client, next;
    char text[ADDRESS_TEXT_SIZE];

    if (!address_read(peer, strlen(peer), &client)) {
        return arena_strdup(arena, peer);
    }
    /* From the right, as each proxy adds the one it heard from; what stands left of a stranger is the stranger's word.
     */
    while (count-- > 0 && is_trusted(proxies, &client)) {
        const char *list = forwarded[count];
        size_t end = strlen(list);
        bool more = true;
        while (more && is_trusted(proxies, &client)) {
            size_t start = end;
            while (start > 0 && list[start - 1] != ',') {
                start--;
            }
            if (!read_forwarded(list + start, end - start, &next)) {
                count = 0;
                break;
            }
            client = next;
            more = start > 0;
            end = more ? start - 1 : 0;
        }
    }
    address_text(text, &client);
    return arena_strdup(arena, text);
}

/* An address, also as 192.0.2.1:443 or [2001:db8::1]:443. */
static bool read_forwarded(const char *text, size_t length, struct address *address)
{
    length = str_trim(&text, length);
    const char *colon = memchr(text, ':', length);

    if (length && text[0] == '[') {
        const char *close = memchr(text, ']', length);
        return close && address_read(text + 1, (size_t)(close - text) - 1, address);
    }
    if (colon && memchr(text, '.', (size_t)(colon - text))) {
        length = (size_t)(colon - text);
    }
    return address_read(text, length, address);
}

static bool is_trusted(const struct http_proxies *proxies, const struct address *address)
{
    return networks_hold(proxies->trusted, address);
}
