"""The kinds of mails: those that SQL plans are those that C composes, and docs/notifications.md tells of each. The same for the
reasons why a delivery was skipped or has failed."""
import re

from tree import ROOT, compare, line_of, sources, text_of, without_sql_comments

NOTIFICATIONS = ROOT / "services" / "notifications"
PAGE = ROOT / "docs" / "notifications.md"


def check():
    yield from check_kinds()
    yield from check_reasons()


def check_kinds():
    table = NOTIFICATIONS / "mail" / "compose_mail.c"
    composed = re.findall(r'^    \{ "(\w+)", TO_\w+, write_\w+ \},$', text_of(table), re.MULTILINE)
    planned = set()
    for path in sources("services/notifications/**/*.sql"):
        text = without_sql_comments(text_of(path))
        rule = re.search(r"function notifications\.mail_kind\(.*?end;", text, re.DOTALL)
        planned |= set(re.findall(r"then (?:case .*? then )?'(\w+)'", rule[0])) if rule else set()
        planned |= set(re.findall(r"'email', '([a-z_]+)'", text)) - {"webhook"}  # the other channel
    yield from compare(composed, planned, table, "composes {}, which no statement plans", "does not compose {}, which a statement plans")
    told = re.findall(r"^\| `(\w+)` \|", section("The mails"), re.MULTILINE)
    yield from compare(told, composed, PAGE, "tells of the mail {}, which nobody composes", "does not tell of the mail {}")


def section(title):
    return re.search(rf"^## {re.escape(title)}\n(.*?)^## ", text_of(PAGE), re.MULTILINE | re.DOTALL)[1]


def check_reasons():
    real = {}
    for path in sources("services/notifications/**/*.sql"):
        text = without_sql_comments(text_of(path))
        for reason, place in reasons_in(text):
            real.setdefault(reason, (path, line_of(text, place)))
    rows = re.findall(r"^\| `(?:failed|skipped)` \| ([^|]+) \|", text_of(PAGE), re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    for name in sorted(told - set(real)):
        yield PAGE, 1, f"tells of the reason {name}, which no statement gives"
    for name in sorted(set(real) - told):
        yield *real[name], f"docs/notifications.md does not tell of the reason {name}"


def reasons_in(text):
    """What is assigned to a delivery's reason, or becomes it under that name; (reason, place)."""
    for body in re.finditer(r"function notifications\.mail_reason\(.*?\$\$(.*?)\$\$", text, re.DOTALL):
        for found in re.finditer(r"then '(\w+)'(?! \|\|)", body[1]):
            yield found[1], body.start(1) + found.start()
        if "'link_' ||" in body[1]:
            yield from ((f"link_{state}", body.start(1)) for state in ("expired", "deactivated"))
    for found in re.finditer(r"\breason = '(\w+)'", text):
        yield found[1], found.start()
    for case in re.finditer(r"(?:\breason = )?(?:coalesce\()?case (?:(?!\bend\b).)*\bend(?: as reason\b)?", text, re.DOTALL):
        if case[0].startswith("reason") or case[0].endswith("as reason"):
            for found in re.finditer(r"then (?:coalesce\(\S+, )?'(\w+)'", case[0]):
                yield found[1], case.start() + found.start()
