"""Captions that documents name: fetched in the background from wherever they are, made into lines and shown by us alone. Nothing that a
server sends, or does not, stops anybody else's."""

import os
import shutil
import tempfile
import threading
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from stack.waiting import wait_until
from support import prometheus, samples
from support.api import faults
from support.receiver import Source, answer_with

VTT = b"WEBVTT\n\n00:01.000 --> 00:02.500 align:start\n<v Ingrid>Hello &amp; welcome\n"
SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hall\xe9</i>\r\n".encode("latin-1")
LINES = [{"start": 1.0, "end": 2.5, "text": "Hello & welcome"}]
SHOWN = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHello &amp; welcome\n"
SETTINGS = {"ALLOW_HTTP_MEDIA": "on", "FETCH_ALLOW_NETWORKS": "127.0.0.0/8", "FETCH_INTERVAL_MS": "50", "FETCH_RETRY_FIRST_SECONDS": "1",
            "FETCH_RETRY_MOST_SECONDS": "1", "FETCH_TIMEOUT_SECONDS": "2", "FETCH_TRIES": "3"}


@pytest.fixture(scope="module")
def source():
    made = Source()
    yield made
    made.close()


@pytest.fixture(scope="module")
def media_dir():
    root = tempfile.mkdtemp(prefix="sharelink-captions-")
    media = os.path.join(root, "media")
    os.makedirs(f"{media}/answers")
    for name, body in (("answers/q1.vtt", VTT), ("q.srt", SRT), ("large.vtt", VTT + b"x" * 1024 * 1024), ("../outside.vtt", VTT)):
        with open(f"{media}/{name}", "wb") as file:
            file.write(body)
    os.symlink("../outside.vtt", f"{media}/link.vtt")
    os.mkfifo(f"{media}/pipe.vtt")
    yield media
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def stack(shared, source, media_dir):
    settings = {f"SHARELINK_VIEWS_{name}": value for name, value in SETTINGS.items()}
    made = shared.make_stack(settings={
        **settings, "SHARELINK_LINKS_ALLOW_HTTP_MEDIA": "on", "SHARELINK_VIEWS_MEDIA_DIR": media_dir,
        "SHARELINK_VIEWS_S3_ENDPOINT": source.url(""), "SHARELINK_VIEWS_S3_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "SHARELINK_VIEWS_S3_SECRET_ACCESS_KEY": "canary", "SHARELINK_VIEWS_S3_PATH_STYLE": "on"})
    yield made
    made.close()


def document(*urls):
    return samples.interview_document(questions=[
        {"id": f"q{number}", "text": "Why?", "answer": {"kind": "video", "media_url": "https://media.example/a.mp4", "captions_url": url}}
        for number, url in enumerate(urls, 1)])


def put(stack, *urls, interview=None):
    interview = interview or samples.interview_id()
    stack.api.put(f"/v1/interviews/{interview}", document(*urls))
    return interview


def lines_of(stack, interview):
    return {row["question_id"]: row["lines"] for row in stack.db.rows(
        "select t.* from links.interviews i cross join lateral views.transcripts_of(i.account_id, i.id, i.document) t where i.id = %s", interview)}


def wait_for_lines(stack, interview, count=1):
    return wait_until(lambda: len(found := lines_of(stack, interview)) == count and found, 20, "the captions are there")


def jobs(stack, interview):
    return stack.db.rows("select * from views.fetches where interview_id = %s order by question_id", interview)


def wait_for_fault(stack, interview, state=None):
    def found():
        job = jobs(stack, interview)[0]
        return job["last_error"] and (state is None or job["state"] == state) and job
    return wait_until(found, 20, "it could not be had")


def log_of(stack):
    with open(stack.views.log, encoding="utf-8") as log:
        return log.read()


def page_of(stack, interview):
    browser = stack.reviewer(stack.make_share_link(interview_ids=[interview]))
    browser.open(status=200)
    return browser


def captions_of(browser):
    interview = browser.content(status=200).json()["interviews"][0]["id"]
    return [question["answer"]["captions_url"] for question in browser.interview(interview, status=200).json()["questions"]]


# --- where they come from ---

def test_from_everywhere_to_the_pages_own_origin(stack, source):
    source.at["/a.vtt"] = VTT
    source.at["/bucket/deep/a.srt"] = SRT
    interview = put(stack, source.url("/a.vtt?token=canary"), "s3://bucket/deep/a.srt", "media:answers/q1.vtt", "media:q.srt")
    found = wait_for_lines(stack, interview, 4)
    hallo = [{"start": 1.0, "end": 2.5, "text": "Hallé"}]
    assert found == {"q1": LINES, "q2": hallo, "q3": LINES, "q4": hallo}
    browser = page_of(stack, interview)
    for number, url in enumerate(captions_of(browser)):
        answer = browser.get(url, status=200)
        assert answer.headers["Content-Type"] == "text/vtt; charset=utf-8" and answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.text == (SHOWN if number % 2 == 0 else SHOWN.replace("Hello &amp; welcome", "Hallé"))
    signed = next(asked for asked, _ in source.asked if asked.startswith("/bucket/"))
    assert len(parse_qs(urlsplit(signed).query)["X-Amz-Signature"][0]) == 64
    assert "canary" not in log_of(stack)


def test_batch_asks_for_them_too(stack, source):
    source.at["/batch.vtt"] = VTT
    ids = [samples.interview_id() for _ in range(20)]
    stack.api.post("/v1/interviews/batch", {"interviews": [{**document(source.url(f"/batch.vtt?{each}")), "id": each} for each in ids]}, status=200)
    for each in ids:
        assert wait_for_lines(stack, each) == {"q1": LINES}
    assert source.count("/batch.vtt") == 20


def test_page_waits_for_nothing_and_shows_them_once_they_are_there(stack, source):
    may_go = threading.Event()
    source.at["/later.vtt"] = lambda handler: (may_go.wait(20), answer_with(handler, VTT))
    interview = put(stack, source.url("/later.vtt"))
    browser = page_of(stack, interview)
    url = captions_of(browser)[0]
    assert browser.get(url, status=404).json()["code"] == "captions_not_ready"
    version = browser.content(status=200).headers["ETag"]
    before = stack.db.value("select coalesce(sum(version), 0) from links.document_versions")
    may_go.set()
    wait_for_lines(stack, interview)
    assert browser.get(url, status=200).text == SHOWN and version
    assert stack.db.value("select sum(version) from links.document_versions") > before, "a page that was kept is made anew"


# --- which of them, and how often ---

def test_fetched_once_for_each_document(stack, source):
    source.at["/once.vtt"] = VTT
    interview, body = samples.interview_id(), document(source.url("/once.vtt"))
    stack.api.put(f"/v1/interviews/{interview}", body, status=201)
    wait_for_lines(stack, interview)
    wait_until(lambda: jobs(stack, interview)[0]["state"] == "done", 20, "the job is done")
    job = jobs(stack, interview)[0]
    assert (job["document_version"], job["attempts"], job["last_error"]) == (1, 1, None)
    stack.api.put(f"/v1/interviews/{interview}", body, status=200)
    assert jobs(stack, interview)[0] == job, "the same document asks for nothing new"

    may_go = threading.Event()
    source.at["/once.vtt"] = lambda handler: (may_go.wait(20), answer_with(handler, VTT.replace(b"Hello", b"Goodbye")))
    body["job"]["title"] = "Another"
    stack.api.put(f"/v1/interviews/{interview}", body, status=200)
    assert lines_of(stack, interview) == {"q1": LINES}, "they stay until there are newer ones"
    may_go.set()
    wait_until(lambda: lines_of(stack, interview)["q1"][0]["text"] == "Goodbye & welcome", 20, "they are fetched anew")
    assert jobs(stack, interview)[0]["document_version"] == 3

    source.at["/other.vtt"] = 404
    put(stack, source.url("/other.vtt"), interview=interview)
    assert lines_of(stack, interview) == {}, "others' lines are not this document's"


def test_answer_for_a_document_that_was_replaced_meanwhile_is_dropped(stack, source):
    asked, may_go = threading.Event(), threading.Event()
    source.at["/old.vtt"] = lambda handler: (asked.set(), may_go.wait(20), answer_with(handler, VTT))
    source.at["/new.vtt"] = VTT.replace(b"Hello", b"New")
    interview = put(stack, source.url("/old.vtt"))
    assert asked.wait(20)
    put(stack, source.url("/new.vtt"), interview=interview)
    wait_for_lines(stack, interview)
    may_go.set()
    erased = put(stack, source.url("/old.vtt"))
    wait_until(lambda: lines_of(stack, erased) or jobs(stack, erased)[0]["state"] == "done", 20, "the old answer has come, too")
    assert lines_of(stack, interview)["q1"][0]["text"] == "New & welcome"
    assert stack.api.delete(f"/v1/interviews/{erased}", status=200).json()["erased"]["transcripts"] == 1


def test_candidate_erased_while_captions_are_fetched_stays_erased(stack, source):
    asked, may_go = threading.Event(), threading.Event()
    source.at["/erased.vtt"] = lambda handler: (asked.set(), may_go.wait(20), answer_with(handler, VTT))
    interview = put(stack, source.url("/erased.vtt"))
    assert asked.wait(20)
    stack.api.delete(f"/v1/interviews/{interview}", status=200)
    passed = passes(stack)
    may_go.set()
    wait_until(lambda: passes(stack) > passed, 20, "the answer was looked at")
    assert stack.db.value("select count(*) from views.transcripts where interview_id = %s", interview) == 0


def passes(stack):
    with requests.Session() as session:
        session.trust_env = False
        text = session.get(f"{stack.views.url()}/metrics", timeout=5).text
    return prometheus.value(prometheus.parse(text), "sharelink_fetches_total", kind="captions", outcome="passed")


def test_tried_again_until_it_is_there(stack, source):
    answers = [503, 404]
    source.at["/flaky.vtt"] = lambda handler: answer_with(handler, b"" if answers else VTT, answers.pop(0) if answers else 200)
    interview = put(stack, source.url("/flaky.vtt"))
    assert wait_for_fault(stack, interview)["last_error"] in ("it answered 503", "it answered 404")
    wait_for_lines(stack, interview)
    assert source.count("/flaky.vtt") == 3


def test_given_up_in_the_end_and_tried_again_when_the_document_is_stored_again(stack, source):
    source.at["/never.vtt"] = 404
    interview, body = samples.interview_id(), document(source.url("/never.vtt?secret=canary"))
    stack.api.put(f"/v1/interviews/{interview}", body, status=201)
    job = wait_for_fault(stack, interview, "failed")
    assert (job["attempts"], job["last_error"]) == (3, "it answered 404")
    source.at["/never.vtt"] = VTT
    stack.api.put(f"/v1/interviews/{interview}", body, status=200)
    wait_for_lines(stack, interview)
    assert "canary" not in log_of(stack) and '"event":"fetch.failed"' in log_of(stack).replace(" ", "")


# --- what they must not do ---

def drip(handler):
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"\n")
            time.sleep(0.1)
    except OSError:
        pass


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"WEBVTT\n" * 10000)
    except OSError:
        pass


HOSTILE = {
    "redirect": (lambda handler: answer_with(handler, b"", 302, Location="http://127.0.0.1:1/"), "it answered 302"),
    "html": (b"<!doctype html><title>Sign in</title>", "it is neither WebVTT nor SubRip"),
    "binary": (bytes(range(256)) * 100, "it is no text"),
    "gzip": (b"\x1f\x8b\x08" + bytes(1000), "it is no text"),
    "empty": (b"", "it is neither WebVTT nor SubRip"),
    "drip": (drip, None),
    "endless": (endless, "the answer is too long"),
    "long": (lambda handler: answer_with(handler, b"", Content_Length="99999999999"), "the answer is too long"),
    "short": (lambda handler: answer_with(handler, VTT, Content_Length="1000"), None),
    "no http": (lambda handler: handler.wfile.write(b"\0" * 100), None),
    "partial": (lambda handler: answer_with(handler, VTT, 206), "it answered 206"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_good_is_put_off(stack, source, kind):
    path, (answer, fault) = f"/{kind.replace(' ', '-')}.vtt", HOSTILE[kind]
    source.at[path] = answer
    job = wait_for_fault(stack, put(stack, source.url(path)))
    assert job["last_error"] == fault or (fault is None and job["last_error"])


@pytest.mark.parametrize("url, fault", [
    ("media:missing.vtt", "there is no such file that may be read"), ("media:link.vtt", "there is no such file that may be read"),
    ("media:pipe.vtt", "there is no such file that may be read"), ("media:answers", "there is no such file that may be read"),
    ("media:large.vtt", "it is too long"), ("s3://Bad/key", "no store has such an object"), ("s3://bucket/missing", "it answered 404"),
    ("https://10.0.0.1/a.vtt", "This must not be a private"), ("https://[::1]/a.vtt", "This must not be a private"),
    ("https://nobody.invalid/a.vtt", "its host does not resolve"), ("http://127.0.0.1:6379/a.vtt", "This must have a port")])
def test_where_none_are_had(stack, url, fault):
    assert wait_for_fault(stack, put(stack, url))["last_error"].startswith(fault)


def test_loopback_is_refused_unless_it_is_allowed(make_stack, source):
    source.at["/inside.vtt"] = VTT
    stack = make_stack(settings={"SHARELINK_LINKS_ALLOW_HTTP_MEDIA": "on", "SHARELINK_VIEWS_ALLOW_HTTP_MEDIA": "on",
                                 "SHARELINK_VIEWS_FETCH_INTERVAL_MS": "50"})
    for host in ("127.0.0.1", "localhost"):
        job = wait_for_fault(stack, put(stack, f"http://{host}:{source.port}/inside.vtt"))
        assert job["last_error"].startswith(("This must not be a private", "its host does not resolve"))
    assert source.count("/inside.vtt") == 0


def test_large_files_have_bounded_lines(stack, source):
    source.at["/one.vtt"] = b"WEBVTT\n\n00:00.000 --> 10:00.000\n" + b"word " * 200000
    cues = [b"0:%02d.%03d --> 0:59.999\n%d\n\n" % (number // 1000, number % 1000, number) for number in range(30000)]
    source.at["/many.vtt"] = b"WEBVTT\n\n" + b"".join(cues)
    found = wait_for_lines(stack, put(stack, source.url("/one.vtt"), interview=samples.interview_id()))["q1"]
    assert len(found) == 2000 and all(len(line["text"]) <= 500 for line in found)
    found = wait_for_lines(stack, put(stack, source.url("/many.vtt")))["q1"]
    assert len(found) == 5000 and found[0]["text"] == "0" and [line["start"] for line in found] == sorted(line["start"] for line in found)


def test_interview_has_only_so_much(stack, source):
    source.at["/one.vtt"] = b"WEBVTT\n\n00:00.000 --> 10:00.000\n" + b"word " * 200000
    interview = put(stack, source.url("/one.vtt?1"), source.url("/one.vtt?2"))
    wait_for_lines(stack, interview)
    wait_until(lambda: any(job["last_error"] == "the captions of this interview are too long together" for job in jobs(stack, interview)), 20,
               "the second is refused")


def test_what_no_page_could_have_is_not_taken(make_stack, source):
    """What was fetched counts with the documents: when it is stored, and when interviews are put into a link."""
    source.at["/half.vtt"] = b"WEBVTT\n\n00:00.000 --> 10:00.000\n" + b"word " * 150000
    stack = make_stack(settings={**{f"SHARELINK_VIEWS_{name}": value for name, value in SETTINGS.items()},
                                 "SHARELINK_LINKS_ALLOW_HTTP_MEDIA": "on", "SHARELINK_LINKS_LINK_CONTENT_MB": "2",
                                 "SHARELINK_VIEWS_LINK_CONTENT_MB": "2"})
    ids = [put(stack, source.url("/half.vtt")) for _ in range(3)]
    for each in ids:
        wait_for_lines(stack, each)
    link = stack.make_share_link(interview_ids=ids[:2])
    assert faults(stack.api.post(f"/v1/share-links/{link['id']}/interviews", {"interview_ids": ids[2:]})) == ["/interview_ids"]
    assert faults(stack.api.put(f"/v1/interviews/{ids[2]}/share-links", {"share_link_ids": [link["id"]]})) == ["/share_link_ids/0"]
    assert faults(stack.api.post("/v1/share-links", samples.share_link_body(ids))) == ["/interview_ids"]
    late = put(stack, "https://127.0.0.1:1/none.vtt")
    stack.api.post(f"/v1/share-links/{link['id']}/interviews", {"interview_ids": [late]}, status=200)
    put(stack, source.url("/half.vtt"), interview=late)
    assert wait_for_fault(stack, late)["last_error"] == "the interviews of a link that has this one would be too large together"


def test_markup_of_others_is_never_sent(stack, source):
    source.at["/bad.vtt"] = (b"WEBVTT\n\nSTYLE\n::cue { background: url(//evil.example) }\n\n00:01.000 --> 00:02.000\n"
                             b"&lt;script>alert(1)</script>&lt;img src=x onerror=alert(1)>\n-- &gt; 00:00\n")
    interview = put(stack, source.url("/bad.vtt"))
    wait_for_lines(stack, interview)
    browser = page_of(stack, interview)
    shown = browser.get(captions_of(browser)[0], status=200).text
    assert "<" not in shown and "evil" not in shown and shown.count("-->") == 1


# --- one for itself ---

def test_slow_servers_of_one_account_hold_up_no_other(stack, source):
    may_go, under_way, most, lock = threading.Event(), [0], [0], threading.Lock()

    def slowly(handler):
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        may_go.wait(1)  # less than a fetch may take
        with lock:
            under_way[0] -= 1
        answer_with(handler, VTT)

    source.at["/slow.vtt"] = slowly
    source.at["/quick.vtt"] = VTT
    slow = [put(stack, source.url(f"/slow.vtt?{number}")) for number in range(20)]
    wait_until(lambda: source.count("/slow.vtt") >= 2, 20, "as many of one account as may be are under way")
    other = samples.interview_id()
    stack.other_api.put(f"/v1/interviews/{other}", document(source.url("/quick.vtt")), status=201)
    wait_until(lambda: jobs(stack, other)[0]["state"] == "done", 20, "another account's are fetched meanwhile")
    assert source.count("/slow.vtt") < 20 and most[0] <= 2
    may_go.set()
    for each in slow:
        stack.api.delete(f"/v1/interviews/{each}", status=200)


def test_drain_does_not_wait_for_a_slow_server(make_stack, source):
    may_go = threading.Event()
    source.at["/hung.vtt"] = lambda handler: (may_go.wait(30), answer_with(handler, VTT))
    stack = make_stack(private=True, settings={**{f"SHARELINK_VIEWS_{name}": value for name, value in SETTINGS.items()},
                                               "SHARELINK_VIEWS_FETCH_TIMEOUT_SECONDS": "60", "SHARELINK_LINKS_ALLOW_HTTP_MEDIA": "on"})
    interview = put(stack, source.url("/hung.vtt"))
    wait_until(lambda: source.count("/hung.vtt") == 1, 20, "it is being fetched")
    begun = time.monotonic()
    stack.views.stop()
    assert time.monotonic() - begun < 5
    job = jobs(stack, interview)[0]
    assert (job["state"], job["lease_holder"]) == ("waiting", None), "others may have it at once"
    source.at["/hung.vtt"] = VTT
    may_go.set()
    stack.views.start()
    wait_for_lines(stack, interview)
