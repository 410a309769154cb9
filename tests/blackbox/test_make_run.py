"""`make run` as a newcomer meets it: the story it tells, the file for tools, a daemon that dies, Ctrl-C, the second run.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile

import pytest
import redis
import requests
from stack import ports
from stack.daemon import without_settings
from stack.waiting import wait_until
from support import ROOT
from support.api import Api
from support.database import Database
from support.mailbox import Mailbox
from support.stacks import MODE

PROGRAM = [sys.executable, ROOT / "deploy" / "local" / "run.py"]
KEYS = {"LINKS_URL", "VIEWS_URL", "NOTIFICATIONS_URL", "CONSOLE_URL", "PUBLIC_URL", "API_KEY", "DATABASE_URL", "REDIS_URL", "SMTP_URL",
        "MAIL_DIR"}


class Run:
    """run.py in the foreground of nobody's terminal."""

    def __init__(self, directory, **environment):
        self.directory = directory
        self.printed = f"{directory}.out"
        with open(self.printed, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen(PROGRAM, stdout=out, stderr=out, start_new_session=True,
                                            env={**without_settings(os.environ), "RUN_DIR": directory, "MODE": MODE, **environment})
        wait_until(self._is_ready, 120, "it is ready")

    def _is_ready(self):
        assert self.process.poll() is None, self.output()
        if not os.path.exists(f"{self.directory}/env"):
            return False
        with open(f"{self.directory}/env", encoding="utf-8") as file:
            self.env = dict(line.rstrip("\n").split("=", 1) for line in file)
        return True

    def output(self):
        with open(self.printed, encoding="utf-8") as file:
            return file.read()

    def stop(self, number=signal.SIGINT):
        """As Ctrl-C at the terminal: the signal goes to the foreground group."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        return self.process.wait(60)

    def ports(self):
        return [int(re.search(r":(\d+)(/|$)", url)[1]) for key, url in self.env.items() if key.endswith("_URL")]


@contextlib.contextmanager
def run_directory():
    with tempfile.TemporaryDirectory(prefix="sharelink-run-") as parent:
        try:
            yield f"{parent}/run"
        finally:
            subprocess.run([*PROGRAM, "--clean"], env={**without_settings(os.environ), "RUN_DIR": f"{parent}/run"}, check=True)


@pytest.fixture(scope="module")
def directory():
    with run_directory() as path:
        yield path


@pytest.fixture(scope="module")
def run(directory):
    made = Run(directory, SHARELINK_LOG_LEVEL="debug", SHARELINK_VIEWS_DRAIN_SECONDS="7")
    yield made
    made.stop()


def pid_listening_on(url):
    """The daemon that has this address as SHARELINK_LISTEN, None while there is none."""
    wanted = b"SHARELINK_LISTEN=" + url.removeprefix("http://").encode()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if wanted in file.read().split(b"\0"):
                    return int(pid)
        except OSError:
            pass
    return None


def test_the_story_is_told_and_tools_find_everything(run):
    assert run.env.keys() == KEYS
    for name in ("LINKS_URL", "VIEWS_URL", "NOTIFICATIONS_URL", "CONSOLE_URL"):
        assert requests.get(run.env[name] + "/readyz", timeout=5).status_code == 200
    api = Api(run.env["PUBLIC_URL"], run.env["API_KEY"])
    links = api.get("/v1/share-links", status=200).json()["data"]
    assert len(links) == 1 and [each["locale"] for each in links[0]["reviewers"]] == ["en", "de"]
    account = api.get("/v1/account", status=200).json()
    assert account["brand"]["name"] in " ".join(run.output().split()) and account["brand"]["accent"] and account["locale"] == "en"
    document = Api(run.env["PUBLIC_URL"]).get("/openapi.json", status=200).json()
    assert document["servers"][0]["url"] == run.env["PUBLIC_URL"] and {"/v1/share-links", "/v1/events"} <= document["paths"].keys()
    recipients = [mail["To"] for mail in Mailbox(run.env["MAIL_DIR"]).all()]
    assert len(recipients) == 3, "two invitations, and the recruiter's"
    assert all(name in run.output() for name in ("Ingrid Solheim", "Robin Castellanos", "curl "))
    assert Database(run.env["DATABASE_URL"]).value("SELECT count(*) FROM events.log") > 0
    assert redis.Redis.from_url(run.env["REDIS_URL"]).config_get("appendonly") == {"appendonly": "yes"}


def test_settings_come_from_the_environment(run):
    with open(f"/proc/{pid_listening_on(run.env['VIEWS_URL'])}/environ", encoding="utf-8") as file:
        settings = file.read().split("\0")
    assert {"SHARELINK_LOG_LEVEL=debug", "SHARELINK_DRAIN_SECONDS=7"} <= set(settings)


@pytest.mark.parametrize("name", ["LINKS_URL", "VIEWS_URL", "NOTIFICATIONS_URL", "CONSOLE_URL"])
def test_a_daemon_that_dies_is_started_again(run, name):
    killed = pid_listening_on(run.env[name])
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: pid_listening_on(run.env[name]) not in (None, killed), 60, "it is started again")
    wait_until(lambda: ports.is_open(int(run.env[name].rpartition(":")[2])), 30, "it listens")
    assert "was killed by SIGKILL; starting it again" in run.output()


def test_ctrl_c_leaves_no_process_and_a_second_run_goes_on(run, directory):
    assert run.stop() == 0
    assert not os.path.exists(f"{directory}/env")
    assert not [port for port in run.ports() if ports.is_open(port)]
    assert run.output().rstrip().endswith("`make clean-run` forgets it.")

    second = Run(directory)
    try:
        assert second.env == run.env, "same ports, same key"
        api = Api(second.env["LINKS_URL"], second.env["API_KEY"])
        assert len(api.get("/v1/share-links", status=200).json()["data"]) == 1
        assert len(Mailbox(second.env["MAIL_DIR"]).all()) == 3
        assert "goes on with the data of the last run" in second.output()
    finally:
        assert second.stop(signal.SIGTERM) == 0


def test_without_the_demo_there_is_a_key_and_nothing_else(run):
    run.stop()
    with run_directory() as directory:
        bare = Run(directory, RUN_NO_DEMO="1")
        try:
            api = Api(bare.env["LINKS_URL"], bare.env["API_KEY"])
            assert api.get("/v1/share-links", status=200).json()["data"] == []
            assert os.listdir(bare.env["MAIL_DIR"]) == []
        finally:
            assert bare.stop() == 0


def test_a_wrong_setting_ends_the_run_and_says_which(run):
    run.stop()
    with run_directory() as directory:
        environment = {**without_settings(os.environ), "RUN_DIR": directory, "MODE": MODE, "SHARELINK_SMTP_URL": "gopher://nowhere"}
        failed = subprocess.run(PROGRAM, env=environment, capture_output=True, text=True, timeout=120)
        assert failed.returncode == 1
        assert "notifications ended with status 78" in failed.stdout and "SHARELINK_SMTP_URL" in failed.stdout
        assert not os.path.exists(f"{directory}/env")
