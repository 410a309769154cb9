"""A passcode as it comes out of mail programs and word processors: what is no letter or digit is dropped, and what has not the form
of a passcode is no guess."""

import pytest

ODDITIES = {
    "no-break blank": "\u00a0", "thin blank": "\u2009", "narrow no-break blank": "\u202f", "ideographic blank": "\u3000", "en dash": "\u2013",
    "em dash": "\u2014", "no-break hyphen": "\u2011", "minus": "\u2212", "zero width blank": "\u200b", "byte order mark": "\ufeff",
    "word joiner": "\u2060", "soft hyphen": "\u00ad", "left-to-right mark": "\u200e", "override": "\u202e", "line separator": "\u2028",
    "line end": "\r\n", "tab": "\t", "dot": ".", "underscore": "_", "middle dot": "\u00b7", "slash": "/"}
BEHIND = [".", ")", ",", ";", ">", "\u201d", "\u00bb", "\u3002", "\u2026", "*", "%", "\u200b.", "\ufe0f"]
MALFORMED = ["", "x", "0000-0000-0000-000", "0000-0000-0000-00000", "0000-0000-0000-000U", "0000-0000-0000-000\u00e4", "\u0410" * 16, "----", "\U0001f4a5" * 16]


def wide(text):
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)


@pytest.fixture(scope="module")
def link(stack):
    return stack.make_share_link()


@pytest.mark.parametrize("oddity", ODDITIES.values(), ids=ODDITIES)
def test_what_stands_between_does_not_matter(stack, link, oddity):
    browser = stack.reviewer(link)
    browser.open(browser.passcode.replace("-", oddity), status=200)
    browser.open(oddity.join(browser.passcode), status=200)


@pytest.mark.parametrize("behind", BEHIND)
def test_what_stands_around_does_not_matter(stack, link, behind):
    browser = stack.reviewer(link)
    browser.open(f"{browser.passcode}{behind}", status=200)
    browser.open(f"({browser.passcode}{behind} ", status=200)


def test_letters_of_full_width_are_those_letters(stack, link):
    browser = stack.reviewer(link)
    browser.open(wide(browser.passcode), status=200)
    browser.open(wide(browser.passcode.lower()), status=200)


def test_what_is_no_passcode_is_no_guess(stack):
    link = stack.make_share_link()
    browser = stack.reviewer(link)
    for typed in MALFORMED * 4:  # more than the budget of a network, and of the link
        answer = browser.post(f"{browser.page}/open", {"passcode": typed}, status=401)
        assert answer.json()["code"] == "wrong_passcode" and "Set-Cookie" not in answer.headers
    assert stack.db.value("select count(*) from views.guesses where reviewer_id = %s", link["reviewers"][0]["id"]) == 0
    assert stack.db.value("select count(*) from events.log where share_link_id = %s and type = 'link.passcode_failed'", link["id"]) == 0
    browser.open(status=200)


def test_link_that_is_over_says_so_to_what_is_no_passcode_too(stack):
    link = stack.make_share_link()
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    browser = stack.reviewer(link)
    assert browser.post(f"{browser.page}/open", {"passcode": "x"}, status=410).json()["code"] == "link_deactivated"


def test_what_is_no_passcode_waits_with_those_that_are(stack):
    """A pause says nothing of what was typed."""
    browser = stack.reviewer(stack.make_share_link())
    for _ in range(5):
        browser.open("0000-0000-0000-0000", status=401)
    browser.open("x", status=429)
