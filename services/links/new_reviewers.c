/* new_reviewers.c - see the header. */
#include "services/links/new_reviewers.h"

#include "common/daemon/daemon.h"
#include "services/links/show_secrets.h"

void new_reviewers_make(struct flow *flow, const struct wanted_reviewers *wanted, struct new_reviewers *reviewers)
{
    reviewers->wanted = wanted;
    reviewers->count = wanted->count;
    reviewers->list = arena_calloc(flow->arena, wanted->count, sizeof *reviewers->list);
    reviewers->secrets = arena_calloc(flow->arena, wanted->count, sizeof *reviewers->secrets);
    for (size_t i = 0; i < wanted->count; i++) {
        struct reviewer_secrets *secrets = &reviewers->secrets[i];
        char *id = arena_alloc(flow->arena, ID_SIZE);
        id_new(id, "rvw_");
        reviewer_secrets_new(flow->daemon->keyring, flow->arena, id, secrets);
        reviewers->list[i] = (struct new_reviewer){
            .id = id,
            .name = wanted->list[i].name,
            .email = wanted->list[i].email,
            .token_hash = pg_bytes_of(secrets->token_hash, sizeof secrets->token_hash),
            .passcode_hash = pg_bytes_of(secrets->passcode_hash, sizeof secrets->passcode_hash),
            .sealed = pg_bytes_of(secrets->sealed, secrets->sealed_length),
            .external_id = wanted->list[i].data.external_id,
            .metadata = wanted->list[i].data.metadata,
            .locale = wanted->list[i].locale,
        };
    }
}

void new_reviewers_show(struct flow *flow, json_t *list, const struct new_reviewers *reviewers)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        show_secrets(flow, json_array_get(list, i), &reviewers->secrets[i]);
    }
}
