"""The contracts themselves: each document holds together, and says the same as the routes' table; and what checks the
traffic against them can fail."""

import json

import jsonschema
import pytest
from support.contract import CONTRACTS, PROTO, Breach, Contract, check_event, event_validator, routes

# GET is served there by every daemon, of no routes.c.
OURS = {("GET", path) for path in ("/healthz", "/readyz", "/metrics", "/openapi.json")}
OF_ONE = {"links": {("GET", "/v1/openapi.json")}}
DOCUMENTED = ["links", "notifications", "console", "views"]
EVENTS = sorted(path.stem for path in (PROTO / "events").glob("*.json") if path.stem != "envelope")


def operations(contract):
    return {(method, path): operation for method, path, _, operation in contract.operations}


def media_with_schema(contract, node):
    """Every object of the document that has a schema, with its place."""
    def walk(node, place):
        if isinstance(node, dict):
            if isinstance(node.get("schema"), dict):
                yield place, node
            for key, value in node.items():
                yield from walk(value, f"{place}/{key}")
        elif isinstance(node, list):
            for number, value in enumerate(node):
                yield from walk(value, f"{place}/{number}")
    return walk(node, "")


@pytest.mark.parametrize("daemon", DOCUMENTED)
def test_every_route_is_documented_and_the_other_way_round(daemon):
    told = set(operations(CONTRACTS[daemon]))
    served = {(method, path) for method, path, _, _ in routes(daemon)} | OURS | OF_ONE.get(daemon, set())
    assert served - told == set(), "not in the document"
    assert told - served == set(), "not in routes.c"


@pytest.mark.parametrize("daemon", DOCUMENTED)
def test_scopes_agree(daemon):
    told = operations(CONTRACTS[daemon])
    for method, path, _, scope in routes(daemon):
        if scope and "." in scope:
            assert told[method, path].get("security") == [{"api_key": [scope]}], (method, path)


@pytest.mark.parametrize("daemon", DOCUMENTED)
def test_every_example_fits_its_schema(daemon):
    contract = CONTRACTS[daemon]
    count = 0
    for place, media in media_with_schema(contract, contract.document):
        examples = [media["example"]] if "example" in media else []
        examples += [contract.resolved(each)["value"] for each in media.get("examples", {}).values()]
        for example in examples:
            contract.validate(place, media["schema"], example)
            count += 1
    assert count > 20


@pytest.mark.parametrize("daemon", DOCUMENTED)
def test_every_body_has_an_example(daemon):
    contract = CONTRACTS[daemon]
    for (method, path), operation in operations(contract).items():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        bodies += operation["responses"].values()
        for body in bodies:
            for kind, media in contract.resolved(body).get("content", {}).items():
                assert kind != "application/json" or path == "/openapi.json" or "example" in media or "examples" in media, (method, path)


@pytest.mark.parametrize("daemon", DOCUMENTED)
def test_every_schema_is_one(daemon):
    for place, media in media_with_schema(CONTRACTS[daemon], CONTRACTS[daemon].document):
        jsonschema.Draft202012Validator.check_schema(media["schema"])
    for schema in CONTRACTS[daemon].document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", EVENTS)
def test_event_has_examples_that_fit(name):
    schema = json.loads((PROTO / "events" / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == name and schema["examples"]
    for example in schema["examples"]:
        assert example["type"] == f"sharelink.{name}.v1"
        check_event(example)
        event_validator(example["type"])  # compiled once
        with pytest.raises(Breach):
            check_event({**example, "data": {**example["data"], "name": "Ada"}})
        for kind in (example["type"], "envelope"):
            published = event_validator(kind, is_closed=False)
            assert published.is_valid({**example, "severity": 3, "data": {**example["data"], "name": "Ada"}}), "members may be added"


# --- the checker can fail ---

SMALL = Contract({
    "paths": {"/things/{id}": {"put": {
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Wanted"}}}},
        "responses": {"200": {"headers": {"ETag": {"schema": {"type": "string", "pattern": "^v"}}},
                              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                      "204": {}, "default": {}}}}},
    "components": {"schemas": {
        "Wanted": {"type": "object", "required": ["a"], "additionalProperties": False, "properties": {"a": {"type": "integer"}}},
        "Thing": {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}}},
})
GOOD = {"method": "PUT", "path": "/things/7?x=1", "status": 200, "headers": {"etag": "v1", "Content-Type": "application/json; charset=utf-8"},
        "body": b'{"a": 1}', "sent": b'{"a": 2}'}


def test_what_keeps_the_contract_passes():
    SMALL.check(**GOOD)
    SMALL.check(**{**GOOD, "status": 503, "headers": {}, "body": b"", "sent": b"{}"})  # refused: what was sent may be wrong
    SMALL.check(**{**GOOD, "path": "/nowhere", "status": 404})


@pytest.mark.parametrize("change, said", [
    ({"status": 201}, "not documented"),
    ({"status": 418}, "not documented"),
    ({"path": "/nowhere"}, "no such operation"),
    ({"headers": {"Content-Type": "application/json"}}, "lacks the header ETag"),
    ({"headers": {"ETag": "1", "Content-Type": "application/json"}}, "does not match"),
    ({"headers": {"ETag": "v1", "Content-Type": "text/html"}}, "text/html"),
    ({"body": b'{"a": "1"}'}, "not of type"),
    ({"body": b'{"a": 1, "b": 2}'}, "unexpected"),
    ({"body": b"{}"}, "required"),
    ({"sent": b'{"a": 1, "b": 2}'}, "the request"),
    ({"sent": b""}, "was missing"),
    ({"status": 204}, "has a body"),
])
def test_what_breaks_the_contract_fails(change, said):
    with pytest.raises(Breach, match=said):
        SMALL.check(**{**GOOD, **change})


DIRECTORY = Contract({
    "paths": {"/people": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": {
        "$ref": "#/components/schemas/Person"}}}}}}}}},
    "components": {"schemas": {
        "Named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        "Person": {"allOf": [{"$ref": "#/components/schemas/Named"}, {"properties": {
            "boss": {"anyOf": [{"$ref": "#/components/schemas/Person"}, {"type": "null"}]},
            "pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]},
            "notes": {"type": "object", "additionalProperties": {"type": "string"}},
            "free": {"type": "object", "additionalProperties": True}}}]},
        "Cat": {"allOf": [{"$ref": "#/components/schemas/Named"}, {"properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}}}]},
        "Dog": {"type": "object", "properties": {"kind": {"const": "dog"}, "name": {"type": "string"}}}}},
})


@pytest.mark.parametrize("person, said", [
    ({"name": "Ada", "boss": {"name": "Bo", "boss": None}, "pet": {"kind": "cat", "name": "Tom", "lives": 9}, "notes": {"a": "b"}, "free": {"x": [{}]}}, None),
    ({"name": "Ada", "age": 36}, "'age' was unexpected"),
    ({"name": "Ada", "boss": {"name": "Bo", "age": 63}}, "not valid"),
    ({"name": "Ada", "pet": {"kind": "dog", "lives": 1}}, "not valid"),
    ({"name": "Ada", "notes": {"a": 1}}, "not of type"),
    ({"boss": None}, "required"),
])
def test_answer_has_no_member_that_is_not_documented(person, said):
    def check():
        DIRECTORY.check("GET", "/people", 200, {"Content-Type": "application/json"}, json.dumps([person]).encode())
    if said is None:
        check()
    else:
        with pytest.raises(Breach, match=said):
            check()


def test_unknown_event_fails():
    with pytest.raises(Breach, match="no schema"):
        check_event({"type": "sharelink.link.exploded.v1"})
