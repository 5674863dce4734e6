"""Bounds from the distribution of a clean reference: what FineWeb2 (Penedo et al. 2025) does for every language.

A bound is the quantile of the reference that keeps the wanted share of it; what it then takes from a target is what
the two corpora differ by. Where both distributions are alike, a fitted bound takes as much of the one as of the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

import numpy as np
import polars as pl

from corpus.errors import UsageError
from corpus.inspect.measured import measure_sample
from corpus.kernels.catalogue import SIGNALS
from corpus.ruleset.change import overlay
from corpus.ruleset.compile import concerned, failing
from corpus.ruleset.load import load_rules
from corpus.ruleset.model import Bound, Rule

DOCUMENTS = 20_000
FEWEST = 50
DIGITS = 3
RULES = ("common", "zh/web", "en/web")


@dataclass(frozen=True)
class Fitted:
    """One rule in one language. `documents` of the reference are looked at by the rule and have a value; `own` keeps
    the wanted share of them, `bound` is what the overlay sets (the loosest of the rule's languages, because a rule has
    one bound). The shares are of records with the rule's conditions that fail it, before and with `bound`; None where
    the target has no such record."""

    rule: str
    action: str
    lang: str
    documents: int
    before: str
    own: str
    bound: str
    reference: tuple[float, float]
    target: tuple[float, float] | None


@dataclass(frozen=True)
class Fit:
    """All that was fitted, the rules that were not and why, the documents read, and the overlay as YAML."""

    keep: float
    reference_documents: int
    target_documents: int
    fitted: tuple[Fitted, ...]
    skipped: tuple[tuple[str, str], ...]
    overlay: str


def fit(
    reference: Sequence[str],
    target: Sequence[str],
    rules: Sequence[str] = RULES,
    keep: float = 0.99,
    lang: str | None = None,
    documents: int = DOCUMENTS,
    seed: int = 0,
) -> Fit:
    """For every numeric bound of `rules` the value that keeps at least the share `keep` of the reference, language by
    language, and what it takes from the target.

    A rule with `min` and `max` gives half of what may be lost to each. Bounds are rounded away from the data to three
    digits, so the share still holds; a side that could not fail any more is taken away, and a rule without another is
    left out. A rule's `source` condition is not looked at. Documents without a value are not
    counted. A language with fewer than 50 documents is not fitted. UsageError for a share outside (0, 1], ConfigError
    for mistakes in rule files.
    """
    if not 0 < keep <= 1:
        raise UsageError(f"--keep {keep}: must be above 0 and at most 1; 0.99 keeps 99 % of the reference")
    found = load_rules(rules)
    samples = [
        measure_sample(name, paths, found.calls, documents, seed, lang).frame
        for name, paths in (("reference", reference), ("target", target))
    ]
    fitted: list[Fitted] = []
    skipped: list[tuple[str, str]] = []
    entries: list[tuple[Rule, Bound, str]] = []
    for rule in found.rules:
        rows, bound, why = _fit(rule, samples[0], samples[1], keep)
        if bound is None:
            skipped.append((rule.id, why))
            continue
        fitted += rows
        if bound != rule.keep_when:
            said = ", ".join(f"{row.documents:,} {row.lang} documents" for row in rows)
            source = f"fitted to keep {_percent(keep)} of {said} of a reference; was {rule.keep_when}"
            entries.append((rule, bound, source))
    head = (
        f"Made by `corpus rules fit`: each bound keeps {_percent(keep)} of the reference, "
        f"{samples[0].height:,} documents.",
        f"Name it after {', '.join(rules)} in `rules:`.",
    )
    return Fit(keep, samples[0].height, samples[1].height, tuple(fitted), tuple(skipped), overlay(entries, head))


def _fit(
    rule: Rule, reference: pl.DataFrame, target: pl.DataFrame, keep: float
) -> tuple[list[Fitted], Bound | None, str]:
    """A row a language, and the bound for all of them; no bound and the reason where there is nothing to fit."""
    if SIGNALS[rule.signal.kernel].unit == "label":
        return [], None, "bounds a label"
    rule = replace(rule, applies=replace(rule.applies, source=()))
    seen = {name: _looked_at(rule, frame) for name, frame in (("reference", reference), ("target", target))}
    column = rule.signal.column
    counts = seen["reference"].group_by("lang").len().sort("lang")
    langs = [lang for lang, count in counts.iter_rows() if lang is not None and count >= FEWEST]
    if not langs:
        most = int(counts["len"].max() or 0)  # type: ignore[arg-type]
        return [], None, f"{most} documents of the reference to fit it on, {FEWEST} are needed"
    own = {
        lang: quantile_bound(seen["reference"].filter(lang=lang)[column].to_numpy(), rule.keep_when, keep)
        for lang in langs
    }
    bound = _loosest(rule, list(own.values()))
    if bound.empty:
        return [], None, "no bound that can fail keeps that share of the reference"
    rows = [
        Fitted(
            rule=rule.id,
            action=rule.otherwise,
            lang=lang,
            documents=seen["reference"].filter(lang=lang).height,
            before=str(rule.keep_when),
            own=str(own[lang]),
            bound=str(bound),
            reference=_shares(rule, bound, seen["reference"].filter(lang=lang)) or (0.0, 0.0),
            target=_shares(rule, bound, seen["target"].filter(lang=lang)),
        )
        for lang in langs
    ]
    return rows, bound, ""


def quantile_bound(values: np.ndarray, shape: Bound, keep: float) -> Bound:
    """The bound with the sides of `shape` that keeps at least the share `keep` of `values` (one or more, no NaN).

    Tightest on each side but for rounding to three digits away from the values; with two sides each may lose half.
    """
    ordered = np.sort(values)
    sides = (shape.min is not None) + (shape.max is not None)
    lose = math.floor((1 - Fraction(str(keep))) * len(ordered) / max(1, sides))
    lose = min(lose, (len(ordered) - 1) // max(1, sides))
    return Bound(
        min=None if shape.min is None else rounded(float(ordered[lose]), down=True),
        max=None if shape.max is None else rounded(float(ordered[len(ordered) - 1 - lose]), down=False),
    )


def rounded(value: float, down: bool) -> float:
    """`value` at three significant digits, at most it (`down`) or at least it; whole numbers up to 2^53 stay."""
    if value.is_integer():
        return value
    context = Context(prec=DIGITS, rounding=ROUND_FLOOR if down else ROUND_CEILING)
    return float(context.create_decimal(Decimal(value)))


def _looked_at(rule: Rule, frame: pl.DataFrame) -> pl.DataFrame:
    """Records that the rule looks at and that have a value."""
    value = pl.col(rule.signal.column)
    present = (
        value.is_not_null() & value.is_not_nan() if frame.schema[rule.signal.column].is_float() else value.is_not_null()
    )
    return frame.filter(concerned(rule.applies) & present)


def _shares(rule: Rule, bound: Bound, frame: pl.DataFrame) -> tuple[float, float] | None:
    if not frame.height:
        return None
    dtype = frame.schema[rule.signal.column]
    both = [failing(item, dtype) for item in (rule, replace(rule, keep_when=bound))]
    before, after = (int(frame.select(test.sum()).item()) for test in both)
    return before / frame.height, after / frame.height


def _loosest(rule: Rule, own: Sequence[Bound]) -> Bound:
    """The bound that contains all of `own`, without a side that no value of the signal can be outside of."""
    unit = SIGNALS[rule.signal.kernel].unit
    low = min((bound.min for bound in own if bound.min is not None), default=None)
    high = max((bound.max for bound in own if bound.max is not None), default=None)
    return Bound(
        min=None if low is not None and low <= 0 and unit != "label" else low,
        max=None if high is not None and high >= 1 and unit == "ratio" else high,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.10g} %"
