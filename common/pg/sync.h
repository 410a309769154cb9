/* sync.h - PostgreSQL for the operator's command, which may wait. Never in a daemon: it blocks. */
#ifndef SHARELINK_PG_SYNC_H
#define SHARELINK_PG_SYNC_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/pg/declared.h"

struct pg_sync;

/* NULL with *error (in the arena) when it cannot connect within ten seconds. */
struct pg_sync *pg_sync_open(struct arena *arena, const char *url, const char **error);
void pg_sync_close(struct pg_sync *pg);

/* Any number of statements, as text. False with pg_sync_error(). */
bool pg_sync_run(struct pg_sync *pg, const char *sql);
/* A statement that was made from a .sql. NULL with pg_sync_error(); else lives as long as the arena of pg_sync_open. */
const struct pg_answer *pg_sync_ask(struct pg_sync *pg, const struct pg_statement *statement, const struct pg_params *params);
const char *pg_sync_error(const struct pg_sync *pg);
const char *pg_sync_sqlstate(const struct pg_sync *pg); /* five characters, "" when the last statement went well */

/* The SCRAM verifier of a password, so that the password itself reaches neither the server nor its log. In the arena; NULL
 * with pg_sync_error(). */
const char *pg_sync_encrypt_password(struct pg_sync *pg, const char *role, const char *password);
/* Quoted as an SQL literal, in the arena. */
const char *pg_sync_literal(struct pg_sync *pg, const char *text);

#endif
