"""Each view of the reviewer's page has its styles, and no view's elements get those of another: what begins a selector in the file of one
view meets no element of another. What two views show alike is styled in a shared file (parts.css)."""
import re

from tree import ROOT, line_of, sources, text_of

PAGES = "services/views/pages"
# A view's file of styles, and what makes its elements. All other files of styles are shared; what other modules make is met by none of these.
VIEWS = {
    "gate.css": ("gate.js", "app.js", "ask.js", "leave.js", "page.html", "closed.html"),
    "list.css": ("list.js", "list/*.js"),
    "stage.css": ("interview.js", "stage/*.js"),
    "finish.css": ("finish.js", "finish/*.js"),
}
TEXT = r"""(?:"[^"]*"|'[^']*'|`[^`]*`)"""
GIVEN = re.compile(rf"""(?:\bclass(?:Name)?(?::\s*|=|\s=\s)|\bclassList\.(?:add|toggle)\()(?:[^"'`,(){{}}]*\?\s*)?({TEXT})(?:\s*:\s*({TEXT}))?""")


def check():
    modules = {name: sources(*(f"{PAGES}/{each}" for each in names)) for name, names in VIEWS.items()}
    modules["others"] = set(sources(f"{PAGES}/*.js", f"{PAGES}/*.html")) - {path for paths in modules.values() for path in paths}
    yield from breaches({name: text_of(ROOT / PAGES / name) for name in VIEWS},
                        [text_of(path) for path in sources(f"{PAGES}/*.css", "common/pages/*.css") if path.name not in VIEWS],
                        {name: {path: text_of(path) for path in sorted(paths)} for name, paths in modules.items()})


# styles: of each view; shared: of all; modules: of each view, texts by path.
def breaches(styles, shared, modules):
    common = {name for text in shared for names in begins_of(text) for name in names}
    for owner, text in styles.items():
        own = {names for names in begins_of(text) if not names <= common}
        for view, texts in modules.items():
            for path, module in texts.items() if view != owner else ():
                for place, given in given_in(module):
                    for names in sorted(map(sorted, (each for each in own if each <= given))):
                        yield path, line_of(module, place), f"makes an element that .{'.'.join(names)} of {owner} means: give it another name, or style it in a shared file"


def begins_of(text):
    """The classes that each selector begins with; what follows is met only within them."""
    selectors = re.sub(r"/\*.*?\*/|\{[^{}]*\}|@[^{;]*[{;]|\}", ";", text, flags=re.DOTALL)
    first = (re.split(r"[\s>+~]", re.sub(r":[\w-]+\([^()]*\)", "", each.strip()))[0] for each in re.split(r"[;,](?![^(]*\))", selectors))
    return {frozenset(names) for each in first if (names := re.findall(r"\.([\w-]+)", each))}


def given_in(text):
    """(place, classes) of all that a module gives an element at once."""
    for found in GIVEN.finditer(text):
        for quoted in filter(None, found.groups()):
            yield found.start(), frozenset(re.sub(r"\$\{[^}]*\}", " ", quoted[1:-1]).split())
