"""What is said in an answer, as the platform sends it with the document: what is taken, where it shows, and that it goes with its
question and its candidate. How captions are fetched: test_captions.py."""

import pytest
from support import samples
from support.api import faults

LINES = [{"start": 0, "end": 2.5, "text": "So there was this customer…"}, {"start": 2.5, "end": 4, "text": "who said:\nI want <b>Kubernetes</b> & more\n\nNOTE no"},
         {"start": 4, "end": 4, "text": "00:00:01.000 --> 00:00:02.000"}, {"start": 3661.0006, "end": 3662.9999, "text": "José"}]
SHOWN = ("WEBVTT\n\n00:00:00.000 --> 00:00:02.500\nSo there was this customer…\n\n"
         "00:00:02.500 --> 00:00:04.000\nwho said:\nI want &lt;b&gt;Kubernetes&lt;/b&gt; &amp; more\nNOTE no\n\n"
         "00:00:04.000 --> 00:00:04.001\n00:00:01.000 --&gt; 00:00:02.000\n\n01:01:01.000 --> 01:01:02.999\nJosé\n")


def document(*transcripts, **answer):
    """A question for each transcript."""
    return samples.interview_document(questions=[
        {"id": f"q{number}", "text": "Why?", "skipped": number > 1,
         "answer": {"kind": "video", "media_url": "https://media.example/a.mp4", "transcript": lines, **answer}}
        for number, lines in enumerate(transcripts, 1)])


def stored(stack, body):
    interview = samples.interview_id()
    stack.api.put(f"/v1/interviews/{interview}", body, status=201)
    return interview


def found(stack, interview):
    """As other SQL looks them up."""
    return {row["question_id"]: row for row in stack.db.rows(
        "select t.* from links.interviews i cross join lateral views.transcripts_of(i.account_id, i.id, i.document) t where i.id = %s", interview)}


def captions_of(browser):
    interview = browser.content(status=200).json()["interviews"][0]["id"]
    return [question["answer"]["captions_url"] for question in browser.interview(interview, status=200).json()["questions"]]


def test_lines_are_given_back_and_shown_as_webvtt(stack):
    interview = stored(stack, document(LINES))
    answer = stack.api.get(f"/v1/interviews/{interview}", status=200).json()["questions"][0]["answer"]
    assert answer["transcript"] == LINES
    browser = stack.reviewer(stack.make_share_link(interview_ids=[interview]))
    browser.open(status=200)
    shown = browser.get(captions_of(browser)[0], status=200)
    assert shown.text == SHOWN and shown.headers["Content-Type"] == "text/vtt; charset=utf-8"
    assert shown.headers["X-Content-Type-Options"] == "nosniff" and shown.headers["Cache-Control"] == "no-store"
    row = found(stack, interview)["q1"]
    assert row["lines"] == LINES and row["searched"].endswith("\njose") and "kubernetes" in row["searched"]


def test_document_goes_before_its_captions(stack):
    body = document(LINES, captions_url="https://media.example/a.vtt")
    interview = stored(stack, body)
    assert found(stack, interview)["q1"]["lines"] == LINES
    assert stack.db.value("select count(*) from views.fetches where interview_id = %s", interview) == 0, "nothing is to be fetched"
    for none in ([], None):
        body["questions"][0]["answer"]["transcript"] = none
        stack.api.put(f"/v1/interviews/{interview}", body, status=200)
        assert found(stack, interview) == {}
        assert stack.db.value("select url from views.fetches where interview_id = %s", interview) == "https://media.example/a.vtt"


@pytest.mark.parametrize("line, fault", [
    ({"start": -0.1, "end": 1, "text": "x"}, "start"), ({"start": 1, "end": 0.5, "text": "x"}, "end"), ({"start": 1, "end": 86401, "text": "x"}, "end"),
    ({"start": "1", "end": 2, "text": "x"}, "start"), ({"end": 2, "text": "x"}, "start"), ({"start": 1, "end": 2}, "text"),
    ({"start": 1, "end": 2, "text": "x" * 501}, "text"), ({"start": 1, "end": 2, "text": ""}, "text"), ({"start": 1, "end": 2, "text": "x", "who": 1}, "who"),
    ({"start": 0.5, "end": 2, "text": "x"}, "start")])
@pytest.mark.parametrize("batch", [False, True])
def test_faults_have_their_pointers(stack, line, fault, batch):
    body = document([{"start": 0.75, "end": 1, "text": "x"}, line])
    pointer = f"/questions/0/answer/transcript/1/{fault}"
    if batch:
        answer = stack.api.post("/v1/interviews/batch", {"interviews": [{**body, "id": samples.interview_id()}]})
        assert set(faults(answer)) == {f"/interviews/0{pointer}"}
    else:
        assert set(faults(stack.api.put(f"/v1/interviews/{samples.interview_id()}", body))) == {pointer}


def test_most_lines(stack):
    lines = [{"start": number, "end": number + 1, "text": f"{number}"} for number in range(5000)]
    interview = stored(stack, document(lines))
    assert len(found(stack, interview)["q1"]["lines"]) == 5000
    lines.append({"start": 5000, "end": 5001, "text": "one more"})
    assert faults(stack.api.put(f"/v1/interviews/{samples.interview_id()}", document(lines))) == ["/questions/0/answer/transcript"]
    assert faults(stack.api.put(f"/v1/interviews/{samples.interview_id()}", document("x"))) == ["/questions/0/answer/transcript"]


def test_batch_keeps_them_too(stack):
    ids = [samples.interview_id() for _ in range(3)]
    stack.api.post("/v1/interviews/batch", {"interviews": [{**document(LINES, LINES), "id": each} for each in ids]}, status=200)
    for each in ids:
        assert [row["lines"] for row in found(stack, each).values()] == [LINES, LINES]


def test_pasted_lines_are_mended(stack):
    interview = stored(stack, document([{"start": 0, "end": 1, "text": "one\u2028two\r\nth\u0007ree\u202e"}]))
    assert found(stack, interview)["q1"]["lines"][0]["text"] == "one\ntwo\nthree"


def test_hidden_question_has_no_captions(stack):
    interview = stored(stack, document(LINES, [{"start": 0, "end": 1, "text": "hidden"}]))
    open_link, hiding = [stack.make_share_link(interview_ids=[interview], settings={"hide_skipped_questions": hides}) for hides in (False, True)]
    browser, other = stack.reviewer(open_link), stack.reviewer(hiding)
    browser.open(status=200)
    other.open(status=200)
    assert browser.get(captions_of(browser)[1], status=200).text.endswith("hidden\n") and len(captions_of(other)) == 1
    salt, position = stack.db.rows("select l.media_salt, i.position from links.share_links l join links.share_link_interviews i on i.share_link_id = l.id"
                                   " where l.id = %s", hiding["id"])[0].values()
    hidden = stack.db.value("select views.media_ref(%s, %s, 'captions:q2')", salt, position)
    other.get(f"{other.page}/media/{hidden}", status=404)


def test_replaced_document_has_its_own_lines_alone(stack):
    interview = stored(stack, document(LINES, LINES))
    link = stack.make_share_link(interview_ids=[interview])
    browser = stack.reviewer(link)
    browser.open(status=200)
    assert browser.get(captions_of(browser)[0], status=200).text == SHOWN
    stack.api.put(f"/v1/interviews/{interview}", document([{"start": 0, "end": 1, "text": "other"}]), status=200)
    assert browser.get(captions_of(browser)[0], status=200).text.endswith("other\n") and list(found(stack, interview)) == ["q1"]
    assert stack.db.value("select string_agg(searched, ',') from views.transcripts where interview_id = %s", interview) == "other"


def test_erased_with_the_candidate(stack):
    interview = stored(stack, document(LINES, LINES, None, captions_url="https://media.example/a.vtt"))
    assert stack.db.value("select count(*) from views.fetches where interview_id = %s", interview) == 1
    receipt = stack.api.delete(f"/v1/interviews/{interview}", status=200).json()
    assert receipt["erased"]["transcripts"] == 2
    for table in ("views.transcripts", "views.fetches"):
        assert stack.db.value(f"select count(*) from {table} where interview_id = %s", interview) == 0
