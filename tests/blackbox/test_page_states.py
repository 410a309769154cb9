"""Every state of the reviewer's page in a real Chromium, in all languages and both schemes, from left and from right, as phone and as
desktop, with people whose names are nice and with such as fit nowhere: axe finds nothing, and nothing is wider than the page. Screenshots
are kept in build/screenshots/.
"""

import pytest
from support.axe import axe  # noqa: F401
from support.browser import Browser
from support.reviewed_pages import COMMENT, LONG, Pages, Way
from test_page_stage import media_dir  # noqa: F401

PHONE, DESKTOP, SMALL = (390, 844), (1366, 850), (320, 640)
# What is looked at in each state: (viewport, dark). axe looks for all faults in the first of a viewport, for those of colours in the others.
WALKS = {
    "en": [(PHONE, False), (PHONE, True), (DESKTOP, True), (DESKTOP, False)],
    "fr": [(DESKTOP, True)],
    "es": [(PHONE, True)],
    "nl": [(DESKTOP, False)],
    "ar": [(PHONE, False), (DESKTOP, True)],
}
NASTY = {"de": [(SMALL, False), (DESKTOP, True)]}
PICTURED = ("en", "ar", "de-nasty")
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
ACCENTS = {"fr": "#e30613", "es": "#000000", "nl": "#ffffff", "de": "#ffe600"}
# Wider than the page: what has text of its own and is in no box that scrolls, or hides what it does not show.
WIDER = """
    const clips = (element) => element && (getComputedStyle(element).overflowX !== "visible" || clips(element.parentElement));
    return [...document.body.querySelectorAll("*")].filter((each) => each.checkVisibility() && !clips(each))
      .map((each) => [each, each.getBoundingClientRect()])
      .filter(([each, { left, right, width }]) => width > 1 && !each.closest(".skip, .unseen") && (right > innerWidth + 1 || left < -1))
      .map(([each]) => each.outerHTML.slice(0, 200));"""
# Where things stand, by what they are: those that are seen, in the order of the document.
PLACES = """
    const seen = [...document.querySelectorAll(arguments[0])].filter((each) => each.checkVisibility());
    return seen.map((each) => {
      const { left, right } = each.getBoundingClientRect();
      return [each.className || each.localName, left, right, each.textContent.slice(0, 30)];
    });"""
MIRRORED = {
    "list": ".head h1, .top button, .progress, .progress p, a.next, .toggle, .narrow input, .filters label, .card .portrait, .card .whose, "
            ".card .marks, .advice, .dots, .stars, .foot a",
    "stage": ".back, .place, .leave, .stage-head .whose, .neighbours a, .picture, .controls > *, .questions button, .questions .number, "
             ".questions .length, .question h2, .tabs button, .looking input, .line, .line .at, .line .said, .bar .rating label, .to-feedback, "
             ".panel.feedback label, .panel.feedback legend, .recommendation label, .goes-on, .links, .form dt",
    "finish": ".head h1, .top a, .top button, .done label, .done .primary, .tools button, .reviews th, .reviews td, .reviews dt, .reviews dd, "
              ".whose > *, .change, .score, .advice",
}


@pytest.fixture(scope="module")
def stack(shared, media_dir):  # noqa: F811
    made = shared.make_stack(settings={"SHARELINK_VIEWS_MEDIA_DIR": media_dir})
    yield made
    made.close()


@pytest.fixture(scope="module")
def nice(stack):
    return Pages(stack, list(WALKS))


@pytest.fixture(scope="module")
def nasty(stack):
    return Pages(stack, list(NASTY), is_nasty=True)


@pytest.fixture(scope="module")
def browser():
    made = Browser("phone")
    yield made
    made.close()


def begin(browser, pages, language, place):
    """As somebody else, on another device."""
    is_nasty = language in NASTY
    pages.look = (LONG[:180] if is_nasty else None, ACCENTS.get(language))
    pages.comment = LONG[:180] if is_nasty else COMMENT
    pages.brand(*pages.look)
    browser.forget()
    browser.become(*place, language)
    return Way(browser, pages, pages.reviewers.index(language))


def walk(browser, axe, pages, language, places, name):  # noqa: F811
    """From where one has come to: what is seen last of a state is where the next begins."""
    for state in begin(browser, pages, language, places[0]).states():
        yield state
        known = set()
        for viewport, dark in places:
            browser.become(viewport, dark, language)
            if viewport not in known:
                fits(browser, state)
            if name in PICTURED:
                browser.screenshot(f"states-{'x'.join(map(str, viewport))}-{'dark' if dark else 'light'}-{name}-{state}")
            axe(browser, COLOUR_RULES if viewport in known else None)
            known.add(viewport)
        browser.become(*places[0], language)


def fits(browser, state):
    width, wider = browser.driver.execute_script(f"return [document.documentElement.scrollWidth, (() => {{ {WIDER} }})()]")
    assert width <= browser.viewport[0] and not wider, (state, browser.viewport, width, wider)


@pytest.mark.parametrize("language", WALKS)
def test_every_state(browser, axe, nice, language):  # noqa: F811
    for state in walk(browser, axe, nice, language, WALKS[language], language):
        words = browser.driver.execute_script("return document.documentElement.lang + ' ' + document.documentElement.dir")
        assert words == {"ar": "en rtl"}.get(language, f"{language} ltr") or state == "closed-unknown", state
    assert not [each for each in browser.complaints() if "TypeError" in each or "Content Security Policy" in each]


@pytest.mark.parametrize("language", NASTY)
def test_every_state_with_texts_that_fit_nowhere(browser, axe, nasty, language):  # noqa: F811
    for state in walk(browser, axe, nasty, language, NASTY[language], f"{language}-nasty"):
        browser.driver.execute_script("document.documentElement.dir = 'rtl'")
        fits(browser, f"{state} from the right")
        browser.driver.execute_script("document.documentElement.dir = 'ltr'")


def test_list_of_five_hundred(browser, axe, nice):  # noqa: F811
    nice.many(500)
    way = begin(browser, nice, "en", (PHONE, False))
    for state in way.many():
        fits(browser, state)
        axe(browser)


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_what_runs_from_the_right_is_the_mirror_of_what_runs_from_the_left(browser, nice, viewport):
    """Words are the same in both, so that all is as wide as in the other."""
    way = begin(browser, nice, "ar", (viewport, False))
    way.enter("all")
    for view, address in (("list", ""), ("stage", f"?interview={nice.ids[0]}"), ("finish", "?view=finish")):
        way.to("all", address or "?again=1")
        way.there({"list": ".card", "stage": ".line", "finish": ".reviews"}[view])
        rtl, ltr = [], []
        for direction, found in (("rtl", rtl), ("ltr", ltr)):
            browser.driver.execute_script("document.documentElement.dir = arguments[0]; scrollTo(0, 0)", direction)
            found += browser.driver.execute_script(PLACES, MIRRORED[view])
        assert len(rtl) == len(ltr) > 20
        assert not [(one, other) for one, other in zip(rtl, ltr, strict=True) if abs(viewport[0] - one[2] - other[1]) > 1.5 or abs(viewport[0] - one[1] - other[2]) > 1.5], view
