"""Raw tags of rows made into a vocabulary, in the four steps of InsTag (Lu et al., arXiv 2308.07074).

1. Surface: spellings of a tag are one (`surface`).
2. Likeness: from the most frequent tag on, a tag is taken for the nearest more frequent one that is like it. A tag is
   compared with those that stand for others only, so likeness is never passed on along a chain.
3. Frequency: what fewer than `least` rows have, all its spellings counted, goes.
4. Association: a tag of which nearly every row has another tag too says nothing more than that one, and becomes it.

InsTag counts first and merges afterwards; here rare spellings add to the tag they belong to before anything is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from corpus.embed import Embedder
from corpus.errors import UsageError
from corpus.tags.opened.likeness import by_characters, by_vectors
from corpus.tags.opened.surface import surface

Reason = Literal["kept", "surface", "similar", "implied", "rare", "empty"]
CHARACTERS, VECTORS = 0.7, 0.95
"""The least cosine of n-grams, and of an embedder's vectors, of tags that are taken for one."""


@dataclass(frozen=True)
class Wanted:
    """`least` rows of a tag; the least cosine of like tags (None: CHARACTERS or VECTORS); `support` rows of a pair of
    tags and the `confidence`, the share of the one's rows that have the other, from which on it is implied. The
    defaults but for the cosine are InsTag's."""

    least: int = 20
    cosine: float | None = None
    support: int = 40
    confidence: float = 0.99


@dataclass(frozen=True)
class Normalised:
    """`mapping`: a row for each raw tag: `raw`, `rows`, `tag` (null where it goes), `reason`, `because` (the tag it
    was taken for at that step), `measure` (cosine or confidence). `rows`: `row`, `tag`, each pair once. `tags`: the
    vocabulary, `tag` and `rows`, most frequent first."""

    mapping: pl.DataFrame
    rows: pl.DataFrame
    tags: pl.DataFrame


@dataclass(frozen=True)
class _Step:
    """What a tag became at one step."""

    to: str | None
    reason: Reason
    because: str | None = None
    measure: float | None = None


def normalise(raw: pl.DataFrame, wanted: Wanted, embedder: Embedder | None = None) -> Normalised:
    """`raw` has `row` (a number) and `tag`, one raw tag each. The result does not depend on the order of its rows.

    UsageError for thresholds that cannot be, or when no tag is left.
    """
    _check(wanted)
    counts = dict(raw.unique().group_by("tag").len().sort("tag").iter_rows())
    forms = {tag: surface(tag) for tag in counts}
    table = raw.with_columns(tag=pl.col("tag").replace_strict(forms, return_dtype=pl.String)).unique()
    table = table.filter(pl.col("tag") != "")
    like = _alike(_counted(table), wanted, embedder)
    table = _renamed(table, like)
    rare = {tag: _Step(None, "rare") for tag, many in _counted(table) if many < wanted.least}
    table = table.filter(~pl.col("tag").is_in(list(rare)))
    if table.is_empty():
        raise UsageError(f"no tag has {wanted.least} rows; ask for fewer with --least")
    implied = _implied(table, wanted)
    table = _renamed(table, implied)
    names = _names(counts, forms)
    mapping = [(tag, counts[tag], *_fate(tag, forms, like, rare, implied, names)) for tag in sorted(counts)]
    kinds = {"raw": pl.String, "rows": pl.Int64, "tag": pl.String, "reason": pl.String, "because": pl.String,
             "measure": pl.Float64}  # fmt: skip
    shown = table.with_columns(tag=pl.col("tag").replace_strict(names, return_dtype=pl.String)).unique()
    tags = (
        shown.group_by("tag").agg(pl.len().cast(pl.Int64).alias("rows")).sort(["rows", "tag"], descending=[True, False])
    )
    return Normalised(pl.DataFrame(mapping, schema=kinds, orient="row"), shown.sort("row", "tag"), tags)


def _fate(
    tag: str,
    forms: dict[str, str],
    like: dict[str, _Step],
    rare: dict[str, _Step],
    implied: dict[str, _Step],
    names: dict[str, str],
) -> tuple[str | None, Reason, str | None, float | None]:
    """What became of a raw tag in the end, and the last step that changed it."""
    form = forms[tag]
    if not form:
        return None, "empty", None, None
    last = _Step(form, "kept" if names[form] == tag else "surface", None if names[form] == tag else names[form])
    for step in (like, rare, implied):
        found = step.get(last.to or "")
        if found is not None:
            last = found
        if last.to is None:
            return None, last.reason, None, last.measure
    because = last.because if last.reason in ("kept", "surface") else names[last.because or form]
    return names[last.to or form], last.reason, because, last.measure


def _names(counts: dict[str, int], forms: dict[str, str]) -> dict[str, str]:
    """What a surface form is shown as: itself where a row has it so, else its most frequent spelling."""
    best: dict[str, tuple[bool, int, str]] = {}
    for tag, form in forms.items():
        this = (tag != form, -counts[tag], tag)
        best[form] = min(best.get(form, this), this)
    return {form: tag for form, (*_, tag) in best.items()}


def _counted(table: pl.DataFrame) -> list[tuple[str, int]]:
    """Tags with their rows, most frequent first, of equal ones the first in order."""
    return list(table.group_by("tag").len().sort(["len", "tag"], descending=[True, False]).iter_rows())


def _renamed(table: pl.DataFrame, steps: dict[str, _Step]) -> pl.DataFrame:
    names = {tag: step.to for tag, step in steps.items()}
    return table.with_columns(tag=pl.col("tag").replace(names)).unique() if names else table


def _alike(counted: Sequence[tuple[str, int]], wanted: Wanted, embedder: Embedder | None) -> dict[str, _Step]:
    """Tags that are taken for a more frequent one."""
    tags = [tag for tag, _ in counted]
    least = wanted.cosine or (CHARACTERS if embedder is None else VECTORS)
    pairs = by_characters(tags, least) if embedder is None else by_vectors(tags, embedder, least)
    nearer: dict[int, list[tuple[float, int]]] = {}
    for left, right, cosine in pairs.iter_rows():
        nearer.setdefault(right, []).append((-cosine, left))
    found: dict[int, _Step] = {}
    for place in sorted(nearer):
        standing = [(cosine, other) for cosine, other in sorted(nearer[place]) if other not in found]
        if standing:
            cosine, other = standing[0]
            found[place] = _Step(tags[other], "similar", tags[other], round(-cosine, 6))
    return {tags[place]: step for place, step in found.items()}


def _implied(table: pl.DataFrame, wanted: Wanted) -> dict[str, _Step]:
    """Tags that become another one which nearly all their rows have: the one implied most surely, then most often.

    Of two that imply each other the rarer goes; chains end at the tag that implies none.
    """
    counts = dict(_counted(table))
    order = {tag: place for place, tag in enumerate(counts)}
    enough = [tag for tag, many in counts.items() if many >= wanted.support]
    some = table.filter(pl.col("tag").is_in(enough))
    both = some.join(some, on="row").filter(pl.col("tag") != pl.col("tag_right"))
    pairs = both.group_by("tag", "tag_right").len().filter(pl.col("len") >= wanted.support).sort("tag", "tag_right")
    best: dict[str, tuple[float, int, str]] = {}
    for tag, other, many in pairs.iter_rows():
        confidence = many / counts[tag]
        if confidence >= wanted.confidence and order[other] < order[tag]:
            best[tag] = min(best.get(tag, (2.0, 0, "")), (-confidence, order[other], other))
    steps = {}
    for tag, (confidence, _, other) in best.items():
        end = other
        while end in best:
            end = best[end][2]
        steps[tag] = _Step(end, "implied", other, round(-confidence, 6))
    return steps


def reasons(found: Normalised) -> dict[str, int]:
    """Raw tags by what became of them."""
    return dict(sorted(Counter(found.mapping["reason"].to_list()).items()))


def _check(wanted: Wanted) -> None:
    if wanted.least < 1 or wanted.support < 1:
        raise UsageError("--least and --support are 1 or more rows")
    for name, value in (("--cosine", wanted.cosine), ("--confidence", wanted.confidence)):
        if value is not None and not 0 < value <= 1:
            raise UsageError(f"{name} {value:g} is not above 0 and at most 1")
