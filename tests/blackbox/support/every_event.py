"""One event of each type at least, made by the calls that cause them."""

from stack.waiting import wait_until

QUESTION = {"id": "q1", "text": "Why?", "skipped": False,
            "answer": {"kind": "video", "media_url": "https://media.example/a.mp4", "duration_seconds": 10}}


def make_every_event(stack, before_erasure=lambda: None):
    """An erasure takes entries about the candidate from the streams: what must be seen before is for before_erasure."""
    api = stack.api
    link = stack.make_share_link(interview_ids=[stack.make_interview(questions=[QUESTION])])
    path, interview = f"/v1/share-links/{link['id']}", link["interview_ids"][0]
    reviewer = stack.reviewer(link)
    reviewer.open("0000-0000-0000-0000", status=401)
    reviewer.open(status=200)
    reviewer.post(f"{reviewer.page}/interviews/{interview}/watch", {"question_id": "q1", "seconds": 10, "position": 10}, status=200)
    review = f"{reviewer.page}/interviews/{interview}/review"
    tag = reviewer.put(review, {"rating": 4}, status=201).headers["ETag"]
    reviewer.put(review, {"rating": 5}, headers={"If-Match": tag}, status=200)
    reviewer.post(f"{reviewer.page}/done", {"note": "That was all."}, status=200)
    api.patch(path, {"title": "Another"}, status=200)
    more = stack.make_interview()
    api.post(f"{path}/interviews", {"interview_ids": [more]}, status=200)
    api.post(f"{path}/interviews/remove", {"interview_ids": [more]}, status=200)
    added = api.post(f"{path}/reviewers", {"reviewers": [{"name": "Ada", "email": "ada@reviewers.example"}]}).json()["reviewers"][0]["id"]
    api.post(f"{path}/reviewers/{added}/invite")
    api.delete(f"{path}/reviewers/{added}", status=204)
    api.post(f"{path}/deactivate", status=200)
    reviewer.post(f"{reviewer.page}/request-access", {})
    api.post(f"{path}/reactivate", status=200)
    over = stack.make_share_link()
    stack.db.rows("update links.share_links set expires_at = now() - interval '1 minute' where id = %s returning 1", over["id"])
    wait_until(lambda: stack.db.value("select count(*) from events.log where type = 'link.expired' and share_link_id = %s", over["id"]), 20,
               "the schedule has told of the end")
    before_erasure()
    api.delete(f"/v1/interviews/{interview}", status=200)
    api.delete(path, status=204)
