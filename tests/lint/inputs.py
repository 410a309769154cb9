"""A statement's inputs are given in one piece with every member named: struct <name>_in in = { .member = …, … }. Its header is
included by the one file that sends it. No parameter is a number in its text, no column is one in C."""
import re
import sys

from tree import ROOT, includes, line_of, named, sources, statements, text_of, without_c_comments

sys.path.insert(0, str(ROOT / "common" / "pg"))
from statements import head  # noqa: E402

STRUCT = re.compile(r"struct (\w+)_(in|item|\w+_row)\b")


def check():
    sql = {path: text_of(path) for path in statements() + sources("tests/unit/**/*.sql")}
    declared = yield from declared_members(sql)
    yield from check_numbers()
    yield from check_includes(sql)
    for path in sources("common/**/*.[ch]", "services/**/*.[ch]", "tests/unit/**/*.[ch]"):
        yield from check_structs(path, declared)


def declared_members(sql):
    """By the name of the struct: its members."""
    declared = {}
    for path, text in sql.items():
        try:
            statement = head.read(path.stem, text)
        except head.Fault as fault:
            yield path, 1, str(fault)
            continue
        members = [field.name for field in statement.inputs] + [rows.name for rows in statement.rows if not rows.is_batch]
        declared[f"{statement.name}_in"] = members
        for rows in statement.rows:
            if not rows.struct:
                declared[f"{statement.name}_item" if rows.is_batch else f"{statement.name}_{rows.name}_row"] = [each.name for each in rows.columns]
    return declared


def check_numbers():
    for path in sources("services/**/*.[ch]", "common/daemon/*.[ch]"):
        text = without_c_comments(text_of(path))
        for found in re.finditer(r"\b(pg_(?:answer_)?(?:get\w*|is_null))\(\s*\w+,[^,;]+,\s*\d+\s*[,)]", text):
            yield path, line_of(text, found.start()), f"{found[1]} by a number: a column is read by its name, with the statement's own functions"


def check_includes(sql):
    users = {}
    for path in sources("common/**/*.[ch]", "services/**/*.[ch]", "tests/unit/**/*.[ch]"):
        for number, included in includes(path):
            if included.endswith(".sql.h"):
                users.setdefault(included, []).append((path, number))
    for path in sql:
        used = users.get(f"{named(path)}.h", [])
        if not used:
            yield path, 1, "no C includes its header: nobody sends it"
        for user, number in used[1:]:
            yield user, number, f"{named(path)}.h is included by {named(used[0][0])}, too; one file sends a statement"
        if used and used[0][0].suffix == ".h":
            yield used[0][0], used[0][1], f"{named(path)}.h is included by a header; the file that sends it includes it"


def check_structs(path, declared):
    text = without_c_comments(text_of(path))
    for found in STRUCT.finditer(text):
        struct = f"{found[1]}_{found[2]}"
        if struct not in declared:
            continue
        behind = text[found.end():]
        given = re.match(r"(?:\s+\w+(?:\[\w*\])?\s*=\s*|\)\s*)\{", behind)
        if given:
            yield from check_members(path, text, found, struct, declared[struct], braces(behind[given.end() - 1:]))
        elif re.match(r"\s+\w+(?:\[\w*\])?\s*;", behind) and not is_member(text, found.start()):
            yield path, line_of(text, found.start()), f"struct {struct} is declared without its values; write it in one piece"


def check_members(path, text, found, struct, members, body):
    given = re.findall(r"(?:^|[{,])\s*\.(\w+)\s*=", body)
    for member in members:
        if member not in given:
            yield path, line_of(text, found.start()), f"struct {struct} is not given its {member}; what is NULL is named too"


def braces(text):
    """What stands in the first pair of braces, without what stands in others within."""
    depth, body = 0, []
    for char in re.sub(r'"(?:[^"\\]|\\.)*"', '""', text):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth == 0:
            break
        if depth == 1:
            body.append(char)
    return "".join(body)


def is_member(text, place):
    """Whether it stands in the definition of a struct."""
    opened = [found for found in re.finditer(r"[{}]", text[:place])]
    depth = 0
    for brace in reversed(opened):
        depth += 1 if brace[0] == "}" else -1
        if depth < 0:
            return bool(re.search(r"\b(struct|union)(\s+\w+)?\s*$", text[:brace.start()]))
    return False
