/* fields.c - typed, checked reading of a JSON object's members; see fields.h.
 *
 * Every getter notes the member as asked for, so that fields_end can tell what nobody asked for. Names come from our
 * own code; only fields_end puts a caller's text into a pointer.
 */
#include "common/http/fields.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/str.h"
#include "common/data/text.h"

/* Where a text stands: a member, or an element of one that is a list. Most texts are sound, and their pointers never written. */
struct place {
    const char *name;
    size_t index; /* NO_ELEMENT: the member itself */
};

#define NO_ELEMENT SIZE_MAX
#define TIME_MAX   1000 /* bytes; of digits of a second there may be many */

static const json_t *ask(struct fields *fields, const char *name);
static const json_t *ask_needed(struct fields *fields, const char *name, enum fields_need need);
static const char *pointer_to(const struct fields *fields, const char *name);
static const char *pointer_at(const struct fields *fields, struct place place);
static const char *escape(struct arena *arena, const char *name);
static const char *checked_text(struct fields *fields, struct place place, const json_t *value, const struct text_rule *rule);
static bool has_good_length(struct fields *fields, struct place place, const char *text, const struct text_rule *rule);
static bool is_unseen(const char *text, const struct text_rule *rule);
static const char *put_back(const json_t *value, const char *text);
static void note(struct fields *fields, const char *pointer, const char *code, const char *detail);
static const char *must_be(struct arena *arena, const json_t *value, const char *what);
static int choice_index(const char *choices, const char *wanted);
static const char *list_choices(struct arena *arena, const char *choices);
static bool was_asked(const struct fields *fields, const char *name);

struct fields fields_of(struct arena *arena, struct faults *faults, const json_t *object, const char *pointer)
{
    struct fields fields = { .arena = arena, .faults = faults, .object = object, .pointer = pointer };

    if (!json_is_object(object)) {
        faults_add(faults, pointer, "wrong_type", must_be(arena, object, "an object"));
        fields.object = NULL;
    }
    return fields;
}

/* The member, JSON null included; NULL when it is absent. */
static const json_t *ask(struct fields *fields, const char *name)
{
    if (!was_asked(fields, name)) {
        if (fields->asked_count == (int)(sizeof fields->asked / sizeof fields->asked[0])) {
            abort(); /* an object of ours outgrew the table: raise its size */
        }
        fields->asked[fields->asked_count++] = name;
    }
    return fields->object ? json_object_get(fields->object, name) : NULL;
}

static const json_t *ask_needed(struct fields *fields, const char *name, enum fields_need need)
{
    const json_t *value = ask(fields, name);

    if (!value && need == FIELDS_REQUIRED) {
        fields_fault(fields, name, "required", "This member is required.");
    }
    return value;
}

bool fields_has(struct fields *fields, const char *name)
{
    const json_t *value = ask(fields, name);

    return value && !json_is_null(value);
}

bool fields_is_null(struct fields *fields, const char *name)
{
    return json_is_null(ask(fields, name));
}

const char *fields_text(struct fields *fields, const char *name, enum fields_need need, const struct text_rule *rule)
{
    const json_t *value = ask(fields, name);

    if (rule && rule->nullable && json_is_null(value)) {
        value = NULL;
    }
    if (!value) {
        if (need == FIELDS_REQUIRED) {
            fields_fault(fields, name, "required", "This member is required.");
        }
        return NULL;
    }
    return checked_text(fields, (struct place){ name, NO_ELEMENT }, value, rule);
}

/* NULL, with a fault noted, when value breaks the rule; a NULL rule is none but those that hold for each text. */
static const char *checked_text(struct fields *fields, struct place place, const json_t *value, const struct text_rule *rule)
{
    static const struct text_rule no_rule = { .min = 0 };
    const char *text = json_string_value(value);

    rule = rule ? rule : &no_rule;
    if (!text) {
        note(fields, pointer_at(fields, place), "wrong_type", must_be(fields->arena, value, "a string"));
        return NULL;
    }
    const char *mended = rule->verbatim ? text : text_mend(fields->arena, text, rule->newlines ? TEXT_LINES : TEXT_ONE_LINE);
    if (!has_good_length(fields, place, mended, rule)) {
        return NULL;
    }
    if (rule->verbatim && (str_has_control(text, rule->newlines) || text_has_override(text))) {
        note(fields, pointer_at(fields, place), "control_characters", "Control characters are not allowed here.");
        return NULL;
    }
    const char *wrong = rule->check ? rule->check(mended) : NULL;
    if (wrong) {
        note(fields, pointer_at(fields, place), "invalid", wrong);
        return NULL;
    }
    return put_back(value, rule->canonical ? rule->canonical(fields->arena, mended) : mended);
}

static bool has_good_length(struct fields *fields, struct place place, const char *text, const struct text_rule *rule)
{
    size_t length = str_utf8_length(text);

    if (length < rule->min || (is_unseen(text, rule) && rule->min > 0)) {
        note(fields, pointer_at(fields, place), "too_short",
             arena_printf(fields->arena, "This needs at least %zu characters.", rule->min));
        return false;
    }
    if (is_unseen(text, rule)) {
        note(fields, pointer_at(fields, place), "too_short", "This needs a character that can be seen, or none at all.");
        return false;
    }
    if (rule->max && length > rule->max) {
        note(fields, pointer_at(fields, place), "too_long",
             arena_printf(fields->arena, "This may have at most %zu characters.", rule->max));
        return false;
    }
    return true;
}

/* Blanks alone are as good as nothing where nothing may be said, and so is what several lines hold. */
static bool is_unseen(const char *text, const struct text_rule *rule)
{
    bool may_be_empty = rule->min == 0 && (rule->newlines || text[strspn(text, " ")] == '\0');

    return !may_be_empty && !text_is_visible(text);
}

/* The object's own text, mended where it had to be. */
static const char *put_back(const json_t *value, const char *text)
{
    if (!str_equal(text, json_string_value(value))) {
        json_string_set((json_t *)(uintptr_t)value, text);
    }
    return json_string_value(value);
}

bool fields_bool(struct fields *fields, const char *name, bool fallback)
{
    const json_t *value = ask(fields, name);

    if (!value) {
        return fallback;
    }
    if (!json_is_boolean(value)) {
        fields_fault(fields, name, "wrong_type", must_be(fields->arena, value, "true or false"));
        return false;
    }
    return json_is_true(value);
}

int64_t fields_int(struct fields *fields, const char *name, enum fields_need need, int64_t min, int64_t max)
{
    const json_t *value = ask_needed(fields, name, need);

    if (!value) {
        return 0;
    }
    bool is_beyond = json_is_real(value) && fabs(json_real_value(value)) >= JSON_INTEGER_END;
    if (!json_is_integer(value) && !is_beyond) {
        fields_fault(fields, name, "wrong_type", must_be(fields->arena, value, "a whole number"));
        return 0;
    }
    int64_t number = json_integer_value(value);
    if (is_beyond || number < min || number > max) {
        fields_fault(fields, name, "out_of_range",
                     arena_printf(fields->arena, "This must be from %" PRId64 " to %" PRId64 ".", min, max));
        return 0;
    }
    return number;
}

double fields_number(struct fields *fields, const char *name, enum fields_need need, double min, double max)
{
    const json_t *value = ask_needed(fields, name, need);

    if (!value) {
        return 0;
    }
    if (!json_is_number(value)) {
        fields_fault(fields, name, "wrong_type", must_be(fields->arena, value, "a number"));
        return 0;
    }
    double number = json_number_value(value);
    if (number < min || number > max) {
        fields_fault(fields, name, "out_of_range", arena_printf(fields->arena, "This must be from %.15g to %.15g.", min, max));
        return 0;
    }
    return number;
}

int fields_choice(struct fields *fields, const char *name, enum fields_need need, const char *choices)
{
    const json_t *value = ask_needed(fields, name, need);

    if (!value) {
        return -1;
    }
    const char *text = json_string_value(value);
    if (!text) {
        fields_fault(fields, name, "wrong_type", must_be(fields->arena, value, "a string"));
        return -1;
    }
    int index = choice_index(choices, text);
    if (index < 0) {
        fields_fault(fields, name, "invalid", list_choices(fields->arena, choices));
    }
    return index;
}

static int choice_index(const char *choices, const char *wanted)
{
    size_t wanted_length = strlen(wanted);

    for (int index = 0;; index++) {
        size_t length = strcspn(choices, "|");
        if (length == wanted_length && memcmp(choices, wanted, length) == 0) {
            return index;
        }
        if (!choices[length]) {
            return -1;
        }
        choices += length + 1;
    }
}

static const char *list_choices(struct arena *arena, const char *choices)
{
    struct buf text = { 0 };

    buf_add_text(&text, "This must be one of ");
    for (; *choices; choices++) {
        if (*choices == '|') {
            buf_add_text(&text, ", ");
        } else {
            buf_add_char(&text, *choices);
        }
    }
    buf_add_char(&text, '.');
    const char *copy = arena_strndup(arena, text.data, text.length);
    buf_clear(&text);
    return copy;
}

bool fields_time(struct fields *fields, const char *name, enum fields_need need, int64_t *wall_ms)
{
    const json_t *value = ask_needed(fields, name, need);

    if (!value) {
        return false;
    }
    if (!json_is_string(value)) {
        fields_fault(fields, name, "wrong_type", must_be(fields->arena, value, "a string"));
        return false;
    }
    if (json_string_length(value) > TIME_MAX || !clock_parse_rfc3339(json_string_value(value), wall_ms)) {
        fields_fault(fields, name, "invalid", "This must be a time such as 2026-11-22T09:30:00Z.");
        return false;
    }
    return true;
}

/* --- objects and arrays inside --- */

struct fields fields_object(struct fields *fields, const char *name, enum fields_need need)
{
    const json_t *value = ask_needed(fields, name, need);
    const char *pointer = pointer_to(fields, name);

    if (!value) {
        return (struct fields){ .arena = fields->arena, .faults = fields->faults, .pointer = pointer };
    }
    return fields_of(fields->arena, fields->faults, value, pointer);
}

const json_t *fields_array(struct fields *fields, const char *name, enum fields_need need, size_t min, size_t max)
{
    const json_t *value = ask_needed(fields, name, need);

    if (!value) {
        return NULL;
    }
    if (!json_is_array(value)) {
        fields_fault(fields, name, "wrong_type", must_be(fields->arena, value, "an array"));
        return NULL;
    }
    if (json_array_size(value) < min) {
        fields_fault(fields, name, "too_short", arena_printf(fields->arena, "This needs at least %zu elements.", min));
        return NULL;
    }
    if (json_array_size(value) > max) {
        fields_fault(fields, name, "too_long", arena_printf(fields->arena, "This may have at most %zu elements.", max));
        return NULL;
    }
    return value;
}

struct fields fields_element(struct fields *fields, const char *name, const json_t *array, size_t index)
{
    const char *pointer = arena_printf(fields->arena, "%s/%zu", pointer_to(fields, name), index);

    return fields_of(fields->arena, fields->faults, json_array_get(array, index), pointer);
}

const char *fields_element_text(struct fields *fields, const char *name, const json_t *array, size_t index,
                                const struct text_rule *rule)
{
    const json_t *value = json_array_get(array, index);

    return rule && rule->nullable && json_is_null(value) ? NULL
                                                         : checked_text(fields, (struct place){ name, index }, value, rule);
}

/* --- faults --- */

void fields_fault(struct fields *fields, const char *name, const char *code, const char *detail)
{
    note(fields, name ? arena_printf(fields->arena, "%s/%s", fields->pointer, name) : fields->pointer, code, detail);
}

void fields_fault_of_member(struct fields *fields, const char *name, const char *code, const char *detail)
{
    note(fields, pointer_to(fields, name), code, detail);
}

/* Silent below an object that was missing: that is one fault, and noted already. */
static void note(struct fields *fields, const char *pointer, const char *code, const char *detail)
{
    if (fields->object) {
        faults_add(fields->faults, pointer, code, detail);
    }
}

/* Who sends a null wants something cleared. */
static const char *must_be(struct arena *arena, const json_t *value, const char *what)
{
    return arena_printf(arena, "This must be %s%s.", what, json_is_null(value) ? "; it cannot be null" : "");
}

static const char *pointer_to(const struct fields *fields, const char *name)
{
    return arena_printf(fields->arena, "%s/%s", fields->pointer, escape(fields->arena, name));
}

static const char *pointer_at(const struct fields *fields, struct place place)
{
    const char *pointer = pointer_to(fields, place.name);

    return place.index == NO_ELEMENT ? pointer : arena_printf(fields->arena, "%s/%zu", pointer, place.index);
}

/* RFC 6901: ~ is ~0 and / is ~1. */
static const char *escape(struct arena *arena, const char *name)
{
    if (!strpbrk(name, "~/")) {
        return name;
    }
    char *escaped = arena_alloc(arena, strlen(name) * 2 + 1), *to = escaped;
    for (; *name; name++) {
        if (*name == '~' || *name == '/') {
            *to++ = '~';
            *to++ = *name == '~' ? '0' : '1';
        } else {
            *to++ = *name;
        }
    }
    return escaped;
}

void fields_end(struct fields *fields)
{
    /* jansson's iterators want the object without const; nothing here changes it. */
    json_t *object = (json_t *)(uintptr_t)fields->object;
    int unknown = 0;

    for (void *at = json_object_iter(object); at && unknown < FAULTS_MAX; at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        if (!was_asked(fields, name)) {
            note(fields, pointer_to(fields, name), "unknown_field", "There is no such member here.");
            unknown++;
        }
    }
}

bool fields_none_sent(struct flow *flow, struct next **reply)
{
    struct faults *faults = faults_new(flow->arena);
    const json_t *body = problem_read_optional(flow, reply);

    if (!body) {
        return false;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    fields_end(&root);
    if (faults_any(faults)) {
        *reply = faults_reply(flow, faults);
        return false;
    }
    return true;
}

static bool was_asked(const struct fields *fields, const char *name)
{
    for (int i = 0; i < fields->asked_count; i++) {
        if (strcmp(fields->asked[i], name) == 0) {
            return true;
        }
    }
    return false;
}
