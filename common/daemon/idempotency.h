/* idempotency.h - Idempotency-Key: a POST that is sent again has no second effect, and gets the first one's answer.
 *
 * A POST with the key runs in one transaction with three parts: the key is taken (an advisory lock, and a look for an answer
 * that is there already), the handler's own statements run, and what the handler answers is stored and committed before it
 * is sent. So the effect and the stored answer are there both or not at all, whoever dies when; what the client did not hear
 * it asks for again. Events reach the streams after the commit, as ever (pg_after_commit).
 *
 *  - Only answers below 400 are stored. A handler that answers with an error has its transaction rolled back: it had no
 *    effect, and the key is as new.
 *  - Bodies are compared as JSON, not by their bytes: the order of members, blanks, escapes and ways to write a number do not
 * count.
 *  - The same key with another body or query is 422 idempotency_key_reused; while the first request is at work it is 409
 *    idempotency_key_in_flight, at once.
 *  - The scope is account, method, path and key; a digest of them is all that is stored of them. The answer, which may hold
 *    URLs and passcodes, is sealed with the keyring and bound to that digest. After 24 hours it is as if it had never been.
 *  - Answers are stored smaller than they are sent, and an account has so many bytes of them stored in a day: then a new key is
 *    429 idempotency_store_full. Calls without a key, and keys whose answers are there, go on.
 *  - A handler behind it changes things in PostgreSQL by pg_query alone; what else it does belongs into pg_after_commit.
 */
#ifndef SHARELINK_IDEMPOTENCY_H
#define SHARELINK_IDEMPOTENCY_H

#include "common/loop/flow.h"

struct idempotency;
struct idempotency *idempotency_new(struct daemon *daemon);
void idempotency_free(struct idempotency *idempotency);
bool idempotency_is_connected(const struct idempotency *idempotency);

/* Goes on to then, at once for requests without a key or of another method; or ends the flow. */
struct next *idempotency_begin(struct flow *flow, struct idempotency *idempotency, flow_step *then) FLOW_NEXT;

/* The answer to this request, when it is kept, bears what somebody may want erased: subject is what to find it by. */
void idempotency_concerns(struct idempotency *idempotency, const struct flow *flow, const char *subject);

#endif
