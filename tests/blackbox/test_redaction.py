"""Redaction: what a link's settings hide is nowhere in what its reviewers can get, and what they allow is there.

Every combination of the six settings is tried on the same two candidates, whose every word is one of a kind. For each,
the whole content is compared with what it must be, and every media file is asked for by its reference, hidden ones too.
"""

import itertools
import re

import pytest
from support.api import Reviewer

SETTINGS = ["abbreviate_names", "omit_avatars", "exclude_full_profiles", "hide_skipped_questions", "disable_feedback", "mask_questionnaire"]
COMBINATIONS = [dict(zip(SETTINGS, flags, strict=True)) for flags in itertools.product((False, True), repeat=6)]
SLOTS = ["avatar", "resume", "media:q1", "captions:q1", "media:q2", "captions:q2"]


def document(who):
    """Every text holds `who` and what it is, so that a word found tells what leaked, and whose."""
    def word(what):
        return f"{who}{what}canary"

    def url(what, ending):
        return f"https://platform.example/{word(what)}.{ending}"

    return {
        "type": "one_way", "job": {"id": "job-1", "title": "Librarian"}, "completed_at": "2026-01-05T10:00:00.000Z",
        "candidate": {
            "first_name": f"{who}first", "last_name": word("last"), "email": f"{word('mail')}@candidates.example",
            "avatar_url": url("avatar", "png"),
            "profile": {"headline": word("headline"), "location": word("location"), "summary": word("summary"),
                        "links": [f"https://links.example/{word('link')}"]},
            "resume": {"file_name": f"{word('last')} {word('file')}.PDF", "url": url("resume", "pdf")}},
        "questions": [
            {"id": "q1", "text": f"{who} asked", "skipped": False, "answer": {
                "kind": "video", "media_url": url("video", "mp4"), "captions_url": url("captions", "vtt"), "duration_seconds": 42.5,
                "text": f"{who} said", "transcript": [{"start": 0, "end": 2.5, "text": f"{who} spoke"}]}},
            {"id": "q2", "text": word("skipped"), "skipped": True, "answer": {
                "kind": "audio", "media_url": url("skippedvideo", "mp4"), "captions_url": url("skippedcaptions", "vtt"),
                "duration_seconds": 1, "text": word("skippedanswer"), "transcript": [{"start": 0.5, "end": 1, "text": word("skippedspoken")}]}},
            {"id": "q3", "text": f"{who} asked more", "skipped": False, "answer": None}],
        "questionnaire": [{"question": word("formquestion"), "answer": word("formanswer")}]}


DOCUMENTS = {"int-ada": document("ada"), "int-bea": document("bea")}
NEVER = ["titlecanary", "platform.example", "mailcanary", "candidates.example", "otherreviewercanary"]


@pytest.fixture(scope="module")
def interviews(stack):
    for name, content in DOCUMENTS.items():
        stack.api.put(f"/v1/interviews/{name}", content, status=201)
    return list(DOCUMENTS)


def share(stack, interviews, settings):
    """The browser of a link's first reviewer, after the open."""
    link = stack.make_share_link(interview_ids=interviews, settings=settings, title="Titlecanary", reviewers=[
        {"name": "Rae", "email": "rae@reviewers.example"}, {"name": "Otherreviewercanary", "email": "otherreviewercanary@reviewers.example"}])
    browser = stack.reviewer(link)
    browser.link = link
    browser.open(status=200)
    return browser


def references(stack, browser):
    """(place, slot) → the path under which that file would be, whether the settings hide it or not."""
    rows = stack.db.rows("""
        select place, slot, views.media_ref(l.media_salt, place, slot) as ref
        from links.share_links l, generate_series(1, %s) place, unnest(%s) slot where l.id = %s""",
                         len(DOCUMENTS), SLOTS, browser.link["id"])
    return {(row["place"], row["slot"]): f"{browser.page}/media/{row['ref']}" for row in rows}


def sources(content):
    """slot → where the platform keeps it."""
    skipped, asked = content["questions"][1]["answer"], content["questions"][0]["answer"]
    return {"avatar": content["candidate"]["avatar_url"], "resume": content["candidate"]["resume"]["url"],
            "media:q1": asked["media_url"], "media:q2": skipped["media_url"]}


def hidden_slots(settings):
    return {slot for slot in SLOTS if settings["omit_avatars"] and slot == "avatar"
            or settings["exclude_full_profiles"] and slot == "resume" or settings["hide_skipped_questions"] and slot.endswith("q2")}


def shown_interview(name, content, settings, path_of):
    """The interview as these settings let it be seen; path_of(slot) is the path of a file."""
    candidate, resume = content["candidate"], content["candidate"]["resume"]
    full = not settings["exclude_full_profiles"]
    return {
        "id": name, "type": content["type"], "job": content["job"], "completed_at": content["completed_at"],
        "candidate": {
            "display_name": candidate["first_name"] + ("" if settings["abbreviate_names"] else f" {candidate['last_name']}"),
            "avatar_url": None if settings["omit_avatars"] else path_of("avatar"),
            "profile": candidate["profile"] if full else None,
            "resume": {"file_name": "resume.pdf" if settings["abbreviate_names"] else resume["file_name"],
                       "url": path_of("resume")} if full else None},
        "questions": [shown_question(question, path_of) for question in content["questions"]
                      if not (question["skipped"] and settings["hide_skipped_questions"])],
        "questionnaire": None if settings["mask_questionnaire"] else content["questionnaire"],
        "question_count": 2 if settings["hide_skipped_questions"] else 3, "language": None,
        "duration_seconds": 42.5 if settings["hide_skipped_questions"] else 43.5,
        "watched": {"seconds": 0, "of": 42.5 if settings["hide_skipped_questions"] else 43.5, "answers": None},
        **({} if settings["disable_feedback"] else {"my_review": None})}


def shown_question(question, path_of):
    answer = question["answer"] and {"transcript": None} | question["answer"] | {
        "media_url": path_of(f"media:{question['id']}"), "captions_url": path_of(f"captions:{question['id']}")}
    return question | {"answer": answer, "watched": {"seconds": 0, "position": 0}}


def shown_row(interview):
    """As the list has it."""
    row = {name: value for name, value in interview.items() if name not in ("questions", "questionnaire", "language")}
    return row | {"candidate": {name: interview["candidate"][name] for name in ("display_name", "avatar_url")}}


def hidden_words(settings):
    """What must be nowhere: in no case, in no header, in no file's name."""
    words = list(NEVER)
    if settings["abbreviate_names"]:
        words += ["lastcanary", "filecanary"]
    if settings["omit_avatars"]:
        words += ["avatarcanary"]
    if settings["exclude_full_profiles"]:
        words += ["headlinecanary", "locationcanary", "summarycanary", "linkcanary", "filecanary", "resumecanary"]
    if settings["hide_skipped_questions"]:
        words += ["skippedcanary", "skippedanswercanary", "skippedvideocanary", "skippedcaptionscanary", "skippedspokencanary"]
    if settings["mask_questionnaire"]:
        words += ["formquestioncanary", "formanswercanary"]
    return words


def name_of(settings):
    return "+".join(name for name, on in settings.items() if on) or "none"


every_combination = pytest.mark.parametrize("settings", COMBINATIONS, ids=name_of)


@every_combination
def test_content_is_exactly_what_the_settings_allow(stack, interviews, settings):
    browser = share(stack, interviews, settings)
    paths = references(stack, browser)
    answer = browser.content(status=200)
    content = answer.json()
    assert content["settings"] == settings
    assert content["total"] == len(DOCUMENTS)
    for place, (shown, (name, stored)) in enumerate(zip(content["interviews"], DOCUMENTS.items(), strict=True), 1):
        assert shown == shown_row(shown_interview(name, stored, settings, lambda slot, place=place: paths[place, slot]))

    told = (answer.text + str(answer.headers)).lower()
    assert [word for word in hidden_words(settings) if word in told] == []


@every_combination
def test_interview_is_exactly_what_the_settings_allow(stack, interviews, settings):
    browser = share(stack, interviews, settings)
    paths = references(stack, browser)
    for place, (name, stored) in enumerate(DOCUMENTS.items(), 1):
        answer = browser.interview(name, status=200)
        assert answer.json() == shown_interview(name, stored, settings, lambda slot, place=place: paths[place, slot])
        told = (answer.text + str(answer.headers)).lower()
        assert [word for word in hidden_words(settings) if word in told] == []


@every_combination
def test_media_are_exactly_what_the_settings_allow(stack, interviews, settings):
    browser = share(stack, interviews, settings)
    hidden = hidden_slots(settings)
    for (place, slot), path in references(stack, browser).items():
        answer = browser.get(path)
        if slot in hidden:
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), slot
        elif slot.startswith("captions"):
            said = list(DOCUMENTS.values())[place - 1]["questions"][0 if slot.endswith("q1") else 1]["answer"]["transcript"][0]["text"]
            assert answer.status_code == 200 and said in answer.text, "made of the transcript"
        else:
            source = sources(list(DOCUMENTS.values())[place - 1])[slot]
            assert (answer.status_code, answer.headers["Location"]) == (302, source), slot
            assert answer.content == b"", "the source stands in the redirect alone"


@every_combination
def test_page_and_state_are_the_same_whatever_the_settings(stack, interviews, settings):
    """Before the passcode nothing is told, so nothing there can depend on the settings."""
    link = stack.make_share_link(interview_ids=interviews, settings=settings)
    browser = stack.reviewer(link)
    page = browser.see_page(status=200).text.replace(browser.page, "").replace(link["owner"]["name"], "")
    state = browser.get(f"{browser.page}/state", status=200).text.replace(link["owner"]["name"], "")
    plain_link = stack.make_share_link(interview_ids=interviews)
    plain = stack.reviewer(plain_link)
    assert page == plain.see_page().text.replace(plain.page, "").replace(plain_link["owner"]["name"], "")
    assert state == plain.get(f"{plain.page}/state").text.replace(plain_link["owner"]["name"], "")
    assert "canary" not in page.lower() and "canary" not in state.lower()


def test_each_reviewer_is_redacted_alike(stack, interviews):
    first = share(stack, interviews, {"abbreviate_names": True})
    second = stack.reviewer(first.link, 1)
    second.open(status=200)
    anywhere = re.compile(r"/s/[^/]+/|\"reviewer_name\" ?: ?\"[^\"]*\"")
    assert anywhere.sub("", second.content(status=200).text) == anywhere.sub("", first.content(status=200).text)
    for name in interviews:
        assert anywhere.sub("", second.interview(name, status=200).text) == anywhere.sub("", first.interview(name, status=200).text)


@pytest.mark.parametrize("file_name, shown", [
    ("Lastcanary.pdf", "resume.pdf"), ("cv.Lastcanary.DOCX", "resume.docx"), ("Lastcanary", "resume.pdf"), (".Lastcanaryistoolong", "resume.pdf"),
    ("cv.pdf; Lastcanary", "resume.pdf"), ("cv.tar.gz", "resume.gz"), ("cv.", "resume.pdf")])
def test_abbreviated_file_name_keeps_its_ending_only(stack, file_name, shown):
    interview = stack.make_interview(candidate={"first_name": "Ada", "last_name": "Lastcanary",
                                                "resume": {"file_name": file_name, "url": "https://platform.example/a"}})
    browser = share(stack, [interview], {"abbreviate_names": True})
    answer = browser.interview(interview, status=200)
    assert answer.json()["candidate"]["resume"]["file_name"] == shown
    assert "lastcanary" not in answer.text.lower()


@pytest.mark.parametrize("last_name, full", [("Lovelace", "Ada Lovelace"), (None, "Ada"), ("", "Ada")])
@pytest.mark.parametrize("abbreviate", [False, True])
def test_display_name(stack, last_name, full, abbreviate):
    interview = stack.make_interview(candidate={"first_name": "Ada", "last_name": last_name})
    browser = share(stack, [interview], {"abbreviate_names": abbreviate})
    name = "Ada" if abbreviate else full
    assert browser.content(status=200).json()["interviews"][0]["candidate"] == {"display_name": name, "avatar_url": None}
    assert browser.interview(interview, status=200).json()["candidate"] == {"display_name": name, "avatar_url": None, "profile": None, "resume": None}


def test_replaced_interview_is_redacted_as_it_is_now(stack):
    interview = stack.make_interview()
    browser = share(stack, [interview], {"abbreviate_names": True, "hide_skipped_questions": True})
    browser.content(status=200)
    stack.api.put(f"/v1/interviews/{interview}", DOCUMENTS["int-ada"], status=200)
    content, whole = browser.content(status=200), browser.interview(interview, status=200)
    assert content.json()["interviews"][0]["candidate"]["display_name"] == whole.json()["candidate"]["display_name"] == "adafirst"
    assert "lastcanary" not in content.text + whole.text and "skippedcanary" not in content.text + whole.text


def test_session_of_an_open_link_does_not_see_through_the_settings_of_another(stack, interviews):
    """The same reviewer, the same interviews, two links: what one shows does not open what the other hides."""
    generous, strict = share(stack, interviews, {}), share(stack, interviews, dict.fromkeys(SETTINGS, True))
    shown = generous.content(status=200).json()["interviews"][0]["candidate"]["avatar_url"]
    stolen = strict.page + shown.removeprefix(generous.page)
    assert strict.get(stolen).status_code == 404
    session = generous.session.cookies["sharelink_session"]
    thief = Reviewer(stack.views.url(), strict.link["reviewers"][0]["url"])
    assert thief.get(f"{strict.page}/content", headers={"Cookie": f"sharelink_session={session}"}).status_code == 401


def hits(browser, word):
    return browser.content(params={"search": word}, status=200).json()["total"]


# Words of ada's, and the place that they are found in.
PLACES = {"adafirst": "name", "adalastcanary": "name", "librarian": "job", "asked": "question", "adaskippedcanary": "question", "said": "answer",
          "adaskippedanswercanary": "answer", "spoke": "transcript", "adaskippedspokencanary": "transcript", "adaheadlinecanary": "profile",
          "adalocationcanary": "profile", "adasummarycanary": "profile", "adalinkcanary": "profile", "adafilecanary": "resume",
          "adaformquestioncanary": "questionnaire", "adaformanswercanary": "questionnaire"}


@every_combination
def test_search_finds_what_is_shown_and_nothing_else(stack, interviews, settings):
    browser = share(stack, interviews, settings)
    shown = [browser.interview(name, status=200).json() for name in interviews]
    for word, where in PLACES.items():
        answer = browser.content(params={"search": word}, status=200)
        found = answer.json()["interviews"]
        assert [each["id"] for each in found] == [each["id"] for each in shown if word in str(each).lower()], word
        told = [place for each in found for place in each["found_in"]]
        assert all(where in [place["where"] for place in each["found_in"]] for each in found), word
        assert all(word in place["text"].lower() for place in told), told
        assert [hidden for hidden in hidden_words(settings) if hidden in (answer.text + str(answer.headers)).lower()] == [], word
    hidden = [word for word in hidden_words(settings) if word not in ("titlecanary",)]
    for word in (*hidden, "titlecanary", "adamailcanary", "media", "http", "fbk_", "q1"):
        if "canary" in word or "." in word:
            answer = browser.content(params={"search": word}, status=200)
            assert answer.json()["interviews"] == [] and word not in str(answer.headers).lower(), word


@every_combination
def test_order_and_tag_depend_on_what_is_shown_alone(stack, settings):
    """A link over candidates that come to differ in what is hidden by the settings, and in nothing else: the list, what is searched, where it is
    found and in which order, and the interviews stay as they are."""
    def hide(content, word, place):
        """The document, with other words where these settings hide them; surnames sort against the places."""
        candidate = dict(content["candidate"], first_name="Same", email=f"{word}@candidates.example")
        if settings["abbreviate_names"]:
            candidate |= {"last_name": f"{'zyx'[place] if word == 'one' else 'abc'[place]}{word}", "resume": {**candidate["resume"], "file_name": f"{word}.PDF"}}
        if settings["omit_avatars"]:
            candidate["avatar_url"] = f"https://platform.example/{word}.png"
        if settings["exclude_full_profiles"]:
            candidate |= {"profile": {"headline": word}, "resume": {"file_name": f"{word}.pdf", "url": f"https://platform.example/{word}"}}
        changed = {**content, "candidate": candidate}
        if settings["hide_skipped_questions"]:
            said = {"kind": "video", "transcript": [{"start": 0, "end": 1, "text": f"{word} same"}]}
            changed["questions"] = [q if not q["skipped"] else {**q, "text": word, "answer": said} for q in content["questions"]]
        if settings["mask_questionnaire"]:
            changed["questionnaire"] = [{"question": word, "answer": word}]
        return changed

    ids = [stack.make_interview(**hide(document("any"), "one", place)) for place in range(3)]
    browser = share(stack, ids, settings)
    sorts = ["position", "name", "-name", "completed_at"] + ([] if settings["disable_feedback"] else ["rating"])

    def seen():
        answers = [browser.content(params={"sort": sort}, status=200) for sort in sorts]
        answers += [browser.content(params={"search": word}, status=200) for word in ("same", "same librarian", "any", "one", "other", "xone", "pdf", "zyx")]
        answers += [browser.interview(each, status=200) for each in ids]
        return [(answer.headers["ETag"], answer.text) for answer in answers]

    before = seen()
    for place, interview in enumerate(ids):
        stack.api.put(f"/v1/interviews/{interview}", hide(document("any"), "other", place), status=200)
    assert seen() == before
    if settings["abbreviate_names"]:
        order = [each["id"] for each in browser.content(params={"sort": "name"}, status=200).json()["interviews"]]
        assert order == ids, "equal names stay in the link's order"


@every_combination
def test_feedback_and_watching_meet_no_hidden_question(stack, interviews, settings):
    browser = share(stack, interviews, settings)
    path = f"{browser.page}/interviews/int-ada"
    hidden = settings["hide_skipped_questions"]
    watched = browser.post(f"{path}/watch", {"question_id": "q2", "seconds": 1, "position": 1})
    assert watched.status_code == (422 if hidden else 200)
    rated = browser.put(f"{path}/review", {"question_ratings": [{"question_id": "q2", "rating": 1, "note": ""}]})
    assert rated.status_code == (403 if settings["disable_feedback"] else 422 if hidden else 201)
    shown = browser.put(f"{path}/review", {"rating": 4, "question_ratings": [{"question_id": "q1", "rating": 2, "note": "Noted"}]},
                        headers={} if settings["disable_feedback"] or hidden else {"If-Match": rated.headers["ETag"]})
    assert shown.status_code == (403 if settings["disable_feedback"] else 201 if hidden else 200)
    read, done = browser.get(f"{path}/review"), browser.post(f"{browser.page}/done", {"note": "That is all."})
    assert read.status_code == done.status_code == (403 if settings["disable_feedback"] else 200)
    told = "".join(answer.text + str(answer.headers) for answer in (watched, rated, shown, read, done)).lower()
    assert [word for word in hidden_words(settings) if word in told] == []
    end = browser.content(status=200)
    assert ("Noted" in read.text, '"my_review"' in end.text) == (not settings["disable_feedback"],) * 2
    assert [word for word in hidden_words(settings) if word in (end.text + str(end.headers)).lower()] == []


@every_combination
def test_page_names_the_media_that_are_served_and_no_others(stack, interviews, settings):
    """The rules stand in views.shown_interviews and, by which media may be asked for, in find_media.sql: they are the same."""
    browser = share(stack, interviews, settings)
    named = set()
    for name in interviews:
        named |= set(re.findall(rf"{browser.page}/media/[\w-]+", browser.interview(name, status=200).text))
    served = {path for path in references(stack, browser).values() if browser.get(path).status_code in (200, 302)}
    assert named == served
