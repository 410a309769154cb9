"""What a search of the list finds and where it says it found it, in which order; and that what is searched is made when somebody
searches, once for all reviewers of a link, and not anew because one of them watches. What settings hide: test_redaction.py; how
texts are folded: test_folding.py; that searches take nobody's time: test_content_load.py.
"""

import contextlib

import pytest
from support.changes import inside

LINES = [{"start": 0, "end": 2, "text": "We ran everything on bare metal"}, {"start": 2.5, "end": 6, "text": "until we moved to\nKubernetes in spring"},
         {"start": 6, "end": 9.25, "text": "and Kubernetes was not the hard part"}]


def question(number, asked, **answer):
    return {"id": f"q{number}", "text": asked, "skipped": False, "answer": {"kind": "video", "media_url": "https://platform.example/a.mp4", **answer}}


def person(stack, first, last, **over):
    return stack.make_interview(**{"candidate": {"first_name": first, "last_name": last}, "job": {"id": "job-1", "title": "Gardener"},
                                   "questions": [], "questionnaire": [], **over})


@pytest.fixture(scope="module")
def people(stack):
    """Ids, in the link's order: the further down, the more telling is where "mara" stands."""
    return [
        person(stack, "One", "Able", questionnaire=[{"question": "Who sent you?", "answer": "Mara did"}]),
        person(stack, "Two", "Baker", candidate={"first_name": "Two", "last_name": "Baker", "profile": {"headline": "Worked with Mara"},
                                                 "resume": {"file_name": "cv.pdf", "url": "https://platform.example/cv"}}),
        person(stack, "Three", "Cole", questions=[question(1, "Why?", transcript=[*LINES, {"start": 20, "end": 21, "text": "as Mara said"}])]),
        person(stack, "Four", "Dean", questions=[question(1, "How?", kind="text", media_url=None, text="I asked Mara")]),
        person(stack, "Five", "Eden", questions=[question(1, "Do you know Mara?")]),
        person(stack, "Six", "Ford", job={"id": "job-2", "title": "Assistant of Mara"}),
        person(stack, "Mara", "Grant"),
        person(stack, "Seven", "Hall"),
    ]


@pytest.fixture(scope="module")
def browser(stack, people):
    return inside(stack, stack.make_share_link(interview_ids=people))


def search(browser, words, **params):
    answer = browser.content(params={"search": words, **params}, status=200).json()
    assert answer["total"] == len(answer["interviews"])
    return answer["interviews"]


def only(browser, words):
    (found,) = search(browser, words)
    return found["found_in"]


def test_says_where_in_each_place(browser, people):
    found = search(browser, "mara", sort="position")
    assert [each["id"] for each in found] == people[:7]
    assert [each["found_in"] for each in found] == [
        [{"where": "questionnaire", "text": "Mara did"}],
        [{"where": "profile", "text": "Worked with Mara"}],
        [{"where": "transcript", "text": "as Mara said", "question_id": "q1", "start": 20}],
        [{"where": "answer", "text": "I asked Mara", "question_id": "q1"}],
        [{"where": "question", "text": "Do you know Mara?", "question_id": "q1"}],
        [{"where": "job", "text": "Assistant of Mara"}],
        [{"where": "name", "text": "Mara Grant"}]]


def test_names_come_first_unless_a_sort_is_asked_for(browser, people):
    assert [each["id"] for each in search(browser, "mara")] == people[6::-1]
    assert [each["id"] for each in search(browser, "mara", sort="name")] == [people[number] for number in (4, 3, 6, 0, 5, 2, 1)]
    assert [each["id"] for each in search(browser, "mara", job="job-2")] == [people[5]]


def test_without_a_search_nothing_is_found_in_anything(browser):
    for params in ({}, {"sort": "name"}, {"job": "job-1"}):
        assert all("found_in" not in each for each in browser.content(params=params, status=200).json()["interviews"])
    assert [each["found_in"] for each in search(browser, " ")] == [[]] * 8


def test_what_is_said_is_found_with_its_time(browser, people):
    assert only(browser, "kubernetes") == [
        {"where": "transcript", "text": "until we moved to Kubernetes in spring", "question_id": "q1", "start": 2.5},
        {"where": "transcript", "text": "and Kubernetes was not the hard part", "question_id": "q1", "start": 6}]
    assert [place["start"] for place in only(browser, "metal mara kubernetes three")[1:]] == [0, 2.5]
    assert search(browser, "metal gardener nobody") == []


def test_no_more_than_three_places_and_each_word_in_one(stack):
    lines = [{"start": number, "end": number + 1, "text": f"again and again {number}"} for number in range(40)]
    interview = person(stack, "Again", "Ever", questions=[question(1, "Again?", transcript=lines), question(2, "Zebra?")])
    browser = inside(stack, stack.make_share_link(interview_ids=[interview]))
    assert [place["where"] for place in only(browser, "again")] == ["name", "question", "transcript"]
    assert [place["text"] for place in only(browser, "39 zebra")] == ["Zebra?", "again and again 39"]
    assert [place["where"] for place in only(browser, "again zebra")] == ["name", "question", "question"]


@pytest.mark.parametrize("text, word, shown", [
    ("x " * 500 + "Straße nach Łódź " + "y " * 500, "lodz", "Straße nach Łódź"),
    ("´ " * 300 + "l´été à la plage " + "¨ " * 300, "plage", "à la plage"),
    ("\u00a0\u2003x\t" * 300 + "\nRésumé\n" + "… " * 300, "resume", "Résumé"),
    ("e\u0301" * 50 + " 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 " + "ﬃ" * 300, "unicode", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢"),
    ("日本語" * 200 + "東京" + "日本語" * 200, "東京", "東京"),
    ("한국어 " * 200 + "서울 " + "한국어 " * 200, "서울", "서울"),
    ("🙂" * 400 + " there " + "🙂" * 400, "there", "there"),
], ids=["latin", "lone accents", "blanks", "forms", "japanese", "korean", "pictures"])
def test_excerpt_shows_the_match_whatever_the_text(stack, text, word, shown):
    interview = person(stack, "A", "B", questions=[question(1, "?", kind="text", media_url=None, text=text)])
    browser = inside(stack, stack.make_share_link(interview_ids=[interview]))
    (place,) = only(browser, word)
    assert shown in place["text"] and len(place["text"]) <= 160, place
    assert place["text"].strip("…").strip() in " ".join(text.replace("\u00a0", " ").replace("\u2003", " ").split("\t")).replace("\n", " ")


def test_found_text_is_text(stack):
    text = 'a "quoted" <b>word</b> \\ with 100% _'
    interview = person(stack, "A", "B", questionnaire=[{"question": text, "answer": None}])
    browser = inside(stack, stack.make_share_link(interview_ids=[interview]))
    for word in ('"quoted"', "<b>word</b>", "\\", "100%", "_"):
        assert only(browser, word) == [{"where": "questionnaire", "text": text}]


def test_tag_of_a_search_follows_what_is_found(stack):
    """The list's rows do not tell of the texts, so they alone would not do."""
    interview = person(stack, "A", "B", questions=[question(1, "?", transcript=[{"start": 0, "end": 1, "text": "a word here"}])])
    browser = inside(stack, stack.make_share_link(interview_ids=[interview]))
    tag = browser.content(params={"search": "word"}, status=200).headers["ETag"]
    browser.content(params={"search": "word"}, headers={"If-None-Match": tag}, status=304)
    document = stack.api.get(f"/v1/interviews/{interview}", status=200).json()
    questions = [question(1, "?", transcript=[{"start": 0, "end": 1, "text": "a word there"}])]
    body = {name: document[name] for name in ("type", "job", "completed_at", "candidate", "questionnaire")} | {"questions": questions}
    stack.api.put(f"/v1/interviews/{interview}", body, status=200)
    answer = browser.content(params={"search": "word"}, headers={"If-None-Match": tag}, status=200)
    assert answer.json()["interviews"][0]["found_in"][0]["text"] == "a word there"


# --- what is made, and when ---

@contextlib.contextmanager
def broken(stack, function):
    """While it is, whoever calls the function fails."""
    before = stack.db.value("select pg_get_functiondef(%s::regprocedure)", function)
    head = before[:before.index(" LANGUAGE")]
    stack.db.rows(f"{head} LANGUAGE plpgsql IMMUTABLE STRICT AS $$ begin raise exception 'broken for this test'; end $$")
    try:
        yield
    finally:
        stack.db.rows(before)


@pytest.fixture
def link(stack):
    return stack.make_share_link(interview_ids=[person(stack, "Zoë", "One", questions=[question(1, "Why?", duration_seconds=100)]),
                                                person(stack, "Zoë", "Two")], reviewer_count=2)


def test_a_list_folds_no_text(stack, link):
    with broken(stack, "sharelink.folded(text)"):
        browser = inside(stack, link)
        browser.content(params={"sort": "name"}, status=200)
        browser.content(params={"search": "zoe"}, status=503)
    assert len(search(browser, "zoe")) == 2


def test_neither_watching_nor_feedback_makes_what_is_searched_anew(stack, link):
    first, second = inside(stack, link), inside(stack, link, 1)
    interview = link["interview_ids"][0]
    assert len(search(first, "zoe")) == 2
    with broken(stack, "views.folded_in_place(text)"):
        for number in range(3):
            path = f"{first.page}/interviews/{interview}"
            first.post(f"{path}/watch", {"question_id": "q1", "seconds": 9, "position": 9}, status=200)
            first.put(f"{path}/review", {"rating": number + 1}, status=200 if number else 201)
            found = search(first, "zoe")
            assert found[0]["watched"]["seconds"] == 9 * (number + 1) and found[0]["my_review"]["rating"] == number + 1
        assert len(search(second, "zoe two")) == 1, "all reviewers of the link search the same"
        stack.api.patch(f"/v1/share-links/{link['id']}", {"settings": {"abbreviate_names": True}}, status=200)
        first.content(params={"search": "two"}, status=503)
    assert search(first, "two") == []


def test_search_sees_each_change_at_once(stack):
    interview = person(stack, "Ada", "Zuse")
    link = stack.make_share_link(interview_ids=[interview, person(stack, "Bea", "Able")])
    browser = inside(stack, link)
    path = f"/v1/share-links/{link['id']}"
    for hides in (False, True, False):
        stack.api.patch(path, {"settings": {"abbreviate_names": hides}}, status=200)
        assert len(search(browser, "zuse")) == (0 if hides else 1)
    added = person(stack, "Cleo", "Zuse")
    stack.api.post(f"{path}/interviews", {"interview_ids": [added]}, status=200)
    assert len(search(browser, "zuse")) == 2
    stack.api.post(f"{path}/interviews/remove", {"interview_ids": [interview]}, status=200)
    assert [each["id"] for each in search(browser, "zuse")] == [added]
    stack.api.delete(f"/v1/interviews/{added}", status=200)
    assert search(browser, "zuse") == []
    stack.api.post(f"{path}/deactivate", status=200)
    browser.content(params={"search": "able"}, status=410)


def metric(browser, name):
    return next(float(line.split()[1]) for line in browser.get("/metrics").text.splitlines() if line.startswith(f"{name} "))


def test_searched_texts_count_as_memory_and_are_bounded(make_stack):
    stack = make_stack(settings={"SHARELINK_VIEWS_CONTENT_CACHE_MB": "1"})
    texts = [{"question": "q", "answer": "word" * 1250}] * 20
    browsers = [inside(stack, stack.make_share_link(interview_ids=[stack.make_interview(questionnaire=texts)]))]
    before = metric(browsers[0], "sharelink_content_cache_bytes")
    search(browsers[0], "word")
    assert metric(browsers[0], "sharelink_content_cache_bytes") > before + 200_000
    browsers += [inside(stack, stack.make_share_link(interview_ids=[stack.make_interview(questionnaire=texts)])) for _ in range(7)]
    for _ in range(2):
        for browser in browsers:
            assert len(search(browser, "word")) == 1
            assert 0 < metric(browser, "sharelink_content_cache_bytes") <= 1024 * 1024


def test_search_without_memory(make_stack):
    stack = make_stack(settings={"SHARELINK_VIEWS_CONTENT_CACHE_MB": "0"})
    browser = inside(stack, stack.make_share_link(interview_ids=[person(stack, "Ada", "Zuse"), person(stack, "Bea", "Able")]))
    assert [each["found_in"] for each in search(browser, "zuse")] == [[{"where": "name", "text": "Ada Zuse"}]]
