"""From the click to the moment when the mail server has the mail, idle and at a steady rate; beside a plain client that does
the same steps one after another: one commit, one XADD, one SMTP transaction."""

import http.client
import json
import statistics
import threading
import time

import psycopg2
import redis
from opens import make_doors
from rig import report, start

RATE, RATE_SECONDS, IDLE_OPENS = 50, 10, 200


def bench_latency(rig):
    doors = iter(make_doors(rig))
    start([rig.stack.notifications])
    settle(rig)
    plain = PlainClient(rig)
    views = http.client.HTTPConnection("127.0.0.1", rig.stack.views.port)
    ours, theirs = [], []
    for _ in range(IDLE_OPENS):
        theirs.append(plain.step())
        ours.append(open_and_wait(rig, views, next(doors)))
    plain.close()
    report("latency, idle", statistics.median(ours) * 1000, "ms p50", statistics.median(theirs) * 1000, "ms p50 plain client",
           f"{IDLE_OPENS} opens, one at a time", "<= 3")
    at_rate = sorted(open_at_rate(rig, [next(doors) for _ in range(RATE * RATE_SECONDS)]))
    p50, p99 = at_rate[len(at_rate) // 2], at_rate[int(len(at_rate) * 0.99)]
    print(f"{f'latency at {RATE}/s':<22}{p50 * 1000:9.1f} {'ms p50':<22}{p99 * 1000:9.1f} {'ms p99':<22} {len(at_rate)} opens in {RATE_SECONDS} s",
          flush=True)
    rig.stack.notifications.stop()


def settle(rig):
    """The parts before have left events that nobody took: they would be mailed now and here."""
    rig.sql("insert into notifications.settled (consumer, event_id) select 'email', id from events.log on conflict do nothing")
    deadline = time.monotonic() + 120
    while rig.sql("select count(*) from notifications.deliveries where state = 'pending'")[0][0]:
        assert time.monotonic() < deadline, "mails of the part before are still pending"
        time.sleep(0.2)


def open_door(connection, door):
    connection.request("POST", f"/s/{door[0]}/open", json.dumps({"passcode": door[1]}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status


def open_and_wait(rig, connection, door):
    began = time.monotonic()
    open_door(connection, door)
    return rig.smtp.wait_for(door[2]) - began


def open_at_rate(rig, doors):
    began, threads = {}, []
    first = time.monotonic() + 0.1

    def work(lane, lanes):
        connection = http.client.HTTPConnection("127.0.0.1", rig.stack.views.port)
        for place in range(lane, len(doors), lanes):
            time.sleep(max(0, first + place / RATE - time.monotonic()))
            began[doors[place][2]] = time.monotonic()
            open_door(connection, doors[place])

    for lane in range(8):
        threads.append(threading.Thread(target=work, args=(lane, 8)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return [rig.smtp.wait_for(door[2]) - began[door[2]] for door in doors]


class PlainClient:
    """As the simplest program would, with connections that are kept."""

    def __init__(self, rig):
        self.rig = rig
        self.database = psycopg2.connect(rig.stack.postgres.url(rig.stack.database))
        self.redis = redis.Redis.from_url(rig.stack.redis.url())
        self.smtp = rig.smtp.plain_client()
        self.number = 0
        with self.database.cursor() as cursor:
            cursor.execute("create table bench.plain (id int primary key, at timestamptz default now())")
        self.database.commit()

    def step(self):
        self.number += 1
        name = f"Plain {self.number}"
        began = time.monotonic()
        with self.database.cursor() as cursor:
            cursor.execute("insert into bench.plain (id) values (%s)", (self.number,))
        self.database.commit()
        self.redis.xadd("bench:plain", {"type": "plain", "ce": "x" * 400})
        self.smtp.sendmail("from@bench.example", ["to@bench.example"], f"Subject: {name} opened\r\n\r\n" + "x" * 2000)
        return self.rig.smtp.wait_for(name) - began

    def close(self):
        self.database.close()
        self.smtp.quit()
