"""No file of C is over 500 lines, and no folder of code holds over 40 files but those whose names are a verb and an object each."""
from tree import ROOT, sources, text_of

LINES_MAX = 500
FILES_MAX = 40
FLAT = {"services/links", "services/views", "tests/blackbox"}


def check():
    for path in sources("common/**/*.[ch]", "services/**/*.[ch]", "tests/unit/**/*.[ch]"):
        lines = len(text_of(path).splitlines())
        if lines > LINES_MAX:
            yield path, LINES_MAX, f"has {lines} lines; a file of C has {LINES_MAX} at most"
    for folder in [path for top in ("common", "services", "tests", "proto", "deploy") for path in (ROOT / top, *(ROOT / top).rglob("*"))]:
        if folder.is_dir() and str(folder.relative_to(ROOT)) not in FLAT and "media" not in folder.parts:
            count = sum(1 for path in folder.iterdir() if path.is_file())
            if count > FILES_MAX:
                yield folder, 1, f"holds {count} files; a folder of code holds {FILES_MAX} at most"
