"""Scripted servers on loopback: a receiver of webhooks, which keeps what is posted to it and answers as it is told (at its end each post
must have been as proto/asyncapi.yaml has it), and one that things are fetched from."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time

from .async_contract import check_message

OK = 204


class Receiver:
    """`tls` is a server's context, for https. `answers` are the statuses of the next posts, then `always`. A status may be a function of the handler."""

    def __init__(self, always=OK, answers=(), tls=None):
        self.always = always
        self.answers = list(answers)
        self.posts = []
        self.lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    receiver.posts.append(Post(self.path, dict(self.headers), body))
                    answer = receiver.answers.pop(0) if receiver.answers else receiver.always
                if callable(answer):
                    answer(self)
                    return
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.scheme = "https" if tls else "http"
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.server.handle_error = lambda *_: None  # who hangs up, or does not trust us, is no fault of ours
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def url(self, path="/hook", host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    def of(self, event_type):
        with self.lock:
            return [post for post in self.posts if post.json()["type"] == event_type]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        for post in self.posts:
            check_message("webhook_test" if post.json()["type"] == "webhook.test" else "webhook", post.headers, post.json())


class Post:
    def __init__(self, path, headers, body):
        self.path = path
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body

    def json(self):
        return json.loads(self.body)

    def id(self):
        return self.headers["webhook-id"]

    def is_signed_by(self, secret):
        """As the specification has receivers verify it."""
        stamp = self.headers["webhook-timestamp"]
        assert abs(time.time() - int(stamp)) < 300
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id()}.{stamp}.".encode() + self.body
        wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return wanted in self.headers["webhook-signature"].split(" ")


def redirect(handler):
    handler.send_response(302)
    handler.send_header("Location", "/elsewhere")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def endless_body(handler):
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    try:
        while True:
            handler.wfile.write(b"x" * 65536)
    except OSError:
        pass


def never(handler):
    handler.close_connection = True
    time.sleep(60)


class Source:
    """A web server that captions and logos are fetched from. `at` has what a path is answered with: bytes, a status, or a function of the handler."""

    def __init__(self):
        self.at, self.asked, self.lock = {}, [], threading.Lock()
        source = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path = self.path.partition("?")[0]
                with source.lock:
                    source.asked.append((self.path, dict(self.headers)))
                answer = source.at.get(path, 404)
                if callable(answer):
                    self.close_connection = True
                    answer(self)
                elif isinstance(answer, int):
                    self.send_response(answer)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                else:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def count(self, path):
        with self.lock:
            return sum(asked.partition("?")[0] == path for asked, _ in self.asked)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def answer_with(handler, body, status=200, **headers):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    if "Content_Length" not in headers:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
