"""What this process has in hand: sent once although nobody can write it down, never begun past its lease, and each for itself.

Faults are raised in the statements themselves, or a row is locked; then they are taken away, and all must have come, once.
"""

import contextlib
import os
import time
import urllib.request

import psycopg2
import pytest
from stack.daemon import Daemon
from stack.ports import free_port
from stack.waiting import wait_until
from support import prometheus, samples
from support.api import Api
from support.raising import poisoned, raising, slowed
from support.receiver import Receiver
from support.scripted_smtp import ACCEPT, HOLD_AFTER_DOT, HOLD_AT_RCPT, LATER, ScriptedSmtp

# Ten seconds are what to be sure with: RAISED_SECONDS=10 pytest -k raised
RAISED_SECONDS = float(os.environ.get("RAISED_SECONDS", "1"))
# Longer than the lease; 25 to be sure.
STOPPED_SECONDS = float(os.environ.get("STOPPED_SECONDS", "4"))
SQLSTATES = ("42501", "42883", "42P01", "XX000", "XX001", "55000", "58P01", "P0001", "57014", "55P03", "40P01", "53100")
SOON = 3  # seconds by which one delivery's trouble may delay another one
SLOW_SECONDS = 7  # what one row takes that is slow

SETTINGS = {
    "SHARELINK_NOTIFICATIONS_WORKERS": "4",
    "SHARELINK_NOTIFICATIONS_LEASE_SECONDS": "3",
    "SHARELINK_NOTIFICATIONS_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
    "SHARELINK_NOTIFICATIONS_WEBHOOK_RETRY_SECONDS": "0,0,0",
    "SHARELINK_NOTIFICATIONS_SWEEP_GRACE_MS": "200",
    "SHARELINK_NOTIFICATIONS_SWEEP_INTERVAL_MS": "100",
}


@pytest.fixture(scope="module")
def scripted(shared):
    smtp = ScriptedSmtp()
    made = shared.make_stack(smtp=smtp, settings=SETTINGS)
    yield made, smtp
    made.close()
    smtp.close()


@pytest.fixture
def stack(scripted):
    return scripted[0]


@pytest.fixture
def smtp(scripted):
    return scripted[1]


@pytest.fixture
def receivers(stack):
    """Two endpoints of the account, each with its receiver."""
    hooks = Api(stack.notifications.url(), stack.key)
    made = [Receiver(), Receiver()]
    ids = [hooks.post("/v1/webhook-endpoints", {"url": each.url(), "events": ["link.created"]}, status=201).json()["id"] for each in made]
    for each, endpoint_id in zip(made, ids):
        each.endpoint_id = endpoint_id
    yield made
    for endpoint_id in ids:
        hooks.delete(f"/v1/webhook-endpoints/{endpoint_id}", status=204)
    for each in made:
        each.close()


def held_up(daemon, **labels):
    text = urllib.request.urlopen(f"{daemon.url()}/metrics", timeout=5).read().decode()
    return prometheus.value(prometheus.parse(text), "sharelink_deliveries_held_up", **labels)


def invite(stack, count):
    """The addresses of as many new reviewers, who are invited."""
    reviewers = samples.reviewers(count)
    stack.make_share_link(reviewers=reviewers, send_email=True)
    return [each["email"] for each in reviewers]


def copies(smtp, addresses):
    return {address: len(smtp.accepted(address)) for address in addresses}


def all_sent(smtp, addresses, seconds, but=()):
    rest = [address for address in addresses if address not in but]
    wait_until(lambda: all(copies(smtp, rest).values()), seconds, "all mails have come")
    return rest


def all_is_recorded(stack, seconds=20):
    wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where state = 'pending'") == 0, seconds, "all is recorded")


@contextlib.contextmanager
def locked(stack, table, row):
    """Within it this row is somebody else's."""
    connection = psycopg2.connect(stack.postgres.url(stack.database))
    connection.cursor().execute(f"select from {table} where {row} for update")
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


# --- for whatever reason PostgreSQL fails ---

@pytest.mark.parametrize("steps", [{"claim_mails": ("email", "claim"), "record_webhooks": ("webhook", "record"), "renew_leases": ("webhook", "renew")},
                                   {"record_outcomes": ("email", "record"), "claim_webhooks": ("webhook", "claim")}],
                         ids=lambda steps: "+".join(steps))
@pytest.mark.parametrize("sqlstate", SQLSTATES)
def test_whatever_is_raised_nothing_is_lost_or_sent_twice(stack, smtp, receivers, sqlstate, steps):
    with contextlib.ExitStack() as faults:
        for statement in steps:
            faults.enter_context(raising(stack, statement, sqlstate, ("notifications.deliveries",)))
        raised_until = time.monotonic() + RAISED_SECONDS
        addresses = invite(stack, 16)
        told = set()

        def all_are_told():
            told.update(step for step in steps.values() if held_up(stack.notifications, channel=step[0], step=step[1]) > 0)
            return told == set(steps.values())
        wait_until(all_are_told, 20, f"the alert's condition is true for each of {list(steps.values())}")
        wait_until(lambda: time.monotonic() > raised_until, RAISED_SECONDS + 5, "it was raised for so long")
    all_sent(smtp, addresses, 20)
    wait_until(lambda: all(each.posts for each in receivers), 20, "all webhooks have come")
    all_is_recorded(stack)
    assert set(copies(smtp, addresses).values()) == {1}
    assert [len(each.posts) for each in receivers] == [1, 1]
    assert stack.db.value("select count(*) from notifications.deliveries where state = 'failed'") == 0
    wait_until(lambda: held_up(stack.notifications) == 0, 20, "nothing is held up any more")


@pytest.mark.parametrize("sqlstate", ["P0001", "23514"])
def test_nothing_new_is_leased_while_outcomes_are_not_taken(stack, smtp, sqlstate):
    with raising(stack, "record_outcomes", sqlstate, ("notifications.deliveries",)):
        first = invite(stack, 1)
        all_sent(smtp, first, 10)
        wait_until(lambda: held_up(stack.notifications, channel="email", step="record") > 0, 10, "its outcome is not taken")
        addresses = invite(stack, 40)
        wait_until(lambda: held_up(stack.notifications, channel="email", step="record") >= 2, 10, "nor is the next one's")
        until = time.monotonic() + 6  # two leases
        wait_until(lambda: time.monotonic() > until, 10, "leases would have run out")
        assert sum(copies(smtp, addresses).values()) <= 2 * 4, "what may be begun, and not recorded"
    all_sent(smtp, addresses, 20)
    all_is_recorded(stack)
    assert set(copies(smtp, first + addresses).values()) == {1}


def test_outcome_whose_text_cannot_be_stored_is_recorded_without_it(stack, smtp):
    address = samples.reviewers(1)[0]["email"]
    smtp.on(address, LATER)
    with poisoned(stack, "record_outcomes", "23514", "notifications.deliveries", "new.last_error like '451%'"):
        stack.make_share_link(reviewers=[{"name": "Rae", "email": address}], send_email=True)
        row = wait_until(lambda: next(iter(stack.db.rows("select * from notifications.deliveries where recipient = %s and last_error is not null",
                                                         address)), None), 20, "it is recorded")
        assert row["state"] == "pending" and row["last_error"] == "what was answered cannot be stored"
    all_sent(smtp, [address], 30)
    all_is_recorded(stack)


# --- one for itself ---

COUNT = 50


def put_off(stack, smtp, count=COUNT):
    """Invitations that were tried and wait: their addresses."""
    smtp.usual = LATER
    addresses = invite(stack, count)
    wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where recipient = any (%s) and last_error is not null "
                                      "and lease_until is null", addresses) == count, 60, "each was tried")
    stack.db.rows("update notifications.deliveries set next_attempt_at = now() + interval '1 hour' where recipient = any (%s)", addresses)
    smtp.usual = ACCEPT
    return addresses


def bring_on(stack, addresses):
    stack.db.rows("update notifications.deliveries set next_attempt_at = now() where recipient = any (%s)", addresses)


def seconds_until(happened, seconds, what):
    began = time.monotonic()
    wait_until(happened, seconds, what)
    return time.monotonic() - began


def is_sent_but(stack, addresses, *but):
    rest = [address for address in addresses if address not in but]
    return stack.db.value("select count(*) from notifications.deliveries where recipient = any (%s) and state = 'sent'", rest) == len(rest)


@pytest.fixture(scope="module")
def undisturbed(scripted):
    """How long COUNT mails take that are due at once and meet nothing."""
    stack, smtp = scripted
    addresses = put_off(stack, smtp)
    bring_on(stack, addresses)
    return seconds_until(lambda: is_sent_but(stack, addresses), 30, "all are sent")


@pytest.mark.parametrize("trouble", ["P0001", "22P05", "57014", "slow"])
def test_one_mail_that_no_claim_can_take_delays_no_other(stack, smtp, undisturbed, trouble):
    addresses = put_off(stack, smtp)
    victim = addresses[7]
    row = ("notifications.deliveries", f"new.recipient = '{victim}'")
    with slowed(stack, "claim_mails", SLOW_SECONDS, *row) if trouble == "slow" else poisoned(stack, "claim_mails", trouble, *row):
        bring_on(stack, addresses)
        assert seconds_until(lambda: is_sent_but(stack, addresses, victim), 60, "the others are sent") <= undisturbed + SOON
        assert held_up(stack.notifications, channel="email", step="claim") == 1
        more = invite(stack, 3)
        assert seconds_until(lambda: is_sent_but(stack, more), 60, "so are later ones") <= undisturbed + SOON
    wait_until(lambda: is_sent_but(stack, addresses), 20, "in the end the one, too")
    assert set(copies(smtp, addresses).values()) == {1}


def test_one_mail_that_somebody_has_locked_delays_no_claim_of_others(stack, smtp, undisturbed):
    addresses = put_off(stack, smtp)
    victim = addresses[7]
    with locked(stack, "notifications.deliveries", f"recipient = '{victim}'"):
        stack.db.rows("update notifications.deliveries set next_attempt_at = now() where recipient = any (%s)", [a for a in addresses if a != victim])
        assert seconds_until(lambda: is_sent_but(stack, addresses, victim), 60, "the others are sent") <= undisturbed + SOON
    bring_on(stack, addresses[7:8])
    wait_until(lambda: is_sent_but(stack, addresses), 20, "in the end the one, too")


@pytest.mark.parametrize("trouble", ["poisoned", "locked", "slow"])
def test_one_outcome_that_cannot_be_recorded_delays_no_other(stack, smtp, undisturbed, trouble):
    addresses = put_off(stack, smtp)
    victim = addresses[7]
    smtp.hold_again()
    smtp.on(victim, HOLD_AFTER_DOT)
    bring_on(stack, [victim])
    smtp.wait_for(1, victim)
    row = f"new.recipient = '{victim}'"
    with (locked(stack, "notifications.deliveries", row.removeprefix("new.")) if trouble == "locked"
          else slowed(stack, "record_outcomes", SLOW_SECONDS, "notifications.deliveries", row) if trouble == "slow"
          else poisoned(stack, "record_outcomes", "P0001", "notifications.deliveries", row)):
        smtp.let_go()
        bring_on(stack, [address for address in addresses if address != victim])
        assert seconds_until(lambda: is_sent_but(stack, addresses, victim), 60, "the others are recorded") <= undisturbed + SOON
        until = time.monotonic() + 4  # longer than the lease
        wait_until(lambda: time.monotonic() > until, 10, "its lease would have run out")
        more = invite(stack, 3)
        assert seconds_until(lambda: is_sent_but(stack, more), 60, "so are later ones") <= undisturbed + SOON
    wait_until(lambda: is_sent_but(stack, addresses), 20, "in the end the one, too")
    assert set(copies(smtp, addresses).values()) == {1}


@pytest.mark.parametrize("trouble", ["poisoned", "locked", "slow"])
def test_one_lease_that_cannot_be_renewed_costs_no_other_its_own(stack, smtp, trouble):
    smtp.hold_again()
    smtp.usual = HOLD_AFTER_DOT
    try:
        addresses = invite(stack, 4)
        smtp.wait_for(4)
        wait_until(lambda: all(smtp.tried(address) for address in addresses), 20, "all are in hand")
        victim = addresses[1]
        row = f"new.recipient = '{victim}'"
        with (locked(stack, "notifications.deliveries", row.removeprefix("new.")) if trouble == "locked"
              else slowed(stack, "renew_leases", SLOW_SECONDS, "notifications.deliveries", row) if trouble == "slow"
              else poisoned(stack, "renew_leases", "P0001", "notifications.deliveries", row)):
            wait_until(lambda: stack.db.value("select lease_until < now() from notifications.deliveries where recipient = %s", victim), 20,
                       "its lease has run out")
            assert stack.db.value("select count(*) from notifications.deliveries where recipient = any (%s) and lease_until > now()", addresses) == 3
            wait_until(lambda: held_up(stack.notifications, channel="email", step="renew") == 1, 10, "it is told of")
    finally:
        smtp.usual = ACCEPT
        smtp.let_go()
    wait_until(lambda: is_sent_but(stack, addresses), 20, "all are sent")
    assert set(copies(smtp, addresses).values()) == {1}


@pytest.mark.parametrize("statement", ["claim_webhooks", "record_webhooks"])
def test_one_endpoint_in_trouble_delays_no_other(stack, receivers, undisturbed, statement):
    poor, other = receivers
    with poisoned(stack, statement, "P0001", "notifications.deliveries", f"new.recipient = '{poor.endpoint_id}'"):
        for _ in range(3):
            stack.make_share_link()
        assert seconds_until(lambda: len(other.posts) == 3, 30, "the other endpoint's webhooks have come") <= undisturbed + SOON
    wait_until(lambda: len(poor.posts) == 3, 20, "in the end those of the one, too")
    all_is_recorded(stack)
    assert [len({post.id() for post in each.posts}) for each in receivers] == [len(each.posts) for each in receivers] == [3, 3]


def test_locked_endpoint_that_fails_delays_no_other(stack, receivers, undisturbed):
    """Its first failure is to be noted in its row."""
    poor, other = receivers
    poor.answers = [500]
    with locked(stack, "notifications.webhook_endpoints", f"id = '{poor.endpoint_id}'"):
        for _ in range(3):
            stack.make_share_link()
        recorded = "select count(*) from notifications.deliveries where recipient = %s and state = 'sent'"
        assert seconds_until(lambda: stack.db.value(recorded, other.endpoint_id) == 3, 30, "the other's are recorded") <= undisturbed + SOON
    all_is_recorded(stack)
    assert len(other.posts) == 3 and len(poor.posts) == 4, "one was tried again"


# --- leases end while we sleep ---

def test_worker_that_was_stopped_begins_nothing_past_its_leases(make_stack):
    smtp = ScriptedSmtp()
    stack = make_stack(smtp=smtp, settings={"SHARELINK_NOTIFICATIONS_WORKERS": "25", "SHARELINK_NOTIFICATIONS_LEASE_SECONDS": "3"})
    smtp.usual = HOLD_AT_RCPT
    addresses = invite(stack, 50)
    smtp.wait_for(25)
    assert stack.db.value("select count(*) from notifications.deliveries where lease_until > now()") == 50
    stack.notifications.pause()
    smtp.usual = ACCEPT
    stopped_until = time.monotonic() + STOPPED_SECONDS
    port = free_port()
    other = Daemon("other", stack.notifications.program,
                   {**stack.notifications.settings, "SHARELINK_LISTEN": f"127.0.0.1:{port}", "SHARELINK_CONSUMER_NAME": f"worker-{port}"},
                   stack.log("other"))
    other.start()
    try:
        wait_until(lambda: all(copies(smtp, addresses).values()), 30, "the other worker has sent all")
        wait_until(lambda: time.monotonic() > stopped_until, STOPPED_SECONDS + 5, "it was stopped for so long")
        stack.notifications.resume()
        smtp.let_go()

        def lapsed():
            text = urllib.request.urlopen(f"{stack.notifications.url()}/metrics", timeout=5).read().decode()
            return prometheus.value(prometheus.parse(text), "sharelink_mail_transactions_total", outcome="lapsed")
        wait_until(lambda: lapsed() >= 25, 20, "what was in hand is dropped")
        more = []
        stack.make_share_link(reviewers=(reviewers := samples.reviewers(3)), send_email=True)
        more = [each["email"] for each in reviewers]
        wait_until(lambda: all(copies(smtp, more).values()), 20, "and both go on")
    finally:
        assert other.stop() == 0
    assert set(copies(smtp, addresses + more).values()) == {1}
