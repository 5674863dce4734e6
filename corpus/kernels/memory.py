"""Unchecked reads that kernels are made of: bytes, words and UTF-8 code points of an Arrow text buffer.

numba guards every index against being negative; in loops that run once a byte that guard is most of the work. These
reads trust their caller: the index is inside the array, and the bytes are valid UTF-8, which Arrow strings are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from corpus.kernels.numba_cache import helper


@intrinsic
def at(typing_context: Any, array: Any, index: Any) -> Any:
    """`array[index]` without a guard."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.load(builder.gep(data, [arguments[1]]))

    return array.dtype(array, types.int64), generate


@intrinsic
def byte_at(typing_context: Any, array: Any, index: Any) -> Any:
    """The byte at `index` of a uint8 array, as int64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.zext(builder.load(builder.gep(data, [arguments[1]])), context.get_value_type(types.int64))

    return types.int64(array, types.int64), generate


@intrinsic
def word_at(typing_context: Any, array: Any, index: Any) -> Any:
    """The eight bytes from `index` of a uint8 array as a little-endian uint64; they must all be inside."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(data, [arguments[1]]), context.get_value_type(types.int64).as_pointer())
        loaded = builder.load(place)
        loaded.align = 1
        return loaded

    return types.uint64(array, types.int64), generate


@intrinsic
def prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of `array[index]` some steps before it is needed. Changes nothing but the waiting: in a
    hashed table larger than the cache every look is a miss, and a loop that asks ahead has many under way at once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        ir = cgutils.ir
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        place = builder.bitcast(builder.gep(data, [arguments[1]]), byte)
        read, near, of_data = word(0), word(3), word(1)
        builder.call(function, [place, read, near, of_data])
        return context.get_dummy_value()

    return types.none(array, types.int64), generate


@intrinsic
def put(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    """`array[index] = value` without a guard; the value is cut or widened to the array's integers."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        one = context.cast(builder, arguments[2], signature.args[2], signature.args[0].dtype)
        builder.store(one, builder.gep(data, [arguments[1]]))
        return context.get_dummy_value()

    return types.none(array, types.int64, value), generate


@helper
def width(lead: int) -> int:
    """Bytes of the code point that starts with this byte."""
    if lead < 0x80:
        return 1
    if lead < 0xE0:
        return 2
    if lead < 0xF0:
        return 3
    return 4


@helper
def code_point(data: Any, index: int, lead: int) -> int:
    """The code point at `index`, whose first byte is `lead`."""
    if lead < 0x80:
        return lead
    second = byte_at(data, index + 1) & 0x3F
    if lead < 0xE0:
        return ((lead & 0x1F) << 6) | second
    third = byte_at(data, index + 2) & 0x3F
    if lead < 0xF0:
        return ((lead & 0x0F) << 12) | (second << 6) | third
    return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | (byte_at(data, index + 3) & 0x3F)


_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)


@helper
def points(data: Any, start: int, end: int) -> int:
    """Code points in bytes `start` to `end`: bytes that do not continue one, eight at a time."""
    total: Any = end - start
    index = start
    while index + 8 <= end:
        word = word_at(data, index)
        continued = (word >> np.uint64(7)) & ~(word >> np.uint64(6)) & _ONES
        total -= np.int64((continued * _ONES) >> np.uint64(56))
        index += 8
    while index < end:
        total -= (byte_at(data, index) & 0xC0) == 0x80
        index += 1
    return total


@helper
def skip_to(data: Any, start: int, end: int, wanted: int) -> int:
    """Where the byte `wanted` first stands from `start` on; `end` when it does not."""
    pattern = np.uint64(wanted) * _ONES
    index = start
    while index + 8 <= end:
        word = word_at(data, index) ^ pattern
        if (word - _ONES) & ~word & _HIGHS != np.uint64(0):
            break
        index += 8
    while index < end and byte_at(data, index) != wanted:
        index += 1
    return index
