"""The recruiters' console in a real Chromium, in a frame of a page of another origin, with third-party cookies blocked."""

import contextlib
import http.server
import itertools
import json
import threading
from urllib.parse import urlsplit

import pytest
import requests
from selenium.webdriver.common.by import By
from stack.waiting import wait_until
from support import samples
from support.axe import axe  # noqa: F401
from support.browser import Browser
from support.console import Recruiter, ask, console_of

numbers = itertools.count(1)
HOST = """<!doctype html><html lang="en"><meta charset="utf-8"><title>ATS</title><body>
<script>
const heard = [];
let frame = null;
let renewal = null;
addEventListener("message", (event) => {
  heard.push({ ...event.data, from: event.origin });
  if (event.data.type === "expiring" && renewal) {
    frame.contentWindow.postMessage({ source: "sharelink", v: 1, type: "renew", url: renewal }, new URL(frame.src).origin);
  }
});
function put(url) {
  frame?.remove();
  frame = document.createElement("iframe");
  Object.assign(frame, { src: url, title: "Share links", style: "width: 100%; height: 800px; border: 0" });
  document.body.append(frame);
}
</script>"""


class Host:
    """A platform's page, at an origin of its own."""

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(HOST.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def host():
    made = Host()
    yield made
    made.close()


@pytest.fixture(scope="module")
def other_host():
    made = Host()
    yield made
    made.close()


@pytest.fixture
def browser():
    made = Browser(preferences={"profile.cookie_controls_mode": 1, "profile.block_third_party_cookies": True})
    yield made
    made.close()


def session_of(stack, host, **over):
    email = over.pop("email", None) or f"framed-{next(numbers)}@hiring.example"
    return ask(stack, recruiter={"email": email, "name": "Robin", "time_zone": "Europe/Amsterdam"},
               **{"view": "preferences", "origin": host and host.origin, **over})


@contextlib.contextmanager
def inside(browser):
    browser.driver.switch_to.frame(browser.find("iframe"))
    try:
        yield
    finally:
        browser.driver.switch_to.default_content()


def open_framed(browser, host, made):
    browser.go(host.origin)
    browser.driver.execute_script("put(arguments[0])", made["url"])


def heard(browser):
    return browser.driver.execute_script("return heard")


def is_checked(browser, name, value):
    return browser.driver.execute_script("return document.querySelector(`input[name=${arguments[0]}][value=${arguments[1]}]`)?.checked", name, value)


def choose(browser, name, value):
    browser.touch(browser.find(f"input[name={name}][value={value}]"))


def test_preferences_are_read_and_changed_in_a_frame_of_another_origin(stack, host, browser):
    made = session_of(stack, host)
    email = made["recruiter"]["email"]
    open_framed(browser, host, made)
    with inside(browser):
        browser.until_text("Mails to you")
        browser.until(lambda: is_checked(browser, "opens", "every"), "the defaults are there")
        choose(browser, "opens", "first")
        choose(browser, "digest", "daily")
        browser.press("Save")
        browser.until_text("Saved.")
        assert browser.driver.execute_script("return location.hash") == ""
    kept = stack.db.rows("select opens, digest from notifications.preferences where address = %s", email)
    assert [(row["opens"], row["digest"]) for row in kept] == [("first", "daily")]
    said = heard(browser)
    assert {message["from"] for message in said} == {urlsplit(stack.public_url)._replace(path="").geturl()}
    assert {"ready", "navigated", "changed", "resize"} <= {message["type"] for message in said}
    assert all(message["source"] == "sharelink" and message["v"] == 1 for message in said)
    assert browser.complaints() == []


def test_a_muted_link_is_told_of_again(stack, host, browser):
    interview = stack.make_interview()
    recruiter = Recruiter(stack, interview_ids=[interview])
    link = recruiter.share([interview], title="<b>Shortlist</b>")
    recruiter.notifications.put(f"/v1/notification-preferences/{recruiter.email}", {"muted_share_link_ids": [link["id"]]}, status=200)
    open_framed(browser, host, session_of(stack, host, email=recruiter.email))
    with inside(browser):
        browser.until_text("<b>Shortlist</b>")
        browser.press("Tell me again")
        browser.press("Save")
        browser.until_text("Saved.")
    assert stack.db.value("select muted_share_link_ids from notifications.preferences where address = %s", recruiter.email) == []


def test_a_page_of_another_origin_frames_nothing(stack, host, other_host, browser):
    made = session_of(stack, host)
    browser.go(other_host.origin)
    browser.driver.execute_script("put(arguments[0])", made["url"])
    browser.until(lambda: any("frame-ancestors" in line for line in browser.complaints()), "the browser refuses")
    assert heard(browser) == []
    answer = requests.get(made["url"].split("#")[0], timeout=10)
    assert f"frame-ancestors {host.origin};" in answer.headers["Content-Security-Policy"] and "X-Frame-Options" not in answer.headers
    assert len(answer.content) <= 2048
    alone = requests.get(session_of(stack, None)["url"].split("#")[0], timeout=10)
    assert "frame-ancestors 'none';" in alone.headers["Content-Security-Policy"]


def start(stack, made, status):
    return console_of(stack, "none").post(f"/console/{made['id']}/start", {"code": made["url"].split("#")[1]}, status=status).json()


def test_a_code_works_twice_at_once_and_not_after_a_minute_nor_after_five(stack):
    made = session_of(stack, None)
    tokens = {start(stack, made, 200)["token"] for _ in range(2)}
    assert len(tokens) == 2
    stack.db.rows("update console.sessions set first_used_at = now() - interval '59 seconds' where id = %s returning 1", made["id"])
    start(stack, made, 200)
    stack.db.rows("update console.sessions set first_used_at = now() - interval '61 seconds' where id = %s returning 1", made["id"])
    assert start(stack, made, 410)["code"] == "code_used"
    late = session_of(stack, None)
    stack.db.rows("update console.sessions set code_until = code_until - interval '5 minutes' where id = %s returning 1", late["id"])
    assert start(stack, late, 410)["code"] == "code_used"
    over = session_of(stack, None)
    console_of(stack).delete(f"/v1/console-sessions/{over['id']}", status=204)
    assert start(stack, over, 410)["code"] == "session_over"
    wrong = console_of(stack, "none").post(f"/console/{made['id']}/start", {"code": "x"}, status=401).json()
    assert wrong["code"] == "wrong_code"
    console_of(stack, "none").post(f"/console/cns_{'0' * 26}/start", {"code": "x"}, status=404)


def test_a_code_is_taken_ten_times_at_most(stack):
    made = session_of(stack, None)
    for _ in range(10):
        start(stack, made, 200)
    assert start(stack, made, 410)["code"] == "code_used"


def test_a_reload_goes_on_without_a_code(stack, browser):
    made = session_of(stack, None)
    browser.go(made["url"])
    browser.until_text("Mails to you")
    stack.db.rows("update console.sessions set first_used_at = now() - interval '1 hour', code_until = now() where id = %s returning 1", made["id"])
    browser.driver.refresh()
    browser.until_text("Mails to you")
    browser.go("about:blank")
    browser.go(made["url"])  # in this tab, which has its token
    browser.until_text("Mails to you")
    other = Browser()
    try:
        other.go(made["url"])
        other.until_text("This address was used already.", "body")
    finally:
        other.close()


def test_renewal_goes_on_in_place_with_what_is_half_filled(stack, host, browser):
    made = session_of(stack, host)
    fresh = session_of(stack, host, email=made["recruiter"]["email"])
    open_framed(browser, host, made)
    browser.driver.execute_script("renewal = arguments[0]", fresh["url"])
    with inside(browser):
        browser.until(lambda: is_checked(browser, "opens", "every"), "the form is there")
        choose(browser, "opens", "off")
    console_of(stack).delete(f"/v1/console-sessions/{made['id']}", status=204)
    wait_until(lambda: "expiring" in {message["type"] for message in heard(browser)}, 20, "its stream ends, and a fresh session is asked for")
    with inside(browser):
        assert is_checked(browser, "opens", "off")
        browser.press("Save")
        browser.until_text("Saved.")
        assert not browser.all("#over")
    assert stack.db.value("select opens from notifications.preferences where address = %s", made["recruiter"]["email"]) == "off"


def test_our_script_for_platforms_frames_renews_and_tells(stack, host, browser):
    made = session_of(stack, host)
    fresh = session_of(stack, host, email=made["recruiter"]["email"])
    script = requests.get(f"{stack.public_url}/console/embed.js", timeout=10)
    assert len(script.content) <= 1536 and script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    browser.go(host.origin)
    browser.driver.execute_async_script("""
        const [src, done] = arguments;
        document.head.append(Object.assign(document.createElement("script"), { src, onload: done }));""", f"{stack.public_url}/console/embed.js")
    browser.driver.execute_script("""
        const [url, renewed] = arguments;
        window.told = [];
        window.shown = Sharelink.console(document.body, { url, renew: async () => renewed, on: {
          ready: () => told.push("ready"), changed: () => told.push("changed") } });""", made["url"], fresh["url"])
    with inside(browser):
        browser.until_text("Mails to you")
    console_of(stack).delete(f"/v1/console-sessions/{made['id']}", status=204)
    with inside(browser):
        browser.press("Save")
        browser.until_text("Saved.")
    browser.driver.execute_script("shown.theme('dark')")
    with inside(browser):
        browser.until(lambda: browser.driver.execute_script("return document.documentElement.dataset.scheme") == "dark", "the theme is taken")
    assert browser.driver.execute_script("return told") == ["ready", "changed"]


def test_a_session_of_another_recruiter_is_no_renewal(stack, host, browser):
    made, foreign = session_of(stack, host), session_of(stack, host)
    open_framed(browser, host, made)
    browser.driver.execute_script("renewal = arguments[0]", foreign["url"])
    with inside(browser):
        browser.until_text("Mails to you")
    console_of(stack).delete(f"/v1/console-sessions/{made['id']}", status=204)
    with inside(browser):
        browser.until_text("Your session is over", "body")
        assert made["recruiter"]["email"] in browser.text()


def test_a_revoked_key_ends_it_with_a_sentence(stack, host, browser):
    _, key = stack.create_account("Revoked framed")
    made = ask(stack, key=key, origin=host.origin, view="preferences")
    open_framed(browser, host, made)
    with inside(browser):
        browser.until_text("Mails to you")
    stack.operate("key", "revoke", key[:30])
    with inside(browser):
        browser.until_text("Your session is over", "body")
    assert "ended" in {message["type"] for message in heard(browser)}


def test_a_toast_tells_of_an_open(stack, host, browser):
    interview = stack.make_interview()
    recruiter = Recruiter(stack, interview_ids=[interview])
    link = recruiter.share([interview], title="Second opinion")
    open_framed(browser, host, session_of(stack, host, email=recruiter.email))
    wait_until(lambda: stack.notifications.is_running() and "ready" in {message["type"] for message in heard(browser)}, 20, "it is ready")
    reviewer = link["reviewers"][0]["name"]
    with inside(browser):
        wait_for_stream(browser)
        stack.reviewer(link).open(status=200)
        browser.until_text(f"{reviewer} opened “Second opinion”", "#toasts")
        assert browser.find("#toasts").get_attribute("role") == "status"


def wait_for_stream(browser):
    browser.until(lambda: browser.driver.execute_script(
        "return performance.getEntriesByType('resource').length > 0 && document.querySelector('#heading') !== null"), "the page is there")


@pytest.mark.parametrize("language, heading", [("en", "Mails to you"), ("de", "E-Mails an Sie"), ("fr", "E-mails pour vous"), ("es", "Correos para usted"),
                                               ("nl", "E-mails aan u")])
def test_it_speaks_the_language_of_the_session_and_is_accessible(stack, browser, axe, language, heading):  # noqa: F811
    made = session_of(stack, None, locale=language)
    browser.go(made["url"])
    browser.until_text(heading)
    browser.until(lambda: is_checked(browser, "opens", "every"), "the form is there")
    axe(browser)
    console_of(stack).delete(f"/v1/console-sessions/{made['id']}", status=204)
    gone = requests.get(made["url"].split("#")[0], timeout=10)
    assert gone.status_code == 410 and f'lang="{language}"' in gone.text and gone.headers["Content-Language"] == language
    unknown = requests.get(f"{stack.public_url}/console/cns_{'0' * 26}", headers={"Accept-Language": language}, timeout=10)
    assert unknown.status_code == 404 and f'lang="{language}"' in unknown.text


@pytest.mark.parametrize("scheme, ground", [("light", "rgb(246, 245, 241)"), ("dark", "rgb(18, 22, 28)")])
@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_each_scheme_in_each(stack, axe, scheme, ground, is_dark, size):  # noqa: F811
    made = session_of(stack, None, theme={"scheme": scheme, "accent": "#e91e63"})
    browser = Browser(size, dark=is_dark)
    try:
        browser.go(made["url"])
        browser.until(lambda: is_checked(browser, "opens", "every"), "the form is there")
        assert browser.driver.execute_script("return getComputedStyle(document.body).backgroundColor") == ground
        axe(browser)
        browser.screenshot(f"console-preferences-{size}-{scheme}-in-{'dark' if is_dark else 'light'}")
        assert browser.complaints() == []
    finally:
        browser.close()


def test_who_may_only_read_changes_nothing(stack, browser):
    browser.go(session_of(stack, None, may=[])["url"])
    browser.until_text("You can look at this here, and change nothing.")
    assert not browser.all("button.primary") and len(browser.all("fieldset:disabled")) == 4


def test_script_and_style_are_small(stack, browser):
    browser.go(session_of(stack, None)["url"])
    browser.until_text("Mails to you")
    loaded = browser.driver.execute_script("return performance.getEntriesByType('resource').filter((each) => /\\.(js|css)$/.test(each.name)).map((each) => each.name)")
    assert loaded
    raw = sum(len(requests.get(url, headers={"Accept-Encoding": "identity"}, timeout=10).content) for url in loaded)
    assert raw <= 75 * 1024, json.dumps(loaded)
