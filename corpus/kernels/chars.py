"""Characters by kind and script: one pass over the UTF-8 bytes, one table look-up a code point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import column, frozen, utf8
from corpus.kernels.memory import at, byte_at, code_point, width, word_at
from corpus.kernels.numba_cache import I32_GRID_OUT, I32_OUT, I64, U8, U8_GRID, helper, kernel
from corpus.kernels.signal import SignalCall
from corpus.kernels.unicode_tables import (
    CONTROL,
    DIGIT,
    EMOJI,
    FORMAT,
    FULLWIDTH,
    LETTER,
    NUMBER,
    PRIVATE,
    PUNCTUATION,
    REPLACEMENT,
    SCRIPTS,
    SPACE,
    SYMBOL,
    TRADITIONAL,
    UPPER,
    tables,
)

_HIGHS, _BYTE, _NONE = np.uint64(0x8080808080808080), np.uint64(0xFF), np.uint64(0)
_BITS = {
    "letter": LETTER,
    "digit": DIGIT,
    "punctuation": PUNCTUATION,
    "symbol": SYMBOL,
    "whitespace": SPACE,
    "control": CONTROL,
    "format": FORMAT,
    "emoji": EMOJI,
    "private": PRIVATE,
    "replacement": REPLACEMENT,
    "uppercase": UPPER,
    "alphanumeric": LETTER | DIGIT | NUMBER,
    "fullwidth": FULLWIDTH,
    "traditional": TRADITIONAL,
}
_SCRIPT_OF = {"han": "Hani", "kana": "Kana", "hangul": "Hang", "latin": "Latn", "greek": "Grek", "cyrillic": "Cyrl"}


def members(kind: str) -> np.ndarray:
    """Per class of code points, 1 where it is of `kind`; KeyError for a kind that does not exist.

    letter: letters and the vowel signs of Indic scripts, Han included. digit: decimal digits of any script.
    alphanumeric: letters, digits and other numbers. symbol: symbols other than emoji. control: control characters
    that are not white space. format: zero-width and other invisible characters. fullwidth: full-width letters and
    digits. traditional: Han characters with a Simplified form of their own.
    """
    if kind in _SCRIPT_OF:
        return tables().of_scripts(_SCRIPT_OF[kind])
    return tables().having(_BITS[kind])


LANES = 4


@helper
def histogram(data: Any, start: int, end: int, classes: Any, counts: Any) -> None:
    """Add the classes of the code points in bytes `start` to `end` to `counts`, LANES rows of 256.

    Neighbours mostly share a class; in rows of their own they need not wait for one another's addition. The first row
    ends up with the sums, the others with nothing.
    """
    index = start
    while index < end:
        while index + 8 <= end:
            word = word_at(data, index)
            if word & _HIGHS != _NONE:
                break
            for place in range(8):
                letter = np.int64((word >> np.uint64(8 * place)) & _BYTE)
                counts[256 * (place & 3) + np.int64(at(classes, letter))] += 1
            index += 8
        if index < end:
            lead = byte_at(data, index)
            size = width(lead)
            counts[256 * (index & 3) + np.int64(at(classes, code_point(data, index, lead)))] += 1
            index += size
    for lane in range(1, LANES):
        for one in range(256):
            counts[one] += counts[256 * lane + one]
            counts[256 * lane + one] = 0


@kernel(U8, I64, U8, U8_GRID, U8, I32_GRID_OUT, I32_OUT)
def _count(data: Any, offsets: Any, classes: Any, groups: Any, scripts: Any, counts: Any, dominating: Any) -> None:
    """`counts[group, row]`: code points in a group of classes; `dominating[row]`: script of most letters, or -1."""
    many = len(scripts)
    found = np.zeros(256 * LANES, np.int32)
    by_script = np.zeros(64, np.int32)
    for row in range(len(offsets) - 1):
        found[:] = 0
        histogram(data, offsets[row], offsets[row + 1], classes, found)
        for group in range(groups.shape[0]):
            total = 0
            for one in range(many):
                total += found[one] * groups[group, one]
            counts[group, row] = total
        if len(dominating) > 0:
            by_script[:] = 0
            for one in range(many):
                by_script[scripts[one]] += found[one]
            best = -1
            for script in range(1, 64):
                if by_script[script] > 0 and (best < 0 or by_script[script] > by_script[best]):
                    best = script
            dominating[row] = best


def count_kinds(text: pa.Array, kinds: Sequence[str], label: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Code points of each row by kind, `[1 + kinds, rows]` with all of them first; and the dominating script.

    The second array holds numbers into SCRIPTS, -1 for a row without letters; it is empty unless `label`.
    """
    data, offsets = utf8(text)
    known = tables()
    groups = np.stack([np.ones(len(known.flags), np.uint8), *(members(kind) for kind in kinds)])
    counts = np.empty((len(groups), len(text)), np.int32)
    dominating = np.empty(len(text) if label else 0, np.int32)
    _count(data, offsets, known.classes, frozen(groups), known.scripts, counts, dominating)
    return counts, dominating


def measure_chars(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signals of the `chars` family."""
    kinds = sorted({str(call.arguments["of"]) for call in calls if "of" in call.arguments})
    counts, dominating = count_kinds(text, kinds, any(call.kernel == "script" for call in calls))
    total = counts[0]
    found: list[pa.Array] = []
    for call in calls:
        if call.kernel == "script":
            names = np.array([*SCRIPTS, None], object)[dominating]
            found.append(column(names, pa.string(), text))
        elif call.kernel == "chars":
            found.append(column(total, pa.int32(), text))
        else:
            of = counts[1 + kinds.index(str(call.arguments["of"]))]
            ratio = call.kernel == "char_ratio"
            found.append(column(share(of, total) if ratio else of, pa.float32() if ratio else pa.int32(), text))
    return found


def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """`part / whole` as float32; not a number where `whole` is 0."""
    empty = whole == 0
    ratio = np.divide(part, np.where(empty, 1, whole), dtype=np.float64)
    return np.where(empty, np.nan, ratio).astype(np.float32)
