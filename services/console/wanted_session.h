/* wanted_session.h - a session of the console as a platform asks for it, read and checked. */
#ifndef SHARELINK_CONSOLE_WANTED_SESSION_H
#define SHARELINK_CONSOLE_WANTED_SESSION_H

#include "common/http/fields.h"
#include "common/pg/declared.h"

struct wanted_session {
    const char *email, *name, *time_zone; /* of the recruiter; name may be NULL */
    const char *view;
    struct pg_texts interview_ids;                                              /* a faulty one keeps its place as NULL */
    const char *share_link_id, *origin, *return_url, *locale, *scheme, *accent; /* all but scheme may be NULL */
    struct pg_texts may;
    const char *sees;
    int64_t expires_in_s;
};

/* Notes every fault; what could be read is filled in all the same, so that it can be checked further. */
void wanted_session_read(struct arena *arena, struct faults *faults, const json_t *body, struct wanted_session *wanted);

#endif
