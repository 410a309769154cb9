"""One word for one idea, the one that the field uses. These are written in another way, as names of things in code and SQL."""
import re

from tree import line_of, sources, text_of, without_c_comments, without_sql_comments

WORDS = {
    r"[A-Z][A-Z0-9_]*_MOST": "a limit of what is counted ends in _MAX",
    r"ring|ring_\w+|\w+_ring": "a timer's callback is handle_…, as handle_alarm",
    r"deed|deeds|deed_\w+|\w+_deed": "what is done later is an action",
    r"bury|bury_\w+|buried|buried_\w+": "what is given up is closed, failed or a dead letter",
}


def check():
    for path in sources("common/**/*.[ch]", "services/**/*.[ch]", "tests/unit/**/*.[ch]", "common/**/*.sql", "services/**/*.sql"):
        text = (without_sql_comments if path.suffix == ".sql" else without_c_comments)(text_of(path))
        text = re.sub(r'"(?:[^"\\\n]|\\.)*"', lambda found: " " * len(found[0]), text)
        for word, instead in WORDS.items():
            for found in re.finditer(rf"\b(?:{word})\b", text):
                yield path, line_of(text, found.start()), f"{found[0]}: {instead}"
