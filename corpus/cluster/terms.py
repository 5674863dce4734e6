"""Words and phrases of texts, and how often each cluster has them; Chinese ones without a dictionary or a segmenter.

A Chinese candidate is a run of two to four characters that holds together and ends where it ends: the pointwise mutual
information of the weakest way to cut it in two is at least COHESION, and what stands before and after it varies, with
an entropy of at least FREEDOM on either side (the branching entropy of Tanaka-Ishii and Jin 2008; a neighbour that is
no such character counts as one of its own). A word of spaced scripts is a run of letters, in lower case.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.kernels.buffers import utf8
from corpus.kernels.unicode_tables import tables

LONGEST = 4
COHESION, FREEDOM = 2.0, 1.2
"""In nats. Nine in ten of the runs above both read as words or phrases; see docs/embeddings.md."""
LEAST = 5
"""Occurrences of a term; in small samples one for each 2,000 characters, and two at least."""
_WORD = r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{Hangul}][\p{Latin}\p{Greek}\p{Cyrillic}\p{Hangul}\p{M}\p{N}_'’-]+"
_UNSPACED = ("Hani", "Kana", "Bopo")
_NO_BEGINNING, _NO_END = "的了这那我你他她它很并但而或", "的了着是在与或也就还但被把从很并而这那"
"""Particles, pronouns and conjunctions: a run that begins or ends with one is a piece of a sentence, and no name."""
_FUNCTION_WORDS = """the and of to in is that it for on was as with be by at this are from or an not have has had but
they you his her its which were we he she if so my your our their there been will would can could do does did no than
then them these those into about when what who how also more such other only may one all out up"""
_BITS = np.uint64(16)


@dataclass(frozen=True)
class TermCounts:
    """`text[i]` is a term; cluster `cluster[j]` has the term `term[j]` `count[j]` times, all int64."""

    text: list[str]
    term: np.ndarray
    cluster: np.ndarray
    count: np.ndarray


@dataclass(frozen=True)
class _Runs:
    """Characters of unspaced scripts by number from 1, 0 for all else; the row of each, and the characters numbered."""

    codes: np.ndarray
    rows: np.ndarray
    points: np.ndarray


def term_counts(texts: pa.Array, ids: np.ndarray) -> TermCounts:
    """The terms of the texts by their clusters `ids`; a term stands in two texts at least, where there are two."""
    texts = texts.cast(pa.large_string())
    runs = _runs(texts)
    least = int(np.clip(len(runs.codes) // 2000, 2, LEAST))
    apart = min(2, len(texts))
    found = [_words(texts, ids, least, apart), *_phrases(runs, ids, least, apart)]
    names: list[str] = []
    columns: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for part in found:
        columns.append((part.term + len(names), part.cluster, part.count))
        names += part.text
    term, cluster, count = (np.concatenate(column) for column in zip(*columns, strict=True))
    return TermCounts(names, term, cluster, count)


def _words(texts: pa.Array, ids: np.ndarray, least: int, apart: int) -> TermCounts:
    frame = pl.DataFrame({"text": pl.Series(texts), "cluster": ids.astype(np.int64)}).with_row_index("row")
    words = frame.select("row", "cluster", word=pl.col("text").str.to_lowercase().str.extract_all(_WORD))
    words = words.explode("word").drop_nulls("word").filter(~pl.col("word").is_in(_FUNCTION_WORDS.split()))
    good = words.group_by("word").agg(pl.len().alias("many"), pl.col("row").n_unique().alias("texts"))
    good = good.filter((pl.col("many") >= least) & (pl.col("texts") >= apart)).sort("word").with_row_index("term")
    cells = words.join(good, on="word").group_by("term", "cluster").len().sort("term", "cluster")
    columns = (cells[name].to_numpy().astype(np.int64) for name in ("term", "cluster", "len"))
    return TermCounts(good["word"].to_list(), *columns)


def _runs(texts: pa.Array) -> _Runs:
    newline = pa.scalar("\n", pa.large_string())
    lines = pc.binary_join_element_wise(pc.fill_null(texts, ""), newline, pa.scalar("", pa.large_string()))
    data, offsets = utf8(lines)
    content = data[offsets[0] : offsets[-1]]
    points = np.frombuffer(content.tobytes().decode().encode("utf-32-le"), np.uint32)
    chars = np.zeros(len(content) + 1, np.int64)
    np.cumsum((content & 0xC0) != 0x80, out=chars[1:])
    rows = np.repeat(np.arange(len(texts)), np.diff(chars[offsets - offsets[0]]))
    known = tables()
    unspaced = known.of_scripts(*_UNSPACED)[known.classes[points]].astype(bool)
    different, numbers = np.unique(points[unspaced], return_inverse=True)
    codes = np.zeros(len(points), np.uint64)
    # Sixteen bits a character: four make a word of 64. No corpus has more different ones.
    codes[unspaced] = np.minimum(numbers + 1, (1 << 16) - 1).astype(np.uint64)
    return _Runs(codes, rows, different)


@dataclass(frozen=True)
class _Grams:
    """All runs of some length: their keys, ascending, and how often each stands; its places, and the key of each."""

    keys: np.ndarray
    counts: np.ndarray
    places: np.ndarray
    which: np.ndarray


def _grams(codes: np.ndarray, size: int) -> _Grams:
    many = max(0, len(codes) - size + 1)
    keys, whole = np.zeros(many, np.uint64), np.ones(many, bool)
    for step in range(size):
        part = codes[step : step + many]
        keys = (keys << _BITS) | part
        whole &= part > 0
    places = np.flatnonzero(whole)
    different, which, counts = np.unique(keys[places], return_inverse=True, return_counts=True)
    return _Grams(different, counts, places, which)


def _phrases(runs: _Runs, ids: np.ndarray, least: int, apart: int) -> list[TermCounts]:
    grams = [_grams(runs.codes, size) for size in range(1, LONGEST + 1)]
    found = []
    for size in range(2, LONGEST + 1):
        here = grams[size - 1]
        often = np.flatnonzero(here.counts >= least)
        often = often[_may_name(here.keys[often], size, runs.points)]
        often = often[_cohesion(grams, size, often) >= COHESION]
        number = np.full(len(here.keys), -1, np.int64)
        number[often] = np.arange(len(often))
        term = number[here.which]
        places, term = here.places[term >= 0], term[term >= 0]
        free = np.minimum(_freedom(runs.codes, places - 1, term), _freedom(runs.codes, places + size, term))
        in_texts = np.bincount(np.unique(np.stack([term, runs.rows[places]]), axis=1)[0], minlength=len(often))
        good = np.flatnonzero((free >= FREEDOM) & (in_texts >= apart)) if len(often) else often
        again = np.full(len(often), -1, np.int64)
        again[good] = np.arange(len(good))
        kept = again[term] >= 0
        cells, count = np.unique(
            np.stack([again[term[kept]], ids[runs.rows[places[kept]]].astype(np.int64)]), axis=1, return_counts=True
        )
        texts = [_text(int(key), size, runs.points) for key in here.keys[often[good]]]
        found.append(TermCounts(texts, cells[0], cells[1], count.astype(np.int64)))
    return found


def _may_name(keys: np.ndarray, size: int, points: np.ndarray) -> np.ndarray:
    first, last = (keys >> (_BITS * np.uint64(size - 1))).astype(np.int64), (keys & np.uint64(0xFFFF)).astype(np.int64)
    no_first, no_last = (np.isin(points, [ord(char) for char in chars]) for chars in (_NO_BEGINNING, _NO_END))
    return np.asarray(~no_first[first - 1] & ~no_last[last - 1])


def _text(key: int, size: int, points: np.ndarray) -> str:
    codes = [(key >> (16 * step)) & 0xFFFF for step in range(size - 1, -1, -1)]
    return "".join(chr(int(points[code - 1])) for code in codes)


def _cohesion(grams: list[_Grams], size: int, which: np.ndarray) -> np.ndarray:
    """Pointwise mutual information of the runs at their weakest cut, in nats."""
    here = grams[size - 1]
    keys, total = here.keys[which], float(grams[0].counts.sum())
    weakest = np.full(len(which), np.inf)
    for cut in range(1, size):
        low = _BITS * np.uint64(size - cut)
        left, right = keys >> low, keys & ((np.uint64(1) << low) - np.uint64(1))
        counted = [
            part.counts[np.searchsorted(part.keys, value)].astype(np.float64)
            for part, value in ((grams[cut - 1], left), (grams[size - cut - 1], right))
        ]
        weakest = np.minimum(weakest, np.log(here.counts[which] * total / (counted[0] * counted[1])))
    return weakest


def _freedom(codes: np.ndarray, places: np.ndarray, term: np.ndarray) -> np.ndarray:
    """By term the entropy of the characters at `places` of its occurrences, in nats; others count as one each."""
    many = int(term.max(initial=-1)) + 1
    inside = (places >= 0) & (places < len(codes))
    beside = np.where(inside, codes[np.clip(places, 0, max(0, len(codes) - 1))], np.uint64(0)) if len(codes) else places
    pairs = (term.astype(np.uint64) << _BITS) | beside.astype(np.uint64)
    different, counts = np.unique(pairs[beside > 0], return_counts=True)
    told = np.bincount((different >> _BITS).astype(np.int64), weights=counts * np.log(counts), minlength=many)
    total = np.bincount(term, minlength=many).astype(np.float64)
    return np.asarray(np.log(total) - told / total)
