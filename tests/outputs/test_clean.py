"""Text from outside always becomes something that encodes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slamon.clean import clean_label, clean_line, clean_text
from tests.outputs.samples import HOSTILE

# Hypothesis leaves surrogates out unless they are asked for.
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=400)


@pytest.mark.parametrize(
    ("given_text", "line"),
    [
        ("a\r\nBcc: b", "a Bcc: b"),
        ("a\x00b", "a b"),
        ("a\u2028b\u0085c\vd", "a b c d"),
        ("\u202eexe.gnp", "exe.gnp"),
        ("half \ud800 pair", "half pair"),
        ("e\u0301", "é"),
        ("   ", ""),
    ],
)
def test_a_line_has_no_controls(given_text: str, line: str) -> None:
    assert clean_line(given_text) == line


def test_a_long_line_is_cut_and_says_so() -> None:
    assert clean_line("x" * 10_000, 200) == "x" * 199 + "…"
    assert clean_line("x" * 200, 200) == "x" * 200


def test_a_text_keeps_its_lines() -> None:
    assert clean_text("a\r\nb\rc\n\td\x00\ud800e") == "a\nb\nc\n\td e"


@given(ANY_TEXT)
def test_every_text_becomes_encodable(text: str) -> None:
    for cleaned in (clean_line(text), clean_label(text), clean_text(text)):
        cleaned.encode("utf-8")
    assert len(clean_label(text)) <= 128
    assert clean_line(text).splitlines() in ([], [clean_line(text)])


def test_cleaning_twice_changes_nothing() -> None:
    assert clean_line(clean_line(HOSTILE)) == clean_line(HOSTILE)
