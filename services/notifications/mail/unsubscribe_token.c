/* unsubscribe_token.c - see the header. The box holds five lines; the last came later. */
#include "services/notifications/mail/unsubscribe_token.h"

#include <string.h>

#include "common/base/str.h"

enum { FIELD_COUNT = 5, FIELD_COUNT_OLD = 4, BOX_MAX = 1024 };

static const char bound[] = "unsubscribe";

const char *unsubscribe_url(struct arena *arena, const struct daemon *daemon, const struct unsubscribe *who)
{
    const char *content =
        arena_printf(arena, "%s\n%s\n%s\n%s\n%s", who->account_id, who->address, who->share_link_id, who->kind, who->language);
    size_t length;
    const uint8_t *box = crypto_seal(daemon->keyring, arena, bound, content, strlen(content), &length);
    char *token = arena_alloc(arena, str_base64url_size(length));

    str_base64url(token, box, length);
    return arena_printf(arena, "%s/u/%s", daemon->settings->public_url, token);
}

bool unsubscribe_open(struct arena *arena, const struct daemon *daemon, const char *token, struct unsubscribe *who)
{
    const char **fields[FIELD_COUNT] = { &who->account_id, &who->address, &who->share_link_id, &who->kind, &who->language };
    uint8_t box[BOX_MAX];
    size_t length;
    long box_length = str_base64url_decode(box, sizeof box, token);
    char *content = box_length > 0 ? crypto_open(daemon->keyring, arena, bound, box, (size_t)box_length, &length) : NULL;

    if (!content) {
        return false;
    }
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (!content) {
            if (i < FIELD_COUNT_OLD) {
                return false;
            }
            *fields[i] = "";
            continue;
        }
        char *end = strchr(content, '\n');
        *fields[i] = content;
        content = end ? end + 1 : NULL;
        if (end) {
            *end = '\0';
        }
    }
    return true;
}
