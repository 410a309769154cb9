"""The shortlist's search, filters and sort, which see what the reader sees and nothing else; its ETag; and that a page that was
made before is never given out once anything it was made of has changed.
"""

import pytest
from support.api import faults
from support.changes import inside

SETTINGS = ["abbreviate_names", "omit_avatars", "exclude_full_profiles", "hide_skipped_questions", "disable_feedback", "mask_questionnaire"]


def candidate(first, last, **over):
    return {"first_name": first, "last_name": last, **over}


def names(browser, **params):
    answer = browser.content(params=params, status=200).json()
    assert answer["total"] == len(answer["interviews"])
    return [each["candidate"]["display_name"] for each in answer["interviews"]]


@pytest.fixture(scope="module")
def people(stack):
    """Ids, in the link's order; first names repeat, so that only what is shown may decide between them."""
    make = stack.make_interview
    return [
        make(candidate=candidate("Bea", "Zuse", email="bea@hidden.example"), completed_at="2026-01-03T10:00:00Z", job={"id": "job-a", "title": "Gardener"}),
        make(candidate=candidate("ada", "Young", profile={"headline": "Grows orchids"}), completed_at="2026-01-05T11:00:00+02:00",
             job={"id": "job-b", "title": "Botanist"}),
        make(candidate=candidate("Bea", "Able"), completed_at="2026-01-01T10:00:00Z", job={"id": "job-a", "title": "Gardener"}, type="live",
             questionnaire=[{"question": "Notice period?", "answer": "Six weeks"}]),
        make(candidate=candidate("Åsa", "Quist"), completed_at=None, job={"id": "job-b", "title": "Botanist"},
             questions=[{"id": "q1", "text": "100% sure?", "skipped": True, "answer": {"kind": "text", "text": "Un_certain"}}]),
    ]


def share(stack, people, **settings):
    return inside(stack, stack.make_share_link(interview_ids=people, settings=settings))


@pytest.fixture
def browser(stack, people):
    return share(stack, people)


@pytest.mark.parametrize("params, found", [
    ({}, ["Bea Zuse", "ada Young", "Bea Able", "Åsa Quist"]),
    ({"search": "zuse"}, ["Bea Zuse"]),
    ({"search": "BEA  able"}, ["Bea Able"]),
    ({"search": "able bea"}, ["Bea Able"]),
    ({"search": "åSA"}, ["Åsa Quist"]),
    ({"search": "orchids"}, ["ada Young"]),
    ({"search": "botanist"}, ["ada Young", "Åsa Quist"]),
    ({"search": "six weeks"}, ["Bea Able"]),
    ({"search": "100%"}, ["Åsa Quist"]),
    ({"search": "un_certain"}, ["Åsa Quist"]),
    ({"search": "%"}, ["Åsa Quist"]),
    ({"search": "_"}, ["Åsa Quist"]),
    ({"search": "\\"}, []),
    ({"search": "hidden.example"}, []),
    ({"search": "' or true --"}, []),
    ({"search": " "}, ["Bea Zuse", "ada Young", "Bea Able", "Åsa Quist"]),
    ({"job": "job-a"}, ["Bea Zuse", "Bea Able"]),
    ({"job": "job-z"}, []),
    ({"type": "live"}, ["Bea Able"]),
    ({"type": "one_way", "job": "job-a"}, ["Bea Zuse"]),
    ({"sort": "name"}, ["ada Young", "Åsa Quist", "Bea Able", "Bea Zuse"]),
    ({"sort": "-name"}, ["Bea Zuse", "Bea Able", "Åsa Quist", "ada Young"]),
    ({"sort": "completed_at"}, ["Bea Able", "Bea Zuse", "ada Young", "Åsa Quist"]),
    ({"sort": "-completed_at"}, ["ada Young", "Bea Zuse", "Bea Able", "Åsa Quist"]),
    ({"sort": "position"}, ["Bea Zuse", "ada Young", "Bea Able", "Åsa Quist"]),
    ({"reviewed": "yes"}, []),
    ({"reviewed": "no", "sort": "name", "job": "job-b"}, ["ada Young", "Åsa Quist"]),
])
def test_search_filter_and_sort(browser, params, found):
    assert names(browser, **params) == found


def test_own_feedback_filters_and_sorts(stack, people, browser):
    for interview, rating in zip(people, (2, 5, None), strict=False):
        browser.put(f"{browser.page}/interviews/{interview}/review", {"rating": rating, "comment": "Seen."}, status=201)
    other = stack.make_share_link(interview_ids=people)
    assert names(inside(stack, other), reviewed="yes") == []
    assert names(browser, reviewed="yes") == ["Bea Zuse", "ada Young", "Bea Able"]
    assert names(browser, reviewed="no") == ["Åsa Quist"]
    assert names(browser, min_rating="2") == ["Bea Zuse", "ada Young"]
    assert names(browser, min_rating="3") == ["ada Young"]
    assert names(browser, sort="rating") == ["Bea Zuse", "ada Young", "Bea Able", "Åsa Quist"]
    assert names(browser, sort="-rating") == ["ada Young", "Bea Zuse", "Bea Able", "Åsa Quist"]


def test_hidden_surname_neither_finds_nor_sorts(stack, people):
    browser = share(stack, people, abbreviate_names=True)
    assert names(browser, search="zuse") == names(browser, search="able") == []
    assert names(browser, sort="name") == ["ada", "Åsa", "Bea", "Bea"]
    order = [each["id"] for each in browser.content(params={"sort": "name"}).json()["interviews"]]
    assert order[2:] == [people[0], people[2]], "by their places, not by their surnames"
    order = [each["id"] for each in browser.content(params={"sort": "-name"}).json()["interviews"]]
    assert order[:2] == [people[0], people[2]]


@pytest.mark.parametrize("setting, word", [("exclude_full_profiles", "orchids"), ("mask_questionnaire", "weeks"), ("mask_questionnaire", "notice"),
                                           ("hide_skipped_questions", "un_certain"), ("hide_skipped_questions", "100%")])
def test_hidden_words_find_nothing(stack, people, setting, word):
    assert names(share(stack, people), search=word) != []
    assert names(share(stack, people, **{setting: True}), search=word) == []


def test_links_without_feedback_have_none_to_go_by(stack, people):
    browser = share(stack, people, disable_feedback=True)
    for params in ({"reviewed": "yes"}, {"reviewed": "no"}, {"min_rating": "1"}, {"sort": "rating"}, {"sort": "-rating"}):
        answer = browser.content(params=params, status=422).json()
        assert [(fault["pointer"], fault["code"]) for fault in answer["errors"]] == [(f"?{next(iter(params))}", "feedback_disabled")]
    assert len(names(browser, sort="name")) == 4


@pytest.mark.parametrize("query, wrong", [
    ("sort=surname", ["?sort"]), ("sort=-position", ["?sort"]), ("sort=", ["?sort"]), ("type=phone", ["?type"]), ("reviewed=maybe", ["?reviewed"]),
    ("min_rating=0", ["?min_rating"]), ("min_rating=6", ["?min_rating"]), ("min_rating=3.5", ["?min_rating"]), ("min_rating=01", ["?min_rating"]),
    ("search=", ["?search"]), ("search=" + "x" * 201, ["?search"]), ("search=a%0ab", ["?search"]), ("job=", ["?job"]), ("job=" + "x" * 129, ["?job"]),
    ("limit=5", ["?limit"]), ("Search=a", ["?Search"]), ("sort=name&sort=-name", ["?sort"]), ("a=1&type=x&sort=y", ["?a", "?sort", "?type"]),
    ("search=%ff", ["?"])])
def test_wrong_parameters(stack, browser, query, wrong):
    assert faults(browser.get(f"{browser.page}/content?{query}", status=422)) == wrong
    stack.reviewer({"reviewers": [{"url": f"{stack.views.url()}/s/{browser.token}#x"}]}).get(f"{browser.page}/content?{query}", status=401)


# --- ETag, and pages that were made before ---

def tag_of(browser, **params):
    return browser.content(params=params, status=200).headers["ETag"]


def test_unchanged_content_is_not_sent_again(browser):
    tag = tag_of(browser)
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = browser.content(headers={"If-None-Match": header}, status=304)
        assert answer.content == b"" and answer.headers["ETag"] == tag
    for header in ('"other"', "nonsense"):
        browser.content(headers={"If-None-Match": header}, status=200)


def test_each_view_of_the_content_has_its_own_tag(browser):
    tags = [tag_of(browser, **params) for params in ({}, {"sort": "name"}, {"search": "bea"}, {"job": "job-b"})]
    assert len(set(tags)) == len(tags)
    assert tag_of(browser, sort="position") == tags[0], "the same bytes"


def test_tag_is_given_to_good_sessions_only(stack, people):
    link = stack.make_share_link(interview_ids=people)
    browser = inside(stack, link)
    tag = tag_of(browser)
    stranger = stack.reviewer(link)
    answer = stranger.content(headers={"If-None-Match": tag}, status=401)
    assert "ETag" not in answer.headers
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    browser.content(headers={"If-None-Match": tag}, status=410)


def test_what_is_hidden_changes_no_tag(stack):
    """Otherwise the tag would tell of it."""
    hidden = {"abbreviate_names": True, "omit_avatars": True, "exclude_full_profiles": True, "hide_skipped_questions": True, "mask_questionnaire": True}

    def document(word):
        return {"job": {"id": "j", "title": "t"}, "candidate": candidate("Ada", word, email=f"{word}@c.example", avatar_url=f"https://a.example/{word}",
                profile={"headline": word}, resume={"file_name": f"{word}.pdf", "url": f"https://a.example/{word}"}),
                "questions": [{"id": "q", "text": word, "skipped": True}], "questionnaire": [{"question": word, "answer": word}]}
    interview = stack.make_interview(**document("one"))
    browser = share(stack, [interview], **hidden)
    tag = tag_of(browser)
    full = {"type": "one_way", "completed_at": "2026-01-05T10:00:00.000Z", **document("other")}
    stack.api.put(f"/v1/interviews/{interview}", full, status=200)
    assert tag_of(browser) == tag
    browser.content(headers={"If-None-Match": tag}, status=304)


def changes(stack, link, browser):
    """What a page is made of, each changed in turn."""
    interview, path = link["interview_ids"][0], f"/v1/share-links/{link['id']}"
    yield "document", lambda: stack.make_interview_again(interview)
    for name in SETTINGS[:4] + SETTINGS[5:]:
        yield name, lambda name=name: stack.api.patch(path, {"settings": {name: True}}, status=200)
    yield "owner", lambda: stack.api.patch(path, {"owner": {**link["owner"], "name": "Another Owner"}}, status=200)
    yield "expiry", lambda: stack.api.patch(path, {"expires_in": {"value": 2, "unit": "weeks"}}, status=200)
    yield "never", lambda: stack.api.patch(path, {"expires_at": None}, status=200)
    added = stack.make_interview()
    yield "added", lambda: stack.api.post(f"{path}/interviews", {"interview_ids": [added]}, status=200)
    yield "removed", lambda: stack.api.post(f"{path}/interviews/remove", {"interview_ids": [added]}, status=200)
    yield "membership", lambda: stack.api.put(f"/v1/interviews/{added}/share-links", {"share_link_ids": [link["id"]]}, status=200)
    yield "erased", lambda: stack.api.delete(f"/v1/interviews/{added}", status=200)
    review = f"{browser.page}/interviews/{interview}/review"
    yield "review", lambda: browser.put(review, {"rating": 3}, status=201)
    yield "reviewed again", lambda: browser.put(review, {"rating": 4}, status=200)
    yield "watched", lambda: browser.post(f"{browser.page}/interviews/{interview}/watch", {"question_id": "q1", "seconds": 5, "position": 5}, status=200)
    yield "disable_feedback", lambda: stack.api.patch(path, {"settings": {"disable_feedback": True}}, status=200)


def test_no_page_is_given_out_that_has_changed(stack):
    """Before and after each change the page is asked for twice, so that it surely was kept."""
    from support import samples
    stack.make_interview_again = lambda interview: stack.api.put(f"/v1/interviews/{interview}", samples.interview_document(), status=200)
    link = stack.make_share_link(interview_count=2)
    browser = inside(stack, link)
    before = browser.content(status=200)
    for name, change in changes(stack, link, browser):
        assert browser.content(headers={"If-None-Match": before.headers["ETag"]}).status_code == 304
        change()
        after = browser.content(status=200)
        assert after.text != before.text and after.headers["ETag"] != before.headers["ETag"], name
        assert browser.content(status=200).text == after.text
        before = after


def test_reviewers_of_one_link_get_no_page_of_each_other(stack):
    link = stack.make_share_link(reviewer_count=2)
    first, second = inside(stack, link), inside(stack, link, 1)
    first.put(f"{first.page}/interviews/{link['interview_ids'][0]}/review", {"comment": "Mine alone"}, status=201)
    for _ in range(2):
        assert "Mine alone" in first.content().text and "Mine alone" not in second.content().text
        assert first.token not in second.content().text


def test_same_pages_without_memory(make_stack):
    stack = make_stack(settings={"SHARELINK_VIEWS_CONTENT_CACHE_MB": "0"})
    browser = inside(stack, stack.make_share_link())
    answer = browser.content(status=200)
    assert browser.content(status=200).text == answer.text
    browser.content(headers={"If-None-Match": answer.headers["ETag"]}, status=304)
    told = browser.get("/metrics").text
    assert "sharelink_content_cache_bytes 0\n" in told and 'outcome="hit"} 0' in told


def test_pages_beyond_the_memory_are_made_anew(make_stack):
    stack = make_stack(settings={"SHARELINK_VIEWS_CONTENT_CACHE_MB": "1"})
    interviews = [stack.make_interview(questionnaire=[{"question": "q", "answer": "x" * 5000}] * 20) for _ in range(4)]
    browsers = [inside(stack, stack.make_share_link(interview_ids=interviews)) for _ in range(4)]
    kept = [browser.content(status=200).text for browser in browsers]
    assert [browser.content(status=200).text for browser in browsers] == kept
    value = next(line for line in browsers[0].get("/metrics").text.splitlines() if line.startswith("sharelink_content_cache_bytes "))
    assert 0 < float(value.split()[1]) <= 1024 * 1024
