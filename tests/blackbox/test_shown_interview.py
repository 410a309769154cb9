"""One interview of a link, whole: to whom it is shown, its ETag, and what its reviewer has seen and said of it, in the list too.
What settings hide of it: test_redaction.py.
"""

import pytest
from support.changes import inside


def recorded(number, seconds=10.0):
    return {"id": f"q{number}", "text": f"Question {number}?", "skipped": False, "answer": {
        "kind": "video", "media_url": f"https://platform.example/{number}.mp4", "duration_seconds": seconds}}


QUESTIONS = [recorded(1), {"id": "q2", "text": "In writing?", "skipped": False, "answer": {"kind": "text", "text": "Yes."}},
             {**recorded(3), "skipped": True}, recorded(4, 40.0)]


@pytest.fixture
def interview(stack):
    return stack.make_interview(questions=QUESTIONS)


@pytest.fixture
def browser(stack, interview):
    return inside(stack, stack.make_share_link(interview_ids=[interview]))


def row(browser, **params):
    return browser.content(params=params, status=200).json()["interviews"][0]


def watch(browser, interview, question, seconds):
    browser.post(f"{browser.page}/interviews/{interview}/watch", {"question_id": question, "seconds": seconds, "position": seconds}, status=200)


def test_unchanged_interview_is_not_sent_again(stack, browser, interview):
    tag = browser.interview(interview, status=200).headers["ETag"]
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = browser.interview(interview, headers={"If-None-Match": header}, status=304)
        assert answer.content == b"" and answer.headers["ETag"] == tag
    watch(browser, interview, "q1", 5)
    assert browser.interview(interview, headers={"If-None-Match": tag}, status=200).headers["ETag"] != tag


def test_only_what_is_in_the_link_is_shown(stack, browser, interview):
    elsewhere = stack.make_interview()
    for unknown in (elsewhere, "int-nowhere", "x" * 128, "%00", "%ff"):
        assert browser.interview(unknown).json()["code"] in ("not_found", "malformed_request"), unknown


def test_door_is_asked_each_time(stack, interview):
    link = stack.make_share_link(interview_ids=[interview])
    browser, stranger = inside(stack, link), stack.reviewer(link)
    answer = stranger.interview(interview, status=401)
    assert answer.json()["code"] == "passcode_required" and "ETag" not in answer.headers
    tag = browser.interview(interview, status=200).headers["ETag"]
    other = inside(stack, stack.make_share_link(interview_ids=[interview]))
    thief = stack.reviewer(link)
    thief.session.cookies.set("sharelink_session", other.session.cookies["sharelink_session"])
    thief.interview(interview, status=401)
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    answer = browser.interview(interview, headers={"If-None-Match": tag}, status=410)
    assert answer.json()["code"] == "link_deactivated" and "ETag" not in answer.headers
    browser.get(f"/s/{'x' * 22}/interviews/{interview}", status=404)


def test_removed_interview_is_gone(stack, interview):
    link = stack.make_share_link(interview_ids=[interview, stack.make_interview()])
    browser = inside(stack, link)
    browser.interview(interview, status=200)
    stack.api.post(f"/v1/share-links/{link['id']}/interviews/remove", {"interview_ids": [interview]}, status=200)
    browser.interview(interview, status=404)


def test_reading_an_interview_keeps_the_visit_going(stack, interview):
    browser = inside(stack, stack.make_share_link(interview_ids=[interview]))
    stack.db.rows("update views.visits set last_seen_at = now() - interval '29 minutes'")
    browser.interview(interview, status=200)
    assert stack.db.value("select max(last_seen_at) > now() - interval '1 minute' from views.visits")
    assert browser.open(status=200).json()["first"] is False


def test_nothing_watched_and_nothing_said(browser, interview):
    for shown in (row(browser), browser.interview(interview, status=200).json()):
        assert shown["watched"] == {"seconds": 0, "of": 60, "answers": None} and shown["my_review"] is None
        assert (shown["question_count"], shown["duration_seconds"]) == (4, 60)


def test_progress_is_told_for_each_question_in_its_order(browser, interview):
    watch(browser, interview, "q4", 10)
    watch(browser, interview, "q1", 9.99)
    watch(browser, interview, "q2", 3)
    for shown in (row(browser), browser.interview(interview, status=200).json()):
        assert shown["watched"] == {"seconds": 20.0, "of": 60, "answers": [100, None, 0, 25]}


def test_stars_are_told_for_each_question_in_its_order(browser, interview):
    review = {"rating": 4, "comment": "c" * 200, "question_ratings": [{"question_id": "q4", "rating": 2, "note": ""}, {"question_id": "q1", "rating": 5, "note": ""},
                                                                      {"question_id": "q2", "rating": None, "note": "Well put"}]}
    browser.put(f"{browser.page}/interviews/{interview}/review", review, status=201)
    whole = browser.interview(interview, status=200).json()["my_review"]
    assert whole == browser.get(f"{browser.page}/interviews/{interview}/review", status=200).json()
    assert row(browser)["my_review"] == {"rating": 4, "recommendation": None, "comment": "c" * 140, "answer_ratings": [5, None, None, 2], "version": 1,
                                         "updated_at": whole["updated_at"]}


def test_row_has_no_feedback_once_all_of_it_was_taken_back(browser, interview):
    place = f"{browser.page}/interviews/{interview}/review"
    note = [{"question_id": "q1", "rating": None, "note": "Well put"}]
    first = browser.put(place, {"question_ratings": note}, status=201)
    assert row(browser)["my_review"] == {"rating": None, "recommendation": None, "comment": "", "answer_ratings": [None, None, None, None], "version": 1,
                                         "updated_at": first.json()["updated_at"]}
    browser.put(place, {"question_ratings": []}, headers={"If-Match": first.headers["ETag"]}, status=200)
    assert row(browser)["my_review"] is None
    assert browser.interview(interview, status=200).json()["my_review"]["version"] == 2


def test_hidden_questions_have_no_place_in_what_is_told(stack, interview):
    link = stack.make_share_link(interview_ids=[interview])
    browser = inside(stack, link)
    watch(browser, interview, "q3", 10)
    ratings = [{"question_id": "q3", "rating": 1, "note": ""}, {"question_id": "q4", "rating": 2, "note": ""}]
    browser.put(f"{browser.page}/interviews/{interview}/review", {"question_ratings": ratings}, status=201)
    stack.api.patch(f"/v1/share-links/{link['id']}", {"settings": {"hide_skipped_questions": True}}, status=200)
    for shown in (row(browser), browser.interview(interview, status=200).json()):
        assert shown["watched"] == {"seconds": 0, "of": 50, "answers": None} and shown["question_count"] == 3
    assert row(browser)["my_review"]["answer_ratings"] == [None, None, 2]


def test_interview_without_questions(stack):
    interview = stack.make_interview(questions=[])
    browser = inside(stack, stack.make_share_link(interview_ids=[interview]))
    for shown in (row(browser), browser.interview(interview, status=200).json()):
        assert shown["watched"] == {"seconds": 0, "of": 0, "answers": None} and (shown["question_count"], shown["duration_seconds"]) == (0, 0)
