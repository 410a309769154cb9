"""Every setting of every program is told of in docs/configuration.md, and no other; what docker-compose.yml calls alike is known."""
import re

from tree import ROOT, sources, text_of


def check():
    page = ROOT / "docs" / "configuration.md"
    told = set(re.findall(r"^\| `SHARELINK_([A-Z0-9_]+)`", text_of(page), re.MULTILINE))
    real = set()
    for path in sources("common/daemon/*.c", "services/**/*.c"):
        for name in re.findall(r'\.name = "([A-Z][A-Z0-9_]+)"', text_of(path)):
            real.add(name)
            if name not in told:
                yield path, 1, f"docs/configuration.md does not tell of SHARELINK_{name}"
    for name in sorted(told - real):
        yield page, 1, f"tells of SHARELINK_{name}, which no program reads"
    known = text_of(ROOT / "common" / "daemon" / "known_settings.c")
    compose = ROOT / "docker-compose.yml"
    for name in sorted(set(re.findall(r"\$\{SHARELINK_([A-Z_]+)", text_of(compose)))):
        if f'"{name}"' not in known:
            yield compose, 1, f"has a variable SHARELINK_{name} that is not in common/daemon/known_settings.c: a daemon would refuse it"
