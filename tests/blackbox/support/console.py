"""Recruiters who work in the console: sessions, asked for as a platform does, and what is called with their tokens."""

import hashlib
import itertools

from . import samples
from .api import Api

numbers = itertools.count(1)
RECRUITER = {"email": "robin@hiring.example", "name": "Robin Castellanos", "time_zone": "Europe/Amsterdam"}


def console_of(stack, key=None):
    return Api(stack.console.url(), key or stack.key)


def ask(stack, status=201, key=None, **over):
    """The answer to POST /v1/console-sessions."""
    return console_of(stack, key).post("/v1/console-sessions", {"recruiter": RECRUITER, **over}, status=status).json()


class Recruiter:
    """A session with a token, as the page has one."""

    def __init__(self, stack, email=None, **over):
        self.stack = stack
        self.email = email or f"recruiter-{next(numbers)}@hiring.example"
        self.made = ask(stack, recruiter={"email": self.email, "name": "R. Cruiter", "time_zone": "Asia/Tokyo"}, **over)
        self.id = self.made["id"]
        self.token = give_token(stack, self.id)
        self.links, self.notifications = (Api(each.url(), self.token) for each in (stack.links, stack.notifications))

    def share(self, interview_ids, status=201, **over):
        return self.links.post("/v1/share-links", samples.share_link_body(interview_ids, **over), status=status).json()


def give_token(stack, session_id):
    secret = f"token-of-a-test-{next(numbers)}".ljust(43, "x")
    stack.db.rows("update console.sessions set token_hashes = token_hashes || %s::bytea where id = %s returning 1",
                  "\\x" + digest(secret), session_id)
    return f"slc_{session_id[4:]}_{secret}"


def digest(text):
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()
