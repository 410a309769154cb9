"""Interviews become members of links and stop being so: one, many, and by the form with check boxes."""

import random
import threading

import pytest
from support import samples
from support.api import faults
from support.changes import event_types, events_of, inside, made_basic, snapshot


def path_of(link, rest=""):
    return f"/v1/share-links/{link['id']}/interviews{rest}"


def members(stack, link):
    return stack.api.get(f"/v1/share-links/{link['id']}", status=200).json()["interview_ids"]


def positions(stack, link):
    rows = stack.db.rows("select interview_id, position from links.share_link_interviews where share_link_id = %s", link["id"])
    return {row["interview_id"]: row["position"] for row in rows}


def in_threads(works):
    failures = []

    def guarded(work):
        try:
            work()
        except BaseException as failure:  # a thread's failure is the test's
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@pytest.fixture(scope="module")
def pool(stack):
    """Interviews that all tests here share."""
    return [stack.make_interview() for _ in range(30)]


def test_added_interviews_are_shown_at_once_and_those_there_already_are_no_error(stack, pool):
    link = stack.make_share_link(interview_ids=pool[:2])
    reviewer = inside(stack, link)
    answer = stack.api.post(path_of(link), {"interview_ids": [pool[3], pool[0], pool[2]]}, status=200).json()
    assert answer == {"added": [pool[3], pool[2]], "already_present": [pool[0]]}
    assert [i["id"] for i in reviewer.content().json()["interviews"]] == [pool[0], pool[1], pool[3], pool[2]] == members(stack, link)
    assert events_of(stack, link["id"])[-1] == (
        "link.interviews_added", {"share_link_id": link["id"], "interview_ids": [pool[3], pool[2]]})
    seen = len(events_of(stack, link["id"]))
    answer = stack.api.post(path_of(link), {"interview_ids": [pool[0]]}, status=200).json()
    assert answer == {"added": [], "already_present": [pool[0]]}
    assert len(events_of(stack, link["id"])) == seen
    assert stack.api.get(f"/v1/share-links/{link['id']}").json()["version"] == 2


def test_removed_interviews_are_gone_at_the_next_request(stack, pool):
    link = stack.make_share_link(interview_ids=pool[:4])
    reviewer = inside(stack, link)
    avatar = reviewer.content().json()["interviews"][1]["candidate"]["avatar_url"]
    assert reviewer.get(avatar).status_code == 302
    answer = stack.api.post(path_of(link, "/remove"), {"interview_ids": [pool[9], pool[1], "never-was", pool[2]]}, status=200).json()
    assert answer == {"removed": [pool[1], pool[2]], "not_present": [pool[9], "never-was"]}
    assert [i["id"] for i in reviewer.content().json()["interviews"]] == [pool[0], pool[3]]
    assert reviewer.get(avatar).status_code == 404
    assert events_of(stack, link["id"])[-1] == (
        "link.interviews_removed", {"share_link_id": link["id"], "interview_ids": [pool[1], pool[2]]})
    seen = len(events_of(stack, link["id"]))
    stack.api.post(path_of(link, "/remove"), {"interview_ids": [pool[1]]}, status=200)
    assert len(events_of(stack, link["id"])) == seen
    stack.api.post(path_of(link, "/remove"), {"interview_ids": [pool[0], pool[3]]}, status=200)
    assert reviewer.content(status=200).json()["interviews"] == []


def test_positions_are_never_given_twice(stack, pool):
    link = stack.make_share_link(interview_ids=pool[:3])
    reviewer = inside(stack, link)
    avatar = reviewer.content().json()["interviews"][2]["candidate"]["avatar_url"]
    stack.api.post(path_of(link, "/remove"), {"interview_ids": [pool[2]]}, status=200)
    stack.api.post(path_of(link), {"interview_ids": [pool[4]]}, status=200)
    assert positions(stack, link) == {pool[0]: 1, pool[1]: 2, pool[4]: 4}
    assert reviewer.get(avatar).status_code == 404
    stack.api.post(path_of(link, "/remove"), {"interview_ids": [pool[4]]}, status=200)
    stack.api.put(f"/v1/interviews/{pool[5]}/share-links", {"share_link_ids": [link["id"]]}, status=200)
    assert positions(stack, link)[pool[5]] == 5


def test_unknown_interviews_are_named_beside_the_bodys_own_faults(stack, pool):
    link = stack.make_share_link(interview_ids=pool[:1])
    before = snapshot(stack)
    body = {"interview_ids": [pool[1], "nope", "", pool[1], 7, "no pe", "nada", pool[0]], "position": 1}
    assert faults(stack.api.post(path_of(link), body)) == [
        "/interview_ids/1", "/interview_ids/2", "/interview_ids/3", "/interview_ids/4", "/interview_ids/5", "/interview_ids/6", "/position"]
    assert faults(stack.api.post(path_of(link), {"interview_ids": [pool[1], "nope"]})) == ["/interview_ids/1"]
    for wrong in ({}, {"interview_ids": []}, {"interview_ids": "x"}, {"interview_ids": None}, {"interview_ids": ["x"] * 501}):
        for rest in ("", "/remove"):
            assert faults(stack.api.post(path_of(link, rest), wrong)) == ["/interview_ids"]
    assert faults(stack.api.post(path_of(link, "/remove"), {"interview_ids": ["a", "a", "b c"]})) == ["/interview_ids/1", "/interview_ids/2"]
    assert snapshot(stack) == before


def test_link_has_at_most_500_interviews(stack, pool):
    link = stack.make_share_link(interview_ids=pool[:1])
    many = [f"many-{number}" for number in range(500)]
    stack.db.rows("insert into links.interviews (account_id, id, document) select account_id, unnest(%s), document from links.interviews where id = %s",
                  many, pool[0])
    assert faults(stack.api.post(path_of(link), {"interview_ids": many})) == ["/interview_ids"]
    stack.api.post(path_of(link), {"interview_ids": many[:499]}, status=200)
    assert faults(stack.api.post(path_of(link), {"interview_ids": many[498:]})) == ["/interview_ids"]
    other = stack.make_share_link(interview_ids=pool[:1])
    put = stack.api.put(f"/v1/interviews/{many[499]}/share-links", {"share_link_ids": [other["id"], link["id"]]})
    assert faults(put) == ["/share_link_ids/1"]
    assert stack.api.get(f"/v1/share-links/{link['id']}").json()["interview_count"] == 500
    assert members(stack, other) == pool[:1]


def test_fifty_parallel_adds_and_removes_end_in_the_right_set(stack, pool):
    link = stack.make_share_link(interview_ids=pool[:10])
    added, removed = pool[10:30], pool[:5]
    changes = [("", [interview]) for interview in added] + [("", random.sample(added, 2)) for _ in range(10)]
    changes += [("/remove", [interview]) for interview in removed] + [("/remove", random.sample(removed, 2)) for _ in range(15)]
    answers = []

    def change(rest, ids):
        answers.append(stack.api.another().post(path_of(link, rest), {"interview_ids": ids}, status=200).json())

    assert len(changes) == 50
    random.shuffle(changes)
    in_threads([lambda rest=rest, ids=ids: change(rest, ids) for rest, ids in changes])
    assert set(members(stack, link)) == set(pool[5:30])
    assert sorted(i for answer in answers for i in answer.get("added", [])) == sorted(added)
    assert sorted(i for answer in answers for i in answer.get("removed", [])) == sorted(removed)
    effective = sum(1 for answer in answers if answer.get("added") or answer.get("removed"))
    assert stack.api.get(f"/v1/share-links/{link['id']}").json()["version"] == 1 + effective
    assert event_types(stack, link["id"]).count("link.interviews_added") == sum(1 for a in answers if a.get("added"))
    taken = positions(stack, link)
    assert len(set(taken.values())) == 25
    last = stack.db.value("select last_position from links.share_links where id = %s", link["id"])
    assert last == max(taken.values()) == 30


def test_parallel_adds_and_removes_of_one_interview_agree_with_their_answers(stack, pool):
    link = stack.make_share_link(interview_ids=pool[:1])
    answers = []

    def change(rest):
        answers.append(stack.api.another().post(path_of(link, rest), {"interview_ids": [pool[1]]}, status=200).json())

    in_threads([lambda rest=rest: change(rest) for rest in ["", "/remove"] * 15])
    balance = sum(len(a.get("added", [])) - len(a.get("removed", [])) for a in answers)
    assert balance == (pool[1] in members(stack, link))


# --- the form with check boxes ---


def boxes(interview):
    return f"/v1/interviews/{interview}/share-links"


def test_check_boxes_become_exactly_so(stack, pool):
    interview = stack.make_interview()
    links = sorted((stack.make_share_link(interview_ids=pool[:1]) for _ in range(4)), key=lambda link: link["id"])
    ids = [link["id"] for link in links]
    basic = made_basic(stack, stack.make_share_link(interview_ids=[interview]))
    assert stack.api.get(boxes(interview), status=200).json() == {"share_link_ids": [], "share_links": []}

    first = stack.api.put(boxes(interview), {"share_link_ids": [ids[2], ids[0]]}, status=200)
    assert first.json()["share_link_ids"] == [ids[0], ids[2]]
    assert first.json()["share_links"][0] == {"id": ids[0], "title": links[0]["title"], "state": "active", "expires_at": links[0]["expires_at"]}
    got = stack.api.get(boxes(interview), status=200)
    assert got.json() == first.json() and got.headers["ETag"] == first.headers["ETag"]

    second = stack.api.put(boxes(interview), {"share_link_ids": [ids[2], ids[3]]}, status=200)
    assert second.json() == stack.api.get(boxes(interview)).json() and second.json()["share_link_ids"] == ids[2:]
    assert [interview in members(stack, link) for link in links] == [False, False, True, True]
    assert [stack.api.get(f"/v1/share-links/{i}").json()["version"] for i in ids] == [3, 1, 2, 2]
    assert event_types(stack, ids[0], 1) == ["link.interviews_added", "link.interviews_removed"]
    assert events_of(stack, ids[2], 1) == [("link.interviews_added", {"share_link_id": ids[2], "interview_ids": [interview]})]
    stack.api.put(boxes(interview), {"share_link_ids": []}, status=200)
    assert stack.api.get(boxes(interview)).json()["share_link_ids"] == []
    assert members(stack, basic) == [interview], "a basic link is not the form's business"
    for rest in ("", "/remove"):
        assert stack.api.post(path_of(basic, rest), {"interview_ids": [interview]}, status=409).json()["code"] == "basic_link"


def test_check_boxes_name_what_is_wrong_and_then_change_nothing(stack, pool):
    links = [stack.make_share_link(interview_ids=pool[:1]) for _ in range(2)]
    basic = made_basic(stack, stack.make_share_link(interview_ids=pool[:1]))
    theirs = samples.interview_id()
    stack.other_api.put(f"/v1/interviews/{theirs}", samples.interview_document(), status=201)
    foreign = stack.other_api.post("/v1/share-links", samples.share_link_body([theirs]), status=201).json()
    before = snapshot(stack)
    body = {"share_link_ids": [links[1]["id"], "lnk_x", foreign["id"], basic["id"], 7, links[1]["id"], "\n"], "all": True}
    assert faults(stack.api.put(boxes(pool[3]), body)) == [
        "/all", "/share_link_ids/1", "/share_link_ids/2", "/share_link_ids/3", "/share_link_ids/4", "/share_link_ids/5", "/share_link_ids/6"]
    for wrong in ({}, {"share_link_ids": None}, {"share_link_ids": "x"}, {"share_link_ids": {}}, {"share_link_ids": ["x"] * 501}):
        assert faults(stack.api.put(boxes(pool[3]), wrong)) == ["/share_link_ids"]
    stack.api.put(boxes("never-was"), {"share_link_ids": [links[0]["id"]]}, status=404)
    stack.api.get(boxes("never-was"), status=404)
    stack.other_api.put(boxes(pool[3]), {"share_link_ids": [foreign["id"]]}, status=404)
    assert snapshot(stack) == before


def test_form_that_was_overtaken_is_refused(stack, pool):
    interview = stack.make_interview()
    links = [stack.make_share_link(interview_ids=pool[:1]) for _ in range(2)]
    tag = stack.api.get(boxes(interview)).headers["ETag"]
    stack.api.put(boxes(interview), {"share_link_ids": [links[0]["id"]]}, headers={"If-Match": tag}, status=200)
    for stale in (tag, '"v1"', "x", ""):
        stack.api.put(boxes(interview), {"share_link_ids": []}, headers={"If-Match": stale}, status=412)
    stack.api.put(boxes(interview), {"share_link_ids": []}, headers={"If-Match": b"\xff"}, status=412)
    stack.api.put(boxes(interview), {"share_link_ids": [links[1]["id"]]}, headers={"If-Match": "*"}, status=200)


def test_parallel_forms_of_one_interview_end_in_one_of_them(stack, pool):
    interview = stack.make_interview()
    ids = sorted(stack.make_share_link(interview_ids=pool[:1])["id"] for _ in range(6))
    forms = [sorted(random.sample(ids, random.randint(0, 6))) for _ in range(20)]

    def put(form):
        answer = stack.api.another().put(boxes(interview), {"share_link_ids": random.sample(form, len(form))}, status=200).json()
        assert answer["share_link_ids"] == form

    in_threads([lambda form=form: put(form) for form in forms])
    assert stack.api.get(boxes(interview)).json()["share_link_ids"] in forms


def test_forms_and_bulk_changes_side_by_side_lose_nothing(stack, pool):
    links = sorted((stack.make_share_link(interview_ids=[pool[0]]) for _ in range(3)), key=lambda link: link["id"])
    ids = [link["id"] for link in links]
    boxed, bulk = pool[1:9], pool[9:17]
    works = [lambda i=i: stack.api.another().put(boxes(i), {"share_link_ids": random.sample(ids, 3)}, status=200) for i in boxed]
    works += [lambda i=i, link=link: stack.api.another().post(path_of(link), {"interview_ids": [i]}, status=200) for i in bulk for link in links]
    random.shuffle(works)
    in_threads(works)
    for link in links:
        assert set(members(stack, link)) == {pool[0], *boxed, *bulk}
        assert stack.api.get(f"/v1/share-links/{link['id']}").json()["version"] == 17
        assert sorted(positions(stack, link).values()) == list(range(1, 18))


def test_whatever_happens_at_once_the_events_tell_what_became_of_it(stack, pool):
    links = [stack.make_share_link(interview_ids=[pool[0]]) for _ in range(3)]
    ids = [link["id"] for link in links]
    few = pool[1:5]

    def change():
        api = stack.api.another()
        for _ in range(12):
            link = random.choice(links)
            some = random.sample(few, random.randint(1, 3))
            random.choice([
                lambda: api.post(path_of(link), {"interview_ids": some}, status=200),
                lambda: api.post(path_of(link, "/remove"), {"interview_ids": some}, status=200),
                lambda: api.put(boxes(some[0]), {"share_link_ids": random.sample(ids, random.randint(0, 3))}, status=200),
            ])()

    in_threads([change] * 10)
    for link in links:
        events = events_of(stack, link["id"], 1)
        balance = {interview: 0 for interview in few} | {pool[0]: 1}
        for name, data in events:
            for interview in data["interview_ids"]:
                balance[interview] += {"link.interviews_added": 1, "link.interviews_removed": -1}[name]
        assert set(balance.values()) <= {0, 1}
        assert set(members(stack, link)) == {interview for interview, count in balance.items() if count}
        assert stack.api.get(f"/v1/share-links/{link['id']}").json()["version"] == 1 + len(events)
        added = sum(len(data["interview_ids"]) for name, data in events if name == "link.interviews_added")
        assert stack.db.value("select last_position from links.share_links where id = %s", link["id"]) == 1 + added
        assert len(set(positions(stack, link).values())) == len(members(stack, link))
