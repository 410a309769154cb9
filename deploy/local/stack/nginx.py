"""The front door: nginx with the routes that the deployment uses too (deploy/nginx/sharelink.conf.template)."""

import os
import shutil
import signal

from .server import Server
from .waiting import Failure
from .web import status_of

LOCAL = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WRAPPER = os.path.join(LOCAL, "nginx.conf.template")
ROUTES = os.path.join(os.path.dirname(LOCAL), "nginx", "sharelink.conf.template")
FAULTS = os.path.join(os.path.dirname(LOCAL), "nginx", "faults.conf")
DOOR = os.path.join(os.path.dirname(LOCAL), "nginx", "door.conf.template")


class Nginx(Server):
    stop_signal = signal.SIGQUIT  # lets running requests end, for two seconds at most
    signal_when_orphaned = "TERM"

    def __init__(self, directory, port, servers, media_dir, log):
        """`servers`: the address:port of each daemon by its name."""
        super().__init__("front", port, log)
        self.directory = os.path.abspath(directory)
        self.servers = servers
        self.media_dir = media_dir

    def address(self):
        return f"127.0.0.1:{self.port}"

    def url(self):
        return f"http://{self.address()}"

    def command(self):
        # Debian keeps it in /usr/sbin, which is not in everybody's PATH.
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if not program:
            raise Failure("nginx is not installed: see deploy/local/install-packages")
        return [program, "-p", self.directory, "-e", "stderr", "-c", f"{self.directory}/nginx.conf"]

    def prepare(self):
        os.makedirs(self.directory, exist_ok=True)
        render(WRAPPER, f"{self.directory}/nginx.conf", {
            "DIRECTORY": self.directory,
            # Of root, only the master stays root.
            "USER_LINE": "user www-data;" if os.geteuid() == 0 else "",
            **{f"{name.upper()}_SERVER": address for name, address in self.servers.items()},
        })
        render(ROUTES, f"{self.directory}/sharelink.conf", {
            "FRONT_LISTEN": f"127.0.0.1:{self.port}",
            "MEDIA_DIR": str(self.media_dir),
            "DOOR": f"{self.directory}/door.conf",
            "FAULTS": FAULTS,
            "HSTS": "",
        })
        render(DOOR, f"{self.directory}/door.conf", {})

    def answers(self):
        return status_of(self.url()) is not None


def render(template, target, values):
    with open(template, encoding="utf-8") as file:
        text = file.read()
    for name, value in values.items():
        text = text.replace("${" + name + "}", value)
    with open(target, "w", encoding="utf-8") as file:
        file.write(text)
