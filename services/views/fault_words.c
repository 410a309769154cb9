/* fault_words.c - what a person is told of a fault, who met it in a browser: what happened, and where to go from there. Scripts
 * of the page get problem+json and have their own words.
 */
#include "services/views/fault_words.h"

#include <string.h>

#include "common/base/str.h"

static void say(struct http_fault_words *words, enum words_language language, const enum words_key keys[3]);

void fault_words(struct flow *flow, const struct http_fault *fault, struct http_fault_words *words)
{
    static const struct {
        const char *code;
        enum words_key keys[3]; /* heading, text, where to go */
    } known[] = {
        { "passcode_required", { PAGES_FAULT_SESSION, PAGES_FAULT_SESSION_TEXT, PAGES_FAULT_ENTER } },
        { "wrong_passcode", { PAGES_FAULT_WRONG, PAGES_FAULT_WRONG_TEXT, PAGES_FAULT_ENTER } },
        { "too_many_tries", { PAGES_FAULT_TRIES, PAGES_FAULT_TRIES_TEXT, PAGES_ASKED_BACK } },
        { "too_many_mails", { PAGES_AWAY_HEADING, PAGES_FAULT_ASKED_TEXT, PAGES_ASKED_BACK } },
        { "link_expired", { PAGES_FAULT_EXPIRED, PAGES_FAULT_OVER_TEXT, PAGES_FAULT_ASK } },
        { "link_deactivated", { PAGES_FAULT_SWITCHED_OFF, PAGES_FAULT_OVER_TEXT, PAGES_FAULT_ASK } },
        { "media_unavailable", { PAGES_FAULT_FILE, PAGES_FAULT_FILE_TEXT, PAGES_FAULT_BACK } },
        { "not_found", { PAGES_FAULT_NOTHING, PAGES_FAULT_NOTHING_TEXT, PAGES_FAULT_BACK } },
    };
    /* A browser sends these by itself only when the page's script is not there to do it. */
    static const enum words_key without_script[] = { PAGES_FAULT_NOT_WHOLE, PAGES_FAULT_NOT_WHOLE_TEXT, PAGES_FAULT_OPEN_AGAIN };
    static const enum words_key not_here[] = { PAGES_FAULT_NOT_HERE, PAGES_FAULT_NOT_HERE_TEXT, PAGES_ASKED_BACK };
    enum words_language language = words->language;
    const char *page = fault_page_of(flow);

    if (!page) {
        return;
    }
    words->label = words_text(words->language, PAGES_FAULT_BACK);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (str_equal(known[i].code, fault->code)) {
            say(words, language, known[i].keys);
        }
    }
    bool is_form = http_method(flow) == HTTP_POST && (str_equal(fault->code, "cross_origin") || fault->status == 415 ||
                                                      fault->status == 422 || fault->status == 400);
    if (is_form) {
        say(words, language, without_script);
    } else if (fault->status == 405) {
        say(words, language, not_here);
    }
    words->href = page;
}

static void say(struct http_fault_words *words, enum words_language language, const enum words_key keys[3])
{
    *words = (struct http_fault_words){
        .heading = words_text(language, keys[0]),
        .text = words_text(language, keys[1]),
        .label = words_text(language, keys[2]),
        .language = language,
    };
}

const char *fault_page_of(struct flow *flow)
{
    static const char of_token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const char *path = http_path(flow);

    if (!str_starts_with(path, "/s/")) {
        return NULL;
    }
    size_t length = strspn(path + 3, of_token);
    return length > 0 && (!path[3 + length] || path[3 + length] == '/') ? arena_strndup(flow->arena, path, 3 + length) : NULL;
}
