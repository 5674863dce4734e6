"""Tiers: percentiles that add up over parts, fallbacks, demotion, null, and located errors."""

from __future__ import annotations

import math
import pickle

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import ConfigError, ContractError
from corpus.ruleset.tiers import CUTS, TierPolicy, assign, bins, cut_points, histogram, load_tiers, lower_edges

POLICY = """\
min_group: 4
tiers:
  - name: high
    when:
      - {signal: {kernel: mean_line_length}, min_percentile: 50}
      - {signal: {kernel: url_char_ratio}, max: 0.1, lang: [zh]}
  - name: medium
    when:
      - {signal: {kernel: mean_line_length}, min_percentile: 25, max_percentile: 90}
  - name: low
"""


@pytest.fixture
def policy(write) -> TierPolicy:
    return load_tiers(write(POLICY))


def rows(
    values: list[float | None], source: str = "a", lang: str | None = "zh", urls: float | None = 0.0
) -> pl.DataFrame:
    return pl.DataFrame(
        {"mean_line_length": values, "url_char_ratio": [urls] * len(values)},
        schema={"mean_line_length": pl.Float32, "url_char_ratio": pl.Float32},
    ).with_columns(source=pl.lit(source), lang=pl.lit(lang, pl.String))


def tiers_of(policy: TierPolicy, table: pl.DataFrame, cuts: pl.DataFrame | None = None) -> list[int]:
    return assign(policy, table, cut_points(histogram(table, policy), policy) if cuts is None else cuts).to_list()


def test_the_policy_is_read_with_its_calls_and_percentiles(policy):
    assert policy.names == ("high", "medium", "low")
    assert [call.column for call in policy.calls] == ["mean_line_length", "url_char_ratio"]
    assert dict(policy.percentiles) == {"mean_line_length": (25, 50, 90)}
    copy = pickle.loads(pickle.dumps(policy))
    assert (copy, copy.digest) == (policy, policy.digest)


def test_percentiles_are_ranks_within_the_group(policy):
    table = pl.concat([rows([float(n) for n in range(1, 11)]), rows([float(n) for n in range(101, 111)], source="b")])
    # Nearest rank: the 25th percentile of ten values is the third, the 50th the fifth, the 90th the ninth.
    assert tiers_of(policy, table) == [2, 2, 1, 1, 0, 0, 0, 0, 0, 0] * 2


def test_a_small_group_uses_its_language_and_then_all(policy):
    many = rows([float(n) for n in range(1, 11)])
    few_zh, few_ja = rows([1.0, 6.0], source="b"), rows([1.0, 6.0], source="b", lang="ja")
    table = pl.concat([many, few_zh, few_ja])
    cuts = cut_points(histogram(table, policy), policy)
    assert set(cuts.filter(pl.col("scope") == "source")["source"]) == {"a"}
    assert set(cuts.filter(pl.col("scope") == "lang")["lang"]) == {"zh"}
    assert set(cuts.filter(pl.col("scope") == "all")["rows"]) == {14}
    assert assign(policy, table, cuts).to_list()[10:] == [2, 0, 2, 0]


def test_an_absolute_bound_and_a_language(policy):
    table = pl.concat([rows([5.0] * 4, urls=0.1), rows([5.0] * 4, urls=0.2), rows([5.0] * 4, urls=0.2, lang="en")])
    assert tiers_of(policy, table) == [0] * 4 + [1] * 4 + [0] * 4


def test_a_missing_value_holds_no_condition(policy):
    values = [None, math.nan, 5.0, 5.0, 5.0, 5.0]
    assert tiers_of(policy, rows(values)) == [2, 2, 0, 0, 0, 0]
    assert tiers_of(policy, rows([5.0] * 4, urls=None)) == [1] * 4


def test_without_any_cut_percentile_conditions_fail(policy):
    assert tiers_of(policy, rows([5.0] * 4), pl.DataFrame(schema=CUTS)) == [2] * 4
    assert assign(policy, rows([]), pl.DataFrame(schema=CUTS)).to_list() == []


def test_a_demoted_record_goes_one_tier_lower_and_never_below_the_last(policy):
    table = rows([1.0, 4.0, 9.0, 9.0, 9.0, 9.0])
    cuts = cut_points(histogram(rows([float(n) for n in range(1, 11)]), policy), policy)
    assert tiers_of(policy, table, cuts) == [2, 1, 0, 0, 0, 0]
    demoted = table.with_columns(demoted=pl.Series([True, True, True, False, None, True]))
    assert tiers_of(policy, demoted, cuts) == [2, 2, 1, 0, 0, 1]


def test_cuts_survive_json_like_columns(policy):
    table = rows([float(n) for n in range(1, 11)])
    cuts = cut_points(histogram(table, policy), policy)
    assert assign(policy, table, cuts.to_dict(as_series=False)).equals(assign(policy, table, cuts))


def test_an_unknown_language_is_a_group_of_its_own(policy):
    table = pl.concat([rows([1.0] * 4, lang=None), rows([2.0] * 4)])
    cuts = cut_points(histogram(table, policy), policy)
    assert cuts.filter((pl.col("scope") == "source") & (pl.col("lang") == ""))["rows"].unique().to_list() == [4]


def test_missing_columns_are_named(policy):
    with pytest.raises(ContractError, match="mean_line_length, source, lang"):
        histogram(pl.DataFrame({"url_char_ratio": [0.1]}), policy)


FLOATS = st.floats(width=32, allow_nan=False)


@settings(max_examples=100, deadline=None)
@given(st.lists(FLOATS, min_size=1, max_size=50))
def test_bins_keep_the_order_and_their_edges_are_close_below(values):
    series = pl.Series("v", values, pl.Float32).sort()
    found = bins(series)
    assert found.is_sorted()
    edges = lower_edges(found)
    assert bins(edges).equals(found)
    finite = series.is_finite() & (series.abs() >= 2.0**-126) & edges.is_finite()
    exact, low = series.filter(finite).cast(pl.Float64), edges.filter(finite).cast(pl.Float64)
    assert (low <= exact).all()
    assert ((exact - low) <= exact.abs() * 2.0**-11 * (1 + 1e-9)).all()


def test_bins_of_nothing_are_nothing_and_zero_has_one_sign():
    assert bins(pl.Series([None, math.nan, 0.0, -0.0], dtype=pl.Float32)).to_list()[:2] == [None, None]
    assert bins(pl.Series([0.0, -0.0])).n_unique() == 1
    assert lower_edges(pl.Series([None], dtype=pl.Int64)).to_list() == [None]


MANY = st.lists(
    st.tuples(
        st.none() | st.floats(0, 100, width=32),
        st.sampled_from("abc"),
        st.sampled_from(["zh", "en", None]),
        st.booleans(),
    ),
    min_size=1,
    max_size=80,
)


@settings(max_examples=50, deadline=None)
@given(values=MANY, seed=st.integers(0, 99), cut=st.integers(0, 80))
def test_tiers_do_not_depend_on_partitioning_or_order(tmp_path_factory, values, seed, cut):
    path = tmp_path_factory.getbasetemp() / "policy.yaml"
    path.write_text(POLICY, encoding="utf-8")
    policy = load_tiers(str(path))
    table = pl.DataFrame(
        values,
        schema={"mean_line_length": pl.Float32, "source": pl.String, "lang": pl.String, "demoted": pl.Boolean},
        orient="row",
    ).with_columns(url_char_ratio=pl.lit(0.05, pl.Float32))
    whole = histogram(table, policy)
    parts = pl.concat([histogram(table[:cut], policy), histogram(table[cut:], policy)])
    cuts = cut_points(whole, policy)
    assert cut_points(parts, policy).equals(cuts)
    tiers = assign(policy, table, cuts)
    assert pl.concat([assign(policy, table[:cut], cuts), assign(policy, table[cut:], cuts)]).equals(tiers)
    order = np.random.default_rng(seed).permutation(len(values))
    shuffled = table[order]
    assert cut_points(histogram(shuffled, policy), policy).equals(cuts)
    assert assign(policy, shuffled, cuts).equals(tiers[order])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kernel: url_char_ratio", "kernel: url_chars_ratio", '6:19: unknown kernel "url_chars_ratio"; did you mean'),
        ("max: 0.1,", "max: 10,", "6:44: url_char_ratio is a ratio from 0 to 1; max 10 is outside it; 10 % is 0.1"),
        ("max: 0.1, ", "", "6:9: when: bounds nothing"),
        ("min_percentile: 50", "min_percentile: 100", "min_percentile: Input should be less than 100"),
        ("min_percentile: 25", "min_percentile: 95", "min_percentile 95 is above max_percentile 90"),
        ("kernel: url_char_ratio}, max: 0.1", "kernel: script}, max: 0.1", "tiers are cut by numbers"),
        ("name: medium", "name: high", "7:5: tier 'high' is declared twice"),
        ("  - name: low\n", "", "8:5: medium: the last tier takes the rest; drop its when"),
        ("  - name: low\n", "  - name: mid\n  - name: low\n", "10:5: mid: has no when, so it takes all"),
        ("min_group: 4", "min_group: 0", "min_group: Input should be greater than or equal to 1"),
        ("min_group: 4", "min_grup: 4", "unknown key 'min_grup'; did you mean \"min_group\"?"),
        ("lang: [zh]", "lang: [zh-CN]", "lang: String should match pattern"),
    ],
)
def test_a_wrong_policy_is_told_with_its_place(write, old, new, said):
    assert old in POLICY
    with pytest.raises(ConfigError) as caught:
        load_tiers(write(POLICY.replace(old, new)))
    assert said in str(caught.value)


def test_an_unknown_policy_is_answered_with_those_that_exist():
    with pytest.raises(ConfigError, match=r'defualt: no such tier policy; did you mean "default"\?'):
        load_tiers("defualt")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_tiers("absent.yaml")


def test_the_digest_follows_what_changes_an_assignment(write, policy):
    assert load_tiers(write("# a comment\n" + POLICY, "b.yaml")).digest == policy.digest
    changes = ("min_group: 5", "min_percentile: 51", "max: 0.11", "lang: [zh, en]", "name: middle")
    olds = ("min_group: 4", "min_percentile: 50", "max: 0.1", "lang: [zh]", "name: medium")
    digests = {load_tiers(write(POLICY.replace(old, new))).digest for old, new in zip(olds, changes, strict=True)}
    assert len(digests | {policy.digest}) == len(changes) + 1
