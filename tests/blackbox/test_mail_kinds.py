"""Every kind of mail: when it comes, to whom, what it says in text and in HTML, and why one did not come."""

import datetime
import re

import pytest
from stack.mail import text_of
from stack.waiting import wait_until
from support.html_text import Html
from support.scripted_smtp import LATER

GATHER_SECONDS, SETTLE_SECONDS = 4, 3


def made_with(shared, gather_seconds, settle_seconds):
    made = shared.make_stack(settings={"SHARELINK_MAIL_GATHER_SECONDS": str(gather_seconds),
                                       "SHARELINK_REVIEW_SETTLE_SECONDS": str(settle_seconds)})
    yield made
    made.close()


@pytest.fixture(scope="module")
def stack(shared):
    yield from made_with(shared, GATHER_SECONDS, SETTLE_SECONDS)


@pytest.fixture(scope="module")
def gathering(shared):
    """Its windows end when the test says so: what belongs into one is in it, however slow the machine."""
    yield from made_with(shared, 3600, 3600)


def end_windows(stack, link):
    stack.db.rows("update notifications.gatherings set due_at = now() where delivery_id in "
                  "(select id from notifications.deliveries where share_link_id = %s)", link["id"])
    stack.db.rows("update notifications.deliveries set next_attempt_at = now() where share_link_id = %s and gathers", link["id"])


def html_of(mail):
    return mail.get_body(preferencelist=("html",)).get_content()


def seen_in(html):
    return re.sub(r"<style>.*?</style>|<div[^>]*display:none[^>]*>.*?</div>", "", html, flags=re.DOTALL)


def both(mail):
    """The text and what a reader of the HTML sees, without what only an inbox shows; they must say the same."""
    text, html = " ".join(text_of(mail).split()), Html(seen_in(html_of(mail))).text
    assert not Html(html_of(mail)).has("img") and not Html(html_of(mail)).has("script")
    return text, html


def assert_says(mail, *phrases):
    for said in both(mail):
        for phrase in phrases:
            assert phrase in said, f"{phrase!r} is not in {said!r}"


def notices(stack, link, count=1, seconds=25):
    """To the link's owner, as soon as there are so many."""
    return stack.mails.wait_for(lambda mail: link["owner"]["email"] in mail.get_all("X-Envelope-To", []), count, seconds)


def deliveries(stack, link, kind):
    return stack.db.rows("select * from notifications.deliveries where share_link_id = %s and kind = %s order by id", link["id"], kind)


def wait_for_deliveries(stack, link, kind, count=1):
    return wait_until(lambda: len(rows := deliveries(stack, link, kind)) >= count and rows, 20, f"{count} deliveries of kind {kind}")


def log_event(stack, link, event_type, data, reviewer=None):
    """An event as the service that owns it writes it; the sweep brings it."""
    number = stack.db.value("select count(*) from events.log")
    event_id = f"evt_{number:026d}"
    stack.db.rows("""
        insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
        values (%s, %s, %s, %s, %s, %s::jsonb || jsonb_build_object('share_link_id', %s), 'req-of-a-test', '00-' || repeat('a', 32) || '-' || repeat('b', 16) || '-01')
        returning id""", event_id, stack.account, event_type, link["id"], reviewer and reviewer["id"], data, link["id"])
    return event_id


# --- invitations ---

def test_invitation_again_says_so_and_brings_the_passcode_that_works(stack):
    link = stack.make_share_link(send_email=True)
    reviewer = link["reviewers"][0]
    first = stack.mails.wait_for_one_to(reviewer["email"])
    assert "invited before" not in text_of(first)
    wait_until(lambda: deliveries(stack, link, "invitation")[0]["state"] == "sent", 20, "the first is recorded")
    renewed = stack.api.post(f"/v1/share-links/{link['id']}/reactivate", {"send_email": True}, status=200).json()
    again = stack.mails.wait_for(lambda mail: reviewer["email"] in mail.get_all("X-Envelope-To", []), 2)[1]
    assert_says(again, "You were invited before", renewed["reviewers"][0]["passcode"])
    assert reviewer["passcode"] not in text_of(again)
    assert again["References"] == first["References"]
    for mail in (first, again):
        assert mail["List-Unsubscribe"] is None and mail["List-Unsubscribe-Post"] is None
        assert mail["Auto-Submitted"] == "auto-generated"
        assert link["title"] not in mail.as_string()


# --- opens ---

def test_first_open_is_told_at_once_and_later_ones_are_gathered(gathering):
    stack = gathering
    link = stack.make_share_link()
    reviewer = link["reviewers"][0]
    stack.reviewer(link).open(status=200)
    at_once = notices(stack, link)[0]
    assert_says(at_once, "for the first time", "(Europe/Berlin)")
    for _ in range(4):
        stack.reviewer(link).open(status=200)
    rows = wait_for_deliveries(stack, link, "opened", 5)
    carrier, = [row for row in rows if row["gathers"]]
    assert carrier["state"] == "pending" and carrier["attempts"] == 0
    assert [(row["state"], row["reason"], row["gathered_into"]) for row in rows if row["reason"]] == [("skipped", "gathered", carrier["id"])] * 3
    end_windows(stack, link)
    gathered = notices(stack, link, 2)[1]
    assert_says(gathered, f"{reviewer['name']} opened your share link", "4 times", "First: ", "Last: ")
    assert gathered["Message-ID"] == f"<{carrier['id']}@sharelink.example>" and gathered["References"] == at_once["References"]
    assert stack.db.value("select count(*) from notifications.gatherings where delivery_id = %s", carrier["id"]) == 0
    stack.reviewer(link).open(status=200)
    wait_for_deliveries(stack, link, "opened", 6)
    end_windows(stack, link)
    assert_says(notices(stack, link, 3)[2], "opened your share link", "again")


def test_opens_of_different_reviewers_are_not_gathered_together(stack):
    link = stack.make_share_link(reviewer_count=2)
    for _ in range(2):
        for number in range(2):
            stack.reviewer(link, number).open(status=200)
    mails = notices(stack, link, 4)
    assert {mail["Subject"] for mail in mails} == {f'Your share link "{link["title"]}"'} and len({mail["References"] for mail in mails}) == 1
    told = [text_of(mail) for mail in mails]
    assert [sum(reviewer["name"] + " opened" in text for text in told) for reviewer in link["reviewers"]] == [2, 2]
    assert all(row["reason"] is None for row in deliveries(stack, link, "opened"))


def test_notice_can_be_followed_back_to_its_request(stack):
    link = stack.make_share_link()
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    stack.reviewer(link).open(status=200, headers={"X-Request-Id": "an-open-to-follow", "traceparent": trace})
    mail = notices(stack, link)[0]
    assert (mail["X-Request-Id"], mail["Traceparent"]) == ("an-open-to-follow", trace)

    def lines():
        with open(stack.notifications.log, encoding="utf-8") as log:
            return [line for line in log if '"mail.sent"' in line and "an-open-to-follow" in line]

    sent = wait_until(lines, 20, "it is logged, a moment after it has arrived")
    assert len(sent) == 1 and trace in sent[0] and link["owner"]["email"] not in sent[0]


# --- the order of kinds ---

def gathering_opens(stack, link, number=0, count=3):
    """Opens of a reviewer that wait to be told, but for the first."""
    before = len(deliveries(stack, link, "opened"))
    for _ in range(1 + count):
        stack.reviewer(link, number).open(status=200)
    wait_for_deliveries(stack, link, "opened", before + 1 + count)
    wait_until(lambda: stack.db.value("select count(*) from notifications.gatherings g join notifications.deliveries d on d.id = g.delivery_id "
                                      "where d.reviewer_id = %s and g.count = %s", link["reviewers"][number]["id"], count), 20, "they are gathered")


def told_in_order(stack, link, count):
    """First sentences, by when the mail server took them."""
    notices(stack, link, count)
    rows = wait_until(lambda: len(found := stack.db.rows(
        "select id from notifications.deliveries where share_link_id = %s and state = 'sent' order by sent_at", link["id"])) == count and found,
        20, "all are recorded")
    by_id = {mail["Message-ID"]: text_of(mail).splitlines()[0] for mail in notices(stack, link, count)}
    return [by_id[f"<{row['id']}@sharelink.example>"] for row in rows]


def test_what_waits_is_told_before_a_link_is_said_to_be_off(gathering):
    link = gathering.make_share_link(reviewer_count=2)
    gathering_opens(gathering, link, 0)
    gathering_opens(gathering, link, 1, 2)
    gathering.db.rows("update links.share_links set deactivated_at = now() where id = %s returning id", link["id"])
    log_event(gathering, link, "link.deactivated", '{"reason": "max_age"}')
    told = told_in_order(gathering, link, 5)
    assert "was switched off" in told[-1] and sorted(re.findall(r"\d times", " ".join(told[2:4]))) == ["2 times", "3 times"]
    assert all(row["followers"] == [deliveries(gathering, link, "deactivated")[0]["id"]] for row in deliveries(gathering, link, "opened") if row["gathered"] > 1)


@pytest.mark.parametrize("kind", ["guessing", "access_requested", "review"])
def test_what_waits_of_a_reviewer_is_told_before_another_thing_of_theirs(gathering, kind):
    link = gathering.make_share_link(reviewer_count=2)
    gathering_opens(gathering, link, 0)
    gathering_opens(gathering, link, 1)
    if kind == "review":
        browser = gathering.reviewer(link)
        browser.open(status=200)
        wait_for_deliveries(gathering, link, "opened", 9)
        browser.put(f"{browser.page}/interviews/{link['interview_ids'][0]}/review", {"rating": 4}, status=201)
    else:
        whose = link["reviewers"][0]
        if kind == "guessing":
            log_event(gathering, link, "link.passcode_failed",
                      '{"tries": 20, "reviewer_id": "%s", "paused_until": "2026-11-23T13:02:00.000Z"}' % whose["id"], whose)
        else:
            log_event(gathering, link, "link.access_requested", '{"reviewer_id": "%s"}' % whose["id"], whose)
    told = told_in_order(gathering, link, 3 if kind == "review" else 4)
    assert f"{link['reviewers'][0]['name']} opened" in told[2] and "times" in told[2]
    assert kind == "review" or "opened" not in told[3]
    assert gathering.db.value("select count(*) from notifications.gatherings g join notifications.deliveries d on d.id = g.delivery_id "
                              "where d.reviewer_id = %s and d.kind = 'opened'", link["reviewers"][1]["id"]) == 1, "another's goes on waiting"


def test_what_cannot_be_told_holds_up_nothing_for_long(make_stack, smtp):
    """Its mail is put off by the server: it has had its try."""
    stack = make_stack(smtp=smtp, settings={"SHARELINK_MAIL_GATHER_SECONDS": "3600"})
    link = stack.make_share_link()
    gathering_opens(stack, link)
    wait_until(lambda: smtp.tried(link["owner"]["email"]), 20, "the first open is told")
    smtp.on(link["owner"]["email"], LATER)
    log_event(stack, link, "link.access_requested", '{"reviewer_id": "%s"}' % link["reviewers"][0]["id"], link["reviewers"][0])
    wait_until(lambda: [row["state"] for row in deliveries(stack, link, "access_requested")] == ["sent"], 20, "it goes out all the same")


def test_what_waited_has_a_time_of_its_own_after_its_first_try(make_stack, smtp):
    """While the server puts mails off, the tries of those that go first do not use up those of the one that has waited."""
    stack = make_stack(smtp=smtp, settings={"SHARELINK_MAIL_GATHER_SECONDS": "3600"})
    link = stack.make_share_link()
    gathering_opens(stack, link)
    wait_until(lambda: smtp.tried(link["owner"]["email"]), 20, "the first open is told")
    smtp.on(link["owner"]["email"], LATER, LATER)
    log_event(stack, link, "link.access_requested", '{"reviewer_id": "%s"}' % link["reviewers"][0]["id"], link["reviewers"][0])
    wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where share_link_id = %s and state = 'pending' "
                                      "and attempts = 1 and lease_until is null", link["id"]) == 2, 20, "both have had a try")
    stack.db.rows("update notifications.deliveries set next_attempt_at = now() + interval '1 hour' where share_link_id = %s and state = 'pending' "
                  "returning id", link["id"])
    first, = [row["id"] for row in deliveries(stack, link, "opened") if row["followers"]]
    for lease in ("now() + interval '1 minute'", "null"):
        stack.db.rows(f"update notifications.deliveries set lease_until = {lease} where id = %s returning id", first)
    assert stack.db.value("select min(next_attempt_at) > now() + interval '50 minutes' from notifications.deliveries "
                          "where share_link_id = %s and kind = 'access_requested'", link["id"])


# --- feedback ---

def review(stack, link, browser, interview, **body):
    browser.put(f"{browser.page}/interviews/{interview}/review", {"rating": None, "comment": "", "question_ratings": [], **body}, status=200)


def test_series_of_edits_makes_one_mail_with_the_last_word(gathering):
    stack = gathering
    link = stack.make_share_link(interview_count=2)
    browser = stack.reviewer(link)
    browser.open(status=200)
    first, second = link["interview_ids"]
    for comment in ("A", "A start", "A start, <b>bold</b>\nand more"):
        browser.put(f"{browser.page}/interviews/{first}/review", {"rating": 4, "comment": comment})
    browser.put(f"{browser.page}/interviews/{second}/review", {"rating": 2})
    rows = wait_for_deliveries(stack, link, "review", 4)
    assert len([row for row in rows if row["gathers"]]) == 1
    assert {row["reason"] for row in rows if not row["gathers"]} == {"gathered"}
    end_windows(stack, link)
    mail = next(mail for mail in notices(stack, link, 2) if "gave feedback" in text_of(mail))
    names = [row["candidate_name"] for row in stack.db.rows(
        "select candidate_name from links.interviews where id = any (%s)", link["interview_ids"])]
    assert_says(mail, "gave feedback on 2 candidates", "4 of 5", "2 of 5", "and more", *names)
    assert "&lt;b&gt;bold&lt;/b&gt;" in html_of(mail) and "<b>bold</b>" in text_of(mail)
    assert [address.addr_spec for address in mail["Reply-To"].addresses] == [link["reviewers"][0]["email"]]
    wait_until(lambda: not [row for row in deliveries(stack, link, "review") if row["state"] == "pending"], 20, "all is settled")
    assert len(notices(stack, link, 2)) == 2


def test_feedback_that_was_taken_back_is_not_told(gathering):
    stack = gathering
    link = stack.make_share_link()
    browser = stack.reviewer(link)
    browser.open(status=200)
    for body in ({"rating": 5}, {"rating": None, "comment": ""}):
        browser.put(f"{browser.page}/interviews/{link['interview_ids'][0]}/review", body)
    wait_for_deliveries(stack, link, "review", 2)
    end_windows(stack, link)
    wait_until(lambda: [row["reason"] for row in deliveries(stack, link, "review") if row["reason"] != "gathered"] == ["review_gone"], 25,
               "the mail is skipped")


# --- what concerns the link ---

def test_asking_for_a_new_link_is_told(stack):
    link = stack.make_share_link()
    browser = stack.reviewer(link)
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    browser.post(f"{browser.page}/request-access")
    mail = notices(stack, link)[0]
    assert_says(mail, f"{link['reviewers'][0]['name']} asks for a new link", "switched off", "reactivate")
    assert [address.addr_spec for address in mail["Reply-To"].addresses] == [link["reviewers"][0]["email"]]


def test_own_act_of_switching_off_is_told_to_nobody_and_says_why(stack):
    link = stack.make_share_link()
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    row, = wait_for_deliveries(stack, link, "deactivated")
    assert (row["state"], row["reason"]) == ("skipped", "manual")


@pytest.mark.parametrize(("reason", "said"), [("max_age", "greatest age"), ("unusual_activity", "unusual for one person")])
def test_switching_off_by_the_system_is_told_with_the_reason(stack, reason, said):
    link = stack.make_share_link()
    stack.db.rows("""update links.share_links set deactivated_at = now(), state_reason = %s where id = %s returning id""",
                  '{"code": "%s", "evidence": {"rule": "networks", "count": 14, "threshold": 10, "window_seconds": 86400}}' % reason, link["id"])
    log_event(stack, link, "link.deactivated", '{"reason": "%s"}' % reason)
    mail = notices(stack, link)[0]
    assert_says(mail, "was switched off", said, link["title"])
    assert ("14 different networks within 24 hours, where up to 10" in text_of(mail)) == (reason == "unusual_activity")


def test_guessing_is_told_once_the_link_is_paused(stack):
    link = stack.make_share_link()
    reviewer = link["reviewers"][0]
    log_event(stack, link, "link.passcode_failed", '{"tries": 19, "reviewer_id": "%s"}' % reviewer["id"], reviewer)
    log_event(stack, link, "link.passcode_failed",
              '{"tries": 20, "reviewer_id": "%s", "paused_until": "2026-11-23T13:02:00.000Z"}' % reviewer["id"], reviewer)
    mail = notices(stack, link)[0]
    assert_says(mail, reviewer["name"], "20 within a short time", "paused", "Monday, 23 November 2026, 14:02 (Europe/Berlin)")
    assert len(deliveries(stack, link, "guessing")) == 1


def test_expiry_is_warned_of_once_with_who_is_outstanding(stack):
    link = stack.make_share_link(reviewer_count=3, interview_count=2)
    stack.reviewer(link, 1).open(status=200)
    browser = stack.reviewer(link, 2)
    browser.open(status=200)
    browser.put(f"{browser.page}/interviews/{link['interview_ids'][0]}/review", {"rating": 3})
    soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=47)).strftime("%Y-%m-%dT%H:%M:%SZ")
    stack.api.patch(f"/v1/share-links/{link['id']}", {"expires_at": soon}, status=200)
    mail = next(mail for mail in stack.mails.wait_for(
        lambda mail: link["owner"]["email"] in mail["To"] and "expires on" in text_of(mail)))
    one, two, three = (reviewer["name"] for reviewer in link["reviewers"])
    assert_says(mail, f"{one} has not opened it yet", f"{two} has opened it, and has not reviewed anybody yet", f"{three} has reviewed 1 of 2")
    plan = "select notifications.plan_expiry_warnings(now(), 48)"
    assert stack.db.value(plan) == 0 and len(deliveries(stack, link, "expiry_warning")) == 1
    later = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%SZ")
    stack.api.patch(f"/v1/share-links/{link['id']}", {"expires_at": later}, status=200)
    assert stack.db.value(plan) == 0
    assert stack.db.value("select notifications.plan_expiry_warnings(now() + interval '8 days', 48)") >= 1
    rows = deliveries(stack, link, "expiry_warning")
    assert len(rows) == 2 and rows[0]["event_id"] != rows[1]["event_id"]


def test_dead_webhook_endpoint_is_told_to_the_owner_of_the_latest_link(stack):
    stack.make_share_link()
    link = stack.make_share_link()
    told = "select notifications.tell_webhook_disabled(%s, 'whe_1', 'hooks.example', 'it failed for 5 days')"
    delivery = stack.db.value(told, stack.account)
    mail = stack.mails.wait_for(lambda mail: mail["Message-ID"] == f"<{delivery}@sharelink.example>")[0]
    assert link["owner"]["email"] in mail["X-Envelope-To"]
    assert_says(mail, "hooks.example", "it failed for 5 days", "switched off")
    nobody = stack.db.value(told, "acc_with_no_links")
    assert stack.db.rows("select state, reason from notifications.deliveries where id = %s", nobody) == [{"state": "skipped", "reason": "no_address"}]


def test_subjects_and_names_of_any_language_arrive_whole(stack):
    title = "Führungskräfte für São Paulo – 東京の候補者 " * 3
    link = stack.make_share_link(title=title.strip(), reviewers=[{"name": "Þórdís Óladóttir", "email": "thordis@reviewers.example"}])
    stack.reviewer(link).open(status=200)
    mail = notices(stack, link)[0]
    assert title.strip() in mail["Subject"]
    assert_says(mail, "Þórdís Óladóttir")


def test_zone_that_the_database_has_forgotten_holds_back_no_mail(stack):
    link = stack.make_share_link(owner={"name": "Olu", "email": "olu.of.mars@recruiters.example", "time_zone": "Europe/Berlin"})
    stack.db.rows("update links.share_links set owner_time_zone = 'Mars/Base' where id = %s returning id", link["id"])
    stack.reviewer(link).open(status=200)
    stack.reviewer(link).open(status=200)  # gathered, so its mail is claimed together with others
    mails = notices(stack, link, 2)
    assert len(mails) == 2
    for mail in mails:
        assert_says(mail, "(UTC)")
