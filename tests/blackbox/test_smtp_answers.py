"""What each answer of a mail server leads to: sent, tried again, given up, sent once more; and every outcome is a row."""

import os
import time

import pytest
from stack.waiting import wait_until
from support.held import hold_back, let_go
from support.scripted_smtp import (
    ACCEPT,
    DROP_AFTER_DOT,
    DROP_AT_354,
    HOLD_AFTER_DOT,
    LATER,
    LATER_AFTER_DOT,
    REFUSE,
    REFUSE_AFTER_DOT,
    STALL_AFTER_DOT,
    ScriptedSmtp,
)

# Ten minutes are the outage to be sure with: OUTAGE_SECONDS=600 pytest -k server_that_is_away
OUTAGE_SECONDS = int(os.environ.get("OUTAGE_SECONDS", "10"))
DROPPING_SECONDS = int(os.environ.get("DROPPING_SECONDS", "8"))


@pytest.fixture(scope="module")
def scripted(shared):
    smtp = ScriptedSmtp()
    made = shared.make_stack(smtp=smtp)
    yield made
    made.close()


def invite(stack, *behaviours):
    """Invites one reviewer whose mail server behaves so; the address."""
    address = f"rae{stack.db.value('select count(*) from links.share_links')}@scripted.example"
    stack.smtp.on(address, *behaviours)
    stack.make_share_link(reviewers=[{"name": "Rae", "email": address}], send_email=True)
    return address


def delivery_of(stack, address):
    rows = stack.db.rows("select * from notifications.deliveries where recipient = %s", address)
    return rows[0] if rows else None


def wait_for_state(stack, address, state, seconds=40):
    return wait_until(lambda: (row := delivery_of(stack, address)) and row["state"] == state and row, seconds,
                      f"the delivery to {address} is {state}")


def test_accepted_mail_is_sent(scripted):
    address = invite(scripted)
    row = wait_for_state(scripted, address, "sent")
    assert row["attempts"] == 1 and row["sent_at"] and row["last_error"] is None
    assert len(scripted.smtp.tried(address)) == 1


@pytest.mark.parametrize("behaviour", [LATER, LATER_AFTER_DOT], ids=["at RCPT", "after the dot"])
def test_temporary_refusal_is_tried_again(scripted, behaviour):
    address = invite(scripted, behaviour)
    row = wait_for_state(scripted, address, "sent")
    tries = scripted.smtp.tried(address)
    assert row["attempts"] == len(tries) == 2
    assert tries[1].started - tries[0].started >= 2  # greylisting wants a pause


@pytest.mark.parametrize("behaviour", [REFUSE, REFUSE_AFTER_DOT], ids=["at RCPT", "after the dot"])
def test_refusal_is_final_and_says_why(scripted, behaviour):
    address = invite(scripted, behaviour)
    row = wait_for_state(scripted, address, "failed")
    assert row["reason"] == "refused" and row["attempts"] == 1 and "55" in row["last_error"]
    assert address not in row["last_error"]
    assert len(scripted.smtp.tried(address)) == 1


def test_dead_letter_can_be_sent_again(scripted):
    address = invite(scripted, REFUSE)
    row = wait_for_state(scripted, address, "failed")
    assert row["id"] in scripted.operate("dead-letters", "list")
    assert "1" in scripted.operate("dead-letters", "retry", row["id"])
    assert wait_for_state(scripted, address, "sent")["attempts"] == 1


@pytest.mark.parametrize("behaviour", [DROP_AFTER_DOT, STALL_AFTER_DOT], ids=["dropped", "silent"])
def test_silence_after_the_dot_is_tried_once_more_with_the_same_message_id(make_stack, smtp, behaviour):
    stack = make_stack(smtp=smtp, settings={"SHARELINK_SMTP_TIMEOUT_SECONDS": "5", "SHARELINK_NOTIFICATIONS_MAIL_UNCERTAIN_SECONDS": "3"})
    address = invite(stack, behaviour)
    row = wait_for_state(stack, address, "sent")
    tries = smtp.tried(address)
    assert len(tries) == 2 and row["uncertain"] == 1
    assert tries[0].mail["Message-ID"] == tries[1].mail["Message-ID"] == f"<{row['id']}@sharelink.example>"


def test_silence_after_the_dot_is_tried_once_more_as_soon_as_another_mail_has_gone_through(scripted):
    address = invite(scripted, DROP_AFTER_DOT)
    wait_until(lambda: (row := delivery_of(scripted, address)) and row["uncertain"] == 1 and row["lease_until"] is None, 20, "it is uncertain")
    waits = scripted.db.value("select extract(epoch from next_attempt_at - now()) from notifications.deliveries where recipient = %s", address)
    assert waits > 240
    wait_for_state(scripted, invite(scripted), "sent")
    wait_for_state(scripted, address, "sent", 15)
    assert len(scripted.smtp.tried(address)) == 2


@pytest.mark.parametrize("behaviour", [DROP_AT_354, DROP_AFTER_DOT], ids=["after 354", "after the dot"])
def test_server_that_drops_all_mails_for_a_while_makes_no_dead_letter(make_stack, smtp, behaviour):
    stack = make_stack(smtp=smtp, settings={"SHARELINK_NOTIFICATIONS_MAIL_UNCERTAIN_SECONDS": "2"})
    smtp.usual = behaviour
    until, addresses = time.monotonic() + DROPPING_SECONDS, []
    while time.monotonic() < until:
        if len(addresses) < 60:
            addresses += [each["email"] for each in stack.make_share_link(reviewer_count=6, send_email=True)["reviewers"]]
        wait_until(lambda: len({each.recipient for each in smtp.tried()}) == len(addresses) or time.monotonic() > until, 20, "each was tried")
    smtp.usual = ACCEPT
    for address in addresses:
        wait_for_state(stack, address, "sent", 40)
    assert stack.db.value("select count(*) from notifications.deliveries where state = 'failed'") == 0
    assert {len(smtp.accepted(address)) for address in addresses} == {1}


def test_second_silence_is_left_to_a_person(make_stack, smtp):
    scripted = make_stack(smtp=smtp, settings={"SHARELINK_NOTIFICATIONS_MAIL_UNCERTAIN_SECONDS": "2"})
    address = invite(scripted, DROP_AFTER_DOT, DROP_AFTER_DOT)
    row = wait_for_state(scripted, address, "failed")
    assert row["reason"] == "uncertain" and len(scripted.smtp.tried(address)) == 2


def test_invitation_to_a_link_that_was_switched_off_is_skipped_with_the_reason(scripted):
    address = invite(scripted, *[LATER] * 50)
    tries = hold_back(scripted, address)
    scripted.db.rows("update links.share_links set deactivated_at = now() where id = "
                     "(select share_link_id from links.reviewers where email = %s)", address)
    let_go(scripted, address)
    row = wait_for_state(scripted, address, "skipped")
    assert row["reason"] == "link_deactivated" and len(scripted.smtp.tried(address)) == tries


def test_server_that_turns_everybody_away_delays_and_loses_nothing(make_stack, smtp):
    smtp.greeting = "421 4.3.2 Too busy"
    stack = make_stack(smtp=smtp)
    address = invite(stack)
    row = wait_until(lambda: (found := delivery_of(stack, address)) and found["last_error"] and found, 20, "the first try")
    assert row["state"] == "pending" and "421" in row["last_error"]
    smtp.greeting = "220 scripted.example ESMTP"
    assert wait_for_state(stack, address, "sent")["attempts"] >= 2
    assert len(smtp.accepted(address)) == 1


def test_server_that_is_away_delays_and_loses_nothing(make_stack, smtp):
    smtp.close()
    stack = make_stack(smtp=smtp)
    until, addresses = time.monotonic() + OUTAGE_SECONDS, []
    while time.monotonic() < until:
        if len(addresses) < 30:
            addresses.append(invite(stack))
        tried = "select count(*) from notifications.deliveries where state = 'pending' and last_error is not null"
        wait_until(lambda: stack.db.value(tried) == len(addresses), 20, "each is tried, and waits")
    back = ScriptedSmtp(smtp.port)
    try:
        for address in addresses:  # whose pauses have grown to as much as the outage, and to five minutes at most
            wait_for_state(stack, address, "sent", 20 + min(2 * OUTAGE_SECONDS, 300))
            assert len(back.accepted(address)) == 1
    finally:
        back.close()


def test_slow_recipient_holds_up_nobody_else(make_stack, smtp):
    stack = make_stack(smtp=smtp, settings={"SHARELINK_WORKERS": "2"})
    smtp.on("slow@scripted.example", HOLD_AFTER_DOT)
    link = stack.make_share_link(reviewers=[{"name": "Slow", "email": "slow@scripted.example"}], send_email=True)
    smtp.wait_for(1, "slow@scripted.example")
    others = [invite(stack) for _ in range(5)]
    for address in others:
        smtp.wait_for_accepted(1, address)
    assert smtp.accepted("slow@scripted.example") == []
    stack.api.get(f"/v1/share-links/{link['id']}", status=200)
    smtp.let_go()
    smtp.wait_for_accepted(1, "slow@scripted.example")


@pytest.mark.parametrize(("address", "on_the_wire"), [("rae@bücher.example", "rae@xn--bcher-kva.example"),
                                                      ("rae+tag@scripted.example", "rae+tag@scripted.example")])
def test_addresses_of_all_kinds_reach_the_wire_as_they_must(make_stack, smtp, address, on_the_wire):
    stack = make_stack(smtp=smtp)
    stack.make_share_link(reviewers=[{"name": "Rae", "email": address}], send_email=True)
    assert smtp.wait_for_accepted(1, on_the_wire)[0].recipient == on_the_wire


@pytest.mark.parametrize("address", ["rae@x.example\r\nBcc: all@x.example", "<rae@x.example>", "rae@x.example>", "r" * 290 + "@x.example", ""])
def test_address_that_got_into_the_table_all_the_same_is_refused_before_the_wire(make_stack, smtp, address):
    stack = make_stack(smtp=smtp)
    smtp.greeting = "421 4.3.2 Not yet"
    good = invite(stack)
    wait_until(lambda: (row := delivery_of(stack, good)) and row["last_error"], 20, "the first try")
    # The reviewer has it too: a mail that waits for an address that the reviewer has no more is skipped before.
    stack.db.rows("with r as (update links.reviewers set email = %s where email = (select recipient from notifications.deliveries)) "
                  "update notifications.deliveries set recipient = %s returning 1", address, address)
    smtp.greeting = "220 scripted.example ESMTP"
    row = wait_until(lambda: next(iter(stack.db.rows("select * from notifications.deliveries where state <> 'pending'")), None), 30, "it is judged")
    assert row["state"] in ("failed", "skipped") and row["reason"] in ("refused", "no_address")
    assert smtp.tried() == []
