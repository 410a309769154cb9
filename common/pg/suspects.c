/* suspects.c - see the header. */
#include "common/pg/suspects.h"

#include "common/base/clock.h"

#define SUSPECT_US ((int64_t)10 * 1000 * 1000)

/* FNV-1a, with an end to each value. */
static uint64_t add_byte(uint64_t key, unsigned char byte)
{
    return (key ^ byte) * 0x100000001b3;
}

uint64_t pg_suspect_key(const void *of, const char *const *values, const size_t *sizes, int count)
{
    uint64_t key = 0xcbf29ce484222325 ^ (uintptr_t)of;

    for (int i = 0; i < count; i++) {
        for (size_t at = 0; values[i] && at < sizes[i]; at++) {
            key = add_byte(key, (unsigned char)values[i][at]);
        }
        key = add_byte(key, values[i] ? 1 : 2);
    }
    return key | 1;
}

bool pg_suspects_any(const struct pg_suspects *suspects)
{
    return suspects->until_us && clock_mono_us() < suspects->until_us;
}

struct pg_suspect *pg_suspects_find(struct pg_suspects *suspects, uint64_t key)
{
    int64_t now_us = clock_mono_us();

    for (size_t i = 0; i < PG_SUSPECTS; i++) {
        if (suspects->list[i].key == key && now_us < suspects->list[i].until_us) {
            return &suspects->list[i];
        }
    }
    return NULL;
}

void pg_suspects_note(struct pg_suspects *suspects, uint64_t key, bool waits)
{
    struct pg_suspect *place = pg_suspects_find(suspects, key);

    if (!place) {
        place = &suspects->list[suspects->next++ % PG_SUSPECTS];
    }
    suspects->until_us = clock_mono_us() + SUSPECT_US;
    *place = (struct pg_suspect){ .key = key, .until_us = suspects->until_us, .waits = waits };
}

void pg_suspects_clear(struct pg_suspects *suspects, uint64_t key)
{
    struct pg_suspect *known = pg_suspects_find(suspects, key);

    if (known) {
        known->key = 0;
    }
}
