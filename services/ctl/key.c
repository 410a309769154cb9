/* key.c - sharelink key create|revoke: API keys slk_<id>_<secret>, stored hashed and shown once. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "common/data/crypto.h"
#include "common/data/id.h"
#include "common/base/str.h"
#include "services/ctl/commands.h"

#define ALL_SCOPES "links.read,links.write,reviews.read,events.read,webhooks.write"

static bool are_scopes(struct ctl *ctl, const char *scopes);
static const char *hex_of(struct ctl *ctl, const uint8_t *bytes, size_t length);

int key_create(struct ctl *ctl, int argc, char **argv)
{
    const char *account = ctl_option(argc, argv, "--account"), *scopes = ctl_option(argc, argv, "--scopes");

    if (!account || argc != (scopes ? 4 : 2)) {
        return ctl_fail(EX_USAGE, "usage: sharelink key create --account ACCOUNT [--scopes " ALL_SCOPES "]");
    }
    if (scopes && !are_scopes(ctl, scopes)) {
        return ctl_fail(EX_USAGE, "the scopes are some of " ALL_SCOPES);
    }
    int status = ctl_connect(ctl);
    return status ? status : ctl_make_key(ctl, account, scopes);
}

static bool are_scopes(struct ctl *ctl, const char *scopes)
{
    char *rest = arena_strdup(ctl->arena, scopes);

    for (const char *scope; (scope = strsep(&rest, ",")); ) {
        if (!*scope || !strstr("," ALL_SCOPES ",", arena_printf(ctl->arena, ",%s,", scope))) {
            return false;
        }
    }
    return true;
}

int ctl_make_key(struct ctl *ctl, const char *account_id, const char *scopes)
{
    char id[ID_SIZE], secret[CRYPTO_SECRET_SIZE];
    uint8_t hash[CRYPTO_HASH_SIZE];

    id_new(id, "slk_");
    crypto_secret_new(secret);
    crypto_hash(hash, secret, strlen(secret));
    const char *const values[] = { id, account_id, hex_of(ctl, hash, sizeof hash), scopes ? scopes : ALL_SCOPES };
    /* Two live keys are what a rotation needs; a third is one that somebody forgot. The account is locked by a statement of its
     * own: the count must be taken by a snapshot that is younger than the lock, or two at once would make three. */
    if (!pg_sync_run(ctl->pg, "begin") || !pg_sync_query(ctl->pg, "select from links.accounts where id = $1 for update", 1, &account_id)) {
        return ctl_fail(EX_SOFTWARE, "the account cannot be locked: %s", pg_sync_error(ctl->pg));
    }
    const struct pg_sync_rows *rows =
        pg_sync_query(ctl->pg, "insert into links.api_keys (id, account_id, secret_hash, scopes) "
                               "select $1, a.id, decode($3, 'hex'), string_to_array($4, ',') from links.accounts a where a.id = $2 "
                               "and (select count(*) from links.api_keys k where k.account_id = a.id and k.revoked_at is null) < 2 "
                               "returning id", 4, values);
    if (!rows || !pg_sync_run(ctl->pg, "commit")) {
        return ctl_fail(EX_SOFTWARE, "the key cannot be stored: %s", pg_sync_error(ctl->pg));
    }
    if (pg_sync_row_count(rows) == 0) {
        return ctl_fail(EX_DATAERR, "there is no such account, or it has two live keys already: revoke one first");
    }
    printf("key: %s_%s\n", id, secret);
    return EX_OK;
}

static const char *hex_of(struct ctl *ctl, const uint8_t *bytes, size_t length)
{
    char *text = arena_alloc(ctl->arena, 2 * length + 1);

    for (size_t i = 0; i < length; i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    return text;
}

int key_revoke(struct ctl *ctl, int argc, char **argv)
{
    if (argc != 1 || strlen(argv[0]) < ID_SIZE - 1 || !str_starts_with(argv[0], "slk_")) {
        return ctl_fail(EX_USAGE, "usage: sharelink key revoke slk_… (the key's first 30 characters; the rest is not needed)");
    }
    int status = ctl_connect(ctl);
    if (status) {
        return status;
    }
    const char *id = arena_strndup(ctl->arena, argv[0], ID_SIZE - 1);
    const struct pg_sync_rows *rows =
        pg_sync_query(ctl->pg, "update links.api_keys set revoked_at = now() where id = $1 and revoked_at is null returning id", 1, &id);
    if (!rows) {
        return ctl_fail(EX_SOFTWARE, "the key cannot be revoked: %s", pg_sync_error(ctl->pg));
    }
    if (pg_sync_row_count(rows) == 0) {
        return ctl_fail(EX_DATAERR, "there is no live key with this id");
    }
    printf("revoked: %s (within five seconds everywhere)\n", id);
    return EX_OK;
}
