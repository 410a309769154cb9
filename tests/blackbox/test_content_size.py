"""What is stored can be shown: the interviews of a link are bounded by their sum, whichever way they come to be in it, and a page
that takes too long says that and nothing else."""

import pytest
from support import samples
from support.api import faults
from support.opens import in_threads

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack(settings={"SHARELINK_LINKS_LINK_CONTENT_MB": "2"})
    yield made
    made.close()


def of_size(kilobytes):
    return {"questionnaire": [{"question": "q", "answer": "x" * 10240}] * (kilobytes // 10), "questions": []}


def size(stack, link):
    return stack.db.value("select sum(i.content_size) from links.share_link_interviews m join links.interviews i "
                          "on i.account_id = m.account_id and i.id = m.interview_id where m.share_link_id = %s", link["id"])


def check_fault(answer, pointer, numbers=True):
    assert faults(answer) == [pointer]
    fault = answer.json()["errors"][0]
    assert fault["code"] == "too_large" and (not numbers or "MiB" in fault["detail"])


@pytest.fixture(scope="module")
def big(stack):
    return [stack.make_interview(**of_size(700)) for _ in range(4)]


def test_what_is_allowed_can_be_opened(stack, big):
    link = stack.make_share_link(interview_ids=big[:2])
    browser = stack.reviewer(link)
    browser.open(status=200)
    assert browser.content(status=200).json()["total"] == 2


def test_a_new_link_names_the_sum(stack, big):
    answer = stack.api.post("/v1/share-links", samples.share_link_body(big[:3]))
    check_fault(answer, "/interview_ids")
    assert "2.1 MiB" in answer.text and "2 are allowed" in answer.text
    everything = samples.share_link_body([*big[:3], "int-unknown"], owner={"email": "no"})
    assert {"/interview_ids", "/interview_ids/3"} <= set(faults(stack.api.post("/v1/share-links", everything)))


def test_more_interviews_count_with_those_that_are_there(stack, big):
    link = stack.make_share_link(interview_ids=big[:2])
    url = f"/v1/share-links/{link['id']}/interviews"
    check_fault(stack.api.post(url, {"interview_ids": [big[2], stack.make_interview()]}), "/interview_ids")
    stack.api.post(url, {"interview_ids": [big[0], stack.make_interview()]}, status=200)


def test_form_of_an_interviews_links_names_those_that_are_full(stack, big):
    small, full = stack.make_share_link(), stack.make_share_link(interview_ids=big[:2])
    url = f"/v1/interviews/{big[2]}/share-links"
    check_fault(stack.api.put(url, {"share_link_ids": [small["id"], full["id"]]}), "/share_link_ids/1")
    assert stack.db.value("select count(*) from links.share_link_interviews where interview_id = %s", big[2]) == 0
    stack.api.put(url, {"share_link_ids": [small["id"]]}, status=200)


def test_document_of_a_shared_interview_grows_no_further_than_its_links_bear(stack, big):
    own = stack.make_interview()
    link = stack.make_share_link(interview_ids=[*big[:2], own])
    url = f"/v1/interviews/{own}"
    before = stack.api.get(url).json()
    for headers in ({}, {"If-Match": '"v1"'}):
        answer = stack.api.put(url, samples.interview_document(**of_size(900)), headers=headers)
        check_fault(answer, "")
        assert link["id"] in answer.text and stack.api.get(url).json() == before
    stack.api.put(url, samples.interview_document(**of_size(100)), status=200)
    alone = stack.make_interview()
    stack.api.put(f"/v1/interviews/{alone}", samples.interview_document(**of_size(900)), status=200)


def test_what_is_larger_already_may_become_smaller(stack, big):
    link = stack.make_share_link(interview_ids=big[:2])
    stack.db.rows("insert into links.share_link_interviews (share_link_id, account_id, interview_id, position) values (%s, %s, %s, 3)",
                  link["id"], stack.account, big[3])
    stack.api.put(f"/v1/interviews/{big[3]}", samples.interview_document(**of_size(650)), status=200)
    check_fault(stack.api.put(f"/v1/interviews/{big[3]}", samples.interview_document(**of_size(690))), "")
    stack.api.put(f"/v1/interviews/{big[3]}", samples.interview_document(**of_size(700)), status=422)


def test_questions_count_for_what_they_add(stack):
    questions = [{"id": f"q{number}", "text": "?"} for number in range(100)]
    ids = [stack.make_interview(questions=questions) for _ in range(50)]
    check_fault(stack.api.post("/v1/share-links", samples.share_link_body(ids)), "/interview_ids")


def test_parallel_additions_end_within_the_bound(stack):
    link = stack.make_share_link()
    waiting = [stack.make_interview(**of_size(300)) for _ in range(16)]
    statuses = []

    def add():
        while waiting:
            statuses.append(stack.api.post(f"/v1/share-links/{link['id']}/interviews", {"interview_ids": [waiting.pop()]}).status_code)

    in_threads(add, 8)
    assert sorted(statuses) == [200] * 6 + [422] * 10 and size(stack, link) <= 2 * MIB


def test_parallel_puts_end_within_the_bound(stack):
    link = stack.make_share_link(interview_count=16)
    waiting, statuses = list(link["interview_ids"]), []

    def grow():
        while waiting:
            statuses.append(stack.api.put(f"/v1/interviews/{waiting.pop()}", samples.interview_document(**of_size(300))).status_code)

    in_threads(grow, 8)
    assert sorted(statuses) == [200] * 6 + [422] * 10 and size(stack, link) <= 2 * MIB


def test_a_page_that_takes_too_long_says_so(make_stack):
    """By a function that sleeps; the statement's time is up before."""
    stack = make_stack(lock_seconds=2)
    link = stack.make_share_link()
    browser = stack.reviewer(link)
    browser.open(status=200)
    stack.db.rows("create or replace function views.media_ref(salt bytea, place int, slot text) returns text language plpgsql volatile as "
                  "$$ begin perform pg_sleep(20); return 'x'; end $$")
    answer = browser.content(status=503)
    assert (answer.json()["code"], answer.headers["Retry-After"]) == ("content_too_slow", "10")
    answer = browser.interview(link["interview_ids"][0], status=503)
    assert answer.json()["code"] == "database_busy"
