"""tests/lint/inputs.py: what a statement is not given is named, with its place."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "lint"))

import inputs  # noqa: E402

DECLARED = {"add_in": ["name", "rows"], "add_rows_row": ["id"], "note_item": ["id", "size"]}


@pytest.fixture
def breaches(tmp_path):
    """Of a piece of C, as (line, what)."""
    def check(source):
        path = tmp_path / "program.c"
        path.write_text(source)
        return [(line, what) for _, line, what in inputs.check_structs(path, DECLARED)]
    return check


@pytest.mark.parametrize("source", [
    'struct add_in in = { .name = "a{", .rows = { list, 2 } };',
    "struct add_in in = {\n    .name = name, /* .other */\n    .rows = { .list = list, .count = 2 },\n};",
    "*item = (struct note_item){ .id = id, .size = f(1, 2) };",
    "static const struct note_item items[] = { .id = NULL, .size = NULL };",
    "void f(const struct add_in *in);\nstruct add_in *g(void);",
    "struct note_item *item = arena_alloc(arena, sizeof(struct note_item));",
    "struct work {\n    int count;\n    struct note_item item;\n};",
    "struct other_in in = { 0 };",
])
def test_what_is_whole_is_no_breach(breaches, source):
    assert breaches(source) == []


@pytest.mark.parametrize(("source", "found"), [
    ("int x;\nstruct add_in in = { .name = name };", [(2, "struct add_in is not given its rows; what is NULL is named too")]),
    ("struct add_in in = { 0 };", [(1, "struct add_in is not given its name; what is NULL is named too"),
                                   (1, "struct add_in is not given its rows; what is NULL is named too")]),
    ("struct add_in in = { .rows = { .name = x } };", [(1, "struct add_in is not given its name; what is NULL is named too")]),
    ("item = (struct note_item){ .id = id };", [(1, "struct note_item is not given its size; what is NULL is named too")]),
    ("struct add_rows_row row = { /* .id = */ };", [(1, "struct add_rows_row is not given its id; what is NULL is named too")]),
    ("void f(void)\n{\n    struct add_in in;\n}", [(3, "struct add_in is declared without its values; write it in one piece")]),
    ("void f(void)\n{\n    struct note_item items[3];\n}", [(3, "struct note_item is declared without its values; write it in one piece")]),
])
def test_what_is_left_out_is_named(breaches, source, found):
    assert breaches(source) == found


def test_members_are_those_that_the_head_declares(tmp_path):
    path = tmp_path / "add.sql"
    path.write_text("-- Adds.\n-- in name text\n-- rows people: id text\n-- batch items: size int\n-- out place int\nselect :name from :people, :items\n")
    checked = inputs.declared_members({path: path.read_text()})
    with pytest.raises(StopIteration) as ended:
        next(checked)
    assert ended.value.value == {"add_in": ["name", "people"], "add_people_row": ["id"], "add_item": ["size"]}
