"""Feedback in a real Chromium: what is written and chosen is saved, kept while it cannot be, merged with what was saved elsewhere, and
its reader told how it stands, whatever the tab, the network, the session or the storage do meanwhile."""

import pathlib
import subprocess

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from stack.waiting import wait_until
from support import samples
from support.axe import axe  # noqa: F401
from support.browser import SIZES, Browser

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


@pytest.fixture
def browse(request):
    def start(size="desktop", dark=False):
        made = Browser(size, dark)
        request.addfinalizer(made.close)
        return made
    return start


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


def test_what_one_tab_saves_stands_in_the_other_at_once_and_what_is_being_written_there_stays(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    browser.find("#comment").send_keys("Begun here, ")
    browser.until_text("Saved ", ".saved")
    first, address = browser.driver.current_window_handle, browser.driver.current_url
    browser.driver.switch_to.new_window("tab")
    second = browser.driver.current_window_handle
    browser.open(url_of(link))
    browser.press("Zoë")
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
    browser.find("#passcode").clear()
    browser.find("#passcode").send_keys(url_of(link).split("#")[1] + Keys.ENTER)
    browser.until(lambda: browser.all("#comment"), "back where it was")
    browser.until(lambda: browser.find("#comment").get_attribute("value") == "Nearly lost.", "the text is back")
    browser.until_text("Saved ", ".saved")
    assert saved_review(stack, link)["comment"] == "Nearly lost."


def test_who_leaves_with_something_unsaved_is_asked_once(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    stack.api.patch(f"/v1/share-links/{link['id']}", {"settings": {"disable_feedback": True}}, status=200)
    browser.find("#comment").send_keys("Too late.")
    browser.until_text("feedback was switched off for this link", ".saved")
    browser.press("Leave")
    browser.until(browser.asks, "a question").dismiss()
    assert browser.find("#comment").get_attribute("value") == "Too late."
    browser.driver.execute_script("addEventListener('beforeunload', (event) => { localStorage.asked = event.defaultPrevented; })")
    browser.press("Leave")
    browser.until(browser.asks, "a question").accept()
    browser.until(lambda: browser.driver.execute_script("return localStorage.asked"), "the page is left")
    assert browser.driver.execute_script("return localStorage.asked") == "false"
    browser.until_text("shared 3 candidates", "#gate:not([hidden]) h1")
    assert not browser.driver.execute_script("return Object.keys(sessionStorage).length")


# --- merging ---

@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_edits_of_two_sides_are_merged_without_loss_and_without_doubling(tmp_path, seed):
    module = tmp_path / "merge.mjs"
    subprocess.run(["esbuild", ROOT / "services/views/pages/merge.js", "--format=esm", "--log-level=error", f"--outfile={module}"], check=True)
    found = subprocess.run(["node", SCRIPTS / "merge_properties.mjs", module, str(seed), "1000"], capture_output=True, text=True, check=False)
    assert (found.stdout, found.returncode) == ("", 0), found.stdout[:3000] + found.stderr
