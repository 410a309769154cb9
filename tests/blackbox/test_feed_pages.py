"""The feed from a page in a real Chromium, by the code that docs/notifications.md shows: of our own origin, of one that the operator
lists, and of none."""

import contextlib
import http.server
import pathlib
import re
import threading

import pytest
import requests
from stack.waiting import wait_until
from support.api import Api
from support.browser import Browser
from support.changes import inside

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "notifications.md"
STREAM = "/v1/events/stream"
CORS = "access-control-"


def follower():
    section = DOCS.read_text(encoding="utf-8").partition("### Follow it from a page")[2]
    return re.search(r"```js\n(async function followFeed.*?)```", section, re.DOTALL)[1]


class Site(http.server.ThreadingHTTPServer):
    """Pages of another site, and what `answers` has for GET /stream, one after another; `asked` has the headers."""

    daemon_threads = True

    def __init__(self, answers=()):
        super().__init__(("127.0.0.1", 0), SitesHandler)
        self.answers, self.asked = list(answers), []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, host="127.0.0.1"):
        return f"http://{host}:{self.server_port}"


class SitesHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, headers, parts = 200, {"Content-Type": "text/html"}, [b"<!doctype html><title>Another site</title>"]
        if self.path == "/stream":
            self.server.asked.append(dict(self.headers))
            status, headers, parts = self.server.answers.pop(0) if self.server.answers else (401, {}, [b"{}"])
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            for part in parts:
                self.wfile.write(part)
                self.wfile.flush()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site():
    made = Site()
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def listening(shared, site):
    made = shared.make_stack(settings={"SHARELINK_NOTIFICATIONS_FEED_ALLOW_ORIGINS": f"https://app.example.com, {site.url()}"})
    yield made
    made.close()


@pytest.fixture
def browser(request):
    made = Browser()
    request.addfinalizer(made.close)
    return made


def follow(browser, url, key):
    browser.driver.execute_script(f"""{follower()}
        window.got = []; window.stop = new AbortController();
        followFeed(arguments[0], arguments[1], (event) => got.push(event), stop.signal).then((answer) => {{ window.end = answer?.status ?? "stopped"; }});
    """, url, key)


def got(browser):
    return browser.driver.execute_script("return got")


def hide(browser, is_hidden):
    browser.driver.execute_script("""
        Object.defineProperty(document, "hidden", {value: arguments[0], configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));""", is_hidden)


def listeners(stack):
    text = requests.get(stack.notifications.url() + "/metrics", timeout=10).text
    return int(float(re.search(r"^sharelink_feed_listeners (\S+)", text, re.MULTILINE)[1]))


def followed(stack, browser, url):
    """Follows, loses the daemon, goes on without a gap, rests while hidden, and stops."""
    follow(browser, url, stack.key)
    browser.until(lambda: listeners(stack) == 1, "the page listens")
    wanted = [stack.make_share_link()["id"]]
    browser.until(lambda: [event["share_link_id"] for event in got(browser)] == wanted, "the event is on the page")
    assert {"id", "type", "data"} <= got(browser)[0].keys() and got(browser)[0]["type"] == "link.created"

    stack.notifications.stop()
    wanted.append(stack.make_share_link()["id"])
    stack.bring_back(stack.notifications)
    browser.until(lambda: [event["share_link_id"] for event in got(browser)] == wanted, "what was missed has come", 40)

    hide(browser, True)
    browser.until(lambda: listeners(stack) == 0, "a hidden page holds no stream")
    wanted.append(stack.make_share_link()["id"])
    hide(browser, False)
    browser.until(lambda: [event["share_link_id"] for event in got(browser)] == wanted, "the page has caught up")
    browser.driver.execute_script("stop.abort()")
    browser.until(lambda: browser.driver.execute_script("return window.end") == "stopped", "the page has stopped")
    browser.until(lambda: listeners(stack) == 0, "nobody listens any more")


def test_page_of_our_own_origin_follows_the_feed(shared, browser):
    stack = shared.make_stack()
    try:
        browser.go(stack.public_url + inside(stack, stack.make_share_link()).page)
        followed(stack, browser, f"{STREAM}?type=link.created")
    finally:
        stack.close()


def test_page_of_a_listed_origin_follows_the_feed_and_nothing_else(listening, site, browser):
    browser.go(site.url())
    followed(listening, browser, f"{listening.public_url}{STREAM}?type=link.created")
    for path in ("/v1/account", "/v1/events", "/v1/share-links", f"{STREAM}x", "/openapi.json"):
        assert read_from_page(browser, listening.public_url + path, listening.key) == "TypeError", path
    assert read_from_page(browser, f"{listening.public_url}{STREAM}", listening.key, credentials="include") == "TypeError"
    assert read_from_page(browser, f"{listening.public_url}{STREAM}", listening.key, method="POST") == "TypeError"
    assert read_from_page(browser, f"{listening.public_url}{STREAM}", "slk_wrong") == 401  # faults can be read
    assert read_from_page(browser, f"{listening.public_url}{STREAM}?typo=1", listening.key) == 422


def read_from_page(browser, url, key, **options):
    """The status that the page gets to see, or the name of its error."""
    return browser.driver.execute_async_script("""
        const [url, key, options, done] = arguments;
        fetch(url, {headers: {Authorization: `Bearer ${key}`}, ...options}).then(
            (answer) => { done(answer.status); answer.body?.cancel(); }, (error) => done(error.name));""", url, key, options)


def test_page_of_no_listed_origin_reads_nothing(listening, site, browser):
    other = Site()
    for origin in (other.url(), site.url("localhost")):
        browser.go(origin)
        assert read_from_page(browser, f"{listening.public_url}{STREAM}", listening.key) == "TypeError"
    other.shutdown()


def preflight(base, origin, path=STREAM, **headers):
    return requests.options(base + path, timeout=10, headers={
        "Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization,last-event-id", **headers})


def cors_of(answer):
    return {name.lower(): value for name, value in answer.headers.items() if name.lower().startswith(CORS)}


def test_preflight_is_answered_to_listed_origins_alone(listening, site):
    for base in (listening.public_url, listening.notifications.url()):
        for origin in (site.url(), "https://app.example.com"):
            answer = preflight(base, origin)
            told = cors_of(answer)
            assert (answer.status_code, answer.content, answer.headers["Vary"]) == (204, b"", "Origin")
            assert (told[CORS + "allow-origin"], told[CORS + "allow-methods"]) == (origin, "GET")
            assert {"authorization", "last-event-id"} <= {name.strip().lower() for name in told[CORS + "allow-headers"].split(",")}
            assert CORS + "allow-credentials" not in told and "*" not in told.values()
        for origin in ("https://app.example.com.evil.example", "https://app.example.co", "http://app.example.com", "https://app.example.com:8443",
                       "https://APP.example.com", "https://other.example", "null", "", "*", f"https://app.example.com, {site.url()}"):
            answer = preflight(base, origin)
            assert (answer.status_code, cors_of(answer)) == (405, {}), origin
            refused = requests.get(base + STREAM, headers={"Origin": origin}, timeout=10)
            assert (refused.status_code, cors_of(refused)) == (401, {}), origin
        for path in ("/v1/events", "/v1/account", "/v1/webhook-endpoints"):
            assert cors_of(preflight(base, site.url(), path)) == {}
            assert cors_of(requests.get(base + path, headers={"Origin": site.url(), "Authorization": f"Bearer {listening.key}"}, timeout=10)) == {}


def test_every_answer_of_the_feed_may_be_read_by_a_listed_page(listening, site):
    for key, query, status in ((None, "", 401), ("slk_x_y", "", 401), (listening.key, "?typo=1", 422)):
        headers = {"Origin": site.url(), **({"Authorization": f"Bearer {key}"} if key else {})}
        answer = requests.get(listening.notifications.url() + STREAM + query, headers=headers, timeout=10)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"], answer.headers["Vary"]) == (status, site.url(), "Origin")
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


def test_by_default_there_is_no_other_origin(stack):
    answer = preflight(stack.notifications.url(), "https://app.example.com")
    assert (answer.status_code, answer.headers["Allow"], cors_of(answer)) == (405, "GET, HEAD", {})
    answer = Api(stack.notifications.url(), stack.key).get(f"{STREAM}?typo=1", headers={"Origin": "https://app.example.com"}, status=422)
    assert cors_of(answer) == {} and "Vary" not in answer.headers


# --- the code alone, with a server that plays every trick ---

def test_follower_puts_messages_together_and_heeds_what_it_is_told(browser):
    sse = {"Content-Type": "text/event-stream"}
    tricks = Site([
        (503, {"Retry-After": "2"}, [b"{}"]),
        (200, sse, [b": hello\n\nid: evt_1\nevent: a.b\nda", b'ta: {"n":\ndata: 1, "\xc3', b'\xa4": 2}\n', b"\nid: evt_2\ndata: {\"n\": 2}\n\nid: evt_3\nda"]),
        (200, sse, [b'id: evt_3\ndata: {"n": 3}\n\n: still here\n\n']),
        (403, {}, [b"{}"])])
    browser.go(tricks.url())
    follow(browser, "/stream", "slk_a_b")
    browser.until(lambda: browser.driver.execute_script("return window.end") == 403, "the follower gives up")
    assert got(browser) == [{"n": 1, "ä": 2}, {"n": 2}, {"n": 3}]
    assert [asked.get("Last-Event-ID") for asked in tricks.asked] == [None, None, "evt_2", "evt_3"]
    assert {asked["Authorization"] for asked in tricks.asked} == {"Bearer slk_a_b"}
    tricks.shutdown()


def test_hidden_page_asks_for_nothing(browser):
    quiet = Site()
    browser.go(quiet.url())
    hide(browser, True)
    follow(browser, "/stream", "slk_a_b")
    assert browser.driver.execute_async_script("setTimeout(arguments[0], 300)") is None and quiet.asked == []
    hide(browser, False)
    wait_until(lambda: quiet.asked, 20, "the page that is shown asks")
    quiet.shutdown()
