"""How often a key may call: the burst, the rate after it, what the answer says of both, and two processes with one bucket."""

import concurrent.futures
import contextlib
import json
import pathlib
import re
import time

import pytest
from stack import ports
from stack.waiting import wait_until
from support import samples
from support.api import Api
from support.programs import daemon


def small(burst, per_second):
    return {"SHARELINK_RATE_LIMIT_BURST": str(burst), "SHARELINK_RATE_LIMIT_PER_SECOND": str(per_second)}


def standing(answer):
    """What is left, and the seconds until all is there again."""
    found = re.fullmatch(r'"default";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
    assert found, answer.headers["RateLimit"]
    return int(found[1]), int(found[2])


def until_refused(call):
    """The answers of calls one after the other up to the first 429. A slow machine is given a little more meanwhile."""
    answers = [call(0)]
    while answers[-1].status_code != 429:
        answers.append(call(len(answers)))
        assert len(answers) < 1000
    return answers


def statuses_of(apis, count, workers=8, method="GET", path="/v1/account"):
    """Of `count` calls, as fast as they go, by turns to each of `apis`."""
    def call(number):
        return apis[number % len(apis)].another().call(method, path).status_code
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(call, range(count)))


@contextlib.contextmanager
def second_links(stack, tmp_path, **over):
    settings = {**stack.links.settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}", **over}
    with daemon("links", settings, tmp_path / "second-links.log") as second:
        wait_until(lambda: Api(second.url()).get("/readyz").status_code == 200, 20, "the second links daemon is ready")
        yield Api(second.url(), stack.key)


def test_burst_is_given_then_429_with_the_time_to_wait(make_stack):
    api = make_stack(settings=small(burst=10, per_second=1)).api
    began = time.monotonic()
    *given, refused = until_refused(lambda _: api.get("/v1/account"))
    back = time.monotonic() - began + 1  # so many it may have been given back
    assert 10 <= len(given) <= 10 + back
    for number, answer in enumerate(given):
        assert answer.status_code == 200 and answer.headers["RateLimit-Policy"] == '"default";q=10;w=10'
        left, seconds = standing(answer)
        assert 9 - number <= left <= min(9, 9 - number + back) and 1 <= seconds <= number + 1
    assert refused.json()["code"] == "rate_limited"
    assert int(refused.headers["Retry-After"]) == 1
    assert standing(refused)[0] == 0 and refused.headers["RateLimit-Policy"] == '"default";q=10;w=10'
    time.sleep(1.1)  # the very time that was asked for
    assert api.get("/v1/account").status_code == 200


def test_every_authenticated_answer_says_where_the_caller_stands(make_stack):
    stack = make_stack(settings=small(burst=100, per_second=1))
    for answer in (stack.api.get("/v1/share-links/lnk_00000000000000000000000000", status=404), stack.api.post("/v1/share-links", {}, status=422),
                   stack.api.post("/v1/share-links", data=b"{", headers={"Content-Type": "application/json"}, status=400)):
        assert standing(answer)[0] > 0 and answer.headers["RateLimit-Policy"] == '"default";q=100;w=100'
    reader = stack.operate("key", "create", "--account", stack.account, "--scopes", "reviews.read")
    key = re.search(r"slk_[\w-]+", reader)[0]
    forbidden = Api(stack.links.url(), key).get("/v1/account", status=403)
    assert standing(forbidden)[0] == 99
    unknown = stack.anonymous.get("/v1/account", status=401)
    assert "RateLimit" not in unknown.headers


def test_keys_have_buckets_of_their_own(make_stack):
    stack = make_stack(settings=small(burst=5, per_second=1))
    until_refused(lambda _: stack.api.get("/v1/account"))
    assert stack.other_api.get("/v1/account").status_code == 200


def test_refused_call_has_no_effect(make_stack):
    stack = make_stack(settings=small(burst=3, per_second=1))
    *made, _ = until_refused(lambda n: stack.api.put(f"/v1/interviews/int-{n}", samples.interview_document()))
    assert {answer.status_code for answer in made} == {201}
    assert stack.db.value("select count(*) from links.interviews") == len(made)


def test_zero_sets_no_limit(make_stack):
    api = make_stack(settings=small(burst=0, per_second=0)).api
    assert set(statuses_of([api], 60)) == {200}
    assert "RateLimit" not in api.get("/v1/account").headers


def test_two_processes_share_the_bucket(make_stack, tmp_path):
    """Each may be a credit (a twentieth of the burst) ahead of Redis, and no more."""
    stack = make_stack(settings=small(burst=100, per_second=1))
    with second_links(stack, tmp_path) as second:
        began = time.monotonic()
        given = statuses_of([stack.api, second], 300).count(200)
        seconds = time.monotonic() - began
    assert 100 <= given <= 100 + 2 * 5 + seconds + 1


def test_one_process_spends_what_another_finds_spent(make_stack, tmp_path):
    stack = make_stack(settings=small(burst=40, per_second=1))
    with second_links(stack, tmp_path) as second:
        assert statuses_of([stack.api], 50).count(200) >= 40
        began = time.monotonic()
        given = statuses_of([second], 30).count(200)
        assert given <= 2 + (time.monotonic() - began) + 1


def test_burst_is_given_across_a_restart_only_once(make_stack):
    stack = make_stack(settings=small(burst=60, per_second=1))
    began = time.monotonic()
    given = statuses_of([stack.api], 50).count(200)
    stack.links.kill()
    stack.links.start()
    stack.links.wait_until_answering()
    given += statuses_of([stack.api], 80).count(200)
    assert given <= 60 + 2 * 3 + (time.monotonic() - began) + 1


def test_without_redis_each_process_limits_for_itself(make_stack, tmp_path):
    stack = make_stack(private=True, settings=small(burst=50, per_second=1))
    with second_links(stack, tmp_path) as second:
        assert stack.api.get("/v1/account").status_code == 200
        stack.redis.kill()
        began = time.monotonic()
        given = statuses_of([stack.api], 120)
        assert set(given) == {200, 429} and given.count(200) <= 50 + (time.monotonic() - began) + 1
        others = statuses_of([second], 120)
        assert set(others) == {200, 429} and others.count(200) <= 50 + (time.monotonic() - began) + 1
        stack.redis.start()
        stack.redis.wait_until_answering()
        wait_until(lambda: stack.redis.ask("KEYS", "sharelink:ratelimit:*").count("sharelink:") == 1, 30, "what was given is told")
        assert 429 in statuses_of([stack.api, second], 20)


@pytest.mark.parametrize("end", ["kill", "pause"])
def test_redis_that_goes_in_the_middle_costs_no_call(make_stack, end):
    """A hundred calls may go untold, and hundreds follow: some have to wait for Redis when it goes."""
    stack = make_stack(private=True, settings=small(burst=2000, per_second=1))
    answered = []

    def call(_):
        answered.append(stack.api.another().get("/v1/account").status_code)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(call, n) for n in range(600)]
        wait_until(lambda: len(answered) > 150, 30, "calls are under way")
        stack.redis.kill() if end == "kill" else stack.redis.pause()
        for each in calls:
            each.result()
        events = [json.loads(line)["event"] for line in pathlib.Path(stack.links.log).read_text().splitlines()]
        if end == "pause":
            stack.redis.resume()
    assert answered == [200] * 600
    assert "ratelimit.local" in events
    # Nobody waits until a silent connection is given up.
    if end == "pause" and "redis.lost" in events:
        assert events.index("ratelimit.local") < events.index("redis.lost")


def test_links_and_notifications_have_the_guard_and_its_figures(stack):
    for each in (stack.links, stack.notifications):
        assert "sharelink_rate_limited_total" in Api(each.url()).get("/metrics", status=200).text
