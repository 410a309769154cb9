"""Bad API keys: looked up once in a while, limited by network and by key's id; who has a good one does not pay for them."""
import pytest
from support import prometheus
from support.api import Api


@pytest.fixture
def guarded(make_stack):
    return make_stack(settings={"SHARELINK_BAD_KEYS_PER_MINUTE": "5"})


def key(number, secret="x" * 40):
    return f"slk_{number:026d}_{secret}"


def looked_up(stack):
    return prometheus.value(prometheus.parse(Api(stack.links.url()).get("/metrics").text), "sharelink_bad_keys_total", outcome="looked_up")


def ask(stack, with_key):
    return Api(stack.links.url(), with_key).get("/v1/account")


def test_bad_key_is_looked_up_once(guarded):
    before = looked_up(guarded)
    for _ in range(20):
        assert ask(guarded, key(1)).status_code == 401
    assert looked_up(guarded) == before + 1


def test_network_that_tries_keys_has_to_wait_and_good_keys_do_not(guarded):
    assert ask(guarded, guarded.key).status_code == 200
    answers = [ask(guarded, key(100 + number)) for number in range(20)]
    assert [each.status_code for each in answers[:5]] == [401] * 5
    refused = answers[-1]
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_bad_keys")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert looked_up(guarded) <= 7  # the five, and what came back meanwhile
    for _ in range(3):
        assert ask(guarded, guarded.key).status_code == 200
