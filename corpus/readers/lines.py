"""Lines of a stream of blocks, each with the byte offset at which it begins. Only LF ends a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from corpus.readers.decompress import Broken
from corpus.readers.items import HEAD


@dataclass(frozen=True)
class Oversize:
    """A line or element longer than the limit: where it began, its head, and how long it was."""

    offset: int
    head: bytes
    length: int


class Held:
    """The beginning of a record that goes on in the next block; past `limit` only its head is kept."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._kept = 0
        self.length = 0

    def add(self, part: bytes) -> None:
        """Hold `part` too."""
        self.length += len(part)
        if self.length > self._limit:
            part = part[: max(0, HEAD - self._kept)]
        self._kept += len(part)
        self._parts.append(part)

    def joined(self) -> bytes:
        """What is held, from its beginning."""
        return b"".join(self._parts)

    def clear(self) -> None:
        """Begin the next record."""
        self._parts, self._kept, self.length = [], 0, 0


def read_lines(
    blocks: Iterator[bytes], limit: int, offset: int = 0, end: int | None = None
) -> Iterator[tuple[int, bytes] | Oversize]:
    """`(offset, line)` without its LF for every line that begins before `end`; longer ones than `limit` as Oversize.

    `blocks` begin at byte `offset`, where a line begins. When they break off, the unfinished line is not yielded but
    left to the error.
    """
    held = Held(limit)
    try:
        for block in blocks:
            if end is not None and offset >= end:
                return
            cut = block.rfind(b"\n") + 1
            if not cut:
                held.add(block)
                continue
            lines = block[: cut - 1].split(b"\n")
            if held.length:
                held.add(lines[0])
                first = held.joined() if held.length <= limit else Oversize(offset, held.joined()[:HEAD], held.length)
                yield first if isinstance(first, Oversize) else (offset, first)
                offset += held.length + 1
                held.clear()
                del lines[0]
            for line in lines:
                if end is not None and offset >= end:
                    return
                if len(line) > limit:
                    yield Oversize(offset, line[:HEAD], len(line))
                else:
                    yield offset, line
                offset += len(line) + 1
            if cut < len(block):
                held.add(block[cut:])
    except Broken as error:
        raise error.at(offset, held.joined(), held.length) from None
    if held.length and (end is None or offset < end):
        yield (offset, held.joined()) if held.length <= limit else Oversize(offset, held.joined()[:HEAD], held.length)


def skip_to_line(blocks: Iterator[bytes], offset: int, end: int) -> tuple[Iterator[bytes], int]:
    """The blocks from the first line that begins after byte `offset`, and where that is; none when it is past `end`.

    A range `[a, b)` owns the lines that begin in it, so its reader starts at `a - 1`: when the byte there is a LF, the
    line at `a` is its first.
    """
    for block in blocks:
        cut = block.find(b"\n") + 1
        if cut:
            return _then(block[cut:], blocks), offset + cut
        offset += len(block)
        if offset >= end:
            break
    return iter(()), offset


def _then(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def peek(blocks: Iterator[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """At least `size` bytes from the front (fewer when there are no more), and the stream with them put back."""
    held: list[bytes] = []
    total = 0
    broken: Broken | None = None
    while total < size:
        try:
            block = next(blocks, None)
        except Broken as error:
            broken = error
            break
        if block is None:
            break
        held.append(block)
        total += len(block)
    return b"".join(held), _replayed(held, broken, blocks)


def _replayed(held: list[bytes], broken: Broken | None, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield from held
    if broken:
        raise broken
    yield from rest
