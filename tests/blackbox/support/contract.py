"""The contract that passes by: requests, replies and events against proto/.

    CONTRACTS["links"].check(method, path, status, headers, body, sent)     raises Breach
    check_event(event)                                                       raises Breach

A request that was taken (2xx) must fit its schema; a reply must have a status that its operation documents, the headers
that this status promises, and a body that fits and has no member that is not documented (closing.py). Validators are made
once, when they are first needed.
"""

import functools
import json
import pathlib
import re
import sys
import threading
from urllib.parse import urlsplit

import jsonschema
import yaml

from .closing import closed

PROTO = pathlib.Path(__file__).resolve().parents[3] / "proto"
sys.path.append(str(PROTO / "openapi"))
import documents  # noqa: E402  what the build makes the documents with
ROUTE = re.compile(r'\{\s*HTTP_([A-Z]+),\s*"([^"]+)",\s*(\w+),\s*\.scope = ("[^"]*"|\w+)[^}]*\}')
# What the top of each document says that any call may answer; `default` stands for these alone.
ANYWHERE = {400, 404, 405, 411, 413, 415, 417, 431, 500, 501, 503}
# Headers that an answer may do without, besides those that are `required: false`.
OPTIONAL_HEADERS = {"set-cookie", "idempotency-replayed", "retry-after", "location", "ratelimit", "ratelimit-policy"}
RESOLVING = threading.Lock()


class Breach(AssertionError):
    """What passed by is not what proto/ says."""


class Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
    """Times stay text, as in JSON."""


Loader.add_constructor("tag:yaml.org,2002:timestamp", Loader.construct_yaml_str)


class Contract:
    def __init__(self, document):
        self.document = document = closed(document)
        self.resolver = jsonschema.RefResolver("", document)
        self.validators = {}
        self.operations = []
        for path, item in document["paths"].items():
            pattern = re.compile("/".join("[^/]+" if step.startswith("{") else re.escape(step) for step in path.split("/")))
            for method, operation in item.items():
                if method in ("get", "put", "post", "patch", "delete"):
                    self.operations.append((method.upper(), path, pattern, operation))
        self.operations.sort(key=lambda each: each[1].count("{"))  # a fixed step before a parameter

    def find(self, method, path):
        """(path template, operation), or None."""
        wanted = "GET" if method == "HEAD" else method
        for known, template, pattern, operation in self.operations:
            if known == wanted and pattern.fullmatch(path):
                return template, operation
        return None

    def check(self, method, path, status, headers, body, sent=None):
        """`body` and `sent` are bytes, `headers` the reply's with any capitals."""
        found = self.find(method, urlsplit(path).path)
        if not found:
            if status < 400:
                raise Breach(f"{method} {path}: {status}, and no such operation is documented")
            return
        template, operation = found
        place = f"{method} {template}: {status}"
        reply = self.reply_of(place, operation, status)
        self.check_headers(place, reply, {name.lower(): value for name, value in headers.items()})
        if method != "HEAD":
            self.check_body(place, reply, headers, body)
        if 200 <= status < 300:
            self.check_sent(place, operation, sent)

    def resolved(self, node):
        while "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def reply_of(self, place, operation, status):
        replies = operation["responses"]
        if str(status) in replies:
            return self.resolved(replies[str(status)])
        if "default" in replies and status in ANYWHERE:
            return self.resolved(replies["default"])
        raise Breach(f"{place} is not documented")

    def check_headers(self, place, reply, headers):
        for name, header in reply.get("headers", {}).items():
            header, value = self.resolved(header), headers.get(name.lower())
            if value is None:
                if name.lower() not in OPTIONAL_HEADERS and header.get("required") is not False:
                    raise Breach(f"{place} lacks the header {name}")
                continue
            schema = header.get("schema", {})
            self.validate(f"{place}, header {name}", schema, int(value) if schema.get("type") == "integer" else value)

    def check_body(self, place, reply, headers, body):
        media = {name.lower(): value for name, value in headers.items()}.get("content-type", "").partition(";")[0]
        content = reply.get("content")
        if not content:
            if body:
                raise Breach(f"{place} has a body, and none is documented")
            return
        if media not in content and not any(kind.endswith("/*") for kind in content):
            raise Breach(f"{place} is {media or 'of no type'}, not {' or '.join(content)}")
        if media.endswith("json"):
            self.validate(place, content[media]["schema"], json.loads(body))

    def check_sent(self, place, operation, sent):
        request = operation.get("requestBody")
        if not sent:
            if request and self.resolved(request).get("required"):
                raise Breach(f"{place}, though the body that it requires was missing")
            return
        if not request:
            return  # GET and DELETE do not look at one
        content = self.resolved(request)["content"]
        if "application/json" in content:
            self.validate(f"{place}, the request", content["application/json"]["schema"], json.loads(sent))

    def validate(self, place, schema, value):
        validator = self.validators.get(id(schema))
        if not validator:
            validator = self.validators[id(schema)] = jsonschema.Draft202012Validator(schema, resolver=self.resolver)
        fault = first_fault(validator, value)
        if fault:
            raise Breach(f"{place}: {'/'.join(str(step) for step in fault.absolute_path)}: {fault.message[:600]}")


class Contracts(dict):
    """By daemon; a document is read when it is first asked for."""

    def __missing__(self, name):
        self[name] = Contract(documents.read(PROTO / "openapi" / f"{name}.yaml"))
        return self[name]


CONTRACTS = Contracts()


def first_fault(validator, value):
    """One at a time: a resolver of references keeps the place where it is, for all threads."""
    with RESOLVING:
        return next(validator.iter_errors(value), None)


@functools.lru_cache(maxsize=None)
def event_schemas():
    """As they are published, by $id."""
    schemas = [json.loads(path.read_text()) for path in (PROTO / "events").glob("*.json")]
    return {schema["$id"]: schema for schema in schemas}


def closed_event(schema):
    """The same without the room for members to come: what we tell is to be documented all the same."""
    if isinstance(schema, list):
        return [closed_event(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed_event(value) for name, value in schema.items()}
    return {"additionalProperties": False, **made} if schema.get("type") == "object" and "properties" in schema else made


@functools.lru_cache(maxsize=None)
def event_validator(type, is_closed=True):
    """Of "sharelink.link.opened.v1", or of "envelope"; None when there is no such event."""
    schema = event_schemas().get(f"https://sharelink.example/events/{type.removeprefix('sharelink.').removesuffix('.v1')}.json")
    if schema is None:
        return None
    resolver = jsonschema.RefResolver(schema["$id"], schema, store=event_schemas())
    return jsonschema.Draft202012Validator(closed_event(schema) if is_closed else schema, resolver=resolver)


def check_event(event):
    """A CloudEvent, as it stands in events.log and in the streams."""
    for kind in (event.get("type", ""), "envelope"):
        validator = event_validator(kind)
        if not validator:
            raise Breach(f"no schema of the event {kind!r}")
        fault = first_fault(validator, event)
        if fault:
            raise Breach(f"event {event['type']}, schema {kind}: {'/'.join(str(step) for step in fault.absolute_path)}: {fault.message[:600]}")


def routes(daemon):
    """[(method, path, handler, scope or None)] of services/<daemon>/routes.c."""
    text = (PROTO.parent / "services" / daemon / "routes.c").read_text()
    return [(method, path, handler, scope.strip('"') if scope.startswith('"') else None)
            for method, path, handler, scope in ROUTE.findall(text)]
