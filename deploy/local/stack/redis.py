"""A private Redis as Sharelink wants it: every write in an append-only file, nothing evicted.

It asks for no password: it listens on loopback only, holds nothing but ids, and Redis 7 lets no client move its files.
"""

import os
import socket

from .server import Server


class Redis(Server):
    signal_when_orphaned = "TERM"
    grace_seconds = 1.0

    def __init__(self, directory, port, log):
        super().__init__("redis", port, log)
        self.directory = os.path.abspath(directory)

    def url(self, database=0):
        return f"redis://127.0.0.1:{self.port}/{database}"

    def command(self):
        return ["redis-server", f"{self.directory}/redis.conf"]

    def prepare(self):
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        with open(f"{self.directory}/redis.conf", "w", encoding="utf-8") as file:
            file.write(f"bind 127.0.0.1\nport {self.port}\ndir \"{self.directory}\"\ndatabases 256\n"
                       "appendonly yes\nappendfsync everysec\nsave \"\"\nmaxmemory-policy noeviction\n")

    def answers(self):
        return self.ask("PING") == "+PONG"

    def pid_of_stranger(self):
        if self.directory not in self.ask("CONFIG", "GET", "dir"):
            return None
        info = dict(line.split(":", 1) for line in self.ask("INFO", "server").splitlines() if ":" in line)
        return int(info.get("process_id", 0)) or None

    def ask(self, *words):
        """The plain text of the answer, "" when there is none."""
        request = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(request.encode())
                return connection.recv(65536).decode(errors="replace").strip()
        except OSError:
            return ""

    def forget(self):
        """Removes what it stored. Only while it is stopped."""
        for directory, _, files in os.walk(f"{self.directory}/appendonlydir"):
            for name in files:
                os.unlink(f"{directory}/{name}")
