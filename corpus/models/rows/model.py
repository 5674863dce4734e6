"""A trained model of instruction rows: opinions on one row, added; its file is plain arrays, without pickle.

One opinion is a logistic regression over hashed n-grams and the form of the row. The other is a kernel regression over
short vectors of instruction and answer (`embed.hashed`, fitted on the training rows) and the form. Each is scaled to
the same spread on rows it had not seen. Nothing but numpy and our kernels is needed to apply it; where a sentence
model was named in training (`meaning`), a third opinion reads its vectors, which are given with the rows.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.embed import Embedder
from corpus.embed.hashed import HashedModel
from corpus.errors import UsageError
from corpus.kernels.buffers import frozen, large
from corpus.models.rows import features
from corpus.models.rows.features import PARTS, Vocabulary
from corpus.models.rows.kernel import Kernel, scaled
from corpus.models.rows.logistic import Logistic
from corpus.models.rows.meaning import IN_LINEAR, Meaning, vectors_of

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
    meaning: Meaning | None = None

    def odds(self, lines: pa.Array, vectors: np.ndarray | None = None) -> np.ndarray:
        """How much each line of `line_of` looks like the label that is looked for, not calibrated: float64; not a
        number for a line with nothing to read. `vectors` are those of `meant`, for a model with a `meaning`. A row does
        not depend on the rows around it."""
        starts = range(0, len(lines), _BATCH)
        read = [None if vectors is None else vectors[at : at + _BATCH] for at in starts]
        parts = [self._odds(lines.slice(at, _BATCH), one) for at, one in zip(starts, read, strict=True)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _odds(self, lines: pa.Array, vectors: np.ndarray | None) -> np.ndarray:
        frame, known = texts_of(lines)
        texts = features.cleaned(frame)
        form = (features.form(texts) - self.middle) / self.spread
        if self.meaning is not None and vectors is None:
            raise UsageError("this model of rows reads vectors of a sentence model, and none were given")
        linear = self.logistic.odds(features.matrix(texts, self.vocabulary), light(form, vectors))
        near = self.kernel.values(points(texts, self.vectors, form))
        found = [
            (one - middle) / spread for one, (middle, spread) in ((linear, self.linear_at), (near, self.kernel_at))
        ]
        if self.meaning is not None and vectors is not None:
            found.append(self.meaning.opinion(vectors, form))
        return np.where(known, sum(found), np.nan)


def light(form: np.ndarray, vectors: np.ndarray | None) -> np.ndarray:
    """What the logistic regression reads beside n-grams: the form, and the vectors where there are any; float64."""
    return scaled([(form, FORM_IN_LINEAR)] + ([] if vectors is None else [(vectors, IN_LINEAR)]))


def meant(lines: pa.Array, embedder: Embedder) -> np.ndarray:
    """What a sentence model makes of lines of `line_of`: see `meaning.vectors_of`."""
    return vectors_of(features.cleaned(texts_of(lines)[0]), embedder)


def points(texts: pl.DataFrame, vectors: tuple[HashedModel, HashedModel], form: np.ndarray) -> np.ndarray:
    """Where rows of `features.cleaned` texts stand for the kernel."""
    instruction, answer = (
        model.embed(large(texts[name])) for model, name in zip(vectors, ("instruction", "answer"), strict=True)
    )
    return scaled(list(zip((instruction, answer, form), SCALES, strict=True)))


def line_of(frame: pl.DataFrame) -> pa.Array:
    """Each row of `instruction`, `given` and `answer` as one line: the three texts with SEAM between, then a newline; a
    newline alone where the instruction or the answer is empty."""
    said = [pl.col(name).fill_null("").str.replace_all(SEAM, " ", literal=True) for name in PARTS]
    empty = (said[0].str.strip_chars() == "") | (said[2].str.strip_chars() == "")
    line = pl.when(empty).then(pl.lit("\n")).otherwise(pl.concat_str(*said, separator=SEAM) + "\n")
    return large(frame.select(line).to_series())


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
    if model.meaning is not None:
        own = model.meaning.kernel
        kept |= {
            "meaning_landmarks": own.landmarks, "meaning_weights": own.weights,
            "meaning_width": np.array([own.width]), "meaning_at": np.array(model.meaning.at),
        }  # fmt: skip
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
            meaning=_meaning(held) if "meaning_at" in held else None,
        )
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise UsageError(f"{path}: is no model of rows: {error}") from None


def _meaning(held: dict[str, np.ndarray]) -> Meaning:
    own = Kernel(held["meaning_landmarks"], held["meaning_weights"], float(held["meaning_width"][0]))
    return Meaning(own, (float(held["meaning_at"][0]), float(held["meaning_at"][1])))
