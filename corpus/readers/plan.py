"""From sources to splits: which files, in which order, cut and packed how.

A pure function of the listing and of the first bytes (for Parquet the footer) of each file, so the same input is cut
alike wherever and by however many executors it is read.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from corpus import storage
from corpus.config import Source
from corpus.errors import UsageError
from corpus.readers import sniff
from corpus.readers.encoding import of_lines
from corpus.readers.split import Piece, Split

THREADS = 16
EDGE = 64 << 10
A = TypeVar("A")
B = TypeVar("B")


COMPRESSED = 4
EXTRACTED = 4
FEW = 8
SMALL = 4 << 20


def plan_splits(sources: Sequence[Source], split_bytes: int) -> list[Split]:
    """All splits, in the order of the sources and, within one, of the files' names.

    Small files of one format are packed up to `split_bytes`; plain files of lines are cut at byte ranges and Parquet
    at row groups; all else is one piece. A file that is named twice in a source is read once. Names are relative to
    the directory or the fixed part of the glob they came from; where that would give two files one name, to the
    directory that all files of the source share. An input that would give fewer than FEW splits is cut finer, so that
    a laptop's cores end together, down to SMALL bytes.

    Raises UsageError with every path that is missing, every glob that matches nothing and every file whose format
    cannot be told.
    """
    problems: list[str] = []
    splits: list[Split] = []
    files = {source.name: _files(source, problems) for source in sources}
    if problems:
        raise UsageError("\n".join(problems))
    work = sum(_work(file) for found in files.values() for file in found)
    target = min(split_bytes, max(SMALL, work // FEW))
    for source in sources:
        pieces = [piece for file in files[source.name] for piece in _cut(file, target, source)]
        splits += [Split(source.name, tuple(group)) for group in _packed(pieces, target)]
    return splits


def _files(source: Source, problems: list[str]) -> list[Piece]:
    """The source's files as whole pieces, sorted by name, formats resolved."""
    found: dict[str, tuple[str, int]] = {}
    for path in source.paths:
        try:
            root, files = storage.expand(path)
        except (UsageError, OSError) as error:
            problems.append(f"source {source.name}: {path}: {error}")
            continue
        if not files:
            problems.append(f"source {source.name}: {path}: nothing there; check the path or the pattern")
        for info in files:
            found.setdefault(info.uri, (storage.relative(info.uri, root), info.size))
    names = _names({uri: name for uri, (name, _) in found.items()})
    pieces = [Piece(uri, names[uri], size, 0, size, "auto", "auto") for uri, (_, size) in found.items()]
    resolved = []
    for piece, result in zip(pieces, _each(lambda piece: _resolved(piece, source), pieces), strict=True):
        if isinstance(result, str):
            problems.append(f"source {source.name}: {piece.uri}: {result}")
        else:
            resolved.append(result)
    return sorted(resolved, key=lambda piece: piece.name)


def _names(relative: dict[str, str]) -> dict[str, str]:
    """One name for each location: the given ones, or those below the common directory when two are equal."""
    if max(Counter(relative.values()).values(), default=1) == 1:
        return relative
    bare = {uri: uri.partition("?")[0] if not storage.is_local(uri) else storage.resolve(uri)[1] for uri in relative}
    common = posixpath.commonpath([posixpath.dirname(path) for path in bare.values()]) if _one_kind(bare) else ""
    return {uri: path.removeprefix(common).lstrip("/") for uri, path in bare.items()}


def _one_kind(bare: dict[str, str]) -> bool:
    return len({path.startswith("/") for path in bare.values()}) == 1


def _resolved(piece: Piece, source: Source) -> Piece | str:
    """The piece with its format and compression, or what is wrong with it."""
    try:
        with storage.open_read(piece.uri) as stream:
            head = stream.read(sniff.HEAD)
    except OSError as error:
        return f"cannot be read: {error}"
    compression = source.compression if source.compression != "auto" else sniff.compression_of(head)
    kind = source.format if source.format != "auto" else sniff.format_of(piece.name, head, compression)
    if kind is None:
        return "cannot tell its format; set `format:` for this source, or name only the files you mean"
    if kind == "parquet":
        return replace(piece, format=kind, compression="none", end=_row_groups(piece.uri), weight=piece.size)
    return replace(piece, format=kind, compression=compression)


def _row_groups(uri: str) -> int:
    """How many row groups the footer names; 0 when it cannot be read, which the reader will report."""
    with storage.open_read(uri) as stream:
        try:
            return int(pq.read_metadata(stream).num_row_groups)
        except (pa.ArrowException, OSError):
            return 0


def _cut(piece: Piece, split_bytes: int, source: Source) -> list[Piece]:
    """The piece, or its ranges when it is large and its format can be cut."""
    if piece.size <= split_bytes:
        return [piece]
    if piece.format == "parquet" and piece.end > 1:
        return _cut_groups(piece, split_bytes)
    if piece.format not in ("jsonl", "lines") or piece.compression != "none":
        return [piece]
    with storage.open_read(piece.uri) as stream:
        head = stream.read(256 << 10)
    if of_lines(head, source.encoding).startswith("utf-16"):
        return [piece]
    count = -(-piece.size // split_bytes)
    bounds = [piece.size * index // count for index in range(count + 1)]
    return [replace(piece, start=start, end=end) for start, end in pairwise(bounds)]


def _cut_groups(piece: Piece, split_bytes: int) -> list[Piece]:
    with storage.open_read(piece.uri) as stream:
        meta = pq.read_metadata(stream)
    sizes = [
        sum(meta.row_group(group).column(column).total_compressed_size for column in range(meta.num_columns))
        for group in range(meta.num_row_groups)
    ]
    pieces = []
    start = weight = 0
    for group, size in enumerate(sizes):
        if weight and weight + size > split_bytes:
            pieces.append(replace(piece, start=start, end=group, weight=weight))
            start, weight = group, 0
        weight += size
    return [*pieces, replace(piece, start=start, end=len(sizes), weight=weight)]


def _packed(pieces: Iterable[Piece], split_bytes: int) -> list[list[Piece]]:
    """Pieces in their order, put together while they are of one format and little enough work."""
    groups: list[list[Piece]] = []
    size = 0
    for piece in pieces:
        if groups and groups[-1][0].format == piece.format and size + _work(piece) <= split_bytes:
            groups[-1].append(piece)
            size += _work(piece)
        else:
            groups.append([piece])
            size = _work(piece)
    return groups


def _work(piece: Piece) -> int:
    """Bytes of plain JSONL that cost as much: text compresses to about a quarter, extraction runs at a tenth of the
    speed of reading."""
    unpacked = piece.bytes * (COMPRESSED if piece.compression != "none" or piece.format == "parquet" else 1)
    return unpacked * (EXTRACTED if piece.format in {"html", "warc"} else 1)


def input_digest(splits: Sequence[Split]) -> str:
    """The identity of the input, 32 hex digits: sources, names, sizes and the first and last 64 KB of each file.

    Cheap whatever the size of the input; no absolute path and no time enters. How the input was cut does not either.
    """
    files = {(split.source, piece.name): piece for split in splits for piece in split.pieces}
    order = sorted(files)
    edges = _each(lambda name: _edges(files[name]), order)
    return xxhash.xxh3_128_hexdigest(
        orjson.dumps([(*name, files[name].size, edge) for name, edge in zip(order, edges, strict=True)])
    )


def _edges(piece: Piece) -> str:
    with storage.open_read(piece.uri) as stream:
        digest = xxhash.xxh3_128(stream.read(EDGE))
        if piece.size > EDGE:
            stream.seek(max(EDGE, piece.size - EDGE))
            digest.update(stream.read(EDGE))
        return digest.hexdigest()


def _each(do: Callable[[A], B], things: Sequence[A]) -> list[B]:
    """`do` for each thing, in order, several at a time: on object stores this is waiting, not work."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(do, things))
