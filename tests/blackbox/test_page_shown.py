"""What the page shows in a real Chromium of what a candidate's interview holds: in its language, and nothing of what the link's settings
hide, in the list, on the stage, at the end and on paper. What the API answers: test_redaction.py.
"""

import pytest
from support import samples
from test_redaction import SETTINGS, document, hidden_words, name_of

# Texts of the page, each with the language that it is marked to be in; and the tracks of its media.
MARKED = """
    const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        found.push([walk.currentNode.data.trim(), walk.currentNode.parentElement.closest("[lang]").lang]);
    }
    return found.concat([...document.querySelectorAll("track")].map((each) => ["track", each.srclang]));"""
SPOKEN = ["asked", "said", "spoke", "skippedcanary", "skippedansw", "skippedspoken", "headline", "location", "summary", "formquestion", "formanswer", "track"]
EACH_AND_ALL = [{}, *({name: True} for name in SETTINGS), dict.fromkeys(SETTINGS, True)]


def shared(stack, settings, language=None):
    """The link, of two candidates whose words are their own, one rated on each question that is shown."""
    ids = [samples.interview_id() for _ in range(2)]
    for interview, who in zip(ids, ("ada", "bea"), strict=True):
        stack.api.put(f"/v1/interviews/{interview}", {**document(who), "language": language}, status=201)
    link = stack.make_share_link(interview_ids=ids, settings=settings, title="Titlecanary")
    if not settings.get("disable_feedback"):
        reviewer = stack.reviewer(link)
        reviewer.open(status=200)
        shown = reviewer.interview(ids[0], status=200).json()["questions"]
        stars = [{"question_id": each["id"], "rating": 4, "note": "Noted"} for each in shown if each["answer"]]
        reviewer.put(f"{reviewer.page}/interviews/{ids[0]}/review", {"rating": 4, "comment": "Commented", "question_ratings": stars}, status=201)
    return link


def go_on(browser, link, search, css):
    browser.go(link["reviewers"][0]["url"].split("#")[0] + search)
    browser.until(lambda: browser.all(css), css)


def on_stage(browser, link, number=0):
    """With each panel and each question opened once: all that the stage would ever show. Returns what it said meanwhile."""
    go_on(browser, link, f"?interview={link['interview_ids'][number]}", ".stage .question")
    told = []
    for css in (".questions button", ".stage [role=tab], .stage summary"):
        for place in range(len(browser.all(css))):
            browser.driver.execute_script("document.querySelectorAll(arguments[0])[arguments[1]].click()", css, place)
            told += browser.driver.execute_script(MARKED)
    return told


def on_paper(browser):
    """What would be printed, without a printer."""
    browser.driver.execute_script("window.print = () => {}; dispatchEvent(new Event('beforeprint'))")
    told = browser.driver.execute_script(MARKED)
    browser.driver.execute_script("dispatchEvent(new Event('afterprint'))")
    return told


def test_what_is_said_is_marked_to_be_in_its_language(stack, browse):
    link = shared(stack, {}, language="PT-br")
    browser = browse().open(link["reviewers"][0]["url"])
    told = on_stage(browser, link) + on_paper(browser)
    for word in SPOKEN:
        texts = [(text, lang) for text, lang in told if word in text]
        assert texts, word
        assert {lang for _, lang in texts} == {"pt-BR"}, texts
    assert {lang for text, lang in told if text in ("Commented", "Noted") or "adafirst" in text} <= {"en"}, "of a name and of one's own words nothing is known"


def test_what_is_in_no_known_language_is_left_to_the_page_s(stack, browse):
    link = shared(stack, {})
    browser = browse().open(link["reviewers"][0]["url"])
    assert {lang for _, lang in on_stage(browser, link) + on_paper(browser)} == {"en"}


@pytest.mark.parametrize("settings", EACH_AND_ALL, ids=name_of)
def test_page_shows_nothing_that_is_hidden(stack, browse, settings):
    settings = dict.fromkeys(SETTINGS, False) | settings
    link = shared(stack, settings)
    browser = browse().open(link["reviewers"][0]["url"])
    seen = {}

    def look(where, *told):
        seen[where] = str(told) + browser.driver.execute_script("return document.documentElement.outerHTML + document.title + location.href")

    look("list")
    go_on(browser, link, "?search=canary", ".cards, .empty, .nothing")
    look("search")
    for number in range(2):
        look(f"stage {number}", on_stage(browser, link, number))
        look(f"paper {number}", on_paper(browser))
    go_on(browser, link, "?view=finish", "#app h1")
    browser.until(lambda: browser.text("#app h1"), "the end")
    look("end")
    if not settings["disable_feedback"]:
        assert "adafirst" in seen["end"] and "Commented" in seen["end"]
        browser.driver.execute_script("document.querySelector('[data-change]').click()")
        browser.until(lambda: browser.all(".editor input[type=radio]"), "its stars")
        look("end, changing")
        browser.driver.execute_script("window.print = () => { dispatchEvent(new Event('beforeprint')); window.printed = document.body.outerHTML }")
        browser.press("Print")
        browser.until(lambda: browser.driver.execute_script("return window.printed"), "what is printed")
        look("end, printed", browser.driver.execute_script("return window.printed"))
        assert "Noted" in seen["end, printed"]
    else:
        assert not any(word in seen["end"] for word in ("adafirst", "beafirst", "data-change")), "nothing of anybody stands there"
    assert "adafirst" in seen["list"] and "ada asked" in seen["stage 0"] and "ada asked" in seen["paper 0"]
    for where, text in seen.items():
        assert [word for word in hidden_words(settings) if word in text.lower()] == [], where
