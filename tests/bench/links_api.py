"""The links API through HTTP (wrk) beside pgbench with the very statements that the daemon sends: create with 5 reviewers and
20 interviews, one link, and a page of 20 links."""

import itertools
import json
import statistics
import time

from rig import CLIENTS, FRESH, ROUNDS, SECONDS, alternate, fresh, link_body, report, wrk_script
from support import samples

NOTE = f"{CLIENTS} clients, median of {ROUNDS} rounds of {SECONDS} s"
LINKS = 200


def bench_create(rig):
    body = link_body("Create", rig.make_interviews("create", 20), 5)
    statement = rig.catch_statement("create_link", lambda: rig.call("POST", "/v1/share-links", body), fresh)
    before = rig.sql("select count(*) from links.share_links")[0][0]
    rig.pgbench(FRESH + statement + ";\n", "sharelink_links")
    assert rig.sql("select count(*) from links.share_links")[0][0] > before, "the statement as pgbench sends it stores nothing"
    compare(rig, "create", wrk_script("POST", "/v1/share-links", headers_of(rig), json.dumps(body)), FRESH + statement)


def bench_get(rig):
    link = rig.make_link("Get", rig.make_interviews("get", 20), 5)
    path = f"/v1/share-links/{link['id']}"
    compare(rig, "get", wrk_script("GET", path, headers_of(rig)), rig.catch_statement("get_link", lambda: rig.call("GET", path)))


def bench_list(rig):
    """Of an account of its own, so that what other parts made does not lie between."""
    _, key = rig.stack.create_account("Lists")
    rig.call("PUT", "/v1/interviews/list-1", {"type": "live", "job": {"id": "j", "title": "J"}, "candidate": {"first_name": "A", "last_name": "B"},
                                              "questions": []}, key)
    for number in range(LINKS):
        rig.make_link(f"List {number}", ["list-1"], 5, key)
    rig.sql("vacuum analyze")
    compare(rig, "list page", wrk_script("GET", "/v1/share-links", headers_of(rig, key)),
            rig.catch_statement(r"list share-links \d+", lambda: rig.call("GET", "/v1/share-links", key=key)))


def bench_batch(rig):
    """300 interviews by 3 calls, beside 30 by as many: seconds, so that less than 1 is wanted."""
    numbers = itertools.count(1)

    def made(count):
        return [{"id": f"batch-{next(numbers)}", **samples.interview_document()} for _ in range(count)]

    def seconds(calls):
        began = time.monotonic()
        for method, path, body in calls:
            rig.call(method, path, body)
        return time.monotonic() - began

    def one_by_one(documents):
        return [("PUT", f"/v1/interviews/{each.pop('id')}", each) for each in documents]

    pairs = [(seconds([("POST", "/v1/interviews/batch", {"interviews": made(100)}) for _ in range(3)]), seconds(one_by_one(made(30))))
             for _ in range(2 * ROUNDS + 1)]
    batch, single = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    report("300 by 3 batches", batch * 1000, "ms", single * 1000, "ms for 30 single calls", f"median of {len(pairs)} pairs", "< 1")


def compare(rig, name, request, statement):
    http, plain = alternate(lambda: rig.wrk(request, rig.stack.links.url()), lambda: rig.pgbench(statement + ";\n", "sharelink_links"))
    report(name, http, "/s through HTTP", plain, "/s by pgbench", NOTE, ">= 0.7")


def headers_of(rig, key=None):
    return {"Authorization": f"Bearer {key or rig.key}", "Content-Type": "application/json"}
