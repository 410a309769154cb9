/* change.h - what the calls that change a share link have in common: fresh event ids, and the replies to their outcomes. */
#ifndef SHARELINK_LINKS_CHANGE_H
#define SHARELINK_LINKS_CHANGE_H

#include "common/data/json.h"
#include "common/pg/declared.h"
#include "services/links/link_fields.h"

/* count fresh event ids, in the arena. */
struct pg_texts change_new_event_ids(struct flow *flow, size_t count);

/* The replies to the outcomes that most of these calls have: 404, 412, and 409. */
struct next *change_reply_not_found(struct flow *flow) FLOW_NEXT;
struct next *change_reply_version_mismatch(struct flow *flow) FLOW_NEXT;
struct next *change_reply_basic_link(struct flow *flow) FLOW_NEXT;

/* How large the pages of a link may be, as links.content_size measures them. */
#define MIB (1024.0 * 1024.0)
int64_t change_content_max(const struct flow *flow);
/* Notes a fault when a link's pages would be larger. */
void change_note_content_size(struct flow *flow, struct faults *faults, const char *pointer, int64_t size);

/* Notes at this pointer the interview that would make the pages of a link which has it larger. */
void change_note_overfull_link(struct flow *flow, struct faults *faults, const char *pointer, const char *share_link_id,
                               int64_t size);

/* What an account may ask for within an hour to one address, for links.take_mails. */
int64_t change_mails_max(const struct flow *flow);
/* The 429 when some reviewers have been mailed too often: faults has each of them. retry_s: until all may be mailed again. */
struct next *change_reply_too_many_mails(struct flow *flow, const struct faults *faults, int64_t retry_s) FLOW_NEXT;
/* Notes each of these reviewers, at this pointer: a JSON array of their places in the body, or of their ids. */
void change_note_too_many_mails(struct flow *flow, struct faults *faults, const char *pointer, const char *reviewers);

/* The reply to a statement that failed while it stored memberships: a 409 when an interview has gone meanwhile. */
struct next *change_refuse_members(struct flow *flow) FLOW_NEXT;

/* Whether the statement failed because PostgreSQL does not know the owner's time zone: its tzdata may be older than ours. The
 * fault is noted then. */
bool change_note_time_zone(struct flow *flow, struct faults *faults);

/* Whether the statement failed because another link took the external_id while it ran, which its own check could not see. The
 * fault is noted then. */
bool change_note_taken(struct flow *flow, struct faults *faults);

/* Notes a fault at each of these places (a JSON array, or NULL) of the list name, except where the id has one already. */
void change_note_missing(struct flow *flow, struct faults *faults, const char *name, const struct wanted_ids *ids,
                         const char *places, const char *code, const char *detail);

/* The answer is about this interview: the one that a basic link is of, whose candidate's name it has. NULL for other links: it is
 * about the link whose id is in the path, and may have notes of its reviewers, which may name a candidate. */
void change_concerns(const struct flow *flow, const char *basic_of);

/* 200 with the JSON of a link, and its version as the ETag. */
struct next *change_reply_link(struct flow *flow, const char *share_link, int64_t version) FLOW_NEXT;

#endif
