"""Every statement of the tree, prepared on the schema of the tree as the role that sends it: what goes in and what comes out is
what its head declares, and the role may do what it does."""

import pathlib
import re

import prepared
import pytest
from statements import head
from support import programs, stacks

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = {"int": "int4", "bigint": "int8", "smallint": "int2", "real": "float4", "text[]": "_text"}
DAEMONS = ("links", "views", "notifications", "console")
STATEMENTS = sorted(path.relative_to(ROOT) for place in ("common", "services") for path in (ROOT / place).rglob("*.sql")
                    if not {"schema", "migrations"} & set(path.parts))
# The views service has no callers with keys.
WITH_KEYS = {"find_api_key", "find_session", "session_reaches", "idempotency_claim", "idempotency_store"}


def senders_of(path):
    if path.parts[0] == "services":
        return [path.parts[1]]
    return [service for service in DAEMONS if service != "views" or path.stem not in WITH_KEYS]


SENDERS = [(path, service) for path in STATEMENTS for service in senders_of(path)]


@pytest.fixture(scope="module")
def postgres():
    servers = stacks.SharedServers()
    yield servers.postgres
    servers.close()


@pytest.fixture(scope="module")
def sessions(postgres):
    """By service: as its role; what the operator's command sends is sent by the database's owner."""
    postgres.create_database("prepared")
    url = postgres.url("prepared")
    ended = programs.run("sharelink", "migrate", settings={"SHARELINK_DATABASE_URL": url})
    assert ended.returncode == 0, ended.stderr
    made = {service: prepared.Session(url, f"sharelink_{service}" if service in DAEMONS else None) for service in (*DAEMONS, "ctl")}
    yield made
    for session in made.values():
        session.close()


def type_name(kind):
    return NAMES.get(kind, kind)


def declared_inputs(statement):
    rows = [each for each in statement.rows if not each.is_batch]
    columns = [column for each in ([statement.batch] if statement.batch else []) for column in each.columns]
    return (["_" + type_name(column.type) for column in columns] + [type_name(field.type) for field in statement.inputs]
            + ["_" + type_name(column.type) for each in rows for column in each.columns])


def declared_outputs(statement):
    return [(field.name, type_name(field.type)) for field in statement.outputs]


@pytest.mark.parametrize(("path", "service"), SENDERS, ids=[f"{path}-{service}" for path, service in SENDERS])
def test_statement_is_as_it_declares(sessions, path, service):
    statement = head.read(path.stem, (ROOT / path).read_text(encoding="utf-8"))
    if statement.is_page:
        texts = [compose(statement.text, page) for page in pages_of(path)]
        assert texts, f"no list has {path} as its pattern"
    else:
        texts = [statement.text]
    for text in texts:
        inputs, outputs = sessions[service].prepare(text)
        assert statement.is_page or inputs == declared_inputs(statement)
        assert outputs == declared_outputs(statement)


# --- lists: composed as common/daemon/page.c does, by the first of their sorts, with all filters, behind a cursor ---

def pages_of(path):
    """What the C that takes a pattern, its own or another's beside it, says of each list that is made of it."""
    sources = (each.read_text(encoding="utf-8") for each in (ROOT / path).parent.glob("*.c"))
    source = next(each for each in sources if f"&{path.stem}_statement" in each)
    source = re.sub(r'"\s*\n\s*"', "", source)
    keyed = [keys_of(block) for block in re.findall(r"struct page_keys \w+ = \{(.*?)\n\};", source, re.DOTALL)]
    source = re.sub(r"struct page_keys \w+ = \{.*?\n\};", "", source, flags=re.DOTALL)
    sort = re.search(r'struct page_sort sorts\[\] = \{\s*\{ (.*?) \},\n', source, re.DOTALL)
    key, key_id, kind, table = [unquoted(text) for text in re.findall(r'"((?:[^"\\]|\\.)*)"', sort[1])][1:]
    conditions = [unquoted(text) for text in re.findall(r'\.condition = "((?:[^"\\]|\\.)*)"', source)]
    choices = re.findall(r'static const char \*const (\w+)\[\] = \{(.*?)\};', source, re.DOTALL)
    conditions += [unquoted(re.search(r'"((?:[^"\\]|\\.)*)"', texts)[1]) for name, texts in choices if f".conditions = {name}" in source]
    for block in re.findall(rf"struct page_list \w+ = \{{(?:(?!\n\}};).)*\.pattern = &{path.stem}_statement.*?\n\}};", source, re.DOTALL):
        said = {name: unquoted(text) for name, text in re.findall(r'\.(scope|known|always) = "((?:[^"\\]|\\.)*)"', block)}
        page = {"key": key, "id": key_id, "type": kind, "from": table, "conditions": conditions, "scope": "", "known": "", **said}
        yield from [{**page, "keyed": each} for each in (None, *keyed)]


def keys_of(block):
    """(the query of keys, the condition of one key's rows, the column of their order, whether they are many)"""
    said = {name: unquoted(text) for name, text in re.findall(r'\.(keys|condition|order) = "((?:[^"\\]|\\.)*)"', block)}
    return said["keys"], said["condition"], said["order"], ".are_many = true" in block


def unquoted(text):
    return text.replace('\\"', '"').replace("\\\\", "\\")


def compose(pattern, page):
    number = 4 if page["scope"] else 3
    conditions = f" and ({page['always']})" if "always" in page else ""
    conditions += f" and ({page['key']}, {page['id']}) < (${number}::{page['type']}, ${number + 1})"
    for count, condition in enumerate(page["conditions"]):
        conditions += f" and ({condition.replace(':value', f'${number + 2 + count}')})"
    parts = {**page, "conditions": conditions}
    if page["keyed"]:
        value = f"${number + 2 + sum(':value' in each for each in page['conditions'])}"
        keys, condition, order, are_many = [text.replace(":value", value) if isinstance(text, str) else text for text in page["keyed"]]
        parts |= {"from": from_keys(page, keys, f"{conditions} and ({condition})", order, are_many), "conditions": ""}
    text = put_in(put_in(pattern, {name: parts[name] for name in ("from", "conditions", "scope", "known")}),
                  {"key": page["key"], "id": page["id"], "direction": "desc"})
    return put_in(text, {"account_id": "($1::text)", "limit": "($2::int)", "parent_id": "($3::text)"})


def from_keys(page, keys, conditions, order, are_many):
    row = page["id"].partition(".")[0]
    rows = f"from {page['from']} where {row}.account_id = :account_id{conditions} order by {order} :direction, :key :direction, :id :direction"
    if are_many:
        keys = (f"select * from (select keys.* from ({keys}) as keys cross join lateral (select :key, :id {rows} limit 1) as first (key, id)"
                " order by first.key :direction, first.id :direction limit 101) as few limit :limit + 1")
    return f"({keys}) as keys cross join lateral (select * from (select {row}.* {rows} limit 101) as few limit :limit + 1) as {row}"


def put_in(text, parts):
    return re.sub(r"(?<!:):([a-z_]+)", lambda found: parts.get(found[1], found[0]), text)
