from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.unit_keys import unit_keys
from corpus.kernels.units import Scope, Units, units_of

TEXTS = st.lists(st.one_of(st.none(), st.text(alphabet="ab \n\t`~。甲\u3000\u00a0", max_size=60)), max_size=8)
SCOPES: tuple[Scope, ...] = ("line", "paragraph")


def found(texts: list[str | None], scope: Scope = "line") -> Units:
    return units_of(pa.array(texts, pa.large_string()), scope)


def contents(units: Units) -> list[str]:
    return units.texts(np.arange(len(units.starts))).to_pylist()


@settings(deadline=None)
@given(TEXTS)
def test_lines_are_what_splitting_and_stripping_gives(texts: list[str | None]) -> None:
    units = found(texts)
    spaces = " \t\n\x0b\x0c\r\u3000\u00a0"
    wanted = [[line.strip(spaces) for line in (text or "").split("\n") if line.strip(spaces)] for text in texts]
    assert contents(units) == [line for lines in wanted for line in lines]
    assert np.diff(units.rows).tolist() == [len(lines) for lines in wanted]
    assert units.chars.tolist() == [len(line) for line in contents(units)]


@settings(deadline=None)
@given(TEXTS, st.sampled_from(SCOPES))
def test_units_lie_in_their_row_in_order_and_never_overlap(texts: list[str | None], scope: Scope) -> None:
    units = found(texts, scope)
    row = units.row
    assert (units.begins >= units.offsets[row]).all()
    assert (units.stops <= units.offsets[row + 1]).all()
    assert (units.begins <= units.starts).all()
    assert (units.starts < units.ends).all()
    assert (units.ends <= units.stops).all()
    assert (units.stops[:-1] <= units.begins[1:]).all()


@settings(deadline=None)
@given(TEXTS, st.sampled_from(SCOPES))
def test_what_is_no_unit_is_blank(texts: list[str | None], scope: Scope) -> None:
    array = pa.array(texts, pa.large_string())
    units = units_of(array, scope)
    whole = "".join(text or "" for text in texts).encode()
    left = bytearray(whole)
    for begin, stop in zip(units.begins[::-1], units.stops[::-1], strict=True):
        del left[begin - units.offsets[0] : stop - units.offsets[0]]
    assert not left.decode().strip()


@settings(deadline=None)
@given(TEXTS, st.sampled_from(SCOPES), st.data())
def test_a_batch_cut_in_two_has_the_same_units(texts: list[str | None], scope: Scope, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(texts)))
    array = pa.array(texts, pa.large_string())
    parts = [units_of(array[:at], scope), units_of(array[at:], scope)]
    assert contents(units_of(array, scope)) == [text for part in parts for text in contents(part)]


def test_a_paragraph_is_a_block_of_lines_and_a_fence_is_one_of_its_own() -> None:
    units = found(["一\n  二  \n \n三\n```\nx\n\ny\n```\n四"], "paragraph")
    assert contents(units) == ["一\n  二", "三", "```\nx\n\ny\n```", "四"]
    assert units.code.tolist() == [False, False, True, False]


def test_lines_of_a_fence_are_code_and_an_open_fence_reaches_to_the_end() -> None:
    assert found(["a\n```py\nb\n~~~\nc\n```\nd"]).code.tolist() == [False, True, True, True, True, True, False]
    assert found(["a\n~~~\nb", "c"]).code.tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("版权所有　ＡＢＣ", "版權所有 abc。", True),
        ("- 关注我们！", "关注我们", True),
        ("第 12 期", "第 13 期", False),
        ("上一篇", "下一篇", False),
    ],
)
def test_keys_fold_width_case_script_and_marks_and_keep_digits(one: str, other: str, same: bool) -> None:
    keys, _ = unit_keys(found([f"前\n{one}", other]))
    assert (keys[1] == keys[2]) == same


def test_the_length_of_a_key_counts_what_folding_leaves() -> None:
    _, lengths = unit_keys(found(["——！！\n（一） 甲 乙\n" + "长" * 20000]))
    assert lengths.tolist() == [0, 3, 20000]
