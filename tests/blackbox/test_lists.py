"""Lists: every sort and filter, and cursors that stay right while rows come and go."""

import uuid

import pytest
from support import samples
from support.api import faults

LINK_SORTS = ("created_at", "title", "last_opened_at", "expires_at", "updated_at")
INTERVIEW_SORTS = ("completed_at", "name", "created_at")


def ids(api, path, **params):
    answer = api.get(path, params={"limit": 100, **params}, status=200).json()
    assert answer["has_more"] is False and answer["next_cursor"] is None
    return [each["id"] for each in answer["data"]]


def page(api, path, **params):
    answer = api.get(path, params=params, status=200).json()
    assert answer["has_more"] == (answer["next_cursor"] is not None)
    return [each["id"] for each in answer["data"]], answer["next_cursor"]


def pages(api, path, between=lambda number: None, **params):
    """All ids, two at a time."""
    found, cursor, number = [], None, 0
    while number == 0 or cursor:
        some, cursor = page(api, path, **{**params, "limit": 2, **({"cursor": cursor} if cursor else {})})
        found += some
        number += 1
        between(number)
    return found


@pytest.fixture(scope="module")
def word(stack):
    """A word that the titles of this module's links share, so that it sees no other test's."""
    return "w" + uuid.uuid4().hex[:10]


@pytest.fixture(scope="module")
def links(stack, word):
    """Six links that differ in all that lists look at, in the order made."""
    api = stack.api
    interviews = [stack.make_interview() for _ in range(2)]
    titles = ["b 100% sure", "A_first", "c\\d", "ä last", "B 100 sure", "a-second"]
    made = [stack.make_share_link(title=f"{title} {word}", interview_ids=interviews[:1 + number % 2],
                                  expires_in={"value": 20 - number, "unit": "days"},
                                  owner={"name": "Olu", "email": f"{'Olu' if number % 2 else 'pat'}@recruiters.example"},
                                  reviewers=[{"name": f"Rae {'Straße' if number == 2 else 'Quill'} {number}",
                                              "email": f"rae{number}.{word}@reviewers.example"}])
            for number, title in enumerate(titles)]
    api.patch(f"/v1/share-links/{made[5]['id']}", {"expires_at": None}, status=200)
    stack.db.rows("update links.share_links set expires_at = now() - interval '1 minute' where id = %s", made[4]["id"])
    api.post(f"/v1/share-links/{made[3]['id']}/deactivate", status=200)
    for number in (2, 0):
        stack.reviewer(made[number]).open(status=200)
    return [link["id"] for link in made]


def expected_order(links, sort):
    orders = {"created_at": [0, 1, 2, 3, 4, 5],
              "title": [3, 1, 5, 4, 0, 2],  # as people sort
              "last_opened_at": [1, 3, 4, 5, 2, 0],  # never opened: before all, by id
              "expires_at": [4, 3, 2, 1, 0, 5],  # never expiring: after all
              "updated_at": [0, 1, 2, 4, 5, 3]}  # those that were changed since they were made: by that
    return [links[number] for number in orders[sort]]


@pytest.mark.parametrize("sort", LINK_SORTS)
def test_links_by_every_sort(api, links, word, sort):
    expected = expected_order(links, sort)
    assert ids(api, "/v1/share-links", search=word, sort=sort) == expected
    assert ids(api, "/v1/share-links", search=word, sort=f"-{sort}") == expected[::-1]
    assert pages(api, "/v1/share-links", search=word, sort=sort) == expected
    assert pages(api, "/v1/share-links", search=word, sort=f"-{sort}") == expected[::-1]


def test_links_come_newest_first(api, links, word):
    assert ids(api, "/v1/share-links", search=word) == links[::-1]


@pytest.mark.parametrize("params, expected", [
    ({"state": "active"}, [0, 1, 2, 5]),
    ({"state": "expired"}, [4]),
    ({"state": "deactivated"}, [3]),
    ({"kind": "advanced"}, [0, 1, 2, 3, 4, 5]),
    ({"kind": "basic"}, []),
    ({"owner_email": "OLU@recruiters.EXAMPLE"}, [1, 3, 5]),
    ({"owner_email": "nobody@recruiters.example"}, []),
    ({"owner_email": "pat@recruiters.example", "state": "active"}, [0, 2]),
    ({"interview_id": "unknown"}, []),
])
def test_links_by_every_filter(api, links, word, params, expected):
    for sort in LINK_SORTS:
        wanted = [each for each in expected_order(links, sort) if links.index(each) in expected]
        assert ids(api, "/v1/share-links", search=word, sort=sort, **params) == wanted


def test_links_by_interview(api, links, word):
    first, second = api.get(f"/v1/share-links/{links[1]}", status=200).json()["interview_ids"]
    assert ids(api, "/v1/share-links", interview_id=first) == links[::-1]
    assert ids(api, "/v1/share-links", interview_id=second, sort="created_at") == [links[1], links[3], links[5]]


@pytest.mark.parametrize("search, expected", [
    ("100% s", [0]), ("100%", [0]), ("a_f", [1]), ("c\\d", [2]), ("_", None), ("Ä LAST", [3]), ("STRAßE", [2]), ("rae  quill", [0, 1, 3, 4, 5]),
    ("QUILL RAE4.", [4]), ("xyzzy'; drop table", []), ("rae", [0, 1, 2, 3, 4, 5]),
])
def test_search_takes_every_character_as_itself(api, links, search, expected):
    found = [links.index(each) for each in ids(api, "/v1/share-links", search=search, sort="created_at") if each in links]
    assert found == ([1] if expected is None else expected)


def test_search_finds_a_reviewer_s_address(api, links, word):
    assert ids(api, "/v1/share-links", search=f"RAE4.{word}@") == [links[4]]


@pytest.mark.parametrize("sort", [order + sort for sort in LINK_SORTS for order in ("", "-")])
def test_pages_stay_right_while_links_come_and_go(stack, sort):
    word = "w" + uuid.uuid4().hex[:10]
    interview = stack.make_interview()

    def make(title):
        return stack.make_share_link(title=f"{title} {word}", interview_ids=[interview])["id"]

    there = [make(letter) for letter in "bdfhjl"]
    gone = []

    def stir(number):
        if number == 1:
            make("0"), make("c"), make("z")
            gone.append(ids(stack.api, "/v1/share-links", search=word, sort=sort)[0])
            stack.api.delete(f"/v1/share-links/{gone[0]}", status=204)

    found = pages(stack.api, "/v1/share-links", stir, search=word, sort=sort)
    assert len(found) == len(set(found))
    assert set(there) <= set(found) | set(gone)


def test_a_cursor_is_for_its_own_list_sort_and_filters(api, other_api, links, word):
    _, cursor = page(api, "/v1/share-links", search=word, sort="title", limit=2)
    page(api, "/v1/share-links", search=word, sort="title", limit=3, cursor=cursor)
    others = [{"search": word, "sort": "-title"}, {"search": word}, {"sort": "title"}, {"search": word + "x", "sort": "title"},
              {"search": word, "sort": "title", "state": "active"}, {"search": word, "sort": "expires_at"}]
    for params in others:
        assert faults(api.get("/v1/share-links", params={**params, "cursor": cursor})) == ["?cursor"]
    assert faults(other_api.get("/v1/share-links", params={"search": word, "sort": "title", "cursor": cursor})) == ["?cursor"]
    assert faults(api.get("/v1/interviews", params={"cursor": cursor})) == ["?cursor"]
    for number in range(0, len(cursor), 3):
        broken = cursor[:number] + ("A" if cursor[number] != "A" else "B") + cursor[number + 1:]
        assert faults(api.get("/v1/share-links", params={"search": word, "sort": "title", "cursor": broken})) == ["?cursor"]


BAD = [
    ("limit=0", "?limit"), ("limit=101", "?limit"), ("limit=1.5", "?limit"), ("limit=", "?limit"), ("limit=x", "?limit"),
    ("limit=2&limit=3", "?limit"), ("cursor=", "?cursor"), ("cursor=AAAA", "?cursor"), ("cursor=%25", "?cursor"),
    ("cursor=" + "A" * 3000, "?cursor"), ("sort=", "?sort"), ("sort=-", "?sort"), ("sort=id", "?sort"), ("sort=--created_at", "?sort"),
    ("sort=created_at,title", "?sort"), ("sort=created_at&sort=created_at", "?sort"), ("search=", "?search"),
    ("search=" + "x" * 201, "?search"), ("search=a%0Ab", "?search"), ("nonsense=1", "?nonsense"), ("Limit=1", "?Limit"),
]
BAD_FOR_LINKS = [
    ("state=gone", "?state"), ("state=", "?state"), ("state=active|expired", "?state"), ("kind=Basic", "?kind"),
    ("interview_id=", "?interview_id"), ("interview_id=a/b", "?interview_id"), ("interview_id=" + "x" * 129, "?interview_id"),
    ("owner_email=nobody", "?owner_email"), ("owner_email=", "?owner_email"), ("type=live", "?type"),
]
BAD_FOR_INTERVIEWS = [("job_id=", "?job_id"), ("job_id=a%20b", "?job_id"), ("type=dead", "?type"), ("sort=title", "?sort"), ("state=active", "?state")]


@pytest.mark.parametrize("path, query, pointer",
                         [("/v1/share-links", *each) for each in BAD + BAD_FOR_LINKS]
                         + [("/v1/interviews", *each) for each in BAD + BAD_FOR_INTERVIEWS])
def test_bad_queries(api, path, query, pointer):
    assert set(faults(api.get(f"{path}?{query}"))) == {pointer}


def test_broken_escapes_and_all_faults_at_once(api):
    api.get("/v1/share-links?search=%FF", status=422)
    assert faults(api.get("/v1/share-links?limit=0&sort=x&state=y&z=1")) == ["?limit", "?sort", "?state", "?z"]


# --- interviews ---


@pytest.fixture(scope="module")
def candidates(stack):
    """Four interviews of a job of their own, in the order made; their job's id comes first."""
    job = {"id": "job-" + uuid.uuid4().hex[:10], "title": "Archivist"}
    people = [("zoë", "adams", "one_way", "2026-03-01T10:00:00Z"), ("Bob", None, "live", None),
              ("adam", "Zimmer", "one_way", "2026-03-01T11:00:00+02:00"), ("50%_\\", "x", "live", "2025-01-01T00:00:00.123Z")]
    made = []
    for number, (first, last, kind, completed_at) in enumerate(people):
        document = samples.interview_document(job=job, type=kind, completed_at=completed_at)
        document["candidate"] |= {"first_name": first, "last_name": last, "email": f"c{number}.{job['id']}@candidates.example"}
        made.append(samples.interview_id())
        stack.api.put(f"/v1/interviews/{made[-1]}", document, status=201)
    return [job["id"], *made]


@pytest.mark.parametrize("sort, order", [("created_at", [1, 2, 3, 4]), ("updated_at", [1, 2, 3, 4]), ("name", [4, 3, 2, 1]), ("completed_at", [2, 4, 3, 1])])
def test_interviews_by_every_sort(api, candidates, sort, order):
    expected = [candidates[number] for number in order]
    for read in (ids, pages):
        assert read(api, "/v1/interviews", job_id=candidates[0], sort=sort) == expected
        assert read(api, "/v1/interviews", job_id=candidates[0], sort=f"-{sort}") == expected[::-1]


@pytest.mark.parametrize("params, expected", [
    ({"type": "live"}, [2, 4]), ({"type": "one_way"}, [1, 3]), ({"search": "ZOË AD"}, [1]), ({"search": "50%_\\"}, [4]),
    ({"search": "ada"}, [1, 3]), ({"search": "C2.JOB-"}, [3]), ({"search": "b"}, [1, 2, 3, 4]), ({"search": "null"}, []),
    ({"search": "ada", "type": "live"}, []),
])
def test_interviews_by_every_filter(api, candidates, params, expected):
    assert ids(api, "/v1/interviews", job_id=candidates[0], sort="created_at", **params) == [candidates[number] for number in expected]


def test_rows_of_interviews_leave_out_what_is_long(api, candidates):
    row = api.get("/v1/interviews", params={"job_id": candidates[0], "search": "zoë"}, status=200).json()["data"][0]
    whole = api.get(f"/v1/interviews/{candidates[1]}", status=200).json()
    assert row == {name: value for name, value in whole.items() if name not in ("questions", "questionnaire")}


def test_interviews_of_a_share_link(stack, other_api):
    interviews = [stack.make_interview() for _ in range(3)]
    link = stack.make_share_link(interview_ids=interviews[:2])["id"]
    assert sorted(ids(stack.api, "/v1/interviews", share_link_id=link)) == sorted(interviews[:2])
    assert ids(stack.api, "/v1/interviews", share_link_id=link, type="live") == []
    assert ids(other_api, "/v1/interviews", share_link_id=link) == []
    assert ids(stack.api, "/v1/interviews", share_link_id="lnk_" + "0" * 26) == []
    for wrong in ("", "x", "rvw_" + "0" * 26):
        assert faults(stack.api.get("/v1/interviews", params={"share_link_id": wrong})) == ["?share_link_id"]


# --- whose they are ---


@pytest.mark.parametrize("path", ["/v1/share-links", "/v1/interviews", "/v1/email-templates"])
def test_lists_hold_the_account_s_own(stack, links, candidates, path):
    stack.api.post("/v1/email-templates", {"name": "n", "subject": "s", "body": "b"}, status=201)
    assert ids(stack.other_api, path) == []
    assert stack.anonymous.get(path).status_code == 401


def test_filters_do_not_reach_another_account(stack, links, candidates, word):
    interview = stack.api.get(f"/v1/share-links/{links[0]}", status=200).json()["interview_ids"][0]
    for params in ({"search": word}, {"interview_id": interview}, {"owner_email": "pat@recruiters.example"}):
        assert ids(stack.other_api, "/v1/share-links", **params) == []
    assert ids(stack.other_api, "/v1/interviews", job_id=candidates[0]) == []
