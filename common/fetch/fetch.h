/* fetch.h - requests to other people's servers from the event loop (libcurl multi), who may be hostile.
 *
 * http and https only, no redirects, no proxy, no credentials in the URL, no answer beyond so many bytes, and an absolute limit
 * of time. The address is judged when the connection is made, whatever name led to it: one that is not public is refused unless
 * the operator allows its network.
 */
#ifndef SHARELINK_FETCH_H
#define SHARELINK_FETCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct fetch_pool;

struct fetch_options {
    const char *allow_networks; /* CIDRs that were checked; may be NULL */
    const char *ca_file;        /* NULL for the system's */
    const char *user_agent;
    int connect_limit_ms, total_limit_ms;
    size_t answer_max; /* bytes of a body that answers a post; a longer one is cut off, and the request with it */
};

/* Once per process, before other threads are started, is fine and not needed. */
struct fetch_pool *fetch_pool_new(struct event_base *base, const struct fetch_options *options);
void fetch_pool_free(struct fetch_pool *pool); /* with nothing under way */

/* status: of the answer, 0 without one: then error (never NULL then, valid until the callback returns) says why. */
struct fetch_result {
    int status;
    const char *error;
    int64_t retry_after_s; /* of the answer's Retry-After; 0 without one */
    bool has_lapsed;       /* nothing of the request was sent: its time was over by then */
    const char *body;      /* what fetch_get got, valid until the callback returns; as it was sent, whatever its encoding */
    size_t length;
};
typedef void fetch_done(void *arg, const struct fetch_result *result);

/* POSTs; all copied. headers: "Name: value", ended by NULL. good_until_us: of clock_boot_us, when the request must not be sent
 * any more; borrowed until done, and asked when there is a connection. done is called exactly once, never before this returns. */
void fetch_post(struct fetch_pool *pool, const char *url, const char *const *headers, const void *body, size_t length,
                const _Atomic int64_t *good_until_us, fetch_done *done, void *arg);

/* GETs; all copied. An answer of more than answer_max bytes is an error, as soon as it says or shows that it is. */
void fetch_get(struct fetch_pool *pool, const char *url, const char *const *headers, size_t answer_max, fetch_done *done,
               void *arg);

/* Ends all that is under way with an error. */
void fetch_pool_cancel(struct fetch_pool *pool);

/* For input: NULL when fetch_post would try url, else what is wrong with it, a constant. A name is not looked up; an address
 * in any of its forms is judged. */
const char *fetch_check_url(const struct fetch_pool *pool, const char *url);

#endif
