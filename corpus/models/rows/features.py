"""What a trained model of difficulty reads of an instruction row: which n-grams its three texts have, and their form.

N-grams are hashed (see `kernels.hashed_grams`) and kept apart by the text they stand in: one to three units of
instruction, input and answer, where a unit is a Han character or a word, and three to five letters in a row of
instruction and answer, which tell of words never seen. The form is counted by patterns and taken as ln(1 + count).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.embed.svd import Sparse
from corpus.kernels import lineview
from corpus.kernels.buffers import frozen, large
from corpus.kernels.difficulty import ABSENT, CODE, CONSTRAINTS, MATHS, NOTATION, STEPS
from corpus.kernels.hashed_grams import BITS, count_documents, features_of
from corpus.kernels.shingles import Units, units

PARTS = ("instruction", "given", "answer")
BLOCKS = ("instruction", "given", "answer", "instruction_letters", "answer_letters")
MOST = 4096
"""Units, and letters, of a text that are read."""
LEAST = 2
"""Rows of the training set that an n-gram stands in, at least."""
_BATCH = 1024
_CJK = 0x2E80
_SALTS = np.array([0, 0x5BD1E995, 0x1B873593, 0x27D4EB2F, 0x165667B1], np.uint32)
_COUNTS = 1 << 12
FORM: tuple[tuple[str, str, str], ...] = (
    ("answer_characters", "answer", ""),
    ("instruction_characters", "instruction", ""),
    ("input_characters", "given", ""),
    ("answer_lines", "answer", r"(?m)^.*\S.*$"),
    ("answer_sentences", "answer", r"[.!?](?:\s|$)|[。！？]"),
    ("answer_words", "answer", r"\p{Han}|[\p{L}\p{Nd}]+"),
    ("answer_long_words", "answer", r"\p{Latin}{8,}"),
    ("answer_marks", "answer", r"\p{P}"),
    ("answer_digits", "answer", r"\p{Nd}"),
    ("answer_notation", "answer", NOTATION),
    ("answer_steps", "answer", STEPS),
    ("answer_code", "answer", CODE),
    ("answer_maths", "answer", MATHS),
    ("instruction_words", "instruction", r"\p{Han}|[\p{L}\p{Nd}]+"),
    ("instruction_digits", "instruction", r"\p{Nd}"),
    ("instruction_commas", "instruction", r"[,，、;；]"),
    ("instruction_questions", "instruction", r"[?？]"),
    ("instruction_quotes", "instruction", r"[\"“”「『]"),
    ("instruction_constraints", "instruction", CONSTRAINTS),
    ("instruction_lines", "instruction", r"\n"),
)
"""What is counted: a name, the text, and the pattern; code points where there is none."""


@dataclass(frozen=True)
class Vocabulary:
    """The n-grams that count: `buckets` (uint32, ascending), and the weight of each, ln(rows / rows with it)."""

    buckets: np.ndarray
    weights: np.ndarray

    @functools.cached_property
    def lookup(self) -> np.ndarray:
        """The n-gram of each bucket, -1 for none."""
        found = np.full(1 << BITS, -1, np.int32)
        found[self.buckets] = np.arange(len(self.buckets), dtype=np.int32)
        return frozen(found)


def cleaned(frame: pl.DataFrame) -> pl.DataFrame:
    """PARTS without nulls; an input that is a word for none is empty."""
    given = pl.col("given").fill_null("")
    has = pl.when(given.str.contains(ABSENT)).then(pl.lit("")).otherwise(given)
    return frame.select(pl.col("instruction").fill_null(""), given=has, answer=pl.col("answer").fill_null(""))


def form(frame: pl.DataFrame) -> np.ndarray:
    """FORM of each row of `cleaned` texts, ln(1 + count): float64, rows by names."""
    counted = [
        (pl.col(text).str.count_matches(pattern) if pattern else pl.col(text).str.len_chars()).alias(name)
        for name, text, pattern in FORM
    ]
    return np.asarray(np.log1p(frame.select(counted).to_numpy().astype(np.float64)))


def blocks(frame: pl.DataFrame) -> list[Units]:
    """The sequences whose n-grams are features, in the order of BLOCKS, of `cleaned` texts."""
    texts = {name: large(frame[name]) for name in PARTS}
    found = [units(texts[name]) for name in PARTS]
    found += [letters(texts[name]) for name in ("instruction", "answer")]
    return [Units(frozen(one.values ^ salt), one.offsets, one.keys) for one, salt in zip(found, _SALTS, strict=True)]


def letters(text: pa.Array) -> Units:
    """Three letters in a row as one unit, at each place of a text as classifiers see it (`lineview`); a space stands
    between words, and none beside a Chinese character."""
    whole = "".join(lineview.views(text).to_pylist())
    points = np.frombuffer(whole.encode("utf-32-le"), np.uint32)
    wide = np.concatenate([points >= _CJK, [False]])
    between = (points == 0x20) & (wide[1:] | wide[np.arange(len(points)) - 1])
    points = points[~between]
    ends = np.flatnonzero(points == 0x0A)
    packed = np.zeros(len(points), np.uint32)
    if len(points) > 2:
        mixed = points[:-2] * np.uint32(0x9E3779B1) ^ points[1:-1] * np.uint32(0x85EBCA77) ^ points[2:]
        packed[:-2] = mixed * np.uint32(0xC2B2AE3D)
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    many = np.maximum(0, ends - starts - 2)
    offsets = np.concatenate([[0], np.cumsum(many)]).astype(np.int64)
    places = np.repeat(starts - offsets[:-1], many) + np.arange(offsets[-1])
    return Units(frozen(packed[places]), frozen(offsets), np.zeros((len(many), 2), np.uint64))


def learned(frame: pl.DataFrame) -> Vocabulary:
    """The n-grams that stand in LEAST rows or more of `cleaned` texts."""
    seen = [np.zeros(1 << BITS, np.int32) for _ in BLOCKS]
    documents = np.zeros(1 << BITS, np.int32)
    for first in range(0, frame.height, _BATCH):
        for block, one in enumerate(blocks(frame.slice(first, _BATCH))):
            count_documents(one, first, MOST, seen[block], documents)
    buckets = np.flatnonzero(documents >= LEAST)
    weights = np.log((1 + frame.height) / (1 + documents[buckets])) + 1
    return Vocabulary(frozen(buckets.astype(np.uint32)), frozen(weights.astype(np.float32)))


def matrix(frame: pl.DataFrame, vocabulary: Vocabulary) -> Sparse:
    """The n-grams of `cleaned` texts: by row, (1 + ln count) times the weight, each block of length 1."""
    pieces: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for first in range(0, frame.height, _BATCH):
        pieces.append(_rows(blocks(frame.slice(first, _BATCH)), vocabulary))
    width = len(vocabulary.buckets)
    if not pieces:
        return Sparse(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32), width)
    lengths = np.concatenate([one for one, _, _ in pieces])
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    columns, values = (np.concatenate([one[place] for one in pieces]) for place in (1, 2))
    return Sparse(offsets, columns, values, width)


def _rows(found: Sequence[Units], vocabulary: Vocabulary) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How many features each row has, and their columns and values, block after block within a row."""
    rows, columns, values = [], [], []
    for one in found:
        which, times, places = features_of(one, vocabulary.lookup, len(vocabulary.buckets), MOST)
        row = np.repeat(np.arange(len(places) - 1), np.diff(places))
        weighed = _damped()[np.minimum(times, _COUNTS)] * vocabulary.weights[which].astype(np.float64)
        squares = np.bincount(row, weighed**2, len(places) - 1)
        rows.append(row)
        columns.append(which)
        values.append((weighed / np.sqrt(squares)[row]).astype(np.float32))
    row = np.concatenate(rows)
    order = np.argsort(row, kind="stable")
    many = np.bincount(row, minlength=len(found[0].offsets) - 1)
    return many, np.concatenate(columns)[order], np.concatenate(values)[order]


@functools.cache
def _damped() -> np.ndarray:
    counts = np.arange(_COUNTS + 1)
    return frozen(np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0.0))
