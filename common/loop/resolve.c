/* resolve.c - a detached thread per look-up, which reports by an eventfd.
 *
 * The thread owns the look-up until it has written to the eventfd, the loop from then on; so nothing needs a lock. Whom to tell
 * (done, arg) is the loop's all the time.
 *
 * Called by connections to PostgreSQL and Redis, a few times per lost connection: a pool of threads would be idle all day.
 */
#include "common/loop/resolve.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/str.h"
#include "common/loop/timer.h"

struct resolve_lookup {
    char *host;
    unsigned choice;
    resolve_done *done; /* NULL once cancelled */
    void *arg;
    int ready_fd; /* -1 when no thread is needed */
    struct event *ready;
    char address[NI_MAXHOST]; /* "" when there is none */
    const char *error;
};

static void start_thread(struct event_base *base, struct resolve_lookup *lookup);
static void *run_thread(void *arg);
static void look_up(struct resolve_lookup *lookup, int flags);
static void choose_address(struct resolve_lookup *lookup, const struct addrinfo *found);
static void report(evutil_socket_t fd, short what, void *arg);

struct resolve_lookup *resolve_start(struct event_base *base, const char *host, unsigned choice, resolve_done *done, void *arg)
{
    struct resolve_lookup *lookup = mem_alloc(sizeof *lookup);

    lookup->host = mem_strdup(host);
    lookup->choice = choice;
    lookup->done = done;
    lookup->arg = arg;
    lookup->ready_fd = -1;
    /* A numeric address needs neither a name server nor a thread. */
    look_up(lookup, AI_NUMERICHOST);
    if (lookup->error) {
        start_thread(base, lookup);
    }
    if (lookup->ready_fd < 0) {
        timer_soon(base, report, lookup);
    }
    return lookup;
}

void resolve_cancel(struct resolve_lookup *lookup)
{
    if (lookup) {
        lookup->done = NULL; /* the rest may be the thread's */
    }
}

/* Leaves ready_fd at -1 and says why in error when there can be no thread. */
static void start_thread(struct event_base *base, struct resolve_lookup *lookup)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;

    lookup->error = NULL;
    lookup->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (lookup->ready_fd < 0) {
        lookup->error = "no file descriptor for the resolver";
        return;
    }
    lookup->ready = event_new(base, lookup->ready_fd, EV_READ, report, lookup);
    if (!lookup->ready || event_add(lookup->ready, NULL) < 0 || pthread_attr_init(&attributes) != 0) {
        abort();
    }
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    /* Signals belong to the loop's thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread, &attributes, run_thread, lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (failed) {
        event_free(lookup->ready);
        close(lookup->ready_fd);
        lookup->ready = NULL;
        lookup->ready_fd = -1;
        lookup->error = "no thread for the resolver";
    }
}

static void *run_thread(void *arg)
{
    struct resolve_lookup *lookup = arg;
    int ready_fd = lookup->ready_fd;
    const uint64_t one = 1;

    look_up(lookup, 0);
    /* From here on the look-up is the loop's. An eventfd takes a first write whatever happens. */
    ssize_t written = write(ready_fd, &one, sizeof one);
    (void)written;
    return NULL;
}

static void look_up(struct resolve_lookup *lookup, int flags)
{
    const struct addrinfo wanted = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags };
    struct addrinfo *found = NULL;
    int failure = getaddrinfo(lookup->host, NULL, &wanted, &found);

    if (failure) {
        lookup->error = failure == EAI_SYSTEM ? "the resolver failed" : gai_strerror(failure);
        return;
    }
    choose_address(lookup, found);
    freeaddrinfo(found);
}

static void choose_address(struct resolve_lookup *lookup, const struct addrinfo *found)
{
    unsigned count = 0;

    for (const struct addrinfo *each = found; each; each = each->ai_next) {
        count++;
    }
    for (unsigned skip = count ? lookup->choice % count : 0; skip > 0; skip--) {
        found = found->ai_next;
    }
    if (!found ||
        getnameinfo(found->ai_addr, found->ai_addrlen, lookup->address, sizeof lookup->address, NULL, 0, NI_NUMERICHOST) != 0) {
        lookup->address[0] = '\0';
        lookup->error = "the name has no address";
    }
}

static void report(evutil_socket_t fd, short what, void *arg)
{
    struct resolve_lookup *lookup = arg;
    (void)fd;
    (void)what;

    if (lookup->ready) {
        /* What the thread wrote before it wrote to the eventfd is seen after this. */
        uint64_t count;
        ssize_t got = read(lookup->ready_fd, &count, sizeof count);
        (void)got;
        event_free(lookup->ready);
        close(lookup->ready_fd);
    }
    if (lookup->done) {
        lookup->done(lookup->arg, lookup->address[0] ? lookup->address : NULL, lookup->address[0] ? NULL : lookup->error);
    }
    free(lookup->host);
    free(lookup);
}
