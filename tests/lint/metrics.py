"""A metric that docs, alerts, runbooks and the dashboard tell of exists, and each that exists is told of in docs/architecture.md."""
import re

from tree import ROOT, line_of, sources, text_of

# Roles, the table of migrations, and names of the deployment begin alike.
NO_METRICS = r"sharelink_(links|views|notifications|console|ctl|schema)\b(?!_)|sharelink_[a-z]+_(data|password)\b"
TOLD_IN = ("README.md", "docs/**/*.md", "deploy/observability/*.yml", "deploy/observability/grafana/**/*.json", "services/*/README.md")


def check():
    real = {}
    for path in sources("common/**/*.c", "services/**/*.c"):
        text = text_of(path)
        for found in re.finditer(r'metrics_(?:counter|gauge|histogram)\(\s*"(\w+)"', text):
            real[found[1]] = (path, line_of(text, found.start()))
    for path in sources(*TOLD_IN):
        text = text_of(path)
        for found in re.finditer(r"\bsharelink_[a-z0-9_]+\b", text):
            name = re.sub(r"_(bucket|sum|count)$", "", found[0])
            if name not in real and not re.match(NO_METRICS, found[0]):
                yield path, line_of(text, found.start()), f"tells of the metric {name}, which does not exist"
    yield from check_page(real)


def check_page(real):
    """The page that has them all writes them without their prefix."""
    page = ROOT / "docs" / "architecture.md"
    text = text_of(page)
    section = re.search(r"^## What can be observed\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    told = {"sharelink_" + name for name in re.findall(r"`([a-z][a-z0-9_]*_[a-z0-9_]+)`", section[1])} - {"sharelink_sharelink_"}
    for name in sorted(told - set(real)):
        yield page, line_of(text, section.start()), f"tells of the metric {name}, which does not exist"
    for name, (path, line) in sorted(real.items()):
        if name.startswith("sharelink_") and name not in told:
            yield path, line, f"docs/architecture.md does not tell of the metric {name}"
