"""Each function, view and table stands once in services/, so that a changed line is a line of difference. services/ctl/schema/order
names every file of a schema once; what is repeatable is "create or replace" throughout."""
import re

from tree import ROOT, line_of, named, sources, text_of


def check():
    yield from check_stands_once()
    yield from check_order()


def inputs_of(arguments):
    """The types of a function's inputs, as its declaration lists them; without names, defaults and what comes out."""
    types = []
    for argument in re.split(r",\s*", arguments.strip()):
        words = re.sub(r"\s+default\s.*", "", argument).split()
        if words and words[0] != "out":
            types.append(" ".join(words[1:] or words))
    return ", ".join(types)


def check_stands_once():
    seen = {}
    for path in sources("services/**/*.sql"):
        text = text_of(path)
        for found in re.finditer(r"^create (?:or replace )?(function|procedure|view|table) ([a-z0-9_.]+)(?:\(([^)]*)\))?", text, re.MULTILINE):
            kind, name, arguments = found.groups()
            thing = f"{kind} {name}" + (f"({inputs_of(arguments)})" if kind in ("function", "procedure") else "")
            if thing in seen:
                yield path, line_of(text, found.start()), f"{thing} stands in {seen[thing]}, too"
            seen[thing] = named(path)


def check_order():
    order = ROOT / "services" / "ctl" / "schema" / "order"
    listed = []
    for number, line in enumerate(text_of(order).splitlines(), 1):
        found = re.fullmatch(r"(base|repeatable) +(\S+/schema/\S+\.sql)", line)
        if not found:
            if line and not line.startswith("#"):
                yield order, number, 'is none of "base FILE" and "repeatable FILE"'
            continue
        path = ROOT / "services" / found.group(2)
        if path in listed or not path.exists():
            yield order, number, f"{found.group(2)} is named twice, or is not there"
            continue
        listed.append(path)
        if found.group(1) == "repeatable":
            for place, text in enumerate(text_of(path).splitlines(), 1):
                if re.match(r"create (?!or replace )|drop |alter ", text):
                    yield path, place, "cannot be repeated, as a repeatable file has to be"
    for path in sources("services/*/schema/*.sql"):
        if path not in listed:
            yield path, 1, "is not named in services/ctl/schema/order, so no database gets it"
