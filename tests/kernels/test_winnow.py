from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from corpus.kernels.placed import placed_units
from corpus.kernels.winnow import Filed, Windows, anchors_of, filed

LENGTH = 20


def texts(seed: int, many: int, letters: str = "天地人山水火", longest: int = 120) -> list[str]:
    chosen = random.Random(seed)
    return ["".join(chosen.choices(letters, k=chosen.randrange(longest))) for _ in range(many)]


def column(rows: list[str]) -> pa.Array:
    return pa.array(rows, pa.large_string())


def all_filed(rows: list[str], length: int = LENGTH) -> Filed:
    units = placed_units(column(rows))
    held, anchors = anchors_of(units, Windows(length))
    wanted = [np.unique(anchors[held == row]) for row in range(len(rows))]
    places = np.concatenate([[0], np.cumsum([len(some) for some in wanted])])
    return filed(units, Windows(length), np.concatenate([*wanted, np.zeros(0, np.int64)]), places)


def windows_of(rows: list[str], length: int = LENGTH) -> list[tuple[str, int, int]]:
    """By window its text, its anchor and its hash."""
    found = all_filed(rows, length)
    whole = "".join(rows)
    given = []
    for file in range(len(found.rows)):
        hashes = found.hashes[found.offsets[file] : found.offsets[file + 1]].tolist()
        for step, hashed in enumerate(hashes):
            begin = int(found.firsts[file]) + step
            given.append((whole[begin : begin + length], int(found.anchors[file]), hashed))
    return given


@pytest.mark.parametrize("length", [8, 20, 50, 90, 200])
def test_every_window_is_filed_under_one_anchor(length: int) -> None:
    rows = texts(1, 30, longest=400)
    expected = [row[at : at + length] for row in rows for at in range(len(row) - length + 1)]
    assert [text for text, _, _ in windows_of(rows, length)] == expected


def test_windows_are_equal_if_and_only_if_their_anchors_and_hashes_are() -> None:
    shared = "天地人山水火木金土日月星云风雨雪花草树林江河湖海"
    rows = [prefix + shared + suffix for prefix in texts(2, 8) for suffix in texts(3, 2)]
    by_text: dict[str, set[tuple[int, int]]] = {}
    for text, anchor, hashed in windows_of(rows):
        by_text.setdefault(text, set()).add((anchor, hashed))
    assert all(len(keys) == 1 for keys in by_text.values())
    assert len({next(iter(keys)) for keys in by_text.values()}) == len(by_text)


def test_texts_that_share_a_window_share_an_anchor_whatever_is_around_it() -> None:
    chosen = random.Random(4)
    for _ in range(200):
        shared = "".join(chosen.choices("天地人山水火木金土", k=LENGTH))
        one, other = (
            "".join(chosen.choices("甲乙丙丁", k=chosen.randrange(40)))
            + shared
            + "".join(chosen.choices("甲乙丙丁", k=chosen.randrange(40)))
            for _ in range(2)
        )
        held, anchors = anchors_of(placed_units(column([one, other])), Windows(LENGTH))
        assert set(anchors[held == 0]) & set(anchors[held == 1])


def test_a_run_shorter_than_a_window_has_no_anchor() -> None:
    rows = ["天地人" * 6 + "山", "天地人" * 6 + "山水", "天地人" * 6 + "\n```\ncode\n```\n" + "天地人" * 6]
    held, _ = anchors_of(placed_units(column(rows)), Windows(LENGTH))
    assert set(held.tolist()) == {1}


def test_windows_of_one_character_alone_are_one_window() -> None:
    found = windows_of(["哈" * 100])
    assert len(found) == 81
    assert len(set(found)) == 1


def test_only_what_is_wanted_is_filed() -> None:
    rows = texts(5, 4, longest=200)
    units = placed_units(column(rows))
    held, anchors = anchors_of(units, Windows(LENGTH))
    one = anchors[held == 2][3:4]
    found = filed(units, Windows(LENGTH), one, np.array([0, 0, 0, 1, 1]))
    assert set(found.rows.tolist()) == {2}
    assert set(found.anchors.tolist()) == set(one.tolist())


def test_anchors_are_rare_in_text_that_does_not_repeat_itself() -> None:
    chosen = random.Random(6)
    text = "".join(chr(chosen.randrange(0x4E00, 0x9000)) for _ in range(20_000))
    _, anchors = anchors_of(placed_units(column([text])), Windows(50))
    assert 0.8 < len(anchors) / 20_000 * (Windows(50).reach + 1) / 2 < 1.2


def test_a_window_that_holds_no_gram_is_refused() -> None:
    with pytest.raises(ValueError, match="8 units"):
        Windows(7)
