"""proto/asyncapi.yaml: it holds together, has every event, and is true to what streams, webhooks and the feed tell."""

import re

import jsonschema
import pytest
import redis
from stack.waiting import wait_until
from support.api import Api
from support.async_contract import check_entry, check_message, document, resolver
from support.contract import PROTO, Breach, documents, event_validator
from support.every_event import make_every_event
from support.listener import Listener
from support.receiver import Receiver

EVENTS = sorted(path.stem for path in (PROTO / "events").glob("*.json") if path.stem != "envelope")
STREAMS = {"links_stream": "/sharelink/links", "views_stream": "/sharelink/views"}


def test_structure_is_that_of_asyncapi_3():
    told = document()
    assert told["asyncapi"] == "3.0.0" and {"title", "version"} <= told["info"].keys()
    assert set(told) <= {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"}
    for server in told["servers"].values():
        assert {"host", "protocol"} <= server.keys()
    for channel in told["channels"].values():
        assert set(channel) <= {"address", "messages", "title", "summary", "description", "servers", "parameters", "tags", "externalDocs", "bindings"}
        assert all(re.fullmatch(r"#/servers/\w+", each["$ref"]) for each in channel["servers"])
        for name, message in channel["messages"].items():
            assert message == {"$ref": f"#/components/messages/{name}"}
    for operation in told["operations"].values():
        assert operation["action"] in ("send", "receive")
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in told["channels"]
    sent = {each["channel"]["$ref"] for each in told["operations"].values() if each["action"] == "send"}
    assert sent == {f"#/channels/{name}" for name in told["channels"]}
    for message in told["components"]["messages"].values():
        assert {"name", "contentType", "headers", "payload"} <= message.keys()
        jsonschema.Draft202012Validator.check_schema(message["payload"])
        jsonschema.Draft202012Validator.check_schema(message["headers"])


def test_every_reference_leads_somewhere():
    told = list(documents.references(document()))
    assert len(told) > 3 * len(EVENTS)
    for reference in told:
        resolver().resolve(reference)


def test_every_event_is_told_of_and_the_other_way_round():
    told = document()
    by_channel = {name: set(told["channels"][name]["messages"]) for name in STREAMS}
    for name in EVENTS:
        source = event_validator(f"sharelink.{name}.v1").schema["properties"]["source"]["const"]
        assert [channel for channel, messages in by_channel.items() if name in messages] == [
            channel for channel, its_source in STREAMS.items() if its_source == source], name
        message = told["components"]["messages"][name]
        assert message["name"] == f"sharelink.{name}.v1" and message["payload"] == {"$ref": f"./events/{name}.json"}
    assert set.union(*by_channel.values()) == set(EVENTS)
    assert [each["properties"]["type"]["const"] for each in told["components"]["schemas"]["EventData"]["oneOf"]] == EVENTS
    assert set(told["components"]["messages"]) == {*EVENTS, "webhook", "webhook_test", "listened"}


@pytest.mark.parametrize("payload", [
    {"type": "link.exploded", "timestamp": "2026-11-22T23:55:09.956Z", "data": {}},
    {"type": "candidate.erased", "timestamp": "2026-11-22T23:55:09.956Z", "data": {"interview_id": "i", "name": "Ada"}},
    {"type": "candidate.erased", "timestamp": "2026-11-22T23:55:09.956Z", "data": {"share_link_id": "i"}},
    {"type": "candidate.erased", "data": {"interview_id": "i"}},
    {"type": "candidate.erased", "timestamp": "2026-11-22T23:55:09.956Z", "data": {"interview_id": "i"}, "id": "x"},
])
def test_what_is_not_told_of_is_a_breach(payload):
    headers = {"webhook-id": "evt_01M82TYRR3EJ6AY22EE0B33A0S", "webhook-timestamp": "1700000000", "content-type": "application/json",
               "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}
    check_message("webhook", headers, {"type": "candidate.erased", "timestamp": "2026-11-22T23:55:09.956Z", "data": {"interview_id": "i"}})
    with pytest.raises(Breach):
        check_message("webhook", headers, payload)
    with pytest.raises(Breach):
        check_message("webhook", {**headers, "webhook-id": "7"}, {"type": "candidate.erased", "timestamp": "x", "data": {"interview_id": "i"}})


def test_all_that_is_sent_fits(make_stack):
    stack = make_stack(settings={"SHARELINK_NOTIFICATIONS_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
                                 "SHARELINK_NOTIFICATIONS_REVIEW_SETTLE_SECONDS": "0"})
    hooks, target = Api(stack.notifications.url(), stack.key), Receiver()
    endpoint = hooks.post("/v1/webhook-endpoints", {"url": target.url()}, status=201).json()
    listener = wait_until(lambda: hooks.get("/readyz").status_code == 200 and try_to_listen(stack), 10, "the feed is there")
    hooks.post(f"/v1/webhook-endpoints/{endpoint['id']}/test", status=202)
    entries = {}  # (stream, id): fields

    def keep_entries():
        with redis.Redis.from_url(stack.redis.url(stack.redis_database), decode_responses=True) as connection:
            for stream in ("sharelink:links", "sharelink:views"):
                entries.update({(stream, entry_id): fields for entry_id, fields in connection.xrange(stream)})
        return len(entries)

    def count_events():
        return stack.db.value("select count(*) from events.log where account_id = %s", stack.account)

    make_every_event(stack, before_erasure=lambda: wait_until(lambda: keep_entries() == count_events(), 10, "the streams have every event"))
    logged = {row["id"]: row["type"] for row in stack.db.rows("select id, type from events.log where account_id = %s", stack.account)}
    assert set(logged.values()) == set(EVENTS)
    wait_until(lambda: {post.id() for post in target.posts} > set(logged), 20, "every event has been posted")
    wait_until(lambda: set(listener.ids()) >= set(logged), 20, "every event has been streamed")
    wait_until(lambda: keep_entries() == len(logged), 10, "the streams have the last events too")
    assert sorted(fields["type"] for fields in entries.values()) == sorted(f"sharelink.{each}.v1" for each in logged.values())
    for (stream, _), fields in entries.items():
        check_entry(stream, fields)
    assert len([post for post in target.posts if post.json()["type"] == "webhook.test"]) == 1
    listener.cut()
    target.close()  # looks at each post that came
    assert listener.breaches == []


def try_to_listen(stack):
    try:
        return Listener(stack.notifications.url(), stack.key)
    except AssertionError as refused:
        assert "unavailable" in str(refused)
        return None
