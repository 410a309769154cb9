"""The shared page in a real Chromium: from the mailed URL to saved feedback, on a phone and on a desktop; what goes wrong on the
way; and axe on every view. Screenshots are kept in build/screenshots/.
"""

import re

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from stack.waiting import wait_until
from support import samples
from support.axe import axe  # noqa: F401
from support.browser import SIZES
from support.mailbox import link_in

PEOPLE = [("Zoë", "van Dijk"), ("Mateo", "Silva"), ("Amara", "Okafor"), ("Jun", "Tanaka"), ("Lena", "Fischer")]


@pytest.fixture(scope="module")
def stack(shared):
    """Pages are asked for at the front door, as a reviewer's browser does."""
    made = shared.make_stack()
    yield made
    made.close()


def interview(stack, number, **over):
    first, last = PEOPLE[number % len(PEOPLE)]
    document = samples.interview_document(job={"id": f"job-{number % 2}", "title": ["Librarian", "Archivist"][number % 2]}, **over)
    document["candidate"].update(first_name=first, last_name=f"{last}{number // len(PEOPLE) or ''}", avatar_url="media:avatars/int-2041.webp")
    document["candidate"]["resume"] = {"file_name": f"{first} {last}.pdf", "url": "media:resumes/int-2041.pdf"}
    if "questions" not in over:
        document["questions"][0]["answer"].update(media_url="media:answers/int-2041-q1.mp4", captions_url="media:answers/int-2041-q1.vtt", duration_seconds=5)
        document["questions"].append({"id": "q3", "text": "In writing?", "skipped": False, "answer": {"kind": "text", "text": "Yes, gladly.\nHere it is."}})
    interview_id = samples.interview_id()
    stack.api.put(f"/v1/interviews/{interview_id}", document, status=201)
    return interview_id


@pytest.fixture(scope="module")
def interview_ids(stack):
    return [interview(stack, number) for number in range(5)]


@pytest.fixture
def link(stack, interview_ids):
    return stack.make_share_link(interview_ids=interview_ids, reviewer_count=2)


def url_of(link, number=0):
    return link["reviewers"][number]["url"]


def open_first(browser, link):
    browser.open(url_of(link))
    browser.press(PEOPLE[0][0])
    browser.until_text("Your feedback")


def saved_review(stack, link):
    rows = stack.db.rows("select rating, comment, question_ratings, version from views.reviews where share_link_id = %s", link["id"])
    return rows[0] if rows else None


# --- the whole way ---

@pytest.mark.parametrize("size", SIZES)
def test_from_the_mail_to_saved_feedback(stack, browse, interview_ids, size):
    link = stack.make_share_link(interview_ids=interview_ids, send_email=True, message=None)
    url = link_in(stack.mails.wait_for_one_to(link["reviewers"][0]["email"]))
    assert url == url_of(link)
    browser = browse(size)

    browser.go(url)
    browser.until_text("Your personal link")
    assert "#" not in browser.driver.current_url and not browser.find("#passcode").is_displayed()
    assert f"{link['owner']['name']} shares 5 candidates with you" in browser.text("h1")
    assert stack.db.value("select count(*) from views.visits where share_link_id = %s", link["id"]) == 0
    browser.screenshot(f"{size}-1-gate")

    browser.press("Start")
    browser.until(lambda: len(browser.all(".card")) == 5, "five cards")
    assert "5 candidates" in browser.text(".found")
    browser.screenshot(f"{size}-2-list")

    browser.press("Zoë van Dijk")
    browser.until(lambda: browser.all("video"), "a player")
    browser.screenshot(f"{size}-3-interview")
    browser.driver.execute_script("document.querySelector('video').play()")
    browser.until(lambda: browser.driver.execute_script("return document.querySelector('video')?.currentTime > 2 || !document.querySelector('video')"),
                  "it plays")
    browser.driver.execute_script("document.querySelector('video')?.pause()")
    wait_until(lambda: (stack.db.value("select max(seconds) from views.watch where share_link_id = %s", link["id"]) or 0) > 1, 20, "watching is known")

    panel = browser.find(".panel.feedback")
    browser.touch(panel.find_elements(By.CSS_SELECTOR, "input[type=radio]")[3])
    panel.find_element(By.ID, "comment").send_keys("Knows what a team needs. <b>Hire!</b>")
    browser.until_text("Saved ", ".saved")
    assert re.search(r"Saved \d\d:\d\d", browser.text(".saved"))
    wait_until(lambda: (saved_review(stack, link) or {}).get("comment"), 20, "the review is stored")
    assert saved_review(stack, link)["rating"] == 4 and saved_review(stack, link)["comment"] == "Knows what a team needs. <b>Hire!</b>"
    browser.screenshot(f"{size}-4-feedback")

    browser.press("Next: Mateo Silva")
    browser.until_text("Mateo Silva", "h1")
    browser.press("All candidates")
    browser.until(lambda: browser.all(".card .stars[aria-label='Your stars: 4 of 5']"), "the stars of what was reviewed")
    browser.driver.refresh()
    browser.until(lambda: len(browser.all(".card")) == 5, "a reload goes on")
    assert stack.db.value("select count(*) from events.log where type = 'link.opened' and share_link_id = %s", link["id"]) == 1
    assert not browser.complaints()

    browser.press("Leave")
    browser.press("Leave the page")
    browser.until_text("Goodbye", "h1")
    assert not browser.driver.execute_script("return Object.keys(sessionStorage).length")


# --- the gate ---

def test_a_passcode_may_be_typed_in_any_way(stack, browse, link):
    page, passcode = url_of(link).split("#")
    browser = browse().go(page)
    browser.find("#passcode").send_keys(passcode.lower().replace("-", "  ") + Keys.ENTER)
    browser.until(lambda: browser.all(".card"), "the shortlist")


def test_wrong_passcodes_and_too_many_of_them_are_explained(stack, browse, link):
    browser = browse("phone").go(url_of(link).split("#")[0])
    for _ in range(5):
        field = browser.find("#passcode")
        field.clear()
        field.send_keys("0000-0000-0000-0000" + Keys.ENTER)
        browser.until_text("That is not the passcode of this link", "#problem")
        browser.until(lambda: browser.text("#open button") == "Start", "the button is back")
    browser.screenshot("phone-wrong-passcode")
    browser.press("Start")
    browser.until_text("too many wrong tries", "#problem")
    assert browser.driver.switch_to.active_element is not None


@pytest.mark.parametrize("end, words", [("expired", "This link has expired"), ("deactivated", "This link was switched off")])
def test_a_link_that_is_over_says_so_and_a_new_one_can_be_asked_for(stack, browse, link, end, words):
    if end == "expired":
        stack.db.rows("update links.share_links set expires_at = now() - interval '1 second' where id = %s", link["id"])
    else:
        stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    browser = browse("phone").go(url_of(link))
    browser.until_text(words, "h1")
    browser.screenshot(f"phone-{end}")
    browser.press("for a new link")
    browser.until_text("is told that you asked", "h1")
    assert stack.db.value("select count(*) from events.log where type = 'link.access_requested' and share_link_id = %s", link["id"]) == 1


def test_an_unknown_link_says_what_to_do(stack, browse, link):
    browser = browse("phone").go(url_of(link).split("/s/")[0] + "/s/unknown")
    browser.until_text("We do not know this link", "h1")
    assert not [each for each in browser.all("button") if each.is_displayed()]


@pytest.mark.parametrize("around", [".", ")", "%20", "%E2%80%8B", "%C2%A0.", "%EF%BB%BF", ",%0A"])
def test_what_stands_behind_the_address_does_no_harm(stack, browse, link, around):
    browser = browse().go(url_of(link) + around)
    browser.until_text("Your personal link")
    browser.press("Start")
    browser.until(lambda: browser.all(".card"), "the shortlist")


def test_passcode_of_another_length_is_told_from_a_wrong_one(stack, browse, link):
    browser = browse().go(url_of(link).split("#")[0])
    browser.find("#passcode").send_keys("ABCD-EFGH" + Keys.ENTER)
    browser.until_text("16 letters and digits", "#problem")
    assert stack.db.value("select count(*) from views.guesses where reviewer_id = %s", link["reviewers"][0]["id"]) == 0


# --- one interview ---

def test_hidden_things_are_nowhere_on_the_page(stack, browse, interview_ids):
    link = stack.make_share_link(interview_ids=interview_ids, settings=dict.fromkeys(
        ("abbreviate_names", "omit_avatars", "exclude_full_profiles", "hide_skipped_questions", "disable_feedback", "mask_questionnaire"), True))
    browser = browse().open(url_of(link))
    browser.press("Zoë")
    browser.until(lambda: browser.all("video"), "a player")
    page = browser.driver.page_source
    for hidden in ("van Dijk", "Your feedback", "Résumé", "Questionnaire", "Why us?", "<img", link["title"], link["reviewers"][0]["email"]):
        assert hidden not in page, hidden
    browser.screenshot("desktop-all-hidden")


def test_all_of_it_by_keyboard(stack, browse, link):
    browser = browse().go(url_of(link))

    def keys(*pressed):
        for key in pressed:
            browser.driver.switch_to.active_element.send_keys(key)

    browser.find("#start").send_keys(Keys.ENTER)
    browser.until(lambda: browser.all(".card"), "the shortlist")
    browser.find("body")
    for _ in range(20):
        focused = browser.driver.switch_to.active_element
        if "Zoë van Dijk" in focused.text and focused.tag_name == "a":
            break
        keys(Keys.TAB)
    keys(Keys.ENTER)
    browser.until_text("Zoë van Dijk", "h1")
    assert browser.driver.switch_to.active_element.tag_name == "h1"
    browser.find("#app h1").send_keys(Keys.SHIFT + Keys.ARROW_RIGHT)
    browser.until_text("Mateo Silva", "h1")
    browser.find("#app h1").send_keys(Keys.SHIFT + Keys.ARROW_LEFT)
    browser.until_text("Zoë van Dijk", "h1")
    stars = browser.find(".panel.feedback input[type=radio]")
    stars.send_keys(Keys.SPACE, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    browser.until_text("Saved ", ".saved")
    wait_until(lambda: (saved_review(stack, link) or {}).get("rating") == 3, 20, "three stars")


def test_a_link_that_ends_in_the_middle_says_so(stack, browse, link):
    browser = browse()
    open_first(browser, link)
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    browser.find("#comment").send_keys("Too late?")
    browser.until_text("This link is over", "h1")
    browser.press("for a new link")
    browser.until_text("was asked for a new link", "#asked")


# --- who can use it ---

@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(stack, browse, link, axe, size, dark):  # noqa: F811
    browser = browse(size, dark)
    scheme = "dark" if dark else "light"

    def check(view):
        browser.screenshot(f"{size}-{scheme}-{view}")
        axe(browser)

    browser.go(url_of(link))
    browser.until_text("Your personal link")
    check("gate")
    browser.press("Start")
    browser.until(lambda: browser.all(".card"), "the shortlist")
    check("list")
    browser.press("Zoë")
    browser.until_text("Your feedback")
    browser.touch(browser.find(".panel.feedback input[type=radio]"))
    check("interview")
    stack.db.rows("update links.share_links set expires_at = now() - interval '1 second' where id = %s", link["id"])
    browser.go(url_of(link).split("#")[0] + "?again")
    browser.until_text("This link has expired", "h1")
    check("expired")
