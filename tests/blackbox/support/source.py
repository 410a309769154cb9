"""A web server on loopback that captions and logos are fetched from: it answers as it is told, and keeps what it was asked."""

import http.server
import threading


class Source:
    """`at` has what a path is answered with: bytes, a status, or a function of the handler."""

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
