"""A reviewer says that nothing more will come: told of once, with a note perhaps, and taken back by the next change of feedback."""

import threading

import pytest
from support.api import Reviewer, faults
from support.changes import events_of, inside
from support.shapes import time_of
from support.tables import nothing_stored


@pytest.fixture
def link(stack):
    return stack.make_share_link(reviewer_count=2, interview_count=2)


@pytest.fixture
def browser(stack, link):
    return inside(stack, link)


def done(browser, body=None, **options):
    return browser.post(f"{browser.page}/done", body, **options)


def review(browser, link, place=0, **body):
    return browser.put(f"{browser.page}/interviews/{link['interview_ids'][place]}/review", body)


def kept(stack, link, number=0):
    """(done_at, done_note), as the platform is answered."""
    reviewer = stack.api.get(f"/v1/share-links/{link['id']}", status=200).json()["reviewers"][number]
    return reviewer["done_at"], reviewer["done_note"]


def told(stack, link):
    return [data for name, data in events_of(stack, link["id"]) if name == "review.completed"]


def an_hour_later(stack, link):
    stack.db.rows("update views.activity set done_told_at = done_told_at - interval '61 minutes' where share_link_id = %s returning 1", link["id"])


def test_it_is_said_once_and_told_once(stack, link, browser):
    assert kept(stack, link) == (None, None) and told(stack, link) == []
    answer = done(browser, {"note": "Ada first.\r\nThen Bo."}, status=200).json()
    assert list(answer) == ["done_at"]
    time_of(answer["done_at"])
    assert kept(stack, link) == (answer["done_at"], "Ada first.\nThen Bo.")
    assert told(stack, link) == [{"share_link_id": link["id"], "reviewer_id": link["reviewers"][0]["id"]}]
    for again in range(2):
        assert done(browser, {"note": "Ada first.\nThen Bo."}, status=200).json() == answer, again
    assert len(told(stack, link)) == 1 and kept(stack, link, 0)[0] == answer["done_at"]
    assert stack.db.value("select count(*) from views.activity where done_at is not null and share_link_id = %s", link["id"]) == 1


@pytest.mark.parametrize("body", [None, {}, {"note": None}, {"note": ""}])
def test_without_a_note(stack, link, browser, body):
    answer = done(browser, body, status=200).json()
    assert kept(stack, link) == (answer["done_at"], None)
    assert done(browser, {"note": None}, status=200).json() == answer and len(told(stack, link)) == 1


def test_another_note_is_stored_and_told_once_an_hour(stack, link, browser):
    answer = done(browser, {"note": "One"}, status=200).json()
    for note in ("Two", None, "Three"):
        assert done(browser, {"note": note}, status=200).json() == answer
        assert kept(stack, link) == (answer["done_at"], note)
    assert len(told(stack, link)) == 1
    an_hour_later(stack, link)
    assert done(browser, {"note": "Three"}, status=200).json() == answer and len(told(stack, link)) == 1, "the same"
    assert done(browser, {"note": "Four"}, status=200).json() == answer and len(told(stack, link)) == 2
    done(browser, {"note": "Five"}, status=200)
    assert kept(stack, link) == (answer["done_at"], "Five") and len(told(stack, link)) == 2


def test_the_next_change_of_feedback_takes_it_back(stack, link, browser):
    review(browser, link, rating=4)
    first = done(browser, {"note": "All."}, status=200).json()
    assert review(browser, link, rating=4).status_code == 200
    assert kept(stack, link)[0] == first["done_at"], "the same again is no change"
    assert review(browser, link, rating=9).status_code == 422 and review(browser, link, rating=1, question_ratings=[{"question_id": "q9", "rating": 1}]).status_code == 422
    assert browser.put(f"{browser.page}/interviews/{link['interview_ids'][0]}/review", {"rating": 1}, headers={"If-Match": '"v7"'}).status_code == 412
    assert kept(stack, link)[0] == first["done_at"], "nothing was saved"
    review(browser, link, 1)
    assert kept(stack, link)[0] == first["done_at"], "nothing was said"
    for number, change in enumerate(({"rating": 5}, {"recommendation": "no"}, {"comment": "Late."}, {})):
        assert review(browser, link, **change).status_code == 200
        assert kept(stack, link) == (None, None), change
        assert time_of(done(browser, {"note": "All."}, status=200).json()["done_at"]) > time_of(first["done_at"])
        assert len(told(stack, link)) == 2 + number
    review(browser, link, 1, rating=1)
    assert kept(stack, link) == (None, None)


def test_each_reviewer_is_done_alone(stack, link, browser):
    other = inside(stack, link, 1)
    done(browser, {"note": "Mine"}, status=200)
    assert kept(stack, link, 1) == (None, None)
    review(other, link, rating=1)
    assert kept(stack, link)[1] == "Mine"


@pytest.mark.parametrize("notes", [["Same"], ["A", "B", "C", "D"]])
def test_all_that_say_it_at_once_are_told_of_once(stack, link, notes):
    tabs = [inside(stack, link) for _ in range(8)]
    barrier, answers = threading.Barrier(len(tabs)), []

    def say(number, tab):
        barrier.wait()
        answers.append(done(tab, {"note": notes[number % len(notes)]}, status=200).json()["done_at"])

    talkers = [threading.Thread(target=say, args=pair) for pair in enumerate(tabs)]
    for talker in talkers:
        talker.start()
    for talker in talkers:
        talker.join()
    assert len(answers) == 8 and len(set(answers)) == 1
    at, note = kept(stack, link)
    assert at == answers[0] and note in notes and len(told(stack, link)) == 1


def test_what_is_shown_is_made_anew(stack, link, browser):
    before = browser.content(status=200).headers["ETag"]
    version = stack.db.value("select feedback_version from views.activity where reviewer_id = %s", link["reviewers"][0]["id"])
    done(browser, status=200)
    done(browser, status=200)
    assert stack.db.value("select feedback_version from views.activity where reviewer_id = %s", link["reviewers"][0]["id"]) == version + 1
    browser.content(headers={"If-None-Match": before})


@pytest.mark.parametrize("body, wrong", [
    ({"note": "x" * 2_001}, ["/note"]), ({"note": 7}, ["/note"]), ({"note": ["x"]}, ["/note"]), ({"done": True}, ["/done"]),
    ({"note": "x" * 2_001, "done_at": None}, ["/note", "/done_at"]),
])
def test_every_fault_is_named_and_nothing_is_stored(stack, browser, body, wrong):
    with nothing_stored(stack.db):
        assert sorted(faults(done(browser, body, status=422))) == sorted(wrong)


@pytest.mark.parametrize("body, status", [(b"{", 400), (b"[]", 422), (b'{"note":"\\u0000"}', 400), (b'"x"', 422)])
def test_bodies_that_are_none(stack, browser, body, status):
    with nothing_stored(stack.db):
        browser.post(f"{browser.page}/done", data=body, headers={"Content-Type": "application/json"}, status=status)
    browser.post(f"{browser.page}/done", data=b"note=5", headers={"Content-Type": "application/x-www-form-urlencoded"}, status=415)
    done(browser, {"note": "ß" * 2_000}, status=200)


def test_links_without_feedback_take_none(stack, link, browser):
    done(browser, {"note": "Before"}, status=200)
    stack.api.patch(f"/v1/share-links/{link['id']}", {"settings": {"disable_feedback": True}}, status=200)
    with nothing_stored(stack.db):
        for body in (None, {"note": "After"}):
            assert done(browser, body, status=403).json()["code"] == "feedback_disabled"


def test_basic_links_take_none(stack):
    basic = stack.api.post(f"/v1/interviews/{stack.make_interview()}/basic-link", status=201).json()
    browser = Reviewer(stack.views.url(), basic["url"])
    browser.open(status=200)
    assert done(browser, status=403).json()["code"] == "feedback_disabled"


def test_nobody_without_a_session_says_it(stack, link, browser):
    stranger = stack.reviewer(link)
    with nothing_stored(stack.db):
        for body in (None, {"note": 9}):
            assert done(stranger, body, status=401).json()["code"] == "passcode_required"
        stranger.post("/s/unknown/done", {}, status=404)
        for headers in ({"Origin": "https://evil.example"}, {"Origin": None, "Sec-Fetch-Site": "cross-site"}):
            assert done(browser, {}, status=403, headers=headers).json()["code"] == "cross_origin"
    assert browser.get(f"{browser.page}/done", status=405).headers["Allow"] == "POST"
    path = f"/v1/share-links/{link['id']}"
    stack.api.post(f"{path}/deactivate", status=200)
    assert done(browser, status=410).json()["code"] == "link_deactivated"
    stack.api.post(f"{path}/reactivate", status=200)
    done(browser, status=401)
    stack.db.rows("update links.share_links set expires_at = now() where id = %s returning 1", link["id"])
    assert done(browser, status=410).json()["code"] == "link_expired"
    assert kept(stack, link) == (None, None) and told(stack, link) == []
