"""A mail server that does as it is told: refuses, drops, stalls, takes its time; mail by mail, recipient by recipient.

    smtp.on("ann@x.example", LATER, DROP_AFTER_DOT)   # her next two mails; those after them are accepted
    smtp.wait_for(count=3, recipient="ann@x.example") # the attempts, with what was sent and what was answered
"""

import base64
import contextlib
import email
import email.policy
import re
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field

from stack.waiting import wait_until


@dataclass(frozen=True)
class Behaviour:
    """What it does with one mail."""
    rcpt: str = "250 2.1.5 OK"  # "hold": that, once it is let go
    data: str = "354 Go ahead"  # "drop": that, and closes
    dot: str = "250 2.0.0 OK"  # "drop": closes without an answer; "stall": stays silent; "hold": 250 once it is let go


ACCEPT = Behaviour()
LATER = Behaviour(rcpt="451 4.3.0 Try again later")
REFUSE = Behaviour(rcpt="550 5.1.1 No such user")
LATER_AFTER_DOT = Behaviour(dot="452 4.2.2 Mailbox full")
REFUSE_AFTER_DOT = Behaviour(dot="554 5.7.1 Rejected")
DROP_AFTER_DOT = Behaviour(dot="drop")
DROP_AT_354 = Behaviour(data="drop")
STALL_AFTER_DOT = Behaviour(dot="stall")
HOLD_AFTER_DOT = Behaviour(dot="hold")
HOLD_AT_RCPT = Behaviour(rcpt="hold")


@dataclass
class Attempt:
    recipient: str
    behaviour: Behaviour
    sender: str
    started: float = field(default_factory=time.monotonic)
    mail: email.message.EmailMessage = None  # once it is there whole
    raw: bytes = b""
    accepted: bool = False  # the server said 250 to the dot
    is_secure: bool = False  # it came over TLS


class ScriptedSmtp:
    """With a TLS context it offers STARTTLS, or speaks TLS from the first byte; with credentials it takes mail from nobody
    without them."""

    def __init__(self, port=0, tls=None, implicit_tls=False, credentials=None):
        self.tls = tls
        self.implicit_tls = implicit_tls
        self.credentials = credentials  # (user, password)
        self.tls_refused = 0  # handshakes that the client broke off
        self.scripts = {}
        self.usual = ACCEPT
        self.greeting = "220 scripted.example ESMTP"  # "421 …" turns every connection away
        self.attempts = []
        self.connections = 0
        self.closing = threading.Event()
        self.released = threading.Event()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, credentials=""):
        return f"smtp{'s' if self.implicit_tls else ''}://{credentials}127.0.0.1:{self.port}"

    def on(self, recipient, *behaviours):
        with self.lock:
            self.scripts.setdefault(recipient, []).extend(behaviours)

    def tried(self, recipient=None):
        with self.lock:
            return [attempt for attempt in self.attempts if recipient in (None, attempt.recipient)]

    def accepted(self, recipient=None):
        return [attempt for attempt in self.tried(recipient) if attempt.accepted]

    def wait_for(self, count=1, recipient=None, seconds=20):
        """The attempts, as soon as there are `count`."""
        return wait_until(lambda: len(self.tried(recipient)) >= count and self.tried(recipient), seconds,
                          f"{count} attempts to mail {recipient or 'anybody'}")

    def wait_for_accepted(self, count=1, recipient=None, seconds=20):
        return wait_until(lambda: len(self.accepted(recipient)) >= count and self.accepted(recipient), seconds,
                          f"{count} mails to {recipient or 'anybody'} are accepted")

    def let_go(self):
        """Accepts what is held, and holds nothing from then on, until hold_again()."""
        self.released.set()

    def hold_again(self):
        self.released.clear()

    def close(self):
        """Also ends what stalls."""
        self.closing.set()
        self.released.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # from here on connections are refused
        self.listener.close()

    # --- its conversations ---

    def _accept(self):
        while not self.closing.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with self.lock:
            self.connections += 1
        try:
            self._talk(self._wrap(connection) if self.implicit_tls else connection)
        except OSError:
            pass  # the client has gone
        finally:
            connection.close()

    def _wrap(self, connection):
        try:
            return self.tls.wrap_socket(connection, server_side=True)
        except OSError:
            with self.lock:
                self.tls_refused += 1
            raise

    def _features(self, connection):
        is_plain = not isinstance(connection, ssl.SSLSocket)
        return ["scripted.example", "8BITMIME", *(["STARTTLS"] if self.tls and is_plain else []),
                *(["AUTH PLAIN LOGIN"] if self.credentials else []), "SMTPUTF8"]

    def _is_right(self, line):
        given = base64.b64decode(line.split()[2])
        return given == b"\0" + b"\0".join(part.encode() for part in self.credentials)

    def _talk(self, connection):
        try:
            self._converse(connection)
        finally:
            connection.close()

    def _converse(self, connection, greets=True):
        def say(line):
            connection.sendall(line.encode() + b"\r\n")

        lines = connection.makefile("rb")
        if greets:
            say(self.greeting)
        if not self.greeting.startswith("220"):
            return
        sender = attempt = None
        is_known = not self.credentials
        while line := lines.readline():
            verb = line[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                features = self._features(connection)
                for number, feature in enumerate(features, 1):
                    say(f"250{' ' if number == len(features) else '-'}{feature}")
            elif verb == b"STAR" and self.tls:
                say("220 2.0.0 Go ahead")
                secured = self._wrap(connection)
                try:
                    self._converse(secured, greets=False)
                finally:
                    secured.close()
                return
            elif verb == b"AUTH":
                is_known = self._is_right(line)
                say("235 2.7.0 Welcome" if is_known else "535 5.7.8 No")
            elif verb in (b"MAIL", b"RCPT", b"DATA") and not is_known:
                say("530 5.7.0 Authentication required")
            elif verb == b"MAIL":
                sender = _address(line)
                say("250 2.1.0 OK")
            elif verb == b"RCPT":
                attempt = self._begin(sender, _address(line))
                attempt.is_secure = isinstance(connection, ssl.SSLSocket)
                if attempt.behaviour.rcpt == "hold":
                    self.released.wait()
                say(ACCEPT.rcpt if attempt.behaviour.rcpt == "hold" else attempt.behaviour.rcpt)
            elif verb == b"DATA":
                say("354 Go ahead" if attempt.behaviour.data == "drop" else attempt.behaviour.data)
                if attempt.behaviour.data == "drop":
                    return
                attempt.raw = _read_data(lines)
                attempt.mail = email.message_from_bytes(attempt.raw, policy=email.policy.default)
                if not self._answer_dot(say, attempt):
                    return
            elif verb == b"QUIT":
                say("221 2.0.0 Bye")
                return
            else:
                say("250 2.0.0 OK")

    def _begin(self, sender, recipient):
        with self.lock:
            script = self.scripts.get(recipient)
            attempt = Attempt(recipient, script.pop(0) if script else self.usual, sender)
            self.attempts.append(attempt)
        return attempt

    def _answer_dot(self, say, attempt):
        """False when the connection is to be closed."""
        behaviour = attempt.behaviour
        if behaviour.dot == "drop":
            return False
        if behaviour.dot == "stall":
            self.closing.wait()
            return False
        if behaviour.dot == "hold":
            self.released.wait()
        answer = ACCEPT.dot if behaviour.dot == "hold" else behaviour.dot
        attempt.accepted = answer.startswith("250")  # before the client can know and a test can ask
        say(answer)
        return True


def _address(line):
    found = re.search(rb"<([^>]*)>", line)
    return found[1].decode("utf-8", "replace") if found else ""


def _read_data(lines):
    content = []
    for line in lines:
        if line == b".\r\n":
            return b"".join(content)
        content.append(line[1:] if line.startswith(b".") else line)
    raise OSError("the client left within the data")
