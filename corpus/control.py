"""A control set for ablations: the records of a run's stages, as many in each, dealt by a hash in place of difficulty.

What a curriculum is worth shows beside a training on the same records in the same portions whose order says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage
from corpus.convert import staged
from corpus.errors import UsageError
from corpus.identity import halves
from corpus.inspect.files import files_of
from corpus.rundir import RunDir
from corpus.schema import KINDS, group_of
from corpus.slot import Committed
from corpus.stages.replay import REPLAY, REPLAY_OF, lots

STAGE = pa.field("run_stage", pa.string())
"""The tier, stage or round that a dealt record has in the run."""
ABOUT = "control.json"
BATCH = 8192


@dataclass(frozen=True)
class Control:
    """What was written below `out`: records by group, as many as in the run, and how many are `replayed` in each."""

    out: str
    seed: int
    content: str
    sizes: dict[str, int]
    replayed: dict[str, int]


def control(root: str, out: str, seed: int = 0) -> Control:
    """Deal the published records of the run at `root` anew and write them below `out`, which holds nothing yet.

    Each stage gets as many records for training and for validation as it has in the run; which is decided by a hash of
    the id and `seed`. Where the run's stages hold rows of earlier ones once more, so do these, as many of their own
    earlier stages. Columns are those of the data set, and `run_stage`. The same records for the same run and seed,
    whatever its parts. Two numbers for each record are held in memory. UsageError when the run has a single stage.
    """
    run = RunDir.open(root)
    stages = run.need_published()
    kind, publish = KINDS[run.settings.kind], stages["publish"]
    names = list(stages["tier"].manifest.details["tiers"])
    if len(names) < 2:
        raise UsageError(f"{root}: has a single {kind.group}; there is nothing to deal")
    table = _narrow(publish, names)
    dealt = deal(table, len(names), seed)
    again = {name: count for name, count in publish.manifest.counts.get(REPLAY, {}).items() if count}
    replays = {names.index(name): _replayed(table, dealt, names.index(name), count) for name, count in again.items()}
    with staged(out) as target:
        _write(publish, table, dealt, replays, names, lambda name: f"{kind.folder}/{kind.group}={name}", target)
        sizes = np.bincount(dealt, minlength=len(names))
        replayed = {names[stage]: int(rows.sum()) for stage, rows in replays.items()}
        found = Control(out, seed, publish.manifest.content, dict(zip(names, map(int, sizes), strict=True)), replayed)
        about = {"of": found.content, "seed": seed, "records": found.sizes, "replayed": replayed}
        storage.put_atomic(storage.join(target, ABOUT), orjson.dumps(about, option=orjson.OPT_INDENT_2) + b"\n")
    return found


def deal(table: pl.DataFrame, stages: int, seed: int) -> np.ndarray:
    """The new stage of each record (from 0), int64: those of `table` (id0, id1, stage, split) shuffled by a hash, each
    split by itself."""
    lot = lots(table["id0"].to_numpy(), table["id1"].to_numpy(), seed + 1_000)
    found = np.zeros(table.height, np.int64)
    for split in sorted(table["split"].unique().to_list()):
        mine = np.flatnonzero((table["split"] == split).to_numpy())
        sizes = np.bincount(table["stage"].to_numpy()[mine], minlength=stages)
        order = mine[np.lexsort((table["id1"].to_numpy()[mine], lot[mine]))]
        found[order] = np.repeat(np.arange(stages), sizes)
    return found


def _replayed(table: pl.DataFrame, dealt: np.ndarray, stage: int, count: int) -> np.ndarray:
    """Which records a dealt stage holds once more: so many of earlier ones for training; bool (rows,)."""
    earlier = np.flatnonzero((dealt < stage) & (table["split"] == "train").to_numpy())
    lot = lots(table["id0"].to_numpy()[earlier], table["id1"].to_numpy()[earlier], stage)
    found = np.zeros(table.height, bool)
    found[earlier[np.argsort(lot, kind="stable")[:count]]] = True
    return found


def _narrow(publish: Committed, names: Sequence[str]) -> pl.DataFrame:
    """Halves of the id, stage and split of every published record, in the order of the files."""
    found = []
    for file in files_of(publish, "dataset"):
        rows = publish.slot.read(file, ["doc_id", "split"])
        id0, id1 = halves(rows.column("doc_id").combine_chunks())
        stage = np.full(len(id0), names.index(group_of(file.path)), np.int64)
        split: Any = pl.from_arrow(rows.column("split"))
        found.append(pl.DataFrame({"id0": id0, "id1": id1, "stage": stage, "split": split}))
    return pl.concat(found) if found else pl.DataFrame(schema={"id0": pl.Int64, "id1": pl.Int64, "stage": pl.Int64})


def _write(
    publish: Committed,
    table: pl.DataFrame,
    dealt: np.ndarray,
    replays: Mapping[int, np.ndarray],
    names: Sequence[str],
    folder: Any,
    target: str,
) -> None:
    writers: dict[str, pq.ParquetWriter] = {}
    first = 0
    with ExitStack() as opened:
        for file in files_of(publish, "dataset"):
            with storage.open_read(storage.join(publish.slot.root, file.path)) as stream:
                for batch in pq.ParquetFile(stream).iter_batches(batch_size=BATCH):
                    span = slice(first, first + batch.num_rows)
                    first += batch.num_rows
                    whole = _labelled(batch, [names[stage] for stage in table["stage"][span]])
                    for stage, name in enumerate(names):
                        _append(opened, writers, target, folder(name), "part", whole, dealt[span] == stage, None)
                        if stage in replays:
                            _append(
                                opened,
                                writers,
                                target,
                                folder(name),
                                REPLAY,
                                whole,
                                replays[stage][span],
                                dealt[span] + 1,
                            )


def _labelled(batch: pa.RecordBatch, stages: Sequence[str]) -> pa.Table:
    return pa.Table.from_batches([batch]).append_column(STAGE, pa.array(stages, pa.string()))


def _append(
    opened: ExitStack,
    writers: dict[str, pq.ParquetWriter],
    target: str,
    folder: str,
    stem: str,
    rows: pa.Table,
    chosen: np.ndarray,
    origin: np.ndarray | None,
) -> None:
    """The chosen rows to the file of a stage; `origin` is the stage that replayed rows come from."""
    if not chosen.any():
        return
    taken = rows.filter(pa.array(chosen))
    if REPLAY_OF.name in taken.column_names:
        come = pa.nulls(taken.num_rows, REPLAY_OF.type) if origin is None else pa.array(origin[chosen], REPLAY_OF.type)
        taken = taken.set_column(taken.column_names.index(REPLAY_OF.name), REPLAY_OF, come)
    path = storage.join(target, folder, f"{stem}-000000.parquet")
    if path not in writers:
        stream = opened.enter_context(storage.open_write(path))
        writers[path] = opened.enter_context(pq.ParquetWriter(stream, taken.schema, compression="zstd"))
    writers[path].write_table(taken)
