"""What near-duplicate detection would cost: candidate pairs, hot buckets, bytes exchanged and memory, from a sample.

Where the sample is all there is, the pairs are those the run will find. Else a text is in it with probability p and a
pair with p squared, so a pair seen stands for 1/p^2 (Horvitz and Thompson 1952). A bucket that is large in the whole
gives no more than two pairs a member; it is told by as large a share of its members, and its pairs stand for 1/p. How
many records the pairs have is told from the sizes of their groups (`corpus.dedup.thinning`).

Seconds are not foretold: they are a matter of the machine. Records with one URL are taken to be different.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from corpus import config
from corpus.config import Near
from corpus.dedup.candidates import BLOCK_BYTES, EXACT_SHINGLES, sketch_bound
from corpus.dedup.taste import READ_BYTES, TEXTS, Taste, taste
from corpus.dedup.thinning import counted, jackknife, sizes_before
from corpus.errors import UsageError
from corpus.flow import ROWS_HERE
from corpus.graph.candidates import FULL, PairSet, bucket_pairs
from corpus.graph.components import connected
from corpus.graph.resolve import By, keep_order
from corpus.kernels.minhash import estimate_pairs
from corpus.pipeline import SPLIT_BYTES, compose

GROUPS = 20
HOT = 5
"""Buckets that are named."""
_95 = 1.96
_BAND_ROW = 24
"""Bytes of a band's row that Spark moves: its value, a record's address and its place in the keep order."""
_BASE_BYTES, _RECORD_BYTES, _PAIR_BYTES, _VERIFIED_BYTES = 450 << 20, 260, 40, 500
"""Peak memory of the driver, fitted to 32,000 to 800,000 records: what the process is without any, bytes a record
beside twice its signature, bytes a candidate pair, and bytes a pair that is compared."""


@dataclass(frozen=True)
class About:
    """A figure and a 95 % interval; both ends are the figure where it is exact."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class HotBucket:
    """A large bucket: how many texts of the sample are in it, how many of the whole would be, and one of them. Buckets
    of other bands that hold mostly the same texts are left out."""

    seen: int
    members: int
    example: str


@dataclass(frozen=True)
class Forecast:
    """What was read, and what a run would meet.

    `read` is the share of the stored bytes that was read, `share` that of the texts whose signatures were compared; 1
    and 1 make the counts exact. `compared` counts texts left when exact copies are out and long enough for shingles.
    `pairs` share a bucket; `numbers_only` and `below_sketch` are the shares of them told apart without comparing,
    `to_verify` are the rest, and `involved` the records of these, whose shingles (`exchange_bytes` of hashes) are
    brought together in `blocks`. `where` says whether one process does that (`here`), with `memory_bytes` at its peak,
    or Spark, which then moves `band_bytes` to find the pairs.
    """

    bands: int
    rows: int
    threshold: float
    read: float
    share: float
    stored_bytes: int
    text_bytes: int
    records: int
    exact_copies: int
    compared: int
    shingles: int
    signature_bytes: int
    largest: int
    hot: tuple[HotBucket, ...]
    pairs: int
    numbers_only: float
    below_sketch: float
    to_verify: About
    involved: About
    band_bytes: int
    exchange_bytes: int
    blocks: int
    memory_bytes: int
    where: str


def forecast(
    settings: config.Pipeline,
    seed: int = 0,
    texts: int = TEXTS,
    read_bytes: int = READ_BYTES,
    split_bytes: int = SPLIT_BYTES,
) -> Forecast:
    """The forecast for the input and the near-duplicate settings of `settings`. Starts no Spark and writes nothing.

    UsageError when no near-duplicates are asked for.
    """
    near = settings.dedup.near
    if near is None:
        raise UsageError("--plan foretells the search for near-duplicates, and none is asked for; drop --exact-only")
    sources = {source.name: source for source in settings.sources}
    splits = compose(settings).splits(split_bytes)
    return foretold(taste(splits, sources, settings.limits, settings.dedup, near, seed, texts, read_bytes), near)


def foretold(seen: Taste, near: Near) -> Forecast:
    """The forecast from a sample."""
    share = seen.share
    long = np.flatnonzero(seen.shingles > 0)
    pairs = _pairs(seen, near)
    worth = _worth(seen, near, pairs)
    left = pairs.only(worth.left)
    grouped = connected(left.a, left.b, len(seen))
    groups, number = sizes_before(counted(np.unique(grouped, return_counts=True)[1]), share)
    involved = float((groups * number)[groups > 1].sum()) if len(left.a) else 0.0
    ends = np.unique(np.concatenate([left.a, left.b]))
    each = float(np.minimum(seen.shingles[ends], EXACT_SHINGLES).mean()) if len(ends) else 0.0
    records, compared = _rounded(seen.records / max(seen.read, 1e-12)), _rounded(len(long) / share)
    signature = 8 * near.bands + near.bands * near.rows
    exchange = _rounded(4 * each * involved)
    distinct, verify = pairs.total(share), left.total(share)
    hot = _hot(seen)
    memory = _BASE_BYTES + compared * (2 * signature + _RECORD_BYTES) + min(exchange, BLOCK_BYTES)
    return Forecast(
        bands=near.bands,
        rows=near.rows,
        threshold=near.threshold,
        read=seen.read,
        share=share,
        stored_bytes=seen.stored_bytes,
        text_bytes=_rounded(seen.text_bytes / max(seen.read, 1e-12)),
        records=records,
        exact_copies=_rounded(seen.copies / share),
        compared=compared,
        shingles=_rounded(float(seen.shingles.sum(dtype=np.int64)) / share),
        signature_bytes=records * (signature + 20),
        largest=max((one.members for one in hot), default=0),
        hot=hot,
        pairs=_rounded(distinct),
        numbers_only=_share(pairs.only(worth.numbers).total(share), distinct),
        below_sketch=_share(pairs.only(worth.below).total(share), distinct),
        to_verify=_about(verify, left, seen),
        involved=_at_most(_about(involved, left, seen), left, share, compared),
        band_bytes=compared * near.bands * _BAND_ROW,
        exchange_bytes=exchange,
        blocks=math.ceil(exchange / BLOCK_BYTES),
        memory_bytes=memory + _rounded(distinct * _PAIR_BYTES + verify * _VERIFIED_BYTES),
        where="here" if records <= ROWS_HERE else "Spark",
    )


@dataclass(frozen=True)
class _Pairs:
    """Pairs of texts of the sample; `hot` ones come from large buckets alone, which give twice as many pairs as they
    have members."""

    a: np.ndarray
    b: np.ndarray
    hot: np.ndarray

    def only(self, chosen: np.ndarray) -> _Pairs:
        return _Pairs(self.a[chosen], self.b[chosen], self.hot[chosen])

    def total(self, share: float) -> float:
        """How many pairs of the whole they stand for: a member of a large bucket is in the sample with probability
        `share`, both ends of any other pair with its square."""
        return float(np.where(self.hot, 1 / share, 1 / share**2).sum())


@dataclass(frozen=True)
class _Worth:
    """Masks of pairs: told apart by their numbers, then by their sketches, and those left to compare."""

    numbers: np.ndarray
    below: np.ndarray
    left: np.ndarray


def _pairs(seen: Taste, near: Near) -> _Pairs:
    """Each pair of texts of the sample that share a bucket, where buckets are as large as in the whole."""
    full = max(1, round(FULL * seen.share))
    order = keep_order([By(seen.characters)], seen.id0, seen.id1, np.arange(len(seen)))
    cold, hot = PairSet(len(seen)), PairSet(len(seen))
    for band in range(near.bands):
        values = np.ascontiguousarray(seen.bands[:, band])
        found = bucket_pairs(values, order, full)
        _, places, many = np.unique(values, return_inverse=True, return_counts=True)
        large = many[places[found.a]] > full
        hot.add(found.a[large], found.b[large])
        cold.add(found.a[~large], found.b[~large])
    small, many_small = cold.arrays(), len(cold)
    cold.add(*hot.arrays())
    a, b = cold.arrays()
    known = np.isin(a << 32 | b, small[0] << 32 | small[1]) if many_small else np.zeros(len(a), bool)
    return _Pairs(a, b, ~known)


def _worth(seen: Taste, near: Near, pairs: _Pairs) -> _Worth:
    """What becomes of pairs before they are compared (see `corpus.dedup.candidates`)."""
    a, b = pairs.a, pairs.b
    numbers = (seen.masked[a] == seen.masked[b]) & (seen.key[a] != seen.key[b]) & (near.numbers == "distinct")
    below = np.zeros(len(a), bool)
    if near.similarity == "jaccard" and len(a):
        below = (estimate_pairs(seen.sketch, a, b) < sketch_bound(near)) & ~numbers
    return _Worth(numbers, below, ~numbers & ~below)


def _hot(seen: Taste) -> tuple[HotBucket, ...]:
    """The largest buckets, of those that hold mostly the same texts one."""
    largest: list[tuple[int, int, int]] = []
    for band in range(seen.bands.shape[1]):
        values, many = np.unique(seen.bands[:, band], return_counts=True)
        top = [at for at in np.argsort(-many, kind="stable")[: HOT + 1].tolist() if values[at] and many[at] > 1]
        largest += [(-int(many[at]), band, int(values[at])) for at in top]
    named: list[HotBucket] = []
    covered = np.zeros(len(seen), bool)
    for less, band, value in sorted(largest):
        rows = np.flatnonzero(seen.bands[:, band] == np.uint64(value))
        if covered[rows].mean() <= 0.5 and len(named) < HOT:
            named.append(HotBucket(-less, _rounded(-less / seen.share), str(min(seen.names[rows].tolist()))))
            covered[rows] = True
    return tuple(named)


def _about(value: float, pairs: _Pairs, seen: Taste) -> About:
    """An interval from the pairs seen: the wider of a jackknife over texts and of counting few pairs.

    Each of GROUPS parts of the texts, by hash, is left out in turn; what is left gives an estimate of the pairs.
    """
    if seen.share == 1:
        return About(value, value, value)
    many, whole = len(pairs.a), pairs.total(seen.share)
    if not many:
        return About(value, 0.0, max(value, (_95 + 2) / seen.share**2))
    group = (seen.id0.view(np.uint64) >> np.uint64(32)) % np.uint64(GROUPS)
    left = [pairs.only((group[pairs.a] != one) & (group[pairs.b] != one)) for one in range(GROUPS)]
    without = np.array([one.total(seen.share * (1 - 1 / GROUPS)) for one in left])
    factor = math.exp(_95 * jackknife(whole, without) * math.sqrt(1 - seen.share) / whole)
    few = max(0.0, many - _95 * math.sqrt(many)) / many, (many + _95 * math.sqrt(many + 1) + 2) / many
    return About(value, value * min(few[0], 1 / factor), value * max(few[1], factor))


def _at_most(about: About, pairs: _Pairs, share: float, most: int) -> About:
    """The figure for records, its upper end raised to where each record with a pair seen outside large buckets has no
    other pair: then it stands for 1/share^2, and for less when it has more."""
    if share == 1:
        return about
    cold = np.unique(np.concatenate([end[~pairs.hot] for end in (pairs.a, pairs.b)]))
    others = np.setdiff1d(np.concatenate([pairs.a, pairs.b]), cold)
    spread = about.high / about.value if about.value else 1.0
    return About(
        about.value, about.low, min(most, max(about.high, spread * (len(cold) / share**2 + len(others) / share)))
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _rounded(value: float) -> int:
    return round(float(value))
