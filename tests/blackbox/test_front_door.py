"""The front door: which daemon serves a path, what nginx says itself, what it logs, and what a client may cost it."""

import base64
import contextlib
import hashlib
import html
import http.server
import itertools
import json
import os
import re
import resource
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from stack import ports
from stack.nginx import Nginx
from support import ROOT
from support.api import Api, check_problem
from support.contract import CONTRACTS
from support.raw_http import Connection, ask, is_readable, request

KIB = 1024
WORDS = {language: json.loads((ROOT / f"common/words/{language}/pages.json").read_text(encoding="utf-8")) for language in ("en", "de", "fr", "es", "nl")}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


# --- its daemons ---


class Echo(http.server.BaseHTTPRequestHandler):
    """Stands for a daemon: answers with what it was sent."""
    protocol_version = "HTTP/1.1"

    first_event_was_seen = threading.Event()

    def do_GET(self):
        if self.path == "/v1/events/stream?slow":
            return self.stream()
        length = int(self.headers.get("Content-Length", 0))
        body = json.dumps({"server": self.server.name, "path": self.path, "headers": dict(self.headers),
                           "length": len(self.rfile.read(length))}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_GET

    def stream(self):
        """One event, and the next only when the first has arrived."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"data: 1\n\n")
        self.first_event_was_seen.wait(20)
        self.wfile.write(b"data: 2\n\n")
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def echoes():
    servers = {}
    for name in ("links", "views", "notifications", "console"):
        servers[name] = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        servers[name].name = name
        threading.Thread(target=servers[name].serve_forever, args=[0.02], daemon=True).start()
    yield servers
    for server in servers.values():
        server.shutdown()
        server.server_close()


@pytest.fixture
def front(echoes, tmp_path):
    server = Nginx(tmp_path / "nginx", ports.free_port(),
                   {name: f"127.0.0.1:{echo.server_port}" for name, echo in echoes.items()}, tmp_path, tmp_path / "front.log")
    server.start()
    server.wait_until_answering()
    yield server
    assert server.stop() == 0


@pytest.mark.parametrize("path, server", [
    ("/s/token", "views"), ("/s/token/open", "views"), ("/assets/page.js", "views"), ("/u/token", "notifications"),
    ("/v1/events", "notifications"), ("/v1/event-types", "notifications"), ("/v1/events/stream", "notifications"), ("/v1/deliveries?a=b", "notifications"),
    ("/v1/webhook-endpoints/whe_1", "notifications"), ("/v1/notification-preferences/a@b.example", "notifications"), ("/v1/console-sessions", "console"),
    ("/v1/console-sessions/expire", "console"), ("/v1/console-sessions/cns_1", "console"), ("/console/cns_1", "console"), ("/console/cns_1/start", "console"),
    ("/console/assets/0/console-en.js", "console"), ("/console/embed.js", "console"),
    ("/v1/share-links", "links"), ("/v1/interviews/int%2F1?a=%20b", "links"), ("/v1/openapi.json", "links"), ("/docs", "links"), ("/docs/x/docs.js", "links"),
])
def test_each_path_has_its_daemon(front, path, server):
    answer = requests.get(front.url() + path, timeout=5).json()
    assert (answer["server"], answer["path"]) == (server, path)


def test_the_document_is_that_of_all_daemons(front):
    answer = requests.get(front.url() + "/openapi.json", timeout=5).json()
    assert (answer["server"], answer["path"]) == ("links", "/v1/openapi.json")


def test_server_sent_events_pass_at_once(front):
    with requests.get(front.url() + "/v1/events/stream?slow", stream=True, timeout=10) as answer:
        lines = answer.iter_lines(chunk_size=1)
        assert next(lines) == b"data: 1"
        Echo.first_event_was_seen.set()
        assert b"data: 2" in list(lines)


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/readyz", "/v1", "/s", "/openapi.json.bak", "/.git/x"])
def test_other_paths_are_not_served(front, path):
    answer = requests.get(front.url() + path, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-Id"] == answer.json()["request_id"]


def test_the_front_door_tells_the_daemons_who_asks_and_believes_nobody(front):
    lies = {"X-Forwarded-For": "8.8.8.8", "X-Real-IP": "8.8.8.8", "Forwarded": "for=8.8.8.8",
            "X-Forwarded-Host": "evil.example", "X-Request-Id": "harmless-1",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    seen = requests.get(front.url() + "/v1/account", headers=lies, timeout=5).json()["headers"]
    assert seen["X-Forwarded-For"] == "127.0.0.1"
    assert not {"X-Real-IP", "Forwarded", "X-Forwarded-Host"} & seen.keys()
    assert (seen["X-Request-Id"], seen["traceparent"]) == ("harmless-1", lies["traceparent"])
    assert seen["Host"] == f"127.0.0.1:{front.port}"
    odd = requests.get(front.url() + "/v1/account", headers={"X-Request-Id": 'a"b'}, timeout=5).json()["headers"]
    assert re.fullmatch("[0-9a-f]{32}", odd["X-Request-Id"])


def test_the_front_door_limits_bodies_and_says_503_while_a_daemon_is_away(front, echoes):
    assert requests.post(front.url() + "/v1/x", b"x" * 2**20, timeout=5).json()["length"] == 2**20
    answer = requests.post(front.url() + "/v1/x", b"x" * (2**20 + 1), timeout=5)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)
    echoes["views"].shutdown()
    echoes["views"].server_close()
    answer = requests.get(front.url() + "/s/x", timeout=5)
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "unavailable", "1")


# --- what nginx says itself ---

CLOSED = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
          "X-Robots-Tag": "noindex", "Cross-Origin-Resource-Policy": "same-origin"}
HOST = "Host: a"
REFUSED = [
    ("NUL in the path", request("GET", "/s/a%00b"), 400, "malformed_request"),
    ("way out", request("GET", "/../x"), 400, "malformed_request"),
    ("way out, encoded", request("GET", "/%2e%2e/x"), 400, "malformed_request"),
    ("broken escape", request("GET", "/s/%zz"), 400, "malformed_request"),
    ("garbage", b"GARBAGE\r\n\r\n", 400, "malformed_request"),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400, "malformed_request"),
    ("another version", b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", 400, "malformed_request"),
    ("version 2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "malformed_request"),
    ("no host", b"GET / HTTP/1.1\r\n\r\n", 400, "malformed_request"),
    ("two hosts", request("GET", "/", "Host: a", "Host: b"), 400, "malformed_request"),
    ("two lengths", request("POST", "/v1/x", HOST, "Content-Length: 1", "Content-Length: 2"), 400, "malformed_request"),
    ("no length", request("POST", "/v1/x", HOST, "Content-Length: x"), 400, "malformed_request"),
    ("CONNECT to a place", request("CONNECT", "evil.example:443"), 400, "malformed_request"),
    ("CONNECT", request("CONNECT", "/s/x"), 405, "method_not_allowed"),
    ("TRACE", request("TRACE", "/s/x"), 405, "method_not_allowed"),
    ("unknown encoding", request("POST", "/v1/x", HOST, "Transfer-Encoding: gzip"), 411, "length_required"),
    ("large body", request("POST", "/v1/x", HOST, "Content-Length: 9999999"), 413, "body_too_large"),
    ("long target", request("GET", "/s/" + "a" * 40 * KIB), 414, "malformed_request"),
    ("long field", request("GET", "/s/a", HOST, "X: " + "a" * 40 * KIB), 431, "malformed_request"),
    ("long head", request("GET", "/s/a", HOST, *(f"X-{number}: {'a' * 500}" for number in range(90))), 431, "malformed_request"),
    ("unknown path", request("GET", "/nowhere"), 404, "not_found"),
    ("its own place", request("GET", "/fault/page"), 404, "not_found"),
]


@pytest.mark.parametrize("sent, status, code", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_nginx_refuses_has_the_form_of_the_daemons(front, sent, status, code):
    answer = ask(front, sent)
    problem = json.loads(answer.content)
    assert (answer.status, problem["status"], problem["code"]) == (status, status, code)
    assert answer.getheader("Content-Type") == "application/problem+json"
    assert problem.keys() == {"type", "title", "status", "detail", "code", "request_id"} and problem["title"] and problem["detail"]
    assert answer.getheader("X-Request-Id") == problem["request_id"] != ""
    assert {name: answer.getheader(name) for name in CLOSED} == CLOSED
    assert answer.getheader("Content-Security-Policy") == "default-src 'none'; frame-ancestors 'none'"
    assert bool(answer.getheader("Allow")) == (status == 405)
    assert b"nginx" not in answer.content and answer.getheader("Server") == "nginx"


def test_a_head_of_16_kib_gets_through(front):
    for sent in (request("GET", "/v1/" + "a" * 12 * KIB), request("GET", "/v1/x", HOST, "X: " + "a" * 15 * KIB),
                 request("GET", "/v1/x", HOST, *(f"X-{number}: {'a' * 200}" for number in range(75)))):
        assert ask(front, sent).status == 200


def test_the_daemons_know_the_same_limit(stack):
    """What is within it gets through the front door to an answer of theirs, what is above is refused by the one or the other."""
    def of_size(size):
        start = request("GET", "/v1/share-links", HOST, f"Authorization: Bearer {stack.key}", "X: ")
        return start[:-4] + b"a" * (size - len(start)) + start[-4:]

    assert ask(stack.front, of_size(16 * KIB)).status == 200
    for size in (18 * KIB, 24 * KIB, 60 * KIB):
        answer = ask(stack.front, of_size(size))
        assert answer.status in (400, 431) and json.loads(answer.content)["code"] == "malformed_request", size


# --- a page for people ---


@pytest.mark.parametrize("path", ["/", "/s", "/nowhere", "/s/x", "/u/x"])
def test_a_person_gets_a_page(front, echoes, path):
    for name in ("views", "notifications"):
        echoes[name].shutdown()
        echoes[name].server_close()
    answer = requests.get(front.url() + path, headers=BROWSER, timeout=5)
    assert answer.status_code == (404 if path in ("/", "/s", "/nowhere") else 503)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8" and answer.text.startswith("<!doctype html>")
    assert answer.headers["X-Request-Id"] in answer.text and "<h1>" in answer.text
    assert {name: answer.headers.get(name) for name in CLOSED} == CLOSED
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin" and "camera=()" in answer.headers["Permissions-Policy"]
    style = re.search("<style>(.*)</style>", answer.text)[1]
    assert f"'{sha256(style)}'" in answer.headers["Content-Security-Policy"] and "unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html;q=0", "text/htmlx", "application/problem+json, text/plain", "image/webp"])
def test_a_program_does_not(front, accept):
    check_problem(requests.get(front.url() + "/nowhere", headers={"Accept": accept}, timeout=5))


def test_the_api_is_for_programs_whatever_they_ask_for(front, echoes):
    """Some HTTP libraries ask for text/html when nothing is said."""
    echoes["links"].shutdown()
    echoes["links"].server_close()
    answer = requests.get(front.url() + "/v1/share-links", headers={"Accept": "text/html, image/gif, */*; q=.2"}, timeout=5)
    assert answer.status_code == 503
    check_problem(answer)


def sha256(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


# What has a readable head, so that it is known who asks; a status, and where the page leads to.
TOLD = [
    (request("GET", "/nowhere", HOST), 404, None), (request("GET", "/s", HOST), 404, None), (request("TRACE", "/s/x", HOST), 405, "/s/x"),
    (request("GET", "/s/x/y", HOST, HOST), 400, "/s/x"), (request("GET", "/u/x", HOST, HOST), 400, None),
    (request("POST", "/s/x/open", HOST, "Transfer-Encoding: gzip"), 411, "/s/x"), (request("POST", "/s/x/open", HOST, "Content-Length: 9999999"), 413, "/s/x"),
    (request("GET", "/s/a", HOST, "X: " + "a" * 40 * KIB), 431, "/s/a"), (request("GET", "/s/a;b", HOST, *(f"X-{number}: {'a' * 500}" for number in range(90))), 431, None),
    (request("GET", "/u/x", HOST), 503, None), (request("GET", "/s/x?a=b", HOST), 503, "/s/x"), (request("GET", "/s/x/media/y", HOST), 503, "/s/x"),
]


def in_language(language, accepted=None):
    return f"Accept: text/html\r\nAccept-Language: {accepted or f'{language};q=0.9, *;q=0.1'}\r\n"


def check_told(answer, status, language, leads_to):
    text = answer.content.decode()
    assert (answer.status, answer.getheader("Content-Type")) == (status, "text/html; charset=utf-8")
    assert (answer.getheader("Content-Language"), answer.getheader("Vary")) == (language, "Accept-Language")
    assert f'<html lang="{language}" dir="ltr">' in text and answer.getheader("X-Request-Id") in text
    assert re.findall('<a href="([^"]*)">', text) == ([leads_to] if leads_to else [])
    assert {name: answer.getheader(name) for name in CLOSED} == CLOSED
    style = re.search("<style>(.*)</style>", text)[1]
    assert f"'{sha256(style)}'" in answer.getheader("Content-Security-Policy")
    said = re.search("<h1>(.*)</h1>\\s*<p>(.*)</p>", text).groups()
    shown = {html.escape(entry, quote=False) for entry in WORDS[language].values() if isinstance(entry, str)}
    assert set(said) <= shown and not re.search(r"[{}$]", "".join(said)), said


@pytest.mark.parametrize("language", WORDS)
def test_a_person_is_told_in_her_language(front, echoes, language):
    for name in ("views", "notifications"):
        echoes[name].shutdown()
        echoes[name].server_close()
    for sent, status, leads_to in TOLD:
        line, _, rest = sent.partition(b"\r\n")
        answer = ask(front, line + b"\r\n" + in_language(language).encode() + rest)
        check_told(answer, status, language, leads_to)
        assert answer.getheader("Retry-After") == ("1" if status == 503 else None)


@pytest.mark.parametrize("accepted, language", [
    ("de-AT, en;q=0.5", "de"), ("FR", "fr"), ("pt, es;q=0.7, nl;q=0.8", "nl"), ("en;q=0.1,de;q=1.0", "de"), ("de;q=0, fr;q=0.001", "fr"), ("sv, *", "en"),
    ("den, frx, de-", "de"), ("", "en"), ("nl ; q=0.45 , es; q=0.449", "nl"), ("de;q=2", "en"), ("x" * 5000 + ", es", "es")])
def test_the_language_that_is_wanted_most(front, accepted, language):
    answer = requests.get(front.url() + "/nowhere", headers={"Accept": "text/html", "Accept-Language": accepted}, timeout=5)
    assert answer.headers["Content-Language"] == language


def test_a_person_who_was_too_slow_is_told(front, echoes):
    """A daemon closes on who does not come to the end of a request within 15 s; nginx's own limit is of silence."""
    echoes["views"].shutdown()
    echoes["views"].server_close()
    program, person = request("POST", "/s/x/open", HOST, "Content-Length: 9"), request("POST", "/s/x/open", HOST, "Content-Length: 9", *in_language("nl").split("\r\n")[:2])
    with socket.create_server(("127.0.0.1", echoes["views"].server_port)) as daemon, Connection(front) as one, Connection(front) as other:
        one.send(program)
        other.send(person)
        taken = [daemon.accept()[0] for _ in range(2)]
        for pause in (8, 7.2):  # it is the time that tells
            time.sleep(pause)
            for each in (one, other):
                each.send(b"x")
        for each in taken:
            each.close()
        answer = one.answer("POST")
        assert (answer.status, json.loads(answer.content)["code"]) == (408, "timeout")
        check_told(other.answer("POST"), 408, "nl", "/s/x")


def test_the_page_is_that_of_the_daemons():
    made = subprocess.run([ROOT / "deploy/nginx/make-faults", "-"], capture_output=True, text=True, check=True).stdout
    assert (ROOT / "deploy/nginx/faults.conf").read_text(encoding="utf-8") == made, "make brings it up to date"


def test_the_page_looks_like_the_others():
    colours = re.compile(r"--([a-z-]+): ?(#[0-9a-f]{6})")
    base, fault = ([dict(colours.findall(part)) for part in (ROOT / path).read_text(encoding="utf-8").split("prefers-color-scheme")]
                   for path in ("common/pages/base.css", "common/http/fault.html"))
    assert len(fault) == 2 and all(used and used.items() <= known.items() for used, known in zip(fault, base, strict=True))


# --- the log ---


def test_every_path_that_is_served_has_its_shape_in_the_log(front):
    paths = {path for name in ("links", "views", "notifications", "console") for _, path, _, _ in CONTRACTS[name].operations}
    shapes = {path: re.sub(r"\{[^}]*\}", "-", path).replace("/assets/-/-", "/assets/-/gate.js").replace("/docs/-/-", "/docs/-/main.js")
              for path in paths if path not in ("/healthz", "/readyz", "/metrics")}
    for path in shapes:
        requests.get(front.url() + re.sub(r"\{[^}]*\}", "sEcReT", path).replace("s/sEcReT/sEcReT", "s/sEcReT/main.js") + "?a=sEcReT", timeout=5)
    assert front.stop() == 0
    logged = log_lines(front)
    assert {line["path"] for line in logged} - {"/", "-"} == {shape for shape in shapes.values() if not shape.endswith(".js")}
    assert "sEcReT" not in json.dumps(logged)


def log_lines(front):
    with open(front.log, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def odd_shapes(secret):
    """Where a secret may stand in a request, in shapes that are none of ours."""
    before = ["/S/", "/s/x/", "/x/s/", "/s;/", "/s/%2e%2e/", "/s/./", "//s/", "/s//", "/%73/", "/s%2f", "/u/x/", "/U/", "/u/%2e%2e/", "/v1/Notification-preferences/",
              "/v1/notification-preferences/x/", "/v1//notification-preferences/", "/V1/", "/v1/", "/v1/share-links/", "/v1/share-links/x/", "/v1/interviews/",
              "/v1/share-links/x/reviewers/", "/v1/share-links/x/reviewers/x/", "/v1/deliveries/x/", "/assets/", "/assets/x/", "/internal-media/", "/fault/page/", "/openapi.json/",
              "/", "/?", "/s/?", "/s/x?", "/s/x;", "/s/x#", "/healthz?", "/s/x/media/", "/s/x/interviews/", "/s/x/interviews/x/", "/s/x/%00", "/../", "/%zz", "http://a/s/", "s/", "*"]
    after = ["", "/", "?q=1", "/open", "%00", "/../x", ";x", "/content/x", "\\", "%0d%0aX: y"]
    for start, end in itertools.product(before, after):
        yield request("GET", start + secret + end, "Host: a", "Connection: close")
    for field in ("Referer: https://share.example/s/", "User-Agent: ", "Cookie: sharelink_session=", "Authorization: Bearer ", "X-Forwarded-For: ", "X-Request-Id: @", "X-Odd: ",
                  "Accept: ", "Content-Type: ", "Origin: ", "If-Range: ", "Range: "):
        yield request("GET", "/s/x", "Host: a", "Connection: close", field + secret)
        yield request("GET", "/nowhere", "Host: a", "Connection: close", field + secret)
    yield request("GET", "/s/x", f"Host: {secret}", "Connection: close")
    yield request("GET", "/s/x", f"Host: {secret} {secret}", "Connection: close")
    yield from (request(method, "/s/" + secret, "Host: a", "Connection: close") for method in ("CONNECT", "TRACE", secret.upper(), "OPTIONS"))
    yield f"{secret}\r\n\r\n".encode()
    yield f"GET /s/{secret}\r\n".encode()
    yield request("GET", f"/s/{secret}{'a' * 40 * KIB}", "Host: a", "Connection: close")
    yield request("GET", "/s/x", "Host: a", "Connection: close", f"X: {secret}{'a' * 40 * KIB}")
    yield request("POST", f"/s/{secret}/open", "Host: a", "Connection: close", "Content-Length: 9999999")


def throw(server, requests_sent):
    def one(sent):
        with Connection(server) as connection, contextlib.suppress(ConnectionResetError, BrokenPipeError):
            connection.send(sent)
            while connection.reader.read(64 * KIB):
                pass

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, requests_sent))


SECRET = "S3cReTq7V0xnB2wLk9Zf"


def test_no_secret_is_in_the_log_whatever_its_shape(front):
    throw(front, odd_shapes(SECRET))
    throw(front, odd_shapes(f"{SECRET}@reviewers.example"))
    assert front.stop() == 0
    with open(front.log, encoding="utf-8", errors="replace") as file:
        log = file.read()
    assert log.count("request.done") > 900 and SECRET.lower() not in log.lower()


def test_nor_when_no_daemon_answers(front, echoes):
    for echo in echoes.values():
        echo.shutdown()
        echo.server_close()
    throw(front, itertools.islice(odd_shapes(SECRET), 0, None, 3))
    assert front.stop() == 0
    with open(front.log, encoding="utf-8", errors="replace") as file:
        assert SECRET.lower() not in file.read().lower()


def test_daemons_log_none_either(stack):
    for server in stack.daemons:
        throw(server, odd_shapes(SECRET))
    throw(stack.front, odd_shapes(SECRET))
    for server in (*stack.daemons, stack.front):
        with open(server.log, encoding="utf-8", errors="replace") as file:
            assert SECRET.lower() not in file.read().lower(), server.name


def test_logs_are_not_for_everybody(stack):
    for server in (*stack.daemons, stack.front):
        assert os.stat(server.log).st_mode & 0o777 == 0o640, server.log


# --- what a client may cost ---


def test_a_body_that_drips_is_given_up(stack):
    with Connection(stack.front) as connection:
        connection.send(request("POST", "/v1/share-links", HOST, f"Authorization: Bearer {stack.key}", "Content-Type: application/json", "Content-Length: 100000"))
        started = time.monotonic()
        while not is_readable(connection.socket, 1):
            assert time.monotonic() - started < 25, "it is still kept"
            connection.send(b" ")
        answer = connection.answer()
        assert (answer.status, json.loads(answer.content)["code"]) == (408, "timeout")
        assert connection.is_closed()


def test_silent_connections_keep_nobody_out(front):
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]), resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    silent = [socket.create_connection(("127.0.0.1", front.port), timeout=20) for _ in range(1500)]
    try:
        started = time.monotonic()
        for _ in range(50):
            assert requests.get(front.url() + "/s/x", timeout=5).status_code == 200
        assert time.monotonic() - started < 5
        silent[0].settimeout(20)
        try:
            assert silent[0].recv(1) == b""  # after ten seconds
        except ConnectionResetError:
            pass
        assert time.monotonic() - started < 15
    finally:
        for each in silent:
            each.close()
