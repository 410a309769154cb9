/* bad_keys.c - see bad_keys.h. Tables of fixed size: what is new takes the place of what stands in its slot. Networks have one of
 * their own: ids are anybody's to make up, and would take the places of networks in the end. */
#include "common/daemon/bad_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/gcra.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/data/networks.h"

#define REMEMBER_US (10 * (int64_t)1000000)

enum { KEY_SLOTS = 4096, TRIER_SLOTS = 4096 };

struct bad_key {
    uint8_t hash[CRYPTO_HASH_SIZE];
    int64_t until_us;
};

/* A network, or a key's id. */
struct trier {
    uint8_t hash[CRYPTO_HASH_SIZE];
    int64_t tat_us;
};

struct bad_keys {
    struct gcra gcra; /* burst 0: no limit */
    struct metric *bad, *refused;
    struct bad_key keys[KEY_SLOTS];
    struct trier networks[TRIER_SLOTS], ids[TRIER_SLOTS];
};

static size_t slot_of(const uint8_t hash[CRYPTO_HASH_SIZE], size_t slots);
static struct trier *trier_of(struct trier triers[TRIER_SLOTS], const char *subject);
static const char *network_of(const char *address, char to[ADDRESS_TEXT_SIZE]);

struct bad_keys *bad_keys_new(int64_t per_minute)
{
    struct bad_keys *bad = mem_alloc(sizeof *bad);
    struct metric_family *family = metrics_counter(
        "sharelink_bad_keys_total", "API keys that were bad: looked up, or refused with 429 without that.", "outcome");

    if (per_minute > 0) {
        bad->gcra = (struct gcra){ .interval_us = 60 * (int64_t)1000000 / per_minute, .burst = per_minute };
    }
    bad->bad = metrics_series(family, (const char *const[]){ "looked_up" });
    bad->refused = metrics_series(family, (const char *const[]){ "refused" });
    return bad;
}

void bad_keys_free(struct bad_keys *bad)
{
    free(bad);
}

bool bad_keys_know(const struct bad_keys *bad, const uint8_t hash[CRYPTO_HASH_SIZE])
{
    const struct bad_key *key = &bad->keys[slot_of(hash, KEY_SLOTS)];

    return key->until_us > clock_mono_us() && crypto_equal(key->hash, hash, CRYPTO_HASH_SIZE);
}

int64_t bad_keys_wait_s(struct bad_keys *bad, const char *address, const char *key_id)
{
    char network[ADDRESS_TEXT_SIZE];
    int64_t now_us = clock_mono_us();

    if (bad->gcra.burst == 0) {
        return 0;
    }
    int64_t of_network_us = gcra_wait_us(&bad->gcra, trier_of(bad->networks, network_of(address, network))->tat_us, now_us);
    int64_t of_id_us = gcra_wait_us(&bad->gcra, trier_of(bad->ids, key_id)->tat_us, now_us);
    int64_t wait_us = of_network_us > of_id_us ? of_network_us : of_id_us;
    if (wait_us > 0) {
        metrics_add(bad->refused, 1);
    }
    return (wait_us + 999999) / 1000000;
}

void bad_keys_note(struct bad_keys *bad, const uint8_t hash[CRYPTO_HASH_SIZE], const char *address, const char *key_id)
{
    struct bad_key *key = &bad->keys[slot_of(hash, KEY_SLOTS)];
    char network[ADDRESS_TEXT_SIZE];
    int64_t now_us = clock_mono_us();

    memcpy(key->hash, hash, sizeof key->hash);
    key->until_us = now_us + REMEMBER_US;
    metrics_add(bad->bad, 1);
    if (bad->gcra.burst > 0) {
        gcra_take(&bad->gcra, &trier_of(bad->networks, network_of(address, network))->tat_us, now_us);
        gcra_take(&bad->gcra, &trier_of(bad->ids, key_id)->tat_us, now_us);
    }
}

static size_t slot_of(const uint8_t hash[CRYPTO_HASH_SIZE], size_t slots)
{
    uint32_t index;

    memcpy(&index, hash, sizeof index);
    return index % slots;
}

static struct trier *trier_of(struct trier triers[TRIER_SLOTS], const char *subject)
{
    uint8_t hash[CRYPTO_HASH_SIZE];

    crypto_hash(hash, subject, strlen(subject));
    struct trier *trier = &triers[slot_of(hash, TRIER_SLOTS)];
    if (memcmp(trier->hash, hash, sizeof hash) != 0) {
        memcpy(trier->hash, hash, sizeof hash);
        trier->tat_us = 0;
    }
    return trier;
}

static const char *network_of(const char *address, char to[ADDRESS_TEXT_SIZE])
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    struct address read;

    if (!address_read(address, strlen(address), &read)) {
        return "";
    }
    size_t kept = memcmp(read.bytes, mapped, sizeof mapped) == 0 ? 15 : 6;
    memset(read.bytes + kept, 0, sizeof read.bytes - kept);
    address_text(to, &read);
    return to;
}
