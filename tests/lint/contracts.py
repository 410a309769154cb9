"""The OpenAPI documents pass redocly (recommended-strict) and spectral (its own rules and OWASP's), without an error and without a
warning. Each exception stands in tests/lint/openapi/, with its reason.

Both come from npm, these very versions, and are kept below build/; where there is no npm, a line says that they were left out.
"""
import hashlib
import json
import os
import shutil
import subprocess

from tree import ROOT, sources

PACKAGES = ["@redocly/cli@2.77.0", "@stoplight/spectral-cli@6.16.3", "@stoplight/spectral-owasp-ruleset@2.0.1"]
RULES = ROOT / "tests" / "lint" / "openapi"
PLACE = ROOT / "build" / "lint" / "openapi"


def check():
    if fault := make_documents():
        yield ROOT / "proto" / "openapi", 1, fault
    elif not passed():
        if missing := install():
            print(f"lint: redocly and spectral were left out: {missing}")
            return
        found = [*redocly(), *spectral()]
        yield from found
        if not found:
            (PLACE / "passed").write_text(digest())


def make_documents():
    PLACE.mkdir(parents=True, exist_ok=True)
    for path in documents():
        made = subprocess.run([ROOT / "proto/openapi/embed", "json", path, "0.0.0"], capture_output=True, text=True)
        if made.returncode:
            return made.stderr.strip()
        (PLACE / f"{path.stem}.json").write_text(json.dumps(json.loads(made.stdout), indent=1))
    for name, there in (("redocly.yaml", "redocly.yaml"), ("redocly-ignore.yaml", ".redocly.lint-ignore.yaml"), ("spectral.yaml", ".spectral.yaml")):
        shutil.copy(RULES / name, PLACE / there)
    return None


def documents():
    return [path for path in sources("proto/openapi/*.yaml") if path.stem != "shared"]


def digest():
    """Of all that the outcome hangs on."""
    names = [*(f"{path.stem}.json" for path in documents()), "redocly.yaml", ".redocly.lint-ignore.yaml", ".spectral.yaml"]
    return hashlib.sha256(b"\0".join([*(package.encode() for package in PACKAGES), *((PLACE / name).read_bytes() for name in names)])).hexdigest()


def passed():
    return (PLACE / "passed").exists() and (PLACE / "passed").read_text() == digest()


def install():
    """None, or why not."""
    if (PLACE / "installed").exists() and (PLACE / "installed").read_text() == " ".join(PACKAGES):
        return None
    if not shutil.which("npm"):
        return "there is no npm here"
    got = npm("install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", PLACE, *PACKAGES)
    if got.returncode:
        return f"npm cannot get them: {got.stderr.strip()[-200:]}"
    (PLACE / "installed").write_text(" ".join(PACKAGES))
    return None


def npm(*arguments):
    return subprocess.run(["npm", *arguments], capture_output=True, text=True)


def run(program, *arguments):
    quiet = {"REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "REDOCLY_TELEMETRY": "off", "NO_COLOR": "1"}
    return subprocess.run([PLACE / "node_modules" / ".bin" / program, *arguments], cwd=PLACE, capture_output=True, text=True, env={**os.environ, **quiet})


def redocly():
    names = [f"{path.stem}.json" for path in documents()]
    ran = run("redocly", "lint", "--format", "json", "--max-problems", "1000", *names)
    told = parsed(ran)
    if len(told) != len(names):
        yield RULES / "redocly.yaml", 1, f"redocly did not end well: {(ran.stderr or ran.stdout).strip()[-300:]}"
        return
    for problem in (problem for each in told for problem in each["problems"]):
        if not problem.get("ignored"):
            place = problem["location"][0]
            name = place["source"]["ref"].rpartition("/")[2].replace(".json", ".yaml")
            yield ROOT / "proto" / "openapi" / name, 1, f"redocly: {place.get('pointer', '')}: {problem['message']} ({problem['ruleId']})"


def spectral():
    names = [f"{path.stem}.json" for path in documents()]
    ran = run("spectral", "lint", "--format", "json", "--quiet", "--fail-severity", "hint", *names)
    told = parsed(ran)
    if len(told) != 1:
        yield RULES / "spectral.yaml", 1, f"spectral did not end well: {(ran.stderr or ran.stdout).strip()[-300:]}"
        return
    for problem in told[0]:
        name = problem["source"].rpartition("/")[2].replace(".json", ".yaml")
        yield ROOT / "proto" / "openapi" / name, 1, f"spectral: {'/'.join(map(str, problem['path']))}: {problem['message']} ({problem['code']})"


def parsed(ran):
    """All JSON of its output, one after the other: redocly tells of each file by itself."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while (start := min((place for place in (ran.stdout.find(each, at) for each in "[{") if place >= 0), default=-1)) >= 0:
        try:
            value, at = decoder.raw_decode(ran.stdout, start)
            found.append(value)
        except ValueError:
            at = start + 1
    return found
