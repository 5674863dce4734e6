"""A classifier over files: what it makes of labelled rows, and scores beside the rows of any files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.errors import UsageError
from corpus.models.classifier import Classifier
from corpus.models.examples import Examples, Given, read_examples
from corpus.models.metrics import Evaluation
from corpus.models.scored import score_rows
from corpus.models.training import judged
from corpus.schema import RAW

GIVEN = "label"


@dataclass(frozen=True)
class Judged:
    """An evaluation, and the rows that are not in it: see `card.Rows`. `unknown` have a label the model has not."""

    evaluation: Evaluation
    read: int
    left_out: dict[str, int]
    unknown: dict[str, int]


@dataclass(frozen=True)
class Applied:
    """Rows scored by the label they were given (`none`: nothing to read), rows that could not be read, and the files
    written."""

    read: int
    scored: int
    labels: dict[str, int]
    unreadable: dict[str, int]
    bytes: int
    files: tuple[str, ...]


def evaluate_files(model: Classifier, given: Given | Examples) -> Judged:
    """What the model makes of labelled rows, each text once. UsageError when no row has a label of the model."""
    card = model.card
    found = given if isinstance(given, Examples) else read_examples(given, card.view)
    counts = dict(found.frame.group_by("label").len().sort("label").iter_rows())
    unknown = {label: count for label, count in counts.items() if label not in card.labels}
    if len(unknown) == len(counts):
        raise UsageError(
            f"no row has a label of the model ({', '.join(card.labels)}); the rows have {', '.join(counts) or 'none'}"
        )
    frame = found.frame.filter(pl.col("label").is_in(list(card.labels)))
    places = {label: place for place, label in enumerate(card.labels)}
    truth = frame["label"].replace_strict(places, return_dtype=pl.Int64).to_numpy()
    lines = frame["line"].to_arrow().cast(pa.large_string())
    left = {
        "unreadable": sum(found.unreadable.values()),
        "unlabelled": found.unlabelled,
        "empty": found.empty,
        "duplicate": found.duplicate,
        "conflicting": found.conflicting,
        "over": found.over,
    }
    evaluation = judged(card, model.raw(lines), truth)
    return Judged(evaluation, found.read, {name: count for name, count in left.items() if count}, unknown)


def apply_to_files(model: Classifier, paths: Sequence[str], out: Path, text_field: str | None = None) -> Applied:
    """Score every row of `paths`, as `score_rows` writes them: the row's columns as the readers give them (fields that
    are none of them are in `meta`), `score.<label>` for each label, and `label`; null where there is nothing to read.
    """
    labels = model.card.labels
    schema = pa.schema([*RAW, *(pa.field(f"score.{label}", pa.float32()) for label in labels), (GIVEN, pa.string())])
    names = np.array([*labels, None], object)
    counts: Counter[str] = Counter()
    size = 0

    def columns(records: pa.RecordBatch) -> list[pa.Array]:
        nonlocal size
        text = records.column("text")
        scored = model.scores(text)
        none = np.isnan(scored[:, 0])
        given = names[np.where(none, len(labels), model.given(scored))]
        counts.update("none" if label is None else label for label in given)
        size += text.nbytes
        each = [pa.array(scored[:, place].astype(np.float32), mask=none) for place in range(len(labels))]
        return [*records.columns, *each, pa.array(given, pa.string())]

    done = score_rows(paths, out, schema, columns, text_field)
    return Applied(
        read=done.read,
        scored=done.rows,
        labels=dict(sorted(counts.items())),
        unreadable=done.unreadable,
        bytes=size,
        files=done.files,
    )
