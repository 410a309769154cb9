"""The operator's command: migrations that may be run at any time and never twice, accounts and keys, and the questions
an operator asks of a running system. Each answer has an exit status that a script can go by.
"""

import contextlib
import itertools
import os
import re
import threading

import psycopg2
import pytest
from stack import ports
from stack.waiting import wait_until
from support import ROOT, samples
from support.api import Api
from support.database import Database
from support.programs import daemon, run
from support.raising import poisoned
from support.scripted_smtp import LATER, REFUSE
from support.shapes import is_id
from support.tables import all_text, row_counts

EX_OK, UNHEALTHY, EX_USAGE, EX_DATAERR, EX_UNAVAILABLE, EX_SOFTWARE, EX_CONFIG = 0, 1, 64, 65, 69, 70, 78
MIGRATIONS = sorted(path.stem for path in (ROOT / "services" / "ctl" / "migrations").glob("*.sql"))
FILES = re.findall(r"^(base|repeatable) +(\S+)$", (ROOT / "services" / "ctl" / "schema" / "order").read_text(), re.MULTILINE)
SCOPES = ["links.read", "links.write", "reviews.read", "events.read", "webhooks.write"]
NOBODY = "127.0.0.1:1"
numbers = itertools.count(1)


def sharelink(database_url, *words, **settings):
    return run("sharelink", *words, settings={**({"SHARELINK_DATABASE_URL": database_url} if database_url else {}), **settings})


@pytest.fixture
def empty(shared):
    """An empty database of this test alone."""
    name = f"ctl_{os.getpid()}_{next(numbers)}"
    shared.postgres.create_database(name)
    database = Database(shared.postgres.url(name))
    yield database
    database.close()


@pytest.fixture
def operate(stack):
    """sharelink's words on the stack's database; what came of it."""
    return lambda *words, **settings: sharelink(stack.postgres.url(stack.database), *words, **settings)


@pytest.fixture
def account(operate):
    """The id of a new account, and its key."""
    created = operate("account", "create", "--name", "Ctl tests", "--plan", "growth")
    assert created.returncode == EX_OK, created
    return re.fullmatch(r"account: (\S+)\nkey: (\S+)\n", created.stdout).groups()


def recorded(db):
    """What was done to the database: kind and name; the schema's digest is not told."""
    rows = db.rows("select kind, name from public.sharelink_schema order by kind, name")
    return [(row["kind"], row["name"] if row["kind"] != "schema" else "") for row in rows]


ALL = sorted([*FILES, *(("migration", name) for name in MIGRATIONS), ("schema", "")])


# --- migrate; tests/unit/services/test_schema.c tries its engine with plans of its own ---

def test_migrate_makes_the_schema_and_does_nothing_the_second_time(empty):
    first, second = (sharelink(empty.url, "migrate") for _ in range(2))
    assert (first.returncode, first.stdout) == (EX_OK, f"migrated: 0 migrations applied, {len(FILES)} files run\n")
    assert recorded(empty) == ALL
    before = empty.rows("select * from public.sharelink_schema order by kind, name")
    assert (second.returncode, second.stdout) == (EX_OK, "migrated: 0 migrations applied, 0 files run\n")
    assert second.stderr == "" and empty.rows("select * from public.sharelink_schema order by kind, name") == before


def test_many_migrations_at_once_make_the_schema_once(shared, empty):
    passwords = {f"SHARELINK_{name.upper()}_PASSWORD": shared.state.password(name) for name in ("links", "views", "notifications", "console")}
    ended, together = [], threading.Barrier(5)

    def migrate():
        together.wait()
        ended.append(sharelink(empty.url, "migrate", **passwords))

    migrating = [threading.Thread(target=migrate) for _ in range(together.parties)]
    for thread in migrating:
        thread.start()
    for thread in migrating:
        thread.join()
    assert [each.returncode for each in ended] == [EX_OK] * 5, ended
    counts = sorted(int(re.match(r"migrated: 0 migrations applied, (\d+) files run", each.stdout)[1]) for each in ended)
    assert counts == [0, 0, 0, 0, len(FILES)]
    assert recorded(empty) == ALL


def test_repeatable_file_that_differs_is_run_again_alone(empty):
    sharelink(empty.url, "migrate")
    empty.rows("create or replace function links.state_of(link_deactivated_at timestamptz, expires_at timestamptz) returns text "
               "language sql stable return 'of another build'")
    empty.rows("update public.sharelink_schema set checksum = repeat('0', 64) where name = 'links/schema/functions.sql'")
    again = sharelink(empty.url, "migrate")
    assert (again.returncode, again.stdout) == (EX_OK, "migrated: 0 migrations applied, 1 files run\n")
    assert empty.value("select links.state_of(null, null)") == "active" and recorded(empty) == ALL
    assert empty.value("select count(*) from public.sharelink_schema where checksum = repeat('0', 64)") == 0


def test_unknown_migration_is_refused_and_named(empty):
    sharelink(empty.url, "migrate")
    empty.rows("insert into public.sharelink_schema (kind, name, checksum, version) values ('migration', '9999_from_the_future', 'x', '0.0.1')")
    refused = sharelink(empty.url, "migrate")
    assert refused.returncode == EX_SOFTWARE and "9999_from_the_future" in refused.stderr and "newer version" in refused.stderr
    assert refused.stdout == ""


def test_schema_of_a_newer_release_is_refused_and_left_alone(empty):
    sharelink(empty.url, "migrate")
    empty.rows("update public.sharelink_schema set checksum = 'newer', version = '10.0.1' where name = 'links/schema/views.sql'")
    refused = sharelink(empty.url, "migrate")
    assert refused.returncode == EX_SOFTWARE and "10.0.1" in refused.stderr and "newer version" in refused.stderr
    assert refused.stdout == "" and empty.value("select checksum from public.sharelink_schema where name = 'links/schema/views.sql'") == "newer"


def test_database_of_before_the_first_release_is_refused(empty):
    """Up to 0.3.0 the schema was made by migrations alone."""
    empty.rows("create table public.sharelink_migrations (name text primary key, checksum text not null, applied_at timestamptz not null default now())")
    empty.rows("insert into public.sharelink_migrations (name, checksum) values ('0001_base', 'x'), ('0002_links', 'x')")
    refused = sharelink(empty.url, "migrate")
    assert refused.returncode == EX_SOFTWARE and refused.stdout == ""
    assert "0.3.0" in refused.stderr and "make a new, empty database" in refused.stderr and refused.stderr.count("\n") == 1
    assert empty.value("select to_regclass('public.sharelink_schema') is null and to_regnamespace('links') is null")


def test_base_that_fails_is_undone_whole(empty):
    empty.rows("create schema notifications")  # in the way, after other schemas have been made
    failed = sharelink(empty.url, "migrate")
    assert failed.returncode == EX_SOFTWARE and "ctl/schema/schemas.sql" in failed.stderr and "undone" in failed.stderr
    assert empty.value("select to_regclass('public.sharelink_schema') is null")
    assert empty.value("select count(*) from pg_namespace where nspname in ('sharelink', 'events', 'links', 'views')") == 0
    empty.rows("drop schema notifications")
    assert sharelink(empty.url, "migrate").returncode == EX_OK
    assert recorded(empty) == ALL


def test_second_migrate_keeps_all_data(stack, operate):
    stack.make_share_link(reviewer_count=3)
    before = row_counts(stack.db)
    assert operate("migrate").returncode == EX_OK
    assert row_counts(stack.db) == before and before["links.reviewers"] >= 3


def test_migrate_says_no_password(shared, empty):
    passwords = {f"SHARELINK_{name.upper()}_PASSWORD": shared.state.password(name) for name in ("links", "views", "notifications", "console")}
    ended = sharelink(empty.url, "migrate", **passwords)
    assert ended.returncode == EX_OK
    assert [password for password in [*passwords.values(), shared.postgres.password] if password in ended.stdout + ended.stderr] == []


FORBIDDEN = {
    "links": ["insert into links.accounts (id, name, plan) values ('x', 'x', 'growth')", "update links.accounts set plan = 'enterprise'",
              "select * from links.api_keys", "update links.api_keys set scopes = '{}'", "delete from links.api_keys", "delete from events.log", "update events.log set data = '{}'",
              "truncate events.log", "select * from views.visits", "select * from notifications.deliveries", "create table links.mine ()",
              "create schema mine", "create table public.mine ()", "select * from public.sharelink_schema"],
    "views": ["select * from links.api_keys", "select * from links.live_api_key('x')", "select * from links.reviewers", "select * from links.interviews", "select * from links.share_links",
              "select * from links.mail_contexts", "update links.share_links set title = 'x'", "delete from events.log", "update events.log set data = '{}'",
              "insert into events.log (id, account_id, type, data) values ('x', 'x', 'link.opened', '{}')", "select * from events.log",
              "select * from links.mail_interviews", "select * from links.mail_people",
              "delete from views.visits", "select * from notifications.deliveries", "create table views.mine ()", "drop table views.visits"],
    "notifications": ["select * from links.api_keys", "select * from links.reviewers", "select * from links.interviews", "select * from links.doors",
                      "insert into events.log (id, account_id, type, data) values ('x', 'x', 'x', '{}')", "delete from events.log",
                      "update events.log set data = '{}'", "delete from notifications.deliveries", "delete from notifications.dead_entries",
                      "select * from views.visits", "create table notifications.mine ()", "drop table events.log_default",
                      "select * from console.sessions"],
    "console": ["select * from links.accounts", "select * from links.api_keys", "select * from links.share_links", "select * from links.interviews",
                "select * from links.reviewers", "select * from events.log", "select * from views.visits", "select * from notifications.deliveries",
                "select links.owner_has('x', null, 'interview', 'x')", "create table console.mine ()", "drop table console.sessions"],
}


@pytest.mark.parametrize("name, statement", [(name, statement) for name, statements in FORBIDDEN.items() for statement in statements])
def test_role_may_not_do_what_its_service_does_not(stack, name, statement):
    connection = psycopg2.connect(stack.postgres.url(stack.database, f"sharelink_{name}", stack.state.password(name)))
    try:
        with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)
    finally:
        connection.close()


def test_roles_are_nothing_special(stack):
    roles = stack.db.rows("select * from pg_roles where rolname like 'sharelink\\_%'")
    assert {role["rolname"] for role in roles} == {"sharelink_links", "sharelink_views", "sharelink_notifications", "sharelink_console"}
    for role in roles:
        assert not (role["rolsuper"] or role["rolcreatedb"] or role["rolcreaterole"] or role["rolreplication"] or role["rolbypassrls"])


# --- accounts ---

def test_created_account_has_a_key_that_works(stack, account):
    account_id, key = account
    assert is_id("acc_", account_id)
    assert re.fullmatch(r"slk_[0-7][0-9A-HJKMNP-TV-Z]{25}_[A-Za-z0-9_-]{43}", key)
    api = Api(stack.links.url(), key)
    assert api.get("/v1/share-links", status=200).json() == {"data": [], "has_more": False, "next_cursor": None}
    api.put("/v1/interviews/int-ctl", samples.interview_document(), status=201)
    api.post("/v1/share-links", samples.share_link_body(["int-ctl"]), status=201)


def test_key_is_stored_hashed_alone(stack, account):
    text = "\n".join(all_text(stack.db).values())
    _, key = account
    assert key[:30] in text and key[31:] not in text and key[31:].encode().hex() not in text


@pytest.mark.parametrize("words", [
    [], ["--name", "X"], ["--plan", "growth"], ["--name", "X", "--plan", "go ld"], ["--name", "", "--plan", "growth"],
    ["--name", "a\nb", "--plan", "growth"], ["--name", "\u202ea", "--plan", "growth"], ["--name", "\u200b", "--plan", "growth"],
    ["--name", "x" * 201, "--plan", "growth"], ["--name", "X", "--plan", "growth", "--admin"], ["--name", "X", "--plan", "Growth"]])
def test_account_that_cannot_be_is_not_made(stack, operate, words):
    before = row_counts(stack.db, ["links.accounts", "links.api_keys"])
    refused = operate("account", "create", *words)
    assert refused.returncode == EX_USAGE and refused.stderr.startswith("sharelink: ") and refused.stdout == ""
    assert row_counts(stack.db, ["links.accounts", "links.api_keys"]) == before


def test_list_tells_accounts_and_no_keys(operate, account):
    account_id, key = account
    listed = operate("account", "list")
    line, = [line for line in listed.stdout.splitlines() if line.startswith(account_id)]
    assert "growth" in line and "1 live keys" in line and "Ctl tests" in line
    assert key[31:] not in listed.stdout and listed.returncode == EX_OK
    assert operate("account", "list", "--all").returncode == EX_USAGE


# --- keys ---

def new_key(operate, account_id, *words):
    created = operate("key", "create", "--account", account_id, *words)
    return created, (re.fullmatch(r"key: (\S+)\n", created.stdout) or [None, None])[1]


def test_third_live_key_is_refused_until_one_is_revoked(stack, operate, account):
    account_id, first = account
    _, second = new_key(operate, account_id)
    for key in (first, second):
        Api(stack.links.url(), key).get("/v1/share-links", status=200)
    refused, none = new_key(operate, account_id)
    assert (refused.returncode, none) == (EX_DATAERR, None) and "revoke" in refused.stderr
    assert operate("key", "revoke", first[:30]).returncode == EX_OK
    created, third = new_key(operate, account_id)
    assert created.returncode == EX_OK
    Api(stack.links.url(), third).get("/v1/share-links", status=200)


def test_keys_made_at_once_are_not_three(stack, operate, account):
    """All of them have begun, and wait for the account's row, before the first one can store its key."""
    account_id, _ = account
    ended = []
    creating = [threading.Thread(target=lambda: ended.append(new_key(operate, account_id)[0].returncode)) for _ in range(4)]
    with contextlib.closing(psycopg2.connect(stack.postgres.url(stack.database))) as holder, holder.cursor() as cursor:
        cursor.execute("select from links.accounts where id = %s for update", [account_id])
        for thread in creating:
            thread.start()
        waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        wait_until(lambda: stack.db.value(waiting) == 4, 20, "four commands wait for the account")
        holder.rollback()
        for thread in creating:
            thread.join()
    assert sorted(ended) == [EX_OK, EX_DATAERR, EX_DATAERR, EX_DATAERR]
    assert stack.db.value("select count(*) from links.api_keys where account_id = %s and revoked_at is null", account_id) == 2


@pytest.mark.parametrize("whole", [True, False])
def test_revoked_key_is_refused_within_five_seconds(stack, operate, account, whole):
    """Even one that is in use all the time, and so is remembered."""
    _, key = account
    api = Api(stack.links.url(), key)
    api.get("/v1/share-links", status=200)
    revoked = operate("key", "revoke", key if whole else key[:30])
    assert revoked.returncode == EX_OK and key[31:] not in revoked.stdout
    wait_until(lambda: api.get("/v1/share-links").status_code == 401, 5, "the key is refused")
    assert operate("key", "revoke", key[:30]).returncode == EX_DATAERR


@pytest.mark.parametrize("scopes", [*SCOPES, "links.read,links.write", ",".join(SCOPES)])
def test_key_has_the_scopes_it_was_made_with(stack, operate, account, scopes):
    created, key = new_key(operate, account[0], "--scopes", scopes)
    assert created.returncode == EX_OK
    assert stack.db.value("select scopes from links.api_keys where id = %s", key[:30]) == scopes.split(",")
    allowed = Api(stack.links.url(), key).get("/v1/share-links").status_code
    assert allowed == (200 if "links.read" in scopes else 403)


@pytest.mark.parametrize("scopes", ["", "links", "links.read,", ",links.read", "links.read links.write", "links.read,admin", "*", "LINKS.READ", "links.rea"])
def test_scopes_that_are_none_are_refused(operate, account, scopes):
    created, key = new_key(operate, account[0], "--scopes", scopes)
    assert (created.returncode, key) == (EX_USAGE, None)


@pytest.mark.parametrize("words, status", [
    (["create"], EX_USAGE), (["create", "--account"], EX_USAGE), (["create", "--account", "acc_00000000000000000000000000"], EX_DATAERR),
    (["create", "--account", "' or true --"], EX_DATAERR), (["revoke"], EX_USAGE), (["revoke", "x"], EX_USAGE),
    (["revoke", "slk_00000000000000000000000000"], EX_DATAERR), (["revoke", "slk_00000000000000000000000000", "x"], EX_USAGE)])
def test_key_command_that_cannot_be_done_is_refused(operate, words, status):
    refused = operate("key", *words)
    assert refused.returncode == status and refused.stderr.startswith("sharelink: ")


# --- healthcheck ---

def test_healthcheck_of_a_ready_daemon_is_0(stack):
    for each in stack.daemons:
        assert sharelink(None, "healthcheck", each.url()).returncode == EX_OK
        assert sharelink(None, "healthcheck", each.address()).returncode == EX_OK
        assert sharelink(None, "healthcheck", SHARELINK_LISTEN=each.address()).returncode == EX_OK
        assert sharelink(None, "healthcheck", SHARELINK_LISTEN=f"0.0.0.0:{each.port}").returncode == EX_OK


def test_healthcheck_of_a_daemon_that_is_not_ready_is_1(stack, tmp_path):
    settings = {**stack.links.settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}", "SHARELINK_REDIS_URL": f"redis://{NOBODY}"}
    with daemon("links", settings, tmp_path / "log") as lame:
        failed = sharelink(None, "healthcheck", lame.url())
        assert failed.returncode == UNHEALTHY and "not ready" in failed.stderr


def test_healthcheck_where_nobody_listens_is_1():
    assert sharelink(None, "healthcheck", f"http://{NOBODY}").returncode == UNHEALTHY
    assert sharelink(None, "healthcheck", "http://no.such.host.invalid:80").returncode == UNHEALTHY


@pytest.mark.parametrize("words", [[], ["nonsense"], ["http://127.0.0.1"], ["a:1", "b:2"]])
def test_healthcheck_of_no_address_is_refused(words):
    assert sharelink(None, "healthcheck", *words).returncode == EX_USAGE


# --- smtp-test ---

def smtp_test(url, *words, sender="Sharelink <noreply@sharelink.example>"):
    return sharelink(None, "smtp-test", *words, SHARELINK_SMTP_URL=url, SHARELINK_MAIL_FROM=sender)


def test_smtp_test_sends_a_mail(stack):
    sent = smtp_test(stack.mail.url(), "operator@sharelink.example")
    assert sent.returncode == EX_OK and "sent" in sent.stdout
    mail = stack.mails.wait_for_one_to("operator@sharelink.example")
    assert mail["From"] == "Sharelink <noreply@sharelink.example>" and "test" in mail["Subject"].lower()


@pytest.mark.parametrize("behaviour, code", [(REFUSE, "550"), (LATER, "451")])
def test_smtp_test_says_what_the_server_answered(smtp, behaviour, code):
    smtp.on("operator@sharelink.example", behaviour)
    failed = smtp_test(smtp.url(), "operator@sharelink.example")
    assert failed.returncode == EX_UNAVAILABLE and code in failed.stderr and failed.stdout == ""


def test_smtp_test_says_that_nobody_answers():
    failed = smtp_test(f"smtp://u:hunter2canary@{NOBODY}", "operator@sharelink.example")
    assert failed.returncode == EX_UNAVAILABLE and "hunter2canary" not in failed.stderr + failed.stdout


@pytest.mark.parametrize("address", ["nobody", "a@b.example\r\nRCPT TO:<eve@evil.example>", "", "<a@b.example>"])
def test_smtp_test_sends_nothing_to_what_is_no_address(smtp, address):
    assert smtp_test(smtp.url(), address).returncode != EX_OK
    assert smtp.tried() == []


def test_smtp_test_wants_its_settings(stack):
    assert sharelink(None, "smtp-test", "a@b.example").returncode == EX_USAGE
    assert smtp_test(stack.mail.url()).returncode == EX_USAGE
    assert smtp_test("gopher://x", "a@b.example").returncode == EX_CONFIG
    assert smtp_test(stack.mail.url(), "a@b.example", sender="nobody").returncode == EX_CONFIG


# --- dead letters ---

def test_dead_letters_are_listed_without_addresses_and_sent_again(make_stack, smtp):
    stack = make_stack(smtp=smtp)
    url = stack.postgres.url(stack.database)
    assert sharelink(url, "dead-letters", "list").stdout == ""
    body = samples.share_link_body([stack.make_interview()], 3, send_email=True)
    addresses = [reviewer["email"] for reviewer in body["reviewers"]]
    for address in addresses:
        smtp.on(address, REFUSE, *([REFUSE] if address == addresses[2] else []))
    stack.api.post("/v1/share-links", body, status=201)

    def failed():
        return [row["id"] for row in stack.db.rows("select id from notifications.deliveries where state = 'failed' order by id")]

    wait_until(lambda: len(failed()) == 3, 20, "three dead letters")
    listed = sharelink(url, "dead-letters", "list")
    assert [line.split()[0] for line in listed.stdout.splitlines()] == failed()
    assert "550" in listed.stdout and "refused" in listed.stdout and "@" not in listed.stdout

    one = stack.db.value("select id from notifications.deliveries where recipient = %s", addresses[0])
    assert sharelink(url, "dead-letters", "retry", one).stdout == "to be sent again: 1\n"
    assert sharelink(url, "dead-letters", "retry", one).returncode == EX_DATAERR
    smtp.wait_for_accepted(1, addresses[0])
    assert sharelink(url, "dead-letters", "retry", "--all").stdout == "to be sent again: 2\n"
    smtp.wait_for_accepted(1, addresses[1])
    wait_until(lambda: len(failed()) == 1, 20, "the one that is refused again is dead again")
    assert len(smtp.tried(addresses[2])) == 2
    assert sharelink(url, "dead-letters", "retry", "--all").stdout == "to be sent again: 1\n"
    smtp.wait_for_accepted(1, addresses[2])
    # Message-IDs stay: to the reader it is the same mail.
    assert len({attempt.mail["Message-ID"] for address in addresses for attempt in smtp.accepted(address)}) == 3


def test_one_dead_letter_in_trouble_keeps_none_of_the_others(make_stack, smtp):
    stack = make_stack(smtp=smtp)
    url = stack.postgres.url(stack.database)
    body = samples.share_link_body([stack.make_interview()], 3, send_email=True)
    for reviewer in body["reviewers"]:
        smtp.on(reviewer["email"], REFUSE)
    stack.api.post("/v1/share-links", body, status=201)
    failed = "select id from notifications.deliveries where state = 'failed' order by id"
    wait_until(lambda: len(stack.db.rows(failed)) == 3, 20, "three dead letters")
    first, second, third = (row["id"] for row in stack.db.rows(failed))
    with poisoned(stack, "retry_dead_deliveries", "55000", "notifications.deliveries", f"new.id = '{first}'"):
        with psycopg2.connect(url) as other, other.cursor() as cursor:
            cursor.execute("select 1 from notifications.deliveries where id = %s for update", (second,))
            ended = sharelink(url, "dead-letters", "retry", "--all")
    assert ended.returncode == EX_SOFTWARE and ended.stdout == "to be sent again: 1\n"
    assert first in ended.stderr and "2 dead letters are as they were" in ended.stderr
    smtp.wait_for_accepted(1, stack.db.value("select recipient from notifications.deliveries where id = %s", third))
    assert [row["id"] for row in stack.db.rows(failed)] == [first, second]


@pytest.mark.parametrize("words, status", [
    (["retry"], EX_USAGE), (["retry", "dlv_00000000000000000000000000"], EX_DATAERR), (["retry", "a", "b"], EX_USAGE), (["list", "x"], EX_USAGE)])
def test_dead_letters_command_that_cannot_be_done_is_refused(operate, words, status):
    assert operate("dead-letters", *words).returncode == status


def test_nothing_to_retry_is_no_fault(operate):
    ended = operate("dead-letters", "retry", "--all")
    assert (ended.returncode, ended.stdout) == (EX_OK, "to be sent again: 0\n")


# --- the command line ---

COMMANDS = ["migrate", "account create", "account list", "key create", "key revoke", "dead-letters list", "dead-letters retry", "healthcheck", "smtp-test"]


@pytest.mark.parametrize("word", ["--help", "help"])
def test_help_tells_every_command(word):
    helped = sharelink(None, word)
    assert (helped.returncode, helped.stderr) == (EX_OK, "")
    assert [command for command in COMMANDS if f"sharelink {command}" not in helped.stdout] == []


@pytest.mark.parametrize("words", [[], ["nonsense"], ["account"], ["account", "destroy"], ["key"], ["Migrate"], ["-h-"]])
def test_unknown_command_is_refused_with_the_list(words):
    refused = sharelink(None, *words)
    assert refused.returncode == EX_USAGE and "sharelink migrate" in refused.stderr and refused.stdout == ""


@pytest.mark.parametrize("words", [["migrate"], ["account", "list"], ["dead-letters", "list"], ["key", "revoke", "slk_00000000000000000000000000"]])
def test_without_a_database_it_says_so(words):
    assert sharelink(None, *words).returncode == EX_CONFIG
    unreachable = sharelink(f"postgresql://owner:hunter2canary@{NOBODY}/sharelink", *words)
    assert unreachable.returncode == EX_UNAVAILABLE and "hunter2canary" not in unreachable.stderr + unreachable.stdout


def test_database_may_be_named_in_a_file(stack, tmp_path):
    (tmp_path / "url").write_text(stack.postgres.url(stack.database) + "\n")
    assert sharelink(None, "account", "list", SHARELINK_DATABASE_URL_FILE=str(tmp_path / "url")).returncode == EX_OK
    both = sharelink(stack.postgres.url(stack.database), "account", "list", SHARELINK_DATABASE_URL_FILE=str(tmp_path / "url"))
    assert both.returncode == EX_CONFIG
