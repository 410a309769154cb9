"""GET of the feedback on a link and on an interview: pages, averages, who may read it, and what outlives what."""

import re

import pytest
from support.api import Api, faults
from support.changes import inside
from support.shapes import time_of


@pytest.fixture
def link(stack):
    return stack.make_share_link(reviewer_count=3, interview_count=2)


def review(stack, link, number, place, **body):
    browser = inside(stack, link, number)
    return browser.put(f"{browser.page}/interviews/{link['interview_ids'][place]}/review", body).json()


def reviews(api, path, **params):
    return api.get(f"/v1/{path}/reviews", params=params, status=200).json()


def test_feedback_is_listed_newest_first_with_its_average(stack, link):
    path = f"share-links/{link['id']}"
    assert reviews(stack.api, path) == {"data": [], "has_more": False, "next_cursor": None, "average_rating": None}
    first = review(stack, link, 0, 0, rating=5, comment="<b>Bold</b>", question_ratings=[{"question_id": "q1", "rating": 3, "note": "n"}])
    review(stack, link, 0, 0, rating=4, comment="<b>Bold</b>", question_ratings=[{"question_id": "q1", "rating": 3, "note": "n"}])
    review(stack, link, 1, 0, rating=1)
    review(stack, link, 1, 1, comment="No number")
    listed = reviews(stack.api, path)
    assert listed["average_rating"] == 2.5 and not listed["has_more"]
    assert [each["comment"] for each in listed["data"]] == ["No number", "", "<b>Bold</b>"]
    oldest, person = listed["data"][-1], link["reviewers"][0]
    assert oldest == {"id": first["id"], "share_link_id": link["id"], "interview_id": link["interview_ids"][0],
                      "reviewer": {key: person[key] for key in ("id", "name", "email")}, "rating": 4, "recommendation": None,
                      "comment": "<b>Bold</b>",
                      "question_ratings": [{"question_id": "q1", "rating": 3, "note": "n"}], "revision_count": 2,
                      "created_at": first["created_at"], "updated_at": oldest["updated_at"]}
    assert time_of(oldest["updated_at"]) > time_of(oldest["created_at"])
    of_one = reviews(stack.api, f"interviews/{link['interview_ids'][1]}")
    assert [each["comment"] for each in of_one["data"]] == ["No number"] and of_one["average_rating"] is None
    assert [each["rating"] for each in reviews(stack.api, path, min_rating="4")["data"]] == [4]


def test_interview_gathers_the_feedback_of_all_its_links(stack, link):
    other = stack.make_share_link(interview_ids=link["interview_ids"])
    review(stack, link, 0, 0, rating=5)
    review(stack, other, 0, 0, rating=2)
    listed = reviews(stack.api, f"interviews/{link['interview_ids'][0]}")
    assert {each["share_link_id"] for each in listed["data"]} == {link["id"], other["id"]} and listed["average_rating"] == 3.5
    assert len(reviews(stack.api, f"share-links/{link['id']}")["data"]) == 1


@pytest.mark.parametrize("sort", ["created_at", "-created_at"])
def test_pages_hold_each_once(stack, link, sort):
    made = [review(stack, link, number, place, rating=3)["id"] for number in range(3) for place in range(2)]
    seen, cursor = [], None
    while True:
        page = reviews(stack.api, f"share-links/{link['id']}", limit=2, sort=sort, **({"cursor": cursor} if cursor else {}))
        seen += [each["id"] for each in page["data"]]
        assert page["average_rating"] == 3
        if not page["has_more"]:
            break
        cursor = page["next_cursor"]
    assert seen == (made if sort == "created_at" else made[::-1])
    elsewhere = stack.make_share_link()
    for path in (f"share-links/{elsewhere['id']}", f"interviews/{link['interview_ids'][0]}"):
        assert faults(stack.api.get(f"/v1/{path}/reviews", params={"sort": sort, "limit": 2, "cursor": cursor})) == ["?cursor"]


def test_feedback_by_what_is_recommended(stack, link):
    path = f"share-links/{link['id']}"
    for number, (first, second) in enumerate((("strong_yes", "yes"), ("no", "strong_no"), ("yes", None))):
        review(stack, link, number, 0, rating=1, recommendation=first)
        review(stack, link, number, 1, rating=2, recommendation=second)

    def recommended(**params):
        return [each["recommendation"] for each in reviews(stack.api, path, sort="created_at", **params)["data"]]

    assert recommended() == ["strong_yes", "yes", "no", "strong_no", "yes", None]
    assert recommended(recommendation="yes") == ["yes", "yes"]
    assert recommended(recommendation=["strong_no", "no"]) == ["no", "strong_no"]
    assert recommended(recommendation="yes", min_rating="2") == ["yes"]
    of_one = reviews(stack.api, f"interviews/{link['interview_ids'][1]}", recommendation="strong_no")["data"]
    assert [each["recommendation"] for each in of_one] == ["strong_no"]
    for wrong in ("", "maybe", "yes,no", ["yes", "maybe"]):
        assert set(faults(stack.api.get(f"/v1/{path}/reviews", params={"recommendation": wrong}))) == {"?recommendation"}


def test_each_variant_of_the_list_is_itself(stack, link):
    """Sort, filter and cursor make statements of their own, which must not be taken for each other."""
    for number in range(3):
        review(stack, link, number, 0, rating=5 - number)
    path = f"share-links/{link['id']}"
    for sort, order in (("created_at", [5, 4, 3]), ("-created_at", [3, 4, 5])):
        for least in (None, 1, 2, 3, 4, 5):
            params = {"sort": sort, **({"min_rating": least} if least else {})}
            expected = [rating for rating in order if rating >= (least or 0)]
            page = reviews(stack.api, path, limit=1, **params)
            assert [each["rating"] for each in page["data"]] == expected[:1]
            if page["has_more"]:
                assert [each["rating"] for each in reviews(stack.api, path, cursor=page["next_cursor"], **params)["data"]] == expected[1:]


def test_reviewed_count_of_each_reviewer(stack, link):
    def counts():
        return [each["reviewed_count"] for each in stack.api.get(f"/v1/share-links/{link['id']}", status=200).json()["reviewers"]]
    assert counts() == [0, 0, 0]
    review(stack, link, 0, 0, rating=1)
    review(stack, link, 0, 1, rating=1)
    review(stack, link, 1, 0, comment="x")
    assert counts() == [2, 1, 0]
    review(stack, link, 1, 0)
    assert counts() == [2, 0, 0], "taken back"
    stack.api.post(f"/v1/share-links/{link['id']}/interviews/remove", {"interview_ids": [link["interview_ids"][0]]}, status=200)
    assert counts() == [1, 0, 0]
    listed = stack.api.get("/v1/share-links", params={"search": link["title"]}, status=200).json()["data"]
    assert [each["reviewed_count"] for each in listed[0]["reviewers"]] == [1, 0, 0]


def test_feedback_outlives_membership_reviewer_and_link(stack, link):
    review(stack, link, 0, 0, rating=4)
    review(stack, link, 1, 0, rating=2)
    interview, path = link["interview_ids"][0], f"/v1/share-links/{link['id']}"
    stack.api.post(f"{path}/interviews/remove", {"interview_ids": [interview]}, status=200)
    assert len(reviews(stack.api, f"share-links/{link['id']}")["data"]) == 2
    gone = link["reviewers"][0]
    stack.api.delete(f"{path}/reviewers/{gone['id']}", status=204)
    kept = reviews(stack.api, f"interviews/{interview}")["data"][-1]
    assert kept["reviewer"] == {"id": gone["id"], "name": gone["name"], "email": None} and kept["rating"] == 4
    stack.api.delete(path, status=204)
    stack.api.get(f"{path}/reviews", status=404)
    assert reviews(stack.api, f"interviews/{interview}")["average_rating"] == 3
    stack.api.delete(f"/v1/interviews/{interview}", status=200)
    stack.api.get(f"/v1/interviews/{interview}/reviews", status=404)


def test_taken_back_feedback_is_not_listed(stack, link):
    review(stack, link, 0, 0, rating=4)
    review(stack, link, 0, 0)
    assert reviews(stack.api, f"share-links/{link['id']}")["data"] == []


def narrow_key(stack):
    told = stack.operate("key", "create", "--account", stack.account, "--scopes", "links.read,links.write")
    return re.search(r"slk_[\w-]+", told)[0]


def test_other_accounts_and_scopes(stack, link):
    review(stack, link, 0, 0, rating=4)
    narrow = Api(stack.api.base, narrow_key(stack))
    for path in (f"share-links/{link['id']}", f"interviews/{link['interview_ids'][0]}"):
        assert stack.other_api.get(f"/v1/{path}/reviews", status=404).json()["code"] == "not_found"
        stack.anonymous.get(f"/v1/{path}/reviews", status=401)
        stack.api.get(f"/v1/{path}/reviews?rating=1", status=422)
        stack.api.post(f"/v1/{path}/reviews", {}, status=405)
        refused = narrow.get(f"/v1/{path}/reviews", status=403).json()
        assert refused["code"] == "insufficient_scope"
    for path in ("share-links/lnk_unknown", "interviews/unknown"):
        stack.api.get(f"/v1/{path}/reviews", status=404)


def ids_of(api, path, **params):
    return [row["id"] for row in api.get(path, params=params, status=200).json()["data"]]


def test_feedback_of_a_reviewer(stack, other_api):
    link = stack.make_share_link(reviewer_count=2, interview_count=2)
    made = []
    for number in range(2):
        browser = inside(stack, link, number)
        made.append([browser.put(f"{browser.page}/interviews/{each}/review", {"rating": 1 + number}).json()["id"] for each in link["interview_ids"]])
    for number, reviewer in enumerate(link["reviewers"]):
        path = f"/v1/share-links/{link['id']}/reviews"
        assert ids_of(stack.api, path, reviewer_id=reviewer["id"], sort="created_at") == made[number]
        assert ids_of(stack.api, path, reviewer_id=reviewer["id"], min_rating="2") == (made[1][::-1] if number else [])
        assert ids_of(stack.api, f"/v1/interviews/{link['interview_ids'][1]}/reviews", reviewer_id=reviewer["id"]) == made[number][1:]
        other_api.get(path, params={"reviewer_id": reviewer["id"]}, status=404)
    stranger = stack.make_share_link()["reviewers"][0]["id"]
    assert ids_of(stack.api, f"/v1/share-links/{link['id']}/reviews", reviewer_id=stranger) == []
    for wrong in ("", "x", link["id"]):
        assert faults(stack.api.get(f"/v1/share-links/{link['id']}/reviews", params={"reviewer_id": wrong})) == ["?reviewer_id"]
