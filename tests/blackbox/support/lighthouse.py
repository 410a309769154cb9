"""Lighthouse from npm, kept below build/: its scores, 0 to 100, for a page that a browser shows, with the session that it has."""

import json
import os
import subprocess

import pytest

from . import npm

LIGHTHOUSE_VERSION = "12.8.2"
TRIES = 4  # now and then it does not see how a page begins to load, and asks to be run again
CATEGORIES = ("accessibility", "best-practices", "performance")


@pytest.fixture(scope="session")
def lighthouse():
    """Of a browser and a URL: the scores by category, and what is not as it should be in those that are not full."""
    folder = npm.folder_with({"lighthouse": LIGHTHOUSE_VERSION})

    def judge(browser, url, form="mobile"):
        options = ["--preset=desktop"] if form == "desktop" else []
        command = [folder / "node_modules" / ".bin" / "lighthouse", url, f"--port={port_of(browser)}", "--disable-storage-reset", "--output=json", "--quiet",
                   "--throttling-method=simulate", f"--only-categories={','.join(CATEGORIES)}", *options]
        for _ in range(TRIES):
            ran = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env={**os.environ, "CHROME_PATH": "/usr/bin/chromium"})
            report = json.loads(ran.stdout) if ran.returncode == 0 else {}
            fault = report.get("runtimeError", {}).get("message") if report else ran.stderr[-2000:]
            if not fault or "Please run Lighthouse again" not in fault:
                break
        assert report and not fault, fault
        return Scores(report)
    return judge


class Scores(dict):
    def __init__(self, report):
        super().__init__({name: round(100 * report["categories"][name]["score"]) for name in CATEGORIES})
        self.wanting = {name: [f"{report['audits'][each['id']]['title']}: {report['audits'][each['id']].get('displayValue', '')}"
                               for each in report["categories"][name]["auditRefs"]
                               if each["weight"] and (report["audits"][each["id"]]["score"] or 0) < 1 and report["audits"][each["id"]]["scoreDisplayMode"] != "notApplicable"]
                        for name in CATEGORIES}


def port_of(browser):
    return int(browser.driver.capabilities["goog:chromeOptions"]["debuggerAddress"].rsplit(":", 1)[1])
