"""The OpenAPI documents as they are served: each daemon's own file, with what it uses of shared.yaml, checked.

    read(path)      the document of one daemon, or that of /v1; exits with a sentence when it breaks a rule

A daemon's file is no document by itself. To it come:
- what proto/events says of each event, for `x-each-event` (events.py);
- what it refers to and does not have: components of shared.yaml, and the paths there, which every daemon serves;
- the problems that its answers name, and the list of all their codes (problems.py);
- the text of `x-conventions` for a line `{{conventions}}` of its description;
- for `x-for-people: true`, a page beside each application/problem+json: HTML for who asks for it. People have no key, so what keys
  are told in headers is left out.

That of /v1 (v1.yaml) is put together of others: their calls under /v1, and the tags and components that these use, the tags in the order
of its `x-tags`.

Answers are open, so that they may gain members; what is sent is closed, so that nothing is ignored. A schema of an object is
therefore of the one or of the other.
"""
import copy
import pathlib
import sys

import events
import problems
import yaml

SHARED = pathlib.Path(__file__).resolve().parent / "shared.yaml"
METHODS = {"get", "put", "post", "patch", "delete"}
JSON = {"application/json", "application/merge-patch+json", "application/problem+json"}

# What an object of each kind may have; a comma that nobody quoted makes a name that is in none of these.
KNOWN = {
    "document": "openapi info servers security tags paths webhooks components",
    "path": "summary description parameters get put post patch delete",
    "operation": "operationId tags summary description security parameters requestBody responses deprecated externalDocs",
    "parameter": "$ref name in description required deprecated schema example examples style explode",
    "requestBody": "$ref description required content",
    "response": "$ref description headers content",
    "header": "$ref description required deprecated schema example",
    "media": "schema example examples encoding",
    "example": "$ref summary description value",
    "schema": "$ref $comment type enum const title description format pattern minLength maxLength minimum maximum exclusiveMinimum"
              " exclusiveMaximum multipleOf items prefixItems minItems maxItems uniqueItems contains properties required additionalProperties"
              " propertyNames minProperties maxProperties unevaluatedProperties patternProperties dependentRequired allOf anyOf oneOf not if then"
              " else default deprecated readOnly writeOnly example examples discriminator contentMediaType contentSchema contentEncoding",
}
KNOWN = {kind: set(names.split()) for kind, names in KNOWN.items()}
COMPONENTS = {"schemas": "schema", "responses": "response", "parameters": "parameter", "headers": "header", "examples": "example",
              "requestBodies": "requestBody", "securitySchemes": None}


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Refuses a key that is there twice, and leaves times as text."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is there twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


Loader.add_constructor("tag:yaml.org,2002:timestamp", Loader.construct_yaml_str)


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Loader)


def read(path):
    document, shared = assembled(path), load(SHARED)
    problems.tell_list(document, shared)
    bound_integers(document)
    check(document)
    return document


def assembled(path):
    document, shared = load(path), load(SHARED)
    if not str(document.get("openapi", "")).startswith("3.1."):
        sys.exit("openapi must be 3.1.x")
    document["info"] = {**shared["info"], **document["info"]}
    document["info"]["description"] = document["info"]["description"].replace("{{conventions}}\n", shared["x-conventions"])
    if "x-documents" in document:
        join(document, [assembled(pathlib.Path(path).parent / f"{name}.yaml") for name in document.pop("x-documents")])
    else:
        complete(document, shared)
    return document


def complete(document, shared):
    problems.expand_all(document, shared)
    problems.expand_all(shared, shared)
    for route, item in shared["paths"].items():
        add(document["paths"], route, item, "the path")
    document["tags"] += shared["tags"]
    events.put_in(document)
    take_components(document, shared)
    if document.pop("x-for-people", False):
        suit_people(document)
        for name in ("RateLimit", "RateLimit-Policy"):
            document["components"]["headers"].pop(name, None)


def bound_integers(document):
    """How wide an integer is follows from its bounds, for those who make types of a language."""
    for kind, _, node in objects(document):
        if kind == "schema" and "integer" in node.get("type", []):
            node.setdefault("format", "int32" if node.get("maximum", 2**53) < 2**31 else "int64")


def add(there, name, value, kind):
    if name in there:
        sys.exit(f"{kind} {name} is in {SHARED.name} already")
    there[name] = copy.deepcopy(value)


def take_components(document, shared):
    """Those that are referred to, and those that these refer to."""
    components = document.setdefault("components", {})
    for section, named in shared["components"].items():
        for name in named:
            if name in components.get(section, {}):
                sys.exit(f"{section}/{name} is in {SHARED.name} already")
    wanted = list(references(document))
    wanted += [f"#/components/securitySchemes/{name}" for each in securities(document) for name in each]
    while wanted:
        step = wanted.pop().split("/")
        if step[:2] != ["#", "components"] or len(step) < 4 or step[3] in components.get(step[2], {}):
            continue
        section, name = step[2:4]
        if name in shared["components"].get(section, {}):
            components.setdefault(section, {})[name] = copy.deepcopy(shared["components"][section][name])
            wanted += references(components[section][name])


def join(document, others):
    document.update(tags=[], paths={})
    order = document.pop("x-tags")
    webhooks, everything = {}, {}
    for other in others:
        for path, item in other["paths"].items():
            if path.startswith("/v1/"):
                put(document["paths"], path, item, "the path")
        for name, item in other.get("webhooks", {}).items():
            put(webhooks, name, item, "the webhook")
        for section, named in other["components"].items():
            for name, component in named.items():
                put(everything.setdefault(section, {}), name, component, section)
    document.update({"webhooks": webhooks} if webhooks else {})
    tags = {tag for _, _, operation in operations(document) for tag in operation["tags"]}
    for tag in (tag for other in others for tag in other["tags"] if tag["name"] in tags):
        if tag not in document["tags"]:
            document["tags"].append(tag)
    document["tags"].sort(key=lambda tag: order.index(tag["name"]))
    take_components(document, {"components": everything})


def put(there, name, value, kind):
    """What two have must be the same."""
    if there.setdefault(name, value) != value:
        sys.exit(f"{kind} {name} is not the same in two of the documents that are put together")


def securities(document):
    yield from document.get("security", [])
    for _, _, operation in operations(document):
        yield from operation.get("security", [])


def operations(document):
    for path, item in {**document["paths"], **document.get("webhooks", {})}.items():
        for method in METHODS & set(item):
            yield path, method, item[method]


def suit_people(document):
    responses = list(document["components"].get("responses", {}).values())
    responses += [each for _, _, operation in operations(document) for each in operation["responses"].values()]
    for each in responses:
        for name in ("RateLimit", "RateLimit-Policy"):
            each.get("headers", {}).pop(name, None)
        if "application/problem+json" in each.get("content", {}):
            each["content"] = {"text/html": {"schema": {"$ref": "#/components/schemas/FaultPage"}}, **each["content"]}


# --- the rules ---


def check(document):
    for reference in references(document):
        resolve(document, reference)
    for kind, place, node in objects(document):
        if unknown := {name for name in set(node) - KNOWN[kind] if not str(name).startswith("x-")}:
            sys.exit(f"{place}: a {kind} has no {sorted(map(str, unknown))}; is a comma or a colon not quoted?")
    check_paths(document)
    problems.check(document)
    Uses(document).check()


def check_paths(document):
    named = {}
    for path, method, operation in operations(document):
        name = operation.get("operationId", "")
        if not (name.isalnum() and name[0].islower()):
            sys.exit(f"{method} {path}: the operationId {name!r} is not in camelCase")
        if name in named:
            sys.exit(f"{method} {path}: {name} is the operationId of {named[name]}")
        named[name] = f"{method} {path}"


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolve(document, reference):
    node = document
    if not reference.startswith("#/"):
        sys.exit(f"$ref {reference} leads out of the document")
    for step in reference[2:].split("/"):
        step = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or step not in node:
            sys.exit(f"$ref {reference} leads nowhere")
        node = node[step]
    return node


def objects(document):
    """(kind, place, object) of all of OpenAPI's that a document has."""
    yield "document", "the document", document
    for path, item in {**document["paths"], **document.get("webhooks", {})}.items():
        yield "path", path, item
        yield from within("parameter", path, item.get("parameters", []))
        for method in METHODS & set(item):
            yield from operation_objects(f"{method} {path}", item[method])
    for section, kind in COMPONENTS.items():
        if kind:
            yield from within(kind, section, document.get("components", {}).get(section, {}))


def operation_objects(place, operation):
    yield "operation", place, operation
    yield from within("parameter", place, operation.get("parameters", []))
    yield from within("requestBody", place, [operation["requestBody"]] if "requestBody" in operation else [])
    yield from within("response", place, operation["responses"])


def within(kind, place, named):
    items = named.items() if isinstance(named, dict) else enumerate(named)
    for name, node in items:
        yield from each_of(kind, f"{place}/{name}", node)


def each_of(kind, place, node):
    yield kind, place, node
    if kind in ("parameter", "header", "media") and "schema" in node:
        yield from (("schema", *each) for each in schemas(f"{place}/schema", node["schema"]))
    if kind == "schema":
        yield from (("schema", *each) for each in list(schemas(place, node))[1:])
    if kind in ("requestBody", "response"):
        yield from within("media", place, node.get("content", {}))
        yield from within("header", place, node.get("headers", {}))
    if kind in ("media", "parameter"):
        yield from within("example", place, node.get("examples", {}))


def schemas(place, schema):
    """(place, schema) of a schema and of all in it."""
    if not isinstance(schema, dict):
        return
    yield place, schema
    for name, part in parts(schema):
        yield from schemas(f"{place}/{name}", part)


def parts(schema):
    for word in ("properties", "patternProperties"):
        yield from ((f"{word}/{name}", part) for name, part in schema.get(word, {}).items())
    for word in ("allOf", "anyOf", "oneOf", "prefixItems"):
        yield from ((f"{word}/{number}", part) for number, part in enumerate(schema.get(word, [])))
    for word in ("items", "additionalProperties", "unevaluatedProperties", "propertyNames", "contains", "not", "if", "then", "else"):
        if isinstance(schema.get(word), dict):
            yield word, schema[word]


class Uses:
    """What is answered and what is sent, followed through every $ref."""

    def __init__(self, document):
        self.document = document
        self.done = set()

    def check(self):
        for path, method, operation in operations(self.document):
            place = f"{method} {path}"
            for status, response in operation["responses"].items():
                for media in self.resolved(response).get("content", {}).values():
                    self.answer(f"{place} {status}", media.get("schema", {}))
            for kind, media in self.resolved(operation.get("requestBody", {})).get("content", {}).items():
                if kind in JSON and path in self.document.get("webhooks", {}):
                    self.answer(place, media["schema"])  # it is we who send it
                elif kind in JSON:
                    self.request(place, media["schema"], True)

    def resolved(self, node):
        return resolve(self.document, node["$ref"]) if "$ref" in node else node

    def once(self, kind, schema):
        fresh = (kind, id(schema)) not in self.done
        self.done.add((kind, id(schema)))
        return isinstance(schema, dict) and fresh

    def answer(self, place, schema):
        if not self.once("answer", schema):
            return
        if schema.get("additionalProperties") is False or schema.get("unevaluatedProperties") is False:
            sys.exit(f"{place}: what is answered may gain members: no additionalProperties: false there")
        if "default" in schema:
            sys.exit(f"{place}: what is answered has no default")
        if schema.get("type") == "object" and not ({"properties", "additionalProperties"} & set(schema)) and "allOf" not in schema:
            sys.exit(f"{place}: an object of which nothing is said needs additionalProperties: true")
        if "$ref" in schema:
            self.answer(f"{place} {schema['$ref']}", resolve(self.document, schema["$ref"]))
        for name, part in parts(schema):
            self.answer(f"{place}/{name}", part)

    def request(self, place, schema, whole):
        """`whole`: not one of several that are put together."""
        if not self.once(f"request {whole}", schema):
            return
        if "default" in schema:
            sys.exit(f"{place}: a member of a body has no default, which generators take for a member that is required: say it in words")
        if whole and "properties" in schema and not self.closed(schema):
            sys.exit(f"{place}: what is sent is closed: additionalProperties is missing")
        if "$ref" in schema:
            self.request(f"{place} {schema['$ref']}", resolve(self.document, schema["$ref"]), whole)
        for name, part in parts(schema):
            self.request(f"{place}/{name}", part, whole and not name.startswith(("allOf", "if", "then", "else", "not")))

    def closed(self, schema):
        if {"additionalProperties", "unevaluatedProperties"} & set(schema):
            return True
        if "$ref" in schema and self.closed(resolve(self.document, schema["$ref"])):
            return True
        return any(self.closed(each) for each in schema.get("allOf", []))
