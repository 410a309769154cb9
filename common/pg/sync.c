/* sync.c - see the header; beside pg.c the only file that knows libpq. */
#include "common/pg/sync.h"

#include <libpq-fe.h>
#include <string.h>

#include "common/base/str.h"

struct pg_sync {
    PGconn *connection;
    struct arena *arena;
};

struct pg_sync_rows {
    PGresult *result;
};

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
    ExecStatusType status = PQresultStatus(result);

    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

const struct pg_sync_rows *pg_sync_query(struct pg_sync *pg, const char *sql, int count, const char *const *values)
{
    PGresult *result = PQexecParams(pg->connection, sql, count, NULL, values, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);

    arena_defer(pg->arena, clear_result, result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        return NULL;
    }
    struct pg_sync_rows *rows = arena_alloc(pg->arena, sizeof *rows);
    rows->result = result;
    return rows;
}

int pg_sync_row_count(const struct pg_sync_rows *rows)
{
    return PQntuples(rows->result);
}

const char *pg_sync_get(const struct pg_sync_rows *rows, int row, int column)
{
    return PQgetvalue(rows->result, row, column);
}

const char *pg_sync_error(const struct pg_sync *pg)
{
    return PQerrorMessage(pg->connection);
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
