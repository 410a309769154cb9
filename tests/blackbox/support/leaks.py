"""What may be in no log: each token, passcode, key, session, mail address and name of a person that the suite sent or was told.

Callers (api.py) and mailboxes note them as they pass by; when all servers of the session have ended, all logs are searched, those
of PostgreSQL, Redis and nginx too.
"""

import functools
import json
import os
import re
from urllib.parse import unquote

# Each with what it is. Names only when they are nobody else's word.
noted = {}
# Logs that lie elsewhere than the session's servers'.
logs = []

ADDRESS = re.compile(r"[^\s@<>()\",;:=\\/]+@[^\s@<>()\",;:=\\/]+\.[^\s@<>()\",;:=\\/]+")
WORD = re.compile(r"[\w-]{6,}")
PIECE = re.compile(r"\w+")
PAGE = re.compile(r"/s/([\w-]{16,})(?:#([\w-]+))?")
CONSOLE = re.compile(r"/console/cns_\w+#([\w-]+)")
UNSUBSCRIBE = re.compile(r"/u/([\w.-]{20,})")
NAMES = {"first_name", "last_name", "display_name", "name"}
SECRETS = {"passcode": "passcode", "token": "console's token", "secret": "webhook's secret", "key": "key"}


def note(kind, value):
    noted.setdefault(value, kind)


def note_key(key):
    if key and key.startswith(("slk_", "slc_")):
        note("key", key)


def note_answer(answer):
    """Of a call: what was sent, and what came back."""
    for name, value in answer.cookies.items():
        note(f"cookie {name}", value)
    for address in ADDRESS.findall(unquote(answer.request.path_url)):
        note_address(address)
    if answer.ok and answer.content and "json" in answer.headers.get("Content-Type", ""):
        note_json(answer.json(), came_back=True)
    if answer.ok and answer.request.body and answer.request.headers.get("Content-Type") == "application/json":
        note_json(json.loads(answer.request.body))


def note_json(value, name="", came_back=False):
    if isinstance(value, dict):
        for key, member in value.items():
            note_json(member, key, came_back)
    elif isinstance(value, list):
        for member in value:
            note_json(member, name, came_back)
    elif isinstance(value, str) and value:
        note_member(name, value, came_back)


def note_member(name, value, came_back):
    if name in SECRETS and came_back and len(value) >= 16:
        note(SECRETS[name], value)
    elif ADDRESS.fullmatch(value):
        note_address(value)
    elif name in NAMES and len(value) >= 8 and re.search(r"\d", value):
        note("name", value)
    note_text(value)


def note_address(address):
    note("address", address.lower())


def note_text(text):
    for token, passcode in PAGE.findall(text):
        note("token", token)
        if passcode:
            note("passcode", passcode)
    for code in CONSOLE.findall(text):
        note("console's code", code)
    for token in UNSUBSCRIBE.findall(text):
        note("unsubscribe token", token)


def found_in(text):
    """[(kind, value)] of what was noted and is there."""
    text = text + unquote(text) if "%" in text else text
    words, pieces = set(WORD.findall(text)), set(PIECE.findall(text))
    there = [(noted[value], value) for value in words & noted.keys()]
    there += [("address", address) for address in {address.lower() for address in ADDRESS.findall(text)} & noted.keys()]
    there += [(noted[value], value) for value, parts in in_pieces(len(noted)) if value not in words and parts <= pieces and value in text]
    return there


@functools.lru_cache(maxsize=1)
def in_pieces(_count):
    """What is no single word, of so much that is noted, with the pieces that a text must have to hold it: so most texts need not be
    searched for most of them."""
    return [(value, set(PIECE.findall(value))) for value, kind in noted.items() if kind in ("name", "unsubscribe token", "webhook's secret")]


def faults_below(root):
    """A line for each of them that stands in a log below root, or in one of `logs`."""
    paths = [os.path.join(place, name) for place, _, names in os.walk(root) for name in names if name.endswith(".log")]
    return [fault for path in [*paths, *filter(os.path.exists, logs)] for fault in faults_of(path)]


def faults_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        found = found_in(file.read())
    return [f"{path}: the {kind} {value!r}, in {line_of(path, value)}" for kind, value in found[:20]]


def line_of(path, value):
    with open(path, encoding="utf-8", errors="replace") as file:
        return next((line.strip()[:600] for line in file if value in line or value in unquote(line)), "a line of other spelling")
