"""Filters of events and deliveries: several types, an owner, a time. Each page is what the rows themselves say it is."""

import datetime
import itertools
import random
import uuid

import pytest
from stack.waiting import wait_until
from support.api import Api, faults
from support.listener import Listener

TYPES = ("link.created", "link.expired", "link.deleted", "link.updated")
NOON = datetime.datetime(2026, 3, 10, 12, tzinfo=datetime.timezone.utc)


def told(moment):
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def pages(log, path, limit, **params):
    """All rows, some at a time."""
    rows, cursor = [], None
    while True:
        page = log.get(path, params={**params, "limit": limit, **({"cursor": cursor} if cursor else {})}, status=200).json()
        rows += page["data"]
        cursor = page["next_cursor"]
        if not page["has_more"]:
            return rows


# --- what a page holds, by comparison with the rows themselves ---


@pytest.fixture(scope="module")
def owners(stack):
    """Owner -> their links; one more link is of nobody here."""
    word = uuid.uuid4().hex[:8]
    links = {f"{name}.{word}@recruiters.example": [stack.make_share_link(owner={"name": name, "email": f"{name}.{word}@recruiters.example"})["id"]
                                                   for _ in range(count)]
             for name, count in (("ana", 3), ("bo", 1), ("cy", 2))}
    return links


@pytest.fixture(scope="module")
def rows_of(stack, owners):
    """Rows of events and of deliveries that differ in all that filters look at. Some deliveries were planned hours after their
    event, with an id as old as that."""
    choose = random.Random(13)
    links = [link for some in owners.values() for link in some] + [stack.make_share_link()["id"]]
    made = {"/v1/events": [], "/v1/deliveries": []}
    for number in range(160):
        at = NOON + datetime.timedelta(minutes=number * 3, microseconds=choose.randrange(1000000))
        link, kind = choose.choice(links), choose.choice(TYPES)
        event = stack.db.rows("""
            insert into events.log (id, account_id, type, share_link_id, data, created_at)
            values (sharelink.first_id('evt_', %s) || left(upper(md5(random()::text)), 16), %s, %s, %s, jsonb_build_object('share_link_id', %s), %s)
            returning id""", at, stack.account, kind, link, link, at)[0]["id"]
        made["/v1/events"].append({"id": event, "type": kind, "link": link, "at": at})
        planned = at + (datetime.timedelta(hours=choose.choice((2, 5))) if number % 9 == 0 else datetime.timedelta())
        stack.db.rows("""
            insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, share_link_id,
                                                  state, reason, created_at)
            values (%s, %s, %s, %s, 'email', 'opened', 'x@x.example', '{}', %s, %s, 'skipped', 'preference_off', %s)""",
                      "dlv_" + event[4:], event, kind, stack.account, at, link, planned)
        made["/v1/deliveries"].append({"id": "dlv_" + event[4:], "type": kind, "link": link, "at": planned})
    return made


WANTED = [dict(zip(("owner", "types", "link", "after", "before"), each)) for each in itertools.product(
    (None, "ana", "bo"), ((), ("link.expired",), ("link.deleted", "link.created", "link.expired")), (False, True), (None, 61, 230), (None, 231, 420))]


@pytest.mark.parametrize("path", ["/v1/events", "/v1/deliveries"])
def test_pages_hold_what_the_rows_say(log, owners, rows_of, path):
    rows = rows_of[path]
    known = {row["id"] for row in rows}
    for number, wanted in enumerate(WANTED):
        params, expected = {}, rows
        # Whatever else the account's log has from other tests lies after the last of these rows.
        after = NOON + datetime.timedelta(minutes=wanted["after"] or 0)
        before = NOON + datetime.timedelta(minutes=wanted["before"] or 1500)
        params |= {"created_after": told(after), "created_before": told(before)}
        expected = [row for row in expected if after <= row["at"] < before]
        if wanted["owner"]:
            owner = next(each for each in owners if each.startswith(wanted["owner"]))
            params["owner_email"] = owner.upper()
            expected = [row for row in expected if row["link"] in owners[owner]]
        if wanted["types"]:
            params["type"] = list(wanted["types"])
            expected = [row for row in expected if row["type"] in wanted["types"]]
        if wanted["link"]:
            params["share_link_id"] = owners[next(iter(owners))][0]
            expected = [row for row in expected if row["link"] == params["share_link_id"]]
        limit = (1, 3, 20, 100)[number % 4]
        ids = [row["id"] for row in expected]
        assert [row["id"] for row in pages(log, path, limit, sort="created_at", **params) if row["id"] in known] == ids, (wanted, limit)
        assert [row["id"] for row in pages(log, path, limit, **params)] == ids[::-1], (wanted, limit)


def test_cursors_are_of_their_filters(log, rows_of):
    first = {"type": ["link.expired", "link.created"], "created_after": told(NOON), "limit": 2}
    cursor = log.get("/v1/events", params=first, status=200).json()["next_cursor"]
    log.get("/v1/events", params={**first, "type": ["link.created", "link.expired"], "cursor": cursor}, status=200)
    log.get("/v1/events", params={**first, "created_after": "2026-03-10T14:00:00+02:00", "cursor": cursor}, status=200)
    for other in ({"type": ["link.expired"]}, {"created_after": told(NOON + datetime.timedelta(seconds=1))}, {"created_before": told(NOON + datetime.timedelta(days=9))},
                  {"owner_email": "ana@x.example"}):
        assert faults(log.get("/v1/events", params={**first, **other, "cursor": cursor})) == ["?cursor"]


def test_filters_do_not_reach_another_account(log, other_log, owners, rows_of):
    owner = next(iter(owners))
    for path in ("/v1/events", "/v1/deliveries"):
        for params in ({"owner_email": owner}, {"type": list(TYPES), "created_after": told(NOON), "created_before": told(NOON + datetime.timedelta(days=1))}):
            assert pages(log, path, 100, **params) != []
            assert pages(other_log, path, 100, **params) == []


def test_a_time_in_a_long_log(stack):
    """Longer than what is looked at row by row, and with a statement that took its time."""
    account, key = stack.create_account("A long log")
    link = f"lnk_0{uuid.uuid4().hex[:25].upper()}"
    for number in range(30):
        at = NOON + datetime.timedelta(minutes=number * 60)
        stack.db.rows("""
            insert into events.log (id, account_id, type, share_link_id, data, created_at)
            select sharelink.new_id('evt_'), %s, 'link.updated', %s, jsonb_build_object('share_link_id', %s),
                   %s + n * interval '1 minute' - case n when 7 then interval '5 seconds' else interval '0' end
            from generate_series(0, 59) n""", account, link, link, at)
    log = Api(stack.notifications.url(), key)
    times = {row["id"]: row["created_at"] for row in stack.db.rows("select id, created_at from events.log where account_id = %s", account)}
    for after, before in ((0, 1800), (3, 20), (900, 930), (600, 1500), (1795, 1801), (1900, 2000)):
        after, before = NOON + datetime.timedelta(minutes=after), NOON + datetime.timedelta(minutes=before, seconds=-5)
        expected = {each for each, at in times.items() if after <= at < before}
        for sort in ("created_at", "-created_at"):
            for more in ({}, {"type": ["link.updated", "link.deleted"]}):
                found = [row["id"] for row in pages(log, "/v1/events", 100, sort=sort, created_after=told(after), created_before=told(before), **more)]
                assert set(found) == expected and len(found) == len(expected)


# --- one parameter at a time ---


@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/stream", "/v1/deliveries"])
def test_an_unknown_type_is_told_all_that_exist(log, path):
    for query in ("type=link.opened&type=link.closed", "type=link.closed", "type=", "type=link.opened,link.created", "type=sharelink.link.opened.v1"):
        answer = log.get(f"{path}?{query}", status=422).json()
        assert [(each["pointer"], each["code"]) for each in answer["errors"]] == [("?type", "invalid")]
        for name in ("link.expired", "link.reviewer_removed", "candidate.erased", "review.updated"):
            assert name in answer["errors"][0]["detail"]
    for query, name in (("share_link_id=lnk_1&share_link_id=lnk_1", "?share_link_id"), ("owner_email=a@x.example&owner_email=a@x.example", "?owner_email")):
        codes = {(each["pointer"], each["code"]) for each in log.get(f"{path}?{query}", status=422).json()["errors"]}
        assert (name, "duplicate") in codes
    assert faults(log.get(f"{path}?owner_email=nobody")) == ["?owner_email"]
    log.get(f"{path}?colour=red&colour=blue", status=422)


def test_the_types_of_deliveries_have_two_names(log, rows_of):
    by_one = pages(log, "/v1/deliveries", 100, event_type=["link.expired", "link.deleted"])
    assert {row["event_type"] for row in by_one} == {"link.expired", "link.deleted"}
    assert pages(log, "/v1/deliveries", 100, event_type="link.expired", type="link.deleted") == by_one
    assert pages(log, "/v1/deliveries", 100, type=["link.expired"] * 60 + ["link.deleted"]) == by_one
    assert faults(log.get("/v1/deliveries?event_type=x&type=link.opened")) == ["?event_type"]
    for name in ("link.expires_soon", "digest.daily", "webhook.test", "webhook.disabled"):
        assert pages(log, "/v1/deliveries", 100, type=name) == []


RANGES = [("/v1/events", ("created",)), ("/v1/deliveries", ("created",)), ("/v1/webhook-endpoints", ("created", "updated"))]


@pytest.mark.parametrize("path, whats", RANGES)
def test_what_is_no_range(log, path, whats):
    for what in whats:
        for bad in ("", "yesterday", "2026-03-10", "2026-03-10T12:00:00", "2026-02-30T12:00:00Z", "1773144000"):
            assert faults(log.get(path, params={f"{what}_after": bad})) == [f"?{what}_after"]
    for before in ("2026-03-10T12:00:00Z", "2026-03-10T11:59:59.999Z", "2026-03-10T13:59:59+02:00", "0001-01-01T00:00:00Z"):
        answer = log.get(path, params={"created_after": "2026-03-10T12:00:00Z", "created_before": before}, status=422).json()
        assert [(each["pointer"], each["code"]) for each in answer["errors"]] == [("?created_before", "invalid")]
    assert faults(log.get(path + "?created_after=2026-03-10T12:00:00Z&created_after=2026-03-10T12:00:00Z")) == ["?created_after"]
    for after, before in (("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"), ("2026-03-10T12:00:00+02:00", "2026-03-10T11:00:00Z")):
        log.get(path, params={"created_after": after, "created_before": before}, status=200)
    log.get(path + "?created_after=2026-03-10T12:00:00+02:00", status=200)  # a + is a blank there


def test_the_stream_has_no_ranges(log):
    assert faults(log.get("/v1/events/stream?created_after=2026-03-10T12:00:00Z")) == ["?created_after"]


def test_windows_neither_overlap_nor_miss(log, rows_of):
    """Cut at the times that rows are shown with."""
    rows = pages(log, "/v1/events", 100, sort="created_at", created_after=told(NOON), created_before=told(NOON + datetime.timedelta(hours=9)))
    cuts = [told(NOON), *(row["created_at"] for row in rows[::7]), told(NOON + datetime.timedelta(hours=9))]
    windows = [pages(log, "/v1/events", 100, sort="created_at", created_after=after, created_before=before) for after, before in zip(cuts, cuts[1:])]
    assert [row["id"] for window in windows for row in window] == [row["id"] for row in rows]


def test_endpoints_of_a_time(stack, log):
    made = [log.post("/v1/webhook-endpoints", {"url": f"https://hooks.example/{number}", "state": "disabled"}, status=201).json() for number in range(3)]
    for number, endpoint in enumerate(made):
        at = NOON + datetime.timedelta(days=number)
        stack.db.rows("update notifications.webhook_endpoints set created_at = %s, updated_at = %s where id = %s", at, at + datetime.timedelta(hours=number), endpoint["id"])

    def found(**params):
        rows = log.get("/v1/webhook-endpoints", params={"sort": "created_at", "created_before": told(NOON + datetime.timedelta(days=9)), **params}, status=200).json()["data"]
        return [[each["id"] for each in made].index(row["id"]) for row in rows]

    assert found() == [0, 1, 2]
    assert found(created_after=told(NOON + datetime.timedelta(days=1))) == [1, 2]
    assert found(created_before=told(NOON + datetime.timedelta(days=1))) == [0]
    assert found(updated_after=told(NOON + datetime.timedelta(days=1, hours=1))) == [1, 2]
    assert found(updated_after=told(NOON + datetime.timedelta(days=1, hours=1, seconds=1))) == [2]
    for endpoint in made:
        log.delete(f"/v1/webhook-endpoints/{endpoint['id']}", status=204)


def test_filters_have_more_combinations_than_a_session_keeps(log, rows_of):
    some = {"state": "skipped", "channel": "email", "type": list(TYPES), "created_after": told(NOON), "created_before": told(NOON + datetime.timedelta(days=1))}
    wanted = {row["id"] for row in rows_of["/v1/deliveries"]}
    for chosen in itertools.product((False, True), repeat=len(some)):
        for sort in ("created_at", "-created_at"):
            params = {name: value for (name, value), is_chosen in zip(some.items(), chosen) if is_chosen}
            assert wanted <= {row["id"] for row in pages(log, "/v1/deliveries", 100, sort=sort, **params)}


# --- whose links they are now ---


def test_events_are_of_the_link_s_owner_now(stack, log):
    word = uuid.uuid4().hex[:8]
    link = stack.make_share_link(owner={"name": "Ana", "email": f"ana.{word}@recruiters.example"})
    stack.reviewer(link).open(status=200)
    of_ana, of_bo = {"owner_email": f"Ana.{word}@Recruiters.EXAMPLE"}, {"owner_email": f"bo.{word}@bücher.example"}
    wait_until(lambda: pages(log, "/v1/deliveries", 100, **of_ana), 20, "the owner is told")
    assert [row["type"] for row in pages(log, "/v1/events", 100, **of_ana)] == ["link.opened", "link.created"]
    assert pages(log, "/v1/events", 100, **of_bo) == []
    stack.api.patch(f"/v1/share-links/{link['id']}", {"owner": {"name": "Bo", "email": f"bo.{word}@bücher.example"}}, status=200)
    for path in ("/v1/events", "/v1/deliveries"):
        assert pages(log, path, 100, **of_ana) == []
    assert [row["type"] for row in pages(log, "/v1/events", 100, **of_bo)] == ["link.updated", "link.opened", "link.created"]
    assert pages(log, "/v1/events", 100, owner_email=f"bo.{word}@xn--bcher-kva.example") == pages(log, "/v1/events", 100, **of_bo)
    assert {row["share_link_id"] for row in pages(log, "/v1/deliveries", 100, **of_bo)} == {link["id"]}


def test_the_stream_tells_of_several_types_and_of_one_owner(stack, log):
    word = uuid.uuid4().hex[:8]
    owner = f"ana.{word}@recruiters.example"
    link, other = stack.make_share_link(owner={"name": "Ana", "email": owner}), stack.make_share_link()
    begun = log.get("/v1/events", params={"owner_email": owner}, status=200).json()["data"][0]["id"]

    def listen(**params):
        def try_it():
            try:
                return Listener(stack.notifications.url(), stack.key, **params)
            except AssertionError as refused:
                assert "unavailable" in str(refused)
                return None
        return wait_until(try_it, 10, "the feed is there")

    by_types = listen(type=["link.updated", "link.deactivated"], share_link_id=link["id"])
    by_owner = listen(owner_email=owner.upper())
    going_on = listen(owner_email=owner, type=["link.opened", "link.updated"], after=begun)
    for each in (other, link):
        stack.reviewer(each).open(status=200)
        stack.api.patch(f"/v1/share-links/{each['id']}", {"title": "New"}, status=200)
        stack.api.post(f"/v1/share-links/{each['id']}/deactivate", status=200)
    wait_until(lambda: len(by_owner.events) >= 3 and len(by_types.events) >= 2 and len(going_on.events) >= 2, 10, "they have come")
    again = listen(owner_email=owner, after=begun)
    wait_until(lambda: len(again.events) >= 3, 10, "they have come again")
    assert [event[1] for event in by_types.events] == ["link.updated", "link.deactivated"]
    assert [event[1] for event in going_on.events] == ["link.opened", "link.updated"]
    for listener in (by_owner, again):
        assert [event[1] for event in listener.events] == ["link.opened", "link.updated", "link.deactivated"]
    for listener in (by_types, by_owner, going_on, again):
        assert {event[2]["share_link_id"] for event in listener.events} == {link["id"]}
        listener.cut()
