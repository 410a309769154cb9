/* group_consumer.c - takes batches of stream entries: keeps the malformed ones as dead letters, settles the others, and
 * acknowledges when PostgreSQL has it all. A batch that could not be settled stays pending and comes again.
 */
#include "services/notifications/plan/group_consumer.h"

#include "common/redis/stream.h"
#include "services/notifications/plan/settle_events.h"

/* In the order in which they run. */
static struct next *settle_entries(struct flow *flow);
static struct next *acknowledge(struct flow *flow);
static struct next *come_again(struct flow *flow);

struct stream_consumer *group_consumer_new(struct daemon *daemon, const struct notifications *notifications,
                                           const struct group *group)
{
    static const char *const streams[] = { STREAM_LINKS, STREAM_VIEWS, NULL };

    return stream_consumer_new(daemon->base, &(struct stream_consumer_options){
                                                 .url = daemon->settings->redis_url,
                                                 .group = group->name,
                                                 .name = notifications->holder,
                                                 .streams = streams,
                                                 .count = 100,
                                                 .claim_after_ms = 30000,
                                                 .handle = settle_entries,
                                                 .daemon = daemon,
                                                 .app = notifications,
                                                 .arg = group,
                                                 .deadline_ms = 20000,
                                             });
}

static struct next *settle_entries(struct flow *flow)
{
    const struct stream_batch *batch = stream_batch(flow);
    struct settling *settling = settling_new(flow, batch->arg, batch->count);

    for (size_t i = 0; i < batch->count; i++) {
        const struct stream_entry *entry = &batch->entries[i];
        if (entry->fault) {
            settling_add_dead(settling, entry->stream, entry->entry_id, NULL, entry->fault);
        } else {
            settling_add(settling, entry->event_id, entry->stream, entry->entry_id);
        }
    }
    return settle_events(flow, settling, acknowledge, come_again);
}

static struct next *acknowledge(struct flow *flow)
{
    return stream_ack(flow);
}

static struct next *come_again(struct flow *flow)
{
    return stream_retry(flow);
}
