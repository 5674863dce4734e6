"""A fitted bound keeps the share of the reference that it says, and its overlay loads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from building import prose, write_jsonl
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UsageError
from corpus.inspect.fit import fit, quantile_bound, rounded
from corpus.inspect.measured import measure_sample
from corpus.kernels.signal import SignalCall
from corpus.ruleset.load import load_rules
from corpus.ruleset.model import Bound

NUMBERS = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=300)
SHAPES = st.sampled_from([Bound(min=0), Bound(max=0), Bound(min=0, max=0)])


@given(values=NUMBERS, shape=SHAPES, keep=st.sampled_from([0.5, 0.9, 0.99, 0.999, 1.0]))
def test_at_least_the_share_is_kept(values: Sequence[float], shape: Bound, keep: float) -> None:
    found = quantile_bound(np.array(values, np.float32), shape, keep)
    assert ((found.min is None), (found.max is None)) == ((shape.min is None), (shape.max is None))
    low = np.float32(-np.inf if found.min is None else found.min)
    high = np.float32(np.inf if found.max is None else found.max)
    kept = sum(low <= np.float32(value) <= high for value in values)
    assert kept >= keep * len(values) - 1e-9


def test_no_more_is_kept_than_rounding_costs() -> None:
    values = np.arange(1, 1001, dtype=np.int32)
    assert quantile_bound(values, Bound(max=0), 0.99) == Bound(max=990)
    assert quantile_bound(values, Bound(min=0), 0.99) == Bound(min=11)
    assert quantile_bound(values, Bound(min=0, max=0), 0.99) == Bound(min=6, max=995)
    assert quantile_bound(values, Bound(max=0), 1.0) == Bound(max=1000)


@given(st.floats(1e-30, 1e9))
def test_rounding_goes_away_from_the_data_and_costs_little(value: float) -> None:
    assert rounded(value, down=True) <= value <= rounded(value, down=False)
    assert rounded(value, down=False) - rounded(value, down=True) <= value * 0.0101


def corpus(path: Path, marks: int, many: int = 120) -> str:
    rows = [{"id": f"{n}", "text": prose(n, 6) + "！" * (n % 4 * marks)} for n in range(many)]
    return str(write_jsonl(path, rows))


def test_bounds_follow_the_reference_and_the_overlay_says_them(tmp_path: Path) -> None:
    reference, target = corpus(tmp_path / "r.jsonl", 1), corpus(tmp_path / "t.jsonl", 40)
    found = fit([reference], [target], ["zh/web"], keep=0.95)
    row = next(row for row in found.fitted if row.rule == "zh.punct_ratio_high")
    assert (row.lang, row.documents, row.before) == ("zh", 120, "at most 0.4")
    assert row.reference[1] <= 0.05
    assert row.target is not None
    assert row.target[1] > max(row.target[0], 0.5)
    path = tmp_path / "o.yaml"
    path.write_text(found.overlay, encoding="utf-8")
    new = load_rules(["zh/web", str(path)])
    for row in found.fitted:
        rule = new.rules[new.by_id[row.rule]]
        assert str(rule.keep_when) == row.bound
        assert "120 zh documents" in rule.source or rule.overridden is None
    for row in found.fitted:
        assert row.reference[1] <= 0.05, row.rule
    assert {name for name, _ in found.skipped} | {row.rule for row in found.fitted} == {rule.id for rule in new.rules}


def test_a_language_with_few_documents_is_not_fitted(tmp_path: Path) -> None:
    reference = corpus(tmp_path / "r.jsonl", 1, many=49)
    found = fit([reference], [reference], ["zh/web"])
    assert not found.fitted
    assert ("zh.short", "49 documents of the reference to fit it on, 50 are needed") in found.skipped
    assert load_rules(["zh/web"]).rules
    with pytest.raises(UsageError, match="--keep"):
        fit([reference], [reference], ["zh/web"], keep=99)


def test_a_sample_is_bounded_and_seeded(tmp_path: Path) -> None:
    path, calls = corpus(tmp_path / "r.jsonl", 1), [SignalCall("chars")]
    whole = measure_sample("s", [path], calls, 1000)
    assert whole.frame.height == 120
    assert whole.characters == whole.frame["chars"].sum()
    some = measure_sample("s", [path], calls, 20, seed=3)
    assert some.frame.height == 20
    assert some.frame.equals(measure_sample("s", [path], calls, 20, seed=3).frame)
    assert not some.frame.equals(measure_sample("s", [path], calls, 20, seed=4).frame)
