/* unsubscribe_token.h - who may switch which notices off by the URL in a mail: sealed into the URL itself, so that nothing is
 * stored, every replica understands it, and it says nothing to whoever sees it. */
#ifndef SHARELINK_NOTIFICATIONS_UNSUBSCRIBE_TOKEN_H
#define SHARELINK_NOTIFICATIONS_UNSUBSCRIBE_TOKEN_H

#include <stdbool.h>

#include "common/daemon/daemon.h"

struct unsubscribe {
    const char *account_id, *address;
    const char *share_link_id; /* "" for a mail that is not about one link */
    const char *kind;
    const char *language; /* of the mail, as a tag; "" in what was sent before it was kept */
};

/* <public>/u/<token> */
const char *unsubscribe_url(struct arena *arena, const struct daemon *daemon, const struct unsubscribe *who);
/* False when it was not made by us, or with a key that is known no more. */
bool unsubscribe_open(struct arena *arena, const struct daemon *daemon, const char *token, struct unsubscribe *who);

#endif
