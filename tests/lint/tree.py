"""What the checks share: the tree, its files, and how a breach is told."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def sources(*patterns):
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def text_of(path):
    return path.read_text(encoding="utf-8")


def named(path):
    """As a person names it."""
    return str(path.relative_to(ROOT))


def line_of(text, place):
    return text.count("\n", 0, place) + 1


def includes(path):
    """(line, what is included)."""
    for number, line in enumerate(text_of(path).splitlines(), 1):
        found = re.match(r'\s*#include\s+["<]([^">]+)[">]', line)
        if found:
            yield number, found.group(1)


def without_c_comments(text):
    """The same length and lines."""
    return re.sub(r"/\*.*?\*/", lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.DOTALL)


def without_sql_comments(text):
    return re.sub(r"--[^\n]*", lambda found: " " * len(found[0]), text)


def statements():
    """The files that hold a statement that C sends."""
    return [path for path in sources("common/**/*.sql", "services/**/*.sql") if not {"schema", "migrations"} & set(path.parts)]


def compare(told, real, place, tells, lacks):
    """Both ways: told and real are names, place is where they are told; tells and lacks say what is wrong with a name."""
    for name in sorted(set(told) - set(real)):
        yield place, told[name] if isinstance(told, dict) else 1, tells.format(name)
    for name in sorted(set(real) - set(told)):
        yield place, 1, lacks.format(name)
