"""The library of message templates, and previews of them."""

import threading

import pytest
from stack.mail import text_of
from support import samples
from support.api import faults
from support.console import Recruiter

BODY = {"name": "Friendly", "subject": "Candidates for {{job_title}}", "body": "Hello {{reviewer_first_name}}, see {{link_url}}"}
UNKNOWN = "/v1/email-templates/tpl_00000000000000000000000000"
SAMPLE_PASSCODE = "SAMP-1E00-0000-0000"


def make(api, **over):
    return api.post("/v1/email-templates", {**BODY, **over}, status=201).json()


def defaults_among(api):
    return [each["id"] for each in api.get("/v1/email-templates?limit=100", status=200).json()["data"] if each["is_default"]]


STANDARD = "/v1/email-templates/standard"


@pytest.mark.parametrize("asked, locale", [("en", "en"), ("de-AT", "de"), ("FR", "fr"), ("es-419", "es"), ("nl", "nl"), ("pt-BR", "en"), (None, "en")])
def test_standard_words_are_in_the_language_asked_for(stack, asked, locale):
    words = stack.api.get(STANDARD, params={"locale": asked} if asked else {}, status=200).json()
    assert list(words) == ["subject", "body", "locale"] and words["locale"] == locale
    assert "{{sender_name}}" in words["subject"] and all(f"{{{{{name}}}}}" in words["body"] for name in ("reviewer_first_name", "sender_name", "job_title"))
    assert len({stack.api.get(STANDARD, params={"locale": each}, status=200).text for each in ("en", "de", "fr", "es", "nl")}) == 5
    # As they are they can be stored, sent and shown.
    made = stack.api.post("/v1/email-templates", {"name": "As usual", "subject": words["subject"], "body": words["body"]}, status=201).json()
    shown = stack.api.post("/v1/email-templates/preview", {"template_id": made["id"]}, status=200).json()
    assert "Sam Sender" in shown["subject"] and "Librarian" in shown["text"] and "{" not in shown["subject"] + shown["text"]
    stack.make_share_link(message={"subject": words["subject"], "body": words["body"]})


def test_standard_words_are_in_the_account_s_language(stack):
    stack.api.patch("/v1/account", {"locale": "nl-BE"}, status=200)
    try:
        assert stack.api.get(STANDARD, status=200).json()["locale"] == "nl"
        assert stack.api.get(STANDARD, params={"locale": "fr"}, status=200).json()["locale"] == "fr"
        assert stack.api.get(STANDARD, params={"locale": "pt"}, status=200).json()["locale"] == "nl"
    finally:
        stack.api.patch("/v1/account", {"locale": None}, status=200)


@pytest.mark.parametrize("query, pointers", [("locale=", ["?locale"]), ("locale=d", ["?locale"]), ("locale=de&locale=fr", ["?locale"]), ("language=de", ["?language"])])
def test_bad_queries_of_the_standard_words(api, query, pointers):
    assert faults(api.get(f"{STANDARD}?{query}")) == pointers


def test_a_template_lives(api):
    created = api.post("/v1/email-templates", BODY, status=201)
    template = created.json()
    path = created.headers["Location"]
    assert path == f"/v1/email-templates/{template['id']}" and created.headers["ETag"] == '"v1"'
    assert template.items() >= {**BODY, "is_default": False, "version": 1}.items()
    assert api.get(path, status=200).json() == template

    changed = api.patch(path, {"subject": "Please look"}, headers={"If-Match": '"v1"'}, status=200).json()
    assert changed["subject"] == "Please look" and changed["body"] == BODY["body"] and changed["version"] == 2
    api.patch(path, {"name": "Stale"}, headers={"If-Match": '"v1"'}, status=412)
    api.delete(path, headers={"If-Match": '"v1"'}, status=412)
    api.delete(path, headers={"If-Match": '"v2"'}, status=204)
    for method in ("GET", "DELETE"):
        api.call(method, path, status=404)
    api.patch(path, {"name": "Gone"}, status=404)


def test_one_default_per_account(api, other_api):
    theirs = make(other_api, is_default=True)
    first, second = make(api, is_default=True), make(api, is_default=True)
    assert defaults_among(api) == [second["id"]]
    api.patch(f"/v1/email-templates/{first['id']}", {"is_default": True}, status=200)
    assert defaults_among(api) == [first["id"]]
    api.patch(f"/v1/email-templates/{first['id']}", {"is_default": False}, status=200)
    assert defaults_among(api) == []
    assert defaults_among(other_api) == [theirs["id"]]


def test_many_that_want_to_be_the_default_at_once(api):
    ids = [make(api)["id"] for _ in range(6)]
    statuses = []

    def want(template_id):
        caller = api.another()
        for _ in range(4):
            statuses.append(caller.patch(f"/v1/email-templates/{template_id}", {"is_default": True}).status_code)
        statuses.append(caller.post("/v1/email-templates", {**BODY, "is_default": True}).status_code)

    threads = [threading.Thread(target=want, args=(each,)) for each in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200, 201}
    assert len(defaults_among(api)) == 1
    api.patch(f"/v1/email-templates/{defaults_among(api)[0]}", {"is_default": False}, status=200)


def test_links_keep_the_text_that_they_were_made_with(api, make_interview):
    template = make(api)
    body = samples.share_link_body([make_interview()], template_id=template["id"])
    del body["message"]
    link = api.post("/v1/share-links", body, status=201).json()
    assert link["message"] == {"subject": BODY["subject"], "body": BODY["body"]} and link["template_id"] == template["id"]
    api.patch(f"/v1/email-templates/{template['id']}", {"body": "Another"}, status=200)
    api.delete(f"/v1/email-templates/{template['id']}", status=204)
    assert api.get(f"/v1/share-links/{link['id']}", status=200).json()["message"] == link["message"]
    assert faults(api.post("/v1/share-links", body)) == ["/template_id"]


def test_the_default_fills_in_a_message_that_is_left_out(stack):
    template = make(stack.api, is_default=True, subject="Ours for {{job_title}}")
    body = samples.share_link_body([stack.make_interview()], send_email=True)
    del body["message"]
    link = stack.api.post("/v1/share-links", body, status=201).json()
    assert link["template_id"] == template["id"] and link["message"]["subject"] == template["subject"]
    assert stack.mails.wait_for_one_to(link["reviewers"][0]["email"])["Subject"] == "Ours for Librarian"
    assert stack.api.post("/v1/share-links", {**body, "template_id": None}, status=201).json()["message"] is None
    assert stack.make_share_link()["template_id"] is None
    stack.api.delete(f"/v1/email-templates/{template['id']}", status=204)


FIELDS = [
    ("name", "", "/name"), ("name", None, "/name"), ("name", 1, "/name"), ("name", "x" * 101, "/name"), ("name", "\u200b\u2060", "/name"),
    ("subject", "", "/subject"), ("subject", "x" * 201, "/subject"), ("subject", "\u202e", "/subject"), ("subject", {}, "/subject"),
    ("subject", "{{reviewer_email}}", "/subject"),
    ("body", "", "/body"), ("body", "x" * 10001, "/body"), ("body", "\u0001\u00a0", "/body"), ("body", [], "/body"),
    ("body", "Hello {{ name }}", "/body"), ("body", "{{Passcode}}", "/body"),
    ("is_default", 1, "/is_default"), ("is_default", "true", "/is_default"),
    ("id", "tpl_1", "/id"), ("", "x", "/"),
]


@pytest.mark.parametrize("name, value, pointer", FIELDS)
def test_bad_input_stores_nothing(api, db, name, value, pointer):
    template = make(api)
    before = db.value("select count(*) from links.email_templates")
    assert faults(api.post("/v1/email-templates", {**BODY, name: value})) == [pointer]
    assert faults(api.patch(f"/v1/email-templates/{template['id']}", {name: value})) == [pointer]
    assert db.value("select count(*) from links.email_templates") == before
    assert api.get(f"/v1/email-templates/{template['id']}", status=200).json() == template


def test_what_a_preview_asks_for_and_does_not_find_is_told_with_all_else(api):
    assert faults(api.post("/v1/email-templates/preview", {"template_id": "tpl_x", "share_link_id": "lnk_x", "y": 1})) == \
        ["/share_link_id", "/template_id", "/y"]
    assert faults(api.post("/v1/email-templates/preview", {"template_id": 7, "share_link_id": "lnk_x", "y": 1})) == \
        ["/share_link_id", "/template_id", "/y"]


def test_all_faults_at_once(api):
    assert faults(api.post("/v1/email-templates", {"subject": "{{x}}", "body": 1, "is_default": None, "y": 1})) == \
        ["/body", "/is_default", "/name", "/subject", "/y"]


def test_preview_with_sample_values(api, mails):
    before = len(mails.all())
    preview = api.post("/v1/email-templates/preview", {
        "subject": "For {{reviewer_name}} <b>", "body": "**Hello** {{reviewer_first_name}}\n\n<script>x</script> {{passcode}} {{link_url}}"},
        status=200).json()
    assert preview["subject"] == "For Robin Reviewer <b>"
    assert preview["text"].startswith("Hello Robin\n") and SAMPLE_PASSCODE in preview["text"]
    assert "<strong>Hello</strong> Robin" in preview["html"] and "<script>" not in preview["html"]
    assert len(mails.all()) == before


def test_preview_with_a_link_s_values(api, make_share_link, make_interview):
    template = make(api, body="{{reviewer_name}} {{sender_name}} {{interview_count}} {{job_title}} {{expires_at}} {{passcode}} {{link_url}}")
    link = make_share_link(reviewer_count=2, interview_count=2)
    preview = api.post("/v1/email-templates/preview", {"template_id": template["id"], "share_link_id": link["id"]}, status=200).json()
    reviewer = link["reviewers"][0]
    assert preview["text"].startswith(f"{reviewer['name']} {link['owner']['name']} 2 Librarian ")
    assert preview["subject"] == "Candidates for Librarian" and "(Europe/Berlin)" in preview["text"]
    for each in link["reviewers"]:
        assert each["passcode"] not in str(preview) and each["url"].partition("#")[0] not in str(preview)
    assert SAMPLE_PASSCODE in preview["text"]


VALUES = {"subject": "{{interview_count}} for {{job_title}}", "body": "{{reviewer_name}}|{{reviewer_first_name}}|{{sender_name}}|{{expires_at}}"}


def previewed(api, **over):
    answer = api.post("/v1/email-templates/preview", {**VALUES, **over}, status=200).json()
    return answer["subject"], answer["text"].strip().split("|")


def test_preview_of_a_link_that_is_not_made_yet(make_stack):
    stack = make_stack()
    api = stack.api
    ids = [stack.make_interview() for _ in range(2)]
    account = api.get("/v1/account", status=200).json()
    assert previewed(api, interview_ids=ids) == ("2 for Librarian", ["Robin Reviewer", "Robin", account["name"], "never"])
    whole = {"interview_ids": ids, "reviewer_name": "Ingrid Solheim", "sender_name": "Robin Castellanos", "expires_at": "2027-03-01T11:00:00Z",
             "time_zone": "Europe/Amsterdam"}
    assert previewed(api, **whole)[1] == ["Ingrid Solheim", "Ingrid", "Robin Castellanos", "Monday, 1 March 2027, 12:00 (Europe/Amsterdam)"]
    assert previewed(api, **whole, locale="de")[1][3] == "Montag, 1. März 2027, 12:00 (Europe/Amsterdam)"
    api.patch("/v1/account", {"defaults": {"expires_in": {"value": 2, "unit": "weeks"}, "sender_name": "Hiring"}, "locale": "nl"}, status=200)
    _, (_, _, sender, expires) = previewed(api, interview_ids=ids)
    by_call = previewed(api, expires_in={"value": 2, "unit": "weeks"}, locale="nl")[1][3]
    assert sender == "Hiring" and "(UTC)" in expires and expires.rpartition(", ")[0] == by_call.rpartition(", ")[0], "the account's default, in its language"
    assert previewed(api, interview_ids=ids, expires_in=None, locale="en")[1][3] == "never"
    other = samples.interview_document(job={"id": "job-2", "title": "Cook"})
    api.put("/v1/interviews/second-job", other, status=201)
    assert previewed(api, interview_ids=["second-job", *ids], locale="en")[0] == "3 for 2 jobs"


def test_what_is_given_takes_the_place_of_samples_and_of_the_link_s(stack):
    link = stack.make_share_link(interview_count=2)
    assert previewed(stack.api, reviewer_name="Ana B", expires_in=None) == ("3 for Librarian", ["Ana B", "Ana", "Sam Sender", "never"])
    assert previewed(stack.api, reviewer_name=None, sender_name=None, locale=None, time_zone=None, interview_ids=None, share_link_id=None) == previewed(stack.api)
    subject, (name, _, sender, expires) = previewed(stack.api, share_link_id=link["id"], reviewer_name="Ana B", interview_ids=link["interview_ids"][:1])
    assert (subject, name, sender) == ("1 for Librarian", "Ana B", link["owner"]["name"]) and "(Europe/Berlin)" in expires
    assert previewed(stack.api, share_link_id=link["id"], expires_in=None)[1][3] == "never"
    assert "(Europe/Berlin)" in previewed(stack.api, share_link_id=link["id"], expires_in={"value": 1, "unit": "days"})[1][3]


@pytest.mark.parametrize("over, expected", [
    ({"interview_ids": []}, ["/interview_ids"]), ({"interview_ids": ["nobody", "x y", "nobody"]}, ["/interview_ids/0", "/interview_ids/1", "/interview_ids/2", "/interview_ids/2"]),
    ({"interview_ids": [f"i{n}" for n in range(501)]}, ["/interview_ids"]), ({"reviewer_name": ""}, ["/reviewer_name"]),
    ({"reviewer_name": "x" * 201, "sender_name": 7}, ["/reviewer_name", "/sender_name"]), ({"locale": "not a tag"}, ["/locale"]),
    ({"time_zone": "Mars/Base"}, ["/time_zone"]), ({"expires_in": {"value": 0, "unit": "days"}}, ["/expires_in/value"]),
    ({"expires_in": {"value": 1, "unit": "days"}, "expires_at": "2099-01-01T00:00:00Z"}, ["/expires_at", "/expires_at"]),
    ({"expires_at": "2020-01-01T00:00:00Z"}, ["/expires_at"]),
])
def test_what_is_wrong_with_a_preview_s_values(api, over, expected):
    assert faults(api.post("/v1/email-templates/preview", {**VALUES, **over})) == expected


def test_preview_of_a_session_is_from_its_recruiter(stack):
    given, other = stack.make_interview(), stack.make_interview()
    recruiter = Recruiter(stack, interview_ids=[given])
    _, (_, _, sender, expires) = previewed(recruiter.links, interview_ids=[given], expires_in={"value": 1, "unit": "days"})
    assert sender == "R. Cruiter" and "(Asia/Tokyo)" in expires
    assert previewed(recruiter.links, interview_ids=[given], sender_name="Another")[1][2] == "Another"
    assert faults(recruiter.links.post("/v1/email-templates/preview", {**VALUES, "interview_ids": [given, other]})) == ["/interview_ids/1"]


def test_preview_knows_no_interview_of_another_account(stack):
    ours = stack.make_interview()
    assert faults(stack.other_api.post("/v1/email-templates/preview", {**VALUES, "interview_ids": [ours]})) == ["/interview_ids/0"]


@pytest.mark.parametrize("body, expected", [
    ({}, ["/body", "/subject"]),
    ({"subject": "x"}, ["/body"]),
    ({"subject": "x", "body": "{{nope}}"}, ["/body"]),
    ({"subject": "x", "body": "y", "template_id": "tpl_1"}, ["/template_id"]),
    ({"template_id": 3}, ["/template_id"]),
    ({"template_id": "tpl_1"}, ["/template_id"]),
    ({"template_id": "tpl_1", "share_link_id": "lnk_1"}, ["/share_link_id", "/template_id"]),
    ({"subject": "x", "body": "y", "share_link_id": "lnk_1"}, ["/share_link_id"]),
    ({"subject": "x", "body": "y", "share_link_id": []}, ["/share_link_id"]),
    ({"subject": "x", "body": "y", "to": "a@b.example"}, ["/to"]),
])
def test_bad_previews(api, body, expected):
    assert faults(api.post("/v1/email-templates/preview", body)) == expected


def test_a_template_is_its_account_s_own(stack):
    api, other_api = stack.api, stack.other_api
    template, link = make(api), stack.make_share_link()
    path = f"/v1/email-templates/{template['id']}"
    assert other_api.get(path).json()["detail"] == other_api.get(UNKNOWN).json()["detail"]
    other_api.get(path, status=404)
    other_api.patch(path, {"name": "Mine", "is_default": True}, status=404)
    other_api.delete(path, status=404)
    assert template["id"] not in [each["id"] for each in other_api.get("/v1/email-templates?limit=100", status=200).json()["data"]]
    assert faults(other_api.post("/v1/email-templates/preview", {"template_id": template["id"], "share_link_id": link["id"]})) == \
        ["/share_link_id", "/template_id"]
    assert api.get(path, status=200).json() == template


def test_the_invitation_has_the_template_s_text(stack):
    template = make(stack.api, body="In *our* words for {{reviewer_name}}.")
    body = samples.share_link_body([stack.make_interview()], send_email=True, template_id=template["id"])
    del body["message"]
    link = stack.api.post("/v1/share-links", body, status=201).json()
    mail = stack.mails.wait_for_one_to(link["reviewers"][0]["email"])
    assert f"In our words for {link['reviewers'][0]['name']}." in text_of(mail)
