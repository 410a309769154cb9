/* fields.h - reading the fields of a JSON object: types, lengths and rules are checked, every fault is noted, and what
 * nobody asked for is a fault too.
 *
 *     struct fields root = fields_of(flow->arena, faults, body, "");
 *     link.title = fields_text(&root, "title", FIELDS_REQUIRED, &(struct text_rule){ .min = 1, .max = 200 });
 *     fields_end(&root);
 *
 * Text is mended as it is read (common/data/text.h), in the object too: an object that is stored whole is stored mended.
 *
 * Codes: required, wrong_type, too_short, too_long, out_of_range, control_characters, invalid (with a detail of its own),
 * unknown_field. A getter that noted a fault returns the zero of its type.
 */
#ifndef SHARELINK_FIELDS_H
#define SHARELINK_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/http/problem.h"

enum fields_need { FIELDS_OPTIONAL, FIELDS_REQUIRED };

struct fields {
    struct arena *arena;
    struct faults *faults;
    const json_t *object; /* NULL when it was missing or no object: every getter then stays silent */
    const char *pointer;
    const char *asked[48]; /* names are borrowed: constants of ours */
    int asked_count;
};

struct text_rule {
    size_t min, max; /* code points, and with a min something that can be seen; a max of 0 is no limit */
    bool newlines;   /* a text of several lines, with tabs */
    bool verbatim;   /* a name that machines give, such as an id or a URL: control characters are a fault, not mended */
    bool nullable;   /* null reads as absent */
    const char *(*check)(const char *text);                          /* NULL when fine, else the detail of an "invalid" */
    const char *(*canonical)(struct arena *arena, const char *text); /* the one form of a text that passed the check */
};

/* object is borrowed, and its texts are mended; anything that is no JSON object is noted as wrong_type at pointer. */
struct fields fields_of(struct arena *arena, struct faults *faults, const json_t *object, const char *pointer);
bool fields_has(struct fields *fields, const char *name);     /* present, and not null */
bool fields_is_null(struct fields *fields, const char *name); /* present, and null */
const char *fields_text(struct fields *fields, const char *name, enum fields_need need, const struct text_rule *rule);
bool fields_bool(struct fields *fields, const char *name, bool fallback);
int64_t fields_int(struct fields *fields, const char *name, enum fields_need need, int64_t min, int64_t max);
double fields_number(struct fields *fields, const char *name, enum fields_need need, double min, double max);
/* One of "a|b|c": its index, or -1. */
int fields_choice(struct fields *fields, const char *name, enum fields_need need, const char *choices);
/* RFC 3339; milliseconds since 1970 UTC. false when absent or faulty. */
bool fields_time(struct fields *fields, const char *name, enum fields_need need, int64_t *wall_ms);
struct fields fields_object(struct fields *fields, const char *name, enum fields_need need);
/* NULL when absent or faulty; min..max elements. */
const json_t *fields_array(struct fields *fields, const char *name, enum fields_need need, size_t min, size_t max);
/* The fields of element index of an array that fields_array gave; noted as wrong_type when it is no object. */
struct fields fields_element(struct fields *fields, const char *name, const json_t *array, size_t index);
/* Text that is element index of an array. */
const char *fields_element_text(struct fields *fields, const char *name, const json_t *array, size_t index,
                                const struct text_rule *rule);
/* Notes a fault at this field (name may be "a/0/b"); name NULL means the object itself. */
void fields_fault(struct fields *fields, const char *name, const char *code, const char *detail);
/* At a member whose name the caller made up. */
void fields_fault_of_member(struct fields *fields, const char *name, const char *code, const char *detail);
/* Notes every member that was never asked for. */
void fields_end(struct fields *fields);
/* For calls that take no fields: whether the body is none, or {}. False: return *reply. */
bool fields_none_sent(struct flow *flow, struct next **reply);

/* --- rules that several services need --- */
const char *fields_check_email(const char *text);     /* one address, local@domain, no quotes, no comments; <= 254 bytes */
const char *fields_check_time_zone(const char *text); /* a name of the IANA database */
const char *fields_check_https_url(const char *text);
const char *fields_check_http_url(const char *text);                        /* http: alone */
const char *fields_check_origin(const char *text);                          /* https://host[:port], nothing after it */
const char *fields_check_framing_origin(const char *text);                  /* the same, and http: for loopback */
const char *fields_canonical_origin(struct arena *arena, const char *text); /* as a browser writes it */
const char *fields_check_colour(const char *text);                          /* #rrggbb */
const char *fields_in_small_letters(struct arena *arena, const char *text);
const char *fields_check_external_id(const char *text);
const char *fields_check_share_link_id(const char *text);
const char *fields_check_reviewer_id(const char *text);

#endif
