/* test_stream_pending.c - what a consumer takes up again: what was lost, trimmed, left by others, and groups that are gone. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "tests/unit/rigs/stream_rig.h"

static void kill_everybody_else(struct rig *rig)
{
    DO(rig, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    assert_true(rig->integer >= 1);
}

static void a_loss_between_reading_and_acknowledging_delivers_again(void **state)
{
    struct rig rig, *self = &rig;
    char entry[64];
    (void)state;

    open_rig(&rig);
    rig.behaviour = WAIT;
    consume(&self);
    add_good(&rig, LINKS, 1);
    wait_for_entries(&rig, 1);
    snprintf(entry, sizeof entry, "%s", rig.last_entry);
    kill_everybody_else(&rig);
    for (int i = 0; i < 3; i++) {
        event_base_loop(rig.base, EVLOOP_NONBLOCK);
    }
    rig.behaviour = ACKNOWLEDGE;
    flow_wait_end(rig.wait, NULL);
    wait_for_entries(&rig, 2);
    assert_string_equal(rig.last_entry, entry);
    assert_pending(&rig, LINKS, 0);

    /* And while it waits for something new. */
    kill_everybody_else(&rig);
    add_good(&rig, VIEWS, 1);
    wait_for_entries(&rig, 3);
    close_rig(&rig);
}

/* Those trimmed before the consumer came, which XAUTOCLAIM finds, and those trimmed later, which come as NIL. */
static void pending_entries_that_were_trimmed_are_let_go(void **state)
{
    struct rig rig, *self = &rig;
    (void)state;

    open_rig(&rig);
    add_good(&rig, LINKS, 4);
    DO(&rig, "XGROUP", "CREATE", LINKS, GROUP, "0");
    DO(&rig, "XREADGROUP", "GROUP", GROUP, "here-1", "COUNT", "3", "STREAMS", LINKS, ">");
    DO(&rig, "XTRIM", LINKS, "MAXLEN", "2");
    assert_pending(&rig, LINKS, 3);
    rig.behaviour = RETRY;
    consume(&self);
    wait_for_entries(&rig, 2);
    DO(&rig, "XTRIM", LINKS, "MAXLEN", "0");
    rig.behaviour = ACKNOWLEDGE;
    /* What is new comes after all that is pending. */
    int seen = rig.entries;
    add_good(&rig, VIEWS, 1);
    wait_for_entries(&rig, seen + 1);
    assert_int_equal(rig.links, seen);
    assert_int_equal(rig.malformed, 0);
    assert_pending(&rig, LINKS, 0);
    close_rig(&rig);
}

static void what_others_left_is_taken_over(void **state)
{
    struct rig rig, *self = &rig;
    (void)state;

    open_rig(&rig);
    add_good(&rig, LINKS, 40);
    DO(&rig, "XGROUP", "CREATE", LINKS, GROUP, "0");
    DO(&rig, "XREADGROUP", "GROUP", GROUP, "gone-1", "COUNT", "35", "STREAMS", LINKS, ">");
    assert_pending(&rig, LINKS, 35);
    consume_from(&self, 0, 10000);
    wait_for_entries(&rig, 40);
    assert_pending(&rig, LINKS, 0);
    assert_int_equal(rig.entries, 40);
    close_rig(&rig);
}

static void what_others_have_in_hand_stays_theirs(void **state)
{
    struct rig rig, *self = &rig;
    (void)state;

    open_rig(&rig);
    add_good(&rig, LINKS, 4);
    DO(&rig, "XGROUP", "CREATE", LINKS, GROUP, "0");
    DO(&rig, "XREADGROUP", "GROUP", GROUP, "alive-1", "COUNT", "3", "STREAMS", LINKS, ">");
    consume(&self);
    wait_for_entries(&rig, 1);
    assert_pending(&rig, LINKS, 3);
    assert_int_equal(rig.entries, 1);
    close_rig(&rig);
}

static void groups_that_vanish_are_made_again(void **state)
{
    struct rig rig, *self = &rig;
    (void)state;

    open_rig(&rig);
    consume(&self);
    add_good(&rig, LINKS, 1);
    wait_for_entries(&rig, 1);
    /* Under the blocked read: UNBLOCKED, and NOGROUP. */
    DO(&rig, "DEL", LINKS, VIEWS);
    add_good(&rig, LINKS, 1);
    wait_for_entries(&rig, 2);
    DO(&rig, "XGROUP", "DESTROY", VIEWS, GROUP);
    add_good(&rig, VIEWS, 2);
    wait_for_entries(&rig, 4);
    assert_pending(&rig, LINKS, 0);
    assert_pending(&rig, VIEWS, 0);
    close_rig(&rig);
}

static void a_key_of_another_type_does_not_end_it(void **state)
{
    struct rig rig, *self = &rig;
    (void)state;

    open_rig(&rig);
    DO(&rig, "SET", LINKS, "no stream");
    consume(&self);
    add_good(&rig, VIEWS, 1);
    add_good(&rig, LINKS, 1);
    DO(&rig, "PING");
    assert_int_equal(rig.entries, 0);
    DO(&rig, "DEL", LINKS);
    wait_for_entries(&rig, 1);
    close_rig(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loss_between_reading_and_acknowledging_delivers_again),
        cmocka_unit_test(pending_entries_that_were_trimmed_are_let_go),
        cmocka_unit_test(what_others_left_is_taken_over),
        cmocka_unit_test(what_others_have_in_hand_stays_theirs),
        cmocka_unit_test(groups_that_vanish_are_made_again),
        cmocka_unit_test(a_key_of_another_type_does_not_end_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
