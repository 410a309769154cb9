"""Ranges of time on every list of the links daemon."""

import datetime
import uuid

import pytest
from support.api import faults, ids_of_all, rows_of_all
from support.changes import inside
from support.crowds import grown_mib, resident_mib
from support.shapes import time_of

MS = datetime.timedelta(milliseconds=1)


def rfc3339(moment):
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def spread(stack, table, column, made):
    """A minute between each two; microseconds, which no answer shows, too."""
    for number, each in enumerate(made):
        stack.db.rows(f"update {table} set {column} = '2026-03-01T10:00:00.000777Z'::timestamptz + %s * interval '1 minute' where id = %s",
                      number, each)


@pytest.fixture(scope="module")
def lists(stack):
    """{name: (path, other filters, ids in the order made, shown time, whether it changes)}; a minute lies between each two."""
    api, word = stack.api, "w" + uuid.uuid4().hex[:10]
    job = {"id": "job-" + word, "title": "Ranger"}
    interviews = [stack.make_interview(job=job) for _ in range(4)]
    links = [stack.make_share_link(title=f"{number} {word}", interview_ids=interviews)["id"] for number in range(4)]
    templates = [api.post("/v1/email-templates", {"name": f"T{number}", "subject": "s", "body": "b"}, status=201).json()["id"] for number in range(4)]
    link = stack.make_share_link(reviewer_count=4, interview_ids=interviews)
    browsers = [inside(stack, link, number) for number in range(4)]
    reviews = [browser.put(f"{browser.page}/interviews/{interviews[0]}/review", {"rating": 3}).json()["id"] for browser in browsers]
    opens = ids_of_all(api, f"/v1/share-links/{link['id']}/opens", sort="opened_at")
    for table, column, made in (("links.interviews", "created_at", interviews), ("links.share_links", "created_at", links),
                                ("links.email_templates", "created_at", templates), ("views.reviews", "created_at", reviews),
                                ("links.interviews", "updated_at", interviews), ("links.share_links", "updated_at", links),
                                ("links.email_templates", "updated_at", templates), ("views.reviews", "updated_at", reviews),
                                ("views.visits", "opened_at", opens)):
        spread(stack, table, column, made)
    return {
        "share-links": ("/v1/share-links", {"search": word}, links, "created_at", True),
        "interviews": ("/v1/interviews", {"job_id": job["id"]}, interviews, "created_at", True),
        "templates": ("/v1/email-templates", {}, templates, "created_at", True),
        "link's reviews": (f"/v1/share-links/{link['id']}/reviews", {}, reviews, "created_at", True),
        "interview's reviews": (f"/v1/interviews/{interviews[0]}/reviews", {}, reviews, "created_at", True),
        "opens": (f"/v1/share-links/{link['id']}/opens", {}, opens, "opened_at", False),
    }


NAMES = ("share-links", "interviews", "templates", "link's reviews", "interview's reviews", "opens")
CHANGING = NAMES[:-1]


@pytest.mark.parametrize("name", NAMES)
def test_windows_neither_overlap_nor_miss(api, lists, name):
    """From the time that a row shows on it is there, before it it is not: though the time has more digits than are shown."""
    path, other, made, shown, _ = lists[name]
    for direction, order in (("", made), ("-", made[::-1])):
        listed = rows_of_all(api, path, sort=direction + shown, **other)
        assert [row["id"] for row in listed] == order
        times = {row["id"]: row[shown] for row in listed}
        for place, each in enumerate(made):
            assert ids_of_all(api, path, sort=direction + shown, created_after=times[each], **other) == [row for row in order if made.index(row) >= place]
            assert ids_of_all(api, path, sort=direction + shown, created_before=times[each], **other) == [row for row in order if made.index(row) < place]
            later = rfc3339(time_of(times[each]) + MS)
            assert ids_of_all(api, path, sort=direction + shown, created_after=times[each], created_before=later, **other) == [each]


@pytest.mark.parametrize("name", CHANGING)
def test_from_the_time_of_a_change_on(api, lists, name):
    path, other, made, _, _ = lists[name]
    times = {row["id"]: row["updated_at"] for row in rows_of_all(api, path, **other)}
    for place, each in enumerate(made):
        assert sorted(ids_of_all(api, path, updated_after=times[each], **other)) == sorted(made[place:])
    assert ids_of_all(api, path, updated_after=times[made[1]], created_before=times[made[2]], **other) == [made[1]]


@pytest.mark.parametrize("name", NAMES)
def test_a_moment_is_the_same_in_every_form(api, lists, name):
    path, other, made, _, _ = lists[name]
    for given in ("2026-03-01T10:01:00Z", "2026-03-01T11:01:00+01:00", "2026-03-01T04:31:00.000-05:30", "2026-03-01t10:01:00.0000000z"):
        assert sorted(ids_of_all(api, path, created_after=given, **other)) == sorted(made[1:])
    plus = api.get(f"{path}?limit=100&created_after=2026-03-01T11:01:00+01:00", status=200).json()["data"]
    assert set(made[1:]) <= {row["id"] for row in plus}, "a + that nobody escaped"


@pytest.mark.parametrize("name", NAMES)
def test_pages_within_a_range(api, lists, name):
    path, other, made, shown, _ = lists[name]
    params = {"limit": 1, "sort": shown, "created_after": "2026-03-01T10:01:00Z", "created_before": "2026-03-01T10:03:00Z", **other}
    first = api.get(path, params=params, status=200).json()
    assert [row["id"] for row in first["data"]] == made[1:2] and first["has_more"]
    # The same moment written another way is the same list.
    second = api.get(path, params={**params, "created_after": "2026-03-01T12:01:00+02:00", "cursor": first["next_cursor"]}, status=200).json()
    assert [row["id"] for row in second["data"]] == made[2:3] and not second["has_more"]
    for change in ({"created_after": "2026-03-01T10:00:59Z"}, {"created_before": "2026-03-01T10:03:01Z"}):
        assert faults(api.get(path, params={**params, **change, "cursor": first["next_cursor"]})) == ["?cursor"]


@pytest.mark.parametrize("query, pointers", [
    ("created_after=", ["?created_after"]), ("created_before=yesterday", ["?created_before"]), ("created_after=2026-03-01", ["?created_after"]),
    ("created_after=2026-03-01T10:00:00", ["?created_after"]), ("created_before=2026-02-30T10:00:00Z", ["?created_before"]),
    ("created_after=2026-03-01T10:00:00Z&created_before=2026-03-01T10:00:00Z", ["?created_before"]),
    ("created_after=2026-03-01T10:00:00Z&created_before=2026-03-01T10:59:59%2B01:00", ["?created_before"]),
    ("created_before=2026-03-01T09:00:00Z&created_after=2026-03-01T10:00:00Z", ["?created_before"]),
    ("created_after=x&created_before=y", ["?created_after", "?created_before"]),
    ("created_after=2026-03-01T10:00:00Z&created_after=2026-03-01T10:00:00Z", ["?created_after"]),
    ("updated_before=2026-03-01T10:00:00Z", ["?updated_before"]), ("updated_after=now", ["?updated_after"]),
])
@pytest.mark.parametrize("name", NAMES)
def test_ranges_that_are_none(api, lists, name, query, pointers):
    answer = api.get(f"{lists[name][0]}?{query}")
    assert faults(answer) == pointers
    assert all(fault["detail"].endswith(".") for fault in answer.json()["errors"])


def test_opens_do_not_change(api, lists):
    assert faults(api.get(lists["opens"][0], params={"updated_after": "2026-03-01T10:00:00Z"})) == ["?updated_after"]


def test_more_combinations_than_plans_are_kept_of(api, lists):
    """Each answers as the first ones do: of a list 100 ways to ask are prepared, and the rest is planned each time."""
    path, other, made, _, _ = lists["share-links"]
    filters = {"created_after": "2026-03-01T10:00:00Z", "created_before": "2026-03-01T11:00:00Z", "updated_after": "2026-03-01T10:00:00Z",
               "state": "active", "kind": "advanced"}
    for number in range(2 ** len(filters)):
        chosen = {name: value for place, (name, value) in enumerate(filters.items()) if number >> place & 1}
        for sort in ("created_at", "-created_at", "title", "-title", "updated_at"):
            assert sorted(ids_of_all(api, path, sort=sort, **chosen, **other)) == sorted(made)


def test_ways_to_ask_take_no_memory_of_the_daemon(stack, api, lists):
    """Who combines all filters with all sorts has some ten thousand of them."""
    path, other, _, _, _ = lists["share-links"]
    filters = {"created_after": "2026-03-01T10:00:00Z", "created_before": "2026-03-01T11:00:00Z", "updated_after": "2026-03-01T10:00:00Z",
               "state": "active", "kind": "advanced", "external_id": "x", "reviewer_external_id": "x", "owner_email": "a@owners.example",
               "interview_id": "x"}

    def ask(sort):
        for number in range(2 ** len(filters)):
            api.get(path, params={"sort": sort, **other, **{name: value for place, (name, value) in enumerate(filters.items()) if number >> place & 1}},
                    status=200)

    ask("created_at")
    before = resident_mib(stack.links)
    for sort in ("-created_at", "title", "-title", "expires_at"):
        ask(sort)
        assert grown_mib(stack.links, before) < 1.5
