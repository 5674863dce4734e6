"""How well duplicate detection does on a user's own data: near-duplicates of known similarity are put beside it, the
whole pipeline runs over both in a directory of its own, and what it found and removed is counted and compared anew.

Recall is the share of injected pairs at least as similar as the threshold that the run verified; the exact similarity
of each pair is known, so the share that banding should find is, too. Precision is the share of near-duplicate removals
(the user's own as well) whose similarity, computed again from the texts, is at least the threshold.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pyarrow as pa

from corpus import config, storage
from corpus.config import Fields, Guard, Near, Source
from corpus.dedup.copies import KINDS, copies
from corpus.dedup.curve import detection_probability
from corpus.dedup.evidence import Checked, Evidence, Seen
from corpus.dedup.originals import Original, choose
from corpus.errors import UsageError
from corpus.execute import execute
from corpus.identity import doc_ids
from corpus.kernels.minhash import Signer
from corpus.models.metrics import wilson
from corpus.pipeline import SPLIT_BYTES, compose
from corpus.rundir import RunDir
from corpus.runner import Progress

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LEAST, STEP = 0.5, 0.05
"""Similarities that copies are made for: from LEAST up to 1, counted in steps."""
COPIES = "injected-copies"
INJECTED, FEWEST = 500, 20
"""Pairs that are injected, and the fewest that say anything."""


@dataclass(frozen=True)
class Share:
    """`hits` of `of`, and Wilson's 95 % interval of the share; 0 to 1 where there is nothing."""

    hits: int
    of: int
    low: float
    high: float

    @classmethod
    def counted(cls, hits: int, of: int) -> Share:
        """The share and its interval."""
        interval = wilson(hits, of)
        return cls(hits, of, interval.low, interval.high)


@dataclass(frozen=True)
class Level:
    """Injected pairs with a Jaccard similarity in [low, high).

    `recall` counts those verified among the ones at least as similar as the threshold by the measure in use; `expected`
    is the share of these that banding finds on average. `merged` of the others were verified all the same.
    """

    low: float
    high: float
    pairs: int
    expected: float
    recall: Share
    merged: int


@dataclass(frozen=True)
class Audit:
    """What was measured.

    `set_aside` counts copies that say nothing about near-duplicates, by reason. `instead` counts pairs that were not
    verified, though the copy went in favour of some other record. `removals` are all near-duplicate removals of the
    run, the user's own and the injected; `precision` counts the right ones among those compared again, and `least` is
    the smallest similarity among them, None when there was none.
    """

    threshold: float
    similarity: str
    bands: int
    rows: int
    records: int
    injected: int
    set_aside: dict[str, int]
    levels: tuple[Level, ...]
    expected: float
    recall: Share
    instead: int
    by_kind: dict[str, Share]
    removals: int
    precision: Share
    least: float | None


@dataclass(frozen=True)
class _Pair:
    original: Original
    copy_id: str
    kind: str
    jaccard: float
    measure: float


@dataclass(frozen=True)
class _Outcome:
    """A pair, what the run did with it, and whether it is as similar as the threshold."""

    pair: _Pair
    seen: Seen
    alike: bool


def audit(
    settings: config.Pipeline,
    beside: str | None = None,
    injected: int = INJECTED,
    seed: int = 0,
    *,
    master: str | None = None,
    progress: Progress | None = None,
    split_bytes: int = SPLIT_BYTES,
    spark: SparkSession | None = None,
) -> Audit:
    """Measure the duplicate detection that `settings` ask for on their own input.

    The run, which needs as much room as the input, is made in a temporary directory beside the path `beside`, else
    where the system keeps such, and is deleted. UsageError when `settings` look for no near-duplicates, or
    the input has too few records to make copies of.
    """
    near = settings.dedup.near
    if near is None:
        raise UsageError("--audit measures how near-duplicates are found, and none are looked for; drop --exact-only")
    if injected < FEWEST:
        raise UsageError(f"-n {injected}: fewer than {FEWEST} pairs say nothing")
    name = _free(COPIES, [source.name for source in settings.sources])
    limits = settings.limits
    splits = compose(settings).splits(split_bytes)
    originals = choose(splits, {source.name: source for source in settings.sources}, limits, injected, seed)
    if len(originals) < FEWEST:
        raise UsageError(
            f"{len(originals)} records are long enough to make near-duplicates of, {FEWEST} are needed: name more "
            "input, or the field that holds the text with --text"
        )
    parent = Path(storage.resolve(beside)[1]).parent if beside is not None and storage.is_local(beside) else None
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix=".audit-", dir=parent))
    try:
        pairs, apart = _injected(originals, name, near, seed, root / f"{name}.jsonl")
        lang = settings.sources[0].lang
        more = Source(
            name=name,
            paths=(str(root / f"{name}.jsonl"),),
            fields=Fields(text="text", id="id"),
            format="jsonl",
            lang=lang,
        )
        # A pair must not be told apart by the guard: what it says of the user's data, `corpus dedup` will say.
        lenient = Guard(source_share=1, cluster=1 << 40)
        dedup = settings.dedup.model_copy(update={"guard": lenient})
        both = settings.model_copy(update={"sources": (*settings.sources, more), "dedup": dedup})
        done = execute(
            compose(both), str(root / "run"), master=master, progress=progress, split_bytes=split_bytes, spark=spark
        )
        evidence = Evidence(RunDir.open(str(root / "run")).need_published())
        return _judged(near, pairs, apart, evidence, done.account.rows_in - len(pairs), seed)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "-"
    return name


def _injected(
    originals: Sequence[Original], name: str, near: Near, seed: int, path: Path
) -> tuple[list[_Pair], dict[str, int]]:
    """The pairs, whose copies are written to `path`, and why others were not used."""
    texts = [one.text for one in originals]
    donors = texts[len(texts) // 2 :] + texts[: len(texts) // 2]
    # Evenly spread, and in an order that has nothing to do with how copies are made.
    spread = np.random.default_rng(seed).permutation(len(texts))
    targets = (LEAST + (1 - LEAST) * (spread + 0.5) / len(texts)).astype(np.float32)
    made = copies(texts, donors, targets, seed)
    signed, copied = (Signer().sign(pa.array(some, pa.large_string())) for some in (texts, made.texts))
    measure = made.jaccard if near.similarity == "jaccard" else made.containment
    apart: dict[str, int] = {}
    pairs: list[_Pair] = []
    lines: list[bytes] = []
    for place, original in enumerate(originals):
        reason = None
        if signed.key[place] == copied.key[place]:
            reason = "the copy is an exact one"
        elif near.numbers == "distinct" and signed.masked[place] == copied.masked[place]:
            reason = "only numbers differ"
        elif made.jaccard[place] < LEAST:
            reason = f"less similar than {LEAST:g}"
        if reason is not None:
            apart[reason] = apart.get(reason, 0) + 1
            continue
        key = f"copy-{place}"
        copy_id = doc_ids(name, [key])[0].as_py()
        jaccard, similarity = float(made.jaccard[place]), float(measure[place])
        pairs.append(_Pair(original, copy_id, made.kinds[place], jaccard, similarity))
        lines.append(orjson.dumps({"id": key, "text": made.texts[place]}) + b"\n")
    path.write_bytes(b"".join(lines))
    return pairs, apart


def _judged(
    near: Near, pairs: Sequence[_Pair], apart: dict[str, int], evidence: Evidence, records: int, seed: int
) -> Audit:
    found = evidence.pairs([(one.original.doc_id, one.original.text, one.copy_id) for one in pairs])
    used = []
    for pair, seen in zip(pairs, found, strict=True):
        if seen.aside is not None:
            apart[seen.aside] = apart.get(seen.aside, 0) + 1
        else:
            used.append(_Outcome(pair, seen, pair.measure >= float(np.float32(near.threshold))))
    alike = [one for one in used if one.alike]
    checked: Checked = evidence.check(near, seed)
    return Audit(
        threshold=near.threshold,
        similarity=near.similarity,
        bands=near.bands,
        rows=near.rows,
        records=records,
        injected=len(pairs),
        set_aside=dict(sorted(apart.items())),
        levels=tuple(_level(near, used, low, high) for low, high in pairwise(_edges(near.threshold))),
        expected=_expected(near, alike),
        recall=_recall(alike),
        instead=sum(one.seen.removed and not one.seen.verified for one in alike),
        by_kind={kind: _recall([one for one in alike if one.pair.kind == kind]) for kind in KINDS},
        removals=checked.removals,
        precision=Share.counted(checked.right, checked.checked),
        least=checked.least,
    )


def _edges(threshold: float) -> list[float]:
    """Where levels end: every STEP, and at the threshold."""
    steps = {round(LEAST + STEP * place, 2) for place in range(round((1 - LEAST) / STEP) + 1)}
    return sorted(steps | ({threshold} if threshold > LEAST else set()))


def _level(near: Near, used: Sequence[_Outcome], low: float, high: float) -> Level:
    here = [one for one in used if low <= one.pair.jaccard < high or one.pair.jaccard == high == 1]
    alike = [one for one in here if one.alike]
    return Level(
        low=low,
        high=high,
        pairs=len(here),
        expected=_expected(near, alike),
        recall=_recall(alike),
        merged=_found(here) - _found(alike),
    )


def _recall(alike: Sequence[_Outcome]) -> Share:
    return Share.counted(_found(alike), len(alike))


def _found(some: Sequence[_Outcome]) -> int:
    return sum(one.seen.verified for one in some)


def _expected(near: Near, some: Sequence[_Outcome]) -> float:
    """The mean probability that banding finds these pairs, each at its own similarity."""
    found = [detection_probability(min(1.0, one.pair.jaccard), near.bands, near.rows) for one in some]
    return float(np.mean(found)) if found else 0.0
