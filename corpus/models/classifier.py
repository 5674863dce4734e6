"""A classifier that is loaded: text in, calibrated scores out. Its file is looked at before any loader sees it.

Our own models are floret's files; their matrices are taken out and applied by `corpus.kernels.linear`, which gives what
floret gives at some 30 MB/s. floret's own `predict` is not used: for a list of texts it returns the first label's
probability for every label, and for a single text it fails with numpy 2. Models of others are applied by the
`fasttext-predict` package, one text at a time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.errors import EnvironmentProblem, UsageError
from corpus.kernels import lineview
from corpus.kernels.linear import linear, scores
from corpus.models.calibrate import Platt
from corpus.models.card import Card, find
from corpus.models.directory import check, read, state
from corpus.models.fasttext_file import examine

SPACES = r"[\s\x00\x0b\x0c\x85\u2028\u2029]+"
INSTRUCTION = 1
"""Raise it when the line of any instruction row changes."""
ROWS = 1
"""Raise it when a feature of any row changes (`corpus.models.rows.features`)."""
VIEW_VERSIONS: Mapping[str, int] = {
    "chars": lineview.VERSION,
    "words": 1,
    "instruction": 10 * INSTRUCTION + lineview.VERSION,
    "rows": 100 * ROWS + lineview.VERSION,
}
"""The version of each view that this code makes."""
_CERTAIN = 1e-6


@dataclass(frozen=True)
class Classifier:
    """`raw` gives the log-odds of each label for lines of the card's view: float64, rows by labels."""

    card: Card
    raw: Callable[[pa.Array], np.ndarray]

    def odds(self, text: pa.Array) -> np.ndarray:
        """Log-odds of each label against all others; not a number where a text has nothing to read, or is null."""
        return self.raw(lines(text, self.card.view))

    def scores(self, text: pa.Array) -> np.ndarray:
        """Calibrated probabilities of each label, float64, rows by labels; not a number as in `odds`."""
        return calibrated(self.odds(text), self.card.labels, self.card.calibration)

    def given(self, scored: np.ndarray) -> np.ndarray:
        """The label of each row as its place in the card's labels.

        With a label that is looked for: that one from its threshold on (0.5 where it has none), else the other. With
        several: the one with the highest score, -1 without a score.
        """
        labels, known = self.card.labels, np.nan_to_num(scored, nan=-1.0)
        if self.card.positive is None:
            return np.where(np.isnan(scored[:, 0]), -1, np.argmax(known, axis=1))
        yes = labels.index(self.card.positive)
        threshold = self.card.thresholds.get(self.card.positive)
        return np.where(known[:, yes] >= (0.5 if threshold is None else threshold.value), yes, 1 - yes)


def lines(text: pa.Array, view: str) -> pa.Array:
    """Texts as the view shows them, each ended by a newline; null for null."""
    if view == "chars":
        return lineview.views(text)
    if view in ("instruction", "rows"):
        raise UsageError("this classifier reads instruction rows, not texts; use the corpus difficulty commands")
    import polars as pl

    series = pl.Series(pl.from_arrow(text)).cast(pl.String)
    squeezed = series.str.replace_all(SPACES, " ").str.strip_chars(" ") + "\n"
    return squeezed.to_arrow().cast(pa.large_string())


def calibrated(odds: np.ndarray, labels: tuple[str, ...], calibration: Mapping[str, Platt]) -> np.ndarray:
    """Probabilities of log-odds, column by column; a label without a calibration has the model's own."""
    columns = [calibration.get(label, Platt()).apply(odds[:, place]) for place, label in enumerate(labels)]
    return np.stack(columns, axis=1)


def log_odds(sums: np.ndarray) -> np.ndarray:
    """The log-odds of each label against all others, from scores before the softmax: x_i - log sum_{j != i} exp x_j."""
    many = sums.shape[1]
    with np.errstate(invalid="ignore"):  # rows without a score
        columns = [
            sums[:, place] - np.logaddexp.reduce(sums[:, [other for other in range(many) if other != place]], axis=1)
            for place in range(many)
        ]
    return np.stack(columns, axis=1)


def load(name: str, base: Path | None = None) -> Classifier:
    """The classifier `name` (see `card.find`), loaded after its bytes are those its card names.

    UsageError when it is not there, changed, damaged, or made for a view this version does not make.
    """
    return opened(find(name, base))


def opened(directory: Path) -> Classifier:
    """The classifier in a directory; once a process for each state of its files."""
    card = read(directory, Card)
    return _opened(*state(directory, card, (card.model,)))


@functools.lru_cache(maxsize=8)
def _opened(directory: Path, content: str, _stamps: tuple[int, ...]) -> Classifier:
    card = Card.model_validate_json(content)
    check(directory, (card.model,))
    made = VIEW_VERSIONS[card.view]
    if card.view_version != made:
        raise UsageError(
            f"{directory}: was made for version {card.view_version} of the view {card.view!r}, this is version {made}; "
            "train it again"
        )
    openers = {"floret": _floret, "fasttext": _fasttext, "rows": _rows}
    return Classifier(card, openers[card.format](directory / card.model.name, card))


def _floret(path: Path, card: Card) -> Callable[[pa.Array], np.ndarray]:
    floret = need_floret()
    model = floret.load_model(str(path))
    return applied(model, card.stored)


def _rows(path: Path, card: Card) -> Callable[[pa.Array], np.ndarray]:
    from corpus.models.rows.meaning import opened as reader_of
    from corpus.models.rows.model import both, meant, open_model

    if len(card.labels) != 2 or card.positive is None:
        raise UsageError(f"{path}: a model of rows tells two labels apart, one of which is looked for")
    model, yes = open_model(path), card.labels.index(card.positive)
    if (card.reader is None) != (model.meaning is None):
        raise UsageError(f"{path}: its card and its arrays do not agree on whether a sentence model is read")
    if card.reader is None:
        return lambda found: both(model.odds(found), yes)
    reader = reader_of(card.reader)
    return lambda found: both(model.odds(found, meant(found, reader)), yes)


def applied(model: Any, stored: tuple[str, ...]) -> Callable[[pa.Array], np.ndarray]:
    """Log-odds by a floret model in memory, columns in the order of `stored`."""
    settings = model.f.getArgs()  # a loaded model has them nowhere else
    if settings.maxn:
        raise UsageError("the model has subwords, which a model of the view `chars` has not")
    labels = list(model.get_labels())
    if sorted(labels) != sorted(stored):
        raise UsageError(f"the model has the labels {', '.join(labels)}, its card {', '.join(stored)}")
    output = model.get_output_matrix()[[labels.index(one) for one in stored]]
    weights = linear(model.get_words(), model.get_input_matrix() @ output.T, settings.wordNgrams)
    return lambda found: log_odds(scores(found, weights))


def need_floret() -> Any:
    """The package that trains; EnvironmentProblem where it is not installed."""
    try:
        import floret
    except ImportError:
        raise EnvironmentProblem("classifiers need the package floret; pip install floret") from None
    return floret


def _fasttext(path: Path, card: Card) -> Callable[[pa.Array], np.ndarray]:
    found = examine(path)
    if sorted(found.labels) != sorted(card.stored):
        raise UsageError(f"{path}: has the labels {', '.join(found.labels)}, its card {', '.join(card.stored)}")
    import fasttext

    model = fasttext.load_model(str(path))
    places = {label: place for place, label in enumerate(card.stored)}

    def odds(found: pa.Array) -> np.ndarray:
        # The package's own `predict` copies each text once more and, for lists, drops the probabilities.
        result = np.full((len(found), len(places)), np.nan)
        for row, line in enumerate(pc.fill_null(found, "\n").to_pylist()):
            if line == "\n":
                continue
            result[row] = _CERTAIN
            for probability, label in model.f.predict(line, len(places), 0.0, "strict"):
                result[row, places[label]] = probability
        known = np.clip(result, _CERTAIN, 1 - _CERTAIN)
        return np.asarray(np.log(known) - np.log1p(-known))

    return odds
