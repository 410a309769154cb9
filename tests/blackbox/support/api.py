"""Callers: a platform service with its key, and a reviewer with a browser. Whatever passes by is checked against the
daemon's contract in proto/openapi/."""

import re
from urllib.parse import urlsplit

import requests

from . import leaks, prism
from .contract import CONTRACTS

# Whose contract holds at a base URL. Stacks tell here where their daemons are.
DAEMONS = {}
PROBLEM_MEMBERS = {"type", "title", "status", "detail", "code", "request_id"}
FAULT_MEMBERS = {"pointer", "code", "detail"}


class Api:
    """REST calls that return requests' Response. With `status=` the answer must have it.

    All that passes by is checked against the contract of the daemon whose URL `base` is, with its front door's or
    another's against none. For one thread; other threads make their own with another().
    """

    def __init__(self, base, key=None):
        self.base = base
        self.key = key
        self.session = requests.Session()
        self.session.trust_env = False
        leaks.note_key(key)
        if key:
            self.session.headers["Authorization"] = f"Bearer {key}"

    def another(self):
        return Api(self.base, self.key)

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def put(self, path, json=None, **options):
        return self.call("PUT", path, json=json, **options)

    def post(self, path, json=None, **options):
        return self.call("POST", path, json=json, **options)

    def patch(self, path, json=None, **options):
        return self.call("PATCH", path, json=json, **options)

    def delete(self, path, **options):
        return self.call("DELETE", path, **options)

    def call(self, method, path, status=None, **options):
        daemon = DAEMONS.get(self.base)
        base, options = prism.way(daemon, self.base, method, path, options)
        answer = self.session.request(method, base + path, **{"timeout": 30, "allow_redirects": False, **options})
        prism.judge(daemon, answer)
        if status is not None:
            said = f"{method} {path}: {answer.status_code}, not {status}: {answer.text[:2000]}"
            assert answer.status_code == status, said
        if not options.get("stream"):
            leaks.note_answer(answer)
        if answer.status_code >= 400 and "text/html" not in answer.headers.get("Content-Type", ""):
            check_problem(answer)
        if daemon and not options.get("stream"):
            check_contract(daemon, answer)
        return answer


class Reviewer(Api):
    """One reviewer's browser: follows the URL that was mailed, keeps the cookie, says its Origin."""

    def __init__(self, base, url):
        super().__init__(base)
        parts = urlsplit(url)
        self.page = parts.path
        self.token = parts.path.removeprefix("/s/")
        self.passcode = parts.fragment
        self.session.headers["Origin"] = f"{parts.scheme}://{parts.netloc}"
        self.session.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

    def see_page(self, **options):
        return self.get(self.page, **options)

    def open(self, passcode=None, **options):
        return self.post(f"{self.page}/open", {"passcode": passcode or self.passcode}, **options)

    def content(self, **options):
        return self.get(f"{self.page}/content", **options)

    def interview(self, id, **options):
        return self.get(f"{self.page}/interviews/{id}", **options)


def check_contract(daemon, answer):
    sent = answer.request.body
    CONTRACTS[daemon].check(answer.request.method, answer.request.path_url, answer.status_code, answer.headers, answer.content,
                            sent.encode() if isinstance(sent, str) else sent)


def check_problem(answer):
    """Every error is problem+json (RFC 9457) with our members; a 422 names its faults."""
    problem = answer.json()
    assert answer.headers["Content-Type"].startswith("application/problem+json"), answer.headers
    assert PROBLEM_MEMBERS <= problem.keys(), problem
    assert problem["status"] == answer.status_code, problem
    assert re.fullmatch(r"[a-z][a-z0-9_]*", problem["code"]), problem
    if answer.status_code in (429, 503):
        assert int(answer.headers["Retry-After"]) > 0
    for fault in problem.get("errors", []):
        assert FAULT_MEMBERS <= fault.keys(), fault


def faults(answer):
    """The pointers of a 422, sorted: where the faults are."""
    assert answer.status_code == 422, answer.text
    return sorted(fault["pointer"] for fault in answer.json()["errors"])


def rows_of_all(api, path, **params):
    """The rows of a list that has one page."""
    answer = api.get(path, params={"limit": 100, **params}, status=200).json()
    assert not answer["has_more"]
    return answer["data"]


def ids_of_all(api, path, **params):
    return [row["id"] for row in rows_of_all(api, path, **params)]
