"""Pieces of Chinese appended to a vocabulary: the most frequent characters of a tier, or pieces trained on it.

Every piece is Han alone, so no appended merge can apply to text without Han, and English is segmented as before. How a
piece is put together follows from how the vocabulary takes it apart now: its parts are merged from the left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from corpus.errors import EnvironmentProblem
from train.vocab.bpe import Bpe, merged

Way = Literal["characters", "bpe", "unigram"]
# Ideographs and nothing else: the ideographic zero shares its first bytes with Chinese punctuation.
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(f"[{HAN}]+")
_ONLY = re.compile(f"[{HAN}]+\\Z")
LONGEST = 6
"""Characters of a trained piece at most (Ziya's SentencePiece setting)."""


@dataclass(frozen=True)
class Grown:
    """`vocab` and `merges` of the larger vocabulary; `parts` gives each new id the old ids it was written with, in the
    order of the ids; `pieces` are those asked for, the rest of the new ids are steps on the way to them."""

    vocab: dict[str, int]
    merges: tuple[tuple[str, str], ...]
    parts: dict[int, list[int]]
    pieces: tuple[str, ...]


def grow(base: Bpe, pieces: Iterable[str], most: int) -> Grown:
    """`base` with the first `most` of `pieces` that are Han alone and no single token yet, most wanted first."""
    vocab, merges, ranks = dict(base.vocab), list(base.merges), dict(base.ranks)
    parts: dict[int, list[int]] = {}
    taken: list[str] = []
    following = base.size

    def add(name: str, text: Sequence[str]) -> None:
        nonlocal following
        if name not in vocab:
            vocab[name] = following
            parts[following] = base.ids(merged(text, base.ranks))
            following += 1

    for piece in pieces:
        if len(taken) == most:
            break
        symbols = base.symbols(piece)
        if _ONLY.match(piece) is None or "".join(symbols) in vocab:
            continue
        taken.append(piece)
        for symbol in symbols:
            add(symbol, [symbol])
        done, *rest = merged(symbols, ranks)
        for part in rest:
            ranks[done, part] = len(merges)
            merges.append((done, part))
            done += part
            add(done, symbols[: _length(symbols, done)])
    return Grown(vocab, tuple(merges), parts, tuple(taken))


def _length(symbols: Sequence[str], done: str) -> int:
    """How many of the symbols make up `done`, which they begin with."""
    ends = np.cumsum([len(symbol) for symbol in symbols])
    return int(np.searchsorted(ends, len(done))) + 1


def frequent_characters(texts: Iterable[list[str]]) -> list[str]:
    """Han characters of the texts, the most frequent first, equals in code order."""
    counts = np.zeros(0x40000, np.int64)
    for batch in texts:
        points = np.frombuffer("".join(batch).encode("utf-32-le", "surrogatepass"), np.uint32)
        counts += np.bincount(points[points < len(counts)], minlength=len(counts))
    order = np.lexsort((np.arange(len(counts)), -counts))
    return [chr(point) for point in order[: np.count_nonzero(counts)] if _ONLY.match(chr(point))]


def trained_pieces(texts: Iterable[list[str]], size: int, way: Way) -> list[str]:
    """Pieces of a vocabulary of about `size` trained on the runs of Han in the texts, in the order of their training.

    `bpe` by merging (the order is that of the merges), `unigram` as SentencePiece does it (by likelihood).
    """
    try:
        from tokenizers import Tokenizer, models, trainers
    except ImportError:
        raise EnvironmentProblem("a vocabulary needs the extra: pip install 'corpus-tiers[train]'") from None
    trainer: Any
    if way == "unigram":
        tokenizer = Tokenizer(models.Unigram())
        trainer = trainers.UnigramTrainer(vocab_size=size, max_piece_length=LONGEST, show_progress=False)
    else:
        tokenizer = Tokenizer(models.BPE())
        trainer = trainers.BpeTrainer(vocab_size=size, max_token_length=LONGEST, show_progress=False)
    tokenizer.train_from_iterator(_runs(texts), trainer)
    return [piece for piece, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]


def _runs(texts: Iterable[list[str]]) -> Iterator[list[str]]:
    for batch in texts:
        yield _RUN.findall("\n".join(batch))
