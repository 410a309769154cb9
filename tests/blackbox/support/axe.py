"""axe-core from npm, kept below build/: what it finds on a page that keeps somebody out."""

import json

import pytest

from . import npm

AXE_VERSION = "4.10.2"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def axe():
    """Of a browser: fails with what is found on the page that it shows. rules: that are asked, all by default."""
    script = npm.folder_with({"axe-core": AXE_VERSION}) / "node_modules" / "axe-core" / "axe.min.js"
    text = script.read_text()

    def check(browser, rules=None):
        if not browser.driver.execute_script("return Boolean(window.axe)"):
            browser.driver.execute_script(text)
        found = browser.driver.execute_async_script("axe.run(document, { runOnly: arguments[0], resultTypes: ['violations'] }).then(arguments[1]);",
                                                    {"type": "rule", "values": rules} if rules else TAGS)
        assert not found["violations"], json.dumps([{"rule": each["id"], "what": each["help"], "nodes": [[node["html"][:200], node["failureSummary"]] for node in each["nodes"][:5]]}
                                                    for each in found["violations"]], indent=1)
    return check
