"""Sessions of the console: what may be asked for, what a session may call, whose it is, and how it ends."""

import itertools
import json
import re

import pytest
from stack.waiting import wait_until
from support import ROOT, samples
from support.api import Api
from support.console import RECRUITER, Recruiter, ask, console_of, give_token
from support.contract import routes
from support.listener import Listener

numbers = itertools.count(1)
UNKNOWN_LINK = "lnk_" + "0" * 26


def faults(answer):
    return {(fault["pointer"], fault["code"]) for fault in answer["errors"]}


def test_the_whole_of_a_session_is_answered(stack):
    ids = [stack.make_interview() for _ in range(2)]
    made = ask(stack, view="share", interview_ids=ids, may=["manage", "share"], sees="own", origin="https://ATS.example:443",
               return_url="https://ats.example/assessments", locale="DE-at", theme={"scheme": "dark", "accent": "#A0b0C0"}, expires_in_seconds=300)
    assert re.fullmatch(re.escape(stack.public_url) + f"/console/{made['id']}#[A-Za-z0-9_-]{{43}}", made["url"])
    assert {name: made[name] for name in ("recruiter", "view", "interview_ids", "share_link_id", "may", "sees", "origin", "return_url", "locale", "theme")} == {
        "recruiter": RECRUITER, "view": "share", "interview_ids": ids, "share_link_id": None, "may": ["share", "manage"], "sees": "own",
        "origin": "https://ats.example", "return_url": "https://ats.example/assessments", "locale": "de-AT", "theme": {"scheme": "dark", "accent": "#a0b0c0"}}
    assert stack.db.value("select extract(epoch from expires_at - created_at)::int from console.sessions where id = %s", made["id"]) == 300


def test_what_is_left_out_has_its_default(stack):
    made = ask(stack, recruiter={"email": "ROBIN@Hiring.EXAMPLE"})
    assert made["recruiter"] == {"email": "robin@hiring.example", "name": None, "time_zone": "UTC"}
    assert (made["view"], made["may"], made["sees"], made["origin"], made["theme"]) == (
        "links", ["share", "manage", "templates"], "own", None, {"scheme": "auto", "accent": None})
    assert stack.db.value("select extract(epoch from expires_at - created_at)::int from console.sessions where id = %s", made["id"]) == 3600
    assert ask(stack, may=[])["may"] == []


@pytest.mark.parametrize("body, expected", [
    ({}, {("/recruiter", "required")}),
    ({"recruiter": {}}, {("/recruiter/email", "required")}),
    ({"recruiter": {"email": "nobody", "time_zone": "Mars/Base", "phone": "1"}},
     {("/recruiter/email", "invalid"), ("/recruiter/time_zone", "invalid"), ("/recruiter/phone", "unknown_field")}),
    ({"recruiter": RECRUITER, "view": "all"}, {("/view", "invalid")}),
    ({"recruiter": RECRUITER, "view": "share"}, {("/interview_ids", "required")}),
    ({"recruiter": RECRUITER, "view": "link"}, {("/share_link_id", "required")}),
    ({"recruiter": RECRUITER, "share_link_id": "x"}, {("/share_link_id", "invalid")}),
    ({"recruiter": RECRUITER, "may": ["share", "rule", "share"]}, {("/may/1", "invalid"), ("/may/2", "duplicate")}),
    ({"recruiter": RECRUITER, "sees": "some"}, {("/sees", "invalid")}),
    ({"recruiter": RECRUITER, "origin": "http://ats.example"}, {("/origin", "invalid")}),
    ({"recruiter": RECRUITER, "origin": "https://ats.example/x"}, {("/origin", "invalid")}),
    ({"recruiter": RECRUITER, "origin": "https://*.example"}, {("/origin", "invalid")}),
    ({"recruiter": RECRUITER, "origin": "http://localhost.evil.example"}, {("/origin", "invalid")}),
    ({"recruiter": RECRUITER, "return_url": "javascript:alert(1)"}, {("/return_url", "invalid")}),
    ({"recruiter": RECRUITER, "return_url": "http://localhost.evil.example/"}, {("/return_url", "invalid")}),
    ({"recruiter": RECRUITER, "locale": "not a tag"}, {("/locale", "invalid")}),
    ({"recruiter": RECRUITER, "theme": {"scheme": "pink", "accent": "red", "logo": "x"}},
     {("/theme/scheme", "invalid"), ("/theme/accent", "invalid"), ("/theme/logo", "unknown_field")}),
    ({"recruiter": RECRUITER, "expires_in_seconds": 299}, {("/expires_in_seconds", "out_of_range")}),
    ({"recruiter": RECRUITER, "expires_in_seconds": 28801}, {("/expires_in_seconds", "out_of_range")}),
    ({"recruiter": RECRUITER, "css": "x"}, {("/css", "unknown_field")}),
])
def test_every_fault_is_told_at_its_place(stack, body, expected):
    answer = console_of(stack).post("/v1/console-sessions", body, status=422).json()
    told = faults(answer)
    assert {pointer for pointer, _ in expected} == {pointer for pointer, _ in told}, told
    assert not (expected - told) or all(code in ("invalid", "too_short") for _, code in told), told


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:8080"])
def test_a_platform_under_development_frames_by_http(stack, origin):
    assert ask(stack, origin=origin)["origin"] == origin


def test_what_is_unknown_or_of_another_is_refused_with_all_other_faults(stack):
    mine, theirs = stack.make_interview(), samples.interview_id()
    stack.other_api.put(f"/v1/interviews/{theirs}", samples.interview_document(), status=201)
    foreign = stack.make_share_link()["id"]
    answer = ask(stack, 422, interview_ids=[mine, theirs, "int-nowhere", mine], share_link_id=foreign, sees="every")
    assert faults(answer) >= {("/interview_ids/1", "not_found"), ("/interview_ids/2", "not_found"), ("/interview_ids/3", "duplicate"),
                              ("/share_link_id", "not_found")}
    assert "/sees" in {fault["pointer"] for fault in answer["errors"]}
    assert ask(stack, share_link_id=foreign, sees="all")["view"] == "link"
    assert faults(ask(stack, 422, share_link_id=UNKNOWN_LINK, sees="all")) == {("/share_link_id", "not_found")}
    assert len(ask(stack, 422, interview_ids=[f"int-{n}" for n in range(501)])["errors"]) >= 1


def test_an_origin_must_be_one_of_the_accounts(stack):
    stack.other_api.patch("/v1/account", {"console_origins": ["https://ats.example"]}, status=200)
    try:
        assert faults(ask(stack, 422, key=stack.other_key, origin="https://other.example")) == {("/origin", "not_allowed")}
        assert ask(stack, key=stack.other_key, origin="https://ats.example")["origin"] == "https://ats.example"
        assert ask(stack, key=stack.other_key)["origin"] is None
    finally:
        stack.other_api.patch("/v1/account", {"console_origins": None}, status=200)


def test_without_advanced_links_one_interview_can_be_shared(stack):
    _, key = stack.create_account("Small", "basic")
    api = Api(stack.links.url(), key)
    ids = [samples.interview_id() for _ in range(2)]
    for each in ids:
        api.put(f"/v1/interviews/{each}", samples.interview_document(), status=201)
    assert faults(ask(stack, 422, key=key, view="share", interview_ids=ids)) == {("/view", "plan_required")}
    assert ask(stack, key=key, view="share", interview_ids=ids[:1])["view"] == "share"


def test_the_url_is_told_once_and_the_code_is_stored_nowhere(stack):
    key = f"session {next(numbers)}"
    first, again = [console_of(stack).post("/v1/console-sessions", {"recruiter": RECRUITER}, headers={"Idempotency-Key": key}, status=201)
                    for _ in range(2)]
    assert first.json() == again.json() and again.headers["Idempotency-Replayed"] == "true"
    code = first.json()["url"].split("#")[1]
    assert code not in json.dumps(stack.db.rows("select * from console.sessions"), default=str)
    assert code not in json.dumps(stack.db.rows("select encode(box, 'escape') as box from sharelink.idempotent_answers"), default=str)


def test_sessions_need_their_scope(stack):
    key = re.search(r"slk_\S+", stack.operate("key", "create", "--account", stack.create_account("Scopes")[0], "--scopes", "links.write"))[0]
    refused = console_of(stack, key).post("/v1/console-sessions", {"recruiter": RECRUITER}, status=403).json()
    assert (refused["code"], refused["required_scope"]) == ("insufficient_scope", "console.write")


def test_an_account_has_so_many_sessions_at_one_time(shared):
    stack = shared.make_stack(settings={"SHARELINK_CONSOLE_SESSIONS_PER_ACCOUNT": "2"})
    try:
        ends = [ask(stack)["id"] for _ in range(2)][0]
        refused = console_of(stack).post("/v1/console-sessions", {"recruiter": RECRUITER}, status=429)
        assert refused.json()["code"] == "too_many_sessions" and 1 <= int(refused.headers["Retry-After"]) <= 3600
        console_of(stack).delete(f"/v1/console-sessions/{ends}", status=204)
        ask(stack)
    finally:
        stack.close()


# --- tokens ---

@pytest.fixture
def shared_by(stack):
    """A recruiter with a link of two interviews, and a third interview that the session was given."""
    ids = [stack.make_interview() for _ in range(3)]
    recruiter = Recruiter(stack, interview_ids=ids)
    recruiter.link = recruiter.share(ids[:2], reviewer_count=1)
    recruiter.ids = ids
    return recruiter


def test_the_recruiter_owns_what_is_made_whatever_is_sent(stack):
    interview = stack.make_interview()
    recruiter = Recruiter(stack, interview_ids=[interview])
    link = recruiter.share([interview], owner={"name": "Another", "email": "another@hiring.example", "time_zone": "UTC"})
    assert link["owner"] == {"name": "R. Cruiter", "email": recruiter.email, "time_zone": "Asia/Tokyo"}
    basic = recruiter.links.post(f"/v1/interviews/{interview}/basic-link", {"owner": {"email": "another@hiring.example"}}, status=201).json()
    assert basic["owner"]["email"] == recruiter.email
    refused = recruiter.links.patch(f"/v1/share-links/{link['id']}", {"owner": {"email": "another@hiring.example"}}, status=422).json()
    assert faults(refused) == {("/owner/email", "read_only")}


def test_only_what_was_handed_over_or_is_on_own_links_is_shared_and_read(stack, shared_by):
    other = stack.make_interview()
    assert faults(shared_by.share([shared_by.ids[0], other], 422)) == {("/interview_ids/1", "not_found")}
    refused = shared_by.links.post(f"/v1/share-links/{shared_by.link['id']}/interviews", {"interview_ids": [other]}, status=422).json()
    assert faults(refused) == {("/interview_ids/0", "not_found")}
    unknown, hidden = (shared_by.links.get(f"/v1/interviews/{each}", status=404).json() for each in ("int-nowhere", other))
    assert {**unknown, "request_id": ""} == {**hidden, "request_id": ""}
    assert {row["id"] for row in shared_by.links.get("/v1/interviews?limit=100", status=200).json()["data"]} == set(shared_by.ids)
    later = Recruiter(stack, shared_by.email)  # of the same recruiter, given nothing
    assert {row["id"] for row in later.links.get("/v1/interviews?limit=100", status=200).json()["data"]} == set(shared_by.ids[:2])
    later.links.get(f"/v1/interviews/{shared_by.ids[0]}", status=200)
    later.links.get(f"/v1/interviews/{shared_by.ids[2]}", status=404)


def test_lists_show_the_recruiters_own_whatever_the_query_asks_for(stack, shared_by):
    colleague = Recruiter(stack, interview_ids=shared_by.ids)
    theirs = colleague.share(shared_by.ids[:1])
    for query in ("", f"?owner_email={colleague.email}"):
        listed = shared_by.links.get(f"/v1/share-links{query}", status=200).json()["data"]
        assert [row["id"] for row in listed] == [shared_by.link["id"]]
        for path in ("/v1/events", "/v1/deliveries"):
            rows = shared_by.notifications.get(path + query, status=200).json()["data"]
            assert theirs["id"] not in json.dumps(rows) and (path == "/v1/deliveries" or rows)
    admin = Recruiter(stack, sees="all")
    listed = admin.links.get("/v1/share-links?limit=100", status=200).json()["data"]
    assert {shared_by.link["id"], theirs["id"]} <= {row["id"] for row in listed}
    admin.links.get(f"/v1/share-links/{theirs['id']}", status=200)


def test_what_colleagues_hear_of_an_interview_is_theirs(stack, shared_by):
    interview = shared_by.ids[0]
    colleague = Recruiter(stack, interview_ids=[interview])
    theirs = colleague.share([interview])
    reviewer = stack.reviewer(theirs)
    reviewer.open(status=200)
    reviewer.put(f"{reviewer.page}/interviews/{interview}/review", {"rating": 1, "comment": "For my colleague alone"}, status=201)
    assert len(colleague.links.get(f"/v1/interviews/{interview}/reviews", status=200).json()["data"]) == 1
    mine = shared_by.links.get(f"/v1/interviews/{interview}/reviews", status=200).json()
    assert mine["data"] == [] and mine["average_rating"] is None
    memberships = shared_by.links.get(f"/v1/interviews/{interview}/share-links", status=200).json()
    assert [link["id"] for link in memberships["share_links"]] == [shared_by.link["id"]]


def test_which_interviews_a_colleagues_link_has_is_not_told(shared_by):
    colleague = Recruiter(shared_by.stack, interview_ids=shared_by.ids)
    theirs = colleague.share(shared_by.ids[:1])
    listed = {link["id"]: [row["id"] for row in shared_by.links.get(f"/v1/interviews?share_link_id={link['id']}&limit=1", status=200).json()["data"]]
              for link in (theirs, shared_by.link)}
    assert listed == {theirs["id"]: [], shared_by.link["id"]: shared_by.ids[1:2]}
    admin = Recruiter(shared_by.stack, sees="all")
    assert [row["id"] for row in admin.links.get(f"/v1/interviews?share_link_id={theirs['id']}", status=200).json()["data"]] == shared_by.ids[:1]


def test_check_boxes_are_of_ones_own_links_and_what_was_handed_over(stack, shared_by):
    interview, other = shared_by.ids[2], stack.make_interview()
    colleague = Recruiter(stack, interview_ids=[interview])
    theirs = colleague.share([interview])
    asked = shared_by.links.post("/v1/memberships/query", {"interview_ids": [interview], "owner_email": colleague.email}, status=200).json()
    assert [link["id"] for link in asked["share_links"]] == [shared_by.link["id"]]
    refused = shared_by.links.post("/v1/memberships", {"interview_ids": [interview, other], "add_to": [shared_by.link["id"], theirs["id"]]}, status=422)
    assert faults(refused.json()) == {("/interview_ids/1", "not_found"), ("/add_to/1", "not_found")}
    refused = shared_by.links.post("/v1/memberships", {"interview_ids": [interview], "remove_from": [theirs["id"]]}, status=422)
    assert faults(refused.json()) == {("/remove_from/0", "not_found")}
    done = shared_by.links.post("/v1/memberships", {"interview_ids": [interview], "add_to": [shared_by.link["id"]]}, status=200).json()
    assert done["changed"] == [{"id": shared_by.link["id"], "added": 1, "removed": 0}]


def test_a_basic_link_of_a_colleague_is_not_told(stack, shared_by):
    interview = shared_by.ids[0]
    colleague = Recruiter(stack, interview_ids=[interview])
    made = colleague.links.post(f"/v1/interviews/{interview}/basic-link", status=201).json()
    shared_by.links.get(f"/v1/interviews/{interview}/basic-link", status=404)
    refused = shared_by.links.post(f"/v1/interviews/{interview}/basic-link", status=409)
    assert refused.json()["code"] == "basic_link_of_another" and made["url"] not in refused.text


def test_another_recruiters_idempotency_key_gives_nothing_away(stack):
    interview = stack.make_interview()
    one, other = Recruiter(stack, interview_ids=[interview]), Recruiter(stack, interview_ids=[interview])
    body, headers = samples.share_link_body([interview]), {"Idempotency-Key": f"same {next(numbers)}"}
    first = one.links.post("/v1/share-links", body, headers=headers, status=201).json()
    second = other.links.post("/v1/share-links", body, headers=headers, status=201)
    assert "Idempotency-Replayed" not in second.headers and second.json()["id"] != first["id"]
    assert second.json()["owner"]["email"] == other.email


def test_rights_are_what_was_given(stack):
    interview = stack.make_interview()
    full = Recruiter(stack, interview_ids=[interview])
    link = full.share([interview])
    path, reviewer = f"/v1/share-links/{link['id']}", link["reviewers"][0]["id"]
    reads, shares, manages, templates = (Recruiter(stack, full.email, interview_ids=[interview], may=may)
                                         for may in ([], ["share"], ["manage"], ["templates"]))
    body = samples.share_link_body([interview])
    for recruiter, calls in ((reads, "smt"), (shares, "mt"), (manages, "st"), (templates, "sm")):
        for kind, method, where, sent in (("s", "post", "/v1/share-links", body), ("m", "patch", path, {"title": "New"}),
                                          ("m", "post", f"{path}/reviewers/{reviewer}/invite", None),
                                          ("t", "post", "/v1/email-templates", {"name": "T", "subject": "S", "body": "B"})):
            answer = recruiter.links.call(method.upper(), where, **({"json": sent} if sent else {}))
            assert (answer.status_code == 403 and answer.json()["code"] == "not_permitted") == (kind in calls), (calls, method, where, answer.text)
    shown = [recruiter.links.get(path, status=200).json()["reviewers"][0] for recruiter in (reads, shares, manages, templates)]
    assert [("url" in each, "passcode" in each) for each in shown] == [(False, False), (True, True), (True, True), (False, False)]
    preferences = f"/v1/notification-preferences/{full.email}"
    reads.notifications.get(preferences, status=200)
    reads.notifications.put(preferences, {}, status=403)
    templates.notifications.put(preferences, {"opens": "off"}, status=200)


def test_a_mail_session_reaches_one_link_and_copies_nothing(stack):
    interview = stack.make_interview()
    full = Recruiter(stack, interview_ids=[interview])
    link, other = full.share([interview]), full.share([interview])
    from_mail = Recruiter(stack, full.email, share_link_id=link["id"], may=["manage"])
    stack.db.rows("update console.sessions set is_from_mail = true where id = %s returning 1", from_mail.id)
    shown = from_mail.links.get(f"/v1/share-links/{link['id']}", status=200)
    again = from_mail.links.post(f"/v1/share-links/{link['id']}/reactivate", status=200)
    assert not [each for each in (shown, again) if "passcode" in each.text or "/s/" in each.text]
    from_mail.links.get(f"/v1/share-links/{other['id']}", status=404)
    from_mail.links.get(f"/v1/interviews/{interview}", status=404)


def test_preferences_are_ones_own(stack, shared_by):
    shared_by.notifications.get(f"/v1/notification-preferences/{shared_by.email.upper()}", status=200)
    for method, sent in (("GET", {}), ("PUT", {"json": {"opens": "off"}})):
        refused = shared_by.notifications.call(method, "/v1/notification-preferences/colleague@hiring.example", **sent)
        assert refused.status_code == 404, refused.text
    foreign = stack.make_share_link()["id"]
    refused = shared_by.notifications.put(f"/v1/notification-preferences/{shared_by.email}",
                                          {"muted_share_link_ids": [shared_by.link["id"], foreign]}, status=422).json()
    assert faults(refused) == {("/muted_share_link_ids/1", "not_found")}


def test_what_was_muted_stays_so_when_the_link_becomes_a_colleagues(stack, shared_by):
    path, colleagues = f"/v1/notification-preferences/{shared_by.email}", stack.make_share_link()["id"]
    shared_by.notifications.put(path, {"muted_share_link_ids": [shared_by.link["id"]]}, status=200)
    stack.api.patch(f"/v1/share-links/{shared_by.link['id']}", {"owner": {"email": "successor@hiring.example"}}, status=200)
    muted = shared_by.notifications.get(path, status=200).json()["muted_share_link_ids"]
    kept = shared_by.notifications.put(path, {"opens": "off", "muted_share_link_ids": muted}, status=200).json()
    assert kept["opens"] == "off" and kept["muted_share_link_ids"] == muted == [shared_by.link["id"]]
    refused = shared_by.notifications.put(path, {"muted_share_link_ids": [colleagues, *muted]}, status=422).json()
    assert faults(refused) == {("/muted_share_link_ids/0", "not_found")}
    shared_by.notifications.put(path, {}, status=200)
    shared_by.notifications.put(path, {"muted_share_link_ids": muted}, status=422)


def test_a_token_is_good_for_its_session_alone(stack, shared_by):
    other = Recruiter(stack)
    crossed = f"slc_{other.id[4:]}_{shared_by.token[31:]}"
    for token in (shared_by.token[:-1], shared_by.token + "x", crossed, "slc_" + "0" * 26 + "_x"):
        Api(stack.links.url(), token).get("/v1/share-links", status=401)
    refused = console_of(stack, shared_by.token).post("/v1/console-sessions", {"recruiter": RECRUITER}, status=403)
    assert refused.json()["code"] == "not_for_sessions"


# --- its end ---


def is_over(recruiter):
    return recruiter.links.call("GET", "/v1/account").status_code == 401


def test_sessions_end_by_a_call_by_their_time_and_with_their_key(stack):
    one, two, timed = (Recruiter(stack) for _ in range(3))
    same = Recruiter(stack, two.email)
    for each in (one, two, same, timed):
        each.links.get("/v1/account", status=200)
    console_of(stack).delete(f"/v1/console-sessions/{one.id}", status=204)
    console_of(stack).delete(f"/v1/console-sessions/{one.id}", status=204)
    wait_until(lambda: is_over(one), 3, "it was ended")
    ended = console_of(stack).post("/v1/console-sessions/expire", {"recruiter_email": two.email.upper()}, status=200).json()
    assert ended == {"expired": 2}
    wait_until(lambda: is_over(two) and is_over(same), 3, "both are over")
    timed.links.get("/v1/account", status=200)
    stack.db.rows("update console.sessions set expires_at = now() where id = %s returning 1", timed.id)
    wait_until(lambda: is_over(timed), 3, "its time is over")
    console_of(stack, stack.other_key).delete(f"/v1/console-sessions/{timed.id}", status=404)

    account, key = stack.create_account("Revoked")
    session = ask(stack, key=key)["id"]
    api = Api(stack.links.url(), give_token(stack, session))
    api.get("/v1/account", status=200)
    stack.operate("key", "revoke", key[:30])
    wait_until(lambda: api.call("GET", "/v1/account").status_code == 401, 3, "its key is gone")


def test_a_stream_ends_with_its_session_and_hears_its_own(stack, shared_by):
    listener = Listener(stack.notifications.url(), shared_by.token, owner_email="another@hiring.example")
    foreign = stack.make_share_link()
    shared_by.links.patch(f"/v1/share-links/{shared_by.link['id']}", {"title": "Heard"}, status=200)
    wait_until(lambda: listener.events, 10, "the event is told")
    assert {event[2]["share_link_id"] for event in listener.events} == {shared_by.link["id"]} and foreign["id"] not in str(listener.events)
    console_of(stack).delete(f"/v1/console-sessions/{shared_by.id}", status=204)
    wait_until(listener.has_ended, 5, "the stream ends with the session")


def test_a_session_has_so_many_streams(stack):
    recruiter = Recruiter(stack)
    listeners = [Listener(stack.notifications.url(), recruiter.token) for _ in range(4)]
    refused = recruiter.notifications.get("/v1/events/stream", status=429, stream=True)
    assert refused.json()["code"] == "too_many_streams" and "session" in refused.json()["detail"]
    for listener in listeners:
        listener.cut()


def test_streams_of_sessions_take_no_place_of_a_keys(shared):
    stack = shared.make_stack(settings={"SHARELINK_FEED_STREAMS_PER_ACCOUNT": "1"})
    try:
        listeners = [Listener(stack.notifications.url(), Recruiter(stack).token)]
        refused = Recruiter(stack).notifications.get("/v1/events/stream", status=429, stream=True)
        assert refused.json()["detail"].startswith("The sessions of this account")
        listeners.append(Listener(stack.notifications.url(), stack.key))
        assert Api(stack.notifications.url(), stack.key).get("/v1/events/stream", status=429, stream=True).json()["detail"].startswith("The API keys of")
        for listener in listeners:
            listener.cut()
    finally:
        stack.close()


def test_a_session_has_a_bucket_of_its_own(shared):
    stack = shared.make_stack(settings={"SHARELINK_SESSION_RATE_LIMIT_BURST": "3", "SHARELINK_SESSION_RATE_LIMIT_PER_SECOND": "1"})
    try:
        one, other = Recruiter(stack), Recruiter(stack)
        statuses = [one.links.call("GET", "/v1/account").status_code for _ in range(8)]
        assert statuses[:3] == [200] * 3 and 429 in statuses
        other.links.get("/v1/account", status=200)
        stack.api.get("/v1/account", status=200)
    finally:
        stack.close()


# --- every route ---

# What a session needs for each route; None: it is for keys alone.
RIGHTS = {
    **dict.fromkeys([
        "GET /v1/account", "GET /v1/interviews", "GET /v1/interviews/{id}", "GET /v1/interviews/{id}/basic-link", "GET /v1/interviews/{id}/share-links",
        "GET /v1/interviews/{id}/reviews", "GET /v1/share-links", "GET /v1/share-links/counts", "POST /v1/memberships/query",
        "GET /v1/share-links/{id}/matrix", "GET /v1/share-links/{id}/activity",
        "GET /v1/share-links/{id}", "GET /v1/share-links/{id}/reviews",
        "GET /v1/share-links/{id}/opens", "GET /v1/share-links/{id}/reviewers/{rid}", "GET /v1/email-templates",
        "GET /v1/email-templates/standard", "GET /v1/email-templates/{id}",
        "POST /v1/email-templates/preview", "GET /v1/events", "GET /v1/event-types", "GET /v1/events/stream", "GET /v1/events/{id}",
        "GET /v1/deliveries", "GET /v1/deliveries/{id}", "GET /v1/notification-preferences/{email}"], "READ"),
    **dict.fromkeys(["POST /v1/share-links", "POST /v1/memberships", "POST /v1/interviews/{id}/basic-link", "POST /v1/share-links/{id}/interviews",
                     "POST /v1/share-links/{id}/interviews/remove"], "SHARE"),
    **dict.fromkeys([
        "PATCH /v1/share-links/{id}", "DELETE /v1/share-links/{id}", "POST /v1/share-links/{id}/deactivate", "POST /v1/share-links/{id}/reactivate",
        "POST /v1/share-links/{id}/reviewers", "PATCH /v1/share-links/{id}/reviewers/{rid}", "DELETE /v1/share-links/{id}/reviewers/{rid}",
        "POST /v1/share-links/{id}/reviewers/{rid}/deactivate", "POST /v1/share-links/{id}/reviewers/{rid}/reactivate",
        "POST /v1/share-links/{id}/reviewers/{rid}/invite", "POST /v1/share-links/{id}/invite", "POST /v1/deliveries/{id}/retry"], "MANAGE"),
    **dict.fromkeys(["POST /v1/email-templates", "PATCH /v1/email-templates/{id}", "DELETE /v1/email-templates/{id}"], "TEMPLATES"),
    "PUT /v1/notification-preferences/{email}": "ANY",
    **dict.fromkeys([
        "PATCH /v1/account", "POST /v1/interviews/batch", "PUT /v1/interviews/{id}", "DELETE /v1/interviews/{id}", "PUT /v1/interviews/{id}/share-links",
        "POST /v1/webhook-endpoints", "GET /v1/webhook-endpoints", "GET /v1/webhook-endpoints/{id}", "PATCH /v1/webhook-endpoints/{id}",
        "DELETE /v1/webhook-endpoints/{id}", "POST /v1/webhook-endpoints/{id}/rotate-secret", "POST /v1/webhook-endpoints/{id}/test",
        "POST /v1/webhook-endpoints/{id}/replay", "POST /v1/console-sessions", "POST /v1/console-sessions/expire", "DELETE /v1/console-sessions/{id}"]),
}
ROUTES = [(daemon, method, path) for daemon in ("links", "notifications", "console") for method, path, _, scope in routes(daemon) if scope]


def test_each_route_says_what_a_session_needs():
    said = {}
    for daemon in ("links", "notifications", "console"):
        text = (ROOT / "services" / daemon / "routes.c").read_text()
        for method, path, rest in re.findall(r'\{ HTTP_(\w+), "(/[^"]+)",((?:[^}]|\n)*?scope = "(?:[^}]|\n)*?) \}', text):
            right = re.search(r"\.sessions = SESSION_(\w+)", rest)
            said[f"{method} {path}"] = right[1] if right else None
    assert said == RIGHTS
    assert set(said) == {f"{method} {path}" for _, method, path in ROUTES}


@pytest.fixture(scope="module")
def reader(stack):
    return Recruiter(stack, may=[])


@pytest.mark.parametrize("daemon, method, path", ROUTES, ids=[f"{method} {path}" for _, method, path in ROUTES])
def test_a_session_without_rights_is_refused_by_each_route_that_asks_for_one(stack, reader, daemon, method, path):
    right = RIGHTS[f"{method} {path}"]
    if right == "READ":
        return
    there = path.replace("{id}", UNKNOWN_LINK).replace("{rid}", "rvw_" + "0" * 26).replace("{email}", reader.email)
    token = give_token(stack, ask(stack, recruiter={"email": reader.email}, may=[])["id"])  # each has a bucket of its own
    refused = Api(getattr(stack, daemon).url(), token).call(method, there)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted" if right else "not_for_sessions")
