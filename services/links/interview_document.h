/* interview_document.h - the shape of an interview document, as API callers send it. */
#ifndef SHARELINK_LINKS_INTERVIEW_DOCUMENT_H
#define SHARELINK_LINKS_INTERVIEW_DOCUMENT_H

#include "common/http/fields.h"
#include "services/links/links.h"
#include "services/links/platform_data.h"

enum media_urls {
    MEDIA_SECURE,   /* https:, s3: and media: */
    MEDIA_HTTP_TOO, /* ALLOW_HTTP_MEDIA */
};

static inline enum media_urls media_urls_of(const struct daemon *daemon)
{
    return links_settings_of(daemon)->allow_http_media ? MEDIA_HTTP_TOO : MEDIA_SECURE;
}

/* Notes every fault of the document, whose fields the caller may have read some of, and puts its time into UTC. data has what the
 * platform says of the interview. */
void interview_document_check(struct fields *root, json_t *document, enum media_urls allowed, struct platform_data *data);
/* What is stored as the document: its id and what data has are stored beside it, and leave it. */
const char *interview_document_text(struct arena *arena, json_t *document);

#endif
