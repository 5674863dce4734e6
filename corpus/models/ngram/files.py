"""Language models and files: train one on files, take one of others in, measure one on files."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow as pa

from corpus.errors import UsageError
from corpus.models.directory import CARD, file_of, must_be_free, put_table, text_of, written
from corpus.models.ngram.arpa import read_arpa
from corpus.models.ngram.card import MODEL, Card, HeldOut, Normalise, Tokens, Trained, View
from corpus.models.ngram.kenlm import is_binary
from corpus.models.ngram.model import WINDOW, NgramModel
from corpus.models.ngram.shown import Pieces
from corpus.models.ngram.train import Settings, train
from corpus.models.texts import counted, taken, texts_of


def train_files(
    paths: Sequence[str], out: Path, settings: Settings, text_field: str | None = None, lang: str | None = None
) -> Card:
    """Train a model on every row of `paths`, write it to the directory `out` with its card, and return that.

    One text in fifty is held out and measured. `lang` is the language of every row; None: what a row says, else as it
    is identified. UsageError when `out` holds something, nothing can be read, or there is too little to learn from.
    """
    must_be_free(out)
    seen = counted(paths, text_field)
    model = train(lambda: taken(texts_of(paths, text_field, lang), held=False), settings)
    with written(out) as aside:
        card = Card(
            kind="ngram",
            name=out.name,
            model=put_table(model.to_table(), aside / MODEL),
            about=model.about,
            trained=Trained(
                rare=settings.rare,
                vocabulary=settings.vocabulary,
                most=settings.most,
                rows=seen.rows,
                unreadable=seen.unreadable,
                empty=seen.empty,
                held_out=held_out(model, (rows for rows, _ in taken(texts_of(paths, text_field, lang), held=True))),
            ),
        )
        (aside / CARD).write_bytes(text_of(card))
    return card


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
        (aside / CARD).write_bytes(text_of(card))
    return card
