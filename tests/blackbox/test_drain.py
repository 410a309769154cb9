"""Containers come and go: a daemon that stops answers everybody who has connected, and one that begins takes nobody before it
can serve. What a proxy has sent, it does not send again."""

import contextlib
import os
import signal
import socket
import time

from stack.daemon import Daemon
from stack.waiting import wait_until
from support import programs

CONNECTIONS = 60
MOMENT_SECONDS = 1  # FIRST_REQUEST_LIMIT_MS


def request(connection):
    connection.sendall(b"POST /v1/share-links HTTP/1.1\r\nHost: links\r\nContent-Length: 2\r\n\r\n{}")


def answer(connection):
    """The status line, "" when the connection was closed without one."""
    with connection, connection.makefile("rb") as stream:
        return stream.readline().decode().strip()


def links_settings(stack):
    return {**stack.links.settings, "SHARELINK_LISTEN": f"127.0.0.1:{stack.state.port('drained')}"}


def connected(server):
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def test_who_is_in_the_backlog_is_answered(stack, tmp_path):
    with programs.daemon("links", links_settings(stack), tmp_path / "links.log") as server:
        # Stopped, it accepts nobody: the kernel takes the connections and the requests, as it does in any busy moment.
        os.kill(server.process.pid, signal.SIGSTOP)
        waiting = [connected(server) for _ in range(CONNECTIONS)]
        for connection in waiting:
            request(connection)
        os.kill(server.process.pid, signal.SIGTERM)
        os.kill(server.process.pid, signal.SIGCONT)
        answers = [answer(connection) for connection in waiting]
        assert answers == ["HTTP/1.1 401 Unauthorized"] * CONNECTIONS
        wait_until(lambda: server.process.poll() is not None, 10, "the daemon ends")


def test_who_was_accepted_and_says_nothing_yet_has_a_moment(stack, tmp_path):
    wait_until(lambda: speaks_within_the_moment(stack, tmp_path), 60, "this machine lets a client speak within the moment")


def speaks_within_the_moment(stack, tmp_path):
    """False when the client itself was held up for longer than that, which says nothing of the daemon."""
    with programs.daemon("links", links_settings(stack), tmp_path / "links.log") as server:
        quiet = connected(server)
        kept = connected(server)
        request(kept)
        assert kept.recv(20).startswith(b"HTTP/1.1 401")
        began, said = time.monotonic(), None
        os.kill(server.process.pid, signal.SIGTERM)
        wait_until(lambda: refuses(server), 20, "the listener is closed")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            request(quiet)
        in_time = time.monotonic() < began + MOMENT_SECONDS
        with contextlib.suppress(ConnectionResetError):
            said = answer(quiet)
        assert said == "HTTP/1.1 401 Unauthorized" or not in_time
        kept.close()
        wait_until(lambda: server.process.poll() is not None, 20, "the daemon ends")
    return in_time


def refuses(server):
    try:
        connected(server).close()
    except (ConnectionRefusedError, ConnectionResetError):  # reset: it was still to be accepted when the listener closed
        return True
    return False


def test_who_is_taken_first_is_served(stack, tmp_path):
    for number in range(5):
        server = Daemon("links", programs.program("sharelink-links"), links_settings(stack), str(tmp_path / f"links-{number}.log"))
        server.start()
        try:
            first = wait_until(lambda: connected_or_none(server), 20, "somebody is taken")
            with first:
                first.sendall(f"POST /v1/share-links HTTP/1.1\r\nHost: links\r\nAuthorization: Bearer {stack.key}\r\nIdempotency-Key: "
                              f"first-{number}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}".encode())
                assert first.recv(100).startswith(b"HTTP/1.1 422")
        finally:
            assert server.stop() == 0


def connected_or_none(server):
    try:
        return connected(server)
    except ConnectionRefusedError:
        return None
