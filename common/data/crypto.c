/* crypto.c - the only file that knows libsodium; see crypto.h for what is kept how.
 *
 * SECRET_KEY itself is used for nothing but deriving one key per purpose (crypto_kdf); then it is wiped. The derived
 * keys live in guarded, locked, read-only memory. A box is: key id (4), nonce (24), XChaCha20-Poly1305 ciphertext and
 * tag; its additional data is the key id and what the box is bound to.
 */
#include <sodium.h> /* before crypto.h, which takes over the name crypto_hash */

#include "common/data/crypto.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/str.h"
#include "common/base/utf8.h"

#define KEY_SIZE         32
#define KEY_ID_SIZE      4
#define NONCE_SIZE       crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE         crypto_aead_xchacha20poly1305_ietf_ABYTES
#define BOX_EXTRA        (KEY_ID_SIZE + NONCE_SIZE + TAG_SIZE)
#define PASSCODE_SYMBOLS 16

_Static_assert(KEY_SIZE == crypto_kdf_KEYBYTES, "the secret is a KDF's key");
_Static_assert(KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "a derived key seals");
_Static_assert(CRYPTO_KEYED_HASH_SIZE == KEY_ID_SIZE + CRYPTO_HASH_SIZE, "a keyed hash begins with its key's id");

/* Stored hashes and boxes depend on these numbers: never renumber. */
enum purpose { PURPOSE_PASSCODE = 1, PURPOSE_SEAL = 2, PURPOSE_MARK = 3 };

struct keys {
    uint8_t id[KEY_ID_SIZE];
    uint8_t passcode[KEY_SIZE];
    uint8_t seal[KEY_SIZE];
    uint8_t mark[KEY_SIZE];
};

struct keyring {
    int count;
    struct keys keys[2]; /* the current one, then the previous one */
};

static void derive_keys(struct keys *keys, const char *base64);
static void derive(uint8_t to[KEY_SIZE], const uint8_t secret[KEY_SIZE], enum purpose purpose);
static void random_base64url(char *to, size_t length);
static void put_passcode(char *to, const char symbols[PASSCODE_SYMBOLS]);
static bool is_letter_or_digit(uint32_t code);
static char canonical_symbol(uint32_t typed);
static uint8_t *additional_data(struct arena *arena, const uint8_t key_id[KEY_ID_SIZE], const char *bound, size_t *length);

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void crypto_setup(void)
{
    if (sodium_init() < 0) {
        log_error("crypto.cannot_start");
        abort();
    }
}

/* --- keys --- */

struct keyring *keyring_new(const char *current, const char *previous)
{
    struct keyring *keyring = sodium_malloc(sizeof *keyring);

    if (!keyring) {
        mem_fail();
    }
    memset(keyring, 0, sizeof *keyring);
    derive_keys(&keyring->keys[keyring->count++], current);
    if (previous) {
        derive_keys(&keyring->keys[keyring->count++], previous);
    }
    sodium_mprotect_readonly(keyring);
    return keyring;
}

void keyring_free(struct keyring *keyring)
{
    sodium_free(keyring); /* wipes first; NULL is fine */
}

static void derive_keys(struct keys *keys, const char *base64)
{
    static const char id_context[] = "sharelink key id"; /* its NUL is part of what is hashed */
    uint8_t secret[KEY_SIZE], hash[CRYPTO_HASH_SIZE];
    crypto_generichash_state state;
    size_t length;

    if (sodium_base642bin(secret, sizeof secret, base64, strlen(base64), NULL, &length, NULL, sodium_base64_VARIANT_ORIGINAL) <
            0 ||
        length != sizeof secret) {
        log_error("crypto.malformed_key"); /* the settings were checked before, so this is our own mistake */
        abort();
    }
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, (const uint8_t *)id_context, sizeof id_context);
    crypto_generichash_update(&state, secret, sizeof secret);
    crypto_generichash_final(&state, hash, sizeof hash);
    memcpy(keys->id, hash, KEY_ID_SIZE);
    derive(keys->passcode, secret, PURPOSE_PASSCODE);
    derive(keys->seal, secret, PURPOSE_SEAL);
    derive(keys->mark, secret, PURPOSE_MARK);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(hash, sizeof hash);
    sodium_memzero(&state, sizeof state);
}

static void derive(uint8_t to[KEY_SIZE], const uint8_t secret[KEY_SIZE], enum purpose purpose)
{
    crypto_kdf_derive_from_key(to, KEY_SIZE, purpose, "sharelnk", secret);
}

/* --- chance --- */

void crypto_random(void *to, size_t length)
{
    randombytes_buf(to, length);
}

uint32_t crypto_random_below(uint32_t below)
{
    return randombytes_uniform(below);
}

void crypto_token_new(char to[CRYPTO_TOKEN_SIZE])
{
    random_base64url(to, 16);
}

void crypto_secret_new(char to[CRYPTO_SECRET_SIZE])
{
    random_base64url(to, 32);
}

static void random_base64url(char *to, size_t length)
{
    uint8_t bytes[32];

    assert(length <= sizeof bytes);
    randombytes_buf(bytes, length);
    str_base64url(to, bytes, length);
    sodium_memzero(bytes, sizeof bytes);
}

/* --- passcodes --- */

void crypto_passcode_new(char to[CRYPTO_PASSCODE_SIZE])
{
    char symbols[PASSCODE_SYMBOLS];

    randombytes_buf(symbols, sizeof symbols);
    for (size_t i = 0; i < sizeof symbols; i++) {
        symbols[i] = crockford[symbols[i] & 31];
    }
    put_passcode(to, symbols);
    sodium_memzero(symbols, sizeof symbols);
}

static void put_passcode(char *to, const char symbols[PASSCODE_SYMBOLS])
{
    for (int i = 0; i < PASSCODE_SYMBOLS; i++) {
        if (i > 0 && i % 4 == 0) {
            *to++ = '-';
        }
        *to++ = symbols[i];
    }
    *to = '\0';
}

bool crypto_passcode_normalise(char to[CRYPTO_PASSCODE_SIZE], const char *typed)
{
    char symbols[PASSCODE_SYMBOLS];
    int count = 0;
    uint32_t code;

    for (size_t size; *typed; typed += size) {
        size = utf8_decode(typed, 4, &code); /* which ends at the NUL */
        if (size == 0) {
            return false;
        }
        if (!is_letter_or_digit(code)) {
            continue;
        }
        char symbol = canonical_symbol(code);
        if (!symbol || count == PASSCODE_SYMBOLS) {
            return false;
        }
        symbols[count++] = symbol;
    }
    if (count < PASSCODE_SYMBOLS) {
        return false;
    }
    put_passcode(to, symbols);
    return true;
}

/* Without Unicode's tables: what lies in the blocks of blanks, punctuation, signs and pictures is neither. */
static bool is_letter_or_digit(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } others[] = {
        { 0x80, 0xA9 },     { 0xAB, 0xB1 },     { 0xB4, 0xB4 },       { 0xB6, 0xB8 },       { 0xBB, 0xBB },
        { 0xBF, 0xBF },     { 0xD7, 0xD7 },     { 0xF7, 0xF7 },       { 0x0300, 0x036F },   { 0x061C, 0x061C },
        { 0x1680, 0x1680 }, { 0x180B, 0x180E }, { 0x2000, 0x206F },   { 0x20A0, 0x20CF },   { 0x2190, 0x245F },
        { 0x2500, 0x2BFF }, { 0x2E00, 0x2E7F }, { 0x3000, 0x3004 },   { 0x3008, 0x3020 },   { 0x3030, 0x3030 },
        { 0xFE00, 0xFE6F }, { 0xFEFF, 0xFEFF }, { 0xFF00, 0xFF0F },   { 0xFF1A, 0xFF20 },   { 0xFF3B, 0xFF40 },
        { 0xFF5B, 0xFF65 }, { 0xFFE0, 0xFFFF }, { 0x1F000, 0x1F0FF }, { 0x1F300, 0x1FAFF }, { 0xE0000, 0xE0FFF },
    };

    if (code < 0x80) {
        return isalnum((int)code);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (code >= others[i].first && code <= others[i].last) {
            return false;
        }
    }
    return true;
}

/* 0 for what is no symbol. */
static char canonical_symbol(uint32_t typed)
{
    bool is_wide = typed >= 0xFF01 && typed <= 0xFF5E; /* ASCII's signs at full width */
    uint32_t code = is_wide ? typed - 0xFEE0 : typed;

    if (code >= 0x80) {
        return '\0';
    }
    char symbol = (char)toupper((int)code);
    if (symbol == 'O') {
        return '0';
    }
    if (symbol == 'I' || symbol == 'L') {
        return '1';
    }
    return strchr(crockford, symbol) ? symbol : '\0';
}

/* --- hashes --- */

void crypto_digest(uint8_t to[CRYPTO_HASH_SIZE], const void *bytes, size_t length)
{
    crypto_generichash(to, CRYPTO_HASH_SIZE, bytes, length, NULL, 0);
}

bool crypto_passcode_hash(const struct keyring *keyring, int which, const char *token, const char *passcode,
                          uint8_t to[CRYPTO_KEYED_HASH_SIZE])
{
    crypto_generichash_state state;

    if (which < 0 || which >= keyring->count) {
        return false;
    }
    const struct keys *keys = &keyring->keys[which];
    crypto_generichash_init(&state, keys->passcode, sizeof keys->passcode, CRYPTO_HASH_SIZE);
    crypto_generichash_update(&state, (const uint8_t *)token, strlen(token) + 1); /* with its NUL */
    crypto_generichash_update(&state, (const uint8_t *)passcode, strlen(passcode));
    memcpy(to, keys->id, KEY_ID_SIZE);
    crypto_generichash_final(&state, to + KEY_ID_SIZE, CRYPTO_HASH_SIZE);
    sodium_memzero(&state, sizeof state);
    return true;
}

void crypto_mark(const struct keyring *keyring, const char *purpose, const void *bytes, size_t length,
                 uint8_t to[CRYPTO_HASH_SIZE])
{
    const struct keys *keys = &keyring->keys[0];
    uint8_t key[KEY_SIZE];

    crypto_generichash(key, sizeof key, (const uint8_t *)purpose, strlen(purpose), keys->mark, sizeof keys->mark);
    crypto_generichash(to, CRYPTO_HASH_SIZE, bytes, length, key, sizeof key);
    sodium_memzero(key, sizeof key);
}

void crypto_sha256(uint8_t to[CRYPTO_SHA256_SIZE], const void *bytes, size_t length)
{
    crypto_hash_sha256(to, bytes, length);
}

void crypto_hmac_sha256(uint8_t to[CRYPTO_SHA256_SIZE], const void *key, size_t key_length, const void *bytes, size_t length)
{
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, key, key_length);
    crypto_auth_hmacsha256_update(&state, bytes, length);
    crypto_auth_hmacsha256_final(&state, to);
    sodium_memzero(&state, sizeof state);
}

bool crypto_equal(const void *a, const void *b, size_t length)
{
    return sodium_memcmp(a, b, length) == 0;
}

/* --- boxes --- */

uint8_t *crypto_seal(const struct keyring *keyring, struct arena *arena, const char *bound, const void *bytes, size_t length,
                     size_t *box_length)
{
    const struct keys *keys = &keyring->keys[0];
    uint8_t *box = arena_alloc(arena, length + BOX_EXTRA);
    uint8_t *nonce = box + KEY_ID_SIZE;
    size_t data_length;
    uint8_t *data = additional_data(arena, keys->id, bound, &data_length);

    memcpy(box, keys->id, KEY_ID_SIZE);
    randombytes_buf(nonce, NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_SIZE, NULL, bytes, length, data, data_length, NULL, nonce,
                                               keys->seal);
    *box_length = length + BOX_EXTRA;
    return box;
}

char *crypto_open(const struct keyring *keyring, struct arena *arena, const char *bound, const uint8_t *box, size_t box_length,
                  size_t *length)
{
    if (!box || box_length < BOX_EXTRA) {
        return NULL;
    }
    const uint8_t *nonce = box + KEY_ID_SIZE, *sealed = nonce + NONCE_SIZE;
    size_t data_length, content_length = box_length - BOX_EXTRA;
    uint8_t *data = additional_data(arena, box, bound, &data_length);
    uint8_t *content = arena_alloc(arena, content_length + 1);

    /* Two keys may by chance share an id, so each that fits is tried. */
    for (int i = 0; i < keyring->count; i++) {
        const struct keys *keys = &keyring->keys[i];
        if (memcmp(keys->id, box, KEY_ID_SIZE) == 0 &&
            crypto_aead_xchacha20poly1305_ietf_decrypt(content, NULL, NULL, sealed, content_length + TAG_SIZE, data, data_length,
                                                       nonce, keys->seal) == 0) {
            content[content_length] = '\0';
            if (length) {
                *length = content_length;
            }
            return (char *)content;
        }
    }
    return NULL;
}

static uint8_t *additional_data(struct arena *arena, const uint8_t key_id[KEY_ID_SIZE], const char *bound, size_t *length)
{
    size_t bound_length = strlen(bound);
    uint8_t *data = arena_alloc(arena, KEY_ID_SIZE + bound_length);

    memcpy(data, key_id, KEY_ID_SIZE);
    memcpy(data + KEY_ID_SIZE, bound, bound_length);
    *length = KEY_ID_SIZE + bound_length;
    return data;
}

char *crypto_base64(struct arena *arena, const void *bytes, size_t length)
{
    size_t size = sodium_base64_ENCODED_LEN(length, sodium_base64_VARIANT_ORIGINAL);

    return sodium_bin2base64(arena_alloc(arena, size), size, bytes, length, sodium_base64_VARIANT_ORIGINAL);
}

uint8_t *crypto_base64_decode(struct arena *arena, const char *text, size_t *length)
{
    size_t size = strlen(text);
    uint8_t *bytes = arena_alloc(arena, size + 1);

    return sodium_base642bin(bytes, size, text, size, NULL, length, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 ? bytes : NULL;
}
