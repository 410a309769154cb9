"""GET /v1/share-links?view=summary and /v1/share-links/counts: what a list of many links shows of each, right after what changes it, and
what needs its owner's attention."""

import json
import uuid

import pytest
from stack.waiting import wait_until
from support import samples
from support.api import faults
from support.scripted_smtp import REFUSE, ScriptedSmtp

ROW = ["id", "kind", "title", "state", "state_reason", "expires_at", "created_at", "last_opened_at", "interview_count", "job_title", "open_count",
       "average_rating", "reviewers", "attention"]
NOBODY = {"count": 1, "invited": 0, "failed": 0, "opened": 0, "reviewed": 0, "done": 0}


@pytest.fixture
def owner():
    """Whose links are of one test alone."""
    return {"name": "Olu", "email": f"{uuid.uuid4().hex[:12]}@recruiters.example", "time_zone": "Europe/Berlin"}


def rows(api, owner, **params):
    found = api.get("/v1/share-links", params={"view": "summary", "owner_email": owner["email"], "sort": "created_at", "limit": 100, **params}, status=200)
    return found.json()["data"]


def row(api, link):
    return next(each for each in rows(api, link["owner"]) if each["id"] == link["id"])


def counts(api, **params):
    return api.get("/v1/share-links/counts", params=params, status=200).json()


def review(browser, link, place=0, **body):
    answer = browser.put(f"{browser.page}/interviews/{link['interview_ids'][place]}/review", body)
    assert answer.status_code in (200, 201), answer.text


def expires(stack, link, interval):
    stack.db.rows(f"update links.share_links set expires_at = now() + interval '{interval}' where id = %s", link["id"])


def test_a_row_says_what_a_link_is(stack, owner):
    interviews = [stack.make_interview(job={"id": job, "title": job.title()}) for job in ("cook", "baker")]
    link = stack.make_share_link(interview_ids=interviews, reviewer_count=3, owner=owner)
    made = row(stack.api, link)
    assert list(made) == ROW
    assert made == {
        **{name: link[name] for name in ("id", "kind", "title", "state", "state_reason", "expires_at", "created_at")},
        "last_opened_at": None, "interview_count": 2, "job_title": "Cook", "open_count": 0, "average_rating": None,
        "reviewers": {**NOBODY, "count": 3}, "attention": []}
    stack.api.post(f"/v1/share-links/{link['id']}/interviews/remove", {"interview_ids": interviews[:1]}, status=200)
    assert (row(stack.api, link)["interview_count"], row(stack.api, link)["job_title"]) == (1, "Baker")
    stack.api.post(f"/v1/share-links/{link['id']}/interviews/remove", {"interview_ids": interviews[1:]}, status=200)
    assert (row(stack.api, link)["interview_count"], row(stack.api, link)["job_title"]) == (0, None)


def test_a_row_is_right_after_opens_reviews_and_done(stack, owner):
    link = stack.make_share_link(reviewer_count=3, interview_count=2, owner=owner)
    first, second = stack.reviewer(link), stack.reviewer(link, 1)
    first.open(status=200)
    assert row(stack.api, link)["open_count"] == 1 and row(stack.api, link)["reviewers"] == {**NOBODY, "count": 3, "opened": 1}
    stack.reviewer(link).open(status=200)
    second.open(status=200)
    opened = row(stack.api, link)
    assert opened["open_count"] == 3 and opened["reviewers"]["opened"] == 2
    assert opened["last_opened_at"] == stack.api.get(f"/v1/share-links/{link['id']}", status=200).json()["reviewers"][1]["last_opened_at"]

    review(first, link, rating=5)
    review(first, link, 1, recommendation="yes")
    assert row(stack.api, link)["average_rating"] == 5 and row(stack.api, link)["reviewers"]["reviewed"] == 1
    review(second, link, rating=2)
    review(second, link, 1, rating=4)
    reviewed = row(stack.api, link)
    assert reviewed["average_rating"] == 3.67 and reviewed["reviewers"]["reviewed"] == 2
    assert reviewed["average_rating"] == stack.api.get(f"/v1/share-links/{link['id']}/reviews", status=200).json()["average_rating"]
    review(second, link, 1, rating=1, comment="No, after all.")
    assert row(stack.api, link)["average_rating"] == 2.67
    review(second, link, 1, rating=None, comment="No, after all.")
    assert row(stack.api, link)["average_rating"] == 3.5
    review(second, link, 1, comment="")
    review(second, link, rating=None, comment="")
    assert row(stack.api, link)["average_rating"] == 5 and row(stack.api, link)["reviewers"]["reviewed"] == 1

    first.post(f"{first.page}/done", {}, status=200)
    assert row(stack.api, link)["reviewers"] == {"count": 3, "invited": 0, "failed": 0, "opened": 2, "reviewed": 1, "done": 1}
    review(first, link, rating=4)
    assert row(stack.api, link)["reviewers"]["done"] == 0 and row(stack.api, link)["average_rating"] == 4

    stack.api.delete(f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][0]['id']}", status=204)
    left = row(stack.api, link)
    assert left["reviewers"] == {**NOBODY, "count": 2, "opened": 1} and left["open_count"] == 1
    assert left["average_rating"] == 4  # feedback stays
    stack.api.delete(f"/v1/interviews/{link['interview_ids'][0]}", status=200)
    assert row(stack.api, link)["average_rating"] is None and row(stack.api, link)["interview_count"] == 1


def test_ratings_are_counted_as_they_are(stack):
    """After all that this module's tests did with them, too."""
    link, other = stack.make_share_link(reviewer_count=2, interview_count=3), stack.make_share_link()
    stack.api.post(f"/v1/share-links/{other['id']}/interviews", {"interview_ids": link["interview_ids"]}, status=200)
    for each, number in ((link, 0), (link, 1), (other, 0)):
        browser = stack.reviewer(each, number)
        browser.open(status=200)
        for place, interview in enumerate(link["interview_ids"]):
            browser.put(f"{browser.page}/interviews/{interview}/review", {"rating": 1 + (place + number) % 5}, status=201)
    stack.api.delete(f"/v1/interviews/{link['interview_ids'][1]}", status=200)
    assert stack.db.rows("""
        select l.share_link_id from views.link_activity l
        left join (select share_link_id, count(rating) as many, sum(rating) as sum from views.reviews group by 1) r on r.share_link_id = l.share_link_id
        where (l.rating_count, l.rating_sum) is distinct from (coalesce(r.many, 0), coalesce(r.sum, 0))""") == []
    assert stack.db.value("select rating_count from views.link_activity where share_link_id = %s", link["id"]) == 4


def test_states_and_how_many_are_in_which(stack, owner):
    links = [stack.make_share_link(owner=owner) for _ in range(4)]
    basic = stack.api.post(f"/v1/interviews/{links[0]['interview_ids'][0]}/basic-link", status=201).json()
    assert counts(stack.api, owner_email=owner["email"].upper()) == {"active": 4, "expired": 0, "deactivated": 0, "attention": 0}
    expires(stack, links[1], "-1 minute")
    stack.api.post(f"/v1/share-links/{links[2]['id']}/deactivate", status=200)
    assert [each["state"] for each in rows(stack.api, owner)] == ["active", "expired", "deactivated", "active"]
    assert rows(stack.api, owner)[2]["state_reason"]["code"] == "manual"
    assert counts(stack.api, owner_email=owner["email"]) == {"active": 2, "expired": 1, "deactivated": 1, "attention": 0}
    assert counts(stack.api, search=links[2]["title"].split()[1] + " shortlist", owner_email=owner["email"])["deactivated"] == 1
    assert sum(counts(stack.api, owner_email=owner["email"], kind="basic").values()) == 0
    assert counts(stack.api, kind="basic")["active"] >= 1
    whole = counts(stack.api)
    assert [whole[state] for state in ("active", "expired", "deactivated")] == [
        stack.db.value("select count(*) from links.share_links where account_id = %s and links.state_of(deactivated_at, expires_at) = %s",
                       stack.account, state) for state in ("active", "expired", "deactivated")]
    made = next(each for each in stack.api.get("/v1/share-links", params={"view": "summary", "kind": "basic", "limit": 100}, status=200).json()["data"]
                if each["id"] == basic["id"])
    assert made["reviewers"] == NOBODY and made["interview_count"] == 1


def test_who_asks_for_access_needs_attention_until_answered(stack, owner):
    link = stack.make_share_link(reviewer_count=2, owner=owner)

    def is_told():
        found = [each["id"] for each in rows(stack.api, owner, attention="yes")]
        assert bool(found) == (row(stack.api, link)["attention"] == ["access_requested"]) == (not rows(stack.api, owner, attention="no"))
        assert counts(stack.api, owner_email=owner["email"])["attention"] == len(found)
        return bool(found)

    def ask(number=0):
        stack.db.rows("update views.access_requests set requested_at = requested_at - interval '61 minutes' where share_link_id = %s", link["id"])
        browser = stack.reviewer(link, number)
        browser.post(f"{browser.page}/request-access", status=202)
        assert is_told()

    assert not is_told()
    ask()
    ask(1)
    stack.reviewer(link).open(status=200)
    assert is_told()  # the other is still outside
    stack.api.post(f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][1]['id']}/invite", status=202)
    assert not is_told()
    ask()
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    assert is_told()
    link = stack.api.post(f"/v1/share-links/{link['id']}/reactivate", status=200).json()
    assert not is_told()
    expires(stack, link, "-1 minute")
    ask()
    stack.api.patch(f"/v1/share-links/{link['id']}", {"expires_in": {"value": 2, "unit": "weeks"}}, status=200)
    assert not is_told()
    ask()
    stack.api.delete(f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][0]['id']}", status=204)
    assert not is_told()


def test_what_expires_unreviewed_needs_attention(stack, owner):
    link = stack.make_share_link(reviewer_count=2, owner=owner)
    assert row(stack.api, link)["attention"] == []
    expires(stack, link, "47 hours")
    assert row(stack.api, link)["attention"] == ["expires_unreviewed"]
    assert counts(stack.api, owner_email=owner["email"]) == {"active": 1, "expired": 0, "deactivated": 0, "attention": 1}
    first, second = stack.reviewer(link), stack.reviewer(link, 1)
    first.open(status=200), second.open(status=200)
    review(first, link, comment="Fine.")
    assert row(stack.api, link)["attention"] == ["expires_unreviewed"]
    second.post(f"{second.page}/done", {}, status=200)
    assert row(stack.api, link)["attention"] == []
    review(first, link, comment="")
    assert row(stack.api, link)["attention"] == ["expires_unreviewed"]
    stack.api.patch(f"/v1/share-links/{link['id']}", {"settings": {"disable_feedback": True}}, status=200)
    assert row(stack.api, link)["attention"] == []
    stack.api.patch(f"/v1/share-links/{link['id']}", {"settings": {"disable_feedback": False}}, status=200)
    expires(stack, link, "49 hours")
    assert row(stack.api, link)["attention"] == []
    expires(stack, link, "-1 minute")
    assert row(stack.api, link)["attention"] == []


def test_unusual_activity_needs_attention(stack, owner):
    link = stack.make_share_link(reviewer_count=2, owner=owner)
    reviewer = link["reviewers"][1]["id"]
    stack.db.value("select links.switch_off_reviewer(%s, '{\"code\": \"unusual_activity\"}')", reviewer)
    expires(stack, link, "1 day")
    assert row(stack.api, link)["attention"] == ["expires_unreviewed", "unusual_activity"]
    assert counts(stack.api, owner_email=owner["email"])["attention"] == 1
    stack.api.post(f"/v1/share-links/{link['id']}/reviewers/{reviewer}/reactivate", status=200)
    assert row(stack.api, link)["attention"] == ["expires_unreviewed"]


def test_a_mail_that_failed_needs_attention(shared, owner):
    smtp = ScriptedSmtp()
    stack = shared.make_stack(smtp=smtp)
    address = "refused@scripted.example"
    smtp.on(address, REFUSE)
    link = stack.make_share_link(reviewers=[{"name": "Rae", "email": address}, *samples.reviewers(2)], send_email=True, owner=owner)

    def wait_for(**expected):
        wait_until(lambda: expected.items() <= row(stack.api, link)["reviewers"].items(), 30, f"{expected}")

    wait_for(count=3, invited=2, failed=1)
    assert row(stack.api, link)["attention"] == ["mail_failed"] and counts(stack.api)["attention"] == 1
    stack.api.post(f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][0]['id']}/invite", status=202)  # it is taken now
    wait_for(invited=3, failed=0)
    assert row(stack.api, link)["attention"] == [] and counts(stack.api)["attention"] == 0
    smtp.on(address, REFUSE)
    stack.api.post(f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][0]['id']}/invite", status=202)
    wait_for(invited=2, failed=1)
    assert row(stack.api, link)["attention"] == ["mail_failed"]
    stack.reviewer(link).open(status=200)  # who got it another way
    assert row(stack.api, link)["attention"] == [] and row(stack.api, link)["reviewers"]["failed"] == 1
    stack.close()


def test_twenty_rows_are_small_however_large_the_links(stack, owner):
    interviews = [stack.make_interview(job={"id": "lead", "title": "Customer Support Lead, Utrecht"}) for _ in range(20)]
    for number in range(20):
        stack.make_share_link(interview_ids=interviews, reviewer_count=100, owner=owner, title=f"Customer Support Lead, Utrecht: shortlist {number}")
    stack.db.rows("""
        insert into views.activity (reviewer_id, share_link_id, account_id, open_count, done_at)
        select r.id, r.share_link_id, r.account_id, 12, now() from links.reviewers r join links.share_links l on l.id = r.share_link_id
        where l.owner_email = %s""", owner["email"])
    answer = stack.api.get("/v1/share-links", params={"view": "summary", "owner_email": owner["email"]}, status=200)
    assert len(answer.json()["data"]) == 20 and len(answer.content) <= 12 * 1024
    assert answer.json()["data"][0]["reviewers"] == {**NOBODY, "count": 100, "opened": 100, "done": 100}
    assert answer.json()["data"][0]["open_count"] == 1200


def test_pages_of_summaries_go_on_and_are_no_pages_of_links(stack, owner):
    links = [stack.make_share_link(owner=owner)["id"] for _ in range(5)]
    params, found = {"view": "summary", "owner_email": owner["email"], "sort": "created_at", "limit": 2}, []
    page = stack.api.get("/v1/share-links", params=params, status=200).json()
    cursor = page["next_cursor"]
    while True:
        found += [each["id"] for each in page["data"]]
        if len(found) == 2:
            stack.api.delete(f"/v1/share-links/{links[0]}", status=204)
        if not page["has_more"]:
            break
        page = stack.api.get("/v1/share-links", params={**params, "cursor": page["next_cursor"]}, status=200).json()
    assert found == links
    for other in ({**params, "view": "full"}, {**params, "view": None}, {**params, "attention": "no"}):
        assert faults(stack.api.get("/v1/share-links", params={**other, "cursor": cursor})) == ["?cursor"]


def test_a_summary_that_is_known_is_not_sent_again(stack, owner):
    link = stack.make_share_link(owner=owner)
    for path in (f"/v1/share-links?view=summary&owner_email={owner['email']}", f"/v1/share-links/counts?owner_email={owner['email']}"):
        tag = stack.api.get(path, status=200).headers["ETag"]
        assert stack.api.get(path, headers={"If-None-Match": tag}).status_code == 304
    stack.reviewer(link).open(status=200)
    path = f"/v1/share-links?view=summary&owner_email={owner['email']}"
    assert stack.api.get(path, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("query, pointers", [
    ("view=short", ["?view"]), ("view=", ["?view"]), ("view=summary&view=summary", ["?view"]), ("view=summary&limit=0", ["?limit"]),
    ("view=summary&limit=101", ["?limit"]), ("view=summary&attention=maybe", ["?attention"]), ("view=summary&sort=state", ["?sort"])])
def test_bad_queries_of_the_list(api, query, pointers):
    assert faults(api.get(f"/v1/share-links?{query}")) == pointers


@pytest.mark.parametrize("query, pointers", [
    ("kind=any", ["?kind"]), ("kind=", ["?kind"]), ("owner_email=x", ["?owner_email"]), ("search=", ["?search"]), ("search=" + "x" * 201, ["?search"]),
    ("state=active", ["?state"]), ("kind=basic&kind=basic", ["?kind"]), ("owner_email=x&kind=y&limit=3", ["?kind", "?limit", "?owner_email"])])
def test_bad_queries_of_the_counts(api, query, pointers):
    assert faults(api.get(f"/v1/share-links/counts?{query}")) == pointers


def test_counts_are_of_the_account_alone(stack, other_api):
    stack.make_share_link()
    assert json.dumps(counts(other_api)) == json.dumps({"active": 0, "expired": 0, "deactivated": 0, "attention": 0})
