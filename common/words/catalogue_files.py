"""Reads the catalogues common/words/<language>/<area>.json and says what is wrong with them, as one sentence for their author.

An entry is a text with {placeholders}, or {"one": …, "other": …}, of which the value of {count} chooses. English is the language
that the others are compared with: the same areas, the same keys, the same placeholders.
"""
import json
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
ORIGIN = "en"
# What daemons write themselves: made into C. All other areas are the pages' own.
SERVER_AREAS = ("mails", "pages", "times")
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class Fault(Exception):
    """What is wrong with a catalogue. Its place is the file."""

    def __init__(self, path, what):
        super().__init__(f"{path}: {what}")
        self.path, self.what = path, what


def languages(root=HERE):
    """English first."""
    found = sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("__"))
    return [ORIGIN] + [name for name in found if name != ORIGIN]


def areas(root=HERE):
    return sorted({path.stem for path in root.glob("*/*.json")})


def read(root, language, area):
    """key → entry."""
    path = root / language / f"{area}.json"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=lambda pairs: once(path, pairs))
    except FileNotFoundError:
        raise Fault(path, f"is not there: {language} lacks the area {area}") from None
    except ValueError as error:
        raise Fault(path, f"is no JSON: {error}") from None
    if not isinstance(entries, dict):
        raise Fault(path, "is no object of keys and texts")
    for key, entry in entries.items():
        check_entry(path, key, entry)
    return entries


def once(path, pairs):
    entries = dict(pairs)
    for key, _ in pairs:
        if sum(1 for other, _ in pairs if other == key) > 1:
            raise Fault(path, f"has the key {key} twice")
    return entries


def check_entry(path, key, entry):
    if not KEY.fullmatch(key):
        raise Fault(path, f"has the key {key!r}: words of a-z, 0-9 and _ with dots between them")
    if isinstance(entry, dict):
        if set(entry) != {"one", "other"}:
            raise Fault(path, f"{key} has the forms {', '.join(entry) or 'none'}: a plural has one and other")
        if "count" not in placeholders({"other": entry["other"]}):
            raise Fault(path, f"{key} has a plural whose other form does not say {{count}}")
    for text in forms(entry):
        if not isinstance(text, str) or not text or text != text.strip():
            raise Fault(path, f"{key} is no text, empty, or has blanks at its ends")
        if re.search(r"[{}]", PLACEHOLDER.sub("", text)):
            raise Fault(path, f"{key} has a brace that is no {{placeholder}}: {text}")
        if re.search(r"[\x00-\x1f\x7f]", text):
            raise Fault(path, f"{key} has a line end or another control character")


def forms(entry):
    return list(entry.values()) if isinstance(entry, dict) else [entry]


def placeholders(entry):
    return {name for text in forms(entry) for name in PLACEHOLDER.findall(text)}


def faults(root=HERE, only=None):
    """All that is wrong, as Faults."""
    for area in only or areas(root):
        try:
            origin = read(root, ORIGIN, area)
        except Fault as fault:
            yield fault
            continue
        for language in languages(root)[1:]:
            try:
                yield from differences(root / language / f"{area}.json", language, origin, read(root, language, area))
            except Fault as fault:
                yield fault


def differences(path, language, origin, entries):
    for key in origin:
        if key not in entries:
            yield Fault(path, f"{language} lacks the key {key}, which {ORIGIN} has")
    for key in entries:
        if key not in origin:
            yield Fault(path, f"{language} has the key {key}, which {ORIGIN} has not")
        elif placeholders(entries[key]) != placeholders(origin[key]):
            yield Fault(path, f"{key} has the placeholders {shown(entries[key])}; {ORIGIN} has {shown(origin[key])}")


def shown(entry):
    return " ".join(f"{{{name}}}" for name in sorted(placeholders(entry))) or "none"


def identifier(area, key):
    """As C names it: MAILS_INVITATION_SUBJECT."""
    return f"{area}.{key}".upper().replace(".", "_")
