"""Changes to a request's body, each at its place: a JSON pointer as the answers use them."""

import copy

MISSING = object()


def changed(body, changes):
    """A copy in which each pointer has its new value; MISSING takes the member away. "/a/-" appends to the array a."""
    body = copy.deepcopy(body)
    for pointer, value in changes.items():
        *way, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        holder = body
        for step in way:
            holder = holder[int(step) if isinstance(holder, list) else step]
        if isinstance(holder, list):
            holder.append(value) if last == "-" else holder.__setitem__(int(last), value)
        elif value is MISSING:
            holder.pop(last, None)
        else:
            holder[last] = value
    return body


def fault_codes(answer):
    """pointer → code of a 422; each pointer stands there once."""
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "validation_failed"), answer.text
    codes = {fault["pointer"]: fault["code"] for fault in problem["errors"]}
    assert len(codes) == len(problem["errors"]), f"a place is named twice: {answer.text}"
    assert all(fault["detail"] for fault in problem["errors"]), answer.text
    return codes
