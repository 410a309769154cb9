/* account.c - sharelink account create|list. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "common/data/id.h"
#include "common/data/text.h"
#include "common/base/str.h"
#include "services/ctl/commands.h"
#include "services/ctl/create_account.sql.h"
#include "services/ctl/list_accounts.sql.h"

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
    if (!str_is_utf8(name, strlen(name)) || str_has_control(name, false) || text_has_override(name) || !text_is_visible(name) ||
        str_utf8_length(name) > 200) {
        return ctl_fail(EX_USAGE,
                        "the name must be 1 to 200 characters, none of them a control character, and one that can be seen");
    }
    if (!is_plan(plan)) {
        return ctl_fail(EX_USAGE,
                        "the plan must be 1 to 64 of a-z 0-9 _ -; screen, growth and enterprise may have advanced links");
    }
    int status = ctl_connect(ctl);
    if (status) {
        return status;
    }
    id_new(id, "acc_");
    struct create_account_in in = { .account_id = id, .name = name, .plan = plan };
    struct pg_params params;
    create_account_params(&params, ctl->arena, &in);
    if (!pg_sync_ask(ctl->pg, &create_account_statement, &params)) {
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
    struct pg_params params;
    list_accounts_params(&params, ctl->arena);
    const struct pg_answer *answer = pg_sync_ask(ctl->pg, &list_accounts_statement, &params);
    if (!answer) {
        return ctl_fail(EX_SOFTWARE, "the accounts cannot be read: %s", pg_sync_error(ctl->pg));
    }
    for (int row = 0; row < pg_answer_rows(answer); row++) {
        struct list_accounts_out account = list_accounts_read(answer, row);
        printf("%s  %-10s  %lld live keys  %s\n", account.account_id, account.plan, (long long)account.live_keys, account.name);
    }
    return EX_OK;
}
