"""What publish took out of texts: of one record, and in all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from corpus import removals
from corpus.cuts import CUTTING
from corpus.inspect.files import read_row, scan
from corpus.removals import Removal
from corpus.slot import Committed

if TYPE_CHECKING:
    from corpus.inspect.locate import Address

SHOWN = 20


@dataclass(frozen=True)
class Cut:
    """A span that was taken out of a record: why, in how many records it stands, and what it says."""

    reason: str
    documents: int
    text: str


@dataclass(frozen=True)
class CutTotal:
    """What was taken out of the records of one source for one reason; overlapping spans count once."""

    source: str
    reason: str
    records: int
    spans: int
    characters: int


@dataclass(frozen=True)
class Frequent:
    """A line that many records hold, as it stands in one of them."""

    documents: int
    example: str


def cuts_of(stages: Mapping[str, Committed], address: Address) -> tuple[Cut, ...]:
    """The spans cut from one record, in the order of the stages and of the text."""
    found = []
    for stage in stages.values():
        rows = stage.table("cuts").read(address.part)
        rows = None if rows is None else rows.filter(pc.equal(rows.column("row"), address.row))
        if rows is None or not rows.num_rows:
            continue
        text = stages["text"].table("text")
        whole = read_row(text.slot, text.files[address.part], address.row, ["text"])["text"].encode()
        for item in rows.to_pylist():
            found.append(Cut(item["reason"], item["documents"], whole[item["start"] : item["end"]].decode().strip()))
    return tuple(found)


def emptied(stages: Mapping[str, Committed], address: Address) -> Removal | None:
    """The stage whose cuts left nothing of the record, if there is one."""
    for marks in removals.marks(stages):
        rows = marks.table.read(address.part, ["row", "removed"]) if marks.by.stage in CUTTING else None
        if rows is not None and pc.any(pc.equal(rows.filter(rows["removed"])["row"], address.row)).as_py():
            return marks.by
    return None


def cut_totals(stages: Mapping[str, Committed]) -> tuple[CutTotal, ...]:
    """By source and reason, from the manifest of publish."""
    cells: dict[tuple[str, str], dict[str, int]] = {}
    for key, count in stages["publish"].manifest.counts.get("cut", {}).items():
        measure, source, reason = key.split("\t")
        cells.setdefault((source, reason), {})[measure] = count
    return tuple(CutTotal(source, reason, **cells[source, reason]) for source, reason in sorted(cells))


def frequent(stages: Mapping[str, Committed], most: int = SHOWN) -> tuple[Frequent, ...]:
    """The lines that most records hold, first the most frequent."""
    frame = scan(stages["dedup-lines"], "frequent") if "dedup-lines" in stages else None
    if frame is None:
        return ()
    rows = frame.sort(["documents", "hash"], descending=[True, False]).head(most).select("documents", "example")
    return tuple(Frequent(*row) for row in rows.collect().iter_rows())
