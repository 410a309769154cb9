"""Nobody can have one person mailed without end: invitations are counted by account and address, whichever way they are asked
for, and requests for a new link by the owner. What is one too many is refused as a whole."""

import concurrent.futures

import psycopg2
import pytest
import requests
from stack.waiting import wait_until
from support import samples
from support.api import Reviewer
from support.opens import in_threads

PER_HOUR = 20


@pytest.fixture
def link(stack):
    return stack.make_share_link()


def invitations(stack, address):
    """Mails asked for, by the log: each is one invitation to whoever has this address then."""
    return stack.db.value("select count(*) from events.log l join links.reviewers r on r.id = l.reviewer_id "
                          "where l.type = 'link.invitation_requested' and lower(r.email) = lower(%s)", address)


def person():
    return samples.reviewers(1)[0]


def invite(stack, link, number=0, **options):
    return stack.api.post(f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][number]['id']}/invite", **options)


def create(stack, reviewer, **options):
    return stack.api.post("/v1/share-links", samples.share_link_body([stack.make_interview()], reviewers=[reviewer], send_email=True), **options)


def mail_all_of_the_hour(stack, reviewer):
    link = stack.make_share_link(reviewers=[reviewer])
    for _ in range(PER_HOUR):
        invite(stack, link, status=202)
    return link


def check_refusal(answer, pointer):
    problem = answer.json()
    assert answer.status_code == 429 and problem["code"] == "too_many_mails"
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [(pointer, "too_many_mails")]
    assert 3000 < int(answer.headers["Retry-After"]) <= 3600


def test_a_hundred_parallel_invitations_make_no_more_mails_than_an_hour_may(stack, link):
    answers = []

    def work():
        for _ in range(10):
            answers.append(invite(stack, link))

    in_threads(work, 10)
    assert sorted(answer.status_code for answer in answers) == [202] * PER_HOUR + [429] * (100 - PER_HOUR)
    check_refusal(next(answer for answer in answers if answer.status_code == 429), "")
    assert link["reviewers"][0]["id"] in next(answer for answer in answers if answer.status_code == 429).text
    assert invitations(stack, link["reviewers"][0]["email"]) == PER_HOUR


def refuse_create(stack, reviewer, link):
    check_refusal(create(stack, {**reviewer, "email": reviewer["email"].upper()}), "/reviewers/0/email")


def refuse_one_of_many(stack, reviewer, link):
    others = samples.reviewers(2)
    body = samples.share_link_body([stack.make_interview()], reviewers=[others[0], reviewer, others[1]], send_email=True)
    check_refusal(stack.api.post("/v1/share-links", body), "/reviewers/1/email")
    assert [invitations(stack, other["email"]) for other in others] == [0, 0]


def refuse_add(stack, reviewer, link):
    body = {"reviewers": [person(), reviewer], "send_email": True}
    check_refusal(stack.api.post(f"/v1/share-links/{stack.make_share_link()['id']}/reviewers", body), "/reviewers/1/email")


def refuse_readd(stack, reviewer, link):
    url = f"/v1/share-links/{link['id']}/reviewers"
    stack.api.post(url, {"reviewers": [person()]}, status=201)
    stack.api.delete(f"{url}/{link['reviewers'][0]['id']}", status=204)
    check_refusal(stack.api.post(url, {"reviewers": [reviewer], "send_email": True}), "/reviewers/0/email")


def refuse_reactivate_link(stack, reviewer, link):
    check_refusal(stack.api.post(f"/v1/share-links/{link['id']}/reactivate", {"send_email": True}), "/send_email")


def refuse_reactivate_reviewer(stack, reviewer, link):
    url = f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][0]['id']}"
    answer = stack.api.post(f"{url}/reactivate", {"send_email": True})
    check_refusal(answer, "/send_email")
    assert link["reviewers"][0]["id"] in answer.json()["errors"][0]["detail"]


def refuse_invite(stack, reviewer, link):
    check_refusal(invite(stack, stack.make_share_link(reviewers=[reviewer])), "")


WAYS = [refuse_create, refuse_one_of_many, refuse_add, refuse_readd, refuse_reactivate_link, refuse_reactivate_reviewer, refuse_invite]


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_mail_counts_for_all_and_stores_nothing_when_refused(stack, way):
    reviewer = person()
    link = mail_all_of_the_hour(stack, reviewer)
    counts = "select (select count(*) from links.share_links where title like 'Shortlist%%') as links, (select count(*) from events.log " \
             "where type = 'link.invitation_requested') as mails, (select sum(passcode_epoch) from links.reviewers) as epochs"
    before = stack.db.rows(counts)
    way(stack, reviewer, link)
    after = stack.db.rows(counts)
    assert after[0]["mails"] == before[0]["mails"]
    if way in (refuse_create, refuse_one_of_many, refuse_reactivate_link, refuse_reactivate_reviewer):
        assert after == before
    Reviewer(stack.views.url(), link["reviewers"][0]["url"]).open(status=404 if way is refuse_readd else 200)


@pytest.mark.parametrize("way", [create, lambda stack, reviewer, **options: stack.api.post(
    f"/v1/share-links/{stack.make_share_link()['id']}/reviewers", {"reviewers": [reviewer], "send_email": True}, **options)])
def test_parallel_links_and_additions_to_one_person_are_bounded_together(stack, way):
    reviewer, statuses = person(), []

    def work():
        for _ in range(4):
            statuses.append(way(stack, reviewer).status_code)

    in_threads(work, 6)
    assert sorted(statuses) == [201] * PER_HOUR + [429] * (24 - PER_HOUR)
    assert invitations(stack, reviewer["email"]) == PER_HOUR


def test_what_is_refused_does_not_count_and_others_are_mailed(stack):
    reviewer, other = person(), person()
    mail_all_of_the_hour(stack, reviewer)
    both = stack.make_share_link(reviewers=[reviewer, other])
    for _ in range(PER_HOUR + 2):
        stack.api.post(f"/v1/share-links/{both['id']}/reactivate", {"send_email": True}, status=429)
    for _ in range(PER_HOUR):
        invite(stack, both, 1, status=202)
    invite(stack, both, 1, status=429)
    stack.api.post(f"/v1/share-links/{both['id']}/reactivate", status=200)


def test_the_same_key_again_is_no_other_mail(stack, link):
    for _ in range(PER_HOUR + 5):
        invite(stack, link, headers={"Idempotency-Key": "once"}, status=202)
    assert invitations(stack, link["reviewers"][0]["email"]) == 1


def test_another_account_has_its_own_count_and_the_hour_ends(stack):
    reviewer = person()
    link = mail_all_of_the_hour(stack, reviewer)
    theirs = stack.other_api
    interview = samples.interview_id()
    theirs.put(f"/v1/interviews/{interview}", samples.interview_document(), status=201)
    theirs.post("/v1/share-links", samples.share_link_body([interview], reviewers=[reviewer], send_email=True), status=201)
    invite(stack, link, status=429)
    stack.db.rows("update links.mail_requests set since = since - interval '61 minutes'")
    for _ in range(PER_HOUR):
        invite(stack, link, status=202)
    invite(stack, link, status=429)


def test_one_owner_is_asked_for_new_links_so_many_times_an_hour(make_stack):
    stack = make_stack(settings={"SHARELINK_VIEWS_ACCESS_REQUESTS_PER_OWNER": "3"})
    owner = samples.owner()
    links = [stack.make_share_link(reviewer_count=2, owner=owner) for _ in range(4)]
    browsers = [stack.reviewer(link, number) for link in links for number in (0, 1)]
    statuses = []

    def work():
        while browsers:
            browser = browsers.pop()
            statuses.append(browser.post(f"{browser.page}/request-access").status_code)

    in_threads(work, 4)
    assert sorted(statuses) == [202] * 3 + [429] * 5
    assert stack.db.value("select count(*) from events.log where type = 'link.access_requested'") == 3
    other = stack.reviewer(stack.make_share_link())
    other.post(f"{other.page}/request-access", status=202)
    stack.db.rows("update links.mail_requests set since = since - interval '61 minutes'")
    for link in links[:2]:
        browser = stack.reviewer(link)
        assert browser.post(f"{browser.page}/request-access").status_code == 202


def test_one_who_asks_many_times_at_once_takes_one_mail_of_the_owner(make_stack):
    """The owner's count is somebody's for a moment, so that they are at once."""
    stack = make_stack(settings={"SHARELINK_VIEWS_ACCESS_REQUESTS_PER_OWNER": "4"})
    owner = samples.owner()
    first, second, *others = (stack.reviewer(stack.make_share_link(owner=owner)) for _ in range(5))
    first.post(f"{first.page}/request-access", status=202)
    connection = psycopg2.connect(stack.postgres.url(stack.database))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        try:
            connection.cursor().execute("select from links.mail_requests for update")
            asked = [pool.submit(requests.post, f"{stack.views.url()}{second.page}/request-access", timeout=30) for _ in range(8)]
            wait_until(lambda: waiting(stack) >= 2, 10, "several of them wait")
        finally:
            connection.rollback()
            connection.close()
        assert {each.result().status_code for each in asked} == {202}
    assert stack.db.value("select asked from links.mail_requests") == 2
    assert [each.post(f"{each.page}/request-access").status_code for each in others] == [202, 202, 429]


def waiting(stack):
    return stack.db.value("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
