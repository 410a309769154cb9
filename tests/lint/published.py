"""What an owner of a schema grants to other roles is published: its README says so, and says no more."""
import re

from tree import ROOT, line_of, sources, text_of, without_sql_comments

OWNS = {"links": {"links"}, "views": {"views"}, "notifications": {"notifications"}, "console": {"console"}, "ctl": {"events", "sharelink"}}


def check():
    for owner, schemas in OWNS.items():
        grants = ROOT / "services" / owner / "schema" / "grants.sql"
        published = {}
        for path in sources(f"services/{owner}/schema/*.sql"):
            published.update(granted_to_others(path, owner, schemas))
        readme = ROOT / "services" / owner / "README.md"
        text = text_of(readme)
        told = re.search(r"Publishes?\b(.*?)\.(?:\s|$)(?=[A-Z]|$|- )", text, re.DOTALL)
        names = set(re.findall(r"`(\w+\.\w+)`", told[1])) if told else set()
        for name in sorted(set(published) - names):
            yield readme, 1, f"does not say that it publishes {name}, which {grants.relative_to(ROOT)} grants to others"
        for name in sorted(names - set(published)):
            yield readme, line_of(text, told.start()), f"publishes {name}, which is granted to nobody else"


def granted_to_others(path, owner, schemas):
    """By name: the line of the grant."""
    text = without_sql_comments(text_of(path))
    for found in re.finditer(r"^grant ([^;]*?) on (?:function )?([^;]*?)\s+to ([^;]*);", text, re.MULTILINE):
        if "schema " in found[2] or not set(re.findall(r"\w+", found[3])) - {f"sharelink_{owner}"}:
            continue
        for name in re.findall(r"\b(\w+\.\w+)", re.sub(r"\([^)]*\)", "", found[2])):
            if name.split(".")[0] in schemas:
                yield name, line_of(text, found.start())
