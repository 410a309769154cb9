"""A disk that is full takes nothing that was accepted: PostgreSQL's makes a 503 of what would be written, Redis's leaves the
events to the sweep, and both go on by themselves when there is room again.

The disks are of a few MB, and of the test alone: mounted where the server keeps its files.
"""

import json
import os
import subprocess

import pytest
from stack.system import start
from stack.waiting import wait_until
from support.opens import open_all, opens_recorded, reviewers_of, wait_for_mails

OPENS = 200
BLOCK = bytes(4096)


class Disk:
    """A file system of a given size, filled and freed at will."""

    def __init__(self, directory, megabytes, user=None):
        self.directory = directory
        self.filling = f"{directory}/filling"
        os.makedirs(directory, exist_ok=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700{f',uid={user}' if user else ''}", "tmpfs",
                                  directory], capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            pytest.skip(f"a disk that can be full needs the right to mount one: {mounted.stderr.strip()}")

    def fill(self):
        with open(self.filling, "ab", buffering=0) as file:
            try:
                while True:
                    file.write(BLOCK)
            except OSError:
                pass

    def free(self):
        os.unlink(self.filling)

    def unmount(self):
        subprocess.run(["umount", self.directory], check=True)


@pytest.fixture
def disk(request):
    """disk(directory, megabytes, user=None). Asked for before make_stack, so that its servers stop before it goes."""
    def make(*args, **options):
        made = Disk(*args, **options)
        request.addfinalizer(made.unmount)
        return made
    return make


def lines_of(daemon, event):
    with open(daemon.log, encoding="utf-8") as log:
        return [line for text in log if text.startswith("{") and (line := json.loads(text))["event"] == event]


def move_database_to(stack, disk):
    for daemon in stack.daemons:
        daemon.stop()
    stack.db.close()
    stack.postgres.sql(f"create tablespace small location '{disk.directory}'")
    stack.postgres.sql(f'alter database "{stack.database}" set tablespace small')
    stack.bring_back(*stack.daemons)


def make_links_until_refused(stack, interview_id):
    """The ids of those that were accepted, and the refusal."""
    accepted = []
    for number in range(1000):
        body = {"interview_ids": [interview_id], "owner": {"name": "Owner", "email": "owner@hiring.example"}, "title": "t" * 200,
                "reviewers": [{"name": f"R {number} {place}", "email": f"r{number}.{place}@reviewers.example"} for place in range(50)],
                "send_email": False}
        answer = stack.api.post("/v1/share-links", body)
        if answer.status_code != 201:
            return accepted, answer
        accepted.append(answer.json()["id"])
    raise AssertionError("the disk is not full")


def test_postgres_without_room_loses_nothing_and_goes_on_by_itself(disk, make_stack, shared):
    user = "postgres" if os.geteuid() == 0 else None
    small = disk(shared.directory() + "/small", 64, user)
    stack = make_stack(private=True)
    move_database_to(stack, small)
    interview_id = stack.make_interview()
    doors = reviewers_of(stack, OPENS)
    stack.notifications.stop()
    assert set(open_all(stack, doors).values()) == {200}
    count_before = stack.db.value("select count(*) from links.share_links")

    small.fill()
    accepted, refusal = make_links_until_refused(stack, interview_id)
    start([stack.notifications])
    wait_until(lambda: lines_of(stack.notifications, "pg.out_of_resources"), 60, "notifications tells that there is no room for its plans")
    assert refusal.status_code == 503 and refusal.json()["code"] == "database_unavailable" and refusal.headers["Retry-After"]
    assert stack.api.get(f"/v1/share-links/{accepted[0]}" if accepted else "/v1/share-links", status=200)
    said = lines_of(stack.links, "pg.out_of_resources")
    assert len(said) == 1 and said[0]["sqlstate"] == "53100" and "No space left on device" in said[0]["reason"]

    small.free()
    mails = wait_for_mails(stack, OPENS, seconds=90)
    assert len(mails) == len({mail["Message-ID"] for mail in mails}) == OPENS == opens_recorded(stack)
    assert stack.db.value("select count(*) from notifications.dead_entries") == 0
    stack.make_share_link(interview_ids=[interview_id])
    assert stack.db.value("select count(*) from links.share_links") == count_before + len(accepted) + 1, "what was refused is not half stored"


def test_redis_without_room_costs_no_call_and_no_mail(disk, make_stack):
    stack = make_stack(private=True, settings={"SHARELINK_RATE_LIMIT_BURST": "1000"})
    stack.redis.stop()
    stack.redis.forget()
    small = disk(stack.redis.directory, 8)
    stack.bring_back(stack.redis)
    doors = reviewers_of(stack, 40)

    small.fill()
    wait_until(lambda: "MISCONF" in stack.redis.ask("SET", "filler", "x" * 20000), 30, "Redis refuses to write")
    assert set(open_all(stack, doors[:20]).values()) == {200}
    wait_for_mails(stack, 20, seconds=60)
    assert any("MISCONF" in line["reason"] for line in lines_of(stack.views, "stream.add_failed"))

    small.free()
    wait_until(lambda: stack.redis.ask("SET", "filler", "x") == "+OK", 30, "Redis writes again")
    assert set(open_all(stack, doors[20:]).values()) == {200}
    mails = wait_for_mails(stack, 40, seconds=60)
    assert len(mails) == len({mail["Message-ID"] for mail in mails}) == 40 == opens_recorded(stack)
    wait_until(lambda: lines_of(stack.views, "stream.add_recovered"), 20, "views tells that Redis takes events again")
