"""The door of a reviewer's page in a real Chromium: who is asked for what, and who goes straight in; leaving; what the browser forbids.
"""

import re

import pytest
import requests
from selenium.webdriver.common.keys import Keys
from stack.waiting import wait_until
from support import samples
from support.axe import axe  # noqa: F401

LANGUAGES = {"en": "Start", "de": "Starten", "fr": "Commencer", "es": "Empezar", "nl": "Beginnen"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack()
    yield made
    made.close()


def interview(stack, job="Librarian", seconds=60, **candidate):
    document = samples.interview_document(job={"id": job, "title": job})
    document["candidate"] = {"first_name": "Firstcanary", "last_name": "Lastcanary", **candidate}
    document["questions"] = [{"id": "q1", "text": "Why?", "skipped": False, "answer": {
        "kind": "video", "media_url": "media:answers/int-2041-q1.mp4", "duration_seconds": seconds}}]
    interview_id = samples.interview_id()
    stack.api.put(f"/v1/interviews/{interview_id}", document, status=201)
    return interview_id


@pytest.fixture(scope="module")
def interview_ids(stack):
    return [interview(stack) for _ in range(3)]


@pytest.fixture
def link(stack, interview_ids):
    return stack.make_share_link(interview_ids=interview_ids)


def url_of(link):
    return link["reviewers"][0]["url"]


def page_of(link):
    return url_of(link).split("#")[0]


def opens(stack, link):
    return stack.db.value("select count(*) from views.visits where share_link_id = %s", link["id"])


def events(stack, link, kind):
    return stack.db.value("select count(*) from events.log where type = %s and share_link_id = %s", kind, link["id"])


def fetched(stack, link, **headers):
    return requests.get(page_of(link), headers=headers, timeout=20)


# --- what it says ---

def test_gate_says_who_what_how_long_and_until_when(stack, interview_ids):
    link = stack.make_share_link(interview_ids=interview_ids)
    stack.db.rows("update links.share_links set expires_at = '2099-12-13T09:00:00Z', owner_time_zone = 'Europe/Amsterdam', owner_name = 'Robin Castellanos' where id = %s", link["id"])
    text = fetched(stack, link).text
    for words in ("Robin Castellanos shares 3 candidates with you", "about 3 min", "until Sunday, 13 December 2099, 10:00 (Europe/Amsterdam)",
                  "Robin is told that you opened it.", "Ask Robin"):
        assert words in text, words
    for hidden in ("canary", "Librarian", link["title"], link["reviewers"][0]["name"], link["reviewers"][0]["email"]):
        assert hidden not in text, hidden


def test_gate_of_several_jobs_says_how_many(stack):
    link = stack.make_share_link(interview_ids=[interview(stack, "Librarian"), interview(stack, "Archivist")])
    text = fetched(stack, link).text
    assert "2 jobs" in text and "Librarian" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_gate_speaks_the_readers_language(stack, link, language):
    answer = fetched(stack, link, **{"Accept-Language": f"{language}-XX, en;q=0.5"})
    assert f'<html lang="{language}" dir="ltr">' in answer.text and f">{LANGUAGES[language]}</button>" in answer.text
    assert answer.headers["Content-Language"] == language and f"gate-{language}.js" in answer.text
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize("locale, words, direction", [("ar-EG", "en", "rtl"), ("he", "en", "rtl"), ("ar-Latn", "en", "ltr"), ("de", "de", "ltr"), (None, "en", "ltr")])
def test_page_runs_the_way_of_the_readers_locale(stack, interview_ids, locale, words, direction):
    """Whatever language its words are in: there is no catalogue for it yet."""
    link = stack.make_share_link(interview_ids=interview_ids, reviewers=[{**each, "locale": locale} for each in samples.reviewers(1)])
    assert f'<html lang="{words}" dir="{direction}">' in fetched(stack, link).text
    asked = requests.post(f"{page_of(link)}/request-access", headers={**FORM, "Origin": stack.public_url}, timeout=20)
    assert f'<html lang="{words}" dir="{direction}">' in asked.text
    stack.db.rows(ENDS["expired"][0], link["id"])
    assert f'<html lang="{words}" dir="{direction}">' in fetched(stack, link).text


def test_brand_is_on_the_page_and_its_policy_allows_that_style_alone(stack, link):
    stack.db.rows("update links.accounts a set brand_name = 'Acme <&>', brand_accent = '#ffe600' from links.share_links l where l.account_id = a.id and l.id = %s", link["id"])
    try:
        answer = fetched(stack, link)
        assert "Acme &lt;&amp;&gt;" in answer.text
        style = re.search("<style>(.*?)</style>", answer.text)[1]
        assert "prefers-color-scheme:dark" in style and "--accent:#" in style and "#ffe600" not in style.split("@media")[0]
        assert "'sha256-" in answer.headers["Content-Security-Policy"] and "unsafe" not in answer.headers["Content-Security-Policy"]
    finally:
        stack.db.rows("update links.accounts a set brand_name = null, brand_accent = null from links.share_links l where l.account_id = a.id and l.id = %s", link["id"])


def test_style_of_the_brand_is_in_force(stack, browse, link):
    stack.db.rows("update links.accounts a set brand_accent = '#a01060' from links.share_links l where l.account_id = a.id and l.id = %s", link["id"])
    try:
        browser = browse().go(url_of(link))
        browser.until_text("Your personal link")
        assert browser.driver.execute_script("return getComputedStyle(document.getElementById('start')).backgroundColor") == "rgb(160, 16, 96)"
        assert not browser.complaints()
    finally:
        stack.db.rows("update links.accounts a set brand_accent = null from links.share_links l where l.account_id = a.id and l.id = %s", link["id"])


# --- never ask twice ---

def test_with_the_code_there_is_no_field_and_without_it_one(stack, browse, link):
    browser = browse("phone").go(url_of(link))
    browser.until_text("Your personal link")
    assert not [each for each in browser.all("input") if each.is_displayed()]
    assert "#" not in browser.driver.current_url
    browser.screenshot("phone-gate-code")
    browser.go("about:blank").go(page_of(link))
    browser.until(lambda: browser.find("#passcode").is_displayed(), "the field")
    assert browser.find("#passcode").get_attribute("autocomplete") == "one-time-code"
    browser.screenshot("phone-gate-field")


@pytest.mark.parametrize("with_code", [True, False])
def test_live_session_goes_straight_in_in_another_tab(stack, browse, link, with_code):
    browser = browse().open(url_of(link))
    browser.driver.switch_to.new_window("tab")
    browser.go(url_of(link) if with_code else page_of(link))
    browser.until(lambda: browser.all(".cards"), "the list")
    assert "#" not in browser.driver.current_url and not browser.find("#gate").is_displayed()
    assert opens(stack, link) == 1
    assert 'data-session="live"' in browser.driver.execute_script("return fetch(location.href).then((answer) => answer.text())")


def test_reload_after_the_sessions_end_says_so(stack, browse, link):
    browser = browse().open(url_of(link))
    stack.db.rows("update views.visits set opened_at = now() - interval '13 hours' where share_link_id = %s", link["id"])
    browser.driver.refresh()
    browser.until_text("Your session is over", "#gate")
    browser.find("#passcode").send_keys(url_of(link).split("#")[1] + Keys.ENTER)
    browser.until(lambda: browser.all(".cards"), "the list")


def test_one_candidate_is_shown_at_once(stack, browse, interview_ids):
    link = stack.make_share_link(interview_ids=interview_ids[:1])
    browser = browse().go(url_of(link))
    browser.press("Start")
    browser.until_text("Firstcanary", "h1")
    assert f"interview={interview_ids[0]}" in browser.driver.current_url
    assert browser.driver.execute_script("return history.length") <= 2


def test_session_that_ended_unseen_is_no_wrong_passcode(stack, browse, link):
    """Another tab was in once; by now the session is over, and that could not be heard at first."""
    browser = browse().open(url_of(link))
    stack.db.rows("update views.visits set opened_at = now() - interval '13 hours' where share_link_id = %s", link["id"])
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/content*"]})
    browser.driver.switch_to.new_window("tab")
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/content*"]})
    browser.go(url_of(link))
    browser.until_text("There is no connection just now", "#gate")
    browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    browser.press("Start")
    browser.until_text("It lasts for twelve hours", "#gate")
    assert "not the passcode" not in browser.text("#gate")
    browser.press("Start")
    browser.until(lambda: browser.all(".cards"), "the list")


# --- a browser that forbids things ---

def test_blocked_cookies_are_told_of_and_nothing_is_opened(stack, browse, link):
    browser = browse(preferences={"profile.default_content_setting_values.cookies": 2})
    browser.go(url_of(link))
    browser.until_text("Your browser blocks cookies", "#problem")
    for _ in range(3):
        browser.press("Start")
    browser.until_text("Your browser blocks cookies", "#problem")
    assert "#" not in browser.driver.current_url
    assert opens(stack, link) == 0 and events(stack, link, "link.opened") == 0
    browser.screenshot("desktop-gate-no-cookies")


def test_storage_that_throws_is_no_hindrance(stack, browse, link):
    browser = browse()
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
        for (const name of ["localStorage", "sessionStorage"]) {
          Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
        }"""})
    browser.open(url_of(link))
    assert "#" not in browser.driver.current_url and opens(stack, link) == 1


def test_cookie_that_is_lost_after_all_makes_one_open(stack, browse, link):
    """As where something on the way drops the cookie: the page cannot know before."""
    browser = browse().go(url_of(link))
    browser.driver.execute_script("""
        const ask = window.fetch;
        window.fetch = (address, options) => ask(address, { ...options, credentials: "omit" });""")
    for _ in range(3):
        browser.press("Start")
        browser.until_text("did not keep the cookie", "#problem")
    assert opens(stack, link) == 1


# --- before and without the script ---

def test_tap_before_the_script_is_there_asks_for_no_field(stack, browse, link):
    browser = browse("phone")
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/gate-*.js"]})
    browser.go(url_of(link))
    assert not browser.all(":required")
    browser.press("Start")
    browser.until_text("did not load whole", "h1")
    browser.screenshot("phone-gate-no-script")
    assert opens(stack, link) == 0


@pytest.mark.parametrize("missing", ["*/app-*.js", "*/chunk-*.js", "*/list.css"])
def test_part_that_does_not_load_says_so_before_anything_is_opened(stack, browse, link, missing):
    browser = browse()
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": [missing]})
    browser.go(url_of(link))
    browser.press("Start")
    browser.until_text("did not load", "#problem")
    assert opens(stack, link) == 0
    browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    browser.press("Load again")
    browser.until_text("Your personal link")
    browser.press("Start")
    browser.until(lambda: browser.all(".cards"), "the list")


@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("missing", ["*/interview-*.js", "*/feedback-*.js", "*/finish-*.js"])
def test_part_that_does_not_load_later_is_offered_again_and_nobody_asks_for_the_passcode(stack, browse, link, missing, size):
    browser = browse(size).open(url_of(link))
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": [missing]})
    browser.press("See all your reviews" if "finish" in missing else "Firstcanary")
    browser.until_text("did not load", "#app h1")
    browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    browser.press("Load again")
    browser.until_text("You have reviewed" if "finish" in missing else "Firstcanary", "#app h1")
    assert opens(stack, link) == 1


# --- leaving ---

def test_leaving_asks_says_goodbye_and_ends_it_in_every_tab(stack, browse, link):
    browser = browse("phone").open(url_of(link))
    first = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("tab")
    browser.go(page_of(link))
    browser.until(lambda: browser.all(".cards"), "the list")
    browser.press("Leave")
    browser.find("dialog[open]")
    assert browser.driver.switch_to.active_element.text == "Stay"
    browser.screenshot("phone-leave")
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    browser.until(lambda: not browser.all("dialog"), "it is closed")
    assert browser.driver.switch_to.active_element.text == "Leave"
    browser.press("Leave")
    browser.press("Leave the page")
    browser.until_text("Goodbye", "h1")
    browser.until_text("it works until ", ".goodbye")
    browser.screenshot("phone-goodbye")
    browser.driver.switch_to.window(first)
    browser.until_text("in another tab", ".goodbye")
    assert not browser.driver.execute_script("return Object.keys(localStorage).length + Object.keys(sessionStorage).length")
    browser.driver.refresh()
    browser.until(lambda: browser.find("#passcode").is_displayed(), "the gate")


def test_nobody_is_asked_to_leave_what_another_tab_has_left(stack, browse, link):
    browser = browse().open(url_of(link))
    first = browser.driver.current_window_handle
    browser.press("Leave")
    browser.find("dialog[open]")
    browser.driver.switch_to.new_window("tab")
    browser.go(page_of(link))
    browser.until(lambda: browser.all(".cards"), "the list")
    browser.press("Leave")
    browser.press("Leave the page")
    browser.until_text("Goodbye", "h1")
    browser.driver.switch_to.window(first)
    browser.until_text("in another tab", ".goodbye")
    assert not browser.all("dialog")


# --- over, and asking the sender ---

ENDS = {
    "expired": ("update links.share_links set expires_at = '2026-01-11T09:00:00Z', owner_time_zone = 'Europe/Amsterdam' where id = %s",
                "It was open until Sunday, 11 January 2026, 10:00 (Europe/Amsterdam)."),
    "by hand": ("update links.share_links set deactivated_at = now(), state_reason = '{\"code\": \"manual\"}' where id = %s", "switched it off"),
    "unusual": ("update links.reviewers set deactivated_at = now(), state_reason = '{\"code\": \"unusual_activity\"}' where share_link_id = %s", "unusually often"),
    "max age": ("update links.share_links set deactivated_at = now(), state_reason = '{\"code\": \"max_age\"}' where id = %s", "for a very long time"),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_of_a_link_that_is_over_says_why_and_asks_without_a_script(stack, interview_ids, end, language):
    link = stack.make_share_link(interview_ids=interview_ids)
    stack.db.rows(ENDS[end][0], link["id"])
    answer = fetched(stack, link, **{"Accept-Language": language})
    assert answer.status_code == 410 and f'lang="{language}"' in answer.text and link["owner"]["name"] in answer.text
    assert language != "en" or ENDS[end][1] in answer.text
    action = re.search('<form class="ask" method="post" action="([^"]*)">', answer.text)[1]
    asked = requests.post(stack.front.url() + action, headers={**FORM, "Origin": stack.public_url, "Accept-Language": language}, timeout=20)
    assert asked.status_code == 202 and f'lang="{language}"' in asked.text
    assert language != "en" or "it comes by mail" in asked.text
    assert events(stack, link, "link.access_requested") == 1


def test_who_asks_of_a_link_that_works_is_promised_no_new_one(stack, browse, link):
    browser = browse().go(url_of(link))
    browser.until_text("Your personal link")
    browser.press("Ask ")
    browser.until_text("Your link works as it is", "#asked")
    assert "comes by mail" not in browser.text("#gate")
    asked = requests.post(f"{page_of(link)}/request-access", headers={**FORM, "Origin": stack.public_url}, timeout=20)
    assert "Your link works as it is" in asked.text and "by mail" not in asked.text


def test_form_of_a_browser_without_scripts_is_let_through(stack, browse, link):
    stack.db.rows(ENDS["expired"][0], link["id"])
    browser = browse("phone")
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.go(url_of(link))
    browser.all("#ask")[0].click()
    wait_until(lambda: events(stack, link, "link.access_requested") == 1, 20, "the sender is asked")
    assert "is told that you asked" in browser.all("h1")[0].text
    browser.screenshot("phone-asked")


# --- who can use it ---

@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_and_the_eye(stack, browse, axe, interview_ids, language, dark):  # noqa: F811
    link = stack.make_share_link(interview_ids=interview_ids)
    browser = browse("phone", dark, viewport=(320, 640), language=language)
    scheme = "dark" if dark else "light"

    def check(view):
        browser.screenshot(f"gate-{view}-{language}-{scheme}")
        assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= 320
        axe(browser)

    browser.go(url_of(link))
    browser.until(lambda: browser.find("#personal").is_displayed(), "the gate")
    check("code")
    browser.driver.execute_script("document.documentElement.dir = 'rtl'")
    check("rtl")
    browser.go("about:blank").go(page_of(link))
    browser.until(lambda: browser.find("#passcode").is_displayed(), "the field")
    browser.find("#start").click()
    browser.until(lambda: browser.text("#problem"), "what is missing")
    check("field")
    stack.db.rows(ENDS["unusual"][0], link["id"])
    browser.go(page_of(link) + "?again")
    check("over")
