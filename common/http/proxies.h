/* proxies.h - whom to believe about a client's address: the networks of the proxies in front of a daemon. */
#ifndef SHARELINK_HTTP_PROXIES_H
#define SHARELINK_HTTP_PROXIES_H

#include <stddef.h>

#include "common/base/arena.h"

struct http_proxies;

/* CIDRs divided by commas, already checked; NULL or "" trusts nobody. */
struct http_proxies *http_proxies_new(const char *cidrs);
void http_proxies_free(struct http_proxies *proxies);

/* The client's numeric address, in the arena. With a trusted peer it is the rightmost entry of X-Forwarded-For that is
 * not trusted itself; forwarded are the values of all such fields, in order. IPv4-mapped IPv6 reads as IPv4. */
const char *http_proxies_client(const struct http_proxies *proxies, struct arena *arena, const char *peer,
                                const char *const *forwarded, size_t count);

#endif
