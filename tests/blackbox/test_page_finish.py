"""The end of a reviewer's way in a real Chromium: own reviews side by side, the word that one is done, and what is printed. Screenshots
are kept in build/screenshots/.
"""

import base64
import re

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from stack.waiting import wait_until
from support import samples
from support.axe import axe  # noqa: F401
from support.browser import SIZES
from test_page_list import LONG, PEOPLE, SAID, interview, people, reviewed, url_of

COMMENT = "Knows what a team needs.\n\nWould start in March; asks for a mentor in the first weeks. " + "Listens before talking. " * 30 + "The very end."


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack()
    yield made
    made.close()


@pytest.fixture(scope="module")
def interview_ids(stack):
    return [interview(stack, number, said=SAID if number == 0 else None) for number in range(4)]


@pytest.fixture
def link(stack, interview_ids):
    made = stack.make_share_link(interview_ids=interview_ids)
    reviewed(stack, made, 0, rating=4, recommendation="yes", comment=COMMENT, questions=[4, 5], watched=[5, 2])
    reviewed(stack, made, 1, rating=2, recommendation="strong_no", questions=[1])
    reviewed(stack, made, 2, rating=5, recommendation="strong_yes", comment="Hire.", questions=[5, 5, 4])
    return made


def at_end(browser, link):
    """On the page of the end."""
    browser.open(url_of(link))
    browser.press("See all your reviews")
    browser.until_text("You have reviewed", "h1")
    return browser


def shown(browser):
    return browser.driver.execute_script("return [...document.querySelectorAll('.reviews tbody th a, .own-cards h2 a')].map((each) => each.textContent)")


@pytest.mark.parametrize("size", SIZES)
def test_own_reviews_stand_side_by_side_and_lead_to_their_places(stack, browse, link, size):
    browser = at_end(browse(size), link)
    assert "view=finish" in browser.driver.current_url
    assert browser.text("#app h1") == "You have reviewed 3 of 4."
    assert shown(browser) == people(0, 1, 2, 3)
    text = browser.text(".reviews")
    assert all(words in text for words in ("Knows what a team needs.", "Strong no", "Hire."))
    assert "The very end." not in text
    assert [each.get_attribute("aria-label") for each in browser.all("[data-cell=answers]")[0].find_elements(By.TAG_NAME, "a")] == [
        "Answer 1: 4 of 5", "Answer 2: 5 of 5", "Answer 3: no stars", "Answer 4: no stars"]
    assert browser.driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    browser.screenshot(f"{size}-finish")
    browser.press("Next not reviewed: Jun Tanaka")
    browser.until_text("Jun Tanaka", "h1")
    browser.driver.back()
    browser.until_text("You have reviewed", "h1")
    browser.all("[data-cell=comment] a")[1].click()
    browser.until_text("Mateo Silva", "h1")


def test_reviews_are_compared_by_any_column(stack, browse, link):
    browser = at_end(browse(), link)

    def press_head(words):
        next(each for each in browser.all("thead button") if words in each.text).click()

    press_head("Overall")
    assert shown(browser) == people(2, 0, 1, 3)
    press_head("Overall")
    assert shown(browser) == people(1, 0, 2, 3)
    assert browser.find("th[aria-sort=ascending]").text.startswith("Overall")
    assert browser.text(".tools [role=status]") == "Sorted by: Overall"
    press_head("Recommendation")
    assert shown(browser) == people(2, 0, 1, 3)
    press_head("Answers")
    assert shown(browser) == people(2, 0, 1, 3)
    press_head("Candidate")
    assert shown(browser) == sorted(people(0, 1, 2, 3))
    browser.driver.refresh()
    browser.until(lambda: shown(browser) == sorted(people(0, 1, 2, 3)), "the same order")


def test_reviews_are_compared_on_a_phone(stack, browse, link):
    browser = at_end(browse("phone"), link)
    assert not browser.all("table")
    Select(browser.find(".sorting select")).select_by_visible_text("Overall")
    assert shown(browser) == people(2, 0, 1, 3)


def test_owner_is_told_that_one_is_done_and_of_a_change_after_it(stack, browse, link):
    browser = at_end(browse(), link)
    browser.find("#done-note").send_keys("Amara first, please.")
    browser.press("I’m done")
    browser.until(lambda: re.search(r"Olu Owner \d+ has been told, .*\d\d?:\d\d.* You can still change things until \w+,? ", browser.text("[role=status]")), "it is said")
    assert not browser.find(".done").is_displayed()
    assert stack.db.value("select done_note from views.activity where share_link_id = %s and done_at is not null", link["id"]) == "Amara first, please."
    browser.screenshot("desktop-finish-told")
    browser.driver.refresh()
    browser.until_text("has been told", "[role=status]")
    browser.press("All candidates")
    browser.until_text("has been told", ".foot")


@pytest.mark.parametrize("size", SIZES)
def test_reviews_are_changed_where_they_are_compared(stack, browse, link, axe, size):  # noqa: F811
    browser = at_end(browse(size), link)
    browser.press("I’m done")
    browser.until_text("has been told", "[role=status]")
    browser.find(f"[data-change='{link['interview_ids'][3]}']").click()
    browser.until(lambda: browser.all(".editor input[type=radio]"), "its stars")
    browser.screenshot(f"{size}-finish-changing")
    axe(browser)
    overall = next(each for each in browser.all(".editor fieldset") if "Jun" in each.text)
    overall.find_elements(By.CSS_SELECTOR, "input[type=radio]")[2].click()
    browser.until(lambda: browser.driver.execute_script(
        "return [...document.querySelectorAll(`[data-of='${arguments[0]}'] .stars`)].some((each) => each.getAttribute('aria-label') === '3 of 5')",
        link["interview_ids"][3]), "its cell has them")
    assert browser.text("#app h1") == "You have reviewed 4 of 4."
    browser.until_text("You have changed something since", "[role=status]")
    browser.button("I’m done")
    wait_until(lambda: stack.db.value("select rating from views.reviews where share_link_id = %s and interview_id = %s", link["id"], link["interview_ids"][3]) == 3, 20, "stored")
    assert stack.db.value("select done_at from views.activity where share_link_id = %s", link["id"]) is None
    browser.find(f"[data-change='{link['interview_ids'][3]}']").click()
    assert not browser.all(".editor")
    assert "Change" in browser.driver.switch_to.active_element.text
    browser.press("All candidates")
    browser.until_text("You have changed something since", ".foot")
    browser.until_text("4 of 4 reviewed", ".progress")


def test_done_without_a_network_says_so_and_can_be_said_again(stack, browse, link):
    browser = at_end(browse("phone"), link)
    browser.online(False)
    browser.find("#done-note").send_keys("On a train.")
    browser.press("I’m done")
    browser.until_text("Not sent: there is no connection", "[role=status]")
    assert browser.find("#done-note").get_attribute("value") == "On a train."
    browser.online(True)
    browser.press("I’m done")
    browser.until_text("has been told", "[role=status]")


def test_without_feedback_the_end_is_the_last_candidate(stack, browse, interview_ids):
    link = stack.make_share_link(interview_ids=interview_ids, settings={"disable_feedback": True})
    browser = browse().open(url_of(link))
    browser.find(".card")
    browser.go(browser.driver.current_url + "?view=finish")
    browser.until_text("That was the last candidate.", "h1")
    assert not browser.all(".reviews") and not browser.all("#done-note")


def test_sentence_that_is_not_sent_is_there_when_one_comes_back(stack, browse, link):
    browser = at_end(browse(), link)
    browser.find("#done-note").send_keys("Amara first.")
    browser.press("Next not reviewed: Jun Tanaka")
    browser.until_text("Jun Tanaka", "h1")
    browser.driver.back()
    browser.until_text("You have reviewed", "h1")
    assert browser.find("#done-note").get_attribute("value") == "Amara first."
    browser.driver.refresh()
    browser.until_text("You have reviewed", "h1")
    assert browser.find("#done-note").get_attribute("value") == "Amara first."
    browser.press("I’m done")
    browser.until_text("has been told", "[role=status]")
    browser.driver.refresh()
    browser.until_text("has been told", "[role=status]")
    assert browser.driver.execute_script("return document.querySelector('#done-note').value") == ""


def test_done_is_told_after_what_is_still_being_saved(stack, browse, link):
    browser = at_end(browse(), link)
    browser.find(f"[data-change='{link['interview_ids'][3]}']").click()
    browser.until(lambda: browser.all(".editor input[type=radio]"), "its stars")
    browser.driver.execute_script("""
        const fetched = window.fetch;
        window.asked = [];
        window.fetch = async (url, options) => {
          const isSaving = options?.method === "PUT";
          window.asked.push(isSaving ? "saving" : String(url).split("/").pop());
          await new Promise((resolve) => setTimeout(resolve, isSaving ? 1500 : 0));
          const answer = await fetched(url, options);
          window.asked.push(isSaving ? "saved" : "answered");
          return answer;
        };""")
    overall = next(each for each in browser.all(".editor fieldset") if "Jun" in each.text)
    overall.find_elements(By.CSS_SELECTOR, "input[type=radio]")[2].click()
    browser.press("I’m done")
    browser.until_text("has been told", "[role=status]")
    browser.until(lambda: browser.driver.execute_script("return window.asked") == ["saving", "saved", "done", "answered"], "one after the other")
    assert stack.db.value("select done_at from views.activity where share_link_id = %s", link["id"]) is not None


def test_nothing_is_printed_once_one_has_gone_on(stack, browse, link):
    browser = at_end(browse(), link)
    browser.driver.execute_script("""
        const fetched = window.fetch;
        window.printed = 0;
        window.came = 0;
        window.print = () => window.printed++;
        const held = new Promise((resolve) => { window.letGo = resolve; });
        window.fetch = async (url, options) => {
          await held;
          const answer = await fetched(url, options);
          window.came++;
          return answer;
        };""")
    browser.press("Print")
    browser.press("All candidates")
    browser.until(lambda: browser.all(".cards"), "the list")
    browser.driver.execute_script("window.letGo()")
    browser.until(lambda: browser.driver.execute_script("return window.came") == 4, "all are there")
    browser.driver.execute_async_script("setTimeout(arguments[0], 500)")
    assert browser.driver.execute_script("return [window.printed, document.querySelector('#paper')]") == [0, None]


def test_what_another_tab_saves_takes_no_focus_and_leaves_no_way_to_who_is_reviewed(stack, browse, link):
    browser = at_end(browse(), link)
    browser.driver.execute_script("document.querySelectorAll('[data-cell=overall] a')[3].focus()")
    first = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("tab")
    browser.go(f"{url_of(link).split('#')[0]}?interview={link['interview_ids'][3]}")
    browser.find(".panel.feedback")
    browser.touch(browser.all(".overall .rating input")[3])
    browser.until_text("Saved ", ".saved")
    browser.driver.switch_to.window(first)
    browser.until_text("You have reviewed 4 of 4", "h1")
    assert browser.driver.execute_script("return document.activeElement === document.querySelectorAll('[data-cell=overall] a')[3]")
    assert not browser.all(".next-open a")


# --- on paper ---

def printed(browser):
    """The text of what is printed, and how many pages it has."""
    text = browser.driver.execute_script("return document.querySelector('#paper')?.textContent ?? ''")
    document = base64.b64decode(browser.driver.execute_cdp_cmd("Page.printToPDF", {})["data"])
    return text, len(re.findall(rb"/Type\s*/Page\b", document))


def test_print_has_a_page_for_each_candidate_with_the_whole_comment(stack, browse, link):
    browser = at_end(browse(), link)
    browser.driver.execute_script("window.print = () => { window.printed = true; dispatchEvent(new Event('beforeprint')) }")
    browser.press("Print")
    browser.until(lambda: browser.driver.execute_script("return window.printed"), "it prints")
    text, pages = printed(browser)
    assert all(name in text for name in people(0, 1, 2, 3))
    assert "The very end." in text and text.count("Question 2?") == 4 and "Yes, gladly." in text
    assert pages == 4
    browser.driver.execute_script("dispatchEvent(new Event('afterprint'))")
    assert not browser.all("#paper")


@pytest.mark.parametrize("size", SIZES)
def test_one_interview_prints_all_questions_what_was_said_and_the_whole_comment(stack, browse, link, size):
    """Also what stands behind a tab just then."""
    browser = browse(size).open(url_of(link))
    browser.press(PEOPLE[0][0])
    browser.until_text("Question 1?", "#app")
    if size == "phone":
        browser.tap(lambda: browser.button("Profile"))
        browser.until(lambda: not browser.find(".panel.transcript").is_displayed(), "the tab")
    browser.driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    text, pages = printed(browser)
    assert "The very end." in text and all(f"Question {number}?" in text for number in (1, 2, 3)) and "Yes, gladly." in text
    assert all(each["text"] in text for each in SAID)
    assert pages == 1
    assert not browser.all("#paper button")


def test_list_prints_all_its_rows(stack, browse):
    link = stack.make_share_link(interview_ids=[interview(stack, number) for number in range(60)])
    browser = browse().open(url_of(link))
    browser.find(".card")
    browser.driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert len(browser.all(".card")) == 60
    assert printed(browser)[1] >= 2


# --- who can use it ---

@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(stack, browse, link, axe, size, dark):  # noqa: F811
    browser = at_end(browse(size, dark, viewport=None if size == "phone" else (1366, 850)), link)
    scheme = "dark" if dark else "light"

    def check(state):
        browser.screenshot(f"{size}-{scheme}-finish{state}")
        axe(browser)

    check("")
    browser.press("I’m done")
    browser.until_text("has been told", "[role=status]")
    check("-told")


def test_long_names_fit_a_small_phone_and_right_to_left(stack, browse, axe):  # noqa: F811
    ids = [interview(stack, 0, name=(LONG[:100], LONG[:100])), interview(stack, 1, name=("أميرة", "القحطاني"))]
    link = stack.make_share_link(interview_ids=ids)
    reviewed(stack, link, 0, rating=3, recommendation="no", comment="Außergewöhnliche-Kommunikationsfähigkeiten" * 4, questions=[5, 4, 3])
    for viewport in ((320, 640), (820, 1000), (1366, 850)):
        browser = at_end(browse("phone" if viewport[0] < 400 else "desktop", viewport=viewport), link)
        for direction in ("ltr", "rtl"):
            browser.driver.execute_script("document.documentElement.dir = arguments[0]", direction)
            assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= viewport[0]
            browser.screenshot(f"{viewport[0]}-finish-{direction}")
            axe(browser)
        browser.close()
