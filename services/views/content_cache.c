/* content_cache.c - see the header. A table of buckets, and one list in the order of use. */
#include "services/views/content_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/mem.h"
#include "common/base/metrics.h"

#define BUCKETS 4096

struct entry {
    LIST_ENTRY(entry) in_bucket;
    TAILQ_ENTRY(entry) in_use;
    uint8_t key[CRYPTO_HASH_SIZE];
    struct made *made;
    size_t size;
};

struct content_cache {
    size_t bytes, bytes_max;
    struct metric *hits, *misses, *bytes_gauge;
    TAILQ_HEAD(uses, entry) used; /* the one that was asked for last comes first */
    LIST_HEAD(, entry) buckets[BUCKETS];
};

static struct entry *find(struct content_cache *cache, const uint8_t key[CRYPTO_HASH_SIZE]);
static size_t bucket_of(const uint8_t key[CRYPTO_HASH_SIZE]);
static void drop(struct content_cache *cache, struct entry *entry);

struct content_cache *content_cache_new(size_t bytes_max)
{
    struct content_cache *cache = mem_alloc(sizeof *cache);
    struct metric_family *asked =
        metrics_counter("sharelink_content_cache_total",
                        "Lists and searched texts that were asked for, by whether they had been made before.", "outcome");

    cache->bytes_max = bytes_max;
    cache->hits = metrics_series(asked, (const char *[]){ "hit" });
    cache->misses = metrics_series(asked, (const char *[]){ "miss" });
    cache->bytes_gauge = metrics_only(
        metrics_gauge("sharelink_content_cache_bytes", "Memory in lists and searched texts that were made before.", ""));
    TAILQ_INIT(&cache->used);
    return cache;
}

void content_cache_free(struct content_cache *cache)
{
    while (!TAILQ_EMPTY(&cache->used)) {
        drop(cache, TAILQ_FIRST(&cache->used));
    }
    free(cache);
}

struct made *content_cache_find(struct content_cache *cache, const uint8_t key[CRYPTO_HASH_SIZE], const char *version)
{
    struct entry *entry = find(cache, key);

    if (!entry || strcmp(entry->made->version, version) != 0) {
        metrics_add(cache->misses, 1);
        return NULL;
    }
    metrics_add(cache->hits, 1);
    TAILQ_REMOVE(&cache->used, entry, in_use);
    TAILQ_INSERT_HEAD(&cache->used, entry, in_use);
    return entry->made;
}

void content_cache_keep(struct content_cache *cache, const uint8_t key[CRYPTO_HASH_SIZE], struct made *made)
{
    struct entry *before = find(cache, key);
    size_t size = sizeof(struct entry) + made->size;

    if (before) {
        drop(cache, before);
    }
    if (size > cache->bytes_max) {
        return;
    }
    while (cache->bytes + size > cache->bytes_max) {
        drop(cache, TAILQ_LAST(&cache->used, uses));
    }
    struct entry *entry = mem_alloc(sizeof *entry);
    memcpy(entry->key, key, sizeof entry->key);
    entry->made = made_hold(made);
    entry->size = size;
    LIST_INSERT_HEAD(&cache->buckets[bucket_of(key)], entry, in_bucket);
    TAILQ_INSERT_HEAD(&cache->used, entry, in_use);
    cache->bytes += size;
    metrics_set(cache->bytes_gauge, (double)cache->bytes);
}

static struct entry *find(struct content_cache *cache, const uint8_t key[CRYPTO_HASH_SIZE])
{
    struct entry *entry;

    LIST_FOREACH(entry, &cache->buckets[bucket_of(key)], in_bucket)
    {
        if (memcmp(entry->key, key, sizeof entry->key) == 0) {
            return entry;
        }
    }
    return NULL;
}

/* The key is a digest: any of its bits are as good as others. */
static size_t bucket_of(const uint8_t key[CRYPTO_HASH_SIZE])
{
    return ((size_t)key[0] << 8 | key[1]) % BUCKETS;
}

static void drop(struct content_cache *cache, struct entry *entry)
{
    LIST_REMOVE(entry, in_bucket);
    TAILQ_REMOVE(&cache->used, entry, in_use);
    cache->bytes -= entry->size;
    metrics_set(cache->bytes_gauge, (double)cache->bytes);
    made_release(entry->made);
    free(entry);
}
