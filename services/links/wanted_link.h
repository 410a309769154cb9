/* wanted_link.h - a share link as a caller describes it, read and checked. */
#ifndef SHARELINK_LINKS_WANTED_LINK_H
#define SHARELINK_LINKS_WANTED_LINK_H

#include "common/problem.h"

enum { INTERVIEWS_MAX = 500, REVIEWERS_MAX = 100 };

struct wanted_link {
    const char *title;
    const char *owner_name, *owner_email, *owner_time_zone;
    const char **interview_ids; /* in the order sent */
    size_t interview_count;
    struct wanted_reviewer {
        const char *name, *email;
    } *reviewers;
    size_t reviewer_count;
    const char *settings;   /* JSON object of the six settings */
    int64_t expires_in_s;   /* 0: none */
    const char *expires_at; /* RFC 3339, or NULL */
    bool send_email;
    const char *message_subject, *message_body; /* both or neither */
    const char *template_id;
};

/* Notes every fault; what could be read is filled in all the same, so that it can be checked further. */
void wanted_link_read(struct arena *arena, struct faults *faults, const json_t *body, struct wanted_link *link);

#endif
