/* wanted_link.h - a share link as a caller describes it, read and checked. */
#ifndef SHARELINK_LINKS_WANTED_LINK_H
#define SHARELINK_LINKS_WANTED_LINK_H

#include "common/http/problem.h"
#include "services/links/link_fields.h"

struct session;

struct wanted_link {
    const char *title;
    const char *owner_name, *owner_email, *owner_time_zone;
    struct wanted_ids interviews;
    struct wanted_reviewers reviewers;
    const char *settings; /* JSON object of those settings that were sent */
    struct platform_data data;
    struct wanted_expiry expiry;
    bool send_email;
    const char *message_subject, *message_body; /* both or neither */
    const char *template_id;
    bool leaves_out_message; /* and the template; null leaves neither out: it asks for the built-in text */
};

/* Notes every fault; what could be read is filled in all the same, so that it can be checked further. */
/* owner: the recruiter of a session, who is the owner whatever the body says of one; NULL for a caller with a key. */
void wanted_link_read(struct arena *arena, struct faults *faults, const json_t *body, const struct session *owner,
                      struct wanted_link *link);

#endif
