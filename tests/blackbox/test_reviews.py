"""A reviewer's feedback: saved whole, with every revision; one's own alone; and what is wrong with it said all at once."""

import json
import threading

import pytest
import redis
from support.api import faults
from support.bodies import MISSING, changed, fault_codes
from support.changes import events_of, inside
from support.shapes import is_id, time_of
from support.tables import nothing_stored

REVIEW = {"rating": 4, "recommendation": "yes", "comment": "Strong on systems.\nA second line.",
          "question_ratings": [{"question_id": "q1", "rating": 5, "note": "Clear."}]}


def path_of(browser, interview):
    return f"{browser.page}/interviews/{interview}/review"


@pytest.fixture
def link(stack):
    return stack.make_share_link(reviewer_count=2, interview_count=2)


@pytest.fixture
def browser(stack, link):
    return inside(stack, link)


@pytest.fixture
def interview(link):
    return link["interview_ids"][0]


def save(browser, interview, body=REVIEW, **options):
    return browser.put(path_of(browser, interview), body, **options)


def my_review(browser, interview):
    row = next(each for each in browser.content(status=200).json()["interviews"] if each["id"] == interview)["my_review"]
    shown = browser.interview(interview, status=200).json()["my_review"]
    told = shown and {name: shown[name] for name in ("rating", "recommendation", "version", "updated_at")} | {"comment": shown["comment"][:140]}
    says = told and any(shown[name] for name in ("rating", "recommendation", "comment", "question_ratings"))
    assert (told if says else None) == (row and {name: row[name] for name in told}), "the list tells the same, and nothing of what was taken back"
    return shown


def revisions(stack, review_id):
    return stack.db.rows("select version, rating, comment, visit_id from views.review_revisions where review_id = %s order by version", review_id)


def feedback_events(stack, link):
    return [(name, data) for name, data in events_of(stack, link["id"]) if name.startswith("review.")]


def test_feedback_is_saved_shown_and_told(stack, link, browser, interview):
    assert my_review(browser, interview) is None
    answer = save(browser, interview, status=201)
    review = answer.json()
    assert is_id("fbk_", review["id"]) and answer.headers["ETag"] == '"v1"'
    assert review == {**REVIEW, "id": review["id"], "version": 1, "created_at": review["created_at"], "updated_at": review["created_at"]}
    time_of(review["created_at"])
    assert my_review(browser, interview) == review
    again = browser.get(path_of(browser, interview), status=200)
    assert again.json() == review and again.headers["ETag"] == '"v1"'
    ids = {"share_link_id": link["id"], "reviewer_id": link["reviewers"][0]["id"], "interview_id": interview, "review_id": review["id"]}
    assert feedback_events(stack, link) == [("review.submitted", ids)]
    stack.wait_until_told()
    with redis.Redis.from_url(stack.redis.url(stack.redis_database)) as connection:
        told = [json.loads(fields[b"ce"])["data"] for _, fields in connection.xrevrange("sharelink:views", count=50)
                if fields[b"type"] == b"sharelink.review.submitted.v1"]
    assert ids in told


def test_each_change_is_a_revision(stack, link, browser, interview):
    first = save(browser, interview, status=201).json()
    second = save(browser, interview, {**REVIEW, "rating": 2}, status=200)
    assert second.headers["ETag"] == '"v2"' and second.json()["version"] == 2
    assert (second.json()["id"], second.json()["created_at"]) == (first["id"], first["created_at"])
    assert [(row["version"], row["rating"]) for row in revisions(stack, first["id"])] == [(1, 4), (2, 2)]
    assert [name for name, _ in feedback_events(stack, link)] == ["review.submitted", "review.updated"]


def test_saving_the_same_again_changes_nothing(stack, link, browser, interview):
    review = save(browser, interview, status=201).json()
    for headers in ({}, {"If-Match": '"v1"'}, {"If-Match": '"v7"'}):
        again = save(browser, interview, status=200, headers=headers)
        assert again.json() == review and again.headers["ETag"] == '"v1"'
    assert len(revisions(stack, review["id"])) == 1 and len(feedback_events(stack, link)) == 1


def test_what_is_left_out_is_empty(browser, interview):
    assert save(browser, interview, {"rating": 3}, status=201).json()["comment"] == ""
    review = save(browser, interview, {"comment": "No number yet", "rating": None, "question_ratings": None}, status=200).json()
    assert (review["rating"], review["question_ratings"]) == (None, [])


@pytest.mark.parametrize("recommendation", ["strong_yes", "yes", "no", "strong_no"])
def test_recommendation_alone_is_feedback(stack, link, browser, interview, recommendation):
    def counts():
        listed = stack.api.get(f"/v1/share-links/{link['id']}/reviews", status=200).json()["data"]
        reviewer = stack.api.get(f"/v1/share-links/{link['id']}", status=200).json()["reviewers"][0]
        return browser.content(params={"reviewed": "yes"}, status=200).json()["total"], len(listed), reviewer["reviewed_count"]

    review = save(browser, interview, {"recommendation": recommendation}, status=201).json()
    assert (review["recommendation"], review["rating"], review["comment"]) == (recommendation, None, "")
    assert my_review(browser, interview) == browser.get(path_of(browser, interview), status=200).json() == review
    assert counts() == (1, 1, 1) and [name for name, _ in feedback_events(stack, link)] == ["review.submitted"]
    assert save(browser, interview, {"recommendation": recommendation}, status=200).json() == review, "the same again"
    other = {"yes": "no"}.get(recommendation, "yes")
    assert save(browser, interview, {"recommendation": other}, status=200).json()["version"] == 2
    assert save(browser, interview, {"recommendation": None}, status=200).json()["recommendation"] is None
    assert counts() == (0, 0, 0), "taken back"
    saved = stack.db.rows("select version, recommendation from views.review_revisions where review_id = %s order by version", review["id"])
    assert [(row["version"], row["recommendation"]) for row in saved] == [(1, recommendation), (2, other), (3, None)]


def test_ratings_of_questions_that_say_nothing_are_dropped(browser, interview):
    sent = [{"question_id": "q1", "rating": None, "note": "Only words"}, {"question_id": "q2", "rating": 1}]
    review = save(browser, interview, {"question_ratings": sent}, status=201).json()
    assert review["question_ratings"] == [{"question_id": "q1", "rating": None, "note": "Only words"}, {"question_id": "q2", "rating": 1, "note": ""}]
    sent = [{"question_id": "q1", "rating": None, "note": ""}, {"question_id": "q2"}]
    assert save(browser, interview, {"rating": 2, "question_ratings": sent}, status=200).json()["question_ratings"] == []


def test_feedback_that_is_taken_back_counts_no_more(stack, link, browser, interview):
    save(browser, interview, status=201)
    review = save(browser, interview, {}, status=200).json()
    assert (review["rating"], review["comment"], review["version"]) == (None, "", 2)
    assert my_review(browser, interview) == review
    assert browser.content(params={"reviewed": "yes"}, status=200).json()["total"] == 0
    assert [name for name, _ in feedback_events(stack, link)] == ["review.submitted", "review.updated"]


def test_nothing_said_is_no_event_until_something_is(stack, link, browser, interview):
    save(browser, interview, {}, status=201)
    assert feedback_events(stack, link) == []
    save(browser, interview, status=200)
    save(browser, interview, {"rating": 1}, status=200)
    assert [name for name, _ in feedback_events(stack, link)] == ["review.submitted", "review.updated"]


def test_two_tabs_do_not_overwrite_each_other(stack, browser, interview):
    save(browser, interview, status=201)
    save(browser, interview, {"rating": 1}, status=200, headers={"If-Match": '"v1"'})
    late = save(browser, interview, {"rating": 5}, status=412, headers={"If-Match": '"v1"'})
    assert late.headers["ETag"] == '"v2"' and late.json()["current"]["rating"] == 1
    save(browser, interview, {"rating": 5}, status=200, headers={"If-Match": late.headers["ETag"]})
    for tag in ('"v9"', "v3", "nonsense", 'W/"v3"'):
        save(browser, interview, {"rating": 2}, status=412, headers={"If-Match": tag})
    save(browser, interview, {"rating": 2}, status=200, headers={"If-Match": "*"})


def test_first_save_may_demand_that_there_is_none(browser, interview):
    assert save(browser, interview, status=412, headers={"If-Match": '"v1"'}).json()["current"] is None
    save(browser, interview, status=201, headers={"If-None-Match": "*"})
    assert save(browser, interview, {"rating": 1}, status=412, headers={"If-None-Match": "*"}).headers["ETag"] == '"v1"'


def test_tabs_that_save_at_once_lose_no_revision(stack, link, interview):
    tabs = [inside(stack, link) for _ in range(8)]
    barrier, answers = threading.Barrier(len(tabs)), []

    def write(number, tab):
        barrier.wait()
        answers.append(save(tab, interview, {"comment": f"tab {number}"}).status_code)

    writers = [threading.Thread(target=write, args=pair) for pair in enumerate(tabs)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(answers) == [200] * 7 + [201]
    review = my_review(tabs[0], interview)
    assert review["version"] == 8
    assert sorted(row["comment"] for row in revisions(stack, review["id"])) == [f"tab {number}" for number in range(8)]


def test_one_of_the_tabs_that_save_on_the_same_version_wins(stack, link, interview):
    tabs = [inside(stack, link) for _ in range(8)]
    save(tabs[0], interview, status=201)
    barrier, answers = threading.Barrier(len(tabs)), []

    def write(number, tab):
        barrier.wait()
        answers.append(save(tab, interview, {"comment": f"tab {number}"}, headers={"If-Match": '"v1"'}).status_code)

    writers = [threading.Thread(target=write, args=pair) for pair in enumerate(tabs)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(answers) == [200] + [412] * 7


def test_each_reviewer_sees_the_own_feedback_alone(stack, link, browser, interview):
    save(browser, interview, {"comment": "Secretive words"}, status=201)
    other = inside(stack, link, 1)
    assert my_review(other, interview) is None
    assert other.get(path_of(other, interview), status=404).json()["code"] == "no_review"
    mine = save(other, interview, {"rating": 1}, status=201).json()
    assert my_review(browser, interview)["comment"] == "Secretive words" and mine["comment"] == ""
    assert "Secretive" not in other.content().text


@pytest.mark.parametrize("changes, wrong", [
    ({"/rating": 0}, {"/rating": "out_of_range"}),
    ({"/rating": 6}, {"/rating": "out_of_range"}),
    ({"/rating": 3.5}, {"/rating": "wrong_type"}),
    ({"/rating": "5"}, {"/rating": "wrong_type"}),
    ({"/rating": True}, {"/rating": "wrong_type"}),
    ({"/rating": 10 ** 18}, {"/rating": "out_of_range"}),
    ({"/recommendation": "maybe"}, {"/recommendation": "invalid"}),
    ({"/recommendation": "Yes"}, {"/recommendation": "invalid"}),
    ({"/recommendation": ""}, {"/recommendation": "invalid"}),
    ({"/recommendation": True}, {"/recommendation": "wrong_type"}),
    ({"/recommendation": ["yes"]}, {"/recommendation": "wrong_type"}),
    ({"/comment": "x" * 20_000}, {"/comment": "too_long"}),
    ({"/comment": "x" * 10_001}, {"/comment": "too_long"}),
    ({"/comment": 7}, {"/comment": "wrong_type"}),
    ({"/stars": 5}, {"/stars": "unknown_field"}),
    ({"/question_ratings": {}}, {"/question_ratings": "wrong_type"}),
    ({"/question_ratings/0/rating": 0}, {"/question_ratings/0/rating": "out_of_range"}),
    ({"/question_ratings/0/rating": "5"}, {"/question_ratings/0/rating": "wrong_type"}),
    ({"/question_ratings/0/note": "x" * 2_001}, {"/question_ratings/0/note": "too_long"}),
    ({"/question_ratings/0/question_id": "q1\u2028"}, {"/question_ratings/0/question_id": "control_characters"}),
    ({"/question_ratings/0/question_id": MISSING}, {"/question_ratings/0/question_id": "required"}),
    ({"/question_ratings/0/question_id": 1}, {"/question_ratings/0/question_id": "wrong_type"}),
    ({"/question_ratings/0/question_id": "q9"}, {"/question_ratings/0/question_id": "unknown_question"}),
    ({"/question_ratings/0/question_id": "' or 1=1 --"}, {"/question_ratings/0/question_id": "unknown_question"}),
    ({"/question_ratings/0/extra": 1}, {"/question_ratings/0/extra": "unknown_field"}),
    ({"/question_ratings/-": 5}, {"/question_ratings/1": "wrong_type"}),
    ({"/question_ratings/-": {"question_id": "q1"}}, {"/question_ratings/1/question_id": "duplicate"}),
    ({"/question_ratings": [{"question_id": f"q{n}"} for n in range(101)]}, {"/question_ratings": "too_long"}),
    ({"/rating": 9, "/comment": 1, "/x": 1, "/question_ratings/0/rating": 9},
     {"/rating": "out_of_range", "/comment": "wrong_type", "/x": "unknown_field", "/question_ratings/0/rating": "out_of_range"}),
])
def test_every_fault_is_named_and_nothing_is_stored(stack, browser, interview, changes, wrong):
    with nothing_stored(stack.db):
        assert fault_codes(save(browser, interview, changed(REVIEW, changes))) == wrong


@pytest.mark.parametrize("body, status", [(b"", 400), (b"{", 400), (b"[]", 422), (b'{"rating":1,"rating":2}', 400), (b'{"comment":"\\u0000"}', 400), (b'"x"', 422)])
def test_bodies_that_are_none(stack, browser, interview, body, status):
    with nothing_stored(stack.db):
        browser.put(path_of(browser, interview), data=body, headers={"Content-Type": "application/json"}, status=status)
    browser.put(path_of(browser, interview), data=b"rating=5", headers={"Content-Type": "application/x-www-form-urlencoded"}, status=415)


def test_the_longest_comment_and_any_script_are_taken(browser, interview):
    for comment in ("ß" * 10_000, "<script>alert(1)</script> & \"quotes\"", "日本語\n\tمرحبا 👍🏽"):
        assert save(browser, interview, {"comment": comment}).json()["comment"] == comment
        assert my_review(browser, interview)["comment"] == comment


def test_interviews_that_are_not_in_this_link(stack, browser):
    elsewhere = stack.make_share_link()["interview_ids"][0]
    for interview in (elsewhere, "int-made-up", "x" * 300, "%20", "'"):
        with nothing_stored(stack.db):
            assert save(browser, interview, status=404).json()["code"] == "not_found"
            browser.get(path_of(browser, interview), status=404)


def test_hidden_question_is_as_unknown_as_one_made_up(stack):
    link = stack.make_share_link(settings={"hide_skipped_questions": True})
    browser, interview = inside(stack, link), link["interview_ids"][0]
    answers = [save(browser, interview, {"question_ratings": [{"question_id": name, "rating": 1}]}, status=422).json() for name in ("q2", "q9")]
    assert answers[0]["errors"] == answers[1]["errors"]
    save(browser, interview, {"question_ratings": [{"question_id": "q1", "rating": 1}]}, status=201)


def test_what_was_said_about_a_question_that_is_hidden_later_is_kept_but_not_shown(stack, link, browser, interview):
    both = [{"question_id": "q1", "rating": 1, "note": ""}, {"question_id": "q2", "rating": 2, "note": "hidden later"}]
    save(browser, interview, {"question_ratings": both}, status=201)
    stack.api.patch(f"/v1/share-links/{link['id']}", {"settings": {"hide_skipped_questions": True}}, status=200)
    assert my_review(browser, interview)["question_ratings"] == both[:1]
    assert save(browser, interview, {"question_ratings": both[:1]}, status=200).json()["version"] == 1, "the same as before"
    saved = save(browser, interview, {"rating": 3, "question_ratings": both[:1]}, status=200)
    assert saved.json()["question_ratings"] == both[:1] and "hidden later" not in saved.text
    stack.api.patch(f"/v1/share-links/{link['id']}", {"settings": {"hide_skipped_questions": False}}, status=200)
    assert my_review(browser, interview)["question_ratings"] == both


def test_links_without_feedback_take_none(stack):
    link = stack.make_share_link(settings={"disable_feedback": True})
    browser, interview = inside(stack, link), link["interview_ids"][0]
    with nothing_stored(stack.db):
        assert save(browser, interview, status=403).json()["code"] == "feedback_disabled"
        assert browser.get(path_of(browser, interview), status=403).json()["code"] == "feedback_disabled"
    assert "my_review" not in browser.content(status=200).json()["interviews"][0]


def test_basic_links_take_none(stack):
    interview = stack.make_interview()
    basic = stack.api.post(f"/v1/interviews/{interview}/basic-link", status=201).json()
    from support.api import Reviewer
    browser = Reviewer(stack.views.url(), basic["url"])
    browser.open(status=200)
    save(browser, interview, status=403)


def test_feedback_outlives_reactivation(stack, link, browser, interview):
    review = save(browser, interview, status=201).json()
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    save(browser, interview, {"rating": 1}, status=410)
    link = stack.api.post(f"/v1/share-links/{link['id']}/reactivate", status=200).json()
    save(browser, interview, {"rating": 1}, status=401)
    again = inside(stack, link)
    assert my_review(again, interview) == review
    assert save(again, interview, {"rating": 1}, status=200).json()["version"] == 2
    assert len(revisions(stack, review["id"])) == 2


def test_removed_interview_takes_no_feedback_and_shows_none_until_it_is_back(stack, link, browser, interview):
    review = save(browser, interview, status=201).json()
    stack.api.post(f"/v1/share-links/{link['id']}/interviews/remove", {"interview_ids": [interview]}, status=200)
    save(browser, interview, {"rating": 1}, status=404)
    assert REVIEW["comment"][:10] not in browser.content(status=200).text
    stack.api.post(f"/v1/share-links/{link['id']}/interviews", {"interview_ids": [interview]}, status=200)
    assert my_review(browser, interview) == review


def test_nobody_without_a_session_gives_or_reads_feedback(stack, link, browser, interview):
    stranger = stack.reviewer(link)
    with nothing_stored(stack.db):
        for body in (REVIEW, {"rating": 9}):
            assert save(stranger, interview, body, status=401).json()["code"] == "passcode_required"
        stranger.get(path_of(stranger, interview), status=401)
    stranger.put(f"/s/unknown/interviews/{interview}/review", REVIEW, status=404)


def test_other_sites_cannot_give_feedback(stack, browser, interview):
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": None, "Sec-Fetch-Site": "cross-site"},
                    {"Origin": None, "Sec-Fetch-Site": "same-site"}):
        with nothing_stored(stack.db):
            assert save(browser, interview, status=403, headers=headers).json()["code"] == "cross_origin"
    save(browser, interview, status=201, headers={"Origin": None, "Sec-Fetch-Site": "same-origin"})


def test_unknown_methods_name_the_known_ones(browser, interview):
    answer = browser.call("DELETE", path_of(browser, interview), status=405)
    assert answer.headers["Allow"] == "GET, HEAD, PUT"
    assert faults(browser.put(path_of(browser, interview), {"rating": 7})) == ["/rating"]
