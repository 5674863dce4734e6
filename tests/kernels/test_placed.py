from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.kernels.placed import Placed, placed_units
from corpus.kernels.shingles import units

ANY = st.text(st.sampled_from("天地 \n\t,.。，3a.Z`~é\u0301\u200b㍿ｱﷺ👍ก\U0010ffff\0"), max_size=60)


def found(*texts: str | None) -> Placed:
    return placed_units(pa.array(texts, pa.large_string()))


def words(*texts: str | None) -> list[str]:
    placed = found(*texts)
    data = placed.data.tobytes()
    return [data[a:b].decode() for a, b in zip(placed.starts, placed.ends, strict=True)]


def test_characters_and_words_stand_where_they_are_in_the_text() -> None:
    text = "甲乙，丁 ABC-12 花3.14元 don't stop."
    assert words(text) == ["甲", "乙", "丁", "ABC", "12", "花", "3.14", "元", "don't", "stop"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("機器 ＡＢＣ１２", "机器abc12"),
        ("「好」，好！", "好好"),
        ("Straße", "STRASSE"),
        ("e\u0301te", "éte"),
        ("㍿", "株式会社"),
    ],
)
def test_spellings_of_one_text_have_the_same_units(one: str, other: str) -> None:
    assert np.array_equal(found(one).values, found(other).values)


@pytest.mark.parametrize(
    ("one", "other"), [("甲3.14", "甲31.4"), ("ab cd", "abc d"), ("甲乙", "乙甲"), ("1,000", "1000")]
)
def test_what_differs_has_other_units(one: str, other: str) -> None:
    assert not np.array_equal(found(one).values, found(other).values)


def test_markup_and_urls_are_units_because_they_are_cut_too() -> None:
    assert not np.array_equal(found("看 https://a.cn/x").values, found("看 https://a.cn/y").values)


def test_a_code_fence_holds_no_units_and_ends_the_run() -> None:
    text = "前面\n```\ncode = 1\n\nmore\n```\n后面\n~~~\nopen"
    placed = found(text, None, "", "x")
    assert words(text) == ["前", "面", "后", "面"]
    assert placed.firsts.tolist() == [0, 2, 4, 4, 4, 5]
    assert placed.runs[:, 0].tolist() == [0, 0, 1, 2, 3]
    runs = [text.encode()[a:b].decode() for _, a, b in placed.runs[:2].tolist()]
    assert runs == ["前面\n", "后面\n"]


def test_a_text_that_begins_with_code_has_an_empty_run_before_it() -> None:
    placed = found("```\na\n```\n甲乙", "```\na")
    assert placed.firsts.tolist() == [0, 0, 2, 2]
    assert placed.runs[:, 0].tolist() == [0, 0, 1]


def test_a_text_of_nothing_but_short_units_has_room() -> None:
    assert len(words("a " * 20_000)) == 20_000
    assert len(words("㍿" * 5_000)) == 20_000


@given(st.lists(st.none() | ANY, max_size=5))
def test_places_ascend_and_are_whole_characters_of_their_run(texts: list[str | None]) -> None:
    placed = found(*texts)
    data = placed.data.tobytes()
    assert (np.diff(placed.starts) >= 0).all()
    for run, (row, low, high) in enumerate(placed.runs.tolist()):
        assert placed.offsets[row] <= low <= high <= placed.offsets[row + 1]
        for unit in range(placed.firsts[run], placed.firsts[run + 1]):
            start, end = int(placed.starts[unit]), int(placed.ends[unit])
            assert low <= start < end <= high
            data[start:end].decode()


@given(st.lists(st.none() | ANY, min_size=1, max_size=5), st.data())
def test_batches_do_not_show(texts: list[str | None], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(texts)))
    whole, one, two = found(*texts), found(*texts[:cut]), found(*texts[cut:])
    assert np.array_equal(whole.values, np.concatenate([one.values, two.values]))
    assert np.array_equal(np.diff(whole.firsts), np.concatenate([np.diff(one.firsts), np.diff(two.firsts)]))


def test_prose_has_as_many_units_as_its_shingles_are_made_of() -> None:
    text = "工程师把旧的水泵 pump 拆开，2024年换了 3.5 厘米的轴承。He said it's fine."
    assert len(found(text).values) == len(units(pa.array([text], pa.large_string())).values)
