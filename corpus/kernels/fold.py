"""The key view of a text: what two records share when only width, case, script variant or punctuation differ.

Each code point becomes its compatibility decomposition, case folded, Traditional characters made Simplified one by
one; punctuation, spaces, controls and other invisible characters go. Letters, marks, digits and symbols stay, and of
the punctuation `# % & @`, and `. , - / : *` between two digits, so that C and C++, 3.14 and 314 differ. Marks are put
in canonical order and jamo joined to syllables, so canonically equivalent texts have one key.

The work is done a block at a time on a span of bytes: what is to be skipped (markup, URLs) can be left out by calling
`fold_block` on the spans between.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import text_array, utf8
from corpus.kernels.memory import at, byte_at, code_point, width
from corpus.kernels.numba_cache import I64, I64_OUT, U8, U32, U64_GRID_OUT, helper, kernel
from corpus.kernels.unicode_tables import COMBINING, DROP, EXPAND, PLAIN, SOFT, tables

BLOCK = 3 * 2048
"""Code points that are hashed at a time; a multiple of three, since three make a word of the hash."""
_ROOM = 128
_MARKS = 32
_K1, _K2 = np.uint64(0x9FB21C651E98DF25), np.uint64(0xD6E8FEB86659FD93)
_SEED1, _SEED2 = np.uint64(0x243F6A8885A308D3), np.uint64(0x13198A2E03707344)
_S21, _S42, _S29, _S32 = np.uint64(21), np.uint64(42), np.uint64(29), np.uint64(32)

# What is carried from one block to the next: the code point not yet written (-1: none), where its source ended, and
# combining marks that wait for their order.
_LAST, _LAST_END, _WAITING, FOLD_STATE = 0, 1, 2, 3 + _MARKS


@helper
def _is_digit(point: int) -> bool:
    return 0x30 <= point <= 0x39


@helper
def flush_marks(out: Any, used: int, state: Any) -> int:
    """Write the last code point and the marks that wait on it, by combining class, first come first within one."""
    waiting = state[_WAITING]
    for index in range(1, waiting):
        mark = state[3 + index]
        place = index
        while place > 0 and state[2 + place] >> 21 > mark >> 21:
            state[3 + place] = state[2 + place]
            place -= 1
        state[3 + place] = mark
    if state[_LAST] >= 0:
        out[used] = state[_LAST]
        used += 1
    for index in range(waiting):
        out[used] = state[3 + index] & 0x1FFFFF
        used += 1
    state[_WAITING] = 0
    state[_LAST] = -1
    return used


@helper
def _emit(point: int, out: Any, used: int, state: Any) -> int:
    """Take a code point that starts a character; what came before is written, unless the two are jamo that join."""
    if 0x1161 <= point <= 0x11C2 and state[_WAITING] == 0:
        last = state[_LAST]
        if 0x1100 <= last <= 0x1112 and point <= 0x1175:
            state[_LAST] = 0xAC00 + ((last - 0x1100) * 21 + point - 0x1161) * 28
            return used
        if 0xAC00 <= last <= 0xD7A3 and (last - 0xAC00) % 28 == 0 and point > 0x11A7:
            state[_LAST] = last + point - 0x11A7
            return used
    used = flush_marks(out, used, state)
    state[_LAST] = point
    return used


@helper
def _take(entry: int, out: Any, used: int, state: Any) -> int:
    """Take one entry of the fold tables that stands for a single code point."""
    if entry >> 29 == COMBINING:
        if state[_WAITING] == _MARKS:
            used = flush_marks(out, used, state)
        state[3 + state[_WAITING]] = entry & 0x1FFFFFFF
        state[_WAITING] += 1
        return used
    return _emit(entry & 0x1FFFFF, out, used, state)


@helper
def fold_block(data: Any, index: int, end: int, fold: Any, extra: Any, out: Any, used: int, state: Any) -> Any:
    """Fold bytes from `index` on into `out[used:]` until they end or `out` has no room: (next index, used)."""
    limit = len(out) - _ROOM
    last, last_end, waiting = state[_LAST], state[_LAST_END], state[_WAITING]
    while index < end and used < limit:
        lead = byte_at(data, index)
        entry = np.int64(at(fold, code_point(data, index, lead)))
        start = index
        index += width(lead)
        kind = entry >> 29
        if kind == DROP:
            continue
        if kind == PLAIN and waiting == 0 and not 0x1161 <= entry <= 0x11C2:
            if last >= 0:
                out[used] = last
                used += 1
            last, last_end = entry, index
            continue
        state[_LAST], state[_LAST_END] = last, last_end
        if kind == SOFT:
            if last_end == start and waiting == 0 and _is_digit(last) and index < end:
                following = np.int64(at(fold, code_point(data, index, byte_at(data, index))))
                if following >> 29 == PLAIN and _is_digit(following):
                    used = _emit(entry & 0x1FFFFF, out, used, state)
        elif kind == EXPAND:
            first, many = entry & 0x1FFFFF, (entry >> 21) & 0xFF
            for which in range(many):
                used = _take(np.int64(extra[first + which]), out, used, state)
        else:
            used = _take(entry, out, used, state)
        last, waiting, last_end = state[_LAST], state[_WAITING], index
    state[_LAST], state[_LAST_END], state[_WAITING] = last, last_end, waiting
    return index, used


@helper
def _absorb(out: Any, many: int, one: Any, two: Any) -> Any:
    """Mix code points into the two halves of the hash, three a word."""
    index = 0
    while index < many:
        word = np.uint64(out[index])
        if index + 1 < many:
            word |= np.uint64(out[index + 1] + 1) << _S21
        if index + 2 < many:
            word |= np.uint64(out[index + 2] + 1) << _S42
        one = (one ^ word) * _K1
        one ^= one >> _S32
        two = (two + word) * _K2
        two ^= two >> _S29
        index += 3
    return one, two


@helper
def reset_fold(state: Any) -> None:
    """Forget what was carried, before another text."""
    state[_LAST], state[_LAST_END], state[_WAITING] = -1, -1, 0


@helper
def finish_hash(value: Any, length: int) -> Any:
    """One half of a hash with the length mixed in."""
    value = (value ^ np.uint64(length)) * _K2
    value = (value ^ (value >> _S32)) * _K1
    return value ^ (value >> _S29)


@helper
def hash_span(data: Any, index: int, end: int, fold: Any, extra: Any, out: Any, state: Any) -> Any:
    """The two halves of the hash of a folded span of bytes, not finished, and its code points; `out` and `state` are
    scratch of BLOCK + 256 and FOLD_STATE items."""
    one, two = _SEED1, _SEED2
    used, total = 0, 0
    reset_fold(state)
    while index < end:
        index, used = fold_block(data, index, end, fold, extra, out, used, state)
        if index == end:
            used = flush_marks(out, used, state)
        if used >= BLOCK:
            one, two = _absorb(out, BLOCK, one, two)
            total += BLOCK
            used -= BLOCK
            for place in range(used):
                out[place] = out[BLOCK + place]
    one, two = _absorb(out, used, one, two)
    return one, two, total + used


@kernel(U8, I64, U32, U32, U64_GRID_OUT, I64_OUT)
def _keys(data: Any, offsets: Any, fold: Any, extra: Any, keys: Any, lengths: Any) -> None:
    """`keys[row]`: 128 bits of the folded text; `lengths[row]`: its code points."""
    out, state = np.empty(BLOCK + 256, np.int64), np.empty(FOLD_STATE, np.int64)
    for row in range(len(offsets) - 1):
        one, two, total = hash_span(data, offsets[row], offsets[row + 1], fold, extra, out, state)
        keys[row, 0], keys[row, 1] = finish_hash(one, total), finish_hash(two + one, total)
        lengths[row] = total


def fold_keys(text: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Two int64 arrays: the 128-bit hash of each folded text, without building it.

    Both are null where nothing is left (an empty text, punctuation alone) and where the text is null, so that such
    records are never taken for one another.
    """
    data, offsets = utf8(text)
    keys, lengths = np.empty((len(text), 2), np.uint64), np.zeros(len(text), np.int64)
    _keys(data, offsets, tables().fold, tables().fold_extra, keys, lengths)
    signed, nothing = keys.view(np.int64), lengths == 0
    return (
        pa.array(np.ascontiguousarray(signed[:, 0]), pa.int64(), mask=nothing),
        pa.array(np.ascontiguousarray(signed[:, 1]), pa.int64(), mask=nothing),
    )


@helper
def encode_point(point: int, target: Any, place: int) -> int:
    """Write a code point as UTF-8; where the next one goes."""
    if point < 0x80:
        target[place] = point
        return place + 1
    if point < 0x800:
        target[place] = 0xC0 | point >> 6
        target[place + 1] = 0x80 | (point & 0x3F)
        return place + 2
    if point < 0x10000:
        target[place] = 0xE0 | point >> 12
        target[place + 1] = 0x80 | (point >> 6 & 0x3F)
        target[place + 2] = 0x80 | (point & 0x3F)
        return place + 3
    target[place] = 0xF0 | point >> 18
    target[place + 1] = 0x80 | (point >> 12 & 0x3F)
    target[place + 2] = 0x80 | (point >> 6 & 0x3F)
    target[place + 3] = 0x80 | (point & 0x3F)
    return place + 4


@helper
def write_span(
    data: Any, index: int, end: int, fold: Any, extra: Any, out: Any, state: Any, target: Any, place: int
) -> Any:
    """Write a folded span of bytes from `target[place]` on as UTF-8: (target, where it ends); a target without room is
    replaced by a larger one. What is carried from the span before is in `state`."""
    while index < end:
        index, used = fold_block(data, index, end, fold, extra, out, 0, state)
        if index == end:
            used = flush_marks(out, used, state)
        if place + 4 * used > len(target):
            larger = np.empty(2 * len(target) + 4 * used, np.uint8)
            larger[:place] = target[:place]
            target = larger
        for which in range(used):
            place = encode_point(out[which], target, place)
    return target, place


@kernel(U8, I64, U32, U32, I64_OUT)
def _texts(data: Any, offsets: Any, fold: Any, extra: Any, places: Any) -> Any:
    """The folded texts in one buffer, which is returned; `places[row + 1]` is where row ends."""
    out, state = np.empty(BLOCK + 256, np.int64), np.empty(FOLD_STATE, np.int64)
    target = np.empty(1024 + offsets[len(offsets) - 1] - offsets[0], np.uint8)
    place = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        reset_fold(state)
        target, place = write_span(data, offsets[row], offsets[row + 1], fold, extra, out, state, target, place)
        places[row + 1] = place
    return target[:place]


def fold(text: pa.Array) -> pa.Array:
    """The folded texts as large_string, accents decomposed; empty where nothing is left, null where it was null.

    `fold(fold(t)) == fold(t)`. `fold_keys` hashes exactly these code points.
    """
    data, offsets = utf8(text)
    places = np.zeros(len(text) + 1, np.int64)
    folded = _texts(data, offsets, tables().fold, tables().fold_extra, places)
    return text_array(folded, places, text)
