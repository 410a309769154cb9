#!/usr/bin/python3
"""`make bench`: each figure beside what it is measured against, in one run on one machine.

    opens      opens/s through HTTP (wrk, real passcodes) beside pgbench, which runs the very statement of the views daemon,
               one open per transaction, with as many clients
    latency    from the click to the moment when the mail server has the mail, idle and at a steady rate; beside a plain
               client that does the same steps one after another: one commit, one XADD, one SMTP transaction

Names of parts as arguments run those alone. Everything runs on private servers; PostgreSQL keeps its defaults for
durability. The rounds of a pair alternate, and the figure is their median, so that a slow minute hits both.
"""

import http.client
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "deploy" / "local"), str(ROOT / "tests" / "blackbox"), str(ROOT / "tests" / "bench")]

import psycopg2  # noqa: E402
import redis  # noqa: E402
from smtp_stopwatch import SmtpStopwatch  # noqa: E402
from stack import postgres  # noqa: E402
from stack.state import State  # noqa: E402
from stack.system import Stack, start  # noqa: E402
from support import samples  # noqa: E402

CLIENTS = 32
ROUNDS = 3
SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))
LINKS, REVIEWERS = 50, 100
RATE, RATE_SECONDS, IDLE_OPENS = 50, 10, 200


class Bench:
    def __init__(self, directory):
        self.smtp = SmtpStopwatch()
        settings = {"SHARELINK_SMTP_URL": self.smtp.url, "SHARELINK_LOG_LEVEL": "warn"}
        self.stack = Stack(directory, State(), given=settings)
        self.directory = pathlib.Path(directory)
        self.doors = []  # (token, passcode, reviewer's name)

    def prepare(self):
        stack = self.stack
        stack.start_stores()
        stack.migrate()
        start([stack.links, stack.views])
        _, self.key = stack.create_account("Bench")
        self.call("PUT", "/v1/interviews/bench-1", samples.interview_document())
        for link in range(LINKS):
            self.make_link(link)
        sql(stack, "vacuum analyze")

    def make_link(self, number):
        reviewers = [{"name": f"Reviewer {number}-{place}", "email": f"r{number}.{place}@reviewers.example"}
                     for place in range(REVIEWERS)]
        link = self.call("POST", "/v1/share-links", {
            "title": f"Bench {number}", "owner": {"name": "Owner", "email": "owner@hiring.example", "time_zone": "UTC"},
            "interview_ids": ["bench-1"], "reviewers": reviewers})
        for reviewer in link["reviewers"]:
            token, passcode = reviewer["url"].rsplit("/s/", 1)[1].split("#")
            self.doors.append((token, passcode, reviewer["name"]))

    def call(self, method, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.links.port)
        connection.request(method, path, json.dumps(body), {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status in (200, 201), (answer.status, text)
        return json.loads(text)

    def close(self):
        self.stack.stop()
        self.smtp.close()
        postgres.remove(f"{self.directory}/postgres")


def sql(stack, statement):
    connection = psycopg2.connect(stack.postgres.url(stack.database))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else None
    connection.close()
    return rows


# --- opens ---

def bench_opens(bench):
    script = write_wrk_script(bench)
    pgbench_script = write_pgbench_script(bench)
    through_http, by_pgbench = [], []
    for _ in range(ROUNDS):
        by_pgbench.append(run_pgbench(bench, pgbench_script))
        through_http.append(run_wrk(bench, script))
    http_rate, pgbench_rate = statistics.median(through_http), statistics.median(by_pgbench)
    print(f"opens        {http_rate:8.0f}/s through HTTP   {pgbench_rate:8.0f}/s by pgbench   ratio {http_rate / pgbench_rate:.2f}"
          f"   ({CLIENTS} clients, median of {ROUNDS} rounds of {SECONDS} s)", flush=True)


def write_wrk_script(bench):
    doors = ",\n".join(f'{{"/s/{token}/open", \'{{"passcode":"{passcode}"}}\'}}' for token, passcode, _ in bench.doors)
    script = bench.directory / "opens.lua"
    script.write_text(f"""local doors = {{\n{doors}\n}}
local headers = {{ ["Content-Type"] = "application/json" }}
function setup(thread) thread:set("failed", 0) end
function init() math.randomseed(os.time()) end
function request()
  local door = doors[math.random(#doors)]
  return wrk.format("POST", door[1], headers, door[2])
end
function response(status) if status ~= 200 then print("status " .. status) end end
""")
    return script


def run_wrk(bench, script):
    before = count_visits(bench)
    ran = subprocess.run(["wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "-s", script, bench.stack.views.url()],
                         capture_output=True, text=True, check=True)
    assert "status " not in ran.stdout and "Non-2xx" not in ran.stdout, ran.stdout[:2000]
    requests, seconds = re.search(r"(\d+) requests in ([\d.]+)s", ran.stdout).groups()
    made = count_visits(bench) - before
    assert made >= int(requests), (made, requests)  # an answered open is a stored open
    return int(requests) / float(seconds)


def count_visits(bench):
    return sql(bench.stack, "select count(*) from views.visits")[0][0]


def write_pgbench_script(bench):
    """The daemon's statement as it is, with arrays of one. The key of a random reviewer comes from a small table in memory."""
    sql(bench.stack, """
        create schema if not exists bench;
        create table bench.doors as
            select row_number() over () as n, token_hash::text as token_hash, passcode_hash::text as passcode_hash from links.reviewers;
        create unique index on bench.doors (n);
        analyze bench.doors""")
    statement = (ROOT / "services" / "views" / "open_link.sql").read_text()
    statement = "\n".join(line for line in statement.splitlines() if not line.startswith("--"))
    values = ["array[(select token_hash from bench.doors where n = :n)]", "array[(select passcode_hash from bench.doors where n = :n)]",
              "array[null]", "array['vst_' || :a || '_' || :b]", r"array['\x' || lpad(to_hex(:a::bigint), 32, '0') || lpad(to_hex(:b::bigint), 32, '0')]",
              "array[null]", "array['evt_' || :a || '_' || :b]", "array['127.0.0.0/24']", "array['other']", "array['req_bench']", "array[null]"]
    for number in range(len(values), 0, -1):
        statement = statement.replace(f"${number}::text[]", f"({values[number - 1]})::text[]")
    script = bench.directory / "open.pgbench"
    script.write_text(f"\\set n random(1, {len(bench.doors)})\n\\set a random(1, 4000000000000000)\n\\set b random(1, 4000000000000000)\n"
                      + statement + ";\n")
    return script


def run_pgbench(bench, script):
    ran = subprocess.run(["pgbench", "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "-f", script,
                          bench.stack.postgres.url(bench.stack.database)], capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", ran.stdout)
    assert ran.returncode == 0 and found, ran.stdout + ran.stderr
    return float(found.group(1))


# --- latency ---

def bench_latency(bench):
    start([bench.stack.notifications])
    settle(bench)
    plain = PlainClient(bench)
    ours, theirs = [], []
    doors = iter(bench.doors)
    for _ in range(IDLE_OPENS):
        theirs.append(plain.step())
        ours.append(open_and_wait(bench, next(doors)))
    plain.close()
    p50, plain_p50 = statistics.median(ours), statistics.median(theirs)
    print(f"latency idle {p50 * 1000:8.2f} ms p50         {plain_p50 * 1000:8.2f} ms p50 plain client   ratio {p50 / plain_p50:.2f}"
          f"   ({IDLE_OPENS} opens, one at a time)", flush=True)
    at_rate = sorted(open_at_rate(bench, [next(doors) for _ in range(RATE * RATE_SECONDS)]))
    print(f"latency at {RATE}/s {at_rate[len(at_rate) // 2] * 1000:6.2f} ms p50 {at_rate[int(len(at_rate) * 0.99)] * 1000:8.2f} ms p99"
          f"   ({len(at_rate)} opens in {RATE_SECONDS} s)", flush=True)
    bench.stack.notifications.stop()


def settle(bench):
    """The opens of the part before have left events that nobody took: they would be mailed now and here."""
    sql(bench.stack, "insert into notifications.settled (consumer, event_id) select 'email', id from events.log on conflict do nothing")
    deadline = time.monotonic() + 120
    while sql(bench.stack, "select count(*) from notifications.deliveries where state = 'pending'")[0][0]:
        assert time.monotonic() < deadline, "mails of the part before are still pending"
        time.sleep(0.2)


def open_door(connection, door):
    connection.request("POST", f"/s/{door[0]}/open", json.dumps({"passcode": door[1]}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status


def open_and_wait(bench, door, connections={}):
    connection = connections.setdefault(bench, http.client.HTTPConnection("127.0.0.1", bench.stack.views.port))
    began = time.monotonic()
    open_door(connection, door)
    return bench.smtp.wait_for(door[2]) - began


def open_at_rate(bench, doors):
    began, threads = {}, []
    first = time.monotonic() + 0.1

    def work(lane, lanes):
        connection = http.client.HTTPConnection("127.0.0.1", bench.stack.views.port)
        for place in range(lane, len(doors), lanes):
            time.sleep(max(0, first + place / RATE - time.monotonic()))
            began[doors[place][2]] = time.monotonic()
            open_door(connection, doors[place])

    for lane in range(8):
        threads.append(threading.Thread(target=work, args=(lane, 8)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return [bench.smtp.wait_for(door[2]) - began[door[2]] for door in doors]


class PlainClient:
    """One commit, one XADD, one SMTP transaction on a kept connection, one after another, as the simplest program would."""

    def __init__(self, bench):
        self.bench = bench
        self.database = psycopg2.connect(bench.stack.postgres.url(bench.stack.database))
        self.redis = redis.Redis.from_url(bench.stack.redis.url())
        self.smtp = bench.smtp.plain_client()
        self.number = 0
        with self.database.cursor() as cursor:
            cursor.execute("create schema if not exists bench; create table bench.plain (id int primary key, at timestamptz default now())")
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
        return self.bench.smtp.wait_for(name) - began

    def close(self):
        self.database.close()
        self.smtp.quit()


PARTS = {"opens": bench_opens, "latency": bench_latency}


def main():
    wanted = sys.argv[1:] or list(PARTS)
    directory = tempfile.mkdtemp(prefix="sharelink-bench-")
    os.chmod(directory, 0o755)
    bench = Bench(directory)
    try:
        bench.prepare()
        for part in wanted:
            PARTS[part](bench)
    finally:
        bench.close()
        shutil.rmtree(directory, ignore_errors=True)


main()
