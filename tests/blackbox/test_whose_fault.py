"""Whatever PostgreSQL answers while it is asked to plan, to find what is to be planned or to keep house: it is tried again, told of by a
metric that an alert stands on, and nothing is lost or done twice when it is over.
"""

import contextlib
import os
import threading
import time

import pytest
import requests
from stack.waiting import wait_until
from support import prometheus, samples
from support.api import Api
from support.raising import raising, renamed, revoked
from support.receiver import Receiver

# None of these is an event's own fault. FAULT_SECONDS=10 is the time to be sure with, for each of them.
CODES = ("42501", "42883", "42P01", "XX000", "XX001", "55000", "58P01", "P0001", "57014", "55P03", "40P01", "53100")
FAULT_SECONDS = float(os.environ.get("FAULT_SECONDS", "1"))
# The statements, and a table that each writes to.
WORKS = {"plan_mails": "notifications.settled", "plan_webhooks": "notifications.settled", "find_unsettled": "notifications.cursors",
         "keep_house": "notifications.settled", "schedule_digests": "notifications.deliveries", "schedule_mails": "notifications.deliveries",
         "run_schedule": "links.share_links"}
EVENTS = ["link.created", "link.opened", "link.expired"]
SETTINGS = {"SHARELINK_NOTIFICATIONS_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8", "SHARELINK_NOTIFICATIONS_SWEEP_INTERVAL_MS": "100",
            "SHARELINK_NOTIFICATIONS_MAIL_GATHER_SECONDS": "0", "SHARELINK_LINKS_SCHEDULER_INTERVAL_MS": "100"}


@pytest.fixture
def stack(make_stack):
    return make_stack(private=True, settings=SETTINGS)


@pytest.fixture
def receiver(stack):
    made = Receiver()
    Api(stack.notifications.url(), stack.key).post("/v1/webhook-endpoints", {"url": made.url(), "events": EVENTS}, status=201)
    yield made
    made.close()


def put_off(stack):
    """How often each of the works was, so far."""
    with requests.Session() as session:
        session.trust_env = False
        families = [prometheus.parse(session.get(f"{each.url()}/metrics", timeout=5).text) for each in (stack.links, stack.notifications)]
    return {work: sum(prometheus.value(each, "sharelink_work_put_off_total", work=work) for each in families) for work in WORKS}


class Load:
    """Until it is stopped: links that are shared by mail and opened, from several threads."""

    def __init__(self, stack):
        self.stack, self.links, self.opens, self.over = stack, [], 0, threading.Event()
        self.interviews = [stack.make_interview()]
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.work) for _ in range(2)]

    def work(self):
        api = self.stack.api.another()
        while not self.over.is_set():
            link = api.post("/v1/share-links", samples.share_link_body(self.interviews, send_email=True), status=201).json()
            assert self.stack.reviewer(link).open().status_code == 200
            with self.lock:
                self.links.append(link)
            self.over.wait(0.2)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


class Due:
    """What time asks for, a bit more with each call of add(): a warning, an expiry and a digest."""

    def __init__(self, stack):
        self.stack, self.warned, self.expired, self.people = stack, [], [], []
        self.interviews = [stack.make_interview()]

    def add(self):
        soon, past = (self.stack.make_share_link(interview_ids=self.interviews)["id"] for _ in range(2))
        person = samples.owner()["email"]
        self.stack.db.rows("update links.share_links set expires_at = now() + interval '1 hour' where id = %s", soon)
        self.stack.db.rows("update links.share_links set expires_at = now() - interval '1 second' where id = %s", past)
        self.stack.db.rows("""
            with wish as (insert into notifications.preferences (account_id, address, digest, digest_since, digest_until)
                          values (%s, %s, 'daily', now() - interval '3 days', now() - interval '3 days') returning account_id, address)
            insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, state, reason)
            select sharelink.new_id('dlv_'), sharelink.new_id('evt_'), 'link.opened', account_id, 'email', 'opened', address, '{}',
                   now() - interval '2 days', 'skipped', 'in_digest' from wish returning 1""", self.stack.account, person)
        self.warned.append(soon)
        self.expired.append(past)
        self.people.append(person)

    def count(self):
        """Warnings, expiries, digests."""
        value = self.stack.db.value
        return (value("select count(*) from notifications.deliveries where kind = 'expiry_warning' and share_link_id = any (%s)", self.warned),
                value("select count(*) from events.log where type = 'link.expired' and share_link_id = any (%s)", self.expired),
                value("select count(*) from notifications.deliveries where kind = 'digest' and recipient = any (%s)", self.people))


@contextlib.contextmanager
def all_raising(stack, sqlstate):
    with contextlib.ExitStack() as triggers:
        for work, table in WORKS.items():
            triggers.enter_context(raising(stack, work, sqlstate, (table,)))
        yield


def test_nothing_is_lost_or_doubled_whatever_postgresql_answers(stack, receiver):
    due, faults = Due(stack), contextlib.ExitStack()
    stack.notifications.stop()  # the house is kept when it starts, and then once an hour
    stack.db.rows("insert into notifications.settled (consumer, event_id, settled_at) values ('email', 'evt_old', now() - interval '9 days')")
    with Load(stack) as load:
        for sqlstate in CODES:
            after = contextlib.ExitStack()
            after.enter_context(all_raising(stack, sqlstate))
            faults.close()  # without a moment between the faults
            if not stack.notifications.is_running():
                stack.bring_back(stack.notifications)
            faults, before, began = after, put_off(stack), time.monotonic()
            due.add()

            def each_is_told_of():
                return all(now > before[work] for work, now in put_off(stack).items()) and time.monotonic() - began >= FAULT_SECONDS
            wait_until(each_is_told_of, 30 + FAULT_SECONDS, f"each statement has met {sqlstate}")
        assert due.count() == (0, 0, 0)
        faults.close()
    check_all_came_once(stack, receiver, load.links)
    wait_until(lambda: due.count() == (len(CODES),) * 3, 60, "what time asks for is all there")
    check_all_came_once(stack, receiver, load.links)
    assert due.count() == (len(CODES),) * 3
    wait_until(lambda: stack.db.value("select count(*) from notifications.settled where event_id = 'evt_old'") == 0, 20, "the house is kept")
    assert stack.db.rows("select * from notifications.deliveries where state = 'failed'") == []


def check_all_came_once(stack, receiver, links):
    """Each invitation, each notice of an open, and a webhook for each event that the endpoint wants."""
    wanted = {address for link in links for address in (link["reviewers"][0]["email"], link["owner"]["email"])}

    def told():
        return [mail["X-Envelope-To"] for mail in stack.mails.all() if mail["X-Envelope-To"] in wanted]
    wait_until(lambda: set(told()) == wanted, 90, f"{len(wanted)} mails arrive")

    def events():
        return {row["id"] for row in stack.db.rows("select id from events.log where type = any (%s)", EVENTS)}
    wait_until(lambda: {post.id() for post in list(receiver.posts)} == events(), 90, "each event is posted")
    assert len(told()) == len(wanted) and len(receiver.posts) == len({post.id() for post in receiver.posts})


@contextlib.contextmanager
def with_no_right(stack):
    with revoked(stack, "select on links.mail_contexts", "sharelink_notifications"):
        yield


@contextlib.contextmanager
def with_functions_renamed(stack):
    with renamed(stack, "notifications.mail_kind(text,jsonb)"), renamed(stack, "notifications.last_eight(timestamptz,text)"), \
         renamed(stack, "notifications.warn_of_expiry(timestamptz,text[])"):
        yield


@pytest.mark.parametrize("fault", [with_no_right, with_functions_renamed])
def test_nothing_is_lost_while_something_is_missing(stack, receiver, fault):
    due = Due(stack)
    with Load(stack) as load:
        wait_until(lambda: len(load.links) >= 5, 20, "there is a load")
        before = put_off(stack)["plan_mails"]
        with fault(stack):
            due.add()
            began = time.monotonic()
            wait_until(lambda: put_off(stack)["plan_mails"] > before and time.monotonic() - began >= max(FAULT_SECONDS, 2), 20, "plans meet it")
    check_all_came_once(stack, receiver, load.links)
    wait_until(lambda: due.count() == (1, 1, 1), 60, "what time asks for is all there")
