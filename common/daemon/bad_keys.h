/* bad_keys.h - API keys that were found bad, and who tries too many: neither costs PostgreSQL anything.
 *
 * A key that was bad stays so for some seconds. And of each network (the /24 of an IPv4 address, the /48 of an IPv6 one), and for
 * each key's id, so many bad keys a minute are looked up, and no more. All of it in this process alone, in bounded memory.
 */
#ifndef SHARELINK_BAD_KEYS_H
#define SHARELINK_BAD_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/data/crypto.h"

struct bad_keys;

/* per_minute 0 sets no limit. */
struct bad_keys *bad_keys_new(int64_t per_minute);
void bad_keys_free(struct bad_keys *bad);

bool bad_keys_know(const struct bad_keys *bad, const uint8_t hash[CRYPTO_HASH_SIZE]);
/* Seconds until another key from this address, or with this id, may be looked up; 0: now. */
int64_t bad_keys_wait_s(struct bad_keys *bad, const char *address, const char *key_id);
/* It was looked up and is bad. */
void bad_keys_note(struct bad_keys *bad, const uint8_t hash[CRYPTO_HASH_SIZE], const char *address, const char *key_id);

#endif
