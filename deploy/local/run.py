#!/usr/bin/python3
"""`make run`: the whole of Sharelink on this machine, in the foreground, with everything it needs under .run/.

Starts private servers (stack/), migrates, makes a sample account, tells the sample's story (stack/demo.py; not with
RUN_NO_DEMO=1), writes .run/env, and supervises until Ctrl-C. `run.py --clean` forgets all data (`make clean-run`).

From the environment: MODE (which build), RUN_DIR (instead of .run), RUN_NO_DEMO, and any SHARELINK_* setting, which
goes to the daemons and wins over ours; SHARELINK_VIEWS_LISTEN and the like are for one daemon alone.
"""

import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import sys

from stack import postgres
from stack.demo import Demo
from stack.state import State, write_private
from stack.supervisor import Supervisor
from stack.system import ROOT, Stack
from stack.waiting import Failure

RUN_DIR = os.path.abspath(os.environ.get("RUN_DIR") or f"{ROOT}/.run")
# Shorter than a deployment's: whoever presses Ctrl-C is waiting.
LOCAL_DEFAULTS = {"SHARELINK_DRAIN_SECONDS": "8"}


class Interrupted(Exception):
    """Ctrl-C, or the SIGTERM that asks for the same."""


def main():
    sys.stdout.reconfigure(errors="replace")  # names of people, on a terminal of any character set
    end_with_make()
    on_stop_signals(interrupt)
    try:
        clean() if sys.argv[1:] == ["--clean"] else run()
        return 0
    except Interrupted:
        return 0
    except Failure as failure:
        say(f"make run: {failure}")
    except OSError as error:
        say(f"make run: {error}")
    return 1


def run():
    with the_only_run():
        forget_env()
        state = State(f"{RUN_DIR}/state/state.json")
        mode = os.environ.get("MODE") or "release"
        stack = Stack(RUN_DIR, state, mode=mode, given=os.environ, defaults=LOCAL_DEFAULTS)
        stack.fail_unless_built()
        state.save()
        try:
            serve(stack)
        finally:
            on_stop_signals(signal.SIG_IGN)
            forget_env()
            say("\nStopping.")
            stop(stack)


def serve(stack):
    forget_logs(stack)
    say("Sharelink starts for the first time." if stack.state.is_new
        else "Sharelink starts; it goes on with the data of the last run.")
    stack.start_stores()
    stack.migrate()
    stack.start_daemons()
    make_account(stack)
    for server in stack.servers():
        say(f"  {server.name:14} 127.0.0.1:{server.port}")

    supervisor = Supervisor(stack.servers(), say)
    link = None
    if os.environ.get("RUN_NO_DEMO", "0") in ("", "0"):
        link = Demo(stack, stack.state.get("api_key"), say, supervisor.tick).show()
    say(farewell(stack, link))
    write_env(stack)
    supervisor.run()


def make_account(stack):
    if not stack.state.get("api_key"):
        account, key = stack.create_account("Sample company")
        stack.state.set("account", account)
        stack.state.set("api_key", key)
        stack.state.save()


def stop(stack):
    for name, status in stack.stop().items():
        if status not in (0, None):
            say(f"  {name} ended with status {status}, see {stack.log(name)}")
    say("All servers have ended. `make run` goes on with the same data, `make clean-run` forgets it.")


# --- what tools read and people see ---

def write_env(stack):
    """Last of all: who finds this file finds everything ready."""
    values = {
        "LINKS_URL": stack.links.url(), "VIEWS_URL": stack.views.url(), "NOTIFICATIONS_URL": stack.notifications.url(),
        "CONSOLE_URL": stack.console.url(),
        "PUBLIC_URL": stack.public_url, "API_KEY": stack.state.get("api_key"),
        "DATABASE_URL": stack.postgres.url(stack.database), "REDIS_URL": stack.redis.url(),
        "SMTP_URL": stack.mail.url(), "MAIL_DIR": stack.mail.mail_dir,
    }
    write_private(f"{RUN_DIR}/env", "".join(f"{key}={value}\n" for key, value in values.items()))


def forget_env():
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{RUN_DIR}/env")


def forget_logs(stack):
    for server in stack.servers():
        with contextlib.suppress(FileNotFoundError):
            os.unlink(server.log)


def farewell(stack, link):
    tries = things_to_try(stack, link)
    return "\n".join([
        "", "Sharelink is running; Ctrl-C ends it.", "",
        f"  Front door     {stack.public_url}    (what reviewers and platform services use)",
        f"  links          {stack.links.url()}",
        f"  views          {stack.views.url()}",
        f"  notifications  {stack.notifications.url()}",
        f"  console        {stack.console.url()}",
        f"  API key        {stack.state.get('api_key')}",
        f"  Mails          {stack.mail.mail_dir}",
        f"  Logs           {RUN_DIR}/log",
        f"  For tools      {RUN_DIR}/env",
        "", "Three things to try:",
        *[f"\n  # {title}\n  curl {call}" for title, call in tries]])


def things_to_try(stack, link):
    """Titles and curl's arguments; without the sample, what makes the first interview."""
    authorized = f"-H 'Authorization: Bearer {stack.state.get('api_key')}' {stack.public_url}/v1"
    if not link:
        return [("store an interview", f"-X PUT {authorized}/interviews/first --json '{NEW_INTERVIEW}'"),
                ("read it", f"{authorized}/interviews/first"),
                ("list the share links", f"{authorized}/share-links")]
    page, _, passcode = link["reviewers"][-1]["url"].partition("#")
    return [(f"open the link as {link['reviewers'][-1]['name']}; then look at the newest mail",
             f"{page}/open --json '" + '{"passcode": "' + passcode + "\"}'"),
            ("see the share link, who opened it and when", f"{authorized}/share-links/{link['id']}"),
            ("share one more candidate, without the surname", f"{authorized}/share-links --json '{NEW_LINK}'")]


NEW_LINK = ('{"kind": "advanced", "title": "Second opinion", "owner": {"name": "Robin Castellanos", '
            '"email": "robin.castellanos@hiring.example", "time_zone": "Europe/Amsterdam"}, '
            '"interview_ids": ["int-2042"], "reviewers": [{"name": "You", "email": "you@support.example"}], '
            '"settings": {"abbreviate_names": true}, '
            '"send_email": true, "message": {"subject": "A candidate", "body": "{{link_url}}"}}')
NEW_INTERVIEW = ('{"type": "one_way", "job": {"id": "job-1", "title": "Librarian"}, '
                 '"completed_at": "2026-01-05T10:00:00Z", "candidate": {"first_name": "Ada", "last_name": "Example", '
                 '"email": "ada@candidates.example"}, "questions": [], "questionnaire": []}')


def say(text):
    with contextlib.suppress(BrokenPipeError):  # nobody reads any more; that is no reason to stop
        print(text, flush=True)


# --- one run at a time, and its end ---

@contextlib.contextmanager
def the_only_run():
    os.makedirs(RUN_DIR, exist_ok=True)
    with open(f"{RUN_DIR}/lock", "a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(f"another run is active in {RUN_DIR}: end it first, by Ctrl-C in its terminal") from None
        yield


def clean():
    with the_only_run():
        postgres.remove(f"{RUN_DIR}/postgres")
        shutil.rmtree(RUN_DIR)


def on_stop_signals(handler):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def interrupt(_number, _frame):
    on_stop_signals(signal.SIG_IGN)  # once is enough: what follows is an orderly stop
    raise Interrupted


def end_with_make():
    """When make itself is killed, the kernel sends us SIGTERM: make can no longer pass on a Ctrl-C."""
    with open(f"/proc/{os.getppid()}/comm", encoding="utf-8") as file:
        if file.read().strip() in ("make", "gmake"):
            pr_set_pdeathsig = 1
            ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
