"""What the parts of `make bench` stand on: a stack of its own, its callers, wrk and pgbench, and the statements that a daemon
really sends, caught from PostgreSQL's log.

The rounds of a pair alternate, and the figure is their median, so that a slow minute hits both.
"""

import http.client
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "deploy" / "local"), str(ROOT / "tests" / "blackbox")]

import psycopg2  # noqa: E402
from smtp_stopwatch import SmtpStopwatch  # noqa: E402
from stack import postgres  # noqa: E402
from stack.state import State  # noqa: E402
from stack.system import Stack, start  # noqa: E402
from support import samples  # noqa: E402

CLIENTS = 32
ROUNDS = 3
SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))
OWNER = {"name": "Owner", "email": "owner@hiring.example", "time_zone": "UTC"}

# Limits are for strangers; here one caller does what a thousand would. Mails are the business of the parts about mails.
SETTINGS = {
    "SHARELINK_LOG_LEVEL": "warn",
    "SHARELINK_RATE_LIMIT_BURST": "1000000",
    "SHARELINK_RATE_LIMIT_PER_SECOND": "100000",
    "SHARELINK_UNUSUAL_OPENS": "1000000",
}


class Rig:
    """PostgreSQL with its own durability, Redis, the links and the views daemon, and one account."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.smtp = SmtpStopwatch()
        self.stack = Stack(directory, State(), given={**SETTINGS, "SHARELINK_SMTP_URL": self.smtp.url})
        self.stack.start_stores()
        self.stack.migrate()
        start([self.stack.links, self.stack.views])
        self.account, self.key = self.stack.create_account("Bench")

    def call(self, method, path, body=None, key=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.links.port)
        headers = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"}
        connection.request(method, path, body and json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status in (200, 201), (answer.status, text)
        return json.loads(text)

    def make_interviews(self, prefix, count):
        ids = [f"{prefix}-{number}" for number in range(count)]
        for interview_id in ids:
            self.call("PUT", f"/v1/interviews/{interview_id}", samples.interview_document())
        return ids

    def make_link(self, title, interview_ids, reviewer_count, key=None):
        return self.call("POST", "/v1/share-links", link_body(title, interview_ids, reviewer_count), key)

    def sql(self, statement):
        connection = psycopg2.connect(self.stack.postgres.url(self.stack.database))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else None
        connection.close()
        return rows

    def wrk(self, script, url, seconds=SECONDS):
        """Requests per second; every answer must be a 200 or a 201."""
        path = self.directory / "wrk.lua"
        path.write_text(script + '\nfunction response(status) if status ~= 200 and status ~= 201 then print("status " .. status) end end\n')
        ran = subprocess.run(["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "-s", str(path), url], capture_output=True, text=True,
                             check=True)
        assert "status " not in ran.stdout and "Non-2xx" not in ran.stdout and "Socket errors" not in ran.stdout, ran.stdout[:2000]
        requests, took = re.search(r"(\d+) requests in ([\d.]+)s", ran.stdout).groups()
        return Rate(int(requests), float(took))

    def pgbench(self, script, role):
        """Transactions per second, with the settings that the schema gives the daemon's role."""
        settings, = self.sql(f"""select coalesce(array_agg(s), '{{}}') from pg_db_role_setting, unnest(setconfig) s
                                 where setrole = '{role}'::regrole and s !~ 'timeout'""")[0]
        path = self.directory / "script.pgbench"
        path.write_text(script)
        ran = subprocess.run(["pgbench", "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "-f", str(path),
                              self.stack.postgres.url(self.stack.database)], capture_output=True, text=True, check=False,
                             env={**os.environ, "PGOPTIONS": " ".join(f"-c {setting}" for setting in settings)})
        found = re.search(r"tps = ([\d.]+)", ran.stdout)
        assert ran.returncode == 0 and found, ran.stdout + ran.stderr
        return float(found.group(1))

    def catch_statement(self, name, request, change=lambda literal: literal):
        """The statement of this name (a regular expression) that the request makes a daemon send; `change` turns the literals of its parameters
        into what pgbench shall send in their place."""
        log = pathlib.Path(self.stack.postgres.log)
        before = log.stat().st_size
        self._log_statements("0")
        request()
        self._log_statements("-1")
        with log.open(encoding="utf-8", errors="replace") as file:
            file.seek(before)
            text = file.read()
        found = re.search(rf" LOG:  duration: [^\n]*? execute {name}: (.*?)\n\d[^\n]*? DETAIL:  parameters: ([^\n]*(?:\n\t[^\n]*)*)",
                          text, re.DOTALL)
        assert found, f"{name} is not in the log"
        statement = re.sub(r"^\s*--[^\n]*\n", "", found.group(1), flags=re.MULTILINE)
        values = dict(re.findall(r"\$(\d+) = (NULL|'(?:[^']|'')*')", found.group(2)))
        return re.sub(r"\$(\d+)", lambda place: f"({change(values[place.group(1)])})", statement)

    def _log_statements(self, least_ms):
        self.sql("alter system set log_error_verbosity = 'default'")  # or the parameters are left out
        self.sql(f"alter system set log_min_duration_statement = {least_ms}")
        self.sql("select pg_reload_conf()")
        deadline = time.monotonic() + 10
        while self.sql("show log_min_duration_statement")[0][0] != least_ms:
            assert time.monotonic() < deadline
        time.sleep(0.3)  # the daemon's own sessions read it when they are idle, and tell nobody

    def close(self):
        self.stack.stop()
        self.smtp.close()
        postgres.remove(f"{self.directory}/postgres")


def fresh(literal):
    """The ids and hashes in a literal with another beginning each time: the 15 digits of pgbench's variable a."""
    literal = re.sub(r"\b((?:lnk|rvw|evt|vst)_)[0-9A-HJKMNP-TV-Z]{10}", r"\1' || :a || '", literal)
    return re.sub(r"(\\x)[0-9a-f]{15}(?=[0-9a-f]{49})", r"\1' || :a || '", literal)


FRESH = "\\set a random(100000000000000, 999999999999999)\n"


class Rate(float):
    """Per second; knows how many there were."""

    def __new__(cls, count, seconds):
        rate = super().__new__(cls, count / seconds)
        rate.count = count
        return rate


def link_body(title, interview_ids, reviewer_count):
    reviewers = [{"name": f"{title} {place}", "email": f"r{place}.{title.replace(' ', '-').lower()}@reviewers.example"} for place in range(reviewer_count)]
    return {"title": title, "owner": OWNER, "interview_ids": interview_ids, "reviewers": reviewers}


def wrk_script(method, path, headers, body=""):
    """One and the same request, over and over."""
    lines = ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items())
    return f"local headers = {{ {lines} }}\nlocal body = [==[{body}]==]\n" \
           f'function request() return wrk.format("{method}", "{path}", headers, body ~= "" and body or nil) end\n'


def alternate(ours, theirs):
    """The medians of both."""
    first, second = [], []
    for _ in range(ROUNDS):
        second.append(theirs())
        first.append(ours())
    return statistics.median(first), statistics.median(second)


def report(name, ours, ours_unit, theirs, theirs_unit, note, aim=""):
    print(f"{name:<22}{ours:9.1f} {ours_unit:<22}{theirs:9.1f} {theirs_unit:<22} ratio {ours / theirs:5.2f}{aim and f'  (aim {aim})'}   {note}",
          flush=True)
