"""The mail that tells of a reviewer who has finished: one with the feedback that was waiting to be told, or none, with the reason."""

import concurrent.futures

import pytest
from stack.mail import text_of
from stack.waiting import wait_until
from support.api import Api
from support.changes import inside
from support.html_text import Html


@pytest.fixture(scope="module")
def stack(shared):
    """Its windows end when the test says so."""
    made = shared.make_stack(settings={"SHARELINK_MAIL_GATHER_SECONDS": "3600", "SHARELINK_REVIEW_SETTLE_SECONDS": "3600"})
    yield made
    made.close()


@pytest.fixture
def link(stack):
    return stack.make_share_link(reviewer_count=2, interview_count=2)


@pytest.fixture
def browser(stack, link):
    return inside(stack, link)


def done(browser, note=None):
    return browser.post(f"{browser.page}/done", {"note": note}, status=200).json()["done_at"]


def review(browser, link, place, **body):
    answer = browser.put(f"{browser.page}/interviews/{link['interview_ids'][place]}/review", body)
    assert answer.status_code in (200, 201)


def deliveries(stack, link, *kinds):
    return stack.db.rows("select * from notifications.deliveries where share_link_id = %s and kind = any (%s) order by id", link["id"], list(kinds))


def wait_for(stack, link, count, *kinds):
    return wait_until(lambda: len(rows := deliveries(stack, link, *kinds)) >= count and rows, 20, f"{count} deliveries of {kinds}")


def end_windows(stack, link):
    stack.db.rows("update notifications.gatherings set due_at = now() where delivery_id in "
                  "(select id from notifications.deliveries where share_link_id = %s)", link["id"])
    stack.db.rows("update notifications.deliveries set next_attempt_at = now() where share_link_id = %s and gathers", link["id"])


def settled(stack, link, *kinds):
    wait_until(lambda: all(row["state"] != "pending" for row in deliveries(stack, link, *kinds)), 25, "all is settled")
    return deliveries(stack, link, *kinds)


def mails(stack, link):
    """To the link's owner, but for those that tell of opens."""
    return [mail for mail in stack.mails.all() if link["owner"]["email"] in mail.get_all("X-Envelope-To", []) and " opened your share link " not in text_of(mail)]


def assert_says(mail, *phrases):
    for said in (" ".join(text_of(mail).split()), Html(mail.get_body(preferencelist=("html",)).get_content()).text):
        for phrase in phrases:
            assert phrase in said, f"{phrase!r} is not in {said!r}"


def candidates(stack, link):
    rows = stack.db.rows("select id, candidate_name from links.interviews where id = any (%s)", link["interview_ids"])
    names = {row["id"]: row["candidate_name"] for row in rows}
    return [names[each] for each in link["interview_ids"]]


def test_one_mail_tells_of_it_and_of_the_feedback_that_waited(stack, link, browser):
    review(browser, link, 0, rating=4, recommendation="strong_yes", comment="Ask her <b>first</b>.")
    review(browser, link, 1, recommendation="no")
    wait_for(stack, link, 2, "review")
    done(browser, "Ada first.\nI am away for a week.")
    done(browser, "Ada first.\nI am away for a fortnight.")
    rows = wait_for(stack, link, 3, "review", "completed")
    carrier, = [row for row in rows if row["kind"] == "completed"]
    wait_until(lambda: [row["gathered_into"] for row in deliveries(stack, link, "review")] == [carrier["id"]] * 2, 20, "it carries all")
    assert [(row["state"], row["reason"]) for row in deliveries(stack, link, "review")] == [("skipped", "gathered")] * 2
    end_windows(stack, link)
    rows = settled(stack, link, "review", "completed")
    assert [row["state"] for row in rows if row["kind"] == "completed"] == ["sent"] and rows[-1]["gathered"] == 3
    mail, = mails(stack, link)
    name = link["reviewers"][0]["name"]
    assert mail["Subject"] == f'Your share link "{link["title"]}"'
    assert_says(mail, f"{name} has finished with your share link \"{link['title']}\": 2 of 2 reviewed.", "I am away for a fortnight.", "4 of 5", "Recommendation: strong yes.",
                "Recommendation: no.", *candidates(stack, link))
    assert "for a week" not in text_of(mail) and "<b>first</b>" in text_of(mail)
    assert [address.addr_spec for address in mail["Reply-To"].addresses] == [link["reviewers"][0]["email"]]
    assert mail["List-Unsubscribe"] and mail["Message-ID"] == f"<{carrier['id']}@sharelink.example>"
    assert stack.db.value("select count(*) from notifications.gatherings where delivery_id = %s", carrier["id"]) == 0


def test_alone_it_says_how_far_the_reviewer_has_come(stack, link, browser):
    done(browser)
    wait_for(stack, link, 1, "completed")
    end_windows(stack, link)
    settled(stack, link, "completed")
    mail, = mails(stack, link)
    assert_says(mail, "has finished", "0 of 2 reviewed")
    review(browser, link, 0, rating=3)
    done(browser)
    wait_for(stack, link, 3, "completed", "review")
    end_windows(stack, link)
    settled(stack, link, "completed", "review")
    assert_says(mails(stack, link)[1], "has finished", "1 of 2 reviewed", "3 of 5")


def test_what_was_taken_back_meanwhile_is_not_told(stack, link, browser):
    review(browser, link, 0, rating=1)
    done(browser, "Not yet told")
    review(browser, link, 0)
    wait_for(stack, link, 3, "completed", "review")
    end_windows(stack, link)
    rows = settled(stack, link, "completed", "review")
    assert [row["reason"] for row in rows if row["reason"] != "gathered"] == ["completion_gone"]
    assert mails(stack, link) == []


def test_feedback_after_it_is_told_without_it(stack, link, browser):
    done(browser, "Was done")
    review(browser, link, 1, rating=2, comment="One thing more")
    wait_for(stack, link, 2, "completed", "review")
    end_windows(stack, link)
    settled(stack, link, "completed", "review")
    mail, = mails(stack, link)
    assert_says(mail, "gave feedback on your share link", "One thing more", "2 of 5")
    assert "finished" not in text_of(mail) and "Was done" not in text_of(mail)


def test_each_reviewer_has_a_mail_of_their_own(stack, link, browser):
    other = inside(stack, link, 1)
    for each in (browser, other):
        review(each, link, 0, rating=5)
        done(each)
    wait_for(stack, link, 4, "completed", "review")
    end_windows(stack, link)
    settled(stack, link, "completed", "review")
    assert sorted(text_of(mail).split(" has ")[0] for mail in mails(stack, link)) == sorted(each["name"] for each in link["reviewers"])


def test_all_at_once_leaves_nothing_untold(stack, link):
    """From many tabs: whatever is planned together or alone, each delivery ends, and a mail has the last word."""
    tabs = [inside(stack, link) for _ in range(6)]
    with concurrent.futures.ThreadPoolExecutor(len(tabs)) as pool:
        def act(number):
            for turn in range(5):
                review(tabs[number], link, number % 2, rating=1 + (number + turn) % 5)
                done(tabs[number], f"{number} {turn}")
        list(pool.map(act, range(len(tabs))))
    review(tabs[0], link, 0, rating=5, comment="The last word on the first.")
    review(tabs[0], link, 1, rating=5, comment="The last word on the second.")
    done(tabs[0], "The last note.")
    events = "select count(*) from events.log where share_link_id = %s and type = any (%s)"
    told = stack.db.value(events, link["id"], ["review.submitted", "review.updated", "review.completed"])
    wait_for(stack, link, told, "completed", "review")
    end_windows(stack, link)
    rows = settled(stack, link, "completed", "review")
    sent = [row for row in rows if row["state"] == "sent"]
    by_id = {row["id"]: row for row in rows}
    for row in rows:
        if row["reason"] == "gathered":
            assert by_id[row["gathered_into"]]["state"] == "sent", "named directly, and told"
    assert {row["state"] for row in rows} == {"sent", "skipped"} and {row["reason"] for row in rows} == {None, "gathered"}
    assert len(sent) == len(mails(stack, link))
    assert_says(mails(stack, link)[-1], "The last word on the first.", "The last word on the second.", "The last note.", "2 of 2 reviewed")


@pytest.mark.parametrize("wish, reason", [({"reviews": "off"}, "preference_off"), ({"digest": "daily"}, "in_digest"), ({"muted_share_link_ids": "it"}, "muted")])
def test_it_goes_by_the_wishes_for_feedback(stack, link, browser, wish, reason):
    if "muted_share_link_ids" in wish:
        wish = {"muted_share_link_ids": [link["id"]]}
    Api(stack.notifications.url(), stack.key).put(f"/v1/notification-preferences/{link['owner']['email']}", wish, status=200)
    review(browser, link, 0, rating=4, recommendation="yes")
    done(browser, "A note for the digest")
    rows = wait_for(stack, link, 2, "completed", "review")
    assert [(row["kind"], row["state"], row["reason"]) for row in rows] == [("review", "skipped", reason), ("completed", "skipped", reason)]
    if reason == "in_digest":
        stack.db.rows("update notifications.preferences set digest_since = now() - interval '3 days', digest_until = now() - interval '2 days' "
                      "where address = %s", link["owner"]["email"])
        stack.db.rows("update notifications.deliveries set happened_at = now() - interval '30 hours' where share_link_id = %s", link["id"])
        stack.db.value("select notifications.plan_digest(now(), %s, %s, 1000)", stack.account, link["owner"]["email"])
        mail, = wait_until(lambda: mails(stack, link), 20, "the digest")
        assert_says(mail, "has finished, 1 of 2 reviewed", "A note for the digest", "(4 of 5, yes)")
    else:
        assert mails(stack, link) == []


def test_who_is_done_is_not_outstanding(stack, link, browser):
    review(browser, link, 0, rating=3)
    done(browser)
    inside(stack, link, 1)
    stack.db.rows("update links.share_links set expires_at = now() + interval '47 hours' where id = %s returning 1", link["id"])
    stack.db.value("select notifications.plan_expiry_warnings(now(), 48)")
    mail, = wait_until(lambda: [each for each in mails(stack, link) if "expires on" in text_of(each)], 20, "the warning")
    one, two = (each["name"] for each in link["reviewers"])
    assert_says(mail, f"{two} has opened it")
    assert one not in text_of(mail)
