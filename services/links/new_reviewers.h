/* new_reviewers.h - ids, tokens and passcodes for reviewers that are about to be stored. */
#ifndef SHARELINK_LINKS_NEW_REVIEWERS_H
#define SHARELINK_LINKS_NEW_REVIEWERS_H

#include "common/data/id.h"
#include "common/pg/declared.h"
#include "common/data/reviewer_secrets.h"
#include "services/links/link_fields.h"

/* A row of the statements that store reviewers. */
struct new_reviewer {
    const char *id;
    const char *name, *email; /* NULL where the request has a fault, and nothing is stored */
    struct pg_bytes token_hash, passcode_hash, sealed;
    const char *external_id, *metadata;
    const char *locale; /* NULL: none */
};

/* All in the order wanted. */
struct new_reviewers {
    const struct wanted_reviewers *wanted;
    struct new_reviewer *list;
    size_t count;
    struct reviewer_secrets *secrets;
};

void new_reviewers_make(struct flow *flow, const struct wanted_reviewers *wanted, struct new_reviewers *reviewers);

/* The same JSON array of reviewers in the order wanted, each with its url and passcode. */
void new_reviewers_show(struct flow *flow, json_t *list, const struct new_reviewers *reviewers);

#endif
