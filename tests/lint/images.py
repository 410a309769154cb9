"""Each image of others that docker-compose.yml pins is in deploy/images, with the day of the last look for a newer one. A look that
was long before the last commit is told, and is no breach: an old checkout is as good as it was."""
import datetime
import re
import subprocess
import sys

from tree import ROOT, text_of

COMPOSE, IMAGES = ROOT / "docker-compose.yml", ROOT / "deploy" / "images"
DAYS_MAX = 90
PIN = re.compile(r"image:\s*(?:&\S+\s+)?\$\{[A-Z_]+:-([^}]+)\}")


def check():
    pinned = {found[1]: number for number, line in enumerate(text_of(COMPOSE).splitlines(), 1)
              if (found := PIN.search(line)) and not found[1].startswith("sharelink")}
    looked_at = {}
    for number, line in enumerate(text_of(IMAGES).splitlines(), 1):
        if line and not line.startswith("#"):
            found = re.fullmatch(r"(\S+)\s+(\d{4}-\d{2}-\d{2})\s+\S.*", line)
            if not found:
                yield IMAGES, number, "is not an image, a day, and what said that it is there"
                continue
            looked_at[found[1]] = datetime.date.fromisoformat(found[2])
    for image, number in pinned.items():
        if image not in looked_at:
            yield COMPOSE, number, f"{image} is not in deploy/images"
    for image in looked_at:
        if image not in pinned:
            yield IMAGES, 1, f"{image} is not what docker-compose.yml pins"
    tell_old({image: day for image, day in looked_at.items() if image in pinned})


def tell_old(looked_at):
    today = day_of_last_commit()
    for image, day in looked_at.items():
        if today and (today - day).days > DAYS_MAX:
            print(f"warning: nobody has looked for a newer {image} since {day} (deploy/images)", file=sys.stderr)


def day_of_last_commit():
    done = subprocess.run(["git", "-C", ROOT, "log", "-1", "--format=%cs"], capture_output=True, text=True, check=False)
    return datetime.date.fromisoformat(done.stdout.strip()) if done.returncode == 0 and done.stdout.strip() else None
