"""What is wrong with a deployment is said in one clear line, and where it can be, it is survived."""

import json
import os
import re

import pytest
from stack.waiting import wait_until
from stack.web import status_of
from support import prometheus, programs
from support.api import Api

SAMPLES = {
    "DATABASE_URL": ["postgresql://sharelink_links:password@db/sharelink", "postgresql://sharelink_links:change-me@db/sharelink"],
    "REDIS_URL": ["redis://sharelink:Secret@redis:6379", "redis://:changeme@redis"],
    "SECRET_KEY": ["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "change-me"],
}


def settings_of(stack, name, **over):
    return {**getattr(stack, name).settings, "SHARELINK_LISTEN": f"127.0.0.1:{stack.state.port('odd')}",
            **{f"SHARELINK_{key}": value for key, value in over.items()}}


def lines_of(log, event):
    return [line for text in log.read_text().splitlines() if text.startswith("{") and (line := json.loads(text))["event"] == event]


def wait_until_missing(server, missing):
    """The answer of a readyz that lacks these and no more: a daemon is alive before it has found what is there."""
    def found():
        answer = Api(server.url()).get("/readyz")
        return answer.status_code == 503 and answer.json()["missing"] == missing and answer.json()
    return wait_until(found, 20, f"readyz names {missing}")


@pytest.mark.parametrize("setting, value", [(name, value) for name, values in SAMPLES.items() for value in values])
def test_sample_in_a_secret_is_refused(stack, setting, value):
    ended = programs.run("sharelink-links", settings=settings_of(stack, "links", **{setting: value}))
    faults = [line for line in ended.stderr.splitlines() if line.startswith("SHARELINK_")]
    assert ended.returncode == 78 and len(faults) == 1, ended.stderr
    assert faults[0].startswith(f"SHARELINK_{setting}: the value (not shown) is a sample") and value not in ended.stderr


def secret_file(stack, tmp_path, mode):
    settings = settings_of(stack, "links")
    path = tmp_path / "database_url"
    path.write_text(settings.pop("SHARELINK_DATABASE_URL"))
    os.chmod(path, mode)
    return {**settings, "SHARELINK_DATABASE_URL_FILE": str(path)}


def test_secret_that_everybody_may_write_is_refused(stack, tmp_path):
    ended = programs.run("sharelink-links", settings=secret_file(stack, tmp_path, 0o606))
    assert ended.returncode == 78 and "may be written by everybody" in ended.stderr, ended.stderr
    assert len([line for line in ended.stderr.splitlines() if line.startswith("SHARELINK_")]) == 1


@pytest.mark.parametrize("mode, warned", [(0o644, 1), (0o400, 0)])
def test_secret_that_everybody_may_read_is_warned_of(stack, tmp_path, mode, warned):
    log = tmp_path / "links.log"
    with programs.daemon("links", secret_file(stack, tmp_path, mode), log) as server:
        wait_until(lambda: status_of(server.url() + "/readyz") == 200, 20, "it is ready all the same")
    found = lines_of(log, "config.secret_file_readable_by_all")
    assert len(found) == warned and all(line["variable"] == "SHARELINK_DATABASE_URL_FILE" for line in found)


@pytest.mark.parametrize("setting, value, words", [
    ("SMTP_URL", "smtp://AKIA:se/cret+@mail.example:587", "cannot be read"),
    ("SMTP_URL", "smtp://name@shop.example:nicret@mail.example:25", "cannot be read"),
    ("MAIL_FROM", "Sharelink <noreply@a\U0001f101b.example>", "without an ASCII form"),
    ("SMTP_CA_FILE", "/nowhere/ca.pem", "does not exist"),
    ("WEBHOOK_CA_FILE", "/etc/hostname", "holds no certificate"),
    ("REDIS_URL", "redis://secret@127.0.0.1:6379", "cannot be read"),
    ("DATABASE_URL", "postgresql://sharelink_notifications:se%cret@127.0.0.1/sharelink", "no URL that libpq can read"),
])
def test_setting_that_no_library_can_use_is_refused_at_the_start(stack, setting, value, words):
    ended = programs.run("sharelink-notifications", settings=settings_of(stack, "notifications", **{setting: value}))
    faults = [line for line in ended.stderr.splitlines() if line.startswith("SHARELINK_")]
    assert ended.returncode == 78 and len(faults) == 1, ended.stderr
    assert faults[0].startswith(f"SHARELINK_{setting}") and words in faults[0] and "cret" not in ended.stderr


def test_missing_schema_is_said_once_and_waited_for(make_stack, tmp_path):
    stack = make_stack(private=True)
    stack.postgres.create_database("later")
    url = stack.postgres.url("later", "sharelink_links", stack.state.password("links"))
    log = tmp_path / "links.log"
    with programs.daemon("links", settings_of(stack, "links", DATABASE_URL=url), log) as server:
        wait_until(lambda: lines_of(log, "daemon.schema_missing"), 20, "it says what is missing")
        assert wait_until_missing(server, ["schema"])["code"] == "not_ready"

        migrated = programs.run("sharelink", "migrate", settings={"SHARELINK_DATABASE_URL": stack.postgres.url("later")})
        assert migrated.returncode == 0, migrated.stderr
        wait_until(lambda: status_of(server.url() + "/readyz") == 200, 20, "it is ready without a restart")
    missing = lines_of(log, "daemon.schema_missing")
    assert len(missing) == 1 and missing[0]["level"] == "error" and "sharelink migrate" in missing[0]["detail"]
    assert len(lines_of(log, "daemon.schema_ready")) == 1


def test_schema_of_an_earlier_build_is_not_enough(make_stack, tmp_path):
    stack = make_stack(private=True)
    stack.db.rows("update public.sharelink_schema set name = 'that of another build' where kind = 'schema'")
    with programs.daemon("links", settings_of(stack, "links"), tmp_path / "links.log") as server:
        found = wait_until(lambda: lines_of(tmp_path / "links.log", "daemon.schema_missing"), 20, "it says what is missing")
        assert re.fullmatch("[0-9a-f]{64}", found[0]["schema_wanted"]), found
        wait_until_missing(server, ["schema"])


@pytest.mark.parametrize("is_in_history", [True, False])
def test_schema_of_a_later_release_is_enough(make_stack, tmp_path, is_in_history):
    """Whether the database was brought to it or made by it."""
    stack = make_stack(private=True)
    if not is_in_history:
        stack.db.rows("delete from public.sharelink_schema where kind = 'schema'")
    stack.db.rows("insert into public.sharelink_schema (kind, name, checksum, version) values ('schema', 'a later one', 'a later one', '10.0.0')")
    with programs.daemon("links", settings_of(stack, "links"), tmp_path / "links.log") as server:
        wait_until(lambda: status_of(server.url() + "/readyz") == 200, 20, "it is ready")
    assert lines_of(tmp_path / "links.log", "daemon.schema_missing") == []


@pytest.mark.parametrize("setting, value, metric, expected", [
    ("appendonly", "no", "sharelink_redis_aof_enabled", 0), ("maxmemory-policy", "allkeys-lru", "sharelink_redis_evicts", 1)])
def test_redis_that_may_lose_entries_is_warned_of(make_stack, tmp_path, setting, value, metric, expected):
    stack = make_stack(private=True)
    stack.redis.ask("CONFIG", "SET", setting, value)
    log = tmp_path / "links.log"
    with programs.daemon("links", settings_of(stack, "links"), log) as server:
        wait_until(lambda: lines_of(log, "redis.may_lose_entries"), 20, "it warns")
        families = prometheus.parse(Api(server.url()).get("/metrics").text)
        assert prometheus.value(families, metric) == expected
        wait_until(lambda: status_of(server.url() + "/readyz") == 200, 20, "it is ready all the same")
    assert len(lines_of(log, "redis.may_lose_entries")) == 1


def test_wrong_password_of_the_database_is_said(stack, tmp_path):
    log = tmp_path / "links.log"
    url = stack.postgres.url(stack.database, "sharelink_links", "not-the-one")
    with programs.daemon("links", settings_of(stack, "links", DATABASE_URL=url), log) as server:
        wait_until(lambda: "password authentication failed" in log.read_text(), 20, "it says why")
        wait_until_missing(server, ["postgresql"])
        assert "not-the-one" not in log.read_text()
