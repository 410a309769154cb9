"""The problems of an OpenAPI document: which codes a call answers, all told in one form, and the list of them all.

    expand_all(document, listed)      makes an answer of each `x-problem`
    check(document)                   a call tells of the codes that it can answer
    tell_list(document, listed)       puts the list where people and programs look for it: into the description of Code, and `x-codes`

shared.yaml lists every code once, under `x-codes`: its `status`, what it `means`, what its `detail` may say, and `any: true` when a call
may answer it without naming it; under `x-faults` the codes of single faults of a 422. An answer says which of them it has:

    "409": { x-problem: { codes: { conflict: "An interview was deleted just now.", key: } } }

A code without words of its own means what the list says. `key`, `body` and `query` stand for several, see GROUPS. `faults` are those
of the answer's `errors`. `detail` and `errors` are for the example, which is of the first code. What stands beside `x-problem`
(headers, content, a description) is kept.
"""
import copy
import http
import sys

GROUPS = {
    "key": ["idempotency_key_in_flight", "idempotency_answer_lost"],
    "body": ["required", "wrong_type", "too_short", "too_long", "out_of_range", "control_characters", "invalid", "unknown_field"],
    "query": ["out_of_range", "invalid", "duplicate", "unknown_parameter"],
}
OF_A_PARAMETER = {
    "Idempotency-Key": {"idempotency_key_invalid", "idempotency_key_in_flight", "idempotency_answer_lost", "idempotency_key_reused",
                        "idempotency_store_full"},
    "If-Match": {"precondition_failed"},
    "Last-Event-ID": {"unknown_event"},
}
KNOWN = {"codes", "faults", "detail", "errors"}
REQUEST = "req_01M82V0EBYEPA8ZDA02Q3Z7WVW"
UNLIMITED = {401, 411, 413, 503}  # said before a key is known, or without looking at it


def expand_all(document, listed):
    for place, _, response in responses(document):
        if "x-problem" in response:
            expand(place, response, listed)


def tell_list(document, listed):
    """Of all codes that this document tells of, and those that any call may answer."""
    codes = told(document) | {code for code, each in listed["x-codes"].items() if each.get("any")}
    faults = faults_of(document)
    document["x-codes"] = {code: {"status": each["status"], "description": each["means"]}
                           for code, each in listed["x-codes"].items() if code in codes}
    document["x-fault-codes"] = {code: {"description": means} for code, means in listed["x-faults"].items() if code in faults}
    schema = document["components"]["schemas"]["Code"]
    schema["description"] = f"{schema['description']}\n\n{words(document)}"


def check(document):
    """A call tells of what can happen there, and of nothing else."""
    for place, names, codes, has_body in calls(document):
        for name, needed in OF_A_PARAMETER.items():
            if name in names and (missing := needed - codes):
                sys.exit(f"{place}: it takes {name}, and does not tell of {sorted(missing)}")
            if name not in names and (surplus := needed & codes):
                sys.exit(f"{place}: it takes no {name}, and tells of {sorted(surplus)}")
        if has_body != ("body_required" in codes):
            sys.exit(f"{place}: body_required is told if, and only if, it needs a body")
        if place.startswith("get ") != ("busy" in codes):
            sys.exit(f"{place}: busy is told of each GET, and of no other call")


def calls(document):
    """(place, names of the parameters in headers, codes, whether it needs a body) of each call that needs a key."""
    components = document["components"]
    there = lambda node: components[node["$ref"].split("/")[2]][node["$ref"].split("/")[3]] if "$ref" in node else node  # noqa: E731
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if not isinstance(operation, dict) or not path.startswith("/v1/") or operation.get("security") == []:
                continue
            names = {each["name"] for each in map(there, operation.get("parameters", [])) if each["in"] == "header"}
            codes = {code for each in operation["responses"].values() for code in there(each).get("x-codes", [])}
            yield f"{method} {path}", names, codes, operation.get("requestBody", {}).get("required", False)


def responses(document):
    """(place, status, response), with those that are shared, whose status is None."""
    for path, item in {**document["paths"], **document.get("webhooks", {})}.items():
        for method, operation in item.items():
            if isinstance(operation, dict):
                for status, response in operation.get("responses", {}).items():
                    yield f"{method} {path} {status}", status, response
    for name, response in document.get("components", {}).get("responses", {}).items():
        yield f"responses/{name}", None, response


def told(document):
    """By x-codes, and by examples of answers that are written out."""
    shown = {media.get("example", {}).get("code") for _, _, response in responses(document)
             for kind, media in response.get("content", {}).items() if kind == "application/problem+json"}
    return {code for _, _, response in responses(document) for code in response.get("x-codes", [])} | shown


def faults_of(document):
    return {code for _, _, response in responses(document) for code in response.get("x-fault-codes", [])}


def words(document):
    """For who reads: one line of each code."""
    codes = [f"- `{code}` ({each['status']}): {each['description']}" for code, each in document["x-codes"].items()]
    faults = [f"- `{code}`: {each['description']}" for code, each in document["x-fault-codes"].items()]
    return "\n".join(["Of a problem:", "", *codes, *(["", "Of a single fault in `errors`:", "", *faults] if faults else [])]) + "\n"


def expand(place, response, listed):
    wanted = response.pop("x-problem")
    if unknown := set(wanted) - KNOWN:
        sys.exit(f"{place}: x-problem has no {sorted(unknown)}")
    codes = named(place, wanted["codes"], listed["x-codes"], "x-codes")
    faults = named(place, wanted.get("faults", {}), listed["x-faults"], "x-faults")
    statuses = {listed["x-codes"][code]["status"] for code in codes}
    if len(statuses) != 1 or place.rpartition(" ")[2].isdigit() and place.rpartition(" ")[2] not in map(str, statuses):
        sys.exit(f"{place}: its codes are of {sorted(statuses)}")
    status = statuses.pop()
    response["description"] = described(response.get("description"), codes, faults, listed)
    response["x-codes"] = list(codes)
    if faults:
        response["x-fault-codes"] = [*faults, *(["idempotency_key_reused"] if "idempotency_key_reused" in codes else [])]
    response["headers"] = {**headers(status, codes), **response.get("headers", {})}
    response.setdefault("content", {"application/problem+json": {"schema": schema(faults), "example": example(status, codes, wanted, listed)}})


def named(place, wanted, known, where):
    """{code: its own words or None}, groups expanded."""
    wanted = wanted if isinstance(wanted, dict) else dict.fromkeys(wanted)
    found = {}
    for name, own in wanted.items():
        for code in GROUPS.get(name, [name]):
            if code not in known:
                sys.exit(f"{place}: {code} is not in {where} of shared.yaml")
            found[code] = own or found.get(code)
    return found


def described(before, codes, faults, listed):
    lines = [f"- `{code}`: {own or listed['x-codes'][code]['means']}" for code, own in codes.items()]
    text = "\n".join([*([before.strip(), ""] if before else []), *lines]) + "\n"
    if faults:
        # Those that need words come last.
        own = [f"`{code}` {said}" for code, said in faults.items() if said]
        text += "\nCodes of faults: " + "; ".join([", ".join(f"`{code}`" for code, said in faults.items() if not said), *own]).removeprefix("; ") + ".\n"
    return text


def headers(status, codes):
    names = ["Retry-After"] if status in (429, 503) or "idempotency_key_in_flight" in codes else []
    names += [] if status in UNLIMITED else ["RateLimit-Policy", "RateLimit"]
    return {name: {"$ref": f"#/components/headers/{name}"} for name in [*names, "X-Request-Id"]}


def schema(faults):
    return {"$ref": f"#/components/schemas/{'ValidationProblem' if faults else 'Problem'}"}


def example(status, codes, wanted, listed):
    code = next(iter(codes))
    made = {"type": "about:blank", "title": title(status), "status": status, "code": code,
            "detail": wanted.get("detail", listed["x-codes"][code]["detail"]), "request_id": REQUEST}
    if "errors" in wanted:
        made["errors"] = copy.deepcopy(wanted["errors"])
    return made


def title(status):
    """RFC 9110's; Python's are partly older."""
    return {413: "Content Too Large", 422: "Unprocessable Content"}.get(status, http.HTTPStatus(status).phrase)
