/* show_secrets.c - see the header. */
#include "services/links/show_secrets.h"

#include "common/daemon/daemon.h"
#include "common/daemon/session.h"
#include "common/base/log.h"

void show_secrets(struct flow *flow, json_t *reviewer, const struct reviewer_secrets *secrets)
{
    if (session_of(flow) && session_of(flow)->is_from_mail) {
        return;
    }
    const char *url = reviewer_secrets_url(secrets, flow->arena, flow->daemon->settings->public_url);

    json_object_set_new(reviewer, "url", json_string(url));
    json_object_set_new(reviewer, "passcode", json_string(secrets->passcode));
}

void show_sealed_secrets(struct flow *flow, json_t *reviewer, const char *sealed_hex)
{
    const char *id = json_string_value(json_object_get(reviewer, "id"));
    struct reviewer_secrets secrets;

    if (id && sealed_hex && reviewer_secrets_open(flow->daemon->keyring, flow->arena, id, sealed_hex, &secrets)) {
        show_secrets(flow, reviewer, &secrets);
    } else {
        log_error("reviewer.secrets_do_not_open", LOG_TEXT("reviewer_id", id));
    }
}

void show_basic_secrets(json_t *link)
{
    const json_t *reviewer = json_array_get(json_object_get(link, "reviewers"), 0);
    const char *kind = json_string_value(json_object_get(link, "kind"));

    if (str_equal(kind, "basic") && json_object_get(reviewer, "url")) {
        json_object_set(link, "url", json_object_get(reviewer, "url"));
        json_object_set(link, "passcode", json_object_get(reviewer, "passcode"));
    }
}
