"""An open is a person: mail scanners, link previews and browsers may look at a shared page as often as they like, and no
visit, no event and no mail comes of it; nor does the page tell them anything about a candidate.
"""

import re
import itertools

import pytest
from stack.waiting import wait_until
from support.api import Api
from support.html_text import Html
from support.tables import nothing_stored

LOOKS = 200
USER_AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (compatible; Microsoft Outlook; SafeLinks)",
    "Mozilla/5.0 (compatible; BarracudaCentral; mail scanner)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.23.20.0", "Twitterbot/1.0", "Googlebot/2.1 (+http://www.google.com/bot.html)", "curl/8.8.0", "python-requests/2.31.0", "",
]
CANDIDATE = {"first_name": "Firstcanary", "last_name": "Lastcanary", "email": "mailcanary@candidates.example"}
TITLE = "Titlecanary"


@pytest.fixture(scope="module")
def link(stack):
    return stack.make_share_link(reviewer_count=2, title=TITLE, interview_ids=[
        stack.make_interview(candidate=CANDIDATE), stack.make_interview()])


@pytest.fixture(scope="module")
def path(stack, link):
    return stack.reviewer(link).page


def mails_after_a_real_open(stack):
    """All mails, once a real open's mail has gone the way that any other would have gone before it."""
    other = stack.make_share_link()
    stack.reviewer(other).open(status=200)
    stack.mails.wait_for_one_to(other["owner"]["email"])
    return stack.mails.all()


@pytest.mark.parametrize("door", ["views", "front"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_the_page_is_no_open(stack, link, path, door, method):
    visitors = {agent: Api(getattr(stack, door).url()) for agent in USER_AGENTS}
    with nothing_stored(stack.db):
        for agent in itertools.islice(itertools.cycle(USER_AGENTS), LOOKS):
            answer = visitors[agent].call(method, path, status=200, headers={"User-Agent": agent})
            assert "Set-Cookie" not in answer.headers
    assert stack.api.get(f"/v1/share-links/{link['id']}").json()["reviewers"][0]["open_count"] == 0
    about = (link["owner"]["email"], *(reviewer["email"] for reviewer in link["reviewers"]))
    assert [mail for mail in mails_after_a_real_open(stack) if mail["X-Envelope-To"] in about] == []
    assert stack.db.value("select count(*) from notifications.deliveries where share_link_id = %s", link["id"]) == 0


@pytest.mark.parametrize("headers", [
    {"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"X-Moz": "prefetch"}, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    {"Referer": "https://mail.example/"}, {"Cookie": "sharelink_session=" + "A" * 43}, {"Authorization": "Bearer x"}, {"Accept": "*/*"}])
def test_looking_in_any_other_way_is_no_open(stack, path, headers):
    with nothing_stored(stack.db):
        for what in ("", "?utm_source=mail", "?passcode=AAAA-AAAA-AAAA-AAAA", "/state"):
            Api(stack.views.url()).get(path + what, status=200, headers=headers)


def test_passcode_in_the_query_opens_nothing(stack, link, path):
    """A scanner may turn the fragment into a parameter; that is no door."""
    passcode = link["reviewers"][0]["passcode"]
    with nothing_stored(stack.db):
        for what in ("", "/open", "/content", "/state"):
            answer = Api(stack.views.url()).get(f"{path}{what}?passcode={passcode}")
            assert "Set-Cookie" not in answer.headers and "Firstcanary" not in answer.text


def test_opening_by_get_or_head_is_not_possible(stack, path):
    with nothing_stored(stack.db):
        for method in ("GET", "HEAD"):
            assert stack.anonymous.session.request(method, f"{stack.views.url()}{path}/open").headers["Allow"] == "POST"


@pytest.mark.parametrize("what", ["", "/state", "/content", "/media/1-00000000000000000000000000000000"])
def test_what_a_scanner_sees_tells_nothing(stack, link, path, what):
    answer = Api(stack.views.url()).get(path + what)
    told = (answer.text + str(answer.headers)).lower()
    secrets = [reviewer["passcode"] for reviewer in link["reviewers"]]
    hidden = [*CANDIDATE.values(), TITLE, "Librarian", "Why books", *secrets, *(secret.replace("-", "") for secret in secrets),
              link["reviewers"][1]["name"], link["reviewers"][1]["email"], link["reviewers"][0]["email"], link["owner"]["email"]]
    assert [word for word in hidden if word.lower() in told] == []


def test_state_says_only_what_is_needed_to_open(stack, link, path):
    assert Api(stack.views.url()).get(f"{path}/state", status=200).json() == {
        "state": "active", "sender_name": link["owner"]["name"], "requires": "passcode", "reason": None}


def test_page_runs_only_our_script_and_sends_only_to_us(stack, path):
    page = Api(stack.views.url()).get(path, status=200)
    html = Html(page.text)
    script, = [attrs.get("src") for tag, attrs in html.tags if tag == "script"]
    assert re.fullmatch(r"/assets/[0-9a-f]{16}/gate-en\.js", script)
    assert not any(name.startswith("on") for _, attrs in html.tags for name in attrs)
    assert not any("style" in attrs for _, attrs in html.tags) and not html.has("style")
    forms = [(attrs["method"], attrs["action"]) for tag, attrs in html.tags if tag == "form"]
    assert sorted(forms) == [("post", f"{path}/open"), ("post", f"{path}/request-access")]
    for asset in [attrs[key] for _, attrs in html.tags for key in ("src", "href") if attrs.get(key, "#")[0] != "#"]:
        assert Api(stack.views.url()).get(asset, status=200).text


def test_preview_shows_nothing_of_the_link(stack, path):
    """What previews are made of: the title of the page, and Open Graph."""
    html = Html(Api(stack.views.url()).get(path, status=200).text)
    assert [attrs for tag, attrs in html.tags if tag == "meta" and attrs.get("property", "").startswith("og:")] == []
    assert ("meta", {"name": "robots", "content": "noindex"}) in html.tags


def test_one_open_among_many_looks_is_one_mail(stack):
    link = stack.make_share_link()
    browser = stack.reviewer(link)
    for number in range(20):
        browser.see_page(status=200)
        if number == 10:
            browser.open(status=200)
    wait_until(lambda: stack.mails.to(link["owner"]["email"]), 20, "the mail")
    mails_after_a_real_open(stack)
    assert len(stack.mails.to(link["owner"]["email"])) == 1
    assert stack.db.value("select count(*) from events.log where type = 'link.opened' and share_link_id = %s", link["id"]) == 1
