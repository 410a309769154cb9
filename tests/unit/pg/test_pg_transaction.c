/* test_pg_transaction.c - a statement of a flow's transaction that meets a deadlock is sent again, and what was done before
 * stays, against a real PostgreSQL.
 */
#include "tests/unit/rigs/pg_rig.h"

#include "common/pg/transaction.h"

SQL(make_counted, "create table if not exists counted (what text)");
SQL(count_counted, "select string_agg(what, ' ' order by what) from counted");
SQL(drop_counted, "drop table counted");
SQL(make_sequence, "create sequence if not exists tried");
SQL(drop_sequence, "drop sequence tried cascade");
SQL(reset_sequence, "select setval('tried', 1, false)");
SQL(first, "insert into counted values ('first')");
SQL(shaky, "select shake($1::int, $2::text)");
SQL(last, "insert into counted values ('last')");

struct steps {
    struct rig *rig;
    struct pg_transactions *transactions;
    int failures;
    const char *sqlstate;
    enum pg_outcome outcome, end;
    char told[8];
};

static struct next *end_flow(struct flow *flow)
{
    struct steps *steps = flow->owner;

    steps->end = pg_outcome(flow);
    steps->rig->due--;
    return flow_end(flow);
}

static struct next *commit(struct flow *flow)
{
    struct steps *steps = flow->owner;
    struct pg_params none;

    steps->outcome = pg_outcome(flow);
    snprintf(steps->told, sizeof steps->told, "%s", pg_sqlstate(flow));
    pg_params_init(&none, flow->arena);
    return pg_transaction_commit(flow, &last, &none, end_flow);
}

static struct next *shake(struct flow *flow)
{
    const struct steps *steps = flow->owner;
    struct pg_params params;
    char code[8];

    assert_int_equal(pg_outcome(flow), PG_OK);
    snprintf(code, sizeof code, "%s", steps->sqlstate); /* gone when it is sent again: the pool has its own */
    pg_params_init(&params, flow->arena);
    pg_int(&params, steps->failures);
    pg_text(&params, code);
    return pg_query(flow, steps->rig->pool, &shaky, &params, commit);
}

static struct next *begin(struct flow *flow)
{
    const struct steps *steps = flow->owner;
    struct pg_params none;

    pg_params_init(&none, flow->arena);
    return pg_transaction_begin(flow, steps->transactions, &first, &none, shake);
}

static struct next *end_late(struct flow *flow)
{
    ((struct steps *)flow->owner)->rig->due--;
    return flow_end(flow);
}

static const struct flow_kind test_kind = { .name = "test", .on_deadline = end_late };

static bool are_ready(void *arg)
{
    return pg_transactions_are_ready(arg);
}

static void run(struct steps *steps, int failures, const char *sqlstate, int deadline_ms)
{
    ask(steps->rig, &reset_sequence); /* before the flow is there: its deadline counts from then on */
    struct flow *flow = flow_new(steps->rig->base, &test_kind, NULL, steps, deadline_ms);
    steps->failures = failures;
    steps->sqlstate = sqlstate;
    steps->rig->due++;
    flow_start(flow, begin);
    assert_true(loop_until(steps->rig->base, is_nothing_due, steps->rig));
}

static struct steps steps_on(struct rig *rig)
{
    SQL(make_shake, "create or replace function shake(failures int, code text) returns text language plpgsql as $$ begin "
                    "insert into counted values ('shaken'); "
                    "if nextval('tried') <= failures then raise exception using errcode = code; end if; return 'fine'; end $$");
    struct pg_pool_options options = {
        .name = "transactions", .url = server_url(), .connections = 1, .answer_limit_ms = 10000, .lock_wait_ms = 2000
    };
    struct steps steps = { .rig = rig, .transactions = pg_transactions_new(rig->base, &options) };

    assert_int_equal(ask(rig, &make_counted).outcome, PG_OK);
    assert_int_equal(ask(rig, &make_sequence).outcome, PG_OK);
    assert_int_equal(ask(rig, &make_shake).outcome, PG_OK);
    assert_true(loop_until(rig->base, are_ready, steps.transactions));
    return steps;
}

static void steps_free(struct steps *steps)
{
    SQL(drop_shake, "drop function shake(int, text)");

    ask(steps->rig, &drop_shake);
    ask(steps->rig, &drop_sequence);
    ask(steps->rig, &drop_counted);
    pg_transactions_free(steps->transactions);
}

static void a_deadlock_is_tried_again_within_the_transaction(void **state)
{
    SQL(clear_counted, "delete from counted");
    static const char *const codes[] = { "40P01", "40001" };
    struct rig rig = ready_rig();
    struct steps steps = steps_on(&rig);
    (void)state;

    for (int i = 0; i < 2; i++) {
        for (int failures = 0; failures <= 4; failures++) {
            run(&steps, failures, codes[i], 10000);
            bool is_fine = failures <= 3;
            assert_int_equal(steps.outcome, is_fine ? PG_OK : PG_RETRY);
            assert_string_equal(steps.told, is_fine ? "" : codes[i]);
            assert_int_equal(steps.end == PG_OK, is_fine);
            assert_string_equal(ask(&rig, &count_counted).value, is_fine ? "first last shaken" : ""); /* each once, or nothing */
            ask(&rig, &clear_counted);
        }
    }
    steps_free(&steps);
    rig_free(&rig);
}

static void what_is_no_deadlock_is_told_at_once(void **state)
{
    struct rig rig = ready_rig();
    struct steps steps = steps_on(&rig);
    (void)state;

    run(&steps, 1, "42501", 10000);
    assert_int_equal(steps.outcome, PG_UNAVAILABLE);
    assert_string_equal(steps.told, "42501");
    assert_int_not_equal(steps.end, PG_OK);
    assert_string_equal(ask(&rig, &count_counted).value, "");
    steps_free(&steps);
    rig_free(&rig);
}

/* Its connection is free again for the next, whatever it was at. */
static void a_flow_that_ends_meanwhile_leaves_nothing(void **state)
{
    struct rig rig = ready_rig();
    struct steps steps = steps_on(&rig);
    (void)state;

    for (int deadline_ms = 1; deadline_ms < 60; deadline_ms += 3) {
        run(&steps, 100, "40P01", deadline_ms);
    }
    run(&steps, 0, "40P01", 10000);
    assert_int_equal(steps.end, PG_OK);
    assert_string_equal(ask(&rig, &count_counted).value, "first last shaken");
    steps_free(&steps);
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadlock_is_tried_again_within_the_transaction),
        cmocka_unit_test(what_is_no_deadlock_is_told_at_once),
        cmocka_unit_test(a_flow_that_ends_meanwhile_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
