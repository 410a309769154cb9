/* test_aside.c - work beside the loop: each piece is done once, in the loop's thread, and those that hang hold up none of the
 * others. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

#include "common/loop/aside.h"

struct piece {
    sem_t *waits_for;
    pthread_t ran_in;
    bool has_run, was_run;
    int done;
};

static pthread_t loop_thread;

static void work(void *arg)
{
    struct piece *piece = arg;

    if (piece->waits_for) {
        sem_wait(piece->waits_for);
    }
    piece->ran_in = pthread_self();
    piece->was_run = true;
}

static void note_done(void *arg, bool has_run)
{
    struct piece *piece = arg;

    assert_true(pthread_equal(pthread_self(), loop_thread));
    piece->has_run = has_run;
    piece->done++;
}

static void test_each_is_done_once_whatever_hangs(void **state)
{
    struct event_base *base = event_base_new();
    struct piece quick[8] = { 0 };
    sem_t gate;
    struct piece hanging = { .waits_for = &gate };
    int done = 0;
    (void)state;

    loop_thread = pthread_self();
    sem_init(&gate, 0, 0);
    aside_run(base, work, note_done, &hanging);
    for (int i = 0; i < 8; i++) {
        aside_run(base, work, note_done, &quick[i]);
        assert_int_equal(quick[i].done, 0);
    }
    while (done < 8) {
        event_base_loop(base, EVLOOP_ONCE);
        done = 0;
        for (int i = 0; i < 8; i++) {
            done += quick[i].done;
        }
    }
    for (int i = 0; i < 8; i++) {
        assert_true(quick[i].done == 1 && quick[i].has_run && quick[i].was_run && !pthread_equal(quick[i].ran_in, loop_thread));
    }
    assert_int_equal(hanging.done, 0);
    sem_post(&gate);
    while (hanging.done == 0) {
        event_base_loop(base, EVLOOP_ONCE);
    }
    assert_true(hanging.done == 1 && hanging.was_run);
    sem_destroy(&gate);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_done_once_whatever_hangs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
