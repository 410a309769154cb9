/* id.c - UUIDv7 in Crockford's base32 with a prefix; see id.h.
 *
 * The 12 bits of rand_a are a counter (RFC 9562, section 6.2, method 1): each millisecond starts it at a random value
 * in its lower half, each id within the millisecond adds one. When it runs over, or the wall clock steps back, the time
 * of the last id is kept or moved on, so ids of a process never go backwards. Loop thread only: the counter has no
 * lock.
 */
#include "common/data/id.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/clock.h"

#define PREFIX_LENGTH 4
#define SYMBOLS       26
#define COUNTER_MAX   0xFFF

static void fill_uuid(uint8_t uuid[16]);
static uint32_t next_count(uint64_t now_ms, uint32_t random_start);
static void encode(char *to, const uint8_t uuid[16]);
static bool is_alphanumeric(char byte);

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static uint64_t last_ms;
static uint32_t last_count;

void id_new(char to[ID_SIZE], const char *prefix)
{
    uint8_t uuid[16];

    assert(strlen(prefix) == PREFIX_LENGTH);
    fill_uuid(uuid);
    memcpy(to, prefix, PREFIX_LENGTH);
    encode(to + PREFIX_LENGTH, uuid);
}

static void fill_uuid(uint8_t uuid[16])
{
    uint8_t chance[10];

    if (getrandom(chance, sizeof chance, 0) != (ssize_t)sizeof chance) {
        abort(); /* cannot happen for so few bytes once the kernel is up */
    }
    uint32_t count = next_count((uint64_t)clock_wall_ms(), ((uint32_t)chance[0] << 8 | chance[1]) & (COUNTER_MAX >> 1));
    for (int i = 0; i < 6; i++) {
        uuid[i] = (uint8_t)(last_ms >> (40 - 8 * i));
    }
    uuid[6] = (uint8_t)(0x70 | count >> 8); /* version 7 */
    uuid[7] = (uint8_t)count;
    memcpy(uuid + 8, chance + 2, 8);
    uuid[8] = (uint8_t)(0x80 | (uuid[8] & 0x3F)); /* the RFC's variant */
}

/* Moves last_ms and last_count on. */
static uint32_t next_count(uint64_t now_ms, uint32_t random_start)
{
    if (now_ms > last_ms) {
        last_ms = now_ms;
        last_count = random_start;
    } else if (last_count == COUNTER_MAX) {
        last_ms++;
        last_count = random_start;
    } else {
        last_count++;
    }
    return last_count;
}

/* 26 symbols hold 130 bits: two zero bits come before the UUID's 128. */
static void encode(char *to, const uint8_t uuid[16])
{
    uint32_t bits = 0;
    int waiting = 2;

    for (int i = 0; i < 16; i++) {
        bits = bits << 8 | uuid[i];
        for (waiting += 8; waiting >= 5; waiting -= 5) {
            *to++ = alphabet[bits >> (waiting - 5) & 31];
        }
    }
    *to = '\0';
}

bool id_is(const char *text, const char *prefix)
{
    size_t prefix_length = strlen(prefix);

    if (!text || strncmp(text, prefix, prefix_length) != 0) {
        return false;
    }
    text += prefix_length;
    return *text >= '0' && *text <= '7' && strspn(text, alphabet) == SYMBOLS && !text[SYMBOLS];
}

bool id_is_external(const char *text)
{
    size_t length = 0;

    for (; text && text[length]; length++) {
        if (length == 128 || (!is_alphanumeric(text[length]) && !strchr("._:-", text[length]))) {
            return false;
        }
    }
    return length > 0 && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static bool is_alphanumeric(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}
