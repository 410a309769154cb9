"""What a listener of GET /v1/events/stream costs that hears nothing, and how long one event takes to reach all of them: from the
request that causes it to the last listener's bytes."""

import pathlib
import resource
import select
import socket
import statistics
import time

from rig import link_body, start

CLIENTS_MAX, SPARE_FILES, EVENTS = 10000, 200, 5


def bench_feed(rig):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the daemon inherits it
    count = min(CLIENTS_MAX, hard - SPARE_FILES)
    daemon = rig.stack.notifications
    daemon.settings["SHARELINK_CONNECTIONS_MAX"] = str(count + SPARE_FILES)
    daemon.settings.update(dict.fromkeys(("SHARELINK_FEED_STREAMS_PER_KEY", "SHARELINK_FEED_STREAMS_PER_ACCOUNT"), str(count)))
    start([daemon])
    interviews = rig.make_interviews("feed", 1)
    listeners = Listeners(daemon.port, rig.key)
    listeners.add(100)  # what the first ones cost is the process's own
    before = rss_kib(daemon)
    listeners.add(count - 100)
    cost_kib = (rss_kib(daemon) - before) / (count - 100)
    times = []
    for number in range(EVENTS):
        began = time.monotonic()
        rig.call("POST", "/v1/share-links", link_body(f"Feed {number}", interviews, 1))
        times.append(listeners.wait_for_all("event: link.created") - began)
    print(f"{'feed, memory':<22}{cost_kib:9.1f} {'KiB per listener':<22}  (aim <= 12)   {count} idle listeners", flush=True)
    print(f"{'feed, one event':<22}{statistics.median(times) * 1000:9.1f} {'ms to reach all':<22}  {count} listeners, median of {EVENTS} events",
          flush=True)
    listeners.close()
    daemon.stop()


def rss_kib(daemon):
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0])


class Listeners:
    def __init__(self, port, key):
        self.address = ("127.0.0.1", port)
        self.request = (f"GET /v1/events/stream?type=link.created HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\r\n").encode()
        self.poll = select.epoll()
        self.sockets = {}

    def add(self, count):
        """Each in turn up to the head of its answer, so that none waits in the backlog."""
        for _ in range(count):
            client = socket.create_connection(self.address, timeout=30)
            client.sendall(self.request)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(4096)
                assert piece, head
                head += piece
            assert b" 200 " in head.split(b"\r\n")[0], head
            client.setblocking(False)
            self.sockets[client.fileno()] = client
            self.poll.register(client, select.EPOLLIN)

    def wait_for_all(self, text):
        waiting, deadline = set(self.sockets), time.monotonic() + 60
        parts = dict.fromkeys(waiting, b"")
        while waiting:
            assert time.monotonic() < deadline, f"{len(waiting)} listeners have not heard of it"
            for place, _ in self.poll.poll(1):
                piece = self.sockets[place].recv(65536)
                assert piece, "a listener was cut off"
                parts[place] += piece
                if text.encode() in parts[place]:
                    waiting.discard(place)
        return time.monotonic()

    def close(self):
        for client in self.sockets.values():
            client.close()
