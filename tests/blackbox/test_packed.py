"""What the front door packs on its way to a browser, what it does not, and that tags of answers still mean what they meant."""

import gzip

import pytest
import requests
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
