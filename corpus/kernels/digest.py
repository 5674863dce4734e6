"""Digests of rows and tables that depend on content alone.

A row's digest is the same whatever the order of columns, the width of integers, the kind of string or the platform;
a table's is the sum of its rows' modulo 2^128, so digests of parts add up and neither order nor partitioning matters.
Not cryptographic: it finds damage and differences, it does not resist someone who makes collisions on purpose.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.memory import byte_at, word_at
from corpus.kernels.numba_cache import I64, U8, U64, U64_GRID_OUT, helper, kernel

_C1, _C2 = np.uint64(0x87C37B91114253D5), np.uint64(0x4CF5AD432745937F)
_M1, _M2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_FIVE, _N1, _N2 = np.uint64(5), np.uint64(0x52DCE729), np.uint64(0x38495AB5)
_R27, _R31, _R33 = np.uint64(27), np.uint64(31), np.uint64(33)
_64, _ZERO = np.uint64(64), np.uint64(0)

NULL, TEXT, BINARY, INTEGER, FLOAT, BOOLEAN, LIST, STRUCT = range(8)
MASK = (1 << 64) - 1


@helper
def _rotated(value: Any, by: Any) -> Any:
    return (value << by) | (value >> (_64 - by))


@helper
def _avalanche(value: Any) -> Any:
    value = (value ^ (value >> _R33)) * _M1
    value = (value ^ (value >> _R33)) * _M2
    return value ^ (value >> _R33)


@helper
def _tail(data: Any, index: int, end: int) -> Any:
    """Up to eight bytes before `end` as a little-endian number."""
    word, shift = _ZERO, _ZERO
    while index < end:
        word |= np.uint64(byte_at(data, index)) << shift
        shift += np.uint64(8)
        index += 1
    return word


@helper
def _hash(data: Any, start: int, end: int, seed: Any) -> Any:
    """MurmurHash3_x64_128 of bytes `start` to `end` (Appleby 2011, public domain), with a 64-bit seed."""
    one, two = seed, seed
    index = start
    while index + 16 <= end:
        one ^= _rotated(word_at(data, index) * _C1, _R31) * _C2
        one = (_rotated(one, _R27) + two) * _FIVE + _N1
        two ^= _rotated(word_at(data, index + 8) * _C2, _R33) * _C1
        two = (_rotated(two, _R31) + one) * _FIVE + _N2
        index += 16
    if end - index > 8:
        two ^= _rotated(_tail(data, index + 8, end) * _C2, _R33) * _C1
    if end > index:
        one ^= _rotated(_tail(data, index, min(end, index + 8)) * _C1, _R31) * _C2
    length = np.uint64(end - start)
    one, two = one ^ length, two ^ length
    one += two
    two += one
    one, two = _avalanche(one), _avalanche(two)
    one += two
    return one, two + one


@kernel(U8, I64, U64, U64_GRID_OUT)
def _hash_slices(data: Any, offsets: Any, seed: Any, hashes: Any) -> None:
    for row in range(len(offsets) - 1):
        hashes[row, 0], hashes[row, 1] = _hash(data, offsets[row], offsets[row + 1], seed[0])


def hash_bytes(data: bytes, seed: int = 0) -> int:
    """128-bit MurmurHash3 (x64) of bytes."""
    content = np.frombuffer(data or b"\0", np.uint8)
    return _whole(_slices(content, np.array([0, len(data)], np.int64), seed)[0])


def _whole(halves: np.ndarray) -> int:
    return int(halves[0]) << 64 | int(halves[1])


def _slices(data: np.ndarray, offsets: np.ndarray, seed: int) -> np.ndarray:
    hashes = np.empty((len(offsets) - 1, 2), np.uint64)
    _hash_slices(frozen(data), frozen(offsets), frozen(np.array([seed], np.uint64)), hashes)
    return hashes


def _words(values: np.ndarray, tag: int) -> np.ndarray:
    """Hashes of a [n, k] array of 64-bit values, row by row."""
    content = np.ascontiguousarray(values).view(np.uint8).ravel()
    step = values.shape[1] * 8
    return _slices(content if content.size else np.zeros(1, np.uint8), np.arange(len(values) + 1) * step, tag)


def _values(column: pa.Array) -> np.ndarray:
    """[n, 2] hashes of the values of a column; TypeError for a type that has no digest."""
    kind = column.type
    if isinstance(column, pa.ExtensionArray):
        column, kind = column.storage, column.storage.type
    if pa.types.is_dictionary(kind):
        return _values(column.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view():
        hashes = _slices(*utf8(column), TEXT)
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        hashes = _slices(*utf8(column.cast(pa.large_binary())), BINARY)
    elif pa.types.is_boolean(kind):
        hashes = _words(np.asarray(column.fill_null(False).cast(pa.uint8())).astype(np.int64)[:, None], BOOLEAN)
    elif pa.types.is_integer(kind):
        wide = column.fill_null(0).cast(pa.uint64() if kind == pa.uint64() else pa.int64())
        hashes = _words(np.asarray(wide).view(np.int64)[:, None], INTEGER)
    elif pa.types.is_temporal(kind):
        hashes = _words(_ticks(column)[:, None], INTEGER)
    elif pa.types.is_floating(kind):
        numbers = np.asarray(column.cast(pa.float64()).fill_null(0.0)).copy()
        numbers[np.isnan(numbers)] = np.nan
        hashes = _words(numbers.view(np.int64)[:, None], FLOAT)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        hashes = _lists(column)
    elif pa.types.is_struct(kind):
        names = [field.name for field in kind]
        hashes = _words(_rows(names, column.flatten(), len(column)), STRUCT)
    elif pa.types.is_null(kind):
        hashes = np.empty((len(column), 2), np.uint64)
    else:
        raise TypeError(f"no digest is defined for Arrow type {kind}")
    if column.null_count:
        hashes[np.asarray(pc.is_null(column))] = _words(np.zeros((1, 1), np.int64), NULL)[0]
    return hashes


def hash_strings(text: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Two int64 arrays: the halves of a 128-bit hash of each string; both null where it is null."""
    hashes, mask = _slices(*utf8(text), TEXT).view(np.int64), np.asarray(pc.is_null(text))
    high, low = (pa.array(np.ascontiguousarray(hashes[:, half]), pa.int64(), mask=mask) for half in (0, 1))
    return high, low


def _ticks(column: pa.Array) -> np.ndarray:
    """Times as the integers they are stored as."""
    width = pa.int32() if column.type.bit_width == 32 else pa.int64()
    return np.asarray(column.cast(width).fill_null(0)).astype(np.int64)


def _lists(column: pa.Array) -> np.ndarray:
    large = column.cast(pa.large_list(column.type.value_type))
    lengths = np.asarray(pc.list_value_length(large).fill_null(0)).astype(np.int64)
    inner = np.ascontiguousarray(_values(large.flatten())).view(np.uint8).ravel()
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64) * 16
    return _slices(inner if inner.size else np.zeros(1, np.uint8), offsets, LIST)


def _rows(names: list[str], columns: list[pa.Array], many: int) -> np.ndarray:
    total = np.zeros((many, 2), np.uint64)
    for name, column in zip(names, columns, strict=True):
        key = hash_bytes(name.encode())
        seed = np.array([key >> 64, key & MASK], np.uint64)
        total += _words(_values(column) ^ seed, key & MASK)
    return total


def row_hashes(table: pa.Table | pa.RecordBatch) -> np.ndarray:
    """uint64 [rows, 2]: a 128-bit hash of each row over its named columns, high half first.

    Null differs from empty, a missing column from a null one. Integers of any width are equal when their values are,
    strings of any kind when their characters are, lists when their items are. Read: strings, binary, integers,
    floats, booleans, dates and times, lists, structs and dictionaries of them; TypeError for anything else.
    """
    if isinstance(table, pa.Table):
        parts = [row_hashes(batch) for batch in table.to_batches()]
        return np.concatenate(parts) if parts else np.empty((0, 2), np.uint64)
    return _rows(table.schema.names, table.columns, table.num_rows)


def table_digest(hashes: np.ndarray) -> int:
    """The sum of row hashes modulo 2^128."""
    high, low = (_sum(hashes[:, half]) for half in (0, 1))
    return ((high << 64) + low) % (1 << 128)


def _sum(values: np.ndarray) -> int:
    """The exact sum of uint64 values."""
    high = int((values >> np.uint64(32)).sum(dtype=np.uint64))
    return (high << 32) + int((values & np.uint64(0xFFFFFFFF)).sum(dtype=np.uint64))
