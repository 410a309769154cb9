"""A person whose browser goes where something is wrong gets a page that says what to do next; a program gets problem+json."""

import base64
import hashlib
import re

import pytest
import requests
from support import samples
from support.api import Reviewer, check_problem
from support.changes import inside

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
# As a form is sent from a page that tells no site where its reader comes from.
FORM = {**BROWSER, "Content-Type": "application/x-www-form-urlencoded", "Origin": "null", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}


def go(server, path, method="GET", headers=BROWSER, **options):
    return requests.request(method, server.url() + path, headers=headers, timeout=20, allow_redirects=False, **options)


def check_page(answer, status, leads_to=None):
    """leads_to: the address that it offers, None for none."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8" and answer.text.startswith("<!doctype html>")
    assert re.search("<h1>[^<]{10,}</h1>\\s*<p>[^<]{20,}</p>", answer.text), answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert re.findall('<a href="([^"]*)">', answer.text) == ([leads_to] if leads_to else [])
    style = re.search("<style>(.*)</style>", answer.text)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
    assert (answer.headers["Cross-Origin-Opener-Policy"], answer.headers["X-Frame-Options"]) == ("same-origin", "DENY")
    assert "camera=()" in answer.headers["Permissions-Policy"] and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["X-Content-Type-Options"] == "nosniff"
    return answer.text


@pytest.fixture(scope="module")
def resume(stack):
    """A reviewer inside, and the path of a résumé whose file is not there."""
    interview = stack.make_interview(candidate={"first_name": "Ada", "last_name": "Lovelace", "resume": {"file_name": "cv.pdf", "url": "media:gone/cv.pdf"}})
    browser = inside(stack, stack.make_share_link(interview_ids=[interview]))
    return browser, browser.interview(interview, status=200).json()["candidate"]["resume"]["url"]


@pytest.fixture(params=["views", "front"])
def door(stack, request):
    return getattr(stack, request.param)


def test_resume_whose_file_is_gone(door, resume):
    browser, path = resume
    cookies = {"sharelink_session": browser.session.cookies["sharelink_session"]}
    assert "not here any more" in check_page(go(door, path, cookies=cookies), 502, leads_to=browser.page)
    assert go(door, path, headers={"Accept": "*/*"}, cookies=cookies).json()["code"] == "media_unavailable"


def test_resume_of_a_session_that_ended(door, resume):
    browser, path = resume
    text = check_page(go(door, path), 401, leads_to=browser.page)
    assert "Your session is over" in text and "Enter the passcode" in text


def test_file_that_is_not_of_the_page_any_more(door, resume):
    browser, path = resume
    cookies = {"sharelink_session": browser.session.cookies["sharelink_session"]}
    check_page(go(door, f"{path[:-1]}{'0' if path[-1] != '0' else '1'}", cookies=cookies), 404, leads_to=browser.page)
    check_page(go(door, f"{browser.page}/media/x", cookies=cookies), 404, leads_to=browser.page)


@pytest.mark.parametrize("path", ["/", "/s", "/s/", "/nowhere", "/favicon.ico", "/s/x;<script>/y", "/u/", "/assets/x/none.js"])
def test_addresses_that_lead_nowhere(door, path):
    assert "script>" not in check_page(go(door, path), 404)


def test_address_below_a_page(door, resume):
    page = resume[0].page
    check_page(go(door, f"{page}/nothing"), 404, leads_to=page)
    for only_posted in ("open", "leave", "request-access"):
        check_page(go(door, f"{page}/{only_posted}"), 405, leads_to=page)


def test_slash_behind_the_page(door, resume):
    page = resume[0].page
    for query in ("", "?interview=x%20y"):
        answer = go(door, f"{page}/{query}")
        assert (answer.status_code, answer.headers["Location"]) == (308, f"{page}{query}")
    assert requests.get(f"{door.url()}{page}/", headers=BROWSER, timeout=20).status_code == 200


@pytest.mark.parametrize("origin", ["null", "ours", None])
def test_form_that_was_sent_without_the_script(stack, door, resume, origin):
    """Not an open, not a guess, and the passcode is nowhere in the answer."""
    browser, _ = resume
    before = stack.db.value("select count(*) from views.visits")
    headers = {**{name: value for name, value in FORM.items() if name != "Origin" or origin}, **({"Origin": stack.public_url} if origin == "ours" else {})}
    answer = go(door, f"{browser.page}/open", "POST", headers, data={"passcode": browser.passcode})
    text = check_page(answer, 403 if origin == "null" else 415, leads_to=browser.page)
    assert "JavaScript" in text and browser.passcode not in text
    assert stack.db.value("select count(*) from views.visits") == before


def test_links_that_are_over(stack, door):
    link = stack.make_share_link()
    browser = inside(stack, link)
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    assert "Ask for a new link" in check_page(go(door, f"{browser.page}/content"), 410, leads_to=browser.page)


def test_requests_of_two_readings(stack, resume):
    answer = go(stack.views, resume[0].page, headers={**BROWSER, "Expect": "a-miracle"})
    check_page(answer, 417)


def test_servers_that_are_away(make_stack):
    stack = make_stack(private=True, settings={"SHARELINK_DRAIN_SECONDS": "2"})
    browser = inside(stack, stack.make_share_link())
    stack.postgres.stop()
    for door in (stack.views, stack.front):
        answer = go(door, f"{browser.page}/content", cookies={"sharelink_session": "x"})
        check_page(answer, 503, leads_to=browser.page)
        assert answer.headers["Retry-After"] == "1"
    unsubscribing = requests.post(stack.notifications.url() + "/nowhere", headers=BROWSER, timeout=20)
    check_page(unsubscribing, 404)


@pytest.mark.parametrize("accept, is_page", [
    ("text/html", True), ("TEXT/HTML; q=0.5", True), ("application/json, text/html ;level=1", True), ("*/*", False), ("", False), ("text/*", False),
    ("text/html;q=0", False), ("text/html; q=0.000, */*", False), ("text/htmlx", False), ("xtext/html", False), ("application/problem+json", False), ("image/avif,image/webp,*/*", False)])
@pytest.mark.parametrize("server", ["links", "views", "notifications", "console", "front"])
def test_who_asks_for_html_gets_it(stack, server, accept, is_page):
    answer = go(getattr(stack, server), "/nowhere", headers={"Accept": accept})
    if is_page:
        check_page(answer, 404)
    else:
        check_problem(answer)


@pytest.mark.parametrize("server, path", [("links", "/v1/nowhere"), ("links", "/v1/share-links"), ("notifications", "/v1/events"), ("links", "/v1"),
                                          ("front", "/v1/events"), ("front", "/v1")])
def test_the_api_is_for_programs(stack, server, path):
    check_problem(go(getattr(stack, server), path))


def test_scripts_of_the_page_get_problems(stack, resume):
    browser, path = resume
    visitor = Reviewer(stack.views.url(), f"{stack.public_url}{browser.page}#x")
    for refused in (visitor.content(status=401), visitor.open("0000-0000-0000-0000", status=401), visitor.get(path, status=401)):
        check_problem(refused)


def test_answers_of_the_api_load_nothing(stack):
    for answer in (stack.api.get("/v1/account", status=200), stack.api.get("/v1/nowhere", status=404), stack.api.post("/v1/share-links", {}, status=422),
                   stack.anonymous.get("/v1/account", status=401), requests.get(stack.notifications.url() + "/v1/events", timeout=20),
                   requests.get(stack.front.url() + "/v1/account", headers={"Authorization": f"Bearer {stack.key}"}, timeout=20)):
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert (answer.headers["Cross-Origin-Resource-Policy"], answer.headers["X-Content-Type-Options"]) == ("same-origin", "nosniff")


def test_pages_of_the_product_have_what_such_a_page_has(stack, resume):
    page = go(stack.views, resume[0].page)
    assert page.status_code == 200
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin" and "microphone=()" in page.headers["Permissions-Policy"]
    unknown = go(stack.notifications, "/u/unknown")
    assert unknown.headers["Cross-Origin-Opener-Policy"] == "same-origin" and "microphone=()" in unknown.headers["Permissions-Policy"]


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl"])
def test_pages_are_in_the_readers_language(stack, door, resume, language):
    browser, path = resume
    reader = {**BROWSER, "Accept-Language": f"{language};q=0.9, *;q=0.1"}
    for where, method, status in ((path, "GET", 401), (f"{browser.page}/nothing", "GET", 404), (f"{browser.page}/open", "POST", 415)):
        headers = {**reader, **({"Content-Type": "application/x-www-form-urlencoded", "Origin": stack.public_url} if method == "POST" else {})}
        answer = go(door, where, method, headers, data={"passcode": "x"} if method == "POST" else None)
        text = check_page(answer, status, leads_to=browser.page)
        assert f'<html lang="{language}" dir="ltr">' in text and answer.headers["Content-Language"] == language
        assert language == "en" or not re.search(r"\b(the|again|this)\b", re.sub("<style>.*</style>|<[^>]*>", "", text)), text
    text = check_page(go(door, "/s/x;y/z", headers=reader), 404)
    assert f'<html lang="{language}" dir="ltr">' in text


# Below a link, for somebody whose browser goes there by itself or is sent there: a status, and the request.
MET = {
    400: ("POST", "/open", {"Content-Type": "application/json", "Origin": "ours"}, b"{"),
    401: ("GET", "/content", {}, None),
    403: ("POST", "/leave", {"Origin": "null"}, None),
    404: ("GET", "/interviews/none/none", {}, None),
    405: ("GET", "/done", {}, None),
    413: ("PUT", "/interviews/x/review", {"Content-Type": "application/json", "Origin": "ours"}, b" " * 1_100_000),
    415: ("POST", "/open", {"Content-Type": "application/x-www-form-urlencoded", "Origin": "ours"}, b"passcode=x"),
    422: ("POST", "/open", {"Content-Type": "application/json", "Origin": "ours"}, b"{}"),
}
UNREAD = {413}  # refused before it is read whose link it is


def meet(stack, door, page, status, headers):
    method, path, own, body = MET[status]
    own = {name: stack.public_url if value == "ours" else value for name, value in own.items()}
    return go(door, page + path, method, {**headers, **own}, data=body)


def check_language(answer, status, language, leads_to):
    text = answer.text
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8"), text
    assert f'<html lang="{language}" dir="ltr">' in text
    assert leads_to is None or f'<a href="{leads_to}">' in text
    said = re.sub("<style>.*</style>|<[^>]*>", "", text)
    assert language == "en" or not re.search(r"\b(the|again|this|here)\b", said), said


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl"])
@pytest.mark.parametrize("status", MET)
def test_each_status_below_a_link_is_a_page_in_the_readers_language(stack, door, resume, status, language):
    page = resume[0].page
    reader = {**BROWSER, "Accept-Language": f"{language};q=0.9, *;q=0.1"}
    check_language(meet(stack, door, page, status, reader), status, language, page if status not in UNREAD else None)
    check_problem(meet(stack, door, page, status, {"Accept": "*/*"}))


def test_language_of_the_link_goes_before_that_of_the_browser(stack, door):
    """As on the link's other pages."""
    people = samples.reviewers(2)
    people[0]["locale"] = "nl-BE"
    link = stack.make_share_link(reviewers=people)
    reader = {**BROWSER, "Accept-Language": "fr"}
    for number, language in ((0, "nl"), (1, "fr")):
        page = stack.reviewer(link, number).page
        for status in MET.keys() - UNREAD:
            check_language(meet(stack, door, page, status, reader), status, language, page)
        assert f'<html lang="{language}"' in go(door, page, headers=reader).text
    stack.api.patch(f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][1]['id']}", {"locale": "ar-EG"}, status=200)
    assert '<html lang="fr" dir="rtl">' in go(door, f"{stack.reviewer(link, 1).page}/done", headers=reader).text
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    page = stack.reviewer(link).page
    check_language(go(door, f"{page}/content", headers=reader), 410, "nl", page)
    check_language(go(door, f"{page[:-1]}{'A' if page[-1] != 'A' else 'B'}/content", headers=reader), 404, "fr", None)


def test_range_that_a_file_has_not(stack, door):
    interview = stack.make_interview(candidate={"first_name": "Ada", "last_name": "Lovelace", "resume": {"file_name": "cv.pdf", "url": "media:resumes/int-2041.pdf"}})
    browser = inside(stack, stack.make_share_link(interview_ids=[interview]))
    path = browser.interview(interview, status=200).json()["candidate"]["resume"]["url"]
    cookies = {"sharelink_session": browser.session.cookies["sharelink_session"]}
    answer = go(door, path, headers={**BROWSER, "Accept-Language": "es", "Range": "bytes=99999999-"}, cookies=cookies)
    check_language(answer, 416, "es", browser.page)


def test_too_much_at_once(make_stack):
    stack = make_stack()
    link = stack.make_share_link()
    page = stack.reviewer(link).page
    headers = {**BROWSER, "Accept-Language": "de", "Content-Type": "application/json", "Origin": stack.public_url}
    answers = [go(stack.views, f"{page}/open", "POST", headers, json={"passcode": "0000-0000-0000-000%d" % number}) for number in range(7)]
    check_language(answers[0], 401, "de", page)
    check_language(answers[-1], 429, "de", page)
