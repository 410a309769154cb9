"""The main job, end to end, as its people meet it: a platform service stores interviews and makes a share link, two
reviewers are mailed, one of them opens it through the front door, and the recruiter is told.

The story is played once; each test looks at one part of what came of it. The daemons write their most talkative logs, so
that a secret that ever gets into one is found.
"""

import base64
import itertools
import json
import re
from datetime import timedelta
from email.header import decode_header, make_header
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import redis
from stack.mail import text_of
from stack.waiting import wait_until
from support import samples
from support.api import Api, Reviewer, faults
from support.contract import event_validator
from support.html_text import Html
from support.mailbox import link_in
from support.shapes import PASSCODE, TOKEN, is_id, time_of
from support.tables import all_text, row_counts

TITLE = "Titlecanary: do not tell them"
OWNER = {"name": "Zoë Castellanos", "email": "zoe.castellanos@recruiters.example", "time_zone": "Europe/Berlin"}
REVIEWERS = [{"name": "Ingrid Solheim", "email": "ingrid.solheim@reviewers.example"},
             {"name": "Dmitri Vance", "email": "dmitri.vance@reviewers.example"}]
MESSAGE = {"subject": "{{interview_count}} für {{job_title}}",
           "body": "Hello {{reviewer_first_name}},\n\nplease say *yes* or *no* to each.\n\n<b>no markup</b>\n\n{{sender_name}}"}
CREATE_REQUEST, OPEN_REQUEST = "story-create-1", "story-open-1"
CREATE_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OPEN_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
LINK_MEMBERS = {"id", "external_id", "metadata", "kind", "title", "state", "state_reason", "owner", "settings", "send_email", "message", "template_id",
                "expires_at", "interview_count", "interview_ids", "reviewers", "version", "created_at", "updated_at"}
REVIEWER_MEMBERS = {"state_reason", "id", "external_id", "metadata", "name", "email", "state", "invited_at", "invitation_state", "first_opened_at", "last_opened_at",
                    "open_count", "reviewed_count", "watched_seconds", "done_at", "done_note", "locale"}
SETTINGS = {"abbreviate_names", "omit_avatars", "exclude_full_profiles", "hide_skipped_questions", "disable_feedback",
            "mask_questionnaire"}


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack(settings={"SHARELINK_LOG_LEVEL": "debug"})
    yield made
    made.close()


@pytest.fixture(scope="module")
def story(stack):
    """What was sent, answered and mailed, in order."""
    told = SimpleNamespace()
    told.documents = {f"story-{number}": samples.interview_document(job={"id": "job-7", "title": "Head Librarian"})
                      for number in range(3)}
    told.put = [stack.api.put(f"/v1/interviews/{name}", document, status=201) for name, document in told.documents.items()]

    body = samples.share_link_body(list(told.documents), title=TITLE, owner=OWNER, reviewers=REVIEWERS, send_email=True,
                                   expires_in={"value": 2, "unit": "weeks"}, message=MESSAGE)
    told.created = stack.api.post("/v1/share-links", body, status=201,
                                  headers={"X-Request-Id": CREATE_REQUEST, "traceparent": CREATE_TRACE})
    told.link = told.created.json()
    told.invitations = [stack.mails.wait_for_one_to(reviewer["email"]) for reviewer in REVIEWERS]

    told.url = link_in(told.invitations[0])
    told.browser = Reviewer(stack.front.url(), told.url)
    told.page = told.browser.see_page(status=200)
    told.opened = told.browser.open(status=200, headers={"X-Request-Id": OPEN_REQUEST, "traceparent": OPEN_TRACE})
    told.content = told.browser.content(status=200)
    told.notice = stack.mails.wait_for_one_to(OWNER["email"])
    wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where state = 'sent'") == 3, 20,
               "all three mails are recorded as sent")
    return told


def events_of(db, link):
    return db.rows("select *, events.cloud_event(log)::json as ce from events.log where share_link_id = %s order by id", link["id"])


def stream_entries(stack):
    """The whole events as the streams hold them, by their ids; with the stream's name and the field `type`."""
    entries = {}
    stack.wait_until_told()
    with redis.Redis.from_url(stack.redis.url(stack.redis_database), decode_responses=True) as connection:
        for stream in ("sharelink:links", "sharelink:views"):
            for _, fields in connection.xrange(stream):
                assert fields.keys() == {"type", "ce"}
                event = json.loads(fields["ce"])
                assert event["id"] not in entries, "an event stands twice in the streams"
                entries[event["id"]] = SimpleNamespace(stream=stream, type=fields["type"], event=event)
    return entries


def whole_text(mail):
    """Headers and both bodies, decoded."""
    heads = "\n".join(f"{name}: {value}" for name, value in mail.items())
    return "\n".join([heads, text_of(mail), html_of(mail)])


def decoded(mail, header):
    """The header with its encoded words (RFC 2047) decoded. EmailMessage of Python 3.11 puts blanks between two of them."""
    return str(make_header(decode_header(dict(mail.raw_items())[header])))


def html_of(mail):
    return mail.get_body(preferencelist=("html",)).get_content()


# --- the platform's side ---

def test_stored_interview_is_answered_whole_and_replaced_by_a_second_put(stack):
    document, other = samples.interview_document(), samples.interview_document()
    created = stack.api.put("/v1/interviews/whole:1", document, status=201)
    answered = created.json()
    assert {key: answered[key] for key in document} == document
    assert answered.keys() - document.keys() == {"id", "external_id", "metadata", "version", "created_at", "updated_at"}
    assert (answered["id"], answered["version"], created.headers["ETag"]) == ("whole:1", 1, '"v1"')

    replaced = stack.api.put("/v1/interviews/whole:1", other, status=200)
    assert (replaced.json()["version"], replaced.headers["ETag"]) == (2, '"v2"')
    read = stack.api.get("/v1/interviews/whole:1", status=200)
    assert read.json() == replaced.json() and read.headers["ETag"] == '"v2"'
    assert {key: read.json()[key] for key in other} == other
    assert read.json()["created_at"] == answered["created_at"]
    assert time_of(read.json()["updated_at"]) >= time_of(answered["updated_at"])


def test_created_link_is_answered_with_all_that_was_sent(story):
    link = story.link
    assert link.keys() == LINK_MEMBERS
    assert is_id("lnk_", link["id"])
    assert (link["kind"], link["state"], link["state_reason"], link["version"]) == ("advanced", "active", None, 1)
    assert (link["title"], link["owner"], link["message"]) == (TITLE, OWNER, MESSAGE)
    assert (link["send_email"], link["template_id"]) == (True, None)
    assert (link["interview_ids"], link["interview_count"]) == (list(story.documents), 3)
    assert link["settings"] == dict.fromkeys(SETTINGS, False)
    assert link["created_at"] == link["updated_at"]


def test_expiry_counts_from_the_servers_clock(stack, story):
    def life_of(link):
        return time_of(link["expires_at"]) - time_of(link["created_at"])

    assert life_of(story.link) == timedelta(weeks=2)
    assert life_of(stack.make_share_link(expires_in={"value": 30, "unit": "days"})) == timedelta(days=30)
    at = stack.make_share_link(expires_in=None, expires_at="2027-03-01T12:00:00+02:00")
    assert at["expires_at"] == "2027-03-01T10:00:00.000Z"
    assert stack.make_share_link(expires_in=None)["expires_at"] is None


def test_each_reviewer_is_answered_with_an_url_of_their_own(stack, story):
    assert [{key: reviewer[key] for key in ("name", "email")} for reviewer in story.link["reviewers"]] == REVIEWERS
    for reviewer in story.link["reviewers"]:
        assert reviewer.keys() == REVIEWER_MEMBERS | {"url", "passcode"}
        assert is_id("rvw_", reviewer["id"])
        assert PASSCODE.fullmatch(reviewer["passcode"])
        head, _, fragment = reviewer["url"].partition("#")
        assert head.startswith(f"{stack.public_url}/s/") and fragment == reviewer["passcode"]
        assert TOKEN.fullmatch(head.removeprefix(f"{stack.public_url}/s/"))
        assert (reviewer["state"], reviewer["invitation_state"], reviewer["invited_at"]) == ("active", "pending", None)
        assert (reviewer["open_count"], reviewer["reviewed_count"]) == (0, 0)
        assert (reviewer["first_opened_at"], reviewer["last_opened_at"]) == (None, None)
    assert len({reviewer["url"] for reviewer in story.link["reviewers"]}) == 2


def test_created_link_is_found_at_its_location(stack, story):
    assert story.created.headers["Location"] == f"/v1/share-links/{story.link['id']}"
    assert story.created.headers["ETag"] == '"v1"'
    found = stack.api.get(story.created.headers["Location"], status=200)
    assert found.headers["ETag"] == '"v1"'
    assert found.json().keys() == LINK_MEMBERS
    for before, after in zip(story.link["reviewers"], found.json()["reviewers"], strict=True):
        assert {key: before[key] for key in ("id", "url", "passcode")} == {key: after[key] for key in ("id", "url", "passcode")}
    listed = stack.api.get("/v1/share-links?limit=100", status=200).json()["data"]
    mine = next(link for link in listed if link["id"] == story.link["id"])
    assert mine.keys() == LINK_MEMBERS


def test_urls_and_passcodes_are_only_for_keys_that_may_write(stack, story):
    key = re.search(r"key: (\S+)", stack.operate("key", "create", "--account", stack.account, "--scopes", "links.read"))[1]
    reader = Api(stack.links.url(), key)
    seen = [reader.get(f"/v1/share-links/{story.link['id']}", status=200).json(),
            *reader.get("/v1/share-links", status=200).json()["data"], *stack.api.get("/v1/share-links", status=200).json()["data"]]
    stack.operate("key", "revoke", key)
    for link in seen:
        for reviewer in link["reviewers"]:
            assert reviewer.keys() == REVIEWER_MEMBERS


def test_what_became_of_each_reviewer_is_told(stack, story):
    opener, other = stack.api.get(f"/v1/share-links/{story.link['id']}", status=200).json()["reviewers"]
    assert (opener["open_count"], other["open_count"]) == (1, 0)
    assert time_of(opener["first_opened_at"]) == time_of(opener["last_opened_at"])
    assert other["first_opened_at"] is None
    assert (opener["invitation_state"], other["invitation_state"]) == ("sent", "sent")
    assert time_of(story.link["created_at"]) <= time_of(opener["invited_at"]) <= time_of(opener["first_opened_at"])


def test_reviewer_of_a_link_that_mails_nobody_is_not_invited(stack):
    link = stack.make_share_link(reviewer_count=2)
    assert [reviewer["invitation_state"] for reviewer in link["reviewers"]] == ["none", "none"]
    assert [event["type"] for event in events_of(stack.db, link)] == ["link.created"]
    follower = stack.make_share_link(send_email=True)  # its mail has gone the same way, later
    stack.mails.wait_for_one_to(follower["reviewers"][0]["email"])
    assert [stack.mails.to(reviewer["email"]) for reviewer in link["reviewers"]] == [[], []]


# --- the invitations ---

def test_invitation_comes_from_us_in_the_senders_name(story):
    for mail, reviewer in zip(story.invitations, REVIEWERS, strict=True):
        sender, = mail["From"].addresses
        assert (sender.display_name, sender.addr_spec) == (f"{OWNER['name']} via Sharelink", "noreply@sharelink.example")
        assert [address.addr_spec for address in mail["Reply-To"].addresses] == [OWNER["email"]]
        assert [(address.display_name, address.addr_spec) for address in mail["To"].addresses] == [(reviewer["name"], reviewer["email"])]
        assert mail.get_all("X-Envelope-From") == ["noreply@sharelink.example"]
        assert mail.get_all("X-Envelope-To") == [reviewer["email"]]
        assert mail["Cc"] is None and mail["Bcc"] is None


def test_invitation_has_the_senders_subject_and_our_message_id(stack, story):
    rows = stack.db.rows("select id, recipient from notifications.deliveries where kind = 'invitation'")
    delivery_of = {row["recipient"]: row["id"] for row in rows}
    for mail, reviewer in zip(story.invitations, REVIEWERS, strict=True):
        assert mail["Subject"] == "3 für Head Librarian"
        assert mail["Message-ID"] == f"<{delivery_of[reviewer['email']]}@sharelink.example>"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Date"].datetime.tzinfo is not None
        assert all(mail.get_all(name) and len(mail.get_all(name)) == 1 for name in ("Date", "From", "To", "Subject", "Message-ID"))


def test_invitation_says_the_same_as_text_and_as_html(story):
    for mail, reviewer in zip(story.invitations, story.link["reviewers"], strict=True):
        assert mail.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        text, html = text_of(mail), Html(html_of(mail))
        first_name = reviewer["name"].split()[0]
        for words in (f"Hello {first_name},", OWNER["name"], reviewer["passcode"], "<b>no markup</b>"):
            assert words in text and words in html.text, words
        assert html.has("em") and not html.has("b") and not html.has("script") and not html.has("img")
        assert link_in(mail) == reviewer["url"] and html.links == [reviewer["url"]]


def test_invitation_names_neither_title_nor_other_reviewers_nor_candidates(story):
    for mail, other in zip(story.invitations, reversed(story.link["reviewers"]), strict=True):
        told = whole_text(mail).lower()
        hidden = ["titlecanary", *(part.lower() for part in other["name"].split()), other["email"], other["url"], other["passcode"].lower()]
        for document in story.documents.values():
            candidate = document["candidate"]
            hidden += [candidate[key].lower() for key in ("first_name", "last_name", "email")]
        assert [word for word in hidden if word in told] == []


def test_every_placeholder_is_filled_in(stack):
    names = ["reviewer_name", "reviewer_first_name", "sender_name", "link_url", "passcode", "expires_at", "interview_count", "job_title"]
    body = "\n\n".join(f"{name}=[{{{{{name}}}}}]" for name in names)
    link = stack.make_share_link(interview_count=2, send_email=True, message={"subject": "{{ passcode }} {{job_title}}", "body": body},
                                 expires_in=None, expires_at="2027-07-01T10:00:00Z", owner=OWNER | {"email": "placeholders@recruiters.example"})
    reviewer, = link["reviewers"]
    mail = stack.mails.wait_for_one_to(reviewer["email"])
    filled = dict(re.findall(r"^(\w+)=\[(.*)\]$", text_of(mail), re.MULTILINE))
    assert filled == {
        "reviewer_name": reviewer["name"], "reviewer_first_name": "Rae", "sender_name": OWNER["name"], "link_url": reviewer["url"],
        "passcode": reviewer["passcode"], "expires_at": "Thursday, 1 July 2027, 12:00 (Europe/Berlin)", "interview_count": "2",
        "job_title": "Librarian"}
    assert mail["Subject"] == f"{reviewer['passcode']} Librarian"
    assert "{{" not in whole_text(mail)


def test_link_without_a_message_gets_a_mail_of_ours(stack):
    link = stack.make_share_link(send_email=True, message=None, owner=OWNER | {"email": "default@recruiters.example"})
    reviewer, = link["reviewers"]
    assert link["message"] is None
    mail = stack.mails.wait_for_one_to(reviewer["email"])
    assert OWNER["name"] in mail["Subject"] and reviewer["name"].split()[0] in text_of(mail)
    assert link_in(mail) == reviewer["url"] and reviewer["passcode"] in text_of(mail)
    assert link["title"] not in whole_text(mail)


def test_template_of_the_account_becomes_the_message(stack):
    template = "tpl_01K00000000000000000000001"
    stack.db.rows("insert into links.email_templates (id, account_id, name, subject, body) values (%s, %s, 'Ours', %s, %s)",
                  template, stack.account, "From the library: {{job_title}}", "Templated for {{reviewer_first_name}}")
    link = stack.make_share_link(send_email=True, message=None, template_id=template)
    assert link["template_id"] == template
    mail = stack.mails.wait_for_one_to(link["reviewers"][0]["email"])
    assert mail["Subject"] == "From the library: Librarian" and "Templated for Rae" in text_of(mail)


def test_names_with_markup_are_shown_as_text_everywhere(stack):
    name = 'Rae "<script>alert(1)</script>" & Söhne, Inc.'
    link = stack.make_share_link(send_email=True, reviewers=[{"name": name, "email": "markup@reviewers.example"}],
                                 owner={"name": name, "email": "markup@recruiters.example"}, title="<img src=x> " + name, message=None)
    browser = stack.reviewer(link)
    page = browser.see_page(status=200)
    assert browser.open(status=200).json()["reviewer_name"] == name
    mails = [stack.mails.wait_for_one_to(f"markup@{who}.example") for who in ("reviewers", "recruiters")]
    for source in (page.text, *map(html_of, mails)):
        html = Html(source)
        assert name in html.text and not html.has("img")
        assert [attrs for tag, attrs in html.tags if tag == "script" and "src" not in attrs] == []
    for mail, who in zip(mails, ("reviewers", "recruiters"), strict=True):
        assert decoded(mail, "To") == f"{name} <markup@{who}.example>"


@pytest.mark.parametrize("address", ["o'hara+tag@reviewers.example", "a.b-c_d@sub.domain.reviewers.example"])
def test_unusual_address_is_mailed(stack, address):
    stack.make_share_link(send_email=True, reviewers=[{"name": "Ana", "email": address}])
    assert stack.mails.wait_for_one_to(address)


@pytest.mark.parametrize("field", ["reviewer", "owner"])
def test_address_that_no_mail_can_go_to_is_not_accepted(stack, field):
    """Either the mail of a link that was made arrives, or the link is refused: never a 201 and then a dead letter."""
    body = samples.share_link_body([stack.make_interview()], send_email=True)
    (body["reviewers"][0] if field == "reviewer" else body["owner"])["email"] = "ana@bücher.example"
    answer = stack.api.post("/v1/share-links", body)
    if answer.status_code == 422:
        assert faults(answer) == ["/reviewers/0/email" if field == "reviewer" else "/owner/email"]
        return
    settled = wait_until(lambda: stack.db.rows("select state, last_error from notifications.deliveries where share_link_id = %s "
                                               "and state <> 'pending'", answer.json()["id"]), 20, "the mail is settled")
    assert settled[0]["state"] == "sent", settled


# --- the reviewer's side ---

def test_page_shows_the_sender_and_one_button(story):
    html = Html(story.page.text)
    assert f"{OWNER['name']} shares 3 candidates with you" in html.text
    buttons = [attrs for tag, attrs in html.tags if tag in ("button", "input") and attrs.get("type") == "submit"]
    assert len(buttons) == 1 and "Start" in html.text
    assert "Set-Cookie" not in story.page.headers


def test_open_answers_with_the_visit(story):
    opened = story.opened.json()
    assert opened.keys() == {"visit_id", "reviewer_name", "first"}
    assert is_id("vst_", opened["visit_id"])
    assert (opened["reviewer_name"], opened["first"]) == (REVIEWERS[0]["name"], True)
    assert story.opened.headers["X-Request-Id"] == OPEN_REQUEST


def test_content_shows_the_candidates_in_the_links_order(story):
    content = story.content.json()
    assert content.keys() == {"settings", "sender_name", "brand", "expires_at", "done_at", "reviewer_name", "locale", "interviews", "total"}
    assert content["settings"] == dict.fromkeys(SETTINGS, False)
    assert (content["sender_name"], content["expires_at"], content["total"]) == (OWNER["name"], story.link["expires_at"], 3)
    assert [interview["id"] for interview in content["interviews"]] == list(story.documents)
    for interview, document in zip(content["interviews"], story.documents.values(), strict=True):
        assert (interview["type"], interview["job"], interview["completed_at"]) == (
            document["type"], document["job"], document["completed_at"])
        candidate = document["candidate"]
        assert interview["candidate"]["display_name"] == f"{candidate['first_name']} {candidate['last_name']}"


def test_order_of_the_content_is_that_of_the_request(stack):
    interviews = [stack.make_interview() for _ in range(5)]
    shuffled = [interviews[place] for place in (3, 0, 4, 2, 1)]
    link = stack.make_share_link(interview_ids=shuffled)
    browser = stack.reviewer(link)
    browser.open(status=200)
    assert [interview["id"] for interview in browser.content(status=200).json()["interviews"]] == shuffled
    assert link["interview_ids"] == stack.api.get(f"/v1/share-links/{link['id']}").json()["interview_ids"] == shuffled


# --- the recruiter is told ---

def test_recruiter_is_told_who_opened_what_and_when(stack, story):
    mail = story.notice
    sender, = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Sharelink", "noreply@sharelink.example")
    assert [address.addr_spec for address in mail["Reply-To"].addresses] == [REVIEWERS[0]["email"]]
    assert [(address.display_name, address.addr_spec) for address in mail["To"].addresses] == [(OWNER["name"], OWNER["email"])]
    delivery = stack.db.value("select id from notifications.deliveries where kind = 'opened'")
    assert mail["Message-ID"] == f"<{delivery}@sharelink.example>"
    assert mail["Subject"] == f'Your share link "{TITLE}"'
    for said in (text_of(mail), Html(html_of(mail)).text):
        assert REVIEWERS[0]["name"] in said and TITLE in said and "for the first time" in said and "(Europe/Berlin)" in said


def test_recruiters_mail_holds_no_key_to_the_link(story):
    told = whole_text(story.notice)
    for reviewer in story.link["reviewers"]:
        token, passcode = urlsplit(reviewer["url"]).path.removeprefix("/s/"), reviewer["passcode"]
        assert token not in told and passcode not in told


def test_mails_about_one_link_are_one_thread(story):
    threads = {mail["References"] for mail in [*story.invitations, story.notice]}
    assert threads == {f"<{story.link['id']}@sharelink.example>"}


def test_another_visit_is_told_as_another_when_nothing_is_gathered(make_stack):
    stack = make_stack(settings={"SHARELINK_MAIL_GATHER_SECONDS": "0"})
    link = stack.make_share_link()
    visits = [stack.reviewer(link).open(status=200).json() for _ in range(2)]
    assert [visit["first"] for visit in visits] == [True, False] and visits[0]["visit_id"] != visits[1]["visit_id"]
    mails = stack.mails.wait_for(lambda mail: link["owner"]["email"] in mail.get_all("X-Envelope-To", []), count=2)
    assert len({mail["Message-ID"] for mail in mails}) == 2
    assert sorted("for the first time" in text_of(mail) for mail in mails) == [False, True]
    assert sorted("again" in text_of(mail) for mail in mails) == [False, True]


# --- what stands behind it ---

def test_every_change_is_a_row_of_the_log(stack, story):
    link, (opener, other) = story.link, story.link["reviewers"]
    events = events_of(stack.db, link)
    of_link = {"share_link_id": link["id"]}
    expected = [("link.created", of_link), ("link.invitation_requested", of_link | {"reviewer_id": opener["id"]}),
                ("link.invitation_requested", of_link | {"reviewer_id": other["id"]}),
                ("link.opened", of_link | {"reviewer_id": opener["id"], "visit_id": story.opened.json()["visit_id"], "first": True})]
    assert [(event["type"], event["data"]) for event in events] == expected
    assert all(is_id("evt_", event["id"]) and event["account_id"] == stack.account for event in events)
    assert len({event["xid"] for event in events[:3]}) == 1, "the events of one request belong to one transaction"


def test_request_and_trace_are_kept_from_request_to_delivery(stack, story):
    """The caller's words: in the answer, in the event, in the event on the stream, in the delivery."""
    assert story.created.headers["X-Request-Id"] == CREATE_REQUEST
    entries = stream_entries(stack)
    for event in events_of(stack.db, story.link):
        said = (OPEN_REQUEST, OPEN_TRACE) if event["type"] == "link.opened" else (CREATE_REQUEST, CREATE_TRACE)
        assert (event["request_id"], event["traceparent"]) == said
        assert (entries[event["id"]].event["requestid"], entries[event["id"]].event["traceparent"]) == said
        for delivery in stack.db.rows("select * from notifications.deliveries where event_id = %s", event["id"]):
            assert (delivery["request_id"], delivery["traceparent"]) == said


@pytest.mark.parametrize("sent", ["garbage", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", CREATE_TRACE.upper(), CREATE_TRACE + "-1",
                                  CREATE_TRACE.replace("00-", "ff-", 1)])
def test_traceparent_that_is_none_is_not_kept(stack, sent):
    answer = stack.api.post("/v1/share-links", samples.share_link_body([stack.make_interview()]), status=201, headers={"traceparent": sent})
    event, = events_of(stack.db, answer.json())
    assert event["traceparent"] is None and "traceparent" not in event["ce"]


def test_streams_hold_each_event_of_the_log_once_and_unchanged(stack, story):
    events = {event["id"]: event for event in events_of(stack.db, story.link)}
    entries = {key: entry for key, entry in stream_entries(stack).items() if key in events}
    assert entries.keys() == events.keys()
    for key, entry in entries.items():
        assert entry.event == events[key]["ce"]
        assert entry.type == entry.event["type"] == f"sharelink.{events[key]['type']}.v1"
        assert entry.stream == ("sharelink:views" if entry.type == "sharelink.link.opened.v1" else "sharelink:links")


def test_events_are_cloudevents_and_hold_ids_only(stack, story):
    for event in events_of(stack.db, story.link):
        ce = event["ce"]
        assert ce.keys() == {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "accountid", "requestid",
                             "traceparent", "data"}
        assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in ce)
        assert (ce["specversion"], ce["datacontenttype"], ce["subject"]) == ("1.0", "application/json", story.link["id"])
        assert ce["source"] == ("/sharelink/views" if event["type"] == "link.opened" else "/sharelink/links")
        assert time_of(ce["time"]) >= time_of(story.link["created_at"])
        for name, value in ce["data"].items():
            assert value is True if name == "first" else is_id({"share_link_id": "lnk_", "reviewer_id": "rvw_", "visit_id": "vst_"}[name], value)


def test_events_fit_their_published_schemas(stack, story):
    for entry in stream_entries(stack).values():
        schema = event_validator(entry.type)
        for event in (entry.event, *schema.schema["examples"]):
            schema.validate(event)
        for foreign in ({"type": "sharelink.other.v1"}, {"email": "a@b.example"}, {"data": entry.event["data"] | {"name": "Ada"}}, {"data": {}}):
            assert not schema.is_valid(entry.event | foreign), "a schema that takes anything says nothing"


def test_every_mail_is_a_delivery_that_says_what_became_of_it(stack, story):
    rows = stack.db.rows("select * from notifications.deliveries where share_link_id = %s order by id", story.link["id"])
    events = {event["id"]: event for event in events_of(stack.db, story.link)}
    assert [(row["kind"], row["recipient"]) for row in rows] == [
        ("invitation", REVIEWERS[0]["email"]), ("invitation", REVIEWERS[1]["email"]), ("opened", OWNER["email"])]
    for row in rows:
        assert is_id("dlv_", row["id"]) and row["channel"] == "email"
        assert row["event_type"] == events[row["event_id"]]["type"] and row["reviewer_id"] == events[row["event_id"]]["reviewer_id"]
        assert (row["state"], row["attempts"], row["reason"], row["last_error"]) == ("sent", 1, None, None)
        assert row["created_at"] <= row["sent_at"] and row["lease_until"] is None and row["lease_holder"] is None


def test_visit_keeps_a_network_and_a_device_and_no_address(stack, story):
    visit, = stack.db.rows("select * from views.visits where share_link_id = %s", story.link["id"])
    assert visit["id"] == story.opened.json()["visit_id"]
    assert (visit["network"], visit["device"], visit["is_first"]) == ("127.0.0.0/24", "desktop", True)
    assert row_counts(stack.db, ["views.activity"])["views.activity"] >= 1


# --- what must stay where it is ---

def secrets_of(stack, story):
    """All that opens something, by what it is."""
    found = {"api key": stack.key, "api key's secret": stack.key.split("_", 2)[2], "secret key": stack.state.secret_key(),
             "session": story.browser.session.cookies["sharelink_session"]}
    for number, reviewer in enumerate(story.link["reviewers"]):
        found[f"token {number}"] = urlsplit(reviewer["url"]).path.removeprefix("/s/")
        found[f"passcode {number}"] = reviewer["passcode"]
        found[f"passcode {number} without dashes"] = reviewer["passcode"].replace("-", "")
    return found


def people_of(story):
    """Mail addresses and candidates' names."""
    candidates = [document["candidate"] for document in story.documents.values()]
    return [OWNER["email"], *(reviewer["email"] for reviewer in REVIEWERS), *(candidate["email"] for candidate in candidates),
            *(candidate["last_name"] for candidate in candidates)]


def found_in(places, words):
    """(place, word) of each word that stands somewhere in clear, whatever its case."""
    lowered = {place: text.lower() for place, text in places.items()}
    return [(place, word) for (place, text), word in itertools.product(lowered.items(), words) if word.lower() in text]


def said_by(stack):
    """Logs, metrics, streams and the log of events."""
    places = {}
    for server in (*stack.daemons, stack.front):
        with open(server.log, encoding="utf-8") as log:
            places[f"log of {server.name}"] = log.read()
    for server in stack.daemons:
        places[f"metrics of {server.name}"] = Api(server.url()).get("/metrics", status=200).text
    places["streams"] = "\n".join(json.dumps(entry.event) for entry in stream_entries(stack).values())
    places["events.log"] = "\n".join(row["text"] for row in stack.db.rows("select to_jsonb(l)::text as text from events.log l"))
    return places


def test_secrets_and_addresses_are_in_no_log_event_or_metric(stack, story):
    places = said_by(stack)
    assert CREATE_REQUEST in places["log of links"], "a log that says nothing proves nothing"
    assert OPEN_REQUEST in places["log of views"] and OPEN_REQUEST in places["log of front"]
    assert found_in(places, [*secrets_of(stack, story).values(), *people_of(story), TITLE]) == []


def test_secrets_stand_in_no_table_in_clear(stack, story):
    places = all_text(stack.db)
    assert story.link["id"] in places["links.share_links"], "tables that hold nothing prove nothing"
    words = []
    for secret in secrets_of(stack, story).values():
        words += [secret, secret.encode().hex(), base64.b64encode(secret.encode()).decode().rstrip("=")]
    tokens = [urlsplit(reviewer["url"]).path.removeprefix("/s/") for reviewer in story.link["reviewers"]]
    words += [base64.urlsafe_b64decode(token + "==").hex() for token in tokens]
    assert found_in(places, words) == []


def test_answers_with_secrets_may_not_be_stored(stack, story):
    assert story.created.headers["Cache-Control"] == "no-store"
    assert stack.api.get(f"/v1/share-links/{story.link['id']}").headers["Cache-Control"] == "no-store"
    for answer in (story.page, story.opened, story.content):
        assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy" if answer is story.page else "Date"]


def test_page_that_holds_the_passcode_tells_no_other_site(story):
    assert story.page.headers["Referrer-Policy"] == "no-referrer"
    policy = story.page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
