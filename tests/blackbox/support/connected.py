"""Whether daemons have found the servers they stand on: what a test waits for after a start, a restart or a fault, before it
goes on.

A server that answers again is not enough: each daemon comes back to it in its own time, with a pause that grows with each
try, and readyz speaks of the connection for requests alone, not of those that read the streams.
"""

import socket

import redis
import requests
from stack.waiting import Failure, wait_until

from . import prometheus

STREAMS = ("sharelink:links", "sharelink:views")
GROUPS = ("email", "webhook")


def wait_until_connected(*daemons, seconds=60):
    """Until PostgreSQL and Redis answer each daemon, all its connections to Redis are up, and each of its consumers is known to the
    groups of both streams: what is added from then on is read."""
    lacking = []

    def all_are():
        lacking[:] = [lack for daemon in daemons for lack in what_lacks(daemon)]
        return not lacking
    try:
        wait_until(all_are, seconds, "the daemons are connected")
    except Failure as failure:
        raise Failure(f"{failure}; {'; '.join(lacking)}") from None


def what_lacks(daemon):
    """In words; empty when it has all."""
    daemon.fail_if_ended()
    try:
        ready, metrics = (ask(daemon.url() + path) for path in ("/readyz", "/metrics"))
        if ready.status_code != 200:
            return [f"{daemon.name} misses {ready.json().get('missing')}"]
        up = connections(metrics.text)
        down = [f"{daemon.name} has no connection {name} to Redis" for name, is_up in up.items() if not is_up]
        return down or [f"{daemon.name} is no consumer of {stream} in the group {group}" for group in GROUPS if group in up
                        for stream in STREAMS if name_in_groups(daemon) not in consumers(daemon, stream, group)]
    except (requests.RequestException, redis.ConnectionError, redis.TimeoutError) as failure:
        return [f"{daemon.name}: {failure}"]


def ask(url):
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=5)


def connections(metrics):
    """Whether each of the daemon's connections to Redis is up, by its name."""
    samples = prometheus.parse(metrics)["sharelink_redis_connected"].samples
    return {dict(labels)["connection"]: number == 1 for (_, labels), number in samples.items()}


def consumers(daemon, stream, group):
    with redis.Redis.from_url(daemon.settings["SHARELINK_REDIS_URL"]) as connection:
        try:
            return [each["name"].decode() for each in connection.xinfo_consumers(stream, group)]
        except redis.ResponseError:  # there is no such stream or group yet
            return []


def name_in_groups(daemon):
    return daemon.settings.get("SHARELINK_CONSUMER_NAME") or f"{socket.gethostname()}/{daemon.settings['SHARELINK_LISTEN']}"
