/* fault_words.c - what a person is told of a fault, who met it in a browser: what happened, and where to go from there. Scripts
 * of the page get problem+json and have their own words.
 */
#include "services/views/fault_words.h"

#include <string.h>

#include "common/base/str.h"

static const char *page_of(const struct flow *flow, struct arena *arena);

void fault_words(struct flow *flow, int status, const char *code, struct http_fault_words *words)
{
    static const struct {
        const char *code;
        struct http_fault_words words;
    } known[] = {
        { "passcode_required",
          { "Your session is over",
            "It lasts for twelve hours, and in the browser that opened the link alone. Enter the passcode again to go on.", NULL,
            "Enter the passcode" } },
        { "wrong_passcode",
          { "That is not the passcode of this link", "Please look at the mail again: it has 16 letters and digits.", NULL,
            "Enter the passcode again" } },
        { "too_many_tries",
          { "There were too many wrong tries", "Wait a few minutes, then enter the passcode from the mail again.", NULL,
            "Back to the page" } },
        { "link_expired",
          { "This link has expired", "What was shared cannot be seen here any more. You can ask for a new link.", NULL,
            "Ask for a new link" } },
        { "link_deactivated",
          { "This link was switched off", "What was shared cannot be seen here any more. You can ask for a new link.", NULL,
            "Ask for a new link" } },
        { "media_unavailable",
          { "This file is not here any more",
            "All else is still there. Tell the person who shared the interviews with you that it is missing.", NULL,
            "Back to the interviews" } },
        { "range_not_satisfiable",
          { "There is no such part of this file", "Go back to the interviews and open it again.", NULL,
            "Back to the interviews" } },
        { "not_found",
          { "There is nothing at this address",
            "What you look for is not a part of this page, or not any more. Open the link again, or ask the person who sent it "
            "to "
            "you.",
            NULL, "Back to the interviews" } },
    };
    /* A browser sends these by itself only when the page's script is not there to do it. */
    static const struct http_fault_words without_script = {
        "The page did not load whole",
        "It needs JavaScript to check the passcode and to show the interviews. Open it again; if that does not help, switch "
        "JavaScript on or take another browser. Nothing was sent on.",
        NULL, "Open the page again"
    };
    static const struct http_fault_words not_here = { "This address cannot be opened by itself",
                                                      "Open the page and go on from there.", NULL, "Open the page" };
    const char *page = page_of(flow, flow->arena);

    if (page) {
        words->label = "Back to the interviews";
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (str_equal(known[i].code, code) && page) {
            *words = known[i].words;
        }
    }
    bool is_form =
        http_method(flow) == HTTP_POST && (str_equal(code, "cross_origin") || status == 415 || status == 422 || status == 400);
    if (is_form && page) {
        *words = without_script;
    } else if (status == 405 && page) {
        *words = not_here;
    }
    words->href = page;
}

/* The link's page that this address is below, or NULL. */
static const char *page_of(const struct flow *flow, struct arena *arena)
{
    static const char of_token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const char *path = http_path(flow);

    if (!str_starts_with(path, "/s/")) {
        return NULL;
    }
    size_t length = strspn(path + 3, of_token);
    return length > 0 && (!path[3 + length] || path[3 + length] == '/') ? arena_strndup(arena, path, 3 + length) : NULL;
}
