"""Units with places: the same for every way of writing a question down, at the edges of code points, joined nowhere."""

from __future__ import annotations

import pyarrow as pa
import pytest

from corpus.kernels.quote_units import END, MARK, SINGLE, quote_units


def units(text: str) -> list[str]:
    found = quote_units(pa.array([text], pa.large_string()))
    data = text.encode()
    return [data[start:end].decode() for start, end in zip(found.starts, found.ends, strict=True)]


def values(text: str) -> list[int]:
    return list(map(int, quote_units(pa.array([text], pa.large_string())).values))


@pytest.mark.parametrize(
    "other",
    [
        "渡口的船，几點開？Boats leave at 9.30",
        "渡 口 的 船 几点开 ＢＯＡＴＳ ｌｅａｖｅ　ａｔ　９．３０",
        "<p>渡口的船</p>几点开（ ）<br>“boats leave” at **9.30**",
        "渡口的船几点开 A. boats B. leave at 9.30 https://example.org/a?b=c",
    ],
)
def test_one_sequence_however_it_is_written(other: str) -> None:
    assert values(other) == values("渡口的船几点开boats leave at 9.30")


def test_marks_inside_a_word_end_it_but_not_between_digits() -> None:
    assert units("state-of-the-art, $3.14 and 1,000#x") == ["state", "of", "the", "art", "3.14", "and", "1,000", "x"]


def test_words_differ_from_their_parts_and_digits_count() -> None:
    assert values("水泵 12") != values("水泵 1 2")
    assert values("over come") != values("overcome")


def test_places_are_of_the_text_for_every_kind_of_character() -> None:
    assert units("が한国e\u0301t ㍿x") == ["が", "한", "国", "e\u0301t", *"㍿㍿㍿㍿", "x"]


def flags(text: str) -> list[int]:
    return [int(one) & ~SINGLE for one in quote_units(pa.array([text], pa.large_string())).flags]


def test_what_ends_a_question_is_told_from_what_only_stands_between() -> None:
    assert flags("水，泵？坏") == [MARK | END, MARK, MARK | END]
    assert flags("水泵\n坏 B.了") == [MARK | END, 0, MARK | END, MARK | END]


def test_a_batch_is_its_rows_and_null_rows_have_none() -> None:
    rows = ["水泵坏了", None, "", "the pump broke"]
    found = quote_units(pa.array(rows, pa.large_string()))
    for row, text in enumerate(rows):
        own = found.values[found.offsets[row] : found.offsets[row + 1]]
        assert list(map(int, own)) == (values(text) if text else [])
    sliced = quote_units(pa.array(["x", *rows], pa.large_string()).slice(1))
    assert sliced.starts.tolist() == found.starts.tolist()


def test_more_units_than_the_first_guess_are_all_there() -> None:
    text = "㌖" * 30_000 + "i j " * 30_000
    assert len(values(text)) == 6 * 30_000 + 2 * 30_000
