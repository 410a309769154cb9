"""GET /v1/event-types: every type of event, as proto/events has it."""

import jsonschema
import pytest
from support.api import Api
from support.contract import PROTO

EVENTS = sorted(path.stem for path in (PROTO / "events").glob("*.json") if path.stem != "envelope")


@pytest.fixture
def events(stack):
    return Api(stack.notifications.url(), stack.key)


def test_every_type_is_listed_with_what_it_holds(events):
    listed = events.get("/v1/event-types", status=200).json()["data"]
    assert [each["type"] for each in listed] == EVENTS
    for each in listed:
        assert each["description"].endswith(".") and each["example"]["type"] == each["type"]
        validator = jsonschema.Draft202012Validator(each["data_schema"])  # which refers to nothing outside
        assert validator.is_valid(each["example"]["data"]) and not validator.is_valid({})
        assert "$ref" not in str(each["data_schema"]) and "'format'" not in str(each["data_schema"]), "a strict validator takes it as it is"


def test_it_is_sent_once(events):
    tag = events.get("/v1/event-types", status=200).headers["ETag"]
    assert events.get("/v1/event-types", headers={"If-None-Match": tag}, status=304).content == b""
    assert events.get("/v1/event-types", headers={"If-None-Match": '"another"'}, status=200).headers["ETag"] == tag
    assert events.call("HEAD", "/v1/event-types", status=200).content == b""


def test_it_needs_a_key_that_may_read_events(stack, events):
    Api(stack.notifications.url()).get("/v1/event-types", status=401)
    events.post("/v1/event-types", {}, status=405)


def test_what_is_listed_may_be_asked_for(events):
    for each in events.get("/v1/event-types", status=200).json()["data"]:
        events.get(f"/v1/events?type={each['type']}", status=200)
