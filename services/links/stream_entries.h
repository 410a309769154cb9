/* stream_entries.h - takes stream entries that name an interview out of Redis. They hold its id and nothing more of it, but an
 * erasure leaves nothing that need not stay.
 */
#ifndef SHARELINK_LINKS_STREAM_ENTRIES_H
#define SHARELINK_LINKS_STREAM_ENTRIES_H

#include "common/loop/flow.h"

/* The step's answer is a const int64_t *, how many there were; or NULL when Redis is away, refuses, or takes too long. The
 * event that tells of the erasure stays. interview_id lives as long as the flow. */
struct next *stream_entries_forget(struct flow *flow, const char *account_id, const char *interview_id,
                                   flow_step *then) FLOW_NEXT;

#endif
