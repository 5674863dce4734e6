"""Probabilities from counts: interpolated modified Kneser-Ney smoothing (Chen and Goodman 1998, section 4.4.1).

A higher-order count is discounted by an amount that depends on whether it is 1, 2 or more; what is taken away goes to
the distribution of one unit less of history. Below the highest order an n-gram counts as often as different units stand
before it, unless it begins its text: then nothing can stand before it, and it counts as often as it is there. The last
distribution is mixed with the uniform one over the vocabulary.

n-grams that are rarer than `least` are left out. Their share goes to the shorter history, so whatever is left out the
probabilities of all units after a history add up to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corpus.kernels.ngram_counts import Counted
from corpus.kernels.ngram_units import BEGIN, UNKNOWN

NEVER = -99.0
"""log2 of a probability that is asked of nothing: that of the beginning of a text."""
FALLBACK = (0.5, 1.0, 1.5)
"""Discounts where the counts are too few to estimate them: no n-gram is there once, twice or three times."""


@dataclass(frozen=True)
class Level:
    """The n-grams of one length that a model has: packed keys, ascending (uint64), and by each, float32, log2 of its
    probability and of its back-off weight."""

    keys: np.ndarray
    log2: np.ndarray
    weight: np.ndarray


def estimate(counted: Counted, order: int, bits: int, size: int, least: Sequence[int]) -> list[Level]:
    """The levels from single units to n-grams of `order` units.

    `counted` are n-grams as `ngram_counts.pack` makes them, one for each unit; ids are below `size`. `least[k - 1]` is
    how often an n-gram of k units must be there to be in the model; it may not fall from one length to the next, and
    every single unit stays.
    """
    if list(least) != sorted(least) or len(least) != order:
        raise ValueError(f"least {tuple(least)}: must be {order} numbers that do not fall")
    levels = _adjusted(counted, order, bits)
    singles, shift = levels[0], np.uint64(bits)
    below = np.zeros(size)
    weights = np.zeros(size, np.float32)
    kept, given, left = _discounted(singles[0], np.zeros(len(singles[0]), np.uint64), singles[1], singles[2], 0)
    below[singles[0].astype(np.int64)] = given
    below[UNKNOWN:] += (left[0] if len(left) else 1.0) / (size - UNKNOWN)
    lower_keys, lower = np.arange(size, dtype=np.uint64), below
    found: list[tuple[np.ndarray, np.ndarray]] = [(lower_keys, below)]
    backs: list[np.ndarray] = []
    for length in range(2, order + 1):
        keys, adjusted, raw = levels[length - 1]
        kept, given, left = _discounted(keys, keys >> shift, adjusted, raw, least[length - 1])
        contexts = keys >> shift
        first = _firsts(contexts)
        back = np.zeros(len(lower_keys), np.float32)
        places, known = _places(lower_keys, contexts[first])
        back[places[known]] = np.log2(left[known])
        backs.append(back)
        short = keys[kept] & ((np.uint64(1) << np.uint64(bits * (length - 1))) - np.uint64(1))
        at, _ = _places(lower_keys, short)
        share = np.repeat(left, np.diff(np.append(first, len(keys))))[kept]
        lower_keys, lower = keys[kept], given[kept] + share * lower[at]
        found.append((lower_keys, lower))
    backs.append(np.zeros(len(lower_keys), np.float32))
    with np.errstate(divide="ignore"):
        logs = [np.log2(values).astype(np.float32) for _, values in found]
    logs[0][: BEGIN + 1] = NEVER
    weights = backs[0]
    weights[:BEGIN] = 0.0
    return [Level(keys, log, back) for (keys, _), log, back in zip(found, logs, backs, strict=True)]


Adjusted = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Keys of one length, ascending, with adjusted counts and with counts."""


def _adjusted(counted: Counted, order: int, bits: int) -> list[Adjusted]:
    """By length from 1 on."""
    keys, counts = counted
    bounds = [np.searchsorted(keys, np.uint64(1) << np.uint64(bits * length)) for length in range(1, order)]
    # Shorter n-grams than the order begin their texts; they stand first, because they are smaller numbers.
    own = [(keys[low:high], counts[low:high]) for low, high in zip([0, *bounds], [*bounds, len(keys)], strict=True)]
    longest = own[-1]
    found = [(longest[0], longest[1], longest[1])]
    for length in range(order - 1, 0, -1):
        above, _, raw = found[-1]
        short = above & ((np.uint64(1) << np.uint64(bits * length)) - np.uint64(1))
        rank = np.argsort(short, kind="stable")
        ordered = short[rank]
        first = _firsts(ordered)
        different = np.diff(np.append(first, len(ordered)))
        total = np.add.reduceat(raw[rank], first) if len(first) else raw[:0]
        began = own[length - 1]
        joined = np.concatenate([ordered[first], began[0]])
        place = np.argsort(joined, kind="stable")
        found.append(
            (
                joined[place],
                np.concatenate([different, began[1]])[place],
                np.concatenate([total, began[1]])[place],
            )
        )
    return found[::-1]


def _firsts(ordered: np.ndarray) -> np.ndarray:
    """Where each different value begins."""
    if not len(ordered):
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))


def _places(among: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each of `wanted` stands in the ascending `among`, and whether it does."""
    at = np.minimum(np.searchsorted(among, wanted), max(0, len(among) - 1))
    return at, among[at] == wanted if len(among) else np.zeros(len(wanted), bool)


def discounts(adjusted: np.ndarray) -> tuple[float, float, float]:
    """What is taken from counts of 1, of 2 and of more: D1, D2 and D3+ of the paper, FALLBACK where they are undefined
    or outside 0 to the count."""
    one, two, three, four = (int(np.count_nonzero(adjusted == many)) for many in (1, 2, 3, 4))
    if not one or not two or not three:
        return FALLBACK
    share = one / (one + 2 * two)
    found = (1 - 2 * share * two / one, 2 - 3 * share * three / two, 3 - 4 * share * four / three)
    if not all(0 < value <= most for value, most in zip(found, (1, 2, 3), strict=True)):
        return FALLBACK
    return found


def _discounted(
    keys: np.ndarray, contexts: np.ndarray, adjusted: np.ndarray, raw: np.ndarray, least: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which n-grams stay; the probability that each has by itself; by context what is left for the shorter history."""
    kept = raw >= least
    first = _firsts(contexts)
    if not len(first):
        return kept, np.zeros(0), np.zeros(0)
    taken = np.array([0.0, *discounts(adjusted)])
    given = adjusted - taken[np.minimum(adjusted, 3)]
    totals = np.add.reduceat(adjusted, first)
    sizes = np.diff(np.append(first, len(keys)))
    given = np.where(kept, given / np.repeat(totals, sizes), 0.0)
    left = 1.0 - np.add.reduceat(given, first)
    # All counts of 1 with a discount of 1 leave nothing by themselves; all else leaves at least a little.
    return kept, given, np.maximum(left, 1e-12)
