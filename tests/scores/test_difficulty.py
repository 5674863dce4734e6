from __future__ import annotations

import random

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from corpus.errors import UsageError
from corpus.kernels.difficulty import FACETS, prepare
from corpus.scores.difficulty import EXTREME, NO_ANSWER, WEIGHTS, categories, combined, rank_within, score_batches

Row = tuple[str | None, str | None, str | None]
CITIES = ("杭州", "成都", "青岛", "西安", "昆明", "长沙")
THINGS = ("茶馆", "渡口", "夜市", "石桥", "书店", "渔港")


def easy(chance: random.Random) -> Row:
    return (f"{chance.choice(CITIES)}有什么？", "", f"{chance.choice(CITIES)}有{chance.choice(THINGS)}。")


def hard(chance: random.Random) -> Row:
    days = [
        f"第{day}天：先去{chance.choice(THINGS)}，再到{chance.choice(THINGS)}，花{chance.randint(20, 300)}元。"
        for day in range(6)
    ]
    ask = f"为{chance.choice(CITIES)}写一份六天的行程，每天两处，不超过{chance.randint(900, 2000)}元，列出费用。"
    return (ask, "", "\n".join(days))


def batch(rows: list[Row]) -> tuple[pa.Array, pa.Array, pa.Array]:
    return tuple(pa.array([row[place] for row in rows], pa.large_string()) for place in range(3))  # type: ignore[return-value]


def sample(many: int, seed: int = 0) -> list[Row]:
    chance = random.Random(seed)
    return [(hard if place % 3 == 0 else easy)(chance) for place in range(many)]


def test_rows_that_ask_and_say_more_are_harder() -> None:
    found = score_batches([batch(sample(120))])["difficulty"].to_numpy()
    assert found[::3].min() > max(found[1::3].max(), found[2::3].max())


def test_batches_and_order_change_no_score() -> None:
    rows = sample(90)
    whole = score_batches([batch(rows)])
    parts = score_batches([batch(rows[:7]), batch(rows[7:60]), batch(rows[60:])])
    assert whole.equals(parts)
    backwards = score_batches([batch(rows[::-1])])
    assert np.allclose(whole["difficulty"].to_numpy(), backwards["difficulty"].to_numpy()[::-1])


def test_a_row_without_answer_and_garble_among_answers_are_noise_and_have_no_difficulty() -> None:
    chance = random.Random(1)
    garble = "".join(chr(chance.randint(0x4E00, 0x9FA5)) for _ in range(60))
    rows = [*sample(300), ("写诗", "", ""), ("写诗", "", None), ("写诗", None, garble)]
    found = score_batches([batch(rows)])
    assert found["noise"].to_list()[-3:] == [NO_ANSWER, NO_ANSWER, EXTREME]
    assert found["difficulty"].is_null().to_list() == [False] * 300 + [True] * 3


def test_words_for_no_input_are_none() -> None:
    said = ["", "<noinput>", "No input", "无", "N/A", "无锡", "None of them came"]
    rows: list[Row] = [("a", one, "b") for one in said]
    assert prepare(*batch(rows)).given.tolist() == [False] * 5 + [True] * 2


def test_marks_of_code_and_lines_with_something_are_counted() -> None:
    found = prepare(*batch([("a", "", "x = 1\n\n  \ny[0] += 2"), ("a", "", "雨停了。")]))
    assert found.structure.tolist() == [2, 1]
    assert found.notation.tolist() == [8, 0]


def test_ranks_are_within_the_category_and_ties_share_theirs() -> None:
    values = np.array([3.0, 1.0, 1.0, np.nan] * 30 + [9.0] * 60)
    ranks = rank_within(values, pl.Series(["a"] * 120 + ["b"] * 60))
    assert np.isnan(ranks[3::4][:30]).all()
    assert ranks[1] == ranks[2] == pytest.approx(30 / 90)
    assert ranks[0] == pytest.approx(75 / 90)
    assert (ranks[120:] == 0.5).all()


def test_small_categories_are_ranked_together() -> None:
    ranks = rank_within(np.arange(60.0), pl.Series([f"kind {place % 30}" for place in range(60)]))
    assert (np.diff(ranks) > 0).all()


def test_a_facet_moves_the_score_by_its_weight_only() -> None:
    category = pl.Series(["a"] * 100)
    flat = {name: np.zeros(100) for name in FACETS}
    found = combined({**flat, "information": np.arange(100.0)}, category)
    assert found.max() - found.min() == pytest.approx(0.99 * WEIGHTS["information"] / sum(WEIGHTS.values()))


@pytest.mark.parametrize(
    ("weights", "said"), [({"loss": 1}, "loss has no column"), ({"ask": -1}, "not a weight"), ({"ask": 0}, "all are 0")]
)
def test_weights_that_make_no_sense_are_refused(weights: dict[str, float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        combined({"ask": np.arange(3.0)}, pl.Series(["a"] * 3), weights)


def test_categories_say_language_and_form() -> None:
    given = np.array([True, False, False])
    assert categories(given, ["zh", "en", None]).to_list() == ["zh:input", "en:plain", "und:plain"]
    with pytest.raises(UsageError, match="1 languages for 3 rows"):
        categories(given, ["zh"])
