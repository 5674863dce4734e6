"""Texts as the ids of somebody else's vocabulary: characters, or pieces between spaces, each line a sentence.

A sentence begins with BEGIN and ends with the id of its end; lines without a token are none. Tokens are found by a
64-bit hash of their bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.memory import at, byte_at, width
from corpus.kernels.ngram_units import BEGIN, UNKNOWN, Sequence
from corpus.kernels.numba_cache import I64, I64_OUT, INT, U8, U32, U32_OUT, U64, U64_OUT, helper, kernel
from corpus.kernels.shingles import mixed

_SEED, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_ZERO, _ONE = np.uint64(0), np.uint64(1)
_S20 = np.uint64(20)


@dataclass(frozen=True)
class Vocabulary:
    """Where a token's hash is in `hashes` (uint64, 0 where empty, open addressing) its id is in `ids` (uint32); `end`
    is the id that ends a sentence, 0 when there is none."""

    hashes: np.ndarray
    ids: np.ndarray
    end: int


@helper
def _absorb(value: Any, byte: int) -> Any:
    return (value ^ np.uint64(byte)) * _PRIME


@helper
def _finished(value: Any) -> Any:
    """A hash that is never 0."""
    return mixed(value) | _ONE


@kernel(U8, I64, U32, U64_OUT, U32_OUT)
def _fill(data: Any, offsets: Any, given: Any, hashes: Any, ids: Any) -> Any:
    """Put every token into the table; the first that is there already, -1 when none is."""
    mask = len(hashes) - 1
    for token in range(len(offsets) - 1):
        value = _SEED
        for index in range(offsets[token], offsets[token + 1]):
            value = _absorb(value, byte_at(data, index))
        key = _finished(value)
        slot = np.int64(key >> _S20) & mask
        while hashes[slot] != _ZERO:
            if hashes[slot] == key:
                return token
            slot = (slot + 1) & mask
        hashes[slot], ids[slot] = key, given[token]
    return -1


def vocabulary(tokens: pa.Array, ids: np.ndarray, end: int) -> Vocabulary:
    """The table of `tokens` with their ids; ValueError, naming it, when one is there twice."""
    data, offsets = utf8(tokens)
    size = 1 << max(4, (2 * len(tokens)).bit_length())
    hashes, places = np.zeros(size, np.uint64), np.zeros(size, np.uint32)
    twice = _fill(data, offsets, frozen(np.ascontiguousarray(ids, np.uint32)), hashes, places)
    if twice >= 0:
        raise ValueError(f"the token {tokens[twice].as_py()!r} is there twice")
    return Vocabulary(frozen(hashes), frozen(places), end)


@helper
def _id(value: Any, hashes: Any, ids: Any) -> Any:
    key = _finished(value)
    mask = len(hashes) - 1
    slot = np.int64(key >> _S20) & mask
    while at(hashes, slot) != _ZERO:
        if at(hashes, slot) == key:
            return at(ids, slot)
        slot = (slot + 1) & mask
    return np.uint32(UNKNOWN)


@helper
def _space(data: Any, index: int, end: int) -> int:
    """Bytes of the space at `index`, 0 when there is none: ASCII and the ideographic space."""
    byte = byte_at(data, index)
    if byte <= 0x20:
        return 1
    if byte == 0xE3 and index + 2 < end and byte_at(data, index + 1) == 0x80 and byte_at(data, index + 2) == 0x80:
        return 3
    return 0


@kernel(U8, I64, INT, U64, U32, INT, U32_OUT, I64_OUT)
def _tokens(data: Any, offsets: Any, singly: int, hashes: Any, ids: Any, finish: int, found: Any, places: Any) -> None:
    used = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        began = False
        while index < end:
            space = _space(data, index, end)
            if space > 0:
                if began and (byte_at(data, index) == 0x0A or byte_at(data, index) == 0x0D):
                    if finish > 0:
                        found[used] = finish
                        used += 1
                    began = False
                index += space
                continue
            if not began:
                found[used] = BEGIN
                used += 1
                began = True
            value = _SEED
            stop = index + width(byte_at(data, index)) if singly else end
            while index < stop and _space(data, index, end) == 0:
                value = _absorb(value, byte_at(data, index))
                index += 1
            found[used] = _id(value, hashes, ids)
            used += 1
        if began and finish > 0:
            found[used] = finish
            used += 1
        places[row + 1] = used


def tokens(text: pa.Array, known: Vocabulary, *, singly: bool) -> Sequence:
    """The ids of each text (uint32), sentence by sentence; `singly` reads it by characters, else by what stands between
    spaces. A null text has none."""
    data, offsets = utf8(text)
    places = np.zeros(len(text) + 1, np.int64)
    found = np.empty(2 * int(offsets[-1] - offsets[0]) + 2 * len(text) + 1, np.uint32)
    _tokens(data, offsets, int(singly), known.hashes, known.ids, known.end, found, places)
    return Sequence(frozen(found[: places[-1]].copy()), frozen(places))
