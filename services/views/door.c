/* door.c - see the header. */
#include "services/views/door.h"

#include "common/http/problem.h"
#include "common/base/str.h"

struct next *door_refuse(struct flow *flow, const char *outcome)
{
    if (str_equal(outcome, "unknown")) {
        return problem_reply(flow, 404, "not_found", "There is no such link.");
    }
    if (str_equal(outcome, "no_session")) {
        return problem_reply(flow, 401, "passcode_required", "Open the link with its passcode first.");
    }
    if (str_equal(outcome, "no_interview")) {
        return problem_reply(flow, 404, "not_found", "There is no such interview in this link.");
    }
    if (str_equal(outcome, "feedback_disabled")) {
        return problem_reply(flow, 403, "feedback_disabled", "The person who shared this link asks for no feedback on it.");
    }
    if (str_equal(outcome, "expired")) {
        return problem_reply(flow, 410, "link_expired", "This link has expired. Ask the person who shared it for a new one.");
    }
    return problem_reply(flow, 410, "link_deactivated", "This link was switched off. Ask the person who shared it for a new one.");
}
