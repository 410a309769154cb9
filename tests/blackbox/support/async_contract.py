"""What is told without being asked, against proto/asyncapi.yaml, with no more members than it names.

    check_message("webhook", headers, payload)      raises Breach
"""

import functools
import json

import jsonschema
import yaml

from .contract import PROTO, Breach, Loader, closed_event, event_schemas, first_fault

BASE = "https://sharelink.example/"  # where the relative references of the document begin: they lead to the schemas' $ids


@functools.lru_cache(maxsize=None)
def document():
    with open(PROTO / "asyncapi.yaml", encoding="utf-8") as file:
        return closed_event(yaml.load(file, Loader))


@functools.lru_cache(maxsize=None)
def resolver():
    store = {url: closed_event(schema) for url, schema in event_schemas().items()}
    return jsonschema.RefResolver(f"{BASE}asyncapi.yaml", document(), store=store)


@functools.lru_cache(maxsize=None)
def validator(message, part):
    return jsonschema.Draft202012Validator(document()["components"]["messages"][message][part], resolver=resolver())


def check_message(message, headers, payload):
    for part, value in (("headers", headers), ("payload", payload)):
        fault = first_fault(validator(message, part), value)
        if fault:
            raise Breach(f"{message}, {part}: {'/'.join(str(step) for step in fault.absolute_path)}: {fault.message[:600]}")


def check_entry(stream, fields):
    """An entry of a Redis stream; its type must be one that the stream's channel has."""
    name = fields["type"].removeprefix("sharelink.").removesuffix(".v1")
    channel = next(each for each in document()["channels"].values() if each["address"] == stream)
    if name not in channel["messages"]:
        raise Breach(f"{stream} has an entry of the type {fields['type']}")
    check_message(name, {key: value for key, value in fields.items() if key != "ce"}, json.loads(fields["ce"]))
