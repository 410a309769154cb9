"""What is not in a daemon's memory: SECRET_KEY, however it was given; and nothing of it ends in a core."""
import base64
import contextlib
import re

import pytest
from stack import ports
from stack.daemon import NAMES
from support.api import Api
from support.programs import daemon
from support.stacks import MODE

pytestmark = pytest.mark.usefixtures("stack")


def memory_of(pid):
    """All that may be read of it, piece by piece."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            start, end, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            if rights.startswith("r") and not line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                with contextlib.suppress(OSError):  # a guard page
                    memory.seek(int(start, 16))
                    yield memory.read(int(end, 16) - int(start, 16))


def settings_of(stack, name, tmp_path, by_file):
    settings = {**getattr(stack, name).settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}"}
    key = settings["SHARELINK_SECRET_KEY"]
    if by_file:
        (tmp_path / "key").write_text(settings.pop("SHARELINK_SECRET_KEY") + "\n")
        (tmp_path / "key").chmod(0o600)
        settings["SHARELINK_SECRET_KEY_FILE"] = str(tmp_path / "key")
    return settings, key


@pytest.mark.skipif(MODE == "asan", reason="the sanitizer maps more than can be read, and keeps what was freed")
@pytest.mark.parametrize("by_file", [False, True], ids=["variable", "file"])
@pytest.mark.parametrize("name", NAMES)
def test_secret_key_is_nowhere_in_memory(stack, tmp_path, name, by_file):
    settings, key = settings_of(stack, name, tmp_path, by_file)
    with daemon(name, settings, tmp_path / "log") as started:
        Api(started.url()).get("/healthz", status=200)
        pid, size = started.process.pid, 0
        for piece in memory_of(pid):
            size += len(piece)
            assert key.encode() not in piece and base64.b64decode(key) not in piece
        assert size > 1 << 20
        with open(f"/proc/{pid}/environ", "rb") as environ:
            text = environ.read()
            assert key.encode() not in text and b"SHARELINK_DATABASE_URL=postgresql" not in text


def test_no_core_is_written(stack):
    for each in stack.daemons:
        with open(f"/proc/{each.process.pid}/limits", encoding="ascii") as limits:
            assert re.search(r"Max core file size +0 +0 ", limits.read())
