"""GET /docs: the contract for people, in a real Chromium at the front door: each call has its place, a search finds it, its line of
curl works; what a document holds is shown as text; and who can use it. Screenshots are kept in build/screenshots/.
"""

import http.server
import json
import re
import subprocess
import threading
from urllib.parse import unquote

import pytest
import requests
from selenium.webdriver.common.keys import Keys
from support.api import Api
from support.axe import axe  # noqa: F401
from support.browser import Browser

SIZES = {"phone": (390, 844), "desktop": (1366, 900)}
BUDGET_BYTES = 40_000
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
          "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'")
METHODS = ("get", "post", "put", "patch", "delete")
LONG = "createShareLink"


@pytest.fixture
def browse(request):
    def start(size="desktop", dark=False):
        made = Browser(size, dark, SIZES[size])
        request.addfinalizer(made.close)
        return made
    return start


@pytest.fixture(scope="module")
def docs(stack):
    return stack.public_url + "/docs"


@pytest.fixture(scope="module")
def contract(stack):
    return requests.get(stack.public_url + "/openapi.json", timeout=20).json()


def calls_of(contract):
    """{operationId: (method, path, operation)}"""
    return {operation["operationId"]: (method, path, operation) for path, item in contract["paths"].items()
            for method, operation in item.items() if method in METHODS}


def show(browser, url, fragment=""):
    browser.go("about:blank")  # else a change of the fragment alone would be no new page
    browser.go(url + fragment)
    browser.until(lambda: browser.all("article"), "a view")
    return browser


# Goes to each place in turn, and tells what stands there.
WALK = """
    const [ids, done] = arguments;
    (async () => {
      const seen = {};
      for (const id of ids) {
        const come = new Promise((resolve) => addEventListener("hashchange", resolve, { once: true }));
        location.hash = id;
        await come;
        const main = document.querySelector("main");
        seen[id] = { id: document.querySelector("article").id, title: document.title, route: main.querySelector(".route code")?.textContent,
          method: main.querySelector(".method")?.textContent, width: document.documentElement.scrollWidth, marked: document.querySelector("nav [aria-current]")?.hash,
          curl: main.querySelector(".curl pre")?.textContent, text: main.innerText };
      }
      return seen;
    })().then(done, (fault) => done(String(fault)));"""


def walk(browser, ids):
    browser.driver.set_script_timeout(60)
    return browser.driver.execute_async_script(WALK, ids)


# --- how it is served ---


def test_page_is_served_as_pages_are(stack, docs):
    answer = requests.get(docs, timeout=5)
    expected = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
                "X-Robots-Tag": "noindex", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-cache", "Content-Type": "text/html; charset=utf-8"}
    assert (answer.status_code, {name: answer.headers.get(name) for name in expected}) == (200, expected)
    again = requests.get(docs, headers={"If-None-Match": answer.headers["ETag"]}, timeout=5)
    assert (again.status_code, again.content) == (304, b"")
    assert requests.get(docs + "/", timeout=5).text == answer.text  # as somebody may type it
    assert requests.get(docs + "/nothing", timeout=5).status_code == 404
    Api(stack.links.url()).get("/docs", status=200)


def loads(docs):
    return sorted(set(re.findall(r'(?:href|src)="(/docs/[^"]+)"', requests.get(docs, timeout=5).text)))


def test_what_it_loads_may_be_kept_for_good_and_is_light(stack, docs):
    weight = 0
    for path in loads(docs):
        answer = requests.get(stack.public_url + path, timeout=5)
        assert (answer.status_code, answer.headers["X-Content-Type-Options"]) == (200, "nosniff"), path
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers.get("Content-Encoding") in ("gzip", "br") or len(answer.content) < 1000, path
        weight += 0 if path.endswith(".svg") else len(answer.content)
    assert len(loads(docs)) > 10 and weight <= BUDGET_BYTES, weight
    other = requests.get(f"{docs}/0123456789abcdef/docs.js", timeout=5)
    assert (other.status_code, other.headers["Cache-Control"]) == (200, "no-store")


def test_first_view_asks_this_origin_alone_and_does_not_jump(stack, browse, docs):
    for size in SIZES:
        browser = show(browse(size), docs, f"#{LONG}")
        names = browser.driver.execute_script("return performance.getEntriesByType('resource').map((each) => each.name)")
        assert all(name.startswith(stack.public_url + "/") for name in names)
        assert {name[len(stack.public_url):] for name in names} >= {path for path in loads(docs) if path.endswith(("js", "css"))} | {"/openapi.json"}
        moved = browser.driver.execute_async_script("""
            const done = arguments[0];
            let sum = 0;
            new PerformanceObserver((list) => list.getEntries().forEach((each) => { sum += each.value; })).observe({ type: "layout-shift", buffered: true });
            requestAnimationFrame(() => setTimeout(() => done(sum), 100));""")
        assert moved <= 0.02, moved


def test_without_script_it_says_where_the_contract_is(browse, docs):
    browser = browse()
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.go(docs)
    assert "needs JavaScript" in browser.find("noscript").text
    assert browser.find("noscript a").get_attribute("href").endswith("/openapi.json")


# --- what it shows ---


def test_overview_tells_title_version_server_and_all_calls(stack, browse, docs, contract):
    browser = show(browse(), docs)
    text = browser.text()
    assert contract["info"]["title"] in browser.text("h1") and contract["info"]["version"] in text
    assert all(server["url"] in text for server in contract["servers"])
    links = browser.driver.execute_script("return [...document.querySelectorAll('main .index a')].map((each) => each.hash.slice(1))")
    assert set(calls_of(contract)) <= set(links)
    beside = browser.driver.execute_script("return [...document.querySelectorAll('nav a')].map((each) => each.hash.slice(1))")
    assert set(links) <= set(beside)
    assert not browser.complaints()


@pytest.mark.parametrize("size", SIZES)
def test_each_call_and_event_has_its_place(browse, docs, contract, size):
    calls = calls_of(contract)
    events = [operation["operationId"] for item in contract.get("webhooks", {}).values() for operation in item.values()]
    browser = show(browse(size), docs)
    seen = walk(browser, [*calls, *events])
    assert isinstance(seen, dict), seen
    for name, (method, path, operation) in calls.items():
        place = seen[name]
        assert (place["id"], place["route"], place["method"], place["marked"]) == (name, path, method.upper(), f"#{name}")
        assert f"{method.upper()} {path}" in place["title"]
        assert operation["summary"].rstrip(".") in place["text"]
        for scopes in operation.get("security", contract.get("security", [])):
            assert all(scope in place["text"] for scope in scopes["api_key"])
        assert all(status in place["text"] or status == "default" for status in operation["responses"])
        assert place["width"] <= SIZES[size][0], name
    for name in events:
        assert seen[name]["id"] == name and seen[name]["method"] == "EVENT" and seen[name]["width"] <= SIZES[size][0]
    assert not browser.complaints()


def test_nested_members_unfold_with_their_limits(browse, docs):
    browser = show(browse(), docs, f"#{LONG}")
    assert "abbreviate_names" not in browser.text(".parts")
    browser.press("Unfold all")
    browser.until(lambda: "abbreviate_names" in browser.text(".parts"), "a member of settings")
    text = browser.text(".parts")
    assert "1 to 500 entries" in text and "required" in text and "one of days, weeks" in text
    browser.press("Fold all")
    browser.until(lambda: "abbreviate_names" not in browser.text(".parts"), "folded again")


def test_problem_codes_are_told_with_the_calls_that_answer_them(browse, docs):
    browser = show(browse(), docs, "#problem-codes")
    text = browser.text()
    for code in ("insufficient_scope", "rate_limited", "validation_failed", "idempotency_key_reused", "precondition_failed"):
        assert code in text
    assert re.search(r"told by \d+ calls", text)


# --- searching, and the keyboard ---


def found(browser):
    return browser.driver.execute_script("return [...document.querySelectorAll('nav a')].map((each) => each.hash.slice(1))")


@pytest.mark.parametrize("words, wanted", [
    ("/share-links/{id}/reactivate", "reactivateShareLink"), ("ITSELF stays reviewer mailed", "reactivateReviewer"), ("mask_questionnaire", LONG),
    ("erase candidate", "eraseInterview"), ("éràse CANDIDATE", "eraseInterview"),
])
def test_search_finds_by_path_text_and_member(browse, docs, contract, words, wanted):
    browser = show(browse(), docs)
    browser.find("[type=search]").send_keys(words)
    browser.until_text(" of ", "#found")
    assert wanted in found(browser) and len(found(browser)) < len(calls_of(contract)) / 2


def test_search_says_when_it_finds_nothing(browse, docs):
    browser = show(browse(), docs)
    browser.find("[type=search]").send_keys("qqq <b>")
    browser.until_text("Nothing has “qqq <b>”", "#found")
    assert found(browser) == []


def test_all_of_it_by_keyboard(browse, docs):
    browser = show(browse(), docs)

    def keys(*pressed):
        for key in pressed:
            browser.driver.switch_to.active_element.send_keys(key)

    browser.find("body").send_keys("/")
    assert browser.driver.switch_to.active_element.get_attribute("type") == "search"
    keys("email-templates", Keys.ARROW_DOWN)
    links = found(browser)
    assert browser.driver.switch_to.active_element.get_attribute("hash") == f"#{links[0]}"
    keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP)
    assert browser.driver.switch_to.active_element.get_attribute("hash") == f"#{links[1]}"
    keys(Keys.ENTER)
    browser.until(lambda: shows(browser, links[1]), "the second of what was found")
    assert browser.driver.switch_to.active_element.tag_name == "h1"
    assert found(browser) == links  # the search stays
    keys(Keys.ESCAPE)
    browser.until(lambda: len(found(browser)) > len(links), "all calls again")
    assert browser.find("[type=search]").get_attribute("value") == ""


def test_on_a_phone_the_calls_unfold(browse, docs):
    browser = show(browse("phone"), docs)
    assert not browser.find("nav").is_displayed()
    browser.press("Calls")
    browser.until(lambda: browser.find("nav").is_displayed(), "the list of calls")
    browser.press("/account")
    browser.until(lambda: browser.driver.execute_script("return document.querySelector('article')?.id"), "a call")
    assert not browser.find("nav").is_displayed() and browser.find("#toggle").get_attribute("aria-expanded") == "false"


# --- deep links ---


def shows(browser, call):
    return browser.driver.execute_script("return document.querySelector('article')?.id") == call


def test_address_of_a_call_survives_a_reload_and_back_leads_back(browse, docs):
    browser = show(browse(), docs, f"#{LONG}")
    browser.driver.refresh()
    browser.until(lambda: shows(browser, LONG), "the call again")
    browser.driver.execute_script("scrollTo(0, 700)")
    browser.until(lambda: browser.driver.execute_script("return scrollY") == 700, "read down to there")
    browser.driver.execute_script("document.querySelector('nav a[href=\"#getInterview\"]').click()")
    browser.until(lambda: shows(browser, "getInterview"), "another call")
    assert browser.driver.execute_script("return scrollY") == 0
    browser.driver.back()
    browser.until(lambda: shows(browser, LONG), "back")
    browser.until(lambda: browser.driver.execute_script("return scrollY") == 700, "where it was read")


def test_unknown_address_says_so_and_shows_the_overview(browse, docs):
    browser = show(browse(), docs, "#noSuchCall%20%3Cb%3E")
    browser.until_text("There is no call", "[role=alert]")
    assert browser.all("main .index a") and not browser.all("main [role=alert] b")


# --- copying ---


def clipboard(browser, docs):
    origin = docs.rsplit("/", 1)[0]
    browser.driver.execute_cdp_cmd("Browser.grantPermissions", {"origin": origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
    return lambda: browser.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0], (fault) => arguments[0](String(fault)))")


def test_curl_and_address_are_copied(browse, docs):
    browser = show(browse(), docs, f"#{LONG}")
    read = clipboard(browser, docs)
    browser.find(".curl .copy").click()
    browser.until_text("Copied", ".curl .copy")
    assert read() == browser.driver.execute_script("return document.querySelector('.curl pre').textContent")
    browser.press("Copy link")
    browser.until_text("Copied", ".route .copy")
    assert read() == f"{docs}#{LONG}"


def test_copying_without_the_clipboard_goes_by_the_older_command(browse, docs):
    browser = show(browse(), docs, f"#{LONG}")
    read = clipboard(browser, docs)
    browser.driver.execute_script("navigator.clipboard.writeText = () => Promise.reject(new Error('denied'))")
    browser.find(".curl .copy").click()
    browser.until_text("Copied", ".curl .copy")
    assert read() == browser.driver.execute_script("return document.querySelector('.curl pre').textContent")


def test_what_cannot_be_copied_is_selected_and_not_said_to_be(browse, docs):
    browser = show(browse(), docs, f"#{LONG}")
    browser.driver.execute_script("navigator.clipboard.writeText = () => Promise.reject(new Error('denied')); document.execCommand = () => false")
    browser.find(".curl .copy").click()
    browser.until_text("Press Ctrl+C", ".curl .copy")
    assert browser.driver.execute_script("return String(getSelection())").strip() == browser.text(".curl pre").strip()
    assert "Copied" not in browser.text()


# --- lines of curl ---


def arguments_of(line, tmp_path):
    """What the shell makes of a line."""
    ran = subprocess.run(["sh", "-c", 'curl() { printf "%s\\0" "$@"; }\n' + line], cwd=tmp_path, env={"API_KEY": "the-key"}, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, ""), line
    return ran.stdout.split("\0")[:-1]


def test_every_line_is_one_for_the_shell(stack, browse, docs, contract, tmp_path):
    calls = calls_of(contract)
    seen = walk(show(browse(), docs), list(calls))
    for name, (method, path, operation) in calls.items():
        args = arguments_of(seen[name]["curl"], tmp_path)
        url = next(arg for arg in args if arg.startswith("http"))
        shape = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
        assert re.fullmatch(re.escape(stack.public_url) + re.sub(r"\{[^}]*\}", "[^/?]*", shape) + r"(\?.*)?", url), (name, url)
        assert ("Authorization: Bearer the-key" in args) == bool(operation.get("security", contract.get("security"))), name
        said = args[args.index("-X") + 1] if "-X" in args else "POST" if "--json" in args else "GET"
        assert said == method.upper(), name
        if "--json" in args:
            json.loads(args[args.index("--json") + 1])


@pytest.mark.parametrize("name", ["getAccount", "listShareLinks", "putInterview", "createEmailTemplate", "createWebhookEndpoint"])
def test_lines_work(stack, browse, docs, name):
    browser = show(browse(), docs, f"#{name}")
    line = browser.driver.execute_script("return document.querySelector('.curl pre').textContent")
    ran = subprocess.run(["sh", "-c", f"{line} -sS -o /dev/null -w '%{{http_code}}'"], env={"API_KEY": stack.key, "PATH": "/usr/bin:/bin"},
                         capture_output=True, text=True, timeout=20, check=False)
    assert ran.stdout in ("200", "201"), (line, ran.stdout, ran.stderr)


# --- documents of any kind ---


class Scripted(http.server.BaseHTTPRequestHandler):
    """The links daemon, but for /openapi.json, which is the test's to say: (status, text)."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/openapi.json":
            status, text = self.server.document
            return self.answer(status, {"Content-Type": "application/json"}, text.encode())
        got = requests.get(self.server.links + self.path, timeout=60)
        return self.answer(got.status_code, {name: got.headers[name] for name in ("Content-Type", "Content-Security-Policy") if name in got.headers}, got.content)

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def scripted(stack, request):
    """Serves a document with the page; its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    server.links = stack.links.url()
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    request.addfinalizer(lambda: (server.shutdown(), server.server_close()))

    def serve(document, status=200):
        server.document = status, document if isinstance(document, str) else json.dumps(document)
        return f"http://127.0.0.1:{server.server_port}/docs"
    return serve


MARK = "<img src=x onerror=alert(1)><script>alert(2)</script>"
SHELL = "'; touch made; `touch made` $(touch made) \"\\"


def hostile():
    schema = {"type": "object", "title": MARK, "description": f"{MARK} [x](javascript:alert(3)) [y](//evil.example) **{MARK}** `{MARK}`", "required": [MARK],
              "properties": {MARK: {"type": MARK, "pattern": MARK, "enum": [MARK], "default": MARK, "format": MARK}, "__proto__": {"type": "string"},
                             "again": {"$ref": "#/components/schemas/Loop"}, "nowhere": {"$ref": "#/components/nothing/there"}, "null": None}}
    return {
        "openapi": "3.1.0", "info": {"title": MARK, "version": MARK, "description": MARK, "summary": MARK},
        "servers": [{"url": f"http://127.0.0.1/{SHELL}", "description": MARK}], "tags": [{"name": MARK, "description": MARK}],
        "paths": {f"/v1/{{{MARK}}}/{SHELL}": {"post": {
            "operationId": "hostile", "tags": [MARK], "summary": MARK, "description": MARK, "security": [{"api_key": [MARK]}],
            "parameters": [{"name": MARK, "in": "path", "required": True, "description": MARK, "schema": schema, "example": SHELL},
                           {"name": f"X-{SHELL}", "in": "header", "required": True, "example": SHELL}],
            "requestBody": {"content": {"application/json": {"schema": {"oneOf": [schema, {"$ref": "#/components/schemas/Loop"}]}, "examples": {MARK: {"value": {SHELL: MARK}}}}}},
            "responses": {"200": {"description": MARK, "headers": {MARK: {"schema": schema}}, "content": {MARK: {"schema": schema, "example": MARK}}},
                          "400": {"description": f"`evil`: {MARK}"}}}}},
        "webhooks": {MARK: {"post": {"summary": MARK, "requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {}}}},
        "components": {"schemas": {"Loop": {"type": "object", "properties": {"loop": {"$ref": "#/components/schemas/Loop"},
                                                                             "list": {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/Loop"}]}}},
                                            "anyOf": [{"$ref": "#/components/schemas/Self"}, {"$ref": "#/components/schemas/Loop"}]},
                                   "Self": {"$ref": "#/components/schemas/Self"}}}}


def test_what_a_document_holds_is_shown_as_text(browse, scripted, tmp_path):
    browser = show(browse(), scripted(hostile()))
    for fragment in ("", "#hostile", "#problem-codes", "#all"):
        browser.driver.execute_script("location.hash = arguments[0]", fragment)
        browser.until(lambda: MARK in browser.text("main") or fragment == "#problem-codes", f"the text, at {fragment}")
        assert not browser.all("main img, main script, nav img, nav script")
        assert not browser.driver.execute_script(
            "return [...document.querySelectorAll('a')].filter((each) => each.protocol === 'javascript:' || each.host !== location.host).map((each) => each.href)")
    assert not browser.asks() and not browser.complaints()
    browser.driver.execute_script("location.hash = 'hostile'")
    browser.until(lambda: shows(browser, "hostile"), "the call")
    args = arguments_of(browser.driver.execute_script("return document.querySelector('.curl pre').textContent"), tmp_path)
    assert not list(tmp_path.iterdir()), "the shell ran what stood in the document"
    assert json.loads(args[args.index("--json") + 1]) == {SHELL: MARK} and f"X-{SHELL}: {SHELL}" in args
    assert SHELL in unquote(next(arg for arg in args if arg.startswith("http")))


@pytest.mark.parametrize("document, status, words", [
    ("", 503, "the server answered 503"), ("{", 200, "what came is no JSON"), ("[]", 200, "no OpenAPI document"), ("null", 200, "no OpenAPI document"),
    ('{"swagger": "2.0", "paths": {}}', 200, "no OpenAPI document"),
])
def test_document_that_cannot_be_had_is_told_and_asked_for_again(browse, scripted, document, status, words):
    browser = browse("phone").go(scripted(document, status))
    browser.until_text(words, "[role=alert]")
    assert "CONTRACT" in browser.text("h1").upper() and browser.find("main a").get_attribute("href").endswith("/openapi.json")
    scripted(hostile())
    browser.press("Try again")
    browser.until_text("Version")


def test_daemon_itself_shows_its_own(stack, browse):
    browser = show(browse(), stack.links.url() + "/docs", f"#{LONG}")
    assert browser.find("article").get_attribute("id") == LONG and not browser.complaints()


# --- who can use it, and how it looks ---


def test_print_unfolds_and_leaves_the_menu_out(browse, docs):
    browser = show(browse(), docs, f"#{LONG}")
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert not browser.find("nav").is_displayed() and not [each for each in browser.all("button") if each.is_displayed()]
    assert "abbreviate_names" in browser.text(".parts")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(browse, docs, axe, size, dark):  # noqa: F811
    browser = browse(size, dark)
    for view, fragment in (("overview", ""), ("call", f"#{LONG}"), ("event", "#getEvent"), ("codes", "#problem-codes")):
        show(browser, docs, fragment)
        if view == "call":
            browser.press("Unfold all")
        browser.screenshot(f"docs-{size}-{'dark' if dark else 'light'}-{view}")
        axe(browser)
    if size == "phone":
        browser.press("Calls")
    browser.find("[type=search]").send_keys("passcode reviewer")
    browser.until_text(" of ", "#found")
    browser.screenshot(f"docs-{size}-{'dark' if dark else 'light'}-search")
    axe(browser)
    assert not browser.complaints()
