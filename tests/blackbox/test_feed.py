"""GET /v1/events/stream: live events, going on where a stream was cut, across processes, and who may not listen."""

import json
import random
import socket
import urllib.parse

import psycopg2
import pytest
from stack import ports
from stack.waiting import wait_until
from support import programs
from support.api import Api, faults
from support.held import Held
from support.listener import Listener

ONLY_FEED = {"SHARELINK_NOTIFICATIONS_ROLES": "feed"}


class QuickListener(Listener):
    """For thousands of events: keeps their ids, and looks at no contract."""

    def ids(self):
        return list(self.events)

    def _read(self):
        rest = b""
        try:
            for chunk in self.answer.iter_content(None):
                *messages, rest = (rest + chunk).split(b"\n\n")
                self.events += [message[4:34].decode() for message in messages if message.startswith(b"id: ")]
        except (OSError, AttributeError):
            pass


def log_events(stack, link, count, ids=0):
    """Straight into the log, a transaction for a hundred: changes of the link, or with ids interviews that were added to it."""
    for _ in range(0, count, 100):
        stack.db.rows("""
            insert into events.log (id, account_id, type, share_link_id, data)
            select sharelink.new_id('evt_'), %s, d.type, %s, d.data
            from generate_series(1, %s) n
            cross join lateral (
                select case when %s = 0 then 'link.updated' else 'link.interviews_added' end as type,
                       case when %s = 0 then jsonb_build_object('share_link_id', %s)
                            else jsonb_build_object('share_link_id', %s, 'interview_ids', (
                                select jsonb_agg(md5(n::text || i::text || random()::text) || ':' || i) from generate_series(1, %s) i)) end as data
            ) d""", stack.account, link["id"], min(count, 100), ids, ids, link["id"], link["id"], ids)


def newest(stack):
    return stack.db.value("select id from events.log where account_id = %s order by xid desc, id desc limit 1", stack.account)


@pytest.fixture
def listen(stack):
    made = []

    def make(base=None, key=None, kind=Listener, **options):
        """Asks again, like any client, while the daemon does not know the log's end yet."""
        def try_it():
            try:
                made.append(kind(base or stack.notifications.url(), key or stack.key, **options))
                return made[-1]
            except AssertionError as refused:
                assert "unavailable" in str(refused)
                return None
        return wait_until(try_it, 10, "the feed is there")
    yield make
    for each in made:
        if not each.has_ended():
            each.cut()
        assert each.breaches == []


def logged(stack, **wanted):
    rows = stack.db.rows("select id, type, share_link_id from events.log where account_id = %s", stack.account)
    return {row["id"] for row in rows if all(row[name] == value for name, value in wanted.items())}


def test_events_come_live_as_the_log_has_them(stack, listen):
    listener = listen()
    link = stack.make_share_link()
    stack.reviewer(link).open(status=200)
    wait_until(lambda: {"link.created", "link.opened"} <= {event[1] for event in listener.events}, 10, "both have come")
    rows = Api(stack.notifications.url(), stack.key).get("/v1/events", params={"share_link_id": link["id"]}).json()["data"]
    for row in rows:
        assert (row["id"], row["type"], row) in listener.events


def test_first_listener_is_told_nothing_from_before(stack, listen):
    """While nobody listens, the log's end is read twice a second only."""
    for title in ("One", "Two", "Three"):
        link = stack.make_share_link()
        listener = listen()
        stack.api.patch(f"/v1/share-links/{link['id']}", {"title": title}, status=200)
        wait_until(lambda: listener.events, 10, "the change is told")
        assert [event[1] for event in listener.events] == ["link.updated"]
        listener.cut()
        metrics = Api(stack.notifications.url())
        wait_until(lambda: "\nsharelink_feed_listeners 0\n" in metrics.get("/metrics").text, 10, "nobody listens")


def test_listener_is_told_nothing_from_before_when_nothing_knocks(make_stack, listen):
    """Without Redis the log's end is read twice a second: a listener must not be told what such a look still finds."""
    stack = make_stack(private=True)
    stack.redis.kill()
    ears = []
    for title in ("One", "Two", "Three"):
        link = stack.make_share_link()
        ears.append(listen(stack.notifications.url(), stack.key))
        stack.api.patch(f"/v1/share-links/{link['id']}", {"title": title}, status=200)
        wait_until(lambda: ears[-1].events, 10, "the change is told")
        assert ears[-1].events[0][1] == "link.updated"


def test_filters_and_accounts(stack, listen):
    link, other = stack.make_share_link(), stack.make_share_link()
    opened, of_link, foreign = listen(type="link.opened"), listen(share_link_id=link["id"]), listen(key=stack.other_key)
    stack.reviewer(other).open(status=200)
    stack.reviewer(link).open(status=200)
    wait_until(lambda: len(opened.events) == 2 and of_link.events, 10, "they have come")
    assert [event[2]["share_link_id"] for event in of_link.events] == [link["id"]]
    assert foreign.events == []
    api = Api(stack.notifications.url(), stack.key)
    assert faults(api.get("/v1/events/stream", params={"type": "x", "share_link_id": "y", "colour": "z"})) == ["?colour", "?share_link_id", "?type"]
    assert faults(api.get("/v1/events/stream?type=%ff")) == ["?"]
    api.get("/v1/events/stream", headers={"Last-Event-ID": "evt_01M82RQ571E318FGQC21KK4KGE"}, status=404)
    Api(stack.notifications.url()).get("/v1/events/stream", status=401)


def test_long_transaction_holds_up_nobody_and_is_not_missed(stack, listen):
    link, listener = stack.make_share_link()["id"], listen()
    with psycopg2.connect(stack.db.url) as slow, slow.cursor() as statement:
        statement.execute("insert into events.log (id, account_id, type, share_link_id, data) values (sharelink.new_id('evt_'), %s, "
                          "'link.updated', %s, jsonb_build_object('share_link_id', %s)) returning id", [stack.account, link, link])
        late = statement.fetchone()[0]
        stack.make_share_link()
        wait_until(lambda: listener.events, 10, "a later event has come")
        cut_at = listener.ids()[-1]
        listener.cut()
    slow.close()
    again = listen(after=cut_at)
    wait_until(lambda: late in again.ids(), 10, "the late one is not stepped over")


def test_clients_that_are_cut_see_every_event_across_replicas_and_restarts(stack, listen, tmp_path):
    settings = {**stack.notifications.settings, "SHARELINK_ROLES": "feed", "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}"}
    chance = random.Random(7)
    seen, last = set(), None
    with programs.daemon("notifications", settings, tmp_path / "replica.log") as replica:
        before = logged(stack)
        bases = [stack.notifications.url(), replica.url()]
        listener = listen()
        for turn in range(12):
            stack.make_share_link()
            if turn == 6:
                stack.notifications.stop()
                stack.bring_back(stack.notifications)
            if chance.random() < 0.6 or listener.has_ended():
                wait_until(lambda: last or listener.events, 10, "there is something to go on from")
                if not listener.has_ended():
                    listener.cut()
                seen |= set(listener.ids())
                last = listener.ids()[-1] if listener.events else last
                base = chance.choice(bases)
                wait_until(lambda: Api(base, stack.key).get("/v1/events", params={"limit": 1}).status_code == 200, 10, "it answers")
                listener = listen(base=base, after=last)
        wait_until(lambda: logged(stack) - before <= seen | set(listener.ids()), 15, "every event has been seen")
        listener.cut()


def test_drain_ends_streams(make_stack, listen):
    stack = make_stack()
    listener = listen(base=stack.notifications.url(), key=stack.key)
    assert stack.notifications.stop() == 0
    wait_until(listener.has_ended, 10, "the stream has ended")


def test_revoked_key_ends_its_streams(stack, listen):
    key = next(line.split(": ")[1] for line in stack.operate("key", "create", "--account", stack.account).splitlines() if line.startswith("key: "))
    mine, others = listen(key=key), listen()
    stack.operate("key", "revoke", "_".join(key.split("_")[:2]))
    wait_until(mine.has_ended, 5, "the stream has ended")
    assert not others.has_ended()


def test_events_come_while_redis_is_flushed_and_away(make_stack, listen):
    stack = make_stack(private=True)
    listener, links = listen(base=stack.notifications.url(), key=stack.key), []

    def comes(what):
        links.append(stack.make_share_link()["id"])
        wait_until(lambda: links[-1] in [event[2]["share_link_id"] for event in listener.events], 10, what)

    comes("one by the stream")
    assert stack.redis.ask("FLUSHALL") == "+OK"
    comes("one with an emptied Redis")
    stack.redis.stop()
    comes("one without Redis, by the log")
    stack.redis.forget()
    stack.bring_back(stack.redis)
    comes("one with Redis again")
    assert not listener.has_ended() and sorted(listener.ids()) == sorted(logged(stack)), "each once"


def test_silent_stream_has_a_heartbeat(make_stack, listen):
    stack = make_stack(settings={"SHARELINK_NOTIFICATIONS_FEED_HEARTBEAT_SECONDS": "1"})
    listener = listen(base=stack.notifications.url(), key=stack.key)
    wait_until(lambda: listener.comments >= 3, 10, "three comments have come")
    assert listener.events == [] and not listener.has_ended()


def test_default_heartbeat_comes_within_15_seconds(stack, listen):
    listener = listen(share_link_id="lnk_01M82RQ571E318FGQC21KK4KGE")
    wait_until(lambda: listener.comments, 15, "a comment has come")


def test_catching_up_takes_as_much_as_its_client_does(make_stack, listen):
    """Ten megabytes and more, in events of tens of kilobytes too: each comes once, by one stream."""
    stack = make_stack(settings=ONLY_FEED)
    link = stack.make_share_link()
    before = newest(stack)
    log_events(stack, link, 1500)
    log_events(stack, link, 500, ids=500)
    log_events(stack, link, 1500)
    wanted = logged(stack) - {before}
    assert len(wanted) == 3500
    again = listen(stack.notifications.url(), stack.key, kind=QuickListener, after=before)
    wait_until(lambda: len(again.events) >= len(wanted) or again.has_ended(), 60, "all have come")
    log_events(stack, link, 1)
    wait_until(lambda: newest(stack) in again.ids(), 10, "it is told what happens since")
    assert not again.has_ended() and sorted(again.ids()) == sorted(logged(stack) - {before}), "each once"


def test_many_events_during_a_long_transaction(make_stack, listen):
    stack = make_stack(settings=ONLY_FEED)
    link = stack.make_share_link()
    before = newest(stack)
    live = listen(stack.notifications.url(), stack.key, kind=QuickListener)
    with psycopg2.connect(stack.db.url) as slow, slow.cursor() as statement:
        statement.execute("select pg_current_xact_id()")
        log_events(stack, link, 26000)
        wanted = logged(stack) - {before}
        wait_until(lambda: len(live.events) >= len(wanted), 60, "they have come live")
        assert sorted(live.ids()) == sorted(wanted), "each once"
        again = listen(stack.notifications.url(), stack.key, kind=QuickListener, after=before)
        wait_until(lambda: len(again.events) >= len(wanted), 60, "they have come to who goes on")
        log_events(stack, link, 1)
        wait_until(lambda: newest(stack) in live.ids() and newest(stack) in again.ids(), 5, "the next comes to both")
        assert sorted(live.ids()) == sorted(again.ids()) == sorted(logged(stack) - {before}), "each once"
    slow.close()


def test_events_while_a_listener_catches_up(make_stack, listen):
    """More than is kept for it meanwhile: another round brings them."""
    stack = make_stack(settings=ONLY_FEED)
    link = stack.make_share_link()
    before = newest(stack)
    log_events(stack, link, 500, ids=500)
    again = listen(stack.notifications.url(), stack.key, kind=QuickListener, after=before)
    for _ in range(20):
        log_events(stack, link, 20, ids=500)
    wait_until(lambda: logged(stack) - {before} <= set(again.ids()) or again.has_ended(), 60, "all have come")
    assert not again.has_ended()


def test_who_does_not_read_is_cut_off_once(make_stack):
    stack = make_stack(settings=ONLY_FEED)
    link = stack.make_share_link()
    where = urllib.parse.urlsplit(stack.notifications.url())
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect((where.hostname, where.port))

        def listens():
            deaf.sendall(f"GET /v1/events/stream HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {stack.key}\r\n\r\n".encode())
            return b" 200 OK" in deaf.recv(512)

        def cuts():
            with open(stack.notifications.log, encoding="utf-8") as lines:
                return [line for line in lines if "feed.slow_listener_cut" in line]

        def cut():
            log_events(stack, link, 100, ids=500)
            return cuts()

        wait_until(listens, 10, "it listens")
        wait_until(cut, 30, "it is cut")
        metrics = Api(stack.notifications.url())
        wait_until(lambda: "\nsharelink_feed_listeners 0\n" in metrics.get("/metrics").text, 10, "it is gone")
        assert len(cuts()) == 1 and json.loads(cuts()[0])["key_id"] == "_".join(stack.key.split("_")[:2])


def test_log_that_cannot_be_read_is_no_silence(make_stack, listen):
    stack = make_stack(settings=ONLY_FEED)
    link = stack.make_share_link()
    base = stack.notifications.url()
    listener = listen(base, stack.key)
    log_events(stack, link, 1)
    last = newest(stack)
    wait_until(lambda: last in listener.ids(), 10, "it is told")
    with Held(stack, "events.log") as held:
        wait_until(listener.has_ended, 40, "the stream has ended")
        refused = Api(base, stack.key).get("/v1/events/stream", status=503)
        assert refused.headers["Retry-After"] == "1"
        held.release()
        again = listen(base, stack.key, after=last)
    log_events(stack, link, 1)
    wait_until(lambda: newest(stack) in again.ids(), 10, "it goes on")
