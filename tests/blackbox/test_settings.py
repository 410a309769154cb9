"""Settings and the life of a daemon: what is wrong is listed whole before anything starts, secrets stay unsaid, and a
daemon that is asked to end finishes what it has in hand.
"""

import concurrent.futures
import contextlib
import json
import re
import signal
import socket
import threading

import pytest
from stack import ports
from stack.waiting import wait_until
from support import ROOT, samples
from support.api import Api
from support.held import Held
from support.programs import daemon, run
from support.raw_http import Connection, request
from support.scripted_smtp import HOLD_AFTER_DOT

NAMES = ["links", "views", "notifications", "console"]
EX_OK, EX_USAGE, EX_OSERR, EX_CONFIG = 0, 64, 71, 78
COMMON = ["DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SECRET_KEY", "LISTEN"]
NEEDED_BY_ROLE = {"SMTP_URL", "MAIL_FROM"}
REQUIRED = {"links": COMMON, "views": COMMON, "console": COMMON, "notifications": [*COMMON, *sorted(NEEDED_BY_ROLE)]}
CANARY = "hunter2canary"
every_daemon = pytest.mark.parametrize("name", NAMES)

# Values that cannot be: what each setting must be is in the daemon's --help.
WRONG = {
    "DATABASE_URL": ["mysql://u:hunter2canary@h/d", "postgresql://", "localhost", "postgresql://u:hunter2canary@h/d b"],
    "REDIS_URL": ["http://u:hunter2canary@h", "redis://", "redis://u:hunter2canary@h/x", "rediss://u:hunter2canary@h"],
    "PUBLIC_URL": ["share.example", "ftp://share.example", "https://share.example/path", "https://share.example/", "https://u:p@share.example", "https://"],
    "SECRET_KEY": [CANARY, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "c2hvcnQ=", "hunter2canary" * 4, "-" * 43 + "="],
    "SECRET_KEY_PREVIOUS": [CANARY, "c2hvcnQ="],
    "LISTEN": ["8080", "localhost:8080", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:http", "1.2.3:80", "[::1]", ":8080"],
    "TRUSTED_PROXIES": ["everybody", "10.0.0.0/33", "10.0.0.0/8;10.0.0.1", "10.0.0.1/8/8"],
    "LOG_FORMAT": ["xml", "JSON"],
    "LOG_LEVEL": ["loud", "Info"],
    "DATABASE_CONNECTIONS": ["0", "-1", "65", "four", "4.0", "4 ", "0x4", "99999999999999999999"],
    "DATABASE_LOCK_SECONDS": ["0", "9", "1.5"],
    "DATABASE_HEAVY_CONNECTIONS": ["0", "17", "two"],
    "DATABASE_HEAVY_WAITING": ["0", "10001", "x"],
    "DATABASE_UNNAMED_STATEMENTS": ["yes", "ON", "2"],
    "CONNECTIONS_MAX": ["0", "100001", "many"],
    "DRAIN_SECONDS": ["-1", "601", "1.5"],
}
WRONG_OF = {
    "views": {
        "MEDIA_DIR": ["/nowhere/at/all", "/etc/passwd"],
        "MEDIA_INTERNAL_PREFIX": ["internal-media", "/", "/internal/", "/a//b", "/a?b", "/a\r\nSet-Cookie: a", "/../a"],
        "S3_ENDPOINT": ["s3.amazonaws.com", "https://s3.amazonaws.com/bucket", "ftp://s3.amazonaws.com"],
        "S3_PATH_STYLE": ["maybe"], "CONTENT_CACHE_MB": ["-1", "x", "65537"]},
    "notifications": {
        "ROLES": ["mail", "email,", "email,,sweep", "email, sweep", "sweep,sweep", "Email"],
        "SMTP_URL": ["mail.example:25", "http://u:hunter2canary@mail.example", "smtp://", "smtp://u:hunter2canary@mail.example:x"],
        "MAIL_FROM": ["nobody", "Sharelink <noreply>", "a@b.example, c@d.example", "Sharelink <a@b.example", "\"x\" <a@b.example>\r\nBcc: c@d.example"],
        "SMTP_REQUIRE_TLS": ["maybe"], "SMTP_TIMEOUT_SECONDS": ["0", "601"], "WORKERS": ["0", "129"], "LEASE_SECONDS": ["0", "x"],
        "SWEEP_INTERVAL_MS": ["9", "x"], "SWEEP_GRACE_MS": ["-1", "x"]},
    "console": {"CONSOLE_SESSIONS_PER_ACCOUNT": ["0", "x"], "SESSION_RATE_LIMIT_BURST": ["-1", "x"]},
}
CASES = [(name, setting, value) for name in NAMES for setting, values in {**(WRONG if name == "links" else {}), **WRONG_OF.get(name, {})}.items()
         for value in values]


def good_settings(stack, name):
    """Those of the stack's daemon, on a port of their own."""
    return {**getattr(stack, name).settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}"}


def faults_of(name, settings):
    """variable → what is said about it, of a daemon that must refuse to start."""
    ended = run(f"sharelink-{name}", settings=settings, seconds=20)
    assert ended.returncode == EX_CONFIG, ended
    lines = re.findall(r"^(SHARELINK_\w+): (.+)$", ended.stderr, re.MULTILINE)
    assert len(dict(lines)) == len(lines), f"a setting is named twice: {ended.stderr}"
    assert CANARY not in ended.stderr + ended.stdout, "a secret was said"
    return dict(lines)


# --- wrong settings ---

@every_daemon
def test_all_that_is_missing_is_listed(name):
    faults = faults_of(name, {})
    assert set(faults) == {f"SHARELINK_{setting}" for setting in REQUIRED[name]}
    assert all("required" in fault and "_FILE" in fault for fault in faults.values())


@pytest.mark.parametrize("roles", ["webhook", "feed,sweep", "webhook,feed,sweep"])
def test_mail_settings_are_required_for_the_role_email_alone(roles):
    assert set(faults_of("notifications", {"SHARELINK_ROLES": roles})) == {f"SHARELINK_{setting}" for setting in COMMON}
    faults = faults_of("notifications", {"SHARELINK_ROLES": f"{roles},email"})
    assert set(faults) == {f"SHARELINK_{setting}" for setting in REQUIRED["notifications"]}


@pytest.mark.parametrize("name, setting, value", CASES)
def test_wrong_value_is_refused_and_named(stack, name, setting, value):
    faults = faults_of(name, {**good_settings(stack, name), f"SHARELINK_{setting}": value})
    assert set(faults) == {f"SHARELINK_{setting}"}


@every_daemon
def test_all_that_is_wrong_is_listed_at_once(name):
    wrong = {**WRONG, **WRONG_OF.get(name, {})}
    faults = faults_of(name, {f"SHARELINK_{setting}": values[0] for setting, values in wrong.items()})
    assert set(faults) == {f"SHARELINK_{setting}" for setting in wrong}


@every_daemon
def test_secret_values_are_never_said(name):
    secret = {"SECRET_KEY": CANARY, "SECRET_KEY_PREVIOUS": CANARY, "DATABASE_URL": f"x://{CANARY}", "REDIS_URL": f"x://{CANARY}",
              "SMTP_URL": f"x://{CANARY}"}
    faults = faults_of(name, {f"SHARELINK_{setting}": value for setting, value in secret.items()})  # which looks for the canary
    assert "SHARELINK_SECRET_KEY" in faults


@every_daemon
def test_value_that_is_no_secret_is_shown(stack, name):
    fault, = faults_of(name, {**good_settings(stack, name), "SHARELINK_LOG_FORMAT": "papyrus"}).values()
    assert "papyrus" in fault and "json" in fault and "logfmt" in fault


@every_daemon
def test_empty_value_is_as_good_as_none(stack, name):
    assert set(faults_of(name, {**good_settings(stack, name), "SHARELINK_SECRET_KEY": ""})) == {"SHARELINK_SECRET_KEY"}


@every_daemon
def test_wrong_settings_are_refused_before_it_listens(stack, name):
    settings = {**good_settings(stack, name), "SHARELINK_SECRET_KEY": "x"}
    with contextlib.closing(socket.create_server(("127.0.0.1", int(settings["SHARELINK_LISTEN"].rpartition(":")[2])))):
        faults_of(name, settings)  # with EX_CONFIG, though the port was taken


# --- variables that are no settings ---

@every_daemon
def test_misspelt_setting_is_refused_among_all_other_faults(stack, name):
    settings = {**good_settings(stack, name), "SHARELINK_SMPT_URL": CANARY, "SHARELINK_LISTNE_FILE": "/x", "SHARELINK_LOG_FORMAT": "papyrus"}
    faults = faults_of(name, settings)
    assert set(faults) == {"SHARELINK_SMPT_URL", "SHARELINK_LISTNE_FILE", "SHARELINK_LOG_FORMAT"}
    assert faults["SHARELINK_SMPT_URL"] == "is no setting; did you mean SHARELINK_SMTP_URL?"
    assert faults["SHARELINK_LISTNE_FILE"] == "is no setting; did you mean SHARELINK_LISTEN_FILE?"


@every_daemon
def test_misspelt_setting_alone_is_refused(stack, name):
    assert set(faults_of(name, {**good_settings(stack, name), "SHARELINK_LGO_LEVEL": "info"})) == {"SHARELINK_LGO_LEVEL"}


@every_daemon
def test_settings_of_other_programs_are_taken(stack, tmp_path, name):
    """One file of settings serves all programs: each knows what docs/configuration.md tells of any, and what Compose reads."""
    told = set(re.findall(r"^\| `(SHARELINK_[A-Z0-9_]+)`", (ROOT / "docs" / "configuration.md").read_text(), re.MULTILINE))
    read_by_compose = set(re.findall(r"\$\{(SHARELINK_[A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    own = set(re.findall(r"(SHARELINK_\w+)  \(", run(f"sharelink-{name}", "--help").stdout))
    assert own < told and read_by_compose
    others = {setting: "of another program" for setting in told - own}
    in_files = {f"{setting}_FILE": "/nowhere" for setting in told - own}
    composed = {setting: "of Compose" for setting in read_by_compose}
    with daemon(name, {**others, **in_files, **composed, **good_settings(stack, name)}, tmp_path / "log") as started:
        wait_until(started.answers, 20, "it is ready")


def test_operators_command_refuses_a_misspelt_setting_and_takes_a_daemons(stack):
    owner = {"SHARELINK_DATABASE_URL": stack.postgres.url(stack.database)}
    refused = run("sharelink", "account", "list", settings={**owner, "SHARELINK_DATABSE_URL": CANARY, "SHARELINK_WORKERS": "8"})
    assert (refused.returncode, refused.stdout) == (EX_CONFIG, "") and CANARY not in refused.stderr
    assert refused.stderr.splitlines()[1:] == ["SHARELINK_DATABSE_URL: is no setting; did you mean SHARELINK_DATABASE_URL?"]
    assert run("sharelink", "account", "list", settings={**owner, "SHARELINK_WORKERS": "8"}).returncode == EX_OK


# --- secrets from files ---

def in_files(settings, secrets, folder):
    for setting in secrets:
        path = folder / setting.lower()
        path.write_text(settings.pop(f"SHARELINK_{setting}") + "\n")
        settings[f"SHARELINK_{setting}_FILE"] = str(path)
    return settings


@every_daemon
def test_each_secret_may_come_from_a_file(stack, tmp_path, name):
    secrets = ["DATABASE_URL", "REDIS_URL", "SECRET_KEY"] + (["SMTP_URL"] if name == "notifications" else [])
    with daemon(name, in_files(good_settings(stack, name), secrets, tmp_path), tmp_path / "log") as started:
        wait_until(started.answers, 20, "it is ready")


def test_key_from_a_file_is_the_same_key(stack, tmp_path):
    """A passcode that was sealed by the stack opens in a views daemon that has its key from a file."""
    link = stack.make_share_link()
    with daemon("views", in_files(good_settings(stack, "views"), ["SECRET_KEY"], tmp_path), tmp_path / "log") as views:
        wait_until(views.answers, 20, "it is ready")
        browser = stack.reviewer(link)
        browser.base = views.url()
        browser.open(status=200)


@pytest.mark.parametrize("content, what", [(None, "read"), ("", "required"), ("\n", "required"), ("x" * 70_000, "larger"), ("a\x00b", "NUL"),
                                           (CANARY, "base64"), (CANARY + "\n\n", "")])
def test_file_that_holds_no_value_is_refused(stack, tmp_path, content, what):
    path = tmp_path / "secret"
    if content is not None:
        path.write_text(content)
    settings = good_settings(stack, "links")
    del settings["SHARELINK_SECRET_KEY"]
    faults = faults_of("links", {**settings, "SHARELINK_SECRET_KEY_FILE": str(path)})
    (variable, fault), = faults.items()
    assert variable.startswith("SHARELINK_SECRET_KEY") and what in fault


@every_daemon
def test_value_and_file_at_once_are_refused(stack, tmp_path, name):
    settings = good_settings(stack, name)
    path = tmp_path / "secret"
    path.write_text(settings["SHARELINK_SECRET_KEY"])
    faults = faults_of(name, {**settings, "SHARELINK_SECRET_KEY_FILE": str(path)})
    assert set(faults) == {"SHARELINK_SECRET_KEY"} and "SHARELINK_SECRET_KEY_FILE" in faults["SHARELINK_SECRET_KEY"]
    assert settings["SHARELINK_SECRET_KEY"] not in str(faults)


# --- the command line ---

@every_daemon
def test_help_names_every_setting(name):
    helped = run(f"sharelink-{name}", "--help")
    assert (helped.returncode, helped.stderr) == (EX_OK, "")
    known = {*WRONG, *WRONG_OF.get(name, {})}
    assert known <= set(re.findall(r"SHARELINK_(\w+)  \(", helped.stdout))
    for setting in REQUIRED[name]:
        needed = r".*\n\s+Required for the role email" if setting in NEEDED_BY_ROLE else r"[^)]*required"
        assert re.search(rf"SHARELINK_{setting}  \({needed}", helped.stdout), setting


@every_daemon
def test_other_arguments_are_refused(stack, name):
    assert run(f"sharelink-{name}", "--port", "80", settings=good_settings(stack, name)).returncode == EX_USAGE


@every_daemon
def test_port_that_is_taken_is_said(stack, name):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        settings = {**good_settings(stack, name), "SHARELINK_LISTEN": f"127.0.0.1:{taken.getsockname()[1]}"}
        ended = run(f"sharelink-{name}", settings=settings, seconds=20)
    assert ended.returncode == EX_OSERR and "daemon.cannot_listen" in ended.stderr and "in use" in ended.stderr


# --- the log ---

def test_log_is_one_json_object_a_line(stack, tmp_path):
    with daemon("links", {**good_settings(stack, "links"), "SHARELINK_LOG_LEVEL": "debug"}, tmp_path / "log") as links:
        wait_until(links.answers, 20, "it is ready")
        Api(links.url()).get("/nowhere\u2028?a=b", status=404)
        Api(links.url(), stack.key).post("/v1/share-links", {}, status=422)
    with open(tmp_path / "log", encoding="utf-8") as log:
        lines = [json.loads(line) for line in log]
    assert all({"time", "level", "service", "event"} <= line.keys() and line["service"] == "links" for line in lines)
    assert {"daemon.listening", "http.request_answered", "daemon.draining", "daemon.drained"} <= {line["event"] for line in lines}
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", line["event"]) for line in lines)


def test_log_can_be_logfmt_and_quiet(stack, tmp_path):
    settings = good_settings(stack, "links")
    for format_, level in (("logfmt", "info"), ("json", "error")):
        with daemon("links", {**settings, "SHARELINK_LOG_FORMAT": format_, "SHARELINK_LOG_LEVEL": level}, tmp_path / level):
            pass
    assert all(re.match(r"time=\S+ level=\w+ service=links event=\S+", line) for line in (tmp_path / "info").read_text().splitlines())
    assert (tmp_path / "info").read_text() and not (tmp_path / "error").read_text()


# --- the end ---

@every_daemon
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_idle_daemon_ends_at_once_and_well(stack, tmp_path, name, number):
    with daemon(name, good_settings(stack, name), tmp_path / "log") as started, Connection(started) as idle:
        idle.send(request("GET", "/healthz"))
        assert idle.answer().status == 200
        started.process.send_signal(number)
        assert started.process.wait(10) == EX_OK
        assert idle.is_closed()


@pytest.mark.parametrize("name, table, statement, method, path, status", [
    ("links", "links.share_links", "-- list_links\n", "GET", "/v1/share-links", 200),
    ("links", "links.reviewers", "-- create_link", "POST", "/v1/share-links", 201),
    ("views", "views.visits", "-- open_link\n", "POST", "{page}/open", 200),
])
def test_request_in_flight_is_finished_before_the_end(stack, tmp_path, name, table, statement, method, path, status):
    interview = stack.make_interview()
    browser = stack.reviewer(stack.make_share_link(interview_ids=[interview]))
    body = {"passcode": browser.passcode} if name == "views" else samples.share_link_body([interview])
    answers = []
    with daemon(name, good_settings(stack, name), tmp_path / "log") as started:
        wait_until(started.answers, 20, "it is ready")
        caller = Api(started.url(), stack.key)
        with Held(stack, table) as held:
            calling = threading.Thread(target=lambda: answers.append(
                caller.call(method, path.format(page=browser.page), json=body if method == "POST" else None)))
            calling.start()
            held.wait_for(statement)
            started.process.send_signal(signal.SIGTERM)
            wait_until(lambda: not started.port_is_open(), 20, "it takes no more connections")
            assert started.is_running() and not answers
            held.release()
            calling.join(20)
        assert started.process.wait(20) == EX_OK
    answer, = answers
    assert (answer.status_code, answer.headers["Connection"]) == (status, "close")


def test_mail_in_flight_is_finished_before_the_end(make_stack, smtp):
    stack = make_stack(smtp=smtp)
    smtp.usual = HOLD_AFTER_DOT
    link = stack.make_share_link(reviewer_count=3, send_email=True)
    smtp.wait_for(1)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        ending = pool.submit(stack.notifications.stop)
        wait_until(lambda: not stack.notifications.port_is_open(), 20, "it takes no more connections")
        assert not smtp.accepted() and not ending.done()
        smtp.let_go()
        assert ending.result() == EX_OK
    for row in stack.db.rows("select recipient, state, lease_holder from notifications.deliveries where share_link_id = %s", link["id"]):
        accepted = len(smtp.accepted(row["recipient"]))
        assert (row["state"], accepted) in (("sent", 1), ("pending", 0)), row
    assert stack.db.value("select count(*) from notifications.deliveries where state = 'sent'") >= 1

    stack.notifications.start()
    stack.notifications.wait_until_answering()
    smtp.wait_for_accepted(3)
    wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where state = 'sent'") == 3, 20, "all are sent")
    assert len(smtp.tried()) == 3, "a mail was sent twice"


def test_work_that_takes_too_long_is_given_up_at_the_end(stack, tmp_path):
    settings = {**good_settings(stack, "links"), "SHARELINK_DRAIN_SECONDS": "0"}
    with daemon("links", settings, tmp_path / "log") as started, Held(stack, "links.share_links") as held:
        wait_until(started.answers, 20, "it is ready")
        with Connection(started) as connection:
            connection.send(request("GET", "/v1/share-links", f"Authorization: Bearer {stack.key}"))
            held.wait_for("-- list_links\n")
            started.process.send_signal(signal.SIGTERM)
            assert started.process.wait(20) == EX_OK
            assert connection.is_closed()  # without the 503 to which the statement's own limit would have led
