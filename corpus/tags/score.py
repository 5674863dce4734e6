"""Tags of texts: what every taxonomy of a set gives each row of a batch. A row's tags do not depend on other rows.

Terms of all taxonomies that read the same part of a text are found in one pass. A score is the sum of the weights of a
tag's terms (each up to the taxonomy's cap) and of its cues, for the text or for each 1,000 of its characters. A
character counts as much as it has bytes: see BYTES.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.errors import UsageError
from corpus.kernels.buffers import large
from corpus.kernels.wordlist import ASCII_EDGE, Automaton, Found, Pattern, compile_patterns, scan
from corpus.tags.model import Model, TagSet, Taxonomy

SEAM = "\n¶\n"
"""Between the beginning and the end of a text of which the middle is not read; no term or word crosses it."""
BYTES = 3
"""Bytes of a character as lengths are counted: a Chinese one has three in UTF-8, an English word of nine letters says
about what three Chinese characters say."""
_CJK = 0x2E80


@dataclass(frozen=True)
class Judged:
    """By row and tag of one taxonomy: the score (float64), and whether the tag is given."""

    scores: np.ndarray
    given: np.ndarray

    def spread(self, rows: np.ndarray, many: int) -> Judged:
        """The same for `many` rows of which only `rows` were judged; the others have no score and no tag."""
        scores, given = np.zeros((many, self.scores.shape[1])), np.zeros((many, self.given.shape[1]), bool)
        scores[rows], given[rows] = self.scores, self.given
        return Judged(scores, given)


@dataclass(frozen=True)
class _Window:
    """Taxonomies that read the same part of a text; the first term group of each in the automaton."""

    head: int
    tail: int
    most: int
    taxonomies: tuple[tuple[int, Taxonomy, int], ...]
    automaton: Automaton | None


def columns(text: pa.Array, tagset: TagSet, ask: pa.Array | None = None) -> list[pa.Array]:
    """The column of each taxonomy; null where nothing is given, and for a null text. `ask` is what is asked in each
    row, for taxonomies of that (`of: ask`); without it they read the text too."""
    if ask is None or ask is text:
        return _columns(text, tagset)
    found: dict[str, pa.Array] = {}
    for read, of in ((ask, "ask"), (text, "text")):
        some = TagSet(tuple(one for one in tagset.taxonomies if one.of == of))
        found |= dict(zip([one.column for one in some.taxonomies], _columns(read, some), strict=True))
    return [found[one.column] for one in tagset.taxonomies]


def _columns(text: pa.Array, tagset: TagSet) -> list[pa.Array]:
    judged = judge(text, tagset)
    absent = np.asarray(pc.is_null(text)) if text.null_count else np.zeros(len(text), bool)
    return [_column(found, taxonomy, absent) for found, taxonomy in zip(judged, tagset.taxonomies, strict=True)]


def judge(text: pa.Array, tagset: TagSet) -> list[Judged]:
    """Scores and given tags, taxonomy by taxonomy; of a taxonomy of one label at most one tag a row is given.

    UsageError when a model of a taxonomy is not on this machine or has changed.
    """
    texts = pl.Series(pl.from_arrow(text) if len(text) else [], dtype=pl.String)
    chars = texts.str.len_chars().fill_null(0).to_numpy().astype(np.int64)
    found: dict[int, Judged] = {}
    for window in _compiled(tagset):
        rows = None if not window.most else np.flatnonzero(chars <= window.most)
        some = texts if rows is None else texts.gather(rows)
        sizes = chars if rows is None else chars[rows]
        seen = _seen(some, window.head, window.tail)
        whole = text if rows is None and not window.head + window.tail else None
        hits = None if window.automaton is None else scan(_large(seen, whole), window.automaton)
        for place, taxonomy, first in window.taxonomies:
            judged = _judge(seen, sizes, hits, taxonomy, first)
            found[place] = judged if rows is None else judged.spread(rows, len(text))
    return [
        found[place] if taxonomy.model is None else _with_model(found[place], taxonomy, taxonomy.model, text)
        for place, taxonomy in enumerate(tagset.taxonomies)
    ]


def _judge(seen: pl.Series, chars: np.ndarray, hits: Found | None, taxonomy: Taxonomy, first: int) -> Judged:
    shape = (len(seen), len(taxonomy.tags))
    scores, distinct = np.zeros(shape), np.zeros(shape, np.int64)
    if hits is not None:
        scores += hits.weight[:, first : first + shape[1]]
        distinct += hits.distinct[:, first : first + shape[1]]
    matched: dict[str, np.ndarray] = {}
    for column, tag in enumerate(taxonomy.tags):
        for cue in tag.cues:
            if cue.match not in matched:
                matched[cue.match] = seen.str.contains(cue.match).fill_null(False).to_numpy()
            speaks: np.ndarray = matched[cue.match]
            if cue.min_chars is not None:
                speaks = speaks & (chars >= cue.min_chars)
            if cue.max_chars is not None:
                speaks = speaks & (chars <= cue.max_chars)
            scores[:, column] += np.where(speaks, cue.weight, 0.0)
            distinct[:, column] += speaks & (cue.weight > 0)
    if taxonomy.per == "thousand":
        size = seen.str.len_bytes().fill_null(0).to_numpy().astype(np.float64) / BYTES
        scores *= 1000.0 / np.maximum(size, taxonomy.floor)[:, None]
    least = np.array([tag.least for tag in taxonomy.tags])
    several = distinct >= np.array([tag.distinct for tag in taxonomy.tags])
    enough: np.ndarray = (scores >= least) & several
    return Judged(scores, _best(scores, enough) if taxonomy.labels == "one" else enough)


def _best(scores: np.ndarray, enough: np.ndarray) -> np.ndarray:
    """Of the tags that are enough the one with the highest score, of equal ones the first."""
    given = np.zeros_like(enough)
    rows = np.flatnonzero(enough.any(axis=1))
    given[rows, np.where(enough[rows], scores[rows], -np.inf).argmax(axis=1)] = True
    return given


def _with_model(judged: Judged, taxonomy: Taxonomy, model: Model, text: pa.Array) -> Judged:
    """What the classifier is sure of replaces the rules of a row (one label) or adds to them (many)."""
    from pathlib import Path

    from corpus.models.classifier import opened
    from corpus.models.directory import CARD

    directory = Path(model.directory)
    if not (directory / CARD).is_file():
        raise UsageError(f"model {model.name!r}: {directory} is not on this machine; put it at one path everywhere")
    classifier = opened(directory)
    if classifier.card.digest != model.digest:
        raise UsageError(
            f"model {model.name!r} is {classifier.card.digest}, not {model.digest} as it was when the tags were read"
        )
    chances = np.nan_to_num(classifier.scores(text), nan=-1.0)
    sure = chances >= model.least
    places = [taxonomy.leaves.index(label) for label in classifier.card.labels]
    added = np.zeros_like(judged.given)
    if taxonomy.labels == "many":
        added[:, places] = sure
        return Judged(judged.scores, judged.given | added)
    added[:, places] = _best(chances, sure)
    decided = np.asarray(added.any(axis=1))
    return Judged(judged.scores, np.where(decided[:, None], added, judged.given))


def _column(judged: Judged, taxonomy: Taxonomy, absent: np.ndarray) -> pa.Array:
    given = judged.given & ~absent[:, None]
    names = pa.array(taxonomy.leaves, pa.string())
    if taxonomy.labels == "one":
        return names.take(pa.array(given.argmax(axis=1), pa.int32(), mask=~given.any(axis=1)))
    rows, tags = np.nonzero(given)
    counts = np.bincount(rows, minlength=len(given))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(
        pa.array(offsets), names.take(pa.array(tags, pa.int64())), mask=pa.array(counts == 0)
    )


@functools.lru_cache(maxsize=4)
def _compiled(tagset: TagSet) -> tuple[_Window, ...]:
    """The automaton of each part of a text that is read."""
    parts: dict[tuple[int, int, int], list[tuple[int, Taxonomy]]] = {}
    for place, taxonomy in enumerate(tagset.taxonomies):
        parts.setdefault((taxonomy.head, taxonomy.tail, taxonomy.most), []).append((place, taxonomy))
    return tuple(_window(*part, given) for part, given in parts.items())


def _window(head: int, tail: int, most: int, given: Sequence[tuple[int, Taxonomy]]) -> _Window:
    patterns: list[Pattern] = []
    placed = []
    groups = 0
    for place, taxonomy in given:
        placed.append((place, taxonomy, groups))
        for number, tag in enumerate(taxonomy.tags, start=groups):
            patterns += [
                Pattern(term, number, weight, taxonomy.cap, _edge(term), taxonomy.gaps) for term, weight in tag.terms
            ]
        groups += len(taxonomy.tags)
    return _Window(head, tail, most, tuple(placed), compile_patterns(patterns, groups) if patterns else None)


def _edge(term: str) -> int:
    """Letters may touch a Chinese term, not an English one."""
    return 0 if any(ord(character) >= _CJK for character in term) else ASCII_EDGE


def _seen(texts: pl.Series, head: int, tail: int) -> pl.Series:
    """The part of each text that is read."""
    if not head + tail:
        return texts
    frame = pl.DataFrame({"text": texts})
    whole = pl.col("text")
    ends = whole.str.head(head) if not tail else pl.concat_str(whole.str.head(head), pl.lit(SEAM), whole.str.tail(tail))
    return frame.select(pl.when(whole.str.len_chars() <= head + tail).then(whole).otherwise(ends)).to_series()


def _large(seen: pl.Series, whole: pa.Array | None) -> pa.Array:
    """What is read as the kernel takes it; the text itself where all of it is."""
    if whole is not None:
        return whole
    return large(seen)
