"""GET /openapi.json: each daemon tells its contract, the one that proto/openapi/ has; the front door that of all of /v1."""

import json
import pathlib
import re
import subprocess

import pytest
from stack.daemon import NAMES
from support.api import Api
from support.contract import CONTRACTS, routes

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPENAPI = ROOT / "proto" / "openapi"


def embed(path):
    return subprocess.run([OPENAPI / "embed", "json", path, "1.2.3"], capture_output=True, text=True)


@pytest.mark.parametrize("name", NAMES)
def test_each_daemon_tells_its_contract(stack, name):
    anonymous = Api(getattr(stack, name).url())
    answer = anonymous.get("/openapi.json", status=200)
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json()["paths"].keys() == {path for _, path, _, _ in CONTRACTS[name].operations}
    assert answer.json()["info"]["version"] == newest_version()
    assert [server["url"] for server in answer.json()["servers"]] == [stack.public_url]


def test_document_is_sent_once(stack):
    anonymous = Api(stack.links.url())
    tag = anonymous.get("/openapi.json", status=200).headers["ETag"]
    assert anonymous.get("/openapi.json", headers={"If-None-Match": tag}, status=304).content == b""
    anonymous.get("/openapi.json", headers={"If-None-Match": '"another"'}, status=200)


def newest_version():
    return re.search(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE).group(1)


@pytest.fixture
def whole(stack):
    return Api(stack.front.url()).get("/openapi.json", status=200).json()


def test_front_door_tells_of_all_calls(stack, whole):
    services = [path.parent.name for path in ROOT.glob("services/*/routes.c")]
    served = {(method, path) for service in services for method, path, _, _ in routes(service) if path.startswith("/v1/")}
    told = {(method.upper(), path) for path, item in whole["paths"].items() for method in item if method != "parameters"}
    assert told == served | {("GET", "/v1/openapi.json")}
    assert [server["url"] for server in whole["servers"]] == [stack.public_url]
    assert whole["info"]["version"] == newest_version()
    assert "## Errors" in whole["info"]["description"] and "{{conventions}}" not in whole["info"]["description"]


def test_whole_document_holds_together(whole):
    """Each reference leads somewhere, each component and tag is used, and each call has a name of its own."""
    text = json.dumps(whole)
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', text)):
        node = whole
        for step in reference.split("/"):
            node = node[step]
    used = {f"components/{reference}" for reference in re.findall(r'"\$ref": "#/components/([^/"]+/[^/"]+)', text)}
    own = {f"components/{section}/{name}" for section, named in whole["components"].items() if section != "securitySchemes" for name in named}
    assert own == used
    operations = [operation for item in [*whole["paths"].values(), *whole["webhooks"].values()]
                  for method, operation in item.items() if method != "parameters"]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) > 40
    assert {tag["name"] for tag in whole["tags"]} == {tag for operation in operations for tag in operation["tags"]}


def test_whole_document_needs_no_key_and_is_sent_once(stack, whole):
    here, there = Api(stack.front.url()), Api(stack.links.url())
    assert there.get("/v1/openapi.json", status=200).json() == here.get("/v1/openapi.json", status=200).json() == whole
    packed = here.get("/openapi.json", headers={"Accept-Encoding": "gzip"}, status=200)
    assert packed.headers["Content-Encoding"] == "gzip" and packed.json() == whole
    plain = here.get("/openapi.json", headers={"Accept-Encoding": "identity"}, status=200)
    assert "Content-Encoding" not in plain.headers and "Accept-Encoding" in plain.headers["Vary"]
    for tag in (packed.headers["ETag"], plain.headers["ETag"], "*", f'"a", {plain.headers["ETag"]}'):
        assert here.get("/openapi.json", headers={"If-None-Match": tag}, status=304).content == b""
    here.get("/openapi.json", headers={"If-None-Match": '"another"'}, status=200)
    assert here.call("HEAD", "/openapi.json", status=200).content == b""


def test_documents_that_differ_are_not_put_together(tmp_path):
    for path in OPENAPI.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text())
    changed = tmp_path / "notifications.yaml"
    changed.write_text(changed.read_text().replace("  schemas:\n", "  schemas:\n    Settings: { type: string, maxLength: 1 }\n", 1)
                       .replace('kind: { type: string, maxLength: 64 }', 'kind: { $ref: "#/components/schemas/Settings" }', 1))
    assert embed(changed).returncode == 0, "by itself it is good"
    ran = embed(tmp_path / "v1.yaml")
    assert ran.returncode != 0 and "Settings is not the same" in ran.stderr


@pytest.mark.parametrize("name", [*NAMES, "v1"])
def test_each_code_that_is_told_is_in_the_list(name):
    document = json.loads(embed(OPENAPI / f"{name}.yaml").stdout)
    answers = [each for item in document["paths"].values() for operation in item.values() if isinstance(operation, dict)
               for each in operation["responses"].values()] + [*document["components"]["responses"].values()]
    told = {code: int(media["example"]["status"]) for answer in answers for media in answer.get("content", {}).values()
            for code in answer.get("x-codes", []) if "status" in media.get("example", {})}
    assert told and told.items() <= {code: each["status"] for code, each in document["x-codes"].items()}.items()
    for each in answers:
        for code in each.get("x-codes", []):
            assert f"- `{code}`: " in each["description"]
    words = document["components"]["schemas"]["Code"]["description"]
    assert all(f"- `{code}` ({each['status']}): {each['description']}" in words for code, each in document["x-codes"].items())
    assert all(f"- `{code}`: {each['description']}" in words for code, each in document["x-fault-codes"].items())


MISTAKES = {
    "no YAML": (("paths:\n", "paths: [\n"), "expected"),
    "a key twice": (("  /v1/interviews:\n", "  /v1/account:\n"), "twice"),
    "a $ref to nowhere": (("#/components/schemas/Problem", "#/components/schemas/Problme"), "leads nowhere"),
    "another OpenAPI": (("openapi: 3.1.0", "openapi: 3.0.3"), "3.1"),
    "a comma that is not quoted": (("description: Null means never.\n              type: [object", "{ description: Null, and never } #"), "expected"),
    "a cut description": (("{ type: boolean, description: The reviewer's first open of this link. }", "{ type: boolean, description: First, of this link }"),
                          "has no ['of this link']"),
    "a cut description of a parameter": (("        - name: job_id\n", "        - name: job_id\n          of a job: null\n"), "a parameter has no ['of a job']"),
    "a misspelt keyword": (("maxItems: 500\n          items: { $ref: \"#/components/schemas/ExternalId\" }\n        reviewers", "maxitems: 500\n        reviewers"),
                           "has no ['maxitems']"),
    "an answer that is closed": (("    ShareLinkPage:\n      type: object\n", "    ShareLinkPage:\n      type: object\n      additionalProperties: false\n"),
                                 "may gain members"),
    "an answer with a default": (("is_default: { type: boolean, description: \"Whether links without words of their own get these.\" }",
                                  "is_default: { type: boolean, default: false }"), "no default"),
    "a request that is open": (("      required: [share_link_ids]\n      additionalProperties: false\n", "      required: [share_link_ids]\n"), "is closed"),
    "what is answered sent": (("schemas/TemplateChanges", "schemas/EmailTemplate"), "is closed"),
    "another style of names": (("operationId: listShareLinks", "operationId: list_share_links"), "camelCase"),
    "a name twice": (("operationId: listShareLinks", "operationId: listInterviews"), "is the operationId of"),
    "a code that is not listed": (("codes: [basic_link]", "codes: [basic_links]"), "basic_links is not in x-codes"),
    "a fault that is not listed": (("read_only: for `plan`", "readonly: for `plan`"), "readonly is not in x-faults"),
    "codes of two statuses": (("codes: [link_not_active, basic_link, key]", "codes: [link_not_active, rate_limited, key]"), "its codes are of [409, 429]"),
    "codes of another status": (('"409": { $ref: "#/components/responses/KeyConflict" }', '"409":\n          x-problem: { codes: [precondition_failed] }'),
                                "its codes are of [412]"),
    "codes of a key that is not taken": (('responses/TooManyRequests"', 'responses/TooManyRequestsWithKey"'), "tells of ['idempotency_store_full']"),
    "a key whose codes are not told": (('responses/BadRequestWithKey"', 'responses/BadRequest"'), "does not tell of ['idempotency_key_invalid']"),
    "a condition that is not told": (('        "412": { $ref: "#/components/responses/PreconditionFailed" }\n', ""), "does not tell of ['precondition_failed']"),
    "a body that may be left out": (('responses/BadOptionalBody"', 'responses/BadRequestWithKey"'), "body_required"),
    "a code of GETs elsewhere": (('responses/Unavailable"', 'responses/UnavailableToRead"'), "busy is told of each GET"),
    "what is shared": (("  schemas:\n", "  schemas:\n    Problem: {}\n"), "is in shared.yaml already"),
}


@pytest.mark.parametrize("change, said", MISTAKES.values(), ids=MISTAKES)
def test_mistake_fails_the_build(tmp_path, change, said):
    path = tmp_path / "links.yaml"
    source = (OPENAPI / "links.yaml").read_text()
    assert change[0] in source
    path.write_text(source.replace(*change, 1))
    ran = embed(path)
    assert ran.returncode != 0 and said in ran.stderr
