"""What an OpenAPI document says of each event, made of proto/events: there an event's data is described, and nowhere else.

    put_in(document)      expands `x-each-event`, if there is one
    listed()              each type as GET /v1/event-types lists it

`x-each-event` has `patterns`. Of each every event gets its own, with its `type` and its `data`, named by the event and the
pattern (LinkOpenedEvent); where `choices` has the pattern, its own name is their choice by `type`. `webhook` becomes a webhook for
each event, with its body of the pattern Webhook. The names of all events are the schema EventType; with those that `delivered` has
besides, DeliveredType.
"""
import copy
import json
import pathlib

EVENTS = pathlib.Path(__file__).resolve().parents[1] / "events"


def put_in(document):
    wanted = document.pop("x-each-event", None)
    if not wanted:
        return
    schemas, webhooks = document["components"]["schemas"], document.setdefault("webhooks", {})
    events = by_name()
    schemas["EventType"] = {"description": "The short name of an event. Types may be added.", "type": "string", "enum": list(events)}
    schemas["DeliveredType"] = {"description": wanted["delivered"]["description"], "type": "string",
                                "enum": [*events, *wanted["delivered"]["besides"]]}
    for name, event in events.items():
        schemas[f"{camel(name)}Data"] = data_of(event)
        for pattern, schema in wanted["patterns"].items():
            schemas[camel(name) + pattern] = schema_of(name, event, schema)
        webhooks[name] = webhook_of(name, event, wanted["webhook"])
    for pattern in wanted["choices"]:
        schemas[pattern] = choice(pattern, wanted["patterns"][pattern], events)


def by_name():
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(EVENTS.glob("*.json")) if path.stem != "envelope"}


def listed():
    return [{"type": name, "description": event["description"], "data_schema": data_of(event), "example": row_of(name, event)}
            for name, event in by_name().items()]


def row_of(name, event):
    """The schema's example as GET /v1/events would show it."""
    example = event["examples"][0]
    members = {"id": example["id"], "type": name, "created_at": example["time"], "share_link_id": example.get("subject"),
               "reviewer_id": example["data"].get("reviewer_id"), "data": example["data"], "request_id": example.get("requestid")}
    return {member: value for member, value in members.items() if value is not None}


def camel(name):
    return "".join(word.capitalize() for word in name.replace(".", "_").split("_"))


def data_of(event):
    """With what it refers to in the envelope: a document is to be read without other files."""
    definitions = json.loads((EVENTS / "envelope.json").read_text(encoding="utf-8"))["$defs"]

    def inlined(node):
        if isinstance(node, list):
            return [inlined(each) for each in node]
        if not isinstance(node, dict):
            return node
        made = {word: inlined(value) for word, value in node.items() if word != "$ref"}
        return {**definitions[node["$ref"].rpartition("/")[2]], **made} if "$ref" in node else made

    return inlined(event["properties"]["data"])


def schema_of(name, event, pattern):
    made = copy.deepcopy(pattern)
    made["description"] = event["description"]
    made["properties"]["type"] = {"type": "string", "const": name}
    made["properties"]["data"] = {"$ref": f"#/components/schemas/{camel(name)}Data"}
    if "subject" in event["required"] and "share_link_id" in made["properties"]:
        made["required"].append("share_link_id")
    return made


def choice(pattern, schema, events):
    references = {name: f"#/components/schemas/{camel(name)}{pattern}" for name in events}
    return {"description": schema["description"], "oneOf": [{"$ref": each} for each in references.values()],
            "discriminator": {"propertyName": "type", "mapping": references}}


def webhook_of(name, event, pattern):
    made = copy.deepcopy(pattern)
    summary, _, more = event["description"].partition(". ")
    made["post"].update(operationId=f"on{camel(name)}", summary=summary.rstrip(".") + ".", description=" ".join(filter(None, [more, pattern["post"]["description"]])))
    example = event["examples"][0]
    made["post"]["requestBody"]["content"]["application/json"] = {
        "schema": {"$ref": f"#/components/schemas/{camel(name)}Webhook"},
        "example": {"type": name, "timestamp": example["time"], "data": example["data"]}}
    return made
