"""One binary, several processes: each runs the parts of its roles alone, and together they do all."""

import contextlib

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
