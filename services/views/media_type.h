/* media_type.h - what a file of the platform's is said to be, and how it is to be taken: nothing that a browser would run. */
#ifndef SHARELINK_VIEWS_MEDIA_TYPE_H
#define SHARELINK_VIEWS_MEDIA_TYPE_H

#include "common/loop/flow.h"

struct media_type {
    const char *content_type;
    const char *disposition;     /* Content-Disposition: inline for what browsers only show, else attachment; in the arena */
    const char *security_policy; /* Content-Security-Policy */
};

/* path: where the file is; only its ending counts. file_name: offered for saving, or NULL for none. */
struct media_type media_type_of(struct flow *flow, const char *path, const char *file_name);

#endif
