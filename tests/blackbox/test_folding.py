"""Texts are searched and sorted alike everywhere: by the database, by the lists of the API, by a reviewer's content and by the page.
What is equal to what is in support/folded.json."""

import json
import pathlib
import random
import uuid

import pytest
from support import samples
from support.browser import Browser
from support.changes import inside

TABLE = json.loads((pathlib.Path(__file__).parent / "support" / "folded.json").read_text())


@pytest.fixture(scope="module")
def word():
    """A word that the texts of this module share, so that it sees no other test's."""
    return "w" + uuid.uuid4().hex[:10]


def searched(word, search):
    return f"{search} {word}" if search.split() else word


def make_interviews(stack, names, job):
    """Each named so, whole, in the first name."""
    ids = {}
    for name in names:
        ids[name] = samples.interview_id()
        document = samples.interview_document(job=job)
        document["candidate"].update(first_name=name, last_name=None)
        stack.api.put(f"/v1/interviews/{ids[name]}", document, status=201)
    return ids


# --- the database ---

@pytest.mark.parametrize("text, folded", TABLE["folded"])
def test_database_folds(stack, text, folded):
    assert stack.db.value("select sharelink.folded(%s)", text) == folded
    assert stack.db.value("select sharelink.folded(%s)", folded) == folded
    assert stack.db.value("select sharelink.folded(%s || 'x' || %s)", text, text) == f"{folded}x{folded}"


def test_what_a_search_folds_by_itself_is_folded_as_the_database_does(stack):
    """Character by character, in texts of whatever it has; and it has all that is not left to the database."""
    folds = {line[0]: line[1:] for line in stack.db.value("select views.folds()").split("\n")}
    letters = [chr(number) for number in [*range(1, 0x700), *range(0x2000, 0x20D0), *range(0x1F300, 0x1FB00, 7)] if chr(number) not in "\x1f\n \t\r"]
    mixed = random.Random(5)
    texts = ["".join(mixed.choices(letters, k=40)) for _ in range(300)] + ["".join(each) for each in zip("A" * len(letters), letters, letters[::-1])]
    rows = stack.db.rows("select replace(sharelink.folded(t), ' ', '') as folded, views.folded_in_place(t) as left_to_it from unnest(%s) with ordinality u (t, n) "
                         "order by n", texts)
    for text, row in zip(texts, rows, strict=True):
        assert "".join(folds.get(each, each.lower() if each < "\x80" else each) for each in text) == row["folded"], ascii(text)
        assert row["left_to_it"] is None
    for text in ("한국어", "e\u1ab0", "ﬃ", "日本語", "\u1ef3", "✌\ufe0f"):
        assert stack.db.value("select views.folded_in_place(%s)", text) is not None


def finds(stack, search, text):
    return stack.db.value("select sharelink.folded(%s) like all (sharelink.search_patterns(%s))", text, search)


def test_database_finds(stack):
    assert [each for each in TABLE["found"] if not finds(stack, *each)] == []
    assert [each for each in TABLE["not_found"] if finds(stack, *each)] == []


def test_a_long_text_folds_as_its_parts_do(stack):
    texts, folded = zip(*TABLE["folded"])
    assert stack.db.value("select sharelink.folded(%s)", "\n".join(texts * 50)) == "\n".join(folded * 50)


# --- the API ---

@pytest.mark.parametrize("search, text", TABLE["found"])
def test_lists_find(stack, word, search, text):
    interview = make_interviews(stack, [f"{text} {word}"], {"id": word, "title": "Any"})
    link = stack.make_share_link(title=f"{text} {word}", interview_ids=list(interview.values()))
    other = stack.make_share_link(interview_ids=list(interview.values()), reviewers=[{"name": f"{text} {word}", "email": "a@reviewers.example"}])
    links = stack.api.get("/v1/share-links", params={"search": searched(word, search), "limit": 100}, status=200).json()["data"]
    assert {link["id"], other["id"]} <= {each["id"] for each in links}
    interviews = stack.api.get("/v1/interviews", params={"search": searched(word, search), "limit": 100}, status=200).json()["data"]
    assert interview[f"{text} {word}"] in [each["id"] for each in interviews]


@pytest.mark.parametrize("search, text", TABLE["not_found"])
def test_lists_do_not_find(stack, search, text):
    own = "v" + uuid.uuid4().hex[:10]
    stack.make_share_link(title=f"{text} {own}", interview_ids=list(make_interviews(stack, [f"{text} {own}"], {"id": own, "title": "Any"}).values()))
    for path in ("/v1/share-links", "/v1/interviews"):
        assert len(stack.api.get(path, params={"search": own}, status=200).json()["data"]) == 1
        assert stack.api.get(path, params={"search": searched(own, search)}, status=200).json()["data"] == []


def test_a_search_of_links_finds_candidates_and_their_jobs(stack):
    """Words in any order, each of them anywhere in the link: in its title, with a reviewer, a candidate or a job."""
    own = "c" + uuid.uuid4().hex[:10]
    jobs = {"Kundendienst": ["Søren Ångström", "Wei Straße"], "Bibliothek": ["Łucja Nowak"]}
    people = {name: interview for job, names in jobs.items()
              for name, interview in make_interviews(stack, [f"{name} {own}" for name in names], {"id": f"{own}-{job}", "title": f"{job}-Leitung"}).items()}
    pair = stack.make_share_link(title="Paar", interview_ids=[people[f"Søren Ångström {own}"], people[f"Łucja Nowak {own}"]],
                                 reviewers=[{"name": "Renée", "email": f"r.{own}@reviewers.example"}])["id"]
    alone = stack.make_share_link(title="Einer", interview_ids=[people[f"Wei Straße {own}"]])["id"]
    basic = stack.api.post(f"/v1/interviews/{people[f'Wei Straße {own}']}/basic-link", status=201).json()["id"]

    def found(search):
        answer = stack.api.get("/v1/share-links", params={"search": f"{own} {search}", "sort": "created_at"}, status=200).json()
        return [each["id"] for each in answer["data"]]

    assert found("") == [pair, alone, basic]
    assert found("SOREN angstrom") == found("nowak soren") == found("LEITUNG renee paar") == found("lucja kundendienst") == [pair]
    assert found("strasse wei") == found("kundendienst strasse") == [alone, basic] and found("einer wei") == [alone]
    assert found("bibliothek leitung") == [pair] and found("leitung") == [pair, alone, basic] and found("wei nowak") == []
    assert found("ko") == [] and found("pa") == [pair]
    stack.api.post(f"/v1/share-links/{pair}/interviews/remove", {"interview_ids": [people[f"Łucja Nowak {own}"]]}, status=200)
    assert found("nowak") == found("bibliothek") == [] and found("soren") == [pair]
    stack.api.delete(f"/v1/interviews/{people[f'Wei Straße {own}']}", status=200)
    assert found("wei") == [] and stack.api.get("/v1/share-links", params={"search": "strasse wei " + own}, status=200).json()["data"] == []


def test_words_of_a_search_may_be_in_the_title_and_with_reviewers(stack):
    own = "u" + uuid.uuid4().hex[:10]
    link = stack.make_share_link(title=f"Gärtner {own}", reviewers=[
        {"name": "Zoë Åberg", "email": f"z.{own}@reviewers.example"}, {"name": "Bob", "email": f"b.{own}@bücher.example"}])

    def found(search):
        return [each["id"] for each in stack.api.get("/v1/share-links", params={"search": search}, status=200).json()["data"]]

    for search in (f"gartner {own}", f"{own} aberg", f"aberg gartner bob {own}", f"z.{own}@ gart", f"zoe b.{own}@"):
        assert found(search) == [link["id"]], search
    for search in (f"{own} nobody", f"aberg nobody {own}"):
        assert found(search) == [], search


def test_blanks_find_everything(stack):
    stack.make_share_link()
    for path in ("/v1/share-links", "/v1/interviews"):
        everything = stack.api.get(path, status=200).json()["data"]
        assert stack.api.get(path, params={"search": " \u00a0 "}, status=200).json()["data"] == everything != []


@pytest.mark.parametrize("path, sort", [("/v1/share-links", "title"), ("/v1/interviews", "name"), ("/v1/email-templates", "name")])
def test_lists_are_sorted_as_people_do(stack, other_api, path, sort):
    own = "t" + uuid.uuid4().hex[:10]
    texts = random.Random(1).sample(TABLE["sorted"], len(TABLE["sorted"]))
    api, params = stack.api, {"search": own}
    if path == "/v1/interviews":
        make_interviews(stack, texts, {"id": own, "title": "Any"})
        params = {"job_id": own}
    elif path == "/v1/share-links":
        interview = stack.make_interview()
        for text in texts:
            stack.make_share_link(title=text, interview_ids=[interview], reviewers=[{"name": own, "email": "a@reviewers.example"}])
    else:
        api, params = other_api, {}  # an account without any
        for text in texts:
            api.post(path, {"name": text, "subject": "s", "body": "b"}, status=201)

    def listed(sort):
        rows, cursor = [], None
        while True:
            page = api.get(path, params={**params, "sort": sort, "limit": 7, **({"cursor": cursor} if cursor else {})}, status=200).json()
            rows += [each.get("title") or each.get("name") or each["candidate"]["first_name"] for each in page["data"]]
            cursor = page["next_cursor"]
            if not cursor:
                return rows

    assert listed(sort) == TABLE["sorted"]
    assert listed(f"-{sort}") == TABLE["sorted"][::-1]


# --- a reviewer's content ---

@pytest.fixture(scope="module")
def shortlist(stack):
    """A reviewer inside, who has a candidate of each name: those that something is looked for in, and those that are to be sorted."""
    texts = sorted({text for _, text in TABLE["found"] + TABLE["not_found"]} | set(TABLE["sorted"]))
    interviews = make_interviews(stack, texts, {"id": "job-folding", "title": "Any"})
    return inside(stack, stack.make_share_link(interview_ids=list(interviews.values())))


def names(shortlist, **params):
    return [each["candidate"]["display_name"] for each in shortlist.content(params=params, status=200).json()["interviews"]]


def test_content_finds(shortlist):
    assert [each for each in TABLE["found"] if each[1] not in names(shortlist, search=each[0])] == []
    assert [each for each in TABLE["not_found"] if each[1] in names(shortlist, search=each[0])] == []


def test_content_is_sorted_as_people_do(shortlist):
    wanted = TABLE["sorted"]
    assert [name for name in names(shortlist, sort="name") if name in wanted] == wanted
    assert [name for name in names(shortlist, sort="-name") if name in wanted] == wanted[::-1]


# --- the page ---

@pytest.fixture(scope="module")
def page(shared):
    """A page in Chromium, which is asked what the module that all pages share makes of the table."""
    stack = shared.make_stack()
    browser = Browser()
    browser.go(f"{stack.public_url}/docs")

    def ask(expression):
        return browser.driver.execute_async_script(f"""
            const [table, done] = arguments;
            const address = document.querySelector('script[type=module]').src.replace(/[^/]*$/, 'text.js');
            import(address).then(({{ folded, wordsOf, inOrder }}) => done({expression}), (fault) => done(String(fault)));""", TABLE)

    yield ask
    browser.close()
    stack.close()


def test_page_folds_finds_and_sorts(page):
    assert page("table.folded.filter(([text, wanted]) => folded(text) !== wanted || folded(wanted) !== wanted)") == []
    assert page("table.found.filter(([search, text]) => !wordsOf(search).every((word) => folded(text).includes(word)))") == []
    assert page("table.not_found.filter(([search, text]) => wordsOf(search).every((word) => folded(text).includes(word)))") == []
    assert page("[...table.sorted].sort().sort(inOrder)") == TABLE["sorted"]


def test_page_and_content_agree_for_letters_of_all_kinds(stack, page):
    """Each letter that has another form by itself, as the database and as this Chromium fold it."""
    letters = [chr(code) for code in (*range(0x21, 0x700), *range(0x1E00, 0x2070), *range(0x2100, 0x2190), *range(0x3000, 0x3100), *range(0xFB00, 0xFB50))]
    told = stack.db.value("select array(select sharelink.folded(l) from unnest(%s) with ordinality u (l, n) order by n)", letters)
    made = page(f"{json.dumps(letters)}.map(folded)")
    assert [each for each in zip(letters, told, made) if each[1] != each[2]] == []
