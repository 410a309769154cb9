"""Events in the OpenAPI document: each type with its data, made of proto/events, so that a typed client knows what it has got."""

import json
import pathlib
import shutil
import subprocess

from support import npm
from support.contract import PROTO

ROOT = PROTO.parent
EVENTS = sorted(path.stem for path in (PROTO / "events").glob("*.json") if path.stem != "envelope")
DOCUMENT = json.loads((ROOT / "build" / "gen" / "proto" / "openapi" / "v1.json").read_text())
SCHEMAS = DOCUMENT["components"]["schemas"]


def schema(reference):
    return SCHEMAS[reference.rpartition("/")[2]]


def test_every_event_has_its_schema_and_its_webhook():
    event = SCHEMAS["Event"]
    assert event["discriminator"]["propertyName"] == "type"
    types = [schema(each["$ref"])["properties"]["type"]["const"] for each in event["oneOf"]]
    assert types == list(event["discriminator"]["mapping"]) == SCHEMAS["EventType"]["enum"] == EVENTS
    assert DOCUMENT["webhooks"].keys() == {*EVENTS, "webhook.test"}
    for name, item in DOCUMENT["webhooks"].items():
        body = schema(item["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"])
        assert body["properties"].keys() == {"type", "timestamp", "data"} and body["properties"]["type"]["const"] == name
        headers = [DOCUMENT["components"]["parameters"][each["$ref"].rpartition("/")[2]] for each in item["post"]["parameters"]]
        assert [(each["name"], each["in"], each["required"]) for each in headers] == [
            (each, "header", True) for each in ("webhook-id", "webhook-timestamp", "webhook-signature")]


def test_names_of_events_are_told_wherever_they_may_stand():
    deliveries = [*EVENTS, "digest.daily", "link.expires_soon", "webhook.disabled", "webhook.test"]
    assert SCHEMAS["DeliveredType"]["enum"] == deliveries
    text = json.dumps([SCHEMAS[name] for name in ("Delivery", "WebhookEndpoint", "WantedEvents")] + [DOCUMENT["paths"][f"/v1/{name}"] for name in ("events", "deliveries")])
    assert text.count("#/components/schemas/DeliveredType") == 3 and text.count("#/components/schemas/EventType") == 2


def test_typed_client_narrows_an_event_by_its_type():
    """openapi-typescript makes the types; TypeScript, strict, compiles what it may, and refuses what it marks."""
    folder = npm.folder_with({"openapi-typescript": "7.13.0", "typescript": "5.9.3"})
    tools = folder / "node_modules" / ".bin"
    (folder / "v1.json").write_text(json.dumps(DOCUMENT))
    shutil.copyfile(pathlib.Path(__file__).parent / "support" / "scripts" / "typed_events.ts", folder / "typed_events.ts")
    for command in ([tools / "openapi-typescript", "v1.json", "-o", "types.ts"],
                    [tools / "tsc", "--strict", "--noEmit", "--noUncheckedIndexedAccess", "--skipLibCheck", "typed_events.ts"]):
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
