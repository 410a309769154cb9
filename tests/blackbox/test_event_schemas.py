"""proto/events/ as others use it: found by their $ids, strict, open to what is to come, and true to every event."""

import json

from stack.waiting import wait_until
from support import npm
from support.contract import PROTO, check_event, event_schemas
from support.every_event import make_every_event

AJV = {"ajv": "8.17.1"}
TYPES = {f"sharelink.{path.stem}.v1" for path in (PROTO / "events").glob("*.json") if path.stem != "envelope"}


def validate(events):
    return npm.run("validate_events.mjs", AJV, {"schemas": list(event_schemas().values()), "events": events})


def test_every_event_fits_its_schema_and_the_envelope(make_stack):
    stack = make_stack()
    make_every_event(stack)
    wait_until(lambda: stack.db.value("select count(distinct type) from events.log") == len(TYPES), 20, "there is one of each type")
    events = [json.loads(row["event"]) for row in stack.db.rows("select events.cloud_event(l) as event from events.log l")]
    assert {event["type"] for event in events} == TYPES
    for event in events:
        check_event(event)
    examples = [example for schema in event_schemas().values() for example in schema.get("examples", [])]
    assert validate(events + examples) == []


def test_member_that_is_to_come_is_borne_and_what_is_wrong_is_not():
    erased = next(each for each in event_schemas().values() if each["title"] == "candidate.erased")["examples"][0]
    assert "subject" not in erased
    assert validate([{**erased, "severity": "low", "data": {**erased["data"], "job_id": "j"}}]) == []
    wrong = [{**erased, "id": "7"}, {**erased, "data": {}}, {**erased, "time": "yesterday"}, {name: value for name, value in erased.items() if name != "accountid"}]
    assert [len(validate([each])) for each in wrong] == [2, 1, 2, 2], "by the envelope, too, but for what data holds"
