"""Every kind of mail in every language: whole, with nothing left in English and no placeholder left open; dates, names and writing from
right to left; what an account's brand does to a mail."""

import datetime
import re

import pytest
import requests
from stack.mail import text_of
from stack.waiting import wait_until
from support import samples
from support.api import Api
from support.html_text import Html

LANGUAGES = ("en", "de", "fr", "es", "nl")
EXPIRES = {"en": "Thursday, 1 July 2027, 12:00 (Europe/Berlin)", "de": "Donnerstag, 1. Juli 2027, 12:00 (Europe/Berlin)",
           "fr": "jeudi 1er juillet 2027, 12:00 (Europe/Berlin)", "es": "jueves, 1 de julio de 2027, 12:00 (Europe/Berlin)",
           "nl": "donderdag 1 juli 2027, 12:00 (Europe/Berlin)"}
PAUSED = {"en": "Monday, 23 November 2026, 14:02 (Europe/Berlin)", "de": "Montag, 23. November 2026, 14:02 (Europe/Berlin)",
          "fr": "lundi 23 novembre 2026, 14:02 (Europe/Berlin)", "es": "lunes, 23 de noviembre de 2026, 14:02 (Europe/Berlin)",
          "nl": "maandag 23 november 2026, 14:02 (Europe/Berlin)"}
SUBJECTS = {
    "invitation": {"en": "Olu Owner shares 2 candidates with you", "de": "Olu Owner stellt Ihnen 2 Personen vor",
                   "fr": "Olu Owner vous présente 2 candidatures", "es": "Olu Owner comparte con usted 2 candidaturas",
                   "nl": "Olu Owner deelt 2 kandidaten met u"},
    "guessing": {"en": 'Your share link "Xy 7"', "de": "Ihr Freigabelink „Xy 7“", "fr": "Votre lien de partage «\u00a0Xy 7\u00a0»",
                 "es": "Su enlace «Xy 7»", "nl": "Uw deellink “Xy 7”"},
}
KINDS = ("invitation", "again", "opened", "review", "completed", "access_requested", "guessing", "deactivated", "expiry_warning",
         "webhook_disabled", "digest")
RTL_NAME, RTL_TEXT = "נועה לוי", "مرحبا نوا"
FSI, PDI = "\u2068", "\u2069"


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack(settings={"SHARELINK_MAIL_GATHER_SECONDS": "0", "SHARELINK_REVIEW_SETTLE_SECONDS": "0"})
    yield made
    made.close()


@pytest.fixture(scope="module")
def mails(stack):
    """By language, by kind."""
    return {language: mails_in(stack, language) for language in LANGUAGES}


def html_of(mail):
    return mail.get_body(preferencelist=("html",)).get_content()


def seen_in(html):
    """What a reader sees of it."""
    return Html(re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)).text


def speak(stack, language, **brand):
    stack.db.rows("update links.accounts set locale = %s, brand_name = %s, brand_accent = %s, brand_logo = %s where id = %s returning id",
                  language, brand.get("name"), brand.get("accent"), brand.get("logo"), stack.account)


def reviewer(locale=None, **over):
    made = {**samples.reviewers(1)[0], "name": "Rae Viewer", **over}
    return {**made, "locale": locale} if locale else made


def invite(stack, locale, **over):
    body = {"send_email": True, "message": None, "reviewers": [reviewer(locale)], "expires_in": None, "expires_at": "2027-07-01T10:00:00Z",
            "owner": {**samples.owner(), "name": "Olu Owner"}, "title": "Xy 7", **over}
    link = stack.make_share_link(**body)
    return link, stack.mails.wait_for_one_to(link["reviewers"][0]["email"])


def log_event(stack, link, event_type, data):
    number = stack.db.value("select count(*) from events.log")
    stack.db.rows("""
        insert into events.log (id, account_id, type, share_link_id, reviewer_id, data)
        values (%s, %s, %s, %s, %s, %s::jsonb || jsonb_build_object('share_link_id', %s, 'reviewer_id', %s)) returning id""",
                  f"evt_{number:026d}", stack.account, event_type, link["id"], link["reviewers"][0]["id"], data, link["id"], link["reviewers"][0]["id"])


def mails_in(stack, language):
    speak(stack, language)
    link, invitation = invite(stack, language, interview_count=2)
    found = {"invitation": invitation}
    wait_until(lambda: stack.db.value("select state from notifications.deliveries where share_link_id = %s", link["id"]) == "sent", 20, "recorded")
    reviewer_id, owner = link["reviewers"][0]["id"], link["owner"]["email"]
    stack.api.post(f"/v1/share-links/{link['id']}/reviewers/{reviewer_id}/invite", {}, status=202)
    found["again"] = stack.mails.wait_for(lambda mail: link["reviewers"][0]["email"] in mail.get_all("X-Envelope-To", []), 2)[1]

    def notice(kind):
        delivery = wait_until(lambda: stack.db.value(
            "select id from notifications.deliveries where share_link_id = %s and kind = %s and reason is null limit 1", link["id"], kind),
            20, f"{kind} is planned")
        found[kind] = stack.mails.wait_for(lambda mail: mail["Message-ID"] == f"<{delivery}@sharelink.example>")[0]

    browser = stack.reviewer(link)
    browser.open(status=200)
    notice("opened")
    browser.put(f"{browser.page}/interviews/{link['interview_ids'][0]}/review", {"rating": 4, "recommendation": "strong_yes", "comment": "Zz 9"}, status=201)
    notice("review")
    browser.post(f"{browser.page}/done", {"note": "Zz 9"}, status=200)
    notice("completed")
    log_event(stack, link, "link.access_requested", "{}")
    notice("access_requested")
    log_event(stack, link, "link.passcode_failed", '{"tries": 20, "paused_until": "2026-11-23T13:02:00.000Z"}')
    notice("guessing")
    stack.db.rows("update links.reviewers set state_reason = %s where id = %s returning id",
                  '{"code": "unusual_activity", "evidence": {"rule": "networks", "count": 14, "threshold": 10, "window_seconds": 86400}}', reviewer_id)
    log_event(stack, link, "link.deactivated", '{"reason": "unusual_activity"}')
    notice("deactivated")
    told = stack.db.value("select notifications.tell_webhook_disabled(%s, 'whe_1', 'hooks.example', 'gone')", stack.account)
    found["webhook_disabled"] = stack.mails.wait_for(lambda mail: mail["Message-ID"] == f"<{told}@sharelink.example>")[0]
    found["digest"] = digest(stack, link, owner)
    stack.db.value("select notifications.plan_expiry_warnings(timestamptz '2027-06-30T10:00:00Z', 48)")
    notice("expiry_warning")
    return found


def digest(stack, link, owner):
    Api(stack.notifications.url(), stack.key).put(f"/v1/notification-preferences/{owner}", {"digest": "daily"}, status=200)
    browser = stack.reviewer(link)
    browser.open(status=200)
    browser.put(f"{browser.page}/interviews/{link['interview_ids'][1]}/review", {"rating": 2, "recommendation": "no"}, status=201)
    wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where reason = 'in_digest' and share_link_id = %s", link["id"]) == 2,
               20, "both are noted")
    stack.db.rows("update notifications.preferences set digest_until = '2026-01-01' where address = %s returning 1", owner)
    stack.db.value("select digests from notifications.plan_digests(now() + interval '1 day', 200)")
    delivery = stack.db.value("select id from notifications.deliveries where kind = 'digest' and recipient = %s", owner)
    return stack.mails.wait_for(lambda mail: mail["Message-ID"] == f"<{delivery}@sharelink.example>")[0]


# --- all kinds, all languages ---

@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_mail_says_which_language_it_is_in_and_leaves_nothing_open(mails, kind, language):
    mail = mails[language][kind]
    assert mail["Content-Language"] == language
    assert html_of(mail).startswith(f'<!doctype html><html lang="{language}" dir="ltr">')
    for said in (mail["Subject"], text_of(mail), seen_in(html_of(mail))):
        assert not re.search(r"[{}]|\bNULL\b|\(null\)", said), said


@pytest.mark.parametrize("language", LANGUAGES[1:])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_in_english(mails, kind, language):
    mail, english = mails[language][kind], mails["en"][kind]
    assert mail["Subject"] != english["Subject"]
    lines, english_lines = (set(filter(None, map(str.strip, text_of(each).splitlines()))) for each in (mail, english))
    assert lines & english_lines <= {"> Zz 9", "Xy 7"}
    assert len(lines) == len(english_lines)
    words = re.findall(r"\w+", text_of(mail))
    assert not {"the", "you", "your", "with", "because", "this", "opened"} & {word.lower() for word in words}


@pytest.mark.parametrize("language", LANGUAGES)
def test_times_are_written_in_the_language(mails, language):
    said = mails[language]
    for mail in (said["invitation"], said["again"], said["expiry_warning"]):
        assert EXPIRES[language] in text_of(mail) and EXPIRES[language] in seen_in(html_of(mail))
    assert PAUSED[language] in text_of(said["guessing"])
    for kind, subjects in SUBJECTS.items():
        assert said[kind]["Subject"] == subjects[language]


@pytest.mark.parametrize(("language", "phrases"), [
    ("en", ["Hello Rae,", "2 candidates for Librarian", "Watching takes about 1 min", "You get this mail because Olu Owner invited you"]),
    ("de", ["Guten Tag Rae,", "2 Bewerbungen: Librarian", "Das Ansehen dauert etwa 1 Min.", "weil Olu Owner Sie eingeladen hat"]),
    ("fr", ["Bonjour Rae,", "2 candidatures au poste suivant\u00a0: Librarian", "Le visionnage prend environ 1 min", "parce que Olu Owner"]),
    ("es", ["Hola, Rae:", "2 candidaturas al puesto de Librarian", "aproximadamente 1 min", "porque Olu Owner"]),
    ("nl", ["Hallo Rae,", "2 kandidaten voor Librarian", "Bekijken duurt ongeveer 1 min", "omdat Olu Owner"]),
])
def test_our_invitation_says_what_how_long_until_when_and_why(mails, language, phrases):
    mail = mails[language]["invitation"]
    for said in (text_of(mail), seen_in(html_of(mail))):
        assert [phrase for phrase in phrases if " ".join(phrase.split()) not in " ".join(said.split())] == []


# --- whose language ---

@pytest.mark.parametrize(("account", "own", "language"), [
    ("nl", "de-AT", "de"), ("nl", "pt", "nl"), ("fr-CA", None, "fr"), (None, "pt-BR", "en"), (None, "ES", "es")])
def test_a_reviewer_reads_their_own_language_else_the_accounts(stack, account, own, language):
    speak(stack, account)
    _, mail = invite(stack, own)
    assert mail["Content-Language"] == language


def test_the_page_behind_a_mail_speaks_its_language_unless_the_browser_asks_for_another(stack):
    speak(stack, "de")
    link, _ = invite(stack, None)
    stack.reviewer(link).open(status=200)
    url = re.fullmatch(r"<(http[^>]+)>", stack.mails.wait_for_one_to(link["owner"]["email"])["List-Unsubscribe"])[1]
    assert [requests.get(url, headers=headers, timeout=20).headers["Content-Language"]
            for headers in ({}, {"Accept-Language": "ja"}, {"Accept-Language": "*"}, {"Accept-Language": "fr"})] == ["de", "de", "de", "fr"]
    done = requests.post(url, data={"scope": "link"}, timeout=20)
    assert done.headers["Content-Language"] == "de" and "Keine E-Mails mehr zu diesem Link" in done.text


def test_an_owner_reads_the_accounts_language_whatever_the_reviewers(stack):
    speak(stack, "nl")
    link, invitation = invite(stack, "de")
    stack.reviewer(link).open(status=200)
    assert invitation["Content-Language"] == "de" and stack.mails.wait_for_one_to(link["owner"]["email"])["Content-Language"] == "nl"


def test_a_message_of_the_recruiters_own_stays_what_it_is(stack):
    speak(stack, "nl")
    _, mail = invite(stack, "de", message={"subject": "To you", "body": "Please look until {{expires_at}}: {{job_title}}"})
    assert mail["Subject"] == "To you" and f"Please look until {EXPIRES['de']}: Librarian" in text_of(mail)
    assert '<div lang=""><p dir="auto">Please look' in html_of(mail) and "Zugangscode: " in text_of(mail)
    _, mail = invite(stack, "de", message={"subject": "x", "body": "[{{expires_at}}]"}, expires_at=None)
    assert "[nie]" in text_of(mail) and "funktioniert bis" not in text_of(mail)


def test_a_preview_is_in_the_language_of_the_reviewer(stack):
    speak(stack, "nl")
    link, _ = invite(stack, "de")
    text = {"subject": "{{job_title}}", "body": "{{expires_at}}"}
    shown = stack.api.post("/v1/email-templates/preview", {**text, "share_link_id": link["id"]}, status=200).json()
    assert shown["text"] == EXPIRES["de"] and shown["subject"] == "Librarian"
    assert stack.api.post("/v1/email-templates/preview", text, status=200).json()["text"] == "Friday, 1 January 2027, 12:00 (UTC)"


# --- people ---

@pytest.mark.parametrize(("name", "greeted"), [
    ("Prof. Ada Lovelace", "Hello Prof. Ada Lovelace,"), ("Dr Ada Lovelace", "Hello Dr Ada Lovelace,"), ("A. Lovelace", "Hello A. Lovelace,"),
    ("Lovelace, Ada", "Hello Lovelace, Ada,"), ("山田 太郎", "Hello 山田 太郎,"), ("Ada Lovelace", "Hello Ada,"), ("Ada", "Hello Ada,")])
def test_a_first_name_is_a_name(stack, name, greeted):
    speak(stack, None)
    _, mail = invite(stack, None, reviewers=[reviewer(name=name)])
    assert text_of(mail).startswith(greeted + "\n") and f"<p>Hello <bdi>{greeted[6:-1]}</bdi>,</p>" in html_of(mail)


def test_one_candidate_several_jobs_and_minutes_of_video(stack):
    speak(stack, None)
    assert invite(stack, None)[1]["Subject"] == "Olu Owner shares a candidate with you"

    def interview(job, seconds, kind="video", skipped=False):
        answer = {"kind": kind, "media_url": None if kind == "text" else "https://media.example/a.mp4", "captions_url": None,
                  "duration_seconds": seconds, "text": "So." if kind == "text" else None}
        return stack.make_interview(job={"id": job, "title": job.title()},
                                    questions=[{"id": "q", "text": "Why?", "skipped": skipped, "answer": answer}])

    ids = [interview("cook", 600), interview("pilot", 705.5)]
    _, mail = invite(stack, "nl", interview_ids=ids, message={"subject": "{{job_title}}", "body": "x"})
    assert mail["Subject"] == "2 vacatures"
    _, mail = invite(stack, None, interview_ids=ids)
    assert "2 candidates for 2 jobs" in text_of(mail) and "about 22 min" in text_of(mail)
    _, mail = invite(stack, None, interview_ids=[interview("cook", None, "text")])
    assert "a candidate for Cook" in text_of(mail) and "read the answers" in text_of(mail) and " min" not in text_of(mail)


def test_what_is_written_from_right_to_left_is_not_jumbled(stack):
    speak(stack, None)
    link, mail = invite(stack, None, reviewers=[reviewer(name=RTL_NAME)], owner={**samples.owner(), "name": RTL_NAME}, title=RTL_TEXT)
    assert mail["Subject"] == f"{FSI}{RTL_NAME}{PDI} shares a candidate with you"
    assert f"<bdi>{RTL_NAME.split()[0]}</bdi>" in html_of(mail) and f"<bdi><strong>{RTL_NAME}</strong></bdi>" in html_of(mail)
    browser = stack.reviewer(link)
    browser.open(status=200)
    browser.put(f"{browser.page}/interviews/{link['interview_ids'][0]}/review", {"rating": 4, "comment": RTL_TEXT}, status=201)
    opened, review = sorted(stack.mails.wait_for(lambda mail: link["owner"]["email"] in mail.get_all("X-Envelope-To", []), 2),
                            key=lambda mail: "gave feedback" in text_of(mail))
    assert opened["Subject"] == f'Your share link "{FSI}{RTL_TEXT}{PDI}"'
    assert text_of(opened).startswith(f'{FSI}{RTL_NAME}{PDI} opened your share link "{FSI}{RTL_TEXT}{PDI}"')
    assert re.search(rf'<td dir="auto"[^>]*>{RTL_TEXT}', html_of(review)) and '<h2 dir="auto"' in html_of(review)
    _, mail = invite(stack, None, reviewers=[reviewer(name=RTL_NAME)], message={"subject": "For {{reviewer_name}}!", "body": f"{RTL_TEXT}\n\n- {RTL_TEXT}\n\n<p>"})
    assert mail["Subject"] == f"For {FSI}{RTL_NAME}{PDI}!"
    assert f'<p dir="auto">{RTL_TEXT}</p>' in html_of(mail) and re.search(rf'<ul dir="auto">\s*<li>{RTL_TEXT}', html_of(mail)) and "&lt;p&gt;" in html_of(mail)


# --- brand ---

def contrast(one, other):
    def luminance(colour):
        parts = [int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("accent", ["#ffdd00", "#101010", "#c02060", None])
def test_a_brand_shows_its_name_logo_and_colour(stack, accent):
    logo = "0123456789abcdef" * 4
    speak(stack, None, name="Acme & Söhne", accent=accent, logo=logo)
    link, mail = invite(stack, None)
    html = html_of(mail)
    assert [attrs for tag, attrs in Html(html).tags if tag == "img"] == [
        {"src": f"{stack.public_url}/logos/{logo}", "height": "40", "style": "height:40px;max-width:240px;border:0", "alt": "Acme & Söhne"}]
    assert text_of(mail).startswith("Acme & Söhne\n") and mail["From"].addresses[0].display_name == "Olu Owner via Acme & Söhne"
    cell, = re.findall(r'<td class="button" style="background:(#\w{6});[^"]*"><a href="[^"]*" style="display:block;color:(#\w{6})', html)
    dark = re.search(r"\.button\{background:(#\w{6})!important\}\.button a\{color:(#\w{6})!important\}", html).groups()
    assert contrast(*cell) >= 4.5 and contrast(*dark) >= 4.5 and cell[0] != dark[0]
    assert accent not in ("#101010", "#c02060") or cell[0] == accent
    assert Html(html).links == [link["reviewers"][0]["url"]]
    speak(stack, None, name="Acme")
    html = html_of(invite(stack, None)[1])
    assert not Html(html).has("img") and ">Acme</p>" in html
    speak(stack, None)


def test_the_soonest_expiry_is_told_by_the_zone_of_the_owner(stack):
    speak(stack, "fr")
    soon = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(days=3)
    _, mail = invite(stack, None, owner={**samples.owner(), "time_zone": "Asia/Tokyo"}, expires_at=soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert f"{(soon + datetime.timedelta(hours=9)).strftime('%H:%M')} (Asia/Tokyo)" in text_of(mail)
