"""Language models and files: train one on files, take one of others in, measure one on files."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus import config
from corpus.errors import UsageError
from corpus.kernels.digest import hash_strings
from corpus.kernels.language import identify
from corpus.models.card import CARD, file_of
from corpus.models.directory import must_be_free, written
from corpus.models.examples import chunks
from corpus.models.ngram import card as cards
from corpus.models.ngram.arpa import read_arpa
from corpus.models.ngram.card import Card, HeldOut, Normalise, Tokens, Trained, View
from corpus.models.ngram.kenlm import is_binary
from corpus.models.ngram.model import WINDOW, NgramModel
from corpus.models.ngram.shown import Pieces
from corpus.models.ngram.train import Settings, train

HELD_OUT = 0.02
"""The share of texts, by their hash, that is not trained on but measured."""
Rows = tuple[pa.Array, pa.Array]
"""Texts and their languages."""


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
    model = train(lambda: (taken(rows, held=False) for rows in texts_of(paths, text_field, lang)), settings)
    with written(out) as aside:
        pq.write_table(model.to_table(), aside / cards.MODEL, compression="zstd", use_dictionary=False)
        card = Card(
            kind="ngram",
            name=out.name,
            model=file_of(aside / cards.MODEL),
            about=model.about,
            trained=Trained(
                rare=settings.rare,
                vocabulary=settings.vocabulary,
                most=settings.most,
                rows=read,
                unreadable=dict(sorted(unreadable.items())),
                empty=empty,
                held_out=held_out(model, (taken(rows, held=True)[0] for rows in texts_of(paths, text_field, lang))),
            ),
        )
        (aside / CARD).write_bytes(cards.text_of(card))
    return card


def texts_of(paths: Sequence[str], text_field: str | None = None, lang: str | None = None) -> Iterator[Rows]:
    """The texts of files and their languages: `lang`, what a row says, or what is identified."""
    for chunk in chunks(paths, config.Fields(text=text_field)):
        if chunk.records.num_rows:
            yield chunk.records.column("text"), languages(chunk.records, lang)


def languages(records: pa.RecordBatch, lang: str | None) -> pa.Array:
    """The language of each record: `lang`, what it says, or what is identified."""
    if lang is not None:
        return pa.array([lang] * records.num_rows, pa.string())
    said = records.column("lang")
    return pc.coalesce(said, identify(records.column("text"))[0]) if said.null_count else said


def taken(rows: Rows, *, held: bool) -> Rows:
    """The rows whose text is held out, or the others."""
    _, low = hash_strings(rows[0])
    place = pc.fill_null(low, 0).to_numpy(zero_copy_only=False).astype(np.int64).view(np.uint64)
    # The other end of the range than that by which `train` bounds its texts.
    chosen = place >= np.uint64((1 - HELD_OUT) * 2.0**64)
    mask = pa.array(chosen if held else ~chosen)
    return rows[0].filter(mask), rows[1].filter(mask)


def held_out(model: NgramModel, texts: Iterator[pa.Array]) -> HeldOut | None:
    """What the model makes of texts; None where they have no unit. `bits_alone` is the entropy of the texts' own units:
    no model of single units could need less for them."""
    rows, bits, counted = 0, 0.0, Counter[int]()
    for batch in texts:
        measured = model.measure(batch, WINDOW)
        rows += int((measured[:, 0] > 0).sum())
        bits += float(measured[:, 1].sum())
        counted.update(model.units(batch))
    units = sum(counted.values())
    if not units:
        return None
    shares = np.array(sorted(counted.values())) / units
    each = bits / units
    return HeldOut(
        rows=rows,
        units=units,
        bits=round(each, 6),
        bits_alone=round(float(-(shares * np.log2(shares)).sum()), 6),
        perplexity=round(2.0**each, 4),
    )


def adopt_file(
    file: Path,
    out: Path,
    tokens: str,
    tokenizer: Path | None = None,
    normalise: str = "none",
    source: str = "",
    licence: str = "",
) -> Card:
    """Take an .arpa file or a KenLM binary in: a copy in the directory `out`, pinned by a card that says how it reads.

    An .arpa file is read whole first; of a binary only how it begins is looked at, the rest is KenLM's. UsageError when
    it is neither, or the way of reading is not one.
    """
    must_be_free(out)
    if not file.is_file():
        raise UsageError(f"{file}: is not a file")
    if tokens not in get_args(View):
        raise UsageError(f"--tokens {tokens}: is not one of {', '.join(get_args(View))}")
    if normalise not in get_args(Normalise):
        raise UsageError(f"--normalise {normalise}: is not one of {', '.join(get_args(Normalise))}")
    if (tokens == "pieces") != (tokenizer is not None):
        raise UsageError(
            "--tokens pieces needs --tokenizer FILE (a tokenizer.json or a SentencePiece .model), others none"
        )
    binary = is_binary(file)
    if not binary:
        read_arpa(file)
    if tokenizer is not None:
        Pieces(tokenizer)
    with written(out) as aside:
        packed = file.suffix == ".gz"
        copy = aside / ("model.bin" if binary else "model.arpa.gz" if packed else "model.arpa")
        shutil.copyfile(file, copy)
        pieces = None
        if tokenizer is not None:
            shutil.copyfile(tokenizer, aside / f"tokenizer{tokenizer.suffix}")
            pieces = file_of(aside / f"tokenizer{tokenizer.suffix}")
        card = Card(
            kind="kenlm" if binary else "arpa",
            name=out.name,
            model=file_of(copy),
            tokens=Tokens(view=tokens, normalise=normalise, pieces=pieces),
            source=source,
            licence=licence,
        )
        (aside / CARD).write_bytes(cards.text_of(card))
    return card
