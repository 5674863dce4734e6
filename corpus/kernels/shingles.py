"""Shingles of the key text: every run of SIZE units, as the set of their 32-bit hashes.

A unit is one character of a script whose words stand unspaced or that is read by the syllable (Han, kana, hangul,
bopomofo, Yi, Thai, Lao, Khmer, Burmese) with the marks on it, one emoji or symbol outside ASCII, or a word: a run of
other letters, marks and digits, and of `# $ % & + @`. One sequence holds them all, so a Chinese sentence with English
in it has no seam. Spaces, punctuation, `< = > ^ ` | ~`, markup and URLs end a word and are no unit; an apostrophe, and
a `. , - / : *` that `fold` drops, do not end it.

`units` reads the text once and hashes two keys on the way: of the key text, and of the key text with every number in
it as one mark. Two texts whose masked keys agree and whose keys do not differ in numbers alone. A number is a run of
digits of any script with the points, commas, hyphens, slashes, colons and asterisks that the key keeps inside.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.fold import BLOCK, FOLD_STATE, flush_marks, fold_block, reset_fold
from corpus.kernels.markup import STATE, begin_text, byte_roles, next_stretch, tag_names
from corpus.kernels.memory import at
from corpus.kernels.numba_cache import I64, I64_OUT, INT, U8, U32, U64_GRID_OUT, helper, kernel
from corpus.kernels.unicode_tables import (
    CODE_POINTS,
    DIGIT,
    DROP,
    LETTER,
    MARK,
    NUMBER,
    PLAIN,
    PUNCTUATION,
    SPACE,
    tables,
)

SIZE = 5
"""Units in a shingle."""
LEAST = 20
"""Units below which a text has no shingles: one edit would decide, so it is compared exactly or not at all."""
LIMIT = 4096
"""Distinct shingles up to which a comparison is exact."""

ROLE_GAP, ROLE_SINGLE, _WORD, ROLE_DIGIT, ROLE_JOINS = range(5)
ROLE_GAP_POINT = 0x20
_APART = ("Hani", "Kana", "Hang", "Bopo", "Yiii", "Thai", "Laoo", "Khmr", "Mymr")
_APOSTROPHES = "'’ʼ＇"
_SOFT = ".,-/:*"
_SEAMS = "<=>^`|~"

K1, _K2 = np.uint64(0x9FB21C651E98DF25), np.uint64(0xD6E8FEB86659FD93)
BASE = np.uint64(0xA0761D6478BD642F)
_SEED, _MASKED_SEED = np.uint64(0x452821E638D01377), np.uint64(0xBE5466CF34E90C6C)
_S29, S32 = np.uint64(29), np.uint64(32)
_ZERO, _ONE, _NUMBER = np.uint64(0), np.uint64(1), np.uint64(CODE_POINTS)
_IS_WORD = np.uint64(0x80000000)


@dataclass(frozen=True)
class Units:
    """The units of a batch of texts: those of row i are `values[offsets[i]:offsets[i + 1]]`, uint32.

    `keys[i]` is the hash of the key text and that of the masked one, uint64; both 0 where nothing is left.
    """

    values: np.ndarray
    offsets: np.ndarray
    keys: np.ndarray


@functools.cache
def spaced_fold() -> np.ndarray:
    """The fold table with what ends a word as a space, where `fold` drops it."""
    known = tables()
    fold = known.fold.copy()
    ends = known.having(SPACE | PUNCTUATION)[known.classes].astype(bool)
    ends[[ord(mark) for mark in _APOSTROPHES]] = False
    fold[(fold >> 29 == DROP) & ends] = PLAIN << 29 | ROLE_GAP_POINT
    return frozen(fold)


@functools.cache
def unit_roles() -> np.ndarray:
    """For each folded code point what it is in the sequence of units."""
    known = tables()
    kinds = np.full(CODE_POINTS, ROLE_SINGLE, np.uint8)
    kinds[:0x80] = _WORD
    kinds[known.having(LETTER | NUMBER)[known.classes].astype(bool)] = _WORD
    kinds[known.having(DIGIT)[known.classes].astype(bool)] = ROLE_DIGIT
    kinds[[ord(mark) for mark in _SOFT]] = ROLE_DIGIT  # the key keeps them between digits only
    kinds[known.of_scripts(*_APART)[known.classes].astype(bool)] = ROLE_SINGLE
    kinds[known.having(MARK)[known.classes].astype(bool)] = ROLE_JOINS
    kinds[[ROLE_GAP_POINT, *(ord(mark) for mark in _SEAMS)]] = ROLE_GAP
    return frozen(kinds)


@helper
def mixed(value: Any) -> Any:
    """A permutation of uint64 whose bits all depend on all bits."""
    value = (value ^ (value >> S32)) * _K2
    value = (value ^ (value >> _S29)) * K1
    return value ^ (value >> S32)


@kernel(U8, I64, U32, U32, U8, U8, I64, I64_OUT, U64_GRID_OUT)
def _units(
    data: Any,
    offsets: Any,
    fold: Any,
    extra: Any,
    kinds: Any,
    roles: Any,
    names: Any,
    places: Any,
    keys: Any,
) -> Any:
    """The units of all rows in one buffer, which is returned; `places[row + 1]` is where row ends."""
    out = np.empty(BLOCK + 256, np.int64)
    state = np.empty(FOLD_STATE, np.int64)
    looking = np.empty(STATE, np.int64)
    values = np.empty(1024 + (offsets[len(offsets) - 1] - offsets[0]) // 3, np.uint32)
    used = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        reset_fold(state)
        begin_text(looking, end - index)
        word, inside, number, single = K1, False, False, False
        whole, masked, length = _SEED, _MASKED_SEED, 0
        while index < end:
            start, stop = next_stretch(data, index, end, roles, names, looking)
            while index < start:
                index, many = fold_block(data, index, start, fold, extra, out, 0, state)
                if index == start:
                    many = flush_marks(out, many, state)
                if used + many + 1 > len(values):
                    larger = np.empty(2 * len(values) + many, np.uint32)
                    larger[:used] = values[:used]
                    values = larger
                for which in range(many):
                    point = out[which]
                    kind = at(kinds, point)
                    if kind <= ROLE_SINGLE and inside:
                        values[used] = np.uint32((mixed(word) >> S32) | _IS_WORD)
                        used += 1
                        word, inside = K1, False
                    if point == ROLE_GAP_POINT:
                        single = False
                        continue
                    code = np.uint64(point)
                    length += 1
                    whole = (whole ^ code) * K1
                    whole ^= whole >> S32
                    if kind == ROLE_DIGIT:
                        if not number:
                            masked = (masked ^ _NUMBER) * _K2
                            masked ^= masked >> S32
                        number = True
                    else:
                        number = False
                        masked = (masked ^ code) * _K2
                        masked ^= masked >> S32
                    if kind == ROLE_SINGLE:
                        values[used] = np.uint32(point)
                        used += 1
                        single = True
                    elif kind == ROLE_JOINS and single:
                        joined = mixed(np.uint64(values[used - 1]) << S32 | code)
                        values[used - 1] = np.uint32((joined >> S32) | _IS_WORD)
                    else:
                        single = False
                    if kind >= _WORD and not single:
                        word = (word ^ code) * K1
                        word ^= word >> S32
                        inside = True
            if inside:
                if used == len(values):
                    larger = np.empty(2 * len(values), np.uint32)
                    larger[:used] = values[:used]
                    values = larger
                values[used] = np.uint32((mixed(word) >> S32) | _IS_WORD)
                used += 1
                word, inside = K1, False
            index, single = stop, False
        places[row + 1] = used
        keys[row, 0] = mixed(whole) if length > 0 else _ZERO
        keys[row, 1] = mixed(masked) if length > 0 else _ZERO
    return values[:used]


def units(text: pa.Array) -> Units:
    """The units and the two key hashes of each text; a null text has none."""
    data, offsets = utf8(text)
    places = np.zeros(len(text) + 1, np.int64)
    keys = np.zeros((len(text), 2), np.uint64)
    fold, extra = spaced_fold(), tables().fold_extra
    values = _units(data, offsets, fold, extra, unit_roles(), byte_roles(), tag_names(), places, keys)
    return Units(frozen(values), frozen(places), keys)


@helper
def distinct_shingles(values: Any, start: int, end: int, size: int, table: Any, found: Any) -> int:
    """Write the different shingle hashes of units `start` to `end` into `found`, in order; how many there are.

    `table` has a power of two of places, at least twice as many as there can be shingles.
    """
    many = end - start - size + 1
    slots = 64
    while slots < 2 * many:
        slots *= 2
    table[:slots] = 0
    mask = np.uint64(slots - 1)
    drop, value = _ONE, _ZERO
    for place in range(size):
        value = value * BASE + np.uint64(values[start + place])
        drop *= BASE
    count = 0
    for place in range(many):
        hashed = mixed(value)
        short = np.uint32(hashed >> S32)
        if short == 0:
            short = np.uint32(1)
        slot = hashed & mask  # unsigned: numba then guards no index against being negative
        while table[slot] != 0 and table[slot] != short:
            slot = (slot + _ONE) & mask
        if table[slot] == 0:
            table[slot] = short
            found[count] = short
            count += 1
        if place + 1 < many:
            value = value * BASE + np.uint64(values[start + place + size])
            value -= drop * np.uint64(values[start + place])
    return count


@helper
def shingle_room(offsets: Any, size: int) -> Any:
    """The most shingles a row can have, at least one, and the places of a table for them."""
    most = 1
    for row in range(len(offsets) - 1):
        most = max(most, offsets[row + 1] - offsets[row] - size + 1)
    slots = 64
    while slots < 2 * most:
        slots *= 2
    return most, slots


@helper
def _sort(found: Any, many: int, counts: Any, scratch: Any) -> None:
    """Sort different hashes, in time linear in their number: by their leading bits, then within these by insertion."""
    bits = 1
    while (1 << bits) < many:
        bits += 1
    shift = np.uint32(32 - bits)
    counts[: (1 << bits) + 1] = 0
    for index in range(many):
        counts[np.int64(found[index] >> shift) + 1] += 1
    for bucket in range(1 << bits):
        counts[bucket + 1] += counts[bucket]
    for index in range(many):
        leading = np.int64(found[index] >> shift)
        scratch[counts[leading]] = found[index]
        counts[leading] += 1
    for index in range(many):
        value = scratch[index]
        place = index
        while place > 0 and found[place - 1] > value:
            found[place] = found[place - 1]
            place -= 1
        found[place] = value


@kernel(U32, I64, INT, INT, INT, I64_OUT)
def _sets(units: Any, offsets: Any, size: int, least: int, limit: int, places: Any) -> Any:
    """The sorted sets of all rows in one buffer, which is returned; `places[row + 1]` is where row ends."""
    most, slots = shingle_room(offsets, size)
    table, found, scratch = np.empty(slots, np.uint32), np.empty(most, np.uint32), np.empty(most, np.uint32)
    counts = np.empty(slots + 1, np.int64)
    values = np.empty(1024, np.uint32)
    used = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        if end - start >= least:
            many = distinct_shingles(units, start, end, size, table, found)
            _sort(found, many, counts, scratch)
            many = min(many, limit)
            if used + many > len(values):
                larger = np.empty(2 * len(values) + many, np.uint32)
                larger[:used] = values[:used]
                values = larger
            values[used : used + many] = found[:many]
            used += many
        places[row + 1] = used
    return values[:used]


def shingle_hashes(
    text: pa.Array, size: int = SIZE, limit: int | None = None, least: int = LEAST
) -> tuple[np.ndarray, np.ndarray]:
    """The sorted different shingle hashes of each text: uint32 values, and int64 offsets (rows + 1) into them.

    A text of fewer than `least` units, or than `size`, has none. With `limit` only the smallest so many are given: a
    sample of the set that is the same wherever a shingle occurs (a bottom-k sketch).
    """
    if size < 1:
        raise ValueError(f"size is {size}, a shingle has one unit or more")
    found = units(text)
    places = np.zeros(len(text) + 1, np.int64)
    most = limit if limit is not None else np.iinfo(np.int64).max
    return _sets(found.values, found.offsets, size, max(size, least), most, places), places
