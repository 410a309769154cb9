"""What every answer of the views daemon carries, whatever it is about: pages, JSON, media, scripts, refusals, the parser's too."""

import pytest
from support.changes import inside
from support.raw_http import ask, request

CLOSED = "default-src 'none'; frame-ancestors 'none'"


def check(headers, is_asset=False):
    lower = {name.lower(): value for name, value in headers.items()}
    assert lower["referrer-policy"] == "no-referrer"
    assert lower["x-robots-tag"] == "noindex"
    assert lower["x-content-type-options"] == "nosniff"
    assert lower["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in lower["content-security-policy"]
    if not is_asset:
        assert lower["cache-control"] == "no-store"


@pytest.fixture(scope="module")
def link(stack):
    return stack.make_share_link()


@pytest.fixture(scope="module")
def browser(stack, link):
    return inside(stack, link)


def test_answers_of_every_kind(stack, link, browser):
    stranger = stack.reviewer(link)
    page, interview = browser.page, link["interview_ids"][0]
    content = browser.content(status=200)
    avatar = content.json()["interviews"][0]["candidate"]["avatar_url"]
    answers = [
        browser.get(f"{page}/content", headers={"If-None-Match": content.headers["ETag"]}, status=304),
        browser.see_page(status=200), browser.get(f"{page}/state", status=200), content, browser.get(avatar, status=302),
        browser.put(f"{page}/interviews/{interview}/review", {"rating": 1}), browser.put(f"{page}/interviews/{interview}/review", {"rating": 9}, status=422),
        browser.call("HEAD", f"{page}/content", status=200), browser.call("HEAD", avatar, status=302),
        stranger.content(status=401), stranger.open("0000-0000-0000-0000", status=401), stranger.post(f"{page}/leave", status=204),
        stranger.post(f"{page}/request-access", status=202), stranger.post(f"{page}/open", {"passcode": "x"}, headers={"Origin": "https://e.example"}, status=403),
        browser.get(f"{page}/media/1-{'0' * 32}", status=404), browser.get("/s/unknown", status=404), browser.get("/nothing", status=404),
        browser.call("DELETE", page, status=405), browser.post(f"{page}/open", data=b"{", headers={"Content-Type": "application/json"}, status=400),
        browser.post(f"{page}/open", data=b"x", headers={"Content-Type": "text/plain"}, status=415),
        browser.get("/healthz", status=200), browser.get("/readyz", status=200), browser.get("/metrics", status=200)]
    for answer in answers:
        check(answer.headers)
    for answer in answers[2:4]:
        assert answer.headers["Content-Security-Policy"] == CLOSED


def test_scripts_and_styles(stack, browser):
    for name in ("gate-en.js", "gate.css"):
        answer = browser.get(f"/assets/0123456789abcdef/{name}", status=200)
        check(answer.headers, is_asset=answer.status_code == 200)


def test_links_that_are_over(stack):
    link = stack.make_share_link()
    browser = inside(stack, link)
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    for answer in (browser.see_page(status=410), browser.content(status=410), browser.open(status=410)):
        check(answer.headers)


@pytest.mark.parametrize("raw", [
    b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", b"GET /s/x HTTP/1.1\r\n\r\n", b"PUT /s/x HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n",
    b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"POST /s/x/open HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"])
def test_what_the_parser_or_the_door_refuses(stack, raw):
    answer = ask(stack.views, raw)
    assert 400 <= answer.status < 500
    check(dict(answer.headers))


def test_other_daemons_have_no_use_for_them(stack):
    assert "X-Robots-Tag" not in stack.api.get("/v1/account", status=200).headers


def test_database_that_is_away(make_stack):
    stack = make_stack(private=True, settings={"SHARELINK_DRAIN_SECONDS": "2"})
    browser = inside(stack, stack.make_share_link())
    stack.postgres.stop()
    for answer in (browser.see_page(status=503), browser.content(status=503), browser.get("/readyz", status=503)):
        check(answer.headers)
