"""GET /openapi.json: each daemon tells its contract, the one that proto/openapi/ has."""

import pathlib
import re
import subprocess

import pytest
from stack.daemon import NAMES
from support.api import Api
from support.contract import CONTRACTS

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPENAPI = ROOT / "proto" / "openapi"


def embed(path):
    return subprocess.run([OPENAPI / "embed", path, "1.2.3"], capture_output=True, text=True)


@pytest.mark.parametrize("name", NAMES)
def test_each_daemon_tells_its_contract(stack, name):
    anonymous = Api(getattr(stack, name).url())
    answer = anonymous.get("/openapi.json", status=200)
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json()["paths"].keys() == {path for _, path, _, _ in CONTRACTS[name].operations}
    version = re.search(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE).group(1)
    assert answer.json()["info"]["version"] == version


def test_document_is_sent_once(stack):
    anonymous = Api(stack.links.url())
    tag = anonymous.get("/openapi.json", status=200).headers["ETag"]
    assert anonymous.get("/openapi.json", headers={"If-None-Match": tag}, status=304).content == b""
    anonymous.get("/openapi.json", headers={"If-None-Match": '"another"'}, status=200)


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
    "an answer with a default": (("is_default: { type: boolean }\n        version", "is_default: { type: boolean, default: false }\n        version"), "no default"),
    "a request that is open": (("      required: [share_link_ids]\n      additionalProperties: false\n", "      required: [share_link_ids]\n"), "is closed"),
    "what is answered sent": (("schemas/TemplateChanges", "schemas/EmailTemplate"), "is closed"),
    "another style of names": (("operationId: listShareLinks", "operationId: list_share_links"), "camelCase"),
    "a name twice": (("operationId: listShareLinks", "operationId: listInterviews"), "is the operationId of"),
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
