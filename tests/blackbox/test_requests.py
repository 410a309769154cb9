"""The forms of a request, alike at every daemon: types and codings of a body, numbers, nulls, and header fields that are there twice."""

import gzip
import itertools
import json
import zlib

import pytest
from stack.daemon import NAMES
from support import samples
from support.api import Api
from support.bodies import fault_codes
from support.contract import CONTRACTS
from support.raw_http import ask

MERGE_PATCH = "application/merge-patch+json"
PATCH_TYPES = f"application/json, {MERGE_PATCH}"
numbers = itertools.count(1)


def notifications(stack):
    return Api(stack.notifications.url(), stack.key)


def template(stack):
    return stack.api.post("/v1/email-templates", {"name": f"T{next(numbers)}", "subject": "S", "body": "B"}, status=201).json()["id"]


def reviewer(stack):
    link = stack.make_share_link()
    return f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][0]['id']}"


def endpoint(stack):
    return notifications(stack).post("/v1/webhook-endpoints", {"url": "https://8.8.8.8/", "events": ["link.expired"], "description": "D"}, status=201).json()["id"]


# Path by address, and what it takes: the API, a thing, a change, and what of it cannot be cleared.
PATCHED = {
    "/v1/account": (lambda stack: (stack.api, "/v1/account"), {"name": "N"},
                    ["/name", "/defaults", "/defaults/settings", "/defaults/settings/omit_avatars"]),
    "/v1/share-links/{id}": (lambda stack: (stack.api, f"/v1/share-links/{stack.make_share_link()['id']}"), {"title": "N", "message": None},
                             ["/title", "/owner", "/owner/name", "/owner/email", "/settings", "/settings/omit_avatars"]),
    "/v1/share-links/{id}/reviewers/{rid}": (lambda stack: (stack.api, reviewer(stack)), {"name": "N", "external_id": None, "metadata": None},
                                             ["/name", "/email"]),
    "/v1/email-templates/{id}": (lambda stack: (stack.api, f"/v1/email-templates/{template(stack)}"), {"name": "N"},
                                 ["/name", "/subject", "/body", "/is_default"]),
    "/v1/webhook-endpoints/{id}": (lambda stack: (notifications(stack), f"/v1/webhook-endpoints/{endpoint(stack)}"),
                                   {"description": None, "state": "disabled"}, ["/url", "/state"]),
}


def test_every_patch_is_tried_here():
    documented = {path for daemon in NAMES for method, path, _, _ in CONTRACTS[daemon].operations if method == "PATCH"}
    assert set(PATCHED) == documented


def send(api, method, path, body, content_type="application/json", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.call(method, path, data=body, headers={"Content-Type": content_type, **headers})


@pytest.mark.parametrize("address", PATCHED)
def test_patch_takes_both_types_and_says_so(stack, address):
    make, change, _ = PATCHED[address]
    api, path = make(stack)
    for content_type in ("application/json", MERGE_PATCH, "application/Merge-Patch+JSON; charset=utf-8"):
        changed = send(api, "PATCH", path, json.dumps(change), content_type)
        assert (changed.status_code, changed.headers["Accept-Patch"]) == (200, PATCH_TYPES), changed.text
        for name, value in change.items():
            if value is not None:
                assert changed.json()[name] == value
    shown = api.get(path, status=200)
    assert shown.headers["Accept-Patch"] == PATCH_TYPES
    asked = api.call("OPTIONS", path, status=405)
    assert asked.headers["Accept-Patch"] == PATCH_TYPES and "PATCH" in asked.headers["Allow"]
    for content_type in ("text/plain", "application/json-patch+json", "application/merge-patch+json; charset=utf-16", "application/merge-patch"):
        refused = send(api, "PATCH", path, json.dumps(change), content_type)
        assert (refused.status_code, refused.json()["code"], refused.headers["Accept-Patch"]) == (415, "unsupported_media_type", PATCH_TYPES)
        assert "application/json" in refused.json()["detail"] and MERGE_PATCH in refused.json()["detail"]
    assert api.get(path).content == shown.content


@pytest.mark.parametrize("address", PATCHED)
def test_null_is_told_where_nothing_can_be_cleared(stack, address):
    make, _, pointers = PATCHED[address]
    api, path = make(stack)
    before = api.get(path, status=200).content
    for pointer in pointers:
        body = None
        for step in reversed(pointer.split("/")[1:]):
            body = {step: body}
        refused = send(api, "PATCH", path, json.dumps(body), MERGE_PATCH)
        assert fault_codes(refused) == {pointer: "wrong_type"}
        assert "null" in refused.json()["errors"][0]["detail"]
    for body in ("null", "[]", '"x"', "7"):
        assert fault_codes(send(api, "PATCH", path, body, MERGE_PATCH)) == {"": "wrong_type"}
    assert api.get(path).content == before


def test_merge_patch_changes_what_it_names_and_nothing_else(stack, api):
    link = stack.make_share_link(settings={"omit_avatars": True}, expires_in={"value": 2, "unit": "days"}, message={"subject": "S", "body": "B"})
    changed = send(api, "PATCH", f"/v1/share-links/{link['id']}", json.dumps({"settings": {"abbreviate_names": True}, "expires_in": None, "message": None}),
                   MERGE_PATCH).json()
    assert changed["settings"] == {**link["settings"], "abbreviate_names": True, "omit_avatars": True}
    assert (changed["expires_at"], changed["message"], changed["title"]) == (None, None, link["title"])


def test_other_methods_take_json_alone(stack, api):
    for call in (("POST", "/v1/share-links"), ("PUT", f"/v1/interviews/{samples.interview_id()}")):
        refused = send(api, *call, json.dumps(samples.interview_document()), MERGE_PATCH)
        assert (refused.status_code, refused.headers["Accept"]) == (415, "application/json") and "Accept-Patch" not in refused.headers
        assert "merge-patch" not in refused.json()["detail"]


# --- codings ---

CODINGS = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress, "br": lambda text: b"\x0b\x02" + text, "zstd": lambda text: text,
           "identity, gzip": gzip.compress, "gzip, identity": gzip.compress, "GZIP": gzip.compress}


def refused_as_encoded(answer):
    assert (answer.status_code, answer.headers["Accept-Encoding"]) == (415, "identity"), answer.text
    assert answer.json()["code"] == "unsupported_media_type" and "Content-Encoding" in answer.json()["detail"]


@pytest.mark.parametrize("coding", CODINGS)
def test_encoded_body_is_a_415_that_says_what_is_taken(stack, api, coding):
    path = f"/v1/interviews/{samples.interview_id()}"
    text = json.dumps(samples.interview_document()).encode()
    refused_as_encoded(send(api, "PUT", path, CODINGS[coding](text), Content_Encoding=coding))
    api.get(path, status=404)


def test_every_call_refuses_an_encoded_body(stack):
    token = stack.reviewer(stack.make_share_link()).page
    body = gzip.compress(b"{}")
    for base, paths in ((stack.links, ["/v1/share-links", "/v1/share-links/lnk_x/deactivate"]), (stack.views, [f"{token}/open", f"{token}/leave"]),
                        (stack.notifications, ["/v1/webhook-endpoints", "/v1/webhook-endpoints/whe_x/test", "/u/x"])):
        for path in paths:
            refused_as_encoded(send(Api(base.url(), stack.key), "POST", path, body, Content_Encoding="gzip", Idempotency_Key=f"coded {next(numbers)}"))


def test_identity_and_no_body_are_not_encoded(stack, api):
    path = f"/v1/interviews/{samples.interview_id()}"
    assert send(api, "PUT", path, json.dumps(samples.interview_document()), Content_Encoding="identity").status_code == 201
    for method, coding in (("GET", "gzip"), ("DELETE", "gzip")):
        assert api.call(method, path, headers={"Content-Encoding": coding}).status_code == 200
    refused = send(api, "PUT", path, b"", Content_Encoding="gzip")
    assert (refused.status_code, refused.json()["code"]) == (400, "body_required")


# --- numbers ---

@pytest.mark.parametrize("written", ["2", "2.0", "2e0", "20e-1", "0.2E1", "2.000000"])
def test_number_without_a_fraction_is_an_integer(stack, api, written):
    body = json.dumps(samples.share_link_body([stack.make_interview()], 1, expires_in={"value": "N", "unit": "days"})).replace('"N"', written)
    assert send(api, "POST", "/v1/share-links", body).status_code == 201
    defaults = send(api, "PATCH", "/v1/account", '{"defaults": {"expires_in": {"value": %s, "unit": "weeks"}}}' % written)
    assert defaults.status_code == 200 and defaults.json()["defaults"]["expires_in"] == {"value": 2, "unit": "weeks"}


@pytest.mark.parametrize("written, code", [("2.5", "wrong_type"), ("1e-1", "wrong_type"), ("0.0", "out_of_range"), ("1e18", "out_of_range"),
                                           ("9223372036854775808", "out_of_range"), ("-99999999999999999999", "out_of_range"),
                                           ("1e300", "out_of_range"), ("true", "wrong_type"), ('"2"', "wrong_type")])
def test_number_that_is_no_good_is_a_fault_at_its_place(api, written, code):
    refused = send(api, "PATCH", "/v1/account", '{"name": "", "defaults": {"expires_in": {"value": %s, "unit": "days"}}}' % written)
    assert fault_codes(refused) == {"/name": "too_short", "/defaults/expires_in/value": code}


def test_number_that_no_machine_holds_is_told_with_its_place(api):
    refused = send(api, "PATCH", "/v1/account", '{\n"defaults": 1e400}')
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_json")
    assert "number is too large (line 2" in refused.json()["detail"]


# --- fields twice ---

@pytest.mark.parametrize("daemon", NAMES)
@pytest.mark.parametrize("name, values", [
    ("Authorization", ("Bearer a", "Bearer a")), ("Content-Type", ("text/plain", "application/json")), ("Idempotency-Key", ("a", "b")),
    ("idempotency-key", ("a", "a")), ("Last-Event-ID", ("", "evt_x")), ("Origin", ("https://a.example", "https://b.example")),
    ("Range", ("bytes=0-1", "bytes=2-3"))])
def test_single_field_twice_is_a_400_that_names_it(stack, daemon, name, values):
    lines = "".join(f"{each}: {value}\r\n" for each, value in zip((name, name.title()), values, strict=True))
    answer = ask(getattr(stack, daemon), f"POST /v1/share-links HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n{lines}\r\n{{}}".encode())
    problem = json.loads(answer.content)
    assert (answer.status, problem["code"]) == (400, "malformed_request")
    assert name.lower() in problem["detail"].lower()


def test_the_front_door_passes_it_all_on(stack):
    """Refused there or behind it, in the same form."""
    door = Api(stack.public_url, stack.key)
    refused_as_encoded(send(door, "POST", "/v1/share-links", gzip.compress(b"{}"), Content_Encoding="gzip"))
    assert send(door, "PATCH", "/v1/account", '{"name": "N"}', MERGE_PATCH).headers["Accept-Patch"] == PATCH_TYPES
    for name, value in (("Idempotency-Key", "a"), ("Authorization", f"Bearer {stack.key}"), ("Content-Type", "application/json")):
        lines = f"{name}: {value}\r\n" * 2
        answer = ask(stack.front, f"POST /v1/share-links HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n{lines}\r\n{{}}".encode())
        assert (answer.status, json.loads(answer.content)["code"]) == (400, "malformed_request"), name


def test_lists_may_come_in_several_lines(stack, api):
    path = f"/v1/share-links/{stack.make_share_link()['id']}"
    tag = api.get(path).headers["ETag"]

    def asked(method, fields, body=b""):
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {stack.key}\r\nContent-Type: application/json\r\n{fields}"
        return ask(stack.links, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    assert asked("GET", f'If-None-Match: "x"\r\nIf-None-Match: {tag}\r\n').status == 304
    assert asked("PATCH", 'If-Match: "x"\r\nIf-Match: "v77"\r\n', b'{"title": "T"}').status == 412
    assert asked("PATCH", f'If-Match: "x"\r\nIf-Match: {tag}\r\n', b'{"title": "T"}').status == 200
