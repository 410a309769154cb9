"""What goes over the wire for each step of one reviewer, in one language: as Chromium counts it, heads of answers with it, through the
front door. Pictures and recordings are not counted.
"""

import json
import random

import pytest
from support.browser import Browser
from support.changes import inside

# Bytes of answers, of what each step loads that the one before it has not.
GATE, GATE_REQUESTS = 14_000, 4
LIST = 20_000
UP_TO_INTERVIEW = 60_000  # all until then
FINISH = 8_500
LONG_LIST, LONG_LIST_PLAIN = 60_000, 300_000
NOT_COUNTED = {"Image", "Media", "TextTrack"}
LANGUAGES = ["en", "de", "fr", "es", "nl"]


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack()
    yield made
    made.close()


@pytest.fixture
def browse(request):
    def start(language="en"):
        made = Browser(language=language, log_network=True)
        request.addfinalizer(made.close)
        return made
    return start


def interviews(stack, count, questions):
    """With names, jobs and pictures of their own; what they say weighs nothing here."""
    chance = random.Random(count)
    return [stack.make_interview(
        job={"id": f"job-{number % 3}", "title": ["Librarian", "Archivist", "Head of acquisitions"][number % 3]},
        completed_at=f"2026-01-{1 + chance.randrange(28):02}T{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}.000Z",
        candidate={"first_name": name(chance), "last_name": name(chance), "avatar_url": "media:avatars/int-2041.webp"},
        questions=[question(each, chance.randrange(200, 1800) / 10) for each in range(questions)]) for number in range(count)]


def name(chance):
    return "".join(chance.choice("bcdfgklmnprstvz") + chance.choice("aeiou") for _ in range(chance.randrange(2, 5))).title()


def question(number, seconds):
    return {"id": f"q{number}", "text": f"Question {number}?", "skipped": False, "answer": {
        "kind": "video", "media_url": "media:answers/int-2041-q1.mp4", "duration_seconds": seconds}}


def url_of(link):
    return link["reviewers"][0]["url"]


def loaded(browser):
    """(path, bytes) of what has come since this was last asked."""
    of = {}
    sizes = []
    for entry in browser.driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        told = message["params"]
        if message["method"] == "Network.responseReceived":
            of[told["requestId"]] = told
        elif message["method"] == "Network.loadingFinished" and told["requestId"] in of:
            answer = of[told["requestId"]]
            if answer["type"] not in NOT_COUNTED and answer["response"]["url"].startswith("http"):
                sizes.append((answer["response"]["url"].rpartition("/")[2], int(told["encodedDataLength"])))
    return sizes


def weight(sizes):
    return sum(size for _, size in sizes)


@pytest.fixture(scope="module")
def interview_ids(stack):
    return interviews(stack, 12, 5)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_step_weighs_little(stack, browse, interview_ids, language):
    browser = browse(language)
    browser.go(url_of(stack.make_share_link(interview_ids=interview_ids)))
    browser.until(lambda: browser.find("#personal").is_displayed(), "the gate")
    gate = loaded(browser)
    assert len(gate) <= GATE_REQUESTS and 1000 < weight(gate) <= GATE, gate

    browser.find("#start").click()
    browser.until(lambda: len(browser.all(".card")) == 12, "the list")
    listed = loaded(browser)
    assert {"open", "content"} <= {path for path, _ in listed} and weight(listed) <= LIST, listed

    browser.find(".card a").click()
    browser.until(lambda: browser.all(".panel.feedback"), "the interview")
    shown = loaded(browser)
    assert any(path in interview_ids for path, _ in shown) and weight(gate + listed + shown) <= UP_TO_INTERVIEW, shown

    browser.find(".back").click()
    browser.find(".foot a").click()
    browser.until(lambda: browser.all(".reviews table"), "the end")
    ended = loaded(browser)
    assert any(path.startswith("finish") for path, _ in ended) and weight(ended) <= FINISH, ended


def check_long_list(browser):
    sizes = loaded(browser)
    assert weight(each for each in sizes if each[0] == "content") <= LONG_LIST, sizes
    plain = browser.driver.execute_script(
        "return performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/content')).map((each) => each.decodedBodySize)")
    assert 100_000 < max(plain) <= LONG_LIST_PLAIN, plain


def test_list_of_five_hundred_with_forty_questions_weighs_little(stack, browse):
    browser = browse().go(url_of(stack.make_share_link(interview_ids=interviews(stack, 500, 40))))
    browser.press("Start")
    browser.until(lambda: len(browser.all(".card")) == 500, "the list")
    check_long_list(browser)


def judge(stack, link, reviewer):
    """All of it reviewed at length and watched in part, each otherwise."""
    chance = random.Random(1)
    words = [name(chance).lower() for _ in range(600)]
    for interview in link["interview_ids"]:
        reviewer.put(f"{reviewer.page}/interviews/{interview}/review", {
            "rating": chance.randrange(1, 6), "recommendation": chance.choice(["strong_yes", "yes", "no", "strong_no"]),
            "comment": " ".join(chance.choice(words) for _ in range(40)),
            "question_ratings": [{"question_id": f"q{number}", "rating": chance.randrange(1, 6)} for number in range(40)]},
            headers={"If-None-Match": "*"}, status=201)
    stack.db.rows("insert into views.watch (reviewer_id, interview_id, question_id, account_id, share_link_id, seconds, position) "
                  "select %s, i.id, q ->> 'id', i.account_id, %s, (q #>> '{answer,duration_seconds}')::numeric * random(), 1 "
                  "from links.interviews i, jsonb_array_elements(i.document -> 'questions') q where i.id = any(%s)",
                  link["reviewers"][0]["id"], link["id"], link["interview_ids"])


def test_list_of_five_hundred_that_were_all_judged_weighs_little(stack, browse):
    link = stack.make_share_link(interview_ids=interviews(stack, 500, 40))
    reviewer = inside(stack, link)
    judge(stack, link, reviewer)
    rows = reviewer.content(status=200).json()["interviews"]
    assert all(row["watched"]["answers"] is None and 0 < row["watched"]["seconds"] < row["watched"]["of"] for row in rows)
    assert all(row["my_review"]["answer_ratings"] is None and len(row["my_review"]["comment"]) == 40 for row in rows)
    shown = reviewer.interview(rows[7]["id"], status=200).json()
    assert len(shown["watched"]["answers"]) == len(shown["my_review"]["question_ratings"]) == 40
    assert shown["my_review"]["comment"].startswith(rows[7]["my_review"]["comment"])

    browser = browse().go(url_of(link))
    browser.press("Start")
    browser.until(lambda: len(browser.all(".card")) == 500, "the list")
    check_long_list(browser)
    assert "% watched" in browser.find(".card .marks").text
    browser.find(".foot a").click()
    assert browser.find('.reviews [data-cell="answers"]').text == "In the interview"


@pytest.mark.parametrize("count, questions, kept", [(120, 40, "everything"), (300, 40, "ratings")])
def test_list_says_as_much_as_there_is_room_for(stack, count, questions, kept):
    link = stack.make_share_link(interview_ids=interviews(stack, count, questions))
    reviewer = inside(stack, link)
    judge(stack, link, reviewer)
    row = reviewer.content(status=200).json()["interviews"][3]
    assert (len(row["watched"]["answers"] or []) == 40) == (kept == "everything")
    assert len(row["my_review"]["answer_ratings"]) == 40 and len(row["my_review"]["comment"]) > 130


def test_list_looks_the_same_whatever_was_seen_before(stack, browse, interview_ids):
    browser = browse().open(url_of(stack.make_share_link(interview_ids=interview_ids)))
    look = """
        const styles = [...document.styleSheets].filter((each) => !each.disabled).map((each) => each.href);
        const line = document.querySelector(".card .line");
        return JSON.stringify([styles, line.offsetHeight, getComputedStyle(line).display]);"""
    before = browser.driver.execute_script(look)
    browser.find(".card a").click()
    browser.find(".panel.feedback")
    browser.find(".back").click()
    browser.find(".foot a").click()
    browser.find(".reviews")
    browser.driver.back()
    browser.find(".card")
    assert browser.driver.execute_script(look) == before


@pytest.mark.parametrize("count, address, of_view", [(2, "", {"list.css"}), (1, "", {"list.css", "interview.css", "interview", "feedback", "words-en.js"}),
                                                     (2, "?view=finish", {"list.css", "finish.css", "finish", "feedback", "words-en.js"})],
                         ids=["list", "one candidate", "end"])
def test_all_parts_of_a_view_are_asked_for_at_once(stack, browse, count, address, of_view):
    """Also without the module that imports them, and each of them once."""
    link = stack.make_share_link(interview_ids=interviews(stack, count, 1), reviewer_count=1)
    browser = browse()
    page, passcode = url_of(link).split("#")
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/app-en.js"]})
    browser.go(f"{page}{address}#{passcode}")
    browser.press("Start")
    browser.until_text("did not load", "#problem")
    asked = set()

    def all_asked():
        asked.update(path.partition("-")[0] if path.split("-")[0] in ("chunk", "interview", "feedback", "finish") else path for path, _ in loaded(browser))
        return {*of_view, "chunk"} <= asked
    browser.until(all_asked, f"{of_view} are asked for")
    assert "app-en.js" not in asked
    browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    browser.go("about:blank").open(f"{page}{address}#{passcode}") if count > 1 and not address else browser.go("about:blank").go(f"{page}{address}#{passcode}").press("Start")
    browser.until(lambda: browser.driver.execute_script("return document.body.dataset.session") == "shown", "the view")
    names = browser.driver.execute_script(
        "return performance.getEntriesByType('resource').filter((each) => each.name.includes('/assets/')).map((each) => each.name)")
    assert len(names) == len(set(names)), names
