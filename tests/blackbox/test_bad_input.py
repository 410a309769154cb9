"""Bad input: every answer is problem+json that names all faults at their places, and nothing is stored, not even half.

Most tests are rows of the tables below: a change to a good body (or two), and the faults that must be named for it. Each
counts the rows of all that the services own before and after.
"""

import http.client
import json
import re
from datetime import datetime, timedelta, timezone

import pytest
from stack.waiting import wait_until
from support import samples
from support.api import Api, Reviewer, check_problem
from support.bodies import MISSING, changed, fault_codes
from support.tables import nothing_stored

LINKS, INTERVIEW = "/v1/share-links", "/v1/interviews/int-refused"
TOO_DEEP = 200
MIB = 1024 * 1024
TEMPLATE, NO_TEMPLATE, THEIR_TEMPLATE = (f"tpl_01K0000000000000000000000{number}" for number in (1, 2, 3))
# What is taken out of texts (test_pasted_text.py), and what a name that machines give must not hold.
LINE_ENDS = ["\r", "\n", "\t", "\r\nBcc: eve@evil.example"]
CONTROLS = ["\x01", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"]
BAD_ADDRESSES = [
    "plain", "@reviewers.example", "rae@", "rae@localhost", "rae@@reviewers.example", "rae reviewer@reviewers.example",
    "rae@reviewers example", "Rae <rae@reviewers.example>", "<rae@reviewers.example>", "rae@reviewers.example,eve@evil.example",
    "rae@reviewers.example;eve@evil.example", "rae@reviewers..example", ".rae@reviewers.example", "rae.@reviewers.example",
    "r..ae@reviewers.example", "rae@-reviewers.example", "rae@reviewers-.example", "rae@192.0.2.1", "rae@[192.0.2.1]",
    '"rae"@reviewers.example', "räe@reviewers.example", "a" * 65 + "@reviewers.example", "rae@" + "a" * 64 + ".example",
    "rae(comment)@reviewers.example", "mailto:rae@reviewers.example", "rae@reviewers.example/", "rae@reviewers.example.",
]


def full_link(interview_ids):
    """A share link with every member that is possible at once."""
    settings = ("abbreviate_names", "omit_avatars", "exclude_full_profiles", "hide_skipped_questions", "disable_feedback",
                "mask_questionnaire")
    return samples.share_link_body(interview_ids, reviewer_count=2, settings=dict.fromkeys(settings, True), send_email=True)


@pytest.fixture(scope="module")
def interview_id(stack):
    return stack.make_interview()


@pytest.fixture(scope="module")
def good_link(interview_id):
    return full_link([interview_id])


@pytest.fixture(scope="module")
def good_interview():
    return samples.interview_document()


@pytest.fixture(scope="module")
def shared_interview(stack):
    return stack.make_interview()


@pytest.fixture(scope="module")
def shared_link(stack):
    """A link that is open to its reviewers; only for tests that are refused."""
    return stack.make_share_link(reviewer_count=2)


def refused_link(stack, body, expected):
    """The body is refused for exactly these faults (pointer → code), and leaves nothing behind."""
    with nothing_stored(stack.db):
        answer = stack.api.post(LINKS, body)
        assert fault_codes(answer) == expected


def refused_interview(stack, body, expected):
    with nothing_stored(stack.db):
        answer = stack.api.put(INTERVIEW, body)
        assert fault_codes(answer) == expected


def by_name(cases):
    """Table rows (name, …) as pytest parameters."""
    return [pytest.param(*values, id=name) for name, *values in cases]


# --- the body as a whole, at each address that takes one ---

def put_interview(stack, _link, **options):
    return stack.api.call("PUT", INTERVIEW, **options)


def create_link(stack, _link, **options):
    return stack.api.call("POST", LINKS, **options)


def open_link(stack, link, **options):
    browser = stack.reviewer(link)
    return browser.call("POST", f"{browser.page}/open", **options)


takes_body = pytest.mark.parametrize("call", [put_interview, create_link, open_link])

BROKEN = by_name([
    ("cut off", b'{"title": "x'),
    ("word", b"nonsense"),
    ("two values", b'{"title": "x"} {"title": "y"}'),
    ("trailing comma", b'{"title": "x",}'),
    ("single quotes", b"{'title': 'x'}"),
    ("no number", b'{"title": NaN}'),
    ("comment", b'{"title": "x" /* y */}'),
    ("byte order mark", b'\xef\xbb\xbf{"title": "x"}'),
    ("key twice", b'{"title": "x", "title": "y"}'),
    ("key twice inside", b'{"owner": {"name": "x", "name": "y"}}'),
    ("too deep arrays", b'{"title": ' + b"[" * TOO_DEEP + b"]" * TOO_DEEP + b"}"),
    ("too deep objects", b'{"a":' * TOO_DEEP + b"1" + b"}" * TOO_DEEP),
    ("too deep and broken", b"[" * 100_000),
    ("no UTF-8", b'{"title": "\xff\xfe"}'),
    ("overlong UTF-8", b'{"title": "\xc0\xaf"}'),
    ("surrogate in UTF-8", b'{"title": "\xed\xa0\x80"}'),
    ("half a surrogate pair", b'{"title": "\\ud800"}'),
    ("NUL byte", b'{"title": "x\x00y"}'),
    ("NUL behind the end", b'{"title": "x"}\x00{"title": "y"}'),
    ("escaped NUL", b'{"title": "x\\u0000y"}'),
    ("raw newline in a string", b'{"title": "x\ny"}'),
    ("number beyond all", b'{"title": 1e999}'),
])


@takes_body
@pytest.mark.parametrize("body", BROKEN)
def test_broken_json_is_refused(stack, shared_link, call, body):
    with nothing_stored(stack.db):
        answer = call(stack, shared_link, data=body, headers={"Content-Type": "application/json"}, status=400)
        assert answer.json()["code"] == "invalid_json" and answer.json()["detail"]


@takes_body
def test_integer_beyond_all_is_a_fault_at_its_place(stack, shared_link, call):
    with nothing_stored(stack.db):
        answer = call(stack, shared_link, data=b'{"title": 123456789012345678901234567890}', headers={"Content-Type": "application/json"}, status=422)
        assert "/title" in [each["pointer"] for each in answer.json()["errors"]]


@takes_body
def test_missing_body_is_refused(stack, shared_link, call):
    with nothing_stored(stack.db):
        assert call(stack, shared_link, headers={"Content-Type": "application/json"}, status=400).json()["code"] == "body_required"


@takes_body
@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"7", b"true"])
def test_body_that_is_no_object_is_refused(stack, shared_link, call, body):
    with nothing_stored(stack.db):
        assert fault_codes(call(stack, shared_link, data=body, headers={"Content-Type": "application/json"})) == {"": "wrong_type"}


@takes_body
@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "text/json",
                                          "application/json; charset=iso-8859-1", "application/problem+json"])
def test_other_content_type_is_refused(stack, shared_link, call, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    with nothing_stored(stack.db):
        assert call(stack, shared_link, data=b"{}", headers=headers, status=415).json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON", "application/json; charset=utf-8",
                                          'application/json;charset="UTF-8"'])
def test_json_by_any_of_its_names_is_read(stack, content_type):
    with nothing_stored(stack.db):
        fault_codes(stack.api.call("POST", LINKS, data=b"{}", headers={"Content-Type": content_type}))


@takes_body
@pytest.mark.parametrize("size", [MIB + 1, 2 * MIB, 8 * MIB])
def test_too_large_body_is_refused(stack, shared_link, call, size):
    body = b'{"title": "' + b"x" * (size - 13) + b'"}'
    assert len(body) == size
    stack.api.get("/healthz", status=200)  # so that its connection is one that was used before
    with nothing_stored(stack.db):
        answer = call(stack, shared_link, data=body, headers={"Content-Type": "application/json"}, status=413)
        check_problem(answer)


def test_too_large_body_is_refused_at_the_front_door(stack):
    with nothing_stored(stack.db):
        answer = Api(stack.front.url(), stack.key).call("POST", LINKS, data=b" " * (3 * MIB), status=413,
                                                        headers={"Content-Type": "application/json"})
        check_problem(answer)


# --- the share link, member by member ---

# Each with the most characters that it may have.
LINK_TEXTS = {
    "/title": 200,
    "/owner/name": 200,
    "/reviewers/1/name": 200,
    "/message/subject": 200,
    "/message/body": 10_000,
}
LINK_WORDS = ["/kind", "/owner/email", "/owner/time_zone", "/interview_ids/0", "/reviewers/1/email", "/expires_in/unit"]
LINK_OBJECTS = ["/owner", "/reviewers/1", "/settings", "/expires_in", "/message"]
LINK_ARRAYS = ["/interview_ids", "/reviewers"]
LINK_FLAGS = ["/send_email", "/settings/abbreviate_names", "/settings/omit_avatars", "/settings/exclude_full_profiles",
              "/settings/hide_skipped_questions", "/settings/disable_feedback", "/settings/mask_questionnaire"]
LINK_NULLABLE = [("/owner/name", None)]  # the account's then
LINK_REQUIRED = ["/title", "/owner", "/owner/email", "/interview_ids", "/reviewers", "/reviewers/1/name",
                 "/reviewers/1/email", "/expires_in/value", "/expires_in/unit", "/message/subject", "/message/body"]


def text_faults(texts):
    for pointer, most in texts.items():
        yield f"{pointer} empty", pointer, "", "too_short"
        yield f"{pointer} too long", pointer, "ä" * (most + 1), "too_long"
        for unseen in ("\u200b", " \u00a0\u2003", "\u2060\ufe0f", "\u202e\u202c", "\x85"):
            yield f"{pointer} is {unseen!r}", pointer, unseen, "too_short"


def type_faults(words, objects, arrays, flags):
    for wrong in (7, 1.5, True, [], {}, None):
        for pointer in words:
            yield f"{pointer} is {json.dumps(wrong)}", pointer, wrong, "wrong_type"
    for pointer in objects:
        for wrong in ("text", 7, True, []):
            yield f"{pointer} is {json.dumps(wrong)}", pointer, wrong, "wrong_type"
    for pointer in arrays:
        for wrong in ("text", 7, True, {}, None):
            yield f"{pointer} is {json.dumps(wrong)}", pointer, wrong, "wrong_type"
    for pointer in flags:
        for wrong in ("true", "", 1, 0, [], {}, None):
            yield f"{pointer} is {json.dumps(wrong)}", pointer, wrong, "wrong_type"


@pytest.mark.parametrize("pointer, value, code", by_name(
    [*text_faults(LINK_TEXTS),
     *(fault for fault in type_faults([*LINK_TEXTS, *LINK_WORDS], LINK_OBJECTS, LINK_ARRAYS, LINK_FLAGS) if fault[1:3] not in LINK_NULLABLE),
     *((f"{pointer} missing", pointer, MISSING, "required") for pointer in LINK_REQUIRED)]))
def test_member_of_a_share_link_is_refused(stack, good_link, pointer, value, code):
    refused_link(stack, changed(good_link, {pointer: value}), {pointer: code})


@pytest.mark.parametrize("pointer", [
    "/surprise", "/owner/surprise", "/reviewers/0/surprise", "/settings/surprise", "/expires_in/surprise", "/message/surprise", "/Title",
    "/settings/abbreviate_name", "/", "/a~1b~0c", "/title ", "/é", "/account_id", "/reviewers/0/passcode"])
def test_unknown_member_of_a_share_link_is_refused(stack, good_link, pointer):
    refused_link(stack, changed(good_link, {pointer: True}), {pointer: "unknown_field"})


@pytest.mark.parametrize("address", [*BAD_ADDRESSES, "r" * 60 + "@" + ".".join(["d" * 60] * 4) + ".example", "",
                                     *(f"rae{control}@reviewers.example" for control in LINE_ENDS + CONTROLS)])
@pytest.mark.parametrize("pointer", ["/owner/email", "/reviewers/1/email"])
def test_bad_mail_address_is_refused(stack, good_link, pointer, address):
    with nothing_stored(stack.db):
        codes = fault_codes(stack.api.post(LINKS, changed(good_link, {pointer: address})))
        assert codes.keys() == {pointer} and codes[pointer] in ("invalid", "too_short", "too_long", "control_characters")
    if any(control in address for control in LINE_ENDS + CONTROLS):
        assert codes[pointer] == "control_characters"


NOW = datetime.now(timezone.utc)


def at(**delta):
    return (NOW + timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("changes, expected", by_name([
    ("kind unknown", {"/kind": "fancy"}, {"/kind": "invalid"}),
    ("kind empty", {"/kind": ""}, {"/kind": "invalid"}),
    ("kind basic with what it cannot have", {"/kind": "basic", "/send_email": True},
     {"/message": "invalid", "/reviewers": "invalid", "/send_email": "invalid"}),
    ("kind in capitals", {"/kind": "Advanced"}, {"/kind": "invalid"}),
    ("time zone unknown", {"/owner/time_zone": "Europe/Atlantis"}, {"/owner/time_zone": "invalid"}),
    ("time zone empty", {"/owner/time_zone": ""}, {"/owner/time_zone": "too_short"}),
    ("time zone of the file system", {"/owner/time_zone": "../../etc/passwd"}, {"/owner/time_zone": "invalid"}),
    ("time zone by offset", {"/owner/time_zone": "+02:00"}, {"/owner/time_zone": "invalid"}),
    ("time zone too long", {"/owner/time_zone": "E" * 5000}, {"/owner/time_zone": "too_long"}),
    ("no interviews", {"/interview_ids": []}, {"/interview_ids": "too_short"}),
    ("501 interviews", {"/interview_ids": [f"int-{n}" for n in range(501)]}, {"/interview_ids": "too_long"}),
    ("no reviewers", {"/reviewers": []}, {"/reviewers": "too_short"}),
    ("101 reviewers", {"/reviewers": samples.reviewers(101)}, {"/reviewers": "too_long"}),
    ("address too long on the wire", {"/reviewers/0/email": "r" * 64 + "@" + "ü." * 30 + "example"}, {"/reviewers/0/email": "invalid"}),
    ("reviewer is text", {"/reviewers/0": "rae@reviewers.example"}, {"/reviewers/0": "wrong_type"}),
    ("reviewer is empty", {"/reviewers/0": {}}, {"/reviewers/0/name": "required", "/reviewers/0/email": "required"}),
    ("same address twice", {"/reviewers": [{"name": "A", "email": "rae@r.example"}, {"name": "B", "email": "rae@r.example"}]},
     {"/reviewers/1/email": "duplicate"}),
    ("same address in capitals", {"/reviewers": [{"name": "A", "email": "rae@r.example"}, {"name": "A", "email": "RAE@R.EXAMPLE"}]},
     {"/reviewers/1/email": "duplicate"}),
    ("interview empty", {"/interview_ids/0": ""}, {"/interview_ids/0": "too_short"}),
    ("interview too long", {"/interview_ids/0": "i" * 129}, {"/interview_ids/0": "too_long"}),
    ("interview with a slash", {"/interview_ids/0": "int/1"}, {"/interview_ids/0": "invalid"}),
    *((f"interview {step}", {"/interview_ids/0": step}, {"/interview_ids/0": "invalid"}) for step in (".", "..")),
    ("interview with a quote", {"/interview_ids/0": "int'1"}, {"/interview_ids/0": "invalid"}),
    ("interview with a letter of another script", {"/interview_ids/0": "intä1"}, {"/interview_ids/0": "invalid"}),
    ("interview with a line end", {"/interview_ids/0": "int-1\n"}, {"/interview_ids/0": "control_characters"}),
    ("interview that does not exist", {"/interview_ids/-": "int-nowhere"}, {"/interview_ids/1": "not_found"}),
    ("expiry 0", {"/expires_in/value": 0}, {"/expires_in/value": "out_of_range"}),
    ("expiry -1", {"/expires_in/value": -1}, {"/expires_in/value": "out_of_range"}),
    ("expiry 1.5", {"/expires_in/value": 1.5}, {"/expires_in/value": "wrong_type"}),
    ("expiry beyond all", {"/expires_in/value": 10**30}, {"/expires_in/value": "out_of_range"}),
    ("expiry as text", {"/expires_in/value": "1"}, {"/expires_in/value": "wrong_type"}),
    ("expiry null", {"/expires_in/value": None}, {"/expires_in/value": "wrong_type"}),
    ("expiry true", {"/expires_in/value": True}, {"/expires_in/value": "wrong_type"}),
    ("expiry huge", {"/expires_in/value": 10**15}, {"/expires_in/value": "out_of_range"}),
    ("expiry beyond 32 bits", {"/expires_in/value": 2**32 + 1}, {"/expires_in/value": "out_of_range"}),
    ("expiry at the end of 64 bits", {"/expires_in/value": 2**63 - 1}, {"/expires_in/value": "out_of_range"}),
    ("expiry over ten years in days", {"/expires_in/value": 3660}, {"/expires_in/value": "out_of_range"}),
    ("expiry over ten years in weeks", {"/expires_in": {"value": 523, "unit": "weeks"}}, {"/expires_in/value": "out_of_range"}),
    ("expiry in months", {"/expires_in/unit": "months"}, {"/expires_in/unit": "invalid"}),
    ("expiry in one day", {"/expires_in/unit": "day"}, {"/expires_in/unit": "invalid"}),
    ("expiry empty", {"/expires_in": {}}, {"/expires_in/value": "required", "/expires_in/unit": "required"}),
    ("expiry in the past", {"/expires_in": MISSING, "/expires_at": at(seconds=-1)}, {"/expires_at": "out_of_range"}),
    ("expiry long past", {"/expires_in": MISSING, "/expires_at": "1970-01-01T00:00:00Z"}, {"/expires_at": "out_of_range"}),
    ("expiry beyond ten years", {"/expires_in": MISSING, "/expires_at": at(days=3655)}, {"/expires_at": "out_of_range"}),
    ("expiry in the year 9999", {"/expires_in": MISSING, "/expires_at": "9999-12-31T23:59:59Z"}, {"/expires_at": "out_of_range"}),
    ("expiry without a zone", {"/expires_in": MISSING, "/expires_at": at(days=2).removesuffix("Z")}, {"/expires_at": "invalid"}),
    ("expiry on a day that is none", {"/expires_in": MISSING, "/expires_at": "2027-02-30T10:00:00Z"}, {"/expires_at": "invalid"}),
    ("expiry by words", {"/expires_in": MISSING, "/expires_at": "tomorrow"}, {"/expires_at": "invalid"}),
    ("expiry by seconds", {"/expires_in": MISSING, "/expires_at": 1924992000}, {"/expires_at": "wrong_type"}),
    ("expiry said twice", {"/expires_at": at(days=2)}, {"/expires_at": "conflict"}),
    ("placeholder unknown in the subject", {"/message/subject": "{{reviewer}}"}, {"/message/subject": "unknown_placeholder"}),
    ("placeholder unknown in the body", {"/message/body": "Hi {{title}}"}, {"/message/body": "unknown_placeholder"}),
    ("placeholder in capitals", {"/message/body": "{{Passcode}}"}, {"/message/body": "unknown_placeholder"}),
    ("placeholder empty", {"/message/body": "{{}}"}, {"/message/body": "unknown_placeholder"}),
    ("placeholder behind good ones", {"/message/body": "{{passcode}} {{job_title}} {{candidate}}"}, {"/message/body": "unknown_placeholder"}),
    ("template unknown", {"/message": MISSING, "/template_id": NO_TEMPLATE}, {"/template_id": "not_found"}),
    ("template no id", {"/message": MISSING, "/template_id": "' or true --"}, {"/template_id": "not_found"}),
    ("template a number", {"/message": MISSING, "/template_id": 7}, {"/template_id": "wrong_type"}),
    ("template empty", {"/message": MISSING, "/template_id": ""}, {"/template_id": "too_short"}),
]))
def test_share_link_is_refused(stack, good_link, changes, expected):
    refused_link(stack, changed(good_link, changes), expected)


def test_message_and_template_exclude_each_other(stack, good_link):
    stack.db.rows("insert into links.email_templates (id, account_id, name, subject, body) values (%s, %s, 'n', 's', 'b')",
                  TEMPLATE, stack.account)
    refused_link(stack, changed(good_link, {"/template_id": TEMPLATE}), {"/template_id": "conflict"})


def test_interview_named_twice_is_refused(stack, interview_id, good_link):
    refused_link(stack, changed(good_link, {"/interview_ids/-": interview_id}), {"/interview_ids/1": "duplicate"})


def test_all_faults_of_a_share_link_are_named_at_once(stack, interview_id):
    body = {
        "kind": "fancy", "title": "", "owner": {"name": "\u2060", "email": "nobody", "time_zone": "Mars/Base", "phone": "1"},
        "interview_ids": ["int-nowhere", interview_id, "no id!", interview_id, "int-elsewhere"],
        "reviewers": [{"name": "A", "email": "a@r.example"}, {"email": "A@r.example"}, 7, {"name": 7, "email": "nobody"}],
        "settings": {"omit_avatars": "yes", "omit_avatar": True}, "expires_in": {"value": 0, "unit": "years"},
        "send_email": "no", "template_id": "tpl_nowhere", "surprise": 1}
    refused_link(stack, body, {
        "/kind": "invalid", "/title": "too_short", "/owner/name": "too_short", "/owner/email": "invalid",
        "/owner/time_zone": "invalid", "/owner/phone": "unknown_field", "/interview_ids/0": "not_found", "/interview_ids/2": "invalid",
        "/interview_ids/3": "duplicate", "/interview_ids/4": "not_found", "/reviewers/1/name": "required",
        "/reviewers/1/email": "duplicate", "/reviewers/2": "wrong_type", "/reviewers/3/name": "wrong_type",
        "/reviewers/3/email": "invalid", "/settings/omit_avatars": "wrong_type", "/settings/omit_avatar": "unknown_field",
        "/expires_in/value": "out_of_range", "/expires_in/unit": "invalid", "/send_email": "wrong_type",
        "/template_id": "not_found", "/surprise": "unknown_field"})


def test_every_missing_interview_is_named(stack, interview_id, good_link):
    """All of them, however many the list may hold."""
    ids = [interview_id, *(f"int-nowhere-{number}" for number in range(499))]
    with nothing_stored(stack.db):
        codes = fault_codes(stack.api.post(LINKS, changed(good_link, {"/interview_ids": ids})))
        assert codes == {f"/interview_ids/{place}": "not_found" for place in range(1, 500)}


def test_longest_and_most_that_is_allowed_is_taken(stack):
    """The other side of the limits above: one less is fine."""
    interviews = [stack.make_interview() for _ in range(3)]
    longest = {"/title": "ä" * 200, "/owner/name": "ö" * 200, "/reviewers/0/name": "界" * 200, "/message/subject": "ü" * 200,
               "/message/body": "b\n" * 5000, "/expires_in/value": 3650}
    answer = stack.api.post(LINKS, changed(full_link(interviews), longest), status=201)
    assert (answer.json()["title"], answer.json()["reviewers"][0]["name"]) == ("ä" * 200, "界" * 200)

    stack.db.rows("insert into links.interviews (account_id, id, document) select %s, 'many-' || n, %s from generate_series(1, 500) n",
                  stack.account, json.dumps(samples.interview_document()))
    most = samples.share_link_body([f"many-{number}" for number in range(1, 501)], reviewer_count=100)
    answer = stack.api.post(LINKS, most, status=201)
    assert (answer.json()["interview_count"], len(answer.json()["reviewers"])) == (500, 100)
    members = stack.db.value("select count(*) from links.share_link_interviews where share_link_id = %s", answer.json()["id"])
    assert members == 500


def test_only_what_must_be_there_makes_a_link(stack, interview_id):
    least = {"title": "t", "owner": {"name": "n", "email": "o@r.example"}, "interview_ids": [interview_id],
             "reviewers": [{"name": "r", "email": "r@r.example"}]}
    link = stack.api.post(LINKS, least, status=201).json()
    assert (link["kind"], link["send_email"], link["message"], link["expires_at"]) == ("advanced", False, None, None)
    assert link["owner"]["time_zone"] == "UTC" and set(link["settings"].values()) == {False}


@pytest.mark.parametrize("member", ["expires_in", "expires_at", "message", "template_id"])
def test_null_is_as_good_as_nothing_where_nothing_has_a_meaning(stack, interview_id, member):
    body = samples.share_link_body([interview_id], expires_in=MISSING, message=MISSING)
    body = {key: value for key, value in body.items() if value is not MISSING}
    stack.api.post(LINKS, body | {member: None}, status=201)


# --- the interview document, member by member ---

DOCUMENT_TEXTS = {
    "/job/title": 200,
    "/candidate/first_name": 100,
    "/candidate/resume/file_name": 200,
    "/questions/0/text": 2000,
    "/questionnaire/0/question": 2000,
}
DOCUMENT_WORDS = ["/type", "/job/id", "/questions/0/id", "/questions/0/answer/kind", "/candidate/resume/url"]
DOCUMENT_OBJECTS = ["/job", "/candidate", "/candidate/profile", "/candidate/resume", "/questions/0", "/questions/0/answer", "/questionnaire/0"]
DOCUMENT_ARRAYS = ["/questions", "/questionnaire", "/candidate/profile/links"]
DOCUMENT_REQUIRED = ["/type", "/job", "/job/id", "/job/title", "/candidate", "/candidate/first_name", "/candidate/resume/file_name",
                     "/candidate/resume/url", "/questions/0/id", "/questions/0/text", "/questions/0/answer/kind", "/questionnaire/0/question"]
MEDIA = ["/candidate/avatar_url", "/candidate/resume/url", "/questions/0/answer/media_url", "/questions/0/answer/captions_url"]
NULLABLE = ["/candidate/last_name", "/candidate/email", "/candidate/profile/headline", "/candidate/profile/location",
            "/candidate/profile/summary", "/questionnaire/0/answer", "/questions/0/answer/text", *MEDIA[:1], *MEDIA[2:]]


@pytest.mark.parametrize("pointer, value, code", by_name(
    [*text_faults(DOCUMENT_TEXTS),
     *type_faults([*DOCUMENT_TEXTS, *DOCUMENT_WORDS], DOCUMENT_OBJECTS, DOCUMENT_ARRAYS, ["/questions/0/skipped"]),
     *((f"{pointer} is a number", pointer, 7, "wrong_type") for pointer in NULLABLE),
     *((f"{pointer} missing", pointer, MISSING, "required") for pointer in DOCUMENT_REQUIRED)]))
def test_member_of_an_interview_is_refused(stack, good_interview, pointer, value, code):
    refused_interview(stack, changed(good_interview, {pointer: value}), {pointer: code})


@pytest.mark.parametrize("where", ["", "/job", "/candidate", "/candidate/profile", "/candidate/resume", "/questions/0",
                                   "/questions/0/answer", "/questionnaire/0"])
def test_unknown_member_of_an_interview_is_refused(stack, good_interview, where):
    refused_interview(stack, changed(good_interview, {f"{where}/surprise": None}), {f"{where}/surprise": "unknown_field"})


@pytest.mark.parametrize("url", [
    "http://media.example/a.mp4", "ftp://media.example/a.mp4", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "//media.example/a",
    "/etc/passwd", "https:/media.example/a", "https://", "https:///a", "https://user:secret@media.example/a", "https://media.example/a b",
    'https://media.example/"onload="', "https://media.example:0/a", "https://media.example:99999/a", "HTTPS//x", "s3://", "s3://bucket",
    "s3://bucket/", "s3:///key", "media:", "media:.", "media:./a", "media:a/./b", "media:a/.", "media:/etc/passwd", "media:..", "media:../a", "media:a/../../b", "media:a/..", "media:a//b",
    "media:a\\..\\b", "media:\r\nLocation: https://evil.example", "https://media.example/a\r\nSet-Cookie: x=y", "https://media.example/\u2028", "",
    "https://media.example/" + "a" * 2100])
@pytest.mark.parametrize("pointer", MEDIA)
def test_media_from_elsewhere_is_refused(stack, good_interview, pointer, url):
    with nothing_stored(stack.db):
        codes = fault_codes(stack.api.put(INTERVIEW, changed(good_interview, {pointer: url})))
        assert codes.keys() == {pointer} and codes[pointer] in ("invalid", "too_short", "too_long", "control_characters")


@pytest.mark.parametrize("changes, expected", by_name([
    ("type unknown", {"/type": "two_way"}, {"/type": "invalid"}),
    *((f"{pointer} {step}", {pointer: step}, {pointer: "invalid"}) for pointer in ("/job/id", "/questions/0/id") for step in (".", "..")),
    ("job id with a blank", {"/job/id": "job 1"}, {"/job/id": "invalid"}),
    ("job id too long", {"/job/id": "j" * 129}, {"/job/id": "too_long"}),
    ("time without a zone", {"/completed_at": "2026-01-05T10:00:00"}, {"/completed_at": "invalid"}),
    ("time without an end", {"/completed_at": "2026-01-05T10:00:00." + "1" * 1000 + "Z"}, {"/completed_at": "invalid"}),
    ("time as a number", {"/completed_at": 1767607200}, {"/completed_at": "wrong_type"}),
    ("time that is none", {"/completed_at": "2026-13-05T10:00:00Z"}, {"/completed_at": "invalid"}),
    ("candidate's address", {"/candidate/email": "nobody"}, {"/candidate/email": "invalid"}),
    ("last name too long", {"/candidate/last_name": "l" * 101}, {"/candidate/last_name": "too_long"}),
    ("last name that nobody sees", {"/candidate/last_name": "\u200b"}, {"/candidate/last_name": "too_short"}),
    ("profile link by ftp", {"/candidate/profile/links/0": "ftp://example.com"}, {"/candidate/profile/links/0": "invalid"}),
    ("profile link by script", {"/candidate/profile/links/0": "javascript:alert(1)"}, {"/candidate/profile/links/0": "invalid"}),
    ("21 profile links", {"/candidate/profile/links": ["https://example.com/"] * 21}, {"/candidate/profile/links": "too_long"}),
    ("question id twice", {"/questions/1/id": "q1"}, {"/questions/1/id": "duplicate"}),
    ("question id with a blank", {"/questions/0/id": "q 1"}, {"/questions/0/id": "invalid"}),
    ("question is text", {"/questions/0": "Why?"}, {"/questions/0": "wrong_type"}),
    ("101 questions", {"/questions": [{"id": f"q{n}", "text": "t"} for n in range(101)]}, {"/questions": "too_long"}),
    ("101 entries of the questionnaire", {"/questionnaire": [{"question": "t"}] * 101}, {"/questionnaire": "too_long"}),
    ("answer kind unknown", {"/questions/0/answer/kind": "song"}, {"/questions/0/answer/kind": "invalid"}),
    ("duration below 0", {"/questions/0/answer/duration_seconds": -0.5}, {"/questions/0/answer/duration_seconds": "out_of_range"}),
    ("duration over a day", {"/questions/0/answer/duration_seconds": 86401}, {"/questions/0/answer/duration_seconds": "out_of_range"}),
    ("duration as text", {"/questions/0/answer/duration_seconds": "42"}, {"/questions/0/answer/duration_seconds": "wrong_type"}),
    ("answer's text too long", {"/questions/0/answer/text": "t" * 20001}, {"/questions/0/answer/text": "too_long"}),
    ("several at once", {"/type": 1, "/job/title": "", "/candidate/surprise": 1, "/questions/1/id": "q1", "/questionnaire/0/question": 5},
     {"/type": "wrong_type", "/job/title": "too_short", "/candidate/surprise": "unknown_field", "/questions/1/id": "duplicate",
      "/questionnaire/0/question": "wrong_type"}),
]))
def test_interview_is_refused(stack, good_interview, changes, expected):
    refused_interview(stack, changed(good_interview, changes), expected)


INTERVIEW_IN_UTC = "/v1/interviews/int-in-utc"


@pytest.mark.parametrize("sent, stored", [
    ("2026-01-05T10:00:00Z", "2026-01-05T10:00:00.000Z"), ("2026-01-05T10:00:00.123456Z", "2026-01-05T10:00:00.123Z"),
    ("2026-01-05T10:00:00+02:00", "2026-01-05T08:00:00.000Z"), ("2026-01-05T10:00:00-23:59", "2026-01-06T09:59:00.000Z"),
    ("2026-01-05T23:59:60Z", "2026-01-06T00:00:00.000Z"), ("2026-12-31T23:59:60.9Z", "2027-01-01T00:00:00.900Z"),
    ("2026-06-30T19:59:60-04:00", "2026-07-01T00:00:00.000Z"), (f"2026-01-05T10:00:00.{'1' * 400}Z", "2026-01-05T10:00:00.111Z"),
    ("2026-01-05t10:00:00z", "2026-01-05T10:00:00.000Z"), ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z")])
def test_time_of_completion_is_kept_in_utc(stack, sent, stored):
    assert stack.api.put(INTERVIEW_IN_UTC, changed(samples.interview_document(), {"/completed_at": sent})).status_code in (200, 201)
    assert stack.api.get(INTERVIEW_IN_UTC, status=200).json()["completed_at"] == stored


def test_refused_document_leaves_the_stored_one_as_it_was(stack, interview_id):
    before = stack.api.get(f"/v1/interviews/{interview_id}", status=200)
    fault_codes(stack.api.put(f"/v1/interviews/{interview_id}", changed(samples.interview_document(), {"/type": "x"})))
    after = stack.api.get(f"/v1/interviews/{interview_id}", status=200)
    assert (after.json(), after.headers["ETag"]) == (before.json(), before.headers["ETag"])


@pytest.mark.parametrize("name", ["int%201", "%C3%A4", "i" * 129, "int%27", "int%3B", "%25"])
def test_interview_with_an_id_that_is_none_is_refused(stack, good_interview, name):
    with nothing_stored(stack.db):
        assert stack.api.put(f"/v1/interviews/{name}", good_interview).status_code == 422


@pytest.mark.parametrize("step", ["%2e", "%2E%2E", ".%2e"])
def test_interview_with_an_id_that_no_url_can_hold_is_refused(stack, good_interview, step):
    """A usual client would take it for a step of the path, and ask for something else."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.links.port, timeout=10)
    with nothing_stored(stack.db):
        connection.request("PUT", f"/v1/interviews/{step}", json.dumps(good_interview),
                           {"Authorization": f"Bearer {stack.key}", "Content-Type": "application/json"})
        assert connection.getresponse().status == 422
    connection.close()


def test_least_interview_is_taken(stack):
    least = {"type": "live", "job": {"id": "j", "title": "t"}, "candidate": {"first_name": "A"}}
    stack.api.put("/v1/interviews/int-least", least, status=201)
    nulls = changed(samples.interview_document(), dict.fromkeys(["/completed_at", *NULLABLE, "/candidate/profile", "/questions/1/answer"]))
    stack.api.put("/v1/interviews/int-nulls", nulls, status=201)
    for name in ("int-least", "int-nulls"):
        link = stack.make_share_link(interview_ids=[name])
        browser = stack.reviewer(link)
        browser.open(status=200)
        assert browser.content(status=200).json()["total"] == 1


# --- what belongs to others ---

def test_interview_of_another_account_does_not_exist(stack, good_link):
    stack.other_api.put("/v1/interviews/int-theirs", samples.interview_document(), status=201)
    assert stack.api.get("/v1/interviews/int-theirs", status=404).json()["code"] == "not_found"
    refused_link(stack, changed(good_link, {"/interview_ids/-": "int-theirs"}), {"/interview_ids/1": "not_found"})


def test_link_of_another_account_does_not_exist(stack, shared_link):
    theirs = stack.other_api.get(f"{LINKS}/{shared_link['id']}", status=404)
    nowhere = stack.other_api.get(f"{LINKS}/lnk_00000000000000000000000000", status=404)
    hide = re.compile("req_[0-9A-Z]+")
    assert hide.sub("", theirs.text) == hide.sub("", nowhere.text), "the answer must not tell that the link exists"
    assert shared_link["id"] not in stack.other_api.get(LINKS).text


def test_template_of_another_account_does_not_exist(stack, good_link):
    others = stack.db.value("select account_id from links.api_keys where account_id <> %s", stack.account)
    stack.db.rows("insert into links.email_templates (id, account_id, name, subject, body) values (%s, %s, 'n', 's', 'b')",
                  THEIR_TEMPLATE, others)
    refused_link(stack, changed(good_link, {"/message": MISSING, "/template_id": THEIR_TEMPLATE}), {"/template_id": "not_found"})


@pytest.mark.parametrize("name", ["lnk_00000000000000000000000000", "lnk_x", "x", "lnk_%27%20or%20true", "%F0%9F%92%A5", "a" * 3000])
def test_unknown_link_is_not_found(stack, name):
    assert stack.api.get(f"{LINKS}/{name}", status=404).json()["code"] == "not_found"


def test_same_interview_id_in_two_accounts_is_two_interviews(stack):
    mine, theirs = (samples.interview_document() for _ in range(2))
    stack.api.put("/v1/interviews/int-both", mine, status=201)
    stack.other_api.put("/v1/interviews/int-both", theirs, status=201)
    assert stack.api.get("/v1/interviews/int-both").json()["candidate"] == mine["candidate"]
    assert stack.other_api.get("/v1/interviews/int-both").json()["candidate"] == theirs["candidate"]


# --- keys and plans ---

CALLS = [("PUT", INTERVIEW), ("GET", INTERVIEW), ("POST", LINKS), ("GET", LINKS), ("GET", f"{LINKS}/lnk_00000000000000000000000000")]


def spoilt_keys(key):
    prefix, secret = key[:31], key[31:]
    other = "A" if secret[-2] != "A" else "B"
    return {"none": None, "empty": "", "scheme alone": "Bearer", "blank": "Bearer ", "basic": f"Basic {key}", "no scheme": key,
            "two keys": f"Bearer {key} {key}", "cut": f"Bearer {key[:-1]}", "longer": f"Bearer {key}A", "id alone": f"Bearer {prefix[:-1]}",
            "without a secret": f"Bearer {prefix}", "other secret": f"Bearer {prefix}{secret[:-2]}{other}{secret[-1]}",
            "other id": f"Bearer slk_{'0' * 26}_{secret}", "in capitals": f"Bearer {key.upper()}", "quote": f"Bearer {prefix}' or true --",
            "long": f"Bearer {prefix}{'A' * 5000}", "wildcard": f"Bearer slk_{'%' * 26}_{secret}",
            "no UTF-8": f"Bearer slk_{'0' * 25}\xff_{secret}".encode("latin-1"), "a letter": f"Bearer slk_{'0' * 25}ä_{secret}".encode()}


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
@pytest.mark.parametrize("name", spoilt_keys("slk_" + "0" * 26 + "_" + "s" * 43))
def test_without_a_good_key_nothing_is_told(stack, good_link, name, call):
    value = spoilt_keys(stack.key)[name]
    method, path = call
    with nothing_stored(stack.db):
        answer = stack.anonymous.call(method, path, json=good_link if method in ("PUT", "POST") else None, status=401,
                                      headers={} if value is None else {"Authorization": value})
        assert answer.json()["code"] == "unauthorized" and answer.headers["WWW-Authenticate"].startswith("Bearer")


def new_account(stack, plan="growth", scopes=None):
    """Api of a new account; with a second key of these scopes when they are given."""
    account, key = stack.create_account("Another", plan)
    if scopes:
        key = re.search(r"key: (\S+)", stack.operate("key", "create", "--account", account, "--scopes", scopes))[1]
    return Api(stack.links.url(), key)


def test_revoked_key_is_refused(stack, good_link):
    api = new_account(stack)
    api.get(LINKS, status=200)
    stack.operate("key", "revoke", api.key)
    wait_until(lambda: api.get(LINKS).status_code == 401, 5, "the revoked key is refused")
    with nothing_stored(stack.db):
        assert api.post(LINKS, good_link, status=401).json()["code"] == "unauthorized"


@pytest.mark.parametrize("scopes, refused", [
    ("links.read", ["PUT", "POST"]), ("links.write", ["GET"]), ("reviews.read,events.read,webhooks.write", ["GET", "PUT", "POST"])])
def test_key_without_the_scope_is_refused(stack, good_link, scopes, refused):
    api = new_account(stack, scopes=scopes)
    for method, path in CALLS:
        with nothing_stored(stack.db):
            answer = api.call(method, path, json={} if method in ("PUT", "POST") else None)
        if method in refused:
            needed = "links.read" if method == "GET" else "links.write"
            assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope") and needed in answer.text
        else:
            assert answer.status_code in (200, 404, 422), answer.text
    with nothing_stored(stack.db):
        assert api.post(LINKS, good_link).status_code == (403 if "POST" in refused else 422)


def test_plan_without_advanced_links_must_be_raised(stack):
    api = new_account(stack, plan="basic")
    api.put("/v1/interviews/int-basic", samples.interview_document(), status=201)
    with nothing_stored(stack.db):
        assert api.post(LINKS, full_link(["int-basic"]), status=402).json()["code"] == "plan_required"


@pytest.mark.parametrize("plan", ["screen", "growth", "enterprise"])
def test_plan_with_advanced_links_makes_them(stack, plan):
    api = new_account(stack, plan=plan)
    api.put("/v1/interviews/int-plan", samples.interview_document(), status=201)
    api.post(LINKS, samples.share_link_body(["int-plan"]), status=201)


# --- the reviewer's door ---

OPENED = ["views.visits", "views.activity"]
DOORS = ["", "/state", "/content", "/media/1-00000000000000000000000000000000"]


@pytest.mark.parametrize("passcode", ["0000-0000-0000-0000", "", "x", "%", "' or true --", "0" * 100, "0000-0000-0000-000U", "ＡＢＣＤ", "💥"])
def test_wrong_passcode_is_refused(stack, shared_interview, passcode):
    browser = stack.reviewer(stack.make_share_link(interview_ids=[shared_interview]))  # its own: wrong ones are counted
    with nothing_stored(stack.db, OPENED):
        answer = browser.post(f"{browser.page}/open", {"passcode": passcode}, status=401)
        assert answer.json()["code"] == "wrong_passcode" and "Set-Cookie" not in answer.headers


def test_passcode_of_another_door_is_refused(stack):
    link = stack.make_share_link(reviewer_count=2)
    with nothing_stored(stack.db, OPENED):
        stack.reviewer(link, 0).open(link["reviewers"][1]["passcode"], status=401)
        stack.reviewer(link, 0).open(stack.make_share_link()["reviewers"][0]["passcode"], status=401)


@pytest.mark.parametrize("body, expected", by_name([
    ("missing", {}, {"/passcode": "required"}),
    ("null", {"passcode": None}, {"/passcode": "wrong_type"}),
    ("a number", {"passcode": 1234}, {"/passcode": "wrong_type"}),
    ("a list", {"passcode": ["A"]}, {"/passcode": "wrong_type"}),
    ("too long", {"passcode": "A" * 101}, {"/passcode": "too_long"}),
    ("more beside it", {"passcode": "A", "token": "x", "": 1}, {"/token": "unknown_field", "/": "unknown_field"}),
]))
def test_passcode_of_another_form_is_refused(stack, shared_link, body, expected):
    browser = stack.reviewer(shared_link)
    with nothing_stored(stack.db):
        assert fault_codes(browser.post(f"{browser.page}/open", body)) == expected


@pytest.mark.parametrize("token", ["A" * 22, "A", "A" * 2000, "%2e%2e", "a%20b", "%F0%9F%92%A5", "'or'1'='1"])
def test_unknown_token_is_not_found(stack, token):
    browser = Reviewer(stack.views.url(), f"{stack.public_url}/s/{token}#0000-0000-0000-0000")
    with nothing_stored(stack.db):
        assert browser.open(status=404).json()["code"] == "not_found"
        for door in DOORS:
            answer = browser.get(browser.page + door, status=404)
            assert answer.headers["Content-Type"].startswith("application/problem+json" if door else "text/html")


CLOSED = by_name([
    ("expired", "update links.share_links set expires_at = now() - interval '1 second' where id = %(link)s", "link_expired"),
    ("expired this instant", "update links.share_links set expires_at = now() where id = %(link)s", "link_expired"),
    ("deactivated", "update links.share_links set deactivated_at = now() where id = %(link)s", "link_deactivated"),
    ("reviewer deactivated", "update links.reviewers set deactivated_at = now() where share_link_id = %(link)s", "link_deactivated"),
    ("expired and deactivated", "update links.share_links set expires_at = now(), deactivated_at = now() where id = %(link)s", "link_deactivated"),
])


@pytest.mark.parametrize("change, code", CLOSED)
def test_closed_link_opens_to_nobody(stack, change, code):
    link = stack.make_share_link()
    stack.db.rows(change.replace("%(link)s", "%s"), link["id"])
    browser = stack.reviewer(link)
    with nothing_stored(stack.db):
        assert browser.open(status=410).json()["code"] == code
        assert browser.open("0000-0000-0000-0000", status=410).json()["code"] == code
        for door in ("/content", "/media/1-00000000000000000000000000000000"):
            assert browser.get(browser.page + door, status=410).json()["code"] == code
        page = browser.see_page(status=410)
        assert "text/html" in page.headers["Content-Type"] and link["owner"]["name"] in page.text
        state = browser.get(f"{browser.page}/state", status=200).json()
        assert state["state"] == code.removeprefix("link_")
    shown = stack.api.get(f"{LINKS}/{link['id']}").json()
    assert code.removeprefix("link_") in (shown["state"], shown["reviewers"][0]["state"])


def test_content_with_parameters_that_it_does_not_know_is_refused(stack, shared_link):
    browser = stack.reviewer(shared_link)
    browser.open(status=200)
    assert fault_codes(browser.get(f"{browser.page}/content?surprise=1"))
