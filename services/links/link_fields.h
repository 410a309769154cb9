/* link_fields.h - the fields of a share link that more than one call reads: each reader notes every fault of its field. */
#ifndef SHARELINK_LINKS_LINK_FIELDS_H
#define SHARELINK_LINKS_LINK_FIELDS_H

#include "services/links/platform_data.h"

enum { INTERVIEWS_MAX = 500, REVIEWERS_MAX = 100 };

extern const struct text_rule link_title_rule, person_name_rule, email_rule, time_zone_rule;
extern const struct text_rule locale_rule; /* null reads as absent */

#define LINK_SETTINGS 6
extern const char *const link_settings[LINK_SETTINGS];

/* In the order sent. A faulty id keeps its place as NULL, so that the places in later faults are the caller's. */
struct wanted_ids {
    const char **ids;
    size_t count;
};
void link_fields_ids(struct fields *root, const char *name, size_t min, size_t max, const struct text_rule *rule,
                     struct wanted_ids *ids);
void link_fields_interviews(struct fields *root, struct wanted_ids *interviews); /* required, 1 to INTERVIEWS_MAX */

struct wanted_reviewers {
    struct wanted_reviewer {
        const char *name, *email;
        struct platform_data data;
        const char *locale; /* NULL: none */
    } * list;
    size_t count;
};
void link_fields_reviewers(struct fields *root, struct wanted_reviewers *reviewers); /* required, 1 to REVIEWERS_MAX */

/* Neither in_s nor at, and it was given as null: never. */
struct wanted_expiry {
    bool is_given;  /* null counts */
    int64_t in_s;   /* 0: none */
    const char *at; /* RFC 3339, or NULL */
};
void link_fields_expiry(struct fields *root, struct wanted_expiry *expiry);
static inline const int64_t *wanted_expiry_in_s(const struct wanted_expiry *expiry) /* or NULL, for a statement */
{
    return expiry->in_s > 0 ? &expiry->in_s : NULL;
}
/* {value, unit}, both required: the value, and "days" or "weeks". */
int64_t link_fields_span(struct fields *in, const char **unit);

/* The member "settings": a JSON object of those that were sent. */
const char *link_fields_settings(struct fields *root);

/* subject and body of a message or a template. */
void link_fields_texts(struct fields *message, enum fields_need need, const char **subject, const char **body);

/* The member "message", an object: both or neither are filled in. */
void link_fields_message(struct fields *root, const char **subject, const char **body);

#endif
