/* new_reviewers.h - ids, tokens and passcodes for reviewers that are about to be stored. */
#ifndef SHARELINK_LINKS_NEW_REVIEWERS_H
#define SHARELINK_LINKS_NEW_REVIEWERS_H

#include "common/data/id.h"
#include "common/pg/pg.h"
#include "common/data/reviewer_secrets.h"
#include "services/links/link_fields.h"

struct new_reviewers {
    const struct wanted_reviewers *wanted;
    char (*ids)[ID_SIZE];
    struct reviewer_secrets *secrets; /* in the order wanted */
};

void new_reviewers_make(struct flow *flow, const struct wanted_reviewers *wanted, struct new_reviewers *reviewers);

/* Six arrays: ids, names, emails, token hashes, passcode hashes, sealed boxes. */
void new_reviewers_params(struct pg_params *params, const struct new_reviewers *reviewers);

/* The same JSON array of reviewers in the order wanted, each with its url and passcode. */
void new_reviewers_show(struct flow *flow, json_t *list, const struct new_reviewers *reviewers);

#endif
