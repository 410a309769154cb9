"""updated_at: each new version has its own time, which is later than that of the version before; and lists in its order."""

import contextlib
import uuid

import psycopg2
import pytest
from support import samples
from support.api import ids_of_all, rows_of_all
from support.shapes import time_of


CHANGES = {
    "title": lambda stack, link: stack.api.patch(f"/v1/share-links/{link['id']}", {"title": "Another"}, status=200),
    "settings": lambda stack, link: stack.api.patch(f"/v1/share-links/{link['id']}", {"settings": {"omit_avatars": True}}, status=200),
    "reviewer added": lambda stack, link: stack.api.post(f"/v1/share-links/{link['id']}/reviewers", {"reviewers": samples.reviewers(1)}, status=201),
    "reviewer removed": lambda stack, link: stack.api.delete(f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][0]['id']}"),
    "reviewer off": lambda stack, link: stack.api.post(f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][0]['id']}/deactivate"),
    "reviewer on": lambda stack, link: stack.api.post(f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][0]['id']}/reactivate"),
    "interviews added": lambda stack, link: stack.api.post(f"/v1/share-links/{link['id']}/interviews", {"interview_ids": [stack.make_interview()]}),
    "interviews removed": lambda stack, link: stack.api.post(f"/v1/share-links/{link['id']}/interviews/remove",
                                                             {"interview_ids": link["interview_ids"][:1]}),
    "memberships": lambda stack, link: stack.api.put(f"/v1/interviews/{link['interview_ids'][0]}/share-links", {"share_link_ids": []}),
    "erasure": lambda stack, link: stack.api.delete(f"/v1/interviews/{link['interview_ids'][0]}"),
    "off": lambda stack, link: stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200),
    "on": lambda stack, link: stack.api.post(f"/v1/share-links/{link['id']}/reactivate", status=200),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_new_version_of_a_link_has_its_time(stack, change):
    link = stack.make_share_link(reviewer_count=2, interview_count=2)
    path = f"/v1/share-links/{link['id']}"
    # As of a clock that was ahead: the next change is after it all the same.
    stack.db.rows("update links.share_links set updated_at = now() + interval '1 minute' where id = %s", link["id"])
    before = stack.api.get(path, status=200).json()
    assert CHANGES[change](stack, link).status_code < 300
    after = stack.api.get(path, status=200).json()
    assert after["version"] > before["version"]
    at, was = (stack.db.rows("select updated_at from links.share_links where id = %s", link["id"])[0]["updated_at"], time_of(before["updated_at"]))
    assert at > was


def test_each_table_with_a_version_takes_its_time(stack):
    """Of a kind: whoever adds a table with both columns, adds the trigger."""
    without = stack.db.rows("""
        select c.oid::regclass::text as name from pg_class c
        join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('links', 'views', 'notifications', 'console')
        where c.relkind = 'r'
          and 2 = (select count(*) from pg_attribute a where a.attrelid = c.oid and a.attname in ('version', 'updated_at') and not a.attisdropped)
          and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'note_change')""")
    assert without == []


def test_time_of_a_change_is_not_when_its_transaction_began(stack):
    """Of two that wait for each other, the one that changes the row later may have begun earlier."""
    link = stack.make_share_link()["id"]
    change = "update links.share_links set version = version + 1, updated_at = now() where id = %s returning updated_at"
    with contextlib.closing(psycopg2.connect(stack.db.url)) as early:
        with early.cursor() as cursor:
            cursor.execute("select now()")
            first = stack.db.value(change, link)
            cursor.execute(change, (link,))
            second = cursor.fetchone()[0]
            early.commit()
    assert second > first


@pytest.mark.parametrize("kind", ["share-links", "interviews"])
def test_nothing_that_changes_is_lost_while_one_pages_by_it(stack, kind):
    """Ascending, what changes meanwhile comes again at the end; descending, it is in front of where one is, and found by asking again."""
    api, word = stack.api, "w" + uuid.uuid4().hex[:10]
    job = {"id": "job-" + word, "title": "Ranger"}
    interviews = [stack.make_interview(job=job) for _ in range(6)]
    if kind == "interviews":
        made, path, other = interviews, "/v1/interviews", {"job_id": job["id"]}
        document = samples.interview_document(job=job)
    else:
        made = [stack.make_share_link(title=f"{number} {word}", interview_ids=interviews[:1])["id"] for number in range(6)]
        path, other = "/v1/share-links", {"search": word}
        document = None

    def change(each):
        if document:
            api.put(f"/v1/interviews/{each}", document, status=200)
        else:
            api.patch(f"/v1/share-links/{each}", {"settings": {"omit_avatars": True}}, status=200)

    def pages(sort, changed):
        found, cursor = [], None
        while True:
            page = api.get(path, params={"limit": 2, "sort": sort, **other, **({"cursor": cursor} if cursor else {})}, status=200).json()
            found += page["data"]
            if not found[2:]:
                change(changed)
            cursor = page["next_cursor"]
            if not cursor:
                return found

    assert ids_of_all(api, path, sort="updated_at", **other) == made
    found = pages("updated_at", made[0])
    assert [row["id"] for row in found] == [*made, made[0]] and found[-1]["version"] == 2
    order = [row["id"] for row in rows_of_all(api, path, sort="-updated_at", **other)]
    assert order == [made[0], *made[:0:-1]]
    found = pages("-updated_at", order[-1])
    assert [row["id"] for row in found] == order[:-1], "it is in front of the cursor now"
    assert ids_of_all(api, path, sort="-updated_at", **other)[0] == order[-1], "and stays there, for the next to see"
