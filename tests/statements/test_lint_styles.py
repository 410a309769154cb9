"""tests/lint/styles.py: an element that another view's styles would meet is named, with its place."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "lint"))

import styles  # noqa: E402

LIST = """/* .noted */ .own { margin: 0; } .card .line, .mark.done:not(.late) { color: red; }
@media (min-width: 48rem) { .wide:has(.other) > p, [dir=rtl] .arrow { margin: 0; } } .stars { color: gold; }"""
SHARED = ".stars { letter-spacing: 0; }"


def found(module):
    return [(line, what.split(":")[0]) for _, line, what in styles.breaches({"list.css": LIST}, [SHARED], {"list.css": {"list.js": module}, "finish.css": {"finish.js": module}})]


@pytest.mark.parametrize("module", [
    'h("p", { class: "line done mine" })', 'h("p", { class: "stars" })', 'h("p", { class: "noted late other arrow" })', 'find(".own")', 'h("p", { title: "own" })',
    'h("p", { class: `owner ${own}` })'])
def test_what_another_view_does_not_mean_is_no_breach(module):
    assert found(module) == []


@pytest.mark.parametrize(("module", "name"), [
    ('h("p", { class: "saved own" })', "own"), ("h('p', { class: 'own' })", "own"), ('<p class="own">', "own"), ('h("p", { class: isOn ? "on own" : null })', "own"),
    ('h("p", { class: isOn ? "on" : "own" })', "own"), ('h("p", { class: `own ${value}` })', "own"), ('element.className = "own";', "own"), ('element.classList.toggle("own", isOn)', "own"),
    ('h("p", { class: "done big mark" })', "done.mark"), ('h("p", { class: "wide" })', "wide")])
def test_what_another_view_means_is_named(module, name):
    assert found(f"\n{module}") == [(2, f"makes an element that .{name} of list.css means")]


def test_the_tree_has_files_of_each_view():
    for name, modules in styles.VIEWS.items():
        assert styles.begins_of((ROOT / styles.PAGES / name).read_text())
        assert all(list((ROOT / styles.PAGES).glob(each)) for each in modules), modules
