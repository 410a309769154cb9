/* mail.c - the pool of sender threads: a mail goes to an idle thread or waits in the queue; its result comes back to
 * the loop through a list and an eventfd.
 *
 * Whoever became idle last gets the next mail, so that a kept connection is used while it is warm. Composing and SMTP
 * (compose.c, smtp.c) happen in the threads; callbacks, metrics and logs on the loop alone.
 */
#include "common/mail/mail.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/mail/compose.h"
#include "common/mail/smtp.h"
#include "common/base/metrics.h"
#include "common/base/str.h"

struct job {
    struct job *next;
    struct arena *arena; /* the job itself lies in it */
    struct mail mail;
    mail_done *done;
    void *arg;
    struct mail_report report;
    int64_t took_us;
};

struct job_list {
    struct job *first, **end;
};

struct sender {
    struct mail_pool *pool;
    struct mail_smtp *smtp;
    pthread_t thread;
    pthread_cond_t wake;
    struct job *job; /* handed over, not yet taken */
    struct sender *next_idle;
};

struct mail_pool {
    const char *from;
    struct sender *senders;
    int threads;
    int in_hand; /* handed to the pool and not yet reported; of the loop's thread */
    int results_fd;
    struct event *results_event;
    struct metric *transactions[MAIL_LAPSED + 1];
    struct metric *duration;

    pthread_mutex_t lock; /* over all that follows, and over job and next_idle of the senders */
    struct job_list queue, results;
    struct sender *idle;
    bool ending;
};

static void make_metrics(struct mail_pool *pool);
static void watch_results(struct mail_pool *pool, struct event_base *base);
static void start_senders(struct mail_pool *pool, const struct mail_pool_options *options);

static struct job *copy_job(const struct mail *mail, mail_done *done, void *arg);
static const char *const *copy_headers(struct arena *arena, const char *const *headers);

static void *run_sender(void *arg);
static struct job *await_job(struct sender *sender);
static void send_job(struct sender *sender, struct job *job);
static struct job *exchange_job(struct sender *sender, struct job *done);

static void take_results(evutil_socket_t fd, short what, void *arg);
static struct job *take_all(struct mail_pool *pool, struct job_list *list);
static void report_all(struct mail_pool *pool, struct job *job);
static void refuse_all(struct job *job);

static void list_init(struct job_list *list);
static void list_append(struct job_list *list, struct job *job);
static struct job *list_take_first(struct job_list *list);

static const char *const outcome_names[] = {
    [MAIL_SENT] = "sent",           [MAIL_LATER] = "later",     [MAIL_REFUSED] = "refused",
    [MAIL_UNCERTAIN] = "uncertain", [MAIL_INVALID] = "invalid", [MAIL_LAPSED] = "lapsed",
};

struct mail_pool *mail_pool_new(struct event_base *base, const struct mail_pool_options *options)
{
    struct mail_pool *pool = mem_alloc(sizeof *pool);

    pool->from = options->from;
    list_init(&pool->queue);
    list_init(&pool->results);
    pthread_mutex_init(&pool->lock, NULL);
    make_metrics(pool);
    watch_results(pool, base);
    start_senders(pool, options);
    log_info("mail.pool_started", LOG_INT("threads", pool->threads));
    return pool;
}

static void make_metrics(struct mail_pool *pool)
{
    struct metric_family *transactions =
        metrics_counter("sharelink_mail_transactions_total", "SMTP transactions, by what became of the mail.", "outcome");

    for (int i = 0; i <= MAIL_LAPSED; i++) {
        pool->transactions[i] = metrics_series(transactions, (const char *const[]){ outcome_names[i] });
    }
    pool->duration =
        metrics_only(metrics_histogram("sharelink_mail_duration_seconds", "How long the SMTP transaction of a mail took.", ""));
}

static void watch_results(struct mail_pool *pool, struct event_base *base)
{
    pool->results_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->results_fd >= 0) {
        pool->results_event = event_new(base, pool->results_fd, EV_READ | EV_PERSIST, take_results, pool);
    }
    if (!pool->results_event || event_add(pool->results_event, NULL) < 0) {
        log_error("mail.pool_failed", LOG_TEXT("error", strerror(errno)));
        abort();
    }
}

static void start_senders(struct mail_pool *pool, const struct mail_pool_options *options)
{
    sigset_t all, before;

    pool->threads = options->threads;
    pool->senders = mem_alloc((size_t)pool->threads * sizeof *pool->senders);
    /* Signals belong to the loop's thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < pool->threads; i++) {
        struct sender *sender = &pool->senders[i];
        sender->pool = pool;
        sender->smtp = mail_smtp_new(options);
        pthread_cond_init(&sender->wake, NULL);
        pthread_mutex_lock(&pool->lock); /* senders before this one run already */
        sender->next_idle = pool->idle;
        pool->idle = sender;
        pthread_mutex_unlock(&pool->lock);
        int failure = pthread_create(&sender->thread, NULL, run_sender, sender);
        if (failure) {
            log_error("mail.pool_failed", LOG_TEXT("error", strerror(failure)));
            abort();
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* --- handing over, on the loop --- */

void mail_send(struct mail_pool *pool, const struct mail *mail, mail_done *done, void *arg)
{
    struct job *job = copy_job(mail, done, arg);

    pool->in_hand++;
    /* Callers may keep one more per thread at hand; beyond that they hand over more than is sent. */
    if (pool->in_hand % (2 * pool->threads) == 1 && pool->in_hand > 2 * pool->threads) {
        log_warn("mail.queue_long", LOG_INT("waiting", pool->in_hand - pool->threads), LOG_INT("threads", pool->threads));
    }
    pthread_mutex_lock(&pool->lock);
    struct sender *sender = pool->ending ? NULL : pool->idle;
    if (sender) {
        pool->idle = sender->next_idle;
        sender->job = job;
        pthread_cond_signal(&sender->wake);
    } else {
        list_append(&pool->queue, job);
    }
    pthread_mutex_unlock(&pool->lock);
}

static struct job *copy_job(const struct mail *mail, mail_done *done, void *arg)
{
    struct arena *arena = arena_new();
    struct job *job = arena_alloc(arena, sizeof *job);

    job->arena = arena;
    job->done = done;
    job->arg = arg;
    job->mail = (struct mail){
        .from_name = arena_strdup(arena, mail->from_name),
        .reply_to = arena_strdup(arena, mail->reply_to),
        .to_name = arena_strdup(arena, mail->to_name),
        .to = arena_strdup(arena, mail->to),
        .subject = arena_strdup(arena, mail->subject),
        .message_id = arena_strdup(arena, mail->message_id),
        .references = arena_strdup(arena, mail->references),
        .text = arena_strdup(arena, mail->text),
        .html = arena_strdup(arena, mail->html),
        .headers = copy_headers(arena, mail->headers),
        .date_ms = mail->date_ms,
        .good_until_us = mail->good_until_us,
    };
    return job;
}

static const char *const *copy_headers(struct arena *arena, const char *const *headers)
{
    size_t count = 0;

    while (headers && headers[count]) {
        count++;
    }
    const char **copy = arena_calloc(arena, count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++) {
        copy[i] = arena_strdup(arena, headers[i]);
    }
    return copy;
}

/* --- sending, in the threads --- */

static void *run_sender(void *arg)
{
    struct sender *sender = arg;
    struct job *job = await_job(sender);

    while (job) {
        send_job(sender, job);
        job = exchange_job(sender, job);
    }
    mail_smtp_free(sender->smtp);
    return NULL;
}

/* For one who is on the list of the idle. NULL when the pool ends. */
static struct job *await_job(struct sender *sender)
{
    struct mail_pool *pool = sender->pool;

    pthread_mutex_lock(&pool->lock);
    while (!sender->job && !pool->ending) {
        pthread_cond_wait(&sender->wake, &pool->lock);
    }
    struct job *job = sender->job;
    sender->job = NULL;
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void send_job(struct sender *sender, struct job *job)
{
    int64_t started_us = clock_mono_us();
    struct mail_letter letter;
    const char *fault = mail_compose(job->arena, sender->pool->from, &job->mail, &letter);

    if (fault) {
        job->report.outcome = MAIL_INVALID;
        snprintf(job->report.detail, sizeof job->report.detail, "%s", fault);
    } else {
        mail_smtp_send(sender->smtp, &letter, job->mail.good_until_us, &job->report);
    }
    job->took_us = clock_mono_us() - started_us;
}

/* Idle before the result is known: whoever sends another mail because of it finds this sender and its connection. */
static struct job *exchange_job(struct sender *sender, struct job *done)
{
    struct mail_pool *pool = sender->pool;
    const uint64_t one = 1;

    pthread_mutex_lock(&pool->lock);
    bool is_first = !pool->results.first;
    list_append(&pool->results, done);
    struct job *next = pool->ending ? NULL : list_take_first(&pool->queue);
    if (!next) {
        sender->next_idle = pool->idle;
        pool->idle = sender;
    }
    pthread_mutex_unlock(&pool->lock);
    if (is_first) { /* the loop takes all at once */
        ssize_t written = write(pool->results_fd, &one, sizeof one);
        (void)written;
    }
    return next ? next : await_job(sender);
}

/* --- results, on the loop --- */

static void take_results(evutil_socket_t fd, short what, void *arg)
{
    struct mail_pool *pool = arg;
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof count);
    (void)got;
    (void)what;

    report_all(pool, take_all(pool, &pool->results));
}

static struct job *take_all(struct mail_pool *pool, struct job_list *list)
{
    pthread_mutex_lock(&pool->lock);
    struct job *first = list->first;
    list_init(list);
    pthread_mutex_unlock(&pool->lock);
    return first;
}

static void report_all(struct mail_pool *pool, struct job *job)
{
    while (job) {
        struct job *next = job->next;
        const struct mail_result result = { .outcome = job->report.outcome,
                                            .smtp_code = job->report.smtp_code,
                                            .detail = job->report.detail };
        pool->in_hand--;
        metrics_add(pool->transactions[result.outcome], 1);
        metrics_observe(pool->duration, (double)job->took_us / 1e6);
        job->done(job->arg, &result);
        arena_free(job->arena);
        job = next;
    }
}

/* --- the end --- */

void mail_pool_free(struct mail_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    for (int i = 0; i < pool->threads; i++) {
        pthread_cond_signal(&pool->senders[i].wake);
    }
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->threads; i++) {
        pthread_join(pool->senders[i].thread, NULL);
        pthread_cond_destroy(&pool->senders[i].wake);
    }
    /* A done may hand over another mail even now. */
    while (pool->results.first || pool->queue.first) {
        report_all(pool, take_all(pool, &pool->results));
        struct job *unsent = take_all(pool, &pool->queue);
        refuse_all(unsent);
        report_all(pool, unsent);
    }
    event_free(pool->results_event);
    close(pool->results_fd);
    pthread_mutex_destroy(&pool->lock);
    free(pool->senders);
    free(pool);
}

static void refuse_all(struct job *job)
{
    for (; job; job = job->next) {
        job->report.outcome = MAIL_LATER;
        snprintf(job->report.detail, sizeof job->report.detail, "not begun: the sender is shutting down");
    }
}

/* --- lists --- */

static void list_init(struct job_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

static void list_append(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->end = job;
    list->end = &job->next;
}

static struct job *list_take_first(struct job_list *list)
{
    struct job *job = list->first;

    if (job) {
        list->first = job->next;
        if (!list->first) {
            list->end = &list->first;
        }
    }
    return job;
}
