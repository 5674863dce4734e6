from __future__ import annotations

import numpy as np
import pytest

from corpus.errors import UsageError
from corpus.scores.cuts import Cuts, Wanted, cut, stage_of

STAGES = ((0.58, 1.0, 1.5), (0.285, 1.5, 3.5), (0.135, 3.5, 5.0))


def judged(rows: int, seed: int, rounding: str = "floor") -> np.ndarray:
    """Scores of three groups whose densities are low at their bounds, in quarter steps."""
    rng = np.random.default_rng(seed)
    sizes = rng.multinomial(rows, [share for share, _, _ in STAGES])
    drawn = [low + (high - low) * rng.beta(2, 2, size) for size, (_, low, high) in zip(sizes, STAGES, strict=True)]
    steps = np.concatenate(drawn) * 4
    return np.asarray((np.floor(steps) if rounding == "floor" else np.round(steps)) / 4)


@pytest.mark.parametrize("rounding", ["floor", "round"])
@pytest.mark.parametrize("rows", [2000, 20_000])
def test_both_valleys_of_quarter_steps_are_found_within_a_step_for_every_seed(rows: int, rounding: str) -> None:
    for seed in range(20):
        found = cut(judged(rows, seed, rounding), Wanted(resamples=0))
        assert np.abs(np.array(found.values) - [1.5, 3.5]).max() <= 0.25


def test_scores_off_the_grid_here_and_there_do_not_change_the_step() -> None:
    scores = judged(5000, 1)
    scores[::25] += 0.0625
    assert cut(scores, Wanted(resamples=0)).step == 0.25


def test_valleys_of_scores_without_a_grid_lie_between_the_modes() -> None:
    rng = np.random.default_rng(3)
    modes = np.concatenate([rng.normal(place, 0.5, 3000) for place in (0, 5, 10)])
    found = cut(modes)
    assert found.step is None
    assert np.abs(np.array(found.values) - [2.5, 7.5]).max() < 1
    assert all(one.valley for one in found.cuts)


def test_scores_without_a_valley_are_cut_into_equal_sizes_and_say_so() -> None:
    found = cut(np.random.default_rng(0).normal(size=20_000))
    assert not any(one.valley for one in found.cuts)
    assert all(abs(one.share - 1 / 3) < 0.02 for one in found.sizes)


def test_no_stage_is_smaller_than_asked_for_where_that_can_be_had() -> None:
    scores = np.concatenate([np.random.default_rng(0).normal(0, 1, 5000), np.full(30, 40.0)])
    assert min(one.share for one in cut(scores, Wanted(stages=2, least=0.1)).sizes) >= 0.1
    assert min(one.rows for one in cut(scores, Wanted(stages=2, least=0, balance=0)).sizes) == 30


@pytest.mark.parametrize("method", ["valleys", "quantiles"])
def test_order_does_not_matter_and_another_run_gives_the_same(method: str) -> None:
    wanted = Wanted.model_validate({"method": method})
    scores = judged(3000, 5)
    assert cut(scores, wanted) == cut(scores[::-1], wanted) == cut(np.sort(scores), wanted)


def test_sizes_account_for_every_row_and_agree_with_the_stage_of_each() -> None:
    scores = np.append(judged(3000, 2), [np.nan, np.inf])
    found = cut(scores)
    assert (found.rows, found.unscored) == (3000, 2)
    counts = np.bincount(found.stages(scores), minlength=4)
    assert counts[0] == 2
    assert [one.rows for one in found.sizes] == counts[1:].tolist()


def test_a_score_on_a_cut_belongs_above_it() -> None:
    assert stage_of(np.array([1.25, 1.5, 3.5, np.nan]), (1.5, 3.5)).tolist() == [1, 2, 3, 0]


def test_the_interval_holds_the_cut_and_is_wider_for_fewer_rows() -> None:
    rng = np.random.default_rng(8)
    wide, narrow = (cut(rng.random(rows), Wanted(method="quantiles", stages=2)).cuts[0] for rows in (100, 10_000))
    for one in (wide, narrow):
        assert one.low <= one.value <= one.high
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_quantiles_give_the_shares_asked_for_also_of_a_long_tail() -> None:
    scores = np.random.default_rng(1).exponential(1, 10_000) ** 3
    found = cut(scores, Wanted(method="quantiles", shares=(0.5, 0.3, 0.2)))
    assert [round(one.share, 2) for one in found.sizes] == [0.5, 0.3, 0.2]


def test_what_a_manifest_holds_reads_back_as_the_same_cuts() -> None:
    found = cut(judged(1000, 0))
    assert Cuts.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("scores", "wanted", "said"),
    [
        ([], {}, "0 different scores"),
        ([1.0, 2.0, 2.0], {}, "2 different scores cannot be cut into 3 stages"),
        ([1.0, 2.0, 3.0], {"method": "quantiles", "shares": (1, 2)}, "must be 3 numbers above 0"),
        ([1.0, 2.0, 3.0], {"shares": (1, 1, 1)}, "valleys find their own"),
        ([0.0] * 90 + [0.123, 7.77], {}, "nearly all scores are equal"),
        ([0.0] * 90 + [0.123 * 1.37**power for power in range(12)], {"method": "quantiles"}, "fall together"),
    ],
)
def test_what_cannot_be_cut_is_refused_with_the_reason(
    scores: list[float], wanted: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        cut(np.array(scores), Wanted.model_validate(wanted))
