/* wanted_template.h - a message template as a caller describes it, read and checked. */
#ifndef SHARELINK_LINKS_WANTED_TEMPLATE_H
#define SHARELINK_LINKS_WANTED_TEMPLATE_H

#include "services/links/link_fields.h"

struct wanted_template {
    const char *name, *subject, *body; /* NULL: left out */
    bool has_default, is_default;
};

/* Notes every fault; need says whether name, subject and body are required. */
void wanted_template_read(struct arena *arena, struct faults *faults, const json_t *body, enum fields_need need,
                          struct wanted_template *wanted);

#endif
