"""A continuity model: what it holds, how it scores texts, and the table it is kept as."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, ValidationError

from corpus.errors import UsageError
from corpus.kernels.continuity import VERSION, continuity
from corpus.kernels.seams import KNOWN, seams
from corpus.located import Strict
from corpus.models.ngram.model import fold_of

LEAST_BYTES = 30_000
"""Bytes of a language from which on a model can judge it."""
UNSAID = "*"
DIGEST = 12
NUMBERS = pa.schema([("continuity", pa.float32()), ("seam_continuity", pa.float32())])
"""What `columns` gives."""
TABLE = pa.schema([("fold", pa.uint8()), ("name", pa.string()), ("values", pa.large_binary())])
"""A row an array, little-endian; of the row `about` the `About` as JSON, its fold 0."""
_ARRAYS: Mapping[str, type[np.generic]] = {
    "left": np.int8, "right": np.int8, "scales": np.float64, "tokens": np.uint64, "seams": np.int8,
    "weights": np.float32,
}  # fmt: skip


class About(Strict):
    """What the numbers of a model mean: tables of so many rows and columns, one set for each of `folds`. By fold the
    texts learned from, and what came of it: how many nats a pair of sentences is told better than by not knowing
    (`gain`, at the last pass), and the loss at a place (`loss`, at the end; 0.69 for what knows nothing). `languages`:
    bytes learned from in each (`*`: not said)."""

    version: int = VERSION
    rows: int = Field(ge=16)
    columns: int = Field(ge=4, le=1024)
    seam_rows: int = Field(ge=16)
    seam_columns: int = Field(ge=1, le=1024)
    folds: int = Field(ge=1, le=2)
    texts: tuple[int, ...]
    gain: tuple[float, ...]
    loss: tuple[float, ...]
    languages: Mapping[str, int] = {}


@dataclass(frozen=True)
class Fold:
    """One learned set: the tables of `kernels.continuity` with what a number of theirs is worth, and the tokens, table
    and weights of `kernels.seams`."""

    left: np.ndarray
    right: np.ndarray
    scales: np.ndarray
    tokens: np.ndarray
    seams: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class ContinuityModel:
    """A continuity model, or two of which each was trained on one half of the texts and scores those of the other, so
    that no text is judged by a model that has seen it. Which half a text belongs to is a bit of its hash."""

    about: About
    folds: tuple[Fold, ...]

    @functools.cached_property
    def digest(self) -> str:
        """The first hex digits of a sha256 over all that decides a score."""
        found = hashlib.sha256(self.about.model_dump_json().encode())
        for fold in self.folds:
            for name in _ARRAYS:
                found.update(np.ascontiguousarray(getattr(fold, name)).tobytes())
        return found.hexdigest()[:DIGEST]

    @property
    def bytes(self) -> int:
        """Memory of the tables."""
        return sum(int(getattr(fold, name).nbytes) for fold in self.folds for name in _ARRAYS)

    def measure(self, texts: pa.Array) -> np.ndarray:
        """By row `continuity` and the negative of `seams` (see the kernels), float64, not a number where there is too
        little text."""
        found = [
            np.stack(
                [
                    continuity(texts, fold.left, fold.right, (float(fold.scales[0]), float(fold.scales[1]))),
                    -seams(texts, fold.tokens, fold.seams, fold.weights),
                ],
                axis=1,
            )
            for fold in self.folds
        ]
        return found[0] if len(found) == 1 else np.where(fold_of(texts)[:, None] == 0, found[1], found[0])

    def columns(self, texts: pa.Array, langs: pa.Array | None = None) -> pa.RecordBatch:
        """NUMBERS of each text: how much likelier its sentences stand in their order than in any (a logarithm; below 5
        sentences null), and by how much 100 of its tokens look joined as they should be (below 60 tokens null). Both
        are null where a text is null or in a language the model has seen fewer than LEAST_BYTES of.

        A row's values depend on its text and language alone.
        """
        measured = self.measure(texts)
        nothing = np.asarray(pc.is_null(texts))
        if langs is not None and not set(self.about.languages) <= {UNSAID}:
            seen = [lang for lang, many in self.about.languages.items() if many >= LEAST_BYTES]
            langs = langs.cast(pa.string())
            nothing |= np.asarray(pc.and_(pc.is_valid(langs), pc.invert(pc.is_in(langs, pa.array(seen, pa.string())))))
        arrays = [pa.array(values.astype(np.float32), mask=nothing | np.isnan(values)) for values in (*measured.T,)]
        return pa.RecordBatch.from_arrays(arrays, schema=NUMBERS)

    def to_table(self) -> pa.Table:
        """The model as a TABLE."""
        rows = [(0, "about", self.about.model_dump_json().encode())]
        for number, fold in enumerate(self.folds):
            for name, kind in _ARRAYS.items():
                rows.append((number, name, np.ascontiguousarray(getattr(fold, name), kind).tobytes()))
        folds, names, values = zip(*rows, strict=True)
        return pa.table([list(folds), list(names), list(values)], schema=TABLE)

    @classmethod
    def from_table(cls, table: pa.Table) -> ContinuityModel:
        """The model that `to_table` gave, its rows in any order; UsageError when the table is none, is damaged, or is
        for rows that this version does not make."""
        if set(TABLE.names) - set(table.column_names):
            raise UsageError(f"this table is no continuity model: it has the columns {table.column_names}")
        held = {
            (int(fold), str(name)): bytes(values)
            for fold, name, values in zip(*(table.column(name).to_pylist() for name in TABLE.names), strict=True)
        }
        try:
            about = About.model_validate_json(held[0, "about"])
        except (ValidationError, KeyError) as error:
            raise UsageError(f"this table is no continuity model: {error}") from None
        if about.version != VERSION:
            raise UsageError(
                f"the continuity model was made for version {about.version} of the tokens, this is version {VERSION}; "
                "train it again"
            )
        if not len(about.texts) == len(about.gain) == len(about.loss) == about.folds:
            raise UsageError("the continuity model contradicts itself: folds, texts, gain and loss do not fit")
        return cls(about, tuple(_fold(about, number, held) for number in range(about.folds)))


def _fold(about: About, number: int, held: Mapping[tuple[int, str], bytes]) -> Fold:
    sound = all((number, name) in held for name in _ARRAYS)
    if sound:
        found = {name: np.frombuffer(held[number, name], kind) for name, kind in _ARRAYS.items()}
        sound = (
            found["left"].size == found["right"].size == about.rows * about.columns
            and found["seams"].size == about.seam_rows * about.seam_columns
            and found["weights"].size == about.seam_columns + 2
            and found["scales"].size == 2
            and found["tokens"].size <= KNOWN
            and not about.rows & (about.rows - 1)
            and not about.seam_rows & (about.seam_rows - 1)
            and bool(np.isfinite(found["weights"]).all() and np.isfinite(found["scales"]).all())
        )
    if not sound:
        raise UsageError(f"the continuity model is damaged: the arrays of fold {number} are not what it says of itself")
    return Fold(
        left=found["left"].reshape(about.rows, about.columns),
        right=found["right"].reshape(about.rows, about.columns),
        scales=found["scales"],
        tokens=found["tokens"],
        seams=found["seams"].reshape(about.seam_rows, about.seam_columns),
        weights=found["weights"],
    )
