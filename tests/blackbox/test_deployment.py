"""What an operator is given beside the programs: the manual page, the units, and what daemons tell systemd."""

import os
import re
import shutil
import socket
import subprocess

import pytest
from stack.waiting import wait_until
from support import ROOT, programs

NAMES = ["links", "views", "notifications", "console"]
PAGE = (ROOT / "deploy" / "man" / "sharelink.1").read_text()
PLAIN = re.sub(r"\\f[A-Z]|\\-", lambda found: "-" if found[0] == "\\-" else "", PAGE)
UNITS = sorted((ROOT / "deploy" / "systemd").glob("sharelink-*@.service"))


def test_manual_page_has_every_command_and_option():
    text = programs.run("sharelink", "--help").stdout
    commands = re.findall(r"^  (sharelink [a-z-]+(?: [a-z-]+)?)", text, re.MULTILINE)
    assert len(commands) >= 9
    for words in commands:
        assert re.search(rf"^\.B {re.escape(words)}\b", PLAIN, re.MULTILINE), words
    for option in set(re.findall(r"--[a-z]+", text)) | {"--help"}:
        assert option in PLAIN, option
    for setting in re.findall(r"SHARELINK_[A-Z_]+[A-Z]", text):
        assert setting.removesuffix("_FILE") in PLAIN, setting


def test_manual_page_tells_of_no_command_that_is_not_there():
    text = programs.run("sharelink", "--help").stdout
    for words in re.findall(r"^\.B (sharelink [a-z-]+(?: (?:create|list|revoke|retry))?)", PLAIN, re.MULTILINE):
        assert words.strip() in text, words


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_unit_is_well_formed(unit, tmp_path):
    copy = tmp_path / unit.name.replace("@", "@1")
    text = re.sub(r"/usr/local/bin/(\S+)", lambda found: programs.program(found[1]), unit.read_text())
    copy.write_text(text.replace("man:sharelink(1)", "https://example.com"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if unit.name.split("@")[0] in line]
    assert not ours, done.stderr


def test_every_daemon_has_a_unit():
    assert [unit.name for unit in UNITS] == [f"sharelink-{name}@.service" for name in sorted(NAMES)]


@pytest.mark.parametrize("name", NAMES)
def test_daemon_tells_systemd_that_it_is_ready_lives_and_stops(stack, tmp_path, name, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "200000")
        settings = {**getattr(stack, name).settings, "SHARELINK_LISTEN": f"127.0.0.1:{stack.state.port('notified')}"}
        with programs.daemon(name, settings, tmp_path / "log") as server:
            told = [supervisor.recv(100) for _ in range(4)]
            assert told == [b"READY=1"] + [b"WATCHDOG=1"] * 3
            server.ask_to_stop()
            wait_until(lambda: supervisor.recv(100) == b"STOPPING=1", 20, "it says that it stops")
            wait_until(lambda: server.process.poll() is not None, 20, "it ends")


def test_daemon_without_a_supervisor_starts_all_the_same(stack):
    assert "NOTIFY_SOCKET" not in os.environ
    assert stack.api.get("/healthz", status=200)
