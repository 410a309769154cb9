"""The check boxes for many interviews at once: which links have how many of them, and one call that ticks and unticks."""

import concurrent.futures
import itertools
import random

import pytest
from stack.waiting import wait_until
from support import samples
from support.api import faults
from support.changes import event_types, events_of, inside, made_basic, snapshot
from support.console import Recruiter

CHANGE, QUERY = "/v1/memberships", "/v1/memberships/query"


def members(stack, link):
    return stack.api.get(f"/v1/share-links/{link['id']}", status=200).json()["interview_ids"]


def codes(answer):
    assert answer.status_code == 422, answer.text
    return sorted((fault["pointer"], fault["code"]) for fault in answer.json()["errors"])


def queried(api, interview_ids, **over):
    return api.post(QUERY, {"interview_ids": interview_ids, **over}, status=200).json()


@pytest.fixture(scope="module")
def pool(stack):
    """Interviews that all tests here share."""
    return [stack.make_interview() for _ in range(12)]


@pytest.fixture(scope="module")
def many(stack, pool):
    """500 more, put there in one go."""
    ids = [f"many-{number}" for number in range(500)]
    stack.db.rows("insert into links.interviews (account_id, id, document) select account_id, unnest(%s), document from links.interviews where id = %s",
                  ids, pool[0])
    return ids


# --- ticking and unticking ---

def test_ticked_links_have_all_of_them_in_the_order_sent_and_unticked_ones_none(stack, pool):
    to, also_to, whole, off = (stack.make_share_link(interview_ids=ids) for ids in ([pool[0]], [pool[1], pool[2], pool[3]], pool[:4], [pool[5], pool[2], pool[3]]))
    reviewer = inside(stack, off)
    wanted = [pool[3], pool[0], pool[2]]
    answer = stack.api.post(CHANGE, {"interview_ids": wanted, "add_to": [also_to["id"], whole["id"], to["id"]], "remove_from": [off["id"]]}, status=200).json()
    assert answer == {"changed": [{"id": also_to["id"], "added": 1, "removed": 0}, {"id": to["id"], "added": 2, "removed": 0},
                                  {"id": off["id"], "added": 0, "removed": 2}]}
    assert members(stack, to) == [pool[0], pool[3], pool[2]] and members(stack, also_to) == [pool[1], pool[2], pool[3], pool[0]]
    assert members(stack, whole) == pool[:4] and members(stack, off) == [pool[5]]
    assert [row["id"] for row in reviewer.content().json()["interviews"]] == [pool[5]], "at the next request"
    told = {link["id"]: events_of(stack, link["id"], 1) for link in (to, also_to, whole, off)}
    assert told == {
        to["id"]: [("link.interviews_added", {"share_link_id": to["id"], "interview_ids": [pool[3], pool[2]]})],
        also_to["id"]: [("link.interviews_added", {"share_link_id": also_to["id"], "interview_ids": [pool[0]]})],
        whole["id"]: [],
        off["id"]: [("link.opened", told[off["id"]][0][1]), ("link.interviews_removed", {"share_link_id": off["id"], "interview_ids": [pool[3], pool[2]]})]}
    assert [stack.api.get(f"/v1/share-links/{link['id']}").json()["version"] for link in (to, also_to, whole, off)] == [2, 2, 1, 2]
    stack.api.post(f"/v1/share-links/{to['id']}/interviews", {"interview_ids": [pool[6]]}, status=200)
    positions = stack.db.rows("select position from links.share_link_interviews where share_link_id = %s order by 1", to["id"])
    assert [row["position"] for row in positions] == [1, 2, 3, 4]


def test_what_is_so_already_changes_nothing_and_is_no_error(stack, pool):
    link, other = (stack.make_share_link(interview_ids=pool[:2]) for _ in range(2))
    before = snapshot(stack)
    for lists in ({"add_to": [link["id"]]}, {}, {"add_to": [], "remove_from": []}, {"add_to": None, "remove_from": None}):
        assert stack.api.post(CHANGE, {"interview_ids": pool[:2], **lists}, status=200).json() == {"changed": []}
    assert stack.api.post(CHANGE, {"interview_ids": pool[4:6], "remove_from": [link["id"], other["id"]]}, status=200).json() == {"changed": []}
    assert snapshot(stack) == before


def test_links_that_are_off_or_over_are_changed_too(stack, pool):
    off, over = stack.make_share_link(interview_ids=pool[:1]), stack.make_share_link(interview_ids=pool[:1])
    stack.api.post(f"/v1/share-links/{off['id']}/deactivate", status=200)
    stack.db.rows("update links.share_links set expires_at = now() where id = %s", over["id"])
    wait_until(lambda: event_types(stack, over["id"])[-1] == "link.expired", 20, "the scheduler has told of it, and writes no more")
    stack.api.post(CHANGE, {"interview_ids": pool[1:3], "add_to": [off["id"], over["id"]]}, status=200)
    assert members(stack, off) == members(stack, over) == pool[:3]


def test_all_that_is_wrong_is_said_at_its_place_and_nothing_is_half_stored(stack, pool):
    link, other = (stack.make_share_link(interview_ids=pool[:1]) for _ in range(2))
    basic = made_basic(stack, stack.make_share_link(interview_ids=pool[:1]))
    theirs = samples.interview_id()
    stack.other_api.put(f"/v1/interviews/{theirs}", samples.interview_document(), status=201)
    foreign = stack.other_api.post("/v1/share-links", samples.share_link_body([theirs]), status=201).json()
    before = snapshot(stack)
    body = {"interview_ids": [pool[1], theirs, "", pool[1], 7, "nada"], "add_to": [link["id"], foreign["id"], basic["id"], link["id"], 7],
            "remove_from": [other["id"], link["id"], "lnk_x", "\n"], "all": True}
    assert codes(stack.api.post(CHANGE, body)) == [
        ("/add_to/1", "not_found"), ("/add_to/2", "not_found"), ("/add_to/3", "duplicate"), ("/add_to/4", "wrong_type"), ("/all", "unknown_field"),
        ("/interview_ids/1", "not_found"), ("/interview_ids/2", "too_short"), ("/interview_ids/3", "duplicate"), ("/interview_ids/4", "wrong_type"),
        ("/interview_ids/5", "not_found"), ("/remove_from/1", "conflict"), ("/remove_from/2", "not_found"), ("/remove_from/3", "too_short")]
    good = {"interview_ids": pool[1:3], "add_to": [link["id"]], "remove_from": [other["id"]]}
    for name, value, said in (
            ("interview_ids", [], "/interview_ids"), ("interview_ids", None, "/interview_ids"), ("interview_ids", "x", "/interview_ids"),
            ("interview_ids", [f"i{n}" for n in range(501)], "/interview_ids"), ("add_to", {}, "/add_to"), ("remove_from", "x", "/remove_from"),
            ("add_to", [f"lnk_{n}" for n in range(51)], "/add_to"), ("remove_from", [f"lnk_{n}" for n in range(51)], "/remove_from"),
            ("remove_from", [link["id"]], "/remove_from/0"), ("interview_ids", [pool[1], "nada"], "/interview_ids/1"),
            ("add_to", [link["id"], foreign["id"]], "/add_to/1"), ("remove_from", [other["id"], basic["id"]], "/remove_from/1")):
        assert faults(stack.api.post(CHANGE, {**good, name: value})) == [said], (name, value)
    assert faults(stack.api.post(CHANGE, {"add_to": [link["id"]]})) == ["/interview_ids"]
    together = {"interview_ids": pool[1:2], "add_to": [f"lnk_a{n}" for n in range(26)], "remove_from": [f"lnk_r{n}" for n in range(25)]}
    assert ("/remove_from", "too_many") in codes(stack.api.post(CHANGE, together))
    assert faults(stack.other_api.post(CHANGE, good)) == ["/add_to/0", "/interview_ids/0", "/interview_ids/1", "/remove_from/0"]
    stack.api.post(CHANGE, data="[]", headers={"Content-Type": "application/json"}, status=422)
    assert snapshot(stack) == before


def test_link_that_would_be_too_full_refuses_all(stack, pool, many):
    nearly, link, out = (stack.make_share_link(interview_ids=ids) for ids in (many[:499], pool[:1], pool[:2]))
    before = snapshot(stack)
    answer = stack.api.post(CHANGE, {"interview_ids": [many[0], pool[0], pool[1]], "add_to": [link["id"], nearly["id"]], "remove_from": [out["id"]]})
    assert codes(answer) == [("/add_to/1", "too_many")]
    answer = stack.api.post(CHANGE, {"interview_ids": [pool[0], pool[1], "nada"], "add_to": [link["id"], nearly["id"]], "remove_from": [out["id"]]})
    assert codes(answer) == [("/add_to/1", "too_many"), ("/interview_ids/2", "not_found")]
    assert snapshot(stack) == before
    answer = stack.api.post(CHANGE, {"interview_ids": [*many[:3], pool[0]], "add_to": [nearly["id"], link["id"]]}, status=200)
    assert answer.json()["changed"] == [{"id": nearly["id"], "added": 1, "removed": 0}, {"id": link["id"], "added": 3, "removed": 0}]
    assert len(members(stack, nearly)) == 500
    stack.api.post(CHANGE, {"interview_ids": many[:3], "add_to": [nearly["id"]]}, status=200)


def test_pages_that_would_be_too_large_are_said_at_the_link(make_stack):
    stack = make_stack(settings={"SHARELINK_LINKS_LINK_CONTENT_MB": "2"})
    large = samples.interview_document()
    large["questions"] = [{"id": f"q{n}", "text": "Why?", "answer": {"kind": "text", "text": "x" * 10000}} for n in range(100)]
    ids = [samples.interview_id() for _ in range(2)]
    for each in ids:
        stack.api.put(f"/v1/interviews/{each}", large, status=201)
    one, small = stack.make_share_link(interview_ids=ids[:1]), stack.make_share_link()
    before = snapshot(stack)
    assert codes(stack.api.post(CHANGE, {"interview_ids": ids, "add_to": [small["id"], one["id"]]})) == [("/add_to/0", "too_large"), ("/add_to/1", "too_large")]
    assert snapshot(stack) == before
    stack.api.post(CHANGE, {"interview_ids": ids[:1], "add_to": [small["id"], one["id"]]}, status=200)


def test_the_most_that_may_be_asked_for_goes_through_and_back(stack, pool, many):
    links = [stack.make_share_link(interview_ids=pool[:1]) for _ in range(50)]
    ids = [link["id"] for link in links]
    stack.db.rows("delete from links.share_link_interviews where share_link_id = any(%s)", ids)
    answer = stack.api.post(CHANGE, {"interview_ids": many, "add_to": ids}, status=200)
    assert answer.json()["changed"] == [{"id": each, "added": 500, "removed": 0} for each in ids]
    print(f"25,000 memberships in {answer.elapsed.total_seconds():.2f} s")
    assert members(stack, links[7]) == many
    shown = stack.api.post(QUERY, {"interview_ids": many, "limit": 100}, status=200)
    print(f"asked for in {shown.elapsed.total_seconds():.2f} s")
    assert {row["id"]: row["present"] for row in shown.json()["share_links"] if row["id"] in ids} == dict.fromkeys(ids, 500)
    answer = stack.api.post(CHANGE, {"interview_ids": many, "remove_from": ids}, status=200)
    assert answer.json()["changed"] == [{"id": each, "added": 0, "removed": 500} for each in ids]
    print(f"out again in {answer.elapsed.total_seconds():.2f} s")


def test_key_repeats_the_answer_and_the_change_once(stack, pool):
    link = stack.make_share_link(interview_ids=pool[:1])
    body, key = {"interview_ids": pool[1:3], "add_to": [link["id"]]}, {"Idempotency-Key": samples.interview_id()}
    first = stack.api.post(CHANGE, body, headers=key, status=200)
    stack.api.post(CHANGE, {"interview_ids": pool[1:2], "remove_from": [link["id"]]}, status=200)
    again = stack.api.post(CHANGE, body, headers=key, status=200)
    assert again.headers["Idempotency-Replayed"] == "true" and again.json() == first.json()
    assert members(stack, link) == [pool[0], pool[2]], "an answer that is given again changes nothing again"
    assert stack.api.post(CHANGE, {**body, "add_to": []}, headers=key, status=422).json()["code"] == "idempotency_key_reused"


def test_callers_at_once_take_turns_and_the_events_tell_what_became_of_it(stack, pool):
    links = [stack.make_share_link(interview_ids=[pool[11]]) for _ in range(4)]
    ids, few = [link["id"] for link in links], pool[:5]

    def change(seed):
        dice, api, answers = random.Random(seed), stack.api.another(), []
        for _ in range(10):
            shuffled = dice.sample(ids, 4)
            some = dice.sample(few, dice.randint(1, 4))
            answers.append((some, api.post(CHANGE, {"interview_ids": some, "add_to": shuffled[:2], "remove_from": shuffled[2:]}, status=200).json()["changed"]))
        return answers

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        answers = list(itertools.chain(*threads.map(change, range(8))))
    for link in links:
        events = events_of(stack, link["id"], 1)
        balance = dict.fromkeys(few, 0)
        for name, data in events:
            for interview in data["interview_ids"]:
                balance[interview] += {"link.interviews_added": 1, "link.interviews_removed": -1}[name]
        assert set(balance.values()) <= {0, 1}
        assert set(members(stack, link)) == {pool[11], *(interview for interview, count in balance.items() if count)}
        told = [row for _, changed in answers for row in changed if row["id"] == link["id"]]
        assert sum(row["added"] - row["removed"] for row in told) == sum(balance.values())
        assert len(told) == len(events) == stack.api.get(f"/v1/share-links/{link['id']}").json()["version"] - 1


# --- the boxes as they are ---

@pytest.fixture
def shown(make_stack):
    """An account with links of two owners: none, some and all of two interviews are in them."""
    stack = make_stack()
    stack.two = [stack.make_interview() for _ in range(2)]
    other = stack.make_interview()
    stack.listed = [stack.make_share_link(interview_ids=ids, title=title, owner={"name": "O", "email": owner}) for title, ids, owner in (
        ("Alpha", [other], "a@x.example"), ("Beta", [other, stack.two[1]], "b@x.example"), ("Gamma", [*stack.two, other], "a@x.example"))]
    stack.api.post(f"/v1/interviews/{stack.two[0]}/basic-link", status=201)
    return stack


def test_each_link_tells_how_many_of_them_it_has(shown):
    answer = queried(shown.api, shown.two)
    assert answer == {"has_more": False, "next_cursor": None, "share_links": [
        {"id": link["id"], "title": link["title"], "state": "active", "expires_at": link["expires_at"], "present": present}
        for link, present in zip(reversed(shown.listed), (2, 1, 0))]}
    assert [row["present"] for row in queried(shown.api, shown.two[:1])["share_links"]] == [1, 0, 0]
    shown.api.post(f"/v1/share-links/{shown.listed[0]['id']}/deactivate", status=200)
    shown.db.rows("update links.share_links set expires_at = now() where id = %s", shown.listed[1]["id"])
    assert [row["state"] for row in queried(shown.api, shown.two)["share_links"]] == ["active", "expired", "deactivated"]
    for state, title in (("active", "Gamma"), ("expired", "Beta"), ("deactivated", "Alpha")):
        assert [row["title"] for row in queried(shown.api, shown.two, state=state)["share_links"]] == [title]


def test_filters_and_pages(shown):
    def titles(**over):
        return [row["title"] for row in queried(shown.api, shown.two, **over)["share_links"]]

    assert titles(owner_email="A@X.example") == ["Gamma", "Alpha"] and titles(owner_email="nobody@x.example") == []
    assert titles(search="bêta") == ["Beta"] and titles(search="alpha gamma") == [] and titles(search=None, owner_email=None, state=None, cursor=None) == ["Gamma", "Beta", "Alpha"]
    assert titles(owner_email="a@x.example", search="gam", state="active", limit=1) == ["Gamma"]
    first = queried(shown.api, shown.two, limit=2)
    assert [row["title"] for row in first["share_links"]] == ["Gamma", "Beta"] and first["has_more"]
    shown.make_share_link(title="New")
    shown.api.delete(f"/v1/share-links/{shown.listed[1]['id']}", status=204)
    last = queried(shown.api, shown.two, limit=2, cursor=first["next_cursor"])
    assert [row["title"] for row in last["share_links"]] == ["Alpha"] and (last["has_more"], last["next_cursor"]) == (False, None)
    assert faults(shown.api.post(QUERY, {"interview_ids": shown.two, "cursor": first["next_cursor"], "search": "x"})) == ["/cursor"]


def test_what_is_wrong_with_the_question(shown):
    link = shown.listed[0]
    listed = shown.api.get("/v1/share-links?limit=1", status=200).json()["next_cursor"]
    theirs = samples.interview_id()
    shown.other_api.put(f"/v1/interviews/{theirs}", samples.interview_document(), status=201)
    body = {"interview_ids": [shown.two[0], theirs, shown.two[0], "", 7], "owner_email": "no address", "search": "", "state": "off", "limit": 101, "cursor": listed, "sort": "title"}
    assert codes(shown.api.post(QUERY, body)) == [
        ("/cursor", "invalid"), ("/interview_ids/1", "not_found"), ("/interview_ids/2", "duplicate"), ("/interview_ids/3", "too_short"),
        ("/interview_ids/4", "wrong_type"), ("/limit", "out_of_range"), ("/owner_email", "invalid"), ("/search", "invalid"), ("/sort", "unknown_field"),
        ("/state", "invalid")]
    for wrong in ([], None, [f"i{n}" for n in range(501)]):
        assert faults(shown.api.post(QUERY, {"interview_ids": wrong})) == ["/interview_ids"]
    for name, wrong in (("limit", 0), ("limit", "2"), ("limit", 1.5), ("cursor", ""), ("cursor", "x" * 3000), ("cursor", link["id"]), ("cursor", 7), ("search", "x" * 201),
                        ("search", []), ("owner_email", "a b@x.example")):
        assert faults(shown.api.post(QUERY, {"interview_ids": shown.two, name: wrong})) == [f"/{name}"], (name, wrong)
    assert faults(shown.other_api.post(QUERY, {"interview_ids": shown.two})) == ["/interview_ids/0", "/interview_ids/1"]
    assert queried(shown.other_api, [theirs])["share_links"] == []


# --- a recruiter's session ---

def test_session_ticks_own_links_with_what_it_was_given(stack, pool):
    recruiter = Recruiter(stack, interview_ids=pool[:2])
    own, colleagues = recruiter.share(pool[:1]), stack.make_share_link(interview_ids=pool[:1])
    for asked in ({}, {"owner_email": colleagues["owner"]["email"]}):
        assert [(row["id"], row["present"]) for row in queried(recruiter.links, pool[:2], **asked)["share_links"]] == [(own["id"], 1)]
    assert faults(recruiter.links.post(QUERY, {"interview_ids": pool[:3]})) == ["/interview_ids/2"]
    before = snapshot(stack)
    body = {"interview_ids": [pool[1], pool[2]], "add_to": [own["id"], colleagues["id"]], "remove_from": []}
    assert codes(recruiter.links.post(CHANGE, body)) == [("/add_to/1", "not_found"), ("/interview_ids/1", "not_found")]
    assert faults(recruiter.links.post(CHANGE, {"interview_ids": pool[:1], "remove_from": [colleagues["id"]]})) == ["/remove_from/0"]
    assert snapshot(stack) == before
    assert recruiter.links.post(CHANGE, {"interview_ids": pool[:2], "add_to": [own["id"]]}, status=200).json() == {
        "changed": [{"id": own["id"], "added": 1, "removed": 0}]}
    assert members(stack, own) == pool[:2]
    for may in ([], ["manage"]):
        reader = Recruiter(stack, email=recruiter.email, interview_ids=pool[:1], may=may)
        assert queried(reader.links, pool[:1])["share_links"][0]["id"] == own["id"]
        reader.links.post(CHANGE, {"interview_ids": pool[:1], "add_to": [own["id"]]}, status=403)
    everything = Recruiter(stack, sees="all")
    everything.links.post(CHANGE, {"interview_ids": pool[4:5], "add_to": [colleagues["id"]]}, status=200)
