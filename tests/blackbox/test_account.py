"""The account and its defaults: what they fill in, and what they refuse."""

import datetime

import pytest
from support import samples
from support.api import faults

NO_SETTINGS = {name: False for name in ("abbreviate_names", "omit_avatars", "exclude_full_profiles", "hide_skipped_questions",
                                        "disable_feedback", "mask_questionnaire")}
NO_DEFAULTS = {"settings": NO_SETTINGS, "expires_in": None, "sender_name": None}


@pytest.fixture(autouse=True)
def forget_defaults(api):
    yield
    api.patch("/v1/account", {"defaults": NO_DEFAULTS}, status=200)


def defaults_of(api):
    return api.get("/v1/account", status=200).json()["defaults"]


def create(api, interview, **over):
    """A link of a body that leaves out what `over` gives as None."""
    body = {**samples.share_link_body([interview]), **over}
    return api.post("/v1/share-links", {name: value for name, value in body.items() if value is not None}, status=201).json()


def lifetime(link):
    return datetime.datetime.fromisoformat(link["expires_at"]) - datetime.datetime.fromisoformat(link["created_at"])


def test_an_account_shows_its_name_plan_and_defaults(stack):
    account = stack.api.get("/v1/account", status=200).json()
    assert account["name"] == "Tests" and account["plan"] and account["id"] == stack.account
    assert account["defaults"] == NO_DEFAULTS


def test_defaults_change_field_by_field(api):
    changed = api.patch("/v1/account", {"defaults": {"settings": {"omit_avatars": True}, "expires_in": {"value": 2, "unit": "weeks"}}},
                        status=200)
    assert changed.headers["ETag"] == f'"v{changed.json()["version"]}"'
    api.patch("/v1/account", {"defaults": {"settings": {"mask_questionnaire": True}, "sender_name": "The Team"}}, status=200)
    assert defaults_of(api) == {"settings": {**NO_SETTINGS, "omit_avatars": True, "mask_questionnaire": True},
                                "expires_in": {"value": 2, "unit": "weeks"}, "sender_name": "The Team"}
    api.patch("/v1/account", {"defaults": {"settings": {"omit_avatars": False}, "expires_in": None}}, status=200)
    assert defaults_of(api)["settings"]["omit_avatars"] is False and defaults_of(api)["expires_in"] is None


def test_defaults_fill_in_what_a_link_leaves_out(api, make_interview):
    interview = make_interview()
    api.patch("/v1/account", {"defaults": {"settings": {"omit_avatars": True, "disable_feedback": True},
                                           "expires_in": {"value": 2, "unit": "weeks"}, "sender_name": "The Team"}}, status=200)
    link = create(api, interview, settings={"disable_feedback": False, "abbreviate_names": True}, expires_in=None,
                  owner={"email": "olu@recruiters.example"})
    assert link["settings"] == {**NO_SETTINGS, "omit_avatars": True, "abbreviate_names": True}
    assert lifetime(link) == datetime.timedelta(weeks=2)
    assert link["owner"]["name"] == "The Team"
    assert create(api, interview, settings=None)["settings"] == {**NO_SETTINGS, "omit_avatars": True, "disable_feedback": True}
    assert lifetime(create(api, interview)) == datetime.timedelta(days=7)
    assert create(api, interview)["owner"]["name"] != "The Team"


@pytest.mark.parametrize("never", [{"expires_at": None}, {"expires_in": None}])
def test_an_explicit_null_never_expires(api, make_interview, never):
    api.patch("/v1/account", {"defaults": {"expires_in": {"value": 3, "unit": "days"}}}, status=200)
    body = samples.share_link_body([make_interview()])
    del body["expires_in"]
    assert api.post("/v1/share-links", {**body, **never}, status=201).json()["expires_at"] is None
    assert api.post("/v1/share-links", body, status=201).json()["expires_at"] is not None


@pytest.mark.parametrize("owner", [{}, {"name": None}], ids=["left out", "null"])
def test_an_owner_without_a_name_is_the_account(api, make_interview, owner):
    body = samples.share_link_body([make_interview()], owner={"email": "olu@recruiters.example", **owner})
    account = api.get("/v1/account", status=200).json()
    assert account["defaults"]["sender_name"] is None
    assert api.post("/v1/share-links", body, status=201).json()["owner"]["name"] == account["name"]
    api.patch("/v1/account", {"defaults": {"sender_name": "The Team"}}, status=200)
    assert api.post("/v1/share-links", body, status=201).json()["owner"]["name"] == "The Team"


def test_an_owner_of_an_empty_name_is_refused(api, make_interview, db):
    body = samples.share_link_body([make_interview()], title="", owner={"email": "o@r.example", "name": ""})
    before = db.value("select count(*) from links.share_links")
    assert faults(api.post("/v1/share-links", body)) == ["/owner/name", "/title"]
    assert db.value("select count(*) from links.share_links") == before


@pytest.mark.parametrize("body, expected", [
    ({"plan": "enterprise"}, ["/plan"]),
    ({"plan": None}, ["/plan"]),
    ({"id": "acc_1"}, ["/id"]),
    ({"name": ""}, ["/name"]),
    ({"name": None}, ["/name"]),
    ({"name": 7}, ["/name"]),
    ({"name": "\u200b"}, ["/name"]),
    ({"name": "x" * 201}, ["/name"]),
    ({"defaults": []}, ["/defaults"]),
    ({"defaults": None}, ["/defaults"]),
    ({"defaults": {"message": "x"}}, ["/defaults/message"]),
    ({"defaults": {"settings": None}}, ["/defaults/settings"]),
    ({"defaults": {"settings": {"omit_avatar": True}}}, ["/defaults/settings/omit_avatar"]),
    ({"defaults": {"settings": {"omit_avatars": 1}}}, ["/defaults/settings/omit_avatars"]),
    ({"defaults": {"settings": {"omit_avatars": None}}}, ["/defaults/settings/omit_avatars"]),
    ({"defaults": {"expires_in": 3}}, ["/defaults/expires_in"]),
    ({"defaults": {"expires_in": {}}}, ["/defaults/expires_in/unit", "/defaults/expires_in/value"]),
    ({"defaults": {"expires_in": {"value": 0, "unit": "days"}}}, ["/defaults/expires_in/value"]),
    ({"defaults": {"expires_in": {"value": -1, "unit": "days"}}}, ["/defaults/expires_in/value"]),
    ({"defaults": {"expires_in": {"value": 1.5, "unit": "days"}}}, ["/defaults/expires_in/value"]),
    ({"defaults": {"expires_in": {"value": 4000, "unit": "days"}}}, ["/defaults/expires_in/value"]),
    ({"defaults": {"expires_in": {"value": 600, "unit": "weeks"}}}, ["/defaults/expires_in/value"]),
    ({"defaults": {"expires_in": {"value": 1, "unit": "months"}}}, ["/defaults/expires_in/unit"]),
    ({"defaults": {"sender_name": ""}}, ["/defaults/sender_name"]),
    ({"defaults": {"sender_name": ["x"]}}, ["/defaults/sender_name"]),
    ({"defaults": {"sender_name": "a\u0000b"}}, None),
    ({"name": "", "plan": "basic", "x": 1, "defaults": {"sender_name": "", "y": 2}},
     ["/defaults/sender_name", "/defaults/y", "/name", "/plan", "/x"]),
])
def test_bad_input_changes_nothing(api, body, expected):
    before = api.get("/v1/account", status=200).json()
    answer = api.patch("/v1/account", body)
    if expected is None:
        assert answer.status_code == 400
    else:
        assert faults(answer) == expected
    assert api.get("/v1/account", status=200).json() == before


def test_the_plan_is_read_only(api):
    assert api.patch("/v1/account", {"plan": "basic"}, status=422).json()["errors"][0]["code"] == "read_only"


def test_a_stale_version_is_refused(api):
    tag = api.get("/v1/account", status=200).headers["ETag"]
    api.patch("/v1/account", {}, headers={"If-Match": tag}, status=200)
    for stale in (tag, "v1", '"v0"', '"v999999"', "nonsense"):
        api.patch("/v1/account", {"name": "Stale"}, headers={"If-Match": stale}, status=412)
    api.patch("/v1/account", {"name": "Tests"}, headers={"If-Match": "*"}, status=200)


def test_an_account_is_its_own(api, other_api):
    theirs = other_api.get("/v1/account", status=200).json()
    api.patch("/v1/account", {"defaults": {"sender_name": "Ours"}}, status=200)
    assert other_api.get("/v1/account", status=200).json() == theirs
