"""Hostile text made harmless."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import factories
from llmeval.report.markdown import neutral
from llmeval.report.text import cut, one_line, plain, visible

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=200)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a[U+202E]b"),
        ("\x1b[31m", "[U+001B][31m"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("a\rb", "a[U+000D]b"),
        ("\ud800x", "\ufffdx"),
        ("\U000e0041", "[U+E0041]"),
        ("می‌خواهم 👩‍👧", "می‌خواهم 👩‍👧"),
    ],
)
def test_visible(text, shown):
    assert visible(text) == shown


@given(ANYTHING)
def test_visible_text_is_encodable_ordered_and_stable(text):
    shown = visible(text)
    shown.encode()
    assert not any(unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "RLI") for c in shown)
    assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in shown)
    assert visible(shown) == shown


@given(ANYTHING, st.integers(1, 50))
def test_cut_keeps_to_the_limit_and_counts_the_rest(text, limit):
    shown, omitted = cut(text, limit)
    assert len(shown) <= limit
    assert 0 <= omitted <= len(text)
    if not omitted:
        assert shown == visible(text)


@given(ANYTHING, st.integers(2, 50))
def test_a_line_for_a_terminal_is_one_and_short(text, limit):
    line = one_line(text, limit)
    assert len(line) <= limit
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in line)


def test_a_cut_line_says_so():
    assert one_line("word " * 100, 10) == "word word…"
    assert one_line("x" * 10_000_000, 5) == "xxxx…"
    assert plain(" a\n\x07b ") == "a b"


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("a|b", "a\\|b"),
        ("`x`", "\\`x\\`"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("[a](b)", "\\[a\\](b)"),
        ("@team", "@\u200bteam"),
        ("fixes #12", "fixes #\u200b12"),
        ("see https://x.example", "see https:\u200b//x.example"),
        ("GH-12 www.x.example", "GH\u200b-12 www\u200b.x.example"),
        ("two\nlines", "two lines"),
    ],
)
def test_neutral(text, dead):
    assert neutral(text) == dead


@pytest.mark.parametrize("evil", factories.HOSTILE)
def test_neutral_text_has_no_tag_no_fence_and_no_new_line(evil):
    dead = neutral(evil)
    assert "<" not in dead and "\n" not in dead
    assert "`" not in dead.replace("\\`", "")
    assert len(dead) < 1500
