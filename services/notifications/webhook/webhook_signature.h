/* webhook_signature.h - secrets and signatures of Standard Webhooks 1.0 (https://www.standardwebhooks.com, "v1": symmetric).
 *
 * A secret is "whsec_" and the base64 of 24 to 64 random bytes; those bytes are the key. Signed is "<id>.<timestamp>.<body>"
 * with HMAC-SHA-256; a signature is "v1," and the base64 of it. A header holds several, divided by blanks, while a secret is
 * being rotated.
 */
#ifndef SHARELINK_WEBHOOK_SIGNATURE_H
#define SHARELINK_WEBHOOK_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"

char *webhook_secret_new(struct arena *arena);
/* What an endpoint's sealed secret is bound to (crypto.h), in the arena. */
const char *webhook_secret_bound(struct arena *arena, const char *endpoint_id);

/* "v1,…" in the arena; NULL when secret is none. timestamp_s: seconds since 1970 UTC, as in the header webhook-timestamp. */
char *webhook_sign(struct arena *arena, const char *secret, const char *id, int64_t timestamp_s, const char *body, size_t length);

#endif
