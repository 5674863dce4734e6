"""What an index holds, as a sequence of generations: each names its files, and its appearance is the commit.

    INDEX/generations/00000003.json   the segments, which of their rows are gone, which ids were taken down
    INDEX/segments/                   immutable pieces (see corpus.index.segment)
    INDEX/gone/ taken/                rows that are left out since; ids that were taken down

A reader takes the latest generation and no notice of later ones. Of two commands that change an index at once, one is
refused. The `content` of a generation is a digest of the standing records alone, so it tells neither how the index
grew nor how it is cut, and compaction does not change it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from corpus import storage
from corpus.config import Near
from corpus.errors import CommitFailed, UsageError, VerifyError
from corpus.index.segment import Segment, SegmentFiles, digest, stored, write_segment
from corpus.located import Strict
from corpus.manifest import File, digest_of, encode
from corpus.stages.fingerprint import Fingerprint
from corpus.stages.sign import Sign

FORMAT = 1
FOLDER, GONE_FOLDER, TAKEN_FOLDER = "generations", "gone", "taken"
GONE = pa.schema([pa.field("segment", pa.string()), pa.field("row", pa.int32())])
TAKEN = pa.schema([pa.field("id0", pa.int64()), pa.field("id1", pa.int64())])


class Shape(Strict):
    """By what records are recognised: what two signatures must have in common to be comparable.

    `exact` and `signed` are versions of the key views; null where the index has no such key.
    """

    exact: int | None
    signed: int | None
    near: Near | None

    @classmethod
    def of(cls, exact: bool, near: Near | None) -> Shape:
        """The shape that this version of the program makes."""
        return cls(
            exact=Fingerprint.version if exact else None, signed=Sign.version if near is not None else None, near=near
        )

    @property
    def key(self) -> tuple[Any, ...]:
        """What must be equal; the threshold is a matter of whoever looks."""
        return (self.signed, *((self.near.bands, self.near.rows, self.near.seed) if self.near is not None else ()))


class Generation(Strict):
    """The state of an index. `number` counts from 1; `digest` is of all standing records."""

    format: int = FORMAT
    number: int = 0
    shape: Shape
    segments: tuple[Segment, ...] = ()
    gone: tuple[File, ...] = ()
    taken: tuple[File, ...] = ()
    records: int = 0
    standing: int = 0
    digest: str = f"{0:032x}"

    @property
    def content(self) -> str:
        """Digest of what a look-up can find."""
        return digest_of([self.shape.exact, self.shape.key, self.standing, self.digest])

    def files(self) -> Iterator[File]:
        """Every file that belongs to it."""
        for segment in self.segments:
            yield from segment.files
        yield from self.gone
        yield from self.taken


@dataclass(frozen=True)
class Index:
    """An index directory at one of its generations, committed or about to be."""

    root: str
    now: Generation

    @classmethod
    def open(cls, root: str) -> Index:
        """The latest generation; UsageError when there is no index."""
        found = _numbers(root)
        if not found:
            raise UsageError(
                f"{root}: is no index; make one from finished runs with `corpus index build RUN --out {root}`"
            )
        return cls(root, _load(_uri(root, max(found))))

    @classmethod
    def new(cls, root: str, shape: Shape) -> Index:
        """An empty one, not committed; UsageError when there is an index already."""
        if _numbers(root):
            raise UsageError(f"{root}: is an index already; put more into it with `corpus index add {root} RUN`")
        return cls(root, Generation(shape=shape))

    def __reduce__(self) -> tuple[Any, ...]:
        """Workers open the files themselves."""
        return Index, (self.root, self.now)

    @property
    def near(self) -> Near | None:
        """How similar records are taken for near-duplicates, unless a pipeline says otherwise."""
        return self.now.shape.near

    @cached_property
    def segments(self) -> tuple[SegmentFiles, ...]:
        """The segments, open for reading."""
        gone = self._gone()
        bands = self.near.bands if self.near is not None else 0
        return tuple(SegmentFiles(self.root, note, bands, gone.get(note.name, _none())) for note in self.now.segments)

    def _gone(self) -> dict[str, np.ndarray]:
        found = [_read(self.root, file) for file in self.now.gone]
        if not found:
            return {}
        table = pa.concat_tables(found)
        names = np.array(table.column("segment").to_pylist(), object)
        rows = table.column("row").to_numpy().astype(np.int64)
        return {name: np.unique(rows[names == name]) for name in set(names)}

    @cached_property
    def taken(self) -> tuple[np.ndarray, np.ndarray]:
        """The halves of all ids that were ever taken down."""
        table = pa.concat_tables([TAKEN.empty_table(), *(_read(self.root, file) for file in self.now.taken)])
        return table.column("id0").to_numpy(), table.column("id1").to_numpy()

    def with_rows(self, rows: pa.Table, origins: Any) -> Index:
        """With one more segment; nothing when there are no rows."""
        if not len(rows):
            return self
        shape = self.now.shape
        segment = write_segment(self.root, rows, shape.exact is not None, shape.near, origins)
        return self._changed(
            segments=(*self.now.segments, segment),
            records=self.now.records + segment.rows,
            standing=self.now.standing + segment.standing,
            digest=_sum(self.now.digest, segment.digest),
        )

    def without(self, gone: Mapping[str, np.ndarray]) -> Index:
        """Without these rows of segments, none of which is gone already."""
        gone = {name: rows for name, rows in gone.items() if len(rows)}
        if not gone:
            return self
        lost, records = self.now.digest, 0
        standing = 0
        for segment in self.segments:
            rows = gone.get(segment.note.name, _none())
            alive = segment.take(rows[rows < segment.note.standing])
            lost, standing, records = _sum(lost, digest(alive), -1), standing + len(alive), records + len(rows)
        table = pa.concat_tables(
            pa.table([pa.array([name] * len(rows)), pa.array(rows, pa.int32())], schema=GONE)
            for name, rows in sorted(gone.items())
        )
        return self._changed(
            gone=(*self.now.gone, _write(self.root, GONE_FOLDER, table)),
            records=self.now.records - records,
            standing=self.now.standing - standing,
            digest=lost,
        )

    def with_taken(self, id0: np.ndarray, id1: np.ndarray) -> Index:
        """Remembering that these ids were taken down."""
        if not len(id0):
            return self
        table = pa.table([pa.array(id0), pa.array(id1)], schema=TAKEN)
        return self._changed(taken=(*self.now.taken, _write(self.root, TAKEN_FOLDER, table)))

    def replaced(self, merged: set[str], rows: Any, origins: Any) -> Index:
        """With the segments `merged` as one, of these rows; they must be what is left of them."""
        kept = tuple(segment for segment in self.now.segments if segment.name not in merged)
        shape = self.now.shape
        segment = write_segment(self.root, rows, shape.exact is not None, shape.near, origins)
        still = {name: gone for name, gone in self._gone().items() if name not in merged}
        changed = self._changed(segments=(*kept, segment), gone=())
        if still:
            table = pa.concat_tables(
                pa.table([pa.array([name] * len(gone)), pa.array(gone, pa.int32())], schema=GONE)
                for name, gone in sorted(still.items())
            )
            changed = changed._changed(gone=(_write(self.root, GONE_FOLDER, table),))
        return changed

    def _changed(self, **fields: Any) -> Index:
        return replace(self, now=self.now.model_copy(update=fields))

    def commit(self) -> Index:
        """Make this the latest generation; CommitFailed when another command did so first."""
        following = self.now.model_copy(update={"number": self.now.number + 1})
        if not storage.put_atomic(_uri(self.root, following.number), encode(following), replace=False):
            raise CommitFailed(
                f"{self.root}: another command changed the index meanwhile; nothing of this one was kept: repeat it"
            )
        return Index(self.root, following)

    def verify(self) -> list[str]:
        """Every file that is missing or not as committed, one line each; empty when all is well."""
        wrong: list[str] = []
        for file in self.now.files():
            uri = storage.join(self.root, file.path)
            size = storage.size(uri)
            if size is None:
                wrong.append(f"{uri}: is missing")
            elif size != file.bytes:
                wrong.append(f"{uri}: has {size} bytes, the index says {file.bytes}")
            elif storage.sha256(uri) != file.sha256:
                wrong.append(f"{uri}: its bytes changed since it was committed")
        if wrong:
            return wrong
        total, standing = f"{0:032x}", 0
        for segment in self.segments:
            for table in segment.batches():
                alive = table.filter(table.column("survivor0").is_null())
                total, standing = _sum(total, digest(alive)), standing + len(alive)
        if (total, standing) != (self.now.digest, self.now.standing):
            wrong.append(f"{self.root}: its segments hold other records than generation {self.now.number} says")
        return wrong


def _sum(one: str, other: str, sign: int = 1) -> str:
    return f"{(int(one, 16) + sign * int(other, 16)) & ((1 << 128) - 1):032x}"


def _none() -> np.ndarray:
    return np.zeros(0, np.int64)


def _write(root: str, table: str, rows: pa.Table) -> File:
    path = f"{table}/{uuid.uuid4().hex[:16]}.parquet"
    with storage.open_write(storage.join(root, path)) as sink:
        pq.write_table(rows, sink, compression="zstd")
    return stored(root, table, path, len(rows))


def _read(root: str, file: File) -> pa.Table:
    with storage.open_read(storage.join(root, file.path)) as stream:
        return pq.ParquetFile(stream).read()


def _uri(root: str, number: int) -> str:
    return storage.join(root, FOLDER, f"{number:08d}.json")


def _numbers(root: str) -> list[int]:
    """The generations there are."""
    names = (storage.name_of(info.uri) for info in storage.list_files(storage.join(root, FOLDER)))
    return [int(name.removesuffix(".json")) for name in names if name.removesuffix(".json").isdigit()]


def load_all(root: str) -> dict[str, Generation]:
    """Every generation that is still there, by its path below the index."""
    return {f"{FOLDER}/{number:08d}.json": _load(_uri(root, number)) for number in _numbers(root)}


def _load(uri: str) -> Generation:
    try:
        body = orjson.loads(storage.read_bytes(uri))
        expected = body.pop("self")
        if digest_of(body) != expected:
            raise ValueError("its own digest does not match")
        if body.get("format") != FORMAT:
            raise ValueError(f"format {body.get('format')} is not the format {FORMAT} this version reads")
        return Generation.model_validate(body)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        raise VerifyError(f"{uri}: is damaged ({error}); restore it, or build the index anew from its runs") from None
