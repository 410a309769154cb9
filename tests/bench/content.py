"""The content of 20 interviews from the views daemon beside a bare evhttp server that sends the same bytes, both by wrk."""

import http.client
import subprocess

from opens import open_door
from rig import CLIENTS, ROOT, ROUNDS, SECONDS, alternate, report, wrk_script


def bench_content(rig):
    link = rig.make_link("Content", rig.make_interviews("content", 20), 1)
    page, passcode = link["reviewers"][0]["url"].rsplit("#", 1)
    token = page.rsplit("/", 1)[1]
    path, headers = f"/s/{token}/content", {"Cookie": open_door(rig, (token, passcode))}
    body = fetch(rig, path, headers)
    with BareServer(rig.directory, body) as bare:
        ours, theirs = alternate(lambda: rig.wrk(wrk_script("GET", path, headers), rig.stack.views.url()),
                                 lambda: rig.wrk(wrk_script("GET", path, headers), bare.url))
    report("content", ours, "/s", theirs, "/s bare evhttp", f"{len(body)} bytes, {CLIENTS} clients, median of {ROUNDS} rounds of {SECONDS} s",
           ">= 0.5")


def fetch(rig, path, headers):
    connection = http.client.HTTPConnection("127.0.0.1", rig.stack.views.port)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    return answer.read()


class BareServer:
    def __init__(self, directory, body):
        (directory / "body").write_bytes(body)
        self.process = subprocess.Popen([ROOT / "build" / "release" / "tests" / "bare_server", directory / "body"],
                                        stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait()
