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
from corpus.kernels.wordlist import Automaton, compile_patterns, scan

Key = tuple[str, str, str]
"""Name, digest (empty: whatever the list is now) and attached terms (empty: read the list by its name)."""


def measure_terms(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """Density of weighted hits for each 1,000 code points, hits, and different terms, by list.

    UsageError when a list is not there or has changed since the call was made.
    """
    keys = tuple(dict.fromkeys(_key(call) for call in calls))
    found = scan(text, _automaton(keys))
    with np.errstate(invalid="ignore"):
        density = found.weight * 1000.0 / found.chars[:, None]
    arrays = []
    for call in calls:
        group = keys.index(_key(call))
        match call.kernel:
            case "term_density":
                arrays.append(column(density[:, group].astype(np.float32), pa.float32(), text))
            case "term_hits":
                arrays.append(column(found.hits[:, group].astype(np.int32), pa.int32(), text))
            case _:
                arrays.append(column(found.distinct[:, group].astype(np.int32), pa.int32(), text))
    return arrays


def _key(call: SignalCall) -> Key:
    arguments = call.arguments
    return str(arguments["list"]), str(arguments["digest"]), call.attached


@functools.lru_cache(maxsize=4)
def _automaton(keys: tuple[Key, ...]) -> Automaton:
    from corpus import wordlists

    patterns = []
    for group, (name, digest, attached) in enumerate(keys):
        found = wordlists.unpacked(name, attached) if attached else wordlists.load(name)
        if digest and found.digest != digest:
            raise UsageError(f"word list {name!r} is {found.digest}, not {digest} as it was when the rules were read")
        patterns += list(found.patterns(group))
    return compile_patterns(patterns, len(keys))
