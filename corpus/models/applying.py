"""A classifier over files: what it makes of labelled rows, and scores beside the rows of any files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import config
from corpus.errors import UsageError
from corpus.models.classifier import Classifier
from corpus.models.examples import Examples, Given, chunks, read_examples
from corpus.models.metrics import Evaluation
from corpus.models.training import judged
from corpus.quarantine import to_table
from corpus.schema import QUARANTINE, RAW

SCORED, UNREADABLE = "scored.parquet", "quarantine.parquet"
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
    """Score every row of `paths` and write `out/scored.parquet`: the row's columns as the readers give them (fields
    that are none of them are in `meta`), `score.<label>` for each label, and `label`, null where there is nothing to
    read. Rows that cannot be read go to `out/quarantine.parquet`.

    Files appear whole, at the end. UsageError when `out` holds them already or nothing can be read.
    """
    targets = [out / SCORED, out / UNREADABLE]
    there = [str(path) for path in targets if path.exists()]
    if there:
        raise UsageError(f"{', '.join(there)}: is there already; name another directory, nothing is overwritten")
    labels = model.card.labels
    schema = pa.schema([*RAW, *(pa.field(f"score.{label}", pa.float32()) for label in labels), (GIVEN, pa.string())])
    names = np.array([*labels, None], object)
    counts: Counter[str] = Counter()
    unreadable: Counter[str] = Counter()
    size = rows = 0
    out.mkdir(parents=True, exist_ok=True)
    aside = [path.with_name(f".{path.name}.writing") for path in targets]
    try:
        with (
            pq.ParquetWriter(aside[0], schema, compression="zstd") as good,
            pq.ParquetWriter(aside[1], QUARANTINE) as bad,
        ):
            for chunk in chunks(paths, config.Fields(text=text_field)):
                if chunk.quarantined:
                    unreadable.update(str(row.reason) for row in chunk.quarantined)
                    bad.write_table(to_table(chunk.quarantined))
                if not chunk.records.num_rows:
                    continue
                text = chunk.records.column("text")
                scored = model.scores(text)
                none = np.isnan(scored[:, 0])
                given = names[np.where(none, len(labels), model.given(scored))]
                columns = [pa.array(scored[:, place].astype(np.float32), mask=none) for place in range(len(labels))]
                arrays = [*chunk.records.columns, *columns, pa.array(given, pa.string())]
                good.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
                counts.update("none" if label is None else label for label in given)
                size += text.nbytes
                rows += len(text)
        kept = [(path, target) for path, target in zip(aside, targets, strict=True) if path is aside[0] or unreadable]
        for path, target in kept:
            path.replace(target)
    finally:
        for path in aside:
            path.unlink(missing_ok=True)
    return Applied(
        read=rows + sum(unreadable.values()),
        scored=rows,
        labels=dict(sorted(counts.items())),
        unreadable=dict(sorted(unreadable.items())),
        bytes=size,
        files=tuple(str(target) for _, target in kept),
    )
