"""Columns of a file of the user's own, joined to the records of each part by their published ids."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage
from corpus.config import Columns
from corpus.errors import ConfigError, Problem
from corpus.manifest import Part, Receipt, RowAccount
from corpus.parts import Task
from corpus.slot import Attempt, PartWriters, Table
from corpus.stages.identify import ranks
from corpus.stages.verdicts import named
from corpus.standing import Standing

NUMBER, LABEL = pa.float64(), pa.string()


@dataclass(frozen=True)
class Joining:
    """A declared file, checked: `types` are NUMBER or LABEL for each column taken, `digest` the file's sha256."""

    declared: Columns
    types: tuple[pa.DataType, ...]
    digest: str


def load_joinings(declared: tuple[Columns, ...]) -> tuple[Joining, ...]:
    """Every declared file with the types of its columns; ConfigError with all that is wrong.

    Numbers and booleans become float64, strings stay; a column taken twice, a missing one and one of another type are
    mistakes.
    """
    found, problems, taken = [], list[str](), set[str]()
    for one in declared:
        try:
            with storage.open_read(one.file) as stream:
                schema = pq.read_schema(stream)
        except (OSError, pa.ArrowInvalid) as error:
            problems.append(f"{one.file}: cannot be read as Parquet: {error}")
            continue
        missing = [name for name in (one.id, *one.take) if name not in schema.names]
        problems += [f"{one.file}: has no column {name!r}; it has {', '.join(schema.names[:20])}" for name in missing]
        problems += [f"{one.file}: column {name!r} is taken twice" for name in one.take if name in taken]
        taken |= set(one.take)
        types = [_kind(schema.field(name).type) for name in one.take if name in schema.names]
        names = [name for name in one.take if name in schema.names]
        problems += [
            f"{one.file}: column {name!r} is {schema.field(name).type}, neither a number nor a string"
            for name, kind in zip(names, types, strict=True)
            if kind is None
        ]
        if not missing:
            found.append(Joining(one, tuple(kind or LABEL for kind in types), storage.sha256(one.file)))
    if problems:
        raise ConfigError([Problem("columns", 0, 0, message) for message in problems])
    return tuple(found)


def _kind(kind: pa.DataType) -> pa.DataType | None:
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return NUMBER
    return LABEL if pa.types.is_string(kind) or pa.types.is_large_string(kind) else None


@dataclass(frozen=True)
class JoinColumns:
    """Writes `columns`: row, id and the joined columns of the rows that have any."""

    joinings: tuple[Joining, ...]
    keys: Table
    ids: Table
    standing: Standing
    attempt: Attempt
    name: ClassVar[str] = "columns"
    version: ClassVar[int] = 1

    @cached_property
    def _loaded(self) -> list[dict[str, tuple[object, ...]]]:
        loaded = []
        for one in self.joinings:
            with storage.open_read(one.declared.file) as stream:
                table = pq.ParquetFile(stream).read(columns=[one.declared.id, *one.declared.take])
            cast = [table.column(name).cast(kind) for name, kind in zip(one.declared.take, one.types, strict=True)]
            ids = table.column(one.declared.id).cast(pa.string()).to_pylist()
            loaded.append(dict(zip(ids, zip(*(column.to_pylist() for column in cast), strict=True), strict=True)))
        return loaded

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """One receipt a part."""
        part = task.payload
        writers = PartWriters(self.attempt, part.number)
        rows = np.flatnonzero(self.standing.mask(part.number, part.rows))
        keys = self.keys.read(part.number, ["id0", "id1"])
        found = 0
        if keys is not None and len(rows):
            table = self._joined(rows, keys.take(pa.array(rows)), ranks(self.ids, part.number, part.rows)[rows])
            found = table.num_rows
            if found:
                writers.write("columns", table, digest=("id0", "id1", *table.column_names[3:]))
        written = Part(number=part.number, rows=part.rows, files=writers.close())
        accounts = {self.name: RowAccount(rows_in=len(rows), kept=len(rows))}
        counts = {"joined": {"rows": found}}
        return [Receipt(key=task.key, parts=(written,), accounts=accounts, digests=writers.digests(), counts=counts)]

    def _joined(self, rows: np.ndarray, keys: pa.Table, rank: np.ndarray) -> pa.Table:
        halves = zip(keys.column("id0").to_pylist(), keys.column("id1").to_pylist(), rank.tolist(), strict=True)
        ids = [named(*one) for one in halves]
        hit = np.array([any(one in loaded for loaded in self._loaded) for one in ids], bool)
        chosen = pa.array(np.flatnonzero(hit))
        table = pa.table({"row": rows.astype(np.int32)[hit]} | {n: keys.column(n).take(chosen) for n in ("id0", "id1")})
        known = [one for one, has in zip(ids, hit, strict=True) if has]
        for joining, loaded in zip(self.joinings, self._loaded, strict=True):
            nothing = (None,) * len(joining.types)
            values = [loaded.get(one, nothing) for one in known]
            for place, (name, kind) in enumerate(zip(joining.declared.take, joining.types, strict=True)):
                table = table.append_column(name, pa.array([row[place] for row in values], kind))
        return table
