"""The front door: nginx with the routes that the deployment uses too (deploy/nginx/sharelink.conf.template)."""

import os
import shutil
import signal

from .server import Server
from .waiting import Failure
from .web import status_of

LOCAL = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NGINX = os.path.join(os.path.dirname(LOCAL), "nginx")
BROTLI = "ngx_http_brotli_filter_module.so"
WRAPPER = os.path.join(LOCAL, "nginx.conf.template")
ROUTES, DOOR, PACKED = (os.path.join(NGINX, f"{name}.conf.template") for name in ("sharelink", "door", "packed"))


class Nginx(Server):
    stop_signal = signal.SIGQUIT  # lets running requests end, for two seconds at most
    signal_when_orphaned = "TERM"

    def __init__(self, directory, port, servers, media_dir, log, modules="/usr/lib/nginx/modules"):
        """`servers`: the address:port of each daemon by its name. `modules`: where nginx's are that are loaded."""
        super().__init__("front", port, log)
        self.directory = os.path.abspath(directory)
        self.servers = servers
        self.media_dir = media_dir
        self.modules = modules

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

    def packs_by_brotli(self):
        return os.path.exists(f"{self.modules}/{BROTLI}")

    def prepare(self):
        os.makedirs(self.directory, exist_ok=True)
        brotli = self.packs_by_brotli()
        render(WRAPPER, f"{self.directory}/nginx.conf", {
            "DIRECTORY": self.directory,
            # Of root, only the master stays root.
            "USER_LINE": "user www-data;" if os.geteuid() == 0 else "",
            "MODULES": f'load_module "{self.modules}/{BROTLI}";' if brotli else "",
            **{f"{name.upper()}_SERVER": address for name, address in self.servers.items()},
        })
        render(ROUTES, f"{self.directory}/sharelink.conf", {
            "FRONT_LISTEN": f"127.0.0.1:{self.port}",
            "MEDIA_DIR": str(self.media_dir),
            "DOOR": f"{self.directory}/door.conf",
            "PACKED": f"{self.directory}/packed.conf",
            "FAULTS": f"{NGINX}/faults.conf",
            "HSTS": "",
        })
        render(DOOR, f"{self.directory}/door.conf", {})
        render(PACKED, f"{self.directory}/packed.conf", {"BROTLI": read(f"{NGINX}/brotli.conf") if brotli else ""})

    def answers(self):
        return status_of(self.url()) is not None


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def render(template, target, values):
    text = read(template)
    for name, value in values.items():
        text = text.replace("${" + name + "}", value)
    with open(target, "w", encoding="utf-8") as file:
        file.write(text)
