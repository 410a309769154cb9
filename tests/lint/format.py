"""C is as clang-format leaves it (make format), Python as pycodestyle wants it, and no text has tabs or blanks at a line's end.

A formatter that is not installed is passed over with a line that says so.
"""
import re
import shutil
import subprocess

from tree import ROOT, sources, text_of

PYTHON_WIDTH = 190
PAGES = [f"{place}/pages/*.{kind}" for place in ("common", "services/*") for kind in ("js", "css", "html")]
TEXTS = ("services/**/*.sql", *PAGES,
         "docs/**/*.md", "proto/**/*.yaml", "*.md")


def check():
    yield from check_c()
    yield from check_python()
    yield from check_texts()


def check_c():
    if not has("clang-format"):
        return
    files = sources("common/**/*.[ch]", "services/**/*.[ch]", "tests/**/*.[ch]")
    ran = subprocess.run(["clang-format", "--dry-run", *map(str, files)], cwd=ROOT, capture_output=True, text=True)
    for path, line in sorted(set(re.findall(r"^(/\S+?):(\d+):\d+: warning: code should be clang-formatted", ran.stderr, re.MULTILINE))):
        yield ROOT / path, int(line), "is not as make format leaves it"


def check_python():
    if not has("pycodestyle"):
        return
    ran = subprocess.run(["pycodestyle", f"--max-line-length={PYTHON_WIDTH}", *map(str, python_files())], cwd=ROOT, capture_output=True, text=True)
    for path, line, what in re.findall(r"^(/\S+?):(\d+):\d+: (.*)$", ran.stdout, re.MULTILINE):
        yield ROOT / path, int(line), what


def python_files():
    scripts = [path for path in sources("common/pg/*", "deploy/**/*", "proto/**/*", "tests/**/*")
               if path.is_file() and not path.suffix and path.read_bytes()[:18] == b"#!/usr/bin/python3"]
    return scripts + sources("common/**/*.py", "deploy/**/*.py", "tests/**/*.py")


def check_texts():
    for path in sources(*TEXTS):
        text = text_of(path)
        for number, line in enumerate(text.split("\n"), 1):
            if "\t" in line or line != line.rstrip():
                yield path, number, "has a tab, or blanks at its end"
        if not text.endswith("\n") or text.endswith("\n\n"):
            yield path, text.count("\n"), "must end with one line's end"


def has(tool):
    if shutil.which(tool):
        return True
    print(f"lint: skipped {tool}, which is not installed")
    return False
