"""One tenant, or nobody at all, with more connections than is good: another one is served as before, and health answers."""

import collections

import requests
from stack import ports
from stack.waiting import wait_until
from support import prometheus
from support.api import Api
from support.crowds import crowd, grown_mib, resident_mib, served_as_usual
from support.raw_http import Connection, ask, request


def health(server):
    return Api(f"http://127.0.0.1:{server.port + ports.HEALTH_STEP}")


def metric(server, name, **labels):
    return prometheus.value(prometheus.parse(health(server).get("/metrics", status=200).text), name, **labels)


def get_stream(key):
    return request("GET", "/v1/events/stream", f"Authorization: Bearer {key}")


def test_one_key_with_2000_streams_shuts_nobody_out(stack):
    daemon = stack.notifications
    with served_as_usual(daemon, "/v1/deliveries", stack.other_key) as is_served, crowd(daemon, 2000, get_stream(stack.key)) as streams:
        for path in ("/healthz", "/readyz"):
            health(daemon).get(path, status=200)
        is_served()
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
        with served_as_usual(daemon, path, stack.other_key) as is_served, crowd(daemon, 1500) as silent:
            for each in ("/healthz", "/readyz"):
                health(daemon).get(each, status=200)
            is_served()
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
        assert grown_mib(daemon, before) < 2


MIB, WAITING_MIB = 1 << 20, 64  # SHARELINK_WAITING_ANSWERS_MB by default
OWN_MIB = 40                    # what a process takes for making pages of this size, one after the other


def big_shortlist(stack):
    """A reviewer who has opened a list of 1 MB, as large as they come, which was made."""
    ids = [stack.make_interview(job={"id": "job-1", "title": "\U0001f642" * 200}, candidate={"first_name": "\U0001f642" * 100, "last_name": f"{number} " + "\U0001f642" * 90})
           for number in range(500)]
    reviewer = stack.reviewer(stack.make_share_link(interview_ids=ids))
    reviewer.open(status=200)
    assert len(reviewer.content(status=200).content) > 900_000
    return reviewer


def get_content(reviewer, query=""):
    cookies = "; ".join(f"{name}={value}" for name, value in reviewer.session.cookies.items())
    return request("GET", f"{reviewer.page}/content{query}", f"Cookie: {cookies}")


def small_page(stack):
    reviewer = stack.reviewer(stack.make_share_link())
    reviewer.open(status=200)
    cookies = "; ".join(f"{name}={value}" for name, value in reviewer.session.cookies.items())
    return f"{reviewer.page}/content", {"Cookie": cookies}


def answered(daemon):
    return metric(daemon, "sharelink_http_requests_total", route="/s/{token}/content")


def test_100_slow_readers_of_one_page_take_the_memory_of_one(make_stack):
    stack = make_stack()
    daemon, (path, fields) = stack.views, small_page(stack)
    asked = get_content(big_shortlist(stack))
    with served_as_usual(daemon, path, fields=fields) as is_served:
        mib = resident_mib(daemon)
        with crowd(daemon, 100, asked, receive_buffer=4096) as slow:
            wait_until(lambda: answered(daemon) >= 100 + 500, 60, "all are answered")
            assert grown_mib(daemon, mib) < 24
            assert 900_000 < metric(daemon, "sharelink_http_waiting_bytes") < 1.5 * MIB
            is_served()
            health(daemon).get("/healthz", status=200)
            assert slow[0].recv(12) == b"HTTP/1.1 200"
    wait_until(lambda: metric(daemon, "sharelink_http_waiting_bytes") == 0, 40, "nothing waits")


def test_200_slow_readers_of_pages_of_their_own_stay_under_the_budget(make_stack):
    budget = 8  # MiB: kernels take some of what waits
    stack = make_stack(settings={"SHARELINK_WAITING_ANSWERS_MB": str(budget)})
    daemon, (path, fields) = stack.views, small_page(stack)
    asked = get_content(big_shortlist(stack), "?sort=-name")
    with served_as_usual(daemon, path, fields=fields) as is_served:
        mib = resident_mib(daemon)
        with crowd(daemon, 200, asked, receive_buffer=4096):
            wait_until(lambda: answered(daemon) >= 200 + 500, 60, "all are answered")
            assert metric(daemon, "sharelink_http_answers_refused_total") > 0
            is_served()
            assert grown_mib(daemon, mib) < budget + OWN_MIB
            assert metric(daemon, "sharelink_http_waiting_bytes") <= budget * MIB
            health(daemon).get("/healthz", status=200)
            # Who takes nothing makes room in the end; until then the answer says when to come again.
            wait_until(lambda: ask(daemon, asked).status == 200, 40, "one that reads is served")
    wait_until(lambda: metric(daemon, "sharelink_http_waiting_bytes") == 0, 40, "nothing waits")


def test_400_who_send_most_of_a_large_request_stay_under_the_budget(make_stack):
    stack = make_stack()
    daemon = stack.views
    most, mib = request("POST", "/s/unknown/open", "Content-Type: application/json", "Content-Length: 1000000") + b" " * 900_000, resident_mib(daemon)
    with crowd(daemon, 400, most):
        wait_until(lambda: metric(daemon, "sharelink_http_connections_ended_total", reason="crowding") > 300, 10, "most of them are ended")
        wait_until(lambda: grown_mib(daemon, mib) < WAITING_MIB + OWN_MIB, 5, "their memory is given back")
        answer = ask(daemon, most + b" " * 100_000)
        assert answer.status == 400 and b"invalid_json" in answer.content


def test_120_large_requests_at_once_are_all_taken(make_stack):
    """More than may wait for its end, for a moment."""
    stack = make_stack()
    head = request("POST", "/s/unknown/open", "Content-Type: application/json", "Content-Length: 700000")
    with crowd(stack.views, 120, head + b" " * 690_000) as made:
        for each in made:
            each.sendall(b" " * 10_000)
        assert {each.recv(12) for each in made} == {b"HTTP/1.1 400"}
