"""Waiting for a condition, with a deadline. Nobody here sleeps for a fixed time and hopes."""

import time


class Failure(Exception):
    """Why it cannot go on, in words for the person at the terminal: what happened, and what to look at."""


def wait_until(condition, seconds, what, between=None):
    """Asks until `condition()` is true and returns its value; after `seconds` raises Failure with `what` was awaited.

    `between` is called between two questions: the supervisor's tick, for those who wait while it has to work.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not within {seconds:g} seconds")
        if between:
            between()
        time.sleep(0.02)
