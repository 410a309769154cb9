/* platform_data.c - see the header. */
#include "services/links/platform_data.h"

#include <string.h>

#include "common/base/str.h"
#include "common/pg/pg.h"

enum { KEY_MAX = 40, VALUE_MAX = 500 };

static const struct text_rule external_id_rule = {
    .min = 1, .max = 128, .verbatim = true, .nullable = true, .check = fields_check_external_id
};
static const struct text_rule value_rule = { .max = VALUE_MAX, .newlines = true };
static const struct text_rule value_or_null_rule = { .max = VALUE_MAX, .newlines = true, .nullable = true };

static const json_t *read_metadata(struct fields *fields, const struct text_rule *rule);
static bool is_key(const char *name);

void platform_data_read(struct fields *fields, struct platform_data *data)
{
    data->external_id = arena_strdup(fields->arena, fields_text(fields, "external_id", FIELDS_OPTIONAL, &external_id_rule));
    const json_t *metadata = read_metadata(fields, &value_rule);
    data->metadata = metadata ? json_text(fields->arena, metadata) : "{}";
}

void platform_data_read_changes(struct fields *fields, json_t *changes)
{
    const char *external_id = fields_text(fields, "external_id", FIELDS_OPTIONAL, &external_id_rule);
    const json_t *metadata = read_metadata(fields, &value_or_null_rule);

    if (external_id || fields_is_null(fields, "external_id")) {
        json_object_set_new(changes, "external_id", external_id ? json_string(external_id) : json_null());
    }
    if (metadata || fields_is_null(fields, "metadata")) {
        json_object_set_new(changes, "metadata", metadata ? json_deep_copy(metadata) : json_null());
    }
}

/* NULL when there is none, or it is null. */
static const json_t *read_metadata(struct fields *fields, const struct text_rule *rule)
{
    if (!fields_has(fields, "metadata")) {
        return NULL;
    }
    struct fields metadata = fields_object(fields, "metadata", FIELDS_OPTIONAL);
    /* jansson's iterators want the object without const; only its texts are changed, where they are mended. */
    json_t *object = (json_t *)(uintptr_t)metadata.object;
    int64_t count = 0;

    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        struct fields member = metadata; /* with room of its own for the one name that is asked for */
        if (!is_key(name)) {
            fields_fault_of_member(&metadata, name, "invalid", "A key of metadata must be 1 to 40 of A-Z a-z 0-9 . _ : and -.");
        }
        fields_text(&member, name, FIELDS_OPTIONAL, rule);
        count += !json_is_null(json_object_iter_value(at));
    }
    if (count > METADATA_MAX && !rule->nullable) { /* what a PATCH makes of it is known where it is stored */
        platform_data_note_count(metadata.arena, metadata.faults, metadata.pointer, count);
    }
    return metadata.object;
}

static bool is_key(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
    size_t length = strlen(name);

    return length >= 1 && length <= KEY_MAX && strspn(name, allowed) == length;
}

void platform_data_note_taken(struct arena *arena, struct faults *faults, const char *at, const char *thing)
{
    faults_add(faults, arena_printf(arena, "%s/external_id", at), "duplicate",
               arena_printf(arena, "Another %s has this external_id.", thing));
}

void platform_data_note_count(struct arena *arena, struct faults *faults, const char *pointer, int64_t count)
{
    faults_add(faults, pointer, "too_many",
               arena_printf(arena, "Metadata may have at most %d members; this makes %lld.", METADATA_MAX, (long long)count));
}

bool platform_data_was_taken(const struct flow *flow)
{
    return str_equal(pg_sqlstate(flow), "23505") && strstr(pg_constraint(flow), "_external_id");
}
