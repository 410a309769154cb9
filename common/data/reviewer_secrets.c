/* reviewer_secrets.c - see the header. What is sealed is "token passcode", bound to the reviewer's id, so that a box moved to
 * another row does not open.
 */
#include "common/data/reviewer_secrets.h"

#include <stdio.h>
#include <string.h>

#include "common/base/str.h"

static void finish(const struct keyring *keyring, struct arena *arena, const char *reviewer_id, struct reviewer_secrets *secrets);

void reviewer_secrets_new(const struct keyring *keyring, struct arena *arena, const char *reviewer_id,
                          struct reviewer_secrets *secrets)
{
    crypto_token_new(secrets->token);
    finish(keyring, arena, reviewer_id, secrets);
}

bool reviewer_secrets_renew(const struct keyring *keyring, struct arena *arena, const char *reviewer_id, const char *sealed_hex,
                            struct reviewer_secrets *secrets)
{
    bool is_open = reviewer_secrets_open(keyring, arena, reviewer_id, sealed_hex, secrets);

    if (!is_open) {
        crypto_token_new(secrets->token);
    }
    finish(keyring, arena, reviewer_id, secrets);
    return is_open;
}

/* The token is there: a new passcode, and both in the forms that are stored. */
static void finish(const struct keyring *keyring, struct arena *arena, const char *reviewer_id, struct reviewer_secrets *secrets)
{
    crypto_passcode_new(secrets->passcode);
    crypto_hash(secrets->token_hash, secrets->token, strlen(secrets->token));
    crypto_passcode_hash(keyring, 0, secrets->token, secrets->passcode, secrets->passcode_hash);

    const char *both = arena_printf(arena, "%s %s", secrets->token, secrets->passcode);
    secrets->sealed = crypto_seal(keyring, arena, reviewer_id, both, strlen(both), &secrets->sealed_length);
}

bool reviewer_secrets_open(const struct keyring *keyring, struct arena *arena, const char *reviewer_id, const char *sealed_hex,
                           struct reviewer_secrets *secrets)
{
    size_t length = 0;
    const uint8_t *box = str_hex_decode(arena, sealed_hex, &length);
    const char *both = box ? crypto_open(keyring, arena, reviewer_id, box, length, NULL) : NULL;

    if (!both || strlen(both) != CRYPTO_TOKEN_SIZE + CRYPTO_PASSCODE_SIZE - 1) {
        return false;
    }
    snprintf(secrets->token, sizeof secrets->token, "%.*s", CRYPTO_TOKEN_SIZE - 1, both);
    snprintf(secrets->passcode, sizeof secrets->passcode, "%s", both + CRYPTO_TOKEN_SIZE);
    return true;
}

char *reviewer_secrets_url(const struct reviewer_secrets *secrets, struct arena *arena, const char *public_url)
{
    return arena_printf(arena, "%s/s/%s#%s", public_url, secrets->token, secrets->passcode);
}
