/* webhook_signature.c - see the header. */
#include "services/notifications/webhook/webhook_signature.h"

#include <string.h>

#include "common/data/crypto.h"
#include "common/base/str.h"

#define PREFIX "whsec_"

enum { SECRET_BYTES = 32 };

char *webhook_secret_new(struct arena *arena)
{
    uint8_t bytes[SECRET_BYTES];

    crypto_random(bytes, sizeof bytes);
    return arena_printf(arena, PREFIX "%s", crypto_base64(arena, bytes, sizeof bytes));
}

const char *webhook_secret_bound(struct arena *arena, const char *endpoint_id)
{
    return arena_printf(arena, "%s webhook secret", endpoint_id);
}

char *webhook_sign(struct arena *arena, const char *secret, const char *id, int64_t timestamp_s, const char *body, size_t length)
{
    uint8_t hmac[32];
    size_t key_length = 0;

    if (!str_starts_with(secret, PREFIX)) {
        return NULL;
    }
    const uint8_t *key = crypto_base64_decode(arena, secret + strlen(PREFIX), &key_length);
    if (!key) {
        return NULL;
    }
    struct buf signed_text = { 0 };
    buf_printf(&signed_text, "%s.%lld.", id, (long long)timestamp_s);
    buf_add(&signed_text, body, length);
    crypto_hmac_sha256(hmac, key, key_length, signed_text.data, signed_text.length);
    buf_clear(&signed_text);
    return arena_printf(arena, "v1,%s", crypto_base64(arena, hmac, sizeof hmac));
}
