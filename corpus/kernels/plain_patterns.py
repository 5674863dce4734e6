"""Patterns that need no engine: runs of one class of ASCII, and alternations of one or two code points.

A regular expression that has no literal to look for is tried at every byte, and one that matches everywhere pays for
each match. What is written as `[A-Za-z0-9+/=]{100}` or as `[，。！？]|\\.\\s` is counted here instead, with the same
result; any other pattern is left to the engine.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.memory import at, byte_at, code_point, width
from corpus.kernels.numba_cache import I64, I64_OUT, INT, U8, U16, kernel
from corpus.kernels.unicode_tables import CODE_POINTS

SHORTEST_RUN = 16
"""Below, runs are too common for looking at every n-th byte to pay."""
_SPACES = [*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000]
"""White_Space of Unicode, which is what `\\s` stands for."""
_CLASS = r"\[(?:[^\]\[\\^&~\-]|[^\]\[\\^&~\-]-[^\]\[\\^&~\-]|\\[.\-\]\[^$*+?(){}|/])+\]"
_ITEM = rf"{_CLASS}|\\s|\\[.*+?()\[\]{{}}|^$/\-]|[^\\.*+?()\[\]{{}}|^$]"
_BRANCH = re.compile(rf"({_ITEM})({_ITEM})?(?:\||\Z)")
_RUN = re.compile(rf"({_CLASS})\{{([1-9][0-9]{{0,3}})\}}")
_PART = re.compile(r"(\\?.)(?:-(\\?.))?", re.DOTALL)


@dataclass(frozen=True)
class Run:
    """So many bytes of a class in a row."""

    members: np.ndarray
    length: int


@dataclass(frozen=True)
class Branches:
    """Alternatives in order: `firsts[i]` and, where not 0, `seconds[i]` are bits of `roles`."""

    roles: np.ndarray
    firsts: np.ndarray
    seconds: np.ndarray


@functools.lru_cache(maxsize=32)
def plain(pattern: str) -> Run | Branches | None:
    """The pattern as one of the plain kinds; None for any other."""
    run = _RUN.fullmatch(pattern)
    if run is not None:
        points = _members(run[1])
        if int(run[2]) < SHORTEST_RUN or points is None or max(points) > 0x7F:
            return None
        members = np.zeros(256, np.uint8)
        members[points] = 1
        return Run(frozen(members), int(run[2]))
    return _branches(pattern)


def _branches(pattern: str) -> Branches | None:
    found, place = [], 0
    while place < len(pattern):
        branch = _BRANCH.match(pattern, place)
        if branch is None:
            return None
        found.append((branch[1], branch[2]))
        place = branch.end()
    items = sum(1 + (second is not None) for _, second in found)
    # Without a branch of one code point matches are rare, and the engine looks for them faster.
    if not found or items > 16 or pattern.endswith("|") or all(second is not None for _, second in found):
        return None
    roles = np.zeros(CODE_POINTS, np.uint16)
    bits, used = np.zeros((2, len(found)), np.int64), 0
    for number, branch_items in enumerate(found):
        for side, item in enumerate(branch_items):
            if item is not None:
                points = _members(item)
                if points is None:
                    return None
                roles[points] |= np.uint16(1 << used)
                bits[side, number] = 1 << used
                used += 1
    return Branches(frozen(roles), frozen(bits[0].copy()), frozen(bits[1].copy()))


def _members(item: str) -> list[int] | None:
    """The code points an item stands for; None for a range that runs backwards."""
    if item == r"\s":
        return _SPACES
    if not item.startswith("["):
        return [ord(item[-1])]
    points: list[int] = []
    for part in _PART.finditer(item[1:-1]):
        first = ord(part[1][-1])
        last = ord(part[2][-1]) if part[2] else first
        if last < first:
            return None
        points += range(first, last + 1)
    return points


@kernel(U8, I64, U8, INT, I64_OUT)
def _count_runs(data: Any, offsets: Any, members: Any, length: int, counts: Any) -> None:
    """A run of `length` bytes holds a byte whose number divides by it: only there is looked for one."""
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        place, done = start + length - 1, start
        while place < end:
            if at(members, byte_at(data, place)) == 0:
                place += length
                continue
            first, last = place, place + 1
            while first > done and at(members, byte_at(data, first - 1)) != 0:
                first -= 1
            while last < end and at(members, byte_at(data, last)) != 0:
                last += 1
            counts[row] += (last - first) // length
            done = last
            place = last + length


@kernel(U8, I64, U16, I64, I64, I64_OUT)
def _count_branches(data: Any, offsets: Any, roles: Any, firsts: Any, seconds: Any, counts: Any) -> None:
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        total = 0
        while index < end:
            lead = byte_at(data, index)
            role = np.int64(at(roles, code_point(data, index, lead)))
            index += width(lead)
            if role == 0:
                continue
            for which in range(len(firsts)):
                if role & firsts[which]:
                    if seconds[which] == 0:
                        total += 1
                        break
                    if index < end:
                        after = byte_at(data, index)
                        if np.int64(at(roles, code_point(data, index, after))) & seconds[which]:
                            total += 1
                            index += width(after)
                            break
        counts[row] = total


def count(text: pa.Array, pattern: Run | Branches) -> np.ndarray:
    """Matches that do not overlap, by row; 0 for a null."""
    data, offsets = utf8(text)
    counts = np.zeros(len(text), np.int64)
    if isinstance(pattern, Run):
        _count_runs(data, offsets, pattern.members, pattern.length, counts)
    else:
        _count_branches(data, offsets, pattern.roles, pattern.firsts, pattern.seconds, counts)
    return counts
