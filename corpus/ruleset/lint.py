"""What the loader cannot refuse but a reviewer would: rules that never fail, say nothing or break their examples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import pyarrow as pa

from corpus.errors import Problem
from corpus.kernels.catalogue import SIGNALS, measure
from corpus.kernels.signal import DIALOGUE, SPOKEN, VIEWS, Signal
from corpus.ruleset.compile import DEFAULT_KIND, verdicts
from corpus.ruleset.doubts import doubts, foreign, of_pattern
from corpus.ruleset.model import Rule, RuleSet
from corpus.schema import MESSAGES

TURN = "\n---\n"
"""What stands between instruction and answer, or between turns, in an example of a rule that looks at more than one."""


def lint(ruleset: RuleSet, signals: Mapping[str, Signal] = SIGNALS) -> list[Problem]:
    """Everything doubtful about the rules as written, in file order; empty for a clean set. Runs no kernel."""
    found = [
        _problem(rule, message) for rule in ruleset.rules for message in _doubts(rule, signals[rule.signal.kernel])
    ]
    return sorted(found + list(_twice_bounded(ruleset)))


def test_examples(ruleset: RuleSet) -> list[Problem]:
    """Examples that the real kernels judge otherwise than the rule says: empty when all hold.

    An example is a value of the column the rule's signal reads, in a record of the first language, source and kind
    the rule applies to; of a signal that compares instruction and answer, both with TURN between them. Each rule is
    judged alone: a keep example must pass it, a drop example must fail it.
    """
    found = [
        _problem(rule, f"{wanted} example {number} {verb}: the signal is {value}, kept when {rule.keep_when}")
        for rule in ruleset.rules
        for wanted, texts, verb in (("keep", rule.examples.keep, "fails"), ("drop", rule.examples.drop, "is kept"))
        for number, (failed, value) in enumerate(_judged(rule, texts), start=1)
        if failed == (wanted == "keep")
    ]
    return sorted(found)


def _judged(rule: Rule, texts: tuple[str, ...]) -> Iterator[tuple[bool, Any]]:
    """Whether each example fails the rule, and the value the signal gave it."""
    if not texts:
        return
    lang = rule.applies.lang[0] if rule.applies.lang else None
    # An example of a rule that looks at single turns is a turn, or an exchange.
    alone = RuleSet((replace(rule, signal=replace(rule.signal, view="") if rule.signal.by_turn else rule.signal),))
    rule = alone.rules[0]
    reads = rule.signal.view or SIGNALS[rule.signal.kernel].reads
    columns: dict[str, list[Any]] = {
        "text": [""] * len(texts),
        "url": [None] * len(texts),
        "lang": [lang] * len(texts),
        "lang_score": [None] * len(texts),
    }
    types = {"text": pa.large_string(), "url": pa.string(), "lang": pa.string(), "lang_score": pa.float32()}
    types |= dict.fromkeys(VIEWS, pa.large_string())
    columns |= {view: [""] * len(texts) for view in VIEWS}
    if reads == SPOKEN:
        types[SPOKEN] = MESSAGES
        columns[SPOKEN] = [_turns(text) for text in texts]
    elif reads == DIALOGUE:
        parted = [text.partition(TURN) for text in texts]
        columns |= {"instruction": [one for one, _, _ in parted], "answer": [one for _, _, one in parted]}
    else:
        columns[reads] = [_number(text) for text in texts] if reads == "lang_score" else list(texts)
    batch = pa.RecordBatch.from_pydict({name: pa.array(columns[name], kind) for name, kind in types.items()})
    frame = pl.DataFrame(pl.from_arrow(measure(batch, alone.calls))).with_columns(
        pl.lit(lang, pl.String).alias("lang"),
        pl.lit(rule.applies.source[0] if rule.applies.source else "example").alias("source"),
        pl.lit(rule.applies.kind[0] if rule.applies.kind else DEFAULT_KIND).alias("kind"),
    )
    failed = verdicts(alone, frame)["action"].to_list()
    yield from zip([bool(action) for action in failed], frame[rule.signal.column].to_list(), strict=True)


def _turns(text: str) -> list[dict[str, str]]:
    """An example as messages: what TURN parts, user and assistant in turn."""
    return [{"role": ("user", "assistant")[place % 2], "content": said} for place, said in enumerate(text.split(TURN))]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _doubts(rule: Rule, signal: Signal) -> Iterator[str]:
    if _never_fails(rule, signal):
        yield f"can never fail: {rule.signal.column} is always {rule.keep_when}"
    yield from doubts(rule.id, rule.reason, rule.at, rule.idle)
    if set(rule.examples.keep) & set(rule.examples.drop):
        yield "has an example that is both kept and dropped"
    if signal.reads == "text":
        yield from foreign(rule.applies, rule.examples.keep, "keep example")
    pattern = rule.signal.arguments.get("pattern")
    if pattern is not None:
        yield from of_pattern(str(pattern))


def _never_fails(rule: Rule, signal: Signal) -> bool:
    bound = rule.keep_when
    if signal.unit == "label":
        return False
    low_open = bound.min is None or bound.min <= 0
    high_open = bound.max is None or (signal.unit == "ratio" and bound.max >= 1)
    return low_open and high_open


def _twice_bounded(ruleset: RuleSet) -> Iterator[Problem]:
    groups: dict[Any, list[Rule]] = defaultdict(list)
    for rule in ruleset.rules:
        for side, value in (("min", rule.keep_when.min), ("max", rule.keep_when.max)):
            if value is not None:
                groups[(rule.signal, rule.applies, rule.otherwise, side)].append(rule)
    for (signal, _, otherwise, side), rules in groups.items():
        for rule in rules[1:]:
            said = f"{otherwise}s by the {side} of {signal.column} for the same records as {rules[0].id}"
            yield _problem(rule, f"{said} ({rules[0].at}); one of them is idle")


def _problem(rule: Rule, message: str) -> Problem:
    at = rule.overridden or rule.at
    return Problem(at.path, at.line, 1, f"{rule.id}: {message}")
