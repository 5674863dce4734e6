"""Why each removed record went: one row of evidence for it in `rejected/`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.identity import from_halves, repeated_id
from corpus.manifest import Part
from corpus.removals import Removal
from corpus.ruleset.model import RuleSet

REJECTED = pa.schema(
    [
        pa.field("doc_id", pa.string()),
        pa.field("source", pa.string()),
        pa.field("source_key", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("stage", pa.string()),
        pa.field("reasons", pa.list_(pa.string())),
        pa.field("values", pa.list_(pa.float32())),
        pa.field("bounds", pa.list_(pa.string())),
        pa.field("rules", pa.list_(pa.string())),
        pa.field("turns", pa.list_(pa.int16())),
        pa.field("survivor", pa.string()),
        pa.field("similarity", pa.float32()),
        pa.field("characters", pa.int32()),
        pa.field("preview", pa.string()),
        pa.field("part", pa.int64()),
        pa.field("row", pa.int32()),
    ]
)
"""`values`, `bounds`, `rules` (file:line) and `turns` (of a rule that looks at single turns the number of the worst,
from 1) go with `reasons`. `survivor` is kept, and `similarity` is to it or to a
record that went in its favour, or to a benchmark's item, which `bounds` and `rules` (file#place) then name. `part` and
`row` find the full text in the run."""

REJECTED_DIGEST = tuple(name for name in REJECTED.names if name not in {"part", "row", "rules"})
PREVIEW = 200
SURVIVOR = ("survivor0", "survivor1", "survivor_rank", "similarity")


class Verdicts:
    """The marks of one part, by stage; `moved` are the tables of survivors that went later themselves."""

    def __init__(
        self,
        rules: RuleSet,
        marked: Sequence[tuple[Removal, pa.Table]],
        moved: Sequence[pa.Table | None],
        part: Part,
    ) -> None:
        self.part = part
        self.names = pa.array([rule.id for rule in rules.rules], pa.string())
        self.bounds = pa.array([str(rule.keep_when) for rule in rules.rules], pa.string())
        self.places = pa.array([str(rule.at) for rule in rules.rules], pa.string())
        self.marked = [(by, table.filter(table.column("removed"))) for by, table in marked]
        for later in moved:
            if later is not None:
                self.marked = [(by, _moved(table, later) if by.names_survivor else table) for by, table in self.marked]

    def rejected(self, batch: pa.RecordBatch, lengths: pa.Array, first: int) -> pa.Table:
        """One REJECTED row for each row of `batch`, the part's from row `first` on, that a stage removed."""
        found = [REJECTED.empty_table()]
        for by, table in self.marked:
            chosen = between(table, first, first + batch.num_rows)
            if chosen is not None:
                given = self._by_rules(chosen) if by.reason is None else _by_reason(chosen, by.reason)
                given |= _in_favour(chosen) if by.names_survivor else {}
                given |= _by_item(chosen) if "coverage" in chosen.column_names else {}
                given["stage"] = pa.repeat(pa.scalar(by.stage, pa.string()), chosen.num_rows)
                found.append(self._rows(batch, lengths, first, chosen.column("row").to_numpy(), given))
        return pa.concat_tables(found)

    def _by_rules(self, chosen: pa.Table) -> dict[str, pa.Array]:
        failed = chosen.column("failed").combine_chunks()
        values = chosen.column("values").combine_chunks()
        flat, offsets = failed.flatten(), _offsets(failed)
        return {
            "reasons": pa.ListArray.from_arrays(offsets, self.names.take(flat)),
            "values": pa.ListArray.from_arrays(_offsets(values), values.flatten()),
            "bounds": pa.ListArray.from_arrays(offsets, self.bounds.take(flat)),
            "rules": pa.ListArray.from_arrays(offsets, self.places.take(flat)),
            "turns": pa.ListArray.from_arrays(offsets, chosen.column("turns").combine_chunks().flatten()),
        }

    def _rows(
        self, batch: pa.RecordBatch, lengths: pa.Array, first: int, rows: np.ndarray, given: dict[str, pa.Array]
    ) -> pa.Table:
        at = pa.array(rows - first)
        taken = batch.take(at)
        columns = {name: taken.column(name) for name in ("doc_id", "source", "source_key", "lang")} | given
        columns["characters"] = lengths.take(at)
        columns["preview"] = pc.utf8_slice_codeunits(taken.column("text"), 0, PREVIEW).cast(pa.string())
        columns["part"] = pa.repeat(pa.scalar(self.part.number, pa.int64()), len(rows))
        columns["row"] = pa.array(rows.astype(np.int32))
        arrays = [columns.get(item.name, pa.nulls(len(rows), item.type)) for item in REJECTED]
        return pa.Table.from_arrays(arrays, schema=REJECTED)


def _by_reason(chosen: pa.Table, reason: str) -> dict[str, pa.Array]:
    offsets = pa.array(np.arange(chosen.num_rows + 1, dtype=np.int32))
    return {"reasons": pa.ListArray.from_arrays(offsets, pa.repeat(pa.scalar(reason, pa.string()), chosen.num_rows))}


def _by_item(chosen: pa.Table) -> dict[str, pa.Array]:
    """Which benchmark's item is in the record (file#place in `rules`), and how much of it."""
    offsets = pa.array(np.arange(chosen.num_rows + 1, dtype=np.int32))
    about = zip(*(chosen.column(name).to_pylist() for name in ("benchmark", "item", "bound")), strict=True)
    bounds = [f"< {bound:.4g} of {item} in {benchmark}" for benchmark, item, bound in about]
    places, coverage = (chosen.column(name).combine_chunks() for name in ("place", "coverage"))
    return {
        "values": pa.ListArray.from_arrays(offsets, coverage),
        "bounds": pa.ListArray.from_arrays(offsets, pa.array(bounds, pa.string())),
        "rules": pa.ListArray.from_arrays(offsets, places),
        "similarity": coverage,
    }


def _in_favour(chosen: pa.Table) -> dict[str, pa.Array]:
    """The survivor's id, and how similar it is."""
    halves = zip(*(chosen.column(name).to_pylist() for name in SURVIVOR[:3]), strict=True)
    survivors = [named(high, low, rank) for high, low, rank in halves]
    return {"survivor": pa.array(survivors, pa.string()), "similarity": chosen.column("similarity").combine_chunks()}


def named(id0: int, id1: int, rank: int) -> str:
    """The doc_id of two halves; that of the `rank`-th further record that claims it."""
    doc_id = from_halves(id0, id1)
    return repeated_id(doc_id, rank) if rank else doc_id


def _moved(table: pa.Table, later: pa.Table) -> pa.Table:
    """The marks with the survivors of `later` in place of those that went."""
    frame = pl.DataFrame(table).join(
        pl.DataFrame(later).select("row", *SURVIVOR), on="row", how="left", suffix="_later", maintain_order="left"
    )
    last = {name: pl.coalesce(f"{name}_later", name) for name in SURVIVOR}
    return frame.with_columns(**last).select(table.column_names).to_arrow().cast(table.schema).combine_chunks()


def between(table: pa.Table, first: int, end: int) -> pa.Table | None:
    """The rows of a sparse table, ascending by `row`, that lie in a span; None when there are none."""
    if table.num_rows == 0:
        return None
    low, high = np.searchsorted(table.column("row").to_numpy(), [first, end])
    return table.slice(low, high - low) if high > low else None


def _offsets(lists: pa.ListArray) -> pa.Array:
    """Offsets of a list array that start at zero, as its flattened values do."""
    offsets = lists.offsets.to_numpy()
    return pa.array((offsets - offsets[0]).astype(np.int32))
