/* dead_letters.c - sharelink dead-letters list|retry: what no further try was made for. Addresses are not printed. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "services/ctl/commands.h"
#include "services/ctl/list_dead_deliveries.sql.h"
#include "services/ctl/list_dead_entries.sql.h"
#include "services/ctl/retry_dead_deliveries.sql.h"

enum { LISTED_MAX = 1000 };

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
    struct pg_params params;
    retry_dead_deliveries_params(&params, ctl->arena, &(struct retry_dead_deliveries_in){ .delivery_id = id });
    const struct pg_answer *answer = pg_sync_ask(ctl->pg, &retry_dead_deliveries_statement, &params);
    if (!answer) {
        return ctl_fail(EX_SOFTWARE, "the dead letters cannot be sent again: %s", pg_sync_error(ctl->pg));
    }
    if (id && pg_answer_rows(answer) == 0) {
        return ctl_fail(EX_DATAERR, "there is no failed delivery with this id");
    }
    printf("to be sent again: %d\n", pg_answer_rows(answer));
    return EX_OK;
}
