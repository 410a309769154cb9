"""Believable bodies of requests; each call's names are its own, so that tests share a database in peace."""

import itertools

_numbers = itertools.count(1)


def interview_document(**over):
    """An interview with one skipped and one answered question; `over` replaces top-level fields."""
    number = next(_numbers)
    return {
        "type": "one_way",
        "job": {"id": "job-1", "title": "Librarian"},
        "completed_at": "2026-01-05T10:00:00.000Z",
        "candidate": {
            "first_name": f"Ada{number}", "last_name": f"Example{number}", "email": f"ada{number}@candidates.example",
            "avatar_url": f"https://media.example/avatar-{number}.png",
            "profile": {"headline": "Reads a lot", "location": "Utrecht", "summary": "Ten years of books.",
                        "links": ["https://example.com/ada"]},
            "resume": {"file_name": f"Ada Example {number}.pdf", "url": f"https://media.example/resume-{number}.pdf"},
        },
        "questions": [
            {"id": "q1", "text": "Why books?", "skipped": False, "answer": {
                "kind": "video", "media_url": f"https://media.example/answer-{number}.mp4",
                "captions_url": f"https://media.example/answer-{number}.vtt", "duration_seconds": 42.5, "text": None}},
            {"id": "q2", "text": "Why us?", "skipped": True, "answer": None},
        ],
        "questionnaire": [{"question": "When can you start?", "answer": "In March"}],
        **over,
    }


def interview_id():
    return f"int-{next(_numbers)}"


def reviewers(count):
    return [{"name": f"Rae Viewer {number}", "email": f"rae{number}@reviewers.example"}
            for number in itertools.islice(_numbers, count)]


def owner():
    number = next(_numbers)
    return {"name": f"Olu Owner {number}", "email": f"olu{number}@recruiters.example", "time_zone": "Europe/Berlin"}


def share_link_body(interview_ids, reviewer_count=1, **over):
    """Mails nobody unless `over` says so."""
    return {
        "kind": "advanced", "title": f"Shortlist {next(_numbers)}", "owner": owner(), "interview_ids": interview_ids,
        "reviewers": reviewers(reviewer_count), "settings": {}, "expires_in": {"value": 7, "unit": "days"},
        "send_email": False,
        "message": {"subject": "Candidates for {{job_title}}", "body": "Please look: {{link_url}}"},
        **over,
    }
