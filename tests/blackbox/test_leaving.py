"""Asking for a new link, and leaving: both work without a session and on links that are over; neither tells anything."""

import threading

import pytest
from support.changes import events_of, inside
from support.contract import CONTRACTS
from support.tables import nothing_stored

ASKED = {"status": "requested"}


def ask(browser, body=None, **options):
    return browser.post(f"{browser.page}/request-access", body, **options)


def requests_of(stack, link):
    return [data for name, data in events_of(stack, link["id"]) if name == "link.access_requested"]


def let_an_hour_pass(stack):
    stack.db.rows("update views.access_requests set requested_at = requested_at - interval '61 minutes'")


def test_owner_is_told_once_an_hour_for_each_reviewer(stack):
    link = stack.make_share_link(reviewer_count=2)
    first, second = stack.reviewer(link), stack.reviewer(link, 1)
    for _ in range(3):
        assert ask(first, status=202).json() == ASKED
    expected = {"share_link_id": link["id"], "reviewer_id": link["reviewers"][0]["id"]}
    assert requests_of(stack, link) == [expected]
    assert ask(second, {}, status=202).json() == ASKED
    assert len(requests_of(stack, link)) == 2
    let_an_hour_pass(stack)
    ask(first, status=202)
    assert requests_of(stack, link).count(expected) == 2


def test_links_that_are_over_can_be_asked_for(stack):
    gone = stack.make_share_link()
    stack.api.post(f"/v1/share-links/{gone['id']}/deactivate", status=200)
    over = stack.make_share_link()
    stack.db.rows("update links.share_links set expires_at = now() - interval '1 minute' where id = %s", over["id"])
    for link in (gone, over):
        assert ask(stack.reviewer(link), status=202).json() == ASKED
        assert len(requests_of(stack, link)) == 1


def test_many_at_once_are_one_event(stack):
    link = stack.make_share_link()
    barrier = threading.Barrier(8)

    def ask_together(browser):
        barrier.wait()
        ask(browser, status=202)

    askers = [threading.Thread(target=ask_together, args=(stack.reviewer(link),)) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(requests_of(stack, link)) == 1


def test_requests_that_are_refused(stack):
    browser = stack.reviewer(stack.make_share_link())
    with nothing_stored(stack.db):
        browser.post("/s/unknown/request-access", status=404)
        ask(browser, {"email": "someone@reviewers.example"}, status=422)
        ask(browser, [], status=422)
        browser.get(f"{browser.page}/request-access", status=405)
        for headers in ({"Origin": "https://evil.example"}, {"Origin": None, "Sec-Fetch-Site": "cross-site"}):
            assert ask(browser, status=403, headers=headers).json()["code"] == "cross_origin"
            assert browser.post(f"{browser.page}/leave", status=403, headers=headers).json()["code"] == "cross_origin"


def test_session_ends_with_leaving(stack):
    link = stack.make_share_link()
    browser = inside(stack, link)
    cookie = browser.session.cookies["sharelink_session"]
    answer = browser.post(f"{browser.page}/leave", status=204)
    assert answer.content == b"" and "Max-Age=0" in answer.headers["Set-Cookie"] and f"Path={browser.page}" in answer.headers["Set-Cookie"]
    assert "sharelink_session" not in browser.session.cookies
    kept = {"Cookie": f"sharelink_session={cookie}"}
    browser.get(f"{browser.page}/content", headers=kept, status=401)
    assert browser.open(headers=kept, status=200).json()["visit_id"], "another visit"
    assert stack.db.value("select count(*) from views.visits where share_link_id = %s", link["id"]) == 2


def test_leaving_ends_no_other_session(stack):
    link = stack.make_share_link(reviewer_count=2)
    one, same, other = inside(stack, link), inside(stack, link), inside(stack, link, 1)
    one.post(f"{one.page}/leave", status=204)
    stolen = {"Cookie": f"sharelink_session={other.session.cookies['sharelink_session']}"}
    stack.reviewer(link).post(f"{one.page}/leave", headers=stolen, status=204)
    for browser in (same, other):
        browser.content(status=200)


def test_leaving_without_a_session_or_a_link_is_as_well(stack):
    link = stack.make_share_link()
    browser = stack.reviewer(link)
    browser.post(f"{browser.page}/leave", {}, status=204)
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    browser.post(f"{browser.page}/leave", status=204)
    browser.post("/s/unknown/leave", status=404)


@pytest.mark.parametrize("call", ["leave", "request-access"])
@pytest.mark.parametrize("status, code, body, kind", [
    (400, "invalid_json", b"{", "application/json"),
    (413, "body_too_large", b" " * (2**20 + 1), "application/json"),
    (415, "unsupported_media_type", b"x", "text/plain"),
    (422, "validation_failed", b'{"reason": "x"}', "application/json"),
])
def test_body_that_is_none_is_refused_as_documented(stack, call, status, code, body, kind):
    browser = stack.reviewer(stack.make_share_link())
    answer = browser.post(f"{browser.page}/{call}", data=body, headers={"Content-Type": kind}, status=status)
    assert answer.json()["code"] == code
    assert str(status) in documented(f"/s/{{token}}/{call}"), "by itself, not among what any call may answer"


def documented(path):
    return next(operation["responses"] for method, each, _, operation in CONTRACTS["views"].operations if (method, each) == ("POST", path))
