/* problem.h - errors as application/problem+json (RFC 9457), and the list of all faults of a request. Who asks for text/html
 * outside of the API gets a page instead (fault_page.h).
 *
 * type is "about:blank", so it promises no page; title is the status's phrase; code is the stable snake_case name that
 * proto/ documents and callers decide by; detail is one sentence for the person behind the caller; request_id is the
 * flow's.
 */
#ifndef SHARELINK_PROBLEM_H
#define SHARELINK_PROBLEM_H

#include <stdbool.h>

#include "common/loop/flow.h"
#include "common/data/json.h"
#include "common/data/json_pieces.h"

struct next *problem_reply(struct flow *flow, int status, const char *code, const char *detail) FLOW_NEXT;
/* With more members beside the standard ones, which win; members is stolen. */
struct next *problem_reply_with(struct flow *flow, int status, const char *code, const char *detail, json_t *members) FLOW_NEXT;
/* The 503 (Retry-After: 1) that a failed wait on PostgreSQL ends in: database_unavailable when it is away, database_busy when
 * it had no time or no lock, database_error when it is up and refuses. PG_REJECTED becomes a logged 500. */
struct next *problem_reply_pg(struct flow *flow) FLOW_NEXT;
/* The 404 when a statement has found nothing, or the reply to its failure. */
struct next *problem_reply_not_found(struct flow *flow, const char *detail) FLOW_NEXT;

/* --- faults: what is wrong with a request, each at its place --- */
struct faults;
struct faults *faults_new(struct arena *arena);
/* pointer: RFC 6901 from the body's root ("/reviewers/0/email"), or "?name" for a query parameter. Copied, and cut when it
 * is longer than any of ours. After FAULTS_MAX faults the rest is not noted. */
#define FAULTS_MAX 1000
void faults_add(struct faults *faults, const char *pointer, const char *code, const char *detail);
bool faults_any(const struct faults *faults);
/* [{pointer, code, detail}], borrowed. */
const json_t *faults_list(const struct faults *faults);
/* 422 "validation_failed" with errors: [{pointer, code, detail}]. */
struct next *faults_reply(struct flow *flow, const struct faults *faults) FLOW_NEXT;

/* Parses the body as one JSON object. NULL when it is not one: then *reply is the 400, 415 or 422 to return. */
json_t *problem_read_object(struct flow *flow, struct next **reply);
/* The same, but no body at all reads as an empty object. */
json_t *problem_read_optional(struct flow *flow, struct next **reply);
/* For a body that is too large to be parsed at once: the object with an empty array name, whose elements are in pieces: most of
 * them at most. */
json_t *problem_read_pieces(struct flow *flow, const char *name, size_t most, struct json_pieces *pieces, struct next **reply);

#endif
