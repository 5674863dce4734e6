"""Which tags are spellings or near relatives of each other: by character n-grams, or by an embedder's vectors."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.embed import Embedder

_RUN = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[^\s\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+"
)
_DIGITS = re.compile(r"\d+")
_BLOCK = 1024
_LETTERS = 6
_SLACK = 1e-9


def grams(tag: str) -> list[str]:
    """Character n-grams of a tag's surface form: threes within a word and its ends, ones and twos of Chinese."""
    found: list[str] = []
    for run in _RUN.findall(tag):
        if ord(run[0]) >= 0x2E80:
            found += [*run, *(run[place : place + 2] for place in range(len(run) - 1))]
        else:
            ended = f"^{run}$"
            found += [ended[place : place + 3] for place in range(max(1, len(ended) - 2))]
    return found


def by_characters(tags: Sequence[str], least: float) -> pl.DataFrame:
    """Pairs of `tags` (`left` < `right`, their places) whose `cosine` is `least` or more, by TF-IDF of their n-grams.

    Not a pair are tags that differ in digits, and English ones of which a word is no spelling of any word of the other.
    """
    rows = [(place, gram) for place, tag in enumerate(tags) for gram in grams(tag)]
    frame = pl.DataFrame(rows, schema={"tag": pl.UInt32, "gram": pl.String}, orient="row")
    # Sorted here and below, so that sums are the same for every order in which groups and joins come.
    frame = frame.group_by("tag", "gram").agg(pl.len().alias("count")).sort("tag", "gram")
    frame = frame.with_columns(stands=pl.len().over("gram"))
    rarity = (pl.lit(float(len(tags) + 1)) / pl.col("stands")).log()
    frame = frame.with_columns(weight=pl.col("count") * rarity)
    frame = frame.with_columns(weight=pl.col("weight") / pl.col("weight").pow(2).sum().over("tag").sqrt())
    # The n-grams of a tag, rarest first. What all those from one on weigh bounds the cosine with a tag that shares
    # nothing rarer: so the rarest n-gram that two like tags share stands in front of that place in both.
    frame = frame.sort("tag", "stands", "gram")
    rest = pl.col("weight").pow(2).cum_sum(reverse=True).over("tag")
    finding = frame.filter(rest >= least * least - _SLACK).select("tag", "gram")
    found: list[pl.DataFrame] = []
    for first in range(0, len(tags), _BLOCK):
        some = finding.filter(pl.col("tag").is_between(first, first + _BLOCK - 1))
        near = some.join(finding, on="gram").filter(pl.col("tag") < pl.col("tag_right"))
        pairs = near.select(left="tag", right="tag_right").unique()
        own = pairs.join(frame.select(left="tag", gram="gram", weight="weight"), on="left")
        both = own.join(frame.select(right="tag", gram="gram", other="weight"), on=["right", "gram"])
        cosines = both.sort("left", "right", "gram").group_by("left", "right", maintain_order=True)
        summed = cosines.agg((pl.col("weight") * pl.col("other")).sum().alias("cosine"))
        found.append(summed.filter(pl.col("cosine") >= least))
    return _told_apart(pl.concat(found), tags, spelt=True) if found else _none()


def by_vectors(tags: Sequence[str], embedder: Embedder, least: float) -> pl.DataFrame:
    """The same by cosines of the vectors that an embedder gives the tags."""
    vectors = np.asarray(embedder.embed(pa.array(tags, pa.large_string())), np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)
    found = []
    for first in range(0, len(tags), _BLOCK):
        cosines = vectors[first : first + _BLOCK] @ vectors.T
        left, right = np.nonzero(cosines >= least)
        chosen = left + first < right
        pairs = {"left": left[chosen] + first, "right": right[chosen], "cosine": cosines[left, right][chosen]}
        found.append(pl.DataFrame(pairs).cast({"left": pl.UInt32, "right": pl.UInt32, "cosine": pl.Float64}))
    return _told_apart(pl.concat(found), tags, spelt=False) if found else _none()


def _told_apart(pairs: pl.DataFrame, tags: Sequence[str], *, spelt: bool) -> pl.DataFrame:
    """Without pairs that differ in digits, and with `spelt` without those in which a word has no counterpart."""
    digits = ["|".join(_DIGITS.findall(tag)) for tag in tags]
    same = [
        digits[left] == digits[right] and not (spelt and other_words(tags[left], tags[right]))
        for left, right in pairs.select("left", "right").iter_rows()
    ]
    return pairs.filter(pl.Series(same, dtype=pl.Boolean)).sort("left", "right")


def other_words(left: str, right: str) -> bool:
    """Whether both English tags have a word that the other has in no spelling: `nutrition plan`, `nutrient plan`."""
    if not (left.isascii() and right.isascii()):
        return False
    first, second = set(left.split()), set(right.split())
    only, others = first - second, second - first
    return bool(only and others) and not (
        all(any(_near(one, other) for other in others) for one in only)
        and all(any(_near(one, other) for one in only) for other in others)
    )


def _near(one: str, other: str) -> bool:
    """Whether so few letters were changed, lost or added that one may be the other: one in _LETTERS of the longer."""
    allowed = max(1, max(len(one), len(other)) // _LETTERS)
    if abs(len(one) - len(other)) > allowed:
        return False
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, start=1):
        before, row[0] = row[0], place
        for column, wanted in enumerate(other, start=1):
            changed = before + (letter != wanted)
            before = row[column]
            row[column] = min(changed, before + 1, row[column - 1] + 1)
    return row[-1] <= allowed


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema={"left": pl.UInt32, "right": pl.UInt32, "cosine": pl.Float64})
