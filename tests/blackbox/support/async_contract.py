"""What is told without being asked, against proto/asyncapi.yaml.

    check_message("webhook", headers, payload)      raises Breach
"""

import functools
import json

import jsonschema
import yaml

from .contract import PROTO, Breach, Loader, first_fault

BASE = "https://proto.invalid/"  # where the relative references of the document begin


@functools.lru_cache(maxsize=None)
def document():
    with open(PROTO / "asyncapi.yaml", encoding="utf-8") as file:
        return yaml.load(file, Loader)


@functools.lru_cache(maxsize=None)
def resolver():
    store = {f"{BASE}events/{path.name}": json.loads(path.read_text()) for path in (PROTO / "events").glob("*.json")}
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
