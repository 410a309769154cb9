"""What the tables of routes call deprecated, so that its answers have Deprecation and Sunset, the contract calls so too, and the other
way round. tests/unit/http/test_router.c has the headers themselves."""

import re

import pytest
from support.contract import CONTRACTS, PROTO, ROUTE, Contract

LIST = re.compile(r"struct deprecation (\w+)\[\] = \{(.*?)\n\};", re.DOTALL)
ENTRY = re.compile(r"\{([^{}]*\.since = \"[^\"]*\"[^{}]*)\}")
HEADERS = {"Deprecation", "Sunset"}


def in_routes(text):
    """{(method, path, parameter, None for the route itself)}"""
    lists = {name: [re.search(r'\.parameter = "([^"]*)"', entry) for entry in ENTRY.findall(body)] for name, body in LIST.findall(text)}
    found = set()
    for route in ROUTE.finditer(text):
        named = re.search(r"\.deprecated = (\w+)", route[0])
        for parameter in lists[named[1]] if named else []:
            found.add((route[1], route[2], parameter and parameter[1]))
    return found


def in_contract(contract):
    found = set()
    for method, path, _, operation in contract.operations:
        if operation.get("deprecated"):
            found.add((method, path, None))
        for parameter in [*operation.get("parameters", []), *contract.document["paths"][path].get("parameters", [])]:
            parameter = contract.resolved(parameter)
            if parameter.get("deprecated"):
                found.add((method, path, parameter["name"]))
    return found


def disagreements(text, contract):
    told, documented = in_routes(text), in_contract(contract)
    yield from (f"{each}: not deprecated in the contract" for each in sorted(told - documented, key=str))
    yield from (f"{each}: not deprecated in routes.c" for each in sorted(documented - told, key=str))
    for method, path, _ in sorted(told & documented, key=str):
        for status, response in contract.find(method, path)[1]["responses"].items():
            if status.startswith("2") and HEADERS - set(contract.resolved(response).get("headers", {})):
                yield f"{method} {path}: {status} does not say that it has Deprecation and Sunset"


@pytest.mark.parametrize("daemon", ["links", "notifications", "console", "views"])
def test_routes_and_contract_agree(daemon):
    assert list(disagreements((PROTO.parent / "services" / daemon / "routes.c").read_text(), CONTRACTS[daemon])) == []


# --- the comparison itself ---

ROUTES = """
static const struct deprecation old_route[] = {
    { .since = "2027-03-01", .sunset = "2028-03-01" },
    { .since = NULL },
};
static const struct deprecation old_parameters[] = {
    { .parameter = "q", .since = "2027-03-01", .sunset = "2028-03-01" },
    { .parameter = "page", .since = "2027-03-01", .sunset = "2028-03-01" },
    { .since = NULL },
};
const struct route routes[] = {
    { HTTP_GET, "/v1/old/{id}", show_old, .scope = "old.read", .deprecated = old_route },
    { HTTP_GET, "/v1/things", list_things, .scope = NULL, .deprecated = old_parameters },
    { HTTP_POST, "/v1/things", create_thing, .scope = NULL },
    { .pattern = NULL },
};
"""


def contract(**over):
    """Of these routes; `over` replaces what it says of /v1/things."""
    headers = {name: {"schema": {"type": "string"}} for name in HEADERS}
    good = {"200": {"headers": headers}}
    things = {"get": {"parameters": [{"name": name, "in": "query", "deprecated": True} for name in ("q", "page")], "responses": good},
              "post": {"responses": {"201": {}}}, **over}
    return Contract({"paths": {"/v1/old/{id}": {"get": {"deprecated": True, "responses": {**good, "404": {}}}}, "/v1/things": things}})


def test_what_agrees_passes():
    assert list(disagreements(ROUTES, contract())) == []


@pytest.mark.parametrize("routes, over, said", [
    (ROUTES.replace(", .deprecated = old_route", ""), {}, "('GET', '/v1/old/{id}', None): not deprecated in routes.c"),
    (ROUTES.replace('    { .parameter = "page", .since = "2027-03-01", .sunset = "2028-03-01" },\n', ""), {},
     "('GET', '/v1/things', 'page'): not deprecated in routes.c"),
    (ROUTES.replace("create_thing, .scope = NULL", "create_thing, .scope = NULL, .deprecated = old_route"), {},
     "('POST', '/v1/things', None): not deprecated in the contract"),
    (ROUTES, {"post": {"deprecated": True, "responses": {}}}, "('POST', '/v1/things', None): not deprecated in routes.c"),
    (ROUTES, {"get": {"parameters": [{"name": "q", "in": "query", "deprecated": True}], "responses": {}}},
     "('GET', '/v1/things', 'page'): not deprecated in the contract"),
    (ROUTES, {"get": {"parameters": [{"name": name, "in": "query", "deprecated": True} for name in ("q", "page")], "responses": {"200": {}}}},
     "GET /v1/things: 200 does not say that it has Deprecation and Sunset"),
])
def test_what_does_not_agree_is_named(routes, over, said):
    assert said in set(disagreements(routes, contract(**over)))
