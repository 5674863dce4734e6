"""Verdicts: all failing rules recorded, the worst action, null semantics, no influence of order or batch."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import ContractError
from corpus.kernels.signal import SignalCall
from corpus.ruleset.compile import VERDICTS, verdicts
from corpus.ruleset.model import SEVERITY, Action, Applies, Bound, Examples, Location, Rule, RuleSet

LINES, HAN, SCRIPT = SignalCall("lines"), SignalCall("char_ratio", (("of", "han"),)), SignalCall("script")
ANY = Applies()


def rule(name: str, call: SignalCall, bound: Bound, otherwise: Action = "drop", applies: Applies = ANY) -> Rule:
    return Rule(name, call, bound, otherwise, "a reason", "a test", applies, Examples(), Location("t.yaml", 1))


def frame(rows: list[tuple[str | None, str, int | None, int | None, float | None, str | None]]) -> pl.DataFrame:
    names = {"lang": pl.String, "source": pl.String, "chars": pl.Int32, "lines": pl.Int32, "char_ratio.han": pl.Float32}
    return pl.DataFrame(rows, schema={**names, "script": pl.String}, orient="row")


def judged(rules: list[Rule], rows: list[tuple]) -> list[tuple]:
    return verdicts(RuleSet(tuple(rules)), frame(rows)).drop("turns").rows()


def test_all_failing_rules_are_recorded_and_the_worst_action_counts():
    rules = [
        rule("a.flag", LINES, Bound(max=10), "flag"),
        rule("b.drop", HAN, Bound(min=0.5)),
        rule("c.demote", LINES, Bound(max=20), "demote"),
        rule("d.drop", LINES, Bound(max=30)),
    ]
    rows = [
        ("zh", "s", 100, 5, 0.9, "Hani"),
        ("zh", "s", 100, 15, 0.9, "Hani"),
        ("zh", "s", 100, 25, 0.9, "Hani"),
        ("zh", "s", 100, 35, 0.9, "Hani"),
        ("zh", "s", 100, 35, 0.25, "Hani"),
    ]
    assert judged(rules, rows) == [
        (0, None, [], []),
        (1, None, [0], [15.0]),
        (2, None, [0, 2], [25.0, 25.0]),
        (3, 3, [0, 2, 3], [35.0, 35.0, 35.0]),
        (3, 1, [0, 1, 2, 3], [35.0, 0.25, 35.0, 35.0]),
    ]


def test_the_first_rule_is_the_first_in_order_that_drops():
    rules = [rule("a.flag", LINES, Bound(max=1), "flag"), rule("b.drop", LINES, Bound(max=2))]
    assert judged(rules, [("zh", "s", 9, 9, 0.5, "Hani")])[0][1] == 1
    assert judged(rules[::-1], [("zh", "s", 9, 9, 0.5, "Hani")])[0][1] == 0


def test_both_ends_of_a_bound_are_kept_in_the_precision_of_the_column():
    rules = [rule("a.b", HAN, Bound(0.1, 0.3)), rule("a.c", LINES, Bound(2, 4))]
    rows = [("zh", "s", 9, lines, han, None) for lines, han in ((2, 0.1), (4, 0.3), (1, 0.09999), (5, 0.30001))]
    assert [row[2] for row in judged(rules, rows)] == [[], [], [0, 1], [0, 1]]


def test_a_missing_value_fails_no_rule():
    rules = [
        rule("a.b", HAN, Bound(0.1, 0.3)),
        rule("a.c", LINES, Bound(2, 4)),
        rule("a.d", SCRIPT, Bound(allowed=("Hani",))),
    ]
    nothing = judged(rules, [("zh", "s", None, None, None, None), ("zh", "s", None, None, math.nan, None)])
    assert nothing == [(0, None, [], [])] * 2


def test_infinite_values_are_outside_every_bound():
    rules = [rule("a.b", HAN, Bound(max=0.3)), rule("a.c", HAN, Bound(min=0.1))]
    assert [
        row[2] for row in judged(rules, [("zh", "s", 1, 1, math.inf, None), ("zh", "s", 1, 1, -math.inf, None)])
    ] == [[0], [1]]


def test_labels_are_compared_with_sets_and_have_no_number():
    rules = [rule("a.in", SCRIPT, Bound(allowed=("Hani", "Latn"))), rule("a.not", SCRIPT, Bound(refused=("Cyrl",)))]
    rows = [("zh", "s", 9, 9, 0.5, script) for script in ("Hani", "Cyrl", "Kana")]
    assert [(row[2], row[3]) for row in judged(rules, rows)] == [([], []), ([0, 1], [None, None]), ([0], [None])]


@pytest.mark.parametrize(
    ("applies", "hits"),
    [
        (Applies(), [0, 1, 2, 3, 4]),
        (Applies(lang=("zh",)), [0, 1]),
        (Applies(lang=("en", "zh")), [0, 1, 2]),
        (Applies(source=("news",)), [1, 2]),
        (Applies(min_chars=50), [1, 2, 3]),
        (Applies(max_chars=50), [0, 1]),
        (Applies(kind=("conversation",)), []),
        (Applies(kind=("document",)), [0, 1, 2, 3, 4]),
        (Applies(lang=("zh",), source=("news",), min_chars=50, max_chars=50), [1]),
    ],
)
def test_a_rule_looks_only_at_what_it_applies_to(applies, hits):
    rows = [
        ("zh", "web", 10, 9, 0.5, None),
        ("zh-Hant_TW", "news", 50, 9, 0.5, None),
        ("EN", "news", 90, 9, 0.5, None),
        (None, "web", 90, 9, 0.5, None),
        ("ja", "web", None, 9, 0.5, None),
    ]
    found = judged([rule("a.b", LINES, Bound(max=1), applies=applies)], rows)
    assert [index for index, row in enumerate(found) if row[0]] == hits


def test_a_column_of_kinds_is_looked_at():
    table = frame([("zh", "s", 9, 9, 0.5, None)] * 2).with_columns(kind=pl.Series(["document", "conversation"]))
    only = RuleSet((rule("a.b", LINES, Bound(max=1), applies=Applies(kind=("conversation",))),))
    assert verdicts(only, table)["action"].to_list() == [0, 3]


def test_types_hold_with_no_rules_no_rows_and_no_failures():
    some, none = RuleSet((rule("a.b", LINES, Bound(max=10)),)), RuleSet(())
    rows = frame([("zh", "s", 9, 9, 0.5, None)])
    for ruleset, table in ((some, rows), (some, rows.clear()), (none, rows), (none, rows.clear())):
        found = verdicts(ruleset, table)
        assert found.schema == pl.Schema(VERDICTS)
        assert found.height == table.height


def test_missing_columns_are_named():
    ruleset = RuleSet((rule("a.b", LINES, Bound(max=10)),))
    with pytest.raises(ContractError, match="lines, lang, source"):
        verdicts(ruleset, pl.DataFrame({"chars": [1]}))


BOUND = st.floats(-2, 5, width=32)
VALUE = st.none() | st.floats(-3, 6, width=32) | st.just(math.nan)
RULES = st.lists(
    st.tuples(
        st.sampled_from([LINES, HAN]),
        st.tuples(BOUND, BOUND).map(sorted) | st.tuples(BOUND, st.none()) | st.tuples(st.none(), BOUND),
        st.sampled_from(["drop", "flag", "demote"]),
        st.sampled_from([(), ("zh",), ("en", "zh")]),
    ),
    max_size=6,
)
LANG = st.sampled_from([None, "zh", "en", "ja"])
ROWS = st.lists(
    st.tuples(LANG, st.just("s"), st.just(1), st.none() | st.integers(-3, 6), VALUE, st.none()), max_size=30
)


def expected(rules: list[Rule], row: tuple) -> tuple:
    """The meaning of verdicts, one record at a time."""
    failed = []
    for index, one in enumerate(rules):
        value = row[3] if one.signal == LINES else row[4]
        low, high = one.keep_when.min, one.keep_when.max
        concerned = not one.applies.lang or row[0] in one.applies.lang
        if value is None or (isinstance(value, float) and math.isnan(value)) or not concerned:
            continue
        if (low is not None and value < np.float32(low)) or (high is not None and value > np.float32(high)):
            failed.append((index, float(value)))
    action = max([SEVERITY[rules[index].otherwise] for index, _ in failed], default=0)
    first = next((index for index, _ in failed if rules[index].otherwise == "drop"), None)
    return action, first, [index for index, _ in failed], [value for _, value in failed]


@settings(max_examples=60, deadline=None)
@given(specs=RULES, rows=ROWS, seed=st.integers(0, 99), cut=st.integers(0, 30))
def test_verdicts_are_those_of_one_record_at_a_time(specs, rows, seed, cut):
    rules = [
        rule(f"r.{number}", call, Bound(*ends), how, Applies(lang=lang))
        for number, (call, ends, how, lang) in enumerate(specs)
    ]
    ruleset, table = RuleSet(tuple(rules)), frame(rows)
    whole = verdicts(ruleset, table)
    assert whole.drop("turns").rows() == [expected(rules, row) for row in rows]
    parts = [verdicts(ruleset, table[:cut]), verdicts(ruleset, table[cut:])]
    assert pl.concat(parts).equals(whole)
    order = np.random.default_rng(seed).permutation(len(rows))
    assert verdicts(ruleset, table[order]).equals(whole[order])


def test_a_rule_of_single_turns_names_the_turn_that_decided():
    call = SignalCall("line_count", view="answers.highest")
    table = pl.DataFrame({"lang": ["zh", "zh"], "source": ["s", "s"], call.column: [9, 1], call.place.column: [4, 2]})
    found = verdicts(RuleSet((rule("a.b", call, Bound(max=3)), rule("a.c", call, Bound(max=5)))), table)
    assert found["turns"].to_list() == [[4, 4], []]
    assert found["values"].to_list() == [[9, 9], []]
