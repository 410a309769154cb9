"""A mail server that only notes when it took which mail: by the words before "opened" in the subject.

One thread per connection and plain sockets: it must cost next to nothing beside what is measured.
"""

import re
import smtplib
import socket
import socketserver
import threading
import time


class Session(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        self.say(b"220 stopwatch")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.say(b"250-stopwatch\r\n250 8BITMIME")
            elif verb == b"DATA":
                self.say(b"354 go on")
                self.take_mail()
            elif verb == b"QUIT":
                self.say(b"221 bye")
                return
            else:
                self.say(b"250 ok")

    def take_mail(self):
        subject = b""
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return
            if line.lower().startswith(b"subject:"):
                subject = line
        time.sleep(self.server.stopwatch.delay_seconds)
        now = time.monotonic()
        self.say(b"250 taken")
        self.server.stopwatch.note(re.sub(r"^Subject: | opened.*", "", subject.decode().strip(), flags=re.I), now)

    def say(self, text):
        self.wfile.write(text + b"\r\n")


class SmtpStopwatch:
    def __init__(self, delay_seconds=0):
        self.delay_seconds = delay_seconds
        self.changed = threading.Condition()
        self.taken = {}
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session, bind_and_activate=True)
        self.server.daemon_threads = True
        self.server.stopwatch = self
        self.port = self.server.server_address[1]
        self.url = f"smtp://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def note(self, name, when):
        with self.changed:
            self.taken[name] = when
            self.changed.notify_all()

    def wait_for(self, name, seconds=60):
        with self.changed:
            assert self.changed.wait_for(lambda: name in self.taken, seconds), f"no mail for {name} within {seconds} s"
            return self.taken.pop(name)

    def plain_client(self):
        client = smtplib.SMTP("127.0.0.1", self.port, local_hostname="plain")
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def close(self):
        self.server.shutdown()
        self.server.server_close()
