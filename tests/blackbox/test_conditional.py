"""If-None-Match: a 304 for who has the newest already, and never for who has not; If-Match on every change of a versioned thing."""

import itertools
import re

import pytest
from stack.daemon import NAMES
from stack.waiting import wait_until
from support import samples
from support.api import Api
from support.changes import event_types, inside
from support.contract import CONTRACTS
from support.tables import NOT_BY_CLOCK, all_text

numbers = itertools.count(1)


def template(stack):
    return stack.api.post("/v1/email-templates", {"name": f"T{next(numbers)}", "subject": "S", "body": "B"}, status=201).json()["id"]


def basic_link(stack):
    interview = stack.make_interview()
    stack.api.post(f"/v1/interviews/{interview}/basic-link", status=201)
    return f"/v1/interviews/{interview}/basic-link"


# Each with how it is changed.
RESOURCES = {
    "account": (lambda stack: "/v1/account", lambda stack, path: stack.api.patch(path, {"name": f"N{next(numbers)}"}, status=200)),
    "interview": (lambda stack: f"/v1/interviews/{stack.make_interview()}",
                  lambda stack, path: stack.api.put(path, samples.interview_document(), status=200)),
    "link": (lambda stack: f"/v1/share-links/{stack.make_share_link()['id']}",
             lambda stack, path: stack.api.patch(path, {"title": f"N{next(numbers)}"}, status=200)),
    "template": (lambda stack: f"/v1/email-templates/{template(stack)}", lambda stack, path: stack.api.patch(path, {"name": "N"}, status=200)),
    "basic link": (basic_link, lambda stack, path: stack.api.patch(
        f"/v1/share-links/{stack.api.get(path).json()['id']}", {"title": f"N{next(numbers)}"}, status=200)),
    "links": (lambda stack: "/v1/share-links?limit=3", lambda stack, path: stack.make_share_link()),
    "summaries": (lambda stack: "/v1/share-links?view=summary&limit=3", lambda stack, path: stack.make_share_link()),
    "counts": (lambda stack: "/v1/share-links/counts", lambda stack, path: stack.make_share_link()),
    "interviews": (lambda stack: "/v1/interviews?limit=3&sort=-created_at", lambda stack, path: stack.make_interview()),
    "templates": (lambda stack: "/v1/email-templates?limit=3", lambda stack, path: template(stack)),
}


@pytest.fixture(params=RESOURCES, ids=lambda name: name.replace(" ", "-"))
def resource(request, stack):
    make, change = RESOURCES[request.param]
    path = make(stack)
    if request.param in ("links", "summaries", "counts", "interviews", "templates"):
        change(stack, path)
    return path, lambda: change(stack, path)


def if_none_match(api, path, tags, method="GET"):
    return api.call(method, path, headers={"If-None-Match": tags})


def test_unchanged_is_a_304_without_a_body_and_changed_is_given_in_full(stack, api, resource):
    path, change = resource
    first = api.get(path, status=200)
    tag = first.headers["ETag"]
    keeping = "no-store" if '"passcode"' in first.text else "private, no-cache"  # a cache may not have what opens a link
    assert tag.startswith('"') and first.headers["Cache-Control"] == keeping and first.headers["Vary"] == "Authorization"
    for tags in (tag, f"W/{tag}", f'"other", {tag}', f'W/"other",W/{tag} , "x"', "*"):
        for method in ("GET", "HEAD"):
            same = if_none_match(api, path, tags, method)
            assert (same.status_code, same.content) == (304, b""), tags
            assert (same.headers["ETag"], same.headers["Cache-Control"]) == (tag, keeping)
            assert "Content-Type" not in same.headers and "Idempotency-Replayed" not in same.headers
    for tags in ('"other"', tag.strip('"'), f"{tag[:-1]}x\"", "", "W/", '"', f"'{tag}'", "x, " + tag):
        assert if_none_match(api, path, tags).status_code == 200, tags
    change()
    changed = if_none_match(api, path, tag)
    assert changed.status_code == 200 and changed.headers["ETag"] != tag and changed.content != first.content


def test_304_is_for_who_may_see_it(stack, api, other_api):
    path = f"/v1/share-links/{stack.make_share_link()['id']}"
    tag = api.get(path, status=200).headers["ETag"]
    for tags in (tag, "*"):
        assert if_none_match(other_api, path, tags).status_code == 404
        assert if_none_match(stack.anonymous, path, tags).status_code == 401


def test_opens_and_mails_are_seen_by_who_asks_with_the_tag(stack, api):
    link = stack.make_share_link(reviewer_count=2)
    path = f"/v1/share-links/{link['id']}"
    tag = api.get(path, status=200).headers["ETag"]
    assert if_none_match(api, path, tag).status_code == 304
    stack.reviewer(link).open(status=200)
    seen = if_none_match(api, path, tag)
    assert seen.status_code == 200 and seen.json()["reviewers"][0]["open_count"] == 1
    assert seen.headers["ETag"] == tag  # which If-Match still takes
    api.patch(path, {"title": "Another"}, headers={"If-Match": tag}, status=200)

    link = stack.make_share_link()
    path = f"/v1/share-links/{link['id']}"
    tag = api.get(path, status=200).headers["ETag"]
    api.post(f"{path}/reviewers/{link['reviewers'][0]['id']}/invite", status=202)
    assert if_none_match(api, path, tag).json()["reviewers"][0]["invitation_state"] != "none"
    wait_until(lambda: if_none_match(api, path, tag).json()["reviewers"][0]["invitation_state"] == "sent", 20, "the mail is seen as sent")


def test_expiry_is_seen_by_who_asks_with_the_tag(stack, api):
    link = stack.make_share_link()
    path = f"/v1/share-links/{link['id']}"
    tag = api.get(path, status=200).headers["ETag"]
    stack.db.rows("update links.share_links set expires_at = now() - interval '1 second' where id = %s", link["id"])
    assert if_none_match(api, path, tag).json()["state"] == "expired"
    wait_until(lambda: "link.expired" in event_types(stack, link["id"]), 60, "it is told: later tests look at all tables")


def test_link_without_its_urls_may_be_kept_and_asked_for_anew(stack):
    path = f"/v1/share-links/{stack.make_share_link()['id']}"
    reader = Api(stack.links.url(), re.search(r"slk_[\w-]+", stack.operate("key", "create", "--account", stack.account, "--scopes", "links.read"))[0])
    answer = reader.get(path, status=200)
    assert answer.headers["Cache-Control"] == "private, no-cache" and "passcode" not in answer.text
    assert if_none_match(reader, path, answer.headers["ETag"]).status_code == 304


# --- If-Match ---

def changes_of(stack):
    """Name, path and call of every change of a versioned thing, each with a thing of its own."""
    interview, link = stack.make_interview(), stack.make_share_link(reviewer_count=2)
    path = f"/v1/share-links/{link['id']}"
    return [
        ("PATCH", "/v1/account", {"name": "N"}, "/v1/account"),
        ("PUT", f"/v1/interviews/{interview}", samples.interview_document(), f"/v1/interviews/{interview}"),
        ("PATCH", path, {"title": "N"}, path),
        ("DELETE", f"{path}/reviewers/{link['reviewers'][1]['id']}", None, path),
        ("DELETE", path, None, path),
        ("PATCH", (named := f"/v1/email-templates/{template(stack)}"), {"name": "N"}, named),
        ("DELETE", named, None, named),
        ("PUT", f"/v1/interviews/{interview}/share-links", {"share_link_ids": []}, f"/v1/interviews/{interview}/share-links"),
        ("DELETE", f"/v1/interviews/{interview}", None, f"/v1/interviews/{interview}"),
    ]


def test_if_match_of_another_version_changes_nothing(stack, api):
    for method, path, body, thing in changes_of(stack):
        before = api.get(thing, status=200)
        for tag in ('"v999"', '"x"', 'W/"v1"', "v1"):
            refused = api.call(method, path, json=body, headers={"If-Match": tag})
            assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed"), (method, path, tag)
        after = api.get(thing, status=200)
        assert (after.content, after.headers["ETag"]) == (before.content, before.headers["ETag"]), (method, path)


def test_if_match_takes_a_list_and_says_what_is_wrong_with_it(stack, api):
    for method, path, body, thing in changes_of(stack):
        tag = api.get(thing, status=200).headers["ETag"]
        for wrong, said in (("v1", "quotes"), ("v1, v2", "quotes"), (f"{tag} {tag}x", "quotes"), ('"v1', "quotes"), ('"v997", "v998"', "If-Match"),
                            ('"v998"', "If-Match"), (f"W/{tag}", "If-Match"), ('"x", "y"', "If-Match")):
            refused = api.call(method, path, json=body, headers={"If-Match": wrong})
            detail = refused.json()["detail"]
            assert refused.status_code == 412 and said in detail, (method, path, wrong)
            assert ("quotes" in detail) == (said == "quotes"), (method, path, wrong)
        if method != "DELETE":
            assert api.call(method, path, json=body, headers={"If-Match": f'"v998", {tag}'}).status_code == 200, (method, path)
            tag = api.get(thing, status=200).headers["ETag"]
        assert api.call(method, path, json=body, headers={"If-Match": f'"other" , "v998",{tag},W/"x"'}).status_code in (200, 204), (method, path)


def conditional_calls(stack):
    """{(method, address): (API, path, body)} of every call that honours If-Match, on one world that no tag in hand belongs to."""
    link = stack.make_share_link(reviewer_count=2)
    interview, reviewer = link["interview_ids"][0], link["reviewers"][0]["id"]
    hooks = Api(stack.notifications.url(), stack.key)
    hook = hooks.post("/v1/webhook-endpoints", {"url": "https://8.8.8.8/", "events": ["link.expired"]}, status=201).json()["id"]
    browser = inside(stack, link)
    path, one = f"/v1/share-links/{link['id']}", f"/v1/share-links/{link['id']}/reviewers/{reviewer}"
    made = f"/v1/email-templates/{template(stack)}"
    return {
        ("PATCH", "/v1/account"): (stack.api, "/v1/account", {"name": "N"}),
        ("PUT", "/v1/interviews/{id}"): (stack.api, f"/v1/interviews/{interview}", samples.interview_document()),
        ("DELETE", "/v1/interviews/{id}"): (stack.api, f"/v1/interviews/{interview}", None),
        ("PUT", "/v1/interviews/{id}/share-links"): (stack.api, f"/v1/interviews/{interview}/share-links", {"share_link_ids": []}),
        ("PATCH", "/v1/share-links/{id}"): (stack.api, path, {"title": "N"}),
        ("DELETE", "/v1/share-links/{id}"): (stack.api, path, None),
        ("POST", "/v1/share-links/{id}/deactivate"): (stack.api, f"{path}/deactivate", None),
        ("POST", "/v1/share-links/{id}/reactivate"): (stack.api, f"{path}/reactivate", None),
        ("POST", "/v1/share-links/{id}/reviewers"): (stack.api, f"{path}/reviewers", {"reviewers": samples.reviewers(1)}),
        ("PATCH", "/v1/share-links/{id}/reviewers/{rid}"): (stack.api, one, {"name": "N"}),
        ("DELETE", "/v1/share-links/{id}/reviewers/{rid}"): (stack.api, one, None),
        ("POST", "/v1/share-links/{id}/reviewers/{rid}/deactivate"): (stack.api, f"{one}/deactivate", None),
        ("POST", "/v1/share-links/{id}/reviewers/{rid}/reactivate"): (stack.api, f"{one}/reactivate", None),
        ("POST", "/v1/share-links/{id}/reviewers/{rid}/invite"): (stack.api, f"{one}/invite", None),
        ("POST", "/v1/share-links/{id}/invite"): (stack.api, f"{path}/invite", {"reviewer_ids": [reviewer]}),
        ("POST", "/v1/share-links/{id}/interviews"): (stack.api, f"{path}/interviews", {"interview_ids": [stack.make_interview()]}),
        ("POST", "/v1/share-links/{id}/interviews/remove"): (stack.api, f"{path}/interviews/remove", {"interview_ids": [interview]}),
        ("PATCH", "/v1/email-templates/{id}"): (stack.api, made, {"name": "N"}),
        ("DELETE", "/v1/email-templates/{id}"): (stack.api, made, None),
        ("PATCH", "/v1/webhook-endpoints/{id}"): (hooks, f"/v1/webhook-endpoints/{hook}", {"description": "N"}),
        ("POST", "/v1/webhook-endpoints/{id}/rotate-secret"): (hooks, f"/v1/webhook-endpoints/{hook}/rotate-secret", None),
        ("DELETE", "/v1/webhook-endpoints/{id}"): (hooks, f"/v1/webhook-endpoints/{hook}", None),
        ("PUT", "/v1/notification-preferences/{email}"): (hooks, "/v1/notification-preferences/a@b.example", {"opens": "off"}),
        ("PUT", "/s/{token}/interviews/{id}/review"): (browser, f"{browser.page}/interviews/{interview}/review", {"rating": 3}),
    }


def test_every_call_says_what_is_wrong_with_its_if_match(stack):
    calls = conditional_calls(stack)
    assert set(calls) == {(method, address) for daemon in NAMES for method, address, _, operation in CONTRACTS[daemon].operations
                          if "412" in operation["responses"]}
    rows = all_text(stack.db, NOT_BY_CLOCK)
    for value, said in (("v1", "quotes"), ('"v1', "quotes"), ("", "quotes"), (",", "quotes"), ("W/", "quotes"), ('"v1" x', "quotes"), ('*, "v1"', "quotes"),
                        ("'v1'", "quotes"), ('W/"v1"', "W/"), ('W/"v1", W/"v2"', "W/"), ('"v777"', "If-Match|elsewhere")):
        for (method, address), (api, path, body) in calls.items():
            refused = api.call(method, path, json=body, headers={"If-Match": value}, status=412)
            assert refused.json()["code"] in ("precondition_failed", "review_changed"), (method, address)
            assert re.search(said, refused.json()["detail"]), (method, address, value, refused.json()["detail"])
    after = all_text(stack.db, NOT_BY_CLOCK)
    planned = {"notifications.deliveries", "notifications.cursors", "notifications.settled", "notifications.gatherings"}  # of the open, meanwhile
    assert {name for name in rows if rows[name] != after[name]} <= planned


def test_if_match_of_this_version_or_any_changes_it(stack, api):
    for method, path, body, thing in changes_of(stack):
        tag = api.get(thing, status=200).headers["ETag"]
        assert api.call(method, path, json=body, headers={"If-Match": tag}).status_code in (200, 204), (method, path)
    for method, path, body, _ in changes_of(stack):
        assert api.call(method, path, json=body, headers={"If-Match": "*"}).status_code in (200, 204), (method, path)


def test_put_of_an_interview_creates_or_replaces_only_as_wanted(stack, api, other_api):
    path = f"/v1/interviews/{samples.interview_id()}"
    for tag in ("*", '"v1"'):
        api.put(path, samples.interview_document(), headers={"If-Match": tag}, status=412)
    api.get(path, status=404)
    made = api.put(path, samples.interview_document(), headers={"If-None-Match": "*"}, status=201)
    api.put(path, samples.interview_document(), headers={"If-None-Match": "*"}, status=412)
    assert api.get(path).json() == made.json()
    second = api.put(path, samples.interview_document(), headers={"If-Match": made.headers["ETag"]}, status=200)
    assert second.json()["version"] == 2
    api.put(path, samples.interview_document(), headers={"If-Match": made.headers["ETag"]}, status=412)
    api.put(path, samples.interview_document(), status=200)
    other_api.put(path, samples.interview_document(), headers={"If-Match": "*"}, status=412)
