/* sync.c - see the header. */
#include "common/pg/sync.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "common/base/str.h"
#include "common/pg/connection.h"

struct pg_sync {
    PGconn *connection;
    struct arena *arena;
    const char *refusal; /* why the last statement was not sent or its answer not taken; NULL when libpq says it */
    char sqlstate[6];    /* of the last statement; "" when fine */
};

static bool note_end(struct pg_sync *pg, const PGresult *result);

static void clear_result(void *result)
{
    PQclear(result);
}

struct pg_sync *pg_sync_open(struct arena *arena, const char *url, const char **error)
{
    static const char *const names[] = { "dbname", "connect_timeout", "client_encoding", "fallback_application_name", NULL };
    const char *const values[] = { url, "10", "UTF8", "sharelink", NULL };
    struct pg_sync *pg = arena_alloc(arena, sizeof *pg);

    pg->arena = arena;
    pg->connection = PQconnectdbParams(names, values, 1);
    if (PQstatus(pg->connection) != CONNECTION_OK) {
        *error = arena_strdup(arena, PQerrorMessage(pg->connection));
        PQfinish(pg->connection);
        return NULL;
    }
    return pg;
}

void pg_sync_close(struct pg_sync *pg)
{
    PQfinish(pg->connection);
}

bool pg_sync_run(struct pg_sync *pg, const char *sql)
{
    PGresult *result = PQexec(pg->connection, sql);
    bool is_done = note_end(pg, result);

    PQclear(result);
    return is_done;
}

/* Text without a statement in it is done, too. */
static bool note_end(struct pg_sync *pg, const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    pg->refusal = NULL;
    snprintf(pg->sqlstate, sizeof pg->sqlstate, "%s", sqlstate ? sqlstate : "");
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

const struct pg_answer *pg_sync_ask(struct pg_sync *pg, const struct pg_statement *statement, const struct pg_params *params)
{
    pg->refusal = NULL;
    if (params->missing) {
        pg->refusal = arena_printf(pg->arena, "%s is not given its %s", statement->name, params->missing);
        return NULL;
    }
    PGresult *result =
        PQexecParams(pg->connection, statement->sql, params->count, NULL, params->values, params->lengths, params->formats, 0);
    arena_defer(pg->arena, clear_result, result);
    if (!note_end(pg, result)) {
        return NULL;
    }
    if (!pg_answer_is_declared(statement, result, false)) {
        pg->refusal = arena_printf(pg->arena, "%s answers something else than it declares", statement->name);
        return NULL;
    }
    struct pg_answer *answer = arena_alloc(pg->arena, sizeof *answer);
    *answer = (struct pg_answer){ .outcome = PG_OK, .result = result, .row_count = PQntuples(result) };
    return answer;
}

const char *pg_sync_sqlstate(const struct pg_sync *pg)
{
    return pg->sqlstate;
}

const char *pg_sync_error(const struct pg_sync *pg)
{
    return pg->refusal ? pg->refusal : PQerrorMessage(pg->connection);
}

const char *pg_sync_encrypt_password(struct pg_sync *pg, const char *role, const char *password)
{
    char *verifier = PQencryptPasswordConn(pg->connection, password, role, "scram-sha-256");
    char *kept = arena_strdup(pg->arena, verifier);

    PQfreemem(verifier);
    return kept;
}

const char *pg_sync_literal(struct pg_sync *pg, const char *text)
{
    char *literal = PQescapeLiteral(pg->connection, text, strlen(text));
    char *kept = arena_strdup(pg->arena, literal);

    PQfreemem(literal);
    return kept;
}
