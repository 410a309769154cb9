"""The codes of problems that the C sources answer are those that proto/openapi/shared.yaml lists, each with its status, and the codes of
single faults are those of its `x-faults`. Both ways: a code that nothing answers is not listed.

A code is answered where a literal is the parameter `code` of a function (of a problem when `status` stands before it, of a fault
otherwise), or that member of a struct http_refusal. What is no literal is handed on by a parameter that is itself named `code`.
"""
import re

import yaml
from tree import ROOT, compare, line_of, sources, text_of, without_c_comments

LIST = ROOT / "proto" / "openapi" / "shared.yaml"
TAKES_CODE = re.compile(r"\b(\w+)\(([^()]*\bconst char \*code\b[^()]*)\)")
REFUSALS = re.compile(r"\bstruct http_refusal \w+ = \{\s*(\d+),\s*(\"\w+\")|^\s*(\d{3}), (\"\w+\"), \"", re.MULTILINE)
HANDED_ON = {"code", "refusal->code"}


def check():
    listed = yaml.safe_load(text_of(LIST))
    problems, faults = {}, {}
    everywhere = takers("".join(map(text_of, sources("common/**/*.h", "services/**/*.h"))))
    for path in sources("common/**/*.c", "services/**/*.c"):
        text = without_c_comments(text_of(path))
        for place, status, code in [*answered(text, {**everywhere, **takers(text)}), *refused(text)]:
            if code.startswith('"'):
                (faults if status is None else problems).setdefault(code.strip('"'), []).append((path, line_of(text, place), status))
            elif code not in HANDED_ON:
                yield path, line_of(text, place), f"answers {code}, which is no literal: a code must be found by its name"
    yield from differences(listed["x-codes"], problems, "x-codes")
    yield from differences(listed["x-faults"], faults, "x-faults")
    for code in sorted(set(problems) & set(listed["x-codes"])):
        for path, line, status in problems[code]:
            if status.isdigit() and int(status) not in (0, listed["x-codes"][code]["status"]):  # 0: it is found at run time
                yield path, line, f"answers {code} with {status}; proto/openapi/shared.yaml says {listed['x-codes'][code]['status']}"


def differences(listed, found, where):
    yield from compare(list(listed), found, LIST, f"{where} lists {{}}, which no C source answers", f"{where} lacks {{}}, which a C source answers")


def takers(text):
    """By the name of a function: the places of its status, or None, and of its code."""
    found = {}
    for name, parameters in TAKES_CODE.findall(text):
        names = [each.split()[-1].lstrip("*") for each in parameters.split(",")]
        found[name] = (names.index("status") if "status" in names else None, names.index("code"))
    return found


def answered(text, known):
    for found in re.finditer(rf"\b({'|'.join(known)})\(", text):
        status, code = known[found[1]]
        arguments = divided(text, found.end())
        if len(arguments) > code and " *code" not in arguments[code]:  # which is the function itself
            yield found.start(), None if status is None else arguments[status], arguments[code]


def refused(text):
    for found in REFUSALS.finditer(text):
        yield found.start(), found[1] or found[3], found[2] or found[4]


def divided(text, start):
    """The arguments of the call whose bracket opens before start."""
    found, depth, at, is_text = [""], 1, start, False
    while depth and at < len(text):
        letter = text[at]
        if is_text and letter == "\\":
            found[-1] += text[at:at + 2]
            at += 2
            continue
        is_text ^= letter == '"'
        if not is_text:
            depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 1 and not is_text:
            found.append("")
        elif depth:
            found[-1] += letter
        at += 1
    return [argument.strip() for argument in found]
