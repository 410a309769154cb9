"""What somebody gets who has a copy of a store, and not SECRET_KEY: docs/security.md tells. A replica and a backup are such copies."""

import pytest
from support import leaks, samples
from support.api import Api
from support.console import console_of
from support.samples import reviewers

KEPT = ("token", "passcode", "key", "cookie", "webhook's secret", "unsubscribe token", "console")


@pytest.fixture(scope="module")
def used(stack):
    """A stack in which something of each kind has happened; its candidate and reviewer."""
    invited = reviewers(1)
    candidate = {"first_name": "Philippa77", "last_name": "Oglethorpe77", "email": "philippa77@candidates.example"}
    interview = stack.make_interview(candidate=candidate)
    body = samples.share_link_body([interview], reviewers=invited, send_email=True)
    link = stack.api.call("POST", "/v1/share-links", json=body, headers={"Idempotency-Key": "leaked-stores"}, status=201).json()
    stack.mails.wait_for_one_to(invited[0]["email"])
    browser = stack.reviewer(link)
    browser.open("0000-0000-0000-0000", status=401)
    browser.open(status=200)
    browser.put(f"{browser.page}/interviews/{interview}/review", {"rating": 4, "comment": "Reads well"}, headers={"If-None-Match": "*"}, status=201)
    hooks = Api(stack.notifications.url(), stack.key)
    hooks.post("/v1/webhook-endpoints", {"url": "https://hooks.example/in", "events": ["link.opened"]}, status=201)
    stack.mails.wait_for_one_to(link["owner"]["email"])
    asked = console_of(stack).call("POST", "/v1/console-sessions", json={"recruiter": {"email": link["owner"]["email"]}},
                                   headers={"Idempotency-Key": "leaked-stores"}, status=201).json()
    console_of(stack).post(f"/console/{asked['id']}/start", {"code": asked["url"].split("#")[1]}, status=200)
    return {"passcode": browser.passcode, "token": browser.token, "candidate": candidate, "reviewer": invited[0], "owner": link["owner"]}


def dump_of(db):
    """All rows of all tables, as a backup has them."""
    tables = db.rows("""select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
                        where c.relkind = 'r' and n.nspname in ('links', 'views', 'notifications', 'console', 'events', 'sharelink')""")
    return "\n".join(row["row"] for table in tables for row in db.rows(f"select t::text as row from {table['name']} t"))


def test_a_copy_of_the_database_opens_no_door(stack, used):
    """Who is invited and what was answered stands in it; no token, passcode, key, session or secret that works does."""
    dump = dump_of(stack.db)
    assert used["candidate"]["last_name"] in dump and used["reviewer"]["email"] in dump
    assert used["passcode"] not in dump and used["token"] not in dump and used["passcode"].replace("-", "") not in dump
    assert [found for found in leaks.found_in(dump) if found[0].startswith(KEPT)] == []


def test_events_and_so_redis_name_nobody(stack, used):
    """Streams carry what events.log has, to the letter."""
    events = "\n".join(row["event"] for row in stack.db.rows("select events.cloud_event(l)::text as event from events.log l"))
    assert "link.opened" in events and "review.submitted" in events
    assert leaks.found_in(events) == []
    for name in (used["candidate"]["last_name"], used["reviewer"]["name"], used["reviewer"]["email"], used["owner"]["email"], "Reads well"):
        assert name not in events
