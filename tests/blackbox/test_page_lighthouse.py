"""What Lighthouse makes of the reviewer's page: nothing is wanting for accessibility and best practices. Its performance is simulated from
what it observes, so it is judged where the machine is quiet: LIGHTHOUSE_PERFORMANCE=95.
"""

import os

import pytest
from support import samples
from support.browser import Browser
from support.lighthouse import lighthouse  # noqa: F401

PERFORMANCE = int(os.environ.get("LIGHTHOUSE_PERFORMANCE", "0"))


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack()
    yield made
    made.close()


@pytest.fixture
def browser():
    made = Browser()
    yield made
    made.close()


@pytest.fixture(scope="module")
def link(stack):
    ids = []
    for _ in range(12):
        document = samples.interview_document()
        document["candidate"]["avatar_url"] = "media:avatars/int-2041.webp"
        document["questions"][0]["answer"].update(media_url="media:answers/int-2041-q1.mp4", captions_url="media:answers/int-2041-q1.vtt", duration_seconds=5)
        ids.append(samples.interview_id())
        stack.api.put(f"/v1/interviews/{ids[-1]}", document, status=201)
    return stack.make_share_link(interview_ids=ids, reviewer_count=1)


def check(scores):
    assert (scores["accessibility"], scores["best-practices"]) == (100, 100), scores.wanting
    assert scores["performance"] >= PERFORMANCE, scores.wanting


@pytest.mark.parametrize("form", ["mobile", "desktop"])
def test_gate(lighthouse, browser, link, form):  # noqa: F811
    check(lighthouse(browser, link["reviewers"][0]["url"], form))


@pytest.mark.parametrize("form", ["mobile", "desktop"])
def test_list_and_interview(lighthouse, browser, link, form):  # noqa: F811
    url = link["reviewers"][0]["url"]
    browser.open(url)
    page = url.partition("#")[0]
    check(lighthouse(browser, page, form))
    check(lighthouse(browser, f"{page}?interview={link['interview_ids'][0]}", form))
