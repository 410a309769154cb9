/* test_pg_prepared.c - prepared statements against a real PostgreSQL: names, plans that grew old, none at all. */
#include "tests/unit/rigs/pg_rig.h"

SQL(select_later, "select 7 from later");
SQL(make_later, "create temp table later as select 1 as a");

static void a_failed_prepare_is_not_remembered(void **state)
{
    struct rig rig = ready_rig();
    struct noted first, second;
    (void)state;

    request(&rig, &select_later, &first);
    request(&rig, &select_later, &second);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    assert_int_equal(first.outcome, PG_UNAVAILABLE);
    assert_string_equal(first.sqlstate, "42P01");
    assert_int_not_equal(second.outcome, PG_OK);
    assert_int_equal(ask(&rig, &select_later).outcome, PG_UNAVAILABLE);
    assert_int_equal(ask(&rig, &make_later).outcome, PG_OK);
    assert_string_equal(ask(&rig, &select_later).value, "7");
    rig_free(&rig);
}

SQL(select_all, "select * from later");
SQL(widen_later, "alter table later add column b text");
SQL(deallocate, "deallocate all");

static void a_plan_that_grew_old_is_made_anew(void **state)
{
    struct rig rig = ready_rig();
    struct noted noted[5];
    (void)state;

    ask(&rig, &make_later);
    assert_int_equal(ask(&rig, &select_all).outcome, PG_OK);
    assert_int_equal(ask(&rig, &widen_later).outcome, PG_OK);
    for (int i = 0; i < 5; i++) {
        request(&rig, &select_all, &noted[i]);
    }
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 5; i++) {
        assert_int_equal(noted[i].outcome, PG_OK); /* nobody is told */
    }
    assert_int_equal(ask(&rig, &select_all).outcome, PG_OK);

    assert_int_equal(ask(&rig, &deallocate).outcome, PG_OK);
    assert_int_equal(ask(&rig, &select_all).outcome, PG_OK);
    rig_free(&rig);
}

SQL(take_name, "prepare select_one as select 5");

static void a_name_that_is_taken_is_given_up(void **state)
{
    struct rig rig = ready_rig();
    (void)state;

    ask(&rig, &take_name);
    assert_string_equal(ask(&rig, &select_one).value, "1");
    assert_string_equal(ask(&rig, &select_one).value, "1");
    rig_free(&rig);
}

SQL(count_prepared, "select count(*) from pg_prepared_statements");

static void unnamed_statements_leave_nothing_behind(void **state)
{
    struct pg_pool_options options = usual_options(server_url());
    options.unnamed = true;
    struct rig rig = rig_new(&options);
    (void)state;

    wait_until_ready(&rig);
    assert_string_equal(ask(&rig, &select_one).value, "1");
    assert_string_equal(ask(&rig, &count_prepared).value, "0");
    rig_free(&rig);
}

static const struct pg_statement seldom = { .name = "seldom", .sql = "select 3", .unnamed = true };

static void a_statement_that_is_not_kept_leaves_nothing_behind(void **state)
{
    struct rig rig = ready_rig();
    (void)state;

    assert_string_equal(ask(&rig, &seldom).value, "3");
    assert_string_equal(ask(&rig, &seldom).value, "3");
    assert_string_equal(ask(&rig, &select_one).value, "1");
    assert_string_equal(ask(&rig, &count_prepared).value, "2"); /* the last two themselves */
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_prepare_is_not_remembered),
        cmocka_unit_test(a_plan_that_grew_old_is_made_anew),
        cmocka_unit_test(a_name_that_is_taken_is_given_up),
        cmocka_unit_test(unnamed_statements_leave_nothing_behind),
        cmocka_unit_test(a_statement_that_is_not_kept_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
