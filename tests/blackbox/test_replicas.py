"""Two replicas of the views daemon: what ends at one has ended at the other, at the very next request, and pages that one of
them has kept are not given out by either once anything has changed.
"""

import pytest
from stack import daemon, ports
from stack.system import start
from support.api import Reviewer
from support.changes import inside


@pytest.fixture(scope="module")
def second(stack):
    """The URL of another views daemon on the same PostgreSQL and Redis."""
    settings = {**stack.views.settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}"}
    replica = daemon.Daemon("views", f"{stack.binaries}/sharelink-views", settings, f"{stack.views.log}.second")
    start([replica])
    yield replica
    assert replica.stop() in (0, None)


@pytest.fixture
def link(stack):
    return stack.make_share_link(reviewer_count=2, interview_count=2)


def both(stack, second, link, number=0):
    """The reviewer's browser at each replica, with the same session; each replica has made and kept the page."""
    here = inside(stack, link, number)
    there = Reviewer(second.url(), link["reviewers"][number]["url"])
    there.session.cookies.set("sharelink_session", here.session.cookies["sharelink_session"], path=here.page)
    for browser in (here, there):
        for _ in range(2):
            browser.content(status=200)
    return here, there


def calls(browser, interview, media):
    """Every call that a session is for; page and open are the link's own."""
    path = f"{browser.page}/interviews/{interview}"
    return {
        "content": browser.content().status_code,
        "filtered": browser.content(params={"sort": "name"}).status_code,
        "unchanged": browser.content(headers={"If-None-Match": "*"}).status_code,
        "media": browser.get(media).status_code,
        "review": browser.put(f"{path}/review", {"rating": 3}).status_code,
        "read": browser.get(f"{path}/review").status_code,
        "watch": browser.post(f"{path}/watch", {"question_id": "q1", "seconds": 1, "position": 1}).status_code,
        "done": browser.post(f"{browser.page}/done", {}).status_code,
    }


def media_of(browser):
    return browser.content(status=200).json()["interviews"][0]["candidate"]["avatar_url"]


ENDS = {
    "deactivate": (lambda stack, link: stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200), 410, 410, 410),
    "deactivate the reviewer": (lambda stack, link: stack.api.post(
        f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][0]['id']}/deactivate", status=200), 410, 410, 410),
    "expire": (lambda stack, link: stack.db.rows("update links.share_links set expires_at = now() where id = %s", link["id"]), 410, 410, 410),
    "reactivate": (lambda stack, link: stack.api.post(f"/v1/share-links/{link['id']}/reactivate", status=200), 401, 200, 401),
    "remove the reviewer": (lambda stack, link: stack.api.delete(
        f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][0]['id']}", status=204), 404, 404, 404),
    "delete": (lambda stack, link: stack.api.delete(f"/v1/share-links/{link['id']}", status=204), 404, 404, 404),
}


@pytest.mark.parametrize("end", ENDS)
def test_all_ends_at_once_at_both(stack, second, link, end):
    here, there = both(stack, second, link)
    interview, media = link["interview_ids"][0], media_of(here)
    for browser in (here, there):
        alive = calls(browser, interview, media)
        assert set(alive.values()) <= {200, 201, 302, 304}, alive
    finish, status, page, opening = ENDS[end]
    finish(stack, link)
    for browser in (there, here):
        dead = calls(browser, interview, media)
        assert set(dead.values()) == {status}, dead
        assert (browser.see_page().status_code, browser.open().status_code) == (page, opening)


def test_removed_interview_is_gone_at_once_at_both(stack, second, link):
    here, there = both(stack, second, link)
    gone, stays = link["interview_ids"]
    media = media_of(here)
    stack.api.post(f"/v1/share-links/{link['id']}/interviews/remove", {"interview_ids": [gone]}, status=200)
    for browser in (there, here):
        dead = calls(browser, gone, media)
        assert dead == {"content": 200, "filtered": 200, "unchanged": 304, "media": 404, "review": 404, "read": 404, "watch": 404, "done": 200}
        assert [each["id"] for each in browser.content().json()["interviews"]] == [stays] and gone not in browser.content().text


def test_settings_hide_at_once_at_both(stack, second, link):
    here, there = both(stack, second, link)
    surname = here.content().json()["interviews"][0]["candidate"]["display_name"].split()[1]
    stack.api.patch(f"/v1/share-links/{link['id']}", {"settings": {"abbreviate_names": True, "omit_avatars": True}}, status=200)
    for browser in (there, here):
        content = browser.content(status=200)
        assert surname not in content.text and content.json()["interviews"][0]["candidate"]["avatar_url"] is None


def test_what_is_saved_at_one_is_seen_at_the_other(stack, second, link):
    here, there = both(stack, second, link)
    interview = link["interview_ids"][0]
    for number, (writer, reader) in enumerate(((here, there), (there, here), (here, there))):
        writer.put(f"{writer.page}/interviews/{interview}/review", {"comment": f"take {number}"}, status=201 if number == 0 else 200)
        assert reader.content().json()["interviews"][0]["my_review"]["comment"] == f"take {number}"
    stale = there.put(f"{there.page}/interviews/{interview}/review", {"comment": "late"}, headers={"If-Match": '"v1"'}, status=412)
    assert stale.headers["ETag"] == '"v3"'


def test_leaving_at_one_is_leaving_at_the_other(stack, second, link):
    here, there = both(stack, second, link)
    here.post(f"{here.page}/leave", status=204)
    there.content(status=401)


def flipped(text):
    """The cookie with one bit of each of some characters turned over."""
    for place in range(0, len(text), 6):
        yield text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1:]
    yield from (text[:-1], text + "A", text.swapcase(), "", "null", "A" * 43, "A" * 5000, "%00" * 20, "ä" * 20)


def test_cookies_with_flipped_bits_open_nothing(stack, second, link):
    here, there = both(stack, second, link)
    media, good = media_of(here), here.session.cookies["sharelink_session"]
    other = inside(stack, link, 1).session.cookies["sharelink_session"]
    for value in (*flipped(good), other):
        if value == good:
            continue
        headers = {"Cookie": f"sharelink_session={value}".encode()}
        for path in (f"{here.page}/content", media, f"{here.page}/interviews/{link['interview_ids'][0]}/review"):
            answer = stack.reviewer(link).get(path, headers=headers)
            assert answer.status_code in (400, 401), (value, answer.status_code)
            assert "Example" not in answer.text
    here.content(status=200)
