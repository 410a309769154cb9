"""Packages of npm that a test tries us with, pinned, kept below build/npm/.

    npm.run("script.mjs", packages={"ajv": "8.17.1"}, given={…})     what it prints, read as JSON

A test that needs them is skipped where there is no npm, or none that can get them.
"""

import fcntl
import json
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
KEPT = ROOT / "build" / "npm"
SCRIPTS = pathlib.Path(__file__).parent / "scripts"


def folder_with(packages):
    """Where these are installed, with node_modules in it."""
    wanted = [f"{name}@{version}" for name, version in sorted(packages.items())]
    folder = KEPT / "+".join(each.replace("/", "-") for each in wanted)
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip(f"{', '.join(wanted)}: there is no npm here")
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            got = subprocess.run(["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", folder, *wanted],
                                 capture_output=True, text=True, timeout=300, check=False)
            if got.returncode != 0:
                pytest.skip(f"{', '.join(wanted)}: npm cannot get them: {got.stderr.strip()[-200:]}")
            (folder / "whole").touch()
    return folder


def run(script, packages, given):
    """Runs support/scripts/<script> where it finds the packages, with `given` as JSON on its standard input."""
    folder = folder_with(packages)
    place = folder / script
    shutil.copyfile(SCRIPTS / script, place)
    ran = subprocess.run(["node", place], input=json.dumps(given), capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout)
