"""A reviewer who keeps the page's search busy takes nobody else's time: what is looked for is looked for in texts that were made
before; and lists are made one at a time for each reviewer, texts for each link, beside all else."""

import concurrent.futures
import contextlib
import random
import string
import subprocess
import sys
import threading
import time

import psycopg2
import pytest
import requests
from stack.waiting import wait_until
from support import prometheus

LINK, TEXT = 500, 10_000


def document(seed):
    words = random.Random(seed)
    text = " ".join("".join(words.choices(string.ascii_lowercase, k=7)) for _ in range(TEXT // 8 // 4))
    return {"questions": [{"id": f"q{number}", "text": "Why?", "answer": {"kind": "text", "text": text}} for number in range(4)]}


@pytest.fixture(scope="module")
def interviews(stack):
    return [stack.make_interview(**document(number)) for number in range(LINK)]


def inside(stack, link, number=0):
    browser = stack.reviewer(link, number)
    browser.open(status=200)
    return browser


def latencies(stack, browser, count=300):
    """Of the same question, again and again, sorted."""
    url = f"{stack.views.url()}{browser.page}/content"
    session = requests.Session()
    session.cookies.update(browser.session.cookies)
    took = []
    for _ in range(count):
        begun = time.monotonic()
        assert session.get(url, timeout=30).status_code == 200  # without the checks of the contract, which cost more than the answer
        took.append(time.monotonic() - begun)
        time.sleep(0.005)
    return sorted(took)


def p99(took):
    return took[int(len(took) * 0.99)]


# Another process: threads of this one would take its time themselves.
LOAD = """
import http.client, random, string, sys, threading
host, port, path, cookie = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
def work():
    connection = http.client.HTTPConnection(host, port)
    while True:
        word = "".join(random.choices(string.ascii_lowercase, k=8))
        connection.request("GET", path.replace("WORD", word), headers={"Cookie": cookie})
        assert connection.getresponse().read()
for _ in range(16):
    threading.Thread(target=work, daemon=True).start()
print("begun", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def busy(stack, browser, query):
    cookie = "; ".join(f"{each.name}={each.value}" for each in browser.session.cookies)
    where = [stack.views.url().removeprefix("http://"), f"{browser.page}/content?{query}", cookie]
    with subprocess.Popen([sys.executable, "-c", LOAD, *where[0].split(":"), *where[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == b"begun\n"
            yield
            assert process.poll() is None
        finally:
            process.kill()


@pytest.mark.parametrize("query", ["search=WORD", "search=WORD&sort=-name", "search=WORD&reviewed=no", "job=WORD"])
def test_sixteen_searches_at_once_slow_nobody_else_down(stack, interviews, query):
    """The best of three rounds, for this machine has other work too; a round that searches in PostgreSQL is a hundred times slower."""
    searcher = inside(stack, stack.make_share_link(interview_ids=interviews))
    other = inside(stack, stack.make_share_link())
    searcher.content(status=200)
    ratios = []
    for _ in range(3):
        usual = p99(latencies(stack, other))
        with busy(stack, searcher, query):
            ratios.append(p99(latencies(stack, other)) / usual)
        if ratios[-1] <= 3:
            return
    assert min(ratios) <= 3, ratios


def makings(stack, statement="show_content"):
    """How many lists, or texts by gather_texts, are being made in this moment."""
    return stack.db.value("select count(*) from pg_stat_activity where datname = current_database() and state = 'active' "
                          "and query like %s", f"-- {statement}%")


def test_one_page_of_a_reviewer_is_made_at_a_time_for_all_who_wait(stack, interviews):
    """Cold, and again and again with another version, as feedback makes it."""
    browser = inside(stack, stack.make_share_link(interview_ids=interviews[:200]))
    review = f"{browser.page}/interviews/{interviews[0]}/review"
    seen, bodies, ends = [], [], threading.Event()

    def watch():
        while not ends.is_set():
            seen.append(max(makings(stack), makings(stack, "gather_texts")))

    def ask(number):
        for turn in range(3):
            answer = browser.content(params={} if number % 2 else {"search": f"w{number}"})
            assert answer.status_code == 200
            bodies.append(answer.json()["total"])
            if number == 0:
                browser.put(review, {"comment": f"{turn}"})

    watcher = threading.Thread(target=watch)
    watcher.start()
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ends.set()
    watcher.join()
    assert max(seen) == 1 and bodies.count(200) == 18


def test_texts_of_a_link_are_made_once_for_all_its_reviewers(stack, interviews):
    """One by one, when somebody searches."""
    link = stack.make_share_link(interview_ids=interviews, reviewer_count=6)
    browsers = [inside(stack, link, number) for number in range(6)]
    for browser in browsers:
        browser.content(status=200)
    seen, ends, totals = [], threading.Event(), []

    def watch():
        while not ends.is_set():
            seen.append(makings(stack, "gather_texts"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    threads = [threading.Thread(target=lambda each=each: totals.append(each.content(params={"search": "why"}, status=200).json()["total"]))
               for each in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ends.set()
    watcher.join()
    assert max(seen) == 1 and totals == [LINK] * 6


def test_more_searches_than_may_wait_are_told_to_come_again(stack, interviews):
    """The page is not made yet, so that all of them have to wait."""
    browser = inside(stack, stack.make_share_link(interview_ids=interviews))
    statuses, waits = [], []

    def search():
        answer = requests.get(f"{stack.views.url()}{browser.page}/content?search=x", cookies=browser.session.cookies, timeout=30)
        statuses.append(answer.status_code)
        if answer.status_code == 429:
            assert answer.json()["code"] == "too_many_searches"
            waits.append(answer.headers["Retry-After"])

    threads = [threading.Thread(target=search) for _ in range(100)]
    for thread in threads:
        thread.start()
    other = inside(stack, stack.make_share_link())
    other.content(params={"search": "x"}, status=200)
    for thread in threads:
        thread.join()
    assert set(statuses) == {200, 429} and statuses.count(200) >= 66 and set(waits) == {"1"}


def test_how_many_may_wait_is_a_setting(make_stack):
    stack = make_stack(settings={"SHARELINK_VIEWS_SEARCHES_AT_WORK": "1", "SHARELINK_VIEWS_SEARCHES_WAITING": "0"})
    browser = inside(stack, stack.make_share_link())
    url = f"{stack.views.url()}{browser.page}/content?search=x"
    connection = psycopg2.connect(stack.postgres.url(stack.database))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        try:
            connection.cursor().execute("lock table views.visits in access exclusive mode")
            asked = [pool.submit(requests.get, url, cookies=browser.session.cookies, timeout=30) for _ in range(2)]
            wait_until(lambda: any(each.done() for each in asked), 10, "one is refused")
        finally:
            connection.rollback()
            connection.close()
        assert sorted(each.result().status_code for each in asked) == [200, 429]


def test_who_has_the_url_alone_takes_no_turns_of_the_reviewer(stack):
    """Nor by a session that was made up, while nobody's session can be proved."""
    browser = inside(stack, stack.make_share_link())
    url, made_up = f"{stack.views.url()}{browser.page}/content?search=x", "x" * len(next(iter(browser.session.cookies)).value)
    connection = psycopg2.connect(stack.postgres.url(stack.database))
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        try:
            connection.cursor().execute("lock table views.visits in access exclusive mode")
            others = [pool.submit(requests.get, url, cookies={"sharelink_session": made_up} if number % 2 else {}, timeout=30)
                      for number in range(99)]
            wait_until(lambda: connections(stack) >= 99 or any(each.done() for each in others), 10, "they are being proved")
            answer = pool.submit(requests.get, url, cookies=browser.session.cookies, timeout=30)
            wait_until(lambda: connections(stack) >= 100 or answer.done(), 10, "she waits beside them")
        finally:
            connection.rollback()
            connection.close()
        assert answer.result().status_code == 200
        assert {each.result().status_code for each in others} == {401}


def connections(stack):
    return prometheus.value(prometheus.parse(requests.get(f"{stack.views.url()}/metrics", timeout=30).text), "sharelink_http_connections")


def test_who_waited_for_a_page_sees_what_was_changed_meanwhile(stack, interviews):
    """A setting that is changed while a page is being made holds for all who ask after it."""
    link = stack.make_share_link(interview_ids=interviews)
    browser = inside(stack, link)
    name = stack.api.get(f"/v1/interviews/{interviews[0]}").json()["candidate"]["last_name"]
    for turn in range(4):
        first = threading.Thread(target=browser.content)
        first.start()
        wait_until(lambda: makings(stack) or not first.is_alive(), 10, "the page is being made")
        hides = turn % 2 == 0
        stack.api.patch(f"/v1/share-links/{link['id']}", {"settings": {"abbreviate_names": hides}}, status=200)
        assert (name in browser.content(status=200).text) is not hides
        assert (browser.content(params={"search": name}, status=200).json()["total"] > 0) is not hides
        first.join()


def test_finds_what_the_texts_have_and_nothing_else(stack):
    """Words of each length, by chance: those that are there, and those that are nearly there."""
    chance = random.Random(7)
    texts = ["".join(chance.choices("abcd ", k=length)).strip() or "a" for length in (1, 2, 3, 50, 400, 6000)]
    ids = [stack.make_interview(job={"id": "j", "title": "0"}, questions=[], questionnaire=[{"question": "0", "answer": text}],
                                candidate={"first_name": "0"}) for text in texts]
    browser = inside(stack, stack.make_share_link(interview_ids=ids))
    words = [chance.choice(texts)[chance.randrange(50):][:chance.randrange(1, 7)] for _ in range(60)]
    words += ["".join(chance.choices("abcde", k=chance.randrange(1, 6))) for _ in range(60)]
    for search in (word for word in words if word):
        expected = [id for id, text in zip(ids, texts, strict=True) if all(word in text for word in search.split())]
        found = browser.content(params={"search": search}, status=200).json()
        assert [each["id"] for each in found["interviews"]] == expected and found["total"] == len(expected), search
