"""The basic link of one interview: one URL, nobody named, no feedback, any plan."""

import re
import threading

import pytest
from stack.mail import text_of
from support import samples
from support.api import Api, Reviewer, faults


def path_of(interview):
    return f"/v1/interviews/{interview}/basic-link"


def visitor(stack, link):
    return Reviewer(stack.views.url(), link["url"])


def test_it_is_made_once(stack):
    interview = stack.make_interview()
    stack.api.get(path_of(interview), status=404)
    link = stack.api.post(path_of(interview), status=201).json()
    again = stack.api.post(path_of(interview), {"title": "Another"}, status=200)
    assert again.json() == link == stack.api.get(path_of(interview), status=200).json()
    assert again.headers["ETag"] == '"v1"'
    assert link["kind"] == "basic" and link["interview_ids"] == [interview] and link["state"] == "active"
    assert link["settings"]["disable_feedback"] is True and link["send_email"] is False and link["message"] is None
    document = stack.api.get(f"/v1/interviews/{interview}", status=200).json()
    assert link["title"] == f"{document['candidate']['first_name']} {document['candidate']['last_name']}"
    assert stack.api.get(f"/v1/share-links/{link['id']}", status=200).json() == link
    listed = stack.api.get("/v1/share-links?kind=basic&limit=100", status=200).json()["data"]
    row = next(each for each in listed if each["id"] == link["id"])
    assert "url" not in row and "passcode" not in row and "url" not in row["reviewers"][0]
    events = stack.db.rows("select type, data from events.log where share_link_id = %s", link["id"])
    assert events == [{"type": "link.created", "data": {"share_link_id": link["id"]}}]


def test_it_is_made_where_other_links_are_made_too(stack):
    interview, owner, settings = stack.make_interview(), samples.owner(), {"omit_avatars": True}
    made = stack.api.post("/v1/share-links", {"kind": "basic", "title": "For all", "interview_ids": [interview], "settings": settings,
                                              "owner": owner, "expires_in": {"value": 2, "unit": "days"}, "send_email": False}, status=201)
    link = made.json()
    assert made.headers["Location"] == f"/v1/share-links/{link['id']}"
    assert (link["kind"], link["title"], link["interview_ids"], link["owner"]) == ("basic", "For all", [interview], owner)
    assert link["settings"]["omit_avatars"] and link["expires_at"]
    assert stack.api.get(path_of(interview), status=200).json() == link
    again = stack.api.post("/v1/share-links", {"kind": "basic", "interview_ids": [interview]}, status=200)
    assert again.json() == link and "Location" not in again.headers
    visitor(stack, link).open(status=200)


def test_any_plan_has_it(stack):
    account, key = stack.create_account("Starters", plan="starter-2026")
    api = Api(stack.links.url(), key)
    api.put("/v1/interviews/int-starter", samples.interview_document(), status=201)
    refused = api.post("/v1/share-links", samples.share_link_body(["int-starter"]), status=402).json()
    assert refused["code"] == "plan_required" and refused["plans"] == ["screen", "growth", "enterprise"]
    assert api.get("/v1/account", status=200).json()["plan"] == "starter-2026"
    api.post("/v1/share-links", {"kind": "basic", "interview_ids": ["int-starter"]}, status=201)


@pytest.mark.parametrize("changes, expected", [
    ({"interview_ids": ["int-a", "int-b"]}, ["/interview_ids"]),
    ({"interview_ids": ["int-none"]}, ["/interview_ids/0"]),
    ({"interview_ids": []}, ["/interview_ids"]),
    ({"interview_ids": None}, ["/interview_ids"]),
    ({"reviewers": samples.reviewers(1), "send_email": True, "template_id": "tpl_x", "message": {"subject": "s", "body": "b"}, "colour": 1},
     ["/colour", "/message", "/reviewers", "/send_email", "/template_id"])])
def test_all_faults_are_told_there_too(stack, changes, expected):
    before = stack.db.value("select count(*) from links.share_links")
    assert faults(stack.api.post("/v1/share-links", {"kind": "basic", "interview_ids": [stack.make_interview()], **changes})) == expected
    assert stack.db.value("select count(*) from links.share_links") == before


def test_many_at_once_make_one(stack):
    interview = stack.make_interview()
    answers = []

    def make():
        answers.append(stack.api.another().post(path_of(interview)))

    threads = [threading.Thread(target=make) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.json()["url"] for answer in answers}) == 1


def test_what_is_sent_counts(stack):
    body = {"title": "For the board", "owner": samples.owner(), "settings": {"omit_avatars": True, "disable_feedback": True},
            "expires_in": {"value": 1, "unit": "days"}}
    link = stack.api.post(path_of(stack.make_interview()), body, status=201).json()
    assert link["title"] == body["title"] and link["owner"] == body["owner"] and link["expires_at"]
    assert link["settings"]["omit_avatars"] and link["settings"]["disable_feedback"]


def test_somebody_opens_it(stack):
    interview = stack.make_interview()
    link = stack.api.post(path_of(interview), {"owner": samples.owner()}, status=201).json()
    guest = visitor(stack, link)
    assert guest.passcode == link["passcode"]
    opened = guest.open(status=200).json()
    assert opened["first"] and opened["reviewer_name"] == "Guest"
    assert [each["id"] for each in guest.content(status=200).json()["interviews"]] == [interview]
    mail = stack.mails.wait_for_one_to(link["owner"]["email"])
    assert text_of(mail).startswith("Guest opened your share link") and "So far" not in text_of(mail) and mail["Reply-To"] is None
    assert stack.api.get(path_of(interview), status=200).json()["reviewers"][0]["open_count"] == 1


def test_without_an_owner_nobody_is_mailed(stack):
    link = stack.api.post(path_of(stack.make_interview()), {}, status=201).json()
    assert link["owner"] == {"name": "Tests", "email": None, "time_zone": "UTC"}
    visitor(stack, link).open(status=200)
    after = stack.make_share_link()  # its mail comes after, by the same way
    stack.reviewer(after).open(status=200)
    stack.mails.wait_for_one_to(after["owner"]["email"])
    deliveries = stack.db.rows("select state, reason from notifications.deliveries where share_link_id = %s", link["id"])
    assert deliveries == [{"state": "skipped", "reason": "no_address"}]


def new_account(stack, plan):
    """An account's id, and a caller with its key."""
    said = stack.operate("account", "create", "--name", "Small", "--plan", plan)
    account, key = (re.search(rf"^{name}: (\S+)$", said, re.MULTILINE)[1] for name in ("account", "key"))
    return account, Api(stack.links.url(), key)


def test_any_plan_may(stack):
    _, small = new_account(stack, "basic")
    interview = samples.interview_id()
    small.put(f"/v1/interviews/{interview}", samples.interview_document(), status=201)
    small.post("/v1/share-links", samples.share_link_body([interview]), status=402)
    small.post(path_of(interview), status=201)


def test_a_key_that_may_only_read_sees_no_url(stack):
    account, writing = new_account(stack, "growth")
    said = stack.operate("key", "create", "--account", account, "--scopes", "links.read")
    reading = Api(stack.links.url(), re.search(r"^key: (\S+)$", said, re.MULTILINE)[1])
    interview = samples.interview_id()
    writing.put(f"/v1/interviews/{interview}", samples.interview_document(), status=201)
    reading.post(path_of(interview), status=403)
    link = writing.post(path_of(interview), status=201).json()
    for path in (path_of(interview), f"/v1/share-links/{link['id']}"):
        text = reading.get(path, status=200).text
        assert link["passcode"] not in text and '"url"' not in text


def test_changes_are_those_of_a_basic_link(stack):
    link = stack.api.post(path_of(stack.make_interview()), status=201).json()
    path = f"/v1/share-links/{link['id']}"
    refused = stack.api.patch(path, {"settings": {"disable_feedback": False}, "message": {"subject": "s", "body": "b"}, "title": "New"})
    assert faults(refused) == ["/message", "/settings/disable_feedback"]
    assert stack.api.get(path, status=200).json() == link
    changed = stack.api.patch(path, {"settings": {"disable_feedback": True, "omit_avatars": True}, "message": None}, status=200).json()
    assert changed["settings"] == {**link["settings"], "omit_avatars": True} and changed["message"] is None


@pytest.mark.parametrize("body, expected", [
    ({"kind": "basic"}, ["/kind"]),
    ({"reviewers": []}, ["/reviewers"]),
    ({"message": {"subject": "s", "body": "b"}}, ["/message"]),
    ({"send_email": True}, ["/send_email"]),
    ({"title": ""}, ["/title"]),
    ({"title": 1}, ["/title"]),
    ({"title": "x" * 201}, ["/title"]),
    ({"title": "\u0007"}, ["/title"]),
    ({"owner": None}, ["/owner"]),
    ({"owner": {"name": "", "email": "x", "time_zone": "Nowhere/Land", "phone": 1}},
     ["/owner/email", "/owner/name", "/owner/phone", "/owner/time_zone"]),
    ({"settings": {"disable_feedback": False}}, ["/settings/disable_feedback"]),
    ({"settings": {"disable_feedback": "no", "x": True}}, ["/settings/disable_feedback", "/settings/x"]),
    ({"expires_in": {"value": 0, "unit": "days"}}, ["/expires_in/value"]),
    ({"expires_in": {"value": 1, "unit": "days"}, "expires_at": "2026-12-24T00:00:00Z"}, ["/expires_at"]),
    ({"expires_at": "2020-01-01T00:00:00Z"}, ["/expires_at"]),
    ({"expires_at": "tomorrow"}, ["/expires_at"]),
])
def test_bad_input_makes_nothing(stack, body, expected):
    interview = stack.make_interview()
    assert faults(stack.api.post(path_of(interview), body)) == expected
    stack.api.get(path_of(interview), status=404)


def test_broken_bodies(stack):
    interview = stack.make_interview()
    stack.api.post(path_of(interview), data=b"{", headers={"Content-Type": "application/json"}, status=400)
    stack.api.post(path_of(interview), data=b"{}", headers={"Content-Type": "text/plain"}, status=415)
    assert faults(stack.api.call("POST", path_of(interview), json=[])) == [""]
    stack.api.get(path_of(interview), status=404)


def test_it_is_its_account_s_own(stack):
    interview = stack.make_interview()
    for method in ("GET", "POST"):
        stack.other_api.call(method, path_of(interview), status=404)
        stack.api.call(method, path_of("unknown"), status=404)
        assert stack.anonymous.call(method, path_of(interview)).status_code == 401
    stack.api.get(path_of(interview), status=404)
    link = stack.api.post(path_of(interview), status=201).json()
    stack.other_api.get(path_of(interview), status=404)
    stack.other_api.put(f"/v1/interviews/{interview}", samples.interview_document(), status=201)  # the same id, another interview
    theirs = stack.other_api.post(path_of(interview), status=201).json()
    assert theirs["id"] != link["id"] and stack.api.get(path_of(interview), status=200).json() == link


def test_a_deleted_one_can_be_made_anew(stack):
    interview = stack.make_interview()
    link = stack.api.post(path_of(interview), status=201).json()
    stack.api.delete(f"/v1/share-links/{link['id']}", status=204)
    visitor(stack, link).open(status=404)
    assert stack.api.post(path_of(interview), status=201).json()["url"] != link["url"]
