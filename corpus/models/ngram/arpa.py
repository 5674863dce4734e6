"""ARPA files: n-gram models as text, as SRILM, KenLM and others write them.

    \\data\\
    ngram 1=5
    ngram 2=3

    \\1-grams:
    -1.2  <s>  -0.3

    \\2-grams:
    ...
    \\end\\

A line is log10 of a probability, the tokens, and log10 of a back-off weight where longer n-grams begin with these. The
file is read in blocks and checked: counts, numbers, words of n-grams that the first section lacks. Nothing is guessed.
"""

from __future__ import annotations

import gzip
import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.errors import UsageError
from corpus.kernels.ngram_score import MAX_ORDER, Lookup, lookup
from corpus.kernels.ngram_tokens import Vocabulary, vocabulary
from corpus.kernels.ngram_units import BEGIN, FIRST, UNKNOWN

BLOCK = 1 << 17
"""Lines that are read at a time."""
LOG2_10 = math.log2(10)
NO_UNKNOWN = -100.0
"""log10 of the probability of an unknown token by a model that has none for it, as KenLM has it."""
_COUNT = re.compile(r"ngram\s+(\d+)\s*=\s*(\d+)")
_SPECIAL = {"<s>": BEGIN, "<unk>": UNKNOWN, "<UNK>": UNKNOWN}
_END = "</s>"


@dataclass(frozen=True)
class Arpa:
    """A model as it was read, ready to score; `sizes[k - 1]` is how many n-grams of k tokens it has."""

    vocabulary: Vocabulary
    lookup: Lookup
    sizes: tuple[int, ...]


@dataclass
class _Lines:
    """Lines of a file and the number of the last one."""

    path: Path
    stream: Iterator[str]
    number: int = 0

    def next(self) -> str:
        """The next line that is not blank."""
        while True:
            line = next(self.stream, None)
            if line is None:
                self.wrong("the file ends before \\end\\; it is cut off", self.number)
            self.number += 1
            if line.strip():
                return line.strip()

    def block(self, most: int) -> list[str]:
        """The next lines, `most` at most, as they are."""
        found = list(itertools.islice(self.stream, most))
        self.number += len(found)
        return found

    def wrong(self, said: str, number: int) -> NoReturn:
        """The error that names the line."""
        raise UsageError(f"{self.path}:{number}: {said}")


def read_arpa(path: Path) -> Arpa:
    """The model in an ARPA file, plain or gzip; UsageError, naming the line, when it is none or contradicts itself."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        opened = gzip.open if packed else open
        with opened(path, "rt", encoding="utf-8", newline="\n") as stream:
            return _read(_Lines(path, stream))
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8: {error}") from None
    except (OSError, EOFError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from None


def _read(lines: _Lines) -> Arpa:
    sizes = _sizes(lines)
    words, single = _section(lines, 1, sizes[0], None)
    tokens = words[0]
    ids = np.arange(FIRST, FIRST + len(tokens), dtype=np.uint32)
    special = {token: place for token in (*_SPECIAL, _END) if (place := pc.index(tokens, token).as_py()) >= 0}
    for name, place in special.items():
        ids[place] = _SPECIAL.get(name, ids[place])
    end = int(ids[special[_END]]) if _END in special else 0
    numbers = np.zeros((FIRST + len(tokens), 2), np.float32)
    numbers[[BEGIN, UNKNOWN], 0] = NO_UNKNOWN * LOG2_10
    numbers[ids] = single
    try:
        known = vocabulary(tokens, ids, end)
        longer = []
        for length in range(2, len(sizes) + 1):
            columns, values = _section(lines, length, sizes[length - 1], tokens)
            longer.append((np.stack([ids[np.asarray(column)] for column in columns], axis=1), values))
        found = lookup(numbers, longer)
    except ValueError as error:
        raise UsageError(f"{lines.path}: {error}") from None
    last = lines.next()
    if last != "\\end\\":
        lines.wrong(f"expected \\end\\, not {last[:40]!r}", lines.number)
    return Arpa(known, found, tuple(sizes))


def _sizes(lines: _Lines) -> list[int]:
    """What the header promises, and the line `\\1-grams:` after it."""
    try:
        while lines.next() != "\\data\\":
            if lines.number > 1000:
                raise UsageError("")
    except UsageError:
        raise UsageError(f"{lines.path}: is no ARPA file: no line says \\data\\") from None
    found: list[int] = []
    while (line := lines.next()) != "\\1-grams:":
        said = _COUNT.fullmatch(line)
        if said is None or int(said[1]) != len(found) + 1:
            lines.wrong(f"expected `ngram {len(found) + 1}=COUNT` or `\\1-grams:`, not {line[:40]!r}", lines.number)
        found.append(int(said[2]))
    if not found or len(found) > MAX_ORDER or not found[0]:
        lines.wrong(f"has n-grams of {len(found)} lengths; 1 to {MAX_ORDER} can be read", lines.number)
    return found


def _section(lines: _Lines, length: int, many: int, known: pa.Array | None) -> tuple[list[pa.Array], np.ndarray]:
    """The n-grams of one length: by position their tokens, of `known` ones the places (int32) among these; log2 of
    probability and weight, float32."""
    if length > 1:
        wanted = f"\\{length}-grams:"
        line = lines.next()
        if line != wanted:
            lines.wrong(
                f"expected {wanted}, not {line[:40]!r}; are there as many n-grams as the header says?", lines.number
            )
    columns: list[list[pa.Array]] = [[] for _ in range(length)]
    values: list[np.ndarray] = []
    left = many
    while left:
        first = lines.number + 1
        block = lines.block(min(left, BLOCK))
        if not block:
            lines.wrong(f"the file ends among the {length}-grams; {left:,} of {many:,} are missing", lines.number)
        left -= len(block)
        words, numbers = _block(lines, first, block, length)
        for column, found in zip(columns, words, strict=True):
            if known is None:
                column.append(found)
                continue
            places = pc.index_in(found, known)
            if places.null_count:
                at = int(np.argmax(np.asarray(pc.is_null(places))))
                lines.wrong(f"the token {found[at].as_py()!r} is not among the 1-grams", first + at)
            column.append(places)
        values.append(numbers)
    kind = pa.large_string() if known is None else pa.int32()
    joined = [pa.chunked_array(column, kind).combine_chunks() for column in columns]
    return joined, np.concatenate(values) if values else np.zeros((0, 2), np.float32)


def _block(lines: _Lines, first: int, block: list[str], length: int) -> tuple[list[pa.Array], np.ndarray]:
    pieces = pl.Series(block).str.strip_chars("\r\n\t ").str.replace_all(r"[\t ]+", " ").str.split(" ")
    sizes = pieces.list.len().to_numpy()
    wrong = np.flatnonzero((sizes != length + 1) & (sizes != length + 2))
    if wrong.size:
        at = int(wrong[0])
        lines.wrong(
            f"expected a number, {length} tokens and at most one number more, not {block[at].strip()[:60]!r}",
            first + at,
        )
    chance = pieces.list.get(0).cast(pl.Float64, strict=False)
    back = pieces.list.get(length + 1, null_on_oob=True)
    weight = back.fill_null("0").cast(pl.Float64, strict=False)
    numbers = np.stack([chance.fill_null(np.nan).to_numpy(), weight.fill_null(np.nan).to_numpy()], axis=1)
    bad = np.flatnonzero(~np.isfinite(numbers).all(axis=1) | (numbers[:, 0] > 0))
    if bad.size:
        at = int(bad[0])
        lines.wrong(
            f"{block[at].strip()[:60]!r}: log10 of a probability is 0 at most, and that of a weight a number",
            first + at,
        )
    words = [pieces.list.get(place).to_arrow().cast(pa.large_string()) for place in range(1, length + 1)]
    return words, (numbers * LOG2_10).astype(np.float32)
