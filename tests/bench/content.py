"""What a reviewer asks for most, of a link with 20 interviews: the list, a search in it, and one interview, from the views daemon by wrk.
Each beside pgbench, which runs with as many clients the statement that the daemon cannot do without: for the list and the search, which are
made in memory, the one that proves the session; for an interview the one that makes it."""

import http.client
import json

from opens import open_door
from rig import CLIENTS, ROUNDS, SECONDS, alternate, report, wrk_script


def bench_content(rig):
    ids = rig.make_interviews("content", 20)
    page, passcode = rig.make_link("Content", ids, 1)["reviewers"][0]["url"].rsplit("#", 1)
    token = page.rsplit("/", 1)[1]
    asking = Asking(rig, {"Cookie": open_door(rig, (token, passcode))})
    compare(asking, "content: list", f"/s/{token}/content", "prove_session", ">= 1.0")
    compare(asking, "content: search", f"/s/{token}/content?search=utrecht%20books", "prove_session", ">= 0.2")
    compare(asking, "content: interview", f"/s/{token}/interviews/{ids[7]}", "show_interview", ">= 1.0")


class Asking:
    """A reviewer with a session."""

    def __init__(self, rig, headers):
        self.rig, self.headers = rig, headers

    def wrk(self, path):
        return self.rig.wrk(wrk_script("GET", path, self.headers), self.rig.stack.views.url())

    def fetch(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.rig.stack.views.port)
        connection.request("GET", path, headers=self.headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        return answer.read()


def compare(asking, name, path, statement, aim):
    body = asking.fetch(path)
    assert json.loads(body).get("total", 20) == 20, "each of them is found"
    script = asking.rig.catch_statement(statement, lambda: asking.fetch(path))
    ours, theirs = alternate(lambda: asking.wrk(path), lambda: asking.rig.pgbench(script, "sharelink_views"))
    report(name, ours, "/s through HTTP", theirs, "/s by pgbench", f"{len(body)} bytes, {CLIENTS} clients, median of {ROUNDS} rounds of {SECONDS} s", aim)
