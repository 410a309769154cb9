"""Idempotency-Key: a POST that is sent again has one effect and one answer, whoever sends it when, and whatever dies meanwhile."""

import concurrent.futures
import itertools
import json
import re
import threading
import time

import psycopg2
import pytest
from stack import ports
from stack.waiting import wait_until
from support import samples
from support.api import Api
from support.contract import routes
from support.held import HELD_SECONDS, Held
from support.programs import daemon
from support.receiver import Receiver
from support.tables import NOT_BY_CLOCK, all_text

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def patient(shared):
    """A stack whose requests wait for what the test holds, also where the test itself takes its time."""
    made = shared.make_stack(lock_seconds=HELD_SECONDS)
    yield made
    made.close()


def new_key():
    return f"test key {next(numbers)}"


def keyed(api, path, body, key, **options):
    return api.post(path, body, headers={"Idempotency-Key": key}, **options)


def is_replay(answer):
    return answer.headers.get("Idempotency-Replayed") == "true"


def link_body(stack, **over):
    return samples.share_link_body([stack.make_interview()], 1, **over)


def links_titled(stack, title):
    return stack.db.value("select count(*) from links.share_links where title = %s", title)


def events_of(stack, link_id):
    return [row["type"] for row in stack.db.rows("select type from events.log where share_link_id = %s order by id", link_id)]


# --- every POST ---

def fresh(stack, **over):
    link = stack.make_share_link(**over)
    return link["id"], link["reviewers"][0]["id"]


def of_link(action, body=None):
    def make(stack):
        link, _ = fresh(stack)
        return f"/v1/share-links/{link}/{action}", body(stack) if callable(body) else body
    return make


def of_reviewer(action):
    def make(stack):
        link, reviewer = fresh(stack)
        return f"/v1/share-links/{link}/reviewers/{reviewer}/{action}", None
    return make


TEMPLATE = {"name": "One", "subject": "For {{reviewer_name}}", "body": "Look: {{link_url}}"}
POSTS = {
    "/v1/share-links": lambda stack: ("/v1/share-links", link_body(stack)),
    "/v1/interviews/batch": lambda stack: ("/v1/interviews/batch", {
        "interviews": [{"id": samples.interview_id(), **samples.interview_document()} for _ in range(3)]}),
    "/v1/memberships/query": lambda stack: ("/v1/memberships/query", {"interview_ids": [stack.make_interview()]}),
    "/v1/memberships": lambda stack: ("/v1/memberships", {"interview_ids": [stack.make_interview()], "add_to": [fresh(stack)[0]]}),
    "/v1/interviews/{id}/basic-link": lambda stack: (f"/v1/interviews/{stack.make_interview()}/basic-link", None),
    "/v1/share-links/{id}/deactivate": of_link("deactivate"),
    "/v1/share-links/{id}/reactivate": of_link("reactivate", {"expires_in": {"value": 1, "unit": "days"}}),
    "/v1/share-links/{id}/reviewers": of_link("reviewers", lambda stack: {"reviewers": samples.reviewers(2)}),
    "/v1/share-links/{id}/reviewers/{rid}/deactivate": of_reviewer("deactivate"),
    "/v1/share-links/{id}/reviewers/{rid}/reactivate": of_reviewer("reactivate"),
    "/v1/share-links/{id}/reviewers/{rid}/invite": of_reviewer("invite"),
    "/v1/share-links/{id}/invite": of_link("invite", {"who": "unopened"}),
    "/v1/share-links/{id}/interviews": of_link("interviews", lambda stack: {"interview_ids": [stack.make_interview()]}),
    "/v1/share-links/{id}/interviews/remove": of_link("interviews/remove", lambda stack: {"interview_ids": [stack.make_interview()]}),
    "/v1/email-templates": lambda stack: ("/v1/email-templates", TEMPLATE),
    "/v1/email-templates/preview": lambda stack: ("/v1/email-templates/preview", {"subject": "A", "body": "B {{link_url}}"}),
}


def make_endpoint(stack, event="link.expired"):
    body = {"url": Receiver().url(), "events": [event]}
    return Api(stack.notifications.url(), stack.key).post("/v1/webhook-endpoints", body, status=201).json()["id"]


def of_endpoint(action, body=None):
    return lambda stack: (f"/v1/webhook-endpoints/{make_endpoint(stack)}/{action}", body)


def replay_of_one_event(stack):
    endpoint = make_endpoint(stack, "link.created")
    stack.make_share_link()
    wait_until(lambda: stack.db.value("select state = 'sent' from notifications.deliveries where event_type = 'link.created' and channel = 'webhook'"),
               20, "it is posted for the first time")
    return f"/v1/webhook-endpoints/{endpoint}/replay", {"from": "2026-01-01T00:00:00Z"}


def failed_delivery(stack):
    endpoint = make_endpoint(stack)
    delivery = Api(stack.notifications.url(), stack.key).post(f"/v1/webhook-endpoints/{endpoint}/test", status=202).json()["id"]
    wait_until(lambda: stack.db.value("select state = 'sent' from notifications.deliveries where id = %s", delivery), 20, "the test is posted")
    stack.db.rows("update notifications.deliveries set state = 'failed' where id = %s", delivery)
    return f"/v1/deliveries/{delivery}/retry", None


NOTIFICATIONS_POSTS = {
    "/v1/webhook-endpoints": lambda stack: ("/v1/webhook-endpoints", {"url": "https://8.8.8.8/hook", "events": ["link.expired"]}),
    "/v1/webhook-endpoints/{id}/rotate-secret": of_endpoint("rotate-secret"),
    "/v1/webhook-endpoints/{id}/test": of_endpoint("test"),
    "/v1/webhook-endpoints/{id}/replay": replay_of_one_event,
    "/v1/deliveries/{id}/retry": failed_delivery,
}


@pytest.mark.parametrize("daemon_name, tried", [("links", POSTS), ("notifications", NOTIFICATIONS_POSTS)])
def test_every_post_is_tried_here(daemon_name, tried):
    assert {path for method, path, _, _ in routes(daemon_name) if method == "POST" and path.startswith("/v1/")} == set(tried)


@pytest.mark.parametrize("route", POSTS)
def test_second_request_gets_the_first_answer_and_has_no_effect(stack, api, route):
    path, body = POSTS[route](stack)
    key = new_key()
    first = keyed(api, path, body, key)
    assert first.status_code in (200, 201, 202), first.text
    assert not is_replay(first)
    rows = {name: text for name, text in all_text(stack.db, NOT_BY_CLOCK).items() if not name.startswith("notifications.")}
    second = keyed(api, path, body, key)
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert is_replay(second)
    for name in ("Location", "ETag", "Content-Type", "Cache-Control"):
        assert second.headers.get(name) == first.headers.get(name)
    assert {name: text for name, text in all_text(stack.db, NOT_BY_CLOCK).items() if not name.startswith("notifications.")} == rows
    changed = keyed(api, path, {**(body or {}), "other": 1}, key, status=422)
    assert changed.json()["code"] == "idempotency_key_reused" and [each["code"] for each in changed.json()["errors"]] == ["idempotency_key_reused"]
    without = api.post(path, body)
    assert not is_replay(without)


@pytest.fixture(scope="module")
def hooked(shared):
    made = shared.make_stack(settings={"SHARELINK_NOTIFICATIONS_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8"})
    yield made
    made.close()


def endpoints_and_deliveries(stack):
    """Without what posting changes by itself."""
    return (stack.db.rows("select id, version, secret::text from notifications.webhook_endpoints order by id"),
            stack.db.rows("select id, event_id from notifications.deliveries order by id"))


@pytest.mark.parametrize("route", NOTIFICATIONS_POSTS)
def test_second_request_to_notifications_has_no_effect_either(hooked, route):
    path, body = NOTIFICATIONS_POSTS[route](hooked)
    api, key = Api(hooked.notifications.url(), hooked.key), new_key()
    first = keyed(api, path, body, key)
    assert first.status_code in (200, 201, 202) and not is_replay(first), first.text
    rows = endpoints_and_deliveries(hooked)
    second = keyed(api, path, body, key)
    assert (second.status_code, second.content) == (first.status_code, first.content) and is_replay(second)
    assert endpoints_and_deliveries(hooked) == rows
    assert keyed(api, path, {**(body or {}), "other": 1}, key, status=422).json()["code"] == "idempotency_key_reused"


# --- the key ---

@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9", "a\tb", "\x7f"])
def test_key_of_another_form_is_refused(stack, api, key):
    title = f"never {next(numbers)}"
    body = link_body(stack, title=title)
    refused = keyed(api, "/v1/share-links", body, key.encode("latin-1"))
    assert refused.status_code == 400
    assert links_titled(stack, title) == 0


def test_longest_key_is_taken(stack, api):
    key = "~" * 255
    body = link_body(stack)
    assert keyed(api, "/v1/share-links", body, key, status=201).json()["id"] == keyed(api, "/v1/share-links", body, key, status=201).json()["id"]


def test_key_is_of_its_account_path_and_body(stack, api, other_api):
    key = new_key()
    first = keyed(api, "/v1/email-templates", TEMPLATE, key, status=201)
    other = keyed(other_api, "/v1/email-templates", TEMPLATE, key, status=201)
    assert not is_replay(other) and other.json()["id"] != first.json()["id"]
    assert not is_replay(keyed(api, "/v1/email-templates/preview", {"subject": "a", "body": "b"}, key, status=200))
    assert keyed(api, "/v1/email-templates", {**TEMPLATE, "name": "Two"}, key, status=422).json()["code"] == "idempotency_key_reused"
    assert is_replay(keyed(api, "/v1/email-templates", TEMPLATE, key, status=201))


def escaped(text):
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


def backwards(value):
    """The members of all objects the other way round."""
    if isinstance(value, dict):
        return {name: backwards(value[name]) for name in reversed(value)}
    return [backwards(each) for each in value] if isinstance(value, list) else value


WRITTEN = {
    "order": lambda body: json.dumps(backwards(body)),
    "blanks": lambda body: "\r\n " + json.dumps(body, indent=3, separators=(" ,", "\t: ")) + "\n",
    "no blanks": lambda body: json.dumps(body, separators=(",", ":")),
    "letters as they are": lambda body: json.dumps(body, ensure_ascii=False),
    "escapes": lambda body: re.sub(r'"([A-Za-z_ ]+)"', lambda text: f'"{escaped(text[1])}"', json.dumps(body)),
    "2.0": lambda body: json.dumps(body).replace('"value": 2', '"value": 2.0'),
    "20e-1": lambda body: json.dumps(body).replace('"value": 2', '"value": 20e-1'),
}


def keyed_text(stack, text, key, **headers):
    headers = {"Content-Type": "application/json", "Idempotency-Key": key, **headers}
    return stack.api.post("/v1/share-links", data=text.encode(), headers=headers)


@pytest.mark.parametrize("form", WRITTEN)
def test_same_json_is_the_same_body_however_it_is_written(stack, form):
    key, body = new_key(), link_body(stack, title="Ä/€ \U0001f600", expires_in={"value": 2, "unit": "weeks"})
    text = WRITTEN[form](body)
    assert json.loads(text) == body and (form == "order" or text != json.dumps(body))
    first = keyed_text(stack, json.dumps(body), key)
    second = keyed_text(stack, text, key, **{"Content-Type": "application/json; charset=utf-8"})
    assert first.status_code == 201 and is_replay(second) and second.content == first.content


@pytest.mark.parametrize("change", [{"title": "B"}, {"title": "a"}, {"title": "A "}, {"expires_in": {"value": 3, "unit": "weeks"}}, {"send_email": None},
                                    {"expires_in": {"value": 2.5, "unit": "weeks"}}, {"expires_in": {"value": "2", "unit": "weeks"}}, {"other": None}])
def test_other_json_is_another_body(stack, change):
    key, body = new_key(), link_body(stack, title="A", expires_in={"value": 2, "unit": "weeks"}, send_email=False)
    assert keyed_text(stack, json.dumps(body), key).status_code == 201
    reused = keyed_text(stack, json.dumps({**body, **change}), key)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")


def test_order_of_a_list_counts(stack):
    interviews, key = [stack.make_interview(), stack.make_interview()], new_key()
    body = samples.share_link_body(interviews, 1)
    assert keyed_text(stack, json.dumps(body), key).status_code == 201
    assert keyed_text(stack, json.dumps({**body, "interview_ids": interviews[::-1]}), key).json()["code"] == "idempotency_key_reused"


def test_what_is_no_json_is_compared_by_its_bytes(stack):
    key, body = new_key(), link_body(stack)
    assert keyed_text(stack, json.dumps(body), key).status_code == 201
    for text in (json.dumps(body)[:-1], "", "{}" + json.dumps(body), '{"title": 1, "title": 1}', json.dumps(body) + "\0"):
        assert keyed_text(stack, text, key).json()["code"] == "idempotency_key_reused"
    assert keyed_text(stack, json.dumps(body), key, **{"Content-Type": "text/plain"}).json()["code"] == "idempotency_key_reused"
    for _ in range(2):  # nothing is kept of what was refused
        assert keyed_text(stack, '{"title"', fresh_key := new_key()).json()["code"] == "invalid_json"
        assert not is_replay(keyed_text(stack, json.dumps(link_body(stack)), fresh_key))


def test_replay_is_for_another_key_of_the_account_too_but_not_without_its_scope(stack, api):
    key, body = new_key(), link_body(stack)
    keyed(api, "/v1/share-links", body, key, status=201)
    reader = re.search(r"slk_[\w-]+", stack.operate("key", "create", "--account", stack.account, "--scopes", "links.read"))[0]
    assert keyed(Api(stack.links.url(), reader), "/v1/share-links", body, key, status=403).json()["code"] == "insufficient_scope"
    keyed(stack.anonymous, "/v1/share-links", body, key, status=401)


def test_other_methods_do_not_heed_the_key(stack, api):
    key = new_key()
    for _ in range(2):
        assert not is_replay(api.get("/v1/account", headers={"Idempotency-Key": key}, status=200))
        answer = api.put(f"/v1/interviews/{samples.interview_id()}", samples.interview_document(), headers={"Idempotency-Key": key}, status=201)
        assert not is_replay(answer)


def test_refused_request_leaves_the_key_as_new(stack, api):
    key, body = new_key(), link_body(stack)
    keyed(api, "/v1/share-links", {**body, "title": 7}, key, status=422)
    keyed(api, "/v1/share-links/lnk_00000000000000000000000000/deactivate", None, key, status=404)
    made = keyed(api, "/v1/share-links", body, key, status=201)
    assert not is_replay(made)
    assert links_titled(stack, body["title"]) == 1


def test_answer_is_forgotten_after_a_day(stack, api):
    key, body = new_key(), link_body(stack)
    first = keyed(api, "/v1/share-links", body, key, status=201)
    for _ in range(25):
        keyed(api, "/v1/email-templates/preview", {"subject": "a", "body": "b"}, new_key(), status=200)
    stack.db.rows("update sharelink.idempotent_answers set created_at = now() - interval '24 hours 1 second'")
    old = stack.db.value("select count(*) from sharelink.idempotent_answers")
    second = keyed(api, "/v1/share-links", body, key, status=201)
    assert not is_replay(second) and second.json()["id"] != first.json()["id"]
    left = stack.db.value("select count(*) from sharelink.idempotent_answers where created_at < now() - interval '1 hour'")
    assert old - 11 <= left < old  # a few rows go each time
    for _ in range(old // 10 + 1):
        keyed(api, "/v1/email-templates/preview", {"subject": "a", "body": "b"}, new_key(), status=200)
    assert stack.db.value("select count(*) from sharelink.idempotent_answers where created_at < now() - interval '1 hour'") == 0


def test_housekeeping_forgets_what_no_request_comes_after(make_stack):
    stack = make_stack()
    keyed(stack.api, "/v1/share-links", link_body(stack), new_key(), status=201)
    keyed(stack.api, "/v1/email-templates", TEMPLATE, new_key(), status=201)
    stack.db.rows("update sharelink.idempotent_answers set created_at = now() - interval '25 hours' where id = "
                  "(select min(id::text)::bytea from sharelink.idempotent_answers)")
    assert stack.db.value("select count(*) from sharelink.idempotent_answers") == 2
    stack.notifications.stop()
    stack.bring_back(stack.notifications)  # it keeps house when it starts
    wait_until(lambda: stack.db.value("select count(*) from sharelink.idempotent_answers") == 1, 20, "the old answer is gone")


# --- how much is stored ---

MIB = 1024 * 1024


def stored(stack):
    return stack.db.value("select coalesce(sum(octet_length(box)), 0) from sharelink.idempotent_answers")


def test_answer_takes_less_room_than_it_has(make_stack):
    """What is random in it, a URL and a passcode for each of a hundred reviewers, takes its room."""
    stack = make_stack()
    body = samples.share_link_body([stack.make_interview()], 100)
    made = keyed(stack.api, "/v1/share-links", body, "room", status=201)
    assert stored(stack) < len(made.content) / 2
    again = keyed(stack.api, "/v1/share-links", body, "room", status=201)
    assert is_replay(again) and again.content == made.content


@pytest.fixture
def small(make_stack):
    """An account that has had all stored that it may have."""
    stack = make_stack(settings={"SHARELINK_LINKS_IDEMPOTENCY_MB_PER_ACCOUNT": "1"})
    body = link_body(stack)
    keyed(stack.api, "/v1/share-links", body, "before", status=201)
    stack.db.rows("update sharelink.idempotent_usage set bytes = %s", MIB)
    return stack, body


def test_account_whose_store_is_full_has_no_new_keys(small):
    stack, before = small
    body = link_body(stack)
    links = stack.db.value("select count(*) from links.share_links")
    answer = keyed(stack.api, "/v1/share-links", body, "after", status=429)
    assert answer.json()["code"] == "idempotency_store_full" and 23 * 3600 < int(answer.headers["Retry-After"]) <= 25 * 3600
    assert stack.db.value("select count(*) from links.share_links") == links
    assert is_replay(keyed(stack.api, "/v1/share-links", before, "before", status=201))
    stack.api.post("/v1/share-links", body, status=201)
    theirs = samples.share_link_body([samples.interview_id()])
    stack.other_api.put(f"/v1/interviews/{theirs['interview_ids'][0]}", samples.interview_document(), status=201)
    keyed(stack.other_api, "/v1/share-links", theirs, "after", status=201)
    hooks = Api(stack.notifications.url(), stack.key)
    keyed(hooks, "/v1/webhook-endpoints", {"url": "https://hooks.example.com/"}, "after", status=201)
    stack.db.rows("update sharelink.idempotent_usage set hour = hour - interval '26 hours' where account_id = %s", stack.account)
    keyed(stack.api, "/v1/share-links", body, "after", status=201)


def test_parallel_requests_go_over_the_bound_by_those_at_work_alone(make_stack):
    """Four of them, for one process."""
    stack = make_stack(settings={"SHARELINK_LINKS_IDEMPOTENCY_MB_PER_ACCOUNT": "1"})
    interview, statuses = stack.make_interview(), []
    keyed(stack.api, "/v1/share-links", samples.share_link_body([interview]), new_key(), status=201)
    first = stored(stack)
    assert stack.db.value("select sum(bytes) from sharelink.idempotent_usage") == first + 200
    stack.db.rows("update sharelink.idempotent_usage set bytes = %s", MIB - 10000)
    before = stack.db.value("select deadlocks from pg_stat_database where datname = current_database()")

    def make_many():
        for _ in range(8):
            statuses.append(keyed(stack.api, "/v1/share-links", samples.share_link_body([interview]), new_key()).status_code)

    with concurrent.futures.ThreadPoolExecutor(6) as lanes:
        for done in [lanes.submit(make_many) for _ in range(6)]:
            done.result()
    many = statuses.count(201)
    counted = stack.db.value("select sum(bytes) from sharelink.idempotent_usage")
    assert set(statuses) == {201, 429}
    assert counted == MIB - 10000 + stored(stack) - first + 200 * many
    assert MIB <= counted < MIB + 4 * 1500
    assert stack.db.value("select deadlocks from pg_stat_database where datname = current_database()") == before


# --- what is stored ---

def test_tables_hold_neither_key_nor_passcode_nor_url(stack, api):
    key = f"very-special-{next(numbers)}"
    link = keyed(api, "/v1/share-links", link_body(stack), key, status=201).json()
    reviewer = link["reviewers"][0]
    texts = all_text(stack.db)
    assert stack.db.value("select count(*) from sharelink.idempotent_answers") > 0
    token, passcode = reviewer["url"].rsplit("/", 1)[1].split("#")
    for name, text in texts.items():
        for secret in (key, token, passcode):
            assert secret not in text and secret.encode().hex() not in text, name
    answers = texts["sharelink.idempotent_answers"]
    assert reviewer["email"].encode().hex() not in answers


def test_services_see_their_own_answers_alone(stack, api):
    keyed(api, "/v1/share-links", link_body(stack), new_key(), status=201)
    seen = {}
    for name in ("links", "notifications"):
        with psycopg2.connect(stack.postgres.url(stack.database, f"sharelink_{name}", stack.state.password(name))) as connection:
            with connection.cursor() as cursor:
                cursor.execute("select count(*) from sharelink.idempotent_answers where service = 'sharelink_links'")
                seen[name] = cursor.fetchone()[0]
        connection.close()
    assert seen["links"] >= 1 and seen["notifications"] == 0


# --- at the same time ---

def test_two_hundred_at_once_make_one_link(stack):
    key, body = new_key(), link_body(stack)
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: keyed(stack.api.another(), "/v1/share-links", body, key), range(200)))
    made = [answer for answer in answers if answer.status_code == 201]
    busy = [answer for answer in answers if answer.status_code == 409]
    assert made and len(made) + len(busy) == 200
    assert {answer.json()["code"] for answer in busy} <= {"idempotency_key_in_flight"}
    assert len({answer.content for answer in made}) == 1
    assert [is_replay(answer) for answer in made].count(False) == 1
    assert links_titled(stack, body["title"]) == 1
    again = keyed(stack.api, "/v1/share-links", body, key, status=201)
    assert again.content == made[0].content and events_of(stack, again.json()["id"]) == ["link.created"]


def test_more_keys_than_connections_are_all_served(stack):
    bodies = [link_body(stack) for _ in range(60)]
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        statuses = list(pool.map(lambda body: keyed(stack.api.another(), "/v1/share-links", body, new_key()).status_code, bodies))
    assert statuses == [201] * 60


def test_request_at_work_is_a_409_in_every_process(patient, tmp_path):
    stack = patient
    key, body = new_key(), link_body(stack)
    settings = {**stack.links.settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}"}
    with daemon("links", settings, tmp_path / "second-links.log") as second:
        wait_until(lambda: Api(second.url()).get("/readyz").status_code == 200, 20, "the second links daemon is ready")
        with Held(stack, "links.share_links") as held, concurrent.futures.ThreadPoolExecutor(1) as pool:
            first = pool.submit(keyed, stack.api.another(), "/v1/share-links", body, key)
            held.wait_for("-- create_link")
            for api in (stack.api, Api(second.url(), stack.key)):
                busy = keyed(api, "/v1/share-links", body, key, status=409)
                assert busy.json()["code"] == "idempotency_key_in_flight" and int(busy.headers["Retry-After"]) >= 1
            held.release()
            answer = first.result()
        assert answer.status_code == 201
        replayed = keyed(Api(second.url(), stack.key), "/v1/share-links", body, key, status=201)
        assert replayed.content == answer.content and is_replay(replayed)


def test_other_requests_are_served_while_those_with_keys_wait(stack):
    bodies = [link_body(stack) for _ in range(12)]

    def made_in_the_end(body):
        """One that waited for too long on a slow machine is told so, and comes again."""
        api, key = stack.api.another(), new_key()
        while (answer := keyed(api, "/v1/share-links", body, key)).status_code == 503:
            time.sleep(int(answer.headers["Retry-After"]))
        return answer

    with Held(stack, "links.share_links") as held, concurrent.futures.ThreadPoolExecutor(12) as pool:
        waiting = [pool.submit(made_in_the_end, body) for body in bodies]
        try:
            held.wait_for("-- create_link")
            assert stack.api.get("/v1/account").status_code == 200
            assert stack.api.post("/v1/email-templates", TEMPLATE).status_code == 201
            assert not any(each.done() for each in waiting)
        finally:
            held.release()
        answers = [each.result() for each in waiting]
    assert {answer.status_code for answer in answers} == {201} and len({answer.json()["id"] for answer in answers}) == 12


def test_events_reach_the_stream_after_the_commit(make_stack):
    """Without the sweep: an entry that came before its commit would bring no mail."""
    stack = make_stack(settings={"SHARELINK_NOTIFICATIONS_SWEEP_INTERVAL_MS": "60000", "SHARELINK_NOTIFICATIONS_SWEEP_GRACE_MS": "600000"})
    for _ in range(20):
        body, key = link_body(stack, send_email=True), new_key()
        link = [keyed(stack.api, "/v1/share-links", body, key, status=201).json()["id"] for _ in range(2)][0]
        stack.mails.wait_for_one_to(body["reviewers"][0]["email"])
        assert events_of(stack, link) == ["link.created", "link.invitation_requested"]


# --- what dies ---

def send_until_answered(stack, body, key):
    """As a careful client does: the same request until there is an answer."""
    def answered():
        try:
            answer = keyed(stack.api.another(), "/v1/share-links", body, key, timeout=15)
        except OSError:
            return None
        return answer if answer.status_code not in (409, 503) else None
    found = []
    wait_until(lambda: found.append(answered()) or found[-1], 60, "the request is answered")
    return found[-1]


def assert_one_link_each(stack, bodies, answers):
    for body, answer in zip(bodies, answers, strict=True):
        assert answer.status_code == 201, answer.text
        assert links_titled(stack, body["title"]) == 1
        assert events_of(stack, answer.json()["id"]).count("link.created") == 1
    assert len({answer.json()["id"] for answer in answers}) == len(bodies)


def under_load(stack, count, disturb):
    """Makes `count` links, each with a key and as often as it takes, while `disturb` is called now and then; once more after."""
    bodies = [link_body(stack) for _ in range(count)]
    keys = [new_key() for _ in bodies]
    done = threading.Semaphore(0)

    def send(number):
        answer = send_until_answered(stack, bodies[number], keys[number])
        done.release()
        return answer

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = [pool.submit(send, number) for number in range(count)]
        for _ in range(5):
            for _ in range(count // 8):
                done.acquire(timeout=60)
            disturb()
        answers = [each.result() for each in answers]
    assert_one_link_each(stack, bodies, answers)
    again = [send_until_answered(stack, body, key) for body, key in zip(bodies, keys, strict=True)]
    assert [each.content for each in again] == [each.content for each in answers] and all(map(is_replay, again))


def test_killed_daemon_never_makes_a_second_link(make_stack):
    stack = make_stack(private=True)

    def kill():
        stack.links.kill()
        stack.links.start()
    under_load(stack, 160, kill)


def test_restarted_postgresql_never_makes_a_second_link(make_stack):
    stack = make_stack(private=True)
    under_load(stack, 120, stack.postgres.restart)


def test_broken_session_rolls_back_and_the_key_is_as_new(patient):
    stack = patient
    key, body = new_key(), link_body(stack)
    with Held(stack, "links.share_links") as held, concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(keyed, stack.api.another(), "/v1/share-links", body, key)
        held.wait_for("-- create_link")
        stack.db.rows("select pg_terminate_backend(pid) from pg_locks where not granted and relation = 'links.share_links'::regclass")
        assert first.result().status_code == 503
        held.release()
    assert send_until_answered(stack, body, key).status_code == 201
    assert links_titled(stack, body["title"]) == 1


def test_request_that_waits_too_long_for_a_lock_has_no_effect(stack):
    key, body = new_key(), link_body(stack)
    with Held(stack, "links.share_links"):
        assert keyed(stack.api, "/v1/share-links", body, key).status_code == 503
    # The session that was given up may still be at work, which is a 409 until it finds that nobody waits any more.
    assert not is_replay(send_until_answered(stack, body, key))
    assert links_titled(stack, body["title"]) == 1
