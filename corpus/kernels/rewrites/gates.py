"""Which texts hold what a rewrite looks for, where no literal says so: one quick pass over the bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import utf8
from corpus.kernels.memory import byte_at, skip_to
from corpus.kernels.numba_cache import I64, U8, U8_OUT, kernel

_WIDE, _DIGITS = 1, 2


@kernel(U8, I64, U8_OUT)
def _single_spaces(data: Any, offsets: Any, found: Any) -> None:
    """`found[row]`: _WIDE where one space stands between two code points beyond ASCII, _DIGITS between two digits."""
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        index = start
        while found[row] != 3:
            index = skip_to(data, index, end, 0x20)
            if index >= end - 1:
                break
            if index > start:
                before, after = byte_at(data, index - 1), byte_at(data, index + 1)
                if before >= 0x80 and after >= 0x80:
                    found[row] |= 1
                elif 0x30 <= before <= 0x39 and 0x30 <= after <= 0x39:
                    found[row] |= 2
            index += 1


@kernel(U8, I64, U8_OUT)
def _capitals(data: Any, offsets: Any, found: Any) -> None:
    """`found[row]`: whether a capital of ASCII stands behind a code point beyond ASCII."""
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        wide = False
        while index < end:
            lead = byte_at(data, index)
            if 0xE3 <= lead <= 0xEF:
                wide = True
                index += 3
                continue
            if wide and 0x41 <= lead <= 0x5A:
                found[row] = 1
                break
            wide = lead >= 0x80
            index += 1


def spaced_wide(text: pa.Array) -> np.ndarray:
    """Rows in which a space stands between two code points beyond ASCII."""
    found = np.zeros(len(text), np.uint8)
    _single_spaces(*utf8(text), found)
    return (found & _WIDE) > 0


def spaced_digits(text: pa.Array) -> np.ndarray:
    """Rows in which a space stands between two digits."""
    found = np.zeros(len(text), np.uint8)
    _single_spaces(*utf8(text), found)
    return (found & _DIGITS) > 0


def capital_behind_wide(text: pa.Array) -> np.ndarray:
    """Rows in which a capital letter of ASCII stands behind a code point beyond ASCII."""
    found = np.zeros(len(text), np.uint8)
    _capitals(*utf8(text), found)
    return found.view(bool)
