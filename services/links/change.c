/* change.c - see the header. */
#include "services/links/change.h"

#include <string.h>

#include "common/http/conditional.h"
#include "common/daemon/guard.h"
#include "common/data/id.h"
#include "services/links/links.h"

struct pg_texts change_new_event_ids(struct flow *flow, size_t count)
{
    const char **ids = arena_calloc(flow->arena, count, sizeof *ids);

    for (size_t i = 0; i < count; i++) {
        char *id = arena_alloc(flow->arena, ID_SIZE);
        id_new(id, "evt_");
        ids[i] = id;
    }
    return (struct pg_texts){ ids, count };
}

struct next *change_reply_not_found(struct flow *flow)
{
    return problem_reply(flow, 404, "not_found",
                         strstr(router_route(flow)->pattern, "{rid}")
                             ? "There is no share link with this id, or no such reviewer of it."
                             : "There is no share link with this id.");
}

struct next *change_reply_version_mismatch(struct flow *flow)
{
    return conditional_reply_changed(flow, "The share link");
}

struct next *change_reply_basic_link(struct flow *flow)
{
    return problem_reply(flow, 409, "basic_link", "A basic link has one interview and no named reviewers.");
}

int64_t change_content_max(const struct flow *flow)
{
    return links_settings_of(flow->daemon)->link_content_mb * 1024 * 1024;
}

void change_note_content_size(struct flow *flow, struct faults *faults, const char *pointer, int64_t size)
{
    if (size > change_content_max(flow)) {
        faults_add(faults, pointer, "too_large",
                   arena_printf(flow->arena, "The interviews would make pages of %.1f MiB for this link; %lld are allowed.",
                                (double)size / MIB, (long long)links_settings_of(flow->daemon)->link_content_mb));
    }
}

void change_note_overfull_link(struct flow *flow, struct faults *faults, const char *pointer, const char *share_link_id,
                               int64_t size)
{
    faults_add(
        faults, pointer, "too_large",
        arena_printf(flow->arena,
                     "With it the pages of the share link %s, which has this interview, would have %.1f MiB; %lld are allowed.",
                     share_link_id, (double)size / MIB, (long long)links_settings_of(flow->daemon)->link_content_mb));
}

int64_t change_mails_max(const struct flow *flow)
{
    return links_settings_of(flow->daemon)->invitations_per_address;
}

void change_note_too_many_mails(struct flow *flow, struct faults *faults, const char *pointer, const char *reviewers)
{
    const char *error;
    const json_t *list = reviewers ? json_parse(flow->arena, reviewers, strlen(reviewers), &error) : NULL;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *each = json_array_get(list, i);
        bool is_place = json_is_integer(each);
        const char *who =
            is_place ? "This reviewer's address" : arena_printf(flow->arena, "The reviewer %s", json_string_value(each));
        faults_add(faults,
                   is_place ? arena_printf(flow->arena, "/reviewers/%lld/email", (long long)json_integer_value(each) - 1)
                            : pointer,
                   "too_many_mails",
                   arena_printf(flow->arena, "%s was sent %lld invitations within the hour; no more are sent until it is over.",
                                who, (long long)change_mails_max(flow)));
    }
}

struct next *change_reply_too_many_mails(struct flow *flow, const struct faults *faults, int64_t retry_s)
{
    http_set_header(flow, "Retry-After", arena_printf(flow->arena, "%lld", (long long)(retry_s > 1 ? retry_s : 1)));
    return problem_reply_with(flow, 429, "too_many_mails",
                              "Some reviewers were mailed too often within the hour; nothing was changed and nobody was mailed.",
                              json_pack("{sO}", "errors", faults_list(faults)));
}

struct next *change_refuse_members(struct flow *flow)
{
    /* It was there when the statement looked, and was deleted before the membership was stored. */
    if (str_equal(pg_sqlstate(flow), "23503")) {
        return problem_reply(flow, 409, "conflict", "An interview of the list has just been deleted.");
    }
    return problem_reply_pg(flow);
}

bool change_note_time_zone(struct flow *flow, struct faults *faults)
{
    if (!str_equal(pg_sqlstate(flow), "22023")) {
        return false;
    }
    faults_add(faults, "/owner/time_zone", "invalid", "The database does not know this time zone.");
    return true;
}

bool change_note_taken(struct flow *flow, struct faults *faults)
{
    if (!platform_data_was_taken(flow)) {
        return false;
    }
    platform_data_note_taken(flow->arena, faults, "", "share link");
    return true;
}

void change_note_missing(struct flow *flow, struct faults *faults, const char *name, const struct wanted_ids *ids,
                         const char *places, const char *code, const char *detail)
{
    const char *error;
    const json_t *list = places ? json_parse(flow->arena, places, strlen(places), &error) : NULL;

    for (size_t i = 0; i < json_array_size(list); i++) {
        long long place = json_integer_value(json_array_get(list, i));
        if (ids->ids[place]) {
            faults_add(faults, arena_printf(flow->arena, "/%s/%lld", name, place), code, detail);
        }
    }
}

void change_concerns(const struct flow *flow, const char *basic_of)
{
    const char *subject = basic_of ? basic_of : router_param(flow, "id");

    guard_concerns(flow, arena_printf(flow->arena, "%s/%s", caller_of(flow)->account_id, subject));
}

struct next *change_reply_link(struct flow *flow, const char *share_link, int64_t version)
{
    conditional_set_version(flow, version);
    return http_reply_json(flow, 200, share_link);
}
