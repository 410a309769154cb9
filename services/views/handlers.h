/* handlers.h - the first step of every endpoint, each in the file of its name. */
#ifndef SHARELINK_VIEWS_HANDLERS_H
#define SHARELINK_VIEWS_HANDLERS_H

#include "common/loop/flow.h"

struct daemon;
struct pg_batch;
struct views_settings;

flow_step show_gate;
flow_step redirect_gate;
flow_step show_state;
flow_step open_link;
flow_step show_content;
flow_step show_interview;
flow_step show_review;
flow_step review_interview;
flow_step report_watch;
flow_step report_done;
flow_step show_media;
flow_step request_access;
flow_step leave_link;
flow_step show_asset;
flow_step show_logo;

/* The guard of routes that change something. */
flow_step check_same_origin;
/* The origin of a URL as RFC 6454 section 6.2 writes it: small letters, no default port. */
const char *same_origin_of(struct arena *arena, const char *url);

struct pg_batch *open_link_batch_new(struct daemon *daemon, const struct views_settings *settings);
struct pg_batch *report_watch_batch_new(struct daemon *daemon);

#endif
