"""Continuity models and files: train one on files, load one, score the rows of files."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus.errors import UsageError
from corpus.models.continuity.card import MODEL, Card, HeldOut, Trained, find
from corpus.models.continuity.model import NUMBERS, ContinuityModel
from corpus.models.continuity.train import Settings, train
from corpus.models.directory import CARD, check, must_be_free, put_table, read, state, table_of, text_of, written
from corpus.models.scored import score_rows
from corpus.models.texts import Rows, counted, languages, taken, texts_of

_SCHEMA = pa.schema([("key", pa.string()), ("lang", pa.string()), *NUMBERS])


@dataclass(frozen=True)
class Judge:
    """A model that is loaded, with its card."""

    card: Card
    model: ContinuityModel

    def columns(self, texts: pa.Array, langs: pa.Array | None = None) -> pa.RecordBatch:
        """`model.NUMBERS` of each text; see ContinuityModel.columns. A row's values depend on that row alone."""
        return self.model.columns(texts, langs)


@dataclass(frozen=True)
class Scored:
    """Rows read, and how many of them have a `continuity`; `unreadable` by reason; the files written."""

    read: int
    scored: int
    unreadable: dict[str, int]
    files: tuple[str, ...]


def train_files(
    paths: Sequence[str], out: Path, settings: Settings, text_field: str | None = None, lang: str | None = None
) -> Card:
    """Train a model on every row of `paths`, write it to the directory `out` with its card, and return that.

    One text in fifty is held out and measured. `lang` is the language of every row; None: what a row says, else as it
    is identified. UsageError when `out` holds something, nothing can be read, or there is too little to learn from.
    """
    must_be_free(out)
    seen = counted(paths, text_field)
    model = train(taken(texts_of(paths, text_field, lang), held=False), settings)
    with written(out) as aside:
        card = Card(
            name=out.name,
            model=put_table(model.to_table(), aside / MODEL),
            about=model.about,
            trained=Trained(
                settings=dataclasses.asdict(settings),
                rows=seen.rows,
                unreadable=seen.unreadable,
                empty=seen.empty,
                held_out=held_out(model, taken(texts_of(paths, text_field, lang), held=True)),
            ),
        )
        (aside / CARD).write_bytes(text_of(card))
    return card


def held_out(model: ContinuityModel, batches: Iterator[Rows]) -> HeldOut | None:
    """What the model makes of texts; None where none has sentences enough."""
    found = [np.zeros((0, 2)), *(model.measure(texts) for texts, _ in batches)]
    orders, seams = (values[~np.isnan(values)] for values in np.concatenate(found).T)
    if not len(orders):
        return None
    return HeldOut(
        rows=len(orders),
        ordered=round(float((orders > 0).mean()), 6),
        continuity=round(float(orders.mean()), 6),
        seam_continuity=round(float(seams.mean()), 6) if len(seams) else None,
    )


def score_files(
    judge: Judge, paths: Sequence[str], out: Path, text_field: str | None = None, lang: str | None = None
) -> Scored:
    """Score every row of `paths`, as `score_rows` writes them: `key`, `lang` as said or identified, and NUMBERS."""
    scored = 0

    def columns(records: pa.RecordBatch) -> list[pa.Array]:
        nonlocal scored
        tongues = languages(records, lang).cast(pa.string())
        said = judge.columns(records.column("text"), tongues)
        scored += len(tongues) - said.column(0).null_count
        return [records.column("source_key").cast(pa.string()), tongues, *said.columns]

    done = score_rows(paths, out, _SCHEMA, columns, text_field)
    return Scored(done.read, scored, done.unreadable, done.files)


def load(name: str, base: Path | None = None) -> Judge:
    """The model `name` (see `card.find`), after its file is the one its card names; UsageError otherwise."""
    directory = find(name, base)
    card = read(directory, Card)
    return _opened(*state(directory, card, (card.model,)))


@functools.lru_cache(maxsize=2)
def _opened(directory: Path, content: str, _stamps: tuple[int, ...]) -> Judge:
    card = Card.model_validate_json(content)
    check(directory, (card.model,))
    path = directory / card.model.name
    model = ContinuityModel.from_table(table_of(path))
    if model.about != card.about:
        raise UsageError(f"{path}: is not the model that the card beside it describes")
    return Judge(card, model)
