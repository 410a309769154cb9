"""The Redis streams are Sharelink's own: the deployment's Redis has one account, which may do what the daemons do and no more, and is
reached from nowhere else. Whoever else follows events asks the API."""

import pathlib
import re
import secrets
import subprocess

import redis
import yaml
from stack.waiting import wait_until
from support.api import Api
from support.every_event import make_every_event

ROOT = pathlib.Path(__file__).resolve().parents[2]
START = (ROOT / "deploy" / "redis" / "start").read_text()
PASSWORD = secrets.token_hex(16)
USERS = dict(re.findall(r"^user (\S+) (.*)$", START, re.MULTILINE))


def test_the_daemons_account_is_the_only_one():
    assert USERS.keys() == {"default", "sharelink"} and USERS["default"] == "off"


def test_nobody_reaches_redis_from_outside():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    swarm = yaml.safe_load(subprocess.run([ROOT / "deploy" / "swarm-file"], cwd=ROOT, capture_output=True, text=True, check=True).stdout)["services"]
    for services in (compose, swarm):
        assert "ports" not in services["redis"] and "ports" in services["gateway"]
        assert list(services["redis"]["networks"]) == ["back"]


def denials(connection):
    return [(each["reason"], each["object"]) for each in connection.acl_log() if each["username"] == "sharelink"]


def test_the_daemons_account_suffices_and_does_nothing_else(shared, make_stack):
    with redis.Redis.from_url(shared.redis.url(0), decode_responses=True) as connection:
        connection.execute_command("ACL", "SETUSER", "sharelink", "reset", *USERS["sharelink"].replace("$password", PASSWORD).split(),
                                   "+xinfo|consumers")  # for the tests' own look at who reads
        connection.acl_log_reset()
        url = shared.redis.url(0).replace("redis://", f"redis://sharelink:{PASSWORD}@")
        # Without the sweep for a while: what comes at once came by the streams.
        settings = {f"SHARELINK_{daemon}_REDIS_URL": url for daemon in ("LINKS", "VIEWS", "NOTIFICATIONS")}
        stack = make_stack(settings={**settings, "SHARELINK_NOTIFICATIONS_SWEEP_GRACE_MS": "60000"})
        make_every_event(stack)
        logged = stack.db.value("select count(*) from events.log")
        for consumer in ("email", "webhook"):
            wait_until(lambda consumer=consumer: stack.db.value("select count(*) from notifications.settled where consumer = %s", consumer) == logged,
                       20, f"{consumer} has read the streams")
        for daemon in (stack.links, stack.notifications, stack.views):
            wait_until(lambda daemon=daemon: "sharelink_redis_aof_enabled 1" in Api(daemon.url()).get("/metrics").text, 20, "it has asked Redis what it is")
            assert Api(daemon.url()).get("/readyz").status_code == 200
        wait_until(lambda: 'sharelink_stream_pending{' in Api(stack.notifications.url()).get("/metrics").text, 20, "the groups are measured")
        wait_until(lambda: connection.keys("sharelink:ratelimit:*"), 20, "permits are noted")
        assert denials(connection) == []

    with redis.Redis.from_url(url, decode_responses=True) as account:
        for refused in (["CONFIG", "GET", "dir"], ["KEYS", "*"], ["FLUSHALL"], ["SET", "another:key", "1"], ["PUBLISH", "sharelink:x", "1"], ["DEL", "sharelink:links"]):
            try:
                account.execute_command(*refused)
            except redis.exceptions.NoPermissionError:
                continue
            raise AssertionError(f"{refused} was not refused")
