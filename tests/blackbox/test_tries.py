"""One event and one delivery by their ids; and of a delivery each try, the oldest first."""

import pytest
from stack.waiting import wait_until
from support.api import Api
from support.receiver import Receiver
from support.scripted_smtp import DROP_AFTER_DOT, LATER, REFUSE_AFTER_DOT, ScriptedSmtp

SETTINGS = {
    "SHARELINK_NOTIFICATIONS_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
    "SHARELINK_NOTIFICATIONS_WEBHOOK_RETRY_SECONDS": "0,0,0",
    "SHARELINK_NOTIFICATIONS_MAIL_UNCERTAIN_SECONDS": "2",
    "SHARELINK_NOTIFICATIONS_SWEEP_GRACE_MS": "200",
    "SHARELINK_NOTIFICATIONS_SWEEP_INTERVAL_MS": "100",
}


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack(smtp=ScriptedSmtp(), settings=SETTINGS)
    yield made
    made.close()


def invite(stack, name, *behaviours):
    """A link whose one reviewer's mail server behaves so; the link's id and the address."""
    address = f"{name}@scripted.example"
    stack.smtp.on(address, *behaviours)
    return stack.make_share_link(reviewers=[{"name": "Rae", "email": address}], send_email=True)["id"], address


def settled(log, link, **params):
    rows = log.get("/v1/deliveries", params={"share_link_id": link, **params}, status=200).json()["data"]
    return rows and rows[0]["state"] in ("sent", "failed") and rows[0]


def delivery(log, link, **params):
    """With its tries, once it is sent or has failed."""
    row = wait_until(lambda: settled(log, link, **params), 40, "it is sent or has failed")
    return log.get(f"/v1/deliveries/{row['id']}", status=200).json()


def outcomes(row):
    assert all(set(each) == {"at", "outcome", "detail"} for each in row["tries"])
    assert [each["at"] for each in row["tries"]] == sorted(each["at"] for each in row["tries"])
    return [each["outcome"] for each in row["tries"]]


# --- by id ---


def test_an_event_by_its_id_is_its_row(stack, log):
    link = stack.make_share_link()["id"]
    row = log.get("/v1/events", params={"share_link_id": link}, status=200).json()["data"][0]
    answer = log.get(f"/v1/events/{row['id']}", status=200)
    assert answer.json() == row
    log.get(f"/v1/events/{row['id']}", headers={"If-None-Match": answer.headers["ETag"]}, status=304)
    head = log.call("HEAD", f"/v1/events/{row['id']}")
    assert (head.status_code, head.headers["ETag"], head.content) == (200, answer.headers["ETag"], b"")


def test_a_delivery_by_its_id_is_its_row_and_its_tries(stack, log):
    link, _ = invite(stack, "plain")
    whole = delivery(log, link)
    row = log.get("/v1/deliveries", params={"share_link_id": link}, status=200).json()["data"][0]
    assert whole == {**row, "tries": [{"at": row["sent_at"], "outcome": "sent", "detail": None}]}
    answer = log.get(f"/v1/deliveries/{row['id']}", status=200)
    log.get(f"/v1/deliveries/{row['id']}", headers={"If-None-Match": answer.headers["ETag"]}, status=304)
    head = log.call("HEAD", f"/v1/deliveries/{row['id']}")
    assert (head.status_code, head.headers["ETag"], head.content) == (200, answer.headers["ETag"], b"")
    stack.db.rows("update notifications.deliveries set state = 'failed', reason = 'refused', sent_at = null where id = %s", row["id"])
    changed = log.get(f"/v1/deliveries/{row['id']}", headers={"If-None-Match": answer.headers["ETag"]}, status=200)
    assert changed.headers["ETag"] != answer.headers["ETag"]


def test_what_is_not_the_account_s_is_unknown(stack, log, other_log):
    link, _ = invite(stack, "foreign")
    row = delivery(log, link)
    for path, known in (("/v1/events", row["event_id"]), ("/v1/deliveries", row["id"])):
        unknown = known[:-1] + ("0" if known[-1] != "0" else "1")
        missing = log.get(f"{path}/{unknown}", status=404).json()
        foreign = other_log.get(f"{path}/{known}", status=404).json()
        assert {**missing, "request_id": ""} == {**foreign, "request_id": ""} and missing["code"] == "not_found"
        for odd in ("x", known.lower(), known + "0", "evt_", "%25", "..%2f", known[4:]):
            assert log.get(f"{path}/{odd}").status_code == 404
        Api(stack.notifications.url()).get(f"{path}/{known}", status=401)


# --- tries of mails ---


def test_tries_of_a_mail_that_was_put_off(stack, log):
    link, address = invite(stack, "later", LATER, LATER)
    row = delivery(log, link)
    assert outcomes(row) == ["failed", "failed", "sent"] and row["attempts"] == 3
    assert row["tries"][0]["detail"].startswith("4") and row["tries"][2] == {"at": row["sent_at"], "outcome": "sent", "detail": None}
    assert address not in str(row)


def test_tries_of_a_mail_that_was_refused_and_sent_again(stack, log):
    link, address = invite(stack, "refused", REFUSE_AFTER_DOT)
    row = delivery(log, link)
    assert outcomes(row) == ["refused"] and row["tries"][0]["detail"] == row["last_error"]
    assert address not in str(row)
    log.post(f"/v1/deliveries/{row['id']}/retry", status=202)
    row = wait_until(lambda: settled(log, link, state="sent") and delivery(log, link), 40, "it is sent")
    assert outcomes(row) == ["refused", "sent"] and row["attempts"] == 1


def test_tries_of_a_mail_that_may_have_arrived(stack, log):
    link, _ = invite(stack, "uncertain", DROP_AFTER_DOT)
    row = delivery(log, link)
    assert outcomes(row) == ["uncertain", "sent"]


def test_what_was_not_tried_has_no_tries(stack, log):
    link = stack.make_share_link()["id"]
    stack.api.post(f"/v1/share-links/{link}/deactivate", status=200)
    row = wait_until(lambda: log.get("/v1/deliveries", params={"share_link_id": link}).json()["data"], 20, "it is told")[0]
    whole = log.get(f"/v1/deliveries/{row['id']}", status=200).json()
    assert whole["state"] == "skipped" and whole["tries"] == []


def test_tries_are_bounded(stack, log):
    """The last 20, however often it is sent again by hand."""
    link, _ = invite(stack, "often", REFUSE_AFTER_DOT)
    row = delivery(log, link)
    stack.db.rows("""update notifications.deliveries d set tries = (select d.tries || jsonb_agg(d.tries -> 0 || jsonb_build_object('detail', n::text))
                     from generate_series(1, 19) n) where id = %s""", row["id"])
    log.post(f"/v1/deliveries/{row['id']}/retry", status=202)
    row = wait_until(lambda: settled(log, link, state="sent") and delivery(log, link), 40, "it is sent")
    assert [each["detail"] for each in row["tries"]] == [str(number) for number in range(1, 20)] + [None]
    stack.db.rows("update notifications.deliveries set state = 'failed', tries = tries || jsonb_build_array(tries -> 0) - 0, sent_at = null where id = %s", row["id"])
    assert len(log.get(f"/v1/deliveries/{row['id']}", status=200).json()["tries"]) == 20


# --- tries of webhooks ---


@pytest.fixture
def receiver():
    made = []

    def make(**options):
        made.append(Receiver(**options))
        return made[-1]
    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("answers, expected, state", [
    ([500, 302], ["failed", "failed", "sent"], "sent"), ([410], ["refused"], "failed"), ([503] * 4, ["failed"] * 4, "failed"),
])
def test_tries_of_a_webhook(stack, log, receiver, answers, expected, state):
    target = receiver(answers=list(answers))
    made = log.post("/v1/webhook-endpoints", {"url": target.url(), "events": ["link.created"]}, status=201).json()
    link = stack.make_share_link()["id"]
    row = delivery(log, link, webhook_endpoint_id=made["id"])
    assert outcomes(row) == expected and row["state"] == state
    assert [each["detail"] for each in row["tries"][:len(answers)]] == [f"it answered {answer}" for answer in answers]
    log.delete(f"/v1/webhook-endpoints/{made['id']}", status=204)


def test_a_replay_keeps_the_tries_before_it(stack, log, receiver):
    target = receiver(answers=[500])
    made = log.post("/v1/webhook-endpoints", {"url": target.url(), "events": ["link.created"]}, status=201).json()
    link = stack.make_share_link()["id"]
    first = delivery(log, link, webhook_endpoint_id=made["id"])
    log.post(f"/v1/webhook-endpoints/{made['id']}/replay", {"from": first["created_at"][:10] + "T00:00:00Z"}, status=202)
    again = wait_until(lambda: len(log.get(f"/v1/deliveries/{first['id']}").json()["tries"]) == 3 and delivery(log, link, webhook_endpoint_id=made["id"]), 20, "it came again")
    assert outcomes(again) == ["failed", "sent", "sent"] and again["tries"][:2] == first["tries"]
    log.delete(f"/v1/webhook-endpoints/{made['id']}", status=204)
