"""Each event type is its schema under proto/events/, and what lists event types lists those: the contract, the rule in SQL that says
which service an event is of, the statements that write events, and the docs. The envelope takes them all."""
import json
import re

from tree import ROOT, compare, line_of, named, sources, text_of, without_sql_comments

EVENTS = ROOT / "proto" / "events"
NAME = r"(?:candidate|digest|interview|link|review|webhook)\.[a-z_]+"
BASE = "https://sharelink.example/events/"  # with the file's name, each schema's $id
# Types of deliveries that no event asks for: time does, and a person who tries an endpoint.
NO_EVENTS = {"link.expires_soon", "digest.daily", "webhook.disabled", "webhook.test"}


def check():
    sources_of = yield from read_schemas()
    yield from check_envelope(sources_of)
    yield from check_source_rule(sources_of)
    yield from check_contract(sources_of)
    yield from check_writers(sources_of)
    yield from check_prose(sources_of)


def read_schemas():
    """By event: the service that its schema names as the source."""
    sources_of = {}
    for path in sources("proto/events/*.json"):
        schema = json.loads(text_of(path))
        if schema["$id"] != BASE + path.name:
            yield path, 1, f"has the $id {schema['$id']}, not {BASE}{path.name}"
        if '"additionalProperties"' in text_of(path):
            yield path, 1, "is closed: members may be added to what is told"
        if path.stem == "envelope":
            continue
        kind = schema["properties"]["type"]["const"]
        if kind != f"sharelink.{path.stem}.v1" or schema["title"] != path.stem:
            yield path, 1, f"is the schema of {kind}, with the title {schema['title']}: the file has the event's short name"
        sources_of[path.stem] = schema["properties"]["source"]["const"].removeprefix("/sharelink/")
    return sources_of


def check_envelope(sources_of):
    path = EVENTS / "envelope.json"
    members = json.loads(text_of(path))["properties"]
    for name, source in sorted(sources_of.items()):
        for member, value in (("type", f"sharelink.{name}.v1"), ("source", f"/sharelink/{source}")):
            if not re.search(members[member]["pattern"], value):
                yield path, 1, f"takes no {member} such as {value}"


def check_source_rule(sources_of):
    """events.cloud_event names the events of views; all others are of links."""
    path = ROOT / "services" / "ctl" / "schema" / "functions.sql"
    text = text_of(path)
    rule = re.search(r"'source', case when event\.type in \(([^)]*)\)\s*then '/sharelink/(\w+)' else '/sharelink/(\w+)' end", text)
    if not rule:
        yield path, 1, "tests/lint/events.py finds no rule of sources in events.cloud_event"
        return
    listed = re.findall(r"'([^']+)'", rule[1])
    for name, source in sorted(sources_of.items()):
        given = rule[2] if name in listed else rule[3]
        if given != source:
            yield path, line_of(text, rule.start()), f"makes {given} the source of {name}; its schema says {source}"
    for name in sorted(set(listed) - set(sources_of)):
        yield path, line_of(text, rule.start()), f"knows {name}, which has no schema"


def check_contract(sources_of):
    path = ROOT / "proto" / "asyncapi.yaml"
    text = text_of(path)
    for service in sorted(set(sources_of.values())):
        own = [name for name, source in sources_of.items() if source == service]
        channel = re.search(rf"^  {service}_stream:\n((?:   .*\n)*)", text, re.MULTILINE)[1]
        yield from compare(re.findall(r"#/components/messages/(\S+)\"", channel), own, path,
                           f"has {{}} on the stream of {service}; its schema says otherwise", f"has not {{}} on the stream of {service}")
    messages = re.findall(r"^      name: sharelink\.(\S+)\.v1$", text, re.MULTILINE)
    yield from compare(messages, sources_of, path, "has a message {}, which has no schema", "has no message {}")
    shown = re.findall(rf"^            type: {{ const: ({NAME}) }}$", text, re.MULTILINE)
    yield from compare(shown, sources_of, path, "shows {} in EventData, which has no schema", "does not show {} in EventData")
    streams = ROOT / "proto" / "streams.md"
    row = re.search(r"^\| `sharelink:views` .*", text_of(streams), re.MULTILINE)[0]
    yield from compare(re.findall(rf"`({NAME})`", row), [name for name, source in sources_of.items() if source == "views"], streams,
                       "has {} on sharelink:views", "has not {} on sharelink:views")
    readme = ROOT / "services" / "views" / "README.md"
    out = re.search(r"\*\*Events out:\*\*(.*?)\*\*Events in", text_of(readme), re.DOTALL)[1]
    yield from compare(re.findall(rf"`({NAME})`", out), [name for name, source in sources_of.items() if source == "views"], readme,
                       "has {} as an event out, which is not of views", "has not {} as an event out")


def check_writers(sources_of):
    """Every event that a statement writes has a schema, and every schema's event is written."""
    written = {}
    for path in sources("services/**/*.sql"):
        text = without_sql_comments(text_of(path))
        if "insert into events.log" in text or "events.add_of_reviewers(" in text:
            for found in re.finditer(rf"'({NAME})'", text):
                written.setdefault(found[1], (path, line_of(text, found.start())))
    for name in sorted(set(written) - set(sources_of)):
        yield *written[name], f"writes {name}, which has no schema under {named(EVENTS)}"
    for name in sorted(set(sources_of) - set(written)):
        yield EVENTS / f"{name}.json", 1, "no statement writes this event"


def check_prose(sources_of):
    for path in sources("README.md", "docs/**/*.md", "proto/**/*.md", "services/*/README.md", "proto/openapi/*.yaml", "proto/asyncapi.yaml"):
        text = text_of(path)
        for found in re.finditer(rf"`(?:sharelink\.)?({NAME})(?:\.v1)?`", text):
            if found[1] not in sources_of and found[1] not in NO_EVENTS:
                yield path, line_of(text, found.start()), f"tells of {found[1]}, which is no event"
