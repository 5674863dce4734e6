"""What is printed can be read by people, lines up, and cannot drive a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import render


@given(st.text(), st.integers(1, 40))
def test_a_preview_is_one_harmless_line_of_limited_width(text: str, limit: int) -> None:
    shown = render.preview(text, limit)
    assert render.width(shown.rstrip("…")) <= limit
    assert len(shown.splitlines()) <= 1
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def test_escapes_of_a_hostile_text_are_shown_not_obeyed() -> None:
    assert "\x1b" not in render.preview("a\x1b[2Jb\u202ec")


def test_wide_characters_line_up(capsys: pytest.CaptureFixture[str]) -> None:
    render.table(("name", "n"), [("汉字", "1,000"), ("ab", "7")])
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["name      n", "汉字  1,000", "ab        7"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (0, "0"),
        (1234567, "1,234,567"),
        (0.30000001192, "0.3"),
        (2.0, "2"),
        (12345.6, "12,346"),
        ("zh", "zh"),
    ],
)
def test_numbers_are_short(value: float | str | None, shown: str) -> None:
    assert render.number(value) == shown


def test_sizes_have_units() -> None:
    assert [render.size(value) for value in (0, 999, 1500, 150_000, 2.5e9)] == [
        "0 B",
        "999 B",
        "1.5 KB",
        "150 KB",
        "2.5 GB",
    ]
