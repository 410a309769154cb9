"""docs/api.md is true: its commands run, one after another, and are answered with the statuses that it tells of."""

import json
import os
import re
import subprocess

import pytest
from support import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text()
# Of every call, in order.
STATUSES = [201, 200,  # store and read an interview
            201,  # share it
            200, 200,  # the page and its state
            401, 200, 200,  # wrong passcode, open, the same visit
            200, 200,  # the interviews, and one of them
            200, 200,  # who opened it, the list
            201, 200, 200, 200,  # feedback, and reading it; opens
            200, 200,  # the matrix, and the days
            200, 200,  # all links
            200, 412, 200, 200,  # changes
            200, 200,  # check boxes
            200, 200,  # names and notes
            201, 201,  # with an Idempotency-Key
            200, 410, 200, 401,  # off and on
            200, 200,  # another address
            202,  # a reminder
            200, 200,  # the account's brand and language
            200, 201,  # preview, basic link
            200, 200,  # events, deliveries
            200,  # erasure
            422]  # what goes wrong


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def walked(stack, tmp_path_factory):
    """What each block has printed, and the status of each call."""
    place = tmp_path_factory.mktemp("walk")
    started = [block for block in blocks("sh") if not re.search(r"make run|\.run/env|LINKS_URL|psql", block)]
    script = f"""set -u
    curl() {{ command curl -w '%{{stderr}}%{{http_code}}\\n' "$@"; }}
    cd {place}
    """ + "echo =====\n".join(block.replace("/tmp/walk.cookies", f"{place}/walk.cookies") for block in started)
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120, check=False, env={
        "PATH": os.environ["PATH"], "PUBLIC_URL": stack.public_url, "API_KEY": stack.key, "MAIL_DIR": stack.mail.mail_dir})
    return ran.stdout.split("=====\n"), [int(line) for line in ran.stderr.splitlines() if re.fullmatch(r"\d{3}", line)], ran


def test_every_call_is_answered_as_told(walked):
    _, statuses, ran = walked
    assert ran.returncode == 0 and statuses == STATUSES, ran.stdout + ran.stderr


def test_what_is_shown_has_the_form_of_what_is_answered(walked):
    printed, _, _ = walked
    answers = [value for text in printed for value in json_values(text)]
    for shown in blocks("json"):
        example = json.loads(shown)
        wanted = example if isinstance(example, dict) else {"errors": example}
        assert any(isinstance(answer, dict) and wanted.keys() <= answer.keys() and (isinstance(example, dict) or answer["errors"] == example)
                   for answer in answers), shown


def json_values(text):
    """Every JSON value in a block's output."""
    decoder, place = json.JSONDecoder(), 0
    while (start := text.find("{", place)) >= 0:
        try:
            value, place = decoder.raw_decode(text, start)
            yield value
        except json.JSONDecodeError:
            place = start + 1


def test_the_repeated_call_says_that_it_is_one(walked):
    printed, _, _ = walked
    block = next(text for text in printed if "HTTP/1.1 201" in text)
    assert block.lower().count("idempotency-replayed: true") == 1 and block.lower().count("ratelimit:") == 2
