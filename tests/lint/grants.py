"""What each role may do: the table of docs/architecture.md names what it is granted, and nothing else."""
import re

from tree import ROOT, line_of, named, sources, text_of, without_sql_comments

ROLES = ("sharelink_links", "sharelink_views", "sharelink_notifications", "sharelink_console")


def check():
    page = ROOT / "docs" / "architecture.md"
    text = text_of(page)
    section = re.search(r"^## Roles and grants\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    rows = dict(re.findall(r"^\| `(sharelink_\w+)` \|(.*)\|$", section[1], re.MULTILINE))
    beside = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", re.sub(r"^\|.*", "", section[1], flags=re.MULTILINE)))
    granted = read_grants()
    for role in ROLES:
        told = objects_in(rows[role])
        line = line_of(text, text.index(f"| `{role}` |"))
        for name in sorted(told - set(granted[role])):
            yield page, line, f"grants {name} to {role}, which the schema does not"
        for name in sorted(set(granted[role]) - told - beside):
            path, number = granted[role][name]
            yield page, line, f"does not say that {role} is granted {name}, as {named(path)}:{number} does"
    for name in sorted(beside - {name for role in ROLES for name in granted[role]}):
        yield page, 1, f"tells of {name}, which no role is granted"


def objects_in(text):
    """`links.interviews`, `reviewers`: a name without its schema is of the one before."""
    schema, found = "", set()
    for name in re.findall(r"`([a-z_]+(?:\.[a-z_]+)?)`", text):
        if "." in name:
            schema = name.split(".")[0]
            found.add(name)
        elif schema:
            found.add(f"{schema}.{name}")
    return found


def read_grants():
    """By role and name: where it is granted."""
    granted = {role: {} for role in ROLES}
    for path in sources("services/*/schema/*.sql"):
        text = without_sql_comments(text_of(path))
        for found in re.finditer(r"^grant ([^;]*?) on (?:function )?((?:\w+\.\w+(?:\([^)]*\))?[,\s]*)+?)\s*to ([^;]*);", text, re.MULTILINE):
            for role in re.findall(r"\w+", found[3]):
                for name in re.findall(r"\b(\w+\.\w+)", re.sub(r"\([^)]*\)", "", found[2])):
                    granted[role][name] = (path, line_of(text, found.start()))
    return granted
