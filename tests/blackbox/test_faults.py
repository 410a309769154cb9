"""What the main job keeps to when servers die: every open is recorded, every mail comes, nobody waits for ever.

Each test breaks servers of its own. "Every mail" is counted by Message-ID: a copy of a mail may come twice only when its
worker was killed between the server's 250 and our commit, and then bears the same one.
"""

import os
import random
import threading
import time

from stack.daemon import Daemon
from stack.mail import text_of
from stack.ports import free_port
from stack.waiting import wait_until
from support.api import Api, Reviewer
from support.mailbox import Mailbox
from support.opens import in_threads, open_all, opens_recorded, reviewers_of, wait_for_mails

WORKERS = 8  # the setting's default: mails in flight when a worker dies


def test_killed_notifications_daemon_loses_no_mail_and_repeats_none(make_stack):
    stack = make_stack(private=True, settings={"SHARELINK_LEASE_SECONDS": "3", "SHARELINK_WORKERS": str(WORKERS)})
    reviewers = reviewers_of(stack, 300)
    kill_after = sorted(random.Random(7).sample(range(10, 300), 6))
    opened, statuses = [], {}

    opening = threading.Thread(target=lambda: statuses.update(open_all(stack, reviewers, after_each=opened.append)))
    opening.start()
    for count in kill_after:  # here, not in a thread: a daemon dies with the thread that started it
        wait_until(lambda: len(opened) >= count, 60, f"{count} opens are answered")
        stack.notifications.kill()
        stack.notifications.start()
    opening.join()
    stack.wait_until_whole()
    mails = wait_for_mails(stack, 300, seconds=90)

    assert set(statuses.values()) == {200}
    assert opens_recorded(stack) == 300
    assert stack.db.value("select count(*) from notifications.deliveries where kind = 'opened'") == 300
    assert len({mail["Message-ID"] for mail in mails}) == 300
    assert len({text_of(mail).splitlines()[0] for mail in mails}) == 300, "each names its reviewer"
    assert len(mails) <= 300 + len(kill_after) * WORKERS


def more_workers(stack, count):
    """Notifications daemons beside the stack's own, on the same database, streams and mail server."""
    workers = []
    for number in range(count):
        port = free_port()
        settings = {**stack.notifications.settings, "SHARELINK_LISTEN": f"127.0.0.1:{port}", "SHARELINK_CONSUMER_NAME": f"worker-{port}"}
        workers.append(Daemon(f"worker{number}", stack.notifications.program, settings, stack.log(f"worker{number}")))
    return workers


# 10,000 is the number to be sure with: OPENS=10000 pytest -k each_open_makes_one_mail (some minutes).
OPENS = int(os.environ.get("OPENS", "1000"))


def test_each_open_makes_one_mail_while_workers_die_and_come_and_go_and_redis_is_flushed(make_stack):
    """One worker, then four of which any is killed at any moment, then two; and Redis forgets all meanwhile."""
    chance = random.Random(20261123)
    stack = make_stack(private=True, settings={"SHARELINK_LEASE_SECONDS": "3", "SHARELINK_WORKERS": str(WORKERS)})
    extra = more_workers(stack, 3)
    doors = reviewers_of(stack, OPENS)
    opened, statuses, kills = [], {}, 0
    marks = sorted(chance.sample(range(OPENS // 5, OPENS * 4 // 5), 8))
    flushes = set(chance.sample(marks, 3))

    opening = threading.Thread(target=lambda: statuses.update(open_all(stack, doors, after_each=opened.append)))
    opening.start()
    try:
        wait_until(lambda: len(opened) >= OPENS // 5, 300, "a fifth is open")
        for worker in extra:
            worker.start()
        for mark in marks:
            wait_until(lambda count=mark: len(opened) >= count, 300, f"{mark} opens are answered")
            victim = chance.choice([stack.notifications, *extra])
            victim.kill()
            kills += 1
            if mark in flushes:
                stack.redis.ask("FLUSHALL")
            victim.start()
        wait_until(lambda: len(opened) >= OPENS * 4 // 5, 300, "four fifths are open")
        for worker in extra[1:]:
            worker.kill()
            kills += 1
        opening.join()
        stack.wait_until_whole()
        mails = wait_for_mails(stack, OPENS, seconds=60 + OPENS // 20)
    finally:
        opening.join()
        for worker in extra:
            worker.stop()

    assert set(statuses.values()) == {200}
    deliveries = stack.db.rows("select state, count(*) as count from notifications.deliveries where kind = 'opened' group by state")
    assert opens_recorded(stack) == OPENS and deliveries == [{"state": "sent", "count": OPENS}]
    assert len({mail["Message-ID"] for mail in mails}) == OPENS
    extra_copies = len(mails) - OPENS
    print(f"{OPENS} opens, {kills} kills, {extra_copies} extra copies")
    assert extra_copies <= kills * WORKERS, f"{extra_copies} extra copies after {kills} kills"
    assert stack.db.value("select count(*) from notifications.dead_entries") == 0


def test_gathered_opens_are_all_told_once_whoever_dies(make_stack):
    """Many opens of few people, gathered by windows that close all the time: what the mails tell adds up to what happened."""
    stack = make_stack(private=True, settings={"SHARELINK_LEASE_SECONDS": "2", "SHARELINK_MAIL_GATHER_SECONDS": "1"})
    extra = more_workers(stack, 1)
    extra[0].start()
    doors = reviewers_of(stack, 3)
    opened = []
    opening = threading.Thread(target=lambda: open_all(stack, doors * 60, after_each=opened.append))
    opening.start()
    try:
        for mark, victim in ((40, stack.notifications), (80, extra[0]), (120, stack.notifications)):
            wait_until(lambda count=mark: len(opened) >= count, 120, f"{mark} opens are answered")
            victim.kill()
            victim.start()
        opening.join()
        stack.wait_until_whole()
        wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries") == opens_recorded(stack) == 180, 60, "each open has its row")
        wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where state = 'pending'") == 0, 60, "all is sent")
    finally:
        opening.join()
        extra[0].stop()
    assert stack.db.value("select count(*) from notifications.gatherings") == 0
    rows = stack.db.rows("select * from notifications.deliveries")
    sent = {row["id"]: row["gathered"] for row in rows if row["state"] == "sent"}
    gathered = [row["gathered_into"] for row in rows if row["reason"] == "gathered"]
    assert sum(sent.values()) == 180 and len(sent) + len(gathered) == 180
    assert all(sent[into] == 1 + gathered.count(into) for into in set(gathered))


def test_opens_go_on_without_redis_and_every_mail_comes_when_it_is_back_empty(make_stack):
    stack = make_stack(private=True)
    reviewers = reviewers_of(stack, 40)
    assert set(open_all(stack, reviewers[:10]).values()) == {200}

    stack.redis.kill()
    assert set(open_all(stack, reviewers[10:30]).values()) == {200}
    not_ready = Api(stack.views.url()).get("/readyz", status=503)
    assert not_ready.json()["missing"] == ["redis"]
    wait_for_mails(stack, 30, seconds=60)  # the sweep does not need Redis at all

    stack.redis.forget()
    stack.bring_back(stack.redis)
    assert set(open_all(stack, reviewers[30:]).values()) == {200}
    assert len({mail["Message-ID"] for mail in wait_for_mails(stack, 40, seconds=60)}) == 40
    assert opens_recorded(stack) == 40


def test_flushall_under_load_loses_no_mail(make_stack):
    stack = make_stack(private=True)
    reviewers = reviewers_of(stack, 200)

    def flush_sometimes(number):
        if number % 20 == 0:
            stack.redis.ask("FLUSHALL")

    assert set(open_all(stack, reviewers, after_each=flush_sometimes).values()) == {200}
    mails = wait_for_mails(stack, 200, seconds=15)
    assert len(mails) == 200


def test_restarted_postgresql_gives_answers_or_503_and_whole_links(make_stack):
    stack = make_stack(private=True, settings={"SHARELINK_MAIL_GATHER_SECONDS": "0"})  # the same door is opened again and again
    interview = stack.make_interview()
    doors = reviewers_of(stack, 20)
    statuses, stop = [], threading.Event()
    outage = threading.Event()

    def make_links():
        api = stack.api.another()
        while not stop.is_set():
            answer = api.post("/v1/share-links", {
                "title": "Under load", "owner": {"name": "Olu", "email": "olu@recruiters.example"}, "interview_ids": [interview],
                "reviewers": [{"name": f"R{n}", "email": f"r{n}@reviewers.example"} for n in range(5)]})
            note(answer)

    def open_doors():
        while not stop.is_set():
            note(Reviewer(stack.views.url(), random.choice(doors)["url"]).open())

    def note(answer):
        statuses.append(answer.status_code)
        if answer.status_code == 503:
            assert answer.headers["Retry-After"]
            outage.set()

    def restart_twice():
        for _ in range(2):
            before = len(statuses)
            wait_until(lambda: len(statuses) >= before + 20, 60, "requests are being answered")
            stack.postgres.restart()
            wait_until(lambda: stack.api.another().get("/v1/share-links").status_code == 200, 30, "links answers again")
        before = len(statuses)
        wait_until(lambda: len(statuses) >= before + 20, 60, "requests are being answered")
        stop.set()

    loads = [threading.Thread(target=in_threads, args=(work, 2)) for work in (make_links, open_doors)]
    for load in loads:
        load.start()
    try:
        restart_twice()
    finally:
        stop.set()
        for load in loads:
            load.join()

    assert set(statuses) <= {200, 201, 503}, set(statuses)
    assert {200, 201} <= set(statuses)
    half_made = stack.db.rows("""
        select l.id from links.share_links l
        where (select count(*) from links.reviewers r where r.share_link_id = l.id) <> case when l.title = 'Under load' then 5 else 20 end
           or (select count(*) from links.share_link_interviews i where i.share_link_id = l.id) <> 1
           or (select count(*) from events.log e where e.share_link_id = l.id and e.type = 'link.created') <> 1""")
    assert half_made == []
    stored = stack.db.value("select count(*) from links.share_links where title = 'Under load'")
    assert stored >= statuses.count(201)  # a 503 may hide a stored link, a 201 never a lost one
    stack.wait_until_whole()
    wait_for_mails(stack, opens_recorded(stack), seconds=90)


def test_unreachable_mail_server_delays_and_loses_nothing(make_stack):
    stack = make_stack(private=True)
    reviewers = reviewers_of(stack, 12)
    stack.mail.kill()
    assert set(open_all(stack, reviewers).values()) == {200}
    wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where attempts >= 1 and state = 'pending'") == 12, 30,
               "each mail was tried")
    assert stack.db.value("select count(*) from notifications.deliveries where last_error is null and lease_until is null") == 0
    stack.bring_back(stack.mail)
    assert len(wait_for_mails(stack, 12, seconds=60)) == 12


def test_postgresql_away_for_longer_than_the_lease_makes_no_copies(make_stack):
    lease_seconds = 2
    stack = make_stack(private=True, settings={"SHARELINK_LEASE_SECONDS": str(lease_seconds), "SHARELINK_MAIL_GATHER_SECONDS": "0"})
    reviewers = reviewers_of(stack, 60)

    def open_until_answered():
        while reviewers:
            reviewer = reviewers.pop()
            wait_until(lambda: Reviewer(stack.views.url(), reviewer["url"]).open().status_code == 200, 60, "the open is answered")

    opening = threading.Thread(target=in_threads, args=(open_until_answered, 2))
    opening.start()
    for taken in (5, 25):
        wait_until(lambda: len(Mailbox(stack.mail.mail_dir).all()) >= taken, 60, f"{taken} mails have arrived")
        stack.postgres.kill()
        away_until = time.monotonic() + lease_seconds + 1  # the outage is what is tested: it must outlast the leases
        wait_until(lambda: time.monotonic() > away_until, 10, "the leases have run out")
        stack.postgres.start()
        stack.postgres.wait_until_answering()
    opening.join()
    mails = wait_for_mails(stack, opens_recorded(stack), seconds=60)
    assert len(mails) == opens_recorded(stack) >= 60


def test_batch_that_takes_too_long_is_planned_one_by_one(make_stack):
    """30 events at a fifth of a second each are more than the 5 s that a statement may take, and no better the next time."""
    stack = make_stack(private=True)
    reviewers = reviewers_of(stack, 30)
    stack.notifications.stop()
    assert set(open_all(stack, reviewers).values()) == {200}
    stack.postgres.sql("""
        create function public.dawdle() returns trigger language plpgsql as $$ begin perform pg_sleep(0.2); return new; end $$;
        create trigger dawdles before insert on notifications.deliveries for each row execute function public.dawdle();""", stack.database)
    stack.bring_back(stack.notifications)
    assert len(wait_for_mails(stack, 30, seconds=120)) == 30
