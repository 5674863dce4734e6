"""The difficulty of dialogues: every one beside all others, and the noise that has none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.errors import ContractError
from corpus.manifest import Part, Receipt, add_counts
from corpus.scores.difficulty import BY_MODEL, score_batches
from corpus.slot import Table
from corpus.stages.identify import ranks
from corpus.standing import Standing

OWN = pa.schema(
    [
        pa.field("part", pa.int64()),
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("rank", pa.int32()),
    ]
)
DIFFICULTY = pa.schema([*OWN, pa.field("difficulty", pa.float32())])
NOISE = pa.schema([*OWN, pa.field("removed", pa.bool_()), pa.field("why", pa.string())])
DIFFICULTY_IDENTITY, NOISE_IDENTITY = tuple(DIFFICULTY.names[2:]), tuple(NOISE.names[2:])


@dataclass(frozen=True)
class Dialogues:
    """Dialogues of one part: OWN columns, and in the same order their views and languages, and what a causal LM said of
    the answers, if one was asked."""

    own: pa.Table
    instruction: pa.Array
    answer: pa.Array
    lang: pa.Array
    by_model: Mapping[str, np.ndarray] | None = None


@dataclass(frozen=True)
class ReadDialogues:
    """The views of the records that stand."""

    text: Table
    keys: Table
    ids: Table
    standing: Standing
    answers: Table | None = None

    def __call__(self, part: Part) -> Dialogues:
        """Those of one part."""
        rows = np.flatnonzero(self.standing.mask(part.number, part.rows))
        batches = list(self.text.batches(part.number, ["instruction", "answer", "lang"]))
        table = pa.Table.from_batches(batches).take(pa.array(rows)).combine_chunks()
        keys = self.keys.read(part.number, ["id0", "id1"])
        assert keys is not None  # noqa: S101  a part with text has keys
        ids = keys.take(pa.array(rows))
        rank = ranks(self.ids, part.number, part.rows)[rows]
        number = np.full(len(rows), part.number, np.int64)
        own = pa.table([number, rows.astype(np.int32), ids.column("id0"), ids.column("id1"), rank], schema=OWN)
        instruction, answer, lang = (_whole(table.column(name)) for name in ("instruction", "answer", "lang"))
        said = None if self.answers is None else _said(self.answers, part.number, rows)
        return Dialogues(own, instruction, answer, lang, said)


def score_dialogues(parts: Iterable[Dialogues]) -> tuple[pa.Table, pa.Table]:
    """DIFFICULTY of every dialogue that is no noise, and NOISE of every other, ordered by part and row.

    A dialogue is ranked within its language; what it says before its last question counts for nothing.
    """
    found = [one for one in parts if one.own.num_rows]
    if not found:
        return DIFFICULTY.empty_table(), NOISE.empty_table()
    batches = [(one.instruction, pa.nulls(len(one.answer), pa.large_string()), one.answer) for one in found]
    langs = [lang for one in found for lang in one.lang.to_pylist()]
    said = [one.by_model for one in found if one.by_model is not None]
    by_model = {name: np.concatenate([one[name] for one in said]) for name in BY_MODEL} if said else None
    scored = score_batches(batches, langs, by_model)
    frame: Any = pl.from_arrow(pa.concat_tables([one.own for one in found]))
    frame = frame.hstack(scored.select("difficulty", why="noise"))
    quiet = frame.filter(pl.col("why").is_null()).select(DIFFICULTY.names)
    noise = frame.filter(pl.col("why").is_not_null()).with_columns(removed=pl.lit(value=True)).select(NOISE.names)
    return quiet.to_arrow().cast(DIFFICULTY), noise.to_arrow().cast(NOISE)


def merged_parts(receipts: Sequence[Receipt]) -> list[Receipt]:
    """Receipts of several tables of the same parts as one receipt a part."""
    by_part: dict[int, list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        by_part[receipt.parts[0].number].append(receipt)
    found = []
    for number, several in sorted(by_part.items()):
        files = tuple(file for one in several for part in one.parts for file in part.files)
        part = Part(number=number, rows=max(file.rows for file in files), files=files)
        digests = {name: value for one in several for name, value in one.digests.items()}
        rows = add_counts(one.counts.get("rows", {}) for one in several)
        found.append(Receipt(key=f"part-{number}", parts=(part,), digests=digests, counts={"rows": rows}))
    return found


def _said(answers: Table, number: int, rows: np.ndarray) -> Mapping[str, np.ndarray]:
    """What the model said of these rows, which are among those it was asked of; not a number where it said nothing."""
    if not len(rows):
        return {name: np.zeros(0) for name in BY_MODEL}
    table = answers.read(number, ["row", *BY_MODEL])
    there = np.zeros(0, np.int32) if table is None else table.column("row").to_numpy()
    place = np.searchsorted(there, rows)
    if table is None or place[-1] >= len(there) or not np.array_equal(there[place], rows):
        raise ContractError(f"part {number}: dialogues stand that the causal LM was not asked of")
    return {name: table.column(name).to_numpy(zero_copy_only=False)[place].astype(np.float64) for name in BY_MODEL}


def _whole(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
