"""GET /openapi.json: each daemon tells its contract, the one that proto/openapi/ has."""

import pathlib
import re
import subprocess

import pytest
import yaml
from stack.daemon import NAMES
from support.api import Api

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPENAPI = ROOT / "proto" / "openapi"


def embed(path):
    return subprocess.run([OPENAPI / "embed", path, "1.2.3"], capture_output=True, text=True)


@pytest.mark.parametrize("name", NAMES)
def test_each_daemon_tells_its_contract(stack, name):
    anonymous = Api(getattr(stack, name).url())
    answer = anonymous.get("/openapi.json", status=200)
    source = yaml.load((OPENAPI / f"{name}.yaml").read_text(), yaml.BaseLoader)
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json()["paths"].keys() == source["paths"].keys()
    version = re.search(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE).group(1)
    assert answer.json()["info"]["version"] == version


def test_document_is_sent_once(stack):
    anonymous = Api(stack.links.url())
    tag = anonymous.get("/openapi.json", status=200).headers["ETag"]
    assert anonymous.get("/openapi.json", headers={"If-None-Match": tag}, status=304).content == b""
    anonymous.get("/openapi.json", headers={"If-None-Match": '"another"'}, status=200)


@pytest.mark.parametrize("change, said", {
    "no YAML": (("paths:\n", "paths: [\n"), "expected"),
    "a key twice": (("  /healthz:\n", "  /readyz:\n"), "twice"),
    "a $ref to nowhere": (("#/components/schemas/Problem", "#/components/schemas/Problme"), "leads nowhere"),
    "another OpenAPI": (("openapi: 3.1.0", "openapi: 3.0.3"), "3.1"),
}.values(), ids=["no YAML", "a key twice", "a $ref to nowhere", "another OpenAPI"])
def test_mistake_fails_the_build(tmp_path, change, said):
    path = tmp_path / "links.yaml"
    path.write_text((OPENAPI / "links.yaml").read_text().replace(*change, 1))
    ran = embed(path)
    assert ran.returncode != 0 and said in ran.stderr
