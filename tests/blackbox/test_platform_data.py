"""What platforms say of links, reviewers and interviews in names of their own: external_id, which is unique and can be searched by, and
metadata. Neither gets out to reviewers, nor into events.
"""

import concurrent.futures

import psycopg2
import pytest
from stack.waiting import wait_until
from support import samples
from support.api import faults
from support.changes import event_types
from support.tables import all_text

FULL = {f"key.{n}": "v" * 500 for n in range(50)}
WRONG = {
    "not an object": (["a"], [""]),
    "text": ("a", [""]),
    "one too many": ({f"k{n}": "v" for n in range(51)}, [""]),
    "too long": ({"a": "v" * 501, "b": "v" * 500}, ["/a"]),
    "too long a key": ({"k" * 41: "v", "k" * 40: "v"}, ["/" + "k" * 41]),
    "nested": ({"a": {"b": "c"}, "d": ["e"]}, ["/a", "/d"]),
    "of other types": ({"a": 1, "b": True, "c": 1.5}, ["/a", "/b", "/c"]),
    "bad keys": ({"": "v", "a b": "v", "a/b": "v", "a~b": "v", "ä": "v"}, ["/", "/a b", "/a~0b", "/a~1b", "/ä"]),
    "all at once": ({**{f"k{n}": "v" for n in range(50)}, "a b": 1}, ["", "/a b", "/a b"]),
}
WRONG_IDS = ["", "a b", "ä", "x" * 129, ".", "..", 7, {}, ["x"]]


def create(stack, status=201, **over):
    answer = stack.api.post("/v1/share-links", samples.share_link_body([stack.make_interview()], **over))
    assert answer.status_code == status, answer.text
    return answer.json()


def person(number, **over):
    return {**samples.reviewers(1)[0], "name": f"Reviewer {number}", **over}


def found(stack, query):
    return [each["id"] for each in stack.api.get(f"/v1/share-links?{query}", status=200).json()["data"]]


def codes(answer):
    assert answer.status_code == 422, answer.text
    return sorted((fault["pointer"], fault["code"]) for fault in answer.json()["errors"])


@pytest.fixture
def name():
    """An external_id that no other test has."""
    return f"app:{samples.interview_id()}"


def test_links_and_reviewers_are_answered_with_what_the_platform_said_of_them(stack, name):
    link = create(stack, external_id=name, metadata={"req": "R-7", "note": "two\nlines", "empty": ""},
                  reviewers=[person(1, external_id="p1", metadata={"role": "lead"}), person(2)])
    assert (link["external_id"], link["metadata"]) == (name, {"req": "R-7", "note": "two\nlines", "empty": ""})
    assert [(each["external_id"], each["metadata"]) for each in link["reviewers"]] == [("p1", {"role": "lead"}), (None, {})]
    path = f"/v1/share-links/{link['id']}"
    added = stack.api.post(f"{path}/reviewers", {"reviewers": [person(3, external_id="p3", metadata=FULL)]}, status=201).json()["reviewers"]
    assert (added[0]["external_id"], added[0]["metadata"]) == ("p3", FULL)
    now = stack.api.get(path, status=200).json()
    assert (now["external_id"], now["metadata"]) == (name, link["metadata"])
    assert [each["external_id"] for each in now["reviewers"]] == ["p1", None, "p3"] and now["reviewers"][2]["metadata"] == FULL
    listed = stack.api.get(f"/v1/share-links?external_id={name}", status=200).json()["data"]
    assert [(each["id"], each["external_id"], each["metadata"]) for each in listed] == [(link["id"], name, link["metadata"])]
    for call in ("reactivate", "deactivate"):
        after = stack.api.post(f"{path}/{call}", status=200).json()
        assert (after["external_id"], after["metadata"]) == (name, link["metadata"])
        assert [each["external_id"] for each in after["reviewers"]] == ["p1", None, "p3"]
    one = f"{path}/reviewers/{link['reviewers'][0]['id']}"
    for call in ("deactivate", "reactivate"):
        assert stack.api.post(f"{one}/{call}", status=200).json()["external_id"] == "p1"


def test_nothing_said_is_none(stack):
    for over in ({}, {"external_id": None, "metadata": None}, {"metadata": {}}):
        link = create(stack, reviewers=[person(1, **over)], **over)
        for each in (link, link["reviewers"][0]):
            assert (each["external_id"], each["metadata"]) == (None, {})


def test_basic_links_have_them_too(stack, name):
    interview = stack.make_interview()
    link = stack.api.post(f"/v1/interviews/{interview}/basic-link", {"external_id": name, "metadata": {"a": "b"}}, status=201).json()
    assert (link["external_id"], link["metadata"]) == (name, {"a": "b"})
    assert stack.api.get(f"/v1/interviews/{interview}/basic-link", status=200).json()["external_id"] == name
    again = stack.api.post(f"/v1/interviews/{interview}/basic-link", {"external_id": name, "metadata": {"c": "d"}}, status=200).json()
    assert (again["id"], again["metadata"]) == (link["id"], {"a": "b"})
    other = stack.make_interview()
    assert codes(stack.api.post(f"/v1/interviews/{other}/basic-link", {"external_id": name, "metadata": {"a": 1}, "colour": "red"})) == [
        ("/colour", "unknown_field"), ("/external_id", "duplicate"), ("/metadata/a", "wrong_type")]
    assert codes(stack.api.post("/v1/share-links", {"kind": "basic", "interview_ids": [other], "external_id": name})) == [("/external_id", "duplicate")]
    assert stack.api.get(f"/v1/interviews/{other}/basic-link").status_code == 404
    stack.api.post(f"/v1/interviews/{other}/basic-link", {"external_id": f"{name}.2"}, status=201)
    assert stack.api.patch(f"/v1/share-links/{link['id']}", {"external_id": None, "metadata": {"a": None}}, status=200).json()["metadata"] == {}


@pytest.mark.parametrize("metadata, places", WRONG.values(), ids=WRONG)
def test_faults_of_metadata_are_told_at_their_places(stack, metadata, places):
    link, interview = stack.make_share_link(), stack.make_interview()
    wanted = sorted(f"/metadata{place}" for place in places)
    assert faults(stack.api.post("/v1/share-links", samples.share_link_body([interview], metadata=metadata))) == wanted
    assert faults(stack.api.patch(f"/v1/share-links/{link['id']}", {"metadata": metadata})) == wanted
    assert faults(stack.api.post(f"/v1/interviews/{interview}/basic-link", {"metadata": metadata})) == wanted
    of_reviewer = sorted(f"/reviewers/1{place}" for place in wanted)
    people = [person(1), person(2, metadata=metadata)]
    assert faults(stack.api.post("/v1/share-links", samples.share_link_body([interview], reviewers=people))) == of_reviewer
    assert faults(stack.api.post(f"/v1/share-links/{link['id']}/reviewers", {"reviewers": people})) == of_reviewer
    now = stack.api.get(f"/v1/share-links/{link['id']}", status=200).json()
    assert (now["version"], now["metadata"]) == (1, {})


def test_only_a_change_takes_a_member_away_by_null(stack):
    interview = stack.make_interview()
    assert codes(stack.api.post("/v1/share-links", samples.share_link_body([interview], metadata={"a": None}))) == [("/metadata/a", "wrong_type")]


def test_pasted_texts_are_mended_in_metadata(stack):
    link = create(stack, metadata={"note": "one\u2028two\r\nthree\u0007\u202efour"})
    assert link["metadata"] == {"note": "one\ntwo\nthreefour"}
    assert stack.api.patch(f"/v1/share-links/{link['id']}", {"metadata": {"note": "a\u000bb"}}, status=200).json()["metadata"] == {"note": "a\nb"}


def test_metadata_is_changed_member_by_member(stack):
    link = create(stack, metadata={"a": "1", "b": "2"})
    path, version = f"/v1/share-links/{link['id']}", 1
    for change, wanted in (({"b": "3", "c": "4"}, {"a": "1", "b": "3", "c": "4"}), ({"a": None, "nothing": None}, {"b": "3", "c": "4"}),
                           ({}, {"b": "3", "c": "4"}), ({"b": "3"}, {"b": "3", "c": "4"}), (None, {}), (FULL, FULL)):
        before = stack.api.get(path, status=200).json()
        after = stack.api.patch(path, {"metadata": change}, status=200).json()
        assert after["metadata"] == wanted
        version += before["metadata"] != wanted
        assert after["version"] == version
    assert stack.api.patch(path, {"title": "Another"}, status=200).json()["metadata"] == FULL
    assert codes(stack.api.patch(path, {"metadata": {"one.more": "v"}})) == [("/metadata", "too_many")]
    assert codes(stack.api.patch(path, {"metadata": {"one.more": "v"}, "title": ""})) == [("/metadata", "too_many"), ("/title", "too_short")]
    swapped = stack.api.patch(path, {"metadata": {"one.more": "v", "key.0": None}}, status=200).json()["metadata"]
    assert len(swapped) == 50 and swapped["one.more"] == "v"
    assert event_types(stack, link["id"]).count("link.updated") == version - 1 + 2


@pytest.mark.parametrize("wrong", WRONG_IDS, ids=[str(each)[:8] for each in WRONG_IDS])
def test_faulty_external_ids_are_refused(stack, wrong):
    link, interview = stack.make_share_link(), stack.make_interview()
    assert faults(stack.api.post("/v1/share-links", samples.share_link_body([interview], external_id=wrong, reviewers=[person(1, external_id=wrong)]))) == [
        "/external_id", "/reviewers/0/external_id"]
    assert faults(stack.api.patch(f"/v1/share-links/{link['id']}", {"external_id": wrong})) == ["/external_id"]
    assert faults(stack.api.post(f"/v1/share-links/{link['id']}/reviewers", {"reviewers": [person(1, external_id=wrong)]})) == ["/reviewers/0/external_id"]
    if isinstance(wrong, str):
        for parameter in ("external_id", "reviewer_external_id"):
            assert faults(stack.api.get("/v1/share-links", params={parameter: wrong})) == [f"?{parameter}"]


def test_external_id_of_another_link_is_told_with_all_other_faults(stack, name):
    link = create(stack, external_id=name)
    other = create(stack)
    body = samples.share_link_body(["int-none"], external_id=name, title="", reviewers=[person(1, email="x")])
    assert codes(stack.api.post("/v1/share-links", body)) == [
        ("/external_id", "duplicate"), ("/interview_ids/0", "not_found"), ("/reviewers/0/email", "too_short"), ("/title", "too_short")]
    path = f"/v1/share-links/{other['id']}"
    assert codes(stack.api.patch(path, {"external_id": name})) == [("/external_id", "duplicate")]
    assert codes(stack.api.patch(path, {"external_id": name, "title": "", "metadata": {"a": 1}})) == [
        ("/external_id", "duplicate"), ("/metadata/a", "wrong_type"), ("/title", "too_short")]
    assert stack.api.get(path, status=200).json()["version"] == 1
    assert stack.api.patch(f"/v1/share-links/{link['id']}", {"external_id": name}, status=200).json()["version"] == 1
    foreign = stack.other_api.put(f"/v1/interviews/{samples.interview_id()}", samples.interview_document(), status=201).json()["id"]
    stack.other_api.post("/v1/share-links", samples.share_link_body([foreign], external_id=name), status=201)


def test_external_id_is_free_again(stack, name):
    link = create(stack, external_id=name)
    stack.api.patch(f"/v1/share-links/{link['id']}", {"external_id": None}, status=200)
    second = create(stack, external_id=name)
    assert found(stack, f"external_id={name}") == [second["id"]]
    stack.api.delete(f"/v1/share-links/{second['id']}", status=204)
    third = create(stack, external_id=name, reviewers=[person(1, external_id="r1")])
    path = f"/v1/share-links/{third['id']}/reviewers"
    stack.api.post(path, {"reviewers": [person(2)]}, status=201)
    stack.api.delete(f"{path}/{third['reviewers'][0]['id']}", status=204)
    stack.api.post(path, {"reviewers": [person(3, external_id="r1")]}, status=201)


def test_reviewers_of_one_link_have_external_ids_of_their_own(stack, name):
    interview = stack.make_interview()
    twice = [person(1, external_id=name), person(2), person(3, external_id=name), person(4, external_id=name, email="x")]
    assert codes(stack.api.post("/v1/share-links", samples.share_link_body([interview], reviewers=twice))) == [
        ("/reviewers/2/external_id", "duplicate"), ("/reviewers/3/email", "too_short"), ("/reviewers/3/external_id", "duplicate")]
    link = create(stack, reviewers=[person(1, external_id=name)])
    path = f"/v1/share-links/{link['id']}/reviewers"
    same = {**person(5, external_id=f"{name}.5"), "email": link["reviewers"][0]["email"]}
    assert codes(stack.api.post(path, {"reviewers": [person(4, external_id=name), same, person(6, metadata={"a": 1})]})) == [
        ("/reviewers/0/external_id", "duplicate"), ("/reviewers/1/email", "duplicate"), ("/reviewers/2/metadata/a", "wrong_type")]
    other = create(stack, reviewers=[person(1, external_id=name)])
    assert sorted(found(stack, f"reviewer_external_id={name}")) == sorted([link["id"], other["id"]])
    assert found(stack, f"reviewer_external_id={name}.5") == [] and found(stack, f"external_id={name}") == []
    assert stack.other_api.get(f"/v1/share-links?reviewer_external_id={name}", status=200).json()["data"] == []


def test_parallel_calls_give_an_external_id_once(stack, name):
    """Some meet it in their check, some only in the index."""
    interview = stack.make_interview()
    others = [create(stack) for _ in range(4)]

    def call(number):
        api = stack.api.another()
        if number < 4:
            return api.patch(f"/v1/share-links/{others[number]['id']}", {"external_id": name})
        headers = {"Idempotency-Key": f"{name}-{number}"} if number % 2 else {}
        return api.post("/v1/share-links", samples.share_link_body([interview], external_id=name), headers=headers)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(8)))
    refused = [answer for answer in answers if answer.status_code not in (200, 201)]
    assert len(refused) == 7 and all(codes(answer) == [("/external_id", "duplicate")] for answer in refused)
    assert len(found(stack, f"external_id={name}")) == 1


@pytest.mark.parametrize("kind", ["create", "with a key", "change", "basic"])
def test_external_id_that_is_taken_while_a_call_waits_is_a_duplicate(stack, name, kind):
    """The check of the statement cannot see it; the index does."""
    taker, other, interview = create(stack), create(stack), stack.make_interview()
    calls = {
        "create": lambda: stack.api.another().post("/v1/share-links", samples.share_link_body([interview], external_id=name)),
        "with a key": lambda: stack.api.another().post("/v1/share-links", samples.share_link_body([interview], external_id=name),
                                                       headers={"Idempotency-Key": name}),
        "change": lambda: stack.api.another().patch(f"/v1/share-links/{other['id']}", {"external_id": name}),
        "basic": lambda: stack.api.another().post(f"/v1/interviews/{interview}/basic-link", {"external_id": name}),
    }
    meanwhile = psycopg2.connect(stack.postgres.url(stack.database))
    with concurrent.futures.ThreadPoolExecutor(1) as pool, meanwhile.cursor() as cursor:
        cursor.execute("update links.share_links set external_id = %s where id = %s", (name, taker["id"]))
        answer = pool.submit(calls[kind])
        wait_until(lambda: stack.db.value("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"),
                   10, "the call waits")
        meanwhile.commit()
        assert codes(answer.result()) == [("/external_id", "duplicate")]
    meanwhile.close()


def test_reviewers_get_none_of_it(stack, name):
    secret = f"secret-{name}"
    link = create(stack, external_id=name, metadata={"k1": secret}, send_email=True,
                  reviewers=[person(1, external_id=f"{name}.r", metadata={"k2": secret})])
    basic = stack.api.post(f"/v1/interviews/{stack.make_interview()}/basic-link", {"external_id": f"{name}.b", "metadata": {"k3": secret}}, status=201).json()
    mail = stack.mails.wait_for_one_to(link["reviewers"][0]["email"])
    assert name not in mail.as_string()
    for each in (link, basic):
        browser = stack.reviewer(each)
        answers = [browser.open(), browser.get(browser.page), browser.get(f"{browser.page}/state"), browser.get(f"{browser.page}/content")]
        for answer in answers:
            assert answer.status_code == 200 and name not in answer.text + str(answer.headers)
    told = stack.db.rows("select data::text as data from events.log where share_link_id = any (%s)", [link["id"], basic["id"]])
    assert told and not [row for row in told if name in row["data"]]
    denied = [("sharelink_views", "links.share_links", column) for column in ("external_id", "metadata")]
    denied += [(role, table, column) for role in ("sharelink_views", "sharelink_notifications") for table in ("links.reviewers", "links.interviews")
               for column in ("external_id", "metadata")]
    for role, table, column in denied:
        assert not stack.db.value("select has_column_privilege(%s, %s, %s, 'select')", role, table, column), (role, table, column)
    shown = stack.db.rows("""
        select table_name as view, column_name as name from information_schema.columns
        where table_schema = 'links' and has_table_privilege('sharelink_views', quote_ident(table_schema) || '.' || quote_ident(table_name), 'select')""")
    assert shown and not [row for row in shown if row["name"] in ("external_id", "metadata")]


def test_guest_of_a_basic_link_has_neither(stack):
    guest = stack.api.post(f"/v1/interviews/{stack.make_interview()}/basic-link", status=201).json()["reviewers"][0]
    assert (guest["external_id"], guest["metadata"]) == (None, {})


# --- interviews ---

def put(stack, interview=None, **over):
    return stack.api.put(f"/v1/interviews/{interview or samples.interview_id()}", samples.interview_document(**over))


def test_interviews_are_answered_with_what_the_platform_said_of_them(stack, name):
    interview = samples.interview_id()
    path, document = f"/v1/interviews/{interview}", samples.interview_document(external_id=name, metadata={"application": "A-1", "note": "a\u2028b"})
    made = stack.api.put(path, document, status=201).json()
    assert (made["id"], made["external_id"], made["metadata"]) == (interview, name, {"application": "A-1", "note": "a\nb"})
    assert stack.api.get(path, status=200).json() == made
    listed = stack.api.get(f"/v1/interviews?external_id={name}", status=200).json()["data"]
    assert [(each["id"], each["external_id"], each["metadata"]) for each in listed] == [(interview, name, made["metadata"])]
    kept = stack.db.value("select document from links.interviews where id = %s", interview)
    assert not {"external_id", "metadata", "id"} & kept.keys()
    again = stack.api.put(path, samples.interview_document(), status=200).json()
    assert (again["version"], again["external_id"], again["metadata"]) == (2, None, {}), "a PUT puts all of it"
    for nothing in ({"external_id": None, "metadata": None}, {"metadata": {}}):
        said = stack.api.put(path, samples.interview_document(**nothing), status=200).json()
        assert (said["external_id"], said["metadata"]) == (None, {})
    assert stack.api.get(f"/v1/interviews?external_id={name}", status=200).json()["data"] == []
    assert faults(stack.api.get("/v1/interviews", params={"external_id": "a b"})) == ["?external_id"]


@pytest.mark.parametrize("metadata, places", WRONG.values(), ids=WRONG)
def test_faults_of_an_interviews_metadata_are_told_at_their_places(stack, metadata, places):
    assert faults(put(stack, metadata=metadata)) == sorted(f"/metadata{place}" for place in places)
    sent = [{"id": samples.interview_id(), **samples.interview_document(**over)} for over in ({}, {"metadata": metadata})]
    answer = stack.api.post("/v1/interviews/batch", {"interviews": sent})
    assert faults(answer) == sorted(f"/interviews/1/metadata{place}" for place in places)


def test_external_id_of_another_interview_is_told_with_all_other_faults(stack, name):
    first = put(stack, external_id=name)
    assert first.status_code == 201
    assert put(stack, first.json()["id"], external_id=name).status_code == 200, "its own"
    assert codes(put(stack, external_id=name)) == [("/external_id", "duplicate")]
    assert codes(put(stack, external_id=name, type="x", metadata={"a": 1})) == [
        ("/external_id", "duplicate"), ("/metadata/a", "wrong_type"), ("/type", "invalid")]
    for wrong in WRONG_IDS:
        assert faults(put(stack, external_id=wrong)) == ["/external_id"]
    foreign = stack.other_api.put(f"/v1/interviews/{samples.interview_id()}", samples.interview_document(external_id=name), status=201)
    assert foreign.json()["external_id"] == name
    stack.api.delete(f"/v1/interviews/{first.json()['id']}", status=200)
    assert put(stack, external_id=name).status_code == 201


def test_batch_with_a_taken_external_id_stores_nothing(stack, name):
    put(stack, external_id=name)
    before = stack.db.value("select count(*) from links.interviews")

    def batch(*overs):
        return stack.api.post("/v1/interviews/batch", {"interviews": [{"id": samples.interview_id(), **samples.interview_document(**over)} for over in overs]})

    assert codes(batch({}, {"external_id": name}, {})) == [("/interviews/1/external_id", "duplicate")]
    assert codes(batch({"external_id": f"{name}.2"}, {"external_id": f"{name}.2"}, {"external_id": name, "type": "x"})) == [
        ("/interviews/1/external_id", "duplicate"), ("/interviews/2/external_id", "duplicate"), ("/interviews/2/type", "invalid")]
    assert stack.db.value("select count(*) from links.interviews") == before
    assert batch({"external_id": f"{name}.3", "metadata": {"a": "b"}}, {}).status_code == 200
    found = stack.api.get(f"/v1/interviews?external_id={name}.3", status=200).json()["data"]
    assert [each["metadata"] for each in found] == [{"a": "b"}]


def test_parallel_calls_give_an_interviews_external_id_once(stack, name):
    """Batches that give the same ones in another order neither deadlock nor store half."""
    names = [f"{name}.{n}" for n in range(4)]

    def batch(number):
        order = names if number % 2 else names[::-1]
        sent = [{"id": samples.interview_id(), **samples.interview_document(external_id=each)} for each in order]
        headers = {"Idempotency-Key": f"{name}-{number}"} if number % 3 == 0 else {}
        return stack.api.another().post("/v1/interviews/batch", {"interviews": sent}, headers=headers)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(batch, range(8)))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(refused) == 7 and all(codes(answer) == [(f"/interviews/{n}/external_id", "duplicate") for n in range(4)] for answer in refused)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: stack.api.another().put(
            f"/v1/interviews/{samples.interview_id()}", samples.interview_document(external_id=name)), range(8)))
    refused = [answer for answer in answers if answer.status_code != 201]
    assert len(refused) == 7 and all(codes(answer) == [("/external_id", "duplicate")] for answer in refused)


def test_what_is_said_of_an_interview_counts_for_no_page_and_changes_none(make_stack):
    stack = make_stack(settings={"SHARELINK_LINKS_LINK_CONTENT_MB": "2"})
    document = samples.interview_document(questionnaire=[{"question": "q", "answer": "x" * 19200}] * 36)
    interviews = [samples.interview_id() for _ in range(3)]
    for each in interviews:
        stack.api.put(f"/v1/interviews/{each}", document, status=201)
    link, interview = stack.api.post("/v1/share-links", samples.share_link_body(interviews), status=201).json(), interviews[0]
    browser = stack.reviewer(link)
    browser.open(status=200)
    tag = browser.content(status=200).headers["ETag"]
    size = stack.db.value("select content_size from links.interviews where id = %s", interview)
    assert 3 * size + 27_000 > 2 << 20, "with metadata it would be too large"
    stack.api.put(f"/v1/interviews/{interview}", {**document, "metadata": FULL, "external_id": "said"}, status=200)
    assert stack.db.value("select content_size from links.interviews where id = %s", interview) == size
    page = browser.content(headers={"If-None-Match": tag})
    assert page.status_code == 304 and "said" not in page.text


def create_of(stack, interview):
    return stack.api.post("/v1/share-links", samples.share_link_body([interview]), status=201).json()


def test_reviewers_get_nothing_of_what_is_said_of_an_interview(stack, name):
    interview = put(stack, external_id=name, metadata={"k": f"secret-{name}"}).json()["id"]
    browser = stack.reviewer(create_of(stack, interview))
    browser.open(status=200)
    for answer in (browser.content(status=200), browser.interview(interview, status=200)):
        assert interview in answer.text and name not in answer.text + str(answer.headers)
    for search in ("secret", name):
        assert browser.content(params={"search": search}, status=200).json()["total"] == 0


def test_erasure_takes_it_along(stack, name):
    interview = put(stack, external_id=name, metadata={"k": f"secret-{name}"}).json()["id"]
    stack.api.post(f"/v1/interviews/{interview}/basic-link", {"metadata": {"k": f"secret-{name}"}}, headers={"Idempotency-Key": name}, status=201)
    assert name in "".join(all_text(stack.db).values())
    stack.api.delete(f"/v1/interviews/{interview}", status=200)
    assert not [line for text in all_text(stack.db).values() for line in text.splitlines() if name in line]
