"""Records that stand again after a takedown, written as published rows from the cleaned text their runs still hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus import storage
from corpus.errors import CorpusError, UsageError
from corpus.index.takedown import Back
from corpus.rundir import RunDir
from corpus.schema import DOCUMENT
from corpus.slot import Slot, Table
from corpus.stages.publish import PUBLISHED
from corpus.stages.split import TRAIN
from corpus.tokens import TokenCounter


@dataclass(frozen=True)
class Restored:
    """`file` holds the rows written, None when there are none; `lost` are ids whose text is not there any more."""

    file: str | None
    rows: int
    lost: tuple[str, ...]


def check_restore(out: str) -> None:
    """UsageError when there are files at `out` already: nothing there is overwritten."""
    if storage.list_files(out) or storage.size(out) is not None:
        raise UsageError(f"{out}: there are files already; name a directory that is new or empty for --restore")


def restore(back: Sequence[Back], out: str) -> Restored:
    """Write the records of `back` to one Parquet file in `out`, with the columns of a published data set.

    Texts are those of the run, less the lines it cut for being repeated, which are not cut here. The tier is left
    to whoever takes the rows in: a duplicate was never given one.
    """
    by_run: dict[str, list[Back]] = defaultdict(list)
    for one in back:
        by_run[one.run].append(one)
    batches: list[pa.Table] = []
    lost: list[str] = []
    for run, some in sorted(by_run.items()):
        try:
            found = _rows(run, some)
        except (CorpusError, OSError):
            lost += [one.doc_id for one in some]
            continue
        batches += found
        have = {one for table in found for one in table.column("doc_id").to_pylist()}
        lost += [one.doc_id for one in some if one.doc_id not in have]
    table = pa.concat_tables([PUBLISHED.empty_table(), *batches]).sort_by("doc_id")
    if not len(table):
        return Restored(None, 0, tuple(sorted(lost)))
    uri = storage.join(out, "restored.parquet")
    with storage.open_write(uri) as sink:
        pq.write_table(table, sink, compression="zstd", compression_level=3)
    return Restored(uri, len(table), tuple(sorted(lost)))


def _rows(run: str, back: Iterable[Back]) -> list[pa.Table]:
    """The published rows of records of one run, by part; parts that are gone are left out."""
    settings = RunDir.open(run).settings.publish
    tokens = TokenCounter(settings.tokenizer, settings.chars_per_token)
    by_part: dict[tuple[str, int], list[Back]] = defaultdict(list)
    for one in back:
        by_part[one.text, one.part].append(one)
    found = []
    for (text, number), some in sorted(by_part.items()):
        slot = Slot(storage.join(run, text))
        manifest = slot.load()
        part = next((part for part in manifest.parts if part.number == number), None) if manifest is not None else None
        file = part.file("text") if part is not None else None
        if file is None:
            continue
        some = sorted(some, key=lambda one: one.row)
        taken = _taken(Table(slot, {number: file}), number, np.array([one.row for one in some]))
        taken = taken.set_column(taken.schema.names.index("doc_id"), "doc_id", pa.array([one.doc_id for one in some]))
        extra = {
            "characters": pc.utf8_length(taken.column("text")).cast(pa.int32()),
            "tokens": tokens.count(taken.column("text").combine_chunks(), taken.column("lang").combine_chunks()),
            "cluster_size": pa.array([one.cluster_size for one in some], pa.int32()),
            # Its twin that stood in for it is taken down, so nothing of it is among the validation records.
            "split": pa.array([TRAIN] * len(some)),
        }
        columns = [extra[name] if name in extra else taken.column(name) for name in PUBLISHED.names]
        found.append(pa.table(columns, names=PUBLISHED.names).cast(PUBLISHED))
    return found


def _taken(table: Table, number: int, rows: np.ndarray) -> pa.Table:
    """The rows of a part, ascending; a few megabytes of text are in memory at a time."""
    found, first = [DOCUMENT.empty_table()], 0
    for batch in table.batches(number, DOCUMENT.names):
        low, high = np.searchsorted(rows, [first, first + batch.num_rows])
        if high > low:
            found.append(pa.table(batch.take(pa.array(rows[low:high] - first))).cast(DOCUMENT))
        first += batch.num_rows
    return pa.concat_tables(found).combine_chunks()
