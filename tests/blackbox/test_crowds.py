"""One tenant, or nobody at all, with more connections than is good: another one is served as before, and health answers."""

import collections

import requests
from stack import ports
from support import prometheus
from support.api import Api
from support.crowds import crowd, p99, resident_mib
from support.raw_http import Connection, request

SLOWER_MOST = 3  # times the baseline of the same minute


def health(server):
    return Api(f"http://127.0.0.1:{server.port + ports.HEALTH_STEP}")


def metric(server, name, **labels):
    return prometheus.value(prometheus.parse(health(server).get("/metrics", status=200).text), name, **labels)


def get_stream(key):
    return request("GET", "/v1/events/stream", f"Authorization: Bearer {key}")


def test_one_key_with_2000_streams_shuts_nobody_out(stack):
    daemon = stack.notifications
    before = p99(daemon, "/v1/deliveries", stack.other_key)
    with crowd(daemon, 2000, get_stream(stack.key)) as streams:
        for path in ("/healthz", "/readyz"):
            health(daemon).get(path, status=200)
        assert p99(daemon, "/v1/deliveries", stack.other_key) <= SLOWER_MOST * before
        assert metric(daemon, "sharelink_feed_listeners") == 20
        with requests.get(daemon.url() + "/v1/events/stream", headers={"Authorization": f"Bearer {stack.other_key}"}, stream=True,
                          timeout=20) as other:
            assert other.status_code == 200
        answers = collections.Counter(each.recv(200).split(b" ")[1] for each in streams)
        assert answers == {b"200": 20, b"429": 1980}
        refused = Api(daemon.url(), stack.key).get("/v1/events/stream", status=429)
        assert refused.json()["code"] == "too_many_streams" and int(refused.headers["Retry-After"]) > 0


def test_account_has_no_more_streams_than_it_may_by_many_keys(make_stack):
    stack = make_stack(settings={"SHARELINK_FEED_STREAMS_PER_KEY": "2", "SHARELINK_FEED_STREAMS_PER_ACCOUNT": "3"})
    daemon = stack.notifications
    second = stack.operate("key", "create", "--account", stack.account, "--scopes", "events.read").split()
    second = next(word for word in second if word.startswith("slk_")).removeprefix("SHARELINK_API_KEY=")
    with crowd(daemon, 3, get_stream(stack.key)) as mine:
        assert sorted(each.recv(200).split(b" ")[1] for each in mine) == [b"200", b"200", b"429"]
        with crowd(daemon, 2, get_stream(second)) as more:
            assert sorted(each.recv(200).split(b" ")[1] for each in more) == [b"200", b"429"]
            assert "account" in Api(daemon.url(), second).get("/v1/events/stream", status=429).json()["detail"]
            with crowd(daemon, 1, get_stream(stack.other_key)) as others:
                assert others[0].recv(200).split(b" ")[1] == b"200"


def test_1500_connections_that_say_nothing_shut_nobody_out(stack):
    for daemon, path in ((stack.links, "/v1/share-links"), (stack.notifications, "/v1/deliveries")):
        before = p99(daemon, path, stack.other_key)
        with crowd(daemon, 1500) as silent:
            for each in ("/healthz", "/readyz"):
                health(daemon).get(each, status=200)
            assert p99(daemon, path, stack.other_key) <= SLOWER_MOST * before
            assert metric(daemon, "sharelink_http_connections_ended_total", reason="displaced") >= 1500 - 1024
            assert silent[0].recv(1) == b""  # the oldest made room


def test_connections_that_say_nothing_are_closed_soon(make_stack):
    stack = make_stack(settings={"SHARELINK_FIRST_BYTE_SECONDS": "1"})
    with crowd(stack.links, 5) as silent, Connection(stack.links) as idle:
        idle.send(request("GET", "/healthz"))
        assert idle.answer().status == 200
        assert [each.recv(1) for each in silent] == [b""] * 5
        idle.send(request("GET", "/healthz"))  # one that has spoken may be idle for longer
        assert idle.answer().status == 200
    assert metric(stack.links, "sharelink_http_connections_ended_total", reason="silent") == 5


def test_chunk_size_without_end_is_answered_at_once(stack):
    for daemon in stack.daemons:
        before = resident_mib(daemon)
        for _ in range(20):
            with Connection(daemon) as connection:
                connection.send(request("POST", "/v1/share-links", "Transfer-Encoding: chunked") + b"0" * 400)
                answer = connection.answer("POST")
                assert (answer.status, answer.headers["Content-Type"]) == (411, "application/problem+json")
                assert connection.is_closed()
        assert resident_mib(daemon) < before + 2
