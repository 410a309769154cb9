"""The links API through HTTP (wrk) beside pgbench with the very statements that the daemon sends: create with 5 reviewers and
20 interviews, one link, a page of 20 links and of 20 summaries, and the matrix of 50 interviews and 20 reviewers."""

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


def bench_summary(rig):
    """Of links that were opened and reviewed; beside their whole rows, too, in the same rounds."""
    _, key = rig.stack.create_account("Summaries")
    rig.call("PUT", "/v1/interviews/summary-1", {"type": "live", "job": {"id": "j", "title": "J"}, "candidate": {"first_name": "A", "last_name": "B"},
                                                 "questions": []}, key)
    for number in range(LINKS):
        rig.make_link(f"Summary {number}", ["summary-1"], 5, key)
    review_all(rig, "summary-1")
    path = "/v1/share-links?view=summary"
    statement = rig.catch_statement(r"list share-link-summaries \S+", lambda: rig.call("GET", path, key=key))
    whole = wrk_script("GET", "/v1/share-links", headers_of(rig, key))
    summary = wrk_script("GET", path, headers_of(rig, key))
    compare(rig, "summary page", summary, statement, ">= 0.8")
    ours, rows = alternate(lambda: rig.wrk(summary, rig.stack.links.url()), lambda: rig.wrk(whole, rig.stack.links.url()))
    report("summary page", ours, "/s through HTTP", rows, "/s of whole rows", NOTE, ">= 3")


def bench_matrix(rig):
    """Every reviewer has reviewed every interview, and watched it."""
    link = rig.make_link("Matrix", rig.make_interviews("matrix", 50), 20)
    review_all(rig, "matrix-%")
    path = f"/v1/share-links/{link['id']}/matrix?limit=50"
    compare(rig, "matrix 50 x 20", wrk_script("GET", path, headers_of(rig)),
            rig.catch_statement(r"list matrix \S+", lambda: rig.call("GET", path)), ">= 0.8")


def review_all(rig, interviews):
    """By SQL, what all reviewers of the links with these interviews would have done."""
    rig.sql(f"""
        insert into views.activity (reviewer_id, share_link_id, account_id, open_count)
        select distinct r.id, r.share_link_id, r.account_id, 2 from links.reviewers r
        join links.share_link_interviews m on m.share_link_id = r.share_link_id and m.interview_id like '{interviews}';
        insert into views.reviews (id, account_id, share_link_id, reviewer_id, reviewer_name, interview_id, rating, comment, question_ratings, submitted_at)
        select sharelink.new_id('fbk_'), r.account_id, r.share_link_id, r.id, r.name, m.interview_id, 1 + r.position % 5, 'Knows her atlas.', '[]', now()
        from links.reviewers r join links.share_link_interviews m on m.share_link_id = r.share_link_id and m.interview_id like '{interviews}';
        insert into views.watch (reviewer_id, interview_id, question_id, account_id, share_link_id, seconds, position)
        select r.id, m.interview_id, 'q1', r.account_id, r.share_link_id, 40, 40
        from links.reviewers r join links.share_link_interviews m on m.share_link_id = r.share_link_id and m.interview_id like '{interviews}';
        update views.link_activity l set rating_count = r.many, rating_sum = r.sum, last_opened_at = now()
        from (select share_link_id, count(*) as many, sum(rating) as sum from views.reviews group by 1) r where r.share_link_id = l.share_link_id""")
    rig.sql("vacuum analyze")


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


def compare(rig, name, request, statement, aim=">= 0.7"):
    http, plain = alternate(lambda: rig.wrk(request, rig.stack.links.url()), lambda: rig.pgbench(statement + ";\n", "sharelink_links"))
    report(name, http, "/s through HTTP", plain, "/s by pgbench", NOTE, aim)


def headers_of(rig, key=None):
    return {"Authorization": f"Bearer {key or rig.key}", "Content-Type": "application/json"}
