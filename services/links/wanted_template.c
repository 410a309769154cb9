/* wanted_template.c - see the header. */
#include "services/links/wanted_template.h"

void wanted_template_read(struct arena *arena, struct faults *faults, const json_t *body, enum fields_need need,
                          struct wanted_template *wanted)
{
    struct fields root = fields_of(arena, faults, body, "");

    wanted->name = fields_text(&root, "name", need, &(struct text_rule){ .min = 1, .max = 100 });
    link_fields_texts(&root, need, &wanted->subject, &wanted->body);
    wanted->has_default = fields_has(&root, "is_default");
    wanted->is_default = fields_bool(&root, "is_default", false);
    fields_end(&root);
}
