"""common/ is in floors, and a folder includes only itself and lower floors; a service includes common/ and itself. Neither
folders nor modules include each other in a circle."""
from tree import ROOT, includes, named, sources

# A folder uses its own files and those of lower floors.
FLOORS = [
    "base",
    "data loop",
    "fetch pg redis mail",
    "http",
    "daemon",
]


def check():
    yield from check_floors()
    yield from check_services()
    yield from check_circles()


def check_floors():
    floor_of = {folder: floor for floor, folders in enumerate(FLOORS) for folder in folders.split()}
    for path in sources("common/**/*.[ch]"):
        folder = path.relative_to(ROOT / "common").parts[0]
        if folder not in floor_of:
            yield path, 1, "is on no floor: add its folder to FLOORS in tests/lint/floors.py"
            continue
        for number, included in includes(path):
            if included.startswith("services/"):
                yield path, number, "common/ includes a service"
            elif included.startswith("common/"):
                other = included.split("/")[1]
                if other != folder and floor_of.get(other, 99) >= floor_of[folder]:
                    yield path, number, f"includes {included}, which is on no lower floor"


def check_services():
    for path in sources("services/**/*.[ch]"):
        own = f"services/{path.relative_to(ROOT / 'services').parts[0]}/"
        for number, included in includes(path):
            if included.startswith("services/") and not included.startswith(own):
                yield path, number, f"includes {included} of another service"


def check_circles():
    """By headers: what a .c file includes is its own affair, but of headers that need each other none can be read first."""
    headers = {named(path): {included: number for number, included in includes(path)} for path in sources("common/**/*.h", "services/**/*.h")}
    for header in headers:
        for other, number in headers[header].items():
            if header in reached(headers, other):
                yield ROOT / header, number, f"includes {other}, which comes back to it"


def reached(headers, start):
    seen, waiting = set(), [start]
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += headers.get(at, ())
    return seen
