/* reviewer_secrets.h - a reviewer's token and passcode: made, hashed to be checked, sealed to be shown or mailed again. */
#ifndef SHARELINK_REVIEWER_SECRETS_H
#define SHARELINK_REVIEWER_SECRETS_H

#include <stdbool.h>

#include "common/data/crypto.h"

struct reviewer_secrets {
    char token[CRYPTO_TOKEN_SIZE];
    char passcode[CRYPTO_PASSCODE_SIZE];
    uint8_t token_hash[CRYPTO_HASH_SIZE];
    uint8_t passcode_hash[CRYPTO_KEYED_HASH_SIZE];
    uint8_t *sealed; /* in the arena; always of the same length */
    size_t sealed_length;
};

void reviewer_secrets_new(const struct keyring *keyring, struct arena *arena, const char *reviewer_id,
                          struct reviewer_secrets *secrets);

/* Opens the sealed form (in hex) of this reviewer: fills token and passcode alone. False when no key opens it. */
bool reviewer_secrets_open(const struct keyring *keyring, struct arena *arena, const char *reviewer_id, const char *sealed_hex,
                           struct reviewer_secrets *secrets);

/* New secrets with the same token, so that the URL stays and only the passcode is another: from the sealed form (in hex).
 * False when no key opens it; then the token is new too. */
bool reviewer_secrets_renew(const struct keyring *keyring, struct arena *arena, const char *reviewer_id, const char *sealed_hex,
                            struct reviewer_secrets *secrets);

/* What a person copies: <public>/s/<token>#<passcode>. The fragment never reaches a server by itself. */
char *reviewer_secrets_url(const struct reviewer_secrets *secrets, struct arena *arena, const char *public_url);

#endif
