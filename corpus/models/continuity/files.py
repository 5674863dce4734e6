"""Continuity models and files: train one on files, load one, score the rows of files."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus import config
from corpus.errors import UsageError
from corpus.models.card import CARD, file_of
from corpus.models.continuity import card as cards
from corpus.models.continuity.card import Card, HeldOut, Trained
from corpus.models.continuity.model import NUMBERS, ContinuityModel
from corpus.models.continuity.train import Settings, train
from corpus.models.directory import must_be_free, written
from corpus.models.examples import chunks
from corpus.models.ngram.files import Rows, languages, taken, texts_of
from corpus.quarantine import to_table
from corpus.schema import QUARANTINE

SCORED, UNREADABLE = "scored.parquet", "quarantine.parquet"
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
    read, empty, unreadable = 0, 0, Counter[str]()
    for chunk in chunks(paths, config.Fields(text=text_field)):
        unreadable.update(str(row.reason) for row in chunk.quarantined)
        read += chunk.records.num_rows
        empty += pc.sum(pc.equal(pc.utf8_length(chunk.records.column("text")), 0)).as_py() or 0
    if not read:
        raise UsageError(f"no row could be read: {dict(unreadable) or 'the files are empty'}")
    model = train((taken(rows, held=False) for rows in texts_of(paths, text_field, lang)), settings)
    with written(out) as aside:
        pq.write_table(model.to_table(), aside / cards.MODEL, compression="zstd", use_dictionary=False)
        card = Card(
            name=out.name,
            model=file_of(aside / cards.MODEL),
            about=model.about,
            trained=Trained(
                settings=dataclasses.asdict(settings),
                rows=read,
                unreadable=dict(sorted(unreadable.items())),
                empty=empty,
                held_out=held_out(model, (taken(rows, held=True) for rows in texts_of(paths, text_field, lang))),
            ),
        )
        (aside / CARD).write_bytes(cards.text_of(card))
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
    """Score every row of `paths` into `out/scored.parquet`: `key`, `lang` as said or identified, and NUMBERS. What
    cannot be read goes to `out/quarantine.parquet`.

    Files appear whole, at the end. UsageError when `out` holds them already or nothing can be read.
    """
    targets = [out / SCORED, out / UNREADABLE]
    there = [str(path) for path in targets if path.exists()]
    if there:
        raise UsageError(f"{', '.join(there)}: is there already; name another directory, nothing is overwritten")
    out.mkdir(parents=True, exist_ok=True)
    aside = [path.with_name(f".{path.name}.writing") for path in targets]
    read, scored, unreadable = 0, 0, Counter[str]()
    try:
        with (
            pq.ParquetWriter(aside[0], _SCHEMA, compression="zstd") as kept,
            pq.ParquetWriter(aside[1], QUARANTINE) as refused,
        ):
            for chunk in chunks(paths, config.Fields(text=text_field)):
                if chunk.quarantined:
                    unreadable.update(str(row.reason) for row in chunk.quarantined)
                    refused.write_table(to_table(chunk.quarantined))
                records = chunk.records
                if not records.num_rows:
                    continue
                tongues = languages(records, lang).cast(pa.string())
                said = judge.columns(records.column("text"), tongues)
                keys = records.column("source_key").cast(pa.string())
                kept.write_batch(pa.RecordBatch.from_arrays([keys, tongues, *said.columns], schema=_SCHEMA))
                read += records.num_rows
                scored += records.num_rows - said.column(0).null_count
        if not read:
            raise UsageError(f"no row could be read: {dict(unreadable) or 'the files are empty'}")
        written_to = [pair for pair in zip(aside, targets, strict=True) if pair[0] is aside[0] or unreadable]
        for path, target in written_to:
            path.replace(target)
    finally:
        for path in aside:
            path.unlink(missing_ok=True)
    return Scored(
        read=read + sum(unreadable.values()),
        scored=scored,
        unreadable=dict(sorted(unreadable.items())),
        files=tuple(str(target) for _, target in written_to),
    )


def load(name: str, base: Path | None = None) -> Judge:
    """The model `name` (see `card.find`), after its file is the one its card names; UsageError otherwise."""
    directory = cards.find(name, base)
    card = cards.read(directory)
    path = directory / card.model.name
    return _opened(directory.absolute(), card.model_dump_json(), path.stat().st_mtime_ns if path.is_file() else 0)


@functools.lru_cache(maxsize=2)
def _opened(directory: Path, content: str, stamp: int) -> Judge:
    card = Card.model_validate_json(content)
    path = cards.check(directory, card)
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{path}: is no Parquet file: {error}") from None
    model = ContinuityModel.from_table(table)
    if model.about != card.about:
        raise UsageError(f"{path}: is not the model that the card beside it describes")
    return Judge(card, model)
