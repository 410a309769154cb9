"""Each folder and module of common/ stands in the table of common/README.md, and nothing that is not there."""
import re

from tree import ROOT, compare, sources, text_of


def check():
    page = ROOT / "common" / "README.md"
    told = {}
    for number, line in enumerate(text_of(page).splitlines(), 1):
        row = re.match(r"\|[^|]*\| `(\w+)/` \|(.*)", line)
        if row:
            names = re.findall(r"`(\w+)`", row[2])
            told.update({f"{row[1]}/{name}": number for name in names})
    real = {f"{path.parent.name}/{path.stem}" for path in sources("common/*/*.h")}
    yield from compare(told, real, page, "tells of the module {}, which has no header in common/", "has not the module {} in its table")
