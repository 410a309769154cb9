"""What a stack remembers from run to run: ports, passwords, keys. One JSON file that only its owner can read."""

import base64
import json
import os
import secrets

from . import ports


class State:
    def __init__(self, path=None):
        """From the file when there is one; without a path it is kept in memory only."""
        self.path = path
        self.values = {}
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.values = json.load(file)
        self.is_new = not self.values

    def port(self, name):
        """The same as the last time where it is free, else a new one."""
        key = f"{name}_port"
        if key not in self.values or not ports.is_free(self.values[key]):
            self.values[key] = ports.free_port()
        return self.values[key]

    def password(self, name):
        return self._once(f"{name}_password", lambda: secrets.token_urlsafe(24))

    def secret_key(self):
        return self._once("secret_key", lambda: base64.b64encode(secrets.token_bytes(32)).decode())

    def get(self, key):
        return self.values.get(key)

    def set(self, key, value):
        self.values[key] = value
        return value

    def sibling(self):
        """One with the same secrets and other ports, in memory."""
        other = State()
        other.values = {key: value for key, value in self.values.items() if not key.endswith("_port")}
        return other

    def save(self):
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        write_private(self.path, json.dumps(self.values, indent=2) + "\n")

    def _once(self, key, make):
        return self.values[key] if key in self.values else self.set(key, make())


def write_private(path, text):
    """Whole or not at all, readable by its owner only."""
    part = f"{path}.part"
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(part, path)
