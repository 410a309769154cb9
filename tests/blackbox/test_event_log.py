"""GET /v1/events and GET /v1/deliveries: the account's log, what became of it, and trying again by hand."""

import psycopg2
from stack.waiting import wait_until
from support.api import faults


def follow(log, cursor, **params):
    """All rows from the cursor on, and the cursor behind them."""
    rows = []
    while True:
        page = log.get("/v1/events", params={"sort": "created_at", "limit": 3, **({"cursor": cursor} if cursor else {}), **params}, status=200).json()
        rows += page["data"]
        cursor = page["next_cursor"]
        if not page["has_more"]:
            return rows, cursor


def test_log_shows_the_newest_first_with_its_filters(stack, log):
    link = stack.make_share_link()
    visit = stack.reviewer(link).open(status=200).json()
    rows = log.get("/v1/events", params={"share_link_id": link["id"]}, status=200).json()["data"]
    assert [row["type"] for row in rows] == ["link.opened", "link.created"]
    opened = rows[0]
    assert set(opened) == {"id", "type", "created_at", "share_link_id", "reviewer_id", "data", "request_id"}
    assert opened["data"]["visit_id"] == visit["visit_id"] and opened["reviewer_id"] == link["reviewers"][0]["id"]
    assert log.get("/v1/events", params={"share_link_id": link["id"], "type": "link.created"}).json()["data"] == rows[1:]
    assert faults(log.get("/v1/events", params={"type": "link.closed", "share_link_id": "x", "colour": "red"})) == ["?colour", "?share_link_id", "?type"]


def test_events_are_followed_without_a_gap(stack, log):
    first = [stack.make_share_link()["id"] for _ in range(7)]
    rows, cursor = follow(log, None, type="link.created")
    assert [row["share_link_id"] for row in rows if row["share_link_id"] in first] == first
    assert follow(log, cursor, type="link.created") == ([], cursor)

    # A transaction that began before others and ends after them must not be stepped over.
    with psycopg2.connect(stack.db.url) as slow, slow.cursor() as statement:
        statement.execute("insert into events.log (id, account_id, type, share_link_id, data) values (sharelink.new_id('evt_'), %s, "
                          "'link.created', %s, jsonb_build_object('share_link_id', %s)) returning id", [stack.account, first[0], first[0]])
        late = statement.fetchone()[0]
        second = [stack.make_share_link()["id"] for _ in range(4)]
        newest = log.get("/v1/events", params={"limit": 4, "type": "link.created"}).json()["data"]
        assert [row["share_link_id"] for row in newest] == second[::-1], "the newest are shown at once"
        rows, cursor = follow(log, cursor, type="link.created")
        assert rows == []
    slow.close()
    rows, _ = follow(log, cursor, type="link.created")
    assert [row["id"] for row in rows][0] == late and [row["share_link_id"] for row in rows[1:]] == second


def test_deliveries_say_what_became_of_each_and_name_no_address(stack, log):
    link = stack.make_share_link(send_email=True)
    stack.mails.wait_for_one_to(link["reviewers"][0]["email"])
    rows = wait_until(lambda: log.get("/v1/deliveries", params={"share_link_id": link["id"], "state": "sent"}).json()["data"], 20, "it is recorded")
    assert len(rows) == 1
    row = rows[0]
    assert {"id", "event_id", "event_type", "channel", "share_link_id", "reviewer_id", "state", "reason", "attempts", "last_error", "created_at",
            "sent_at", "next_attempt_at"} <= set(row)
    assert (row["channel"], row["event_type"], row["attempts"], row["next_attempt_at"]) == ("email", "link.invitation_requested", 1, None)
    assert row["reviewer_id"] == link["reviewers"][0]["id"] and link["reviewers"][0]["email"] not in str(row)
    for params, count in (({"channel": "email"}, 1), ({"channel": "webhook"}, 0), ({"event_type": "link.opened"}, 0),
                          ({"reviewer_id": row["reviewer_id"]}, 1), ({"state": "failed"}, 0)):
        assert len(log.get("/v1/deliveries", params={"share_link_id": link["id"], **params}, status=200).json()["data"]) == count
    assert faults(log.get("/v1/deliveries", params={"state": "gone", "channel": "sms", "reviewer_id": "me"})) == ["?channel", "?reviewer_id", "?state"]
    assert log.post(f"/v1/deliveries/{row['id']}/retry", status=409).json()["code"] == "not_failed"


def test_failed_delivery_is_sent_again_by_hand(stack, log):
    link = stack.make_share_link(send_email=True)
    row = wait_until(lambda: log.get("/v1/deliveries", params={"share_link_id": link["id"], "state": "sent"}).json()["data"], 20, "it is sent")[0]
    stack.db.rows("update notifications.deliveries set state = 'failed', reason = 'refused' where id = %s", row["id"])
    again = log.post(f"/v1/deliveries/{row['id']}/retry", status=202).json()
    assert (again["id"], again["state"], again["attempts"], again["reason"]) == (row["id"], "pending", 0, None)
    wait_until(lambda: len(stack.mails.to(link["reviewers"][0]["email"])) == 2, 20, "the mail has come again")


def test_log_of_another_account_is_not_seen(stack, log, other_log):
    link = stack.make_share_link(send_email=True)
    row = wait_until(lambda: log.get("/v1/deliveries", params={"share_link_id": link["id"]}).json()["data"], 20, "it is there")[0]
    assert other_log.get("/v1/events", params={"share_link_id": link["id"]}, status=200).json()["data"] == []
    assert other_log.get("/v1/deliveries", params={"share_link_id": link["id"]}, status=200).json()["data"] == []
    other_log.post(f"/v1/deliveries/{row['id']}/retry", status=404)
