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
        };
    }
}

void new_reviewers_params(struct pg_params *params, const struct new_reviewers *reviewers)
{
    size_t count = reviewers->wanted->count;
    const char **ids = arena_calloc(params->arena, count, sizeof *ids);
    const char **names = arena_calloc(params->arena, count, sizeof *names);
    const char **emails = arena_calloc(params->arena, count, sizeof *emails);
    const uint8_t **token_hashes = arena_calloc(params->arena, count, sizeof *token_hashes);
    const uint8_t **passcode_hashes = arena_calloc(params->arena, count, sizeof *passcode_hashes);
    const uint8_t **sealed = arena_calloc(params->arena, count, sizeof *sealed);

    for (size_t i = 0; i < count; i++) {
        ids[i] = reviewers->list[i].id;
        names[i] = reviewers->wanted->list[i].name;
        emails[i] = reviewers->wanted->list[i].email;
        token_hashes[i] = reviewers->secrets[i].token_hash;
        passcode_hashes[i] = reviewers->secrets[i].passcode_hash;
        sealed[i] = reviewers->secrets[i].sealed;
    }
    pg_text_array(params, ids, count);
    pg_text_array(params, names, count);
    pg_text_array(params, emails, count);
    pg_bytes_array(params, token_hashes, CRYPTO_HASH_SIZE, count);
    pg_bytes_array(params, passcode_hashes, CRYPTO_KEYED_HASH_SIZE, count);
    pg_bytes_array(params, sealed, count ? reviewers->secrets[0].sealed_length : 0, count);
}

void new_reviewers_show(struct flow *flow, json_t *list, const struct new_reviewers *reviewers)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        show_secrets(flow, json_array_get(list, i), &reviewers->secrets[i]);
    }
}
