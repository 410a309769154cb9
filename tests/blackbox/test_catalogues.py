"""The catalogues of words: what is wrong with one is refused when it is built, in a sentence that names file and key."""
import json
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "de", "fr", "es", "nl")


@pytest.fixture
def catalogues(tmp_path):
    for language in LANGUAGES:
        shutil.copytree(ROOT / "common" / "words" / language, tmp_path / language)
    return tmp_path


def make(place, what="table"):
    return subprocess.run([ROOT / "common" / "words" / "make-words", what, place], capture_output=True, text=True, timeout=60)


def change(place, language, area, key, entry):
    path = place / language / f"{area}.json"
    entries = json.loads(path.read_text())
    if entry is None:
        del entries[key]
    else:
        entries[key] = entry
    path.write_text(json.dumps(entries))


def test_each_key_is_a_name_of_c_and_each_text_is_there(catalogues):
    keys, table = make(catalogues, "keys").stdout, make(catalogues).stdout
    assert "    PAGES_UNSUBSCRIBE_TITLE,\n" in keys and "    WORDS_NL,\n" in keys and keys.index("WORDS_EN") < keys.index("WORDS_DE")
    change(catalogues, "de", "times", "march", 'M"\\\u00e4?rz')
    change(catalogues, "nl", "times", "about_minutes", {"one": "{count} minuut", "other": "{count} minuten"})
    table = make(catalogues).stdout
    assert '    [TIMES_MARCH] = { NULL, "M\\"\\\\\u00e4\\?rz" },\n' in table
    assert '    [TIMES_ABOUT_MINUTES] = { "{count} minuut", "{count} minuten" },\n' in table


@pytest.mark.parametrize(("key", "entry", "fault"), [
    ("march", None, "de lacks the key march, which en has"),
    ("sprockel", "x", "de has the key sprockel, which en has not"),
    ("day", "{weekday} {day} {month}", "day has the placeholders {day} {month} {weekday}; en has {day} {month} {weekday} {year}"),
    ("day", "{weekday} {day} {month} {jahr}", "day has the placeholders {day} {jahr} {month} {weekday}; en has"),
    ("march", "{", "march has a brace that is no {placeholder}: {"),
    ("march", "", "march is no text, empty, or has blanks at its ends"),
    ("march", " März", "march is no text, empty, or has blanks at its ends"),
    ("march", 3, "march is no text"),
    ("march", "Mä\nrz", "march has a line end or another control character"),
    ("about_minutes", {"one": "{count}"}, "about_minutes has the forms one: a plural has one and other"),
    ("about_minutes", {"one": "{count}", "other": "x"}, "about_minutes has a plural whose other form does not say {count}"),
    ("Große Straße", "x", "has the key 'Große Straße'"),
])
def test_what_is_wrong_is_refused_by_name(catalogues, key, entry, fault):
    change(catalogues, "de", "times", key, entry)
    for what in ("keys", "table"):
        refused = make(catalogues, what)
        assert refused.returncode == 1 and not refused.stdout
        assert refused.stderr.startswith(f"{catalogues}/de/times.json: ") and fault in refused.stderr


def test_a_missing_area_and_a_key_twice(catalogues):
    (catalogues / "fr" / "pages.json").unlink()
    assert f"{catalogues}/fr/pages.json: is not there: fr lacks the area pages\n" == make(catalogues).stderr
    (catalogues / "fr" / "pages.json").write_text('{"a": "x", "a": "y"}')
    assert "fr/pages.json: has the key a twice\n" in make(catalogues).stderr
    (catalogues / "fr" / "pages.json").write_text("{")
    assert "fr/pages.json: is no JSON" in make(catalogues).stderr


def test_a_misspelt_key_does_not_compile(tmp_path):
    code = '#include "common/words/words.h"\nconst char *text(void);\nconst char *text(void) { return words_text(WORDS_DE, %s); }\n'
    for key, compiles in (("PAGES_UNSUBSCRIBE_TITLE", True), ("PAGES_UNSUBSCRIBE_TITEL", False)):
        source = tmp_path / "asks.c"
        source.write_text(code % key)
        ran = subprocess.run(["gcc", "-std=gnu11", f"-I{ROOT}", f"-I{ROOT}/build/gen", "-fsyntax-only", source], capture_output=True, text=True)
        assert (ran.returncode == 0) == compiles, ran.stderr
        assert compiles or "did you mean" in ran.stderr


# Texts that are the same in another language, too.
SAME = {
    "de": {"times.moment", "times.day", "times.april", "times.august", "times.september", "times.november", "mails.fact",
           "mails.digest.recommended", "mails.review.answer"},
    "fr": {"mails.from", "mails.recommendation.no", "times.moment", "times.day_other", "mails.digest.recommended", "mails.review.answer"},
    "es": {"times.moment", "times.day_first", "times.day_other", "mails.fact", "mails.recommendation.no", "mails.digest.recommended", "mails.review.answer"},
    "nl": {"times.moment", "times.day_first", "times.day_other", "mails.fact",
           "mails.from", "mails.digest.recommended", "mails.review.answer"},
}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_each_text_is_another_than_in_english_unless_it_is_listed(language):
    same = set()
    for area in ("mails", "pages", "times"):
        english, texts = (json.loads((ROOT / "common" / "words" / each / f"{area}.json").read_text()) for each in ("en", language))
        same |= {f"{area}.{key}" for key in texts if texts[key] == english[key]}
    assert same <= SAME[language]


def test_what_is_one_in_english_is_one_in_each_language():
    """What a reviewer presses in one view is called the same in the next."""
    agrees_with_its_noun = {"All"}
    areas = ("page", "gate", "list", "stage", "feedback", "finish")
    for language in LANGUAGES:
        said = {}
        for area in areas:
            english, own = (json.loads((ROOT / "common" / "words" / each / f"{area}.json").read_text()) for each in ("en", language))
            for key, entry in english.items():
                said.setdefault(json.dumps(entry), {}).setdefault(json.dumps(own[key], ensure_ascii=False), []).append(f"{area}.{key}")
        assert not {english: ways for english, ways in said.items() if len(ways) > 1 and json.loads(english) not in agrees_with_its_noun}, language
        chosen, mailed = (json.loads((ROOT / "common" / "words" / language / f"{area}.json").read_text()) for area in ("feedback", "mails"))
        for choice in ("strong_no", "no", "yes", "strong_yes"):
            assert mailed[f"recommendation.{choice}"] == chosen[choice].lower()


def test_french_says_how_many_were_reviewed_or_watched_without_a_plural_of_all():
    """A form is chosen by {count}, and French would have its noun and participle agree with the number before: "1 réponses vues sur 4"."""
    for area in ("list", "finish"):
        for key, entry in json.loads((ROOT / "common" / "words" / "fr" / f"{area}.json").read_text()).items():
            assert isinstance(entry, str) or not re.search(r"\{(reviewed|watched)\}", entry["other"]), f"{area}.{key}: {entry}"
