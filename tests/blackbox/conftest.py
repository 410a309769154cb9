"""Fixtures of the black-box tests; support/stacks.py tells what they are made of.

A test takes `stack` (shared by its module) or makes its own with `make_stack`, when it needs other settings, a scripted
mail server, or servers that it can kill. The short names `api`, `mails`, `db`, ... are parts of `stack`.
"""

import pytest
from support import prism, stacks
from support.api import Api
from support.browser import Browser
from support.scripted_smtp import ScriptedSmtp


@pytest.fixture(scope="session")
def shared():
    servers = stacks.SharedServers()
    yield servers
    servers.close()


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack()
    yield made
    made.close()


@pytest.fixture(scope="module")
def log(stack):
    """The notifications daemon, for the account of the stack."""
    return Api(stack.notifications.url(), stack.key)


@pytest.fixture(scope="module")
def other_log(stack):
    return Api(stack.notifications.url(), stack.other_key)


@pytest.fixture
def make_stack(shared, request):
    """make_stack(private=False, smtp=None, settings=None): a running stack of this test alone."""
    def make(**options):
        made = shared.make_stack(**options)
        request.addfinalizer(made.close)
        return made
    return make


@pytest.fixture(scope="module")
def api(stack):
    return stack.api


@pytest.fixture(scope="module")
def other_api(stack):
    return stack.other_api


@pytest.fixture(scope="module")
def mails(stack):
    return stack.mails


@pytest.fixture(scope="module")
def db(stack):
    return stack.db


@pytest.fixture(scope="module")
def make_interview(stack):
    return stack.make_interview


@pytest.fixture(scope="module")
def make_share_link(stack):
    return stack.make_share_link


@pytest.fixture
def smtp():
    """A mail server that does as it is told, for make_stack(smtp=smtp)."""
    server = ScriptedSmtp()
    yield server
    server.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    """A failing test shows how the daemons' logs end."""
    report = (yield).get_result()
    if report.failed:
        for each in stacks.active:
            for daemon in each.daemons:
                report.sections.append((f"the end of {daemon.log}", daemon.last_log_lines()))


def pytest_collection_modifyitems(items):
    """What prism cannot be before is left out when it is there. What looks at pages alone runs in the release: a sanitizer changes nothing
    of a page but its pace, and the calls that it makes have tests of their own."""
    for item in items:
        reason = prism.LEFT_OUT.get(f"{item.path.name}::{getattr(item, 'originalname', item.name)}") if prism.IS_ON else None
        if reason:
            item.add_marker(pytest.mark.skip(reason=f"not through prism: {reason}"))
        elif stacks.MODE == "asan" and item.path.name.startswith("test_page_"):
            item.add_marker(pytest.mark.skip(reason="of a page alone"))


def pytest_sessionfinish(session):
    if prism.IS_ON and hasattr(session.config, "workeroutput"):
        session.config.workeroutput["prism"] = prism.figures()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    prism.add(getattr(node, "workeroutput", {}).get("prism"))


def pytest_terminal_summary(terminalreporter):
    if prism.IS_ON:
        terminalreporter.write_line(prism.summary())


@pytest.fixture
def browse(request):
    """Starts a Chromium, which ends with the test."""
    def start(size="desktop", dark=False, **options):
        made = Browser(size, dark, **options)
        request.addfinalizer(made.close)
        return made
    return start
