/* door.c - see the header. */
#include "services/views/door.h"

#include "common/base/log.h"
#include "common/http/problem.h"

struct next *door_refuse(struct flow *flow, enum door door)
{
    switch (door) {
    case DOOR_UNKNOWN:
        return problem_reply(flow, 404, "not_found", "There is no such link.");
    case DOOR_EXPIRED:
        return problem_reply(flow, 410, "link_expired", "This link has expired. Ask the person who shared it for a new one.");
    case DOOR_DEACTIVATED:
        return problem_reply(flow, 410, "link_deactivated",
                             "This link was switched off. Ask the person who shared it for a new one.");
    case DOOR_NO_SESSION:
        return problem_reply(flow, 401, "passcode_required", "Open the link with its passcode first.");
    case DOOR_NO_INTERVIEW:
        return problem_reply(flow, 404, "not_found", "There is no such interview in this link.");
    case DOOR_FEEDBACK_DISABLED:
        return problem_reply(flow, 403, "feedback_disabled", "The person who shared this link asks for no feedback on it.");
    case DOOR_OPEN:
        break;
    }
    log_error("door.refused_open", LOG_TEXT("request_id", flow->request_id)); /* the statement contradicts itself */
    return problem_reply(flow, 500, "internal_error", "Something went wrong here.");
}
