"""Every alert fires once: a private Prometheus scrapes a real stack while its condition is brought about.

The rules are those of deploy/observability/alerts.yml, only quicker: no `for`, and ranges of minutes are seconds.
"""

import contextlib
import json
import re
import shutil
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import psycopg2
import pytest
import yaml
from stack import ports
from stack.daemon import Daemon
from stack.server import Server
from stack.waiting import wait_until
from stack.web import status_of
from support import ROOT, programs, prometheus, samples
from support.api import Api
from support.raising import raising
from support.scripted_smtp import LATER, REFUSE

RULES = ROOT / "deploy" / "observability" / "alerts.yml"
BOARD = ROOT / "deploy" / "observability" / "grafana" / "boards" / "sharelink.json"
ALERTS = {rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}
RANGE_SECONDS = 12
LONG_RANGE_SECONDS = 120  # four restarts have to fit in, on a slow machine too

pytestmark = pytest.mark.skipif(not shutil.which("promtool"), reason="prometheus is not installed")


class Prometheus(Server):
    def __init__(self, directory, targets):
        super().__init__("prometheus", ports.free_port(), str(directory / "log"))
        self.directory, self.targets = directory, targets

    def prepare(self):
        rules = re.sub(r"\n +for: \w+", "", RULES.read_text())
        rules = rules.replace("[15m]", f"[{LONG_RANGE_SECONDS}s]")
        rules = re.sub(r"\[\d+m\]", f"[{RANGE_SECONDS}s]", rules)
        rules = re.sub(r"(overdue|unsettled)_seconds\) > \d+", r"\1_seconds) > 2", rules)
        (self.directory / "alerts.yml").write_text(rules)
        self.write_targets()
        (self.directory / "prometheus.yml").write_text(yaml.safe_dump({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s", "scrape_timeout": "900ms"}, "rule_files": ["alerts.yml"],
            "scrape_configs": [{"job_name": "sharelink",
                                "file_sd_configs": [{"files": ["targets.json"], "refresh_interval": "1s"}]}]}))

    def write_targets(self):
        jobs = [{"targets": [address], "labels": {"service": name}} for name, address in self.targets.items()]
        (self.directory / "new.json").write_text(json.dumps(jobs))
        (self.directory / "new.json").rename(self.directory / "targets.json")

    def forget(self, name):
        """As a container's name is forgotten when it has ended."""
        del self.targets[name]
        self.write_targets()

    def command(self):
        return ["prometheus", f"--config.file={self.directory}/prometheus.yml", f"--storage.tsdb.path={self.directory}/data",
                f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"]

    def answers(self):
        return status_of(f"http://127.0.0.1:{self.port}/-/ready") == 200

    def has_scraped(self, count):
        return len(self.query("up == 1")) == count

    def query(self, expression):
        address = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer)["data"]["result"]

    def firing(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/alerts", timeout=5) as answer:
            return {each["labels"]["alertname"] for each in json.load(answer)["data"]["alerts"] if each["state"] == "firing"}


@pytest.mark.parametrize("check", [("check", "rules", str(RULES)),
                                   ("check", "config", str(ROOT / "deploy" / "observability" / "prometheus.yml"))])
def test_promtool_finds_nothing(check):
    done = subprocess.run(["promtool", *check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_board_and_alerts_ask_for_what_there_is(stack, tmp_path):
    asked = [target["expr"].replace("$__rate_interval", "5m") for panel in json.loads(BOARD.read_text())["panels"]
             for target in panel.get("targets", [])]
    rules = {"groups": [{"name": "board", "rules": [{"record": f"panel:{place}", "expr": expr} for place, expr in enumerate(asked)]}]}
    (tmp_path / "board.yml").write_text(yaml.safe_dump(rules))
    done = subprocess.run(["promtool", "check", "rules", str(tmp_path / "board.yml")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    made = {}
    for daemon in stack.daemons:
        text = urllib.request.urlopen(f"{daemon.url()}/metrics", timeout=5).read().decode()
        for family in prometheus.parse(text).values():
            for name, labels in family.samples:
                made.setdefault(name, set()).update(label for label, _ in labels)
    for expr in asked + [rule["expr"] for rule in ALERTS.values()]:
        for name, labels in re.findall(r"\b((?:sharelink|process)_\w+)(?:\{([^}]*(?:\}[^}]*)?)\})?", expr):
            assert name in made, f"no daemon has {name}, which is asked for by {expr}"
            assert set(re.findall(r"(\w+) *[=!]~?", labels)) <= made[name] | {"job", "service", "instance"}, expr


def test_metrics_keep_prometheus_rules(stack):
    stack.make_share_link()
    for daemon in stack.daemons:
        text = urllib.request.urlopen(f"{daemon.url()}/metrics", timeout=5).read().decode()
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stdout + done.stderr, f"{daemon.name}: {done.stdout}{done.stderr}"
        for label in re.findall(r'(\w+)="[^"]*(?:shl|rev|int|acc|evt|dlv|req)_[0-9A-Z]{10}', text):
            raise AssertionError(f"{daemon.name} has an id in the label {label}")
        assert re.search(rf'^sharelink_build_info{{service="{daemon.name}",version="[^"]+"}} 1$', text, re.MULTILINE)


def test_every_alert_has_its_page():
    pages = {page.stem: page.read_text() for page in (ROOT / "docs" / "runbooks").glob("Sharelink*.md")}
    assert pages.keys() == ALERTS.keys()
    for name, text in pages.items():
        assert ALERTS[name]["annotations"]["runbook"] == f"docs/runbooks/{name}.md"
        assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"]
        assert ALERTS[name]["expr"] in text, f"the page of {name} shows another expression"


def test_every_alert_fires_once(make_stack, smtp, tmp_path):
    stack = make_stack(private=True, smtp=smtp)
    stack.postgres.create_database("empty")
    unmigrated = {**stack.views.settings, "SHARELINK_LISTEN": f"127.0.0.1:{stack.state.port('unmigrated')}",
                  "SHARELINK_DATABASE_URL": stack.postgres.url("empty", "sharelink_views", stack.state.password("views"))}
    spare = Daemon("views", programs.program("sharelink-views"),
                   {**stack.views.settings, "SHARELINK_LISTEN": f"127.0.0.1:{stack.state.port('spare')}"}, str(tmp_path / "spare.log"))
    spare.start()
    spare.wait_until_answering()
    scraper = Prometheus(tmp_path, {**{each.name: each.address() for each in stack.daemons}, "spare": spare.address(),
                                    "unmigrated": unmigrated["SHARELINK_LISTEN"]})
    fired = set()

    def fires(*names, seconds=60):
        def all_of_them():
            fired.update(scraper.firing())
            return set(names) <= fired
        wait_until(all_of_them, seconds, f"{names} fire; so far did {sorted(fired)}")

    with programs.daemon("views", unmigrated, tmp_path / "unmigrated.log"):
        scraper.start()
        try:
            scraper.wait_until_answering()
            wait_until(lambda: scraper.has_scraped(len(scraper.targets)), 60, "a count from before, for what increases")
            fires("SharelinkSchemaMissing")
            assert not fired - {"SharelinkSchemaMissing", "SharelinkDaemonDown"}, "a healthy stack is quiet"

            mails_are_put_off_and_refused(stack, smtp)
            fires("SharelinkMailsDelayed", "SharelinkDeadLetters")

            for _ in range(12):
                stack.make_interview()  # whose captions nobody has
            fires("SharelinkFetchesFailing")

            with unreadable(stack):
                fires("SharelinkDatabaseErrors")

            with raising(stack, "claim_mails", "42501"):
                fires("SharelinkDeliveriesHeldUp")

            stack.redis.ask("CONFIG", "SET", "appendonly", "no")
            fires("SharelinkRedisMayLoseEntries")
            stack.redis.ask("CONFIG", "SET", "appendonly", "yes")

            with locked(stack):
                fires("SharelinkSlowRequests", "SharelinkErrors", "SharelinkMailsOverdue")

            with webhooks_that_wait(stack), raising(stack, "plan_mails", "42501"):
                stack.make_share_link(send_email=True)
                fires("SharelinkEventsUnsettled", "SharelinkWebhooksOverdue", "SharelinkItemsWaiting", "SharelinkWorkPutOff")

            for _ in range(4):
                before = scraped_start(scraper)
                spare.stop()
                spare.start()
                spare.wait_until_answering()
                wait_until(lambda: scraped_start(scraper) not in (None, before), 60, "the new process is scraped")
            fires("SharelinkCrashLooping")
            spare.stop()
            fires("SharelinkDaemonDown")
            scraper.forget("spare")
            gone = {"service": "spare"}
            wait_until(lambda: gone in [row["metric"] for row in scraper.query(ALERTS["SharelinkDaemonDown"]["expr"])], 60,
                       "a service of which nothing is left is told of")

            stack.redis.stop()
            stack.make_share_link(send_email=True)
            fires("SharelinkRedisUnavailable", "SharelinkStreamsNotWorking")
            stack.bring_back(stack.redis)

            stack.postgres.stop()
            fires("SharelinkPostgresUnavailable")
            for _ in range(1500):
                stack.redis.ask("XADD", "sharelink:links", "*", "type", "none", "ce", "{}")
            fires("SharelinkStreamLag")
        finally:
            scraper.stop()
            spare.stop()
            stack.postgres.start()
            stack.postgres.wait_until_answering()
    assert fired == ALERTS.keys()


def mails_are_put_off_and_refused(stack, smtp):
    reviewers = samples.reviewers(20)
    for number, reviewer in enumerate(reviewers):
        smtp.on(reviewer["email"], *([REFUSE] if number == 0 else [LATER] * 20))
    stack.make_share_link(reviewers=reviewers, send_email=True)


@contextlib.contextmanager
def webhooks_that_wait(stack):
    """There are some, and nobody may claim them."""
    api = Api(stack.notifications.url(), stack.key)
    endpoint = api.post("/v1/webhook-endpoints", {"url": "https://platform.example/hook"}, status=201).json()
    with raising(stack, "claim_webhooks", "42501"):
        yield
        api.delete(f"/v1/webhook-endpoints/{endpoint['id']}", status=204)


def scraped_start(scraper):
    """When the spare daemon's process began, as far as Prometheus knows; None when it knows none."""
    found = scraper.query('process_start_time_seconds{service="spare"}')
    return found[0]["value"][1] if found else None


@contextlib.contextmanager
def unreadable(stack):
    """The links' daemon may not read what it asks for, and callers are told whose fault that is."""
    stack.postgres.sql(f"revoke select on links.share_links from sharelink_links", database=stack.database)
    for _ in range(3):
        answer = stack.api.get("/v1/share-links")
        assert answer.status_code == 503 and answer.json()["code"] == "database_error" and answer.headers["Retry-After"]
        time.sleep(1.5)  # a rate needs two scrapes
    yield
    stack.postgres.sql(f"grant select on links.share_links to sharelink_links", database=stack.database)


class locked:
    """Nobody may read the links for a while, and callers go on asking."""

    def __init__(self, stack):
        self.stack, self.over = stack, threading.Event()

    def __enter__(self):
        self.link = self.stack.make_share_link()["id"]
        self.connection = psycopg2.connect(self.stack.postgres.url(self.stack.database))
        self.connection.cursor().execute("lock table links.share_links in access exclusive mode")
        self.threads = [threading.Thread(target=self.ask, daemon=True) for _ in range(4)]
        for thread in self.threads:
            thread.start()

    def ask(self):
        api = self.stack.api.another()
        while not self.over.is_set():
            api.get(f"/v1/share-links/{self.link}")

    def __exit__(self, *_):
        self.over.set()
        self.connection.rollback()
        self.connection.close()
        for thread in self.threads:
            thread.join(30)
