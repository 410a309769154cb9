"""What a visitor can have stored is bounded: revisions of feedback by their number and their size, opens of a basic link by the
network that they come from."""

import hashlib
import random

import pytest
from support.api import Reviewer
from support.opens import in_threads


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack(settings={"SHARELINK_VIEWS_TRUSTED_PROXIES": "127.0.0.0/8", "SHARELINK_VIEWS_REVIEW_REVISIONS": "5",
                                       "SHARELINK_VIEWS_REVIEW_REVISIONS_KB": "100", "SHARELINK_VIEWS_BASIC_OPENS_PER_NETWORK": "7"})
    yield made
    made.close()


# --- revisions ---

def reviewing(stack, link=None):
    link = link or stack.make_share_link()
    browser = stack.reviewer(link)
    browser.open(status=200)
    return browser, f"{browser.page}/interviews/{link['interview_ids'][0]}/review"


def revisions(stack, review_id):
    return stack.db.rows("select version, comment from views.review_revisions where review_id = %s order by version", review_id)


def test_first_and_latest_revisions_are_kept_and_the_count_goes_on(stack):
    browser, url = reviewing(stack)
    review = browser.put(url, {"comment": "1"}, status=201).json()
    for number in range(2, 13):
        assert browser.put(url, {"comment": f"{number}"}, status=200).json()["version"] == number
        kept = [row["version"] for row in revisions(stack, review["id"])]
        assert kept == sorted({1, *range(max(2, number - 4), number + 1)})
    assert [row["comment"] for row in revisions(stack, review["id"])] == ["1", "8", "9", "10", "11", "12"]
    assert browser.get(url).json()["comment"] == "12"


def test_revisions_take_so_much_room_and_no_more(stack):
    """Text that does not shrink, as large as one may be."""
    chance = random.Random(3)
    browser, url = reviewing(stack)
    review = browser.put(url, {"comment": "1"}, status=201).json()
    for _ in range(8):
        notes = [{"question_id": "q1", "note": "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=2000))}]
        browser.put(url, {"comment": "".join(chr(chance.randrange(0x4E00, 0x9FA0)) for _ in range(10000)), "question_ratings": notes}, status=200)
    taken = stack.db.value("select sum(pg_column_size(comment) + pg_column_size(question_ratings)) from views.review_revisions where review_id = %s", review["id"])
    kept = [row["version"] for row in revisions(stack, review["id"])]
    assert taken <= 101 * 1024 and kept[0] == 1 and kept[-1] == 9 and 3 <= len(kept) < 6


def test_parallel_saves_leave_no_more(stack):
    browser, url = reviewing(stack)
    review = browser.put(url, {"comment": "1"}, status=201).json()
    texts = [f"text {number}" for number in range(40)]

    def save():
        while texts:
            browser.put(url, {"comment": texts.pop()}, status=200)

    in_threads(save, 6)
    assert len(revisions(stack, review["id"])) == 6 and browser.get(url).json()["version"] == 41


# --- opens of a basic link ---

@pytest.fixture
def basic_url(stack):
    return stack.api.post(f"/v1/interviews/{stack.make_interview()}/basic-link", status=201).json()["url"]


def come(stack, url, address):
    browser = Reviewer(stack.views.url(), url)
    browser.session.headers["X-Forwarded-For"] = address
    return browser


def visits(stack, url):
    token = come(stack, url, "x").token
    return stack.db.value("select count(*) from views.visits v join links.reviewers r on r.id = v.reviewer_id where r.token_hash = %s", digest(token))


def digest(token):
    return hashlib.blake2b(token.encode(), digest_size=32).digest()


def test_a_network_opens_a_basic_link_so_often_an_hour(stack, basic_url):
    first = come(stack, basic_url, "192.0.2.1")
    first.open(status=200)
    for _ in range(6):
        come(stack, basic_url, "192.0.2.9").open(status=200)
    answer = come(stack, basic_url, "192.0.2.99").open(status=429)
    assert answer.json()["code"] == "too_many_opens" and 3000 < int(answer.headers["Retry-After"]) <= 3600
    first.open(status=200)  # the same visit again is no other open
    first.content(status=200)
    come(stack, basic_url, "192.0.3.1").open(status=200)
    assert visits(stack, basic_url) == 8
    stack.db.rows("update views.guesses set opens_since = opens_since - interval '61 minutes'")
    come(stack, basic_url, "192.0.2.1").open(status=200)


def test_parallel_opens_of_a_basic_link_are_bounded_alike(stack, basic_url):
    statuses = []

    def work():
        for turn in range(5):
            statuses.append(come(stack, basic_url, f"198.51.{turn % 2}.7").open().status_code)

    in_threads(work, 10)
    assert sorted(statuses) == [200] * 14 + [429] * 36
    assert visits(stack, basic_url) == 14
    counted = stack.db.value("select count(*) from events.log where type = 'link.opened' and share_link_id = "
                             "(select share_link_id from links.reviewers where token_hash = %s)", digest(come(stack, basic_url, "x").token))
    assert counted == 14


def test_opens_and_guesses_at_once_wait_in_no_circle(stack, basic_url):
    before = stack.db.value("select deadlocks from pg_stat_database where datname = current_database()")
    statuses = set()

    def work():
        for turn in range(12):
            browser = come(stack, basic_url, f"198.51.{turn % 3}.7")
            statuses.add(browser.open("0000-0000-0000-0000" if turn % 2 else None).status_code)

    in_threads(work, 8)
    assert 500 not in statuses and 503 not in statuses
    assert stack.db.value("select deadlocks from pg_stat_database where datname = current_database()") == before


def test_named_reviewers_have_no_such_bound(stack):
    link = stack.make_share_link()
    for _ in range(9):
        come(stack, link["reviewers"][0]["url"], "192.0.2.7").open(status=200)
