"""Traditional and Simplified Chinese, whole texts, by OpenCC: asked for by name, in no shipped default."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.chars import count_kinds
from corpus.kernels.rewrites.segments import Rewritten, patched, untouched


@functools.cache
def _converter(name: str) -> Any:
    import opencc

    return opencc.OpenCC(name)


def traditional_to_simplified(text: pa.Array, phrases: str = "characters") -> Rewritten:
    """Traditional characters to Simplified ones; "phrases": Taiwan's words to the mainland's, too (OpenCC's tw2sp).

    Only texts with a character that has a Simplified form of its own are converted.
    """
    counts, _ = count_kinds(text, ["traditional"])
    return _converted(text, counts[1] > 0, "tw2sp" if phrases == "phrases" else "t2s")


def simplified_to_traditional(text: pa.Array, phrases: str = "characters") -> Rewritten:
    """Simplified characters to Traditional ones, by OpenCC's word lists; "phrases": Taiwan's words (s2twp)."""
    counts, _ = count_kinds(text, ["han"])
    return _converted(text, counts[1] > 0, "s2twp" if phrases == "phrases" else "s2t")


def _converted(text: pa.Array, where: np.ndarray, name: str) -> Rewritten:
    if not where.any():
        return untouched(text)
    converter = _converter(name)
    # OpenCC takes one text at a time; its word lists are matched in C++.
    after = [converter.convert(one) for one in text.filter(pa.array(where)).to_pylist()]
    return patched(text, where, pa.array(after, pa.large_string()))
