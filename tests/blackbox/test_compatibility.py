"""Nobody who keeps to the contract of the last release is broken by this one: today's contract beside that which was frozen in
contract/, but for what contract/allowed.yaml allows with its reason. And each rule of the comparison, by a change that must fail."""

import copy
import fnmatch
import json
import pathlib

import pytest
import yaml
from support.compatibility import breaking, today

FROZEN = pathlib.Path(__file__).resolve().parent / "contract"
LAST = max((path.stem for path in FROZEN.glob("*.json")), key=lambda name: [int(each) for each in name.split(".")])


def allowing(entry, change):
    return (any(fnmatch.fnmatchcase(change.place, each) for each in entry["places"])
            and any(fnmatch.fnmatchcase(change.what, each) for each in entry["changes"]))


@pytest.fixture(scope="module")
def changes():
    return breaking(json.loads((FROZEN / f"{LAST}.json").read_text()), today())


@pytest.fixture(scope="module")
def allowed():
    return (yaml.safe_load((FROZEN / "allowed.yaml").read_text()) or {}).get(LAST, [])


def test_nothing_breaks_who_kept_to_the_last_release(changes, allowed):
    assert [f"{each.place}: {each.what}" for each in changes if not any(allowing(entry, each) for entry in allowed)] == []


def test_each_exception_has_a_reason_and_a_use(changes, allowed):
    assert [entry for entry in allowed if len(entry["reason"].split()) < 5] == []
    assert [entry["reason"] for entry in allowed if not any(allowing(entry, each) for each in changes)] == []
    for entry in allowed:
        for place in entry["places"]:
            assert any(fnmatch.fnmatchcase(each.place, place) for each in changes), f"nothing has changed at {place}"


def test_what_is_frozen_is_compatible_with_itself():
    frozen = json.loads((FROZEN / f"{LAST}.json").read_text())
    assert breaking(frozen, copy.deepcopy(frozen)) == []
    assert sum(len(item) for document in frozen["documents"].values() for item in document["paths"].values()) > 40


# --- the rules ---

THING = {"type": "object", "required": ["name"], "additionalProperties": False, "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 10, "pattern": "^[a-z]+$"},
    "size": {"type": ["integer", "null"], "minimum": 1, "maximum": 9, "default": 1},
    "kind": {"enum": ["small", "large"]},
    "tags": {"type": "array", "minItems": 0, "maxItems": 5, "items": {"type": "string", "maxLength": 20}},
    "more": {"anyOf": [{"$ref": "#/components/schemas/More"}, {"type": "null"}]},
    "labels": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 10}}}}
SHOWN = {"allOf": [{"$ref": "#/components/schemas/Base"}, {
    "type": "object", "required": ["id", "state", "at", "tags"], "properties": {
        "id": {"type": "string"}, "state": {"enum": ["on", "off"]}, "at": {"type": "string", "format": "date-time"}, "size": {"type": "integer"},
        "done_at": {"type": ["string", "null"], "format": "date-time"}, "note": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}},
        "about": {"oneOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"type": "null"}]},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}}}}]}
BEFORE = {
    "documents": {"things": {
        "paths": {
            "/v1/things/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "get": {"security": [{"api_key": ["things.read"]}],
                        "parameters": [{"name": "sort", "in": "query", "schema": {"enum": ["a", "-a"], "default": "a"}},
                                       {"$ref": "#/components/parameters/If-None-Match"}],
                        "responses": {"200": {"headers": {"ETag": {"schema": {"type": "string"}}},
                                              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Shown"}},
                                                          "text/csv": {}}},
                                      "204": {}, "404": {"content": {"application/problem+json": {"schema": {"type": "object"}}}}}},
                "put": {"security": [{"api_key": ["things.write"]}],
                        "requestBody": {"required": False, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}},
                                                                       "text/plain": {"schema": {"type": "string"}}}},
                        "responses": {"200": {}}},
                "delete": {"responses": {"204": {}}}},
            "/internal": {"get": {"responses": {"200": {}}}}},
        "components": {
            "parameters": {"If-None-Match": {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}},
            "schemas": {"Thing": THING, "Shown": SHOWN, "Base": {"type": "object", "required": ["version"], "properties": {"version": {"type": "integer"}}},
                        "More": {"type": "object", "required": ["x"], "additionalProperties": False,
                                 "properties": {"x": {"type": "number"}, "y": {"type": "boolean"}}}}}}},
    "events": {"envelope": {"$defs": {"id": {"type": "string", "format": "uuid"}}},
               "thing.made": {"type": "object", "required": ["id", "data"], "properties": {
                   "id": {"$ref": "envelope.json#/$defs/id"}, "data": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}}}}}


def changed(path, value):
    """BEFORE with the value in the place of what the path leads to, or without that for a value of `...`."""
    after = copy.deepcopy(BEFORE)
    *steps, last = path
    node = after
    for step in steps:
        node = node[step]
    if value is ...:
        del node[last]
    elif callable(value):
        node[last] = value(node.get(last) if isinstance(node, dict) else node[last])
    else:
        node[last] = value
    return after


DOCUMENT = ("documents", "things")
PATHS = (*DOCUMENT, "paths")
PATH = (*PATHS, "/v1/things/{id}")
GET, PUT = (*PATH, "get"), (*PATH, "put")
BODY = (*PUT, "requestBody", "content")
ANSWER = (*GET, "responses", "200")
SCHEMAS = (*DOCUMENT, "components", "schemas")
SENT = (*SCHEMAS, "Thing", "properties")
MORE = (*SCHEMAS, "More")
SHOWN_OWN = (*SCHEMAS, "Shown", "allOf", 1)
SHOWS = (*SHOWN_OWN, "properties")
DATA = ("events", "thing.made", "properties", "data")

BREAKING = {
    "path removed": (PATH, ..., "DELETE /v1/things/{}: the operation is gone"),
    "method removed": ((*PATH, "delete"), ..., "DELETE /v1/things/{}: the operation is gone"),
    "scope changed": ((*GET, "security"), [{"api_key": ["things.admin"]}], "GET /v1/things/{}: who could call it needs more to do so"),
    "scope added": ((*GET, "security"), [{"api_key": ["things.read", "more"]}], "GET /v1/things/{}: who could call it needs more to do so"),
    "key needed": ((*PATH, "delete", "security"), [{"api_key": []}], "DELETE /v1/things/{}: who could call it needs more to do so"),
    # parameters
    "parameter removed": ((*GET, "parameters"), lambda all: all[1:], "GET /v1/things/{} query sort: the parameter is gone"),
    "header removed": ((*GET, "parameters"), lambda all: all[:1], "GET /v1/things/{} header if-none-match: the parameter is gone"),
    "required parameter added": ((*GET, "parameters"), lambda all: [*all, {"name": "x", "in": "query", "required": True, "schema": {}}],
                                 "GET /v1/things/{}: the parameter x is required"),
    "parameter required": ((*GET, "parameters", 0, "required"), True, "GET /v1/things/{}: the parameter sort is required"),
    "value of a parameter removed": ((*GET, "parameters", 0, "schema", "enum"), ["a"], "GET /v1/things/{} query sort: only a are taken"),
    "default of a parameter changed": ((*GET, "parameters", 0, "schema", "default"), "-a", "GET /v1/things/{} query sort: the default is -a"),
    "path's parameter narrowed": ((*PATH, "parameters", 0, "schema", "pattern"), "^x", "GET /v1/things/{} path 1: pattern is ^x"),
    # bodies
    "body required": ((*PUT, "requestBody", "required"), True, "PUT /v1/things/{}: a body is required"),
    "body added and required": ((*PATH, "delete", "requestBody"), {"required": True, "content": {}}, "DELETE /v1/things/{}: a body is required"),
    "body removed": ((*PUT, "requestBody"), ..., "PUT /v1/things/{} body: application/json is not taken"),
    "media type of a request removed": ((*BODY, "text/plain"), ..., "PUT /v1/things/{} body: text/plain is not taken"),
    "member of a request removed": ((*SENT, "kind"), ..., "PUT /v1/things/{} body/kind: the member is gone"),
    "required member added": ((*SCHEMAS, "Thing", "required"), ["name", "colour"], "PUT /v1/things/{} body/colour: it is required"),
    "member required": ((*SCHEMAS, "Thing", "required"), ["name", "kind"], "PUT /v1/things/{} body/kind: it is required"),
    "type changed": ((*SENT, "name", "type"), "integer", "PUT /v1/things/{} body/name: string is not taken"),
    "null refused": ((*SENT, "size", "type"), "integer", "PUT /v1/things/{} body/size: null is not taken"),
    "null refused in anyOf": ((*SENT, "more"), {"$ref": "#/components/schemas/More"}, "PUT /v1/things/{} body/more: null is not taken"),
    "number narrowed to integer": ((*MORE, "properties", "x", "type"), "integer", "PUT /v1/things/{} body/more/x: number is not taken"),
    "value of an enum removed": ((*SENT, "kind", "enum"), ["small"], "PUT /v1/things/{} body/kind: only small are taken"),
    "enum introduced": ((*SENT, "name", "enum"), ["a"], "PUT /v1/things/{} body/name: only a are taken"),
    "const introduced": ((*SENT, "name", "const"), "a", "PUT /v1/things/{} body/name: only a are taken"),
    "minLength raised": ((*SENT, "name", "minLength"), 2, "PUT /v1/things/{} body/name: minLength is 2"),
    "maxLength lowered": ((*SENT, "name", "maxLength"), 9, "PUT /v1/things/{} body/name: maxLength is 9"),
    "pattern changed": ((*SENT, "name", "pattern"), "^[a-y]+$", "PUT /v1/things/{} body/name: pattern is ^[a-y]+$"),
    "format introduced": ((*SENT, "name", "format"), "email", "PUT /v1/things/{} body/name: format is email"),
    "minimum raised": ((*SENT, "size", "minimum"), 2, "PUT /v1/things/{} body/size: minimum is 2"),
    "maximum lowered": ((*SENT, "size", "maximum"), 8, "PUT /v1/things/{} body/size: maximum is 8"),
    "multipleOf introduced": ((*SENT, "size", "multipleOf"), 2, "PUT /v1/things/{} body/size: multipleOf is 2"),
    "default changed": ((*SENT, "size", "default"), 2, "PUT /v1/things/{} body/size: the default is 2"),
    "minItems introduced": ((*SENT, "tags", "minItems"), 1, "PUT /v1/things/{} body/tags: minItems is 1"),
    "maxItems lowered": ((*SENT, "tags", "maxItems"), 4, "PUT /v1/things/{} body/tags: maxItems is 4"),
    "uniqueItems introduced": ((*SENT, "tags", "uniqueItems"), True, "PUT /v1/things/{} body/tags: uniqueItems is true"),
    "items narrowed": ((*SENT, "tags", "items", "maxLength"), 19, "PUT /v1/things/{} body/tags/*: maxLength is 19"),
    "values of any name narrowed": ((*SENT, "labels", "additionalProperties", "maxLength"), 9, "PUT /v1/things/{} body/labels/*: maxLength is 9"),
    "other names refused": ((*SENT, "labels", "additionalProperties"), False, "PUT /v1/things/{} body/labels: members of other names are not taken"),
    "maxProperties introduced": ((*SENT, "labels", "maxProperties"), 50, "PUT /v1/things/{} body/labels: maxProperties is 50"),
    "member required below": ((*MORE, "required"), ["x", "y"], "PUT /v1/things/{} body/more/y: it is required"),
    "condition introduced": ((*SCHEMAS, "Thing", "not"), {"required": ["size", "kind"]}, "PUT /v1/things/{} body: the condition not is another"),
    "part introduced": ((*SCHEMAS, "Thing", "allOf"), [{"required": ["tags"]}], "PUT /v1/things/{} body/tags: it is required"),
    # answers
    "success removed": ((*GET, "responses", "204"), ..., "GET /v1/things/{} 204: the status is gone"),
    "media type of an answer removed": ((*ANSWER, "content", "text/csv"), ..., "GET /v1/things/{} 200: text/csv is not answered"),
    "form of an error changed": ((*GET, "responses", "404", "content"), {"application/json": {}}, "GET /v1/things/{} 404: application/problem+json is not answered"),
    "header of an answer removed": ((*ANSWER, "headers", "ETag"), ..., "GET /v1/things/{} 200: the header ETag may be missing"),
    "header of an answer optional": ((*ANSWER, "headers", "ETag", "required"), False, "GET /v1/things/{} 200: the header ETag may be missing"),
    "member of an answer removed": ((*SHOWS, "note"), ..., "GET /v1/things/{} 200/note: the member is gone"),
    "member of a part removed": ((*SCHEMAS, "Base", "properties", "version"), ..., "GET /v1/things/{} 200/version: the member is gone"),
    "member of an answer optional": ((*SHOWN_OWN, "required"), ["id", "state", "at"], "GET /v1/things/{} 200/tags: it may be missing"),
    "member of a row removed": ((*SHOWS, "tags", "items", "properties", "name"), ..., "GET /v1/things/{} 200/tags/*/name: the member is gone"),
    "type of an answer changed": ((*SHOWS, "id", "type"), "integer", "GET /v1/things/{} 200/id: it may be integer"),
    "null answered": ((*SHOWS, "note", "type"), ["string", "null"], "GET /v1/things/{} 200/note: it may be null"),
    "integer widened to number": ((*SHOWS, "size", "type"), "number", "GET /v1/things/{} 200/size: it may be number"),
    "type of an answer left open": ((*SHOWS, "note"), {}, "GET /v1/things/{} 200/note: it may be object"),
    "form of an answer added": ((*SHOWS, "about", "oneOf"), lambda all: [*all, {"type": "string"}], "GET /v1/things/{} 200/about: it may be string"),
    "format of an answer dropped": ((*SHOWS, "at", "format"), ..., "GET /v1/things/{} 200/at: format is not date-time"),
    "format of an answer that may be null dropped": ((*SHOWS, "done_at", "format"), ..., "GET /v1/things/{} 200/done_at: format is not date-time"),
    "all values of an answer replaced": ((*SHOWS, "state", "enum"), ["yes", "no"], "GET /v1/things/{} 200/state: it is never on, off"),
    "values of any name of another type": ((*SHOWS, "labels", "additionalProperties", "type"), "integer", "GET /v1/things/{} 200/labels/*: it may be integer"),
    # events
    "event removed": (("events", "thing.made"), ..., "event thing.made: it is gone"),
    "member of an event removed": ((*DATA, "properties", "a"), ..., "event thing.made/data/a: the member is gone"),
    "member of an event optional": ((*DATA, "required"), [], "event thing.made/data/a: it may be missing"),
    "member of the envelope changed": (("events", "envelope", "$defs", "id", "type"), "integer", "event thing.made/id: it may be integer"),
}

HARMLESS = {
    "path added": ((*PATHS, "/v1/others"), {"get": {"responses": {}}}),
    "path outside /v1 removed": ((*PATHS, "/internal"), ...),
    "optional parameter added": ((*GET, "parameters"), lambda all: [*all, {"name": "x", "in": "query", "schema": {}}]),
    "value of a parameter added": ((*GET, "parameters", 0, "schema", "enum"), ["a", "-a", "b"]),
    "parameter may be repeated": ((*GET, "parameters", 0, "schema"), {"type": "array", "maxItems": 50, "items": {"enum": ["a", "-a"]}}),
    "optional member of a request": ((*SENT, "colour"), {"type": "string"}),
    "media type of a request added": ((*BODY, "application/merge-patch+json"), {"schema": {}}),
    "value of a request's enum added": ((*SENT, "kind", "enum"), ["small", "large", "huge"]),
    "limit of a request raised": ((*SENT, "name", "maxLength"), 11),
    "pattern of a request dropped": ((*SENT, "name", "pattern"), ...),
    "null taken": ((*SENT, "name", "type"), ["string", "null"]),
    "integer widened to number": ((*SENT, "size", "type"), ["number", "null"]),
    "another way to say null": ((*SENT, "size"), {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 9}, {"type": "null"}]}),
    "member of a request optional": ((*SCHEMAS, "Thing", "required"), []),
    "status added": ((*GET, "responses", "202"), {}),
    "error removed": ((*GET, "responses", "404"), ...),
    "header of an answer added": ((*ANSWER, "headers", "Sunset"), {"schema": {"type": "string"}}),
    "member of an answer added": ((*SHOWS, "colour"), {"type": "string"}),
    "member of an answer always there": ((*SHOWN_OWN, "required"), lambda all: [*all, "note"]),
    "value of an answer's enum added": ((*SHOWS, "state", "enum"), ["on", "off", "paused"]),
    "value of an answer's enum removed": ((*SHOWS, "state", "enum"), ["on"]),
    "answer never null": ((*SHOWS, "done_at", "type"), "string"),
    "answer is opened": ((*SHOWN_OWN, "additionalProperties"), True),
    "limits of an answer told": ((*SHOWS, "tags", "maxItems"), 5),
    "path's parameter renamed": (PATHS, lambda all: {path.replace("{id}", "{thing_id}"): json.loads(json.dumps(item).replace('"name": "id"', '"name": "thing_id"'))
                                                     for path, item in all.items()}),
    "deprecated": ((*GET, "deprecated"), True),
    "event added": (("events", "thing.gone"), {"type": "object"}),
    "member of an event added": ((*DATA, "properties", "b"), {"type": "string"}),
}


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_is_told(name):
    path, value, said = BREAKING[name]
    assert said in [f"{each.place}: {each.what}" for each in breaking(BEFORE, changed(path, value))]


@pytest.mark.parametrize("name", HARMLESS)
def test_what_breaks_nobody_is_not_told(name):
    assert breaking(BEFORE, changed(*HARMLESS[name])) == []


def test_documents_may_be_cut_anew():
    """An operation may go over to another document."""
    after = copy.deepcopy(BEFORE)
    after["documents"]["others"] = copy.deepcopy(after["documents"]["things"])
    after["documents"]["things"]["paths"] = {}
    assert breaking(BEFORE, after) == []
