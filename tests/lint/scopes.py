"""The scopes of API keys: those of the routes are those that sharelink makes keys with, and that contract and docs tell of."""
import re

from tree import ROOT, compare, line_of, sources, text_of

SCOPE = r"(?:links|reviews|events|webhooks|console)\.(?:read|write)"


def check():
    real = {}
    for path in sources("services/*/routes.c"):
        for found in re.finditer(r'\{ HTTP_\w+, "[^"]*", \w+, \.scope = "([^"]+)"[^}]*\}', text_of(path)):
            real.setdefault(found[1], (path, line_of(text_of(path), found.start())))
    key = ROOT / "services" / "ctl" / "key.c"
    made = re.search(r'#define ALL_SCOPES "([^"]*)"', text_of(key))[1].split(",")
    yield from compare(made, real, key, "makes keys with the scope {}, which no route asks for", "makes no keys with the scope {}")
    page = ROOT / "docs" / "configuration.md"
    row = re.search(r"^\| `sharelink key create.*", text_of(page), re.MULTILINE)[0]
    yield from compare(re.findall(rf"`({SCOPE})`", row), real, page, "tells of the scope {}, which no route asks for", "does not tell of the scope {}")
    for path in sources("proto/openapi/*.yaml", "proto/asyncapi.yaml", "docs/**/*.md", "README.md", "deploy/man/*"):
        for found in re.finditer(rf"\b[a-z]+\.(?:read|write)\b(?!\()", text_of(path)):
            if found[0] not in real:
                yield path, line_of(text_of(path), found.start()), f"tells of the scope {found[0]}, which no route asks for"
    yield from check_contract()


def check_contract():
    """Each operation of OpenAPI asks for the scope that its route asks for."""
    for path in sources("proto/openapi/*.yaml"):
        if not (ROOT / "services" / path.stem / "routes.c").exists():
            continue  # what daemons share
        routes = re.findall(r'\{ HTTP_(\w+), "([^"]*)", \w+, \.scope = "([^"]+)"[^}]*\}', text_of(ROOT / "services" / path.stem / "routes.c"))
        asked = {f"{method} {pattern}": scope for method, pattern, scope in routes}
        told = {}
        for operation, number, scope in operations(path):
            told[operation] = scope
            if asked.get(operation) != scope:
                yield path, number, f"says that {operation} asks for {scope}; its route says {asked.get(operation, 'no scope')}"
        for operation in sorted(set(asked) - set(told)):
            yield path, 1, f"does not say that {operation} asks for {asked[operation]}"


def operations(path):
    """(method and path, line, scope) of those with one."""
    pattern = method = None
    for number, line in enumerate(text_of(path).splitlines(), 1):
        if found := re.match(r"  (/\S*):", line):
            pattern = found[1]
        elif found := re.match(r"    (get|put|post|patch|delete):", line):
            method = found[1].upper()
        elif found := re.match(r"        - api_key: \[(\S+)\]", line):
            yield f"{method} {pattern}", number, found[1]
