#!/usr/bin/python3
"""The sample's story for the profile `demo` of docker-compose.yml: what `make run` tells, told through the gateway.

Makes an account, stores the interviews, shares a shortlist, opens it as a reviewer would, and shows the
mails. Run again, it says that all this is there.
"""

import os
import subprocess
import sys
from types import SimpleNamespace

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "local"))

from stack.demo import Demo  # noqa: E402
from stack.waiting import Failure  # noqa: E402

GATEWAY = "http://gateway:8080"
MAIL_DIR = "/mail"
ACCOUNT = "Demo"


def main():
    mail = SimpleNamespace(mail_dir=MAIL_DIR, url=lambda: "smtp://mail-catcher:1025")
    stack = SimpleNamespace(
        links=SimpleNamespace(url=lambda: GATEWAY), front=SimpleNamespace(url=lambda: GATEWAY), mail=mail,
        notifications=SimpleNamespace(settings={"SHARELINK_SMTP_URL": mail.url()}, log="docker compose logs email-worker"))
    try:
        key = account_key()
        if not key:
            return say("demo: the sample is there already; the log of the first run shows its URLs and key.")
        Demo(stack, key, say, lambda: None).show()
    except Failure as failure:
        sys.exit(f"demo: {failure}")
    return say(f"\nThe page: the URLs above, at {os.environ['PUBLIC_URL']}. The API: "
               f"curl -H 'Authorization: Bearer {key}' {os.environ['PUBLIC_URL']}/v1/share-links\n"
               f"A key of your own: docker compose run --rm migrate sharelink account create --name NAME --plan growth")


def account_key():
    """The new account's key; None when an earlier run made the account: keys are shown once."""
    if any(line.split()[-1:] == [ACCOUNT] for line in operate("account", "list").splitlines()):
        return None
    return made_key(operate("account", "create", "--name", ACCOUNT, "--plan", "growth"))


def made_key(printed):
    return next(line.split(": ", 1)[1] for line in printed.splitlines() if line.startswith("key: "))


def operate(*words):
    done = subprocess.run(["sharelink", *words], text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise Failure(f"`sharelink {' '.join(words)}`: {done.stderr.strip()}")
    return done.stdout


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    main()
