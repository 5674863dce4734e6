"""The records of a finished run as an index takes them: from its committed keys and signatures, without its text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus import removals, storage
from corpus.config import Near
from corpus.errors import UsageError
from corpus.index.entries import KEYS, SIGNED, entry, final_ids
from corpus.index.generation import Shape
from corpus.index.segment import Origin
from corpus.manifest import Part
from corpus.rundir import RunDir
from corpus.slot import Committed
from corpus.stages.identify import ranks

SAME_TEXT = {"dedup-index", "dedup-exact", "dedup-near"}
"""Stages whose duplicates may stand for their survivor; another version of a page may not."""


@dataclass(frozen=True)
class RunRecords:
    """The published records of a run, and the duplicates that went in their favour."""

    run: RunDir
    exact: bool
    near: Near | None

    @classmethod
    def open(cls, root: str, shape: Shape | None = None) -> RunRecords:
        """The run at `root`, whose keys must be of that shape; UsageError when it is unfinished or has other keys."""
        run = RunDir.open(root)
        stages = run.need_published()
        near = _near(run)
        made = Shape.of("fingerprint" in stages, near)
        if made.exact is None and made.signed is None:
            raise UsageError(f"{root}: has no keys; run it with `dedup: {{exact: true}}` or `dedup: {{near: {{}}}}`")
        stale = [
            name
            for name, version in (("fingerprint", made.exact), ("sign", made.signed))
            if version is not None and stages[name].manifest.version != version
        ]
        if stale:
            raise UsageError(f"{root}: its {', '.join(stale)} stage is of another version; repeat its command first")
        if shape is not None:
            lacks = differs(shape, made)
            if lacks:
                raise UsageError(f"{root}: {lacks}")
        wanted = shape or made
        return cls(run, wanted.exact is not None, near if wanted.near is not None else None)

    @property
    def shape(self) -> Shape:
        """Its shape."""
        return Shape.of(self.exact, self.near)

    @property
    def stages(self) -> dict[str, Committed]:
        """The published stages."""
        return self.run.published

    @property
    def origin(self) -> Origin:
        """Where the text is."""
        root = self.run.root
        at = storage.resolve(root)[1] if storage.is_local(root) else root
        return Origin(run=at, text=storage.relative(self.stages["text"].slot.root, root))

    @cached_property
    def _priorities(self) -> dict[str, int]:
        return {source.name: source.priority for source in self.run.settings.sources}

    def groups(self, most: int) -> list[list[Part]]:
        """The text parts in groups of about `most` rows."""
        return grouped([part for part in self.stages["text"].manifest.parts if part.rows], most)

    def read(self, parts: Sequence[Part], run: int) -> pa.Table:
        """The records of some parts, with the columns of `entry`; `run` is the number of this run."""
        schema = entry(self.exact, self.near)
        tables = [schema.empty_table(), *(self._part(part, run, schema) for part in parts)]
        return pa.concat_tables(tables).combine_chunks()

    def _part(self, part: Part, run: int, schema: pa.Schema) -> pa.Table:
        number = part.number
        tiers = self.stages["tier"].table("tiers").read(number, ["tier"])
        stands = np.zeros(part.rows, bool) if tiers is None else tiers.column("tier").to_numpy() >= 0
        gone = self._duplicates(number)
        rows = np.concatenate([np.flatnonzero(stands), gone["row"].to_numpy()]).astype(np.int64)
        order = np.argsort(rows, kind="stable")
        rows, at = rows[order], pa.array(rows[order])
        none = np.full(int(stands.sum()), -1)
        back = np.concatenate([none, np.arange(len(gone))])[order]
        named = pa.array(back, mask=back < 0)
        columns: dict[str, Any] = {}
        keys = self.stages["text"].table("keys").read(number, ["id0", "id1", "source", "characters", "time"])
        rank = ranks(self.stages["identify"].table("ids"), number, part.rows)[rows]
        if keys is None:
            return schema.empty_table()
        chosen = keys.take(at)
        columns["id0"], columns["id1"] = final_ids(
            chosen.column("id0").to_numpy(), chosen.column("id1").to_numpy(), rank
        )
        columns |= {name: chosen.column(name) for name in ("source", "characters", "time")}
        columns["priority"] = [self._priorities.get(name, 0) for name in chosen.column("source").to_pylist()]
        survivor = final_ids(*(gone[name].to_numpy() for name in ("survivor0", "survivor1", "survivor_rank")))
        for name, half in zip(("survivor0", "survivor1"), survivor, strict=True):
            columns[name] = pa.array(half, pa.int64()).take(named)
        columns["similarity"] = gone["similarity"].to_arrow().take(named)
        columns |= self._beside("fingerprint", "fingerprints", KEYS, number, at) if self.exact else {}
        columns |= self._beside("sign", "signatures", SIGNED, number, at) if self.near is not None else {}
        columns |= {"part": np.full(len(rows), number), "row": rows, "run": np.full(len(rows), run)}
        return pa.table({name: columns[name] for name in schema.names}).cast(schema)

    def _beside(self, stage: str, table: str, names: Sequence[str], number: int, at: pa.Array) -> dict[str, Any]:
        read = self.stages[stage].table(table).read(number, list(names))
        if read is None:
            raise UsageError(f"{self.run.root}: part {number} of {stage} is not there; repeat the `corpus run` command")
        taken = read.take(at)
        return {name: taken.column(name) for name in names}

    def _duplicates(self, number: int) -> pl.DataFrame:
        """The rows of a part that went because of a duplicate, with their last survivors."""
        columns = ["row", "survivor0", "survivor1", "survivor_rank", "similarity"]
        found = []
        for marks in removals.merging(self.stages):
            table = marks.table.read(number, [*columns, "removed"]) if marks.by.stage in SAME_TEXT else None
            if table is not None:
                found.append(pl.DataFrame(table).filter("removed").select(columns))
        none: Any = {"row": pl.Int32, "survivor0": pl.Int64, "survivor1": pl.Int64}
        none |= {"survivor_rank": pl.Int32, "similarity": pl.Float32}
        frame = pl.concat([pl.DataFrame(schema=none), *found])
        for moved in removals.moved(self.stages):
            later = moved.read(number, columns)
            if later is not None:
                frame = frame.update(pl.DataFrame(later), on="row", how="left")
        return frame


def _near(run: RunDir) -> Near | None:
    """How the published run signed its records, and how similar it takes for near-duplicates."""
    if "sign" not in run.published:
        return None
    signed = run.published["sign"].manifest.details["settings"]
    asked = run.settings.dedup.near or Near()
    return asked.model_copy(update=dict(signed))


def differs(shape: Shape, other: Shape) -> str | None:
    """Why records of the shape `other` cannot be looked up in an index of `shape`; None when they can."""
    if shape.exact is not None and other.exact != shape.exact:
        return "has no exact keys of the kind that the index has; run it with `dedup: {exact: true}`"
    if shape.near is not None and other.key != shape.key:
        near = shape.near
        asked = f"dedup: {{near: {{bands: {near.bands}, rows: {near.rows}, seed: {near.seed}}}}}"
        return f"has no signatures of the kind that the index has; run it with `{asked}`"
    return None


def grouped(parts: Sequence[Part], most: int) -> list[list[Part]]:
    """Neighbouring parts together while they have no more than `most` rows; a larger one alone."""
    return list(_grouped(parts, most))


def _grouped(parts: Sequence[Part], most: int) -> Iterator[list[Part]]:
    group: list[Part] = []
    for part in parts:
        if group and sum(one.rows for one in group) + part.rows > most:
            yield group
            group = []
        group.append(part)
    if group:
        yield group
