/* content_cache.h - lists and searched texts that were made before, each with the version of all that it was made of.
 *
 * They are only ever given out with the version that the statement has just read which proved the session good; with any
 * other it is as if they were not there. The memory of both together is bounded: what was not asked for the longest goes first.
 */
#ifndef SHARELINK_VIEWS_CONTENT_CACHE_H
#define SHARELINK_VIEWS_CONTENT_CACHE_H

#include <stddef.h>

#include "common/data/crypto.h"
#include "services/views/made.h"

struct content_cache;

/* bytes_max 0 keeps nothing. */
struct content_cache *content_cache_new(size_t bytes_max);
void content_cache_free(struct content_cache *cache);

/* key: the digest of what it is made for. NULL when there is none of this version. Valid until the next call. */
struct made *content_cache_find(struct content_cache *cache, const uint8_t key[CRYPTO_HASH_SIZE], const char *version);
/* Holds it; it takes the place of the one that was there. */
void content_cache_keep(struct content_cache *cache, const uint8_t key[CRYPTO_HASH_SIZE], struct made *made);

#endif
