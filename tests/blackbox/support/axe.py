"""axe-core from npm, kept below build/: what it finds on a page that keeps somebody out."""

import json
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
AXE_VERSION = "4.10.2"


@pytest.fixture(scope="session")
def axe():
    """Of a browser: fails with what is found on the page that it shows."""
    script = ROOT / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        if not shutil.which("npm"):
            pytest.skip("axe-core: there is no npm here")
        script.parents[2].mkdir(parents=True, exist_ok=True)
        got = subprocess.run(["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", script.parents[2], f"axe-core@{AXE_VERSION}"],
                             capture_output=True, text=True, timeout=120, check=False)
        if got.returncode != 0:
            pytest.skip(f"axe-core: npm cannot get it: {got.stderr.strip()[-200:]}")
    text = script.read_text()

    def check(browser):
        found = browser.driver.execute_async_script(text + """
            ;const done = arguments[arguments.length - 1];
            axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then(done);""")
        assert not found["violations"], json.dumps([{"rule": each["id"], "what": each["help"], "nodes": [node["html"][:200] for node in each["nodes"][:5]]}
                                                    for each in found["violations"]], indent=1)
    return check
