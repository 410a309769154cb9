"""Guessing and unusual activity: who guesses has to pause, the link pauses when many do, and neither ends anybody's session;
a link that too many use is switched off, with the evidence.
"""

import threading

import psycopg2
import pytest
import requests
from stack.waiting import wait_until
from support import prometheus
from support.api import Reviewer
from support.held import HELD_SECONDS

PROXY = {"SHARELINK_VIEWS_TRUSTED_PROXIES": "127.0.0.0/8"}
WRONG = "0000-0000-0000-0000"


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack(settings=PROXY, lock_seconds=HELD_SECONDS)
    yield made
    made.close()


@pytest.fixture
def link(stack):
    return stack.make_share_link(reviewer_count=2)


def come_from(stack, link, address, number=0):
    browser = Reviewer(stack.views.url(), link["reviewers"][number]["url"])
    browser.session.headers["X-Forwarded-For"] = address
    return browser


def guess(browser, times=1):
    return [browser.open(WRONG).status_code for _ in range(times)]


def events(stack, link, name):
    return [row["data"] for row in stack.db.rows("select data from events.log where type = %s and share_link_id = %s order by xid, id",
                                                 name, link["id"])]


def end_pauses(stack, link):
    stack.db.rows("update views.guesses set paused_until = now() - interval '1 second', since = since - interval '2 minutes' "
                  "where paused_until is not null and reviewer_id in (select id from links.reviewers where share_link_id = %s)", link["id"])


# --- guessing ---

def test_five_wrong_tries_pause_that_network_alone(stack, link):
    guesser = come_from(stack, link, "192.0.2.7")
    assert guess(guesser, 5) == [401] * 5
    for passcode in (WRONG, guesser.passcode):
        answer = guesser.open(passcode, status=429)
        assert answer.json()["code"] == "too_many_tries" and 1 <= int(answer.headers["Retry-After"]) <= 60
    come_from(stack, link, "192.0.2.200").open(status=429)  # the same /24
    come_from(stack, link, "192.0.3.7").open(status=200)
    come_from(stack, link, "192.0.2.7", number=1).open(status=200)  # another reviewer's link
    assert len(events(stack, link, "link.passcode_failed")) == 5


def test_addresses_of_one_ipv6_site_are_one_network(stack, link):
    assert guess(come_from(stack, link, "2001:db8:7::1"), 5) == [401] * 5
    come_from(stack, link, "2001:db8:7:ffff::9").open(status=429)
    come_from(stack, link, "2001:db8:8::1").open(status=200)


def test_a_pause_ends_by_itself_and_the_next_is_twice_as_long(stack, link):
    guesser = come_from(stack, link, "192.0.2.7")
    longest = 0
    for _ in range(4):
        assert guess(guesser, 5) == [401] * 5
        pause = int(guesser.open(status=429).headers["Retry-After"])
        assert longest < pause <= max(60, 2 * longest + 2)
        longest = pause
        end_pauses(stack, link)
    guesser.open(status=200)


def test_after_a_quiet_day_pauses_are_short_again(stack, link):
    guesser = come_from(stack, link, "192.0.2.7")
    guess(guesser, 5)
    stack.db.rows("update views.guesses set paused_until = now() - interval '25 hours', since = now() - interval '26 hours'")
    guess(guesser, 5)
    assert int(guesser.open(status=429).headers["Retry-After"]) <= 60


def test_wrong_tries_long_ago_do_not_count(stack, link):
    guesser = come_from(stack, link, "192.0.2.7")
    guess(guesser, 4)
    stack.db.rows("update views.guesses set since = since - interval '11 minutes'")
    assert guess(guesser, 5) == [401] * 5
    guesser.open(status=429)


def test_twenty_wrong_tries_pause_the_link_for_all_and_tell(stack, link):
    opened = come_from(stack, link, "203.0.113.1")
    opened.open(status=200)
    for network in range(4):
        assert guess(come_from(stack, link, f"198.51.{network}.7"), 5) == [401] * 5
    bystander = come_from(stack, link, "203.0.114.99")
    assert 60 < int(bystander.open(status=429).headers["Retry-After"]) <= 300
    opened.content(status=200)  # the door pauses, sessions go on
    come_from(stack, link, "203.0.114.99", number=1).open(status=200)
    told = events(stack, link, "link.passcode_failed")
    assert [event["tries"] for event in told] == list(range(1, 21))
    assert ["paused_until" in event for event in told] == [False] * 19 + [True]
    assert all(event["reviewer_id"] == link["reviewers"][0]["id"] for event in told)
    end_pauses(stack, link)
    bystander.open(status=200)
    assert stack.api.get(f"/v1/share-links/{link['id']}").json()["state"] == "active"


def pause_link(stack, link):
    """As often as it can be done: the pause is an hour long."""
    for turn in range(3):
        for network in range(4):
            assert guess(come_from(stack, link, f"198.51.{network}.7"), 5) == [401] * 5
        assert come_from(stack, link, "198.52.0.7").open().status_code == 429
        if turn < 2:
            end_pauses(stack, link)


def test_guesses_of_others_keep_nobody_out_where_she_has_been(stack, link):
    """By her network without a session, and by her session from any network."""
    at_home = come_from(stack, link, "203.0.113.1")
    at_home.open(status=200)
    pause_link(stack, link)
    come_from(stack, link, "203.0.113.77").open(status=200)
    at_home.session.headers["X-Forwarded-For"] = "203.0.120.1"
    at_home.open(status=200)
    at_home.content(status=200)
    come_from(stack, link, "203.0.121.1").open(status=429)


def test_a_session_pays_for_no_guesses_from_its_own_network(stack, link):
    hers = come_from(stack, link, "203.0.113.1")
    hers.open(status=200)
    assert guess(come_from(stack, link, "203.0.113.66"), 5) == [401] * 5
    come_from(stack, link, "203.0.113.66").open(status=429)
    hers.open(status=200)


def test_who_has_been_in_pays_for_her_own_guesses_and_for_nobody_elses(stack, link):
    hers = come_from(stack, link, "203.0.113.1")
    hers.open(status=200)
    assert guess(hers, 7) == [401] * 5 + [429] * 2
    hers.open(status=429)
    come_from(stack, link, "203.0.113.1").open(status=200)  # the network has its own
    assert guess(come_from(stack, link, "203.0.113.2"), 6) == [401] * 5 + [429]
    assert ["paused_until" in event for event in events(stack, link, "link.passcode_failed")] == [False] * 10
    for network in range(4):  # what they have guessed is nothing to the budget of others
        assert guess(come_from(stack, link, f"198.51.{network}.7"), 5) == [401] * 5
    come_from(stack, link, "198.52.0.7").open(status=429)


def test_a_network_that_opened_with_an_older_passcode_is_none_that_has_been_in(stack, link):
    come_from(stack, link, "203.0.113.1").open(status=200)
    renewed = stack.api.post(f"/v1/share-links/{link['id']}/reactivate", status=200).json()
    for network in range(4):
        assert guess(come_from(stack, renewed, f"198.51.{network}.7"), 5) == [401] * 5
    come_from(stack, renewed, "203.0.113.1").open(status=429)


def test_parallel_guesses_from_known_and_unknown_networks_end_in_no_circle(stack, link):
    for network in range(3):
        come_from(stack, link, f"203.0.{network}.1").open(status=200)
    before = stack.db.value("select deadlocks from pg_stat_database where datname = current_database()")
    answers = []

    def try_many(number):
        for turn in range(8):
            network = f"203.0.{turn % 3}.1" if number % 2 else f"198.51.{turn % 4}.7"
            answers.append(come_from(stack, link, network).open(WRONG).status_code)

    threads = [threading.Thread(target=try_many, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {401, 429} and answers.count(401) == 3 * 5 + 20
    assert stack.db.value("select deadlocks from pg_stat_database where datname = current_database()") == before


@pytest.mark.parametrize("typed", ["1234", "x", "NBAV-2R1B-NEFY", "NBAV-2R1B-NEFY-TCPS-0000", "****-****-****-****"])
def test_what_cannot_be_a_passcode_is_not_counted(stack, link, typed):
    guesser = come_from(stack, link, "192.0.2.7")
    for _ in range(8):
        assert guesser.open(typed, status=401).json()["code"] == "wrong_passcode"
    assert not events(stack, link, "link.passcode_failed")
    assert stack.db.value("select count(*) from views.guesses where reviewer_id = %s", link["reviewers"][0]["id"]) == 0
    guesser.open(status=200)


def test_parallel_guesses_get_no_more_tries_than_the_budget(stack, link):
    """Two views daemons would share the same rows; one gets the tries of many connections into one statement."""
    answers, lock = [], threading.Lock()

    def try_many():
        browser = come_from(stack, link, "192.0.2.7")
        statuses = guess(browser, 5)
        with lock:
            answers.extend(statuses)

    threads = [threading.Thread(target=try_many) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [401] * 5 + [429] * 45
    assert len(events(stack, link, "link.passcode_failed")) == 5


def test_the_right_passcode_among_guesses_of_one_batch_is_behind_the_same_budget(stack, link):
    """While a first try is held up, the others queue, and go as one statement in their order: the right one last."""
    other, answers = stack.make_share_link(), {}
    guess(come_from(stack, other, "192.0.2.7"))

    def send(name, at, passcode):
        answers[name] = come_from(stack, at, "192.0.2.7").open(passcode).status_code

    threads = [threading.Thread(target=send, args=("first", other, WRONG))]
    with psycopg2.connect(stack.postgres.url(stack.database)) as connection:
        connection.cursor().execute("select from views.guesses where reviewer_id = %s for update", [other["reviewers"][0]["id"]])
        threads[0].start()
        wait_until(lambda: stack.db.value("select count(*) from pg_stat_activity where datname = current_database() "
                                          "and wait_event_type = 'Lock'"), 20, "the first try waits")
        for number in range(8):
            passcode = link["reviewers"][0]["passcode"] if number == 7 else WRONG
            before = connected(stack)
            threads.append(threading.Thread(target=send, args=(number, link, passcode)))
            threads[-1].start()
            wait_until(lambda before=before: connected(stack) > before, 20, "it has come")
    connection.close()
    for thread in threads:
        thread.join()
    assert answers.pop("first") == 401 and answers[7] == 429
    assert sorted(answers.values()) == [401] * 5 + [429] * 3


def connected(stack):
    """Connections that the views daemon has."""
    text = requests.get(stack.views.url() + "/metrics", timeout=10).text
    return int(prometheus.value(prometheus.parse(text), "sharelink_http_connections"))


def test_the_budget_of_a_link_holds_for_parallel_networks_too(stack, link):
    answers, lock = [], threading.Lock()

    def try_many(number):
        statuses = guess(come_from(stack, link, f"198.51.{number}.7"), 4)
        with lock:
            answers.extend(statuses)

    threads = [threading.Thread(target=try_many, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(401) == 20 and answers.count(429) == 28
    assert sum("paused_until" in event for event in events(stack, link, "link.passcode_failed")) == 1


def test_a_link_that_is_over_says_so_and_counts_nothing(stack, link):
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    assert guess(come_from(stack, link, "192.0.2.7"), 7) == [410] * 7
    assert not events(stack, link, "link.passcode_failed")


def test_a_new_passcode_ends_a_pause(stack, link):
    guesser = come_from(stack, link, "192.0.2.7")
    guess(guesser, 5)
    guesser.open(status=429)
    renewed = stack.api.post(f"/v1/share-links/{link['id']}/reactivate", status=200).json()
    assert come_from(stack, renewed, "192.0.2.7").open(WRONG).status_code == 401
    come_from(stack, renewed, "192.0.2.7").open(status=200)


# --- unusual activity ---

def reviewer_of(stack, link, number=0):
    return stack.api.get(f"/v1/share-links/{link['id']}", status=200).json()["reviewers"][number]


def test_the_tenth_network_in_a_day_switches_the_reviewers_link_off(stack, link):
    browsers = [come_from(stack, link, f"198.51.{number}.7") for number in range(10)]
    for browser in browsers[:9]:
        browser.open(status=200)
    come_from(stack, link, "198.51.3.99").open(status=200)  # a known network is none more
    assert browsers[9].open(status=410).json()["code"] == "link_deactivated"
    browsers[0].content(status=410)
    reviewer = reviewer_of(stack, link)
    assert reviewer["state"] == "deactivated" and reviewer["open_count"] == 10
    reason = reviewer["state_reason"]
    assert reason["code"] == "unusual_activity"
    assert {name: reason["evidence"][name] for name in ("rule", "count", "threshold", "window_seconds")} \
        == {"rule": "networks", "count": 10, "threshold": 9, "window_seconds": 86400}
    assert "198.51.9.0/24" in reason["evidence"]["networks"]
    assert events(stack, link, "link.deactivated") == [
        {"share_link_id": link["id"], "reviewer_id": reviewer["id"], "reason": "unusual_activity"}]
    come_from(stack, link, "198.51.0.7", number=1).open(status=200)
    whole = stack.api.get(f"/v1/share-links/{link['id']}").json()
    assert whole["state"] == "active" and whole["version"] == link["version"] + 1


def test_networks_of_yesterday_do_not_count(stack, link):
    for number in range(9):
        come_from(stack, link, f"198.51.{number}.7").open(status=200)
    stack.db.rows("update views.activity set networks = (select jsonb_object_agg(key, value::bigint - 90000) from jsonb_each_text(networks)) "
                  "where reviewer_id = %s", link["reviewers"][0]["id"])
    for number in range(10, 19):
        come_from(stack, link, f"198.51.{number}.7").open(status=200)


def test_after_reactivation_counting_starts_afresh(stack, link):
    for number in range(11):
        come_from(stack, link, f"198.51.{number}.7").open()
    renewed = stack.api.post(f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][0]['id']}/reactivate", status=200).json()
    assert renewed["state"] == "active" and renewed["state_reason"] is None
    again = Reviewer(stack.views.url(), renewed["url"])
    again.session.headers["X-Forwarded-For"] = "198.51.99.7"
    again.open(status=200)


def test_many_opens_within_an_hour_switch_it_off(make_stack):
    stack = make_stack(settings={**PROXY, "SHARELINK_VIEWS_UNUSUAL_OPENS": "7"})
    link = stack.make_share_link()
    for _ in range(7):
        come_from(stack, link, "192.0.2.7").open(status=200)
    come_from(stack, link, "192.0.2.7").open(status=410)
    evidence = reviewer_of(stack, link)["state_reason"]["evidence"]
    assert (evidence["rule"], evidence["count"], evidence["threshold"], evidence["window_seconds"]) == ("opens", 8, 7, 3600)
    other = stack.make_share_link()
    for _ in range(7):
        come_from(stack, other, "192.0.2.7").open(status=200)
    stack.db.rows("update views.activity set hour_since = hour_since - interval '61 minutes'")
    come_from(stack, other, "192.0.2.7").open(status=200)


def test_opens_of_one_moment_are_all_refused_once_they_are_too_many(make_stack):
    stack = make_stack(settings={**PROXY, "SHARELINK_VIEWS_UNUSUAL_OPENS": "10"})
    link = stack.make_share_link()
    answers, lock = [], threading.Lock()

    def open_it():
        status = come_from(stack, link, "192.0.2.7").open().status_code
        with lock:
            answers.append(status)

    threads = [threading.Thread(target=open_it) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(200) <= 10 and answers.count(410) == 40 - answers.count(200)
    assert len(events(stack, link, "link.deactivated")) == 1
    assert reviewer_of(stack, link)["open_count"] == answers.count(200) == len(events(stack, link, "link.opened"))


def test_a_basic_link_is_for_many(stack):
    interview = stack.make_interview()
    url = stack.api.post(f"/v1/interviews/{interview}/basic-link", status=201).json()["url"]
    for number in range(14):
        browser = Reviewer(stack.views.url(), url)
        browser.session.headers["X-Forwarded-For"] = f"198.51.{number}.7"
        browser.open(status=200)
