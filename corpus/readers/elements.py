"""Elements of a JSON array, or JSON values one after the other, cut out of a stream of blocks in linear time.

Only the structure is followed here (strings, brackets, commas); whether an element is JSON is for the parser to say,
so one bad element costs itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.quarantine import Reason
from corpus.readers.decompress import Broken
from corpus.readers.items import HEAD
from corpus.readers.lines import Held, Oversize

_TOP = re.compile(rb'["\[\]{},]')
_NESTED = re.compile(rb'["\[\]{}]')
_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
"""The inside of a string; possessive, so it never goes back over what it has read."""
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


def read_elements(blocks: Iterator[bytes], limit: int, *, array: bool) -> Iterator[tuple[int, bytes] | Oversize]:
    """`(offset, element)` for every element of the array, or every value when the stream is no array.

    An array that is never closed, or is followed by something, ends in Broken, after its elements.
    """
    scan = _Scan(limit, array)
    try:
        for block in blocks:
            yield from scan.feed(block)
    except Broken as error:
        raise scan.unfinished(error) from None
    yield from scan.finish()


class _Scan:
    """The state between two blocks. `depth` counts brackets inside the element; 0 is the array's own level."""

    def __init__(self, limit: int, array: bool) -> None:
        self._limit = limit
        self._array = array
        self._opened = not array
        self._closed = False
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._held = Held(limit)
        self._base = 0  # offset of the block
        self._begin = 0  # offset at which the element in progress begins

    def feed(self, block: bytes) -> Iterator[tuple[int, bytes] | Oversize]:
        """The elements that end in this block."""
        at = start = 0
        if not self._opened:
            at = start = self._open(block)
        while self._opened and not self._closed:
            if self._in_string:
                at = self._string_end(block, at)
                if at < 0:
                    break
                self._in_string = False
            found = (_NESTED if self._depth or not self._array else _TOP).search(block, at)
            if not found:
                break
            at = found.end()
            ended = False
            match block[at - 1]:
                case 0x22:
                    self._in_string = True
                case 0x5B | 0x7B:
                    if not (self._depth or self._array):  # what stands between two values is junk of its own
                        yield from self._emit(block[start : at - 1], at - 1)
                        start = at - 1
                    self._depth += 1
                case 0x2C:
                    ended = True
                case closing:
                    ended = self._depth == (0 if self._array else 1)
                    self._closed = self._array and not self._depth and closing == 0x5D
                    ended = ended and (self._closed or not self._array)
                    self._depth = max(0, self._depth - 1)
            if ended:
                yield from self._emit(block[start : at if not self._array else at - 1], at)
                start = at
        self._held.add(block[start:])
        self._base += len(block)

    def _open(self, block: bytes) -> int:
        """Past the `[` of the array, or the whole block when it only has white space."""
        stripped = block.lstrip(_BOM + _BLANK)
        if not stripped:
            self._begin += len(block)
            return len(block)
        if not stripped.startswith(b"["):
            raise Broken(Reason.BAD_JSON, "neither an array nor an object").at(
                self._base + len(block) - len(stripped), stripped
            )
        self._opened = True
        at = len(block) - len(stripped) + 1
        self._begin = self._base + at
        return at

    def _string_end(self, block: bytes, at: int) -> int:
        """The index after the closing quote, or -1 when the string goes on in the next block."""
        if self._escaped and at == 0:
            at = 1
        self._escaped = False
        quote = block.find(b'"', at)
        if quote >= 0 and (quote == at or block[quote - 1] != 0x5C):
            return quote + 1
        if quote < 0:
            if block.endswith(b"\\"):
                self._escaped = (len(block) - max(at, len(block.rstrip(b"\\")))) % 2 == 1
            return -1
        inside = _STRING.match(block, at)
        end = inside.end() if inside else at
        if end < len(block) and block[end] == 0x22:
            return end + 1
        self._escaped = end == len(block) - 1
        return -1

    def _emit(self, part: bytes, after: int) -> Iterator[tuple[int, bytes] | Oversize]:
        """The element that ends with `part`; nothing when it is blank."""
        self._held.add(part)
        whole, length, begin = self._held.joined(), self._held.length, self._begin
        self._held.clear()
        self._begin = self._base + after
        element = whole.lstrip(_BLANK if begin else _BOM + _BLANK)
        if not element:
            return
        begin += len(whole) - len(element)
        if length > self._limit:
            yield Oversize(begin, element[:HEAD], length)
        else:
            yield begin, element.rstrip(_BLANK)

    def unfinished(self, error: Broken) -> Broken:
        """`error` with the element it cut off."""
        if error.offset is not None:
            return error
        return error.at(self._begin, self._held.joined(), self._held.length)

    def finish(self) -> Iterator[tuple[int, bytes] | Oversize]:
        """What is left at the end of the stream."""
        if not self._array:
            yield from self._emit(b"", 0)
            return
        if self._closed:
            if self._held.joined().strip(_BLANK):
                raise self.unfinished(Broken(Reason.DAMAGED, "something follows the end of the array"))
            return
        error = Broken(Reason.DAMAGED, "the array is not closed")
        if self._opened and not self._depth and not self._in_string:
            yield from self._emit(b"", 0)
        if self._opened:
            raise self.unfinished(error)
