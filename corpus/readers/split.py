"""What a worker is told to read: pieces of files, packed into splits of similar size."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
import xxhash


@dataclass(frozen=True)
class Piece:
    """A file, or a range of one.

    `uri` is where it is; `name` is its path below the source's root, which ids and quarantine rows carry; `size` is
    the file's size in bytes. `[start, end)` are bytes for line formats, row groups for Parquet, and the whole file
    for the rest. `format` and `compression` are resolved, never "auto". `weight` is the number of stored bytes the
    piece stands for, where that is not `end - start`.
    """

    uri: str
    name: str
    size: int
    start: int
    end: int
    format: str
    compression: str
    weight: int | None = None

    @property
    def bytes(self) -> int:
        """Stored bytes this piece stands for."""
        return self.end - self.start if self.weight is None else self.weight


@dataclass(frozen=True)
class Split:
    """The pieces one task reads, all of one source and one format."""

    source: str
    pieces: tuple[Piece, ...]

    @property
    def key(self) -> str:
        """32 hex digits from the source, names, sizes, ranges and format: the same wherever the files are kept."""
        parts = [(p.name, p.size, p.start, p.end, p.format, p.compression) for p in self.pieces]
        return xxhash.xxh3_128_hexdigest(orjson.dumps([self.source, parts]))

    @property
    def bytes(self) -> int:
        """Stored bytes of all pieces."""
        return sum(piece.bytes for piece in self.pieces)
