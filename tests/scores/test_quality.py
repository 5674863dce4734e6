"""Quality: ranks that add up over pieces, curves, missing parts, and both means."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import ContractError
from corpus.ruleset.quality import QualityPolicy, load_quality
from corpus.scores.quality import SCORES, curves, histogram, parts, quality

POLICY = """\
min_group: 4
parts:
  - {signal: {kernel: url_char_ratio}, weight: 3, curve: [[0.1, 1], [0.3, 0]]}
  - {signal: {kernel: chars}, better: high}
  - {column: judge.score, weight: 2, curve: [[1, 0], [5, 1]]}
  - {name: middling, signal: {kernel: chars}, better: middle, lang: [en]}
"""


@pytest.fixture
def policy(tmp_path: Path) -> QualityPolicy:
    return made(tmp_path, POLICY)


def made(folder: Path, text: str) -> QualityPolicy:
    path = folder / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return load_quality(str(path))


def rows(chars: list[int | None], urls: float | None = 0.0, lang: str | None = "zh", source: str = "a") -> pl.DataFrame:
    return pl.DataFrame(
        {"chars": chars, "url_char_ratio": [urls] * len(chars)},
        schema={"chars": pl.Int32, "url_char_ratio": pl.Float32},
    ).with_columns(source=pl.lit(source), lang=pl.lit(lang, pl.String))


def scored(frame: pl.DataFrame, policy: QualityPolicy) -> pl.DataFrame:
    return quality(frame, policy, curves(histogram(frame, policy), policy))


def test_a_rank_is_the_middle_of_equal_values_within_the_language(policy):
    frame = pl.concat([rows([10, 10, 20, 30]), rows([1000, 2000, 3000, 4000], lang="en")])
    found = parts(frame, policy, curves(histogram(frame, policy), policy))
    assert found["chars"].to_list() == [0.25, 0.25, 0.625, 0.875, 0.125, 0.375, 0.625, 0.875]
    assert found["middling"].to_list() == [None] * 4 + [0.25, 0.75, 0.75, 0.25]
    assert found["judge.score"].null_count() == 8


def test_quality_is_the_weighted_mean_and_says_how_far_the_parts_are_apart(policy):
    frame = rows([10, 10, 20, 30], urls=0.2)
    found = scored(frame, policy)
    assert dict(found.schema) == SCORES
    # url 0.5 with weight 3, rank 0.875 with weight 1; the judge's 2 of 6 are not known.
    assert found["quality"][3] == pytest.approx((3 * 0.5 + 0.875) / 4)
    assert found["quality_disagreement"][3] == pytest.approx(np.sqrt(3 / 4 * 1 / 4) * 0.375)
    assert found["quality_known"][3] == pytest.approx(4 / 6)


def test_a_column_that_a_stage_stored_joins_in(policy):
    frame = rows([10, 10, 20, 30]).with_columns(pl.Series("judge.score", [5.0, None, 1.0, 3.0]))
    found = scored(frame, policy)
    assert found["quality"][0] == pytest.approx((3 + 0.25 + 2) / 6)
    assert found["quality_known"].to_list() == pytest.approx([1, 4 / 6, 1, 1])


def test_a_record_of_which_nothing_is_known_has_no_quality(policy):
    found = scored(rows([None, 3], urls=None), policy)
    assert found.row(0) == (None, None, 0.0)
    assert found.row(1)[0] is not None


def test_of_two_curves_the_better_counts(tmp_path):
    both = "min_group: 2\nparts:\n  - {column: a, curve: [[0, 1], [1, 0]], rank_curve: [[0.5, 1], [1, 0]]}\n"
    policy = made(tmp_path, both)
    frame = pl.DataFrame({"a": [0.1, 0.9, 1.0, 1.0], "source": "s", "lang": "zh"})
    # By the value 0.9, 0.1, 0 and 0; by the rank 1, 1, and twice 0.5, the middle of two equal ones being 0.75.
    assert scored(frame, policy)["quality"].to_list() == pytest.approx([1.0, 1.0, 0.5, 0.5])


def test_small_groups_are_ranked_among_all(policy):
    frame = pl.concat([rows([1, 2, 3, 4, 5, 6]), rows([100], lang="fr")])
    found = parts(frame, policy, curves(histogram(frame, policy), policy))
    assert found["chars"][6] == pytest.approx(6.5 / 7)
    assert found["chars"][0] == pytest.approx(0.5 / 6)


def test_ranks_within_sources_where_the_policy_says_so(tmp_path):
    policy = made(tmp_path, "min_group: 2\nwithin: source\nparts:\n  - {signal: {kernel: chars}, better: high}\n")
    frame = pl.concat([rows([1, 2]), rows([100, 200], source="b"), rows([150], source="c")])
    found = parts(frame, policy, curves(histogram(frame, policy), policy))
    assert found["chars"].to_list() == pytest.approx([0.25, 0.75, 0.25, 0.75, 3.5 / 5])


def test_values_that_were_not_counted_lie_between_their_neighbours(policy):
    table = curves(histogram(rows([10, 20, 30, 40]), policy), policy)
    assert parts(rows([5, 10, 15, 40, 99]), policy, table)["chars"].to_list() == [0.0, 0.125, 0.25, 0.875, 1.0]


def test_a_missing_signal_is_refused(policy):
    with pytest.raises(ContractError, match="url_char_ratio"):
        histogram(rows([1]).drop("url_char_ratio"), policy)


VALUES = st.lists(
    st.tuples(
        st.none() | st.integers(0, 5000), st.sampled_from(["zh", "en", None, "zh-TW"]), st.floats(0, 1, width=32)
    ),
    min_size=2,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(VALUES, st.integers(1, 40), st.randoms())
def test_scores_depend_on_neither_pieces_nor_order(tmp_path_factory, values, cut, random):
    policy = made(tmp_path_factory.mktemp("policy"), POLICY)
    frame = pl.DataFrame(
        values, schema={"chars": pl.Int32, "lang": pl.String, "url_char_ratio": pl.Float32}, orient="row"
    ).with_columns(source=pl.lit("a"))
    whole = histogram(frame, policy)
    pieces = [frame[:cut], frame[cut:]]
    keys = ["source", "lang", "column", "bin"]
    summed = pl.concat([histogram(one, policy) for one in pieces]).group_by(keys).agg(pl.col("count").sum()).sort(keys)
    assert summed.equals(whole)
    table = curves(whole, policy)
    straight = quality(frame, policy, table)
    assert pl.concat([quality(one, policy, table) for one in pieces if one.height]).equals(straight)
    order = list(range(frame.height))
    random.shuffle(order)
    assert quality(frame[order], policy, table).equals(straight[order])
    known = straight["quality"].drop_nulls()
    assert ((known >= 0) & (known <= 1)).all()
    assert (straight["quality_disagreement"].drop_nulls() <= 0.5001).all()


def test_a_curve_keeps_few_points_of_many_bins(policy):
    many = pl.DataFrame({"chars": np.arange(200_000, dtype=np.int32)}).with_columns(
        url_char_ratio=pl.lit(0.0, pl.Float32), source=pl.lit("a"), lang=pl.lit("zh")
    )
    table = curves(histogram(many, policy), policy)
    assert table.filter(pl.col("scope") == "lang").height <= 4096
    ranks = parts(many, policy, table)["chars"].to_numpy()
    assert np.abs(ranks - (np.arange(200_000) + 0.5) / 200_000).max() < 2e-3
