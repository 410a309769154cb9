"""Many interviews in one call: all are stored or none is, every fault of each has its place, nobody waits for long because of it, and two
batches of the same interviews wait for each other and not in a circle."""

import json
import time

import psycopg2
import pytest
from stack import ports
from stack.waiting import wait_until
from support import prometheus, samples
from support.api import Api, faults
from support.crowds import peak_mib
from support.opens import in_threads
from support.programs import daemon
from support.raw_http import Connection, request

MIB = 1024 * 1024
PATH = "/v1/interviews/batch"
JSON = {"Content-Type": "application/json"}


def interview(**over):
    return {"id": samples.interview_id(), **samples.interview_document(), **over}


def interviews(count):
    return [interview() for _ in range(count)]


def padded(size, count=100):
    """A body of so many bytes, nearly all of them in the documents."""
    made = [interview(questionnaire=[], questions=[]) for _ in range(count)]
    room = (size - len(json.dumps({"interviews": made}))) // count - 1000
    for each in made:
        each["questionnaire"] = [{"question": "q", "answer": "x" * min(20_000, room - at)} for at in range(0, room, 20_000)]
    body = json.dumps({"interviews": made})
    return (body + " " * (size - len(body))).encode()


def send(api, body, **options):
    return api.call("POST", PATH, data=body, headers=JSON, **options)


def stored(stack):
    return stack.db.value("select count(*) from links.interviews")


# --- what is stored ---

def test_each_is_created_or_replaced_and_told_of_in_the_order_sent(stack):
    known = stack.make_interview()
    sent = [interview(), interview(id=known), interview()]
    answer = stack.api.post(PATH, {"interviews": sent}, status=200).json()
    assert [(each["id"], each["result"], each["version"]) for each in answer["data"]] == [
        (sent[0]["id"], "created", 1), (known, "replaced", 2), (sent[2]["id"], "created", 1)]
    for told, document in zip(answer["data"], sent):
        got = stack.api.get(f"/v1/interviews/{document['id']}", status=200).json()
        assert got == {**document, "external_id": None, "metadata": {}, **{name: told[name] for name in ("id", "version", "created_at", "updated_at")}}


def test_it_stores_what_the_single_put_stores(stack):
    """Texts mended, addresses and moments in their one form."""
    odd = samples.interview_document(completed_at="2026-01-05T12:00:00+02:00")
    odd["candidate"].update(first_name="A\u2028da\u202e", email="Ada@B\u00dcCHER.example")
    odd["questions"][0]["text"] = "One\r\ntwo"
    ids = [samples.interview_id(), samples.interview_id()]
    stack.api.put(f"/v1/interviews/{ids[0]}", odd, status=201)
    stack.api.post(PATH, {"interviews": [{"id": ids[1], **odd}]}, status=200)
    one, other = (stack.db.rows("select document, searched, content_size from links.interviews where id = %s", each) for each in ids)
    assert one == other


def test_pages_of_links_show_the_new_documents(stack):
    link = stack.make_share_link(interview_count=3)
    browser = stack.reviewer(link)
    browser.open(status=200)
    browser.content(status=200)
    stack.api.post(PATH, {"interviews": [interview(id=each, candidate={"first_name": "Renamed"}) for each in link["interview_ids"]]}, status=200)
    assert browser.content(status=200).text.count("Renamed") >= 3


def test_a_hundred_of_four_mib_are_stored(stack):
    answer = send(stack.api, padded(4 * MIB), status=200).json()
    assert len(answer["data"]) == 100


def test_a_key_makes_it_once(stack):
    body = {"interviews": interviews(2)}
    first, again = (stack.api.post(PATH, body, headers={"Idempotency-Key": "batch-once"}, status=200) for _ in range(2))
    assert again.content == first.content and again.headers["Idempotency-Replayed"] == "true"


# --- what is refused ---

def test_one_bad_of_a_hundred_stores_nothing_and_is_named(stack):
    sent, before = interviews(100), stored(stack)
    del sent[41]["candidate"]["first_name"]
    assert faults(stack.api.post(PATH, {"interviews": sent}, status=422)) == ["/interviews/41/candidate/first_name"]
    assert stored(stack) == before


def test_every_fault_of_every_document_is_named(stack):
    sent = interviews(8)
    sent[0]["typ"] = "one_way"
    sent[1] = 7
    sent[2]["id"] = ".."
    del sent[3]["id"]
    sent[5]["id"] = sent[4]["id"]
    sent[6]["questions"][1]["id"] = sent[6]["questions"][0]["id"]
    sent[7]["job"]["title"] = ""
    answer = stack.api.post(PATH, {"interviews": sent, "more": 1}, status=422)
    assert sorted(faults(answer)) == ["/interviews/0/typ", "/interviews/1", "/interviews/2/id", "/interviews/3/id", "/interviews/5/id",
                                      "/interviews/6/questions/1/id", "/interviews/7/job/title", "/more"]
    codes = {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}
    assert codes["/interviews/5/id"] == "duplicate" and codes["/interviews/1"] == "wrong_type"


@pytest.mark.parametrize("count, code", [(0, "too_short"), (101, "too_long")])
def test_there_are_one_to_a_hundred(stack, count, code):
    before = stored(stack)
    answer = stack.api.post(PATH, {"interviews": interviews(count)}, status=422)
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [("/interviews", code)] and stored(stack) == before


@pytest.mark.parametrize("body, pointer", [({}, "/interviews"), ({"interviews": 3}, "/interviews"), ({"interviews": None}, "/interviews"), ([], "")])
def test_body_of_another_shape_is_named(stack, body, pointer):
    assert faults(stack.api.post(PATH, body, status=422)) == [pointer]


@pytest.mark.parametrize("body, place", [
    ('{"interviews": [{"id": "a"}, {"id" "b"}]}', "line 1, column 38"), ('{"interviews": [{},\n {},]}', "line 2"), ('{"interviews": [{}', "line 1"),
    ('{"interviews": [{}],}', "line 1, column 21"), ('{"interviews": [{"a": 1, "a": 2}]}', "same key twice"), ('{"interviews": [], "interviews": []}', "twice"),
    ('{"interviews": [' + "[" * 17 + "]" * 17 + "]}", "deep"), ('{"interviews": ["\\u0000"]}', "u0000")])
def test_broken_json_is_told_where(stack, body, place):
    answer = send(stack.api, body, status=400).json()
    assert answer["code"] == "invalid_json" and place in answer["detail"], answer


def test_broken_json_at_the_end_of_four_mib_stores_nothing(stack):
    before = stored(stack)
    body = padded(4 * MIB - 2).rstrip()
    assert send(stack.api, body[:-2] + b"x]}", status=400).json()["code"] == "invalid_json" and stored(stack) == before


def test_body_over_four_mib_is_refused(stack):
    with Connection(stack.links) as connection:
        connection.send(request("POST", PATH, "Content-Type: application/json", body=b" " * (4 * MIB + 1)))
        answer = connection.answer("POST")
        assert answer.status == 413 and json.loads(answer.content)["code"] == "body_too_large"
    with Connection(stack.links) as connection:
        connection.send(request("POST", PATH, "Content-Type: application/json", "Content-Length: 1000000000"))
        assert connection.answer("POST").status == 413


def test_one_interview_has_a_mib_at_most(stack):
    big = padded(MIB + 100_000, count=1)
    answer = send(stack.api, big, status=422).json()
    assert [(each["pointer"], each["code"]) for each in answer["errors"]] == [("/interviews/0", "too_large")]


def test_nothing_else_of_the_body_may_be_large(stack):
    assert send(stack.api, b'{"interviews": [{}], "x": "' + b"x" * 2 * MIB + b'"}', status=413).json()["code"] == "body_too_large"


def test_other_routes_take_a_mib_still(stack):
    for method, path in (("POST", "/v1/share-links"), ("PUT", "/v1/interviews/batch"), ("POST", "/v1/interviews/batch/basic-link")):
        with Connection(stack.links) as connection:
            connection.send(request(method, path, "Content-Type: application/json", f"Content-Length: {2 * MIB}"))
            assert connection.answer(method).status == 413, path


def test_the_size_holds_for_one_request_of_a_connection(stack):
    """Large, small, large again; and what comes after a large one has the usual limit."""
    key = f"Authorization: Bearer {stack.key}"
    with Connection(stack.links) as connection:
        for path, size, status in ((PATH, 3 * MIB, 200), ("/v1/share-links", MIB, 422), (PATH + "?x=1", 3 * MIB, 200)):
            body = padded(size) if path.startswith(PATH) else b"{}" + b" " * (size - 2)
            connection.send(request("POST", path, key, "Content-Type: application/json", body=body))
            assert connection.answer("POST").status == status
        connection.send(request("POST", "/v1/share-links", key, "Content-Type: application/json", f"Content-Length: {2 * MIB}"))
        assert connection.answer("POST").status == 413


def test_pages_that_would_be_too_large_are_named(shared):
    stack = shared.make_stack(settings={"SHARELINK_LINKS_LINK_CONTENT_MB": "2"})
    text = {"questionnaire": [{"question": "q", "answer": "x" * 10240}] * 30, "questions": []}
    link = stack.make_share_link(interview_ids=[stack.make_interview(**text) for _ in range(5)])
    before = {each: stack.api.get(f"/v1/interviews/{each}").json() for each in link["interview_ids"]}
    text["questionnaire"] = text["questionnaire"] * 2
    new = interview()
    sent = [new, *(interview(id=each, **text) for each in link["interview_ids"][:3])]
    answer = stack.api.post(PATH, {"interviews": sent}, status=422).json()
    assert [(each["pointer"], each["code"]) for each in answer["errors"]] == [(f"/interviews/{place}", "too_large") for place in (1, 2, 3)]
    assert link["id"] in answer["errors"][0]["detail"]
    assert {each: stack.api.get(f"/v1/interviews/{each}").json() for each in before} == before
    stack.api.get(f"/v1/interviews/{new['id']}", status=404)
    stack.api.post(PATH, {"interviews": [new, sent[1]]}, status=200)
    stack.close()


# --- beside others ---

def test_same_ids_in_opposite_order_do_not_wait_in_a_circle(stack):
    """New ones and those that are there, against the single PUT and erasures."""
    stack.db.rows(f'alter database "{stack.database}" set deadlock_timeout = \'10ms\'')
    rounds = [[samples.interview_id() for _ in range(20)] for _ in range(12)]
    statuses = []

    def run(number):
        def go():
            api = stack.api.another()
            for ids in rounds:
                order = ids if number % 2 else ids[::-1]
                if number < 4:
                    statuses.append(api.post(PATH, {"interviews": [interview(id=each) for each in order]}).status_code)
                else:
                    for each in order[:5]:
                        statuses.append(api.put(f"/v1/interviews/{each}", samples.interview_document()).status_code)
                        if number == 5:
                            api.delete(f"/v1/interviews/{each}")
        return go

    numbers = iter(range(6))
    in_threads(lambda: run(next(numbers))(), 6)
    assert set(statuses) <= {200, 201}
    text = Api(stack.links.url()).get("/metrics", status=200).text
    families = prometheus.parse(text)
    met = sum(number for name in ("sharelink_pg_tried_again_total", "sharelink_pg_errors_total") if families.get(name)
              for (_, labels), number in families[name].samples.items() if dict(labels).get("sqlstate") == "40P01")
    assert met == 0


@pytest.fixture
def few(stack, tmp_path):
    """A daemon with room for one batch that waits."""
    settings = {**stack.links.settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}", "SHARELINK_BATCHES_WAITING": "1"}
    with daemon("links", settings, tmp_path / "few.log") as started:
        yield started


def locked(stack, interview_id):
    holder = psycopg2.connect(stack.postgres.url(stack.database))
    holder.cursor().execute("select from links.interviews where id = %s for update", (interview_id,))
    return holder


def test_batches_of_an_account_take_turns_and_too_many_are_told(stack, few):
    known, statuses = stack.make_interview(), []
    holder = locked(stack, known)
    api = Api(few.url(), stack.key)

    def batch():
        statuses.append(api.another().post(PATH, {"interviews": [interview(id=known)]}).status_code)

    def answered():
        return len(statuses)

    def go(number):
        if number == 3:
            wait_until(lambda: answered() == 1, 10, "one is refused")
            holder.rollback()
        else:
            batch()

    numbers = iter(range(4))
    in_threads(lambda: go(next(numbers)), 4)
    assert sorted(statuses) == [200, 200, 429]
    other = Api(few.url(), stack.other_api.key)
    holder = locked(stack, known)
    held = []

    def go_beside(number):
        if number == 0:
            held.append(api.another().post(PATH, {"interviews": [interview(id=known)]}).status_code)
        else:
            other.post(PATH, {"interviews": [interview()]}, status=200)
            holder.rollback()

    numbers = iter(range(2))
    in_threads(lambda: go_beside(next(numbers)), 2)
    assert held == [200]
    holder.close()


def test_a_batch_that_waits_holds_no_turn_of_keys(stack, few):
    """Four requests with an Idempotency-Key are at work at a time in a process; batches in line are none of them."""
    known = stack.make_interview()
    holder = locked(stack, known)
    api = Api(few.url(), stack.key)

    def go(number):
        if number < 2:
            api.another().post(PATH, {"interviews": [interview(id=known)]}, headers={"Idempotency-Key": f"turn-{known}-{number}"}, status=200)
        else:
            wait_until(lambda: stack.db.value("select count(*) from pg_locks where not granted") >= 1, 10, "the first waits for the row")
            api.another().post("/v1/email-templates", {"name": "N", "subject": "s", "body": "b {{link_url}}"},
                               headers={"Idempotency-Key": f"turn-{known}-{number}"}, status=201)
            at_work = stack.db.value("select count(*) from pg_stat_activity where state = 'idle in transaction' and datname = current_database() "
                                     "and usename = 'sharelink_links'")
            assert at_work <= 1
            holder.rollback()

    numbers = iter(range(3))
    in_threads(lambda: go(next(numbers)), 3)
    holder.close()


def test_keys_with_escapes_take_no_memory_each(stack, tmp_path):
    settings = {**stack.links.settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}"}
    body = ("{" + ",".join(f'"\\u0061{number}":1' for number in range(230_000)) + ',"interviews":[]}').encode()
    with daemon("links", settings, tmp_path / "keys.log") as started:
        send(Api(started.url(), stack.key), body, status=413)
        assert peak_mib(started) < 36


def test_many_large_batches_at_once_stay_within_the_memory(stack, tmp_path):
    """Forty of 4 MiB: what is read and what waits is bounded by SHARELINK_WAITING_ANSWERS_MB, what is at work by the turns."""
    settings = {**stack.links.settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}", "SHARELINK_WAITING_ANSWERS_MB": "16"}
    body = padded(4 * MIB)
    with daemon("links", settings, tmp_path / "large.log") as started:
        statuses = []

        def go():
            api = Api(started.url(), stack.key)
            try:
                statuses.append(api.session.post(api.base + PATH, data=body, headers=JSON, timeout=60).status_code)
            except OSError:
                statuses.append(0)  # crowded out

        in_threads(go, 40)
        assert 200 in statuses and set(statuses) <= {200, 429, 503, 0}
        assert peak_mib(started) < 256
        began = time.monotonic()
        assert send(Api(started.url(), stack.key), body, status=200) and time.monotonic() - began < 10
