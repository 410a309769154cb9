"""Scripts of pages make elements and set text: none takes HTML or code from a text. No module is over 500 lines."""
import re

from tree import line_of, sources, text_of

LINES_MAX = 500
TAKES_HTML = r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|DOMParser|srcdoc|setHTML\w*)\b|\bdocument\.write|\beval\(|\bnew Function\b"


def check():
    for path in sources("common/pages/*.js", "services/*/pages/*.js", "services/*/pages/*/*.js"):
        text = text_of(path)
        for found in re.finditer(TAKES_HTML, text):
            yield path, line_of(text, found.start()), f"{found[0]} makes more than text of a text; see common/pages/dom.js"
        lines = len(text.splitlines())
        if lines > LINES_MAX:
            yield path, LINES_MAX, f"has {lines} lines; a module of a page has {LINES_MAX} at most"
