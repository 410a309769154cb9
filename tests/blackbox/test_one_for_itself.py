"""What shares a statement does not share a fate: one item among many that PostgreSQL fails, that is slow or locked waits by itself,
and the others are through as if it were not there. Only what its own data makes fail is given up, for people to see and to send again.
"""

import contextlib
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
    open_all(stack, link["reviewers"])
    open_all(stack, link["reviewers"])  # later opens are gathered: a window for each reviewer

    def gathered(reviewers):
        return stack.db.value("select coalesce(sum(count), 0) from notifications.gatherings where split_part(key, ' ', 2) = any (%s)",
                              [each["id"] for each in reviewers])
    first, *others = link["reviewers"]
    wait_until(lambda: gathered(link["reviewers"]) == 50, 20, "each has a window")
    with locked(stack, f"select from notifications.gatherings where key like '%{first['id']}%' for update"):
        open_all(stack, [first] * 3 + others)
        assert seconds_until(lambda: gathered(others) == 98, "the others' opens are gathered") <= ALLOWED_SECONDS
        new = samples.reviewers(5)
        assert invite(stack, new)[1] <= ALLOWED_SECONDS
        assert gathered([first]) == 1
    wait_until(lambda: gathered([first]) == 4, 40, "so are the first one's")


def test_one_webhook_of_fifty_waits_for_itself(stack, hooks, receiver):
    endpoint = hooks.post("/v1/webhook-endpoints", {"url": receiver.url(), "events": ["link.opened"]}, status=201).json()
    doors = stack.make_share_link(reviewer_count=50)["reviewers"]
    with poisoned(stack, "plan_webhooks", "55000", "notifications.deliveries", f"new.reviewer_id = '{doors[0]['id']}'"):
        open_all(stack, doors)
        took = seconds_until(lambda: len(receiver.of("link.opened")) == 49, "49 are posted")
        assert metric(stack.notifications, "sharelink_work_waiting", work="plan_webhooks") == 1
    wait_until(lambda: len(receiver.of("link.opened")) == 50, 40, "all are posted")
    hooks.delete(f"/v1/webhook-endpoints/{endpoint['id']}", status=204)
    assert took <= ALLOWED_SECONDS
    assert len({post.id() for post in receiver.posts}) == len(receiver.posts) == 50


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
