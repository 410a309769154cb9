/* dead_letters.c - sharelink dead-letters list|retry: what no further try was made for. Addresses are not printed. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "services/ctl/commands.h"
#include "services/ctl/list_dead_deliveries.sql.h"
#include "services/ctl/list_dead_entries.sql.h"
#include "services/ctl/retry_dead_deliveries.sql.h"

enum { LISTED_MAX = 1000 };

static int retry(struct ctl *ctl, const char *id);
static int retry_one_by_one(struct ctl *ctl);

int dead_letters_list(struct ctl *ctl, int argc, char **argv)
{
    int status = argc > 0 ? ctl_fail(EX_USAGE, "dead-letters list takes no arguments") : ctl_connect(ctl);
    (void)argv;

    if (status) {
        return status;
    }
    struct pg_params params;
    list_dead_deliveries_params(&params, ctl->arena, &(struct list_dead_deliveries_in){ .most = LISTED_MAX });
    const struct pg_answer *deliveries = pg_sync_ask(ctl->pg, &list_dead_deliveries_statement, &params);
    list_dead_entries_params(&params, ctl->arena, &(struct list_dead_entries_in){ .most = LISTED_MAX });
    const struct pg_answer *entries = deliveries ? pg_sync_ask(ctl->pg, &list_dead_entries_statement, &params) : NULL;
    if (!entries) {
        return ctl_fail(EX_SOFTWARE, "the dead letters cannot be read: %s", pg_sync_error(ctl->pg));
    }
    for (int row = 0; row < pg_answer_rows(deliveries); row++) {
        struct list_dead_deliveries_out delivery = list_dead_deliveries_read(deliveries, row);
        printf("%s  %s  %s  %s after %lld attempts: %s\n", delivery.delivery_id, delivery.created_at, delivery.kind,
               delivery.reason ? delivery.reason : "", (long long)delivery.attempts, delivery.last_error);
    }
    for (int row = 0; row < pg_answer_rows(entries); row++) {
        struct list_dead_entries_out entry = list_dead_entries_read(entries, row);
        printf("entry %s %s %s  %s  %s\n", entry.stream, entry.entry_id, entry.event_id, entry.created_at, entry.fault);
    }
    return EX_OK;
}

int dead_letters_retry(struct ctl *ctl, int argc, char **argv)
{
    if (argc != 1) {
        return ctl_fail(EX_USAGE, "usage: sharelink dead-letters retry DELIVERY_ID | --all");
    }
    int status = ctl_connect(ctl);
    if (status) {
        return status;
    }
    const char *id = strcmp(argv[0], "--all") == 0 ? NULL : argv[0];
    int count = retry(ctl, id);
    if (count < 0 && !id && pg_sync_sqlstate(ctl->pg)[0]) {
        return retry_one_by_one(ctl);
    }
    if (count < 0) {
        return ctl_fail(EX_SOFTWARE, "the dead letters cannot be sent again: %s", pg_sync_error(ctl->pg));
    }
    if (id && count == 0) {
        return ctl_fail(EX_DATAERR, "there is no failed delivery with this id, or somebody has it locked");
    }
    printf("to be sent again: %d\n", count);
    return EX_OK;
}

/* How many are to be sent again; below 0 with pg_sync_error(). */
static int retry(struct ctl *ctl, const char *id)
{
    struct pg_params params;

    retry_dead_deliveries_params(&params, ctl->arena, &(struct retry_dead_deliveries_in){ .delivery_id = id });
    const struct pg_answer *answer = pg_sync_ask(ctl->pg, &retry_dead_deliveries_statement, &params);
    return answer ? pg_answer_rows(answer) : -1;
}

/* One that PostgreSQL does not take keeps none of the others. */
static int retry_one_by_one(struct ctl *ctl)
{
    int retried = 0, left = 0;
    struct pg_params params;

    list_dead_deliveries_params(&params, ctl->arena, &(struct list_dead_deliveries_in){ .most = INT32_MAX });
    const struct pg_answer *dead = pg_sync_ask(ctl->pg, &list_dead_deliveries_statement, &params);
    if (!dead) {
        return ctl_fail(EX_SOFTWARE, "the dead letters cannot be read: %s", pg_sync_error(ctl->pg));
    }
    for (int row = 0; row < pg_answer_rows(dead); row++) {
        const char *id = list_dead_deliveries_read(dead, row).delivery_id;
        int count = retry(ctl, id);
        if (count < 0) {
            fprintf(stderr, "%s cannot be sent again: %s\n", id, pg_sync_error(ctl->pg));
        }
        retried += count > 0;
        left += count <= 0;
    }
    printf("to be sent again: %d\n", retried);
    return left ? ctl_fail(EX_SOFTWARE, "%d dead letters are as they were", left) : EX_OK;
}
