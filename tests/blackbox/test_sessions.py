"""Sessions and what they open: one visit is one open, a session is good for its own reviewer alone and for as long as the
link is, a foreign page cannot use it, and the media files that it may see come whole or in ranges, and none beside them.
"""

import base64
import contextlib
import json
import os
import threading

import pytest
from stack import ports
from stack.waiting import wait_until
from support import programs, samples
from support.api import Api, Reviewer
from support.held import HELD_SECONDS, Held
from support.raw_http import Connection, ask, request
from support.tables import nothing_stored

COOKIE = "sharelink_session"
CLIP = bytes(range(256)) * 10
FILM = bytes(range(256)) * 20_000
MADE_UP = "0" * 32


@pytest.fixture(scope="module")
def media_dir(tmp_path_factory):
    """clip.mp4, film.webm, deep/down/clip.mp4, empty.vtt, resume.pdf; and links that lead out."""
    root = tmp_path_factory.mktemp("media-test")
    outside = root / "outside"
    media = root / "media"
    (media / "deep" / "down").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret.mp4").write_bytes(b"outside")
    for name in ("clip.mp4", "deep/down/clip.mp4"):
        (media / name).write_bytes(CLIP)
    (media / "film.webm").write_bytes(FILM)
    (media / "empty.vtt").write_bytes(b"")
    (media / "resume.pdf").write_bytes(b"%PDF-1.4 sample")
    (media / "link.mp4").symlink_to(outside / "secret.mp4")
    (media / "relative.mp4").symlink_to("../outside/secret.mp4")
    (media / "folder").symlink_to(outside)
    (media / "inside.mp4").symlink_to("deep/down/clip.mp4")
    os.mkfifo(media / "pipe.mp4")
    return media


@pytest.fixture(scope="module")
def stack(shared, media_dir):
    made = shared.make_stack(settings={"SHARELINK_VIEWS_MEDIA_DIR": str(media_dir)}, lock_seconds=HELD_SECONDS)
    yield made
    made.close()


@pytest.fixture
def link(stack):
    return stack.make_share_link(reviewer_count=2)


@pytest.fixture
def browser(stack, link):
    """In which the link's first reviewer has opened it."""
    opened = stack.reviewer(link)
    opened.visit = opened.open(status=200).json()
    return opened


def cookie_of(browser):
    return browser.session.cookies[COOKIE]


def stranger(stack, link, number=0):
    """A browser without a session, at this link."""
    return stack.reviewer(link, number)


def with_cookie(value):
    return {"Cookie": f"{COOKIE}={value}"}


def events_of_opens(stack, link):
    return stack.db.value("select count(*) from events.log where type = 'link.opened' and share_link_id = %s", link["id"])


def media_path(browser, slot="avatar"):
    interview = browser.interview(browser.content(status=200).json()["interviews"][0]["id"], status=200).json()
    return {"avatar": interview["candidate"]["avatar_url"], "resume": interview["candidate"]["resume"]["url"]}[slot]


# --- one visit ---

def test_opening_again_in_a_live_session_is_the_same_visit(stack, link, browser):
    with nothing_stored(stack.db):
        for _ in range(3):
            again = browser.open(status=200)
            assert again.json()["visit_id"] == browser.visit["visit_id"] and again.json()["reviewer_name"] == browser.visit["reviewer_name"]
            assert "Set-Cookie" not in again.headers
    assert stack.db.value("select open_count from views.activity where reviewer_id = %s", link["reviewers"][0]["id"]) == 1
    assert browser.content(status=200)


def test_opening_again_needs_the_passcode_all_the_same(browser):
    assert browser.open("0000-0000-0000-0000", status=401).json()["code"] == "wrong_passcode"


def test_after_half_an_hour_idle_it_is_another_visit(stack, link, browser):
    stack.db.rows("update views.visits set last_seen_at = now() - interval '31 minutes' where id = %s", browser.visit["visit_id"])
    again = browser.open(status=200).json()
    assert again["visit_id"] != browser.visit["visit_id"] and again["first"] is False
    assert events_of_opens(stack, link) == 2


def test_before_half_an_hour_it_is_the_same(stack, browser):
    stack.db.rows("update views.visits set last_seen_at = now() - interval '29 minutes' where id = %s", browser.visit["visit_id"])
    assert browser.open(status=200).json()["visit_id"] == browser.visit["visit_id"]


def test_looking_keeps_the_visit_alive(stack, browser):
    stack.db.rows("update views.visits set last_seen_at = now() - interval '29 minutes' where id = %s", browser.visit["visit_id"])
    browser.content(status=200)
    idle = stack.db.value("select now() - last_seen_at < interval '1 minute' from views.visits where id = %s", browser.visit["visit_id"])
    assert idle is True


def test_another_browser_is_another_visit(stack, link, browser):
    other = stranger(stack, link)
    second = other.open(status=200).json()
    assert second["visit_id"] != browser.visit["visit_id"]
    assert cookie_of(other) != cookie_of(browser)
    assert browser.content(status=200) and other.content(status=200)


def test_first_is_said_once_for_each_reviewer(stack, link):
    said = [stranger(stack, link, number).open(status=200).json()["first"] for number in (0, 1, 0, 1)]
    assert said == [True, True, False, False]


def test_first_is_said_once_when_many_open_at_the_same_time(stack, link):
    said, barrier = [], threading.Barrier(12)

    def open_together():
        opener = stranger(stack, link)
        barrier.wait()
        said.append(opener.open(status=200).json()["first"])

    openers = [threading.Thread(target=open_together) for _ in range(barrier.parties)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert sorted(said) == [False] * 11 + [True]
    assert events_of_opens(stack, link) == 12
    counted, = stack.db.rows("select open_count, (select count(*) from views.visits v where v.reviewer_id = a.reviewer_id) as visits, "
                             "(select count(*) from views.visits v where v.reviewer_id = a.reviewer_id and is_first) as firsts "
                             "from views.activity a where reviewer_id = %s", link["reviewers"][0]["id"])
    assert (counted["open_count"], counted["visits"], counted["firsts"]) == (12, 12, 1)


def test_first_is_said_once_when_opens_are_stored_together(stack, link):
    """In one statement: they queue up behind another open, which waits for a table that the test holds."""
    opener, other = stranger(stack, link), stack.reviewer(stack.make_share_link())
    body = json.dumps({"passcode": opener.passcode}).encode()
    with Held(stack, "views.visits") as held, contextlib.ExitStack() as connections:
        ahead = threading.Thread(target=other.open)
        ahead.start()
        held.wait_for("-- open_link\n")
        waiting = [connections.enter_context(Connection(stack.views)) for _ in range(8)]
        for connection in waiting:
            connection.send(request("POST", f"{opener.page}/open", "Content-Type: application/json", body=body))
        for _ in range(2):  # the second turn of the daemon's loop comes after it has read them all
            Reviewer(stack.views.url(), f"{stack.public_url}/s/x#x").get("/healthz", status=200)
        held.release()
        said = [json.loads(connection.answer("POST").content)["first"] for connection in waiting]
        ahead.join()
    assert stack.db.value("select count(distinct xid) from events.log where share_link_id = %s and type = 'link.opened'", link["id"]) == 1
    assert sorted(said) == [False] * 7 + [True]
    assert stack.db.value("select open_count from views.activity where reviewer_id = %s", link["reviewers"][0]["id"]) == 8


@pytest.mark.parametrize("spell", [
    str.lower, lambda code: code.replace("-", ""), lambda code: code.replace("-", " "), lambda code: f"  {code} ",
    lambda code: code.replace("0", "o").replace("1", "l"), lambda code: code.replace("0", "O").replace("1", "I")],
    ids=["small letters", "no dashes", "blanks for dashes", "blanks around", "o and l", "O and I"])
def test_passcode_may_be_typed_as_people_type(stack, link, spell):
    opener = stranger(stack, link)
    opener.open(spell(opener.passcode), status=200)


# --- the cookie ---

def attributes(answer):
    value, *rest = answer.headers["Set-Cookie"].split("; ")
    return value, {name.lower(): text for name, _, text in (each.partition("=") for each in rest)}


def test_cookie_is_for_this_page_alone_and_out_of_scripts_reach(stack, link):
    opener = stranger(stack, link)
    value, said = attributes(opener.open(status=200))
    name, _, secret = value.partition("=")
    assert name == COOKIE and len(base64.urlsafe_b64decode(secret + "=")) == 32
    assert said == {"path": opener.page, "max-age": "43200", "httponly": "", "samesite": "Strict"}


def test_cookie_is_secure_where_the_front_door_is(make_stack):
    stack = make_stack(settings={"SHARELINK_PUBLIC_URL": "https://share.example"})
    opener = stack.reviewer(stack.make_share_link())
    answer = opener.open(status=200)
    assert opener.session.headers["Origin"] == "https://share.example"
    assert "secure" in attributes(answer)[1]
    opener.open(status=403, headers={"Origin": "http://share.example"})


def spoilt_cookies(good):
    def flipped(place, bit):
        return good[:place] + chr(ord(good[place]) ^ bit) + good[place + 1:]

    yield "none", None
    yield "empty", ""
    yield "cut", good[:-1]
    yield "longer", good + "A"
    yield "another", "A" * len(good)
    yield "twice", good + good
    yield "other case", good.swapcase()
    for place in (0, 1, 7, 21, 41, 42):
        for bit in (1, 2, 4):
            yield f"bit {bit} of character {place}", flipped(place, bit)


def test_cookie_with_any_flipped_bit_opens_nothing(stack, link, browser):
    good = cookie_of(browser)
    picture = media_path(browser)
    thief = stranger(stack, link)
    thief.content(status=200, headers=with_cookie(good))
    for name, value in spoilt_cookies(good):
        headers = {} if value is None else with_cookie(value)
        for path in (f"{thief.page}/content", picture):
            answer = thief.get(path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "passcode_required"), name


@pytest.mark.parametrize("name", ["session", "Sharelink_Session", "sharelink_session2", "xsharelink_session"])
def test_cookie_by_another_name_opens_nothing(stack, link, browser, name):
    stranger(stack, link).content(status=401, headers={"Cookie": f"{name}={cookie_of(browser)}"})


def test_cookie_is_found_among_others(stack, link, browser):
    stranger(stack, link).content(status=200, headers={"Cookie": f"a=b; {COOKIE}={cookie_of(browser)}; c=d"})


def test_session_of_another_link_opens_nothing(stack, browser):
    elsewhere = stranger(stack, stack.make_share_link())
    picture = f"{elsewhere.page}/media/{media_path(browser).rpartition('/')[2]}"
    for path in (f"{elsewhere.page}/content", picture):
        assert elsewhere.get(path, status=401, headers=with_cookie(cookie_of(browser))).json()["code"] == "passcode_required"


def test_session_of_another_reviewer_of_the_link_opens_nothing(stack, link, browser):
    other = stranger(stack, link, 1)
    other.content(status=401, headers=with_cookie(cookie_of(browser)))
    opened = other.open(status=200, headers=with_cookie(cookie_of(browser))).json()
    assert opened["visit_id"] != browser.visit["visit_id"] and opened["first"] is True


def test_nothing_is_shown_before_the_open(stack, link, browser):
    anybody = stranger(stack, link)
    assert anybody.content(status=401).json()["code"] == "passcode_required"
    anybody.get(media_path(browser), status=401)


def test_session_ends_after_twelve_hours(stack, link, browser):
    picture = media_path(browser)
    stack.db.rows("update views.visits set opened_at = now() - interval '12 hours 1 second' where id = %s", browser.visit["visit_id"])
    browser.content(status=401)
    browser.get(picture, status=401)
    assert browser.open(status=200).json()["visit_id"] != browser.visit["visit_id"]
    browser.content(status=200)


def test_session_lasts_twelve_hours(stack, browser):
    stack.db.rows("update views.visits set opened_at = now() - interval '11 hours 59 minutes' where id = %s", browser.visit["visit_id"])
    browser.content(status=200)


# --- what ends a live session at once ---

@pytest.mark.parametrize("change, status, code", [
    ("update links.share_links set expires_at = now() where id = %s", 410, "link_expired"),
    ("update links.share_links set deactivated_at = now() where id = %s", 410, "link_deactivated"),
    ("update links.reviewers set deactivated_at = now() where share_link_id = %s", 410, "link_deactivated"),
    ("update links.reviewers set passcode_epoch = passcode_epoch + 1 where share_link_id = %s", 401, "passcode_required"),
    ("delete from links.reviewers where share_link_id = %s", 404, "not_found"),
    ("delete from links.share_links where id = %s", 404, "not_found"),
], ids=["expired", "deactivated", "reviewer deactivated", "new passcode", "reviewer removed", "removed"])
def test_live_session_ends_with_the_link(stack, link, browser, change, status, code):
    picture, content = media_path(browser), f"{browser.page}/content"
    stack.db.rows(change, link["id"])
    for path in (content, picture):
        assert browser.get(path, status=status).json()["code"] == code


def test_interview_that_leaves_the_link_is_gone_from_a_live_session(stack):
    gone, stays = stack.make_interview(), stack.make_interview()
    link = stack.make_share_link(interview_ids=[gone, stays])
    browser = stack.reviewer(link)
    browser.open(status=200)
    picture = media_path(browser)
    stack.db.rows("delete from links.interviews where id = %s", gone)
    assert [interview["id"] for interview in browser.content(status=200).json()["interviews"]] == [stays]
    browser.get(picture, status=404)


# --- foreign pages ---

def origins(public_url):
    host = public_url.removeprefix("http://")
    return [public_url.replace("http:", "https:"), f"{public_url}.evil.example", f"http://evil.example@{host}", f"{public_url}/", "null", "",
            "http://evil.example", public_url.rpartition(":")[0], public_url.upper(), f"{public_url} http://evil.example", f"{public_url}0"]


def test_write_from_a_foreign_origin_is_refused(stack, link):
    opener = stranger(stack, link)
    with nothing_stored(stack.db):
        for origin in origins(stack.public_url):
            answer = opener.open(status=403, headers={"Origin": origin})
            assert answer.json()["code"] == "cross_origin" and "Set-Cookie" not in answer.headers, origin


@pytest.mark.parametrize("public_url, origin", [("https://Share.Hiring.Example", "https://share.hiring.example"),
                                                ("https://share.hiring.example:443", "https://share.hiring.example"),
                                                ("http://share.hiring.example:80", "http://share.hiring.example"),
                                                ("https://share.hiring.example:80", "https://share.hiring.example:80")])
def test_origin_is_compared_as_browsers_write_it(stack, link, tmp_path, public_url, origin):
    settings = {**stack.views.settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}", "SHARELINK_PUBLIC_URL": public_url}
    with programs.daemon("views", settings, tmp_path / "views.log") as other:
        wait_until(lambda: Api(other.url()).get("/readyz").status_code == 200, 20, "it is ready")
        opener = Reviewer(other.url(), link["reviewers"][0]["url"])
        opener.open(status=403, headers={"Origin": f"{origin}.evil.example"})
        opener.open(status=200, headers={"Origin": origin})


@pytest.mark.parametrize("site, status", [("same-origin", 200), (None, 200), ("same-site", 403), ("cross-site", 403), ("none", 403), ("", 403)])
def test_write_without_an_origin_depends_on_where_the_browser_says_it_comes_from(stack, link, site, status):
    opener = stranger(stack, link)
    del opener.session.headers["Origin"]
    opener.open(status=status, headers={} if site is None else {"Sec-Fetch-Site": site})


def test_write_from_a_foreign_origin_is_refused_in_a_live_session_too(browser):
    browser.open(status=403, headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"})


def test_our_own_origin_may_write(stack, link):
    opener = stranger(stack, link)
    assert opener.session.headers["Origin"] == stack.public_url
    opener.open(status=200)


def test_reading_asks_for_no_origin(browser):
    browser.content(status=200, headers={"Origin": "https://elsewhere.example"})


def test_no_answer_lets_another_site_read_it(browser):
    for answer in (browser.see_page(), browser.content(), browser.open()):
        assert [name for name in answer.headers if name.lower().startswith("access-control-")] == []


# --- media ---

def viewer(stack, source, as_what="avatar"):
    """A browser with a session, and the path of one media file that the platform keeps there."""
    over = {"avatar_url": source} if as_what == "avatar" else {"resume": {"file_name": "Ada Lovelace, CV „neu“.pdf", "url": source}}
    candidate = samples.interview_document()["candidate"]
    browser = stack.reviewer(stack.make_share_link(interview_ids=[stack.make_interview(candidate=candidate | over)]))
    browser.open(status=200)
    return browser, media_path(browser, as_what)


@pytest.fixture(scope="module")
def clip(stack):
    return viewer(stack, "media:clip.mp4")


@pytest.mark.parametrize("header, first, last", [
    ("bytes=0-1", 0, 1), ("bytes=0-0", 0, 0), ("bytes=100-", 100, 2559), ("bytes=-1", 2559, 2559), ("bytes=-500", 2060, 2559),
    ("bytes=2559-2559", 2559, 2559), ("bytes=2550-999999999", 2550, 2559), ("bytes=-999999999", 0, 2559), ("bytes=0-", 0, 2559)])
def test_range_of_a_file_is_sent(clip, header, first, last):
    browser, path = clip
    answer = browser.get(path, status=206, headers={"Range": header})
    assert answer.content == CLIP[first:last + 1]
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(CLIP)}"
    assert answer.headers["Content-Length"] == str(last - first + 1)
    assert answer.headers["Content-Type"] == "video/mp4"


@pytest.mark.parametrize("header", [None, "bytes=5-4", "bytes=a-b", "bytes=", "bytes=-", "bytes", "items=0-1", "bytes=0-1,5-6", "bytes=--1", "bytes=1.5-2"])
def test_whole_file_is_sent_without_one_good_range(clip, header):
    browser, path = clip
    answer = browser.get(path, status=200, headers={"Range": header} if header else {})
    assert answer.content == CLIP
    assert (answer.headers["Accept-Ranges"], answer.headers["Content-Type"]) == ("bytes", "video/mp4")
    assert "Content-Range" not in answer.headers


@pytest.mark.parametrize("header", ["bytes=2560-", "bytes=2560-2561", "bytes=999999999-", "bytes=-0"])
def test_range_behind_the_end_cannot_be_satisfied(clip, header):
    browser, path = clip
    answer = browser.get(path, status=416, headers={"Range": header})
    assert (answer.json()["code"], answer.headers["Content-Range"]) == ("range_not_satisfiable", f"bytes */{len(CLIP)}")


def test_head_of_a_file_tells_its_length(clip):
    browser, path = clip
    answer = browser.call("HEAD", path, status=200)
    assert answer.content == b"" and answer.headers["Content-Length"] == str(len(CLIP))


def test_range_comes_through_the_front_door(stack, clip):
    browser, path = clip
    visitor = Reviewer(stack.front.url(), f"{stack.public_url}{browser.page}#{browser.passcode}")
    visitor.open(status=200)
    answer = visitor.get(path, status=206, headers={"Range": "bytes=0-1"})
    assert (answer.content, answer.headers["Content-Range"]) == (CLIP[:2], f"bytes 0-1/{len(CLIP)}")


def test_file_may_not_be_kept_or_shown_elsewhere(clip):
    browser, path = clip
    headers = browser.get(path, status=200).headers
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("no-store", "nosniff", "no-referrer")


def test_large_file_is_sent_whole_and_in_parts(stack):
    browser, path = viewer(stack, "media:film.webm")
    whole = browser.session.get(stack.views.url() + path, timeout=30)  # not by call(), which reads every answer as text
    assert whole.content == FILM and whole.headers["Content-Type"] == "video/webm"
    part = browser.session.get(stack.views.url() + path, timeout=30, headers={"Range": "bytes=1000000-4999999"})
    assert part.status_code == 206 and part.content == FILM[1_000_000:5_000_000]


def test_empty_file_is_sent_as_it_is(stack):
    browser, path = viewer(stack, "media:empty.vtt")
    assert browser.get(path, status=200).content == b""
    browser.get(path, status=416, headers={"Range": "bytes=0-1"})


def test_file_in_a_folder_below_and_link_within_are_sent(stack):
    for source in ("media:deep/down/clip.mp4", "media:inside.mp4"):
        browser, path = viewer(stack, source)
        assert browser.get(path, status=200).content == CLIP


def test_resume_is_offered_under_its_own_name(stack):
    browser, path = viewer(stack, "media:resume.pdf", as_what="resume")
    answer = browser.get(path, status=200)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].endswith("filename*=UTF-8''Ada%20Lovelace%2C%20CV%20%E2%80%9Eneu%E2%80%9C.pdf")


def test_resume_is_offered_without_a_name_where_names_are_hidden(stack):
    interview = stack.make_interview(candidate={"first_name": "Ada", "last_name": "Lovelace",
                                                "resume": {"file_name": "Ada Lovelace.pdf", "url": "media:resume.pdf"}})
    browser = stack.reviewer(stack.make_share_link(interview_ids=[interview], settings={"abbreviate_names": True}))
    browser.open(status=200)
    answer = browser.get(media_path(browser, "resume"), status=200)
    assert "resume.pdf" in answer.headers["Content-Disposition"] and "Lovelace" not in str(answer.headers)


@pytest.mark.parametrize("source", ["media:link.mp4", "media:relative.mp4", "media:folder/secret.mp4", "media:deep", "media:missing.mp4", "media:pipe.mp4"])
def test_nothing_outside_the_media_folder_is_sent(stack, source):
    browser, path = viewer(stack, source)
    answer = browser.get(path, status=502)
    assert answer.json()["code"] == "media_unavailable" and b"outside" not in answer.content
    assert "secret.mp4" not in answer.text and "media:" not in answer.text


@pytest.mark.parametrize("source", ["media:../outside/secret.mp4", "media:/etc/passwd", "media:deep/../../outside/secret.mp4", "media:", "file:///etc/passwd"])
def test_path_out_of_the_media_folder_is_not_followed_even_if_it_was_stored(stack, source):
    """Such a document is refused; should one ever get past that, it still opens nothing."""
    browser, path = viewer(stack, "media:clip.mp4")
    interview = browser.content().json()["interviews"][0]["id"]
    stack.db.rows("update links.interviews set document = jsonb_set(document, '{candidate,avatar_url}', to_jsonb(%s::text)) where id = %s",
                  source, interview)
    answer = browser.get(path, status=502)
    assert b"outside" not in answer.content and b"root:" not in answer.content


def made_up_references(good):
    place, _, digest = good.partition("-")
    yield from (f"{place}-{MADE_UP}", f"2-{digest}", f"0-{digest}", f"-1-{digest}", f"{place}{digest}", f"{place}-{digest[:-1]}", f"{place}-{digest}0",
                f"{place}-{digest.upper()}", f"{place}-", "-", f"-{digest}", "1", f"99999999999999999999-{digest}", f"{place}-{digest}%2f..", "%2e%2e",
                f"{place} -{digest}", "avatar", "clip.mp4", f"{place}-%27or%27", "%F0%9F%92%A5-1")


def test_made_up_references_lead_nowhere(clip):
    browser, path = clip
    folder, _, good = path.rpartition("/")
    browser.get(f"{folder}/{good}", status=200)
    for reference in made_up_references(good):
        answer = browser.get(f"{folder}/{reference}")
        assert answer.status_code == 404, f"{reference}: {answer.status_code}"


def test_references_of_another_link_lead_nowhere(stack):
    """Though both links show the same interview to the same person."""
    interview = stack.make_interview()
    one, other = (stack.reviewer(stack.make_share_link(interview_ids=[interview])) for _ in range(2))
    for browser in (one, other):
        browser.open(status=200)
    references = [media_path(browser).rpartition("/")[2] for browser in (one, other)]
    assert references[0] != references[1]
    other.get(f"{other.page}/media/{references[0]}", status=404)
    other.get(f"{other.page}/media/{references[1]}", status=302)


def test_dots_in_the_address_lead_nowhere(stack, clip):
    browser, path = clip
    cookie = f"Cookie: {COOKIE}={cookie_of(browser)}"
    for target in (f"{browser.page}/media/../../etc/passwd", f"{browser.page}/media/%2e%2e/content", f"{path}/..", f"{browser.page}/media/"):
        answer = ask(stack.views, request("GET", target, cookie))
        assert answer.status == 404 and b"root:" not in answer.content, target


def test_redirect_to_the_platform_tells_it_nothing(stack):
    browser, path = viewer(stack, "https://platform.example/a.png?signature=x")
    answer = browser.get(path, status=302)
    assert answer.headers["Location"] == "https://platform.example/a.png?signature=x"
    assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == ("no-referrer", "no-store")


def test_opens_that_come_together_are_each_told(stack):
    """Natural batching must neither lose nor merge: each open its own visit, event and mail."""
    link = stack.make_share_link(reviewer_count=30)
    barrier = threading.Barrier(30)
    visits = []

    def open_together(number):
        opener = stranger(stack, link, number)
        barrier.wait()
        answer = opener.open()
        visits.append((answer.status_code, answer.json()["visit_id"], answer.json()["reviewer_name"] == link["reviewers"][number]["name"]))

    openers = [threading.Thread(target=open_together, args=(number,)) for number in range(30)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert {(status, is_own) for status, _, is_own in visits} == {(200, True)}
    assert len({visit for _, visit, _ in visits}) == 30 and events_of_opens(stack, link) == 30
    wait_until(lambda: len(stack.mails.to(link["owner"]["email"])) >= 30, 30, "30 mails")
    assert len({mail["Message-ID"] for mail in stack.mails.to(link["owner"]["email"])}) == 30
