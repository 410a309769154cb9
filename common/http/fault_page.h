/* fault_page.h - a fault as a page, for a person: a browser that goes somewhere asks for text/html, and problem+json tells a
 * reader nothing. What is of the API (/v1) stays problem+json whatever is asked for: some HTTP libraries ask for text/html by
 * themselves.
 */
#ifndef SHARELINK_FAULT_PAGE_H
#define SHARELINK_FAULT_PAGE_H

#include "common/http/http.h"

struct buf;
struct http_reply_field;

/* accept and path as they came; either may be NULL. */
bool fault_page_is_wanted(const char *accept, const char *path);
/* Of a flow's request: the reply, or NULL when it is to be problem+json. */
struct next *fault_page_reply(struct flow *flow, int status, const char *code);
/* Appends the page. accepted: the value of Accept-Language, or NULL. */
void fault_page_text(struct buf *to, int status, const char *accepted, const char *request_id);
/* What its reply has to say beside; good for good. */
const struct http_reply_field *fault_page_fields(void);

#endif
