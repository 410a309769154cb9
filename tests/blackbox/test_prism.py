"""That prism, where it is before the daemons (support/prism), would have told: what it cannot make a validator of it lets pass without a word."""

import functools
import http.server
import json
import re
import threading

import pytest
import requests
from stack.daemon import NAMES
from support import prism

pytestmark = pytest.mark.skipif(not prism.IS_ON, reason="for make test-prism")
SAMPLES = {"token": "A" * 43}
WRONG = '"no object"'


class Liar(http.server.BaseHTTPRequestHandler):
    """Answers as it is told by the server's `status`, with JSON that no call answers, and none of our headers."""

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = WRONG.encode() if self.server.status != 204 else b""
        self.send_response(self.server.status)
        self.send_header("Content-Type", self.server.kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def liar():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def operations(name):
    """(method, path, whether it takes JSON, status, media type) of the answers in JSON that each operation has when all went well, and of one
    other."""
    document = json.loads((prism.DOCUMENTS / f"{name}.json").read_text())
    for path, item in document["paths"].items():
        for method in item.keys() & {"get", "put", "post", "patch", "delete"}:
            operation = item[method]
            takes_json = "application/json" in resolved(document, operation.get("requestBody", {})).get("content", {})
            answers = [(int(status), kind) for status, answer in sorted(operation["responses"].items()) if status.isdigit()
                       for kind in resolved(document, answer).get("content", {}) if kind.endswith("json")]
            well = [each for each in answers if each[0] < 300]
            for status, kind in well + answers[len(well):][:1]:
                yield method.upper(), path, takes_json, status, kind


def resolved(document, node):
    while "$ref" in node:
        node = functools.reduce(lambda within, step: within[step], node["$ref"].split("/")[1:], document)
    return node


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_answer_and_a_wrong_body_are_told(name, liar):
    checked, silent = 0, []
    with requests.Session() as session:
        session.trust_env = False
        for method, path, takes_json, liar.status, liar.kind in operations(name):
            path = re.sub(r"\{(\w+)\}", lambda found: SAMPLES.get(found[1], "1"), path)
            answer = session.request(method, prism.before(name) + path, data=WRONG if takes_json else None, timeout=30,
                                     headers={"Content-Type": "application/json", prism.UPSTREAM: f"http://127.0.0.1:{liar.server_port}"})
            wanted = [["response", "body"], *([["request", "body"]] if takes_json else [])]
            places = [each["location"][:2] for each in prism.told(answer)]
            silent += [(method, path, liar.status, place, places) for place in wanted if place not in places]
            checked += 1
    assert checked > 5 and not silent, silent
