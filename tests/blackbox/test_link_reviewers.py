"""Reviewers come and go, one alone is switched off and on, and mailed again."""

import threading

from stack.mail import text_of
from support import samples
from support.api import faults
from support.changes import doors, event_types, events_of, inside, made_basic, opens, snapshot
from support.mailbox import link_in


def path_of(link, rest=""):
    return f"/v1/share-links/{link['id']}/reviewers{rest}"


def rid(link, number=0):
    return link["reviewers"][number]["id"]


def test_added_reviewers_get_in_by_their_own_urls(stack):
    link = stack.make_share_link()
    people = samples.reviewers(2)
    added = stack.api.post(path_of(link), {"reviewers": people}, status=201).json()["reviewers"]
    assert [{"name": r["name"], "email": r["email"]} for r in added] == people
    assert all(r["state"] == "active" and r["invitation_state"] == "none" and r["open_count"] == 0 for r in added)
    assert len({r["url"] for r in added + link["reviewers"]}) == 3
    for reviewer in added:
        assert reviewer["url"].endswith("#" + reviewer["passcode"]) and opens(stack, reviewer["url"])
    now = stack.api.get(f"/v1/share-links/{link['id']}").json()
    assert [r["id"] for r in now["reviewers"]] == [rid(link)] + [r["id"] for r in added] and now["version"] == 2
    assert [r["url"] for r in now["reviewers"][1:]] == [r["url"] for r in added]
    assert events_of(stack, link["id"], 1)[:2] == [
        ("link.reviewer_added", {"share_link_id": link["id"], "reviewer_id": r["id"]}) for r in added]
    assert "link.invitation_requested" not in event_types(stack, link["id"])


def test_added_reviewers_are_mailed_when_asked(stack):
    link = stack.make_share_link()
    added = stack.api.post(path_of(link), {"reviewers": samples.reviewers(2), "send_email": True}, status=201).json()["reviewers"]
    for reviewer in added:
        mail = stack.mails.wait_for_one_to(reviewer["email"])
        assert link_in(mail) == reviewer["url"]
        assert link["title"] not in text_of(mail) and link["reviewers"][0]["email"] not in str(mail)
    assert event_types(stack, link["id"], 1) == ["link.reviewer_added"] * 2 + ["link.invitation_requested"] * 2
    assert not stack.mails.to(link["reviewers"][0]["email"])


def test_address_that_is_there_already_is_told_at_its_place(stack):
    link = stack.make_share_link(reviewer_count=2)
    taken = link["reviewers"][1]["email"].upper()
    before = snapshot(stack)
    twice = {"name": "Two", "email": "two@reviewers.example"}
    body = {"reviewers": [twice, {"name": "Taken", "email": taken}, {**twice, "email": "TWO@reviewers.example"},
                          {"name": "", "email": "new@reviewers.example"}, "x", {"name": "A", "email": "a@b.example", "role": "x"}],
            "notify": True}
    assert faults(stack.api.post(path_of(link), body)) == [
        "/notify", "/reviewers/1/email", "/reviewers/2/email", "/reviewers/3/name", "/reviewers/4", "/reviewers/5/role"]
    assert faults(stack.api.post(path_of(link), {"reviewers": [{"name": "Taken", "email": taken}]})) == ["/reviewers/0/email"]
    for wrong in ({}, {"reviewers": []}, {"reviewers": {}}, {"reviewers": None}, {"reviewers": samples.reviewers(101)}):
        assert faults(stack.api.post(path_of(link), wrong)) == ["/reviewers"]
    assert snapshot(stack) == before


def test_link_has_at_most_a_hundred_reviewers(stack):
    link = stack.make_share_link(reviewer_count=99)
    assert faults(stack.api.post(path_of(link), {"reviewers": samples.reviewers(2)})) == ["/reviewers"]
    stack.api.post(path_of(link), {"reviewers": samples.reviewers(1)}, status=201)
    assert faults(stack.api.post(path_of(link), {"reviewers": samples.reviewers(1)})) == ["/reviewers"]
    stack.api.delete(path_of(link, f"/{rid(link, 50)}"), status=204)
    stack.api.post(path_of(link), {"reviewers": samples.reviewers(1)}, status=201)


def test_parallel_adds_of_one_address_add_it_once(stack):
    link = stack.make_share_link(reviewer_count=95)
    same, answers = samples.reviewers(1)[0], []

    def add(people):
        answers.append(stack.api.another().post(path_of(link), {"reviewers": people}).status_code)

    threads = [threading.Thread(target=add, args=([same],)) for _ in range(6)]
    threads += [threading.Thread(target=add, args=(samples.reviewers(1),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now = stack.api.get(f"/v1/share-links/{link['id']}").json()
    assert len(now["reviewers"]) == 100 and sorted(set(answers)) == [201, 422] and answers.count(201) == 5
    assert [r["email"] for r in now["reviewers"]].count(same["email"]) <= 1
    positions = stack.db.rows("select distinct position from links.reviewers where share_link_id = %s", link["id"])
    assert len(positions) == 100


def test_removed_reviewer_is_refused_at_the_next_request(stack):
    link = stack.make_share_link(reviewer_count=2)
    gone, stays = inside(stack, link, 0), inside(stack, link, 1)
    answer = stack.api.delete(path_of(link, f"/{rid(link)}"), status=204)
    assert answer.content == b"" and doors(gone) == (404, 404, 404) and doors(stays) == (200, 200, 200)
    stack.api.delete(path_of(link, f"/{rid(link)}"), status=404)
    now = stack.api.get(f"/v1/share-links/{link['id']}").json()
    assert [r["id"] for r in now["reviewers"]] == [rid(link, 1)] and now["version"] == 2
    assert events_of(stack, link["id"])[-1] == ("link.reviewer_removed", {"share_link_id": link["id"], "reviewer_id": rid(link)})
    again = stack.api.post(path_of(link), {"reviewers": [{"name": "Back", "email": link["reviewers"][0]["email"]}]}, status=201)
    assert again.json()["reviewers"][0]["id"] != rid(link) and again.json()["reviewers"][0]["open_count"] == 0


def test_one_reviewer_alone_is_switched_off_and_on_again(stack):
    link = stack.make_share_link(reviewer_count=2)
    mine, other = inside(stack, link, 0), inside(stack, link, 1)
    seen = len(events_of(stack, link["id"]))
    off = stack.api.call("POST", path_of(link, f"/{rid(link)}/deactivate"), status=200).json()
    assert off["id"] == rid(link) and off["state"] == "deactivated" and "url" not in off
    assert doors(mine) == (410, 410, 410) and doors(other) == (200, 200, 200)
    assert stack.api.post(path_of(link, f"/{rid(link)}/deactivate"), {}, status=200).json() == off
    now = stack.api.get(f"/v1/share-links/{link['id']}").json()
    assert now["state"] == "active" and now["version"] == 2 and [r["state"] for r in now["reviewers"]] == ["deactivated", "active"]

    on = stack.api.post(path_of(link, f"/{rid(link)}/reactivate"), {}, status=200).json()
    before = link["reviewers"][0]
    assert on["state"] == "active" and on["passcode"] != before["passcode"]
    assert on["url"] == before["url"].split("#")[0] + "#" + on["passcode"]
    assert (mine.content().status_code, mine.open().status_code) == (401, 401)
    assert opens(stack, on["url"]) and doors(other) == (200, 200, 200)
    ids = {"share_link_id": link["id"], "reviewer_id": rid(link)}
    told = [event for event in events_of(stack, link["id"], seen) if event[0] != "link.opened"]
    assert told == [("link.deactivated", {**ids, "reason": "manual"}), ("link.reactivated", ids), ("link.passcode_failed", {**ids, "tries": 1})]


def test_reactivated_reviewer_is_mailed_when_asked_and_the_link_stays_as_it_is(stack):
    link = stack.make_share_link(reviewer_count=2)
    on = stack.api.post(path_of(link, f"/{rid(link)}/reactivate"), {"send_email": True}, status=200).json()
    assert link_in(stack.mails.wait_for_one_to(on["email"])) == on["url"]
    assert event_types(stack, link["id"], 1) == ["link.reactivated", "link.invitation_requested"]
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    stack.api.post(path_of(link, f"/{rid(link)}/reactivate"), {}, status=200)
    assert stack.api.get(f"/v1/share-links/{link['id']}").json()["state"] == "deactivated"
    assert doors(stack.reviewer(link)) == (410, 410, 410)
    assert faults(stack.api.post(path_of(link, f"/{rid(link)}/reactivate"), {"expires_in": None, "send_email": "yes"})) == [
        "/expires_in", "/send_email"]


def test_reviewer_is_mailed_again(stack):
    link = stack.make_share_link()
    address = link["reviewers"][0]["email"]
    for count in (1, 2):
        invited = stack.api.call("POST", path_of(link, f"/{rid(link)}/invite"), status=202).json()
        assert invited["id"] == rid(link) and "passcode" not in invited
        mails = stack.mails.wait_for(lambda mail: address in mail.get_all("X-Envelope-To", []), count)
        assert link_in(mails[-1]) == link["reviewers"][0]["url"]
    assert event_types(stack, link["id"], 1) == ["link.invitation_requested"] * 2
    assert stack.api.get(f"/v1/share-links/{link['id']}").json()["version"] == 1
    assert faults(stack.api.post(path_of(link, f"/{rid(link)}/invite"), {"x": 1})) == ["/x"]


def test_nobody_is_invited_to_what_would_not_open(stack):
    link = stack.make_share_link(reviewer_count=2)
    stack.api.post(path_of(link, f"/{rid(link)}/deactivate"), status=200)
    assert stack.api.post(path_of(link, f"/{rid(link)}/invite"), status=409).json()["code"] == "link_not_active"
    stack.api.post(path_of(link, f"/{rid(link, 1)}/invite"), status=202)
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    stack.api.post(path_of(link, f"/{rid(link, 1)}/invite"), status=409)


def test_basic_link_takes_no_named_reviewers(stack):
    link = made_basic(stack, stack.make_share_link())
    before = snapshot(stack)
    calls = [stack.api.post(path_of(link), {"reviewers": samples.reviewers(1)}), stack.api.delete(path_of(link, f"/{rid(link)}")),
             *(stack.api.post(path_of(link, f"/{rid(link)}/{what}")) for what in ("deactivate", "reactivate", "invite"))]
    assert [answer.json()["code"] for answer in calls] == ["basic_link"] * 5
    assert snapshot(stack) == before


def test_reviewers_added_while_the_link_is_renewed_keep_a_passcode_that_works(stack):
    link = stack.make_share_link(reviewer_count=2)
    answers = []

    def add():
        answers.append(stack.api.another().post(path_of(link), {"reviewers": samples.reviewers(1)}, status=201))

    def renew():
        answers.append(stack.api.another().post(f"/v1/share-links/{link['id']}/reactivate", {}))

    def remove():
        stack.api.another().delete(path_of(link, f"/{rid(link, 1)}"))

    threads = [threading.Thread(target=work) for work in [add, renew, add, remove, renew, add, add]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    now = stack.api.get(f"/v1/share-links/{link['id']}").json()
    assert len(now["reviewers"]) == 5
    assert all(opens(stack, reviewer["url"]) for reviewer in now["reviewers"])
