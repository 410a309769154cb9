/* consumer.h - consuming Redis streams in a group: whole batches, one at a time, each acknowledged when PostgreSQL has it.
 *
 * The consumer owns a blocking connection. After (re)connecting it makes the group where it is missing (from 0, never $),
 * takes up what its own name left pending and what other consumers left longer than claim_after_ms, then reads what is new.
 * Error replies (NOGROUP, UNBLOCKED, LOADING, READONLY, OOM…) are answered by a pause and another try, by prefix.
 */
#ifndef SHARELINK_STREAM_CONSUMER_H
#define SHARELINK_STREAM_CONSUMER_H

#include <stddef.h>
#include <stdint.h>

#include "common/loop/flow.h"

struct stream_entry {
    const char *stream;
    const char *entry_id;
    const char *event_id; /* "id" of the CloudEvent, or NULL when the entry is malformed, foreign or over 64 KiB: then... */
    const char *fault;    /* ...this says what is wrong with it */
};

struct stream_batch {
    const struct stream_entry *entries; /* in the flow's arena */
    size_t count;
    const void *arg; /* of the consumer's options */
};

struct stream_consumer_options {
    const char *url;
    const char *group;
    const char *name;           /* stable for this process's slot (host and slot, not the pid) */
    const char *const *streams; /* ended by NULL */
    int count;                  /* entries per stream and read */
    int claim_after_ms;
    flow_step *handle; /* first step for a batch; flow->owner is for stream_batch() */
    struct daemon *daemon;
    const void *app;
    const void *arg;     /* for stream_batch() */
    int64_t deadline_ms; /* of the flow of one batch */
};

struct stream_consumer;
struct stream_consumer *stream_consumer_new(struct event_base *base, const struct stream_consumer_options *options);
/* Reads no more; the batch in hand goes on. */
void stream_consumer_pause(struct stream_consumer *consumer);
void stream_consumer_free(struct stream_consumer *consumer); /* no batch in hand */

const struct stream_batch *stream_batch(const struct flow *flow);
/* Ends the flow: the whole batch is acknowledged (XACK), and the next read starts. */
struct next *stream_ack(struct flow *flow) FLOW_NEXT;
/* Ends the flow: the batch stays pending; the consumer pauses (backoff, jitter) and takes it up again. */
struct next *stream_retry(struct flow *flow) FLOW_NEXT;

#endif
