/* content_cache.h - pages that were made before, each with the version of all that it was made of.
 *
 * A page is only ever given out with the version that the statement has just read which proved the session good; with any
 * other it is as if it were not there. The memory is bounded: what was not asked for the longest goes first.
 */
#ifndef SHARELINK_VIEWS_CONTENT_CACHE_H
#define SHARELINK_VIEWS_CONTENT_CACHE_H

#include <stddef.h>

#include "common/data/crypto.h"

#define CONTENT_ETAG_SIZE 25 /* a quoted 22 characters of base64url, and NUL */

struct content_cache;
struct content_page {
    char etag[CONTENT_ETAG_SIZE];
    const char *body;
    size_t length;
};

/* bytes_max 0 keeps nothing. */
struct content_cache *content_cache_new(size_t bytes_max);
void content_cache_free(struct content_cache *cache);

/* key: a digest of who asks for what. NULL when there is no such page of this version. Valid until the next call. */
const struct content_page *content_cache_find(struct content_cache *cache, const uint8_t key[CRYPTO_HASH_SIZE],
                                              const char *version);
/* Copies; takes the place of the page that was there. */
void content_cache_keep(struct content_cache *cache, const uint8_t key[CRYPTO_HASH_SIZE], const char *version,
                        const struct content_page *page);

#endif
