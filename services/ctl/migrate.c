/* migrate.c - sharelink migrate: applies the numbered migrations that are compiled in, each in a transaction of its own.
 *
 * An advisory lock lets one migration run at a time. What was applied is remembered with its checksum; a migration that was
 * edited afterwards, or one that this version does not know, stops everything.
 *
 * A log that was restored from a dump bears the numbers of another server's transactions. They are what its readers go by, so
 * this server counts up to them: else what happens from now on would lie before what they have read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "common/data/crypto.h"
#include "common/base/str.h"
#include "services/ctl/commands.h"

static const struct migration {
    const char *name, *sql;
} migrations[] = {
#include "migrations.inc"
};

enum { MIGRATIONS = sizeof migrations / sizeof migrations[0], CHECKSUM_SIZE = 2 * CRYPTO_HASH_SIZE + 1 };

static const char *apply_all(struct ctl *ctl, int *applied);
static const char *refuse_unknown(struct ctl *ctl);
static const char *apply(struct ctl *ctl, const struct migration *migration, int *applied);
static const char *count_up(struct ctl *ctl);
static int set_passwords(struct ctl *ctl);

int migrate(struct ctl *ctl, int argc, char **argv)
{
    int applied = 0, status = ctl_connect(ctl);
    (void)argv;

    if (argc > 0) {
        return ctl_fail(EX_USAGE, "migrate takes no arguments");
    }
    if (status) {
        return status;
    }
    const char *fault = apply_all(ctl, &applied);
    if (!fault) {
        fault = count_up(ctl);
    }
    if (fault) {
        return ctl_fail(EX_SOFTWARE, "%s", fault);
    }
    status = set_passwords(ctl);
    if (!status) {
        printf("migrated: %d applied, %d in all\n", applied, (int)MIGRATIONS);
    }
    return status;
}

static const char *apply_all(struct ctl *ctl, int *applied)
{
    /* The lock belongs to the session and ends with it, however that ends. */
    if (!pg_sync_run(ctl->pg, "set client_min_messages = warning") ||
        !pg_sync_run(ctl->pg, "select pg_advisory_lock(hashtext('sharelink migrate'))") ||
        !pg_sync_run(ctl->pg, "create table if not exists public.sharelink_migrations ("
                              "name text primary key, checksum text not null, applied_at timestamptz not null default now())")) {
        return arena_printf(ctl->arena, "the migration cannot start: %s", pg_sync_error(ctl->pg));
    }
    const char *fault = refuse_unknown(ctl);
    for (size_t i = 0; !fault && i < MIGRATIONS; i++) {
        fault = apply(ctl, &migrations[i], applied);
    }
    return fault;
}

static const char *refuse_unknown(struct ctl *ctl)
{
    const struct pg_sync_rows *rows = pg_sync_query(ctl->pg, "select name from public.sharelink_migrations order by name", 0, NULL);

    for (int row = 0; rows && row < pg_sync_row_count(rows); row++) {
        bool known = false;
        for (size_t i = 0; i < MIGRATIONS; i++) {
            known = known || str_equal(migrations[i].name, pg_sync_get(rows, row, 0));
        }
        if (!known) {
            return arena_printf(ctl->arena, "the database has migration %s, which this version does not know: use a newer version",
                                pg_sync_get(rows, row, 0));
        }
    }
    return rows ? NULL : pg_sync_error(ctl->pg);
}

static const char *apply(struct ctl *ctl, const struct migration *migration, int *applied)
{
    uint8_t hash[CRYPTO_HASH_SIZE];
    char checksum[CHECKSUM_SIZE];

    crypto_hash(hash, migration->sql, strlen(migration->sql));
    for (size_t i = 0; i < sizeof hash; i++) {
        snprintf(checksum + 2 * i, 3, "%02x", hash[i]);
    }
    const struct pg_sync_rows *rows = pg_sync_query(ctl->pg, "select checksum from public.sharelink_migrations where name = $1", 1,
                                                    &migration->name);
    if (!rows) {
        return pg_sync_error(ctl->pg);
    }
    if (pg_sync_row_count(rows) > 0) {
        return str_equal(pg_sync_get(rows, 0, 0), checksum)
                   ? NULL
                   : arena_printf(ctl->arena, "migration %s was edited after it had been applied: put it back, and write a new one", migration->name);
    }
    const char *record = arena_printf(ctl->arena, "insert into public.sharelink_migrations (name, checksum) values (%s, '%s')",
                                      pg_sync_literal(ctl->pg, migration->name), checksum);
    if (!pg_sync_run(ctl->pg, "begin") || !pg_sync_run(ctl->pg, migration->sql) || !pg_sync_run(ctl->pg, record) ||
        !pg_sync_run(ctl->pg, "commit")) {
        const char *fault = arena_printf(ctl->arena, "migration %s failed and was undone: %s", migration->name, pg_sync_error(ctl->pg));
        pg_sync_run(ctl->pg, "rollback");
        return fault;
    }
    ++*applied;
    return NULL;
}

/* A million transactions take some seconds. Each is one of its own; a subtransaction would write more. */
static const char *count_up(struct ctl *ctl)
{
    static const char behind[] = "select greatest(0, l.xid - pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1) from ("
                                 "    select coalesce(max(xid::text::bigint), 0) as xid from ("
                                 "        (select xid from events.log order by xid desc limit 1) union all select xid from notifications.cursors) x) l";
    const long long step = 1000000;

    for (;;) {
        const struct pg_sync_rows *rows = pg_sync_query(ctl->pg, behind, 0, NULL);
        long long left = rows ? atoll(pg_sync_get(rows, 0, 0)) : 0;
        if (!rows) {
            return pg_sync_error(ctl->pg);
        }
        if (left == 0) {
            return NULL;
        }
        printf("the log was restored from a server that is %lld transactions ahead: counting up to it\n", left);
        fflush(stdout);
        const char *count = arena_printf(ctl->arena, "do $$ begin for i in 1..%lld loop perform pg_current_xact_id(); commit; end loop; end $$",
                                         left < step ? left : step);
        if (!pg_sync_run(ctl->pg, "set synchronous_commit = off") || !pg_sync_run(ctl->pg, count)) {
            return pg_sync_error(ctl->pg);
        }
    }
}

/* The daemons' roles are made without a password; the deployment gives them theirs here. */
static int set_passwords(struct ctl *ctl)
{
    static const char *const roles[][2] = { { "sharelink_links", "LINKS_PASSWORD" },
                                            { "sharelink_views", "VIEWS_PASSWORD" },
                                            { "sharelink_notifications", "NOTIFICATIONS_PASSWORD" } };

    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        const char *password = ctl_setting(ctl, roles[i][1]);
        if (!password) {
            continue;
        }
        const char *verifier = pg_sync_encrypt_password(ctl->pg, roles[i][0], password);
        if (!verifier || !pg_sync_run(ctl->pg, arena_printf(ctl->arena, "alter role %s password %s", roles[i][0],
                                                            pg_sync_literal(ctl->pg, verifier)))) {
            return ctl_fail(EX_SOFTWARE, "the password of %s cannot be set: %s", roles[i][0], pg_sync_error(ctl->pg));
        }
    }
    return 0;
}
