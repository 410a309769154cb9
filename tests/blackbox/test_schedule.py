"""What time does to links: an expiry is told once, a link that was active for a year is switched off, and neither holds up a
door. And the list of opens.
"""

import pytest
from stack.waiting import wait_until


def events(stack, link, name):
    return [row["data"] for row in stack.db.rows("select data from events.log where type = %s and share_link_id = %s order by xid, id",
                                                 name, link["id"])]


def let_expire(stack, link):
    stack.db.rows("update links.share_links set expires_at = now() - interval '1 second' where id = %s", link["id"])


def wait_for_events(stack, link, name, count):
    wait_until(lambda: len(events(stack, link, name)) >= count, 20, f"{count} {name}")
    assert len(events(stack, link, name)) == count


def test_an_expiry_is_told_once_and_again_after_an_extension(stack):
    link = stack.make_share_link()
    path = f"/v1/share-links/{link['id']}"
    let_expire(stack, link)
    stack.reviewer(link).open(status=410)
    wait_for_events(stack, link, "link.expired", 1)
    assert events(stack, link, "link.expired") == [{"share_link_id": link["id"]}]
    stack.api.patch(path, {"expires_in": {"value": 1, "unit": "days"}}, status=200)
    stack.reviewer(link).open(status=200)
    let_expire(stack, link)
    wait_for_events(stack, link, "link.expired", 2)
    marker = stack.make_share_link()  # a whole turn later nothing came on top
    let_expire(stack, marker)
    wait_for_events(stack, marker, "link.expired", 1)
    assert len(events(stack, link, "link.expired")) == 2
    assert stack.api.get(path, status=200).json()["state"] == "expired"


def test_what_is_switched_off_does_not_expire(stack):
    link, marker = stack.make_share_link(), stack.make_share_link()
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    let_expire(stack, link)
    let_expire(stack, marker)
    wait_for_events(stack, marker, "link.expired", 1)
    assert not events(stack, link, "link.expired")


def test_a_link_that_was_active_for_a_year_is_switched_off(stack):
    link, younger = stack.make_share_link(), stack.make_share_link()
    stack.db.rows("update links.share_links set active_since = now() - interval '366 days' where id = %s", link["id"])
    stack.db.rows("update links.share_links set active_since = now() - interval '364 days' where id = %s", younger["id"])
    wait_for_events(stack, link, "link.deactivated", 1)
    assert events(stack, link, "link.deactivated") == [{"share_link_id": link["id"], "reason": "max_age"}]
    answer = stack.api.get(f"/v1/share-links/{link['id']}", status=200).json()
    assert answer["state"] == "deactivated" and answer["version"] == link["version"] + 1
    assert answer["state_reason"]["code"] == "max_age" and answer["state_reason"]["evidence"]["days"] == 365
    stack.reviewer(link).open(status=410)
    stack.reviewer(younger).open(status=200)
    renewed = stack.api.post(f"/v1/share-links/{link['id']}/reactivate", status=200).json()
    marker = stack.make_share_link()
    let_expire(stack, marker)
    wait_for_events(stack, marker, "link.expired", 1)
    stack.reviewer(renewed).open(status=200)


def test_many_at_once_and_two_schedulers_tell_each_once(make_stack):
    stack = make_stack(settings={"SHARELINK_LINKS_SCHEDULER_INTERVAL_MS": "20"})
    interviews = [stack.make_interview()]
    links = [stack.make_share_link(interview_ids=interviews) for _ in range(60)]
    with stack.replica(stack.links):
        stack.db.rows("update links.share_links set expires_at = now()")
        wait_until(lambda: stack.db.value("select count(*) from events.log where type = 'link.expired'") >= 60, 20, "60 events")
        marker = stack.make_share_link(interview_ids=interviews)
        let_expire(stack, marker)
        wait_for_events(stack, marker, "link.expired", 1)
    told = stack.db.rows("select share_link_id, count(*) as times from events.log where type = 'link.expired' group by 1")
    assert {row["share_link_id"]: row["times"] for row in told} == {link["id"]: 1 for link in [*links, marker]}


# --- opens ---

def test_opens_are_listed_newest_first(stack, other_api):
    link = stack.make_share_link(reviewer_count=2)
    stack.reviewer(link).open(status=200)
    stack.reviewer(link, 1).open(status=200)
    stack.reviewer(link).open(status=200)
    path = f"/v1/share-links/{link['id']}/opens"
    page = stack.api.get(path, status=200).json()
    first, second = link["reviewers"]
    assert [(each["reviewer"], each["first"]) for each in page["data"]] == [
        ({"id": first["id"], "name": first["name"]}, False), ({"id": second["id"], "name": second["name"]}, True),
        ({"id": first["id"], "name": first["name"]}, True)]
    assert page["has_more"] is False and page["next_cursor"] is None
    for each in page["data"]:
        assert each.keys() == {"id", "reviewer", "opened_at", "first", "network", "device"}
        assert each["network"] == "127.0.0.0/24" and each["device"] == "desktop" and each["id"].startswith("vst_")
    assert [each["id"] for each in stack.api.get(f"{path}?reviewer_id={second['id']}", status=200).json()["data"]] == [page["data"][1]["id"]]
    start = stack.api.get(f"{path}?limit=2", status=200).json()
    rest = stack.api.get(f"{path}?limit=2&cursor={start['next_cursor']}", status=200).json()
    assert start["data"] + rest["data"] == page["data"]
    other = stack.make_share_link()
    stack.api.get(f"/v1/share-links/{other['id']}/opens?limit=2&cursor={start['next_cursor']}", status=422)
    other_api.get(path, status=404)
    stack.api.get("/v1/share-links/lnk_00000000000000000000000000/opens", status=404)


@pytest.mark.parametrize("query", ["?reviewer_id=x", "?sort=name", "?limit=0", "?network=1", "?cursor=AAAA"])
def test_opens_refuse_what_they_do_not_know(stack, query):
    stack.api.get(f"/v1/share-links/{stack.make_share_link()['id']}/opens{query}", status=422)
