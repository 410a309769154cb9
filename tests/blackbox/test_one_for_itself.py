"""What shares a statement does not share a fate: one item among many that PostgreSQL fails, that is slow or locked waits by itself,
and the others are through as if it were not there. Only what its own data makes fail is given up, for people to see and to send again.
"""

import contextlib
import os
import time

import psycopg2
import pytest
import requests
from stack.waiting import wait_until
from support import prometheus, samples
from support.api import Api
from support.opens import open_all
from support.raising import poisoned, slowed
from support.receiver import Receiver

ALLOWED_SECONDS = 3  # that the others may take longer than without the one
SLOW_SECONDS = 7
SETTINGS = {"SHARELINK_NOTIFICATIONS_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8"}


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack(private=True, settings=SETTINGS)
    yield made
    made.close()


@pytest.fixture(scope="module")
def hooks(stack):
    return Api(stack.notifications.url(), stack.key)


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


def metric(daemon, name, **labels):
    with requests.Session() as session:
        session.trust_env = False
        return prometheus.value(prometheus.parse(session.get(f"{daemon.url()}/metrics", timeout=5).text), name, **labels)


@contextlib.contextmanager
def locked(stack, rows):
    """A row, or rows, that nobody else gets at: `select … for update`."""
    connection = psycopg2.connect(stack.postgres.url(stack.database))
    connection.cursor().execute(rows)
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


def seconds_until(condition, what):
    began = time.monotonic()
    wait_until(condition, 60, what)
    return time.monotonic() - began


# --- events ---

def planned(stack, addresses):
    """To how many of these a mail is planned, or has gone."""
    return stack.db.value("select count(distinct recipient) from notifications.deliveries where channel = 'email' and recipient = any (%s)",
                          list(addresses))


def invite(stack, reviewers):
    """Seconds until all but the first of the reviewers have their mails."""
    link = stack.make_share_link(reviewers=reviewers, send_email=True)
    others = {reviewer["email"] for reviewer in reviewers[1:]}

    def told():
        return others <= {mail["X-Envelope-To"] for mail in stack.mails.all()}
    return link, seconds_until(told, "the others have their mails")


def one_is_poisoned(stack, address):
    return poisoned(stack, "plan_mails", "42501", "notifications.deliveries", f"new.recipient = '{address}'")


def one_is_slow(stack, address):
    return slowed(stack, "plan_mails", SLOW_SECONDS, "notifications.deliveries", f"new.recipient = '{address}'")


@pytest.mark.parametrize("trouble", [one_is_poisoned, one_is_slow])
def test_one_event_of_fifty_waits_for_itself(stack, trouble):
    _, usual = invite(stack, samples.reviewers(50))
    reviewers = samples.reviewers(50)
    first = reviewers[0]["email"]
    with trouble(stack, first):
        _, took = invite(stack, reviewers)
        _, after = invite(stack, samples.reviewers(50))  # the next batches do not mind it either
        assert not stack.mails.to(first)
        assert metric(stack.notifications, "sharelink_work_waiting", work="plan_mails") == 1
        wait_until(lambda: metric(stack.notifications, "sharelink_unsettled_seconds", group="email") > 0, 10, "it is told of")
    stack.mails.wait_for_one_to(first, 40)
    assert max(took, after) <= usual + ALLOWED_SECONDS
    assert stack.db.value("select count(*) from notifications.deliveries where recipient = %s", first) == len(stack.mails.to(first)) == 1
    wait_until(lambda: not metric(stack.notifications, "sharelink_work_waiting"), 10, "none waits")


def test_one_window_that_is_locked_holds_up_its_own_events_alone(stack):
    link = stack.make_share_link(reviewer_count=50)
    _, usual = invite(stack, samples.reviewers(5))
    open_all(stack, link["reviewers"])
    open_all(stack, link["reviewers"])  # later opens are gathered: a window for each reviewer

    def gathered(reviewers):
        return stack.db.value("select coalesce(sum(count), 0) from notifications.gatherings where split_part(key, ' ', 2) = any (%s)",
                              [each["id"] for each in reviewers])
    first, *others = link["reviewers"]
    wait_until(lambda: gathered(link["reviewers"]) == 50, 20, "each has a window")
    with locked(stack, f"select from notifications.gatherings where key like '%{first['id']}%' for update"):
        open_all(stack, [first] * 3 + others)
        assert seconds_until(lambda: gathered(others) == 98, "the others' opens are gathered") <= usual + ALLOWED_SECONDS
        new = samples.reviewers(5)
        assert invite(stack, new)[1] <= usual + ALLOWED_SECONDS
        assert gathered([first]) == 1
    wait_until(lambda: gathered([first]) == 4, 40, "so are the first one's")


def test_one_webhook_of_fifty_waits_for_itself(stack, hooks, receiver):
    endpoint = hooks.post("/v1/webhook-endpoints", {"url": receiver.url(), "events": ["link.opened"]}, status=201).json()
    calm, doors = (stack.make_share_link(reviewer_count=50)["reviewers"] for _ in range(2))
    open_all(stack, calm)
    usual = seconds_until(lambda: len(receiver.of("link.opened")) == 50, "all are posted")
    with poisoned(stack, "plan_webhooks", "55000", "notifications.deliveries", f"new.reviewer_id = '{doors[0]['id']}'"):
        open_all(stack, doors)
        took = seconds_until(lambda: len(receiver.of("link.opened")) == 99, "49 are posted")
        assert metric(stack.notifications, "sharelink_work_waiting", work="plan_webhooks") == 1
    wait_until(lambda: len(receiver.of("link.opened")) == 100, 40, "all are posted")
    hooks.delete(f"/v1/webhook-endpoints/{endpoint['id']}", status=204)
    assert took <= usual + ALLOWED_SECONDS
    assert len({post.id() for post in receiver.posts}) == len(receiver.posts) == 100


def test_more_stuck_events_than_the_sweep_brings_at_once_keep_no_other_from_it(make_stack):
    stack = make_stack(private=True)
    stack.redis.kill()
    with poisoned(stack, "plan_mails", "42883", "notifications.deliveries", "new.recipient like 'stuck%'"):
        for part in range(6):
            stack.make_share_link(send_email=True, reviewers=[{"name": "Stuck", "email": f"stuck{part}-{n}@reviewers.example"} for n in range(100)])
        wait_until(lambda: metric(stack.notifications, "sharelink_work_waiting", work="plan_mails") == 600, 60, "all wait")
        link = stack.make_share_link(send_email=True)
        stack.mails.wait_for_one_to(link["reviewers"][0]["email"], 10)
    wait_until(lambda: planned(stack, [f"stuck{part}-{n}@reviewers.example" for part in range(6) for n in range(100)]) == 600, 60, "all are planned")
    stack.bring_back(stack.redis)


def test_locked_cursor_keeps_no_event_from_the_sweep(make_stack):
    stack = make_stack(private=True)
    stack.redis.kill()

    def invited():
        link = stack.make_share_link(send_email=True)
        stack.mails.wait_for_one_to(link["reviewers"][0]["email"], 10)
    invited()  # the next turn would move the cursor behind it
    with locked(stack, "select from notifications.cursors for update"):
        invited()
    stack.bring_back(stack.redis)


# --- what time asks for ---

OFTEN = {"SHARELINK_NOTIFICATIONS_SWEEP_INTERVAL_MS": "100", "SHARELINK_LINKS_SCHEDULER_INTERVAL_MS": "100"}
THINGS = int(os.environ.get("THINGS", "10000"))  # in one digest; 100,000 is the number to be sure with


@pytest.fixture(scope="module")
def clock_stack(shared):
    made = shared.make_stack(private=True, settings=OFTEN)
    yield made
    made.close()


@pytest.fixture(scope="module")
def usual(clock_stack):
    """Seconds that fifty take of which none is in trouble."""
    links = links_of(clock_stack, 50)
    expire(clock_stack, links, "1 hour")
    return seconds_until(lambda: warned(clock_stack, links) == 50, "of all is warned")


def wish_for_digests(stack, addresses, things=1):
    """For each something has happened since a day ago, when it struck eight."""
    stack.db.rows("""
        with wishes as (insert into notifications.preferences (account_id, address, digest, digest_since, digest_until)
                        select %s, a, 'daily', now() - interval '3 days', now() - interval '3 days' from unnest(%s) a
                        returning account_id, address)
        insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, state, reason)
        select 'dlv_' || md5(address || n), 'evt_' || md5(address || n), 'link.opened', account_id, 'email', 'opened', address, '{}',
               now() - interval '2 days', 'skipped', 'in_digest' from wishes, generate_series(1, %s) n returning 1""",
                  stack.account, list(addresses), things)


def people(count):
    return [samples.owner()["email"] for _ in range(count)]


def digests_of(stack, addresses):
    return stack.db.value("select count(*) from notifications.deliveries where kind = 'digest' and next_attempt_at is not null and recipient = any (%s)",
                          list(addresses))


@pytest.mark.parametrize("trouble", [
    lambda stack, one: poisoned(stack, "schedule_digests", "XX000", "notifications.deliveries", f"new.kind = 'digest' and new.recipient = '{one}'"),
    lambda stack, one: slowed(stack, "schedule_digests", SLOW_SECONDS, "notifications.deliveries", f"new.kind = 'digest' and new.recipient = '{one}'"),
    lambda stack, one: locked(stack, f"select from notifications.preferences where address = '{one}' for update"),
    lambda stack, one: locked(stack, f"select from notifications.deliveries where recipient = '{one}' for update"),
], ids=["poisoned", "slow", "locked", "locked notice"])
def test_one_digest_of_fifty_waits_for_itself(clock_stack, usual, trouble):
    stack = clock_stack
    one, *others = addresses = people(50)
    stack.notifications.stop()
    wish_for_digests(stack, addresses)
    with trouble(stack, one):
        stack.bring_back(stack.notifications)
        assert seconds_until(lambda: digests_of(stack, others) == 49, "the others have theirs") <= usual + ALLOWED_SECONDS
        wait_until(lambda: metric(stack.notifications, "sharelink_work_waiting", work="schedule_digests") == 1, 10, "one waits")
        assert digests_of(stack, [one]) == 0
        late = people(1)
        wish_for_digests(stack, late)
        assert seconds_until(lambda: digests_of(stack, late) == 1, "so has who comes later") <= usual + ALLOWED_SECONDS
    wait_until(lambda: digests_of(stack, [one]) == 1, 40, "so has the one")
    assert digests_of(stack, addresses + late) == 51


def test_digest_of_very_many_things_is_one_and_holds_up_nobody(clock_stack, usual):
    stack = clock_stack
    stack.notifications.stop()
    one, *others = people(50)
    wish_for_digests(stack, [one], THINGS)
    wish_for_digests(stack, others)
    stack.bring_back(stack.notifications)
    assert seconds_until(lambda: digests_of(stack, others) == 49, "the others have theirs") <= usual + ALLOWED_SECONDS
    took = seconds_until(lambda: digests_of(stack, [one]) == 1, "so has who has very much to be told")
    print(f"{THINGS} things in {took:.1f} s")
    digest, = stack.db.rows("select id, gathered from notifications.deliveries where kind = 'digest' and recipient = %s", one)
    assert digest["gathered"] == THINGS == stack.db.value("select count(*) from notifications.deliveries where gathered_into = %s", digest["id"])


def links_of(stack, count):
    interviews = [stack.make_interview()]
    return [stack.make_share_link(interview_ids=interviews)["id"] for _ in range(count)]


def expire(stack, links, when):
    stack.db.rows(f"update links.share_links set expires_at = now() + interval '{when}' where id = any (%s)", links)


def warned(stack, links):
    return stack.db.value("select count(distinct share_link_id) from notifications.deliveries where kind = 'expiry_warning' and share_link_id = any (%s)", links)


@pytest.mark.parametrize("trouble", [
    lambda stack, one: poisoned(stack, "schedule_mails", "42P01", "notifications.deliveries", f"new.share_link_id = '{one}'"),
    lambda stack, one: slowed(stack, "schedule_mails", SLOW_SECONDS, "notifications.deliveries", f"new.share_link_id = '{one}'"),
], ids=["poisoned", "slow"])
def test_one_warning_of_fifty_waits_for_itself(clock_stack, usual, trouble):
    stack = clock_stack
    one, *others = links = links_of(stack, 50)
    with trouble(stack, one):
        expire(stack, links, "1 hour")
        assert seconds_until(lambda: warned(stack, others) == 49, "of the others is warned") <= usual + ALLOWED_SECONDS
        wait_until(lambda: metric(stack.notifications, "sharelink_work_waiting", work="schedule_mails") == 1, 10, "one waits")
    wait_until(lambda: warned(stack, [one]) == 1, 40, "of the one, too")
    assert stack.db.value("select count(*) from notifications.deliveries where kind = 'expiry_warning' and share_link_id = any (%s)", links) == 50


def told(stack, links, event):
    return stack.db.value("select count(distinct share_link_id) from events.log where type = %s and share_link_id = any (%s)", event, links)


@pytest.mark.parametrize(("event", "let_it"), [
    ("link.expired", lambda stack, links: expire(stack, links, "-1 second")),
    ("link.deactivated", lambda stack, links: stack.db.rows(
        "update links.share_links set active_since = now() - interval '366 days' where id = any (%s)", links))], ids=["expiry", "age"])
@pytest.mark.parametrize("trouble", [
    lambda stack, one: poisoned(stack, "run_schedule", "P0001", "links.share_links", f"new.id = '{one}'"),
    lambda stack, one: slowed(stack, "run_schedule", SLOW_SECONDS, "links.share_links", f"new.id = '{one}'"),
    lambda stack, one: locked(stack, f"select from links.share_links where id = '{one}' for update"),
], ids=["poisoned", "slow", "locked"])
def test_one_link_of_fifty_that_time_has_come_for_waits_for_itself(clock_stack, usual, trouble, event, let_it):
    stack = clock_stack
    one, *others = links = links_of(stack, 50)
    stack.links.stop()
    let_it(stack, links)
    with trouble(stack, one):
        stack.bring_back(stack.links)
        assert seconds_until(lambda: told(stack, others, event) == 49, "of the others is told") <= usual + ALLOWED_SECONDS
        wait_until(lambda: metric(stack.links, "sharelink_work_waiting", work="run_schedule") == 1, 10, "one waits")
        assert told(stack, [one], event) == 0
    wait_until(lambda: told(stack, [one], event) == 1, 40, "of the one, too")
    assert stack.db.value("select count(*) from events.log where type = %s and share_link_id = any (%s)", event, links) == 50


def test_one_old_mark_that_cannot_be_forgotten_keeps_no_other(clock_stack, usual):
    stack = clock_stack
    old = "from notifications.settled where settled_at < now() - interval '8 days'"
    stack.notifications.stop()
    stack.db.rows("insert into notifications.settled (consumer, event_id, settled_at) "
                  "select 'email', 'evt_old' || n, now() - interval '9 days' from generate_series(1, 50) n returning 1")
    with poisoned(stack, "keep_house", "55000", "notifications.settled", "old.event_id = 'evt_old7'"), \
         locked(stack, "select from notifications.settled where event_id = 'evt_old8' for update"):
        stack.bring_back(stack.notifications)
        assert seconds_until(lambda: stack.db.value("select count(*) " + old) == 2, "the others are gone") <= usual + ALLOWED_SECONDS
        wait_until(lambda: metric(stack.notifications, "sharelink_work_put_off_total", work="keep_house") > 0, 10, "it is told of")
    wait_until(lambda: stack.db.value("select count(*) " + old) == 0, 40, "so are the two")


# --- what is given up ---

def failed(hooks, channel):
    return hooks.get(f"/v1/deliveries?state=failed&channel={channel}", status=200).json()["data"]


@pytest.mark.parametrize("by_operator", [False, True], ids=["by the API", "by the operator"])
@pytest.mark.parametrize("sqlstate", ["22P02", "23514"])
def test_mail_whose_event_is_at_fault_is_a_delivery_that_can_be_sent_again(stack, hooks, sqlstate, by_operator):
    reviewers = samples.reviewers(3)
    address = reviewers[0]["email"]
    dead = metric(stack.notifications, "sharelink_dead_letters_total", channel="email")
    with poisoned(stack, "plan_mails", sqlstate, "notifications.deliveries", f"new.recipient = '{address}'"):
        link, _ = invite(stack, reviewers)
        row, = wait_until(lambda: [each for each in failed(hooks, "email") if each["share_link_id"] == link["id"]], 20, "it has failed")
    assert (row["reason"], row["kind"], row["event_type"]) == ("not_planned", "invitation", "link.invitation_requested")
    assert sqlstate in row["last_error"] and row["event_id"].startswith("evt_")
    assert metric(stack.notifications, "sharelink_dead_letters_total", channel="email") == dead + 1
    assert not metric(stack.notifications, "sharelink_work_waiting", work="plan_mails")
    listed = [line for line in stack.operate("dead-letters", "list").splitlines() if row["id"] in line]
    assert len(listed) == 1 and "not_planned" in listed[0] and not listed[0].startswith("entry")
    assert not stack.mails.to(address)
    send_again(stack, hooks, row["id"], by_operator)
    stack.mails.wait_for_one_to(address)
    wait_until(lambda: stack.db.rows("select id from notifications.deliveries where id = %s and state = 'sent'", row["id"]), 10, "it is recorded")
    assert len(stack.mails.to(address)) == 1 and not failed(hooks, "email")


@pytest.mark.parametrize("by_operator", [False, True], ids=["by the API", "by the operator"])
def test_webhook_whose_event_is_at_fault_is_a_delivery_that_can_be_sent_again(stack, hooks, receiver, by_operator):
    endpoint = hooks.post("/v1/webhook-endpoints", {"url": receiver.url(), "events": ["link.created"]}, status=201).json()
    with poisoned(stack, "plan_webhooks", "23502", "notifications.deliveries", "new.event_type = 'link.created'"):
        link = stack.make_share_link()
        row, = wait_until(lambda: failed(hooks, "webhook"), 20, "it has failed")
    assert (row["reason"], row["webhook_endpoint_id"], row["share_link_id"]) == ("not_planned", endpoint["id"], link["id"])
    assert "23502" in row["last_error"] and not receiver.posts
    send_again(stack, hooks, row["id"], by_operator)
    wait_until(lambda: receiver.of("link.created"), 20, "it is posted")
    hooks.delete(f"/v1/webhook-endpoints/{endpoint['id']}", status=204)
    assert [(post.id(), post.json()["data"]["share_link_id"]) for post in receiver.posts] == [(row["event_id"], link["id"])]


def send_again(stack, hooks, delivery_id, by_operator):
    if by_operator:
        assert stack.operate("dead-letters", "retry", delivery_id) == "to be sent again: 1\n"
    else:
        assert hooks.post(f"/v1/deliveries/{delivery_id}/retry", status=202).json()["state"] == "pending"


def test_whom_a_mail_goes_to_that_could_not_be_planned_is_asked_when_it_is_sent_again(stack, hooks):
    """And whether it may go out at all."""
    reviewers = samples.reviewers(2)
    with poisoned(stack, "plan_mails", "22003", "notifications.deliveries", "new.kind = 'invitation'"):
        link = stack.make_share_link(reviewers=reviewers, send_email=True)
        rows = wait_until(lambda: len(found := [each for each in failed(hooks, "email") if each["share_link_id"] == link["id"]]) == 2 and found,
                          20, "both have failed")
    stack.db.rows("update notifications.deliveries set recipient = '' where share_link_id = %s", link["id"])
    gone = next(each for each in link["reviewers"] if each["email"] == reviewers[1]["email"])
    stack.api.delete(f"/v1/share-links/{link['id']}/reviewers/{gone['id']}")
    for row in rows:
        hooks.post(f"/v1/deliveries/{row['id']}/retry", status=202)
    stack.mails.wait_for_one_to(reviewers[0]["email"])
    reasons = wait_until(lambda: [row["reason"] for row in stack.db.rows(
        "select reason from notifications.deliveries where share_link_id = %s and state = 'skipped'", link["id"])], 10, "the other one is skipped")
    assert reasons == ["reviewer_removed"] and not stack.mails.to(reviewers[1]["email"])
