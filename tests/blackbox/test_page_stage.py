"""The stage: one interview of a shared link in a real Chromium, on a phone and on a desktop. Screenshots are kept in build/screenshots/."""

import http.server
import os
import re
import shutil
import struct
import tempfile
import threading
import time

import pytest
from selenium.webdriver.common.keys import Keys
from stack.waiting import wait_until
from support import ROOT, samples
from support.axe import axe  # noqa: F401
from support.browser import Browser

ANSWERS = ROOT / "deploy" / "demo" / "media" / "answers"
GERMAN = "Donaudampfschifffahrtsgesellschaftskapitänspatent und außergewöhnliche Kommunikationsfähigkeiten?"
SIZES = {"phone": (390, 844), "desktop": (1366, 850)}


@pytest.fixture(scope="module")
def media_dir():
    """The demo's recordings, a portrait, and what is no recording at all."""
    root = tempfile.mkdtemp(prefix="sharelink-stage-")
    os.chmod(root, 0o755)
    shutil.copytree(ROOT / "deploy" / "demo" / "media", root, dirs_exist_ok=True)
    with open(f"{root}/answers/portrait.mp4", "wb") as file:
        file.write(turned((ANSWERS / "int-2041-q1.mp4").read_bytes()))
    with open(f"{root}/answers/broken.mp4", "wb") as file:
        file.write(b"no recording")
    yield root
    shutil.rmtree(root)


def turned(recording):
    """As a phone records that is held upright: the same, a quarter to the right."""
    at = recording.index(b"tkhd") + 44
    wide = struct.unpack_from(">I", recording, at + 36 + 4)[0]
    matrix = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, wide, 0, 1 << 30)
    return recording[:at] + matrix + recording[at + 36:]


@pytest.fixture(scope="module")
def stack(shared, media_dir):
    made = shared.make_stack(settings={"SHARELINK_VIEWS_MEDIA_DIR": media_dir})
    yield made
    made.close()


@pytest.fixture
def browse(request):
    def start(size="desktop", dark=False, viewport=None, **options):
        made = Browser(size, dark, viewport or SIZES[size], **options)
        request.addfinalizer(made.close)
        return made
    return start


def recorded(number, text=None, media="answers/int-2041-q1.mp4", kind="video", **over):
    return {"id": f"q{number}", "text": text or f"Question {number}: how do you help somebody who is angry?", "skipped": False, "answer": {
        "kind": kind, "media_url": f"media:{media}", "duration_seconds": 5, **over}}


WRITTEN = {"id": "written", "text": "In writing, please: why here?", "skipped": False, "answer": {"kind": "text", "text": "Yes, gladly.\nHere it is."}}
SKIPPED = {"id": "skipped", "text": "What would you change?", "skipped": True, "answer": None}
UNANSWERED = {"id": "unanswered", "text": "And what else?", "skipped": False, "answer": None}
LINES = [{"start": number * .5, "end": number * .5 + .5, "text": text} for number, text in enumerate(
    ["I lead six people in billing support.", "Most of our day is calm, honest email.", "We run it on Kubernetes.", "I wrote the café handbook.",
     "And I listened.", "Kubernetes again, then.", "The customer stayed.", "So did the team.", "That is all.", "Thank you."])]


def interview(stack, questions=None, first="Zoë", last="van Dijk", profile=None, **over):
    document = samples.interview_document(job={"id": "job-1", "title": "Customer Support Lead"}, **over)
    document["candidate"].update(first_name=first, last_name=last, avatar_url="media:avatars/int-2041.webp")
    document["candidate"].update({"profile": profile} if profile else {})
    document["candidate"]["resume"] = {"file_name": f"{first[:80]} {last[:80]}.pdf", "url": "media:resumes/int-2041.pdf"}
    document["questions"] = [recorded(1), recorded(2), SKIPPED, WRITTEN] if questions is None else questions
    interview_id = samples.interview_id()
    stack.api.put(f"/v1/interviews/{interview_id}", document, status=201)
    return interview_id


def link_of(stack, *ids, **over):
    return stack.make_share_link(interview_ids=list(ids), **over)


def on_stage(browser, link, interview_id, search=""):
    """From the mailed URL to the stage of one interview, without a touch of it: what plays there plays later. Who is in goes on without Start."""
    browser.go(link["reviewers"][0]["url"])
    if js(browser, "return document.body.dataset.session") == "none":
        browser.press("Start")
    browser.until(lambda: browser.all(".cards, .stage"), "inside")
    page = link["reviewers"][0]["url"].split("#")[0]
    browser.go(f"{page}?interview={interview_id}{search}")
    browser.until(lambda: browser.all(".stage .question, .stage .broken"), "the stage")
    return browser


def js(browser, script, *arguments):
    return browser.driver.execute_script(script, *arguments)


class Store:
    """Speaks S3 as far as a browser does. The first address runs out after its first piece: whatever else is asked of it is answered when its
    second is over, with 403. Later ones are good."""

    PIECE = 9000

    def __init__(self, recording):
        self.addresses, self.refused, self.recording, self.lock = {}, 0, recording, threading.Lock()
        store = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                store.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def has_run_out(self):
        return self.addresses and all(time.monotonic() - since > 1.1 for since in self.addresses.values())

    def answer(self, request):
        with self.lock:
            is_first_asked = request.path not in self.addresses
            since = self.addresses.setdefault(request.path, time.monotonic())
            is_good = is_first_asked or request.path != next(iter(self.addresses))
        if not is_good:
            wait_until(lambda: time.monotonic() - since > 1, 5, "its second is over")
            self.refused += 1
            request.send_error(403)
            return
        first = int(re.match(r"bytes=(\d+)-", request.headers.get("Range", "bytes=0-"))[1])
        piece = self.recording[first:first + self.PIECE]
        request.send_response(206)
        for name, value in (("Content-Type", "video/mp4"), ("Content-Length", len(piece)), ("Accept-Ranges", "bytes"), ("ETag", '"one"'),
                            ("Content-Range", f"bytes {first}-{first + len(piece) - 1}/{len(self.recording)}")):
            request.send_header(name, str(value))
        request.end_headers()
        request.wfile.write(piece)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


# --- as it looks ---

@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_looks(stack, browse, axe, size, dark):  # noqa: F811
    scheme = "dark" if dark else "light"
    amara = interview(stack, [recorded(1, "Tell us about yourself and the team you work in."),
                              recorded(2, "Describe a time you turned an unhappy customer around.", transcript=LINES), SKIPPED, WRITTEN], "Amara", "Okafor")
    nasty = interview(stack, [recorded(number, GERMAN if number % 2 else None) for number in range(1, 41)], ("Maximiliane" * 9)[:99], ("Wolfeschlegelsteinhausen" * 5)[:100])
    link = link_of(stack, interview(stack), amara, nasty)
    browser = on_stage(browse(size, dark), link, amara)

    def look(name):
        browser.screenshot(f"stage-{size}-{scheme}-{name}")
        axe(browser)

    look("first")
    js(browser, "document.querySelectorAll('.questions button')[1].click()")
    browser.until(lambda: js(browser, "return document.querySelector('video').currentTime > 1"), "plays")
    look("second")
    js(browser, "document.querySelector('video').currentTime = 60")
    browser.until(lambda: browser.all(".end-card"), "card")
    look("card")
    js(browser, "document.querySelectorAll('.questions button')[2].click()")
    look("skipped")
    js(browser, "document.querySelectorAll('.questions button')[3].click()")
    look("written")
    on_stage(browser, link, nasty)
    look("nasty")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count, taps", [(1, 2), (2, 3)], ids=["one-candidate", "list"])
def test_picture_moves_after_few_taps(stack, browse, size, count, taps):
    """The mail's own link is the first of them, and Start the second: with one candidate, there is nothing else to be found on the way."""
    link = link_of(stack, *[interview(stack, first="Amara", last="Okafor"), interview(stack)][:count])
    browser = browse(size, plays=False)
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {  # as when it takes longer to come than a touch counts
        "source": "Object.defineProperty(UserActivation.prototype, 'isActive', { get: () => false });"})
    browser.go(link["reviewers"][0]["url"])
    browser.tap(lambda: browser.button("Start"))
    if count > 1:
        browser.tap(lambda: browser.button("Amara Okafor"))
    browser.until(lambda: js(browser, "return document.querySelector('video')?.currentTime > .3"), "it plays")
    assert 1 + browser.taps == taps
    assert js(browser, "return document.querySelector('video').getAttribute('preload')") == "metadata"


def test_nothing_plays_that_nobody_has_touched(stack, browse):
    link = link_of(stack, interview(stack), shown := interview(stack))
    browser = on_stage(browse(), link, shown)
    browser.until(lambda: js(browser, "return document.querySelector('video').readyState >= 1"), "the picture")
    assert js(browser, "return document.querySelector('video').paused && document.querySelector('video').currentTime === 0")


def test_address_leads_to_one_question(stack, browse):
    shown = interview(stack, [recorded(1), recorded(2), recorded(3)])
    on_stage(browse(), link_of(stack, shown), shown, search="&question=2").until_text("Question 2", ".question h2")


# --- the picture stays in view ---

VIEW = """
    const box = (css) => { const { top, bottom, left, right, height } = document.querySelector(css).getBoundingClientRect(); return { top, bottom, left, right, height }; };
    return { player: box(".player"), picture: box(".picture"), page: document.documentElement.scrollHeight, height: innerHeight, width: document.documentElement.scrollWidth,
             bar: document.querySelector(".bar") && box(".bar"), seen: document.elementFromPoint(innerWidth / 4, box(".picture").top + 20)?.closest(".picture") !== null };"""


@pytest.mark.parametrize("media", ["answers/int-2041-q1.mp4", "answers/portrait.mp4"], ids=["wide", "portrait"])
@pytest.mark.parametrize("viewport", [(390, 844), (320, 568), (360, 640)], ids=str)
def test_phone_keeps_the_picture_and_the_stars_in_view(stack, browse, viewport, media):
    shown = interview(stack, [recorded(number, media=media) for number in range(1, 41)])
    browser = on_stage(browse("phone", viewport=viewport), link_of(stack, shown), shown)
    browser.until(lambda: js(browser, "return document.querySelector('video').videoWidth"), "the picture")
    for number in (39, 20, 0):
        js(browser, "scrollTo(0, document.documentElement.scrollHeight)")
        js(browser, "document.querySelectorAll('.questions button')[arguments[0]].click()", number)
        browser.until(lambda: js(browser, "return document.querySelector('video').currentTime > .2"), "it plays")
        now = js(browser, VIEW)
        assert 0 <= now["player"]["top"] and now["player"]["bottom"] <= now["height"] and now["seen"], now
        assert now["player"]["height"] <= .45 * now["height"] + 1, now
        assert now["bar"]["bottom"] <= now["height"] + 1 and now["bar"]["top"] >= now["player"]["bottom"], now
        chip = js(browser, "const { left, right } = document.querySelector('.questions [aria-current=true]').getBoundingClientRect(); return [left, right]")
        assert 0 <= chip[0] and chip[1] <= viewport[0], chip
        assert now["page"] <= 3 * viewport[1] or viewport[1] < 844, now
        assert now["width"] <= viewport[0]


def test_desktop_keeps_the_picture_in_view_beside_the_questions(stack, browse):
    shown = interview(stack, [recorded(number) for number in range(1, 41)])
    browser = on_stage(browse(), link_of(stack, shown), shown)
    js(browser, "scrollTo(0, document.documentElement.scrollHeight)")
    js(browser, "document.querySelectorAll('.questions button')[30].click()")
    browser.until(lambda: js(browser, "return document.querySelector('video').currentTime > .2"), "it plays")
    now = js(browser, VIEW)
    assert 0 <= now["picture"]["top"] and now["picture"]["bottom"] <= now["height"] and now["seen"], now
    assert now["bar"]["left"] > now["picture"]["right"]


def test_what_is_shown_is_said(stack, browse):
    shown = interview(stack)
    browser = on_stage(browse(), link_of(stack, shown), shown)
    js(browser, "document.querySelectorAll('.questions button')[1].focus(); document.querySelectorAll('.questions button')[1].click()")
    browser.until(lambda: "Question 2 of 4: Question 2: how do you" in js(browser, "return document.querySelector('.stage-body > [role=status]').textContent"), "it is said")
    assert js(browser, "return document.activeElement.closest('.questions') !== null")


# --- each kind of answer ---

def test_each_kind_of_answer_has_its_look(stack, browse):
    shown = interview(stack, [recorded(1), WRITTEN, SKIPPED, UNANSWERED, recorded(5, media="answers/int-2044-q3.m4a", kind="audio")])
    browser = on_stage(browse("phone"), link_of(stack, shown), shown)

    def look(number):
        js(browser, "document.querySelectorAll('.questions button')[arguments[0]].click()", number)
        return (bool([each for each in browser.all(".picture") if each.is_displayed()]), bool(browser.all(".bar input[type=radio]")), browser.text(".question"))

    assert look(0)[:2] == (True, True)
    assert look(1)[:2] == (False, True) and "Yes, gladly.\nHere it is." in look(1)[2]
    assert look(2)[:2] == (False, False) and "The candidate skipped this question." in look(2)[2]
    assert look(3)[:2] == (False, False) and "There is no answer to this question." in look(3)[2]
    assert look(4)[:2] == (True, True) and browser.all("audio[src]") and not browser.all(".picture video")
    assert "not watched" not in browser.text("main").lower()


@pytest.mark.parametrize("size", SIZES)
def test_each_kind_of_answer_is_used_by_touch_alone_and_by_keyboard_alone(stack, browse, size):
    """Fingers on a phone, keys on a desktop; forty questions, the first of which are of each kind."""
    kinds = [recorded(1), recorded(2, media="answers/portrait.mp4"), recorded(3, media="answers/int-2044-q3.m4a", kind="audio"),
             {**WRITTEN, "id": "q4"}, recorded(5, media="answers/there-is-none.mp4"), recorded(6, media="answers/broken.mp4")]
    shown = interview(stack, [*kinds, *(recorded(number) for number in range(7, 41))])
    link = link_of(stack, shown)
    browser = on_stage(browse(size), link, shown)

    def press(key):
        browser.driver.switch_to.active_element.send_keys(key)

    def go_to(number):
        if size == "phone":
            browser.tap(lambda: browser.all(".questions button")[number - 1])
        elif number > 1:
            press("n")
        current = "return [...document.querySelectorAll('.questions button')].findIndex((each) => each.getAttribute('aria-current') === 'true')"
        browser.until(lambda: js(browser, current) == number - 1, f"question {number}")

    def rate(stars):
        if size == "phone":
            browser.tap(lambda: browser.all(".bar input[type=radio]")[stars - 1])
        else:
            press(str(stars))

    for number in range(1, 7):
        go_to(number)
        if number <= 3:
            if js(browser, "return document.querySelector('.picture video, .picture audio').paused"):
                if size == "phone":
                    browser.tap(lambda: browser.find(".controls .play"))
                else:
                    press("k")
            browser.until(lambda: js(browser, "return document.querySelector('.picture video, .picture audio').currentTime > .2"), "it plays")
        elif number == 4:
            browser.until_text("Yes, gladly.", ".question")
        else:
            browser.until_text("could not be played", ".picture")
        rate(1 + number % 5)
        wait_until(lambda: stars_of(stack, link).get(f"q{number}") == 1 + number % 5, 20, f"the stars of {number}")  # noqa: B023
    if size == "phone":
        browser.tap(lambda: browser.all(".questions button")[39])
        browser.until_text("Question 40", ".question")


@pytest.mark.parametrize("questions, words", [([], "This interview has no questions."), ([WRITTEN], "Yes, gladly."), ([SKIPPED], "skipped this question")],
                         ids=["none", "written", "skipped"])
def test_interviews_without_a_recording(stack, browse, axe, questions, words):  # noqa: F811
    shown = interview(stack, questions)
    browser = on_stage(browse("phone"), link_of(stack, shown), shown)
    browser.until_text(words, ".question")
    assert not [each for each in browser.all(".picture, .controls") if each.is_displayed()]
    axe(browser)


# --- the end of an answer ---

def to_the_end(browser):
    js(browser, "const m = document.querySelector('.picture video, .picture audio'); return m.play().then(() => { m.currentTime = 60; })")
    browser.until(lambda: browser.all(".end-card"), "the card")


def stars_of(stack, link):
    rows = stack.db.rows("select question_ratings from views.reviews where share_link_id = %s", link["id"])
    return {each["question_id"]: each["rating"] for each in rows[0]["question_ratings"]} if rows else {}


def test_star_at_an_answers_end_is_that_answers(stack, browse):
    shown = interview(stack, [recorded(1), recorded(2), recorded(3)])
    link = link_of(stack, shown)
    browser = on_stage(browse(), link, shown)
    to_the_end(browser)
    browser.all(".end-card input[type=radio]")[3].click()
    browser.press("Next question")
    browser.until_text("Question 2", ".question")
    wait_until(lambda: stars_of(stack, link) == {"q1": 4}, 20, "the star is on the first answer")
    browser.all(".bar input[type=radio]")[1].click()
    wait_until(lambda: stars_of(stack, link) == {"q1": 4, "q2": 2}, 20, "and the next on the second")
    browser.until(lambda: "★4" in browser.text(".questions li:first-child") and "★2" in browser.text(".questions li:nth-child(2)"), "the steps show them")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("place", [".end-card", ".bar"], ids=["card", "bar"])
def test_star_soon_after_an_answers_end_is_stored_on_that_answer(stack, browse, size, place):
    """A finger that was on its way when the answer ended, and what the owner is told of it."""
    shown = interview(stack, [recorded(1), recorded(2)])
    link = link_of(stack, shown)
    browser = on_stage(browse(size), link, shown)
    js(browser, "const m = document.querySelector('video'); m.onended = () => { window.endedAt = performance.now(); }; m.play().then(() => { m.currentTime = 4.7; })")
    browser.until(lambda: js(browser, "return performance.now() - window.endedAt > 300"), "0.3 s after its end")
    browser.tap(lambda: browser.all(f"{place} input[type=radio]")[3])

    def told():
        reviews = stack.api.get(f"/v1/share-links/{link['id']}/reviews", status=200).json()["data"]
        return [[(each["question_id"], each["rating"]) for each in review["question_ratings"]] for review in reviews]

    wait_until(told, 20, "the star is saved")
    assert told() == [[("q1", 4)]]


def test_next_question_comes_by_itself_when_nothing_is_touched(stack, browse):
    shown = interview(stack, [recorded(1), SKIPPED, recorded(3)])
    browser = on_stage(browse(), link_of(stack, shown), shown)
    to_the_end(browser)
    browser.until_text("Next in", ".end-card")
    browser.until_text("Question 3", ".question")
    browser.until(lambda: js(browser, "return document.querySelector('video').currentTime > .2"), "it plays")
    assert not browser.all(".end-card") and "Skipped" in browser.text(".questions")


@pytest.mark.parametrize("touch", ["key", "pointer", "field", "card", "stay"])
def test_nothing_moves_while_somebody_is_at_work(stack, browse, touch):
    shown = interview(stack, [recorded(1), recorded(2)])
    browser = on_stage(browse(), link_of(stack, shown), shown)
    if touch == "field":
        js(browser, "document.querySelector('.bar textarea').focus()")
    to_the_end(browser)
    if touch == "key":
        browser.find("body").send_keys(Keys.SHIFT)
    elif touch == "pointer":
        browser.find("#app h1").click()
    elif touch == "card":
        js(browser, "document.querySelector('.end-card input').focus()")
    elif touch == "stay":
        browser.press("Stay")
        assert not browser.all(".end-card")
    still = js(browser, "return document.querySelector('.end-card .count')?.textContent ?? ''")
    began = js(browser, "return performance.now()")
    browser.until(lambda: js(browser, "return performance.now()") > began + 6500, "longer than the count")
    assert "Question 1" in browser.text(".question")
    assert js(browser, "return document.activeElement !== document.body || arguments[0] === 'pointer' || arguments[0] === 'key'", touch)
    assert touch == "stay" or js(browser, "return document.querySelector('.end-card .count').textContent") == still


def test_next_question_does_not_come_when_that_is_not_wanted_and_focus_is_kept(stack, browse):
    shown = interview(stack, [recorded(1), recorded(2)])
    browser = on_stage(browse(), link_of(stack, shown), shown)
    browser.find(".goes-on input").click()
    to_the_end(browser)
    assert "Next in" not in browser.text(".end-card")
    browser.press("Next question")
    browser.until_text("Question 2", ".question")
    assert js(browser, "return document.activeElement.closest('.question, .player') !== null")


def test_last_answer_leads_on(stack, browse):
    shown, other = interview(stack, [recorded(1)]), interview(stack, first="Amara", last="Okafor")
    browser = on_stage(browse(), link_of(stack, shown, other), shown)
    to_the_end(browser)
    assert "Next in" not in browser.text(".end-card") and "Next not reviewed: Amara Okafor" in browser.text(".end-card")
    browser.press("Rate the candidate")
    assert js(browser, "return document.activeElement.closest('.feedback') !== null")
    to_the_end(browser)
    js(browser, "document.querySelector('.end-card a').click()")
    browser.until_text("Amara Okafor", "#app h1")


# --- what was said ---

def test_transcript_follows_and_leads(stack, browse):
    shown = interview(stack, [recorded(1, transcript=LINES), recorded(2)])
    browser = on_stage(browse(), link_of(stack, shown), shown)
    assert len(browser.all(".line")) == len(LINES)
    js(browser, "document.querySelectorAll('.line')[6].focus()")
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.until(lambda: js(browser, "return document.querySelector('video').currentTime >= 3"), "it jumps")
    js(browser, "document.querySelector('video').pause()")
    browser.until(lambda: browser.all(".line[aria-current=true]"), "the line is marked")
    top = js(browser, "return scrollY")
    js(browser, "document.querySelector('.lines-box').dispatchEvent(new WheelEvent('wheel')); document.querySelector('.lines-box').scrollTop = 0")
    js(browser, "document.querySelector('video').currentTime = 4.6")
    browser.until(lambda: "Thank you." in browser.text(".line[aria-current=true]"), "the last line")
    assert js(browser, "return document.querySelector('.lines-box').scrollTop") == 0 and js(browser, "return scrollY") == top
    browser.press("Follow along")
    browser.until(lambda: js(browser, "const b = document.querySelector('.lines-box'); return b.scrollTop > 0 || b.scrollHeight <= b.clientHeight"), "it follows")
    js(browser, "document.querySelectorAll('.questions button')[1].click()")
    browser.until_text("Nothing is written down of this answer.", ".panel.transcript")


def test_search_of_the_list_leads_to_what_was_said(stack, browse):
    shown = interview(stack, [recorded(1), recorded(2, transcript=LINES)])
    browser = on_stage(browse(), link_of(stack, shown), shown, search="&search=KUBERNETES")
    browser.until_text("Question 2", ".question")
    browser.until(lambda: js(browser, "return document.querySelector('video').currentTime") == 1, "the first line that says it")
    assert [each.text for each in browser.all(".said mark")] == ["Kubernetes", "Kubernetes"] and "2 matches" in browser.text(".looking")
    browser.find(".looking input").send_keys(Keys.ENTER)
    browser.until(lambda: js(browser, "return document.querySelector('video').currentTime") >= 2.5, "the next one")


def test_captions_are_our_own_and_stay_off(stack, browse):
    shown = interview(stack, [recorded(1, transcript=LINES), recorded(2, transcript=LINES)])
    browser = on_stage(browse(), link_of(stack, shown), shown)
    mode = "return document.querySelector('video').textTracks[0].mode"
    browser.until(lambda: js(browser, mode) == "showing", "captions")
    assert js(browser, "return document.querySelector('track').srclang") == "en"
    assert js(browser, "return new URL(document.querySelector('track').src).origin === location.origin")
    browser.press("Captions")
    js(browser, "document.querySelectorAll('.questions button')[1].click()")
    browser.until_text("Question 2", ".question")
    assert js(browser, mode) != "showing" and browser.find(".controls [aria-pressed]").get_attribute("aria-pressed") == "false"


# --- the keyboard ---

def test_keys(stack, browse, axe):  # noqa: F811
    shown, other = interview(stack, [recorded(1), recorded(2)]), interview(stack, first="Amara", last="Okafor")
    link = link_of(stack, shown, other)
    browser = on_stage(browse(), link, shown)

    def press(*keys):
        for key in keys:
            browser.driver.switch_to.active_element.send_keys(key)

    press("k")
    browser.until(lambda: js(browser, "return !document.querySelector('video').paused"), "k plays")
    press("k", "4")
    wait_until(lambda: stars_of(stack, link) == {"q1": 4}, 20, "four stars")
    press("n")
    browser.until_text("Question 2", ".question")
    press("p")
    browser.until_text("Question 1", ".question")
    press("?")
    browser.until(lambda: browser.all("dialog[open]"), "the list of keys")
    axe(browser)
    press(Keys.ESCAPE)
    browser.until(lambda: not browser.all("dialog[open]"), "it is closed")
    js(browser, "document.querySelector('#comment, .feedback textarea').focus()")
    press("n", "5")
    assert "Question 1" in browser.text(".question") and stars_of(stack, link) == {"q1": 4}
    js(browser, "document.querySelector('#app h1').focus()")
    press(Keys.SHIFT + "n")
    browser.until_text("Amara Okafor", "#app h1")
    press(Keys.SHIFT + "p")
    browser.until_text("Zoë van Dijk", "#app h1")


def test_keys_lead_on_before_the_interview_is_there(stack, browse):
    shown, other = interview(stack), interview(stack, first="Amara", last="Okafor")
    browser = on_stage(browse(), link_of(stack, other, shown), other)
    browser.press("All candidates")
    browser.until(lambda: browser.all(".cards"), "the list")
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/interviews/*"]})
    browser.press("Zoë van Dijk")
    browser.until_text("Zoë van Dijk", "#app h1")
    browser.driver.switch_to.active_element.send_keys("k", "4", "j", Keys.SHIFT + Keys.ARROW_LEFT)
    browser.until_text("Amara Okafor", "#app h1")
    browser.find("#app h1").send_keys(Keys.SHIFT + Keys.ARROW_RIGHT)
    browser.until_text("Zoë van Dijk", "#app h1")
    assert not [each for each in browser.complaints() if "TypeError" in each]


def test_skip_link_moves_the_focus_and_nothing_else(stack, browse):
    shown = interview(stack)
    browser = on_stage(browse(), link_of(stack, shown), shown)
    browser.driver.switch_to.active_element.send_keys("n")
    browser.until_text("Question 2", ".question")
    stage = browser.find(".stage")
    js(browser, "document.querySelector('.skip').focus()")
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.until(lambda: js(browser, "return location.hash") == "#main", "the focus has been moved")
    browser.driver.execute_async_script("setTimeout(arguments[0], 500)")
    assert browser.find(".stage") == stage and "Question 2" in browser.text(".question")
    assert js(browser, "return document.activeElement.id") == "main"


def test_place_that_was_kept_of_an_answer_is_no_other_answers(stack, browse):
    """The next question is chosen before the first answer is there, which was to go on where it was left."""
    shown = interview(stack, [recorded(1, duration_seconds=60), recorded(2, duration_seconds=60)])
    link = link_of(stack, shown)
    reviewer = stack.reviewer(link)
    reviewer.open(status=200)
    reviewer.post(f"{reviewer.page}/interviews/{shown}/watch", {"question_id": "q1", "seconds": 4, "position": 4}, status=200)
    browser = browse()
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
        window.sought = [];
        document.addEventListener("seeking", ({ target }) => window.sought.push(target.currentTime), true);
        new MutationObserver((_, seen) => {
          const step = document.querySelectorAll(".stepper button")[1];
          if (step) {
            seen.disconnect();
            step.click();
          }
        }).observe(document, { childList: true, subtree: true });"""})
    on_stage(browser, link, shown)
    browser.until_text("Question 2", ".question")
    browser.until(lambda: js(browser, "return document.querySelector('video').readyState > 1"), "its answer is there")
    assert js(browser, "return window.sought") == []
    js(browser, "document.querySelectorAll('.stepper button')[0].click()")
    browser.until_text("Question 1", ".question")
    browser.until(lambda: js(browser, "return window.sought") == [4], "the first goes on where it was left")


def test_digits_rate_on_a_keyboard_that_has_them_with_shift_and_not_behind_a_dialog(stack, browse):
    shown = interview(stack)
    link = link_of(stack, shown)
    browser = on_stage(browse(), link, shown)
    chosen = "return [...document.querySelectorAll('.bar .rating input')].findIndex((each) => each.checked)"
    js(browser, "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '3', shiftKey: true, bubbles: true, cancelable: true }))")
    assert js(browser, chosen) == 2
    wait_until(lambda: stars_of(stack, link) == {"q1": 3}, 20, "three stars")
    browser.press("Leave")
    browser.until(lambda: browser.all("dialog[open]"), "it asks")
    browser.driver.switch_to.active_element.send_keys("5", "n")
    assert js(browser, chosen) == 2 and "Question 1" in browser.text(".question")


# --- what does not come ---

@pytest.mark.parametrize("media", ["answers/there-is-none.mp4", "answers/broken.mp4"])
def test_recording_that_cannot_be_played_says_so(stack, browse, axe, media):  # noqa: F811
    shown = interview(stack, [recorded(1, media=media), recorded(2)])
    browser = on_stage(browse("phone"), link_of(stack, shown), shown)
    browser.until_text("This recording could not be played just now.", ".picture")
    axe(browser)
    browser.press("Try again")
    browser.until_text("This recording could not be played just now.", ".picture")
    js(browser, "document.querySelectorAll('.questions button')[1].click()")
    browser.until(lambda: js(browser, "return document.querySelector('video').currentTime > .2"), "the other plays")
    assert not browser.find(".broken").is_displayed()


@pytest.fixture
def store():
    made = Store((ANSWERS / "int-2041-q1.mp4").read_bytes())
    yield made
    made.close()


@pytest.mark.parametrize("plays", [True, False], ids=["playing", "paused"])
def test_recording_goes_on_after_its_address_has_run_out(shared, browse, store, plays):
    """A store whose addresses are good for a second, and which sends no more than a third of the recording at once."""
    made = shared.make_stack(settings={
        "SHARELINK_VIEWS_ALLOW_HTTP_MEDIA": "on", "SHARELINK_VIEWS_S3_ENDPOINT": store.url, "SHARELINK_VIEWS_S3_PATH_STYLE": "on",
        "SHARELINK_VIEWS_S3_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "SHARELINK_VIEWS_S3_SECRET_ACCESS_KEY": "wJalrXUtnFEMIcanary"})
    try:
        shown = interview(made, [recorded(1)])
        document = made.api.get(f"/v1/interviews/{shown}", status=200).json()
        document["questions"][0]["answer"]["media_url"] = "s3://interviews/answer.mp4"
        made.api.put(f"/v1/interviews/{shown}", {name: document[name] for name in ("type", "job", "candidate", "questions")}, status=200)
        browser = on_stage(browse(), link_of(made, shown), shown)
        browser.until(lambda: js(browser, "return document.querySelector('video').readyState >= 1"), "the picture")
        wait_until(store.has_run_out, 20, "the address has run out")
        if plays:
            js(browser, "document.querySelector('video').play()")
        js(browser, "document.querySelector('video').currentTime = 4")
        browser.until(lambda: js(browser, "const v = document.querySelector('video'); return !v.error && v.readyState >= 2 && v.currentTime >= 4 && v.paused !== arguments[0]", plays),
                      "it is shown from there")
        assert len(store.addresses) > 1 and store.refused > 0, vars(store)
        assert not browser.find(".broken").is_displayed()
    finally:
        made.close()


def test_interview_that_does_not_come_can_be_asked_for_again(stack, browse):
    shown, other = interview(stack), interview(stack, first="Amara", last="Okafor")
    link = link_of(stack, shown, other)
    browser = browse().go(link["reviewers"][0]["url"])
    browser.press("Start")
    browser.until(lambda: browser.all(".cards"), "the list")
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/interviews/*"]})
    browser.press("Amara Okafor")
    browser.until_text("The interview comes when you are back", ".stage")
    browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    browser.press("Try again")
    browser.until(lambda: browser.all("video"), "the player")


def test_interview_taken_out_meanwhile_says_so(stack, browse):
    shown, other = interview(stack), interview(stack, first="Amara", last="Okafor")
    link = link_of(stack, shown, other)
    browser = browse().go(link["reviewers"][0]["url"])
    browser.press("Start")
    browser.until(lambda: browser.all(".cards"), "the list")
    stack.api.post(f"/v1/share-links/{link['id']}/interviews/remove", {"interview_ids": [other]}, status=200)
    browser.press("Amara Okafor")
    browser.until_text("This interview is no longer shared with you.", ".stage")


def test_session_that_ends_while_one_watches(stack, browse):
    shown = interview(stack)
    link = link_of(stack, shown)
    browser = on_stage(browse(), link, shown)
    js(browser, "document.querySelector('video').play()")
    browser.until(lambda: js(browser, "return document.querySelector('video').currentTime > 1"), "it plays")
    stack.api.post(f"/v1/share-links/{link['id']}/deactivate", status=200)
    js(browser, "document.querySelector('video').pause()")
    browser.until_text("This link is over", "h1")
    assert not browser.all("video")


def test_what_was_seen_is_told_when_the_page_goes(stack, browse):
    shown = interview(stack)
    link = link_of(stack, shown)
    browser = on_stage(browse(), link, shown)
    js(browser, "document.querySelector('video').play()")
    browser.until(lambda: js(browser, "return document.querySelector('video').currentTime > 1.5"), "it plays")
    browser.go("about:blank")
    wait_until(lambda: (stack.db.value("select max(seconds) from views.watch where share_link_id = %s", link["id"]) or 0) > 1, 20, "it is told")


def test_narrow_page_bears_every_text(stack, browse):
    long = {"headline": GERMAN, "location": "x" * 200, "summary": GERMAN * 5, "links": ["https://example.com/" + "y" * 200]}
    document = dict(questions=[recorded(1, GERMAN, transcript=[{"start": 0, "end": 5, "text": "z" * 300}])], questionnaire=[{"question": GERMAN, "answer": "w" * 300}])
    shown = interview(stack, first=("Maximiliane" * 9)[:99], last=("Wolfeschlegelsteinhausen" * 5)[:100], profile=long, **document)
    browser = on_stage(browse("phone", viewport=(320, 568)), link_of(stack, shown, interview(stack)), shown)
    for tab in ("Transcript", "Profile", "Questionnaire"):
        browser.press(tab)
        assert js(browser, "return document.documentElement.scrollWidth") <= 320
