"""What a recruiter wants to be told of: by the API, by the link in a mail, by a mail program's one click; and the digest."""

import email.policy
import re
from pathlib import Path

import pytest
import requests
from stack.mail import text_of
from stack.waiting import wait_until
from support import samples
from support.api import Api, faults
from support.axe import axe  # noqa: F401
from support.held import hold_back, let_go
from support.html_text import Html

DEFAULTS = {"opens": "every", "reviews": "every", "digest": "off", "muted_share_link_ids": []}
ONE_CLICK = {"data": "List-Unsubscribe=One-Click", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack(settings={"SHARELINK_MAIL_GATHER_SECONDS": "0", "SHARELINK_REVIEW_SETTLE_SECONDS": "0"})
    yield made
    made.close()


@pytest.fixture(scope="module")
def prefs(stack):
    return Api(stack.notifications.url(), stack.key)


def path_of(link):
    return f"/v1/notification-preferences/{link['owner']['email']}"


def said(answer):
    return {name: answer.json()[name] for name in DEFAULTS}


def opened(stack, link, number=0):
    """The delivery of another open of the link."""
    before = stack.db.value("select count(*) from notifications.deliveries where share_link_id = %s", link["id"])
    stack.reviewer(link, number).open(status=200)
    return wait_until(lambda: (rows := stack.db.rows("select * from notifications.deliveries where share_link_id = %s order by id", link["id"]))
                      and len(rows) > before and rows[-1], 20, "the open has its delivery")


def link_of(mail):
    return re.fullmatch(r"<(http[^>]+)>", mail["List-Unsubscribe"])[1]


def notice(stack, link):
    return stack.mails.wait_for_one_to(link["owner"]["email"])


def at_daemon(stack, url):
    return stack.notifications.url() + url[url.index("/u/"):]


# --- the API ---

def test_defaults_then_what_was_put_whole(stack, prefs):
    link = stack.make_share_link()
    first = prefs.get(path_of(link), status=200)
    assert said(first) == DEFAULTS and first.json()["email"] == link["owner"]["email"] and first.headers["ETag"] == '"v0"'
    wanted = {"opens": "first", "reviews": "off", "digest": "daily", "muted_share_link_ids": [link["id"]]}
    put = prefs.put(path_of(link), wanted, status=200)
    assert said(put) == wanted and put.headers["ETag"] == '"v1"'
    again = prefs.get(path_of(link).replace("olu", "OLU"), status=200)
    assert said(again) == wanted
    assert prefs.get(path_of(link), status=304, headers={"If-None-Match": '"v1"'}).content == b""
    assert said(prefs.put(path_of(link), {"opens": "off"}, status=200)) == DEFAULTS | {"opens": "off"}


def test_faults_are_told_all_at_once_and_store_nothing(stack, prefs, other_api_link):
    link = stack.make_share_link()
    answer = prefs.put(path_of(link), {"opens": "sometimes", "reviews": 1, "digest": "weekly", "muted_share_link_ids": [1, "lnk_x"], "zone": "x"})
    assert faults(answer) == ["/digest", "/muted_share_link_ids/0", "/muted_share_link_ids/1", "/opens", "/reviews", "/zone"]
    answer = prefs.put(path_of(link), {"muted_share_link_ids": [link["id"], "lnk_unknown", other_api_link["id"]]})
    assert faults(answer) == ["/muted_share_link_ids/1", "/muted_share_link_ids/2"]
    assert faults(prefs.put(path_of(link), {"muted_share_link_ids": [link["id"], link["id"]]})) == ["/muted_share_link_ids/1"]
    assert prefs.get(path_of(link)).headers["ETag"] == '"v0"'
    for path in ("nobody", "a%0Ab@x.example", "a@b@x.example", "x" * 300 + "@x.example"):
        prefs.get(f"/v1/notification-preferences/{path}", status=404)
        prefs.put(f"/v1/notification-preferences/{path}", {}, status=404)


@pytest.fixture(scope="module")
def other_api_link(stack):
    interview = samples.interview_id()
    stack.other_api.put(f"/v1/interviews/{interview}", samples.interview_document(), status=201)
    return stack.other_api.post("/v1/share-links", samples.share_link_body([interview]), status=201).json()


def test_versions_keep_two_writers_apart(stack, prefs):
    path = path_of(stack.make_share_link())
    prefs.put(path, {"opens": "off"}, status=200, headers={"If-Match": '"v0"'})
    for stale in ('"v0"', '"v7"', '"nonsense"', "W/x"):
        assert prefs.put(path, {}, status=412, headers={"If-Match": stale}).json()["code"] == "precondition_failed"
    prefs.put(path, {"opens": "first"}, status=200, headers={"If-Match": '"v1"'})
    prefs.put(path, {}, status=200, headers={"If-Match": "*"})
    assert prefs.get(path).headers["ETag"] == '"v3"'


def test_keys_of_others_see_and_change_their_own_only(stack, prefs):
    path = path_of(stack.make_share_link())
    prefs.put(path, {"opens": "off"}, status=200)
    others = Api(stack.notifications.url(), stack.other_key)
    assert said(others.get(path, status=200)) == DEFAULTS
    others.put(path, {"opens": "first"}, status=200)
    assert said(prefs.get(path)) == DEFAULTS | {"opens": "off"}
    Api(stack.notifications.url()).get(path, status=401)
    printed = stack.operate("key", "create", "--account", stack.account, "--scopes", "links.read")
    reader = Api(stack.notifications.url(), re.search(r"slk_\S+", printed)[0])
    reader.get(path, status=200)
    assert reader.put(path, {}, status=403).json()["code"] == "insufficient_scope"


# --- what they do ---

@pytest.mark.parametrize(("wish", "reasons"), [
    ({"opens": "off"}, ["preference_off", "preference_off"]),
    ({"opens": "first"}, [None, "first_open_only"]),
    ({"opens": "every"}, [None, None]),
    ({"digest": "daily"}, ["in_digest", "in_digest"]),
])
def test_opens_are_told_as_wished_and_every_one_has_its_row(stack, prefs, wish, reasons):
    link = stack.make_share_link()
    prefs.put(path_of(link).upper().replace("/V1/NOTIFICATION-PREFERENCES", "/v1/notification-preferences"), wish, status=200)
    assert [opened(stack, link)["reason"] for _ in reasons] == reasons


def test_muted_link_is_silent_and_others_are_not(stack, prefs):
    link = stack.make_share_link()
    other = stack.make_share_link(owner=link["owner"])
    prefs.put(path_of(link), {"muted_share_link_ids": [link["id"]]}, status=200)
    assert opened(stack, link)["reason"] == "muted"
    assert opened(stack, other)["reason"] is None


def test_wish_that_changes_while_a_mail_waits_is_heeded(make_stack, smtp):
    from support.scripted_smtp import LATER
    stack = make_stack(smtp=smtp)
    link = stack.make_share_link()
    smtp.on(link["owner"]["email"], *[LATER] * 50)
    delivery = opened(stack, link)
    tries = hold_back(stack, link["owner"]["email"])
    Api(stack.notifications.url(), stack.key).put(path_of(link), {"opens": "off"}, status=200)
    let_go(stack, link["owner"]["email"])
    wait_until(lambda: stack.db.value("select reason from notifications.deliveries where id = %s", delivery["id"]) == "preference_off", 30,
               "the waiting mail is skipped")
    assert len(smtp.tried(link["owner"]["email"])) == tries


# --- the link in a mail ---

def test_notice_names_the_one_click_and_the_page(stack):
    link = stack.make_share_link()
    opened(stack, link)
    mail = notice(stack, link)
    url = link_of(mail)
    assert url.startswith(stack.public_url + "/u/") and mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link["id"] in mail["List-Id"] and mail["Auto-Submitted"] == "auto-generated"
    assert url in text_of(mail) and url in Html(mail.get_body(preferencelist=("html",)).get_content()).links
    token = url.rpartition("/")[2]
    for secret in (link["owner"]["email"], link["id"], stack.account):
        assert secret not in token
    raw = mail.as_bytes(policy=email.policy.SMTP)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))


def test_looking_changes_nothing_and_one_click_mutes_the_link(stack, prefs):
    link = stack.make_share_link()
    opened(stack, link)
    url = link_of(notice(stack, link))  # through the front door, as a mail program goes
    page = requests.get(url, timeout=20)
    assert page.status_code == 200 and "text/html" in page.headers["Content-Type"] and "script" not in page.text
    assert "no-store" in page.headers["Cache-Control"] and page.headers["Referrer-Policy"] == "no-referrer"
    assert Html(page.text).has("button") and Html(page.text).has("h1") and 'lang="en"' in page.text
    assert requests.head(url, timeout=20).status_code == 200
    assert said(prefs.get(path_of(link))) == DEFAULTS
    assert prefs.get(path_of(link)).headers["ETag"] == '"v0"'

    done = requests.post(url, timeout=20, **ONE_CLICK)
    assert done.status_code == 200 and "set-cookie" not in done.headers
    assert said(prefs.get(path_of(link))) == DEFAULTS | {"muted_share_link_ids": [link["id"]]}
    requests.post(url, timeout=20, **ONE_CLICK)
    assert said(prefs.get(path_of(link))) == DEFAULTS | {"muted_share_link_ids": [link["id"]]}
    assert opened(stack, link)["reason"] == "muted"
    assert opened(stack, stack.make_share_link(owner=link["owner"]))["reason"] is None


def test_one_click_as_multipart_form(stack, prefs):
    link = stack.make_share_link()
    opened(stack, link)
    url = at_daemon(stack, link_of(notice(stack, link)))
    answer = requests.post(url, files={"List-Unsubscribe": (None, "One-Click")}, timeout=20)
    assert answer.status_code == 200 and said(prefs.get(path_of(link)))["muted_share_link_ids"] == [link["id"]]


def test_no_more_at_all_silences_warnings_too_until_wishes_are_set_anew(stack, prefs):
    link = stack.make_share_link()
    opened(stack, link)
    url = at_daemon(stack, link_of(notice(stack, link)))
    assert requests.post(url, data={"scope": "all"}, timeout=20).status_code == 200
    assert said(prefs.get(path_of(link))) == {"opens": "off", "reviews": "off", "digest": "off", "muted_share_link_ids": []}
    assert opened(stack, link)["reason"] == "unsubscribed"
    stack.db.value("update links.share_links set expires_at = now() + interval '1 hour' where id = %s returning 1", link["id"])
    reason = "select reason from notifications.deliveries where kind = 'expiry_warning' and share_link_id = %s"
    assert wait_until(lambda: stack.db.value(reason, link["id"]), 20, "the warning is planned") == "unsubscribed"
    prefs.put(path_of(link), {}, status=200)
    assert opened(stack, link)["reason"] is None
    invited = stack.make_share_link(owner=link["owner"], send_email=True)
    stack.mails.wait_for_one_to(invited["reviewers"][0]["email"])


@pytest.mark.parametrize("body", [{}, {"scope": "everything"}, {"List-Unsubscribe": "Two-Clicks"}])
def test_form_without_a_choice_changes_nothing(stack, prefs, body):
    link = stack.make_share_link()
    opened(stack, link)
    answer = requests.post(at_daemon(stack, link_of(notice(stack, link))), data=body, timeout=20)
    assert answer.status_code == 400 and "Nothing was changed" in answer.text
    assert said(prefs.get(path_of(link))) == DEFAULTS


def test_foreign_and_broken_tokens_are_unknown(stack):
    link = stack.make_share_link()
    opened(stack, link)
    url = at_daemon(stack, link_of(notice(stack, link)))
    flipped = url[:-1] + ("A" if url[-1] != "A" else "Q")
    for broken in (flipped, url + "AAAA", url[:-9], url.rpartition("/")[0] + "/x", url.rpartition("/")[0] + "/" + "A" * 2000):
        for answer in (requests.get(broken, timeout=20), requests.post(broken, timeout=20, **ONE_CLICK)):
            assert answer.status_code == 404 and "does not work" in answer.text


def test_link_in_a_mail_outlives_a_rotation_of_the_key(make_stack):
    stack = make_stack()
    link = stack.make_share_link()
    opened(stack, link)
    url = at_daemon(stack, link_of(notice(stack, link)))
    settings = stack.notifications.settings
    assert stack.notifications.stop() == 0
    settings["SHARELINK_SECRET_KEY_PREVIOUS"] = settings["SHARELINK_SECRET_KEY"]
    settings["SHARELINK_SECRET_KEY"] = "bmV3IGtleSBvZiAzMiBieXRlcyBmb3IgdGhlIHRlc3Q="
    stack.bring_back(stack.notifications)
    assert requests.post(url, timeout=20, **ONE_CLICK).status_code == 200
    assert stack.db.value("select muted_share_link_ids from notifications.preferences") == [link["id"]]


@pytest.mark.parametrize(("scope", "wanted"), [
    ("daily", {"digest": "daily"}), ("first", {"opens": "first"}), ("all", {"opens": "off", "reviews": "off"}), ("link", {"muted_share_link_ids": "it"})])
def test_fewer_mails_can_be_chosen_and_undone(stack, prefs, scope, wanted):
    link = stack.make_share_link()
    opened(stack, link)
    url = at_daemon(stack, link_of(notice(stack, link)))
    asked = requests.get(url, timeout=20).text
    assert link["title"] in asked and f'value="{scope}"' in asked and 'aria-current="true"' not in asked
    done = requests.post(url, data={"scope": scope}, timeout=20)
    assert done.status_code == 200
    wanted = {name: [link["id"]] if value == "it" else value for name, value in wanted.items()}
    assert said(prefs.get(path_of(link))) == DEFAULTS | wanted
    assert re.search(rf'value="{scope}" aria-current="true"', requests.get(url, timeout=20).text)
    before = re.search(r'name="before" value="([^"]+)"', done.text)[1]
    undone = requests.post(url, data={"scope": "undo", "before": before}, timeout=20)
    assert undone.status_code == 200 and "as it was before" in undone.text
    assert said(prefs.get(path_of(link))) == DEFAULTS and opened(stack, link)["reason"] is None
    again = requests.post(url, data={"scope": "undo", "before": before}, timeout=20)
    assert again.status_code == 400 and "changed since" in again.text and said(prefs.get(path_of(link))) == DEFAULTS


def test_what_was_kept_for_a_summary_is_told_when_that_is_undone(stack, prefs):
    link = stack.make_share_link()
    opened(stack, link)
    url = at_daemon(stack, link_of(notice(stack, link)))
    done = requests.post(url, data={"scope": "daily"}, timeout=20).text
    kept = opened(stack, link)
    assert kept["reason"] == "in_digest"
    before = re.search(r'name="before" value="([^"]+)"', done)[1]
    assert requests.post(url, data={"scope": "undo", "before": before}, timeout=20).status_code == 200
    assert said(prefs.get(path_of(link))) == DEFAULTS
    told, = wait_until(lambda: digests_of(stack, link), 30, "a last summary is planned")
    assert stack.db.value("select gathered_into from notifications.deliveries where id = %s", kept["id"]) == told["id"]
    wait_until(lambda: stack.db.value("select digest_until is null from notifications.preferences where address = %s", link["owner"]["email"]), 20, "it was the last")


def test_undo_is_good_for_nobody_else_and_no_other_link(stack, prefs):
    link, other = stack.make_share_link(), stack.make_share_link()
    urls = []
    for each in (link, other):
        opened(stack, each)
        urls.append(at_daemon(stack, link_of(notice(stack, each))))
    pages = [requests.post(url, data={"scope": "link"}, timeout=20).text for url in urls]
    before = re.search(r'name="before" value="([^"]+)"', pages[0])[1]
    for forged in (before, before[:-2], "", "x" * 3000):
        assert requests.post(urls[1], data={"scope": "undo", "before": forged}, timeout=20).status_code == 400
    assert said(prefs.get(path_of(other)))["muted_share_link_ids"] == [other["id"]]


def test_a_link_is_named_to_its_owner_alone(stack):
    link = stack.make_share_link()
    opened(stack, link)
    url = at_daemon(stack, link_of(notice(stack, link)))
    stack.api.patch(f"/v1/share-links/{link['id']}", {"owner": {**link["owner"], "email": "another@recruiters.example"}}, status=200)
    assert link["title"] not in requests.get(url, timeout=20).text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [320, 900])
def test_the_page_in_chromium(stack, browse, axe, size, scheme):  # noqa: F811
    """Works without script, for it has none."""
    link = stack.make_share_link(title="Support Lead: shortlist")
    opened(stack, link)
    browser = browse(viewport=(size, 800), dark=scheme == "dark")
    browser.go(link_of(notice(stack, link)))
    for name, button in (("ask", "One summary a day"), ("done", "Undo"), ("undone", None)):
        assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= size
        axe(browser)
        browser.screenshot(f"unsubscribe-{name}-{size}-{scheme}")
        if button:
            browser.press(button)
            browser.until(lambda: browser.text("h1") in ("One summary a day", "It is as it was before"), "the page says so")
    assert browser.complaints() == []


# --- the digest ---

def happened_at(stack, link, at):
    stack.db.value("update notifications.deliveries set happened_at = %s where share_link_id = %s returning 1", at, link["id"])


def begin_digest(stack, prefs, link, at):
    """As if it had been wished for at that time: in the future, the daemon's own planner finds nothing to tell yet."""
    prefs.put(path_of(link), {"digest": "daily"}, status=200)
    stack.db.value("update notifications.preferences set digest_since = %s, digest_until = %s where address = %s returning 1",
                   at, at, link["owner"]["email"])


def digests_of(stack, link):
    return stack.db.rows("select * from notifications.deliveries where kind = 'digest' and recipient = %s order by happened_at", link["owner"]["email"])


def plan(stack, at):
    return stack.db.value("select digests from notifications.plan_digests(%s, 200)", at)


def test_digest_tells_each_thing_once_at_eight_in_the_owners_zone(make_stack):
    stack = make_stack()
    prefs = Api(stack.notifications.url(), stack.key)
    link = stack.make_share_link(reviewer_count=2, owner={**samples.owner(), "time_zone": "America/New_York"})
    prefs.put(path_of(link), {"digest": "daily"}, status=200)
    for number in (0, 0, 1):
        opened(stack, link, number)
    browser = stack.reviewer(link)
    browser.open(status=200)
    browser.put(f"{browser.page}/interviews/{link['interview_ids'][0]}/review", {"rating": 4}, status=201)
    wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where reason = 'in_digest'") == 5, 20, "all is noted")
    assert digests_of(stack, link) == []
    tomorrow = stack.db.value("select (date_trunc('day', now() at time zone 'America/New_York') + interval '1 day 8 hours') at time zone 'America/New_York'")
    early = "select digests from notifications.plan_digests(%s::timestamptz - interval '1 second', 200)"
    assert stack.db.value(early, tomorrow) in (0, 1)  # today's eight o'clock, if it is still to come, tells of nothing that is later
    before = len(digests_of(stack, link))
    stack.db.value("update notifications.preferences set digest_until = now() returning 1")
    assert plan(stack, tomorrow) == 1 - before and plan(stack, tomorrow) == 0
    digest, = digests_of(stack, link)
    mail = stack.mails.wait_for(lambda mail: mail["Message-ID"] == f"<{digest['id']}@sharelink.example>")[0]
    one, two = (reviewer["name"] for reviewer in link["reviewers"])
    for text in (" ".join(text_of(mail).split()), Html(mail.get_body(preferencelist=("html",)).get_content()).text):
        assert f"{one} opened it 3 times" in text and f"{two} opened it:" in text and "gave feedback on" in text and "(4 of 5)" in text
        assert link["title"] in text and "08:00 (America/New_York)" in text
    assert stack.db.value("select count(*) from notifications.deliveries where gathered_into = %s", digest["id"]) == 5
    assert plan(stack, stack.db.value("select %s::timestamptz + interval '1 day'", tomorrow)) == 0, "nothing happened, so no mail"


@pytest.mark.parametrize(("zone", "day_before", "eight"), [
    ("Europe/Berlin", "2040-03-24T07:00:00Z", "2040-03-25T06:00:00Z"),  # clocks go forward that night
    ("Europe/Berlin", "2040-10-27T06:00:00Z", "2040-10-28T07:00:00Z"),  # and back
    ("America/New_York", "2040-03-10T13:00:00Z", "2040-03-11T12:00:00Z"),
    ("Asia/Kathmandu", "2040-10-24T02:15:00Z", "2040-10-25T02:15:00Z"),
])
def test_eight_is_eight_when_the_clocks_change(stack, prefs, zone, day_before, eight):
    link = stack.make_share_link(owner={**samples.owner(), "time_zone": zone})
    begin_digest(stack, prefs, link, day_before)
    opened(stack, link)
    happened_at(stack, link, stack.db.value("select %s::timestamptz - interval '5 minutes'", eight))
    assert stack.db.value("select notifications.last_eight(%s::timestamptz - interval '1 second', %s) = %s", eight, zone, day_before)
    assert stack.db.value("select notifications.last_eight(%s, %s) = %s", eight, zone, eight)
    stack.db.value("select digests from notifications.plan_digests(%s::timestamptz - interval '1 second', 200)", eight)
    assert digests_of(stack, link) == []
    plan(stack, eight)
    digest, = digests_of(stack, link)
    assert stack.db.value("select %s::timestamptz = %s", digest["happened_at"], eight)


def test_many_planners_make_one_digest(stack, prefs):
    import threading
    from support.database import Database
    link = stack.make_share_link()
    opened(stack, link)
    begin_digest(stack, prefs, link, "2026-01-01T00:00:00Z")
    delivery = opened(stack, link)
    assert delivery["reason"] == "in_digest"
    at = stack.db.value("select now() + interval '2 days'")
    made = []

    def plan_once():
        db = Database(stack.postgres.url(stack.database))
        made.append(db.value("select digests from notifications.plan_digests(%s, 200)", at))
        db.close()

    threads = [threading.Thread(target=plan_once) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digests_of(stack, link)) == 1


@pytest.mark.parametrize("wishes_again", [False, True])
def test_what_was_kept_for_the_digest_is_told_when_it_is_switched_off(stack, prefs, wishes_again):
    link = stack.make_share_link(reviewer_count=2)
    prefs.put(path_of(link), {"digest": "daily"}, status=200)
    assert opened(stack, link)["reason"] == "in_digest"
    prefs.put(path_of(link), {}, status=200)
    if wishes_again:
        prefs.put(path_of(link), {"digest": "daily"}, status=200)
        wait_until(lambda: plan(stack, stack.db.value("select now() + interval '2 days'")) or digests_of(stack, link), 20, "the digest is planned")
    digest, = wait_until(lambda: digests_of(stack, link), 20, "a last digest is planned")
    mail = stack.mails.wait_for(lambda mail: mail["Message-ID"] == f"<{digest['id']}@sharelink.example>")[0]
    assert link["reviewers"][0]["name"] in text_of(mail)
    later = stack.db.value("select now() + interval '9 days'")
    if not wishes_again:
        assert opened(stack, link, 1)["reason"] is None
        assert plan(stack, later) == 0 and len(digests_of(stack, link)) == 1


def gathered_into(stack, delivery):
    return stack.db.value("select gathered_into from notifications.deliveries where id = %s", delivery["id"])


def test_unsubscribing_from_all_leaves_what_waits_untold(stack, prefs):
    link = stack.make_share_link()
    opened(stack, link)
    url = at_daemon(stack, link_of(notice(stack, link)))
    prefs.put(path_of(link), {"digest": "daily"}, status=200)
    waiting = opened(stack, link)
    assert waiting["reason"] == "in_digest"
    requests.post(url, data={"scope": "all"}, timeout=20).raise_for_status()
    plan(stack, stack.db.value("select now() + interval '2 days'"))
    prefs.put(path_of(link), {}, status=200)
    plan(stack, stack.db.value("select now() + interval '2 days'"))
    assert digests_of(stack, link) == [] and gathered_into(stack, waiting) is None


def test_zone_that_postgresql_does_not_know_counts_as_utc(stack, prefs):
    link = stack.make_share_link()
    begin_digest(stack, prefs, link, "2040-05-01T08:00:00Z")
    opened(stack, link)
    happened_at(stack, link, "2040-05-02T07:00:00Z")
    stack.db.value("update links.share_links set owner_time_zone = 'Mars/Olympus' where id = %s returning 1", link["id"])
    plan(stack, "2040-05-02T07:59:59Z")
    assert digests_of(stack, link) == []
    plan(stack, "2040-05-02T08:00:00Z")
    assert len(digests_of(stack, link)) == 1


def wish_for_digests(stack, count):
    """As many people for whom it has struck eight since something happened. In one transaction: the planner sees all at once."""
    stack.db.rows("""
        with wishes as (insert into notifications.preferences (account_id, address, digest, digest_since, digest_until)
                        select %s, 'p' || n || '@example.com', 'daily', now() - interval '3 days', now() - interval '3 days'
                        from generate_series(1, %s) n returning account_id, address)
        insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, state, reason)
        select sharelink.new_id('dlv_'), sharelink.new_id('evt_'), 'link.opened', account_id, 'email', 'opened', address, '{}',
               now() - interval '2 days', 'skipped', 'in_digest' from wishes returning 1""", stack.account, count)


def test_many_digests_are_made_in_portions_that_follow_at_once(make_stack):
    stack = make_stack()
    wish_for_digests(stack, 650)
    digests = "from notifications.deliveries where kind = 'digest'"
    wait_until(lambda: stack.db.value("select count(*) " + digests) == 650, 60, "all digests are made")
    portions = stack.db.rows("select count(*) as count, min(created_at) as at " + digests + " group by created_at order by created_at")
    assert [each["count"] for each in portions] == [200, 200, 200, 50]
    assert (portions[-1]["at"] - portions[0]["at"]).total_seconds() < 10, "not one portion for each turn of the timer"


def test_digests_that_cannot_be_made_are_logged_and_hold_up_no_warning(make_stack):
    stack = make_stack()
    stack.db.rows("alter table notifications.deliveries add constraint no_digest check (kind <> 'digest')")
    wish_for_digests(stack, 1)
    link = stack.make_share_link()
    stack.db.value("update links.share_links set expires_at = now() + interval '1 hour' where id = %s returning 1", link["id"])
    stack.mails.wait_for_one_to(link["owner"]["email"])
    wait_until(lambda: '"event":"schedule.failed","statement":"schedule_digests","sqlstate":"23514"' in Path(stack.notifications.log).read_text(), 20,
               "the failure is logged")
    stack.db.rows("alter table notifications.deliveries drop constraint no_digest")
    wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where kind = 'digest'") == 1, 20, "the digest is made")


def test_digest_that_waits_to_be_sent_is_sent_though_it_is_switched_off(make_stack, smtp):
    from support.scripted_smtp import LATER
    stack = make_stack(smtp=smtp)
    prefs = Api(stack.notifications.url(), stack.key)
    link = stack.make_share_link()
    begin_digest(stack, prefs, link, "2026-01-01T00:00:00Z")
    assert opened(stack, link)["reason"] == "in_digest"
    smtp.on(link["owner"]["email"], LATER)
    plan(stack, stack.db.value("select now() + interval '2 days'"))
    smtp.wait_for(1, link["owner"]["email"])
    prefs.put(path_of(link), {}, status=200)
    smtp.wait_for(2, link["owner"]["email"])


@pytest.mark.parametrize("tag", ['"v01"', '"v00"', '"v2"', "v1", 'W/"v1"', '"1"', '"v"', '"v1', '"v-1"', '"v99999999999999999999"'])
def test_tag_that_is_not_the_versions_own_matches_nothing(stack, prefs, tag):
    path = path_of(stack.make_share_link())
    prefs.put(path, {"opens": "first"}, headers={"If-Match": '"v0"'}, status=200)
    assert prefs.put(path, {"opens": "off"}, headers={"If-Match": tag}, status=412).json()["code"] == "precondition_failed"
    prefs.put(path, {"opens": "off"}, headers={"If-Match": '"v1"'}, status=200)


@pytest.mark.parametrize(("accepted", "language", "asks"), [
    (None, "en", "Which mails do you want no more?"),
    ("de-AT,de;q=0.9,en;q=0.5", "de", "Welche E-Mails möchten Sie nicht mehr erhalten?"),
    ("pt, fr;q=0.3", "fr", "Quels e-mails ne souhaitez-vous plus recevoir"),
    ("es-MX", "es", "¿Qué correos ya no desea recibir?"),
    ("nl, en;q=0.9", "nl", "Welke e-mails wilt u niet meer ontvangen?"),
    pytest.param("x" * 4000, "en", "Which mails do you want no more?", id="long"),
])
def test_the_page_speaks_the_readers_language(stack, accepted, language, asks):
    link = stack.make_share_link()
    opened(stack, link)
    headers = {"Accept-Language": accepted} if accepted else {}
    shown = requests.get(link_of(notice(stack, link)), headers=headers, timeout=10)
    assert shown.status_code == 200 and shown.headers["Content-Language"] == language and shown.headers["Vary"] == "Accept-Language"
    assert f'<html lang="{language}">' in shown.text and asks in shown.text
    for refused in (requests.get(stack.notifications.url() + "/u/unknown", headers=headers, timeout=10),
                    requests.post(shown.url, data={"scope": "sprockel"}, headers=headers, timeout=10)):
        assert refused.status_code in (400, 404) and f'<html lang="{language}">' in refused.text
        assert language == "en" or "link does not work" not in refused.text and "Nothing was changed" not in refused.text
