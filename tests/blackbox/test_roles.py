"""One binary, several processes: each runs the parts of its roles alone, and together they do all. And the database's role of the
daemon that faces the internet: what it may see of candidates, and which events it may write."""

import contextlib
import json

import psycopg2
import pytest
from stack import ports
from stack.waiting import wait_until
from support import programs


@contextlib.contextmanager
def process(stack, roles, tmp_path, **settings):
    """A notifications daemon with these roles, beside the stack; without mail settings unless it mails."""
    port = ports.free_port()
    ours = {**stack.notifications.settings, **settings, "SHARELINK_ROLES": roles, "SHARELINK_LISTEN": f"127.0.0.1:{port}"}
    if "email" not in roles:
        ours.pop("SHARELINK_SMTP_URL")
        ours.pop("SHARELINK_MAIL_FROM")
    with programs.daemon("notifications", ours, tmp_path / f"{roles}.log") as running:
        yield running


def test_mails_need_the_roles_email_alone_while_the_streams_work(make_stack, tmp_path):
    stack = make_stack(settings={"SHARELINK_NOTIFICATIONS_ROLES": "feed"})
    link = stack.make_share_link(send_email=True)
    with process(stack, "email", tmp_path):
        stack.mails.wait_for_one_to(link["reviewers"][0]["email"])


def test_sweeper_settles_for_the_group_whose_process_is_away(make_stack, tmp_path):
    """The delivery is made by the process that sweeps, which sends nothing; whoever has the role email sends it."""
    stack = make_stack(settings={"SHARELINK_NOTIFICATIONS_ROLES": "feed"})
    link = stack.make_share_link(send_email=True)
    with process(stack, "sweep", tmp_path, SHARELINK_SWEEP_GRACE_MS="0"):
        made = wait_until(lambda: stack.db.rows("select state, attempts, lease_holder from notifications.deliveries "
                                                "where share_link_id = %s", link["id"]), 20, "the sweep has made the delivery")
        assert made == [{"state": "pending", "attempts": 0, "lease_holder": None}]
        assert stack.mails.to(link["reviewers"][0]["email"]) == []
    with process(stack, "email", tmp_path):
        stack.mails.wait_for_one_to(link["reviewers"][0]["email"])


# --- the database's role of views ---

@pytest.fixture
def as_views(stack):
    with contextlib.closing(psycopg2.connect(stack.postgres.url(stack.database, "sharelink_views", stack.state.password("views")))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def add_events(cursor, event_type, reviewer_id, detail):
    cursor.execute("select id, type, cloud_event from events.add_of_reviewers(array[sharelink.new_id('evt_')], array[%s], array[%s], "
                   "array[%s::jsonb], array['r'], array[null])", [event_type, reviewer_id, json.dumps(detail)])
    return [json.loads(row[2]) for row in cursor.fetchall()]


def test_role_of_views_can_read_no_address_of_a_candidate_or_a_person(stack, as_views):
    link = stack.make_share_link()
    as_views.execute("select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                     "where n.nspname in ('links', 'views', 'notifications', 'console', 'events', 'sharelink') and c.relkind in ('r', 'v', 'p') "
                     "and has_table_privilege(c.oid, 'select')")
    readable = [row[0] for row in as_views.fetchall()]
    assert "links.shared_interviews" in readable
    for name in readable:
        as_views.execute(f"select coalesce(string_agg(to_jsonb(t)::text, ' '), '') from {name} t")
        text = as_views.fetchone()[0]
        assert "@candidates.example" not in text and "@reviewers.example" not in text and "@recruiters.example" not in text, name
    as_views.execute("select document #>> '{candidate,first_name}' from links.shared_interviews where share_link_id = %s", [link["id"]])
    assert as_views.fetchone()[0].startswith("Ada")


@pytest.mark.parametrize("statement", [
    "insert into events.log (id, account_id, type, data) values ('x', 'x', 'link.opened', '{}')",
    "insert into events.log_default (id, account_id, type, data) values ('x', 'x', 'link.opened', '{}')",
    "update events.log set data = '{}'", "delete from events.log", "select * from events.log", "copy events.log to stdout"])
def test_role_of_views_cannot_touch_the_log_itself(as_views, statement):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        as_views.execute(statement)


@pytest.mark.parametrize("event_type", ["link.created", "link.deleted", "link.reactivated", "link.invitation_requested", "candidate.erased", "made.up"])
def test_role_of_views_writes_no_events_of_other_services(stack, as_views, event_type):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        add_events(as_views, event_type, stack.make_share_link()["reviewers"][0]["id"], {})


def test_whose_an_event_is_comes_from_the_reviewers_link_and_its_data_hold_what_their_type_has(stack, as_views):
    link, other = stack.make_share_link(), stack.make_share_link()
    reviewer, interview = link["reviewers"][0]["id"], link["interview_ids"][0]
    forged = {"share_link_id": other["id"], "reviewer_id": other["reviewers"][0]["id"], "reason": "x", "account": "acc_x", "interview_id": interview}
    [event] = add_events(as_views, "interview.watched", reviewer, forged)
    assert event["data"] == {"share_link_id": link["id"], "reviewer_id": reviewer, "interview_id": interview}
    assert (event["accountid"], event["subject"]) == (stack.account, link["id"])
    assert add_events(as_views, "interview.watched", reviewer, {"interview_id": other["interview_ids"][0]}) == []
    assert add_events(as_views, "link.deactivated", reviewer, {"reason": "unusual_activity"}) == []  # it is not off
    assert add_events(as_views, "link.opened", "rev_unknown", {}) == []
