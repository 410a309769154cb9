"""The reviewer's page in each of its states: links that lead to them, and the way through them in a browser, whatever language it speaks."""

import hashlib
import pathlib

from . import samples

ROOT = pathlib.Path(__file__).resolve().parents[3]
LOGO = ROOT / "deploy" / "demo" / "media" / "avatars" / "int-2041.webp"
PEOPLE = [("Amara", "Okafor"), ("Zoë", "van Dijk"), ("Mateo", "Silva"), ("Jun", "Tanaka"), ("Lena", "Fischer"), ("Lilian", "Grün"), ("Ingrid", "Solheim"),
          ("Priya", "Raman"), ("Tomás", "Herrera"), ("Chloé", "Martin"), ("أميرة", "القحطاني"), ("Noah", "Whitfield")]
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 6
GERMAN = "Worin zeigen sich Ihre außergewöhnliche Kommunikationsfähigkeiten als Donaudampfschifffahrtsgesellschaftskapitän?"
LINES = [{"start": number * .5, "end": number * .5 + .5, "text": text} for number, text in enumerate(
    ["I lead six people in billing support.", "Most of our day is calm, honest email.", "We run it on Kubernetes, and when it broke in March I stayed on the line with the customer "
     "until it was whole again, which took most of a night.", "I wrote the café handbook.", "And I listened.", "Kubernetes again, then.", "The customer stayed.",
     "So did the team.", "That is all.", "Thank you."])]
COMMENT = "Knows what a team needs, and says it in few words.\n\nWould start in March; asks for a mentor in the first weeks."
ARABIC = "عملت ست سنوات في دعم العملاء، وأحب أن أستمع أولاً."


def recorded(number, text, media="answers/int-2041-q1.mp4", kind="video", **over):
    return {"id": f"q{number}", "text": text, "skipped": False, "answer": {"kind": kind, "media_url": f"media:{media}", "duration_seconds": 5, **over}}


def questions(is_nasty):
    """One of each kind: with a transcript, a portrait, audio, in writing, skipped, broken, without an answer."""
    asked = ["Tell us about yourself and the team you work in.", "Describe a time you turned an unhappy customer around.", "How do you help a colleague?",
             "In writing, please: why here?", "What would you change?", "What did you learn last year?", "And what else?"]
    if is_nasty:
        asked = [GERMAN] * len(asked)
    written = LONG if is_nasty else "I would like to answer people who are stuck.\nAnd I live around the corner."
    return [recorded(1, asked[0], transcript=[*LINES, {"start": 5, "end": 6, "text": LONG if is_nasty else ARABIC}]),
            recorded(2, asked[1], media="answers/portrait.mp4"),
            recorded(3, asked[2], media="answers/int-2044-q3.m4a", kind="audio"),
            {"id": "q4", "text": asked[3], "skipped": False, "answer": {"kind": "text", "text": written}},
            {"id": "q5", "text": asked[4], "skipped": True, "answer": None},
            recorded(6, asked[5], media="answers/broken.mp4"),
            {"id": "q7", "text": asked[6], "skipped": False, "answer": None}]


RECORDED, PORTRAIT, AUDIO, WRITTEN, SKIPPED, BROKEN, NO_ANSWER = range(7)


def document(number, is_nasty, asked):
    first, last = (LONG[:90], LONG[:90]) if is_nasty else PEOPLE[number % len(PEOPLE)]
    made = samples.interview_document(
        type="live" if number % 5 == 3 else "one_way", completed_at=f"2026-01-{5 + number % 20:02}T10:00:00.000Z", questions=asked,
        job={"id": f"job-{number % 2}", "title": LONG[:200] if is_nasty else ["Customer Support Lead", "Archivist"][number % 2]},
        questionnaire=[{"question": GERMAN if is_nasty else "When can you start?", "answer": LONG if is_nasty else "In March"},
                       {"question": "Do you need a visa?", "answer": "No"}, {"question": "Languages?", "answer": ""}])
    made["candidate"].update(first_name=first, last_name=last, avatar_url="media:avatars/int-2041.webp" if number % 3 else None, profile={
        "headline": LONG[:200] if is_nasty else "Listens before talking", "location": "Utrecht", "summary": LONG if is_nasty else f"Ten years of support.\n\n{ARABIC}",
        "links": ["https://example.com/" + ("y" * 200 if is_nasty else "amara")]})
    made["candidate"]["resume"] = {"file_name": (LONG[:120] if is_nasty else f"{first} {last}") + ".pdf", "url": "media:resumes/int-2041.pdf"}
    return made


class Pages:
    """Links for so many reviewers, who go through them one after the other."""

    def __init__(self, stack, reviewers, is_nasty=False):
        self.stack, self.reviewers = stack, reviewers
        every = questions(is_nasty)
        kinds = [every, [every[WRITTEN]], []]
        ids = [self._stored(document(number, is_nasty, kinds[number] if number < len(kinds) else every[:5])) for number in range(12)]
        self.ids = ids
        self.links = {"all": self._link(ids), "one": self._link(ids[:1]), "empty": self._link(ids[:1]),
                      "bare": self._link(ids[:2], settings={"disable_feedback": True}), "expired": self._link(ids), "off": self._link(ids), "ending": self._link(ids)}
        self.over("remove", "empty")
        stack.db.rows("update links.share_links set expires_at = '2026-01-11T09:00:00Z', owner_time_zone = 'Europe/Amsterdam' where id = %s", self.links["expired"]["id"])
        stack.db.rows("update links.share_links set deactivated_at = now(), state_reason = '{\"code\": \"manual\"}' where id = %s", self.links["off"]["id"])
        for reviewer in range(len(reviewers)):
            for number, review in ((1, {"rating": 4, "recommendation": "yes", "comment": LONG if is_nasty else COMMENT}), (2, {"rating": 2, "recommendation": "strong_no"}),
                                   (4, {"rating": 5, "recommendation": "strong_yes", "comment": ARABIC}), (5, {"rating": None, "comment": "Look again."})):
                self._review(reviewer, number, [5, 4] if number == 4 else [], [5, 2] if number in (3, 4) else [], review)

    def over(self, how, name):
        self.stack.api.post(f"/v1/share-links/{self.links[name]['id']}/interviews/{how}", {"interview_ids": self.links[name]["interview_ids"]}, status=200)

    def many(self, count):
        """A link of so many besides."""
        made = [{"id": samples.interview_id(), **document(number, False, [recorded(1, "Why?")])} for number in range(count)]
        for at in range(0, count, 100):
            self.stack.api.post("/v1/interviews/batch", {"interviews": made[at:at + 100]}, status=200)
        self.links["many"] = self._link([each["id"] for each in made])

    def brand(self, name=None, accent=None, has_logo=False):
        data = LOGO.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        self.stack.db.rows("insert into views.logos (account_id, digest, content_type, bytes) values (%s, %s, 'image/webp', %s) on conflict do nothing",
                           self.stack.account, digest, data)
        self.stack.db.rows("update links.accounts set brand_name = %s, brand_accent = %s, brand_logo = %s where id = %s",
                           name, accent, digest if has_logo else None, self.stack.account)

    def url(self, name, reviewer, search=""):
        page, code = self.links[name]["reviewers"][reviewer]["url"].split("#")
        return page + search + ("" if search else f"#{code}")

    def _link(self, ids, **over):
        people = [{**person, "locale": locale} for person, locale in zip(samples.reviewers(len(self.reviewers)), self.reviewers, strict=True)]
        return self.stack.make_share_link(interview_ids=ids, reviewers=people, **over)

    def _stored(self, made):
        interview_id = samples.interview_id()
        self.stack.api.put(f"/v1/interviews/{interview_id}", made, status=201)
        return interview_id

    def _review(self, number, interview, stars, watched, review):
        reviewer = self.stack.reviewer(self.links["all"], number)
        reviewer.open(status=200)
        place = f"{reviewer.page}/interviews/{self.ids[interview]}"
        for answer, seconds in enumerate(watched, 1):
            reviewer.post(f"{place}/watch", {"question_id": f"q{answer}", "seconds": seconds, "position": seconds}, status=200)
        ratings = [{"question_id": f"q{answer}", "rating": each, "note": ""} for answer, each in enumerate(stars, 1)]
        reviewer.put(f"{place}/review", {"comment": "", "question_ratings": ratings, **review}, headers={"If-None-Match": "*"}, status=201)


class Way:
    """Of one reviewer through all states. Each of its parts yields the name of the state that the browser shows."""

    def __init__(self, browser, pages, reviewer):
        self.browser, self.pages, self.reviewer = browser, pages, reviewer

    def states(self):
        for part in (self.gate, self.closed, self.list, self.stage, self.feedback, self.other_interviews, self.finish, self.ends):
            yield from part()

    # --- what a hand does ---

    def js(self, script, *arguments):
        return self.browser.driver.execute_script(script, *arguments)

    def there(self, css):
        """Seen, not only in the document."""
        self.browser.until(lambda: self.js("return [...document.querySelectorAll(arguments[0])].some((each) => each.checkVisibility())", css), f"{css} is seen")

    def tap(self, css, number=0):
        self.there(css)
        self.js("[...document.querySelectorAll(arguments[0])].filter((each) => each.checkVisibility()).at(arguments[1]).click()", css, number)

    def type(self, css, text):
        self.there(css)
        self.js("""const field = document.querySelector(arguments[0]);
            field.value = arguments[1];
            field.dispatchEvent(new Event("input", { bubbles: true }));
            field.dispatchEvent(new Event("change", { bubbles: true }));""", css, text)

    def to(self, name, search=""):
        """Loaded anew, also where but the code in the fragment is another."""
        url = self.pages.url(name, self.reviewer, search)
        if self.browser.driver.current_url.split("#")[0] == url.split("#")[0]:
            self.browser.go("about:blank")
        self.browser.go(url)

    def enter(self, name):
        self.to(name)
        if self.js("return document.body.dataset.session") in ("none", "over"):
            self.tap("#start")
        self.there(".cards, .head, .stage")

    def question(self, number):
        self.tap(".questions button", number)
        self.js("document.querySelector('.picture video, .picture audio')?.pause()")

    # --- the states ---

    def gate(self):
        self.to("all")
        self.there("#personal")
        yield "gate"
        self.tap("#ask")
        self.browser.until(lambda: self.browser.text("#asked"), "the sender is asked")
        yield "gate-asked"
        self.to("one")
        self.there("#personal")
        yield "gate-one"
        self.pages.brand("Hiring Example", has_logo=True)
        self.to("empty")
        yield "gate-logo-empty"
        self.pages.brand(*self.pages.look)
        self.to("all", "?code=none")
        self.there("#passcode")
        yield "gate-field"
        self.type("#passcode", "0000-0000-0000-0000")
        self.tap("#start")
        self.there("#problem")
        yield "gate-wrong"
        self.browser.driver.execute_cdp_cmd("Network.enable", {})
        self.browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/app-*"]})
        self.to("one")
        self.tap("#start")
        self.there("#problem button")
        self.browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
        yield "gate-not-loaded"

    def closed(self):
        for name in ("off", "expired"):
            self.to(name)
            self.there("#ask")
            yield f"closed-{name}"
        self.tap("#ask")
        self.there("a.button")
        yield "closed-asked"
        self.browser.go(self.pages.url("off", self.reviewer).split("/s/")[0] + "/s/unknown")
        yield "closed-unknown"

    def list(self):
        self.enter("all")
        self.browser.until(lambda: len(self.browser.all(".card")) == 12, "all rows")
        yield "list"
        self.js("document.querySelector('.filters:not(.open)') && document.querySelector('.toggle').click()")
        self.type(".filters select:last-of-type", "yes")
        self.js("""const select = [...document.querySelectorAll('.filters select')].find((each) => [...each.options].some(({ value }) => value === 'yes'));
            select.value = 'yes';
            select.dispatchEvent(new Event('change', { bubbles: true }));""")
        self.browser.until(lambda: len(self.browser.all(".card")) == 4, "those reviewed")
        yield "list-filtered"
        self.to("all", "?search=kubernetes")
        self.there(".excerpts mark")
        yield "list-said"
        self.to("all", "?search=nobody&reviewed=yes")
        self.there(".nothing button")
        yield "list-nothing"
        self.enter("empty")
        yield "list-empty"

    def many(self):
        self.enter("many")
        self.browser.until(lambda: len(self.browser.all(".card")) == len(self.pages.links["many"]["interview_ids"]), "all rows")
        yield "list-many"

    def stage(self):
        self.to("all", f"?interview={self.pages.ids[0]}")
        self.there(".question h2")
        self.browser.until(lambda: self.js("return document.querySelector('.picture video').readyState >= 2"), "the picture")
        self.js("document.querySelector('.picture video').currentTime = 1.2")
        self.browser.until(lambda: self.browser.all(".line[aria-current=true]"), "the line that is said")
        yield "stage"
        self.type(".looking input", "kubernetes")
        yield "stage-transcript-searched"
        if self.js("return document.querySelector('.tabs')?.checkVisibility()"):
            for number, name in ((1, "profile"), (2, "questionnaire")):
                self.tap("[role=tab]", number)
                yield f"stage-{name}"
            self.tap("[role=tab]")
        self.js("const video = document.querySelector('.picture video'); return video.play().then(() => { video.currentTime = 60; })")
        self.there(".end-card")
        self.js("dispatchEvent(new PointerEvent('pointerdown'))")
        yield "stage-end-card"
        for number, name in ((PORTRAIT, "portrait"), (AUDIO, "audio")):
            self.question(number)
            self.browser.until(lambda: self.js("return document.querySelector('.picture video, .picture audio').readyState >= 1"), "the recording")
            yield f"stage-{name}"
        self.js("const audio = document.querySelector('.picture audio'); return audio.play().then(() => { audio.currentTime = 600; })")
        self.there(".end-card")
        self.js("dispatchEvent(new PointerEvent('pointerdown'))")
        yield "stage-audio-end-card"
        for number, name in ((WRITTEN, "written"), (SKIPPED, "skipped"), (NO_ANSWER, "no-answer")):
            self.question(number)
            yield f"stage-{name}"
        self.question(BROKEN)
        self.there(".picture .broken button")
        yield "stage-broken"

    def feedback(self):
        self.question(RECORDED)
        self.type("#comment", self.pages.comment)
        self.tap(".bar .rating input", 3)
        self.tap(".recommendation input", 2)
        self.there(".saved[data-how=saved]")
        yield "stage-saved"
        self.browser.online(False)
        self.type("#comment", self.pages.comment + " And more.")
        self.there(".saved[data-how=offline]")
        yield "stage-offline"
        self.browser.online(True)
        self.there(".saved[data-how=saved]")
        self.js("dispatchEvent(new KeyboardEvent('keydown', { key: '?' }))")
        self.there(".keys-help")
        yield "stage-keys"
        self.tap(".keys-help button")
        self.type("#comment", "x" * 10_012)
        self.there(".saved[data-how=long]")
        yield "stage-too-long"
        self.tap(".leave")
        self.there(".dialog")
        yield "leave-unsaved"
        self.tap(".dialog button")
        self.type("#comment", self.pages.comment)
        self.there(".saved[data-how=saved]")

    def other_interviews(self):
        for number, name in ((1, "written-only"), (2, "no-questions")):
            self.to("all", f"?interview={self.pages.ids[number]}")
            self.there(".stage .question")
            yield f"stage-{name}"
        self.browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/interviews/*"]})
        self.to("all", f"?interview={self.pages.ids[3]}")
        self.there(".stage .broken button")
        yield "stage-not-loaded"
        self.browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
        self.enter("bare")
        self.tap(".card h2 a")
        self.there(".stage .question")
        yield "stage-without-feedback"

    def finish(self):
        self.to("all", "?view=finish")
        self.there(".reviews")
        yield "finish"
        self.tap(".change", 1)
        self.there(".editor .rating")
        yield "finish-changing"
        self.tap(".change", 1)
        self.type("#done-note", self.pages.comment)
        self.tap(".done .primary")
        self.there(".saying .told")
        yield "finish-done"
        self.to("all")
        self.there(".cards")
        yield "list-done"

    def ends(self):
        self.tap(".leave, .head .top button")
        self.there(".dialog")
        yield "leave"
        self.tap(".dialog button", 1)
        self.there(".goodbye")
        yield "goodbye"
        for how, name in (("update views.visits set opened_at = now() - interval '13 hours' where reviewer_id = %s", "session-over"),
                          ("update links.reviewers set deactivated_at = now(), state_reason = '{\"code\": \"manual\"}' where id = %s", "link-over")):
            self.enter("ending")
            self.tap(".card h2 a")
            self.there(".bar .rating")
            self.pages.stack.db.rows(how, self.pages.links["ending"]["reviewers"][self.reviewer]["id"])
            self.tap(".bar .rating input", 1)
            self.there("#gate")
            yield name
