"""Keeps the servers of a stack running: what dies is started again, the rest goes on, and it says so in a line.

A server that dies at once, again and again, gets a growing pause and its last log lines are shown. One that somebody
started by hand on the same port (`pg_ctl restart`, a Redis of their own) is adopted: left alone while it answers.

Work is done in tick(), which never waits; whoever waits for something else calls it in between.
"""

import enum
import time

from .server import how_it_ended
from .waiting import Failure

AT_ONCE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 30.0
# Exit statuses of a server that somebody stopped or killed: such a one is back soon, however often it happens.
ENDED_BY_OTHERS = (0, -2, -9, -15)
TICK_SECONDS = 0.1


class Watch(enum.Enum):
    STARTING = "was started, does not answer yet"
    UP = "answers"
    ADOPTED = "answers, but is not our process"
    DOWN = "ended; is to be started again"


class Watched:
    def __init__(self, server, now):
        self.server = server
        self.state = Watch.UP
        self.started = now
        self.due = now  # when DOWN, the earliest time to start it; when ADOPTED, the next time to look at it
        self.quick_deaths = 0


class Supervisor:
    def __init__(self, servers, say):
        """`servers` answer already."""
        self.say = say
        self.watched = [Watched(server, time.monotonic()) for server in servers]
        self.next_tick = 0.0

    def tick(self):
        if time.monotonic() < self.next_tick:
            return
        for watched in self.watched:
            self._look_at(watched, time.monotonic())
        self.next_tick = time.monotonic() + TICK_SECONDS

    def run(self):
        """For ever; ends by an exception, as a signal's handler raises it."""
        while True:
            self.tick()
            time.sleep(TICK_SECONDS / 2)

    def _look_at(self, watched, now):
        server = watched.server
        if watched.state in (Watch.STARTING, Watch.UP) and not server.is_running():
            self._on_death(watched, now)
        elif watched.state is Watch.STARTING and server.answers():
            self.say(f"{server.name} answers again.")
            watched.state = Watch.UP
        elif watched.state is Watch.ADOPTED and now >= watched.due:
            self._look_at_stranger(watched, now)
        elif watched.state is Watch.DOWN:
            self._revive(watched, now)

    def _on_death(self, watched, now):
        server, status = watched.server, watched.server.process.returncode
        server.end_group()
        at_once = now - watched.started < AT_ONCE_SECONDS
        watched.quick_deaths = watched.quick_deaths + 1 if at_once else 0
        pause = self._pause(watched.quick_deaths, 1.0 if status in ENDED_BY_OTHERS else LONGEST_PAUSE_SECONDS)
        if watched.quick_deaths > 1 and status not in ENDED_BY_OTHERS:
            self.say(f"{server.name} {how_it_ended(status)} at once, {watched.quick_deaths} times now; trying again in "
                     f"{pause:g} s. The end of {server.log}:\n{server.last_log_lines()}")
        else:
            self.say(f"{server.name} {how_it_ended(status)}; starting it again (log: {server.log}).")
        grace = server.grace_seconds if status == 0 else server.grace_seconds / 2
        self._go_down(watched, now + max(pause, grace))

    def _revive(self, watched, now):
        server = watched.server
        if server.port_is_open() and server.answers():
            self.say(f"{server.name} was started by somebody else on port {server.port}; going on with that one.")
            watched.quick_deaths = 0
            watched.state = Watch.ADOPTED
        elif now >= watched.due and not server.pid_of_stranger():
            self._start(watched, now)

    def _start(self, watched, now):
        try:
            watched.server.start()
        except (Failure, OSError) as error:
            watched.quick_deaths += 1
            pause = self._pause(watched.quick_deaths, LONGEST_PAUSE_SECONDS)
            self.say(f"{watched.server.name} cannot be started, trying again in {pause:g} s: {error}")
            self._go_down(watched, now + pause)
            return
        watched.started = now
        watched.state = Watch.STARTING

    def _look_at_stranger(self, watched, now):
        watched.due = now + 0.5
        if watched.server.stranger_is_gone():
            self.say(f"{watched.server.name}, which somebody else had started, is gone; starting ours.")
            self._go_down(watched, now + watched.server.grace_seconds)

    def _go_down(self, watched, due):
        watched.due = due
        watched.state = Watch.DOWN

    def _pause(self, quick_deaths, longest):
        return min(longest, 0.5 * 2 ** (quick_deaths - 2)) if quick_deaths > 1 else 0.0
