/* prepared.h - the statements that one session knows by name; for connection.c and requests.c alone.
 *
 * A statement is prepared when it is first sent. When its plan or its name turns out to be in the way, it gets a new
 * generation, and so another name, the next time.
 */
#ifndef SHARELINK_PG_PREPARED_H
#define SHARELINK_PG_PREPARED_H

#include "common/pg/pg.h"

struct pg_prepared {
    const struct pg_statement *statement;
    unsigned generation;
    bool is_sent;    /* the PREPARE of this generation was sent, and has not failed */
    bool is_checked; /* its answer has the columns that are declared */
};

struct pg_prepared_list {
    struct pg_prepared *list;
    int count, size;
};

/* The place of the statement in the list, where it is added when it is new. */
int pg_prepared_find(struct pg_prepared_list *prepared, const struct pg_statement *statement);
/* The name of this generation. */
#define PG_PREPARED_NAME_SIZE 64
void pg_prepared_name(const struct pg_prepared *prepared, char name[PG_PREPARED_NAME_SIZE]);
/* Of those who met the same generation only the first makes a new one. */
void pg_prepared_renew(struct pg_prepared *prepared, unsigned generation);
void pg_prepared_clear(struct pg_prepared_list *prepared); /* a new session knows none */
void pg_prepared_free(struct pg_prepared_list *prepared);

#endif
