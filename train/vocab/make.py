"""A model folder with another vocabulary, whole or not there at all: tokenizer, rows, and a page on what was done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from corpus import storage
from corpus.errors import UsageError
from train import tensors
from train.vocab import bpe, rows
from train.vocab.grow import Way, frequent_characters, grow, trained_pieces
from train.vocab.prune import prune, renumbered, used_ids
from train.vocab.texts import Compression, compression, texts_of

PAGE = "vocabulary.json"
SAMPLE_BATCHES = 4
SPARE = 4
"""Pieces are trained this many times over what is wanted: some are tokens already."""


def grown_folder(base: str, tiers: Sequence[str], out: str, most: int, way: Way = "characters") -> dict[str, Any]:
    """Write the model (or bare tokenizer) `base` to `out` with `most` pieces more, found in `tiers`; what was done.

    Ids of old tokens stay; text without Han is segmented as before; each new row of a model is the mean of the rows of
    its old segmentation. UsageError when a folder is not what it should be, or `out` is there.
    """
    old = bpe.read(base)
    texts = texts_of(tiers)
    pieces = frequent_characters(texts) if way == "characters" else trained_pieces(texts, most * SPARE + 10_000, way)
    new = grow(old, pieces, most)
    if not new.pieces:
        raise UsageError(f"{base}: every piece found in {', '.join(tiers)} is a token already; nothing to add")

    size = old.size + len(new.parts)

    def fit(model: Any) -> None:
        rows.grow_rows(model, size, new.parts)

    with _folder(base, out, fit) as folder:
        old.write(folder, new.vocab, new.merges)
        done = {"way": way, "pieces": len(new.pieces), "steps": len(new.parts) - len(new.pieces), "size": size}
        return _page(folder, base, tiers, done)


def pruned_folder(base: str, tiers: Sequence[str], out: str, least: int = 1) -> dict[str, Any]:
    """Write the model (or bare tokenizer) `base` to `out` with only the tokens that `tiers` use; what was done.

    The texts of `tiers` are segmented into the same pieces, and the model gives the kept tokens the same logits.
    UsageError as above.
    """
    from tokenizers import Tokenizer

    old = bpe.read(base)
    tokenizer = Tokenizer.from_file(str(Path(base) / bpe.FILE))
    counts = used_ids(tokenizer, texts_of(tiers), old.size)
    new = prune(old, counts, least)

    def fit(model: Any) -> None:
        rows.prune_rows(model, new.kept)

    with _folder(base, out, fit) as folder:
        old.write(folder, new.vocab, new.merges, **renumbered(old.raw, new.kept))
        done = {"least": least, "before": old.size, "size": len(new.kept), "used": int(np.count_nonzero(counts))}
        return _page(folder, base, tiers, done)


@contextmanager
def _folder(base: str, out: str, fit: Callable[[Any], None]) -> Iterator[Path]:
    """`out` with `base`'s model in it, if it has one; a SentencePiece file is left out, it no longer says the same."""
    with tensors.made(out) as folder:
        if (Path(base) / "config.json").is_file():
            model = rows.load(base)
            fit(model)
            model.save_pretrained(folder, safe_serialization=True)
        yield folder
        tensors.copy_rest(Path(base), folder, but=("tokenizer.model",))


def _page(folder: Path, base: str, tiers: Sequence[str], done: dict[str, Any]) -> dict[str, Any]:
    """What was done, with the compression of a sample of the tiers by both tokenizers."""
    from tokenizers import Tokenizer

    sample = [text for batch in islice(texts_of(tiers), SAMPLE_BATCHES) for text in batch]
    before, after = (Tokenizer.from_file(str(Path(place) / bpe.FILE)) for place in (base, folder))
    found: Compression = compression(before, after, sample)
    page = {
        **done,
        "base": storage.sha256(str(Path(base) / bpe.FILE)),
        "characters": found.characters,
        "tokens_before": found.before,
        "tokens_after": found.after,
    }
    (folder / PAGE).write_text(json.dumps(page, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return page
