"""GET /v1/share-links/{id}/activity: opens and feedback by the owner's days."""

import datetime
import zoneinfo

import pytest
from support.api import faults


def activity(api, link, **params):
    return api.get(f"/v1/share-links/{link['id']}/activity", params=params, status=200).json()


def today_in(stack, zone):
    return stack.db.value("select now()").astimezone(zoneinfo.ZoneInfo(zone)).date()


def test_every_day_is_there(stack):
    link = stack.make_share_link(owner={"name": "Olu", "email": "olu@recruiters.example", "time_zone": "Pacific/Kiritimati"})
    for params, many in (({}, 30), ({"days": 1}, 1), ({"days": 365}, 365)):
        before = today_in(stack, "Pacific/Kiritimati")
        answer = activity(stack.api, link, **params)
        assert list(answer) == ["time_zone", "days"] and answer["time_zone"] == "Pacific/Kiritimati" and len(answer["days"]) == many
        last = datetime.date.fromisoformat(answer["days"][-1]["date"])
        assert before <= last <= today_in(stack, "Pacific/Kiritimati")
        assert answer["days"] == [{"date": str(last - datetime.timedelta(days=many - 1 - place)), "opens": 0, "reviews": 0} for place in range(many)]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin", "UTC"])
def test_opens_and_feedback_stand_on_the_owner_s_days(stack, zone):
    link = stack.make_share_link(reviewer_count=2, owner={"name": "Olu", "email": "olu@recruiters.example", "time_zone": zone})
    for number in range(2):
        browser = stack.reviewer(link, number)
        browser.open(status=200)
        browser.put(f"{browser.page}/interviews/{link['interview_ids'][0]}/review", {"rating": 3}, status=201)
    stack.reviewer(link).open(status=200)
    today = activity(stack.api, link, days=3)["days"]
    assert sum(day["opens"] for day in today[1:]) == 3 and sum(day["reviews"] for day in today[1:]) == 2  # midnight may have come
    # The second before yesterday's beginning, and that beginning.
    begins = f"((now() at time zone '{zone}')::date - 1)::timestamp at time zone '{zone}'"
    visits = [each["id"] for each in stack.db.rows("select id from views.visits where share_link_id = %s order by id", link["id"])]
    stack.db.rows(f"update views.visits set opened_at = {begins} - interval '1 second' where id = %s", visits[0])
    stack.db.rows(f"update views.visits set opened_at = {begins} where id = %s", visits[1])
    stack.db.rows(f"update views.reviews set created_at = {begins} - interval '1 second' where id = (select min(id) from views.reviews where share_link_id = %s)",
                  link["id"])
    days = activity(stack.api, link, days=3)["days"]
    assert [(day["opens"], day["reviews"]) for day in days] == [(1, 1), (1, 0), (1, 1)]
    assert activity(stack.api, link, days=2)["days"] == days[1:]
    browser = stack.reviewer(link)
    browser.open(status=200)
    browser.put(f"{browser.page}/interviews/{link['interview_ids'][0]}/review", {"rating": None, "comment": ""}, status=200)
    stack.api.delete(f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][1]['id']}", status=204)
    now = activity(stack.api, link, days=3)["days"]
    assert sum(day["reviews"] for day in now) == 1 and sum(day["opens"] for day in now) == 4  # taken back; and a removal takes nothing away


@pytest.mark.parametrize("query, pointers", [("days=0", ["?days"]), ("days=366", ["?days"]), ("days=-1", ["?days"]), ("days=x", ["?days"]), ("days=", ["?days"]),
                                             ("days=1&days=2", ["?days"]), ("zone=UTC&days=0", ["?days", "?zone"])])
def test_bad_queries(stack, query, pointers):
    assert faults(stack.api.get(f"/v1/share-links/{stack.make_share_link()['id']}/activity?{query}")) == pointers


def test_who_asks_for_another_s_or_for_none(stack):
    link = stack.make_share_link()
    for api, link_id in ((stack.other_api, link["id"]), (stack.api, "lnk_" + "0" * 26)):
        assert api.get(f"/v1/share-links/{link_id}/activity").status_code == 404
