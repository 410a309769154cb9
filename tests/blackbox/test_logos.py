"""Logos of accounts: fetched in the background, taken for what their bytes are, and served by us at an address that never changes."""

import hashlib
import pathlib
import struct
import zlib

import pytest
from stack.waiting import wait_until
from support import samples
from support.api import Api
from support.receiver import Source, answer_with

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETTINGS = {"ALLOW_HTTP_MEDIA": "on", "FETCH_ALLOW_NETWORKS": "127.0.0.0/8", "FETCH_INTERVAL_MS": "50", "FETCH_RETRY_FIRST_SECONDS": "1",
            "FETCH_RETRY_MOST_SECONDS": "1", "FETCH_TIMEOUT_SECONDS": "2", "FETCH_TRIES": "3"}


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(grey=0):
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(bytes([0, grey])))
            + chunk(b"IEND", b""))


IMAGES = {
    "image/png": png(),
    "image/gif": b"GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xd9",
    "image/webp": (ROOT / "deploy/demo/media/avatars/int-2041.webp").read_bytes(),
}


@pytest.fixture(scope="module")
def source():
    made = Source()
    yield made
    made.close()


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack(settings={f"SHARELINK_VIEWS_{name}": value for name, value in SETTINGS.items()})
    yield made
    made.close()


def want(stack, url):
    """As an account's PATCH does."""
    stack.db.rows("update links.accounts set brand_logo_url = %s, brand_logo = null where id = %s", url, stack.account)
    stack.db.rows("select views.want_logo(%s, %s)", stack.account, url)


def logo_of(stack):
    return stack.db.value("select brand_logo from links.accounts where id = %s", stack.account)


def state_of(stack):
    return stack.db.rows("select state, last_error from views.wanted_logos where account_id = %s", stack.account)[0]


def wait_for_logo(stack):
    return wait_until(lambda: logo_of(stack), 20, "the logo is there")


def wait_for_fault(stack, state="failed"):
    return wait_until(lambda: (found := state_of(stack))["state"] == state and found["last_error"], 20, "it could not be had")


@pytest.mark.parametrize("kind", IMAGES)
def test_served_for_good_as_what_it_is(stack, source, kind):
    source.at["/logo"] = lambda handler: answer_with(handler, IMAGES[kind], Content_Type="text/html")
    want(stack, source.url(f"/logo?{kind}"))
    digest = wait_for_logo(stack)
    assert digest == hashlib.sha256(IMAGES[kind]).hexdigest() and state_of(stack) == {"state": "done", "last_error": None}
    for host in (stack.views.url(), stack.front.url()):
        answer = Api(host).get(f"/logos/{digest}", status=200)
        assert answer.content == IMAGES[kind] and answer.headers["Content-Type"] == kind
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable" and "Set-Cookie" not in answer.headers
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin", "mails show it, too"


@pytest.mark.parametrize("digest", ["0" * 64, "0" * 63, "x" * 64, "..", "A" * 64])
def test_unknown_logos(stack, digest):
    for host in (stack.views.url(), stack.front.url()):
        assert Api(host).get(f"/logos/{digest}").status_code == 404


@pytest.mark.parametrize("bytes_, fault", [
    (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "SVG is not taken: use PNG, JPEG, WebP or GIF"),
    (b'<?xml version="1.0"?>\n<!-- a --><svg/>', "SVG is not taken: use PNG, JPEG, WebP or GIF"),
    (b"<!doctype html>", "it is no PNG, JPEG, WebP or GIF"), (b"", "it is no PNG, JPEG, WebP or GIF"), (b"\x89PNG", "it is no PNG, JPEG, WebP or GIF"),
    (b"RIFF\0\0\0\0WAVEfmt ", "it is no PNG, JPEG, WebP or GIF")])
def test_what_is_no_image_is_refused_at_once(stack, source, bytes_, fault):
    source.at["/none"] = bytes_
    want(stack, source.url(f"/none?{len(bytes_)}"))
    assert wait_for_fault(stack) == fault and logo_of(stack) is None


def test_account_says_what_became_of_it(stack, source):
    def state():
        return stack.api.get("/v1/account", status=200).json()["brand"]["logo_state"]

    stack.api.patch("/v1/account", {"brand": {"logo_url": None}}, status=200)
    assert state() is None
    changed = stack.api.patch("/v1/account", {"brand": {"logo_url": "https://127.0.0.1:1/logo.svg"}}, status=200).json()
    assert changed["brand"]["logo_state"] == {"state": "pending", "reason": None}
    source.at["/drawing.svg"], source.at["/drawing.png"] = b"<svg/>", png(200)
    want(stack, source.url("/drawing.svg"))
    wait_for_fault(stack)
    assert state() == {"state": "failed", "reason": "SVG is not taken: use PNG, JPEG, WebP or GIF"}
    want(stack, source.url("/drawing.png"))
    digest = wait_for_logo(stack)
    assert state() == {"state": "ready", "reason": None}
    browser = stack.reviewer(stack.make_share_link())
    browser.open(status=200)
    assert browser.content(status=200).json()["brand"]["logo_url"].endswith(f"/logos/{digest}")


def test_large_ones_are_refused(stack, source):
    source.at["/large"] = png() + bytes(256 * 1024)
    want(stack, source.url("/large"))
    assert wait_for_fault(stack) == "the answer is too long" and logo_of(stack) is None


def test_tried_again_and_given_up(stack, source):
    source.at["/away"] = 503
    want(stack, source.url("/away"))
    assert wait_for_fault(stack) == "it answered 503" and source.count("/away") == 3
    source.at["/away"] = png()
    want(stack, source.url("/away"))
    wait_for_logo(stack)


@pytest.mark.parametrize("url", ["media:logo.png", "s3://bucket/logo.png"])
def test_none_of_the_operators_own_files(stack, url):
    want(stack, url)
    assert wait_for_fault(stack, "waiting").startswith("there is no place for it")


def test_another_url_meanwhile_wins(stack, source):
    source.at["/one"], source.at["/two"] = png(1), png(2)
    for _ in range(3):
        want(stack, source.url("/one"))
        want(stack, source.url("/two"))
        wait_until(lambda: state_of(stack)["state"] == "done" and logo_of(stack) == hashlib.sha256(png(2)).hexdigest(), 20, "the second is there")
    want(stack, None)
    assert stack.db.rows("select * from views.wanted_logos where account_id = %s", stack.account) == [] and logo_of(stack) is None
    Api(stack.views.url()).get(f"/logos/{hashlib.sha256(png(2)).hexdigest()}", status=200)


def test_last_ones_are_kept(stack, source):
    for number in range(22):
        source.at[f"/n{number}"] = png(number + 10)
        want(stack, source.url(f"/n{number}"))
        wait_for_logo(stack)
    assert stack.db.value("select count(*) from views.logos where account_id = %s", stack.account) == 20
    Api(stack.views.url()).get(f"/logos/{logo_of(stack)}", status=200)


def test_captions_are_no_logo_and_a_logo_no_captions(stack, source):
    source.at["/image.vtt"] = png()
    interview = samples.interview_id()
    body = samples.interview_document()
    body["questions"][0]["answer"]["captions_url"] = "https://127.0.0.1:1/image.vtt"
    stack.api.put(f"/v1/interviews/{interview}", body, status=201)
    stack.db.rows("update views.fetches set url = %s, next_attempt_at = now(), lease_until = null where interview_id = %s",
                  source.url("/image.vtt"), interview)
    wait_until(lambda: stack.db.value("select last_error from views.fetches where interview_id = %s", interview) == "it is no text", 20, "it is none")
