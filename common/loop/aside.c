/* aside.c - a detached thread per piece of work, which reports by an eventfd, as resolve.c's do. */
#include "common/loop/aside.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/loop/timer.h"

struct aside {
    aside_work *work;
    aside_done *done;
    void *arg;
    int ready_fd; /* -1 without a thread */
    struct event *ready;
};

static bool start_thread(struct event_base *base, struct aside *aside);
static void *run_thread(void *arg);
static void report(evutil_socket_t fd, short what, void *arg);

void aside_run(struct event_base *base, aside_work *work, aside_done *done, void *arg)
{
    struct aside *aside = mem_alloc(sizeof *aside);

    aside->work = work;
    aside->done = done;
    aside->arg = arg;
    aside->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (aside->ready_fd < 0 || !start_thread(base, aside)) {
        timer_soon(base, report, aside);
    }
}

static bool start_thread(struct event_base *base, struct aside *aside)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;

    aside->ready = event_new(base, aside->ready_fd, EV_READ, report, aside);
    if (!aside->ready || event_add(aside->ready, NULL) < 0 || pthread_attr_init(&attributes) != 0) {
        abort();
    }
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    /* Signals belong to the loop's thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread, &attributes, run_thread, aside);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (failed) {
        event_free(aside->ready);
        close(aside->ready_fd);
        aside->ready = NULL;
        aside->ready_fd = -1;
    }
    return !failed;
}

static void *run_thread(void *arg)
{
    struct aside *aside = arg;
    int ready_fd = aside->ready_fd;
    const uint64_t one = 1;

    aside->work(aside->arg);
    /* From here on it is the loop's. An eventfd takes a first write whatever happens. */
    ssize_t written = write(ready_fd, &one, sizeof one);
    (void)written;
    return NULL;
}

static void report(evutil_socket_t fd, short what, void *arg)
{
    struct aside *aside = arg;
    bool has_run = aside->ready;
    (void)fd;
    (void)what;

    if (has_run) {
        /* What the thread wrote before it wrote to the eventfd is seen after this. */
        uint64_t count;
        ssize_t got = read(aside->ready_fd, &count, sizeof count);
        (void)got;
        event_free(aside->ready);
        close(aside->ready_fd);
    }
    aside->done(aside->arg, has_run);
    free(aside);
}
