"""GET /v1/share-links/{id}/matrix: candidates beside reviewers, right after what changes them, page by page, and at its largest."""

import pytest
from support.api import faults

NAMES = [("Zoë", "Adler"), ("ålborg", "B"), ("Ada", "Cook"), ("Łucja", "D")]


@pytest.fixture
def link(stack):
    """Four candidates and three reviewers who have opened."""
    interviews = []
    for number, (first, last) in enumerate(NAMES):
        interviews.append(stack.make_interview(
            candidate={"first_name": first, "last_name": last, "email": f"c{number}@candidates.example"}, job={"id": f"j{number}", "title": f"Job {number}"},
            questions=[{"id": "q1", "text": "Why?", "skipped": False, "answer": {"kind": "video", "media_url": "https://media.example/a.mp4", "duration_seconds": 40.6}},
                       {"id": "q2", "text": "How?", "skipped": False, "answer": {"kind": "audio", "media_url": "https://media.example/b.mp3", "duration_seconds": 20}}]))
    made = stack.make_share_link(interview_ids=interviews, reviewer_count=3, settings={
        "abbreviate_names": True, "omit_avatars": True, "exclude_full_profiles": True, "hide_skipped_questions": True, "mask_questionnaire": True})
    return made


@pytest.fixture
def browsers(stack, link):
    found = [stack.reviewer(link, number) for number in range(3)]
    for browser in found:
        browser.open(status=200)
    return found


def matrix(api, link, **params):
    return api.get(f"/v1/share-links/{link['id']}/matrix", params=params, status=200).json()


def row(api, link, place):
    return next(each for each in matrix(api, link)["data"] if each["interview_id"] == link["interview_ids"][place])


def review(browser, link, place, **body):
    answer = browser.put(f"{browser.page}/interviews/{link['interview_ids'][place]}/review", body)
    assert answer.status_code in (200, 201), answer.text


def watch(browser, link, place, seconds, question="q1"):
    browser.post(f"{browser.page}/interviews/{link['interview_ids'][place]}/watch", {"question_id": question, "seconds": seconds, "position": seconds}, status=200)


def test_a_link_that_nobody_has_reviewed(stack, link):
    answer = matrix(stack.api, link)
    assert list(answer) == ["data", "has_more", "next_cursor", "reviewers"] and not answer["has_more"]
    assert answer["reviewers"] == [{"id": each["id"], "name": each["name"], "state": "active"} for each in link["reviewers"]]
    assert answer["data"] == [
        {"interview_id": interview, "name": f"{first} {last}", "job_title": f"Job {number}", "seconds": 61, "average": None, "ratings": 0,
         "distribution": [0] * 5, "recommendations": [0] * 4, "cells": []}
        for number, (interview, (first, last)) in enumerate(zip(link["interview_ids"], NAMES))]


def test_cells_are_right_after_each_change(stack, link, browsers):
    first, second, third = browsers
    watch(first, link, 0, 5.7)
    assert row(stack.api, link, 0)["cells"] == [[0, None, False, 5]]
    watch(first, link, 0, 4.5, "q2")
    review(first, link, 0, rating=4, comment="Good.")
    review(third, link, 0, rating=5, recommendation="strong_yes")
    assert row(stack.api, link, 0)["cells"] == [[0, 4, True, 10], [2, 5, False, 0, "strong_yes"]]
    review(second, link, 0, recommendation="no")
    review(second, link, 1, question_ratings=[{"question_id": "q1", "rating": 3, "note": ""}])
    full = row(stack.api, link, 0)
    assert full["cells"] == [[0, 4, True, 10], [1, None, False, 0, "no"], [2, 5, False, 0, "strong_yes"]]
    assert (full["average"], full["ratings"], full["distribution"], full["recommendations"]) == (4.5, 2, [0, 0, 0, 1, 1], [1, 0, 1, 0])
    assert row(stack.api, link, 1)["cells"] == [[1, None, False, 0]]
    review(third, link, 0, rating=None)
    assert row(stack.api, link, 0)["cells"] == [[0, 4, True, 10], [1, None, False, 0, "no"]] and row(stack.api, link, 0)["average"] == 4
    review(first, link, 0, rating=1, comment="")
    assert row(stack.api, link, 0)["cells"][0] == [0, 1, False, 10]
    assert row(stack.api, link, 0)["average"] == stack.api.get(f"/v1/interviews/{link['interview_ids'][0]}/reviews", status=200).json()["average_rating"]


def test_reviewers_and_interviews_come_and_go(stack, link, browsers):
    review(browsers[0], link, 0, rating=2)
    review(browsers[1], link, 1, rating=3)
    ids = [each["id"] for each in link["reviewers"]]
    stack.api.post(f"/v1/share-links/{link['id']}/reviewers/{ids[1]}/deactivate", status=200)
    stack.api.delete(f"/v1/share-links/{link['id']}/reviewers/{ids[0]}", status=204)
    stack.api.delete(f"/v1/share-links/{link['id']}/reviewers/{ids[2]}", status=204)
    answer = matrix(stack.api, link)
    assert [(each["id"], each["state"]) for each in answer["reviewers"]] == [(ids[1], "deactivated"), (ids[0], "removed")]
    assert answer["reviewers"][1]["name"] == link["reviewers"][0]["name"]
    assert answer["data"][0]["cells"] == [[1, 2, False, 0]] and answer["data"][1]["cells"] == [[0, 3, False, 0]]
    stack.api.post(f"/v1/share-links/{link['id']}/interviews/remove", {"interview_ids": link["interview_ids"][:1]}, status=200)
    left = matrix(stack.api, link)
    assert [each["id"] for each in left["reviewers"]] == [ids[1]] and len(left["data"]) == 3
    stack.api.post(f"/v1/share-links/{link['id']}/interviews", {"interview_ids": link["interview_ids"][:1]}, status=200)
    again = matrix(stack.api, link)
    assert again["data"][-1]["interview_id"] == link["interview_ids"][0] and again["data"][-1]["cells"] == [[1, 2, False, 0]]
    stack.api.delete(f"/v1/interviews/{link['interview_ids'][1]}", status=200)
    assert [each["cells"] for each in matrix(stack.api, link)["data"]] == [[], [], [[1, 2, False, 0]]]
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    assert len(matrix(stack.api, link)["data"]) == 3


def test_a_reviewer_has_the_feedback_of_this_link_alone(stack, link, browsers):
    other = stack.make_share_link(interview_ids=link["interview_ids"], reviewers=[{"name": "Same", "email": link["reviewers"][0]["email"]}])
    elsewhere = stack.reviewer(other)
    elsewhere.open(status=200)
    review(elsewhere, other, 0, rating=1)
    watch(elsewhere, other, 1, 5)
    assert all(each["cells"] == [] and each["average"] is None for each in matrix(stack.api, link)["data"])
    assert matrix(stack.api, other)["data"][0]["cells"] == [[0, 1, False, 0]]


def test_every_sort_in_both_directions_and_page_by_page(stack, link, browsers):
    for place, ratings in ((0, (3, 3, 3)), (1, (1, 5, None)), (3, (4, 5, 5))):
        for browser, rating in zip(browsers, ratings):
            if rating:
                review(browser, link, place, rating=rating)
    expected = {"position": [0, 1, 2, 3], "name": [2, 1, 3, 0], "average": [2, *sorted((0, 1), key=lambda place: link["interview_ids"][place]), 3],
                "disagreement": [*sorted((0, 2), key=lambda place: link["interview_ids"][place]), 3, 1]}
    for sort, places in expected.items():
        wanted = [link["interview_ids"][place] for place in places]
        for params, order in (({"sort": sort}, wanted), ({"sort": f"-{sort}"}, wanted[::-1])):
            assert [each["interview_id"] for each in matrix(stack.api, link, **params)["data"]] == order, params
            found, cursor = [], None
            while True:
                page = matrix(stack.api, link, limit=1, **params, **({"cursor": cursor} if cursor else {}))
                found += [each["interview_id"] for each in page["data"]]
                cursor = page["next_cursor"]
                assert len(page["reviewers"]) == 3 and page["has_more"] == bool(cursor)
                if not cursor:
                    break
            assert found == order, params


def test_pages_stay_right_while_interviews_come_and_go(stack, link):
    page = matrix(stack.api, link, limit=2)
    stack.api.post(f"/v1/share-links/{link['id']}/interviews/remove", {"interview_ids": link["interview_ids"][:1]}, status=200)
    stack.api.post(f"/v1/share-links/{link['id']}/interviews", {"interview_ids": [stack.make_interview()]}, status=200)
    rest = matrix(stack.api, link, limit=5, cursor=page["next_cursor"])
    assert [each["interview_id"] for each in rest["data"]][:2] == link["interview_ids"][2:] and len(rest["data"]) == 3
    other = stack.make_share_link()
    for path, params in ((other["id"], {}), (link["id"], {"sort": "name"}), (link["id"], {"sort": "-position"})):
        assert faults(stack.api.get(f"/v1/share-links/{path}/matrix", params={**params, "cursor": page["next_cursor"]})) == ["?cursor"]


@pytest.mark.parametrize("query, pointers", [("limit=0", ["?limit"]), ("limit=101", ["?limit"]), ("limit=x", ["?limit"]), ("sort=rating", ["?sort"]),
                                             ("cursor=abc", ["?cursor"]), ("view=all", ["?view"]), ("limit=1&limit=2", ["?limit"])])
def test_bad_queries(stack, link, query, pointers):
    assert faults(stack.api.get(f"/v1/share-links/{link['id']}/matrix?{query}")) == pointers


def test_who_asks_for_another_s_or_for_none(stack, link):
    for api, link_id in ((stack.other_api, link["id"]), (stack.api, "lnk_" + "0" * 26)):
        assert api.get(f"/v1/share-links/{link_id}/matrix").status_code == 404


def test_names_are_text(stack):
    name = '<b>"Ann\\\\" & \'Bo\'</b>'
    link = stack.make_share_link(interview_ids=[stack.make_interview(candidate={"first_name": name, "last_name": None})],
                                 reviewers=[{"name": name, "email": "a@reviewers.example"}])
    answer = matrix(stack.api, link)
    assert answer["data"][0]["name"] == answer["reviewers"][0]["name"] == name


FILL = """
    insert into links.interviews (account_id, id, document)
    select l.account_id, 'large-' || n, jsonb_build_object('type', 'one_way', 'job', jsonb_build_object('id', 'j', 'title', 'Customer Support Lead'),
        'candidate', jsonb_build_object('first_name', 'Mateo', 'last_name', 'Rivera ' || n),
        'questions', (select jsonb_agg(jsonb_build_object('id', 'q' || q, 'text', 'Why?', 'skipped', false,
            'answer', jsonb_build_object('kind', 'video', 'media_url', 'https://media.example/a.mp4', 'duration_seconds', 100))) from generate_series(1, 5) q))
    from links.share_links l, generate_series(1, 500) n where l.id = %(link)s;
    insert into links.share_link_interviews (share_link_id, account_id, interview_id, position)
    select l.id, l.account_id, 'large-' || n, 1 + n from links.share_links l, generate_series(1, 500) n where l.id = %(link)s;
    delete from links.share_link_interviews where share_link_id = %(link)s and position = 1;
    insert into views.activity (reviewer_id, share_link_id, account_id, open_count)
    select r.id, r.share_link_id, r.account_id, 1 from links.reviewers r where r.share_link_id = %(link)s;
    insert into views.reviews (id, account_id, share_link_id, reviewer_id, reviewer_name, interview_id, rating, comment, question_ratings, submitted_at)
    select sharelink.new_id('fbk_'), r.account_id, r.share_link_id, r.id, r.name, 'large-' || n, 1 + (n + r.position) %% 5,
           case when n %% 3 = 0 then repeat('Words of a comment. ', 20) else '' end, '[]', now()
    from links.reviewers r, generate_series(1, 500) n where r.share_link_id = %(link)s;
    insert into views.watch (reviewer_id, interview_id, question_id, account_id, share_link_id, seconds, position)
    select r.id, 'large-' || n, 'q' || q, r.account_id, r.share_link_id, 50 + q, 60
    from links.reviewers r, generate_series(1, 500) n, generate_series(1, 5) q where r.share_link_id = %(link)s;
    analyze links.interviews; analyze links.share_link_interviews; analyze links.reviewers; analyze views.activity; analyze views.reviews;
    analyze views.watch"""


def test_five_hundred_candidates_of_a_hundred_reviewers(shared):
    """50,000 cells. A page of 50 has 5,000 of them; the statement takes tens of milliseconds, where a look for each cell took seconds."""
    stack = shared.make_stack()
    link = stack.make_share_link(reviewer_count=100)
    stack.db.rows(FILL % {"link": f"'{link['id']}'"})
    cursor, cells, sizes = None, 0, []
    while True:
        answer = stack.api.get(f"/v1/share-links/{link['id']}/matrix", params={"limit": 50, **({"cursor": cursor} if cursor else {})}, status=200)
        sizes.append(len(answer.content))
        page = answer.json()
        cells += sum(len(each["cells"]) for each in page["data"])
        assert len(page["data"]) == 50 and len(page["reviewers"]) == 100
        assert {tuple(each["distribution"]) for each in page["data"]} == {(20, 20, 20, 20, 20)} and page["data"][0]["cells"][99][3] == 265
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert cells == 50_000 and len(sizes) == 10 and max(sizes) < 110_000
    for sort in ("-average", "disagreement", "name"):
        first = stack.api.get(f"/v1/share-links/{link['id']}/matrix", params={"limit": 50, "sort": sort}, status=200)
        assert first.elapsed.total_seconds() < 2 and first.json()["data"][0]["average"] == 3
    stack.close()
