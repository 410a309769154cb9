/* renewal.h - new passcodes for a link's reviewers, or for one of them: what both reactivations do. */
#ifndef SHARELINK_LINKS_RENEWAL_H
#define SHARELINK_LINKS_RENEWAL_H

#include "common/data/reviewer_secrets.h"
#include "services/links/change.h"

/* A reviewer's new secrets, and of which passcode: they go in only where that is still the same. */
struct renewed_box {
    const char *reviewer_id;
    int64_t passcode_epoch;
    struct reviewer_secrets secrets;
};

struct renewal {
    const char *reviewer_id; /* NULL: all, and the link itself */
    struct wanted_expiry expiry;
    bool send_email;
    /* Replies with the link's JSON, in which the renewed reviewers have their url and passcode. */
    struct next *(*reply)(struct flow *flow, json_t *share_link, int64_t version);

    /* renewal.c's own */
    int tries;
    size_t count;
    struct renew_passcodes_boxes_row *boxes;
    struct renewed_box *made;
};

/* renewal is in the flow's arena. */
struct next *renew(struct flow *flow, struct renewal *renewal) FLOW_NEXT;

/* The same in parts: reads the boxes of the link in the path, or of one reviewer of it; then makes new ones of them, row by row
 * (pg_rows). The token stays, unless a box does not open, which the log tells. */
struct next *renewal_read_boxes(struct flow *flow, const char *reviewer_id, flow_step *then) FLOW_NEXT;
void renewal_make_box(struct flow *flow, int row, struct renewed_box *box);

#endif
