"""Reads a statement: its head into declarations, its text into pieces with the names put in."""
import dataclasses
import difflib
import re

TEXT_TYPES = {"text", "json", "jsonb", "timestamptz", "xid8", "pg_snapshot", "interval", "name", "date", "numeric"}
INT_TYPES = {"int", "bigint", "smallint"}
FLOAT_TYPES = {"real", "float8"}
TYPES = TEXT_TYPES | INT_TYPES | FLOAT_TYPES | {"bool", "bytea", "text[]"}
CELL_TYPES = TYPES - {"text[]"}
C_WORDS = set("auto break case char const continue default do double else enum extern float for goto if inline int long register "
              "return short signed sizeof static struct switch typedef union unsigned void volatile while bool".split())
NAME = r"[a-z][a-z0-9_]*"
LANES = ("heavy",)
PAGE_OUTPUTS = [("data", "json"), ("has_more", "bool"), ("last_key", "text"), ("last_id", "text")]
PAGE_NAMES = {"account_id", "limit", "parent_id", "key", "id", "direction", "from", "scope", "conditions", "known"}


class Fault(Exception):
    """What is wrong with a statement, as one sentence for its author."""


@dataclasses.dataclass
class Field:
    name: str
    type: str
    may_be_null: bool = False
    values: tuple = ()   # of an enum
    no_row: str = ""     # …and which of them stands for an answer without rows
    enum: str = ""       # tag of an enum written by hand


@dataclasses.dataclass
class Rows:
    name: str
    columns: list
    struct: str = ""     # written by hand in header; else made
    header: str = ""
    is_batch: bool = False


@dataclasses.dataclass
class Enum:
    tag: str
    header: str
    values: tuple
    no_row: str = ""


@dataclasses.dataclass
class Statement:
    name: str
    story: str
    inputs: list = dataclasses.field(default_factory=list)
    rows: list = dataclasses.field(default_factory=list)
    outputs: list = dataclasses.field(default_factory=list)
    enums: dict = dataclasses.field(default_factory=dict)
    is_page: bool = False
    lane: str = ""
    text: str = ""

    @property
    def batch(self):
        return next((rows for rows in self.rows if rows.is_batch), None)


def read(name, source):
    """The Statement that a file's source declares, its text with numbers in the place of names."""
    head, text = split(source)
    story, declarations = read_head(head)
    statement = Statement(name, story)
    for word, rest in declarations:
        DIRECTIVES[word](statement, rest)
    check(statement)
    statement.text = put_numbers(statement, without_comments(text))
    return statement


def split(source):
    lines = source.splitlines()
    length = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    if not length:
        raise Fault("must open with its story: -- …")
    return lines[:length], "\n".join(lines[length:]) + "\n"


def read_head(lines):
    """(story, [(directive, what follows it)])."""
    story, declarations = [], []
    for line in lines:
        found = re.match(r"-- (in|out|rows|batch|enum|page|lane)(\s+|$)(.*)", line)
        if found and (declarations or found.group(2) != " " or is_declaration(found.group(1), found.group(3))):
            declarations.append([found.group(1), found.group(3)])
        elif declarations and re.match(r"--\s{4,}\S", line):
            declarations[-1][1] += " " + line[2:].strip()
        elif declarations:
            raise Fault(f"a line of the head is neither a declaration nor an indented part of one: {line}")
        else:
            story.append(line[2:].strip())
    return " ".join(story), declarations


def is_declaration(word, rest):
    """A story may go on with "in …" at the beginning of a line."""
    if word == "lane":
        return rest.strip() in LANES
    return word == "page" and not rest or bool(re.match(rf"{NAME}(\s+({'|'.join(map(re.escape, sorted(TYPES)))})\??\s*(,|$)|\s*:|\s+(as|from)\s)", rest))


def read_in(statement, rest):
    for part in parts(rest):
        statement.inputs.append(read_field(part, TYPES))


def read_out(statement, rest):
    for part in parts(rest):
        choice = re.fullmatch(rf"({NAME})\s*:\s*(.+)", part)
        shared = re.fullmatch(rf"({NAME})\s+({NAME})", part)
        if choice:
            values, no_row = read_values(choice.group(2))
            statement.outputs.append(Field(choice.group(1), "text", values=values, no_row=no_row))
        elif shared and shared.group(2) in statement.enums:
            enum = statement.enums[shared.group(2)]
            statement.outputs.append(Field(shared.group(1), "text", values=enum.values, no_row=enum.no_row, enum=enum.tag))
        else:
            statement.outputs.append(read_field(part, TYPES - {"text[]"}))


def read_rows(statement, rest, is_batch=False):
    found = re.fullmatch(rf"({NAME})(?:\s+as\s+struct\s+({NAME})\s+from\s+(\S+?))?\s*:\s*(.+)", rest)
    if not found:
        raise Fault(f"rows are written `name: column type, …` or `name as struct tag from header: column type, …`, not: {rest}")
    name, struct, header, columns = found.groups()
    statement.rows.append(Rows(name, [read_field(part, CELL_TYPES) for part in parts(columns)], struct or "", header or "", is_batch))


def read_batch(statement, rest):
    read_rows(statement, rest, is_batch=True)


def read_enum(statement, rest):
    found = re.fullmatch(rf"({NAME})\s+from\s+(\S+?)\s*:\s*(.+)", rest)
    if not found:
        raise Fault(f"an enum is written `tag from header: value | value`, not: {rest}")
    values, no_row = read_values(found.group(3))
    statement.enums[found.group(1)] = Enum(found.group(1), found.group(2), values, no_row)


def read_page(statement, rest):
    if rest.strip():
        raise Fault(f"nothing follows `-- page`: {rest}")
    statement.is_page = True


def read_lane(statement, rest):
    if rest.strip() not in LANES:
        raise Fault(f"a lane is one of {', '.join(LANES)}, not: {rest}")
    statement.lane = rest.strip()


DIRECTIVES = {"lane": read_lane, "in": read_in, "out": read_out, "rows": read_rows, "batch": read_batch, "enum": read_enum, "page": read_page}


def parts(rest):
    return [part for part in (part.strip() for part in rest.split(",")) if part]


def read_field(part, types):
    found = re.fullmatch(rf"({NAME})\s+(\S+?)(\?)?", part)
    if not found:
        raise Fault(f"a declaration is `name type`, not: {part}")
    name, kind, null = found.groups()
    if kind not in types:
        raise Fault(f"{name} has the unknown type {kind}{nearest(kind, types)}")
    if name in C_WORDS:
        raise Fault(f"{name} is a word of C and no name for a member")
    return Field(name, kind, bool(null))


def read_values(text):
    values, no_row = [], ""
    for value in (value.strip() for value in text.split("|")):
        found = re.fullmatch(rf"(no row:\s*)?({NAME}(?:\.{NAME})?)", value)
        if not found:
            raise Fault(f"a value of an enum is a word, not: {value}")
        values.append(found.group(2))
        no_row = found.group(2) if found.group(1) else no_row
    return tuple(values), no_row


def check(statement):
    names = [field.name for field in statement.inputs] + [rows.name for rows in statement.rows]
    for kind, listed in (("input", names), ("output", [field.name for field in statement.outputs])):
        for name in listed:
            if listed.count(name) > 1:
                raise Fault(f"the {kind} {name} is declared twice")
    if statement.is_page:
        check_page(statement)
    if statement.batch:
        if statement.batch.struct:
            raise Fault("the items of a batch have a struct of their own")
        if len([rows for rows in statement.rows if rows.is_batch]) > 1:
            raise Fault("a statement has one batch")
        if statement.outputs and (statement.outputs[0].name, statement.outputs[0].type) != ("place", "int"):
            raise Fault("the first output of a batch is `place int`, by which its items find their rows")


def check_page(statement):
    if statement.inputs or statement.rows:
        raise Fault("a page takes no inputs of its own: common/daemon/page.h gives it what it needs")
    answered = [(field.name, field.type) for field in statement.outputs]
    if answered[:len(PAGE_OUTPUTS)] != PAGE_OUTPUTS:
        raise Fault("a page answers first " + ", ".join(f"{name} {kind}" for name, kind in PAGE_OUTPUTS))


# --- the text ---

TOKEN = re.compile(r"""
    (?P<comment>--[^\n]*)
  | (?P<quoted>[eE]?'(?:[^'\\]|''|\\.)*' | "(?:[^"]|"")*" | \$\$.*?\$\$)
  | (?P<cast>::)
  | (?P<number>\$\d+)
  | :(?P<name>[a-z][a-z0-9_]*)
""", re.VERBOSE | re.DOTALL)


def without_comments(text):
    cleared = TOKEN.sub(lambda found: "" if found.group("comment") else found.group(), text)
    return "\n".join(line.rstrip() for line in cleared.splitlines() if line.strip()) + "\n"


def put_numbers(statement, text):
    """Names become $1, $2 …: a batch's columns first, then inputs, then the columns of other rows."""
    known, unused = numbers(statement), {field.name for field in statement.inputs} | {rows.name for rows in statement.rows}

    def put(found):
        if found.group("number"):
            raise Fault(f"{found.group('number')} in the text: an input is used by its name")
        name = found.group("name")
        if name is None:
            return found.group()
        if statement.is_page:
            if name not in PAGE_NAMES:
                raise Fault(f":{name} is nothing that a page puts in{nearest(name, PAGE_NAMES)}")
            return found.group()
        if name not in known:
            raise Fault(f":{name} is not declared{nearest(name, known)}")
        unused.discard(name)
        return known[name]

    text = TOKEN.sub(put, text)
    if unused:
        raise Fault(f"the input {sorted(unused)[0]} is not used in the text")
    return text


def numbers(statement):
    texts, number = {}, 0
    ordered = ([statement.batch] if statement.batch else []) + statement.inputs + [rows for rows in statement.rows if not rows.is_batch]
    for declared in ordered:
        if isinstance(declared, Field):
            number += 1
            texts[declared.name] = f"(${number}::{declared.type})"
            continue
        arrays = []
        for column in declared.columns:
            number += 1
            arrays.append(f"${number}::{column.type}[]")
        names = ", ".join(column.name for column in declared.columns)
        texts[declared.name] = (f"(select {names}, place::int as place from unnest({', '.join(arrays)}) with ordinality as u ({names}, place))")
    return texts


def nearest(name, known):
    close = difflib.get_close_matches(name, sorted(known), 1)
    return f"; did you mean {close[0]}?" if close else ""
