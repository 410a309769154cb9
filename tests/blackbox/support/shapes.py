"""The forms that ids, times and secrets have in every answer."""

import re
from datetime import datetime, timezone

CROCKFORD = "[0-9A-HJKMNP-TV-Z]"
PASSCODE = re.compile(rf"{CROCKFORD}{{4}}(-{CROCKFORD}{{4}}){{3}}")
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def is_id(prefix, text):
    """A prefix such as "lnk_" and 26 characters of Crockford base32 over 128 bits."""
    return bool(re.fullmatch(rf"{prefix}[0-7]{CROCKFORD}{{25}}", text))


def time_of(text):
    """RFC 3339 in UTC with Z, as a datetime."""
    assert TIME.fullmatch(text), text
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
