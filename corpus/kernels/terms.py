"""The signals of word lists: what each list that is asked for finds, all lists in one pass over the text.

A call names its list and the digest it was written for. A shipped list is read from the package where the work is
done; a list of the user's travels inside the call (`attached`). A list that is not the one the call names is refused.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from corpus.errors import UsageError
from corpus.kernels.buffers import column
from corpus.kernels.signal import SignalCall
from corpus.kernels.wordlist import Automaton, Found, compile_patterns, scan

Key = tuple[str, str, str]
"""Name, digest (empty: whatever the list is now) and attached terms (empty: read the list by its name)."""


def measure_terms(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """Density of weighted hits for each 1,000 code points, hits, and different terms, by list.

    UsageError when a list is not there or has changed since the call was made.
    """
    keys = tuple(dict.fromkeys(key for call in calls for key in _keys(call)))
    automaton, categories = _compiled(keys)
    found = scan(text, automaton)
    arrays = []
    for call in calls:
        groups = [keys.index(key) for key in _keys(call)]
        match call.kernel:
            case "term_density" | "term_density_capped":
                weight = _capped(found, groups, categories, call)
                with np.errstate(invalid="ignore"):
                    density = (weight * 1000.0 / found.chars).astype(np.float32)
                arrays.append(column(density, pa.float32(), text))
            case "term_hits":
                arrays.append(column(found.hits[:, groups[0]].astype(np.int32), pa.int32(), text))
            case _:
                arrays.append(column(found.distinct[:, groups[0]].astype(np.int32), pa.int32(), text))
    return arrays


def _capped(found: Found, groups: Sequence[int], categories: Sequence[str], call: SignalCall) -> np.ndarray:
    """Weighted hits of the groups; those of one category up to what the call lets it add."""
    cap, hits = float(call.arguments.get("cap", 0)), float(call.arguments.get("hits", 0))
    total = np.zeros(len(found.chars))
    for category in dict.fromkeys(categories[group] for group in groups):
        weight = found.weight[:, [group for group in groups if categories[group] == category]].sum(axis=1)
        weight = np.minimum(weight, hits) if hits else weight
        total += np.minimum(weight, cap * found.chars / 1000.0) if cap else weight
    return total


def _keys(call: SignalCall) -> tuple[Key, ...]:
    arguments = call.arguments
    if call.kernel == "term_density_capped":
        return _keys_of(str(arguments["list"]), str(arguments["digest"]), call.attached)
    return ((str(arguments["list"]), str(arguments["digest"]), call.attached),)


@functools.lru_cache(maxsize=64)
def _keys_of(names: str, digest: str, attached: str) -> tuple[Key, ...]:
    """One key a list, its own terms or none attached to it."""
    from corpus import wordlists

    lists = wordlists.attached(attached) if attached else [wordlists.load(name) for name in names.split("+")]
    if digest and wordlists.digest_of(lists) != digest:
        raise UsageError(f"word lists {names!r} are not those that the rules were read with ({digest})")
    return tuple((one.name, one.digest, wordlists.attach([one], [one.packed])) for one in lists)


@functools.lru_cache(maxsize=4)
def _compiled(keys: tuple[Key, ...]) -> tuple[Automaton, tuple[str, ...]]:
    """All lists in one automaton, and the category of each."""
    from corpus import wordlists

    patterns, categories = [], []
    for group, (name, digest, attached) in enumerate(keys):
        found = wordlists.attached(attached)[0] if attached else wordlists.load(name)
        if digest and found.digest != digest:
            raise UsageError(f"word list {name!r} is {found.digest}, not {digest} as it was when the rules were read")
        patterns += list(found.patterns(group))
        categories.append(found.category)
    return compile_patterns(patterns, len(keys)), tuple(categories)
