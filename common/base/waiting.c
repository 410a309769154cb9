/* waiting.c - see the header. A table by hash of the key; what is due is looked for among all, for there are some thousands at
 * most. */
#include "common/base/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/mem.h"

enum { CHAINS = 1024 };

struct entry {
    struct waiting_item item;
    struct entry *next;
    int64_t due_us;
    char key[];
};

struct waiting {
    struct entry *chains[CHAINS];
    size_t count, capacity;
    int first_ms, most_ms;
};

struct waiting *waiting_new(size_t capacity, int first_ms, int most_ms)
{
    struct waiting *waiting = mem_alloc(sizeof *waiting);

    waiting->capacity = capacity;
    waiting->first_ms = first_ms;
    waiting->most_ms = most_ms;
    return waiting;
}

void waiting_free(struct waiting *waiting)
{
    for (int i = 0; i < CHAINS; i++) {
        while (waiting->chains[i]) {
            struct entry *entry = waiting->chains[i];
            waiting->chains[i] = entry->next;
            free(entry);
        }
    }
    free(waiting);
}

/* FNV-1a. */
static unsigned chain_of(const char *key)
{
    uint32_t hash = 2166136261u;

    for (; *key; key++) {
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    }
    return hash % CHAINS;
}

static struct entry *find(const struct waiting *waiting, const char *key)
{
    struct entry *entry = waiting->chains[chain_of(key)];

    while (entry && strcmp(entry->key, key) != 0) {
        entry = entry->next;
    }
    return entry;
}

static struct entry *find_or_make(struct waiting *waiting, const char *key)
{
    struct entry *entry = find(waiting, key), **chain = &waiting->chains[chain_of(key)];
    size_t size = strlen(key) + 1;

    if (entry || waiting->count == waiting->capacity) {
        return entry;
    }
    entry = mem_alloc(sizeof *entry + size);
    memcpy(entry->key, key, size);
    entry->item.key = entry->key;
    entry->due_us = clock_mono_us();
    entry->next = *chain;
    *chain = entry;
    waiting->count++;
    return entry;
}

bool waiting_put_off(struct waiting *waiting, const char *key)
{
    struct entry *entry = find_or_make(waiting, key);

    if (entry) {
        int pause_ms = backoff_ms(entry->item.failures++, waiting->first_ms, waiting->most_ms);
        entry->due_us = clock_mono_us() + (int64_t)pause_ms * 1000;
    }
    return entry;
}

bool waiting_add(struct waiting *waiting, const char *key)
{
    return find_or_make(waiting, key);
}

void waiting_remove(struct waiting *waiting, const char *key)
{
    for (struct entry **at = &waiting->chains[chain_of(key)]; *at; at = &(*at)->next) {
        struct entry *entry = *at;
        if (strcmp(entry->key, key) == 0) {
            *at = entry->next;
            waiting->count--;
            free(entry);
            return;
        }
    }
}

bool waiting_has(const struct waiting *waiting, const char *key)
{
    return find(waiting, key);
}

unsigned waiting_failures(const struct waiting *waiting, const char *key)
{
    const struct entry *entry = find(waiting, key);

    return entry ? entry->item.failures : 0;
}

size_t waiting_count(const struct waiting *waiting)
{
    return waiting->count;
}

static bool goes_before(const struct entry *entry, const struct entry *other)
{
    return !other || entry->item.failures < other->item.failures ||
           (entry->item.failures == other->item.failures && entry->due_us < other->due_us);
}

const struct waiting_item *waiting_due(const struct waiting *waiting)
{
    int64_t now_us = clock_mono_us();
    const struct entry *first = NULL;

    for (int i = 0; i < CHAINS && waiting->count > 0; i++) {
        for (const struct entry *entry = waiting->chains[i]; entry; entry = entry->next) {
            if (entry->due_us <= now_us && goes_before(entry, first)) {
                first = entry;
            }
        }
    }
    return first ? &first->item : NULL;
}

const char **waiting_keys(const struct waiting *waiting, struct arena *arena)
{
    const char **keys = arena_calloc(arena, waiting->count + 1, sizeof *keys);
    size_t count = 0;

    for (int i = 0; i < CHAINS; i++) {
        for (const struct entry *entry = waiting->chains[i]; entry; entry = entry->next) {
            keys[count++] = arena_strdup(arena, entry->key);
        }
    }
    return keys;
}
