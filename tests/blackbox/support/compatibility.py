"""What of a contract breaks who keeps to the one before, by the rules of docs/api.md ("What may change within /v1").

    breaking(before, after)     [Change]
    today()                     the tree's contract, in the form that is frozen with a release: {"documents": {name: OpenAPI},
                                "events": {name: schema}}, without what no program goes by: prose and examples

What is sent must go on being taken: nothing that was allowed may become a fault, and nothing new be required. What is answered must go
on being what it was said to be: members stay, and are of the type that they were of. Answers may gain members, enums of answers values.
"""

import collections
import functools
import json
import math
import pathlib
import sys

PROTO = pathlib.Path(__file__).resolve().parents[3] / "proto"

Change = collections.namedtuple("Change", "place what")

METHODS = ("get", "put", "post", "patch", "delete")
PROSE = {"description", "summary", "example", "examples", "title", "externalDocs", "$comment"}
NAMED = {"properties", "patternProperties", "schemas", "responses", "parameters", "headers", "requestBodies", "paths"}  # their keys are names
LOWEST = ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum")
HIGHEST = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum")
# Of what a keyword says something; a number's format says what language may hold it.
OF_TYPE = {"string": {"minLength", "maxLength", "pattern", "format"}, "array": {"minItems", "maxItems", "uniqueItems"},
           "object": {"minProperties", "maxProperties"}}
OF_TYPE["number"] = OF_TYPE["integer"] = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
# Not looked into: who sends something must meet the same conditions as before.
CONDITIONS = ("if", "then", "else", "not", "dependentRequired", "propertyNames", "contains", "patternProperties", "prefixItems")
TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
SENT, ANSWERED = "sent", "answered"


def strip(node, names=False):
    if isinstance(node, dict):
        return {key: strip(value, not names and key in NAMED) for key, value in node.items() if names or key not in PROSE}
    return [strip(each) for each in node] if isinstance(node, list) else node


def today():
    sys.path.append(str(PROTO / "openapi"))
    import documents  # what the build makes the documents with
    document = strip(documents.read(PROTO / "openapi" / "v1.yaml"))
    return {"documents": {"v1": document}, "events": {path.stem: strip(json.loads(path.read_text())) for path in sorted((PROTO / "events").glob("*.json"))}}


def breaking(before, after):
    """Each once, in the order of the operations."""
    return list(dict.fromkeys([*compare_contracts(operations(before["documents"]), operations(after["documents"])),
                               *compare_events(before.get("events", {}), after.get("events", {}))]))


def compare_contracts(old, new):
    for key in sorted(old):
        if key not in new:
            yield Change(key, "the operation is gone")
        else:
            yield from compare_operations(key, old[key], new[key])


def compare_events(old, new):
    for name in sorted(old):
        if name not in new:
            yield Change(f"event {name}", "it is gone")
        elif name != "envelope":
            yield from compare(f"event {name}", ANSWERED, Node(old[name], old, name), Node(new[name], new, name))


class Node:
    """A part of a document, whose $refs lead into the document; or of the schema of an event, whose $refs lead into it or another."""

    def __init__(self, value, document, event=None):
        self.value, self.document, self.event = value, document, event
        while isinstance(self.value, dict) and "$ref" in self.value and not set(self.value) - PROSE - {"$ref"}:
            self.value, self.event = self.lookup(self.value["$ref"])

    def lookup(self, reference):
        file, _, path = reference.partition("#")
        event = file.rpartition("/")[2].removesuffix(".json") or self.event
        node = self.document[event] if event else self.document
        for step in filter(None, path.split("/")):
            node = node[step.replace("~1", "/").replace("~0", "~")]
        return node, event

    def with_value(self, value):
        return Node(value, self.document, self.event)

    def get(self, name, default=None):
        return self.with_value(self.value.get(name, default))

    def items(self):
        return {name: self.with_value(value) for name, value in (self.value or {}).items()}


def operations(documents):
    """{"GET /v1/things/{}": (operation, {key: parameter})}"""
    found = {}
    for document in documents.values():
        for path, item in document["paths"].items():
            if not path.startswith("/v1/"):
                continue
            steps = [step[1:-1] for step in path.split("/") if step.startswith("{")]
            path = "/".join("{}" if step.startswith("{") else step for step in path.split("/"))
            for method in METHODS:
                if method in item:
                    parameters = [Node(each, document) for each in [*item.get("parameters", []), *item[method].get("parameters", [])]]
                    found[f"{method.upper()} {path}"] = (Node(item[method], document), named(parameters, steps))
    return found


def compare_operations(place, before, after):
    (old, old_parameters), (new, new_parameters) = before, after
    yield from compare_scopes(place, old, new)
    yield from compare_parameters(place, old_parameters, new_parameters)
    yield from compare_bodies(place, old.get("requestBody"), new.get("requestBody"))
    yield from compare_answers(place, old.get("responses", {}).items(), new.get("responses", {}).items())


def compare_scopes(place, old, new):
    def scopes(operation):
        needed = operation.value.get("security", operation.document.get("security", []))
        return [{(name, scope) for name, of in each.items() for scope in [None, *of]} for each in needed] or [set()]
    if any(not any(needed <= had for needed in scopes(new)) for had in scopes(old)):
        yield Change(place, "who could call it needs more to do so")


# --- what is sent ---


def named(parameters, steps):
    """A path's parameters are known by their places, whatever they are called; headers in any capitals."""
    found = {}
    for each in parameters:
        where, name = each.value["in"], each.value["name"]
        found[where, steps.index(name) + 1 if where == "path" else name.lower() if where == "header" else name] = each
    return found


def compare_parameters(place, old, new):
    for key, parameter in new.items():
        if parameter.value.get("required") and not (key in old and old[key].value.get("required")):
            yield Change(place, f"the parameter {key[1]} is required")
    for key, parameter in old.items():
        where = f"{place} {key[0]} {key[1]}"
        if key not in new:
            yield Change(where, "the parameter is gone")
            continue
        before, after = parameter.get("schema", {}), new[key].get("schema", {})
        if "array" in types(flat(after)) and "array" not in types(flat(before)):
            after = after.get("items", {})  # one value is an array of one
        yield from compare(where, SENT, before, after)


def compare_bodies(place, old, new):
    if new.value and new.value.get("required") and not (old.value and old.value.get("required")):
        yield Change(place, "a body is required")
    for media, content in (old.get("content", {}).items() if old.value else {}).items():
        if not new.value or media not in new.value.get("content", {}):
            yield Change(f"{place} body", f"{media} is not taken")
        else:
            yield from compare(f"{place} body", SENT, content.get("schema", {}), new.get("content").get(media).get("schema", {}))


# --- what is answered ---


def compare_answers(place, old, new):
    for status, answer in old.items():
        where = f"{place} {status}"
        if status not in new:
            if status.startswith("2"):
                yield Change(where, "the status is gone")
            continue
        for media, content in answer.get("content", {}).items().items():
            if media not in new[status].value.get("content", {}):
                yield Change(where, f"{media} is not answered")
            else:
                yield from compare(where, ANSWERED, content.get("schema", {}), new[status].get("content").get(media).get("schema", {}))
        for name, header in answer.get("headers", {}).items().items():
            now = {each.lower(): value for each, value in new[status].get("headers", {}).items().items()}.get(name.lower())
            if header.value.get("required") is not False and (not now or now.value.get("required") is False):
                yield Change(where, f"the header {name} may be missing")


# --- schemas ---


def flat(node):
    """The schema as one object: its $ref and allOf are put in."""
    schema = node.value
    if schema is True or schema is None:
        return node.with_value({})
    if schema is False:
        return node.with_value({"not": {}})
    if "$ref" not in schema and "allOf" not in schema:
        return node
    parts = [{name: value for name, value in schema.items() if name not in ("$ref", "allOf")}]
    if "$ref" in schema:
        parts.append(flat(node.with_value({"$ref": schema["$ref"]})).value)
    parts += [flat(node.with_value(each)).value for each in schema.get("allOf", [])]
    return node.with_value(functools.reduce(both, parts))


def both(one, other):
    """A schema of what both take; conditions that both have are kept side by side."""
    merged = {**other, **one}
    for name in set(one) & set(other):
        a, b = one[name], other[name]
        if name in ("properties",):
            merged[name] = {**b, **a, **{each: {"allOf": [a[each], b[each]]} for each in set(a) & set(b) if a[each] != b[each]}}
        elif name == "required":
            merged[name] = sorted({*a, *b})
        elif name == "type":
            merged[name] = sorted(set(listed(a)) & set(listed(b)))
        elif name == "enum":
            merged[name] = [each for each in a if each in b]
        elif name in LOWEST:
            merged[name] = max(a, b)
        elif name in HIGHEST:
            merged[name] = min(a, b)
        elif name == "additionalProperties":
            merged[name] = a if b is True else b if a is True else False if False in (a, b) else {"allOf": [a, b]}
        elif a != b and name not in PROSE | {"default", "readOnly", "writeOnly", "deprecated"}:
            merged[name] = {"allOf": [a, b]}
    return merged


def listed(value):
    return value if isinstance(value, list) else [value]


def kind_of(value):
    return {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array", type(None): "null"}[type(value)]


def values(node):
    """Those that it allows alone, or None."""
    schema = node.value
    return [schema["const"]] if "const" in schema else schema.get("enum")


def types(node):
    if "type" in node.value:
        return set(listed(node.value["type"]))
    if values(node) is not None:
        return {kind_of(each) for each in values(node)}
    return {"object"} if "properties" in node.value else set(TYPES) - {"integer"}


def alternatives(node):
    """Schemas of one type each, of which one must fit."""
    node = flat(node)
    for word in ("oneOf", "anyOf"):
        if word in node.value:
            rest = {name: value for name, value in node.value.items() if name != word}
            # What decides on requirements alone is a condition, not a choice between forms.
            if all(set(each) <= {"required", "not", "properties"} for each in node.value[word]) and "properties" in rest:
                break
            found = []
            for each in node.value[word]:
                found += alternatives(node.with_value(both(rest, flat(node.with_value(each)).value)))
            return found
    found = []
    for kind in sorted(types(node)):
        schema = {**node.value, "type": kind}
        if values(node) is not None:
            schema["enum"] = [each for each in values(node) if kind_of(each) == kind or (kind, kind_of(each)) == ("number", "integer")]
            schema.pop("const", None)
        found.append(node.with_value(schema))
    return found


def compare(place, direction, old, new):
    """What each alternative of the side that must fit into the other lacks; the other's that comes nearest is what it is held against."""
    fits, into = (alternatives(old), alternatives(new)) if direction == SENT else (alternatives(new), alternatives(old))
    for each in fits:
        kind = each.value["type"]
        candidates = [other for other in into if other.value["type"] == kind or (kind, other.value["type"]) == ("integer", "number")]
        if not candidates:
            yield Change(place, f"{kind} is not taken" if direction == SENT else f"it may be {kind}")
            continue
        pairs = [(each, other) if direction == SENT else (other, each) for other in candidates]
        yield from min((list(compare_forms(place, direction, *pair)) for pair in pairs), key=len)


def compare_forms(place, direction, old, new):
    """Two schemas of one type."""
    yield from (compare_sent if direction == SENT else compare_answered)(place, old.value, new.value)
    is_empty = (old if direction == SENT else new).value.get("maxItems") == 0
    if old.value["type"] == "array" and not is_empty and ("items" in old.value or "items" in new.value):
        yield from compare(f"{place}/*", direction, old.get("items", True), new.get("items", True))
    if old.value["type"] == "object":
        yield from compare_members(place, direction, old, new)


def compare_sent(place, old, new):
    told = OF_TYPE.get(old["type"], set())
    for name in (each for each in LOWEST if each in told):
        nothing = 0 if name.startswith("min") and name != "minimum" else -math.inf
        if new.get(name, nothing) > old.get(name, nothing):
            yield Change(place, f"{name} is {new[name]}")
    for name in (each for each in HIGHEST if each in told):
        if new.get(name, math.inf) < old.get(name, math.inf):
            yield Change(place, f"{name} is {new[name]}")
    for name in ("pattern", "format", "multipleOf"):
        if name in told and name in new and new[name] != old.get(name) and not is_listed(old, new):
            yield Change(place, f"{name} is {new[name]}")
    if "uniqueItems" in told and new.get("uniqueItems") and not old.get("uniqueItems"):
        yield Change(place, "uniqueItems is true")
    if "enum" in new and ("enum" not in old or [each for each in old["enum"] if each not in new["enum"]]):
        yield Change(place, f"only {', '.join(map(str, new['enum']))} are taken")
    if "default" in old and "default" in new and old["default"] != new["default"]:
        yield Change(place, f"the default is {new['default']}")
    for name in (*CONDITIONS, "anyOf", "oneOf"):
        if name in new and new[name] != old.get(name):
            yield Change(place, f"the condition {name} is another")


def is_listed(old, new):
    return "enum" in old and "enum" in new


def compare_answered(place, old, new):
    if old["type"] == "string" and "format" in old and new.get("format") != old["format"] and "enum" not in new:
        yield Change(place, f"format is not {old['format']}")
    if "enum" in old and "enum" in new and not [each for each in new["enum"] if each in old["enum"]]:
        yield Change(place, f"it is never {', '.join(map(str, old['enum']))}")


def compare_members(place, direction, old, new):
    before, after = old.value.get("properties", {}), new.value.get("properties", {})
    old_required, new_required = set(old.value.get("required", [])), set(new.value.get("required", []))
    if direction == SENT:
        yield from (Change(f"{place}/{name}", "it is required") for name in sorted(new_required - old_required))
        if is_open(old.value) and not is_open(new.value):
            yield Change(place, "members of other names are not taken")
    else:
        yield from (Change(f"{place}/{name}", "it may be missing") for name in sorted(old_required - new_required) if name in after)
    for name in sorted(before):
        if name in after:
            yield from compare(f"{place}/{name}", direction, old.with_value(before[name]), new.with_value(after[name]))
        elif direction == ANSWERED or not is_open(new.value):
            yield Change(f"{place}/{name}", "the member is gone")
    more = old.value.get("additionalProperties"), new.value.get("additionalProperties")
    if all(isinstance(each, dict) for each in more):
        yield from compare(f"{place}/*", direction, old.with_value(more[0]), new.with_value(more[1]))


def is_open(schema):
    return schema.get("additionalProperties", schema.get("unevaluatedProperties", True)) is not False
