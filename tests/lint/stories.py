"""A file opens with its story: "/* name.c - …" (C), "-- …" (SQL)."""
from tree import sources, text_of


def check():
    for path in sources("common/**/*.[ch]", "services/**/*.[ch]", "tests/unit/**/*.c"):
        if not text_of(path).startswith(f"/* {path.name} - "):
            yield path, 1, f'must open with its story: "/* {path.name} - …"'
    for path in sources("common/**/*.sql", "services/**/*.sql", "tests/unit/**/*.sql"):
        if not text_of(path).startswith("-- "):
            yield path, 1, 'must open with its story: "-- …"'
