"""Every method at every address that the contracts document: HEAD is answered like GET, and what is not served is a 405 that
says what is."""

import http.client
import json
from urllib.parse import urlsplit

import pytest
from stack.daemon import NAMES
from support.api import Api
from support.contract import CONTRACTS

ALL = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Its GET does not end.
ENDLESS = {"/v1/events/stream"}


def documented(daemon):
    """{path: its methods}, HEAD too."""
    found = {}
    for method, path, _, _ in CONTRACTS[daemon].operations:
        found.setdefault(path, set()).update({"GET", "HEAD"} if method == "GET" else {method})
    return found


PATHS = [(daemon, path) for daemon in NAMES for path in sorted(documented(daemon))]
READ = [(daemon, path) for daemon, path in PATHS if "GET" in documented(daemon)[path] and path not in ENDLESS]


def somewhere(path):
    """The path with ids of the right form that are nobody's."""
    for name, value in {"{token}": "A" * 22, "{rid}": nobodys("rvw_"), "{email}": "a@b.example", "{id}": nobodys("lnk_"), "{ref}": "0-" + "0" * 32,
                        "{version}": "0", "{name}": "gate.css", "{digest}": "0" * 64}.items():
        path = path.replace(name, value)
    assert "{" not in path, path
    return path


def nobodys(prefix):
    return prefix + "0" * 26


def ask(base, method, path, key=None):
    """(status, headers, body) as they come; a client that knows HEAD would not read a body that is there."""
    parts = urlsplit(base)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    connection.request(method, path, headers={"Authorization": f"Bearer {key}"} if key else {})
    answer = connection.getresponse()
    told = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return told


@pytest.mark.parametrize("daemon, path", PATHS)
def test_what_is_not_served_is_a_405_that_says_what_is(stack, daemon, path):
    base, there = getattr(stack, daemon).url(), somewhere(path)
    served = {method for method in ALL if CONTRACTS[daemon].find(method, there)}  # by a route with a {name} in its place too
    assert documented(daemon)[path] <= served
    for method in {*ALL, "TRACE", "PROPFIND"} - served:
        status, headers, body = ask(base, method, there, stack.key)
        assert status == 405 and set(headers["allow"].split(", ")) == served, (method, path)
        assert headers["content-type"] == "application/problem+json"
        assert body == b"" if method == "HEAD" else json.loads(body)["code"] == "method_not_allowed"


@pytest.mark.parametrize("daemon, path", READ)
def test_head_is_get_without_the_body(stack, daemon, path):
    base = getattr(stack, daemon).url()
    status, headers, body = ask(base, "GET", somewhere(path), stack.key)
    head_status, head_headers, head_body = ask(base, "HEAD", somewhere(path), stack.key)
    assert head_status == status and head_body == b"" and body
    assert head_headers.keys() == headers.keys()
    changing = {"x-request-id", "date", "ratelimit", "content-length"}
    assert {name: value for name, value in head_headers.items() if name not in changing} == {
        name: value for name, value in headers.items() if name not in changing}
    if path != "/metrics":  # which counts the requests
        assert head_headers["content-length"] == str(len(body))


def test_head_of_what_is_there(stack):
    link = stack.make_share_link()
    interview = link["interview_ids"][0]
    hook = Api(stack.notifications.url(), stack.key).post("/v1/webhook-endpoints", {"url": "https://8.8.8.8/"}, status=201).json()["id"]
    for base, path in ((stack.links.url(), f"/v1/share-links/{link['id']}"), (stack.links.url(), f"/v1/interviews/{interview}"),
                       (stack.links.url(), "/v1/account"), (stack.views.url(), stack.reviewer(link).page),
                       (stack.views.url(), f"{stack.reviewer(link).page}/state"), (stack.notifications.url(), f"/v1/webhook-endpoints/{hook}")):
        status, headers, body = ask(base, "GET", path, stack.key)
        assert status == 200 and len(body) > 20
        head_status, head_headers, head_body = ask(base, "HEAD", path, stack.key)
        assert (head_status, head_body, head_headers["content-length"]) == (200, b"", str(len(body))), path
        assert head_headers.get("etag") == headers.get("etag")


def test_head_of_the_stream_takes_no_seat(stack):
    """It ends at once."""
    status, headers, body = ask(stack.notifications.url(), "HEAD", "/v1/events/stream", stack.key)
    assert (status, headers["content-type"], body) == (200, "text/event-stream", b"")


def test_head_of_a_page_counts_nothing(stack):
    link = stack.make_share_link()
    ask(stack.views.url(), "HEAD", stack.reviewer(link).page)
    assert stack.db.value("select count(*) from views.visits") == 0
