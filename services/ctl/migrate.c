/* migrate.c - sharelink migrate: brings the database to the schema that is compiled in (schema.c), and gives the roles their
 * passwords.
 *
 * A log that was restored from a dump bears the numbers of another server's transactions. They are what its readers go by, so
 * this server counts up to them: else what happens from now on would lie before what they have read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "services/ctl/commands.h"
#include "services/ctl/count_transactions_behind.sql.h"
#include "services/ctl/schema.h"

static const struct schema_file files[] = {
#include "schema.inc"
    { .name = NULL }
};
static const struct schema_migration migrations[] = {
#include "migrations.inc"
    { .name = NULL }
};
static const char digest[] =
#include "schema_digest.inc"
    ;
static const struct schema_plan plan = { files, migrations, digest, SHARELINK_VERSION };

static const char *count_up(struct ctl *ctl);
static int set_passwords(struct ctl *ctl);

int migrate(struct ctl *ctl, int argc, char **argv)
{
    struct schema_done done = { 0 };
    int status = ctl_connect(ctl);
    (void)argv;

    if (argc > 0) {
        return ctl_fail(EX_USAGE, "migrate takes no arguments");
    }
    if (status) {
        return status;
    }
    const char *fault = schema_apply(ctl->arena, ctl->pg, &plan, &done);
    if (!fault) {
        fault = count_up(ctl);
    }
    if (fault) {
        return ctl_fail(EX_SOFTWARE, "%s", fault);
    }
    status = set_passwords(ctl);
    if (!status) {
        printf("migrated: %d migrations applied, %d files run\n", done.migrations, done.files);
    }
    return status;
}

/* A million transactions take some seconds. Each is one of its own; a subtransaction would write more. */
static const char *count_up(struct ctl *ctl)
{
    const long long step = 1000000;

    for (;;) {
        struct pg_params params;
        count_transactions_behind_params(&params, ctl->arena);
        const struct pg_answer *answer = pg_sync_ask(ctl->pg, &count_transactions_behind_statement, &params);
        if (!answer) {
            return pg_sync_error(ctl->pg);
        }
        long long left = (long long)count_transactions_behind_read(answer, 0).behind;
        if (left == 0) {
            return NULL;
        }
        printf("the log was restored from a server that is %lld transactions ahead: counting up to it\n", left);
        fflush(stdout);
        const char *count =
            arena_printf(ctl->arena, "do $$ begin for i in 1..%lld loop perform pg_current_xact_id(); commit; end loop; end $$",
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
                                            { "sharelink_notifications", "NOTIFICATIONS_PASSWORD" },
                                            { "sharelink_console", "CONSOLE_PASSWORD" } };

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
