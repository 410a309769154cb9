"""Several reviewers of a link are mailed again by one call: those that are named, or those who are behind; who is left out is said."""

import concurrent.futures

from stack.waiting import wait_until
from support import samples
from support.api import faults
from support.changes import events_of, inside, made_basic, opens, snapshot
from support.mailbox import link_in


def path_of(link, rest=""):
    return f"/v1/share-links/{link['id']}{rest}"


def ids_of(link):
    return [reviewer["id"] for reviewer in link["reviewers"]]


def invite(stack, link, body, **options):
    return stack.api.post(path_of(link, "/invite"), body, **options)


def codes(answer):
    assert answer.status_code == 422, answer.text
    return sorted((fault["pointer"], fault["code"]) for fault in answer.json()["errors"])


def asked_for(stack, link):
    return [data["reviewer_id"] for name, data in events_of(stack, link["id"]) if name == "link.invitation_requested"]


def test_named_reviewers_are_mailed_their_urls_in_the_order_sent(stack):
    link = stack.make_share_link(reviewer_count=3)
    first, second, third = ids_of(link)
    answer = invite(stack, link, {"reviewer_ids": [third, first]}, status=202)
    assert answer.json() == {"invited": [third, first], "skipped": []} and asked_for(stack, link) == [third, first]
    for number in (2, 0):
        url = link_in(stack.mails.wait_for_one_to(link["reviewers"][number]["email"]))
        assert url == link["reviewers"][number]["url"] and opens(stack, url), "the passcode is the same"
    shown = stack.api.get(path_of(link), status=200).json()
    assert shown["version"] == 1 and shown["reviewers"][1]["invitation_state"] == "none"
    assert {reviewer["invitation_state"] for reviewer in shown["reviewers"][::2]} <= {"pending", "sent"}


def test_those_who_are_behind_are_found(stack):
    link = stack.make_share_link(reviewer_count=5, interview_ids=[stack.make_interview() for _ in range(2)])
    never, opened, reviewed, done, off = ids_of(link)
    for number in (1, 2, 3):
        browser = inside(stack, link, number)
        if number == 2:
            browser.put(f"{browser.page}/interviews/{link['interview_ids'][0]}/review", {"rating": 4}, status=201)
        if number == 3:
            browser.post(f"{browser.page}/done", {}, status=200)
    stack.api.post(path_of(link, f"/reviewers/{off}/deactivate"), status=200)
    skipped = [{"id": off, "reason": "deactivated"}]
    assert invite(stack, link, {"who": "unopened"}, status=202).json() == {"invited": [never], "skipped": skipped}
    assert invite(stack, link, {"who": "unreviewed", "reviewer_ids": None}, status=202).json() == {"invited": [never, opened], "skipped": skipped}
    assert invite(stack, link, {"reviewer_ids": [off, reviewed, done]}, status=202).json() == {"invited": [reviewed, done], "skipped": skipped}
    inside(stack, link, 0)
    stack.api.delete(path_of(link, f"/reviewers/{off}"), status=204)
    before = snapshot(stack)
    assert invite(stack, link, {"who": "unopened"}, status=202).json() == {"invited": [], "skipped": []}
    assert snapshot(stack) == before


def test_who_was_mailed_too_often_is_left_out_and_the_others_are_not(make_stack):
    stack = make_stack(settings={"SHARELINK_LINKS_INVITATIONS_PER_ADDRESS": "2"})
    link = stack.make_share_link(reviewer_count=3)
    first, second, third = ids_of(link)
    for _ in range(2):
        stack.api.post(path_of(link, f"/reviewers/{second}/invite"), status=202)
    left_out = {"id": second, "reason": "too_many_mails"}
    for _ in range(2):
        assert invite(stack, link, {"who": "unopened"}, status=202).json() == {"invited": [first, third], "skipped": [left_out]}
    answer = invite(stack, link, {"reviewer_ids": [third, second]}, status=202).json()
    assert answer == {"invited": [], "skipped": [{"id": third, "reason": "too_many_mails"}, left_out]}
    assert sorted(asked_for(stack, link)) == sorted([first, second, third] * 2), "what is refused counts for nothing"
    stack.api.post(path_of(link, f"/reviewers/{first}/invite"), status=429)
    stack.db.rows("update links.mail_requests set since = since - interval '1 hour'")
    assert invite(stack, link, {"who": "unopened"}, status=202).json()["invited"] == [first, second, third]


def test_callers_at_once_mail_nobody_too_often(make_stack):
    stack = make_stack(settings={"SHARELINK_LINKS_INVITATIONS_PER_ADDRESS": "3"})
    people = samples.reviewers(3)
    links = [stack.make_share_link(reviewers=people), stack.make_share_link(reviewers=people[::-1])]
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: stack.api.another().post(path_of(links[n % 2], "/invite"), {"who": "unopened"}, status=202).json(), range(16)))
    assert sum(len(answer["invited"]) for answer in answers) == 9 == sum(len(asked_for(stack, link)) for link in links)
    assert all(len(answer["invited"]) + len(answer["skipped"]) == 3 for answer in answers)


def test_all_that_is_wrong_is_said_and_nobody_is_mailed(stack):
    link, other = stack.make_share_link(reviewer_count=2), stack.make_share_link()
    basic = made_basic(stack, stack.make_share_link())
    silent = stack.make_share_link(settings={"disable_feedback": True})
    (first, second), (foreign,) = ids_of(link), ids_of(other)
    before = snapshot(stack)
    assert codes(invite(stack, link, {"reviewer_ids": [first, foreign, first, 7, "rvw_x", ""], "send_email": True})) == [
        ("/reviewer_ids/1", "not_found"), ("/reviewer_ids/2", "duplicate"), ("/reviewer_ids/3", "wrong_type"), ("/reviewer_ids/4", "not_found"),
        ("/reviewer_ids/5", "too_short"), ("/send_email", "unknown_field")]
    assert codes(invite(stack, link, {"reviewer_ids": [first, "rvw_x"]})) == [("/reviewer_ids/1", "not_found")], "the first is not mailed either"
    assert codes(invite(stack, link, {"reviewer_ids": [first], "who": "unopened"})) == [("/who", "conflict")]
    for neither in ({}, {"reviewer_ids": None}, {"who": None}):
        assert faults(invite(stack, link, neither)) == ["/reviewer_ids"], neither
    for wrong in ([], "x", {}, [f"rvw_{n}" for n in range(101)]):
        assert faults(invite(stack, link, {"reviewer_ids": wrong})) == ["/reviewer_ids"]
    for wrong in ("all", "", 7, []):
        assert faults(invite(stack, link, {"who": wrong})) == ["/who"]
    assert codes(invite(stack, silent, {"who": "unreviewed"})) == [("/who", "conflict")]
    for refused in (basic, {"id": "lnk_00000000000000000000000000"}, {"id": "x"}):
        answer = invite(stack, refused, {"who": "unopened"})
        assert (answer.status_code, answer.json()["code"]) == ((409, "basic_link") if refused is basic else (404, "not_found"))
    stack.other_api.post(path_of(link, "/invite"), {"reviewer_ids": [first]}, status=404)
    invite(stack, link, {"who": "unopened"}, headers={"If-Match": '"v2"'}, status=412)
    assert snapshot(stack) == before
    invite(stack, silent, {"who": "unopened"}, status=202)
    assert invite(stack, link, {"who": "unopened"}, headers={"If-Match": '"v1"'}, status=202).json()["invited"] == [first, second]


def test_link_that_lets_nobody_in_is_told_as_for_one_reviewer(stack):
    off, over = stack.make_share_link(), stack.make_share_link()
    stack.api.post(path_of(off, "/deactivate"), status=200)
    stack.db.rows("update links.share_links set expires_at = now() where id = %s", over["id"])
    wait_until(lambda: events_of(stack, over["id"])[-1][0] == "link.expired", 20, "the scheduler has told of it, and writes no more")
    before = snapshot(stack)
    for link, word in ((off, "deactivated"), (over, "expired")):
        for body in ({"who": "unopened"}, {"reviewer_ids": ids_of(link)}):
            answer = invite(stack, link, body, status=409).json()
            assert answer["code"] == "link_not_active" and word in answer["detail"]
    assert snapshot(stack) == before


def test_key_repeats_the_answer_and_mails_nobody_twice(stack):
    link = stack.make_share_link(reviewer_count=2)
    key = {"Idempotency-Key": samples.interview_id()}
    first = invite(stack, link, {"who": "unopened"}, headers=key, status=202)
    inside(stack, link)
    again = invite(stack, link, {"who": "unopened"}, headers=key, status=202)
    assert again.headers["Idempotency-Replayed"] == "true" and again.json() == first.json() and asked_for(stack, link) == ids_of(link)
