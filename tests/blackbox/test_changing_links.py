"""A link is changed, deleted, switched off and on again: what the API answers, what reviewers meet, and which events tell."""

import threading

import pytest
from stack import ports
from stack.waiting import wait_until
from support import samples
from support.api import Api, Reviewer, faults
from support.changes import doors, event_types, events_of, inside, made_basic, opens, snapshot
from support.held import hold_back, let_go
from support.mailbox import link_in
from support.programs import daemon
from support.scripted_smtp import LATER


def path_of(link, rest=""):
    return f"/v1/share-links/{link['id']}{rest}"


def expire(stack, link):
    stack.db.rows("update links.share_links set expires_at = now() - interval '1 minute' where id = %s", link["id"])


# --- PATCH ---

def test_zone_that_only_the_database_does_not_know_is_a_fault(stack, tmp_path):
    """As where PostgreSQL's tzdata is older than the daemon's: a mail with such a zone could never be written."""
    (tmp_path / "Mars").mkdir()
    (tmp_path / "Mars" / "Base").write_bytes(b"TZif" + bytes(40))
    link, interview = stack.make_share_link(), stack.make_interview()
    settings = {**stack.links.settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}", "TZDIR": str(tmp_path)}
    with daemon("links", settings, tmp_path / "links.log") as other:
        api = Api(other.url(), stack.key)
        wait_until(lambda: api.get("/readyz").status_code == 200, 20, "it is ready")
        owner = {"time_zone": "Mars/Base"}
        assert faults(api.patch(path_of(link), {"owner": owner})) == ["/owner/time_zone"]
        assert faults(api.post(f"/v1/interviews/{interview}/basic-link", {"owner": owner})) == ["/owner/time_zone"]
        assert faults(api.post("/v1/share-links", samples.share_link_body([interview], 1, owner={**samples.owner(), **owner}))) == ["/owner/time_zone"]
        api.patch(path_of(link), {"title": "Without a zone"}, status=200)
    assert stack.db.value("select count(*) from links.share_links where owner_time_zone = 'Mars/Base'") == 0


def test_what_is_sent_is_changed_and_nothing_else(stack):
    link = stack.make_share_link(settings={"omit_avatars": True})
    answer = stack.api.patch(path_of(link), {"title": "Second round", "owner": {"time_zone": "Europe/Paris"},
                                             "settings": {"abbreviate_names": True}}, status=200)
    changed = answer.json()
    assert answer.headers["ETag"] == '"v2"' and changed["version"] == 2
    assert changed["title"] == "Second round"
    assert changed["owner"] == {**link["owner"], "time_zone": "Europe/Paris"}
    assert changed["settings"] == {**link["settings"], "abbreviate_names": True}
    for kept in ("expires_at", "message", "interview_ids", "created_at", "send_email", "state"):
        assert changed[kept] == link[kept]
    assert changed["updated_at"] > link["updated_at"]
    assert "passcode" not in answer.text and "url" not in changed["reviewers"][0]
    assert stack.api.get(path_of(link)).json()["title"] == "Second round"
    assert events_of(stack, link["id"], 1) == [("link.updated", {"share_link_id": link["id"]})]


def test_changed_settings_hold_for_the_reviewer_at_once(stack):
    link = stack.make_share_link()
    reviewer = inside(stack, link)
    assert reviewer.content().json()["interviews"][0]["candidate"]["avatar_url"]
    stack.api.patch(path_of(link), {"settings": {"omit_avatars": True}}, status=200)
    content = reviewer.content(status=200).json()
    assert content["settings"]["omit_avatars"] and not content["interviews"][0]["candidate"]["avatar_url"]


@pytest.mark.parametrize("body", [{}, {"settings": {}}, {"owner": {}}, "same"], ids=str)
def test_no_change_makes_no_version_and_no_event(stack, body):
    link = stack.make_share_link()
    body = {"title": link["title"], "owner": link["owner"], "message": link["message"]} if body == "same" else body
    assert stack.api.patch(path_of(link), body, status=200).json()["version"] == 1
    assert event_types(stack, link["id"]) == ["link.created"]


def test_expiry_can_be_moved_and_taken_away(stack):
    link = stack.make_share_link()
    expire(stack, link)
    assert doors(stack.reviewer(link)) == (410, 410, 410)
    later = stack.api.patch(path_of(link), {"expires_in": {"value": 2, "unit": "weeks"}}, status=200).json()
    assert later["state"] == "active" and later["expires_at"] > link["expires_at"]
    inside(stack, link)
    fixed = stack.api.patch(path_of(link), {"expires_at": "2030-01-01T00:00:00+01:00"}, status=200).json()
    assert fixed["expires_at"] == "2029-12-31T23:00:00.000Z"
    assert stack.api.patch(path_of(link), {"title": "Else"}, status=200).json()["expires_at"] == fixed["expires_at"]
    assert stack.api.patch(path_of(link), {"expires_at": None}, status=200).json()["expires_at"] is None
    assert stack.api.patch(path_of(link), {"expires_in": None}, status=200).json()["version"] == 5


def test_message_can_be_replaced_or_left_to_the_default(stack):
    link = stack.make_share_link()
    message = {"subject": "For {{reviewer_name}}", "body": "Hello\n{{link_url}}"}
    assert stack.api.patch(path_of(link), {"message": message}, status=200).json()["message"] == message
    assert stack.api.patch(path_of(link), {"message": None}, status=200).json()["message"] is None


LONG = "x" * 201
WRONG_PATCHES = {
    "title": [None, "", 7, LONG, "\n", "\x85", "\u200b", [], {}],
    "owner": [None, 7, "Olu", [], {"name": ""}, {"email": "nobody"}, {"email": None}, {"time_zone": "Mars/Base"}, {"role": "x"}],
    "settings": [None, 1, [], {"omit_avatars": None}, {"omit_avatars": 1}, {"omit_avatar": True}, {"passcode_hash": True}],
    "expires_in": [7, {}, {"value": 0, "unit": "days"}, {"value": -1, "unit": "days"}, {"value": 1.5, "unit": "days"},
                   {"value": 2**62, "unit": "days"}, {"value": 1, "unit": "years"}, {"value": 522, "unit": "weeks"}],
    "expires_at": ["2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "tomorrow", 7, {}],
    "message": [7, {}, {"subject": "x"}, {"subject": "", "body": "x"}, {"subject": "{{secret}}", "body": "x"},
                {"subject": "\n", "body": "x"}],
    "id": ["lnk_0"], "version": [9], "kind": ["basic"], "state": ["active"], "media_salt": ["00"], "template_id": ["tpl_0"],
}


def test_every_wrong_field_is_told_and_nothing_stored(stack):
    link = stack.make_share_link()
    before = snapshot(stack)
    for field, values in WRONG_PATCHES.items():
        for value in values:
            found = faults(stack.api.patch(path_of(link), {field: value, "title": "Fine"} if field != "title" else {field: value}))
            assert found and all(pointer.startswith(f"/{field}") for pointer in found), (field, value, found)
    many = {"title": "", "owner": {"email": "x", "name": ""}, "settings": {"nope": 1}, "expires_in": {"value": 0, "unit": "days"},
            "expires_at": "2030-01-01T00:00:00Z", "surprise": 1}
    assert faults(stack.api.patch(path_of(link), many)) == [
        "/expires_at", "/expires_in/value", "/owner/email", "/owner/name", "/settings/nope", "/surprise", "/title"]
    for body in ("[]", '"x"', "null", "7"):
        stack.api.call("PATCH", path_of(link), data=body, headers={"Content-Type": "application/json"}, status=422)
    for body in ("", "{", '{"title": "a", "title": "b"}', "[" * 40 + "]" * 40):
        stack.api.call("PATCH", path_of(link), data=body, headers={"Content-Type": "application/json"}, status=400)
    stack.api.call("PATCH", path_of(link), data="title=x", headers={"Content-Type": "text/plain"}, status=415)
    assert snapshot(stack) == before


# --- If-Match, on all calls that change a link ---

CHANGES = {
    "PATCH": ("PATCH", "", {"title": "Else"}),
    "deactivate": ("POST", "/deactivate", None),
    "reactivate": ("POST", "/reactivate", {}),
    "add reviewers": ("POST", "/reviewers", {"reviewers": [{"name": "New", "email": "new@reviewers.example"}]}),
    "PATCH reviewer": ("PATCH", "/reviewers/{rid}", {"email": "else@reviewers.example", "external_id": "else"}),
    "remove reviewer": ("DELETE", "/reviewers/{rid}", None),
    "deactivate reviewer": ("POST", "/reviewers/{rid}/deactivate", None),
    "reactivate reviewer": ("POST", "/reviewers/{rid}/reactivate", None),
    "invite reviewer": ("POST", "/reviewers/{rid}/invite", None),
    "add interviews": ("POST", "/interviews", {"interview_ids": ["{other_interview}"]}),
    "remove interviews": ("POST", "/interviews/remove", {"interview_ids": ["{interview}"]}),
    "DELETE": ("DELETE", "", None),
}


def do(api, change, link, other_interview="none", **options):
    method, rest, body = CHANGES[change]
    if body and "interview_ids" in body:
        names = {"{interview}": link["interview_ids"][0], "{other_interview}": other_interview}
        body = {"interview_ids": [names[name] for name in body["interview_ids"]]}
    path = path_of(link, rest.format(rid=link["reviewers"][0]["id"]))
    return api.call(method, path, **({"json": body} if body is not None else {}), **options)


@pytest.mark.parametrize("change", CHANGES)
def test_stale_version_changes_nothing_and_the_right_one_does(stack, change):
    link, interview = stack.make_share_link(), stack.make_interview()
    before = snapshot(stack)
    for tag in ('"v2"', "v1", '"1"', '"v01"', '"v"', '"v1', 'W/"v1"', '"v1x"', '"v99999999999999999999"', "", '"v-1"', '""'):
        answer = do(stack.api, change, link, interview, headers={"If-Match": tag}, status=412)
        assert answer.json()["code"] == "precondition_failed"
    assert snapshot(stack) == before
    assert do(stack.api, change, link, interview, headers={"If-Match": '"v1"'}).status_code in (200, 201, 202, 204)
    if change != "DELETE":
        assert do(stack.api, change, link, interview, headers={"If-Match": "*"}).status_code in (200, 202, 201, 204, 404, 422)


# --- tenant isolation ---


def test_another_account_finds_none_of_it_and_changes_nothing(stack):
    link, interview = stack.make_share_link(), stack.make_interview()
    theirs = samples.interview_id()
    stack.other_api.put(f"/v1/interviews/{theirs}", samples.interview_document(), status=201)
    before = snapshot(stack)
    unknown = {**link, "id": "lnk_0000000000000000000000000Z"}
    for change in CHANGES:
        for headers in ({}, {"If-Match": '"v1"'}, {"If-Match": '"v7"'}):
            other = do(stack.other_api, change, link, theirs, headers=headers, status=404).json()
            nobody = do(stack.api, change, unknown, interview, headers=headers, status=404).json()
            assert {**other, "request_id": 0} == {**nobody, "request_id": 0}, change
        do(stack.other_api, change, link, interview, status=404)
    for ids in ([], [link["id"]]):
        stack.other_api.put(f"/v1/interviews/{interview}/share-links", {"share_link_ids": ids}, status=404)
    stack.other_api.get(f"/v1/interviews/{interview}/share-links", status=404)
    assert faults(stack.other_api.put(f"/v1/interviews/{theirs}/share-links", {"share_link_ids": [link["id"]]})) == ["/share_link_ids/0"]
    assert faults(stack.api.post(path_of(link, "/interviews"), {"interview_ids": [theirs]})) == ["/interview_ids/0"]
    assert snapshot(stack) == before
    assert opens(stack, link["reviewers"][0]["url"])


def test_another_links_reviewer_is_unknown_here(stack):
    link, other = stack.make_share_link(), stack.make_share_link()
    before = snapshot(stack)
    crossed = {**link, "reviewers": other["reviewers"]}
    for change in ("PATCH reviewer", "remove reviewer", "deactivate reviewer", "reactivate reviewer", "invite reviewer"):
        do(stack.api, change, crossed, status=404)
    for rid in ("rvw_0000000000000000000000000Z", "x", "%F0%9F%98%80", "x" * 500):
        do(stack.api, "remove reviewer", {**link, "reviewers": [{"id": rid}]}, status=404)
        do(stack.api, "remove reviewer", {**link, "id": rid}, status=404)
    assert snapshot(stack) == before


def test_without_a_key_there_is_nothing(stack):
    link = stack.make_share_link()
    for change in CHANGES:
        do(stack.anonymous, change, link, status=401)


# --- DELETE ---


def test_deleted_link_is_unknown_at_the_next_request(stack):
    link = stack.make_share_link(reviewer_count=2)
    reviewer = inside(stack, link)
    answer = stack.api.delete(path_of(link), status=204)
    assert answer.content == b""
    assert doors(reviewer) == (404, 404, 404)
    stack.api.get(path_of(link), status=404)
    stack.api.delete(path_of(link), status=404)
    assert events_of(stack, link["id"])[-1] == ("link.deleted", {"share_link_id": link["id"]})
    for table in ("reviewers", "share_link_interviews"):
        assert stack.db.value(f"select count(*) from links.{table} where share_link_id = %s", link["id"]) == 0
    stack.api.get(f"/v1/interviews/{link['interview_ids'][0]}", status=200)


def test_mails_of_a_deleted_link_are_skipped_with_a_reason(make_stack, smtp):
    stack = make_stack(smtp=smtp)
    smtp.on("rae@reviewers.example", *[LATER] * 50)
    link = stack.make_share_link(reviewers=[{"name": "Rae", "email": "rae@reviewers.example"}], send_email=True)
    tries = hold_back(stack, "rae@reviewers.example")
    stack.api.delete(path_of(link), status=204)
    let_go(stack, "rae@reviewers.example")
    row = wait_until(lambda: next(iter(stack.db.rows(
        "select * from notifications.deliveries where share_link_id = %s and state = 'skipped'", link["id"])), None), 40,
        "the delivery is skipped")
    assert row["reason"] == "reviewer_removed" and len(smtp.tried("rae@reviewers.example")) == tries


# --- deactivate, reactivate ---


def test_deactivated_link_refuses_the_next_request(stack):
    link = stack.make_share_link(reviewer_count=2)
    reviewers = [inside(stack, link, number) for number in range(2)]
    seen = len(events_of(stack, link["id"]))
    answer = stack.api.call("POST", path_of(link, "/deactivate"), status=200)
    off = answer.json()
    assert [doors(reviewer) for reviewer in reviewers] == [(410, 410, 410)] * 2
    assert off["state"] == "deactivated" and off["state_reason"] == {"code": "manual"} and answer.headers["ETag"] == '"v2"'
    assert stack.api.post(path_of(link, "/deactivate"), {}, status=200).json() == off
    assert events_of(stack, link["id"], seen) == [("link.deactivated", {"share_link_id": link["id"], "reason": "manual"})]
    assert faults(stack.api.post(path_of(link, "/deactivate"), {"reason": "x"})) == ["/reason"]
    stack.api.call("POST", path_of(link, "/deactivate"), data="[]", headers={"Content-Type": "application/json"}, status=422)
    stack.api.call("POST", path_of(link, "/deactivate"), data="{", headers={"Content-Type": "application/json"}, status=400)


@pytest.mark.parametrize("was_off", [True, False])
def test_reactivated_link_has_new_passcodes_and_the_old_ones_are_dead(stack, was_off):
    link = stack.make_share_link(reviewer_count=3)
    reviewers = [inside(stack, link, number) for number in range(3)]
    if was_off:
        stack.api.post(path_of(link, "/deactivate"), status=200)
        stack.api.post(path_of(link, f"/reviewers/{link['reviewers'][1]['id']}/deactivate"), status=200)
    answer = stack.api.call("POST", path_of(link, "/reactivate"), status=200)
    on = answer.json()
    assert [(r.content().status_code, r.open().status_code) for r in reviewers] == [(401, 401)] * 3
    assert on["state"] == "active" and on["state_reason"] is None and on["expires_at"] == link["expires_at"]
    assert answer.headers["ETag"] == f'"v{on["version"]}"'
    for before, after in zip(link["reviewers"], on["reviewers"]):
        assert after["id"] == before["id"] and after["state"] == "active" and after["open_count"] == 1
        assert after["passcode"] != before["passcode"]
        assert after["url"].split("#") == [before["url"].split("#")[0], after["passcode"]]
        assert opens(stack, after["url"])
    shown = stack.api.get(path_of(link)).json()
    assert [r["url"] for r in shown["reviewers"]] == [r["url"] for r in on["reviewers"]]
    last = [(name, data) for name, data in events_of(stack, link["id"]) if name == "link.reactivated"]
    assert last == [("link.reactivated", {"share_link_id": link["id"]})]
    assert "link.invitation_requested" not in event_types(stack, link["id"])
    text = str(stack.db.rows("select * from events.log")) + str(stack.db.rows("select * from links.reviewers"))
    for reviewer in on["reviewers"]:
        assert reviewer["passcode"] not in text and reviewer["url"].split("/s/")[1].split("#")[0] not in text


def test_reactivated_link_mails_the_new_passcode_when_asked(stack):
    link = stack.make_share_link(reviewer_count=2)
    stack.api.post(path_of(link, "/deactivate"), status=200)
    on = stack.api.post(path_of(link, "/reactivate"), {"send_email": True}, status=200).json()
    for reviewer in on["reviewers"]:
        assert link_in(stack.mails.wait_for_one_to(reviewer["email"])) == reviewer["url"]
    assert event_types(stack, link["id"], 2) == ["link.reactivated"] + ["link.invitation_requested"] * 2


def test_expiry_that_has_passed_must_be_replaced(stack):
    link = stack.make_share_link()
    expire(stack, link)
    wait_until(lambda: stack.db.value("select count(*) from events.log where type = 'link.expired' and share_link_id = %s", link["id"]), 20,
               "the schedule has told of it")
    before = snapshot(stack)
    for body in ({}, {"send_email": True}):
        assert faults(stack.api.post(path_of(link, "/reactivate"), body)) == ["/expires_in"]
    assert faults(stack.api.post(path_of(link, "/reactivate"), {"expires_at": "2020-01-01T00:00:00Z"})) == ["/expires_at"]
    assert faults(stack.api.post(path_of(link, "/reactivate"), {"expires_in": 7, "send_email": 1, "x": 1})) == [
        "/expires_in", "/send_email", "/x"]
    assert snapshot(stack) == before
    for body in ({"expires_at": None}, {"expires_in": {"value": 1, "unit": "days"}}, {"expires_at": "2030-01-01T00:00:00Z"}):
        expire(stack, link)
        on = stack.api.post(path_of(link, "/reactivate"), body, status=200).json()
        assert on["state"] == "active" and (on["expires_at"] is None) == ("expires_at" in body and body["expires_at"] is None)
        assert opens(stack, on["reviewers"][0]["url"])


def test_reviewer_whose_box_no_key_opens_gets_a_new_url(stack):
    link = stack.make_share_link(reviewer_count=2)
    lost = link["reviewers"][0]
    stack.db.rows("update links.reviewers set sealed = sealed || '\\x00' where id = %s", lost["id"])
    on = stack.api.post(path_of(link, "/reactivate"), {}, status=200).json()
    assert on["reviewers"][0]["url"].split("#")[0] != lost["url"].split("#")[0]
    assert on["reviewers"][1]["url"].split("#")[0] == link["reviewers"][1]["url"].split("#")[0]
    assert doors(stack.reviewer(link)) == (404, 404, 404)
    assert all(opens(stack, reviewer["url"]) for reviewer in on["reviewers"])


def test_basic_link_is_changed_and_renewed_as_a_whole(stack):
    link = made_basic(stack, stack.make_share_link())
    reviewer = inside(stack, link)
    assert stack.api.patch(path_of(link), {"title": "One candidate"}, status=200).json()["title"] == "One candidate"
    on = stack.api.post(path_of(link, "/reactivate"), {}, status=200).json()
    assert on["kind"] == "basic" and on["url"] == on["reviewers"][0]["url"] and on["passcode"] == on["reviewers"][0]["passcode"]
    reviewer.content(status=401)
    assert opens(stack, on["url"])
    stack.api.post(path_of(link, "/deactivate"), status=200)
    assert doors(stack.reviewer(on)) == (410, 410, 410)
    stack.api.delete(path_of(link), status=204)


def test_parallel_reactivations_end_in_one_passcode_that_works(stack):
    link = stack.make_share_link(reviewer_count=5)
    answers = []

    def reactivate():
        answers.append(stack.api.another().post(path_of(link, "/reactivate"), {}))

    threads = [threading.Thread(target=reactivate) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 409}
    won = [answer.json() for answer in answers if answer.status_code == 200]
    last = max(won, key=lambda answer: answer["version"])
    assert last["version"] == 1 + len(won)
    assert [r["url"] for r in stack.api.get(path_of(link)).json()["reviewers"]] == [r["url"] for r in last["reviewers"]]
    epochs = stack.db.rows("select distinct passcode_epoch from links.reviewers where share_link_id = %s", link["id"])
    assert epochs == [{"passcode_epoch": 1 + len(won)}]
    for number, answer in enumerate(won):  # another reviewer each time: too many wrong tries at one would have to pause
        assert opens(stack, answer["reviewers"][number % 5]["url"]) == (answer is last)


def test_parallel_patches_lose_none(stack):
    link = stack.make_share_link()
    names = list(link["settings"])

    def patch(name):
        stack.api.another().patch(path_of(link), {"settings": {name: True}}, status=200)

    threads = [threading.Thread(target=patch, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now = stack.api.get(path_of(link)).json()
    assert all(now["settings"].values()) and now["version"] == 1 + len(names)


def test_of_two_with_the_same_version_one_wins(stack):
    link = stack.make_share_link()
    statuses = []

    def patch(number):
        answer = stack.api.another().patch(path_of(link), {"title": f"Number {number}"}, headers={"If-Match": '"v1"'})
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=patch, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [412] * 7


def test_a_stale_browser_tab_stays_out(stack):
    """A session from before the renewal does not come back with a cookie, nor does the old fragment."""
    link = stack.make_share_link()
    old = inside(stack, link)
    on = stack.api.post(path_of(link, "/reactivate"), {}, status=200).json()
    new = Reviewer(stack.views.url(), on["reviewers"][0]["url"])
    new.open(status=200)
    new.content(status=200)
    old.content(status=401)
