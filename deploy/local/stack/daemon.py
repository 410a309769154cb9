"""One of the four daemons, and how its settings come about."""

import os

from .server import Server
from .web import status_of

NAMES = ("links", "views", "notifications", "console")
# Settings whose names begin like those for the console alone, and that are of others too.
OF_SEVERAL = ("SHARELINK_CONSOLE_SESSIONS_PER_ACCOUNT",)


class Daemon(Server):
    def __init__(self, name, program, settings, log):
        super().__init__(name, int(settings["SHARELINK_LISTEN"].rpartition(":")[2]), log)
        self.program = program
        self.settings = settings

    def address(self):
        host = self.settings["SHARELINK_LISTEN"].rpartition(":")[0]
        return f"{'127.0.0.1' if host in ('', '0.0.0.0', '[::]', '*') else host}:{self.port}"

    def url(self):
        return f"http://{self.address()}"

    def command(self):
        return [self.program]

    def environment(self):
        return {**without_settings(os.environ), **self.settings}

    def answers(self):
        return status_of(self.url() + "/readyz") == 200


def settings_of(name, ours, given):
    """Our settings for the daemon `name`, overruled by what is given in the environment.

    SHARELINK_X is for all daemons, SHARELINK_LINKS_X for links alone. A given X_FILE takes the place of our X. LISTEN and
    HEALTH_LISTEN make sense for one daemon only. SHARELINK_LINKS_PASSWORD is the operator's command's, and the passwords here are ours.
    """
    for_all = {key: value for key, value in given.items()
               if key.startswith("SHARELINK_") and (key in OF_SEVERAL or not key.startswith(_prefixes())) and key not in ("SHARELINK_LISTEN", "SHARELINK_HEALTH_LISTEN")}
    for_this = {"SHARELINK_" + key.removeprefix(_prefix(name)): value for key, value in given.items()
                if key.startswith(_prefix(name)) and key not in OF_SEVERAL and key.removesuffix("_FILE") != f"{_prefix(name)}PASSWORD"}
    settings = dict(ours)
    for key, value in {**for_all, **for_this}.items():
        settings.pop(key.removesuffix("_FILE"), None)
        settings[key] = value
    return settings


def without_settings(environment):
    return {key: value for key, value in environment.items() if not key.startswith("SHARELINK_")}


def _prefix(name):
    return f"SHARELINK_{name.upper()}_"


def _prefixes():
    return tuple(_prefix(name) for name in NAMES)
