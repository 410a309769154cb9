"""Seconds really seen: added up, bounded by the answer's length and by the clock, shown to the reviewer, told once."""

import threading

import pytest
from support.bodies import MISSING, changed, fault_codes
from support.changes import events_of, inside
from support.tables import nothing_stored

REPORT = {"question_id": "q1", "seconds": 10, "position": 12.5}


def question(name, duration, skipped=False):
    return {"id": name, "text": name, "skipped": skipped, "answer": {"kind": "video", "media_url": "https://media.example/a.mp4", "duration_seconds": duration}}


@pytest.fixture
def link(stack):
    return stack.make_share_link(reviewer_count=2, interview_ids=[stack.make_interview(questions=[question("q1", 40), question("q2", 60)]), stack.make_interview()])


@pytest.fixture
def browser(stack, link):
    return inside(stack, link)


@pytest.fixture
def interview(link):
    return link["interview_ids"][0]


def report(browser, interview, body=REPORT, **options):
    return browser.post(f"{browser.page}/interviews/{interview}/watch", body, **options)


def watched(browser, interview):
    row = next(each for each in browser.content(status=200).json()["interviews"] if each["id"] == interview)
    shown = browser.interview(interview, status=200).json()
    assert row["watched"] == shown["watched"]
    return {name: shown["watched"][name] for name in ("seconds", "of")}, {each["id"]: each["watched"] for each in shown["questions"]}


def told(stack, link):
    return [data for name, data in events_of(stack, link["id"]) if name == "interview.watched"]


def test_seconds_add_up_and_are_shown(browser, interview):
    assert watched(browser, interview) == ({"seconds": 0, "of": 100}, {"q1": {"seconds": 0, "position": 0}, "q2": {"seconds": 0, "position": 0}})
    first = report(browser, interview, status=200).json()
    assert first == {"question_id": "q1", "watched": {"seconds": 10, "position": 12.5}, "interview": {"watched": {"seconds": 10, "of": 100}}}
    second = report(browser, interview, {"question_id": "q1", "seconds": 5.5, "position": 3}, status=200).json()
    assert second["watched"] == {"seconds": 15.5, "position": 3}
    report(browser, interview, {"question_id": "q2", "seconds": 1, "position": 60}, status=200)
    assert watched(browser, interview) == ({"seconds": 16.5, "of": 100}, {"q1": {"seconds": 15.5, "position": 3}, "q2": {"seconds": 1, "position": 60}})


def test_no_answer_is_seen_for_longer_than_it_is(browser, interview):
    for _ in range(3):
        report(browser, interview, {"question_id": "q1", "seconds": 30, "position": 900}, status=200)
    assert watched(browser, interview)[1]["q1"] == {"seconds": 40, "position": 40}


def test_nobody_watches_faster_than_the_clock_allows(stack, link):
    long = stack.make_interview(questions=[question("q1", 5000)])
    browser = inside(stack, stack.make_share_link(interview_ids=[long]))
    for _ in range(4):
        report(browser, long, {"question_id": "q1", "seconds": 300, "position": 0}, status=200)
    seen = watched(browser, long)[0]["seconds"]
    assert 600 <= seen < 660, "what may be reported at once, and twice the time that has passed"


def test_most_of_an_interview_is_told_once(stack, link, browser, interview):
    report(browser, interview, {"question_id": "q1", "seconds": 40, "position": 40}, status=200)
    report(browser, interview, {"question_id": "q2", "seconds": 39, "position": 39}, status=200)
    assert told(stack, link) == []
    for _ in range(3):
        report(browser, interview, {"question_id": "q2", "seconds": 10, "position": 50}, status=200)
    expected = {"share_link_id": link["id"], "reviewer_id": link["reviewers"][0]["id"], "interview_id": interview}
    assert told(stack, link) == [expected]
    other = inside(stack, link, 1)
    assert watched(other, interview)[0]["seconds"] == 0
    for name, seconds in (("q1", 40), ("q2", 60)):
        report(other, interview, {"question_id": name, "seconds": seconds, "position": seconds}, status=200)
    assert [data["reviewer_id"] for data in told(stack, link)] == [each["id"] for each in link["reviewers"]]


def test_seconds_of_all_interviews_stand_at_the_reviewer(stack):
    interviews = [stack.make_interview(questions=[question("q1", 40), question("q2", 60)]) for _ in range(2)]
    link = stack.make_share_link(interview_ids=interviews, reviewer_count=2)
    browser = inside(stack, link)
    path = f"/v1/share-links/{link['id']}"

    def seconds():
        return [each["watched_seconds"] for each in stack.api.get(path, status=200).json()["reviewers"]]

    assert seconds() == [0, 0]
    report(browser, interviews[0], {"question_id": "q1", "seconds": 10.4, "position": 10}, status=200)
    report(browser, interviews[1], {"question_id": "q1", "seconds": 50, "position": 10}, status=200)
    report(browser, interviews[1], {"question_id": "q2", "seconds": 2.5, "position": 10}, status=200)
    assert seconds() == [52, 0], "10.4 and 2.5 and the whole of an answer of 40"
    listed = stack.api.get("/v1/share-links", params={"search": link["title"]}, status=200).json()["data"][0]
    one = stack.api.get(f"{path}/reviewers/{link['reviewers'][0]['id']}", status=200).json()
    assert listed["reviewers"][0]["watched_seconds"] == one["watched_seconds"] == 52
    stack.api.post(f"{path}/interviews/remove", {"interview_ids": interviews[:1]}, status=200)
    assert seconds() == [52, 0], "it was seen all the same"
    stack.api.delete(f"/v1/interviews/{interviews[1]}", status=200)
    assert seconds() == [10, 0]


def test_hidden_questions_count_for_nothing(stack):
    mixed = stack.make_interview(questions=[question("q1", 10), question("q2", 90, skipped=True)])
    link = stack.make_share_link(interview_ids=[mixed], settings={"hide_skipped_questions": True})
    browser = inside(stack, link)
    faults = [report(browser, mixed, {**REPORT, "question_id": name}, status=422).json()["errors"] for name in ("q2", "q7")]
    assert faults[0] == faults[1]
    report(browser, mixed, {**REPORT, "seconds": 9}, status=200)
    assert watched(browser, mixed)[0] == {"seconds": 9, "of": 10} and len(told(stack, link)) == 1


def test_reports_that_come_together_are_all_counted(stack):
    interview = stack.make_interview(questions=[question("q1", 400)])
    link = stack.make_share_link(reviewer_count=5, interview_ids=[interview])
    browsers = [inside(stack, link, number) for number in range(5) for _ in range(4)]
    barrier = threading.Barrier(len(browsers))

    def watch(browser):
        barrier.wait()
        for _ in range(5):
            report(browser, interview, {**REPORT, "seconds": 2}, status=200)

    watchers = [threading.Thread(target=watch, args=(browser,)) for browser in browsers]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    assert [watched(browser, interview)[0]["seconds"] for browser in browsers] == [40] * 20


@pytest.mark.parametrize("changes, wrong", [
    ({"/seconds": -1}, {"/seconds": "out_of_range"}), ({"/seconds": 301}, {"/seconds": "out_of_range"}), ({"/seconds": "5"}, {"/seconds": "wrong_type"}),
    ({"/seconds": 1e300}, {"/seconds": "out_of_range"}), ({"/seconds": None}, {"/seconds": "wrong_type"}), ({"/seconds": MISSING}, {"/seconds": "required"}),
    ({"/position": -0.1}, {"/position": "out_of_range"}), ({"/position": 86_401}, {"/position": "out_of_range"}),
    ({"/question_id": ""}, {"/question_id": "too_short"}), ({"/question_id": 3}, {"/question_id": "wrong_type"}),
    ({"/question_id": "q9"}, {"/question_id": "unknown_question"}), ({"/percent": 3}, {"/percent": "unknown_field"}),
    ({"/seconds": -1, "/position": MISSING, "/x": 1}, {"/seconds": "out_of_range", "/position": "required", "/x": "unknown_field"})])
def test_every_fault_is_named_and_nothing_is_stored(stack, browser, interview, changes, wrong):
    with nothing_stored(stack.db):
        assert fault_codes(report(browser, interview, changed(REPORT, changes))) == wrong


def test_reports_that_are_refused(stack, link, browser, interview):
    elsewhere = stack.make_share_link()["interview_ids"][0]
    stranger = stack.reviewer(link)
    with nothing_stored(stack.db):
        report(browser, elsewhere, status=404)
        report(browser, "int-made-up", status=404)
        report(stranger, interview, status=401)
        report(stranger, interview, {"seconds": -1}, status=401)
        stranger.post(f"/s/unknown/interviews/{interview}/watch", REPORT, status=404)
        report(browser, interview, headers={"Origin": "https://evil.example"}, status=403)
        browser.get(f"{browser.page}/interviews/{interview}/watch", status=405)


def test_basic_links_keep_nothing_of_the_many_behind_them(stack):
    interview = stack.make_interview()
    url = stack.api.post(f"/v1/interviews/{interview}/basic-link", status=201).json()["url"]
    browser = inside(stack, {"reviewers": [{"url": url}]})
    with nothing_stored(stack.db):
        assert report(browser, interview, status=200).json()["watched"]["seconds"] == 0


def test_watching_keeps_a_visit_alive(stack, link, browser, interview):
    stack.db.rows("update views.visits set last_seen_at = now() - interval '25 minutes' where share_link_id = %s", link["id"])
    report(browser, interview, status=200)
    assert stack.db.value("select now() - last_seen_at < interval '1 minute' from views.visits where share_link_id = %s", link["id"])
