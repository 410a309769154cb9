/* consumer_internal.h - a consumer as its own files see it; the world uses consumer.h.
 *
 * consumer.c moves it from state to state, consumer_batch.c has a batch in hand, consumer_metrics.c tells of both.
 */
#ifndef SHARELINK_STREAM_CONSUMER_INTERNAL_H
#define SHARELINK_STREAM_CONSUMER_INTERNAL_H

#include <stdbool.h>

#include "common/redis/consumer.h"
#include "common/redis/redis.h"

#define STREAMS_MAX 8

struct event;
struct metric;

enum consumer_state {
    STATE_OFFLINE,
    STATE_GROUPING, /* the groups are made where they are missing */
    STATE_CLAIMING, /* what others left too long is taken over */
    STATE_OWN,      /* reading what is pending under our own name */
    STATE_READING,  /* waiting for what is new */
    STATE_HANDLING, /* a batch is in hand */
    STATE_PAUSING,  /* until the timer */
    STATE_STOPPED,
};

struct stream_source {
    struct stream_consumer *consumer;
    const char *name;
    char claim_cursor[48];
    struct metric *lag, *pending;
};

struct stream_consumer {
    struct event_base *base;
    struct stream_consumer_options options;
    struct redis *redis;
    struct stream_source sources[STREAMS_MAX];
    size_t source_count;
    enum consumer_state state; /* moved by consumer.c alone */
    unsigned answers_due;      /* of the commands sent together in this state */
    bool has_failed;           /* one of them was an error */
    bool is_stopping;
    bool knows_groups; /* since the last connect */
    bool may_have_own; /* entries pending under our own name */
    unsigned attempts; /* failures in a row */
    int64_t claim_due_us, gauges_due_us;
    struct event *timer;
    struct metric *handled, *malformed;
};

/* consumer_batch.c. streams: Redis' reply, with count entries in all of them. Ends in one of the two below. */
void stream_consumer_hand_over(struct stream_consumer *consumer, const struct redis_value *streams, size_t count);

/* consumer.c. The batch in hand is done with: acknowledged, or to be tried again. */
void stream_consumer_take_handled(struct stream_consumer *consumer);
void stream_consumer_take_failed(struct stream_consumer *consumer);

/* consumer_metrics.c */
void stream_consumer_make_metrics(struct stream_consumer *consumer);
/* Now and then; a call too early does nothing. */
void stream_consumer_ask_gauges(struct stream_consumer *consumer);

#endif
