/* interview_document.h - the shape of an interview document, as API callers send it. */
#ifndef SHARELINK_LINKS_INTERVIEW_DOCUMENT_H
#define SHARELINK_LINKS_INTERVIEW_DOCUMENT_H

#include "common/http/problem.h"

enum media_urls {
    MEDIA_SECURE,   /* https:, s3: and media: */
    MEDIA_HTTP_TOO, /* ALLOW_HTTP_MEDIA */
};

/* Notes every fault of the document, and puts its time into UTC. */
void interview_document_check(struct arena *arena, struct faults *faults, json_t *document, enum media_urls allowed);

#endif
