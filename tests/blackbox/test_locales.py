"""The language of a reviewer and of an interview: any well-formed tag of BCP 47 is kept, written as usual; what is none is named at its place."""

import pytest
from support import samples
from support.api import faults
from support.changes import events_of, inside, snapshot

TAGS = {"de": "de", "PT-br": "pt-BR", "zh-HANT-tw": "zh-Hant-TW", "es-419": "es-419", "de-ch-1996-X-Haus": "de-CH-1996-x-haus",
        "EN-u-CA-gregory": "en-u-ca-gregory", "tlh": "tlh", "x-own": "x-own"}
WRONG = ["", "e", "english language", "de_DE", "de-", "-de", "de--CH", "en-GB-oed", "i-klingon", "de\u00e9", "de\n", "en-" + "abcdefgh-" * 7 + "abcdefgh", 7, True, ["de"], {}]


def people(locales):
    return [{**person, "locale": locale} for person, locale in zip(samples.reviewers(len(locales)), locales, strict=True)]


def locales_of(stack, link):
    return [each["locale"] for each in stack.api.get(f"/v1/share-links/{link['id']}", status=200).json()["reviewers"]]


def test_created_and_added_with_one(stack):
    link = stack.make_share_link(reviewers=people([*TAGS, None]))
    assert [each["locale"] for each in link["reviewers"]] == [*TAGS.values(), None] == locales_of(stack, link)
    added = stack.api.post(f"/v1/share-links/{link['id']}/reviewers", {"reviewers": people(["NL", None])}, status=201).json()["reviewers"]
    assert [each["locale"] for each in added] == ["nl", None]
    assert stack.make_share_link()["reviewers"][0]["locale"] is None
    listed = stack.api.get("/v1/share-links", params={"search": link["title"]}, status=200).json()["data"][0]
    assert [each["locale"] for each in listed["reviewers"]] == [*TAGS.values(), None, "nl", None]
    basic = stack.api.post(f"/v1/interviews/{link['interview_ids'][0]}/basic-link", status=201).json()
    assert basic["reviewers"][0]["locale"] is None


def test_changed_and_taken_away(stack):
    link = stack.make_share_link()
    path = f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][0]['id']}"
    before = len(events_of(stack, link["id"]))
    answer = stack.api.patch(path, {"locale": "FR-ca"}, status=200)
    assert answer.json()["locale"] == "fr-CA" and answer.headers["ETag"] == '"v2"' and "url" not in answer.json()
    assert stack.api.get(path, status=200).json()["locale"] == "fr-CA"
    for same in ({"locale": "fr-CA"}, {"locale": "FR-CA"}, {}, {"name": link["reviewers"][0]["name"]}):
        assert stack.api.patch(path, same, status=200).headers["ETag"] == '"v2"'
    assert stack.api.patch(path, {"name": "Other"}, status=200).json()["locale"] == "fr-CA", "what is left out stays"
    assert stack.api.patch(path, {"locale": None}, status=200).json()["locale"] is None
    assert [name for name, _ in events_of(stack, link["id"], before)] == ["link.updated"] * 3
    moved = stack.api.patch(path, {"locale": "de", "email": samples.reviewers(1)[0]["email"]}, status=200).json()
    assert moved["locale"] == "de" and moved["url"]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_what_is_none_is_refused_everywhere(stack, wrong):
    link = stack.make_share_link()
    interview = link["interview_ids"][0]
    path = f"/v1/share-links/{link['id']}/reviewers"
    before = snapshot(stack)
    body = samples.share_link_body([interview], reviewers=people(["de", wrong]))
    assert faults(stack.api.post("/v1/share-links", body)) == ["/reviewers/1/locale"]
    assert faults(stack.api.post(path, {"reviewers": people([wrong, "de"])})) == ["/reviewers/0/locale"]
    changes = {"locale": wrong, "name": "", "external_id": 7}
    assert faults(stack.api.patch(f"{path}/{link['reviewers'][0]['id']}", changes)) == ["/external_id", "/locale", "/name"]
    assert snapshot(stack) == before


def test_page_is_told_of_it(stack):
    """What the page's statements see; the page itself chooses its words by it."""
    link = stack.make_share_link(reviewers=people(["es"]))
    door = stack.db.rows("select reviewer_locale, account_locale from links.doors where share_link_id = %s", link["id"])[0]
    assert door["reviewer_locale"] == "es"


# --- of an interview ---

def stored(stack, **over):
    """Its id, stored by PUT."""
    interview = samples.interview_id()
    answer = stack.api.put(f"/v1/interviews/{interview}", samples.interview_document(**over), status=201)
    return interview, answer.json()


def test_interview_has_one(stack):
    for sent, kept in [*TAGS.items(), (None, None)]:
        interview, answered = stored(stack, language=sent)
        listed = stack.api.get("/v1/interviews", params={"limit": 1}, status=200).json()["data"][0]
        assert listed["id"] == interview
        assert [each["language"] for each in (answered, stack.api.get(f"/v1/interviews/{interview}", status=200).json(), listed)] == [kept] * 3


def test_interviews_of_a_batch_have_one(stack):
    batch = [{"id": samples.interview_id(), **samples.interview_document(language=tag)} for tag in [*TAGS, None]]
    stack.api.post("/v1/interviews/batch", {"interviews": batch}, status=200)
    kept = [stack.api.get(f"/v1/interviews/{each['id']}", status=200).json()["language"] for each in batch]
    assert kept == [*TAGS.values(), None]


def test_interview_without_one_is_as_before(stack):
    interview, answered = stored(stack)
    assert "language" not in answered
    stack.api.put(f"/v1/interviews/{interview}", samples.interview_document(language="de"), status=200)
    stack.api.put(f"/v1/interviews/{interview}", samples.interview_document(), status=200)
    assert "language" not in stack.api.get(f"/v1/interviews/{interview}", status=200).json(), "the document is replaced, not merged"


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_interview_of_no_language_is_refused(stack, wrong):
    before = snapshot(stack)
    assert faults(stack.api.put(f"/v1/interviews/{samples.interview_id()}", samples.interview_document(language=wrong))) == ["/language"]
    batch = [{"id": samples.interview_id(), **samples.interview_document(language=tag)} for tag in ("de", wrong)]
    assert faults(stack.api.post("/v1/interviews/batch", {"interviews": batch})) == ["/interviews/1/language"]
    assert snapshot(stack) == before


def test_reviewer_is_told_of_the_interview_s(stack):
    interview, _ = stored(stack, language="PT-br")
    browser = inside(stack, stack.make_share_link(interview_ids=[interview]))
    answer = browser.interview(interview, status=200)
    assert answer.json()["language"] == "pt-BR"
    stack.api.put(f"/v1/interviews/{interview}", samples.interview_document(language="ar"), status=200)
    assert browser.interview(interview, headers={"If-None-Match": answer.headers["ETag"]}, status=200).json()["language"] == "ar"
