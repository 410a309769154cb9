/* key.c - sharelink key create|revoke: API keys slk_<id>_<secret>, stored hashed and shown once. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "common/data/crypto.h"
#include "common/data/id.h"
#include "common/base/str.h"
#include "services/ctl/commands.h"
#include "services/ctl/create_key.sql.h"
#include "services/ctl/lock_account.sql.h"
#include "services/ctl/revoke_key.sql.h"

/* Two live keys are what a rotation needs; a third is one that somebody forgot. */
enum { KEYS_MAX = 2 };
#define ALL_SCOPES "links.read,links.write,reviews.read,events.read,webhooks.write,console.write"

static bool are_scopes(struct ctl *ctl, const char *scopes);
static struct pg_texts list_of(struct ctl *ctl, const char *scopes);

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

    for (const char *scope; (scope = strsep(&rest, ","));) {
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
    struct pg_params params;
    lock_account_params(&params, ctl->arena, &(struct lock_account_in){ .account_id = account_id });
    if (!pg_sync_run(ctl->pg, "begin") || !pg_sync_ask(ctl->pg, &lock_account_statement, &params)) {
        return ctl_fail(EX_SOFTWARE, "the account cannot be locked: %s", pg_sync_error(ctl->pg));
    }
    struct create_key_in in = {
        .key_id = id,
        .account_id = account_id,
        .secret_hash = pg_bytes_of(hash, sizeof hash),
        .scopes = list_of(ctl, scopes ? scopes : ALL_SCOPES),
        .keys_max = KEYS_MAX,
    };
    create_key_params(&params, ctl->arena, &in);
    const struct pg_answer *answer = pg_sync_ask(ctl->pg, &create_key_statement, &params);
    if (!answer || !pg_sync_run(ctl->pg, "commit")) {
        return ctl_fail(EX_SOFTWARE, "the key cannot be stored: %s", pg_sync_error(ctl->pg));
    }
    if (pg_answer_rows(answer) == 0) {
        return ctl_fail(EX_DATAERR, "there is no such account, or it has two live keys already: revoke one first");
    }
    printf("key: %s_%s\n", id, secret);
    return EX_OK;
}

static struct pg_texts list_of(struct ctl *ctl, const char *scopes)
{
    char *rest = arena_strdup(ctl->arena, scopes);
    const char **list = arena_calloc(ctl->arena, strlen(scopes) + 1, sizeof *list);
    size_t count = 0;

    for (const char *scope; (scope = strsep(&rest, ","));) {
        list[count++] = scope;
    }
    return (struct pg_texts){ list, count };
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
    struct pg_params params;
    revoke_key_params(&params, ctl->arena, &(struct revoke_key_in){ .key_id = id });
    const struct pg_answer *answer = pg_sync_ask(ctl->pg, &revoke_key_statement, &params);
    if (!answer) {
        return ctl_fail(EX_SOFTWARE, "the key cannot be revoked: %s", pg_sync_error(ctl->pg));
    }
    if (pg_answer_rows(answer) == 0) {
        return ctl_fail(EX_DATAERR, "there is no live key with this id");
    }
    printf("revoked: %s (within five seconds everywhere)\n", id);
    return EX_OK;
}
