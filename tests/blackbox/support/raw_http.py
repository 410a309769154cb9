"""HTTP as bytes on a socket, for requests that no proper client would send, and to see what a connection does."""

import http.client
import select
import socket


def is_readable(file, seconds):
    """Whether there is something to read, or the end, within that time. select.select() knows no descriptors from 1024 on, and a suite with
    crowds has such."""
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


class Connection:
    """One TCP connection to a daemon: send bytes, read answers one by one."""

    def __init__(self, server):
        host, _, port = server.address().rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        # One buffered reader for all answers: what belongs to the next answer must not be lost with the last one.
        self.reader = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reader.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def answer(self, method="GET"):
        """The next answer: an http.client.HTTPResponse with its `content` read."""
        response = http.client.HTTPResponse(_Kept(self.reader), method=method)
        response.begin()
        response.content = response.read()
        return response

    def is_closed(self):
        """Waits for more bytes or the end; True when the server has closed."""
        try:
            return self.reader.read(1) == b""
        except ConnectionResetError:
            return True


class _Kept:
    """What HTTPResponse takes for a socket: it closes the file after each answer, and ours must stay open."""

    def __init__(self, reader):
        self.reader = reader

    def makefile(self, _mode):
        return self

    def read(self, *size):
        return self.reader.read(*size)

    def read1(self, *size):
        return self.reader.read1(*size)

    def readinto(self, to):
        return self.reader.readinto(to)

    def readline(self, *size):
        return self.reader.readline(*size)

    def flush(self):
        pass

    def close(self):
        pass


def ask(server, request, method="GET"):
    """The answer to one request of raw bytes."""
    with Connection(server) as connection:
        connection.send(request)
        return connection.answer(method)


def request(method, path, *fields, body=b""):
    """A whole HTTP/1.1 request; Host is added unless a field names it, Content-Length when there is a body."""
    fields = list(fields)
    if not any(field.lower().startswith("host:") for field in fields):
        fields.insert(0, "Host: sharelink.example")
    if body:
        fields.append(f"Content-Length: {len(body)}")
    return "\r\n".join([f"{method} {path} HTTP/1.1", *fields, "", ""]).encode() + body
