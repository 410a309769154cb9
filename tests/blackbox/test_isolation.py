"""Accounts see nothing of each other. Every route of the daemons with keys is in the table below, or the first test fails: what a
caller gets for the ids of another account is a 404 (or a list without them), and what the other account has stays as it is.
"""

import pytest
from stack.waiting import wait_until
from support import samples
from support.api import Api
from support.console import Recruiter
from support.contract import routes
from support.tables import NOT_BY_CLOCK, all_text

DAEMONS = ("links", "notifications", "console")
TEMPLATE = {"name": "Ours", "subject": "For {{reviewer_name}}", "body": "Look: {{link_url}}"}
NOT_FOUND, OWN, LIST, STREAM = "404", "own", "list", "stream"

# What a stranger's call with our ids is answered: NOT_FOUND; OWN: it is about the stranger's own account; LIST: ours is not in it.
EXPECTED = {
    ("GET", "/v1/account"): (OWN, None),
    ("PATCH", "/v1/account"): (OWN, lambda ours: {"name": "Stranger"}),
    ("GET", "/v1/interviews"): (LIST, None),
    ("POST", "/v1/interviews/batch"): (OWN, lambda ours: {"interviews": [{"id": samples.interview_id(), **samples.interview_document()}]}),
    ("PUT", "/v1/interviews/{id}"): (OWN, lambda ours: samples.interview_document()),
    ("GET", "/v1/interviews/{id}"): (NOT_FOUND, None),
    ("DELETE", "/v1/interviews/{id}"): (NOT_FOUND, None),
    ("POST", "/v1/interviews/{id}/basic-link"): (NOT_FOUND, None),
    ("GET", "/v1/interviews/{id}/basic-link"): (NOT_FOUND, None),
    ("GET", "/v1/interviews/{id}/share-links"): (NOT_FOUND, None),
    ("GET", "/v1/interviews/{id}/reviews"): (NOT_FOUND, None),
    ("PUT", "/v1/interviews/{id}/share-links"): (NOT_FOUND, lambda ours: {"share_link_ids": []}),
    ("POST", "/v1/memberships/query"): ({"/interview_ids/0"}, lambda ours: {"interview_ids": [ours["interview"]]}),
    ("POST", "/v1/memberships"): ({"/interview_ids/0", "/add_to/0", "/remove_from/0"}, lambda ours: {
        "interview_ids": [ours["interview"]], "add_to": [ours["link"]], "remove_from": [ours["second link"]]}),
    ("POST", "/v1/share-links"): ({"/interview_ids/0", "/template_id"}, lambda ours: {
        key: value for key, value in samples.share_link_body([ours["interview"]], template_id=ours["template"]).items() if key != "message"}),
    ("GET", "/v1/share-links"): (LIST, None),
    ("GET", "/v1/share-links/counts"): (OWN, None),
    ("GET", "/v1/share-links/{id}"): (NOT_FOUND, None),
    ("PATCH", "/v1/share-links/{id}"): (NOT_FOUND, lambda ours: {"title": "Theirs now"}),
    ("DELETE", "/v1/share-links/{id}"): (NOT_FOUND, None),
    ("GET", "/v1/share-links/{id}/reviews"): (NOT_FOUND, None),
    ("POST", "/v1/share-links/{id}/deactivate"): (NOT_FOUND, None),
    ("POST", "/v1/share-links/{id}/reactivate"): (NOT_FOUND, None),
    ("GET", "/v1/share-links/{id}/opens"): (NOT_FOUND, None),
    ("GET", "/v1/share-links/{id}/activity"): (NOT_FOUND, None),
    ("GET", "/v1/share-links/{id}/matrix"): (NOT_FOUND, None),
    ("POST", "/v1/share-links/{id}/reviewers"): (NOT_FOUND, lambda ours: {"reviewers": samples.reviewers(1)}),
    ("GET", "/v1/share-links/{id}/reviewers/{rid}"): (NOT_FOUND, None),
    ("PATCH", "/v1/share-links/{id}/reviewers/{rid}"): (NOT_FOUND, lambda ours: {"email": "theirs@stranger.example"}),
    ("DELETE", "/v1/share-links/{id}/reviewers/{rid}"): (NOT_FOUND, None),
    ("POST", "/v1/share-links/{id}/reviewers/{rid}/deactivate"): (NOT_FOUND, None),
    ("POST", "/v1/share-links/{id}/reviewers/{rid}/reactivate"): (NOT_FOUND, None),
    ("POST", "/v1/share-links/{id}/reviewers/{rid}/invite"): (NOT_FOUND, None),
    ("POST", "/v1/share-links/{id}/invite"): (NOT_FOUND, lambda ours: {"reviewer_ids": [ours["reviewer"]]}),
    ("POST", "/v1/share-links/{id}/interviews"): (NOT_FOUND, lambda ours: {"interview_ids": [ours["interview"]]}),
    ("POST", "/v1/share-links/{id}/interviews/remove"): (NOT_FOUND, lambda ours: {"interview_ids": [ours["interview"]]}),
    ("POST", "/v1/email-templates"): (OWN, lambda ours: {**TEMPLATE, "name": "Stranger's"}),
    ("GET", "/v1/email-templates"): (LIST, None),
    ("GET", "/v1/email-templates/standard"): (OWN, None),
    ("GET", "/v1/email-templates/{id}"): (NOT_FOUND, None),
    ("PATCH", "/v1/email-templates/{id}"): (NOT_FOUND, lambda ours: {"name": "Theirs now"}),
    ("DELETE", "/v1/email-templates/{id}"): (NOT_FOUND, None),
    ("POST", "/v1/email-templates/preview"): ({"/interview_ids/0", "/share_link_id", "/template_id"}, lambda ours: {
        "template_id": ours["template"], "share_link_id": ours["link"], "interview_ids": [ours["interview"]]}),
    ("GET", "/v1/events"): (LIST, None),
    ("GET", "/v1/event-types"): (OWN, None),
    ("GET", "/v1/events/stream"): (STREAM, None),
    ("GET", "/v1/events/{id}"): (NOT_FOUND, None),
    ("GET", "/v1/deliveries"): (LIST, None),
    ("GET", "/v1/deliveries/{id}"): (NOT_FOUND, None),
    ("POST", "/v1/deliveries/{id}/retry"): (NOT_FOUND, None),
    ("POST", "/v1/webhook-endpoints"): (OWN, lambda ours: {"url": "https://stranger.example/hook"}),
    ("GET", "/v1/webhook-endpoints"): (LIST, None),
    ("GET", "/v1/webhook-endpoints/{id}"): (NOT_FOUND, None),
    ("PATCH", "/v1/webhook-endpoints/{id}"): (NOT_FOUND, lambda ours: {"url": "https://stranger.example/hook"}),
    ("DELETE", "/v1/webhook-endpoints/{id}"): (NOT_FOUND, None),
    ("POST", "/v1/webhook-endpoints/{id}/rotate-secret"): (NOT_FOUND, None),
    ("POST", "/v1/webhook-endpoints/{id}/test"): (NOT_FOUND, None),
    ("POST", "/v1/webhook-endpoints/{id}/replay"): (NOT_FOUND, lambda ours: {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}),
    ("GET", "/v1/notification-preferences/{email}"): (OWN, None),
    ("POST", "/v1/console-sessions"): ({"/interview_ids/0", "/share_link_id"}, lambda ours: {
        "recruiter": {"email": ours["email"]}, "interview_ids": [ours["interview"]], "share_link_id": ours["link"]}),
    ("POST", "/v1/console-sessions/expire"): (OWN, lambda ours: {}),
    ("DELETE", "/v1/console-sessions/{id}"): (NOT_FOUND, None),
    ("PUT", "/v1/notification-preferences/{email}"): ({"/muted_share_link_ids/0"}, lambda ours: {
        "opens": "off", "reviews": "off", "digest": "off", "muted_share_link_ids": [ours["link"]]}),
}
ROUTES = [(daemon, method, path) for daemon in DAEMONS for method, path, _, scope in routes(daemon) if scope]


@pytest.fixture(scope="module")
def ours(stack):
    """One of each thing that has an id; nothing of it is under way any more."""
    interview = stack.make_interview()
    template = stack.api.post("/v1/email-templates", TEMPLATE, status=201).json()["id"]
    link = stack.make_share_link(interview_ids=[interview], reviewer_count=2, send_email=True)
    stack.api.post(f"/v1/interviews/{interview}/basic-link", status=201)
    notifications = Api(stack.notifications.url(), stack.key)
    endpoint = notifications.post("/v1/webhook-endpoints", {"url": "https://hooks.invalid/ours", "events": ["link.deleted"]}, status=201).json()["id"]
    email = link["owner"]["email"]
    notifications.put(f"/v1/notification-preferences/{email}", {
        "opens": "first", "reviews": "every", "digest": "off", "muted_share_link_ids": [link["id"]]}, status=200)
    stack.reviewer(link).open(status=200)
    browser = stack.reviewer(link)
    browser.open(status=200)
    browser.put(f"{browser.page}/interviews/{interview}/review", {"rating": 4, "comment": "Ours alone."}, status=201)
    wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where state = 'sent' and share_link_id = %s", link["id"]) >= 2,
               20, "the invitations are out")
    delivery = stack.db.value("select id from notifications.deliveries where share_link_id = %s order by id limit 1", link["id"])
    event = stack.db.value("select id from events.log where share_link_id = %s order by id limit 1", link["id"])
    session = Api(stack.console.url(), stack.key).post("/v1/console-sessions", {"recruiter": {"email": email}}, status=201).json()["id"]
    # The platform's own ids are unique within an account alone: a stranger may have the same.
    second = stack.make_share_link(interview_ids=[interview])["id"]
    return {"account": stack.account, "second link": second, "interview": interview, "interview to put": stack.make_interview(),
            "template": template, "link": link["id"], "reviewer": link["reviewers"][0]["id"],
            "endpoint": endpoint, "delivery": delivery, "event": event, "email": email, "session": session}


def path_with(method, path, ours):
    kind = {"interviews": "interview", "share-links": "link", "email-templates": "template", "webhook-endpoints": "endpoint",
            "deliveries": "delivery", "events": "event", "console-sessions": "session"}.get(path.split("/")[2], "")
    if (method, kind) == ("PUT", "interview") and path.endswith("{id}"):
        kind = "interview to put"
    return path.replace("{id}", ours.get(kind, "")).replace("{rid}", ours["reviewer"]).replace("{email}", ours["email"])


def what_is_ours(stack, ours):
    """Every row that names our account; mails that are planned meanwhile are our own doing."""
    return {table: sorted(line for line in text.splitlines() if ours["account"] in line)
            for table, text in all_text(stack.db, NOT_BY_CLOCK).items() if not table.startswith("notifications.deliveries")}


def test_every_route_is_in_the_table():
    assert {(method, path) for _, method, path in ROUTES} == set(EXPECTED)


@pytest.mark.parametrize("daemon, method, path", ROUTES, ids=[f"{method} {path}" for _, method, path in ROUTES])
def test_another_account_gets_nothing_and_changes_nothing(stack, ours, daemon, method, path):
    expected, body_of = EXPECTED[method, path]
    if expected == STREAM:
        pytest.skip("a stream: see test_feed.py, where each account hears its own events alone")
    stranger = Api(getattr(stack, daemon).url(), stack.other_key)
    body = body_of(ours) if body_of else None
    before = what_is_ours(stack, ours)
    answer = stranger.call(method, path_with(method, path, ours), **({} if body is None else {"json": body}))
    assert what_is_ours(stack, ours) == before
    if expected == NOT_FOUND:
        assert answer.status_code == 404 and answer.json()["code"] == "not_found", answer.text
    elif isinstance(expected, set):
        assert answer.status_code == 422 and {fault["pointer"] for fault in answer.json()["errors"]} == expected, answer.text
    else:
        assert answer.status_code in (200, 201), answer.text
        assert not [value for name, value in ours.items() if name not in ("email", "interview", "interview to put") and value in answer.text]
    if expected == LIST:
        assert ours["interview"] not in answer.text
        owner = Api(stranger.base, stack.key).get(path, status=200)
        assert owner.json()["data"], "there would be something to see"


@pytest.mark.parametrize("path", ["/v1/events?share_link_id={link}", "/v1/deliveries?share_link_id={link}",
                                  "/v1/events?owner_email={email}", "/v1/deliveries?owner_email={email}"])
def test_filters_by_another_accounts_ids_find_nothing(stack, ours, path):
    assert Api(stack.notifications.url(), stack.other_key).get(path.format(**ours), status=200).json()["data"] == []


def test_filters_of_links_by_another_accounts_ids_find_nothing(stack, ours):
    assert stack.other_api.get(f"/v1/share-links?interview_id={ours['interview']}", status=200).json()["data"] == []


# --- a colleague in the same account ---

# What a session of a colleague is answered for what is ours, where it is not what a stranger is: templates are the account's, and so is
# what it says of itself; all that has no owner, or changes it, is for keys alone.
ACCOUNTS = "of the account"
CLOSED = "not_for_sessions"
OF_A_COLLEAGUE = {
    **dict.fromkeys([("PATCH", "/v1/account"), ("POST", "/v1/interviews/batch"), ("PUT", "/v1/interviews/{id}"), ("DELETE", "/v1/interviews/{id}"),
                     ("PUT", "/v1/interviews/{id}/share-links")], CLOSED),
    **{route: CLOSED for route in EXPECTED if route[1].startswith(("/v1/webhook-endpoints", "/v1/console-sessions"))},
    **{route: ACCOUNTS for route in EXPECTED if route[1] == "/v1/account" and route[0] == "GET" or route[1] in ("/v1/event-types", "/v1/email-templates")
       or route[1] == "/v1/email-templates/{id}"},
    ("POST", "/v1/share-links"): {"/interview_ids/0"},
    ("POST", "/v1/email-templates/preview"): {"/interview_ids/0", "/share_link_id"},
    ("GET", "/v1/notification-preferences/{email}"): NOT_FOUND,
    ("PUT", "/v1/notification-preferences/{email}"): NOT_FOUND,
}


def test_every_route_has_its_answer_for_a_colleague():
    assert set(OF_A_COLLEAGUE) <= set(EXPECTED)


@pytest.fixture
def colleague(stack):
    return Recruiter(stack)


@pytest.mark.parametrize("daemon, method, path", ROUTES, ids=[f"{method} {path}" for _, method, path in ROUTES])
def test_a_colleague_gets_nothing_and_changes_nothing(stack, ours, colleague, daemon, method, path):
    expected, body_of = OF_A_COLLEAGUE.get((method, path), EXPECTED[method, path][0]), EXPECTED[method, path][1]
    if expected == STREAM or (expected == ACCOUNTS and method != "GET"):
        pytest.skip("a stream, which test_console_sessions.py follows; or the account's, which any who may change it changes")
    body = body_of(ours) if body_of else None
    if (method, path) == ("PUT", "/v1/notification-preferences/{email}"):
        body["muted_share_link_ids"] = []
    before = what_is_ours(stack, ours)
    caller = Api(getattr(stack, daemon).url(), colleague.token)
    answer = caller.call(method, path_with(method, path, ours), **({} if body is None else {"json": body}))
    assert what_is_ours(stack, ours) == before
    if expected == CLOSED:
        assert answer.status_code == 403 and answer.json()["code"] == CLOSED, answer.text
    elif expected == NOT_FOUND:
        assert answer.status_code == 404 and answer.json()["code"] == "not_found", answer.text
    elif isinstance(expected, set):
        assert answer.status_code == 422 and {fault["pointer"] for fault in answer.json()["errors"]} == expected, answer.text
    else:
        assert answer.status_code in (200, 201), answer.text
    if expected == LIST:
        assert answer.json()["data"] == [], answer.text


@pytest.mark.parametrize("path", ["/v1/share-links?owner_email={email}", "/v1/share-links?interview_id={interview}", "/v1/interviews?share_link_id={link}"])
def test_a_colleagues_filters_find_nothing(stack, ours, colleague, path):
    assert colleague.links.get(path.format(**ours), status=200).json()["data"] == []
