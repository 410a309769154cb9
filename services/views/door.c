/* door.c - see the header. */
#include "services/views/door.h"

#include "common/problem.h"
#include "common/str.h"

struct next *door_refuse(struct flow *flow, const char *state)
{
    if (str_equal(state, "unknown")) {
        return problem_reply(flow, 404, "not_found", "There is no such link.");
    }
    if (str_equal(state, "expired")) {
        return problem_reply(flow, 410, "link_expired", "This link has expired. Ask the person who shared it for a new one.");
    }
    return problem_reply(flow, 410, "link_deactivated", "This link was switched off. Ask the person who shared it for a new one.");
}
