/* dead_letters.c - sharelink dead-letters list|retry: what no further try was made for. Addresses are not printed. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "services/ctl/commands.h"

int dead_letters_list(struct ctl *ctl, int argc, char **argv)
{
    int status = argc > 0 ? ctl_fail(EX_USAGE, "dead-letters list takes no arguments") : ctl_connect(ctl);
    (void)argv;

    if (status) {
        return status;
    }
    const struct pg_sync_rows *rows =
        pg_sync_query(ctl->pg, "select id, kind, reason, attempts, coalesce(last_error, ''), sharelink.rfc3339(created_at) "
                               "from notifications.deliveries where state = 'failed' order by id limit 1000", 0, NULL);
    const struct pg_sync_rows *entries =
        pg_sync_query(ctl->pg, "select coalesce(stream, 'log'), coalesce(entry_id, ''), coalesce(event_id, ''), fault, sharelink.rfc3339(created_at) "
                               "from notifications.dead_entries order by id limit 1000", 0, NULL);
    if (!rows || !entries) {
        return ctl_fail(EX_SOFTWARE, "the dead letters cannot be read: %s", pg_sync_error(ctl->pg));
    }
    for (int row = 0; row < pg_sync_row_count(rows); row++) {
        printf("%s  %s  %s  %s after %s attempts: %s\n", pg_sync_get(rows, row, 0), pg_sync_get(rows, row, 5), pg_sync_get(rows, row, 1),
               pg_sync_get(rows, row, 2), pg_sync_get(rows, row, 3), pg_sync_get(rows, row, 4));
    }
    for (int row = 0; row < pg_sync_row_count(entries); row++) {
        printf("entry %s %s %s  %s  %s\n", pg_sync_get(entries, row, 0), pg_sync_get(entries, row, 1), pg_sync_get(entries, row, 2),
               pg_sync_get(entries, row, 4), pg_sync_get(entries, row, 3));
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
    const struct pg_sync_rows *rows =
        pg_sync_query(ctl->pg, "update notifications.deliveries set state = 'pending', reason = null, attempts = 0, uncertain = 0, "
                               "next_attempt_at = now(), lease_until = null, lease_holder = null "
                               "where state = 'failed' and ($1::text is null or id = $1) returning id", 1, &id);
    if (!rows) {
        return ctl_fail(EX_SOFTWARE, "the dead letters cannot be sent again: %s", pg_sync_error(ctl->pg));
    }
    if (id && pg_sync_row_count(rows) == 0) {
        return ctl_fail(EX_DATAERR, "there is no failed delivery with this id");
    }
    printf("to be sent again: %d\n", pg_sync_row_count(rows));
    return EX_OK;
}
