from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SPACES = "".join(chr(code) for code in (*range(9, 14), 32, 0xA0, 0x3000))
BLOCKS = st.lists(
    st.sampled_from(
        ["一行字", "一行字。", "short", " padded\u3000", "", "", "- item", "• item", "end…", "x" * 40, "好..."]
    ),
    max_size=14,
).map("\n".join)


def plain(text: str) -> dict[str, float]:
    """The same measures without any cleverness."""
    every = [line.strip(SPACES) for line in text.split("\n")]
    lines = [line for line in every if line]
    blocks, block = [], []
    for line in [*every, ""]:
        if line:
            block.append(line)
        elif block:
            blocks.append(tuple(block))
            block = []
    seen: set[Any] = set()
    repeated = [line for line in lines if line in seen or seen.add(line)]  # type: ignore[func-returns-value]
    met: set[Any] = set()
    again = [one for one in blocks if one in met or met.add(one)]  # type: ignore[func-returns-value]
    chars = sum(map(len, lines))
    return {
        "lines": len(lines),
        "paragraphs": len(blocks),
        "max_line_length": max(map(len, lines), default=0),
        "mean_line_length": chars / len(lines),
        "mean_paragraph_length": chars / len(blocks),
        "short_line_ratio": sum(len(line) < 30 for line in lines) / len(lines),
        "duplicate_line_ratio": len(repeated) / len(lines),
        "duplicate_line_char_ratio": sum(map(len, repeated)) / chars,
        "duplicate_paragraph_ratio": len(again) / len(blocks),
        "duplicate_paragraph_char_ratio": sum(len(line) for one in again for line in one) / chars,
        "ellipsis_line_ratio": sum(line.endswith(("…", "...")) for line in lines) / len(lines),
        "bullet_line_ratio": sum(line.startswith(("- ", "•")) for line in lines) / len(lines),
        "newline_ratio": text.count("\n") / len(text),
    }


@settings(max_examples=80, deadline=None)
@given(BLOCKS.filter(lambda text: text.strip(SPACES) != ""))
def test_measures_agree_with_a_plain_count(ask: Any, text: str) -> None:
    for name, value in plain(text).items():
        assert ask(name, text) == pytest.approx(value, rel=1e-6), name


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        ("他走了。", True), ("他走了！”", True), ("他说：“走了。”）", True),
        ("It ended.", True), ('He said "no!"', True),
        ("而后；", True), ("然后……", True), ("没有结尾", False), ("half a", False),
        ("，", False), ("”", False), ("2023年", False),
    ],
)  # fmt: skip
def test_a_sentence_mark_ends_a_line_also_before_closing_quotes(line: str, ends: bool, ask: Any) -> None:
    assert ask("terminal_line_ratio", line) == ends


@pytest.mark.parametrize(
    ("line", "bullet"),
    [("- a", True), ("* a", True), ("•a", True), ("● 一", True), ("-5 度", False), ("**粗**", False), ("--", False)],
)
def test_a_dash_is_a_bullet_only_before_a_space(line: str, bullet: bool, ask: Any) -> None:
    assert ask("bullet_line_ratio", line) == bullet


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("今天很好。明天呢？", 2),
        ("他说：“走吧！”然后走了。", 2),
        ("Version 1.2.3 costs 3.14 at example.com.", 1),
        ("One. Two! Three?", 3),
        ("真的吗？！真的。", 2),
        ("等等……再说", 1),
        ("Wait... what", 1),
        ("标题\n正文。", 2),
        ("。。。！", 0),
        (" \n \n", 0),
        ("", 0),
    ],
)
def test_sentences_end_at_marks_and_lines_but_not_inside_numbers(text: str, sentences: int, ask: Any) -> None:
    assert ask("sentences", text) == sentences


def test_blank_lines_do_not_count_and_crlf_is_a_line_end(ask: Any) -> None:
    assert ask("lines", "a\r\n\r\n \u3000\nb") == 2
    assert ask("paragraphs", "a\r\n\r\nb\nc") == 2
    assert ask("mean_line_length", " \n") is None


def test_many_lines_do_not_overflow_the_scratch(ask: Any) -> None:
    text = "\n".join(str(number % 1500) for number in range(3000))
    assert ask("lines", text) == 3000
    assert ask("duplicate_line_ratio", text) == 0.5


def test_hashes_tell_lines_of_any_length_apart(ask: Any) -> None:
    text = "\n".join("x" * length for length in range(1, 60))
    assert ask("duplicate_line_ratio", text) == 0
