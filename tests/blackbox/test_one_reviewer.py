"""One reviewer of a link is read and changed: another address gets another passcode, and what the old one was sent opens nothing."""

import concurrent.futures
import re

from stack.waiting import wait_until
from support import samples
from support.api import Api, faults
from support.changes import doors, events_of, inside, made_basic, opens, snapshot
from support.held import hold_back, let_go
from support.mailbox import link_in
from support.scripted_smtp import LATER


def path_of(link, number=0):
    return f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][number]['id']}"


def address():
    return samples.reviewers(1)[0]["email"]


def codes(answer):
    assert answer.status_code == 422, answer.text
    return sorted((fault["pointer"], fault["code"]) for fault in answer.json()["errors"])


def test_one_reviewer_is_answered_as_in_the_link(stack):
    link = stack.make_share_link(reviewer_count=2)
    answer = stack.api.get(path_of(link, 1), status=200)
    assert answer.json() == stack.api.get(f"/v1/share-links/{link['id']}").json()["reviewers"][1]
    assert answer.json()["url"] == link["reviewers"][1]["url"] and answer.headers["ETag"] == '"v1"'
    assert answer.headers["Cache-Control"] == "no-store"
    stack.api.get(path_of(link, 1), headers={"If-None-Match": '"v1"'}, status=304)
    assert stack.reviewer(link, 1).open().status_code == 200
    opened = stack.api.get(path_of(link, 1), headers={"If-None-Match": '"v1"'}, status=200).json()
    assert opened["open_count"] == 1
    stack.api.get(path_of(link, 0), headers={"If-None-Match": '"v1"'}, status=304)
    for other in (stack.make_share_link()["id"], "lnk_0000000000000000000000000Z", "x"):
        stack.api.get(f"/v1/share-links/{other}/reviewers/{link['reviewers'][0]['id']}", status=404)
    stack.api.get(f"/v1/share-links/{link['id']}/reviewers/rvw_0000000000000000000000000Z", status=404)


def test_guest_of_a_basic_link_is_read_and_not_changed(stack):
    link = stack.api.post(f"/v1/interviews/{stack.make_interview()}/basic-link", status=201).json()
    guest = stack.api.get(path_of(link), status=200).json()
    assert (guest["name"], guest["email"], guest["url"]) == ("Guest", None, link["url"])
    assert stack.api.patch(path_of(link), {"name": "Ana"}, status=409).json()["code"] == "basic_link"
    made = made_basic(stack, stack.make_share_link())
    assert stack.api.patch(path_of(made), {"email": address()}, status=409).json()["code"] == "basic_link"


def test_key_that_may_not_write_sees_no_url(stack):
    link = stack.make_share_link()
    key = re.search(r"slk_[\w-]+", stack.operate("key", "create", "--account", stack.account, "--scopes", "links.read"))[0]
    answer = Api(stack.links.url(), key).get(path_of(link), status=200)
    assert not {"url", "passcode"} & answer.json().keys() and "no-store" not in answer.headers["Cache-Control"]
    assert Api(stack.links.url(), key).patch(path_of(link), {"name": "N"}, status=403).json()["code"] == "insufficient_scope"


def test_name_and_what_the_platform_says_change_alone(stack):
    link = stack.make_share_link(reviewer_count=2)
    browser, seen = inside(stack, link), len(events_of(stack, link["id"]))
    change = {"name": "Rae \u202eRenamed", "external_id": "p-1", "metadata": {"role": "lead", "team": "a"}}
    answer = stack.api.patch(path_of(link), change, status=200)
    after = answer.json()
    assert (after["name"], after["external_id"], after["metadata"]) == ("Rae Renamed", "p-1", change["metadata"])
    assert after["email"] == link["reviewers"][0]["email"] and "url" not in after and "passcode" not in after
    assert answer.headers["ETag"] == '"v2"' and browser.content().status_code == 200
    assert events_of(stack, link["id"], seen) == [("link.updated", {"share_link_id": link["id"], "reviewer_id": after["id"]})]
    assert stack.api.patch(path_of(link), {"metadata": {"team": None}}, status=200).json()["metadata"] == {"role": "lead"}
    for nothing in ({}, {"name": "Rae Renamed"}, {"email": after["email"].upper()}, {"metadata": {}}, {"external_id": "p-1"}):
        answer = stack.api.patch(path_of(link), nothing, status=200)
        assert answer.headers["ETag"] == '"v3"' and "url" not in answer.json()
    last = stack.api.patch(path_of(link), {"external_id": None, "metadata": None}, status=200).json()
    assert (last["external_id"], last["metadata"]) == (None, {})
    assert [kind for kind, _ in events_of(stack, link["id"], seen)] == ["link.updated"] * 3
    assert stack.reviewer(link).open().json()["reviewer_name"] == "Rae Renamed"


def test_another_address_gets_another_passcode_and_ends_the_sessions(stack):
    link = stack.make_share_link(reviewer_count=2, send_email=True)
    old = link["reviewers"][0]
    for each in link["reviewers"]:
        stack.mails.wait_for_one_to(each["email"])
    browser, colleague, new = inside(stack, link), inside(stack, link, 1), address()
    wait_until(lambda: stack.api.get(path_of(link)).json()["invitation_state"] == "sent", 20, "the mail is out")
    after = stack.api.patch(path_of(link), {"email": new.replace("reviewers", "BÜCHER")}, status=200).json()
    assert after["email"] == new.replace("reviewers", "xn--bcher-kva") and after["name"] == old["name"]
    assert after["passcode"] != old["passcode"] and after["url"] == old["url"].replace(old["passcode"], after["passcode"])
    assert (after["invitation_state"], after["invited_at"], after["open_count"]) == ("none", None, 1)
    assert browser.content().status_code == 401 and not opens(stack, old["url"]) and opens(stack, after["url"])
    assert doors(colleague) == (200, 200, 200)
    assert stack.api.get(path_of(link)).json()["url"] == after["url"]
    assert not stack.mails.to(after["email"])
    stack.api.post(f"{path_of(link)}/invite", status=202)
    assert link_in(stack.mails.wait_for_one_to(after["email"])) == after["url"]


def test_new_address_is_mailed_when_asked(stack):
    link, new = stack.make_share_link(), address()
    seen = len(events_of(stack, link["id"]))
    after = stack.api.patch(path_of(link), {"email": new, "send_email": True}, status=200).json()
    assert after["invitation_state"] == "pending"
    assert link_in(stack.mails.wait_for_one_to(new)) == after["url"]
    assert [kind for kind, _ in events_of(stack, link["id"], seen)] == ["link.updated", "link.invitation_requested"]
    wait_until(lambda: stack.api.get(path_of(link)).json()["invitation_state"] == "sent", 20, "the mail is told of")
    assert "url" not in stack.api.patch(path_of(link), {"email": new, "send_email": True}, status=200).json()
    assert [kind for kind, _ in events_of(stack, link["id"], seen)] == ["link.updated", "link.invitation_requested"]


def test_mail_that_waits_for_the_old_address_is_not_sent_there(make_stack, smtp):
    stack = make_stack(smtp=smtp)
    smtp.on("rae@reviewers.example", *[LATER] * 50)
    link = stack.make_share_link(reviewers=[{"name": "Rae", "email": "rae@reviewers.example"}], send_email=True)
    tries = hold_back(stack, "rae@reviewers.example")
    new = address()
    stack.api.patch(path_of(link), {"email": new}, status=200)
    let_go(stack, "rae@reviewers.example")
    row = wait_until(lambda: next(iter(stack.db.rows(
        "select * from notifications.deliveries where share_link_id = %s and state = 'skipped'", link["id"])), None), 40,
        "the delivery is skipped")
    assert row["reason"] == "address_changed" and len(smtp.tried("rae@reviewers.example")) == tries
    assert not smtp.tried(new) and stack.api.get(path_of(link)).json()["invitation_state"] == "none"


def test_all_faults_of_a_change_are_told_at_once(stack):
    link = stack.make_share_link(reviewers=[{**each, "external_id": f"p{n}"} for n, each in enumerate(samples.reviewers(2))])
    before, other = snapshot(stack), link["reviewers"][1]
    assert codes(stack.api.patch(path_of(link), {
        "name": "", "email": other["email"].upper(), "external_id": "p1", "metadata": {"a": 1, "b": {"c": "d"}, "e": "x" * 501}, "role": "x"})) == [
            ("/email", "duplicate"), ("/external_id", "duplicate"), ("/metadata/a", "wrong_type"), ("/metadata/b", "wrong_type"),
            ("/metadata/e", "too_long"), ("/name", "too_short"), ("/role", "unknown_field")]
    assert codes(stack.api.patch(path_of(link), {"email": other["email"], "send_email": True})) == [("/email", "duplicate")]
    assert codes(stack.api.patch(path_of(link), {"metadata": {f"k{n}": "v" for n in range(51)}})) == [("/metadata", "too_many")]
    for wrong in ({"name": None}, {"email": None}, {"email": "x"}, {"name": 7}, {"external_id": "a b"}):
        assert faults(stack.api.patch(path_of(link), wrong)) == [f"/{next(iter(wrong))}"]
    assert faults(stack.api.patch(path_of(link), {"send_email": True})) == ["/send_email"]
    assert snapshot(stack) == before


def test_parallel_changes_of_two_reviewers_to_one_address_give_it_once(stack):
    link, new = stack.make_share_link(reviewer_count=4), address()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: stack.api.another().patch(path_of(link, n), {"email": new}), range(4)))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(refused) == 3 and all(codes(answer) == [("/email", "duplicate")] for answer in refused)


def test_parallel_changes_of_one_reviewer_leave_one_passcode(stack):
    link = stack.make_share_link()
    addresses = [address() for _ in range(5)]  # of one network five wrong passcodes would be too many
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda new: stack.api.another().patch(path_of(link), {"email": new}), addresses))
    assert {answer.status_code for answer in answers} <= {200, 409}
    now = stack.api.get(path_of(link), status=200).json()
    made = [answer.json() for answer in answers if answer.status_code == 200]
    assert [each["url"] for each in made if opens(stack, each["url"])] == [now["url"]]
    assert next(each["email"] for each in made if each["url"] == now["url"]) == now["email"]


def test_one_who_is_off_stays_off(stack):
    link = stack.make_share_link()
    stack.api.post(f"{path_of(link)}/deactivate", status=200)
    after = stack.api.patch(path_of(link), {"email": address()}, status=200).json()
    assert after["state"] == "deactivated" and not opens(stack, after["url"])


def test_too_many_mails_change_nothing(make_stack):
    stack = make_stack(settings={"SHARELINK_LINKS_INVITATIONS_PER_ADDRESS": "1"})
    link, new = stack.make_share_link(), address()
    stack.make_share_link(reviewers=[{"name": "N", "email": new}], send_email=True)
    before = snapshot(stack)
    answer = stack.api.patch(path_of(link), {"email": new, "send_email": True}, status=429)
    assert answer.json()["code"] == "too_many_mails" and faults_of(answer) == ["/send_email"]
    assert snapshot(stack) == before


def faults_of(answer):
    return [fault["pointer"] for fault in answer.json()["errors"]]
