"""common/ is in floors, and a folder includes only itself and lower floors; a service includes common/ and itself. Neither
folders nor modules of common/ use each other in a circle."""
from tree import ROOT, includes, named, sources

# A folder uses its own files and those of lower floors.
FLOORS = [
    "base",
    "data loop words",
    "fetch pg redis mail",
    "http",
    "daemon pages",
]
# Modules of several files: headers that their own files share stand beside the one that is for all.
INSIDES = {
    "common/base/config": "config_value",
    "common/daemon/page": "page_internal",
    "common/http/connections": "connections_internal",
    "common/http/server": "reply",
    "common/mail/mail": "compose mail_check smtp smtp_server smtp_verdict",
    "common/pg/connection": "session target",
    "common/redis/consumer": "consumer_internal",
    "common/redis/redis": "redis_internal target",
    "common/words/words": "words_table",
}


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
    """By modules, with what their .c files include; and by folders of common/."""
    modules, folders, places = {}, {}, {}
    for path in sources("common/**/*.[ch]"):
        for number, included in includes(path):
            if included.startswith("common/") and not included.endswith((".inc", ".sql.h")):
                one, other = module_of(named(path)), module_of(included)
                if one != other:
                    modules.setdefault(one, set()).add(other)
                    places.setdefault((one, other), (path, number))
                one, other = one.rsplit("/", 1)[0], other.rsplit("/", 1)[0]
                if one != other:
                    folders.setdefault(one, set()).add(other)
                    places.setdefault((one, other), (path, number))
            yield from check_inside(path, number, included)
    for graph in (modules, folders):
        for one in sorted(graph):
            for other in sorted(graph[one]):
                if one in reached(graph, other):
                    yield *places[one, other], f"{one} uses {other}, which comes back to it"


def module_of(name):
    stem = name.rsplit(".", 1)[0]
    return next((module for module, insides in INSIDES.items() if stem.rsplit("/", 1)[0] == module.rsplit("/", 1)[0]
                 and stem.rsplit("/", 1)[1] in insides.split()), stem)


def check_inside(path, number, included):
    module = module_of(included)
    if module != included.rsplit(".", 1)[0] and named(path).rsplit("/", 1)[0] != module.rsplit("/", 1)[0]:
        yield path, number, f"includes {included}, which is for the files of {module.rsplit('/', 1)[0]} alone"


def reached(graph, start):
    seen, waiting = set(), [start]
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += graph.get(at, ())
    return seen
