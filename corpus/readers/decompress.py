"""A file's bytes as a stream of blocks, decompressed with bounded memory.

Each decoder yields everything it could decode before it raises `Broken`, so damage costs only what follows it.
Several gzip members, zstd frames, bz2 streams or xz streams in a row are one stream, as their tools have it.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import zstandard

from corpus import storage
from corpus.config import Limits
from corpus.errors import UsageError
from corpus.quarantine import Reason
from corpus.readers.items import HEAD
from corpus.readers.split import Piece

BLOCK = 1 << 20
FEED = 1 << 16
STEP = 1 << 12
OUT = 1 << 20
MEMORY = 1 << 28
BOMB_GRACE = 16 << 20
"""Decoded bytes below which no ratio is suspicious."""

_ZSTD = b"\x28\xb5\x2f\xfd"
_ENDS_EARLY = "the stream ends early"
_GARBAGE = "bytes that belong to no stream follow"


class Broken(Exception):
    """The rest of a container cannot be read; what came before it was yielded.

    A reader that holds the beginning of an unfinished record sets `offset` and `partial` to it.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.offset: int | None = None
        self.partial = b""
        self.length: int | None = None

    def at(self, offset: int, partial: bytes, length: int | None = None) -> Broken:
        """The same, with the unfinished record that it cut off."""
        self.offset, self.partial, self.length = offset, partial[:HEAD], length
        return self


@dataclass
class _Counted:
    """Stored bytes handed to a decoder so far."""

    taken: int = 0


def open_blocks(piece: Piece, limits: Limits, start: int = 0) -> Iterator[bytes]:
    """Decoded blocks of about 1 MB from byte `start` (0 unless the file is plain).

    Raises Broken for damage and decompression bombs, UsageError when the file is not the one that was planned, and
    OSError when the storage fails, which is worth a retry and therefore never quarantined.
    """
    with storage.open_read(piece.uri) as stream:
        found = stream.size()
        if found != piece.size:
            raise UsageError(
                f"{piece.name} has {found} bytes and had {piece.size} when the run was planned; "
                "let it be written to its end, then start a new run"
            )
        if piece.compression == "none":
            stream.seek(start)
            while block := stream.read(BLOCK):
                yield block
            return
        counted = _Counted()
        yield from _coalesced(_guarded(decoded(_stored(stream, counted), piece.compression), counted, limits))


def decoded(stored: Iterator[bytes], compression: str) -> Iterator[bytes]:
    """The decoded bytes of a compressed stream, in small pieces; raises Broken."""
    match compression:
        case "gzip":
            return _gzip(stored)
        case "zstd":
            return _zstd(stored)
        case "bz2":
            return _staged(stored, bz2.BZ2Decompressor)
        case "xz":
            return _staged(stored, lambda: lzma.LZMADecompressor(memlimit=MEMORY))
        case _:
            return stored


def _stored(stream: BinaryIO, counted: _Counted) -> Iterator[bytes]:
    while block := stream.read(BLOCK):
        for at in range(0, len(block), FEED):
            feed = block[at : at + FEED]
            counted.taken += len(feed)
            yield feed


def _guarded(pieces: Iterator[bytes], counted: _Counted, limits: Limits) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > limits.bomb_bytes:
            raise Broken(Reason.BOMB, f"more than {limits.bomb_bytes} bytes come out of {counted.taken}")
        if total > BOMB_GRACE and total > counted.taken * limits.bomb_ratio:
            raise Broken(Reason.BOMB, f"{total} bytes come out of {counted.taken}")
        yield piece


def _coalesced(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks of at least BLOCK bytes; on damage, what was decoded first, then the error."""
    held: list[bytes] = []
    size = 0
    broken: Broken | None = None
    while True:
        try:
            piece = next(pieces, None)
        except Broken as error:
            broken, piece = error, None
        if piece is not None:
            held.append(piece)
            size += len(piece)
        if held and (piece is None or size >= BLOCK):
            yield b"".join(held)
            held, size = [], 0
        if broken:
            raise broken
        if piece is None:
            return


def _gzip(stored: Iterator[bytes]) -> Iterator[bytes]:
    decoder = zlib.decompressobj(31)
    fresh = first = True
    for data in stored:
        while data:
            if fresh and not first and not (data := data.lstrip(b"\0")):
                break  # zeros between and after members are padding
            if fresh and not first and not data.startswith(b"\x1f"):
                raise Broken(Reason.DAMAGED, _GARBAGE)
            before = decoder.copy()
            try:
                out = decoder.decompress(data, OUT)
            except zlib.error as error:
                yield from _salvaged(before, data)
                raise Broken(Reason.DAMAGED, f"gzip: {error}") from None
            yield out
            fresh = first = False
            data = decoder.unconsumed_tail
            if decoder.eof:
                data, decoder, fresh = decoder.unused_data, zlib.decompressobj(31), True
    while not fresh and (out := decoder.decompress(b"", OUT)):
        yield out
    if not fresh or first:
        raise Broken(Reason.DAMAGED, f"gzip: {_ENDS_EARLY}")


def _salvaged(decoder: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    """What comes out before the bad byte, by feeding one byte at a time; once for a damaged file."""
    try:
        for at in range(len(data)):
            out = decoder.decompress(data[at : at + 1])
            if out:
                yield out
    except zlib.error:
        return


def _staged(
    stored: Iterator[bytes], make: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]
) -> Iterator[bytes]:
    decoder = make()
    fresh = first = True
    for feed in stored:
        for at in range(0, len(feed), STEP):  # small steps, so that an error loses little of what was decoded
            data = feed[at : at + STEP]
            while data or not (fresh or decoder.needs_input):
                if fresh and not first and not (data := data.lstrip(b"\0")):
                    break
                try:
                    out = decoder.decompress(data, OUT)
                except (OSError, lzma.LZMAError) as error:
                    what = _GARBAGE if fresh and not first else str(error)
                    raise Broken(Reason.DAMAGED, what) from None
                yield out
                data, fresh, first = b"", False, False
                if decoder.eof:
                    data, decoder, fresh = decoder.unused_data, make(), True
    if not fresh or first:
        raise Broken(Reason.DAMAGED, _ENDS_EARLY)


def _zstd(stored: Iterator[bytes]) -> Iterator[bytes]:
    """Frames are walked block by block (RFC 8878, section 3.1.1), since a block gives at most 128 KB: memory stays
    bounded whatever the ratio, and a frame that stops early is noticed."""
    source = _Taker(stored)
    while magic := source.take(4, whole=False):
        if len(magic) == 4 and magic[0] & 0xF0 == 0x50 and magic[1:] == b"\x2a\x4d\x18":
            source.skip(int.from_bytes(source.take(4), "little"))
            continue
        if not _ZSTD.startswith(magic):
            raise Broken(Reason.DAMAGED, f"zstd: {_GARBAGE}")
        if len(magic) < 4:
            raise Broken(Reason.DAMAGED, f"zstd: {_ENDS_EARLY}")
        descriptor = source.take(1)
        single = descriptor[0] >> 5 & 1
        rest = (1 - single) + (0, 1, 2, 4)[descriptor[0] & 3] + (single, 2, 4, 8)[descriptor[0] >> 6]
        decoder = zstandard.ZstdDecompressor(max_window_size=MEMORY >> 1).decompressobj()
        try:
            yield decoder.decompress(magic + descriptor + source.take(rest))
            last = 0
            while not last:
                header = source.take(3)
                value = int.from_bytes(header, "little")
                last, kind, length = value & 1, value >> 1 & 3, value >> 3
                yield decoder.decompress(header + source.take(1 if kind == 1 else length))
            if descriptor[0] & 4:
                yield decoder.decompress(source.take(4))
        except zstandard.ZstdError as error:
            raise Broken(Reason.DAMAGED, f"zstd: {error}") from None


class _Taker:
    """Exactly as many bytes as asked for, from a stream of blocks."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._block = b""
        self._at = 0

    def take(self, count: int, *, whole: bool = True) -> bytes:
        """The next `count` bytes; fewer at the end, which is damage if they are wanted `whole`."""
        parts: list[bytes] = []
        while count:
            if self._at == len(self._block):
                self._block, self._at = next(self._blocks, b""), 0
                if not self._block:
                    break
            part = self._block[self._at : self._at + count]
            self._at += len(part)
            count -= len(part)
            parts.append(part)
        if count and whole:
            raise Broken(Reason.DAMAGED, f"zstd: {_ENDS_EARLY}")
        return b"".join(parts)

    def skip(self, count: int) -> None:
        """Pass over `count` bytes without holding them."""
        while count:
            count -= len(self.take(min(count, FEED)))
