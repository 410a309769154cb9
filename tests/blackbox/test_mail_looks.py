"""Mails as recruiters and reviewers see them: where each button leads, how far everybody has come, advice that goes by the state, feedback
whole; how they look in Chromium, small and large, light and dark; what hostile names and a lot of feedback do to them."""

import json
import re

import pytest
from stack.mail import text_of
from stack.waiting import wait_until
from support import samples
from support.axe import axe  # noqa: F401
from support.browser import SCREENSHOTS
from support.html_text import Html

CONSOLE = "https://ats.example/links/{share_link_id}?tab=share"
QUESTIONS = ("Tell us about a time you turned an unhappy customer around.", "How do you help a colleague who is stuck?", "Why us?")
PEOPLE = ("Ingrid Solheim", "Dmitri Orlov", "Anna Larsen")
CANDIDATES = (("Amara", "Okafor"), ("Mateo", "Rivera"), ("Aisha", "Khan"))
SIZES, SCHEMES = (320, 600), ("light", "dark")
CLIPPED_AT = 102 * 1024
WIDE = "<b>&amp;" + "W" * 150 + "\u202b" + "שלום"


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack(settings={"SHARELINK_MAIL_GATHER_SECONDS": "0", "SHARELINK_REVIEW_SETTLE_SECONDS": "0"})
    made.api.patch("/v1/account", {"console_url": CONSOLE, "brand": {"name": "Northwind Talent", "accent": "#0f6b5c", "logo_url": None}}, status=200)
    yield made
    made.close()


def html_of(mail):
    return mail.get_body(preferencelist=("html",)).get_content()


def seen_in(html):
    """What a reader sees of it."""
    return Html(re.sub(r"<style>.*?</style>|<div[^>]*display:none[^>]*>.*?</div>", "", html, flags=re.DOTALL)).text


def preheader(mail):
    hidden, = re.findall(r"<div[^>]*display:none[^>]*>(.*?)</div>", html_of(mail), re.DOTALL)
    return Html(hidden).text.strip("\u2007\u034f ")


def both(mail):
    return " ".join(text_of(mail).split()), seen_in(html_of(mail))


def assert_says(mail, *phrases):
    for said in both(mail):
        for phrase in phrases:
            assert phrase in said, f"{phrase!r} is not in {said!r}"


def assert_never_says(mail, *phrases):
    for said in both(mail):
        assert [phrase for phrase in phrases if phrase in said] == []


def interview(stack, candidate=CANDIDATES[0], questions=QUESTIONS):
    document = samples.interview_document(job={"id": "support-lead", "title": "Customer Support Lead"})
    document["candidate"].update(first_name=candidate[0], last_name=candidate[1])
    document["questions"] = [{"id": f"q{place}", "text": text, "skipped": False, "answer": {
        "kind": "video", "media_url": "https://media.example/a.mp4", "captions_url": None, "duration_seconds": 95, "text": None}}
        for place, text in enumerate(questions, 1)]
    interview_id = samples.interview_id()
    stack.api.put(f"/v1/interviews/{interview_id}", document, status=201)
    return interview_id


def share(stack, people=PEOPLE, candidates=CANDIDATES, **over):
    owner = {**samples.owner(), "name": "Robin Castellanos"}
    reviewers = [{**reviewer, "name": name} for reviewer, name in zip(samples.reviewers(len(people)), people)]
    return stack.make_share_link(**{"interview_ids": [interview(stack, each) for each in candidates], "reviewers": reviewers, "owner": owner,
                                    "title": "Support Lead: shortlist", **over})


def enter(stack, link, number=0):
    browser = stack.reviewer(link, number)
    browser.open(status=200)
    return browser


def review(browser, link, place, **body):
    browser.put(f"{browser.page}/interviews/{link['interview_ids'][place]}/review", body, status=201)


def log_event(stack, link, event_type, reviewer=0, **data):
    number = stack.db.value("select count(*) from events.log")
    reviewer_id = None if reviewer is None else link["reviewers"][reviewer]["id"]
    stack.db.rows("insert into events.log (id, account_id, type, share_link_id, reviewer_id, data) values (%s, %s, %s, %s, %s, %s) returning id",
                  f"evt_{number:026d}", stack.account, event_type, link["id"], reviewer_id,
                  json.dumps({"share_link_id": link["id"], **({} if reviewer is None else {"reviewer_id": reviewer_id}), **data}))


def notice(stack, link, kind, place=0):
    """The mail of the delivery of this kind, in the order of their events."""
    rows = wait_until(lambda: len(found := stack.db.rows(
        "select id from notifications.deliveries where share_link_id = %s and kind = %s and reason is null order by id", link["id"], kind)) > place
        and found, 20, f"{kind} is planned")
    return stack.mails.wait_for(lambda mail: mail["Message-ID"] == f"<{rows[place]['id']}@sharelink.example>")[0]


def url_of(link):
    return CONSOLE.replace("{share_link_id}", link["id"])


# --- one of each kind ---

@pytest.fixture(scope="module")
def kinds(stack):
    """By kind, of one believable story."""
    link = share(stack, send_email=True, message=None)
    found = {"invitation": stack.mails.wait_for_one_to(link["reviewers"][0]["email"])}
    own = share(stack, send_email=True, message={"subject": "Candidates for {{job_title}}", "body": (
        "Hi {{reviewer_first_name}},\n\nI would *love* your view of these **{{interview_count}}** people, and soon:\n\n- watch the answers\n"
        "- give stars\n\nMore about the role [is here](https://northwind.example/jobs/lead).")})
    found["invitation_own"] = stack.mails.wait_for_one_to(own["reviewers"][0]["email"])
    ingrid = enter(stack, link)
    found["opened"] = notice(stack, link, "opened")
    review(enter(stack, link, 2), link, 0, rating=5)
    notice(stack, link, "review")
    review(ingrid, link, 0, rating=4, recommendation="strong_yes", comment="Calm and exact; she asks before she answers.",
           question_ratings=[{"question_id": "q1", "rating": 5, "note": "The story about the lost parcel is worth hearing."},
                             {"question_id": "q2", "rating": 3, "note": ""}])
    found["review"] = notice(stack, link, "review", 1)
    review(ingrid, link, 1, question_ratings=[{"question_id": "q1", "rating": 2, "note": "Read from a sheet."}, {"question_id": "q3", "rating": 4, "note": ""}])
    found["review_answers"] = notice(stack, link, "review", 2)
    ingrid.post(f"{ingrid.page}/done", {"note": "Amara first, please.\nI am away from Friday."}, status=200)
    found["completed"] = notice(stack, link, "completed")
    log_event(stack, link, "link.access_requested", 1)
    found["access_requested"] = notice(stack, link, "access_requested")
    log_event(stack, link, "link.passcode_failed", 1, tries=20, paused_until="2026-11-30T13:02:00.000Z")
    found["guessing"] = notice(stack, link, "guessing")
    stack.db.rows("update links.reviewers set deactivated_at = now(), state_reason = %s where id = %s returning id", json.dumps(
        {"code": "unusual_activity", "evidence": {"rule": "networks", "count": 14, "threshold": 10, "window_seconds": 86400}}), link["reviewers"][1]["id"])
    log_event(stack, link, "link.deactivated", 1, reason="unusual_activity")
    found["deactivated"] = notice(stack, link, "deactivated")
    stack.db.rows("update links.share_links set expires_at = now() + interval '40 hours' where id = %s returning id", link["id"])
    stack.db.value("select notifications.plan_expiry_warnings(now(), 48)")
    found["expiry_warning"] = notice(stack, link, "expiry_warning")
    found["webhook_disabled"] = told(stack, stack.db.value(
        "select notifications.tell_webhook_disabled(%s, 'whe_01M8N2G0', 'hooks.northwind.example', 'failing')", stack.account))
    found["digest"] = digest(stack, link)
    return {"link": link, **found}


def told(stack, delivery):
    return stack.mails.wait_for(lambda mail: mail["Message-ID"] == f"<{delivery}@sharelink.example>")[0]


def digest(stack, link):
    """As if what has been told singly had been kept for it."""
    address = link["owner"]["email"]
    stack.db.rows("""update notifications.deliveries set state = 'skipped', reason = 'in_digest', happened_at = now() - interval '1 hour'
                     where share_link_id = %s and kind in ('opened', 'review', 'completed') returning id""", link["id"])
    stack.db.rows("""insert into notifications.preferences (account_id, address, digest, digest_since, digest_until)
                     values (%s, %s, 'daily', now() - interval '3 days', now() - interval '2 days') returning 1""", stack.account, address)
    stack.db.value("select digests from notifications.plan_digest(now() + interval '1 day', %s, %s, 1000)", stack.account, address)
    return told(stack, stack.db.value("select id from notifications.deliveries where kind = 'digest' and recipient = %s", address))


NOTICES = ("opened", "review", "review_answers", "completed", "access_requested", "guessing", "deactivated", "expiry_warning", "webhook_disabled", "digest")
KINDS = ("invitation", "invitation_own", *NOTICES)


@pytest.mark.parametrize("kind", NOTICES)
def test_a_notice_has_one_button_and_its_address_below(stack, kinds, kind):
    mail = kinds[kind]
    wanted = f"{stack.public_url}/docs#updateWebhookEndpoint" if kind == "webhook_disabled" else url_of(kinds["link"])
    cells = re.findall(r'<td class="button" style="[^"]*padding:12px 24px[^"]*"><a href="([^"]*)"[^>]*>([^<]+)</a>', html_of(mail))
    assert [url.replace("&amp;", "&") for url, _ in cells] == [wanted] and cells[0][1]
    assert re.search(rf'<bdi dir="ltr"[^>]*>{re.escape(wanted).replace("&", "&amp;")}</bdi>', html_of(mail)) and f": {wanted}\n" in text_of(mail)
    assert set(Html(html_of(mail)).links) == {wanted, re.fullmatch("<(.*)>", mail["List-Unsubscribe"])[1]}


@pytest.mark.parametrize("kind", KINDS)
def test_text_and_html_say_the_same(kinds, kind):
    """But for the addresses of links, which stand in the text alone, and what is about the HTML's button."""
    def words(said):
        return sorted(re.findall(r"[\w★☆]+", re.sub(r"https?://\S+|If the button does not work, copy this address into your browser:", "", said)))
    assert words(text_of(kinds[kind])) == words(seen_in(html_of(kinds[kind]).replace("<", " <")))


@pytest.mark.parametrize("kind", KINDS)
def test_an_inbox_shows_what_it_is_about_beside_the_subject(kinds, kind):
    mail = kinds[kind]
    text = " ".join(text_of(mail).split())
    assert all(sentence in text for sentence in preheader(mail).split(". ")) and len(preheader(mail)) > 20
    assert html_of(mail).index("display:none") < html_of(mail).index("<table") and mail.get_body(("html",)).get_content().count("color-scheme") >= 3


def test_notices_of_a_link_are_one_conversation(kinds):
    of_link = [kinds[kind] for kind in NOTICES if kind not in ("webhook_disabled", "digest")]
    assert {mail["Subject"] for mail in of_link} == {'Your share link "Support Lead: shortlist"'}
    assert len({mail["References"] for mail in of_link}) == 1 and len({mail["Message-ID"] for mail in of_link}) == len(of_link)


def test_an_account_without_a_screen_gets_no_button_and_the_advice_all_the_same(shared):
    bare = shared.make_stack()
    try:
        link = share(bare)
        enter(bare, link)
        mail = notice(bare, link, "opened")
        assert "class=\"button\"" not in html_of(mail) and "If the button" not in text_of(mail)
        assert_says(mail, "Ingrid Solheim opened", "So far: Ingrid 0 of 3, Dmitri not opened, Anna not opened.")
    finally:
        bare.close()


# --- what they say ---

def test_the_line_of_progress_names_each_and_how_far(kinds):
    assert_says(kinds["opened"], "So far: Ingrid 0 of 3, Dmitri not opened, Anna not opened.")
    assert_says(kinds["completed"], "So far: Ingrid finished with 2 of 3, Dmitri not opened, Anna 1 of 3.")
    assert_says(kinds["deactivated"], "So far: Ingrid finished with 2 of 3, Anna 1 of 3.")


def test_many_people_are_counted_and_namesakes_told_apart(stack):
    many = share(stack, people=[f"Person {chr(65 + number)}" for number in range(9)])
    enter(stack, many)
    assert_says(notice(stack, many, "opened"), "So far: 1 of 9 people opened it, 0 finished.")
    two = share(stack, people=("Ingrid Solheim", "Ingrid Berg"), settings={"disable_feedback": True})
    enter(stack, two)
    assert_says(notice(stack, two, "opened"), "So far: Ingrid Solheim opened, Ingrid Berg not opened.")


def test_feedback_is_told_with_stars_answers_notes_and_the_average(kinds):
    assert_says(kinds["review"], "Amara Okafor", "★★★★☆ 4 of 5", "Average of 2 people: 4.5", "Recommendation: strong yes.", "Calm and exact",
                f"1. {QUESTIONS[0]} ★★★★★ 5 of 5", "The story about the lost parcel", f"2. {QUESTIONS[1]} ★★★☆☆ 3 of 5")
    assert_never_says(kinds["review"], QUESTIONS[2])


def test_feedback_on_answers_alone_says_so(kinds):
    assert_says(kinds["review_answers"], "Mateo Rivera", "No rating of the whole. 2 answers rated, on average 3.0 of 5.", "Read from a sheet.",
                f"3. {QUESTIONS[2]} ★★★★☆ 4 of 5")


@pytest.mark.parametrize(("change", "says", "never"), [
    (None, ["The link works", "If Dmitri Orlov has lost the mail", "Send the invitation again"], ["eactivat", "switched off", "expired"]),
    ("update links.share_links set expires_at = now() - interval '1 hour' where id = %(link)s",
     ["The link expired on", "With a later expiry it opens again", "Let Dmitri Orlov in"], ["eactivat", "The link works"]),
    ("update links.reviewers set deactivated_at = now() where id = %(reviewer)s",
     ["Only Dmitri Orlov's own link is switched off", "nobody else's link changes"], ["The link works", "reactivate the link"]),
    ("update links.share_links set deactivated_at = now() where id = %(link)s", ["The link is switched off.", "reactivate the link"], ["The link works", "Only"]),
])
def test_advice_to_let_somebody_in_goes_by_the_state(stack, change, says, never):
    link = share(stack)
    if change:
        stack.db.rows((change + " returning id").replace("%(link)s", f"'{link['id']}'").replace("%(reviewer)s", f"'{link['reviewers'][1]['id']}'"))
    log_event(stack, link, "link.access_requested", 1)
    mail = notice(stack, link, "access_requested")
    assert_says(mail, "Dmitri Orlov asks for a new link", *says)
    assert_never_says(mail, *never)


def test_what_was_switched_on_again_or_closed_is_not_advised(stack):
    link = share(stack)
    log_event(stack, link, "link.deactivated", 1, reason="max_age")
    mail = notice(stack, link, "deactivated")
    assert_says(mail, "It has been switched on again since.")
    assert_never_says(mail, "eactivating")
    stack.db.rows("update links.reviewers set deactivated_at = now() where id = %s returning id", link["reviewers"][0]["id"])
    log_event(stack, link, "link.passcode_failed", 0, tries=20, paused_until="2026-11-30T13:02:00.000Z")
    mail = notice(stack, link, "guessing")
    assert_says(mail, "nothing for you to do")
    assert_never_says(mail, "eactivate")


def test_who_has_finished_needs_no_more_time(stack):
    link = share(stack, people=PEOPLE[:1])
    browser = enter(stack, link)
    browser.post(f"{browser.page}/done", {"note": None}, status=200)
    notice(stack, link, "completed")
    stack.db.rows("update links.share_links set expires_at = now() + interval '40 hours' where id = %s returning id", link["id"])
    stack.db.value("select notifications.plan_expiry_warnings(now(), 48)")
    mail = notice(stack, link, "expiry_warning")
    assert_says(mail, "Everybody has finished.", "View the share link")
    assert_never_says(mail, "later expiry", "more time")


# --- how they look ---

@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
def test_every_kind_in_chromium(kinds, browse, axe, size, scheme):  # noqa: F811
    browser = browse(viewport=(size, 700), dark=scheme == "dark")
    folder = SCREENSHOTS / "mails"
    folder.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        page = folder / f"{kind}.html"
        page.write_text(html_of(kinds[kind]), encoding="utf-8")
        browser.go(page.as_uri())
        assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= size, f"{kind} is wider than {size}"
        ground = browser.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(18, 22, 28)" if scheme == "dark" else "rgb(246, 245, 241)")
        browser.screenshot(f"mails/{kind}-{size}-{scheme}")
        contrasts(axe, browser)


def contrasts(axe, browser):  # noqa: F811
    """A mail has no landmarks, nor a title: programs show their own."""
    browser.driver.execute_script("""
        document.title = "A mail";
        const main = document.createElement("main");
        main.append(...document.body.childNodes);
        document.body.append(main);
        if (!document.querySelector("h1")) { main.prepend(Object.assign(document.createElement("h1"), { textContent: "A mail" })); }""")
    axe(browser)


def test_hostile_names_stay_text_and_widen_nothing(stack, browse):
    link = share(stack, people=(WIDE, "Dmitri <script>alert(1)</script>"), candidates=[(WIDE[:100], "x")], title=WIDE, send_email=True, message=None)
    browser = enter(stack, link)
    review(browser, link, 0, rating=3, comment=f"{WIDE}\n<img src=x onerror=alert(1)>", question_ratings=[{"question_id": "q1", "rating": 1, "note": WIDE}])
    chromium = browse(viewport=(320, 700))
    for mail in (notice(stack, link, "opened"), notice(stack, link, "review"), stack.mails.wait_for_one_to(link["reviewers"][0]["email"])):
        assert not Html(html_of(mail)).has("script") and not Html(html_of(mail)).has("img") and "<b>&amp;W" not in html_of(mail)
        page = SCREENSHOTS / "mails" / "hostile.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(html_of(mail), encoding="utf-8")
        chromium.go(page.as_uri())
        assert chromium.driver.execute_script("return document.documentElement.scrollWidth") <= 320


def test_a_mail_is_never_cut_off_by_the_program_that_shows_it(stack):
    """Gmail shows the first 102 KB of a mail."""
    link = share(stack, people=[f"{'&' * 90} {number}" for number in range(40)], candidates=[("Cand", f"{'&' * 60}{number}") for number in range(40)])
    browser = enter(stack, link)
    notice(stack, link, "opened")
    stack.db.rows("""insert into views.reviews (id, account_id, share_link_id, reviewer_id, reviewer_name, interview_id, rating, comment, question_ratings)
                     select 'fbk_big_' || m.position, %s, m.share_link_id, %s, 'x', m.interview_id, 4, repeat('&<"', 3000),
                            jsonb_build_array(jsonb_build_object('question_id', 'q1', 'rating', 3, 'note', repeat('"', 2000)))
                     from links.share_link_interviews m where m.share_link_id = %s returning id""", stack.account, link["reviewers"][0]["id"], link["id"])
    stack.db.rows("update notifications.preferences set digest = 'off' where address = %s returning 1", link["owner"]["email"])
    browser.post(f"{browser.page}/done", {"note": "&" * 2000}, status=200)
    completed = notice(stack, link, "completed")
    gathered = stack.db.value("update notifications.deliveries set state = 'pending', reason = null, sent_at = null, next_attempt_at = now(), "
                              "gathered_items = %s where share_link_id = %s and kind = 'completed' returning id", link["interview_ids"], link["id"])
    mails = stack.mails.wait_for(lambda mail: mail["Message-ID"] == f"<{gathered}@sharelink.example>", 2)
    stack.db.rows("update links.share_links set expires_at = now() + interval '40 hours' where id = %s returning id", link["id"])
    stack.db.value("select notifications.plan_expiry_warnings(now(), 48)")
    warning = notice(stack, link, "expiry_warning")
    for mail in (completed, *mails, warning):
        assert len(html_of(mail).encode()) < CLIPPED_AT and "List-Unsubscribe" in mail and "Fewer mails" in text_of(mail)
    assert re.search(r"And feedback on \d+ more candidates\.", text_of(mails[1])) and "View all feedback" in text_of(mails[1])
    assert re.search(r"and \d+ more\n", text_of(warning))
