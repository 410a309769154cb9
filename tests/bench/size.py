"""A page of links, one link and one reviewer's content at 10,000 share links in 10 accounts, and the same calls again at
1,000,000 links in 1,000 accounts: what a call costs must not depend on what others store."""

import http.client
import statistics
import time

from opens import open_door
from rig import report

SMALL, LARGE = 10, 1000  # accounts of a thousand links each
CALLS = 200


def bench_size(rig):
    interviews = rig.make_interviews("size", 20)
    link = rig.make_link("Measured", interviews, 2)
    page, passcode = link["reviewers"][0]["url"].rsplit("#", 1)
    token = page.rsplit("/", 1)[1]
    cookie = open_door(rig, (token, passcode))
    key = {"Authorization": f"Bearer {rig.key}"}
    calls = {
        "list page": (rig.stack.links.port, "/v1/share-links?sort=-last_opened_at", key),
        "list page, filtered": (rig.stack.links.port, "/v1/share-links?state=active&sort=title", key),
        "one link": (rig.stack.links.port, f"/v1/share-links/{link['id']}", key),
        "content": (rig.stack.views.port, f"/s/{token}/content", {"Cookie": cookie}),
    }
    fill(rig, 0, SMALL)
    small = {name: median_ms(*call) for name, call in calls.items()}
    fill(rig, SMALL, LARGE)
    for name, call in calls.items():
        report(f"{name}, by size", median_ms(*call), f"ms at {LARGE},000 links", small[name], f"ms at {SMALL},000 links",
               f"p50 of {CALLS} calls, one at a time", "<= 2")


def fill(rig, first, last):
    """Accounts of 1,000 links, 200 interviews; two interviews and a reviewer for each link. The first is the caller's own."""
    for start in range(first, last, 50):
        numbers = f"generate_series({start}, {min(start + 50, last) - 1})"
        rig.sql(f"""
            set synchronous_commit = off;
            create temporary table number as select n, case when n = 0 then '{rig.account}' else 'acc_bench' || n end as account_id
            from {numbers} n;
            insert into links.accounts (id, name, plan) select account_id, 'Filled', 'growth' from number where n > 0;
            insert into links.interviews (account_id, id, document)
            select account_id, 'filled-' || i, jsonb_build_object('type', 'live', 'job', jsonb_build_object('id', 'j' || i % 10, 'title', 'Job'),
                'candidate', jsonb_build_object('first_name', 'C' || i, 'last_name', 'D'), 'questions', '[]'::jsonb)
            from number, generate_series(1, 200) i;
            insert into links.share_links (id, account_id, kind, title, owner_name, owner_email, owner_time_zone, send_email, media_salt,
                                           expires_at, created_at)
            select 'lnk_' || lpad(n * 1000 + l || '', 26, '0'), account_id, 'advanced', 'Shortlist ' || md5(n || ' ' || l), 'Owner',
                   'owner' || l % 20 || '@hiring.example', 'UTC', false, '\\x00', now() + (l % 60 + 1) * interval '1 day',
                   now() - l * interval '1 hour'
            from number, generate_series(1, 1000) l;
            insert into links.share_link_interviews (share_link_id, account_id, interview_id, position)
            select 'lnk_' || lpad(n * 1000 + l || '', 26, '0'), account_id, 'filled-' || (l * 7 + i) % 200 + 1, i
            from number, generate_series(1, 1000) l, generate_series(1, 2) i;
            insert into links.reviewers (id, share_link_id, account_id, position, name, email, token_hash, passcode_hash, sealed)
            select 'rvw_' || lpad(n * 1000 + l || '', 26, '0'), 'lnk_' || lpad(n * 1000 + l || '', 26, '0'), account_id, 1, 'Reviewer ' || l,
                   'r' || l || '@reviewers.example', sha256(('t' || n || ' ' || l)::bytea), '\\x00', '\\x00'
            from number, generate_series(1, 1000) l;
            drop table number""")
    rig.sql("vacuum analyze")


def median_ms(port, path, headers):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times = []
    for _ in range(CALLS):
        began = time.monotonic()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        times.append((time.monotonic() - began) * 1000)
        assert answer.status == 200, answer.status
    return statistics.median(times[CALLS // 10:])
