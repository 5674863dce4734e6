"""A trained model of instruction rows: two opinions on one row, added; its file is plain arrays, without pickle.

One opinion is a logistic regression over hashed n-grams and the form of the row. The other is a kernel regression over
short vectors of instruction and answer (`embed.hashed`, fitted on the training rows) and the form. Each is scaled to
the same spread on rows it had not seen. Nothing but numpy and our kernels is needed to apply it.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.embed.hashed import HashedModel
from corpus.errors import UsageError
from corpus.kernels.buffers import frozen
from corpus.models.rows import features
from corpus.models.rows.features import PARTS, Vocabulary
from corpus.models.rows.kernel import Kernel, scaled
from corpus.models.rows.logistic import Logistic

SEAM = "\x1e"
"""What stands between the three texts of a row's line; in a text it is a space."""
FORM_IN_LINEAR = 0.05
SCALES = (2.0, 1.5, 0.7)
"""How far instruction, answer and form reach in the kernel's space."""
_BATCH = 2048


@dataclass(frozen=True)
class RowModel:
    """`middle` and `spread` are those of the form on the training rows; `linear_at` and `kernel_at` the mean and the
    deviation of each opinion on rows it had not seen."""

    vocabulary: Vocabulary
    logistic: Logistic
    vectors: tuple[HashedModel, HashedModel]
    kernel: Kernel
    middle: np.ndarray
    spread: np.ndarray
    linear_at: tuple[float, float]
    kernel_at: tuple[float, float]

    def odds(self, lines: pa.Array) -> np.ndarray:
        """How much each line of `line_of` looks like the label that is looked for, not calibrated: float64; not a
        number for a line with nothing to read. A row does not depend on the rows around it."""
        parts = [self._odds(lines.slice(at, _BATCH)) for at in range(0, len(lines), _BATCH)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _odds(self, lines: pa.Array) -> np.ndarray:
        frame, known = texts_of(lines)
        texts = features.cleaned(frame)
        form = (features.form(texts) - self.middle) / self.spread
        linear = self.logistic.odds(features.matrix(texts, self.vocabulary), form * FORM_IN_LINEAR)
        near = self.kernel.values(points(texts, self.vectors, form))
        found = [
            (one - middle) / spread for one, (middle, spread) in ((linear, self.linear_at), (near, self.kernel_at))
        ]
        return np.where(known, found[0] + found[1], np.nan)


def points(texts: pl.DataFrame, vectors: tuple[HashedModel, HashedModel], form: np.ndarray) -> np.ndarray:
    """Where rows of `features.cleaned` texts stand for the kernel."""
    instruction, answer = (
        model.embed(column(texts[name])) for model, name in zip(vectors, ("instruction", "answer"), strict=True)
    )
    return scaled(list(zip((instruction, answer, form), SCALES, strict=True)))


def line_of(frame: pl.DataFrame) -> pa.Array:
    """Each row of `instruction`, `given` and `answer` as one line: the three texts with SEAM between, then a newline; a
    newline alone where the instruction or the answer is empty."""
    said = [pl.col(name).fill_null("").str.replace_all(SEAM, " ", literal=True) for name in PARTS]
    empty = (said[0].str.strip_chars() == "") | (said[2].str.strip_chars() == "")
    line = pl.when(empty).then(pl.lit("\n")).otherwise(pl.concat_str(*said, separator=SEAM) + "\n")
    return column(frame.select(line).to_series())


def texts_of(lines: pa.Array) -> tuple[pl.DataFrame, np.ndarray]:
    """The three texts of lines, and whether a line has any."""
    series = pl.Series("line", pl.from_arrow(lines), dtype=pl.String).fill_null("\n").str.strip_suffix("\n")
    split = series.str.split_exact(SEAM, 2).struct.rename_fields(list(PARTS)).struct.unnest()
    return split, (series != "").to_numpy()


def both(odds: np.ndarray, yes: int) -> np.ndarray:
    """Log-odds of two labels, of which the one in place `yes` has these: float64, rows by labels."""
    return np.stack([odds if place == yes else -odds for place in range(2)], axis=1)


def save(model: RowModel, path: Path) -> None:
    """Write the model's arrays."""
    kept: dict[str, Any] = {
        "buckets": model.vocabulary.buckets, "idf": model.vocabulary.weights,
        "sparse": model.logistic.sparse.astype(np.float32), "dense": model.logistic.dense,
        "bias": np.array([model.logistic.bias]), "landmarks": model.kernel.landmarks,
        "kernel_weights": model.kernel.weights, "width": np.array([model.kernel.width]),
        "middle": model.middle, "spread": model.spread,
        "linear_at": np.array(model.linear_at), "kernel_at": np.array(model.kernel_at),
    }  # fmt: skip
    for place, one in enumerate(model.vectors):
        kept |= {f"vector_buckets_{place}": one.buckets, f"vector_table_{place}": one.table.astype(np.float16)}
    np.savez(path, **kept)


def open_model(path: Path) -> RowModel:
    """The model that `save` wrote; UsageError when the file is none."""
    try:
        with np.load(path, allow_pickle=False) as found:
            held = {name: found[name] for name in found.files}
        vectors = [
            HashedModel(
                frozen(held[f"vector_buckets_{place}"]), frozen(held[f"vector_table_{place}"].astype(np.float32))
            )
            for place in range(2)
        ]
        return RowModel(
            vocabulary=Vocabulary(frozen(held["buckets"]), frozen(held["idf"])),
            logistic=Logistic(held["sparse"].astype(np.float64), held["dense"], float(held["bias"][0])),
            vectors=(vectors[0], vectors[1]),
            kernel=Kernel(held["landmarks"], held["kernel_weights"], float(held["width"][0])),
            middle=held["middle"],
            spread=held["spread"],
            linear_at=(float(held["linear_at"][0]), float(held["linear_at"][1])),
            kernel_at=(float(held["kernel_at"][0]), float(held["kernel_at"][1])),
        )
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise UsageError(f"{path}: is no model of rows: {error}") from None


def column(found: pl.Series) -> pa.Array:
    """A series as one large_string array."""
    array = found.to_arrow().cast(pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
