"""What benchmark items a run found: the leakage report, examples of it, and those of one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from corpus.decontaminate.report import Leak, stored_leaks
from corpus.errors import UsageError
from corpus.inspect.files import scan
from corpus.rundir import RunDir
from corpus.slot import Committed
from corpus.stages.verdicts import named

if TYPE_CHECKING:
    from corpus.inspect.locate import Address

STAGE = "decontaminate"
EXAMPLES = 2


@dataclass(frozen=True)
class Contained:
    """A benchmark item in a record: how it was found, how much of it, whether that is enough to count, what stands
    there."""

    benchmark: str
    item: str
    place: str
    how: str
    coverage: float
    counted: bool
    evidence: str
    doc_id: str = ""


@dataclass(frozen=True)
class Leakage:
    """The report of a run: what became of the records, by benchmark what was found, and some of it to read."""

    action: str
    coverage: float
    leaks: tuple[Leak, ...]
    examples: tuple[Contained, ...]


def leakage(root: str, most: int = EXAMPLES) -> Leakage:
    """The report, with the `most` best covered items of each benchmark, and those that only just count.

    UsageError when the run did not look for benchmark items.
    """
    stages = RunDir.open(root).need_published()
    if STAGE not in stages:
        raise UsageError(f"{root}: did not look for benchmark items; use `corpus decontaminate`, or `decontaminate:`")
    return leakage_of(stages, most)


def leakage_of(stages: Mapping[str, Committed], most: int = EXAMPLES) -> Leakage:
    """The report of a run that looked for benchmark items."""
    details = stages[STAGE].manifest.details
    return Leakage(details["action"], details["coverage"], stored_leaks(details), _examples(stages, most))


def _examples(stages: Mapping[str, Committed], most: int) -> tuple[Contained, ...]:
    import polars as pl

    frame = scan(stages[STAGE], "hits")
    if frame is None:
        return ()
    order = ["coverage", "number", "id0", "id1"]
    every = frame.filter("counted").sort(order, descending=[True, False, False, False]).collect()
    counted = every.unique("number", keep="first", maintain_order=True)
    place, many = pl.int_range(pl.len()).over("benchmark"), pl.len().over("benchmark")
    shown = counted.filter((place < most) | (place >= many - most)).sort("benchmark", maintain_order=True)
    return tuple(_contained(row) for row in shown.iter_rows(named=True))


def contained_in(stages: Mapping[str, Committed], address: Address) -> tuple[Contained, ...]:
    """The items in one record, best covered first."""
    rows = stages[STAGE].table("hits").read(address.part) if STAGE in stages else None
    if rows is None:
        return ()
    found = rows.filter(pc.equal(rows.column("row"), address.row)).to_pylist()
    return tuple(_contained(row) for row in sorted(found, key=lambda row: (-row["coverage"], row["number"])))


def _contained(row: Mapping[str, Any]) -> Contained:
    names = ("benchmark", "item", "place", "how", "counted", "evidence")
    about: dict[str, Any] = {name: row[name] for name in names}
    return Contained(**about, coverage=round(row["coverage"], 4), doc_id=named(row["id0"], row["id1"], 0))
