"""Clients that public generators make of the document at the front door: a typed one of TypeScript has a whole day of calls, and Postman's
import is run by newman. docs/clients.md tells of both."""

import json
import os
import re
import shutil
import subprocess

import pytest
from support import ROOT, npm
from support.api import Api

TYPED = {"openapi-typescript": "7.4.4", "openapi-fetch": "0.13.4", "typescript": "5.7.3", "@types/node": "20.17.10"}
POSTMAN = {"openapi-to-postmanv2": "4.24.0", "newman": "6.2.1"}
STRICT = ["--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes"]
PAGE = (ROOT / "docs" / "clients.md").read_text()


def run(folder, program, *arguments, environment=None):
    return subprocess.run([folder / "node_modules" / ".bin" / program, *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False,
                          env={**os.environ, **(environment or {})})


@pytest.fixture
def document(stack):
    return Api(stack.front.url()).get("/openapi.json", status=200).json()


def operations(document):
    return {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item if method != "parameters"}


def compiled(folder, document, script):
    """The typed client and a script that uses it, as JavaScript."""
    (folder / "v1.json").write_text(json.dumps(document))
    (folder / "package.json").write_text('{"type": "module"}')
    made = run(folder, "openapi-typescript", "v1.json", "-o", "v1.ts")
    assert made.returncode == 0, made.stdout + made.stderr
    shutil.copyfile(script, folder / script.name)
    return run(folder, "tsc", *STRICT, "--skipLibCheck", "--target", "es2022", "--module", "preserve", "--moduleResolution", "bundler", script.name)


def test_typed_clients_day(stack, document):
    folder = npm.folder_with(TYPED)
    built = compiled(folder, document, ROOT / "tests" / "blackbox" / "support" / "scripts" / "day.ts")
    assert built.returncode == 0, built.stdout
    ran = subprocess.run(["node", "day.js"], cwd=folder, capture_output=True, text=True, timeout=120, check=False,
                         env={**os.environ, "SHARELINK_URL": stack.front.url(), "SHARELINK_KEY": stack.key})
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert set(told["operations"]) == operations(document) and told["calls"] >= 84, told


def test_the_compiler_finds_what_the_contract_has_not(document, tmp_path):
    """That the types are no mere any."""
    folder = npm.folder_with(TYPED)
    wrong = tmp_path / "wrong.ts"
    wrong.write_text('import createClient from "openapi-fetch";\nimport type { paths } from "./v1";\nconst api = createClient<paths>();\n'
                     'api.POST("/v1/share-links", { body: { titel: "x" } });\napi.GET("/v1/nowhere");\n'
                     'api.GET("/v1/account").then(({ data }) => data?.nothing);\n')
    built = compiled(folder, document, wrong)
    assert {int(line) for line in re.findall(r"wrong\.ts\((\d+),", built.stdout)} == {4, 5, 6}, built.stdout


def test_postman_imports_the_document_and_runs(stack, document):
    folder = npm.folder_with(POSTMAN)
    (folder / "v1.json").write_text(json.dumps({**document, "servers": [{"url": stack.front.url()}]}))
    made = run(folder, "openapi2postmanv2", "-s", "v1.json", "-o", "collection.json", "-O", "folderStrategy=Paths,requestParametersResolution=Example")
    assert (folder / "collection.json").exists(), made.stdout + made.stderr
    collection = json.loads((folder / "collection.json").read_text())
    wanted = list(requests_of(collection["item"]))
    assert len(wanted) >= len(operations(document)) - 1
    collection["item"] = [each for each in wanted if not path_of(each).endswith("/events/stream")]  # which has no end
    collection["auth"] = {"type": "bearer", "bearer": [{"key": "token", "value": stack.key, "type": "string"}]}
    for each in collection["item"]:
        each["request"].pop("auth", None)
        each["request"]["url"]["query"] = []  # of optional ones its examples are nobody's cursor, and no ETag of ours
        each["request"]["header"] = [field for field in each["request"].get("header", []) if field["key"] == "Content-Type"]
        each.pop("response", None)
    (folder / "collection.json").write_text(json.dumps(collection))
    run(folder, "newman", "run", "collection.json", "--reporters", "json", "--reporter-json-export", "told.json", "--timeout-request", "20000",
        "--env-var", f"baseUrl={stack.front.url()}")
    told = json.loads((folder / "told.json").read_text())["run"]["executions"]
    assert len(told) == len(collection["item"])
    for each in told:
        method, path = each["item"]["request"]["method"], path_of(each["item"])
        replies = document["paths"][path][method.lower()]["responses"]
        assert str(each["response"]["code"]) in replies, (method, path, each["response"]["code"])
    assert sum(each["response"]["code"] < 300 for each in told) >= 8


def requests_of(items):
    for each in items:
        if "request" in each:
            yield each
        else:
            yield from requests_of(each["item"])


def path_of(item):
    return "/" + "/".join(re.sub(r"^:(\w+)$", r"{\1}", step) for step in item["request"]["url"]["path"])


def test_page_names_the_versions_that_are_tried():
    for name, version in {**TYPED, **POSTMAN}.items():
        assert name == "@types/node" or f"{name}@{version}" in PAGE
