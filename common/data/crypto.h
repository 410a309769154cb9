/* crypto.h - tokens, passcodes and sealed secrets, on libsodium.
 *
 * Tokens, session cookies and API secrets hold 128 bits or more of chance, so a plain BLAKE2b of them is stored. A
 * passcode holds 80 bits, so its hash is keyed: a stolen database alone does not let anyone try passcodes. What must be
 * shown again is sealed with XChaCha20-Poly1305 and bound to the row it belongs to. Hash and box begin with the id of
 * their key (4 bytes, the start of the key's BLAKE2b), so that SECRET_KEY can be rotated: new things use the current
 * key, old things open with SECRET_KEY_PREVIOUS until they are made anew.
 */
#ifndef SHARELINK_CRYPTO_H
#define SHARELINK_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"

#define CRYPTO_HASH_SIZE       32
#define CRYPTO_KEYED_HASH_SIZE 36 /* key id and hash */
#define CRYPTO_TOKEN_SIZE      23 /* 22 characters of base64url (16 random bytes) and NUL */
#define CRYPTO_SECRET_SIZE     44 /* 43 characters of base64url (32 random bytes) and NUL */
#define CRYPTO_PASSCODE_SIZE   20 /* XXXX-XXXX-XXXX-XXXX of Crockford base32 (80 bits) and NUL */

struct keyring;

/* Once per process; ends it when libsodium cannot start. */
void crypto_setup(void);

/* Both are base64 of 32 bytes, already checked; previous may be NULL. Lives as long as the process. */
struct keyring *keyring_new(const char *current, const char *previous);
void keyring_free(struct keyring *keyring); /* wipes */

void crypto_token_new(char to[CRYPTO_TOKEN_SIZE]);
void crypto_secret_new(char to[CRYPTO_SECRET_SIZE]);
void crypto_passcode_new(char to[CRYPTO_PASSCODE_SIZE]);

/* What a person typed or pasted, made canonical: all that is no letter or digit dropped, small letters raised, those of full
 * width made narrow, O read as 0, I and L as 1, dashes put in their places. False when it cannot be a passcode. */
bool crypto_passcode_normalise(char to[CRYPTO_PASSCODE_SIZE], const char *typed);

/* BLAKE2b-256. Named crypto_digest to the linker: libsodium exports a crypto_hash (SHA-512) of its own. */
#define crypto_hash crypto_digest
void crypto_digest(uint8_t to[CRYPTO_HASH_SIZE], const void *bytes, size_t length);

/* Keyed BLAKE2b-256 over token, a NUL and the canonical passcode. which: 0 the current key, 1 the previous one; false
 * when there is no such key. */
bool crypto_passcode_hash(const struct keyring *keyring, int which, const char *token, const char *passcode,
                          uint8_t to[CRYPTO_KEYED_HASH_SIZE]);

/* Keyed BLAKE2b-256 for other purposes (a network's pseudonym, a cursor's mark), key separated by purpose. */
void crypto_mark(const struct keyring *keyring, const char *purpose, const void *bytes, size_t length,
                 uint8_t to[CRYPTO_HASH_SIZE]);

/* Seals length bytes; bound is what the box is tied to (such as "rvw_… url"). The box is in the arena. */
uint8_t *crypto_seal(const struct keyring *keyring, struct arena *arena, const char *bound, const void *bytes, size_t length,
                     size_t *box_length);
/* The NUL-terminated content in the arena, or NULL when box is damaged, bound elsewhere or sealed with an unknown key. */
char *crypto_open(const struct keyring *keyring, struct arena *arena, const char *bound, const uint8_t *box, size_t box_length,
                  size_t *length);

/* SHA-256 and HMAC-SHA-256 (RFC 2104, any length of key), for what other systems want signed. */
#define CRYPTO_SHA256_SIZE 32
void crypto_sha256(uint8_t to[CRYPTO_SHA256_SIZE], const void *bytes, size_t length);
void crypto_hmac_sha256(uint8_t to[CRYPTO_SHA256_SIZE], const void *key, size_t key_length, const void *bytes, size_t length);
/* Base64 with padding (RFC 4648 section 4), in the arena. */
char *crypto_base64(struct arena *arena, const void *bytes, size_t length);
/* The bytes, in the arena; NULL when text is anything else. */
uint8_t *crypto_base64_decode(struct arena *arena, const char *text, size_t *length);

/* Constant time, for equal lengths. */
bool crypto_equal(const void *a, const void *b, size_t length);
void crypto_random(void *to, size_t length);
/* 0 to below-1, even. */
uint32_t crypto_random_below(uint32_t below);

#endif
