"""HTTP as every daemon speaks it: which methods and paths there are, what a request may cost, what may not be sent at all,
and the headers, health and metrics that every daemon has.
"""

import json
import re
import time

import pytest
from stack import ports
from stack.waiting import wait_until
from support import prometheus, samples
from support.api import Api, check_problem
from support.programs import daemon
from support.raw_http import Connection, ask, request
from support.shapes import is_id

NAMES = ["links", "views", "notifications", "console"]
MIB = 1024 * 1024
NOBODY = "127.0.0.1:1"  # nobody listens there
every_daemon = pytest.mark.parametrize("name", NAMES)


def server(stack, name):
    return getattr(stack, name)


def api_of(stack, name):
    return Api(server(stack, name).url(), stack.key)


@pytest.fixture(scope="module")
def link(stack):
    return stack.make_share_link()


@pytest.fixture(scope="module")
def page(stack, link):
    return stack.reviewer(link).page


# --- methods and paths ---

# Each with what it surely serves, and with a method that it does not and never will.
ADDRESSES = [
    ("links", "/v1/share-links", {"GET", "HEAD", "POST"}, "PUT"), ("links", "/v1/share-links/lnk_x", {"GET", "HEAD"}, "PUT"),
    ("links", "/v1/interviews/x", {"GET", "HEAD", "PUT"}, "POST"), ("links", "/healthz", {"GET", "HEAD"}, "POST"),
    ("views", "{page}", {"GET", "HEAD"}, "POST"), ("views", "{page}/state", {"GET", "HEAD"}, "PUT"), ("views", "{page}/open", {"POST"}, "GET"),
    ("views", "{page}/content", {"GET", "HEAD"}, "POST"), ("views", "{page}/media/x", {"GET", "HEAD"}, "DELETE"),
    ("views", "/assets/x/gate-en.js", {"GET", "HEAD"}, "POST"), ("views", "/metrics", {"GET", "HEAD"}, "DELETE"),
    ("notifications", "/readyz", {"GET", "HEAD"}, "PUT"), ("notifications", "/metrics", {"GET", "HEAD"}, "POST")]


@pytest.mark.parametrize("name, path, served, refused", ADDRESSES)
def test_other_method_is_refused_and_told_which_there_are(stack, page, name, path, served, refused):
    for method in (refused, "OPTIONS"):
        answer = api_of(stack, name).call(method, path.format(page=page), status=405)
        allowed = set(answer.headers["Allow"].split(", "))
        assert answer.json()["code"] == "method_not_allowed"
        assert served <= allowed and method not in allowed
    for method in allowed - {"HEAD"}:
        assert api_of(stack, name).call(method, path.format(page=page)).status_code != 405


@every_daemon
@pytest.mark.parametrize("method", ["TRACE", "BREW", "get", "PROPFIND"])
def test_unusual_method_is_refused_as_json(stack, name, method):
    answer = ask(server(stack, name), request(method, "/healthz"))
    assert answer.status == 405 and json.loads(answer.content)["code"] == "method_not_allowed"


@every_daemon
@pytest.mark.parametrize("path", ["/", "/v1", "/v2/share-links", "/nowhere", "/healthz/", "/healthzx", "/HEALTHZ", "/v1/share-links/a/b/c",
                                  "/s", "/s/", "/assets/", "/assets/../healthz", "/.env", "/" + "a/" * 50, "/%2e%2e/etc/passwd", "/favicon.ico"])
def test_unknown_address_is_not_found(stack, name, path):
    answer = ask(server(stack, name), request("GET", path))
    assert answer.status == 404 and answer.getheader("Content-Type") == "application/problem+json"
    assert json.loads(answer.content)["code"] == "not_found"


@every_daemon
def test_problems_are_of_one_form_wherever_they_come_from(stack, page, name):
    """The router's, the guards', the handlers' and the door's."""
    api = Api(server(stack, name).url())
    paths = {"links": ["/nowhere", "/v1/share-links"], "views": ["/nowhere", f"{page}/content", "/s/nobody/state"], "notifications": ["/nowhere"],
             "console": ["/nowhere", "/v1/console-sessions"]}
    problems = [api.get(path).json() for path in paths[name]]
    problems.append(json.loads(ask(server(stack, name), request("GET", "/healthz", "Host: a", "Host: b")).content))
    assert {problem["type"] for problem in problems} == {"about:blank"}, [problem["type"] for problem in problems]
    for problem in problems:
        assert problem.keys() == {"type", "title", "status", "detail", "code", "request_id"}


@pytest.mark.parametrize("name, path", [("links", "/healthz"), ("links", "/v1/share-links"), ("links", "/v1/share-links/lnk_x"), ("links", "/nowhere"),
                                        ("views", "{page}"), ("views", "{page}/state"), ("views", "/assets/x/gate.css"), ("views", "/s/nobody"),
                                        ("notifications", "/readyz")])
def test_head_is_get_without_its_body(stack, page, name, path):
    def heads(answer):
        return {name: value for name, value in answer.headers.items() if name not in ("Date", "X-Request-Id")}

    got, head = (api_of(stack, name).session.request(method, server(stack, name).url() + path.format(page=page), headers={"X-Request-Id": "same"})
                 for method in ("GET", "HEAD"))
    assert (head.status_code, heads(head), head.content) == (got.status_code, heads(got), b"")


# --- what a request may cost ---

def test_body_of_one_mib_is_read(stack):
    body = json.dumps({"title": ""}).encode()
    answer = stack.api.call("POST", "/v1/share-links", data=body + b" " * (MIB - len(body)), headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


@every_daemon
def test_body_over_one_mib_is_refused_and_the_connection_ends(stack, name):
    with Connection(server(stack, name)) as connection:
        connection.send(request("POST", "/v1/share-links", "Content-Type: application/json", body=b" " * (MIB + 1)))
        answer = connection.answer("POST")
        assert answer.status == 413 and json.loads(answer.content)["code"] == "body_too_large"
        assert connection.is_closed()


def test_announced_body_that_is_too_large_is_refused_at_once(stack):
    """A gigabyte that was announced is neither read nor waited for."""
    with Connection(stack.links) as connection:
        connection.socket.settimeout(5)
        connection.send(request("POST", "/v1/share-links", "Content-Type: application/json", "Content-Length: 1000000000"))
        answer = connection.answer("POST")
        assert answer.status == 413
        assert answer.getheader("Content-Type") == "application/problem+json", answer.content
        assert connection.is_closed()


@every_daemon
@pytest.mark.parametrize("requests_before", [0, 1, 5])
@pytest.mark.parametrize("refused, status", [
    (request("POST", "/healthz", "Content-Length: 2000000000"), 413), (request("GET", "/healthz", "X-Large: " + "a" * 20_000), 400),
    (request("GET", "/healthz", "no colon in this"), 400), (request("GET", "/healthz", "Content-Length: x"), 400)],
    ids=["large body", "large header", "no header", "length that is none"])
def test_refusal_of_the_parser_itself_has_the_form_of_all_others(stack, name, refused, status, requests_before):
    """On a new connection and on one that has served before."""
    with Connection(server(stack, name)) as connection:
        for _ in range(requests_before):
            connection.send(request("GET", "/healthz"))
            assert connection.answer().status == 200
        connection.send(refused)
        answer = connection.answer()
        assert (answer.status, answer.getheader("Content-Type")) == (status, "application/problem+json"), answer.content
        problem = json.loads(answer.content)
        assert problem.keys() == {"type", "title", "status", "detail", "code", "request_id"} and problem["status"] == status
        assert answer.getheader("X-Request-Id") == problem["request_id"] and answer.getheader("X-Content-Type-Options") == "nosniff"
        assert connection.is_closed()


@every_daemon
@pytest.mark.parametrize("fields", [["X-Large: " + "a" * 20_000], [f"X-{number}: {'a' * 500}" for number in range(60)],
                                    [f"X-{number}: a" for number in range(1000)]], ids=["one long", "many long", "many short"])
def test_header_that_is_too_large_is_refused_and_the_connection_ends(stack, name, fields):
    with Connection(server(stack, name)) as connection:
        connection.send(request("GET", "/healthz", *fields))
        assert connection.answer().status in (400, 431)
        assert connection.is_closed()
    Api(server(stack, name).url()).get("/healthz", status=200)


def test_long_target_is_refused_and_the_connection_ends(stack):
    with Connection(stack.links) as connection:
        connection.send(request("GET", "/" + "a" * 40_000))
        assert connection.answer().status in (400, 404, 414)
        assert connection.is_closed()


def test_more_connections_than_allowed_wait_their_turn(stack, tmp_path):
    settings = {**stack.links.settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}", "SHARELINK_CONNECTIONS_MAX": "4"}
    with daemon("links", settings, tmp_path / "few.log") as few:
        held = [Connection(few) for _ in range(4)]
        for connection in held:
            connection.send(request("GET", "/healthz"))
            assert connection.answer().status == 200
        with Connection(few) as waiting:
            waiting.send(request("GET", "/healthz"))
            waiting.socket.settimeout(0.3)
            with pytest.raises(TimeoutError):
                waiting.socket.recv(1)
            held.pop().__exit__()
            waiting.socket.settimeout(20)
            assert waiting.socket.recv(12) == b"HTTP/1.1 200"
        for connection in held:
            connection.__exit__()


# --- what may not be sent at all ---

SMUGGLED = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
UNCLEAR = {
    "two lengths": "POST /v1/share-links HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 34\r\n\r\n" + SMUGGLED,
    "same length twice": "POST /v1/share-links HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "length with a plus": "POST /v1/share-links HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\n{}",
    "length in hex": "POST /v1/share-links HTTP/1.1\r\nHost: x\r\nContent-Length: 0x2\r\n\r\n{}",
    "length of two numbers": "POST /v1/share-links HTTP/1.1\r\nHost: x\r\nContent-Length: 2, 2\r\n\r\n{}",
    "length below 0": "POST /v1/share-links HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "chunks": "POST /v1/share-links HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks and a length": "POST /v1/share-links HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "body of a GET": f"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: {len(SMUGGLED)}\r\n\r\n" + SMUGGLED,
    "body of a HEAD": f"HEAD /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: {len(SMUGGLED)}\r\n\r\n" + SMUGGLED,
    "body of an unknown method": f"BREW /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: {len(SMUGGLED)}\r\n\r\n" + SMUGGLED,
    "no host": "GET /healthz HTTP/1.1\r\n\r\n" + SMUGGLED,
    "two hosts": "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + SMUGGLED,
    "host that is none": "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n" + SMUGGLED,
    "name with a blank": "GET /healthz HTTP/1.1\r\nHost: x\r\nX Y: z\r\n\r\n" + SMUGGLED,
    "blank before the colon": "POST /v1/share-links HTTP/1.1\r\nHost: x\r\nContent-Length : 34\r\n\r\n" + SMUGGLED,
    "whole URL": "GET http://evil.example/healthz HTTP/1.1\r\nHost: x\r\n\r\n" + SMUGGLED,
    "two slashes": "GET //evil.example/healthz HTTP/1.1\r\nHost: x\r\n\r\n" + SMUGGLED,
    "NUL in the path": "GET /s/a%00b HTTP/1.1\r\nHost: x\r\n\r\n" + SMUGGLED,
    "version 2": "GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n" + SMUGGLED,
    "unknown expectation": "POST /v1/share-links HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\nContent-Length: 2\r\n\r\n{}",
}


@every_daemon
@pytest.mark.parametrize("what", UNCLEAR)
def test_request_of_two_readings_gets_one_refusal_and_the_end(stack, name, what):
    with Connection(server(stack, name)) as connection:
        connection.send(UNCLEAR[what])
        answer = connection.answer("HEAD" if "HEAD" in what else "GET")
        assert answer.status in (400, 411, 417), answer.status
        assert connection.is_closed(), "a second answer followed"


@every_daemon
@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n", b"\r\n\r\n\r\n\r\nnonsense\r\n\r\n",
                                     b"GET\r\n\r\n", b"\x00" * 1000 + b"\r\n\r\n", b"EHLO mail.example\r\n\r\n"])
def test_garbage_does_no_harm(stack, name, garbage):
    with Connection(server(stack, name)) as connection:
        connection.send(garbage)
        connection.socket.shutdown(1)
        assert b" 200 " not in connection.reader.read()[:20]
    Api(server(stack, name).url()).get("/healthz", status=200)


# --- connections ---

@every_daemon
def test_connection_is_kept_for_further_requests(stack, name):
    with Connection(server(stack, name)) as connection:
        for path, status in [("/healthz", 200), ("/nowhere", 404), ("/healthz", 200), ("/metrics", 200)] * 5:
            connection.send(request("GET", path))
            assert connection.answer().status == status


@every_daemon
def test_requests_sent_at_once_are_answered_in_their_order(stack, name):
    paths = ["/healthz", "/nowhere", "/readyz", "/metrics", "/readyz", "/nowhere"] * 3
    with Connection(server(stack, name)) as connection:
        connection.send(b"".join(request("GET", path, f"X-Request-Id: number-{number}") for number, path in enumerate(paths)))
        for number, path in enumerate(paths):
            answer = connection.answer()
            assert answer.getheader("X-Request-Id") == f"number-{number}"
            assert answer.status == (404 if path == "/nowhere" else 200)


@every_daemon
def test_connection_is_closed_when_asked(stack, name):
    for asked in (request("GET", "/healthz", "Connection: close"), b"GET /healthz HTTP/1.0\r\n\r\n"):
        with Connection(server(stack, name)) as connection:
            connection.send(asked)
            assert connection.answer().status == 200
            assert connection.is_closed()


@every_daemon
def test_client_that_sends_its_half_and_closes_it_is_answered(stack, name):
    with Connection(server(stack, name)) as connection:
        connection.send(request("GET", "/readyz"))
        connection.socket.shutdown(1)
        assert connection.answer().status == 200


@every_daemon
def test_client_that_leaves_before_the_answer_does_no_harm(stack, name):
    for _ in range(50):
        with Connection(server(stack, name)) as connection:
            connection.send(request("GET", "/readyz"))
    Api(server(stack, name).url()).get("/readyz", status=200)


# --- X-Request-Id ---

@every_daemon
@pytest.mark.parametrize("sent", ["a", "A-Za-z0-9._:-", "x" * 128, "req_01K00000000000000000000000"])
def test_request_id_of_the_caller_is_kept(stack, name, sent):
    for path in ("/healthz", "/nowhere"):
        answer = Api(server(stack, name).url()).get(path, headers={"X-Request-Id": sent})
        assert answer.headers["X-Request-Id"] == sent
        assert path == "/healthz" or answer.json()["request_id"] == sent


@every_daemon
@pytest.mark.parametrize("sent", [None, "", "x" * 129, "a b", "a\tb", 'a"b', "a,b", "<script>", "../x", "a\u00e4".encode().decode("latin-1")])
def test_request_id_that_could_do_harm_is_replaced(stack, name, sent):
    for path in ("/healthz", "/nowhere"):
        answer = Api(server(stack, name).url()).get(path, headers={} if sent is None else {"X-Request-Id": sent})
        made = answer.headers["X-Request-Id"]
        assert is_id("req_", made) and (path == "/healthz" or answer.json()["request_id"] == made)


@every_daemon
def test_refusal_at_the_door_bears_the_request_id_too(stack, name):
    answer = ask(server(stack, name), request("GET", "/healthz", "X-Request-Id: at-the-door", "Host: a", "Host: b"))
    assert answer.status == 400 and answer.getheader("X-Request-Id") == json.loads(answer.content)["request_id"] == "at-the-door"


# --- headers of every answer ---

@pytest.mark.parametrize("name, path, status", [
    ("views", "{page}", 200), ("views", "/s/nobody", 404), ("views", "{closed}", 410), ("front", "{page}", 200), ("front", "/s/nobody", 404)])
def test_every_page_is_closed_to_other_sites(stack, page, name, path, status):
    closed = stack.make_share_link()
    stack.db.rows("update links.share_links set deactivated_at = now() where id = %s", closed["id"])
    answer = Api(server(stack, name).url()).get(path.format(page=page, closed=stack.reviewer(closed).page), status=status)
    policy = dict(directive.strip().split(" ", 1) for directive in answer.headers["Content-Security-Policy"].split(";"))
    assert policy == {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' https:", "media-src": "'self' https:",
                      "connect-src": "'self'", "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'"}
    expected = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "X-Robots-Tag": "noindex",
                "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8"}
    assert {name: answer.headers.get(name) for name in expected} == expected


@pytest.mark.parametrize("asset, content_type", [("gate-en.js", "text/javascript; charset=utf-8"), ("gate.css", "text/css; charset=utf-8")])
def test_assets_may_be_kept_for_good_in_their_own_release_alone(stack, page, asset, content_type):
    views = Api(stack.views.url())
    path = re.search(r"/assets/[0-9a-f]+/", views.get(page, status=200).text)[0] + asset
    answer = views.get(path, status=200)
    assert (answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == (content_type, "nosniff")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    other = views.get(f"/assets/0123456789abcdef/{asset}", status=200)
    assert other.text == answer.text and other.headers["Cache-Control"] == "no-store"
    views.get(f"{path}x", status=404)


def test_what_a_key_was_answered_is_kept_only_to_be_asked_for_again(stack):
    answer = stack.api.get("/v1/share-links", status=200)
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("private, no-cache", "Authorization")


@every_daemon
def test_every_other_answer_is_kept_by_nobody(stack, page, name):
    paths = {"links": ["/v1/share-links?limit=0", "/v1/share-links/lnk_x"], "views": [f"{page}/state", f"{page}/content", f"{page}/media/1-x"], "notifications": [],
             "console": ["/console/cns_x"]}
    for path in ["/healthz", "/readyz", "/metrics", "/nowhere", *paths[name]]:
        answer = api_of(stack, name).get(path)
        assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff"), path
        assert abs(time.mktime(time.strptime(answer.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT")) - time.mktime(time.gmtime())) < 60
        assert "Server" not in answer.headers


def test_operators_addresses_are_not_at_the_front_door(stack):
    for path in ("/healthz", "/readyz", "/metrics"):
        Api(stack.front.url()).get(path, status=404)


# --- health, readiness ---

@every_daemon
def test_daemon_that_has_all_is_ready(stack, name):
    api = Api(server(stack, name).url())
    assert api.get("/healthz", status=200).json() == {"status": "alive"}
    assert api.get("/readyz", status=200).json() == {"status": "ready"}


@pytest.fixture(params=NAMES)
def lame(request, stack, tmp_path):
    """lame(missing): a daemon beside the stack that cannot reach these servers."""
    def settings(missing):
        away = {"postgresql": ("SHARELINK_DATABASE_URL", f"postgresql://somebody:something@{NOBODY}/nowhere"),
                "redis": ("SHARELINK_REDIS_URL", f"redis://{NOBODY}/0")}
        return {**server(stack, request.param).settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}", **dict(map(away.get, missing))}
    return lambda missing: daemon(request.param, settings(missing), tmp_path / "lame.log")


@pytest.mark.parametrize("missing", [["postgresql"], ["redis"], ["postgresql", "redis"]], ids="+".join)
def test_daemon_that_lacks_a_server_says_which(lame, missing):
    with lame(missing) as started:
        api = Api(started.url())
        wait_until(lambda: api.get("/readyz").json().get("missing") == missing, 20, f"readyz names {missing}")
        answer = api.get("/readyz", status=503)
        assert answer.json()["code"] == "not_ready" and int(answer.headers["Retry-After"]) > 0
        api.get("/healthz", status=200)
        prometheus.parse(api.get("/metrics", status=200).text)


def test_without_postgresql_requests_are_told_to_come_again(stack, page, tmp_path):
    for name, calls in {"links": [("GET", "/v1/share-links"), ("POST", "/v1/share-links"), ("PUT", "/v1/interviews/x")],
                        "views": [("POST", f"{page}/open"), ("GET", f"{page}/content"), ("GET", f"{page}/state"), ("GET", page)]}.items():
        settings = {**server(stack, name).settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}",
                    "SHARELINK_DATABASE_URL": f"postgresql://somebody:something@{NOBODY}/nowhere"}
        with daemon(name, settings, tmp_path / f"{name}.log") as started:
            for method, path in calls:
                answer = Api(started.url(), stack.key).call(method, path, json={"passcode": "x"} if method != "GET" else None, status=503)
                assert int(answer.headers["Retry-After"]) > 0
                assert path != page or answer.headers["Content-Type"].startswith("text/html")


# --- metrics ---

@every_daemon
def test_metrics_are_prometheus_text(stack, name):
    answer = Api(server(stack, name).url()).get("/metrics", status=200)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = prometheus.parse(answer.text)
    # Prometheus' own names for what every process has keep their prefix.
    assert all(family.startswith(("sharelink_", "process_")) for family in families)
    assert families["sharelink_http_requests_total"].kind == "counter"
    assert families["sharelink_http_request_duration_seconds"].kind == "histogram"


def requests_counted(stack, name, **labels):
    return prometheus.value(prometheus.parse(Api(server(stack, name).url()).get("/metrics").text), "sharelink_http_requests_total", **labels)


def test_metrics_count_requests_by_route_and_outcome(stack, page):
    def counted():
        return (requests_counted(stack, "views", route="/s/{token}", method="GET", code="200"),
                requests_counted(stack, "views", route="/s/{token}", method="GET", code="404"),
                requests_counted(stack, "views", route="none", code="404"),
                requests_counted(stack, "links", route="/v1/share-links", method="POST", code="422"))

    before, views = counted(), Api(stack.views.url())
    for _ in range(3):
        views.get(page, status=200)
    for _ in range(2):
        views.get("/s/nobody", status=404)
    views.get("/nowhere", status=404)
    for _ in range(4):
        stack.api.post("/v1/share-links", {}, status=422)
    assert [after - then for after, then in zip(counted(), before, strict=True)] == [3, 2, 1, 4]


def test_metrics_know_routes_and_nothing_of_requests(stack, link, page):
    """However many addresses are asked for, the series stay few."""
    views = Api(stack.views.url())
    for number in range(30):
        views.get(f"/s/made-up-{number}/state", status=404)
        views.get(f"/made-up-{number}", status=404)
    text = views.get("/metrics", status=200).text + stack.api.get("/metrics", status=200).text
    assert "made-up" not in text and page.removeprefix("/s/") not in text and link["id"] not in text


def test_metrics_count_mails_by_outcome(stack):
    def sent():
        families = prometheus.parse(Api(stack.notifications.url()).get("/metrics").text)
        return prometheus.value(families, "sharelink_deliveries_total", channel="email", outcome="sent")

    before = sent()
    mailed = stack.api.post("/v1/share-links", samples.share_link_body([stack.make_interview()], 3, send_email=True), status=201).json()
    for reviewer in mailed["reviewers"]:
        stack.mails.wait_for_one_to(reviewer["email"])
    wait_until(lambda: sent() - before == 3, 20, "three more sent mails are counted")


def test_metrics_of_a_single_daemon_count_its_connections(stack):
    with Connection(stack.links) as one, Connection(stack.links) as two:
        for connection in (one, two):
            connection.send(request("GET", "/healthz"))
            connection.answer()
        families = prometheus.parse(Api(stack.links.url()).get("/metrics").text)
        assert prometheus.value(families, "sharelink_http_connections") >= 3


def test_problem_at_the_front_door_has_the_daemons_form(stack):
    at_a_daemon = Api(stack.links.url()).get("/v1/share-links/x", status=401).json()
    for path in ("/nowhere", "/s", "/v1"):
        answer = Api(stack.front.url()).get(path, status=404)
        check_problem(answer)
        assert answer.json().keys() == at_a_daemon.keys() and answer.json()["type"] == at_a_daemon["type"]
