"""Spans that several records share word for word: found by their anchors, decided window by window, cut once found.

A window is so many units of text in a row (`corpus.kernels.placed`); two windows are the same when their anchors and
their own hashes are, 128 bits together. Every window that an earlier record of the keep order holds too is cut, so
what goes is the longest span shared, however long. The first copy of a window stays whole, also where windows around
it go: each window that is cut stands in a record that keeps it. Text is read twice more, and only that of records with
an anchor which another one has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.cuts import Spans
from corpus.dedup.members import address
from corpus.kernels.placed import Placed, placed_units
from corpus.kernels.sentences import whole_sentences
from corpus.kernels.winnow import Windows, filed
from corpus.manifest import Part, Receipt
from corpus.parts import Task
from corpus.slot import Attempt, PartWriters, Table
from corpus.stages.cutting import PLACES, CutPart, chosen_texts
from corpus.stages.identify import ranks
from corpus.standing import Standing

REASON, EMPTIED = "repeated_span", "repeated_spans"
ANCHOR = pa.schema([pa.field("part", pa.int64()), pa.field("row", pa.int32()), pa.field("anchor", pa.int64())])
WINDOWS = pa.schema(
    [
        pa.field("row", pa.int32()),
        pa.field("anchor", pa.int64()),
        pa.field("first", pa.int32()),
        pa.field("windows", pa.list_(pa.int64())),
    ]
)
"""Windows of one anchor: they begin at the unit `first` of the row and at those after it. A hash of 0 stands for a
window that an earlier stage has cut something of."""
HELD = pa.schema(
    [
        pa.field("part", pa.int64()),
        *WINDOWS,
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("rank", pa.int32()),
        pa.field("priority", pa.int32()),
        pa.field("characters", pa.int32()),
        pa.field("time", pa.int64()),
    ]
)
COPY = pa.schema(
    [
        pa.field("part", pa.int64()),
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("rank", pa.int32()),
        pa.field("first", pa.int32()),
        pa.field("which", pa.int64()),
        pa.field("stays", pa.int64()),
        pa.field("documents", pa.int32()),
    ]
)
"""Bit i of `which`: the window that begins at unit `first + i` goes; of `stays`: it is the copy for which others go.
`documents`: in how many records those that go are."""


@dataclass(frozen=True)
class SharedAnchors:
    """Anchors that stand in so many lists that a window of theirs can be repeated."""

    least: int
    name: ClassVar[str] = "span-anchors"
    version: ClassVar[int] = 1
    key: ClassVar[tuple[str, ...]] = ("anchor",)
    reads: ClassVar[pa.Schema] = ANCHOR
    decides: ClassVar[pa.Schema] = ANCHOR
    identity: ClassVar[tuple[str, ...]] = ("anchor",)

    def settings(self) -> Any:
        """The bound."""
        return {"least": self.least}

    def __call__(self, rows: pa.Table) -> pa.Table:
        """The rows whose anchor enough rows have."""
        frame: Any = pl.from_arrow(rows)
        many = frame.group_by("anchor").len().filter(pl.col("len") >= self.least)
        return frame.join(many, on="anchor", how="semi").to_arrow().cast(ANCHOR)


@dataclass(frozen=True)
class ReadAnchors:
    """The anchors of the records of a part that are still in."""

    anchors: Table
    standing: Standing

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """ANCHOR rows of one part."""
        table = self.anchors.read(part.number, ["anchor"])
        if table is None:
            return
        lists = table.column("anchor").combine_chunks()
        many = np.asarray(pc.fill_null(pc.list_value_length(lists), 0))
        row = np.repeat(np.arange(part.rows, dtype=np.int32), many)
        stands = self.standing.mask(part.number, part.rows)[row]
        number = np.full(int(stands.sum()), part.number, np.int64)
        columns = [pa.array(number), pa.array(row[stands]), lists.flatten().filter(pa.array(stands))]
        yield pa.RecordBatch.from_arrays(columns, schema=ANCHOR)


@dataclass(frozen=True)
class WindowPass:
    """Stores the windows of each part's shared anchors; `cuts` are those of the stages before."""

    length: int
    text: Table
    shared: Table
    cuts: tuple[Table, ...]
    attempt: Attempt
    name: ClassVar[str] = "span-windows"
    version: ClassVar[int] = 1

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """One receipt a part."""
        part = task.payload
        writers = PartWriters(self.attempt, part.number)
        table = self.shared.read(part.number, ["row", "anchor"])
        if table is not None:
            wanted: Any = pl.from_arrow(table)
            wanted = wanted.unique().sort("row", "anchor")
            rows_of, anchors = wanted["row"].to_numpy(), wanted["anchor"].to_numpy()
            cuts = Spans.of([some.read(part.number) for some in self.cuts])
            for rows, text in chosen_texts(self.text, part.number, np.unique(rows_of)):
                places = np.searchsorted(rows_of, np.append(rows, rows[-1] + 1))
                found = self._windows(text, anchors, places, rows, cuts)
                writers.write("windows", found, digest=("anchor", "first"))
        written = Part(number=part.number, rows=part.rows, files=writers.close())
        bytes_in = sum(file.bytes for file in part.files) if table is not None else 0
        return [Receipt(key=task.key, parts=(written,), digests=writers.digests(), bytes_in=bytes_in)]

    def _windows(
        self, text: pa.Array, anchors: np.ndarray, places: np.ndarray, rows: np.ndarray, cuts: Spans
    ) -> pa.Table:
        units = placed_units(text)
        found = filed(units, Windows(self.length), anchors, places)
        hashes = found.hashes
        if len(cuts):
            lost = np.concatenate([[0], np.cumsum(_covered(units, rows, cuts))])
            many = np.diff(found.offsets)
            begins = np.repeat(found.firsts - found.offsets[:-1], many) + np.arange(len(hashes))
            hashes = np.where(lost[begins + self.length] > lost[begins], 0, hashes)
        first = (found.firsts - first_units(units)[found.rows]).astype(np.int32)
        lists = pa.ListArray.from_arrays(pa.array(found.offsets.astype(np.int32)), pa.array(hashes))
        columns = [pa.array(rows[found.rows].astype(np.int32)), pa.array(found.anchors), pa.array(first), lists]
        return pa.Table.from_arrays(columns, schema=WINDOWS)


def first_units(units: Placed) -> np.ndarray:
    """Where the units of each row begin."""
    rows = len(units.offsets) - 1
    return np.asarray(units.firsts[np.searchsorted(units.runs[:, 0], np.arange(rows))])


def _covered(units: Placed, rows: np.ndarray, cuts: Spans) -> np.ndarray:
    """By unit whether it begins in one of the cuts; `rows` are the rows of the part that the texts are from."""
    of = np.isin(cuts.row, rows)
    origin = units.offsets[np.searchsorted(rows, cuts.row[of])]
    low, high = (np.searchsorted(units.starts, origin + places[of]) for places in (cuts.start, cuts.end))
    depth = np.bincount(low, minlength=len(units.starts) + 1) - np.bincount(high, minlength=len(units.starts) + 1)
    return np.asarray(np.cumsum(depth)[:-1] > 0)


@dataclass(frozen=True)
class ReadWindows:
    """The stored windows of a part, with what says which record is kept first."""

    windows: Table
    keys: Table
    ids: Table
    priorities: Mapping[str, int]

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """HELD rows of one part."""
        table = self.windows.read(part.number)
        if table is None:
            return
        keys: Any = pl.from_arrow(self.keys.read(part.number, ["id0", "id1", "source", "characters", "time"]))
        keys = keys.with_columns(
            rank=pl.Series(ranks(self.ids, part.number, part.rows)),
            priority=pl.col("source").replace_strict(self.priorities, default=0, return_dtype=pl.Int32),
        )
        frame: Any = pl.from_arrow(table)
        frame = frame.hstack(keys[frame["row"]]).with_columns(part=pl.lit(part.number, pl.Int64))
        yield from frame.select(HELD.names).to_arrow().cast(HELD).combine_chunks().to_batches()


@dataclass(frozen=True)
class SpanCopies:
    """Decides of every window which copies of it go: those that do not stand in the first record by the keep policy.

    A window that fewer than `documents` records hold stays. With `within`, one that a record repeats stands once in it;
    a copy that overlaps the first is left, so that a run of one character keeps a window's length.
    """

    length: int
    documents: int
    within: bool
    keep: tuple[str, ...]
    name: ClassVar[str] = "span-copies"
    version: ClassVar[int] = 1
    key: ClassVar[tuple[str, ...]] = ("anchor",)
    reads: ClassVar[pa.Schema] = HELD
    decides: ClassVar[pa.Schema] = COPY
    identity: ClassVar[tuple[str, ...]] = tuple(COPY.names[2:])

    def settings(self) -> Any:
        """The bounds and the keep policy."""
        return [self.length, self.documents, self.within, list(self.keep)]

    def __call__(self, rows: pa.Table) -> pa.Table:
        """COPY rows, one for each HELD row of which a window goes or is the copy that stays."""
        if not rows.num_rows:
            return COPY.empty_table()
        frame = self._in_keep_order(rows)
        lists = frame["windows"].to_arrow()
        offsets = np.asarray(lists.offsets, np.int64)
        windows = lists.values.to_numpy()[offsets[0] : offsets[-1]]
        offsets = offsets - offsets[0]
        many = np.diff(offsets)
        held = np.repeat(np.arange(frame.height), many)
        step = np.arange(len(windows)) - offsets[held]
        document = address(frame["part"].to_numpy(), frame["row"].to_numpy())[held]
        place = frame["first"].to_numpy()[held] + step
        cut, stays, documents = self._cut(frame["anchor"].to_numpy()[held], windows, document, place)
        bit = np.uint64(1) << step.astype(np.uint64)
        decided = frame.with_columns(
            which=pl.Series(np.bitwise_or.reduceat(np.where(cut, bit, 0), offsets[:-1]).view(np.int64)),
            stays=pl.Series(np.bitwise_or.reduceat(np.where(stays, bit, 0), offsets[:-1]).view(np.int64)),
            documents=pl.Series(np.maximum.reduceat(np.where(cut, documents, 0), offsets[:-1]), dtype=pl.Int32),
        )
        chosen = decided.filter((pl.col("which") != 0) | (pl.col("stays") != 0))
        return chosen.select(COPY.names).to_arrow().cast(COPY)

    def _in_keep_order(self, rows: pa.Table) -> pl.DataFrame:
        frame: Any = pl.from_arrow(rows)
        policy = {
            "priority": -pl.col("priority"),
            "length": -pl.col("characters"),
            "date": -pl.col("time").fill_null(-(2**62)),
        }
        order = [*(policy[name] for name in self.keep), pl.col("id0"), pl.col("id1"), pl.col("rank"), pl.col("first")]
        sorted_rows: pl.DataFrame = frame.sort(*order)
        return sorted_rows

    def _cut(
        self, anchor: np.ndarray, window: np.ndarray, document: np.ndarray, place: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """By window whether it goes, whether it stays for others, and in how many documents it is.

        The windows come in keep order.
        """
        order = np.lexsort((window, anchor))
        anchor, window, document, place = anchor[order], window[order], document[order], place[order]
        opens = np.append(True, (anchor[1:] != anchor[:-1]) | (window[1:] != window[:-1]))
        enters = opens | np.append(True, document[1:] != document[:-1])
        group = np.cumsum(opens) - 1
        documents = np.bincount(group, weights=enters).astype(np.int64)[group]
        goes = (documents >= self.documents) & (document != document[opens][group])
        if self.within:
            entry = np.maximum.accumulate(np.where(enters, np.arange(len(enters)), 0))
            goes |= place - place[entry] >= self.length
        goes &= window != 0
        cut, stays, counts = np.empty(len(goes), bool), np.empty(len(goes), bool), np.empty(len(goes), np.int64)
        cut[order], counts[order] = goes, documents
        stays[order] = opens & (np.bincount(group, weights=goes)[group] > 0)
        return cut, stays, counts


@dataclass(frozen=True)
class MarkSpans:
    """Writes the cuts of a part: the windows that go, joined, and brought to the edges of sentences."""

    length: int
    edges: Literal["sentence", "exact"]
    copies: Table
    text: Table
    cut: CutPart
    name: ClassVar[str] = "dedup-spans"
    version: ClassVar[int] = 1

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """A receipt with the part's account."""
        number = task.payload.number
        table = self.copies.read(number)
        found = [pl.DataFrame(schema=PLACES)]
        if table is not None:
            copies: Any = pl.from_arrow(table)
            copies = copies.sort("row", "first")
            losing = copies.filter(pl.col("which") != 0)["row"].unique().to_numpy()
            for rows, text in chosen_texts(self.text, number, losing):
                some = copies.filter(pl.col("row").is_in(rows))
                found.append(self._spans(placed_units(text), rows, some))
        return [self.cut(task.key, task.payload, pl.concat(found))]

    def _spans(self, units: Placed, rows: np.ndarray, copies: pl.DataFrame) -> pl.DataFrame:
        first = first_units(units)[np.searchsorted(rows, copies["row"].to_numpy())] + copies["first"].to_numpy()
        held, step = _bits(copies["which"].to_numpy())
        windows = first[held] + step
        owner, offset = _bits(copies["stays"].to_numpy())
        free = ~_under(units, first[owner] + offset, self.length)
        begins, ends = _joined(windows, self.length, free)
        documents = _most(windows, copies["documents"].to_numpy()[held], begins - self.length + 1, ends)
        least = self.length // 2
        if self.edges == "sentence":
            low, high = whole_sentences(units, begins, ends, least)
        else:
            low, high = np.where(ends - begins >= least, units.starts[begins], -1), units.ends[ends - 1]
        there = low >= 0
        run = np.searchsorted(units.firsts, begins[there], "right") - 1
        row = units.runs[run, 0]
        origin = units.offsets[row]
        columns = {"row": rows[row], "start": low[there] - origin, "end": high[there] - origin}
        return pl.DataFrame({**columns, "documents": documents[there]}, schema=PLACES)


def _bits(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of the word and place in it of every bit that is set, in order."""
    grid = np.unpackbits(np.ascontiguousarray(words).view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
    word, bit = np.nonzero(grid)
    return word, bit


def _under(units: Placed, windows: np.ndarray, length: int) -> np.ndarray:
    """By unit whether one of the windows, which begin at these units, covers it."""
    many = len(units.values) + 1
    depth = np.bincount(windows, minlength=many) - np.bincount(windows + length, minlength=many)
    return np.asarray(np.cumsum(depth)[:-1] > 0)


def _joined(windows: np.ndarray, length: int, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First unit and end of the spans that windows make up, as far as their units are free; ascending.

    Windows join when each begins one unit after the one before it, so whatever is no longer than a window and lies in a
    span lies in one of its windows. Spans that only overlap come from different places and stay two.
    """
    windows = np.unique(windows)
    opens = np.flatnonzero(np.append(True, np.diff(windows) > 1)) if len(windows) else windows
    begins, ends = windows[opens], windows[np.append(opens[1:], len(windows))[: len(opens)] - 1] + length
    edges = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]])))
    low, high = edges[::2], edges[1::2]
    first, last = np.searchsorted(high, begins, "right"), np.searchsorted(low, ends)
    many = np.maximum(last - first, 0)
    span = np.repeat(np.arange(len(begins)), many)
    stretch = np.arange(len(span)) - np.repeat(np.cumsum(many) - many, many) + first[span]
    return np.maximum(begins[span], low[stretch]), np.minimum(ends[span], high[stretch])


def _most(places: np.ndarray, values: np.ndarray, lows: np.ndarray, highs: np.ndarray) -> np.ndarray:
    """The largest of the values whose place is in `lows[i]` to `highs[i]`; there is one for every i."""
    order = np.argsort(places, kind="stable")
    places, values = places[order], np.append(values[order], 0)
    edges = np.stack([np.searchsorted(places, lows), np.searchsorted(places, highs)], axis=1).reshape(-1)
    return np.asarray(np.maximum.reduceat(values, edges)[::2]) if len(edges) else values[:0]


def bound(documents: int, within: bool) -> int:
    """In how many lists an anchor must stand for a window of it to be repeated."""
    return 2 if within else documents
