"""Feedback in a real Chromium: what is written and chosen is saved, kept while it cannot be, merged with what was saved elsewhere, and
its reader told how it stands, whatever the tab, the network, the session or the storage do meanwhile."""

import json
import pathlib
import subprocess

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from stack.waiting import wait_until
from support import samples
from support.axe import axe  # noqa: F401
from support.browser import SIZES

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = pathlib.Path(__file__).parent / "support" / "scripts"
PEOPLE = [("Zoë", "van Dijk"), ("Mateo", "Silva"), ("Amara", "Okafor")]
QUESTIONS = [{"id": f"q{number}", "text": f"Question {number}?", "skipped": False, "answer": {"kind": "text", "text": f"Answer {number}."}}
             for number in (1, 2, 3)]
DRAFTS = "return Object.keys(localStorage).filter((key) => key.startsWith('draft:'))"


@pytest.fixture(scope="module")
def stack(shared):
    """Pages are asked for at the front door, as a reviewer's browser does."""
    made = shared.make_stack()
    yield made
    made.close()


@pytest.fixture(scope="module")
def interview_ids(stack):
    ids = []
    for first, last in PEOPLE:
        document = samples.interview_document(questions=QUESTIONS)
        document["candidate"].update(first_name=first, last_name=last, avatar_url=None)
        ids.append(samples.interview_id())
        stack.api.put(f"/v1/interviews/{ids[-1]}", document, status=201)
    return ids


@pytest.fixture
def link(stack, interview_ids):
    return stack.make_share_link(interview_ids=interview_ids, reviewer_count=2)


def url_of(link, number=0):
    return link["reviewers"][number]["url"]


def open_first(browser, link):
    browser.open(url_of(link))
    browser.press(PEOPLE[0][0])
    browser.until_text("Your feedback")


def saved_review(stack, link, interview_id=None):
    rows = stack.db.rows("""select rating, recommendation, comment, question_ratings, version from views.reviews
                            where share_link_id = %s and (interview_id = %s or %s::text is null)""", link["id"], interview_id, interview_id)
    return rows[0] if rows else None


def value_of(browser, css="#comment"):
    return browser.find(css).get_attribute("value")


# --- what is written is not lost ---

def test_text_typed_without_a_network_is_saved_after(stack, browse, link):
    browser = browse("phone")
    open_first(browser, link)
    browser.online(False)
    browser.find("#comment").send_keys("Written in a tunnel.")
    browser.until_text("Not saved: you are offline. It is kept on this device and sent when you are back.", ".saved")
    browser.screenshot("phone-offline")
    browser.online(True)
    browser.until_text("Saved ", ".saved")
    assert saved_review(stack, link)["comment"] == "Written in a tunnel."


def test_text_is_saved_also_when_one_has_gone_on_and_stands_there_once(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    browser.find("#comment").send_keys("Good")
    browser.until_text("Saved ", ".saved")
    browser.online(False)
    browser.find("#comment").send_keys(", even great.")
    browser.until_text("Not saved: you are offline. It is kept on this device and sent when you are back.", ".saved")
    browser.press("Next: ")
    browser.until_text(PEOPLE[1][0], "h1")
    browser.press("Previous: ")
    browser.until_text(PEOPLE[0][0], "h1")
    assert browser.find("#comment").get_attribute("value") == "Good, even great."
    browser.press("Next: ")
    browser.online(True)
    wait_until(lambda: saved_review(stack, link)["comment"] == "Good, even great.", 40, "it is saved from another interview")
    browser.press("Previous: ")
    browser.until_text("Saved ", ".saved")
    assert browser.find("#comment").get_attribute("value") == "Good, even great."


def test_drafts_are_saved_after_a_reload_though_nobody_looks_at_them(stack, browse, interview_ids, link):
    browser = browse()
    browser.open(url_of(link))
    browser.driver.execute_script("""
        const nothing = { rating: null, comment: "", question_ratings: [] };
        const draft = { base: { ...nothing, version: 0 }, mine: { ...nothing, comment: "Before the tunnel." } };
        sessionStorage.setItem(`draft:${document.body.dataset.path}:${arguments[0]}`, JSON.stringify(draft));""", interview_ids[2])
    browser.driver.refresh()
    browser.until(lambda: browser.all(".cards"), "the shortlist")
    wait_until(lambda: saved_review(stack, link), 20, "it is saved")
    assert saved_review(stack, link)["comment"] == "Before the tunnel."
    browser.until(lambda: browser.driver.execute_script("return !Object.keys(sessionStorage).some((key) => key.startsWith('draft:'))"), "no draft is left")
    wait_until(lambda: not browser.driver.execute_script(DRAFTS), 20, "and none where they are kept now")


def test_two_devices_that_edit_at_once_lose_nothing(stack, browse, link):
    first, second = browse(), browse("phone")
    open_first(first, link)
    open_first(second, link)
    second.find("#comment").send_keys("From the second device.")
    second.until_text("Saved ", ".saved")
    first.find("#comment").send_keys("From the first device.")
    first.until(lambda: "From the second device." in value_of(first), "the other's text is here too")
    first.until_text("It was changed elsewhere too; both are kept.", ".saved")
    wait_until(lambda: saved_review(stack, link)["comment"] == "From the second device.\n\nFrom the first device.", 20, "both texts")
    assert stack.db.value("select count(*) from views.review_revisions v join views.reviews r on r.id = v.review_id where r.share_link_id = %s",
                          link["id"]) >= 2


@pytest.mark.parametrize("way", ["BroadcastChannel", "storage"])
def test_what_one_tab_saves_stands_in_the_other_at_once_and_what_is_being_written_there_stays(stack, browse, link, way):
    browser = browse()

    def begin_tab():
        if way == "storage":
            browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.BroadcastChannel;"})

    begin_tab()
    open_first(browser, link)
    browser.find("#comment").send_keys("Begun here, ")
    browser.until_text("Saved ", ".saved")
    first, address = browser.driver.current_window_handle, browser.driver.current_url
    browser.driver.switch_to.new_window("tab")
    second = browser.driver.current_window_handle
    begin_tab()
    browser.open(url_of(link))
    browser.press("Zoë")
    assert browser.driver.execute_script("return typeof BroadcastChannel") == ("function" if way == "BroadcastChannel" else "undefined")
    browser.driver.switch_to.window(first)
    assert browser.driver.current_url == address
    browser.find("#comment").send_keys("and ended")
    browser.driver.switch_to.window(second)
    browser.find("#comment").send_keys(Keys.CONTROL + Keys.HOME)
    browser.find("#comment").send_keys("Second: ")
    browser.until(lambda: value_of(browser) == "Second: Begun here, and ended", "both in the second tab")
    browser.driver.switch_to.window(first)
    browser.until(lambda: value_of(browser) == "Second: Begun here, and ended", "both in the first tab")
    browser.driver.switch_to.active_element.send_keys(" here.")
    assert value_of(browser) == "Second: Begun here, and ended here."
    wait_until(lambda: saved_review(stack, link)["comment"] == "Second: Begun here, and ended here.", 20, "both texts, once")


def test_a_session_that_dies_in_the_middle_keeps_the_text(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    stack.db.rows("update views.visits set opened_at = now() - interval '13 hours' where share_link_id = %s", link["id"])
    browser.find("#comment").send_keys("Nearly lost.")
    browser.until_text("Your session is over", "h1")
    browser.press("Start")
    browser.until(lambda: browser.all("#comment"), "back where it was")
    browser.until(lambda: browser.find("#comment").get_attribute("value") == "Nearly lost.", "the text is back")
    browser.until_text("Saved ", ".saved")
    assert saved_review(stack, link)["comment"] == "Nearly lost."


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("end", ["expired", "switched off", "new passcode"])
def test_what_is_written_when_the_link_or_its_passcode_ends_is_there_after_coming_in_again(stack, browse, link, end, size):
    browser = browse(size)
    open_first(browser, link)
    url = url_of(link)
    if end == "expired":
        stack.db.rows("update links.share_links set expires_at = '2026-01-11T09:00:00Z', owner_time_zone = 'Europe/Amsterdam' where id = %s", link["id"])
    elif end == "switched off":
        stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    else:
        url = renewed(stack, link)
    browser.find("#comment").send_keys("Nearly lost.")
    if end == "new passcode":
        browser.until_text("Your session is over", "h1")
        browser.until_text("until there is a new passcode", ".reason")
        browser.press("Start")
        browser.until_text("That is not the passcode of this link", "#problem")
        field = browser.find("#passcode")
        field.clear()
        field.send_keys(url.split("#")[1] + Keys.ENTER)
    else:
        browser.until_text("This link is over", "h1")
        browser.until_text({"expired": "This link has expired. It was open until Sunday, 11 January 2026, 10:00 (Europe/Amsterdam).",
                            "switched off": "or somebody of the same team, switched it off: "}[end], ".reason")
        browser.until_text("What you have written is kept on this device for now.", ".reason")
        assert "is told that you opened it" not in browser.text("#gate")
        browser.screenshot(f"{size}-over-{end.replace(' ', '-')}")
        answer = stack.api.post(f"/v1/share-links/{link['id']}/reactivate", {"expires_at": "2030-01-01T00:00:00Z"}, status=200).json()
        url = answer["reviewers"][0]["url"]
        browser.go("about:blank").go(url)
        browser.press("Start")
        browser.press(PEOPLE[0][0])
    browser.until(lambda: browser.all("#comment") and value_of(browser) == "Nearly lost.", "the text is there")
    wait_until(lambda: (saved_review(stack, link) or {}).get("comment") == "Nearly lost.", 20, "and is saved")


def renewed(stack, link):
    """The URL with a new passcode, as the owner sends it when the old one is lost."""
    answer = stack.api.post(f"/v1/share-links/{link['id']}/reactivate", status=200)
    return answer.json()["reviewers"][0]["url"]


def test_who_leaves_with_something_unsaved_is_asked_once(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    stack.api.patch(f"/v1/share-links/{link['id']}", {"settings": {"disable_feedback": True}}, status=200)
    browser.find("#comment").send_keys("Too late.")
    browser.until_text("feedback was switched off for this link", ".saved")
    browser.press("Leave")
    browser.until_text("not saved yet", "dialog")
    browser.press("Stay")
    assert browser.find("#comment").get_attribute("value") == "Too late."
    browser.driver.execute_script("addEventListener('beforeunload', (event) => { localStorage.asked = event.defaultPrevented; })")
    browser.press("Leave")
    browser.press("Leave the page")
    browser.until_text("Goodbye", "h1")
    browser.driver.refresh()
    assert not browser.asks()
    browser.until(lambda: browser.driver.execute_script("return localStorage.asked"), "the page is left")
    assert browser.driver.execute_script("return localStorage.asked") == "false"
    browser.until_text("shares 3 candidates", "#gate:not([hidden]) h1")
    assert not browser.driver.execute_script("return Object.keys(sessionStorage).length")


# --- merging ---

@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_edits_of_two_sides_are_merged_without_loss_and_without_doubling(tmp_path, seed):
    module = tmp_path / "merge.mjs"
    subprocess.run(["esbuild", ROOT / "services/views/pages/merge.js", "--format=esm", "--log-level=error", f"--outfile={module}"], check=True)
    found = subprocess.run(["node", SCRIPTS / "merge_properties.mjs", module, str(seed), "1000"], capture_output=True, text=True, check=False)
    assert (found.stdout, found.returncode) == ("", 0), found.stdout[:3000] + found.stderr


# --- stars and recommendation ---

def stars_of(browser, css, number):
    return browser.all(f"{css} .rating input")[number - 1]


def question_ratings(stack, link):
    review = saved_review(stack, link)
    return {each["question_id"]: each["rating"] for each in review["question_ratings"]} if review else {}


@pytest.mark.parametrize("size", SIZES)
def test_one_tap_on_a_star_is_saved_and_said_and_the_same_star_takes_it_back(stack, browse, link, size):
    browser = browse(size)
    open_first(browser, link)
    browser.touch(stars_of(browser, ".bar", 4))
    browser.until_text("This answer: 4 of 5. Saved.", "[role=status]")
    assert question_ratings(stack, link) == {"q1": 4}
    browser.screenshot(f"{size}-feedback-star")
    browser.touch(stars_of(browser, ".bar", 4))
    browser.until_text("This answer: no stars. Saved.", "[role=status]")
    assert question_ratings(stack, link) == {}
    browser.touch(stars_of(browser, ".bar", 2))
    browser.until_text("This answer: 2 of 5. Saved.", "[role=status]")
    browser.touch(browser.all(".bar .clear")[0])
    browser.until_text("This answer: no stars. Saved.", "[role=status]")
    assert question_ratings(stack, link) == {}
    assert browser.driver.execute_script("return document.activeElement.type") == "radio"


def test_a_star_does_not_wait_for_a_pause(stack, browse, link):
    """From the tap until the request goes out: not the pause of one who writes."""
    browser = browse()
    open_first(browser, link)
    took = browser.driver.execute_async_script("""
        const done = arguments[arguments.length - 1], send = window.fetch;
        window.fetch = (...given) => { done(performance.now() - began); window.fetch = send; return send(...given); };
        const began = performance.now();
        document.querySelectorAll(".bar .rating input")[3].click();""")
    assert took < 300, took


def test_stars_by_keyboard_and_the_ratings_of_each_question_stay_with_it(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    stars_of(browser, ".bar", 1).send_keys(Keys.SPACE, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    browser.until(lambda: question_ratings(stack, link) == {"q1": 3}, "three stars of the first question")
    browser.press("Question 2?")
    browser.until_text("Answer 2.", ".question")
    assert not browser.driver.execute_script("return document.querySelector('.bar .rating input:checked')")
    browser.touch(stars_of(browser, ".bar", 5))
    browser.until(lambda: question_ratings(stack, link) == {"q1": 3, "q2": 5}, "each its own")


def test_a_component_belongs_to_its_question_and_all_of_one_question_stay_in_step(stack, browse, link):
    """Whatever is shown meanwhile: the first question's stars are kept aside, and chosen when the page is at another."""
    browser = browse()
    open_first(browser, link)
    browser.driver.execute_script("window.kept = document.querySelector('.bar .rating')")
    browser.press("Question 2?")
    browser.until_text("Answer 2.", ".question")
    browser.driver.execute_script("document.querySelector('#app').append(window.kept); window.kept.querySelectorAll('input')[3].click()")
    browser.until(lambda: question_ratings(stack, link) == {"q1": 4}, "the first question has it")
    assert not browser.driver.execute_script("return document.querySelector('.bar .rating input:checked')")
    browser.press("Question 1?")
    browser.until(lambda: stars_of(browser, ".bar", 4).is_selected(), "a component that was made later has it too")
    browser.touch(stars_of(browser, ".bar", 2))
    assert browser.driver.execute_script("return window.kept.querySelectorAll('input')[1].checked")


@pytest.mark.parametrize("size", SIZES)
def test_a_recommendation_is_one_of_four_and_can_be_taken_back(stack, browse, link, size):
    browser = browse(size)
    open_first(browser, link)
    for number, (value, words) in enumerate([("strong_no", "Strong no"), ("no", "No"), ("yes", "Yes"), ("strong_yes", "Strong yes")]):
        browser.touch(browser.all(".recommendation input")[number])
        browser.until_text(f"Recommendation: {words}. Saved.", "[role=status]")
        assert saved_review(stack, link)["recommendation"] == value
    browser.screenshot(f"{size}-feedback-recommendation")
    browser.touch(browser.all(".recommendation input")[3])
    browser.until_text("No recommendation. Saved.", "[role=status]")
    assert saved_review(stack, link)["recommendation"] is None


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl"])
def test_targets_of_touch_have_44_pixels_and_nothing_is_wider_than_a_small_phone(stack, browse, link, language):
    browser = browse("phone")
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": True})
    open_first(browser, link)
    words = {f"{path.stem}.{key}": text for path in (ROOT / "common/words" / language).glob("*.json") for key, text in json.loads(path.read_text()).items()}
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {
        "source": f"Object.defineProperty(globalThis, 'words', {{ get: () => ({json.dumps(words)}), set() {{}} }});"})
    browser.driver.refresh()
    browser.until_text(words["feedback.strong_yes"], ".recommendation")
    sizes = browser.driver.execute_script("""
        return [...document.querySelectorAll(".rating input, .recommendation input")].map((each) => each.getBoundingClientRect()).map((box) => [box.width, box.height])""")
    assert sizes and all(width >= 44 and height >= 44 for width, height in sizes), sizes
    assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("way", ["light", "dark", "rtl", "forced"])
def test_axe_finds_nothing_in_feedback(stack, browse, link, axe, size, way):  # noqa: F811
    browser = browse(size, way == "dark")
    open_first(browser, link)
    if way == "rtl":
        browser.driver.execute_script("document.documentElement.dir = 'rtl'")
    if way == "forced":
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "forced-colors", "value": "active"}]})
    browser.touch(stars_of(browser, ".panel.feedback", 3))
    browser.touch(browser.all(".recommendation input")[2])
    browser.driver.execute_script("""
        const field = document.querySelector("#comment");
        field.value = "x".repeat(10012);
        field.dispatchEvent(new Event("input", { bubbles: true }));""")
    browser.until_text("the comment is 12 characters too long", ".saved")
    browser.screenshot(f"{size}-feedback-{way}")
    axe(browser)


def test_arrows_go_the_way_of_the_page_right_to_left(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    browser.driver.execute_script("document.documentElement.dir = 'rtl'")
    stars_of(browser, ".bar", 1).send_keys(Keys.SPACE, Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    browser.until(lambda: question_ratings(stack, link) == {"q1": 3}, "left is on")


# --- the tab closes ---

@pytest.mark.parametrize("network", ["online", "offline"])
@pytest.mark.parametrize("size, closed", [("phone", "closed"), ("desktop", "closed"), ("desktop", "gone elsewhere")])
def test_text_typed_50_ms_before_the_tab_closes_is_there_after_reopening(stack, browse, link, network, size, closed):
    browser = browse(size)
    open_first(browser, link)
    address = browser.driver.current_url
    browser.find("#comment").send_keys("Seen by the end")
    browser.until_text("Saved ", ".saved")
    first = browser.driver.current_window_handle
    browser.online(network == "online")
    browser.driver.execute_script("""
        const field = document.querySelector("#comment");
        field.value += ", and then this.";
        field.dispatchEvent(new Event("input", { bubbles: true }));""")
    if closed == "closed":
        browser.driver.switch_to.new_window("tab")
        second = browser.driver.current_window_handle
        browser.driver.switch_to.window(first)
        browser.driver.close()
        browser.driver.switch_to.window(second)
    else:
        browser.go("about:blank")
        browser.online(True)
    if network == "online":
        wait_until(lambda: saved_review(stack, link)["comment"] == "Seen by the end, and then this.", 20, "it is saved by a page that is gone")
    browser.open(address.split("?")[0] + "#" + url_of(link).split("#")[1])
    browser.press(PEOPLE[0][0])
    browser.until(lambda: value_of(browser) == "Seen by the end, and then this.", "it is there again")
    wait_until(lambda: saved_review(stack, link)["comment"] == "Seen by the end, and then this.", 20, "and is saved")
    wait_until(lambda: not browser.driver.execute_script(DRAFTS), 20, "and no draft is left")


def test_what_is_being_written_when_the_page_is_hidden_is_saved_at_once(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    browser.driver.execute_script("""
        const field = document.querySelector("#comment");
        field.value = "Put away.";
        field.dispatchEvent(new Event("input", { bubbles: true }));
        Object.defineProperty(document, "visibilityState", { value: "hidden" });
        window.began = performance.now();
        const send = window.fetch;
        window.fetch = (address, options) => { window.sent ??= { after: performance.now() - window.began, keepalive: options.keepalive }; return send(address, options); };
        document.dispatchEvent(new Event("visibilitychange"));""")
    wait_until(lambda: saved_review(stack, link), 20, "it is saved")
    sent = browser.driver.execute_script("return window.sent")
    assert sent["keepalive"] and sent["after"] < 100, sent


def test_keys_of_drafts_hold_no_secret(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    browser.online(False)
    browser.find("#comment").send_keys("Kept.")
    browser.until(lambda: browser.driver.execute_script(DRAFTS), "a draft")
    page, passcode = url_of(link).split("#")
    kept = browser.driver.execute_script("return JSON.stringify({ ...localStorage, ...sessionStorage })")
    assert "Kept." in kept
    for key in browser.driver.execute_script(DRAFTS):
        assert page.split("/s/")[1] not in key and passcode not in key
    assert passcode not in kept


def test_drafts_of_two_tabs_do_not_overwrite_each_other(stack, browse, interview_ids, link):
    """Two page loads kept something of the same interview, and neither could save it."""
    browser = browse()
    open_first(browser, link)
    browser.online(False)
    browser.find("#comment").send_keys("First load.")
    browser.until(lambda: browser.driver.execute_script(DRAFTS), "a draft")
    browser.driver.execute_script("""
        const [key] = Object.keys(localStorage).filter((each) => each.startsWith("draft:"));
        const draft = JSON.parse(localStorage.getItem(key));
        draft.mine.comment = "Second load.";
        localStorage.setItem(key.replace(/[^:]*$/, "0123456789ab"), JSON.stringify(draft));""")
    browser.go("about:blank")
    browser.online(True)
    browser.open(url_of(link))
    wait_until(lambda: sorted((saved_review(stack, link) or {"comment": ""})["comment"].split("\n\n")) == ["First load.", "Second load."], 20, "both")
    wait_until(lambda: not browser.driver.execute_script(DRAFTS), 20, "and no draft is left")


def test_leaving_forgets_drafts_in_all_tabs(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    first = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("tab")
    browser.open(url_of(link))
    browser.press("Zoë")
    browser.find("#comment")
    browser.online(False)
    browser.find("#comment").send_keys("Of the second tab.")
    browser.until(lambda: browser.driver.execute_script(DRAFTS), "a draft")
    second = browser.driver.current_window_handle
    browser.driver.switch_to.window(first)
    browser.press("Leave")
    browser.press("Leave the page")
    browser.until_text("Goodbye", "h1")
    assert not browser.driver.execute_script(DRAFTS)
    browser.driver.switch_to.window(second)
    browser.until_text("You have left this page in another tab.")
    assert not browser.driver.execute_script(DRAFTS)


# --- the sentence says what is so ---

def without_storage(browser, how):
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": {
        "throws": "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });",
        "full": "Storage.prototype.setItem = function () { throw new DOMException('full', 'QuotaExceededError'); };",
    }[how] + "Object.defineProperty(window, 'sessionStorage', { value: { getItem: () => null, setItem() {}, removeItem() {} } });"})


@pytest.mark.parametrize("how", ["throws", "full"])
def test_storage_that_keeps_nothing_is_told_and_closing_warns(stack, browse, link, how):
    browser = browse()
    without_storage(browser, how)
    open_first(browser, link)
    browser.find("#comment").send_keys("Here alone.")
    browser.until_text("Saved ", ".saved")
    browser.online(False)
    browser.find("#comment").send_keys(" And more.")
    browser.until_text("Not saved: you are offline. This browser keeps nothing: leave this tab open, and it is sent when you are back.", ".saved")
    warned = "const event = new Event('beforeunload', { cancelable: true }); dispatchEvent(event); return event.defaultPrevented"
    assert browser.driver.execute_script(warned)
    browser.online(True)
    browser.until_text("Saved ", ".saved")
    assert not browser.driver.execute_script(warned)


@pytest.mark.parametrize("how", ["throws", "full"])
def test_session_that_ends_where_storage_keeps_nothing_loses_no_text(stack, browse, link, how):
    browser = browse("phone")
    without_storage(browser, how)
    open_first(browser, link)
    stack.db.rows("update views.visits set opened_at = now() - interval '13 hours' where share_link_id = %s", link["id"])
    browser.find("#comment").send_keys("In this tab alone.")
    browser.until_text("Your session is over", "h1")
    browser.press("Start")
    browser.until(lambda: browser.all("#comment") and value_of(browser) == "In this tab alone.", "the text is back")
    wait_until(lambda: (saved_review(stack, link) or {}).get("comment") == "In this tab alone.", 20, "and is saved")


def test_what_is_kept_needs_no_warning(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    browser.online(False)
    browser.find("#comment").send_keys("Kept.")
    browser.until_text("It is kept on this device", ".saved")
    assert not browser.driver.execute_script("const event = new Event('beforeunload', { cancelable: true }); dispatchEvent(event); return event.defaultPrevented")


ANSWERS = [
    (429, "7", "rate_limited", "Not saved yet: too much came at once. The server wants 7 seconds of rest. It is kept on this device and sent again by itself."),
    (503, "1", "unavailable", "Not saved yet: the server cannot take it just now. It is kept on this device and sent again by itself."),
    (403, "", "feedback_disabled", "Not saved yet: feedback was switched off for this link."),
    (404, "", "no_interview", "Not saved yet: this interview was taken out of the link."),
    (422, "", "validation_failed", "Not saved yet: the server does not take this text. Change it, and it is sent again."),
]


@pytest.mark.parametrize("status, retry_after, code, words", ANSWERS, ids=[str(each[0]) for each in ANSWERS])
def test_each_refusal_says_what_is_so_and_what_to_do(browse, link, status, retry_after, code, words):
    browser = browse()
    open_first(browser, link)
    browser.driver.execute_script("""
        const [status, retryAfter, code] = arguments, send = window.fetch;
        window.tries = [];
        window.fetch = (address, options = {}) => options.method !== "PUT" ? send(address, options) : (window.tries.push(performance.now()),
            Promise.resolve(new Response(JSON.stringify({ code, errors: [] }), { status, headers: retryAfter ? { "Retry-After": retryAfter } : {} })));
        window.mend = () => { window.fetch = send; };""", status, retry_after, code)
    browser.find("#comment").send_keys("Refused.")
    browser.until_text(words, ".saved")
    assert browser.driver.execute_script(DRAFTS)
    browser.driver.execute_script("window.mend()")
    browser.find("#comment").send_keys(" Not now.")
    browser.until_text("Saved ", ".saved")
    gaps = browser.driver.execute_script("return window.tries.slice(1).map((each, at) => each - window.tries[at])")
    assert all(gap > 900 * int(retry_after or 0) for gap in gaps), gaps


def test_an_interview_that_is_taken_out_of_the_link_says_so(stack, browse, interview_ids, link):
    browser = browse()
    open_first(browser, link)
    stack.api.post(f"/v1/share-links/{link['id']}/interviews/remove", {"interview_ids": interview_ids[:1]}, status=200)
    browser.find("#comment").send_keys("Too late.")
    browser.until_text("this interview was taken out of the link", ".saved")
    assert browser.driver.execute_script(DRAFTS)


# --- the texts ---

def test_a_long_text_is_counted_kept_whole_and_holds_up_nothing_else(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    write = "const field = document.querySelector('#comment'); field.value = arguments[0]; field.dispatchEvent(new Event('input', { bubbles: true }));"
    assert not browser.find(".count").is_displayed()
    browser.driver.execute_script(write, "é" * 9950)
    browser.until_text("50 characters left", ".count")
    browser.until_text("Saved ", ".saved")
    browser.driver.execute_script(write, "\U0001F600" * 10003)
    browser.until_text("3 characters too many", ".count")
    browser.until_text("the comment is 3 characters too long. Shorten it, and it is saved.", ".saved")
    browser.touch(stars_of(browser, ".bar", 5))
    browser.until(lambda: question_ratings(stack, link) == {"q1": 5}, "the star is saved all the same")
    assert saved_review(stack, link)["comment"] == "é" * 9950
    assert len(value_of(browser)) == 10003 and browser.driver.execute_script(DRAFTS)
    browser.driver.execute_script(write, "\U0001F600" * 10000)
    wait_until(lambda: saved_review(stack, link)["comment"] == "\U0001F600" * 10000, 20, "ten thousand are saved")


def test_pasted_controls_are_cleaned_as_the_server_does(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    browser.driver.execute_script("""
        const field = document.querySelector("#comment");
        field.focus();
        document.execCommand("insertText", false, "One\\u2028two\\u000bthree\\u0007\\u202e\\u2066 end\\ttab");""")
    browser.until(lambda: value_of(browser) == "One\ntwo\nthree end\ttab", "it is cleaned where it stands")
    browser.until_text("Saved ", ".saved")
    assert saved_review(stack, link)["comment"] == "One\ntwo\nthree end\ttab"


def test_what_is_taken_back_is_no_review_in_the_list_any_more(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    browser.touch(browser.all(".recommendation input")[2])
    browser.until_text("Saved.", "[role=status]")
    browser.press("All candidates")
    browser.until_text("Reviewed", ".cards")
    browser.press(PEOPLE[0][0])
    browser.find(".recommendation")
    browser.touch(browser.all(".recommendation input")[2])
    browser.until_text("No recommendation. Saved.", "[role=status]")
    printed = "dispatchEvent(new Event('beforeprint')); return document.querySelector('#paper .verdict')?.textContent ?? ''"
    assert browser.driver.execute_script(printed) == ""
    browser.driver.execute_script("dispatchEvent(new Event('afterprint'))")
    browser.press("All candidates")
    browser.until(lambda: "Reviewed" not in browser.text(".cards"), "not reviewed")
