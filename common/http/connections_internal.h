/* connections_internal.h - the registry of connections as its own files see it; the server uses connections.h.
 *
 * connections.c has them all and moves each from state to state, connections_room.c decides who may come in and who has to go for
 * it, connections_waiting.c how much may wait to be read, or for its end, connections_refusal.c looks through what comes,
 * ends what evhttp would go on reading, and rewords what evhttp says by itself.
 */
#ifndef SHARELINK_HTTP_CONNECTIONS_INTERNAL_H
#define SHARELINK_HTTP_CONNECTIONS_INTERNAL_H

#include <stdint.h>
#include <sys/queue.h>

#include "common/http/connections.h"

struct evbuffer;
struct evbuffer_cb_entry;
struct evbuffer_cb_info;
struct event;

enum connection_state { IDLE, READING, PENDING, REFUSED, WRITING, STREAMING };

/* Those that may have to go when there is no room, in the order in which they do; each queue has its oldest first. */
enum connection_queue { SILENT, BETWEEN_REQUESTS, HALF_READ, QUEUES, IN_NO_QUEUE = QUEUES };

struct shared_body;

/* Bytes of an answer that are taken at once, mostly: they do not count. */
#define WAITING_SMALL ((size_t)16 * 1024)
#define SWEEP_SOON_MS 5

/* How far the head of a request has been looked through; see connections_refusal.c. */
struct head_scan {
    bool is_over, has_coding, is_large;
    size_t lines, column, matched;
};

struct http_connection {
    struct http_connections *owner;
    struct bufferevent *bev;
    struct evbuffer_cb_entry *on_input, *on_output;
    enum connection_state state;
    bool speaks_for_itself;     /* evhttp has written a reply of its own */
    bool is_large;              /* its request may have a larger body */
    bool is_coded;              /* its request has a Transfer-Encoding, and its body is not there yet */
    bool leaves;                /* it was shut to make room */
    int64_t linger_until_us;    /* 0 unless refused */
    size_t unwanted;            /* bytes thrown away since */
    int64_t deadline_us;        /* INT64_MAX for none */
    int64_t since_us;           /* in its queue */
    size_t received;            /* bytes of a request that is not whole yet, while reading; of a large one until it is answered */
    size_t held;                /* bytes of its answer, for it alone; while writing */
    struct shared_body *shared; /* or what it shares with others; NULL */
    int64_t took_us;            /* when its client last took anything of that */
    size_t written;             /* bytes, since the deadline was set; while writing */
    int requests;
    unsigned number; /* for the log */
    struct head_scan scan;
    enum connection_queue queue;
    TAILQ_ENTRY(http_connection) in_queue;
    struct http_connection *next, **link;
    struct http_connection *next_in_bucket;
};

struct http_connections {
    struct http_connections *next_registry;
    struct http_connections_options options;
    struct event_base *base;
    struct evconnlistener *listener;
    struct event *sweep, *sweep_soon;
    struct event *resume;
    struct event *refusing;
    bool out_of_descriptors;
    bool gives_back; /* memory of what was ended, to the system */
    int count;
    int leaving; /* of count: shut to make room, not gone yet */
    int writing;
    unsigned opened;
    struct http_connection *all;
    TAILQ_HEAD(, http_connection) queues[QUEUES];
    struct http_connection **buckets; /* by bufferevent */
    size_t bucket_mask;
    size_t receiving;           /* bytes of all requests that are not whole yet, and of large ones */
    size_t waiting;             /* bytes of all answers on their way that count */
    struct shared_body *shared; /* those of them that have several readers */
    struct metric *silent, *overdue, *displaced, *stalled, *crowding, *refused;
};

/* connections.c */
void connection_move(struct http_connection *connection, enum connection_state to);
/* Shuts it: evhttp sees the end of the stream then, and frees its side. */
void connection_end(struct http_connection *connection);
bool connection_was_freed_by_evhttp(const struct http_connection *connection);
/* Its client has sent what we have not read yet. */
bool connection_has_unread(const struct http_connection *connection);

/* connections_room.c */
void connections_room_setup(struct http_connections *connections);
void connections_room_free(struct http_connections *connections);
/* Puts it where its state belongs. */
void connection_queue_up(struct http_connection *connection);
void connection_leave_queue(struct http_connection *connection);
/* A connection has come, gone or moved: lets others in, or nobody, or ends one for them. */
void connections_make_room(struct http_connections *connections);

/* Ends it so that another may have its place. */
void connection_displace(struct http_connection *connection);

/* connections_waiting.c. Its answer is not in memory any more, or soon will not be. */
void connection_has_taken(struct http_connection *connection);
/* More of its request is in memory. */
void connection_has_sent(struct http_connection *connection, size_t bytes);
/* Its request is whole, or soon will not be in memory. */
void connection_has_sent_all(struct http_connection *connection);
/* Ends those that have been at their requests the longest, where all of them together have too much in memory. */
void connections_bound_receiving(struct http_connections *connections);
/* Gives the memory of those that it has ended to the system, when they are gone. */
void connections_give_back(struct http_connections *connections);

/* connections_refusal.c */
void connections_refusal_setup(struct http_connections *connections);
void connections_refusal_free(struct http_connections *connections);
/* Bytes have come in, length of them at the end of what is in the buffer. */
void connection_look_at(struct http_connection *connection, struct evbuffer *input, size_t length);
/* A request was read whole: what is in the buffer belongs to the next. */
void connection_look_anew(struct http_connection *connection);
size_t connection_unread_max(const struct http_connection *connection); /* bytes that may wait unparsed */
/* It reads again: what is in its buffer already may be to be refused. */
void connection_refuse_coded_soon(struct http_connection *connection);
/* evhttp's own output, while no request is ours. */
void connection_noticed_output(struct http_connection *connection);
/* Throws away what its client still sends; false when that is over. */
bool connection_lingers(struct http_connection *connection, int64_t now_us);

#endif
