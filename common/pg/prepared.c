/* prepared.c - see the header. */
#include "common/pg/prepared.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/str.h"

int pg_prepared_find(struct pg_prepared_list *prepared, const struct pg_statement *statement)
{
    for (int i = 0; i < prepared->count; i++) {
        if (prepared->list[i].statement == statement) {
            return i;
        }
    }
    if (prepared->count == prepared->size) {
        prepared->size = prepared->size ? prepared->size * 2 : 32;
        prepared->list = mem_resize(prepared->list, sizeof *prepared->list * (size_t)prepared->size);
    }
    prepared->list[prepared->count] = (struct pg_prepared){ .statement = statement };
    return prepared->count++;
}

void pg_prepared_name(const struct pg_prepared *prepared, char name[PG_PREPARED_NAME_SIZE])
{
    if (prepared->generation) {
        /* Told apart by its end, which must not be what is cut off. */
        snprintf(name, PG_PREPARED_NAME_SIZE, "%.50s.%u", prepared->statement->name, prepared->generation);
    } else {
        snprintf(name, PG_PREPARED_NAME_SIZE, "%s", prepared->statement->name);
    }
}

void pg_prepared_renew(struct pg_prepared *prepared, unsigned generation)
{
    if (prepared->generation == generation) {
        prepared->generation++;
        prepared->is_sent = false;
        prepared->is_checked = false;
    }
}

void pg_prepared_clear(struct pg_prepared_list *prepared)
{
    prepared->count = 0;
}

void pg_prepared_free(struct pg_prepared_list *prepared)
{
    free(prepared->list);
}
