"""`corpus eval task`: answers of models held against labels; accuracy, precision, recall and F1, compared in pairs."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.errors import UsageError
from corpus.evaluation.answers import Answers
from corpus.evaluation.bootstrap import Interval, Resampling, beyond, draws, interval
from corpus.evaluation.categories import folded
from corpus.evaluation.testset import TestSet

MOST_LABELS = 200
_EDGES = " \t\n.,;:!?\"'`*()[]。，；：！？、“”‘’（）【】《》"


@dataclass(frozen=True)
class Label:
    """Of one label: rows that have it, answers that say it, and how these meet. None where nothing was said or had."""

    rows: int
    said: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Result:
    """A model on the labelled rows. An answer that names no label or several is `unclear`, one that is not there is
    `missing`; both count as wrong in every figure. `precision`, `recall` and `f1` are those of the positive label
    where one is named, else means over the labels (a label nobody said has a precision of 0)."""

    model: str
    rows: int
    unclear: int
    missing: int
    accuracy: Interval
    precision: Interval
    recall: Interval
    f1: Interval
    labels: dict[str, Label]


@dataclass(frozen=True)
class Apart:
    """`first` less `second` on the same rows, by a paired bootstrap, with the probability that it is chance."""

    first: str
    second: str
    accuracy: Interval
    p_accuracy: float | None
    f1: Interval
    p_f1: float | None


@dataclass(frozen=True)
class Measured:
    """The models in the order of their names, and each pair of them."""

    positive: str | None
    models: tuple[Result, ...]
    differences: tuple[Apart, ...]


def measure(tests: TestSet, answers: Answers, positive: str | None, how: Resampling) -> Measured:
    """Hold every model's answers against the references of the test set, which are the labels.

    UsageError when there are fewer than two labels or more than MOST_LABELS, rows without a label, or `positive` is
    none of the labels.
    """
    bare = sum(not folded(item.reference) for item in tests.items)
    labels = sorted({folded(item.reference) for item in tests.items} - {""})
    if bare or not 2 <= len(labels) <= MOST_LABELS:
        raise UsageError(f"a labelled task has 2 to {MOST_LABELS} labels and one on each row; here are {len(labels)} "
                         f"labels, and {bare:,} rows without one")  # fmt: skip
    if positive is not None and folded(positive) not in labels:
        raise UsageError(f"--positive {positive}: no row has this label; there are {', '.join(labels[:20])}")
    codes = {label: at for at, label in enumerate(labels)}
    right = np.asarray([codes[folded(item.reference)] for item in tests.items])
    read = reader_of(labels)
    said: dict[str, np.ndarray] = {}
    missing: dict[str, int] = {}
    for model in sorted(answers.of):
        texts = [answers.of[model].get(item.id) for item in tests.items]
        found = [None if text is None else read(text) for text in texts]
        said[model] = np.asarray([-1 if label is None else codes[label] for label in found])
        missing[model] = sum(text is None for text in texts)
    at = None if positive is None else codes[folded(positive)]
    tables = {model: _cells(right, codes_said, len(labels)) for model, codes_said in said.items()}
    resampled = {
        model: np.concatenate([_figures(counts @ cells, len(labels), at) for counts in _draws(len(right), how)])
        for model, cells in tables.items()
    }
    results = tuple(_result(model, tables[model], resampled[model], labels, at, missing[model], how) for model in said)
    apart = tuple(_apart(one, other, tables, resampled, len(labels), at, how)
                  for one, other in itertools.combinations(said, 2))  # fmt: skip
    return Measured(None if positive is None else folded(positive), results, apart)


def reader_of(labels: Sequence[str]) -> Callable[[str], str | None]:
    """A function from an answer to the label it gives: the whole answer, stripped of marks, else the one label that
    stands in it; None where there is none or several. A label inside a longer one that stands there does not count,
    nor does a Latin label inside a word."""
    longest = sorted(labels, key=lambda label: (-len(label), label))
    pattern = re.compile("|".join(_bounded(label) for label in longest))
    known = set(labels)

    def read(text: str) -> str | None:
        whole = folded(text).strip(_EDGES)
        if whole in known:
            return whole
        found = Counter(match[0] for match in pattern.finditer(folded(text)))
        return next(iter(found)) if len(found) == 1 else None

    return read


def _bounded(label: str) -> str:
    before = r"(?<![a-z0-9])" if re.match(r"[a-z0-9]", label) else ""
    after = r"(?![a-z0-9])" if re.search(r"[a-z0-9]\Z", label) else ""
    return f"{before}{re.escape(label)}{after}"


def _draws(rows: int, how: Resampling) -> Iterator[np.ndarray]:
    """The same draws for every model, so that differences are paired; without resamples one block of none."""
    yield np.zeros((0, rows))
    yield from draws(rows, how)


def _cells(right: np.ndarray, said: np.ndarray, labels: int) -> np.ndarray:
    """(rows, 3 * labels): whether a row is hit, said and had, by label; sums of rows give every figure."""
    found = np.zeros((len(right), 3, labels))
    rows = np.arange(len(right))
    found[rows, 2, right] = 1
    clear = said >= 0
    found[rows[clear], 1, said[clear]] = 1
    hit = said == right
    found[rows[hit], 0, right[hit]] = 1
    return found.reshape(len(right), 3 * labels)


def _figures(sums: np.ndarray, labels: int, positive: int | None) -> np.ndarray:
    """Accuracy, precision, recall and F1 of each row of sums. Labels that no drawn row has and no answer says are in
    no mean."""
    hit, said, had = np.moveaxis(sums.reshape(-1, 3, labels), 1, 0)
    accuracy = hit.sum(1) / np.maximum(1, had.sum(1))
    precision, recall = hit / np.maximum(1, said), hit / np.maximum(1, had)
    f1 = 2 * hit / np.maximum(1, said + had)
    if positive is not None:
        return np.stack([accuracy, precision[:, positive], recall[:, positive], f1[:, positive]], 1)
    there = (said + had) > 0
    many = np.maximum(1, there.sum(1))
    return np.stack([accuracy, *((part * there).sum(1) / many for part in (precision, recall, f1))], 1)


def _result(
    model: str, cells: np.ndarray, resampled: np.ndarray, labels: Sequence[str], at: int | None, missing: int,
    how: Resampling,
) -> Result:  # fmt: skip
    rows = len(cells)
    point = _figures(cells.sum(0)[None], len(labels), at)[0]
    accuracy, precision, recall, f1 = (interval(float(point[n]), resampled[:, n], rows, how) for n in range(4))
    hit, said, had = cells.sum(0).reshape(3, len(labels)).astype(int)
    by_label = {
        label: Label(int(had[n]), int(said[n]), _share(hit[n], said[n]), _share(hit[n], had[n]),
                     _share(2 * hit[n], said[n] + had[n]))
        for n, label in enumerate(labels)
    }  # fmt: skip
    return Result(model, rows, rows - int(said.sum()) - missing, missing, accuracy, precision, recall, f1, by_label)


def _share(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None


def _apart(
    first: str, second: str, tables: Mapping[str, np.ndarray], resampled: Mapping[str, np.ndarray], labels: int,
    at: int | None, how: Resampling,
) -> Apart:  # fmt: skip
    one, other = (_figures(tables[name].sum(0)[None], labels, at)[0] for name in (first, second))
    drawn, rows = resampled[first] - resampled[second], len(tables[first])
    accuracy, f1 = (interval(float(one[n] - other[n]), drawn[:, n], rows, how) for n in (0, 3))
    return Apart(first, second, accuracy, beyond(drawn[:, 0]), f1, beyond(drawn[:, 3]))
