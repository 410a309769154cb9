"""The list of candidates in a real Chromium, on a phone and on a desktop: how far one is and who is next, search, filters and order, the
way back, and five hundred of them. Screenshots are kept in build/screenshots/.
"""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from support import samples
from support.axe import axe  # noqa: F401
from support.browser import SIZES

PEOPLE = [("Zoë", "van Dijk"), ("Mateo", "Silva"), ("Amara", "Okafor"), ("Jun", "Tanaka"), ("Lena", "Fischer"), ("Lilian", "Grün")]
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 6
NAMES = "return [...document.querySelectorAll('.card h2')].map((each) => each.textContent)"
SAID = [{"start": 1, "end": 4, "text": "So there was this customer."}, {"start": 4, "end": 9, "text": "We ran it all on Kubernetes, and it held."}]


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack()
    yield made
    made.close()


def question(number, seconds=5, **answer):
    return {"id": f"q{number}", "text": f"Question {number}?", "skipped": False, "answer": {
        "kind": "video", "media_url": "media:answers/int-2041-q1.mp4", "duration_seconds": seconds, **answer}}


def interview(stack, number, name=None, job=None, said=None, **over):
    first, last = name or PEOPLE[number % len(PEOPLE)]
    document = samples.interview_document(
        job={"id": f"job-{number % 2}", "title": job or ["Librarian", "Archivist"][number % 2]},
        completed_at=f"2026-01-{5 + number % 20:02}T10:00:00.000Z",
        **{"questions": [question(1, **({"transcript": said} if said else {})), question(2), question(3),
                         {"id": "q4", "text": "In writing?", "skipped": False, "answer": {"kind": "text", "text": "Yes, gladly."}}], **over})
    document["candidate"].update(first_name=first, last_name=last, avatar_url="media:avatars/int-2041.webp")
    document["candidate"]["resume"] = {"file_name": "CV.pdf", "url": "media:resumes/int-2041.pdf"}
    interview_id = samples.interview_id()
    stack.api.put(f"/v1/interviews/{interview_id}", document, status=201)
    return interview_id


@pytest.fixture(scope="module")
def interview_ids(stack):
    return [interview(stack, number, said=SAID if number == 3 else None) for number in range(6)]


@pytest.fixture
def link(stack, interview_ids):
    return stack.make_share_link(interview_ids=interview_ids)


def url_of(link):
    return link["reviewers"][0]["url"]


def reviewed(stack, link, number, questions=(), watched=(), **review):
    """As if in another tab, before the page is opened here. questions: stars of the first answers; watched: seconds of them."""
    reviewer = stack.reviewer(link)
    reviewer.open(status=200)
    place = f"{reviewer.page}/interviews/{link['interview_ids'][number]}"
    for answer, seconds in enumerate(watched, 1):
        reviewer.post(f"{place}/watch", {"question_id": f"q{answer}", "seconds": seconds, "position": seconds}, status=200)
    if review or questions:
        ratings = [{"question_id": f"q{answer}", "rating": stars, "note": ""} for answer, stars in enumerate(questions, 1)]
        reviewer.put(f"{place}/review", {"rating": None, "comment": "", "question_ratings": ratings, **review}, headers={"If-None-Match": "*"}, status=201)


def names(browser):
    return browser.driver.execute_script(NAMES)


def until_names(browser, wanted):
    browser.until(lambda: names(browser) == wanted, f"{wanted}, not {names(browser)}")


def people(*numbers):
    return [" ".join(PEOPLE[number]) for number in numbers]


def top_of(browser, css):
    return browser.driver.execute_script("return document.querySelector(arguments[0]).getBoundingClientRect().top + scrollY", css)


def search_for(browser, text):
    field = browser.find("input[type=search]")
    field.clear()
    field.send_keys(text)


def choose(browser, label, option):
    """In the filter of that name, which a phone has behind a button."""
    if not browser.find(".filters").is_displayed():
        browser.press("Filter")
    select = next(each for each in browser.all(".filters .choice") if label in each.text)
    Select(select.find_element(By.TAG_NAME, "select")).select_by_visible_text(option)


# --- how far one is, and who is next ---

@pytest.mark.parametrize("size", SIZES)
def test_head_says_how_far_one_is_and_leads_to_the_next(stack, browse, link, size):
    reviewed(stack, link, 0, rating=4, recommendation="yes", comment="Good.", questions=[4, 5], watched=[5, 2])
    reviewed(stack, link, 1, questions=[3], watched=[5, 5, 5])
    browser = browse(size).open(url_of(link))
    assert "6 candidates from Olu Owner" in browser.text("h1")
    assert "2 of 6 reviewed" in browser.text(".progress")
    assert browser.find("progress").get_attribute("value") == "2"
    assert "Next: Amara Okafor" in browser.text(".next")
    first = browser.all(".card")[0]
    assert first.find_element(By.CSS_SELECTOR, ".dots").get_attribute("aria-label") == "1 of 3 answers watched"
    assert first.find_element(By.CSS_SELECTOR, ".stars").get_attribute("aria-label") == "Your stars: 4 of 5"
    assert "Yes" in first.text and "Librarian" in first.text and "5 Jan" in first.text
    assert "Not watched yet" in browser.all(".card")[2].text
    if size == "phone":
        assert top_of(browser, ".card") <= 220
    browser.screenshot(f"{size}-list")
    browser.press("Next: Amara Okafor")
    browser.until_text("Amara Okafor", "h1")


def test_notes_on_answers_alone_are_a_review(stack, browse, interview_ids):
    link = stack.make_share_link(interview_ids=interview_ids)
    reviewed(stack, link, 0, question_ratings=[{"question_id": "q1", "rating": None, "note": "Well put"}])
    reviewed(stack, link, 1, question_ratings=[])
    browser = browse().open(url_of(link))
    browser.until_text(f"1 of {len(interview_ids)} reviewed", ".progress")
    done = "return [...document.querySelectorAll('.card')].map((each) => each.querySelector('.mark.done') !== null)"
    assert browser.driver.execute_script(done) == [True] + [False] * (len(interview_ids) - 1)


def test_line_below_a_name_is_one_line_of_text(stack, browse, link):
    browser = browse().open(url_of(link))
    line = browser.find(".card .line")
    assert line.value_of_css_property("display") == "block" and line.size["height"] < 30


def test_what_was_only_written_is_not_to_be_watched(stack, browse):
    written = interview(stack, 0)
    stack.api.put(f"/v1/interviews/{written}", samples.interview_document(questions=[
        {"id": "q1", "text": "In writing?", "skipped": False, "answer": {"kind": "text", "text": "Gladly."}}]), status=200)
    browser = browse().open(url_of(stack.make_share_link(interview_ids=[written, interview(stack, 1)])))
    cards = browser.until(lambda: browser.all(".card"), "rows")
    assert ["Not watched yet" in each.text for each in cards] == [False, True]


def test_nothing_of_feedback_where_there_is_none(stack, browse, interview_ids):
    link = stack.make_share_link(interview_ids=interview_ids, settings={"disable_feedback": True})
    browser = browse().open(url_of(link))
    browser.find(".card")
    page = browser.driver.page_source
    for hidden in ("reviewed", "My stars", "My review", "See all your reviews", "Next:"):
        assert hidden not in browser.text("main"), hidden
    assert "view=finish" not in page


# --- search, filters, order ---

def test_search_filters_and_sort_announce_their_number_and_stay_in_the_address(stack, browse, link):
    browser = browse().open(url_of(link))
    search_for(browser, "okafor")
    browser.until_text("1 of 6 candidates", "[role=status]")
    assert "search=okafor" in browser.driver.current_url
    assert [each.text for each in browser.all(".card h2 mark")] == ["Okafor"]
    browser.driver.refresh()
    browser.until_text("1 of 6 candidates", "[role=status]")
    search_for(browser, " ")
    browser.until_text("6 candidates", "[role=status]")
    choose(browser, "Job", "Archivist")
    browser.until_text("3 of 6 candidates", "[role=status]")
    choose(browser, "Job", "All jobs")
    choose(browser, "Order", "By name")
    until_names(browser, sorted(people(*range(6))))
    assert "sort=name" in browser.driver.current_url
    assert "passcode" not in browser.driver.current_url and url_of(link).split("#")[1] not in browser.driver.current_url


def test_rows_that_say_the_same_are_not_made_anew(stack, browse, link):
    browser = browse().open(url_of(link))
    browser.driver.execute_script("window.rows = [...document.querySelectorAll('.card')]")
    choose(browser, "Job", "Archivist")
    until_names(browser, people(1, 3, 5))
    assert browser.driver.execute_script("return [...document.querySelectorAll('.card')].every((each) => window.rows.includes(each))")
    hrefs = browser.driver.execute_script("return [...document.querySelectorAll('.card a')].map((each) => each.getAttribute('href'))")
    assert all("job=job-1" in href and f"interview={link['interview_ids'][number]}" in href for number, href in zip((1, 3, 5), hrefs)), hrefs
    search_for(browser, "tanaka")
    until_names(browser, people(3))
    assert browser.driver.execute_script("return document.querySelector('.card mark') !== null")


def test_names_that_begin_as_the_search_does_come_first(stack, browse, link):
    browser = browse().open(url_of(link))
    search_for(browser, "li")  # the sixth begins with it, a job has it in its middle
    browser.until(lambda: names(browser)[0] == "Lilian Grün", "Lilian first")
    search_for(browser, "grun")
    until_names(browser, ["Lilian Grün"])
    assert browser.text(".card h2 mark") == "Grün"


def test_where_nothing_is_found_it_can_be_cleared(stack, browse, link):
    browser = browse("phone").open(url_of(link))
    search_for(browser, "nobody of that name")
    browser.until_text("Nothing found for “nobody of that name”.", "[role=status]")
    assert not browser.all(".card")
    browser.screenshot("phone-list-nothing")
    browser.press("Clear search")
    until_names(browser, people(*range(6)))
    assert "search=" not in browser.driver.current_url
    assert browser.driver.switch_to.active_element.get_attribute("type") == "search"
    choose(browser, "My review", "Reviewed")
    browser.until_text("No candidate fits these filters.", "[role=status]")
    browser.press("Clear filters")
    until_names(browser, people(*range(6)))


def test_filters_that_are_on_are_chips_on_a_phone(stack, browse, link):
    browser = browse("phone").open(url_of(link))
    assert not browser.find(".filters").is_displayed()
    choose(browser, "Job", "Archivist")
    choose(browser, "Order", "By name")
    browser.press("Filter")
    browser.until(lambda: not browser.find(".filters").is_displayed(), "folded")
    assert [each.text.replace("\n", " ") for each in browser.all(".chips button")] == ["Archivist ×", "By name ×"]
    browser.screenshot("phone-list-filtered")
    browser.find(".chips button").click()
    until_names(browser, sorted(people(*range(6))))
    assert "By name" in browser.driver.switch_to.active_element.text
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    until_names(browser, people(*range(6)))
    assert browser.driver.switch_to.active_element.text == "Filter"


def test_search_without_a_network_finds_names_and_says_so(stack, browse, link):
    browser = browse("phone").open(url_of(link))
    browser.find(".card")
    browser.online(False)
    search_for(browser, "tanaka")
    browser.until_text("only names are searched", "[role=status]")
    assert names(browser) == people(3)
    search_for(browser, "librarian")
    browser.until_text("Nothing found", "[role=status]")
    browser.online(True)
    browser.until(lambda: len(names(browser)) == 3, "asked again")
    assert "only names" not in browser.text("[role=status]")


def test_the_latest_search_alone_is_shown(stack, browse, link):
    browser = browse().open(url_of(link))
    browser.driver.execute_script("""
        const fetched = window.fetch;
        window.asked = [];
        window.fetch = (url, options) => {
          window.asked.push(String(url));
          const wait = String(url).includes("search=mateo") ? 1500 : 0;
          return new Promise((resolve) => setTimeout(resolve, wait)).then(() => fetched(url, options));
        };""")
    search_for(browser, "mateo")
    browser.until(lambda: browser.driver.execute_script("return window.asked.some((each) => each.includes('search=mateo'))"), "asked")
    search_for(browser, "amara")
    until_names(browser, people(2))
    browser.driver.execute_async_script("setTimeout(arguments[0], 2000)")
    assert names(browser) == people(2)


def test_late_answer_to_an_earlier_search_narrows_nothing(stack, browse, link):
    """One that a candidate's page has asked for, whom one has left meanwhile for the list and another search."""
    browser = browse().open(url_of(link))
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
        const fetched = window.fetch;
        const held = new Promise((resolve) => { window.letGo = resolve; });
        window.asked = 0;
        window.fetch = async (url, options) => {
          if (!String(url).includes("search=mateo")) return fetched(url, options);
          window.asked++;
          if (window.asked === 1) throw new TypeError("away");
          if (window.asked > 2) return fetched(url, options);
          await held;
          const answer = await fetched(url);
          setTimeout(() => { window.late = true; }, 500);
          return answer;
        };"""})
    browser.go(f"{url_of(link).split('#')[0]}?interview={link['interview_ids'][4]}&search=mateo")
    browser.until(lambda: browser.driver.execute_script("return window.asked") == 2, "asked again")
    browser.press("All candidates")
    browser.until(lambda: browser.all("input[type=search]"), "the list")
    search_for(browser, "amara")
    until_names(browser, people(2))
    browser.driver.execute_script("window.letGo()")
    browser.until(lambda: browser.driver.execute_script("return window.late"), "it has come")
    choose(browser, "My review", "Not reviewed yet")
    assert names(browser) == people(2)


def test_search_finds_what_was_said_and_leads_there(stack, browse, link):
    browser = browse("phone").open(url_of(link))
    search_for(browser, "kubernetes")
    until_names(browser, people(3))
    assert browser.text(".excerpts").startswith("said: ") and browser.text(".excerpts mark") == "Kubernetes"
    browser.screenshot("phone-list-said")
    search_for(browser, "gladly")
    browser.until_text("wrote: ", ".excerpts")
    search_for(browser, "kubernetes")
    browser.until_text("said: ", ".excerpts")
    browser.find(".excerpts a").click()
    browser.until_text("Jun Tanaka", "h1")
    assert "search=kubernetes" in browser.driver.current_url and f"interview={link['interview_ids'][3]}" in browser.driver.current_url


# --- the way there and back ---

@pytest.mark.parametrize("size, is_new_tab", [("phone", False), ("desktop", False), ("desktop", True)], ids=["phone", "desktop", "in-a-new-tab"])
def test_previous_and_next_follow_search_filter_and_order(stack, browse, link, size, is_new_tab):
    """By the names that the module of the order says: what the stage shows of them is the stage's."""
    reviewed(stack, link, 5, rating=4)
    browser = browse(size).open(url_of(link))
    choose(browser, "Order", "By name")
    choose(browser, "Job", "Archivist")
    until_names(browser, people(3, 5, 1))
    search_for(browser, "gladly")
    browser.until_text("3 of 6 candidates", "[role=status]")
    choose(browser, "Order", "By name")
    until_names(browser, people(3, 5, 1))
    if is_new_tab:
        address = browser.driver.execute_script("return document.querySelectorAll('.card h2 a')[0].href")
        browser.driver.execute_script("history.replaceState(null, '', arguments[0])", address)
        browser.driver.refresh()
    else:
        browser.press("Jun Tanaka")
    browser.until_text("Jun Tanaka", "#app h1")
    browser.until_text("Next not reviewed: Mateo Silva", ".neighbours")
    browser.press("Next: Lilian Grün")
    browser.until_text("Lilian Grün", "#app h1")
    browser.until_text("2 of 3")
    browser.press("Next: Mateo Silva")
    browser.until_text("Mateo Silva", "#app h1")
    browser.until_text("3 of 3")
    browser.press("Next not reviewed: Jun Tanaka")
    browser.until_text("1 of 3")
    browser.press("All candidates")
    until_names(browser, people(3, 5, 1))


@pytest.mark.parametrize("how", ["control", "middle"])
def test_candidate_opens_in_a_tab_of_its_own_and_nobody_asks_for_a_passcode(stack, browse, link, how):
    browser = browse().open(url_of(link))
    there = "document.querySelectorAll('.card h2 a')[1]"
    if how == "control":
        ActionChains(browser.driver).key_down(Keys.CONTROL).click(browser.driver.execute_script(f"return {there}")).key_up(Keys.CONTROL).perform()
    else:
        browser.tap(lambda: browser.driver.execute_script(f"return {there}"), "middle")
    browser.until(lambda: len(browser.driver.window_handles) == 2, "another tab")
    assert names(browser) == people(*range(6))
    browser.driver.switch_to.window(browser.driver.window_handles[1])
    browser.until_text("Mateo Silva", "#app h1")
    assert f"interview={link['interview_ids'][1]}" in browser.driver.current_url and not browser.find("#gate").is_displayed()
    assert stack.db.value("select count(*) from views.visits where share_link_id = %s", link["id"]) == 1


@pytest.mark.parametrize("view, words", [("list", "1 of 6 reviewed"), ("finish", "You have reviewed 1 of 6")])
def test_what_is_rated_in_another_tab_stands_in_this_one(stack, browse, link, view, words):
    browser = browse().open(url_of(link))
    if view == "finish":
        browser.press("See all your reviews")
        browser.until_text("You have reviewed 0 of 6", "h1")
    first = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("tab")
    browser.go(f"{url_of(link).split('#')[0]}?interview={link['interview_ids'][1]}")
    browser.find(".panel.feedback")
    browser.touch(browser.all(".overall .rating input")[3])
    browser.until_text("Saved ", ".saved")
    browser.driver.switch_to.window(first)
    browser.until_text(words)
    stars = "return [...document.querySelectorAll('.card, [data-row]')].findIndex((each) => each.textContent.includes('★★★★☆'))"
    assert browser.driver.execute_script(stars) == 1


@pytest.mark.parametrize("size", SIZES)
def test_list_is_found_as_it_was_left(stack, browse, size):
    link = stack.make_share_link(interview_ids=[interview(stack, number) for number in range(60)])
    browser = browse(size).open(url_of(link))
    browser.until(lambda: len(browser.all(".card")) == 60, "all rows")
    card = browser.all(".card")[41]
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", card)
    top = "return document.querySelectorAll('.card')[41].getBoundingClientRect().top"
    before = browser.driver.execute_script(top)
    card.find_element(By.TAG_NAME, "a").click()
    browser.until(lambda: not browser.all(".cards"), "the candidate")
    browser.driver.back()
    browser.until(lambda: len(browser.all(".card")) == 60, "all rows again")
    browser.until(lambda: abs(browser.driver.execute_script(top) - before) < 2, "where it stood")
    assert browser.driver.execute_script("return document.activeElement === document.querySelectorAll('.card h2 a')[41]")


def test_what_was_watched_stands_in_the_list_when_one_comes_back(stack, browse, link):
    browser = browse().open(url_of(link))
    browser.press("Mateo Silva")
    browser.until(lambda: browser.driver.execute_script("const video = document.querySelector('video'); video?.play(); return video?.currentTime > 1"), "it plays")
    browser.press("All candidates")
    browser.until(lambda: browser.all(".cards"), "the list")
    half = "return [...document.querySelectorAll('.card')].findIndex((each) => each.querySelector('.dot.half'))"
    browser.until(lambda: browser.driver.execute_script(half) == 1, "its row says so")


# --- bad input ---

@pytest.mark.parametrize("spoil", ["completed_at", "job", "candidate"])
def test_card_that_cannot_be_shown_spoils_no_other(stack, browse, spoil):
    """As an earlier release, or another browser, may have left it: the API takes nothing of the kind."""
    link = stack.make_share_link(interview_ids=[interview(stack, number) for number in range(3)])
    spoilt = {"completed_at": '"2026-01-05T23:59:60Z"', "job": "null", "candidate": '{"first_name": null}'}[spoil]
    stack.db.rows("update links.interviews set document = jsonb_set(document, %s, %s::jsonb) where id = %s", [spoil], spoilt, link["interview_ids"][0])
    browser = browse().open(url_of(link))
    browser.until(lambda: len(browser.all(".card")) == 3, "all cards")
    assert [name in browser.text(".cards") for name in ("Mateo Silva", "Amara Okafor")] == [True, True]
    browser.screenshot(f"desktop-spoilt-{spoil}")
    browser.press("Mateo Silva")
    browser.until_text("Mateo Silva", "h1")


def test_long_and_right_to_left_names_fit_a_small_phone(stack, browse, axe):  # noqa: F811
    ids = [interview(stack, 0, name=(LONG[:100], LONG[:100]), job=LONG[:200]), interview(stack, 1, name=("أميرة", "القحطاني"), job="أمينة مكتبة"),
           interview(stack, 2, name=("שרה", "לוי"), job="Außergewöhnliche-Kommunikationsfähigkeitenbeauftragte")]
    link = stack.make_share_link(interview_ids=ids)
    reviewed(stack, link, 1, rating=5, recommendation="strong_yes", watched=[5, 5, 5])
    for viewport in ((320, 640), (390, 844), (1366, 850)):
        browser = browse("phone" if viewport[0] < 400 else "desktop", viewport=viewport).open(url_of(link))
        browser.until(lambda: len(browser.all(".card")) == 3, "all rows")  # noqa: B023
        assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= viewport[0]
        browser.screenshot(f"{viewport[0]}-list-long")
        axe(browser)
        browser.driver.execute_script("document.documentElement.dir = 'rtl'")
        assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= viewport[0]
        browser.screenshot(f"{viewport[0]}-list-rtl")
        browser.close()


# --- five hundred of them ---

@pytest.fixture(scope="module")
def five_hundred(stack):
    return [interview(stack, number, questions=[question(each) for each in range(40)]) for number in range(500)]


def longest_tasks(browser, link):
    """Of each step of a reviewer on a slow phone, in milliseconds: as the browser tells of what has held it up for more than 50."""
    longest = {}

    def step(name, script, until):
        browser.driver.execute_script("window.held = 0")
        browser.driver.execute_script(script)
        browser.until(lambda: browser.driver.execute_script(f"return {until}"), name)
        browser.driver.execute_async_script("""
            const done = arguments[0];
            let idle = 0;
            const rest = (deadline) => (deadline.timeRemaining() > 10 ? ++idle : idle = 0) < 10 ? requestIdleCallback(rest) : done();
            requestIdleCallback(rest);""")
        longest[name] = browser.driver.execute_script("return window.held")

    def choose_in(name, value):
        return f"""const select = [...document.querySelectorAll("{name}")].find((each) => [...each.options].some((one) => one.value === "{value}"));
                   select.value = "{value}"; select.dispatchEvent(new Event("change", {{ bubbles: true }}));"""

    count = len(link["interview_ids"])
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
        window.held = 0;
        new PerformanceObserver((list) => { window.held = Math.max(window.held, ...list.getEntries().map((each) => each.duration)); }).observe({ type: "longtask" });"""})
    browser.driver.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": 4})
    browser.go(url_of(link))
    step("open", "document.getElementById('start').click()", f"document.querySelectorAll('.card').length === {count}")
    step("search", """const field = document.querySelector("input[type=search]"); field.value = "okafor"; field.dispatchEvent(new Event("input", { bubbles: true }))""",
         f"/[1-9] of {count} /.test(document.querySelector('.found').textContent)")
    step("all again", """const field = document.querySelector("input[type=search]"); field.value = ""; field.dispatchEvent(new Event("input", { bubbles: true }))""",
         f"document.querySelectorAll('.card').length === {count}")
    step("filter", choose_in(".filters select", "no"), f"document.querySelectorAll('.card').length === {count} - 3")
    step("order", choose_in(".filters select", "name"), f"document.querySelectorAll('.card').length === {count} - 3")
    step("scroll", """window.frames = 0; (function on() { scrollBy(0, 400); if (++window.frames < 40) requestAnimationFrame(on); })()""", "window.frames === 40")
    step("end", "document.querySelector('.foot a').click()", "document.querySelectorAll('[data-row]').length >= 12")
    step("end's order", "(document.querySelector('thead button') ?? document.body).click(); if (document.querySelector('.sorting select')) {"
         + choose_in(".sorting select", "candidate") + "}", "location.search.includes('by=candidate')")
    step("end's scroll", """window.frames = 0; (function on() { scrollBy(0, 400); if (++window.frames < 40) requestAnimationFrame(on); })()""", "window.frames === 40")
    step("change", "document.querySelectorAll('.change')[5].click()", "document.querySelectorAll('.editor .of-answer').length === 40")
    return longest


@pytest.mark.parametrize("size", SIZES)
def test_five_hundred_interviews_of_forty_questions_hold_up_a_slow_phone_no_more_than_twelve(stack, browse, five_hundred, size):
    """What else the machine does only adds to a figure: of several the least counts."""
    links = [stack.make_share_link(interview_ids=ids) for ids in (five_hundred[:12], five_hundred)]
    for link in links:
        for number in range(3):
            reviewed(stack, link, number, rating=4, recommendation="yes", comment="Good.", questions=[1 + each % 5 for each in range(39)])
    least = [{}, {}]
    for _ in range(5):
        for link, figures in zip(links, least, strict=True):
            browser = browse(size)
            figures.update({step: min(held, figures.get(step, held)) for step, held in longest_tasks(browser, link).items()})
            browser.close()
        of_few, of_many = least
        if all(of_many[step] <= 3 * max(100, of_few[step]) for step in of_few):
            return
    pytest.fail(f"longest tasks of 12 and of 500: {least}")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(stack, browse, link, axe, size, dark):  # noqa: F811
    reviewed(stack, link, 0, rating=4, recommendation="yes", comment="Good.", questions=[4, 5], watched=[5, 2])
    reviewed(stack, link, 2, rating=2, recommendation="strong_no", watched=[5, 5, 5])
    browser = browse(size, dark, viewport=None if size == "phone" else (1366, 850)).open(url_of(link))
    scheme = "dark" if dark else "light"

    def check(state):
        browser.screenshot(f"{size}-{scheme}-list{state}")
        axe(browser)

    browser.find(".card")
    check("")
    choose(browser, "My review", "Reviewed")
    browser.until_text("2 of 6 candidates", "[role=status]")
    check("-filters")
    search_for(browser, "zoe")
    browser.until_text("1 of 6 candidates", "[role=status]")
    check("-search")
    search_for(browser, "nobody")
    browser.until_text("Nothing found", "[role=status]")
    check("-nothing")
