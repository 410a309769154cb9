/* account.c - sharelink account create|list. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "common/data/id.h"
#include "common/base/str.h"
#include "services/ctl/commands.h"

/* The platform names its plans. Those that may have advanced links are in services/links/create_link.c. */
static bool is_plan(const char *plan)
{
    size_t length = strlen(plan);

    return length >= 1 && length <= 64 && strspn(plan, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

int account_create(struct ctl *ctl, int argc, char **argv)
{
    const char *name = ctl_option(argc, argv, "--name"), *plan = ctl_option(argc, argv, "--plan");
    char id[ID_SIZE];

    if (argc != 4 || !name || !plan) {
        return ctl_fail(EX_USAGE, "usage: sharelink account create --name NAME --plan PLAN");
    }
    if (!str_is_utf8(name, strlen(name)) || str_has_control(name, false) || !*name || str_utf8_length(name) > 200) {
        return ctl_fail(EX_USAGE, "the name must be 1 to 200 characters, none of them a control character");
    }
    if (!is_plan(plan)) {
        return ctl_fail(EX_USAGE, "the plan must be 1 to 64 of a-z 0-9 _ -; screen, growth and enterprise may have advanced links");
    }
    int status = ctl_connect(ctl);
    if (status) {
        return status;
    }
    id_new(id, "acc_");
    const char *const values[] = { id, name, plan };
    if (!pg_sync_query(ctl->pg, "insert into links.accounts (id, name, plan) values ($1, $2, $3)", 3, values)) {
        return ctl_fail(EX_SOFTWARE, "the account cannot be stored: %s", pg_sync_error(ctl->pg));
    }
    printf("account: %s\n", id);
    return ctl_make_key(ctl, id, NULL);
}

int account_list(struct ctl *ctl, int argc, char **argv)
{
    int status = argc > 0 ? ctl_fail(EX_USAGE, "account list takes no arguments") : ctl_connect(ctl);
    (void)argv;

    if (status) {
        return status;
    }
    const struct pg_sync_rows *rows =
        pg_sync_query(ctl->pg, "select a.id, a.plan, a.name, (select count(*) from links.api_keys k where k.account_id = a.id and k.revoked_at is null)"
                               " from links.accounts a order by a.id", 0, NULL);
    if (!rows) {
        return ctl_fail(EX_SOFTWARE, "the accounts cannot be read: %s", pg_sync_error(ctl->pg));
    }
    for (int row = 0; row < pg_sync_row_count(rows); row++) {
        printf("%s  %-10s  %s live keys  %s\n", pg_sync_get(rows, row, 0), pg_sync_get(rows, row, 1), pg_sync_get(rows, row, 3),
               pg_sync_get(rows, row, 2));
    }
    return EX_OK;
}
