/* test_pg_declared.c - statements by name against a real PostgreSQL: what comes back is what was declared, and what must be
 * given is given; else nobody reads it, or nothing is sent. */
#include "common/base/log.h"
#include "common/pg/transaction.h"
#include "tests/unit/rigs/declared_batch.sql.h"
#include "tests/unit/rigs/declared_row.sql.h"
#include "tests/unit/rigs/pg_rig.h"

/* The last answer, and what was logged until it came. */
static struct {
    enum pg_outcome outcome;
    int rows;
    struct declared_row_out row;
    struct declared_batch_out item;
} seen;
static char logged[8192];

static struct rig logging_rig(void)
{
    struct rig rig = ready_rig();

    log_setup("test", LOG_FORMAT_LOGFMT, LOG_LEVEL_ERROR);
    return rig;
}

static int log_ends[2], stderr_copy;

static void catch_log(void)
{
    stderr_copy = dup(STDERR_FILENO);
    assert_int_equal(pipe(log_ends), 0);
    assert_true(dup2(log_ends[1], STDERR_FILENO) >= 0);
}

/* Until nothing is due; what was logged since catch_log is in logged. */
static void wait_and_read_log(struct rig *rig)
{
    bool has_ended = loop_until(rig->base, is_nothing_due, rig);

    dup2(stderr_copy, STDERR_FILENO);
    close(stderr_copy);
    close(log_ends[1]);
    ssize_t length = read(log_ends[0], logged, sizeof logged - 1);
    close(log_ends[0]);
    logged[length > 0 ? length : 0] = '\0';
    assert_true(has_ended);
}

static void assert_logged(const char *event, const char *what)
{
    if (!strstr(logged, event) || !strstr(logged, what)) {
        fail_msg("%s with %s is not in: %s", event, what, logged);
    }
}

/* --- answers --- */

static void take_row(void *arg, const struct pg_answer *answer)
{
    struct rig *rig = arg;

    rig->due--;
    seen.outcome = pg_answer_outcome(answer);
    seen.rows = pg_answer_rows(answer);
    if (seen.outcome == PG_OK && seen.rows > 0) {
        seen.row = declared_row_read(answer, 0);
        seen.row.name = arena_strdup(rig->arena, seen.row.name);
        seen.row.note = seen.row.note ? arena_strdup(rig->arena, seen.row.note) : NULL;
    }
}

static struct declared_row_in whole_input(void)
{
    return (struct declared_row_in){ .name = "one", .note = NULL, .count = 3, .box = { NULL, 0 }, .tags = { NULL, 0 } };
}

static void ask_row(struct rig *rig, const struct pg_statement *statement, const struct declared_row_in *in)
{
    struct pg_params params;

    declared_row_params(&params, rig->arena, in);
    rig->due++;
    catch_log();
    pg_send(rig->pool, statement, &params, take_row, rig);
    wait_and_read_log(rig);
}

static void what_was_declared_is_read_by_name(void **state)
{
    struct rig rig = logging_rig();
    struct declared_row_in in = whole_input();
    (void)state;

    ask_row(&rig, &declared_row_statement, &in);
    assert_int_equal(seen.outcome, PG_OK);
    assert_int_equal(seen.row.outcome, DECLARED_ROW_ODD);
    assert_string_equal(seen.row.name, "one");
    assert_null(seen.row.note);
    assert_true(seen.row.has_count);
    assert_int_equal(seen.row.count, 3);
    in = (struct declared_row_in){
        .name = "it's \"two\"", .note = "", .count = -4, .box = pg_bytes_of("", 0), .tags = { (const char *const[]){ "a,b" }, 1 }
    };
    ask_row(&rig, &declared_row_statement, &in);
    assert_int_equal(seen.outcome, PG_OK);
    assert_int_equal(seen.row.outcome, DECLARED_ROW_FINE);
    assert_string_equal(seen.row.name, "it's \"two\"");
    assert_string_equal(seen.row.note, "");
    assert_false(seen.row.has_count);
    assert_string_equal(logged, "");
    rig_free(&rig);
}

/* The same statement with a part of its text replaced; it is known by its address. */
static const struct pg_statement *altered(struct rig *rig, size_t number, const char *part, const char *by)
{
    struct pg_statement *statement = arena_alloc(rig->arena, sizeof *statement);
    const char *sql = declared_row_statement.sql, *at = strstr(sql, part);

    assert_non_null(at);
    *statement = declared_row_statement;
    statement->name = arena_printf(rig->arena, "declared_row_%zu", number);
    statement->sql = arena_printf(rig->arena, "%.*s%s%s", (int)(at - sql), sql, by, at + strlen(part));
    return statement;
}

static void an_undeclared_answer_is_refused_and_named(void **state)
{
    static const struct {
        const char *part, *by, *column, *found;
    } cases[] = {
        { "as note", "as notes", "column=note", "found=notes" },
        { "($1::text) as name", "length($1::text) as name", "column=name", "found=int" },
        { "($1::text) as name", "nullif($1::text, 'one') as name", "column=name", "found=NULL" },
        { "'odd'", "'even'", "column=outcome", "found=another" },
        { "'odd'", "null", "column=outcome", "found=NULL" },
        { "now() as at", "now() as at, 1 as more", "column=\"how many there are\"", "found=6" },
        { ", now() as at", "", "column=\"how many there are\"", "found=4" },
        { "now() as at", "now() as at where false", "column=outcome", "found=none" },
    };
    struct rig rig = logging_rig();
    struct declared_row_in in = whole_input();
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct pg_statement *statement = altered(&rig, i, cases[i].part, cases[i].by);
        /* Each time: what was refused once is not known to be right. */
        for (int round = 0; round < 2; round++) {
            ask_row(&rig, statement, &in);
            assert_int_equal(seen.outcome, PG_UNAVAILABLE);
            assert_logged("pg.answer_undeclared", statement->name);
            assert_logged("pg.answer_undeclared", cases[i].column);
            assert_logged("pg.answer_undeclared", cases[i].found);
        }
    }
    ask_row(&rig, &declared_row_statement, &in);
    assert_int_equal(seen.outcome, PG_OK);
    rig_free(&rig);
}

/* A view that changes under the session: PostgreSQL refuses the old plan, and the new one is looked at as the first was. */
static void an_undeclared_answer_is_told_a_few_times_a_minute(void **state)
{
    struct rig rig = logging_rig();
    struct declared_row_in in = whole_input();
    const struct pg_statement *statement = altered(&rig, 99, "as note", "as notes");
    int told = 0;
    (void)state;

    for (int round = 0; round < 20; round++) {
        ask_row(&rig, statement, &in);
        assert_int_equal(seen.outcome, PG_UNAVAILABLE);
        told += strstr(logged, "pg.answer_undeclared") != NULL;
    }
    assert_int_equal(told, 5);
    rig_free(&rig);
}

static void a_plan_made_anew_is_looked_at_anew(void **state)
{
    SQL(make_view, "create or replace temp view changing as select now() as at");
    SQL(change_view, "do $$ begin drop view changing; create temp view changing as select 1 as at; end $$");
    struct rig rig = logging_rig();
    struct declared_row_in in = whole_input();
    (void)state;

    assert_int_equal(ask(&rig, &make_view).outcome, PG_OK);
    const struct pg_statement *statement = altered(&rig, 100, "now() as at", "(select at from changing) as at");
    ask_row(&rig, statement, &in);
    assert_int_equal(seen.outcome, PG_OK);
    assert_int_equal(ask(&rig, &change_view).outcome, PG_OK);
    ask_row(&rig, statement, &in);
    assert_int_equal(seen.outcome, PG_UNAVAILABLE);
    assert_logged("pg.answer_undeclared", "found=int");
    rig_free(&rig);
}

/* --- inputs --- */

static void a_missing_input_is_refused_and_nothing_is_sent(void **state)
{
    static const char *const input[] = { "input=name", "input=tags" };
    struct rig rig = logging_rig();
    struct pg_statement forbidden = declared_row_statement;
    (void)state;

    /* Whoever sends this one is told of a fault in its text, not of an input. */
    forbidden.name = "forbidden";
    forbidden.sql = "nothing that PostgreSQL would take";
    for (int i = 0; i < 2; i++) {
        struct declared_row_in in = whole_input();
        if (i == 0) {
            in.name = NULL;
        } else {
            in.tags = (struct pg_texts){ NULL, 2 };
        }
        ask_row(&rig, &forbidden, &in);
        assert_int_equal(seen.outcome, PG_REJECTED);
        assert_logged("pg.input_missing", "statement=forbidden");
        assert_logged("pg.input_missing", input[i]);
    }
    rig_free(&rig);
}

/* --- in a batch --- */

static void take_item(void *arg, const struct pg_answer *answer)
{
    struct rig *rig = arg;

    rig->due--;
    seen.outcome = pg_answer_outcome(answer);
    seen.rows = pg_answer_rows(answer);
    if (seen.outcome == PG_OK && seen.rows > 0) {
        seen.item = declared_batch_read(answer, 0);
        seen.item.name = arena_strdup(rig->arena, seen.item.name);
    }
}

static void push(struct rig *rig, struct pg_batch *batch, const char *name)
{
    struct declared_batch_item item = { .name = name, .note = NULL };

    rig->due++;
    catch_log();
    declared_batch_push(batch, &item, take_item, rig);
    wait_and_read_log(rig);
}

static void an_item_without_its_input_is_refused_alone(void **state)
{
    struct rig rig = logging_rig();
    struct declared_batch_in in = { .suffix = "!" };
    struct pg_batch *batch = declared_batch_batch(rig.pool, rig.arena, 10, 100, &in);
    (void)state;

    push(&rig, batch, NULL);
    assert_int_equal(seen.outcome, PG_REJECTED);
    assert_logged("pg.input_missing", "statement=declared_batch");
    assert_logged("pg.input_missing", "input=items.name");
    push(&rig, batch, "one");
    assert_int_equal(seen.outcome, PG_OK);
    assert_int_equal(seen.rows, 1);
    assert_string_equal(seen.item.name, "one!");
    assert_null(seen.item.note);
    pg_batch_free(batch);
    rig_free(&rig);
}

static void a_batch_without_its_input_refuses_every_item(void **state)
{
    struct rig rig = logging_rig();
    struct declared_batch_in in = { .suffix = NULL };
    struct pg_batch *batch = declared_batch_batch(rig.pool, rig.arena, 10, 100, &in);
    (void)state;

    for (int i = 0; i < 2; i++) {
        push(&rig, batch, "one");
        assert_int_equal(seen.outcome, PG_REJECTED);
        assert_logged("pg.input_missing", "input=suffix");
    }
    pg_batch_free(batch);
    rig_free(&rig);
}

/* --- of a flow, in a transaction too --- */

struct steps {
    struct rig *rig;
    struct pg_transactions *transactions;
    struct pg_batch *batch;
    enum pg_outcome outcomes[4];
    int count;
};

static struct next *end_late(struct flow *flow)
{
    return flow_end(flow);
}

static const struct flow_kind test_kind = { .name = "test", .on_deadline = end_late };

static void note_outcome(struct flow *flow)
{
    struct steps *steps = flow->owner;

    steps->outcomes[steps->count++] = pg_outcome(flow);
}

static struct next *end_flow(struct flow *flow)
{
    struct steps *steps = flow->owner;

    note_outcome(flow);
    steps->rig->due--;
    return flow_end(flow);
}

static struct next *query_again(struct flow *flow)
{
    const struct steps *steps = flow->owner;
    struct declared_row_in in = whole_input();

    note_outcome(flow);
    return declared_row_query(flow, steps->rig->pool, &in, end_flow);
}

static struct next *query_without_name(struct flow *flow)
{
    const struct steps *steps = flow->owner;
    struct declared_row_in in = whole_input();

    note_outcome(flow);
    in.name = NULL;
    return declared_row_query(flow, steps->rig->pool, &in, query_again);
}

static struct next *begin_whole(struct flow *flow)
{
    const struct steps *steps = flow->owner;
    struct declared_row_in in = whole_input();
    struct pg_params params;

    note_outcome(flow);
    declared_row_params(&params, flow->arena, &in);
    return pg_transaction_begin(flow, steps->transactions, &declared_row_statement, &params, query_without_name);
}

static struct next *begin_without_name(struct flow *flow)
{
    const struct steps *steps = flow->owner;
    struct declared_row_in in = whole_input();
    struct pg_params params;

    in.name = NULL;
    declared_row_params(&params, flow->arena, &in);
    return pg_transaction_begin(flow, steps->transactions, &declared_row_statement, &params, begin_whole);
}

static bool are_transactions_ready(void *arg)
{
    return pg_transactions_are_ready(arg);
}

static void run_steps(struct steps *steps, flow_step *first)
{
    struct flow *flow = flow_new(steps->rig->base, &test_kind, NULL, steps, 10000);

    steps->rig->due++;
    catch_log();
    flow_start(flow, first);
    wait_and_read_log(steps->rig);
}

static void a_transaction_refuses_what_is_missing_and_goes_on(void **state)
{
    struct rig rig = logging_rig();
    struct pg_pool_options options = { .name = "transactions", .url = server_url(), .connections = 1, .answer_limit_ms = 10000 };
    struct steps steps = { .rig = &rig, .transactions = pg_transactions_new(rig.base, &options) };
    (void)state;

    assert_true(loop_until(rig.base, are_transactions_ready, steps.transactions));
    run_steps(&steps, begin_without_name);
    assert_int_equal(steps.count, 4);
    assert_int_equal(steps.outcomes[0], PG_REJECTED); /* it was not begun */
    assert_int_equal(steps.outcomes[1], PG_OK);
    assert_int_equal(steps.outcomes[2], PG_REJECTED); /* nothing failed in it */
    assert_int_equal(steps.outcomes[3], PG_OK);
    assert_logged("pg.input_missing", "input=name");
    pg_transactions_free(steps.transactions);
    rig_free(&rig);
}

static struct next *commit_without_name(struct flow *flow)
{
    struct declared_row_in in = whole_input();
    struct pg_params params;

    note_outcome(flow);
    in.name = NULL;
    declared_row_params(&params, flow->arena, &in);
    return pg_transaction_commit(flow, &declared_row_statement, &params, end_flow);
}

static struct next *begin_to_commit(struct flow *flow)
{
    const struct steps *steps = flow->owner;
    struct declared_row_in in = whole_input();
    struct pg_params params;

    declared_row_params(&params, flow->arena, &in);
    return pg_transaction_begin(flow, steps->transactions, &declared_row_statement, &params, commit_without_name);
}

static void a_commit_without_its_input_is_refused(void **state)
{
    struct rig rig = logging_rig();
    struct pg_pool_options options = { .name = "transactions", .url = server_url(), .connections = 1, .answer_limit_ms = 10000 };
    struct steps steps = { .rig = &rig, .transactions = pg_transactions_new(rig.base, &options) };
    (void)state;

    assert_true(loop_until(rig.base, are_transactions_ready, steps.transactions));
    run_steps(&steps, begin_to_commit);
    assert_int_equal(steps.count, 2);
    assert_int_equal(steps.outcomes[0], PG_OK);
    assert_int_equal(steps.outcomes[1], PG_REJECTED);
    assert_logged("pg.input_missing", "input=name");
    pg_transactions_free(steps.transactions);
    rig_free(&rig);
}

static struct next *add_whole(struct flow *flow)
{
    const struct steps *steps = flow->owner;
    struct declared_batch_item *item = arena_alloc(flow->arena, sizeof *item);

    note_outcome(flow);
    *item = (struct declared_batch_item){ .name = "one", .note = NULL };
    return declared_batch_add(flow, steps->batch, item, end_flow);
}

static struct next *add_without_name(struct flow *flow)
{
    const struct steps *steps = flow->owner;
    struct declared_batch_item item = { .name = NULL, .note = NULL };

    return declared_batch_add(flow, steps->batch, &item, add_whole);
}

static void a_flow_adds_no_item_without_its_input(void **state)
{
    struct rig rig = logging_rig();
    struct declared_batch_in in = { .suffix = "!" };
    struct steps steps = { .rig = &rig, .batch = declared_batch_batch(rig.pool, rig.arena, 10, 100, &in) };
    (void)state;

    run_steps(&steps, add_without_name);
    assert_int_equal(steps.count, 2);
    assert_int_equal(steps.outcomes[0], PG_REJECTED);
    assert_int_equal(steps.outcomes[1], PG_OK);
    assert_logged("pg.input_missing", "input=items.name");
    pg_batch_free(steps.batch);
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_declared_is_read_by_name),
        cmocka_unit_test(an_undeclared_answer_is_refused_and_named),
        cmocka_unit_test(an_undeclared_answer_is_told_a_few_times_a_minute),
        cmocka_unit_test(a_plan_made_anew_is_looked_at_anew),
        cmocka_unit_test(a_missing_input_is_refused_and_nothing_is_sent),
        cmocka_unit_test(an_item_without_its_input_is_refused_alone),
        cmocka_unit_test(a_batch_without_its_input_refuses_every_item),
        cmocka_unit_test(a_transaction_refuses_what_is_missing_and_goes_on),
        cmocka_unit_test(a_commit_without_its_input_is_refused),
        cmocka_unit_test(a_flow_adds_no_item_without_its_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
