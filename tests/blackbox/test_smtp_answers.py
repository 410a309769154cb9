"""What each answer of a mail server leads to: sent, tried again, given up, sent once more; and every outcome is a row."""

import pytest
from stack.waiting import wait_until
from support.scripted_smtp import DROP_AFTER_DOT, LATER, LATER_AFTER_DOT, REFUSE, REFUSE_AFTER_DOT, STALL_AFTER_DOT, ScriptedSmtp


@pytest.fixture(scope="module")
def scripted(shared):
    smtp = ScriptedSmtp()
    made = shared.make_stack(smtp=smtp, settings={"SHARELINK_SMTP_TIMEOUT_SECONDS": "2"})
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
def test_silence_after_the_dot_is_tried_once_more_with_the_same_message_id(scripted, behaviour):
    address = invite(scripted, behaviour)
    row = wait_for_state(scripted, address, "sent")
    tries = scripted.smtp.tried(address)
    assert len(tries) == 2 and row["uncertain"] == 1
    assert tries[0].mail["Message-ID"] == tries[1].mail["Message-ID"] == f"<{row['id']}@sharelink.example>"


def test_second_silence_is_left_to_a_person(scripted):
    address = invite(scripted, DROP_AFTER_DOT, DROP_AFTER_DOT)
    row = wait_for_state(scripted, address, "failed")
    assert row["reason"] == "uncertain" and len(scripted.smtp.tried(address)) == 2


def test_invitation_to_a_link_that_was_switched_off_is_skipped_with_the_reason(scripted):
    address = invite(scripted, LATER)
    wait_until(lambda: scripted.smtp.tried(address), 20, "the first try")
    scripted.db.rows("update links.share_links set deactivated_at = now() where id = "
                     "(select share_link_id from links.reviewers where email = %s)", address)
    row = wait_for_state(scripted, address, "skipped")
    assert row["reason"] == "link_deactivated" and len(scripted.smtp.tried(address)) == 1
