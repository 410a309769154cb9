"""What the lists of the links service read for a page, in a database of many accounts: docs/query-plans.md tells of it at a larger size.

By its own time a list walks an index from where the page begins, and reads the page and no more; within a range of another time it reads
no more than the account's own rows."""

import json
import re

import psycopg2
import pytest
from support import programs, stacks
from test_prepare import ROOT, unquoted

ACCOUNTS, LINKS, INTERVIEWS = 12, 400, 200
PAGE = 20
FILL = f"""
    create temporary table number as select n, 'acc_' || n as account_id from generate_series(1, {ACCOUNTS}) n;
    insert into links.accounts (id, name, plan) select account_id, 'Filled', 'growth' from number;
    insert into links.interviews (account_id, id, document, created_at, updated_at)
    select account_id, 'int-' || i, jsonb_build_object('type', 'live', 'job', jsonb_build_object('id', 'j', 'title', 'Job'),
        'candidate', jsonb_build_object('first_name', 'C' || i, 'last_name', 'D'), 'questions', '[]'::jsonb),
        now() - i * interval '1 hour', now() - i * 7 % {INTERVIEWS} * interval '1 hour'
    from number, generate_series(1, {INTERVIEWS}) i;
    insert into links.share_links (id, account_id, kind, title, owner_name, owner_email, owner_time_zone, send_email, media_salt, expires_at,
                                   created_at, updated_at)
    select 'lnk_' || lpad(n * 1000 + l || '', 26, '0'), account_id, 'advanced', 'Shortlist ' || md5(n || ' ' || l), 'Owner',
           'owner' || l % 20 || '@hiring.example', 'UTC', false, '\\x00', now() + (l % 60 + 1) * interval '1 day',
           now() - l * interval '1 hour', now() - l * 7 % {LINKS} * interval '1 hour'
    from number, generate_series(1, {LINKS}) l;
    insert into links.share_link_interviews (share_link_id, account_id, interview_id, position)
    select 'lnk_' || lpad(n * 1000 + l || '', 26, '0'), account_id, 'int-' || i, i
    from number, generate_series(1, {LINKS}) l, generate_series(1, 3) i;
    analyze links.interviews; analyze links.share_links; analyze links.share_link_interviews; analyze views.link_activity"""
AGO = "now() - interval '{} hours'"
# Values of the filters; a share link's id is one of acc_7.
VALUES = {"created_after": AGO.format(150), "created_before": AGO.format(100), "updated_after": AGO.format(120),
          "share_link_id": "'lnk_" + str(7005).rjust(26, "0") + "'"}


@pytest.fixture(scope="module")
def database():
    servers = stacks.SharedServers()
    servers.postgres.create_database("plans")
    url = servers.postgres.url("plans")
    ended = programs.run("sharelink", "migrate", settings={"SHARELINK_DATABASE_URL": url})
    assert ended.returncode == 0, ended.stderr
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("set role sharelink_links; set enable_seqscan = off; set jit = off")  # as the role has it when it logs in
        yield cursor
    connection.close()
    servers.close()


def list_of(name):
    """(by name: (key, id, from) of each sort, by name: condition of each filter)"""
    source = re.sub(r'"\s*\n\s*"', "", (ROOT / "services" / "links" / f"{name}.c").read_text(encoding="utf-8"))
    block = re.search(r"struct page_sort sorts\[\] = \{(.*?)\n\};", source, re.DOTALL)[1]
    texts = [[unquoted(text) for text in re.findall(r'"((?:[^"\\]|\\.)*)"', row)] for row in re.findall(r"\{ (\".*?) \},", block, re.DOTALL)]
    filters = re.findall(r'\.name = "(\w+)",(?:(?!\.name).)*?\.condition = "((?:[^"\\]|\\.)*)"', source, re.DOTALL)
    return {row[0]: (row[1], row[2], row[4]) for row in texts}, {each: unquoted(condition) for each, condition in filters}


def read_for(cursor, name, sort, filters, deep=False):
    """{index or table: rows} that a page reads of acc_7."""
    sorts, conditions = list_of(name)
    key, key_id, table = sorts[sort.lstrip("-")]
    row, direction = ("i" if name == "list_interviews" else "l"), "desc" if sort.startswith("-") else "asc"
    where = "".join(f" and ({conditions[each].replace(':value', VALUES[each]).replace(':account_id', repr('acc_7'))})" for each in filters)
    if deep:
        cursor.execute(f"select {key}::text, {key_id} from {table} where {row}.account_id = 'acc_7' order by {key}, {key_id} offset 100 limit 1")
        at, at_id = cursor.fetchone()
        where += f" and ({key}, {key_id}) {'<' if direction == 'desc' else '>'} ('{at}', '{at_id}')"
    cursor.execute(f"explain (analyze, format json) select {key_id}, row_number() over (order by {key} {direction}, {key_id} {direction}) from {table}"
                   f" where {row}.account_id = 'acc_7'{where} order by {key} {direction}, {key_id} {direction} limit {PAGE + 1}")
    answer = cursor.fetchone()[0]
    return scans((answer if isinstance(answer, list) else json.loads(answer))[0]["Plan"])


def scans(node):
    found = {}
    if "Scan" in node["Node Type"]:
        assert node["Node Type"] != "Seq Scan", node["Relation Name"]
        rows = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        found[node.get("Index Name") or node.get("Relation Name")] = rows
    for part in node.get("Plans", []):
        found |= scans(part)
    return found


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("filters", [(), ("updated_after",)])
@pytest.mark.parametrize("name, index", [("list_links", "share_links_by_change"), ("list_interviews", "interviews_by_change")])
def test_what_changed_is_walked_in_its_order(database, name, index, filters, deep):
    for sort in ("updated_at", "-updated_at"):
        read = read_for(database, name, sort, filters, deep)
        assert set(read) == {index} and read[index] <= PAGE + 2


@pytest.mark.parametrize("name, index", [("list_links", "share_links_by_account"), ("list_interviews", "interviews_by_time")])
def test_a_range_is_read_from_where_it_begins(database, name, index):
    for sort in ("created_at", "-created_at"):
        read = read_for(database, name, sort, ("created_after", "created_before"))
        assert set(read) == {index} and read[index] <= PAGE + 2


@pytest.mark.parametrize("name, most", [("list_links", LINKS), ("list_interviews", INTERVIEWS)])
def test_a_range_of_another_time_reads_no_more_than_the_account_s_rows(database, name, most):
    for sort in list_of(name)[0]:
        for filters in (("created_after", "created_before"), ("updated_after",), ("created_after", "updated_after")):
            assert max(read_for(database, name, sort, filters).values()) <= most, (sort, filters)


def test_interviews_of_a_link_are_looked_up(database):
    for sort in list_of("list_interviews")[0]:
        assert max(read_for(database, "list_interviews", sort, ("share_link_id",)).values()) <= INTERVIEWS
    assert max(read_for(database, "list_interviews", "created_at", ("share_link_id",)).values()) <= PAGE
