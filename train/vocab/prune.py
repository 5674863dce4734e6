"""Only the tokens that a corpus uses: its text is segmented as before, and the model says the same of them.

A token is kept when the corpus uses it, when it is special, when it is a byte or a single symbol, or when a kept token
is put together from it: then every merge that ever made a token of the corpus is still there, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from train.vocab.bpe import Bpe

BLANK = "▁"
"""What stands for a space in SentencePiece vocabularies: as bytes it would not come back as one."""


@dataclass(frozen=True)
class Pruned:
    """`kept` holds the old id of each new one, ascending."""

    vocab: dict[str, int]
    merges: tuple[tuple[str, str], ...]
    kept: np.ndarray[Any, np.dtype[np.int64]]


def used_ids(tokenizer: Any, texts: Iterable[list[str]], size: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """How often each id occurs in the texts."""
    counts = np.zeros(size, np.int64)
    for batch in texts:
        for one in tokenizer.encode_batch(batch, add_special_tokens=False):
            counts += np.bincount(one.ids, minlength=size) if one.ids else 0
    return counts


def prune(base: Bpe, counts: np.ndarray[Any, np.dtype[np.int64]], least: int = 1) -> Pruned:
    """`base` without what occurs less than `least` times and nothing is made of."""
    makers: dict[str, list[tuple[str, str]]] = {}
    for pair in base.merges:
        makers.setdefault(pair[0] + pair[1], []).append(pair)
    added = {token["id"] for token in base.raw.get("added_tokens", [])}
    open_ = [
        piece for piece, number in base.vocab.items()
        if counts[number] >= least or number in added or _basic(base, piece)
    ]  # fmt: skip
    pieces: set[str] = set()
    while open_:
        piece = open_.pop()
        if piece not in pieces:
            pieces.add(piece)
            open_ += [part for pair in makers.get(piece, ()) for part in pair if part in base.vocab]
    kept = np.array(sorted({base.vocab[piece] for piece in pieces} | added), np.int64)
    place = {int(old): new for new, old in enumerate(kept)}
    vocab = {piece: place[number] for piece, number in base.vocab.items() if piece in pieces}
    merges = tuple(pair for pair in base.merges if {*pair, pair[0] + pair[1]} <= pieces)
    return Pruned(vocab, merges, kept)


def _basic(base: Bpe, piece: str) -> bool:
    """A byte of a byte-level vocabulary, a byte to fall back to, a blank or an ASCII letter, the unknown token."""
    if base.byte_level:
        return len(piece) == 1
    byte = piece.startswith("<0x") and len(piece) == 6
    letter = len(piece) == 1 and (piece.isascii() or piece == BLANK)
    return byte or letter or piece == base.raw["model"].get("unk_token")


def renumbered(raw: dict[str, Any], kept: np.ndarray[Any, np.dtype[np.int64]]) -> dict[str, Any]:
    """The sections of a tokenizer.json that name ids, with the new ones."""
    place = {int(old): new for new, old in enumerate(kept)}

    def walk(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: walk(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner, key) for inner in value]
        return place[value] if key in {"ids", "id"} and isinstance(value, int) else value

    pairs = raw.get("post_processor")
    if isinstance(pairs, dict) and pairs.get("type") in {"BertProcessing", "RobertaProcessing"}:
        pairs = {key: [one[0], place[one[1]]] if key in {"sep", "cls"} else one for key, one in pairs.items()}
    return {"added_tokens": walk(raw.get("added_tokens", [])), "post_processor": walk(pairs)}
