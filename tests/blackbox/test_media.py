"""Where media come from besides https: a store that speaks S3, and the media folder handed over to nginx; and that nothing
which a browser would run is ever sent as such.
"""

import os
import re
import shutil
import tempfile
from urllib.parse import parse_qs, urlsplit

import pytest
from support import samples
from support.api import Reviewer, check_problem, faults
from support.programs import run

CLIP = bytes(range(256)) * 10
SECRET = "wJalrXUtnFEMIcanary"
S3 = {"SHARELINK_VIEWS_S3_ENDPOINT": "https://S3.eu-central-1.amazonaws.com:443", "SHARELINK_VIEWS_S3_REGION": "eu-central-1",
      "SHARELINK_VIEWS_S3_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "SHARELINK_VIEWS_S3_SECRET_ACCESS_KEY": SECRET}


@pytest.fixture(scope="module")
def media_dir():
    """Not pytest's: nginx's own account could not get there."""
    root = tempfile.mkdtemp(prefix="sharelink-media-")
    os.chmod(root, 0o755)
    media = os.path.join(root, "media")
    os.makedirs(f"{media}/deep äöü %/down")
    for name in ("clip.mp4", "deep äöü %/down/a b+c?#.mp4", "page.html", "drawing.SVG", "resume.PDF", "cv.docx", "noending"):
        with open(os.path.join(media, name), "wb") as file:
            file.write(CLIP)
    with open(f"{media}/empty.mp4", "wb"):
        pass
    os.makedirs(f"{media}/folder.mp4/inner")
    os.mkfifo(f"{media}/pipe.mp4")
    os.symlink("clip.mp4", f"{media}/inward.mp4")
    os.symlink("/", f"{media}/root")
    with open(os.path.join(root, "secret.mp4"), "wb") as file:
        file.write(b"outside")
    os.symlink("../secret.mp4", os.path.join(media, "link.mp4"))
    yield media
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def stack(shared, media_dir):
    made = shared.make_stack(settings={**S3, "SHARELINK_VIEWS_MEDIA_DIR": media_dir})
    yield made
    made.close()


@pytest.fixture(scope="module")
def handing_over(shared, media_dir):
    made = shared.make_stack(settings={"SHARELINK_VIEWS_MEDIA_DIR": media_dir, "SHARELINK_VIEWS_MEDIA_INTERNAL_PREFIX": "/internal-media"})
    yield made
    made.close()


def with_source(stack, source, front=False, file_name="Ada's „CV“.pdf", **settings):
    """A browser, and the path of its résumé, which is kept at source."""
    interview = stack.make_interview(candidate={"first_name": "Ada", "last_name": "Lovelace", "resume": {"file_name": file_name, "url": source}})
    link = stack.make_share_link(interview_ids=[interview], settings=settings)
    browser = stack.reviewer(link)
    if front:
        browser = Reviewer(stack.front.url(), link["reviewers"][0]["url"])
    browser.open(status=200)
    return browser, browser.interview(interview, status=200).json()["candidate"]["resume"]["url"]


# --- S3 ---

def test_http_is_taken_where_the_operator_allows_it_alone(shared, stack):
    url = "http://127.0.0.1:8000/cv.pdf"
    body = samples.interview_document(candidate={"first_name": "Ada", "resume": {"file_name": "cv.pdf", "url": url}})
    assert faults(stack.api.put("/v1/interviews/by-http", body)) == ["/candidate/resume/url"]
    allowing = shared.make_stack(settings={"SHARELINK_LINKS_ALLOW_HTTP_MEDIA": "on", "SHARELINK_VIEWS_ALLOW_HTTP_MEDIA": "on"})
    try:
        browser, path = with_source(allowing, url)
        assert browser.get(path, status=302).headers["Location"] == url
        for wrong in ("http://", "http://user@127.0.0.1/a", "HTTP://127.0.0.1/a", "ftp://127.0.0.1/a", "http:/a", "http://127.0.0.1:0/a"):
            body["candidate"]["resume"]["url"] = wrong
            assert faults(allowing.api.put("/v1/interviews/by-http", body)) == ["/candidate/resume/url"], wrong
        policies = [browser.see_page(status=200).headers["Content-Security-Policy"] for browser in (browser, with_source(stack, "media:resume.PDF")[0])]
    finally:
        allowing.close()
    assert ["https: http:" in policy for policy in policies] == [True, False]


def test_object_in_a_store_is_a_signed_redirect(stack):
    browser, path = with_source(stack, "s3://interviews-eu/2026/a b/cv.pdf")
    answer = browser.get(path, status=302)
    where = urlsplit(answer.headers["Location"])
    asked = {name: values[0] for name, values in parse_qs(where.query).items()}
    assert (where.scheme, where.netloc, where.path) == ("https", "interviews-eu.s3.eu-central-1.amazonaws.com", "/2026/a%20b/cv.pdf")
    assert asked["X-Amz-Expires"] == "300" and asked["X-Amz-Credential"].startswith("AKIAIOSFODNN7EXAMPLE/")
    assert asked["X-Amz-Credential"].endswith("/eu-central-1/s3/aws4_request") and len(asked["X-Amz-Signature"]) == 64
    assert asked["response-content-type"] == "application/pdf" and asked["response-content-disposition"].startswith("inline;")
    assert SECRET not in str(answer.headers) and answer.content == b""
    assert answer.headers["Cache-Control"] == "no-store"


def test_store_is_told_the_redacted_name(stack):
    browser, path = with_source(stack, "s3://interviews-eu/x.docx", file_name="Lovelace.docx", abbreviate_names=True)
    location = browser.get(path, status=302).headers["Location"]
    assert "Lovelace" not in location and "attachment" in location and "application%2Foctet-stream" in location


@pytest.mark.parametrize("source", ["s3://Interviews/cv.pdf", "s3://interviews/../cv.pdf", "s3://in.terviews#x/a"])
def test_names_that_no_store_has(stack, source):
    browser, path = with_source(stack, source)
    assert browser.get(path, status=502).json()["code"] == "media_unavailable"


def test_no_store_no_object(handing_over):
    browser, path = with_source(handing_over, "s3://interviews/cv.pdf")
    assert browser.get(path, status=502).json()["code"] == "media_unavailable"


@pytest.mark.parametrize("left_out", ["S3_ENDPOINT", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"])
def test_half_a_store_is_a_wrong_setting(stack, left_out):
    settings = {name: value for name, value in stack.views.settings.items() if name != f"SHARELINK_{left_out}"}
    ended = run("sharelink-views", settings=settings, seconds=20)
    assert ended.returncode == 78 and "all three or none" in ended.stderr and SECRET not in ended.stderr


# --- the media folder, by nginx ---

def test_file_is_handed_over_to_nginx(handing_over):
    browser, path = with_source(handing_over, "media:clip.mp4")
    answer = browser.get(path, status=200)
    assert answer.headers["X-Accel-Redirect"] == "/internal-media/clip.mp4" and answer.content == b""
    assert answer.headers["Content-Type"] == "video/mp4"


def test_nginx_sends_it_whole_and_in_ranges(handing_over):
    browser, path = with_source(handing_over, "media:clip.mp4", front=True)
    whole = browser.get(path, status=200)
    assert whole.content == CLIP and "X-Accel-Redirect" not in whole.headers
    assert (whole.headers["Content-Type"], whole.headers["Accept-Ranges"]) == ("video/mp4", "bytes")
    for header, first, last in (("bytes=0-1", 0, 1), ("bytes=-3", 2557, 2559), ("bytes=2000-", 2000, 2559)):
        part = browser.get(path, status=206, headers={"Range": header})
        assert (part.content, part.headers["Content-Range"]) == (CLIP[first:last + 1], f"bytes {first}-{last}/2560")
    assert browser.session.get(handing_over.front.url() + path, headers={"Range": "bytes=9999-"}, timeout=20).status_code == 416
    head = browser.call("HEAD", path, status=200)
    assert head.headers["Content-Length"] == "2560" and head.content == b""


def test_nginx_carries_the_same_headers(handing_over):
    browser, path = with_source(handing_over, "media:page.html", front=True)
    headers = browser.get(path, status=200).headers
    assert headers["Content-Type"] == "application/octet-stream" and headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"], headers["Referrer-Policy"], headers["X-Robots-Tag"]) == (
        "no-store", "nosniff", "no-referrer", "noindex")


def test_odd_names_lead_to_their_own_file(handing_over):
    browser, path = with_source(handing_over, "media:deep äöü %/down/a b+c?#.mp4", front=True)
    assert browser.get(path, status=200).content == CLIP


def test_nobody_but_the_daemon_hands_over(handing_over):
    browser, path = with_source(handing_over, "media:clip.mp4", front=True)
    for target in ("/internal-media/clip.mp4", "/internal-media/", "/internal-media"):
        assert CLIP not in browser.get(target, status=404).content
    Reviewer(handing_over.front.url(), f"{handing_over.public_url}{browser.page}#x").get(path, status=401)


def test_links_out_of_the_folder_are_not_followed(handing_over):
    browser, path = with_source(handing_over, "media:link.mp4", front=True)
    assert b"outside" not in browser.session.get(handing_over.front.url() + path, timeout=20).content


@pytest.mark.parametrize("source", ["media:../secret.mp4", "media:/etc/passwd", "media:deep/../../secret.mp4", "media:a//b", "media:.", "media:a/./b", "media:"])
def test_paths_out_of_the_folder_are_not_handed_over_even_if_they_were_stored(handing_over, source):
    browser, path = with_source(handing_over, "media:clip.mp4")
    interview = browser.content().json()["interviews"][0]["id"]
    handing_over.db.rows("update links.interviews set document = jsonb_set(document, '{candidate,resume,url}', to_jsonb(%s::text)) where id = %s",
                         source, interview)
    answer = browser.get(path, status=502)
    assert "X-Accel-Redirect" not in answer.headers


# --- by nginx or by the daemon: the same answers ---

# What stands for the length and the tag of the file is put in; ranges of every shape that a client may make up.
RANGES = [None, "bytes=0-1", "bytes=-3", "bytes=2000-", "bytes=0-99999", "bytes=2559-", "bytes=2560-", "bytes=9999-", "bytes=9999-10000", "bytes=-0", "bytes=-9999",
          "bytes=5-2", "bytes=", "bytes=-", "bytes=x", "bytes=1-x", "bytes=0-1,4-5", "bytes=0-1,9999-", "bytes=9998-,9999-", "bytes=0-1,", "bytes=,0-1", "bytes= 1 - 2 ", "bytes=1--2",
          "BYTES=1-2", "items=1-2", "bytes 1-2", "bytes=99999999999999999999-", "bytes=0-99999999999999999999", "bytes=0-0", "bytes=1-2;q=1"]
SOURCES = ["clip.mp4", "empty.mp4", "cv.docx", "inward.mp4", "deep äöü %/down/a b+c?#.mp4", "gone.mp4", "gone/clip.mp4", "folder.mp4", "folder.mp4/inner", "pipe.mp4",
           "link.mp4", "root/etc/passwd", "clip.mp4/x", "deep äöü %", "page.html"]
SEEN = ("Content-Type", "Content-Length", "Content-Range", "Accept-Ranges", "ETag", "Last-Modified", "Content-Disposition", "Cache-Control", "Content-Security-Policy", "Location",
        "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options", "X-Robots-Tag", "Cross-Origin-Resource-Policy", "X-Accel-Redirect")


def answer_of(browser, server, path, method="GET", **headers):
    """Of two servers: but for its own ids the same."""
    answer = browser.session.request(method, server.front.url() + path, headers=headers, timeout=20)
    shown = {name: answer.headers.get(name) for name in SEEN}
    if answer.status_code >= 400:
        assert b"/internal-media" not in answer.content and answer.headers["X-Request-Id"] in answer.text
        if "html" in shown["Content-Type"]:
            return answer.status_code, {**shown, "Content-Length": None}
        problem = answer.json()
        check_problem(answer)
        del problem["request_id"]
        return answer.status_code, {**shown, "Content-Length": None}, problem
    return answer.status_code, shown, answer.content


@pytest.mark.parametrize("source", SOURCES)
def test_whoever_sends_the_answer_is_the_same(stack, handing_over, source):
    (sends, path), (hands, other_path) = with_source(stack, f"media:{source}"), with_source(handing_over, f"media:{source}", front=True)
    tag = answer_of(sends, stack, path)[1].get("ETag") or '"none"'
    asked = [{"Range": value} if value else {} for value in RANGES]
    asked += [{"Range": "bytes=0-1", "If-Range": same} for same in (tag, f"W/{tag}", '"other"', "Mon, 23 Nov 2026 00:00:00 GMT", "x")]
    asked += [{"If-None-Match": tag}, {"If-Modified-Since": "Mon, 23 Nov 2037 00:00:00 GMT"}, {"Accept": "text/html"}, {"Accept": "text/html", "Range": "bytes=9999-"}]
    for headers in asked:
        for method in ("GET", "HEAD"):
            if method == "HEAD" and source not in ("clip.mp4", "empty.mp4"):
                continue
            one = answer_of(sends, stack, path, method, **headers) if method == "GET" else head_of(sends, stack, path, **headers)
            other = answer_of(hands, handing_over, other_path, method, **headers) if method == "GET" else head_of(hands, handing_over, other_path, **headers)
            assert one == other, (source, method, headers)
    missing = source in ("gone.mp4", "gone/clip.mp4", "folder.mp4", "folder.mp4/inner", "pipe.mp4", "link.mp4", "root/etc/passwd", "clip.mp4/x", "deep äöü %")
    assert answer_of(hands, handing_over, other_path)[0] == (502 if missing else 200)


def head_of(browser, server, path, **headers):
    answer = browser.session.head(server.front.url() + path, headers=headers, timeout=20)
    return answer.status_code, {name: answer.headers.get(name) for name in SEEN}, answer.content


@pytest.mark.parametrize("kind", ["gone", "folder", "link out", "pipe", "unreadable"])
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_what_nginx_finds_otherwise_than_the_daemon_is_told_alike(shared, media_dir, kind, accept, tmp_path_factory):
    """Gone since, or not for its account: there is no folder's redirect, no page of nginx's, and nothing to be saved."""
    there = tempfile.mkdtemp(prefix="sharelink-nginx-media-")
    os.chmod(there, 0o755)
    made = shared.make_stack(settings={"SHARELINK_VIEWS_MEDIA_DIR": media_dir, "SHARELINK_VIEWS_MEDIA_INTERNAL_PREFIX": "/internal-media"})
    try:
        make_odd(kind, f"{there}/cv.docx")
        made.front.media_dir = there
        made.front.restart()
        browser, path = with_source(made, "media:cv.docx", front=True)
        answer = browser.session.get(made.front.url() + path, headers={"Accept": accept}, timeout=20, allow_redirects=False)
        assert answer.status_code == 502 and "internal-media" not in str(answer.headers) + answer.text
        assert "Content-Disposition" not in answer.headers and "Location" not in answer.headers
        assert answer.headers["Content-Type"] == ("text/html; charset=utf-8" if accept == "text/html" else "application/problem+json")
        assert accept == "text/html" or answer.json()["code"] == "media_unavailable"
    finally:
        made.close()
        shutil.rmtree(there)


def make_odd(kind, path):
    if kind == "folder":
        os.mkdir(path)
    elif kind == "link out":
        os.symlink("/etc/hostname", path)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "unreadable":
        with open(path, "wb") as file:
            file.write(CLIP)
        os.chmod(path, 0)


# --- what is sent as what ---

@pytest.mark.parametrize("name, content_type, how", [
    ("clip.mp4", "video/mp4", "inline"), ("resume.PDF", "application/pdf", "inline"), ("cv.docx", "application/octet-stream", "attachment"),
    ("page.html", "application/octet-stream", "attachment"), ("drawing.SVG", "application/octet-stream", "attachment"),
    ("noending", "application/octet-stream", "attachment")])
def test_nothing_is_sent_that_would_run(stack, name, content_type, how):
    browser, path = with_source(stack, f"media:{name}")
    headers = browser.get(path, status=200).headers
    assert headers["Content-Type"] == content_type and headers["Content-Disposition"].startswith(f"{how};")
    assert headers["X-Content-Type-Options"] == "nosniff" and "default-src 'none'" in headers["Content-Security-Policy"]
    assert content_type == "application/pdf" or "sandbox" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("stored", ["\u202eAna\u2066fdp.exe\u202c", "Ana\u2028\r\nfdp.exe", "\u0007Ana\u0085fdp.exe"])
def test_name_of_a_file_turns_no_direction(stack, stored):
    browser, path = with_source(stack, "media:resume.PDF", file_name=stored)
    assert re.fullmatch(r"inline; filename=\"resume\"; filename\*=UTF-8''Ana(%20)?fdp\.exe", browser.get(path, status=200).headers["Content-Disposition"])
    interview = browser.content().json()["interviews"][0]["id"]
    stack.db.rows("update links.interviews set document = jsonb_set(document, '{candidate,resume,file_name}', to_jsonb(%s::text)) where id = %s",
                  stored, interview)
    assert "%E2%80" not in browser.get(path, status=200).headers["Content-Disposition"]


def test_part_is_sent_only_of_the_file_that_was_meant(stack, media_dir):
    browser, path = with_source(stack, "media:clip.mp4")
    tag = browser.get(path, status=200).headers["ETag"]
    part = {"Range": "bytes=0-1"}
    assert browser.get(path, status=206, headers={**part, "If-Range": tag}).content == CLIP[:2]
    for other in ('"other"', f"W/{tag}", "Mon, 23 Nov 2026 00:00:00 GMT"):
        assert browser.get(path, status=200, headers={**part, "If-Range": other}).content == CLIP
    os.utime(os.path.join(media_dir, "clip.mp4"))
    assert browser.get(path, status=200, headers={**part, "If-Range": tag}).content == CLIP


def test_several_ranges_or_a_head_get_the_whole(stack):
    browser, path = with_source(stack, "media:clip.mp4")
    assert browser.get(path, status=200, headers={"Range": "bytes=0-1,4-5"}).content == CLIP
    assert browser.call("HEAD", path, status=200, headers={"Range": "bytes=0-1"}).headers["Content-Length"] == "2560"


def test_sessions_and_references_of_other_links_get_nothing(stack):
    one, path = with_source(stack, "media:clip.mp4")
    other, other_path = with_source(stack, "media:clip.mp4")
    other.get(f"{other.page}/media/{path.rpartition('/')[2]}", status=404)
    session = other.session.cookies["sharelink_session"]
    thief = Reviewer(stack.views.url(), f"{stack.public_url}{one.page}#x")
    thief.get(path, headers={"Cookie": f"sharelink_session={session}"}, status=401)
    other.get(other_path, status=200)


def test_media_stop_with_the_link(stack):
    browser, path = with_source(stack, "media:clip.mp4")
    link = stack.db.value("select share_link_id from views.visits order by opened_at desc limit 1")
    stack.api.post(f"/v1/share-links/{link}/deactivate", status=200)
    browser.get(path, status=410)
