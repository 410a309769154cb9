"""The catalogues of words: the same areas, keys and placeholders in every language; each key of what daemons write is used by C, in
which a call that fills a text gives it exactly the values that it has placeholders for."""
import re
import sys

from tree import ROOT, line_of, sources, text_of, without_c_comments

sys.path.insert(0, str(ROOT / "common" / "words"))
import catalogue_files  # noqa: E402

FILLED = re.compile(r"\b\w*say(?:_\w+)?\((?:[^;{}]*?[,(]\s*)([A-Z][A-Z0-9_]+)\s*((?:,\s*\{[^{}]*\}\s*)*)\)", re.DOTALL)


def check():
    found = list(catalogue_files.faults())
    yield from ((fault.path, 1, fault.what) for fault in found)
    if not found:
        yield from check_code()


def check_code():
    keys = {}
    for area in catalogue_files.SERVER_AREAS:
        for key, entry in catalogue_files.read(catalogue_files.HERE, catalogue_files.ORIGIN, area).items():
            keys[catalogue_files.identifier(area, key)] = (area, key, catalogue_files.placeholders(entry))
    used = set()
    for path in sources("common/**/*.[ch]", "services/**/*.[ch]"):
        text = without_c_comments(text_of(path))
        used |= set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", text))
        for call in FILLED.finditer(text):
            given = set(re.findall(r'\{\s*"(\w+)"', call[2]))
            if call[1] in keys and given != keys[call[1]][2]:
                yield path, line_of(text, call.start(1)), f"{call[1]} has the placeholders {named_all(keys[call[1]][2])}, and is given {named_all(given)}"
    for name, (area, key, _) in keys.items():
        if name not in used:
            yield catalogue_files.HERE / catalogue_files.ORIGIN / f"{area}.json", 1, f"has the key {key}, which no code asks for as {name}"


def named_all(names):
    return " ".join(f"{{{name}}}" for name in sorted(names)) or "none"
