#!/usr/bin/python3
"""`make test-fuzz`: requests to all operations of all contracts, made of their schemas, sound and spoiled, about things that there are and
things that are not. Each answer must have a status that its operation documents, and the form; none may be a 5xx.

    FUZZ_REQUESTS=20000 FUZZ_SECONDS=600 FUZZ_SEED=1 tests/fuzz/fuzz.py

Ends with a line that tells how many there were, and with status 1 when one was wrong: each kind once, as it can be sent again. The seed is
printed; the ids of things differ from run to run.
"""

import collections
import contextlib
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import time
from urllib.parse import quote, urlencode

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy" / "local"), str(ROOT / "tests" / "blackbox")]
sys.dont_write_bytecode = True
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / "build" / "hypothesis"))

import requests  # noqa: E402
from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from strategies import NASTY, TEXT, Schemas, spoil, written  # noqa: E402
from support import samples  # noqa: E402
from support.api import Api, Reviewer, check_problem  # noqa: E402
from support.contract import CONTRACTS, Breach  # noqa: E402
from support.stacks import SharedServers  # noqa: E402

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "20000"))
SECONDS = float(os.environ.get("FUZZ_SECONDS", "600"))
SEED = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(2**32))
ENDLESS = "/v1/events/stream"
KINDS = {"share-links": "lnk", "interviews": "int", "email-templates": "tpl", "webhook-endpoints": "whe", "events": "evt", "deliveries": "dlv"}
NAMED = {"interview_ids": ("int", True), "interview_id": ("int", False), "share_link_ids": ("lnk", True), "share_link_id": ("lnk", False),
         "template_id": ("tpl", False), "reviewer_id": ("rvw", False), "webhook_endpoint_id": ("whe", False)}
ADDRESSES = ["a@b.example", "owner@hiring.example", "Ada@B\u00dcCHER.example"]
KEPT = 60  # of each kind: what is older is forgotten, so that new ones are met


# Hypothesis wants the same choices in the same order from one seed: so what there is at the time is chosen by a number, out of any many.
ANY = st.integers(0, 2**16)


def pick(listed, number):
    listed = list(listed) or ["none"]
    return listed[number % len(listed)]


class TimeIsUp(BaseException):
    """Not for hypothesis, which would try the last request again."""


class Pool:
    """What there is, by kind."""

    def __init__(self):
        self.things = collections.defaultdict(lambda: collections.deque(maxlen=KEPT))

    def named(self, name):
        if name == "time_zone":
            return st.sampled_from(["UTC", "Europe/Berlin", "Nowhere/At_All"])
        if name not in NAMED:
            return None
        kind, is_list = NAMED[name]
        one = ANY.map(lambda number: pick(self.things[kind], number))
        return st.lists(one, min_size=1, max_size=4) if is_list else one

    def note(self, text):
        for kind in ("lnk", "rvw", "tpl", "whe", "evt", "dlv"):
            for found in re.findall(rf"\b{kind}_[0-9A-Z]{{26}}\b", text)[:20]:
                if found not in self.things[kind]:
                    self.things[kind].append(found)


class Fuzz:
    def __init__(self, stack):
        self.stack, self.pool, self.faults, self.statuses = stack, Pool(), {}, collections.Counter()
        self.sent, self.until = 0, time.monotonic() + SECONDS
        self.schemas = {name: Schemas(CONTRACTS[name], self.pool) for name in ("links", "notifications", "console", "views")}
        self.operations = [(name, *each) for name, schemas in self.schemas.items() for each in schemas.contract.operations]
        self.session = requests.Session()
        self.session.trust_env = False
        self.browsers = []
        self.refill()

    def refill(self):
        """Things to be about, for what is deleted goes."""
        ids = [self.stack.make_interview() for _ in range(4)]
        self.pool.things["int"].extend(ids)
        link = self.stack.make_share_link(reviewer_count=3, interview_ids=ids)
        self.pool.note(json.dumps(link))
        api = Api(self.stack.notifications.url(), self.stack.key)
        self.pool.note(api.post("/v1/webhook-endpoints", {"url": f"https://hooks.example/{self.sent}"}).text)
        self.pool.note(self.stack.api.post("/v1/email-templates", {"name": "N", "subject": "s", "body": "b {{link_url}}"}).text)
        self.pool.note(api.get("/v1/events?limit=20").text + api.get("/v1/deliveries?limit=20").text)
        browser = self.stack.reviewer(link)
        if browser.open().status_code == 200:
            self.browsers = [*self.browsers[-3:], (browser, ids)]

    def one(self, draw):
        if self.sent % 400 == 399:
            self.refill()
        self.sent += 1
        name, method, template, _, operation = draw(st.sampled_from(self.operations))
        item = CONTRACTS[name].document["paths"][template]
        parameters = [CONTRACTS[name].resolved(each) for each in [*item.get("parameters", []), *operation.get("parameters", [])]]
        browser, interviews = pick(self.browsers, draw(ANY))
        path = self.path(draw, template, browser, interviews, name, parameters)
        query = self.query(draw, name, parameters)
        headers, body = self.headers(draw, name, parameters, browser), None
        if operation.get("requestBody"):
            body, kind = self.body(draw, name, operation, browser)
            headers["Content-Type"] = kind
        self.send(name, method, path + (f"?{query}" if query else ""), headers, body)

    def path(self, draw, template, browser, interviews, name, parameters):
        kind = next((value for part, value in KINDS.items() if f"/{part}/{{id}}" in template), "int")
        schemas = {each["name"]: each.get("schema", {}) for each in parameters if each["in"] == "path"}

        def fill(match):
            part = match[1]
            real = {"id": interviews if name == "views" else list(self.pool.things[kind]), "rid": list(self.pool.things["rvw"]), "token": [browser.token],
                    "email": ADDRESSES, "name": ["gate.css", "gate-en.js"]}.get(part)
            number = draw(ANY)
            if real is not None and number % 6:
                return quote(pick(real, number), safe="")
            value = draw(st.one_of(self.schemas[name].of(schemas.get(part, {"type": "string"})), NASTY, TEXT))
            return quote(str(value), safe="").replace("%2F", "%2f") or "x"

        return re.sub(r"\{(\w+)\}", fill, template)

    def query(self, draw, name, parameters):
        given = []
        for each in parameters:
            if each["in"] == "query" and draw(st.integers(0, 4)) == 0:
                value = draw(st.one_of(self.schemas[name].of(each.get("schema", {}), each["name"]), self.schemas[name].of(each.get("schema", {}), each["name"]), NASTY))
                given += [(each["name"], inner) for inner in (value if isinstance(value, list) else [value])]
        if draw(st.integers(0, 40)) == 0:
            given.append((draw(st.one_of(NASTY, TEXT)), "1"))
        return urlencode([(key, str(value).lower() if isinstance(value, bool) else value) for key, value in given], errors="replace")

    def headers(self, draw, name, parameters, browser):
        headers = {"Origin": self.stack.public_url, "Cookie": "; ".join(f"{each.name}={each.value}" for each in browser.session.cookies)} if name == "views" else {
            "Authorization": f"Bearer {self.stack.key if draw(st.integers(0, 30)) else draw(st.sampled_from(['x', self.stack.other_key]))}"}
        for each in parameters:
            if each["in"] == "header" and draw(st.integers(0, 5)) == 0:
                headers[each["name"]] = draw(st.sampled_from(['"v1"', '"v1", "v2"', "*", 'W/"v1"', "v1", "bytes=0-3", "k1", f"k{self.sent}", '"x'
                                                              ]))
        return headers

    def body(self, draw, name, operation, browser):
        content = CONTRACTS[name].resolved(operation["requestBody"])["content"]
        kind = draw(st.sampled_from(sorted(content)))
        if not kind.endswith("json"):
            return draw(st.one_of(TEXT, NASTY)).encode("utf-8", "replace"), kind
        value = draw(self.schemas[name].of(content[kind]["schema"]))
        if isinstance(value, dict) and "passcode" in value:
            value["passcode"] = browser.passcode
        if draw(st.integers(0, 2)) == 0:
            value = spoil(draw, value)
        odd = draw(st.integers(0, 60))
        return (b"" if odd == 1 else written(draw, value)), "text/plain" if odd == 0 else kind

    def send(self, name, method, path, headers, body):
        base = getattr(self.stack, name).url()
        request = requests.Request(method, base, headers=headers, data=body).prepare()
        request.url = base + path
        try:
            answer = self.session.send(request, timeout=30, stream=path.partition("?")[0] == ENDLESS, allow_redirects=False)
        except requests.RequestException as fault:
            self.note(name, method, path, headers, body, f"no answer: {type(fault).__name__}: {fault}")
            self.session = requests.Session()
            self.session.trust_env = False
            return
        self.statuses[answer.status_code] += 1
        try:
            self.check(name, method, path, answer, body)
        except (Breach, AssertionError, ValueError, KeyError) as fault:
            self.note(name, method, path, headers, body, f"{answer.status_code}: {type(fault).__name__} {str(fault)[:400]}")
        finally:
            answer.close()

    def check(self, name, method, path, answer, body):
        assert answer.status_code < 500, answer.text[:300]
        is_stream = path.partition("?")[0] == ENDLESS and answer.status_code == 200
        if is_stream:
            return
        if answer.status_code >= 400 and "text/html" not in answer.headers.get("Content-Type", ""):
            check_problem(answer)
        CONTRACTS[name].check(method, path, answer.status_code, answer.headers, answer.content, body)
        if answer.status_code < 300:
            self.pool.note(answer.text)

    def note(self, name, method, path, headers, body, what):
        kind = (name, method, re.sub(r"[A-Za-z0-9_-]{20,}|%\w\w", "-", path.partition("?")[0])[:80], re.sub(r"\d+|'[^']*'|\"[^\"]*\"", "-", what)[:120])
        if kind not in self.faults:
            said = {key: value for key, value in headers.items() if key not in ("Authorization", "Cookie")}
            self.faults[kind] = f"{method} {path}\n  {said}\n  {(body or b'')[:1500]!r}\n  {what}"
            print(self.faults[kind], flush=True)


def main():
    """Shared out to as many processes as there are processors (two at most), each with servers of its own."""
    workers = min(os.cpu_count() or 1, 2)
    started = [subprocess.Popen([sys.executable, __file__], env={
        **os.environ, "FUZZ_REQUESTS": str(-(-REQUESTS // workers)), "FUZZ_SEED": str(SEED + number), "FUZZ_WORKER": "1"}) for number in range(workers)]
    return max([abs(each.wait()) for each in started])


def work():
    shared = SharedServers()
    stack = shared.make_stack(settings={"SHARELINK_INVITATIONS_PER_ADDRESS": "1000000", "SHARELINK_SEARCHES_WAITING": "1000"})
    fuzz = Fuzz(stack)
    print(f"seed {SEED}, {REQUESTS} requests or {SECONDS:.0f} s, {len(fuzz.operations)} operations", flush=True)
    began = time.monotonic()

    @seed(SEED)
    @settings(max_examples=REQUESTS, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.data())
    def run(data):
        if time.monotonic() > fuzz.until:
            raise TimeIsUp
        fuzz.one(data.draw)

    with contextlib.suppress(TimeIsUp):
        run()
    seconds = time.monotonic() - began
    print(f"{fuzz.sent} requests in {seconds:.0f} s, statuses {dict(sorted(fuzz.statuses.items()))}, {len(fuzz.faults)} faults (seed {SEED})", flush=True)
    is_short = fuzz.sent < REQUESTS
    stack.close()
    shared.close()
    return 1 if fuzz.faults or is_short else 0


if __name__ == "__main__":
    sys.exit(work() if os.environ.get("FUZZ_WORKER") else main())
