"""A function that is not static is called outside its file: by another file of the product, or by the code that is made for
statements. What only tests call is listed here with the reason."""
import re

from tree import line_of, sources, text_of, without_c_comments

# For tests alone: the product has no other way to be looked at, or to be brought to a state that lasts days.
FOR_TESTS = {"accent_contrast", "words_day", "words_list"}

DEFINITION = re.compile(r"^(?!static\b|typedef\b|else\b|return\b)[a-z][\w \t*]*?\b(\w+)\(((?:[^;{}()]|\([^()]*\))*)\)\n\{", re.MULTILINE)


def check():
    files = {path: without_c_comments(text_of(path)) for path in sources("common/**/*.[ch]", "services/**/*.[ch]")}
    words = {path: set(re.findall(r"\w+", text)) for path, text in files.items()}
    made = text_of(*sources("common/pg/statements/header.py"))
    for path, text in files.items():
        if path.suffix != ".c":
            continue
        for found in DEFINITION.finditer(text):
            name = found[1]
            if name == "main" or name in FOR_TESTS or is_for_made_code(name, made):
                continue
            if not any(name in words[other] for other in files if other.suffix == ".c" and other != path) and not is_inline_used(name, files):
                yield path, line_of(text, found.start()), f"nobody calls {name} outside this file: make it static, or take it away"


def is_for_made_code(name, made):
    return name in made or bool(re.match(r"pg_(add|cell|read)_", name))


def is_inline_used(name, files):
    """In the body of an inline function or in a macro of a header."""
    return any(re.search(rf"^(?:[ \t]+|#define ).*\b{name}\b", text, re.MULTILINE) for path, text in files.items() if path.suffix == ".h")
