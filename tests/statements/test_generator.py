"""common/pg/make-statement: what it makes of a statement, and how it refuses one that is wrong. Each fault names its culprit."""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HANDLER = """
static struct next *reply(struct flow *flow);
struct next *handle(struct flow *flow);

struct next *handle(struct flow *flow)
{
    struct little_in in = { .name = "x", .count = 1, .note = NULL };
    return little_query(flow, NULL, &in, reply);
}

static struct next *reply(struct flow *flow)
{
    struct little_out out = little_get(flow, 0);
    switch (out.outcome) {
    case LITTLE_OK:
    case LITTLE_FULL:
    case LITTLE_NOT_FOUND:
        break;
    }
    return out.has_size && out.size > 0 && out.label ? flow_end(flow) : handle(flow);
}
"""
LITTLE = """\
-- Takes a little and answers a little.
-- in  name text, count int, note text?
-- out outcome: ok | full | no row: not_found, label text, size bigint?
select case when :count > 1 then 'full' else 'ok' end as outcome, coalesce(:note, :name) as label, 1::bigint as size
"""


@pytest.fixture
def make(tmp_path):
    """Has the generator read a statement; what it wrote and what it said."""
    def run(source, name="little"):
        path = tmp_path / f"{name}.sql"
        path.write_text(source)
        return subprocess.run([ROOT / "common" / "pg" / "make-statement", path], text=True, capture_output=True, check=False)
    return run


@pytest.fixture
def made(make):
    def run(source, name="little"):
        done = make(source, name)
        assert done.returncode == 0, done.stderr
        return done.stdout
    return run


@pytest.fixture
def fault(make, tmp_path):
    """What is said of a statement that is refused; with its place, in one line, and no header with it."""
    def run(source):
        done = make(source)
        assert done.returncode != 0 and done.stdout == "", done.stdout
        place, said = done.stderr.rstrip("\n").split(": ", 1)
        assert place == str(tmp_path / "little.sql") and "\n" not in said
        return said
    return run


@pytest.fixture
def sent(made):
    """The SQL that a statement's header sends, as PostgreSQL gets it."""
    def run(source):
        pieces = re.findall(r'^        "(.*)"', made(source).split(".sql =\n", 1)[1].split("    .columns", 1)[0], re.MULTILINE)
        return "".join(pieces).replace("\\n", "\n").replace('\\"', '"').replace("\\?", "?").replace("\\\\", "\\")
    return run


# --- what is refused ---

@pytest.mark.parametrize(("text", "named"), [
    ("select :nmae as label", ":nmae is not declared; did you mean name?"),
    ("select :other as label, :name as x", ":other is not declared"),
    ("select 1 as label", "the input name is not used in the text"),
    ("select 'it is :name' as label -- :name", "the input name is not used in the text"),
    ("select :name as label, $1 as x", "$1 in the text: an input is used by its name"),
    ("select :name as label limit $12", "$12 in the text: an input is used by its name"),
])
def test_text_that_does_not_go_with_its_head(fault, text, named):
    assert fault(f"-- A story.\n-- in name text\n-- out label text\n{text}\n") == named


@pytest.mark.parametrize(("declared", "named"), [
    ("-- in name text, size varchar", "size has the unknown type varchar"),
    ("-- in name text, size bigin", "size has the unknown type bigin; did you mean bigint?"),
    ("-- in name text, size", "a declaration is `name type`, not: size"),
    ("-- in name text, Size int", "a declaration is `name type`, not: Size int"),
    ("-- in name text, int int", "int is a word of C and no name for a member"),
    ("-- in name text, name int", "the input name is declared twice"),
    ("-- in name text\n-- rows name: id text", "the input name is declared twice"),
    ("-- in name text\n-- out label text, label int", "the output label is declared twice"),
    ("-- in name text\n-- out label text[]", "label has the unknown type text[]; did you mean text?"),
    ("-- in name text\n-- out outcome: ok | not found", "a value of an enum is a word, not: not found"),
    ("-- in name text\n-- out outcome: ok | 2nd", "a value of an enum is a word, not: 2nd"),
    ("-- in name text\n-- out kind knd", "kind has the unknown type knd"),
    ("-- in name text\n-- rows items id text",
     "rows are written `name: column type, …` or `name as struct tag from header: column type, …`, not: items id text"),
    ("-- in name text\n-- rows items: ids text[]", "ids has the unknown type text[]; did you mean text?"),
    ("-- in name text\n-- batch items: id text\n-- out id text", "the first output of a batch is `place int`, by which its items find their rows"),
    ("-- in name text\n-- batch items: id text\n-- out place bigint", "the first output of a batch is `place int`, by which its items find their rows"),
    ("-- in name text\n-- batch a: id text\n-- batch b: id text\n-- out place int", "a statement has one batch"),
    ("-- in name text\n-- batch items as struct item from a.h: id text\n-- out place int", "the items of a batch have a struct of their own"),
    ("-- in name text\n-- enum kind: a", "an enum is written `tag from header: value | value`, not: kind: a"),
    ("-- in name text\n-- uot label text", "a line of the head is neither a declaration nor an indented part of one: -- uot label text"),
    ("-- in name text\n-- and a story that goes on", "a line of the head is neither a declaration nor an indented part of one: -- and a story that goes on"),
    ("-- in name text\n-- page", "a page takes no inputs of its own: common/daemon/page.h gives it what it needs"),
    ("-- in name text\n-- page of links", "nothing follows `-- page`: of links"),
])
def test_head_that_is_none(fault, declared, named):
    assert fault(f"-- A story.\n{declared}\nselect :name as label\n") == named


def test_file_without_a_story(fault):
    assert fault("select 1\n") == "must open with its story: -- …"


@pytest.mark.parametrize(("outputs", "text", "named"), [
    ("data json, has_more bool, last_key text?", "select 1",
     "a page answers first data json, has_more bool, last_key text, last_id text"),
    ("data json, has_more bool, last_key text?, last_id text?", "select :limit_of from :form",
     ":limit_of is nothing that a page puts in; did you mean limit?"),
])
def test_page_that_is_none(fault, outputs, text, named):
    assert fault(f"-- A list.\n-- page\n-- out {outputs}\n{text}\n") == named


# --- what is sent ---

def test_names_become_numbers_in_the_order_of_their_declaration(sent):
    assert sent(LITTLE) == (
        "-- little\nselect case when ($2::int) > 1 then 'full' else 'ok' end as outcome, coalesce(($3::text), ($1::text)) as label, 1::bigint as size\n")


def test_a_story_may_begin_lines_like_a_declaration(sent):
    assert sent("-- What comes\n-- in and goes\n-- out again, page by\n-- page of it.\n-- in name text\nselect :name\n") == "-- little\nselect ($1::text)\n"


def test_what_only_looks_like_a_name_stays(sent):
    text = """select ':name ?' as a, E'it\\'s :name' as b, "col:name" as c, $$ :name $$ as d, '12:30'::time as e, 'x'''::text as f,
       (array[1, 2])[1:2] as g, :name::text as h, j ? 'key' as i -- :name of a comment
-- a line that is :none
from t"""
    expected = text[:text.index(" -- :name")].replace(":name::text", "($1::text)::text") + "\nfrom t"
    assert sent(f"-- A story.\n-- in name text\n{text}\n") == f"-- little\n{expected}\n"


def test_question_marks_and_quotes_are_no_trigraphs(made):
    header = made('-- A story.\n-- in name text\nselect \'??=\' || :name || "a" || E\'\\n\'\n')
    assert '"select \'\\?\\?=\' || ($1::text) || \\"a\\" || E\'\\\\n\'\\n"' in header


def test_rows_are_a_table_behind_the_inputs(sent):
    source = "-- A story.\n-- in name text\n-- rows items: id text, size int?\nselect :name from :items as i where i.place = 1\n"
    assert sent(source) == (
        "-- little\nselect ($1::text) from (select id, size, place::int as place from unnest($2::text[], $3::int[]) "
        "with ordinality as u (id, size, place)) as i where i.place = 1\n")


def test_a_batch_comes_before_all_inputs(sent):
    source = "-- A story.\n-- in name text\n-- batch items: id text\n-- out place int\nselect i.place from :items as i where i.id = :name\n"
    assert sent(source) == (
        "-- little\nselect i.place from (select id, place::int as place from unnest($1::text[]) "
        "with ordinality as u (id, place)) as i where i.id = ($2::text)\n")


def test_a_page_keeps_its_names(sent):
    source = ("-- A list.\n-- page\n-- out data json, has_more bool, last_key text?, last_id text?\n"
              "select 1 from :from where x = :account_id :conditions order by :key :direction limit :limit\n")
    assert "from :from where x = :account_id :conditions order by :key :direction limit :limit\n" in sent(source)


# --- what the compiler says ---

@pytest.fixture(scope="session")
def flags():
    """The project's own."""
    shown = subprocess.run(["make", "-s", "-C", ROOT, "--no-print-directory", "-f", "Makefile", "-f", "-", "show-flags"], text=True,
                           input="show-flags:\n\t@echo '$(CPPFLAGS) $(filter-out -fPIE,$(CFLAGS))'\n", capture_output=True, check=True)
    return shown.stdout.replace("'", "").split()


@pytest.fixture
def compiled(made, flags, tmp_path):
    """Compiles a handler with a statement's header; what the compiler says."""
    def run(source, handler, name="little"):
        folder = tmp_path / "include"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.sql.h").write_text(made(source, name))
        program = folder / "program.c"
        program.write_text(f'#include "{name}.sql.h"\n' + handler)
        done = subprocess.run(["cc", *flags, f"-I{folder}", "-fsyntax-only", program], text=True, capture_output=True, check=False, cwd=ROOT,
                              env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
        return done.stderr
    return run


def test_header_compiles_with_the_flags_of_the_project(compiled):
    assert compiled(LITTLE, HANDLER) == ""


ALL_TYPES = """\
-- A value of each type goes in and comes out.
-- in   a text, b text?, c int, d bigint?, e real, f float8?, g bool, h bool?, i bytea, j bytea?, k text[], l text[]?, m jsonb, n timestamptz?
-- {rows} things: a text, b text?, c int, d bigint?, e real, f float8?, g bool, h bool?, i bytea, j bytea?
-- rows others as struct other from other.h: id text, size int?
-- enum shade from other.h: light | dark
-- out  place int, b text?, c bigint, d smallint?, e real, f float8?, g bool, h bool?, i bytea, j bytea?, k: one | two, l shade
select :a, :b, :c, :d, :e, :f, :g, :h, :i, :j, :k, :l, :m, :n from :things as t, :others as o
"""
OTHER = """
struct other { const char *id; const int64_t *size; };
enum shade { SHADE_LIGHT, SHADE_DARK };
"""


@pytest.mark.parametrize("rows", ["rows ", "batch"])
def test_every_type_has_its_place_in_a_header(compiled, tmp_path, rows):
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "other.h").write_text(OTHER)
    handler = "int take(const struct pg_answer *answer);\nint take(const struct pg_answer *answer)\n{\n" \
              "    struct all_out out = all_read(answer, 0);\n    const char *bytes = out.i;\n" \
              "    return out.k == ALL_K_TWO && out.l == SHADE_DARK && out.has_d && out.has_f && out.has_h && out.e > 0 && bytes && out.j;\n}\n"
    assert compiled(ALL_TYPES.format(rows=rows), handler, "all") == ""


@pytest.mark.parametrize(("written", "instead", "named"), [
    (".count = 1", '.count = "1"', "count"),
    (".count = 1", ".count = (struct pg_bytes){ 0 }", "pg_bytes"),
    ('.name = "x"', ".name = 5", "name"),
    ('.name = "x"', '.nmae = "x"', "'struct little_in' has no member named 'nmae'; did you mean 'name'?"),
    ("out.label", "out.lable", "'struct little_out' has no member named 'lable'; did you mean 'label'?"),
    ("out.label", "out.note", "'struct little_out' has no member named 'note'"),
    ("    case LITTLE_FULL:\n", "", "enumeration value 'LITTLE_FULL' not handled in switch"),
    ("LITTLE_FULL", "LITTLE_FUL", "'LITTLE_FUL' undeclared"),
    ("out.label ? flow_end(flow) :", "out.label ? flow_end(flow) : little_get(flow, 0).outcome == 1 ? reply(NULL, 1) :", "too many arguments to function 'reply'"),
])
def test_what_does_not_go_with_the_head_does_not_compile(compiled, written, instead, named):
    assert written in HANDLER
    said = compiled(LITTLE, HANDLER.replace(written, instead))
    assert "error:" in said and named in said


def test_an_outcome_that_is_new_does_not_compile_until_it_is_handled(compiled):
    said = compiled(LITTLE.replace("ok | full", "ok | full | paused"), HANDLER)
    assert "enumeration value 'LITTLE_PAUSED' not handled in switch" in said
