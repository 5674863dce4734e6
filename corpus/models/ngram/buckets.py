"""Head, middle and tail: texts of a group by the rank of their perplexity in it.

CCNet (Wenzek et al. 2020) cuts each language into thirds; Ziya takes the best 30 % as high and the next 30 % as medium.
A cut is the value of a rank, so the rows of a group fall on its sides whatever their order; equal values fall on one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from corpus.errors import UsageError

NAMES = ("head", "middle", "tail")
EXEMPT = "exempt"
CUTS: Mapping[str, tuple[float, float]] = {"thirds": (1 / 3, 2 / 3), "ziya": (0.3, 0.6)}


def shares_of(said: str) -> tuple[float, float]:
    """The two shares up to which texts are head, and head or middle: `thirds`, `ziya`, or two numbers with a comma.

    UsageError when it is none of these.
    """
    if said in CUTS:
        return CUTS[said]
    try:
        first, second = (float(part) for part in said.split(","))
    except ValueError:
        first, second = 0.0, 0.0
    if not 0 < first < second < 1:
        raise UsageError(
            f"--cuts {said}: is not one of {', '.join(CUTS)}, nor two rising shares between 0 and 1 such as 0.3,0.6"
        )
    return first, second


def cuts_of(values: np.ndarray, shares: tuple[float, float]) -> tuple[float, float]:
    """The values up to which a group's texts are head, and head or middle: those of the ranks that the shares reach."""
    ordered = np.sort(values)
    ranks = [max(0, int(np.ceil(share * len(ordered) - 1e-9)) - 1) for share in shares]
    return float(ordered[ranks[0]]), float(ordered[ranks[1]])


def bucket(
    values: np.ndarray, groups: np.ndarray, cuts: Mapping[int, tuple[float, float]], exempt: np.ndarray
) -> pa.Array:
    """The bucket of each text (string): by the cuts of its group, EXEMPT where that is so, null without a value."""
    first = np.array([cuts.get(int(group), (np.nan, np.nan))[0] for group in np.unique(groups)])
    second = np.array([cuts.get(int(group), (np.nan, np.nan))[1] for group in np.unique(groups)])
    place = np.searchsorted(np.unique(groups), groups)
    known = ~np.isnan(values)
    code = np.where(values <= first[place], 0, np.where(values <= second[place], 1, 2)) if len(groups) else groups
    code = np.where(exempt, 3, code)
    names = pa.array([*NAMES, EXEMPT])
    return names.take(pa.array(code.astype(np.int64), mask=~(known | exempt)))
