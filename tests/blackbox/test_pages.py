"""Lists, page by page: every link once, however many are added meanwhile; and a cursor is nobody's to make up."""

import base64

import pytest
from support import samples
from support.api import Api
from support.bodies import fault_codes

LINKS = "/v1/share-links"


@pytest.fixture
def api(stack):
    """An account of this test alone."""
    account, key = stack.create_account("Pages")
    caller = Api(stack.links.url(), key)
    caller.account = account
    caller.put("/v1/interviews/int-1", samples.interview_document(), status=201)
    return caller


def make_links(api, count):
    """Their ids, newest first."""
    made = [api.post(LINKS, samples.share_link_body(["int-1"]), status=201).json()["id"] for _ in range(count)]
    return made[::-1]


def page(api, **parameters):
    answer = api.get(LINKS, params=parameters, status=200).json()
    assert answer.keys() == {"data", "has_more", "next_cursor"}
    assert answer["has_more"] is (answer["next_cursor"] is not None)
    return answer


def ids(answer):
    return [link["id"] for link in answer["data"]]


def walk(api, limit, after_each=lambda: None):
    """The ids of all pages, page by page."""
    pages, cursor = [], {}
    while True:
        answer = page(api, limit=limit, **cursor)
        pages.append(ids(answer))
        if not answer["has_more"]:
            return pages
        cursor = {"cursor": answer["next_cursor"]}
        after_each()


def flat(pages):
    return [link for page_ids in pages for link in page_ids]


def test_empty_list_is_one_empty_page(api):
    assert page(api) == {"data": [], "has_more": False, "next_cursor": None}


def test_newest_come_first_and_twenty_when_nothing_is_said(api):
    made = make_links(api, 25)
    answer = page(api)
    assert ids(answer) == made[:20] and answer["has_more"]
    assert ids(page(api, cursor=answer["next_cursor"])) == made[20:]


@pytest.mark.parametrize("limit, sizes", [(1, [1] * 7), (2, [2, 2, 2, 1]), (3, [3, 3, 1]), (6, [6, 1]), (7, [7]), (8, [7]), (100, [7])])
def test_pages_are_as_long_as_asked_and_hold_each_link_once(api, limit, sizes):
    made = make_links(api, 7)
    pages = walk(api, limit)
    assert [len(page_ids) for page_ids in pages] == sizes
    assert flat(pages) == made


def test_links_added_while_somebody_reads_shift_nothing(api):
    made = make_links(api, 9)
    assert flat(walk(api, 2, after_each=lambda: make_links(api, 3))) == made
    assert len(flat(walk(api, 100))) == 9 + 3 * 4


def test_links_removed_while_somebody_reads_shift_nothing(stack, api):
    made = make_links(api, 9)
    gone = [made[1], made[3], made[8]]  # two that were read already, one that was not

    def remove_one():
        if gone:
            stack.db.rows("delete from links.share_links where id = %s", gone.pop(0))

    assert flat(walk(api, 2, after_each=remove_one)) == made[:8]


def test_links_of_the_same_instant_come_once_each(stack, api):
    made = make_links(api, 8)
    stack.db.rows("update links.share_links set created_at = '2026-05-05 05:05:05.123456+00' where account_id = %s", api.account)
    assert flat(walk(api, 3)) == sorted(made, reverse=True)


def test_links_a_microsecond_apart_come_once_each(stack, api):
    """Answers show milliseconds; a cursor must know better."""
    made = make_links(api, 8)
    for number, link in enumerate(made):
        stack.db.rows("update links.share_links set created_at = '2026-05-05 05:05:05.123+00'::timestamptz - %s * interval '1 microsecond' "
                      "where id = %s", number, link)
    assert flat(walk(api, 3)) == made


def test_cursor_may_be_used_again_and_with_another_limit(api):
    made = make_links(api, 6)
    cursor = page(api, limit=2)["next_cursor"]
    assert ids(page(api, limit=2, cursor=cursor)) == ids(page(api, limit=2, cursor=cursor)) == made[2:4]
    assert ids(page(api, limit=100, cursor=cursor)) == made[2:]


def test_list_holds_nothing_of_other_accounts(stack, api):
    stack.make_share_link()
    made = make_links(api, 2)
    stack.make_share_link()
    assert flat(walk(api, 1)) == made


def test_listed_link_is_the_link(api):
    link, = make_links(api, 1)
    whole = api.get(f"{LINKS}/{link}", status=200).json()
    for reviewer in whole["reviewers"]:
        del reviewer["url"], reviewer["passcode"]
    assert page(api)["data"] == [whole]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "1e1", "x", "", " 5", "5 ", "+5", "0x5", "99999999999999999999", "५", "1,2", "null"])
def test_bad_limit_is_refused(api, limit):
    assert fault_codes(api.get(LINKS, params={"limit": limit})) == {"?limit": "out_of_range"}


def test_unknown_parameters_are_refused_all_at_once(api):
    answer = api.get(f"{LINKS}?surprise=1&limit=0&page=2&cursor=x")
    assert fault_codes(answer) == {"?surprise": "unknown_parameter", "?limit": "out_of_range", "?page": "unknown_parameter", "?cursor": "invalid"}


@pytest.mark.parametrize("query", ["limit=%zz", "limit=%", "%ff=1", "limit=1&cursor=%00"])
def test_query_that_cannot_be_read_is_refused(api, query):
    assert api.get(f"{LINKS}?{query}").status_code in (400, 422)


def spoilt(cursor):
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        yield base64.urlsafe_b64encode(changed).decode().rstrip("=")
    yield from (cursor[:-1], cursor[:-4], cursor + "A", cursor + "AAAA", cursor + "=", cursor[::-1], cursor.swapcase(), "", "x", "A" * 12, "A" * 1000,
                "null", "0", "' or true --", base64.urlsafe_b64encode(b"\0" * 8 + bytes(raw[8:])).decode().rstrip("="))


def test_tampered_cursor_is_refused(api):
    make_links(api, 3)
    cursor = page(api, limit=1)["next_cursor"]
    for number, changed in enumerate(spoilt(cursor)):
        assert changed != cursor
        answer = api.get(LINKS, params={"limit": 1, "cursor": changed})
        assert fault_codes(answer) == {"?cursor": "invalid"}, f"{number}: {changed}"


def test_cursor_of_another_account_is_refused(stack, api):
    make_links(api, 2)
    cursor = page(api, limit=1)["next_cursor"]
    assert fault_codes(stack.other_api.get(LINKS, params={"cursor": cursor})) == {"?cursor": "invalid"}


def test_cursor_tells_nothing_but_its_place(api):
    """It may hold the place in clear; it must not hold what is at that place."""
    make_links(api, 2)
    answer = page(api, limit=1)
    raw = base64.urlsafe_b64decode(answer["next_cursor"] + "==")
    link = answer["data"][0]
    for hidden in (link["title"], link["owner"]["email"], link["reviewers"][0]["email"], api.account):
        assert hidden.encode() not in raw
