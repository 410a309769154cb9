"""What the front door packs on its way to a browser, by what, what it does not, and that tags of answers still mean what they meant."""

import gzip

import pytest
import requests
from stack import ports
from stack.nginx import Nginx
from support.changes import inside

PACKING = {"Accept-Encoding": "gzip"}


def ask(stack, path, headers=None, **options):
    """The answer as it goes over the wire: its body still packed."""
    answer = requests.get(stack.front.url() + path, headers={**PACKING, **(headers or {})}, stream=True, timeout=20, **options)
    answer.wire = answer.raw.read(decode_content=False)
    return answer


def is_packed(answer):
    return answer.headers.get("Content-Encoding") == "gzip"


@pytest.fixture(scope="module")
def reviewer(stack):
    return inside(stack, stack.make_share_link(interview_ids=[stack.make_interview() for _ in range(12)]))


@pytest.fixture(scope="module")
def cookies(reviewer):
    return {"sharelink_session": reviewer.session.cookies["sharelink_session"]}


@pytest.fixture(params=["with the module", "without"])
def front(stack, request, tmp_path):
    """nginx before the stack's daemons, as it is where its module for brotli is, or where it is not."""
    modules = {} if request.param == "with the module" else {"modules": tmp_path}
    server = Nginx(tmp_path / "nginx", ports.free_port(), {each.name: each.address() for each in stack.daemons}, tmp_path, tmp_path / "front.log", **modules)
    if request.param == "with the module" and not server.packs_by_brotli():
        pytest.skip("libnginx-mod-http-brotli-filter is not installed")
    server.start()
    server.wait_until_answering()
    yield server
    server.stop()


@pytest.mark.parametrize("accepted", ["br", "gzip, br", "gzip", "br;q=0, gzip", "identity"])
def test_brotli_where_nginx_has_it_else_gzip(stack, front, reviewer, cookies, accepted):
    wanted = {"br": ("br", None), "gzip, br": ("br", "gzip"), "identity": (None, None)}.get(accepted, ("gzip", "gzip"))[0 if front.packs_by_brotli() else 1]
    for path in paths_of(stack, reviewer):
        answer = requests.get(front.url() + path, headers={"Accept-Encoding": accepted}, cookies=cookies, stream=True, timeout=20)
        wire = answer.raw.read(decode_content=False)
        plain = requests.get(front.url() + path, headers={"Accept-Encoding": "identity"}, cookies=cookies, timeout=20)
        if len(plain.content) >= 512:
            assert (answer.status_code, answer.headers.get("Content-Encoding")) == (200, wanted), path
            assert "Accept-Encoding" in answer.headers["Vary"]
            assert (len(wire) < len(plain.content)) == bool(wanted)
        if answer.headers.get("ETag", "").startswith(("W/", '"')) and "/content" in path:
            again = requests.get(front.url() + path, headers={"Accept-Encoding": accepted, "If-None-Match": answer.headers["ETag"]}, cookies=cookies, timeout=20)
            assert (again.status_code, again.content) == (304, b"")
    link = stack.make_share_link(reviewer_count=10)
    secret = requests.get(f"{front.url()}/v1/share-links/{link['id']}", headers={"Authorization": f"Bearer {stack.key}", "Accept-Encoding": accepted}, timeout=20)
    assert secret.status_code == 200 and "Content-Encoding" not in secret.headers


def paths_of(stack, reviewer):
    page = requests.get(stack.front.url() + reviewer.page, timeout=20).text
    assets = sorted({piece.split('"')[0] for piece in page.split('href="')[1:] + page.split('src="')[1:] if piece.startswith("/assets/")})
    interview = reviewer.content(status=200).json()["interviews"][0]["id"]
    return [reviewer.page, f"{reviewer.page}/content", f"{reviewer.page}/interviews/{interview}", *[each for each in assets if not each.endswith(".svg")]]


def test_what_a_reviewer_loads_is_packed(stack, reviewer, cookies):
    for path in paths_of(stack, reviewer):
        packed, plain = ask(stack, path, cookies=cookies), ask(stack, path, {"Accept-Encoding": "identity"}, cookies=cookies)
        assert packed.status_code == plain.status_code == 200, path
        if len(plain.wire) >= 512:
            assert is_packed(packed) and len(packed.wire) < len(plain.wire), path
            assert gzip.decompress(packed.wire) == plain.wire or path == reviewer.page, path
            assert "Accept-Encoding" in packed.headers["Vary"] and "Accept-Encoding" in plain.headers["Vary"], path
        assert not is_packed(plain)


def test_tags_still_work(stack, reviewer, cookies):
    interview = reviewer.content(status=200).json()["interviews"][0]["id"]
    for path in (f"{reviewer.page}/content", f"{reviewer.page}/interviews/{interview}"):
        first = ask(stack, path, cookies=cookies)
        assert is_packed(first)
        for accepted in ("gzip", "identity"):
            again = ask(stack, path, {"If-None-Match": first.headers["ETag"], "Accept-Encoding": accepted}, cookies=cookies)
            assert (again.status_code, again.wire) == (304, b""), path
        assert ask(stack, path, {"If-None-Match": '"other"'}, cookies=cookies).status_code == 200


def test_tag_that_a_change_is_asked_for_by_stays_strong(stack, reviewer, cookies):
    interview = reviewer.content(status=200).json()["interviews"][1]["id"]
    reviewer.put(f"{reviewer.page}/interviews/{interview}/review", {"rating": 4, "comment": "long " * 300}, headers={"If-None-Match": "*"}, status=201)
    answer = ask(stack, f"{reviewer.page}/interviews/{interview}/review", cookies=cookies)
    assert answer.status_code == 200 and not is_packed(answer) and answer.headers["ETag"] == '"v1"'


def test_only_what_has_no_secret_is_packed(stack, reviewer):
    link = stack.make_share_link(reviewer_count=10)
    for path in ("/v1/share-links", f"/v1/share-links/{link['id']}", "/v1/interviews"):
        answer = ask(stack, path, {"Authorization": f"Bearer {stack.key}"})
        assert answer.status_code == 200 and len(answer.wire) > 512 and not is_packed(answer), path
    assert is_packed(ask(stack, "/openapi.json"))


def test_no_word_of_a_request_is_in_a_packed_answer(stack, reviewer, cookies):
    word = "Zzyzxq7"
    for path in (f"{reviewer.page}?search={word}", f"{reviewer.page}/content?search={word}", f"{reviewer.page}/content?search={word}&job={word}"):
        answer = ask(stack, path, {"Referer": f"https://{word}.example/", "User-Agent": word, "Accept-Language": f"{word}, en"}, cookies=cookies)
        body = gzip.decompress(answer.wire) if is_packed(answer) else answer.wire
        assert word.lower().encode() not in body.lower(), path
