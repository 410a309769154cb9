"""A client of GET /v1/events/stream, on a thread of its own. What is not as proto/asyncapi.yaml has it is in `breaches`."""

import json
import threading

import requests

from .async_contract import check_message
from .contract import Breach


class Listener:
    """Keeps what comes; `events` are (id, type, data). Ends when the server ends it, or with cut()."""

    def __init__(self, base, key, after=None, **params):
        headers = {"Authorization": f"Bearer {key}", **({"Last-Event-ID": after} if after else {})}
        self.session = requests.Session()
        self.session.trust_env = False
        self.answer = self.session.get(f"{base}/v1/events/stream", headers=headers, params=params, stream=True, timeout=30)
        assert self.answer.status_code == 200, self.answer.text
        assert self.answer.headers["Content-Type"] == "text/event-stream"
        self.events = []
        self.breaches = []
        self.comments = 0
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def ids(self):
        return [event[0] for event in list(self.events)]

    def cut(self):
        self.answer.raw._fp.fp.raw._sock.shutdown(2)
        self.thread.join(10)
        self.session.close()

    def has_ended(self):
        return not self.thread.is_alive()

    def _read(self):
        fields = {}
        try:
            for line in self.answer.iter_lines(chunk_size=1, decode_unicode=True):
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif fields:
                    if "data" in fields:
                        self._check({name: fields[name] for name in fields if name != "data"}, json.loads(fields["data"]))
                        self.events.append((fields["id"], fields["event"], json.loads(fields["data"])))
                    fields = {}
        except (requests.RequestException, OSError, AttributeError, ValueError):
            pass

    def _check(self, fields, event):
        try:
            check_message("listened", fields, event)
        except Breach as breach:
            self.breaches.append(str(breach))
