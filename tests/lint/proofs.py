"""Each row of the tables of docs/security.md names a test that proves it, or says openly that there is none; the tests are there."""
import re

from tree import ROOT, sources, text_of

DOC = ROOT / "docs" / "security.md"
NAMED = re.compile(r"`(test_\w+)::(test_\w+|\w+)`")


def check():
    known = {}
    for path in sources("tests/blackbox/test_*.py", "tests/unit/**/test_*.c", "tests/statements/test_*.py"):
        known[path.stem] = set(re.findall(r"^(?:def|static void) (\w+)\(", text_of(path), re.MULTILINE))
    is_body = False
    for number, line in enumerate(text_of(DOC).splitlines(), 1):
        for file, name in NAMED.findall(line):
            if name not in known.get(file, ()):
                yield DOC, number, f"there is no test {file}::{name}"
        if not line.startswith("|"):
            is_body = False
        elif re.match(r"\|[-| ]+\|$", line):
            is_body = True
        elif is_body and not NAMED.search(line) and not re.search(r"no test|not met|not applicable|`tests/|lint", line):
            yield DOC, number, "names no test that proves it, and does not say that there is none"
