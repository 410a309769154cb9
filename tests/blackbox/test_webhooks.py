"""Webhooks: endpoints, signatures, retries, what switches an endpoint off, replays, and where they must not go."""

import concurrent.futures
import json
import pathlib
import re
import signal
import threading

import pytest
import redis
from stack.waiting import wait_until
from support import receiver as receivers
from support import samples
from support.api import Api, faults
from support.authority import Authority
from support.changes import inside
from support.receiver import Receiver

ROOT = pathlib.Path(__file__).resolve().parents[2]
FAST = {
    "SHARELINK_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
    "SHARELINK_WEBHOOK_RETRY_SECONDS": "0,0,0",
    "SHARELINK_WEBHOOK_TIMEOUT_SECONDS": "3",  # some tests wait for it; a receiver on a busy machine must not be taken for a dead one
    "SHARELINK_LEASE_SECONDS": "2",
    "SHARELINK_SWEEP_GRACE_MS": "200",
    "SHARELINK_SWEEP_INTERVAL_MS": "100",
}


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack(settings={f"SHARELINK_NOTIFICATIONS_{name.removeprefix('SHARELINK_')}": value for name, value in FAST.items()})
    yield made
    made.close()


@pytest.fixture(scope="module")
def hooks(stack):
    return Api(stack.notifications.url(), stack.key)


@pytest.fixture(scope="module")
def other_hooks(stack):
    return Api(stack.notifications.url(), stack.other_key)


@pytest.fixture
def receiver(request):
    made = []

    def make(**options):
        made.append(Receiver(**options))
        return made[-1]
    yield make
    for each in made:
        each.close()


@pytest.fixture
def endpoint(hooks):
    """endpoint(url, **more): a new endpoint, removed at the end so that later tests are not its business."""
    made = []

    def make(url, **more):
        answer = hooks.post("/v1/webhook-endpoints", {"url": url, **more}, status=201).json()
        made.append(answer["id"])
        return answer
    yield make
    for each in made:
        hooks.delete(f"/v1/webhook-endpoints/{each}")


def deliveries(stack, endpoint, **wanted):
    rows = stack.db.rows("select * from notifications.deliveries where channel = 'webhook' and recipient = %s", endpoint["id"])
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def wait_for_delivery(stack, endpoint, what, **wanted):
    return wait_until(lambda: deliveries(stack, endpoint, **wanted), 20, what)


# --- what is sent ---

def test_event_is_posted_signed_to_the_letter(stack, receiver, endpoint):
    target = receiver()
    made = endpoint(target.url(), events=["link.opened"], description="CRM")
    assert re.fullmatch(r"whe_[0-7][0-9A-HJKMNP-TV-Z]{25}", made["id"])
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{32,}=*", made["secret"])
    link = stack.make_share_link()
    visit = stack.reviewer(link).open(status=200).json()

    post = wait_until(lambda: target.of("link.opened"), 20, "the webhook has come")[0]
    event = stack.db.rows("select id, created_at from events.log where type = 'link.opened' and share_link_id = %s", link["id"])[0]
    assert set(post.json()) == {"type", "timestamp", "data"}
    assert post.json()["data"]["share_link_id"] == link["id"] and post.json()["data"]["visit_id"] == visit["visit_id"]
    assert post.id() == event["id"] and post.headers["content-type"] == "application/json"
    assert post.is_signed_by(made["secret"])
    row = wait_for_delivery(stack, made, "it is recorded", state="sent")[0]
    assert (row["attempts"], row["reason"], row["last_error"]) == (1, None, None)
    assert len(target.posts) == 1, "what it did not ask for (link.created) is not sent"


def test_all_events_reach_every_endpoint_of_the_account_alone(stack, receiver, endpoint, other_hooks):
    first, second, foreign = receiver(), receiver(), receiver()
    endpoint(first.url())
    endpoint(second.url(), events="all")
    other = other_hooks.post("/v1/webhook-endpoints", {"url": foreign.url()}, status=201).json()
    link = stack.make_share_link()
    stack.reviewer(link).open(status=200)
    for target in (first, second):
        wait_until(lambda: target.of("link.opened") and target.of("link.created"), 20, "both events have come")
    assert {post.id() for post in first.posts} == {post.id() for post in second.posts}
    assert foreign.posts == []
    other_hooks.delete(f"/v1/webhook-endpoints/{other['id']}", status=204)


# --- what fails ---

@pytest.mark.parametrize("answer", [500, 302, 404, receivers.redirect, receivers.endless_body, receivers.never])
def test_other_answers_than_2xx_are_tried_again_with_the_same_id(stack, receiver, endpoint, answer):
    target = receiver(answers=[answer, answer])
    made = endpoint(target.url(), events=["link.created"])
    stack.make_share_link()
    row = wait_for_delivery(stack, made, "the third try has arrived", state="sent")[0]
    assert row["attempts"] == 3 and len(target.posts) == 3
    assert len({post.id() for post in target.posts}) == 1 and {post.path for post in target.posts} == {"/hook"}
    assert all(post.is_signed_by(made["secret"]) for post in target.posts)


def test_after_the_last_try_it_is_a_dead_letter_that_can_be_sent_again(stack, receiver, endpoint):
    target = receiver(answers=[503] * 4)
    made = endpoint(target.url(), events=["link.created"])
    stack.make_share_link()
    row = wait_for_delivery(stack, made, "it is given up", state="failed")[0]
    assert (row["attempts"], row["reason"], row["last_error"]) == (4, "attempts_exhausted", "it answered 503")
    assert row["id"] in stack.operate("dead-letters", "list")
    stack.operate("dead-letters", "retry", row["id"])
    wait_for_delivery(stack, made, "it was sent by hand", state="sent")
    assert len({post.id() for post in target.posts}) == 1


def test_410_switches_the_endpoint_off_and_a_mail_tells(stack, hooks, receiver, endpoint):
    target = receiver(always=410)
    made = endpoint(target.url(), events=["link.created"])
    link = stack.make_share_link()
    gone = wait_until(lambda: (found := hooks.get(f"/v1/webhook-endpoints/{made['id']}", status=200).json())["state"] == "disabled" and found,
                      20, "the endpoint is off")
    assert gone["state_reason"] == "gone"
    assert deliveries(stack, made)[0]["reason"] == "endpoint_gone"
    told = wait_until(lambda: stack.db.rows("select * from notifications.deliveries where kind = 'webhook_disabled' "
                                            "and event_data ->> 'endpoint_id' = %s", made["id"]), 20, "a mail is planned")
    assert len(told) == 1 and told[0]["recipient"] == link["owner"]["email"]
    stack.make_share_link()
    wait_for_delivery(stack, made, "later events are skipped", state="skipped", reason="endpoint_disabled")
    assert len(target.posts) == 1


def test_endpoint_that_fails_for_too_long_is_switched_off(stack, hooks, receiver, endpoint):
    target = receiver(always=500)
    made = endpoint(target.url(), events=["link.created"])
    stack.make_share_link()
    wait_for_delivery(stack, made, "the first has failed", state="failed")
    assert hooks.get(f"/v1/webhook-endpoints/{made['id']}").json()["failing_since"]
    stack.db.rows("update notifications.webhook_endpoints set failing_since = now() - interval '5 days' where id = %s", made["id"])
    stack.make_share_link()
    off = wait_until(lambda: (found := hooks.get(f"/v1/webhook-endpoints/{made['id']}").json())["state"] == "disabled" and found, 20, "it is off")
    assert off["state_reason"] == "failing"
    target.always = 204
    on = hooks.patch(f"/v1/webhook-endpoints/{made['id']}", {"state": "enabled"}, status=200).json()
    assert (on["state"], on["state_reason"], on["failing_since"]) == ("enabled", None, None)


def test_dead_endpoint_does_not_hold_up_the_others(stack, receiver, endpoint):
    dead, alive = receiver(always=receivers.never), receiver()
    ours = endpoint(dead.url())
    endpoint(alive.url(), events=["link.created"])
    made = [stack.make_share_link()["id"] for _ in range(20)]
    wait_until(lambda: {post.json()["data"]["share_link_id"] for post in alive.posts} >= set(made), 20, "the living one has all")
    assert deliveries(stack, ours, state="pending"), "what the dead one was to have is still being tried"


def test_slow_answer_does_not_hold_up_its_endpoint(make_stack, receiver):
    stack = make_stack(settings={"SHARELINK_NOTIFICATIONS_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8", "SHARELINK_NOTIFICATIONS_WEBHOOK_TIMEOUT_SECONDS": "60"})
    hooks, answered = Api(stack.notifications.url(), stack.key), threading.Event()

    def slow(handler):
        answered.wait(60)
        handler.send_response(204)
        handler.end_headers()

    target = receiver(answers=[slow])
    hooks.post("/v1/webhook-endpoints", {"url": target.url(), "events": ["link.created"]}, status=201)
    made = {stack.make_share_link()["id"] for _ in range(20)}
    try:
        wait_until(lambda: {post.json()["data"]["share_link_id"] for post in target.posts} == made, 15, "all the others have come")
        assert stack.db.value("select count(*) from notifications.deliveries where channel = 'webhook' and state = 'pending'") >= 1
    finally:
        answered.set()
    wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where channel = 'webhook' and state = 'sent'") == 20, 20, "the slow one too")
    assert len(target.posts) == 20


def test_account_does_not_hold_up_the_others(make_stack, receiver):
    stack = make_stack(settings={"SHARELINK_NOTIFICATIONS_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8", "SHARELINK_NOTIFICATIONS_WEBHOOK_TIMEOUT_SECONDS": "60",
                                 "SHARELINK_NOTIFICATIONS_WEBHOOK_WORKERS": "8", "SHARELINK_NOTIFICATIONS_WEBHOOK_ENDPOINT_WORKERS": "4"})
    hooks, other_hooks, over = Api(stack.notifications.url(), stack.key), Api(stack.notifications.url(), stack.other_key), threading.Event()

    def late(handler):
        over.wait(60)
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    stuck, alive = receiver(always=late), receiver()
    for _ in range(4):
        hooks.post("/v1/webhook-endpoints", {"url": stuck.url(), "events": ["link.created"]}, status=201)
    theirs = other_hooks.post("/v1/webhook-endpoints", {"url": alive.url()}, status=201).json()
    try:
        for _ in range(4):
            stack.make_share_link()
        wait_until(lambda: len(stuck.posts) >= 4, 20, "half of the workers are stuck")
        other_hooks.post(f"/v1/webhook-endpoints/{theirs['id']}/test", status=202)
        wait_until(lambda: alive.posts, 20, "the other account's webhook has come")
        assert len(stuck.posts) == 4
    finally:
        over.set()


def test_endpoint_is_found_behind_hundreds_of_others(stack, receiver, endpoint):
    """More than one look takes, all waiting for a later try, before and behind it."""
    stack.db.rows("""
        insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, state, next_attempt_at)
        select 'dlv_crowd' || n, 'evt_crowd' || n, 'link.created', 'acc_crowd', 'webhook', 'event',
               case when n % 2 = 0 then 'whe_0' else 'whe_Z' end || n, '{}', now(), 'pending', now() + interval '1 day'
        from generate_series(1, 2400) n returning 1""")
    stack.db.rows("analyze notifications.deliveries")  # as autovacuum does in its time: a plan for a small table reads all of it at each step
    target = receiver()
    endpoint(target.url(), events=["link.created"])
    for number in (1, 2):
        stack.make_share_link()
        wait_until(lambda number=number: len(target.posts) == number, 20, f"webhook {number} has come")
    stack.db.rows("delete from notifications.deliveries where account_id = 'acc_crowd' returning 1")


@pytest.mark.parametrize("retry_after", ["-9223372036854775808", "-1", "99999999999999999999999999", "soon"])
def test_retry_after_out_of_all_bounds_is_taken_as_none_or_a_day(stack, receiver, endpoint, retry_after):
    def refuse(handler):
        handler.send_response(503)
        handler.send_header("Retry-After", retry_after)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    made = endpoint(receiver(answers=[refuse]).url(), events=["link.created"])
    stack.make_share_link()
    is_day = retry_after.startswith("9")
    row = wait_for_delivery(stack, made, "its first try is recorded" if is_day else "the second try has arrived",
                            **({"last_error": "it answered 503"} if is_day else {"state": "sent"}))[0]
    assert row["attempts"] == (1 if is_day else 2)
    if is_day:
        assert 86400 <= stack.db.value("select extract(epoch from next_attempt_at - now()) + 60 from notifications.deliveries where id = %s", row["id"]) <= 1.2 * 86400 + 60


# --- links that an endpoint chose ---

def named(stack, external_id):
    """A share link with an external_id."""
    link = stack.make_share_link()
    stack.db.rows("update links.share_links set external_id = %s where id = %s returning 1", external_id, link["id"])
    return link


def told_of(target):
    return [(post.json()["type"], post.json()["data"].get("share_link_id")) for post in target.posts]


def test_endpoint_is_told_of_the_links_that_it_chose(stack, hooks, receiver, endpoint):
    """By our ids, by the platform's, by both; in replays, too. Whoever chose none is told of all, the erasure of a candidate too."""
    by_id, by_name, by_both, of_all = (receiver() for _ in range(4))
    before = stack.db.value("select sharelink.rfc3339(clock_timestamp())")
    mine, other = stack.make_share_link(), stack.make_share_link()
    theirs = named(stack, "req-1")
    events = ["link.updated", "link.deleted", "candidate.erased"]
    chosen = {by_id: {"share_link_ids": [mine["id"]], "external_ids": None}, by_name: {"external_ids": ["req-1", "req-2"]},
              by_both: {"share_link_ids": [mine["id"]], "external_ids": ["req-1"]}, of_all: {}}
    made = {target: endpoint(target.url(), events=events, **more) for target, more in chosen.items()}
    assert (made[by_id]["share_link_ids"], made[by_id]["external_ids"]) == ([mine["id"]], None)
    assert (made[by_name]["share_link_ids"], made[by_name]["external_ids"]) == (None, ["req-1", "req-2"])

    for link in (mine, other, theirs):
        stack.api.patch(f"/v1/share-links/{link['id']}", {"title": "New"}, status=200)
    wait_until(lambda: len(of_all.posts) == 3, 20, "the one that wants all has what there was")
    stack.api.delete(f"/v1/share-links/{theirs['id']}", status=204)
    stack.api.delete(f"/v1/interviews/{stack.make_interview()}", status=200)
    wait_until(lambda: len(of_all.posts) == 5, 20, "it has all")
    wait_until(lambda: stack.db.value("select count(*) from notifications.settled where consumer = 'webhook' and event_id in "
                                      "(select id from events.log where type = any (%s) and created_at >= %s)", events, before) == 5, 20, "all are planned")
    wanted = {by_id: [("link.updated", mine["id"])], by_name: [("link.updated", theirs["id"]), ("link.deleted", theirs["id"])]}
    wanted[by_both] = wanted[by_id] + wanted[by_name]
    for target, those in wanted.items():
        wait_until(lambda target=target, those=those: len(target.posts) >= len(those), 20, "its own have come")
        assert sorted(told_of(target)) == sorted(those)
        wait_until(lambda target=target, those=those: len(deliveries(stack, made[target], state="sent")) == len(those), 20, "and are recorded")
        assert hooks.post(f"/v1/webhook-endpoints/{made[target]['id']}/replay", {"from": before}, status=202).json()["replayed"] == len(those)
        wait_until(lambda target=target, those=those: len(target.posts) == 2 * len(those), 20, "they have come again")
        assert sorted(told_of(target)) == sorted(2 * those)
    assert {post.json()["data"]["external_id"] for post in by_name.of("link.deleted")} == {"req-1"}


def test_chosen_links_are_found_in_a_long_log_of_others(make_stack, receiver):
    """By a replay, within the time of a statement, though each of the others is of a link that is gone; by a plan, though the account
    has as many endpoints as it may and the link has no name."""
    stack = make_stack(settings={"SHARELINK_NOTIFICATIONS_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8"})
    hooks = Api(stack.notifications.url(), stack.key)
    before = stack.db.value("select sharelink.rfc3339(clock_timestamp())")
    theirs, gone, nameless = named(stack, "req-1"), named(stack, "req-2"), stack.make_share_link()["id"]
    stack.api.delete(f"/v1/share-links/{gone['id']}", status=204)
    log = """with logged as (
                 insert into events.log (id, account_id, type, share_link_id, data)
                 select sharelink.new_id('evt_'), %s, 'link.updated', l, jsonb_build_object('share_link_id', l)
                 from (select coalesce(%s, 'lnk_' || lpad(n::text, 26, '0')) from generate_series(1, %s) n) as links (l) returning id)
             insert into notifications.settled (consumer, event_id) select c, id from logged, unnest(%s) c returning 1"""
    stack.db.rows(log, stack.account, None, 60000, ["email", "webhook"])
    target = receiver()
    made = hooks.post("/v1/webhook-endpoints", {"url": target.url(), "external_ids": ["req-1", "req-2"]}, status=201).json()
    assert hooks.post(f"/v1/webhook-endpoints/{made['id']}/replay", {"from": before}, status=202).json() == {"replayed": 3, "next_from": None}
    wait_until(lambda: len(target.posts) == 3, 20, "they have come")
    assert sorted(told_of(target)) == sorted([("link.created", theirs["id"]), ("link.created", gone["id"]), ("link.deleted", gone["id"])])

    for number in range(49):
        hooks.post("/v1/webhook-endpoints", {"url": f"https://hooks.example/{number}", "external_ids": ["req-3"]}, status=201)
    stack.db.rows(log, stack.account, nameless, 2000, ["email"])
    wait_until(lambda: stack.db.value("""select count(*) from events.log l join notifications.settled s on s.event_id = l.id and s.consumer = 'webhook'
                                         where l.share_link_id = %s and l.type = 'link.updated'""", nameless) == 2000, 30, "all are planned")
    assert "57014" not in open(stack.notifications.log, encoding="utf-8").read(), "no plan took longer than a statement may"


def test_event_of_a_link_that_is_gone_when_it_is_planned_finds_its_endpoint(make_stack, receiver):
    stack = make_stack(settings={"SHARELINK_NOTIFICATIONS_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8"})
    target = receiver()
    Api(stack.notifications.url(), stack.key).post("/v1/webhook-endpoints", {"url": target.url(), "external_ids": ["req-1"]}, status=201)
    stack.notifications.stop()
    link = named(stack, "req-1")
    stack.make_share_link()
    stack.api.delete(f"/v1/share-links/{link['id']}", status=204)
    stack.notifications.start()
    wait_until(lambda: len(target.posts) >= 2, 20, "both have come")
    assert sorted(told_of(target)) == [("link.created", link["id"]), ("link.deleted", link["id"])]


def test_condemned_event_fails_for_those_alone_that_want_it(stack, receiver, endpoint):
    link = stack.make_share_link()
    event = stack.db.value("select id from events.log where type = 'link.created' and share_link_id = %s", link["id"])
    statement = (ROOT / "services/notifications/plan/condemn_webhooks.sql").read_text().replace(":event_id", "%(event)s").replace(":error", "'22023'")
    wait_until(lambda: stack.db.value("select count(*) from notifications.settled where consumer = 'webhook' and event_id = %s", event), 20, "it is planned")
    chosen = endpoint(receiver().url(), share_link_ids=[link["id"]])
    other = endpoint(receiver().url(), external_ids=["nobody"])
    stack.db.rows("update notifications.webhook_endpoints set created_at = now() - interval '1 day' where id in (%s, %s) returning 1", chosen["id"], other["id"])
    stack.db.rows(statement.replace("%(event)s", f"'{event}'"))
    assert len(deliveries(stack, chosen, state="failed", event_id=event)) == 1 and deliveries(stack, other, event_id=event) == []


def test_choice_of_links_is_changed_and_taken_back(stack, hooks, receiver, endpoint):
    first, second = stack.make_share_link(), stack.make_share_link()
    made = endpoint(receiver().url(), share_link_ids=[first["id"]])
    path = f"/v1/webhook-endpoints/{made['id']}"
    assert hooks.patch(path, {"description": "CRM"}, status=200).json()["share_link_ids"] == [first["id"]]
    stack.api.delete(f"/v1/share-links/{first['id']}", status=204)
    both = [first["id"], second["id"]]
    assert hooks.patch(path, {"share_link_ids": both, "external_ids": ["a"]}, status=200).json()["share_link_ids"] == both, "one that is gone may stay"
    cleared = hooks.patch(path, {"share_link_ids": None}, status=200).json()
    assert (cleared["share_link_ids"], cleared["external_ids"]) == (None, ["a"])
    assert faults(hooks.patch(path, {"share_link_ids": both})) == ["/share_link_ids/0"], "it is not chosen any more"
    assert hooks.patch(path, {"external_ids": None}, status=200).json()["external_ids"] is None


@pytest.mark.parametrize("method", ["post", "patch"])
def test_faults_of_the_chosen_links_are_told_with_all_others(stack, hooks, other_hooks, endpoint, method):
    link, path = stack.make_share_link()["id"], "/v1/webhook-endpoints"
    theirs = other_hooks.post(path, {"url": "https://example.com/"}, status=201).json()
    if method == "patch":
        path = f"{path}/{endpoint('https://example.com/')['id']}"

    def refused(**body):
        return {each["pointer"]: each["code"] for each in getattr(hooks, method)(path, body, status=422).json()["errors"]}

    assert refused(share_link_ids=[link, "lnk_7", 3, link, ""], external_ids=["a", "b c", "a"], state="on") == {
        "/share_link_ids/1": "not_found", "/share_link_ids/2": "wrong_type", "/share_link_ids/3": "duplicate", "/share_link_ids/4": "too_short",
        "/external_ids/1": "invalid", "/external_ids/2": "duplicate", "/state": "invalid"} | ({"/url": "required"} if method == "post" else {})
    assert refused(url="https://example.com/", share_link_ids=[], external_ids=[]) == {"/share_link_ids": "too_short", "/external_ids": "too_short"}
    many = [f"id-{number}" for number in range(101)]
    assert refused(url="https://example.com/", share_link_ids=many, external_ids=many) == {"/share_link_ids": "too_long", "/external_ids": "too_long"}
    assert refused(url="https://example.com/", share_link_ids=link, external_ids="a") == {"/share_link_ids": "wrong_type", "/external_ids": "wrong_type"}
    answer = other_hooks.patch(f"/v1/webhook-endpoints/{theirs['id']}", {"share_link_ids": [link]})
    assert faults(answer) == ["/share_link_ids/0"], "another account's link is none"
    other_hooks.delete(f"/v1/webhook-endpoints/{theirs['id']}", status=204)


# --- rotation, test, replay ---

def rotate(hooks, endpoint, status=200, **body):
    return hooks.post(f"/v1/webhook-endpoints/{endpoint['id']}/rotate-secret", body or None, status=status).json()


def signers(stack, target, secrets):
    """Which of the secrets sign what is posted now; each signature in the header is of one of them."""
    count = len(target.posts)
    stack.make_share_link()
    post = wait_until(lambda: len(target.posts) == count + 1 and target.posts[count], 20, "the next has come")
    found = [place for place, secret in enumerate(secrets) if post.is_signed_by(secret)]
    assert len(post.headers["webhook-signature"].split(" ")) == len(found)
    return found


def test_each_secret_signs_as_long_as_was_promised(stack, hooks, receiver, endpoint):
    target = receiver()
    made = endpoint(target.url(), events=["link.created"])
    assert (made["live_secrets"], made["previous_secret_until"]) == (1, None)
    secrets = [made["secret"]]
    once = rotate(hooks, made)
    twice = rotate(hooks, made, grace_seconds=604800)
    thrice = rotate(hooks, made, grace_seconds=60)
    secrets += [each["secret"] for each in (once, twice, thrice)]
    assert len(set(secrets)) == 4 and [each["live_secrets"] for each in (once, twice, thrice)] == [2, 3, 4]
    assert once["previous_secret_until"] < twice["previous_secret_until"] == thrice["previous_secret_until"], "the latest end is told"
    grace = stack.db.value("select array_agg(round(extract(epoch from u - updated_at)) order by u) from notifications.webhook_endpoints, "
                           "unnest(previous_untils) u where id = %s", made["id"])
    assert [abs(int(seconds) - promised) < 60 for seconds, promised in zip(grace, [60, 86400, 604800], strict=True)] == [True] * 3
    assert signers(stack, target, secrets) == [0, 1, 2, 3]
    for days, living in ((0.5, [0, 1, 3]), (2, [1, 3]), (8, [3])):
        stack.db.rows("update notifications.webhook_endpoints set previous_untils = array(select u - %s * interval '1 day' "
                      "from unnest(previous_untils) with ordinality p (u, place) order by place) where id = %s returning 1", days, made["id"])
        assert signers(stack, target, secrets) == living
        stack.db.rows("update notifications.webhook_endpoints set previous_untils = array(select u + %s * interval '1 day' "
                      "from unnest(previous_untils) with ordinality p (u, place) order by place) where id = %s returning 1", days, made["id"])


def test_leaked_secret_is_ended_at_once(stack, hooks, receiver, endpoint):
    target = receiver()
    made = endpoint(target.url(), events=["link.created"])
    kept = rotate(hooks, made, grace_seconds=None)
    assert kept["live_secrets"] == 2
    last = rotate(hooks, made, grace_seconds=0)
    assert (last["live_secrets"], last["previous_secret_until"]) == (1, None)
    assert stack.db.value("select cardinality(previous_secrets) from notifications.webhook_endpoints where id = %s", made["id"]) == 0
    assert signers(stack, target, [made["secret"], kept["secret"], last["secret"]]) == [2]


def test_secrets_that_live_are_bounded(stack, hooks, receiver, endpoint):
    target = receiver()
    made = endpoint(target.url(), events=["link.created"])
    secrets = [made["secret"], *(rotate(hooks, made)["secret"] for _ in range(9))]
    before = hooks.get(f"/v1/webhook-endpoints/{made['id']}", status=200)
    refused = rotate(hooks, made, 409)
    assert refused["code"] == "too_many_secrets" and "grace_seconds 0" in refused["detail"]
    assert hooks.get(f"/v1/webhook-endpoints/{made['id']}", status=200).headers["ETag"] == before.headers["ETag"]
    assert signers(stack, target, secrets) == list(range(10))
    stack.db.rows("update notifications.webhook_endpoints set previous_untils[9] = now() where id = %s returning 1", made["id"])
    assert rotate(hooks, made)["live_secrets"] == 10, "one has come to its end"
    assert rotate(hooks, made, grace_seconds=0)["live_secrets"] == 1


def test_rotations_at_once_lose_no_secret(stack, hooks, receiver, endpoint):
    target = receiver()
    made = endpoint(target.url(), events=["link.created"])
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        rotated = list(pool.map(lambda _: rotate(hooks, made), range(6)))
    assert sorted(each["live_secrets"] for each in rotated) == [2, 3, 4, 5, 6, 7]
    secrets = [made["secret"], *(each["secret"] for each in rotated)]
    assert signers(stack, target, secrets) == list(range(7))


@pytest.mark.parametrize("body, wanted", [({"grace_seconds": -1}, ["/grace_seconds"]), ({"grace_seconds": 604801}, ["/grace_seconds"]),
                                          ({"grace_seconds": "0"}, ["/grace_seconds"]), ({"grace_seconds": 0.5}, ["/grace_seconds"]),
                                          ({"grace_seconds": True, "grace": 3}, ["/grace", "/grace_seconds"])])
def test_grace_that_is_none_changes_nothing(hooks, endpoint, body, wanted):
    made = endpoint("https://example.com/hook")
    assert faults(hooks.post(f"/v1/webhook-endpoints/{made['id']}/rotate-secret", body)) == wanted
    assert hooks.get(f"/v1/webhook-endpoints/{made['id']}", status=200).json()["version"] == 1


def test_test_event_is_posted_once(stack, hooks, receiver, endpoint):
    target = receiver(always=500)
    made = endpoint(target.url())
    delivery = hooks.post(f"/v1/webhook-endpoints/{made['id']}/test", status=202).json()
    assert delivery["event_type"] == "webhook.test" and delivery["state"] == "pending"
    wait_for_delivery(stack, made, "it is given up at once", id=delivery["id"], state="failed")
    assert [post.json()["type"] for post in target.posts] == ["webhook.test"] and target.posts[0].is_signed_by(made["secret"])
    assert hooks.get(f"/v1/webhook-endpoints/{made['id']}").json()["failing_since"] is None


def test_time_range_is_replayed_with_the_same_ids(stack, hooks, receiver, endpoint):
    target = receiver()
    before = stack.db.value("select sharelink.rfc3339(clock_timestamp())")
    missed = stack.make_share_link()["id"]
    made = endpoint(target.url(), events=["link.created"])
    got = stack.make_share_link()["id"]
    wait_until(lambda: target.posts, 20, "the later one has come")
    wait_for_delivery(stack, made, "and is recorded", state="sent")
    assert hooks.post(f"/v1/webhook-endpoints/{made['id']}/replay", {"from": before}, status=202).json() == {"replayed": 2, "next_from": None}
    wait_until(lambda: len(target.posts) == 3, 20, "both have come")
    assert sorted(post.json()["data"]["share_link_id"] for post in target.posts) == sorted([missed, got, got])
    assert len({post.id() for post in target.posts}) == 2
    assert faults(hooks.post(f"/v1/webhook-endpoints/{made['id']}/replay", {"to": "soon"})) == ["/from", "/to"]


def test_killed_worker_loses_nothing(make_stack, receiver):
    stack = make_stack(settings={f"SHARELINK_NOTIFICATIONS_{name.removeprefix('SHARELINK_')}": value for name, value in FAST.items()})
    hooks, target = Api(stack.notifications.url(), stack.key), receiver()
    hooks.post("/v1/webhook-endpoints", {"url": target.url(), "events": ["link.created"]}, status=201)
    made = set()
    for _ in range(3):
        made |= {stack.make_share_link()["id"] for _ in range(10)}
        stack.notifications.process.send_signal(signal.SIGKILL)
        stack.notifications.process.wait()
        stack.notifications.start()
    wait_until(lambda: {post.json()["data"]["share_link_id"] for post in target.posts} >= made, 60, "every event has come")
    wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where channel = 'webhook' and state = 'sent'") == 30, 20,
               "every event is recorded")
    assert len({post.id() for post in target.posts}) == 30


def test_two_workers_killed_under_load_lose_nothing(make_stack, receiver):
    stack = make_stack(settings={f"SHARELINK_NOTIFICATIONS_{name.removeprefix('SHARELINK_')}": value for name, value in FAST.items()})
    hooks, target = Api(stack.notifications.url(), stack.key), receiver()
    hooks.post("/v1/webhook-endpoints", {"url": target.url(), "events": ["link.created"]}, status=201)
    interview, made = stack.make_interview(), set()
    with stack.replica(stack.notifications) as other:
        for number in range(300):
            body = samples.share_link_body([interview], 1)
            made.add(stack.api.post("/v1/share-links", body, status=201).json()["id"])
            if number % 50 == 49:
                victim = [stack.notifications, other][number // 50 % 2]
                victim.process.send_signal(signal.SIGKILL)
                victim.process.wait()
                victim.start()
        ids = {row["id"] for row in stack.db.rows("select id from events.log where type = 'link.created'")}
        wait_until(lambda: {post.id() for post in target.posts} >= ids, 60, "every event has come")
        wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where channel = 'webhook' and state = 'sent'") == 300, 20,
                   "every event is recorded")
        other.wait_until_answering()
    posts = {(post.id(), post.json()["data"]["share_link_id"]) for post in target.posts}
    assert {link for _, link in posts} == made and len(posts) == 300, "a copy has the id of its event"
    assert stack.db.value("select count(*) from notifications.deliveries where channel = 'webhook'") == 300


# --- TLS ---

@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(str(tmp_path_factory.mktemp("authority")))


def test_certificate_of_the_operators_authority_is_trusted_and_no_other(make_stack, receiver, authority):
    stack = make_stack(settings={"SHARELINK_NOTIFICATIONS_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
                                 "SHARELINK_NOTIFICATIONS_WEBHOOK_CA_FILE": authority.certificate})
    hooks = Api(stack.notifications.url(), stack.key)
    good, misnamed = receiver(tls=authority.context("IP:127.0.0.1")), receiver(tls=authority.context("DNS:other.example"))
    made = {target: hooks.post("/v1/webhook-endpoints", {"url": target.url(), "events": ["link.created"]}, status=201).json()
            for target in (good, misnamed)}
    stack.make_share_link()
    wait_for_delivery(stack, made[good], "the trusted one has it", state="sent")
    assert good.posts[0].is_signed_by(made[good]["secret"])
    row = wait_until(lambda: [row for row in deliveries(stack, made[misnamed]) if row["last_error"]], 20, "the other was tried")[0]
    assert row["state"] == "pending" and misnamed.posts == []


def test_certificate_of_nobody_we_know_is_refused(stack, receiver, endpoint, authority):
    target = receiver(tls=authority.context("IP:127.0.0.1"))
    made = endpoint(target.url(), events=["link.created"])
    stack.make_share_link()
    row = wait_for_delivery(stack, made, "it is given up", state="failed")[0]
    assert "certificate" in row["last_error"].lower() and target.posts == []


# --- what is gathered ---

@pytest.mark.parametrize("is_one_batch", [False, True], ids=["one by one", "at once"])
def test_changes_of_a_review_are_gathered_and_the_last_one_is_posted(make_stack, receiver, is_one_batch):
    settle_seconds = 3
    stack = make_stack(settings={**{f"SHARELINK_NOTIFICATIONS_{name.removeprefix('SHARELINK_')}": value for name, value in FAST.items()},
                                 "SHARELINK_NOTIFICATIONS_REVIEW_SETTLE_SECONDS": str(settle_seconds)})
    hooks, targets = Api(stack.notifications.url(), stack.key), [receiver() for _ in range(3)]
    for target in targets:
        hooks.post("/v1/webhook-endpoints", {"url": target.url(), "events": ["review.submitted", "review.updated"]}, status=201)
    link = stack.make_share_link(interview_count=2)
    browser = inside(stack, link)
    first, second = [f"{browser.page}/interviews/{interview}/review" for interview in link["interview_ids"]]
    if is_one_batch:
        stack.notifications.stop()
    for rating in (1, 2, 3, 4, 5):
        for path in (first, second):
            browser.put(path, {"rating": rating})
    if is_one_batch:
        stack.bring_back(stack.notifications)
    last = stack.db.rows("select distinct on (data ->> 'review_id') id from events.log where type = 'review.updated' "
                         "order by data ->> 'review_id', id desc")
    for target in targets:
        wait_until(lambda: {post.id() for post in target.of("review.updated")} == {row["id"] for row in last}, 20, "the last changes have come")
        assert len(target.of("review.submitted")) == 2
    changes = "from notifications.deliveries where channel = 'webhook' and event_type = 'review.updated'"
    wait_until(lambda: stack.db.value(f"select count(*) {changes} and state = 'pending'") == 0, 20, "all is recorded")
    states = stack.db.rows(f"select state, reason, count(*) {changes} group by 1, 2 order by 1")
    assert [(row["state"], row["reason"], row["count"]) for row in states] == [("sent", None, 6), ("skipped", "gathered", 18)]
    assert stack.db.value("select count(*) from notifications.deliveries g join notifications.deliveries d on d.id = g.gathered_into "
                          "where g.channel = 'webhook' and g.reason = 'gathered' and g.recipient = d.recipient and g.event_data = d.event_data") == 18
    browser.put(first, {"rating": 1}, status=200)
    for target in targets:
        wait_until(lambda: len(target.of("review.updated")) == 3, 20, "a later change is told, too")


# --- where they must not go, and bad input ---

@pytest.mark.parametrize("fields", [
    {"hello": "world"}, {"type": "x", "ce": "{broken"}, {"type": "x", "ce": "[]"}, {"type": "x", "ce": json.dumps({"id": "order-77"})},
    {"type": "x", "ce": json.dumps({"id": "evt_01M82RQ571E318FGQC21KK4KGE"})},
    {"type": "x", "ce": json.dumps({"id": "evt_01M82RQ571E318FGQC21KK4KGF", "data": "x" * 100_000})}],
    ids=["no event", "no JSON", "no object", "a foreign id", "not in the log", "oversized"])
def test_malformed_entry_is_kept_once_and_posted_to_nobody(stack, receiver, endpoint, fields):
    target = receiver()
    endpoint(target.url())
    with redis.Redis.from_url(stack.redis.url(stack.redis_database)) as connection:
        entry_id = connection.xadd("sharelink:links", fields).decode()
        kept = wait_until(lambda: stack.db.rows("select fault from notifications.dead_entries where consumer = 'webhook' and entry_id = %s", entry_id),
                          20, "the entry is kept as dead")
        assert len(kept) == 1 and kept[0]["fault"]
        wait_until(lambda: connection.xpending("sharelink:links", "webhook")["pending"] == 0, 10, "it is acknowledged")
    listed = [line for line in stack.operate("dead-letters", "list").splitlines() if entry_id in line]
    assert listed and all(line.startswith("entry ") for line in listed)
    link = stack.make_share_link()
    wait_until(lambda: target.of("link.created"), 20, "the stream goes on")
    assert [post.json()["data"]["share_link_id"] for post in target.posts] == [link["id"]]


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data", "http://0x0a.1/",
                                 "http://167772161/", "http://012.0.0.1/", "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://[fd00::1]/",
                                 "http://[64:ff9b::a00:1]/", "http://[2002:a00:1::]/", "http://100.64.0.1/", "http://224.0.0.1/", "http://0/",
                                 "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "example.com", "https://",
                                 "https://user:secret@example.com/", "https://user@example.com/", "https://example.com/#top",
                                 "https://exa mple.com/", "https://example.com/\\", "https://example.com:99999/", "javascript:alert(1)",
                                 "http://a@127.0.0.1#@example.com/", "https://example.com/" + "x" * 2048, "", 7, None,
                                 "https:///", "https:///example.com/", "https://:443/", "https://?example.com", "https://./", "https://.example.com/",
                                 "https://a..example.com/", "https://%20/", "https://example.com:0/", "http://example.com:22/",
                                 "https://example.com:25/", "http://example.com:6379/", "http://example.com:5432/", "http://example.com:6667/",
                                 "http://127.0.0.1:11211/", "http://example.com:00022/"])
def test_url_that_must_not_be_is_refused(hooks, url):
    assert faults(hooks.post("/v1/webhook-endpoints", {"url": url})) == ["/url"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::ffff:127.0.0.1]"])
def test_loopback_in_any_form_is_refused_unless_allowed(make_stack, host):
    strict = make_stack()
    hooks = Api(strict.notifications.url(), strict.key)
    assert faults(hooks.post("/v1/webhook-endpoints", {"url": f"http://{host}/"})) == ["/url"]


def test_whatever_must_not_be_posted_to_is_told_in_the_same_words(make_stack, receiver):
    """A name of ours, one that nobody has, and a port that was allowed once: the owner learns nothing of what is behind them."""
    strict = make_stack(settings={"SHARELINK_NOTIFICATIONS_WEBHOOK_RETRY_SECONDS": "3600"})
    hooks, target = Api(strict.notifications.url(), strict.key), receiver()
    made = [hooks.post("/v1/webhook-endpoints", {"url": url}, status=201).json()
            for url in (target.url(host="localhost"), "http://localhost:1024/", "http://nobody.invalid/", "https://example.com/")]
    strict.db.rows("update notifications.webhook_endpoints set url = 'http://localhost:6379/' where id = %s", made[3]["id"])
    strict.make_share_link()
    told = [wait_until(lambda each=each: [row for row in deliveries(strict, each) if row["last_error"]], 20, "it was tried")[0] for each in made]
    assert {row["last_error"] for row in told} == {"its host does not resolve, is not public, or has no web server at that port"}
    assert {row["state"] for row in told} == {"pending"} and target.posts == []


def test_all_faults_of_an_endpoint_are_told_at_once(hooks):
    answer = hooks.post("/v1/webhook-endpoints", {"url": "ftp://x", "events": ["link.opened", "link.closed", 3], "description": "\u200b", "colour": "red",
                                                  "state": "on"})
    assert faults(answer) == ["/colour", "/description", "/events/1", "/events/2", "/state", "/url"]
    assert faults(hooks.post("/v1/webhook-endpoints", {"url": "https://example.com/", "events": []})) == ["/events"]
    assert faults(hooks.post("/v1/webhook-endpoints", {"url": "https://example.com/", "events": "some"})) == ["/events"]


def test_endpoint_lives_and_goes(hooks, other_hooks):
    made = hooks.post("/v1/webhook-endpoints", {"url": "https://example.com/hook", "events": ["link.opened"]}, status=201)
    path, shown = made.headers["Location"], {name: value for name, value in made.json().items() if name != "secret"}
    assert made.headers["ETag"] == '"v1"' and hooks.get(path, status=200).json() == shown
    assert shown["id"] in [each["id"] for each in hooks.get("/v1/webhook-endpoints", status=200).json()["data"]]
    for call in (other_hooks.get(path), other_hooks.patch(path, {"state": "disabled"}), other_hooks.delete(path),
                 other_hooks.post(f"{path}/test"), other_hooks.post(f"{path}/rotate-secret"),
                 other_hooks.post(f"{path}/replay", {"from": "2026-01-01T00:00:00Z"})):
        assert call.status_code == 404
    changed = hooks.patch(path, {"events": None, "description": "all", "state": "disabled"}, headers={"If-Match": '"v1"'}, status=200)
    assert (changed.json()["events"], changed.json()["state_reason"], changed.headers["ETag"]) == ("all", "manual", '"v2"')
    hooks.patch(path, {"state": "enabled"}, headers={"If-Match": '"v1"'}, status=412)
    assert hooks.post(f"{path}/test", status=409).json()["code"] == "endpoint_disabled"
    hooks.delete(path, headers={"If-Match": '"v1"'}, status=412)
    hooks.delete(path, status=204)
    hooks.get(path, status=404)


def test_secret_is_in_no_answer_log_or_column(stack, hooks, receiver, endpoint):
    made = endpoint(receiver().url())
    stored = stack.db.value("select to_json(e)::text from notifications.webhook_endpoints e where id = %s", made["id"])
    with open(stack.notifications.log, encoding="utf-8") as log:
        for text in (stored, log.read(), hooks.get("/v1/webhook-endpoints").text):
            assert made["secret"] not in text and made["secret"].removeprefix("whsec_") not in text
