"""Tags of the rows of files: instruction rows and documents; one Parquet file of tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

from corpus import config
from corpus.errors import UsageError
from corpus.kernels import notation
from corpus.kernels.buffers import large
from corpus.kernels.difficulty import ABSENT
from corpus.kernels.language import identify
from corpus.models.examples import chunks
from corpus.models.instruction import Parts, rows
from corpus.models.scored import UNREADABLE, must_be_absent, put_tables
from corpus.quarantine import Quarantined
from corpus.tags.model import TagSet
from corpus.tags.score import columns

TAGS = "tags.parquet"


@dataclass(frozen=True)
class Applied:
    """Rows read, of which `instructions` are instruction rows; `tags` counts by column, rows without one as `none`."""

    read: int
    instructions: int
    unreadable: dict[str, int]
    tags: dict[str, dict[str, int]]
    digest: str
    files: tuple[str, ...]


def apply_files(
    tagset: TagSet, paths: Sequence[str], out: Path, parts: Parts | None = None, text: str | None = None
) -> Applied:
    """Tag every row of `paths`; writes `out/tags.parquet`: `key`, `lang`, a column for each taxonomy, `has_code`,
    `has_maths`.

    A row with an instruction (see `models.instruction`) is judged by it and its input where a taxonomy asks for tasks
    (`of: ask`), by instruction, input and answer otherwise. A document is judged by its text, and asks for nothing.
    `text` names the field of documents, and then no row is an instruction. `key` is where the row stands, path#byte.
    UsageError when `out` holds the file or nothing can be read.
    """
    must_be_absent(out, (TAGS, UNREADABLE))
    quarantined: list[Quarantined] = []
    counts = {one.column: Counter[str]() for one in tagset.taxonomies}
    counts |= {"has_code": Counter(), "has_maths": Counter()}
    tables = []
    instructions = 0
    for key, ask, whole, asked, bad in _read(paths, parts or Parts(), text):
        quarantined += bad
        if not len(key):
            continue
        instructions += asked
        table = _tagged(tagset, key, ask, whole)
        tables.append(table)
        for name, counted in counts.items():
            _count(table.column(name), counted)
    if not tables:
        raise UsageError("no row could be read")
    files = put_tables(out, {TAGS: pa.concat_tables(tables)}, quarantined)
    unreadable = Counter(str(row.reason) for row in quarantined)
    return Applied(
        read=sum(len(table) for table in tables) + len(quarantined),
        instructions=instructions,
        unreadable=dict(sorted(unreadable.items())),
        tags={name: dict(sorted(one.items(), key=lambda item: (-item[1], item[0]))) for name, one in counts.items()},
        digest=tagset.digest,
        files=files,
    )


def _tagged(tagset: TagSet, key: pa.Array, ask: pa.Array, whole: pa.Array) -> pa.Table:
    tags = dict(zip([one.column for one in tagset.taxonomies], columns(whole, tagset, ask), strict=True))
    notes = {"has_code": notation.has_code(whole), "has_maths": notation.has_maths(whole)}
    return pa.table({"key": key, "lang": identify(whole)[0], **tags, **notes})


def _read(
    paths: Sequence[str], parts: Parts, text: str | None
) -> Iterator[tuple[pa.Array, pa.Array, pa.Array, int, list[Quarantined]]]:
    """Keys, what tasks are judged by and what all else, how many rows are instructions, what is unreadable."""
    if text is None and _asks(paths, parts):
        for frame, bad in rows(paths, parts):
            yield (*_instruction(frame), frame.height - frame["instruction"].null_count(), bad)
        return
    for chunk in chunks(paths, config.Fields(text=text)):
        found = chunk.records.column("text")
        none = pa.nulls(len(found), pa.large_string())
        yield chunk.records.column("source_key"), none, found, 0, list(chunk.quarantined)


def _asks(paths: Sequence[str], parts: Parts) -> bool:
    """Whether the first rows that can be read have an instruction; UsageError where its field is named and they have
    none."""
    for frame, _ in rows(paths, parts):
        if frame.height:
            asks = frame["instruction"].null_count() < frame.height
            if parts.instruction is not None and not asks:
                raise UsageError(f"the first rows have no field {parts.instruction!r}; name that of the instruction")
            return asks
    return False


def _instruction(frame: pl.DataFrame) -> tuple[pa.Array, pa.Array, pa.Array]:
    given = pl.when(pl.col("given").str.contains(ABSENT)).then(None).otherwise(pl.col("given"))
    ask = pl.concat_str(pl.col("instruction"), given, separator="\n", ignore_nulls=True)
    whole = pl.concat_str(pl.col("instruction"), given, pl.col("answer"), separator="\n", ignore_nulls=True)
    none = pl.col("instruction").is_null()
    shown = frame.select(
        "key", ask=pl.when(none).then(None).otherwise(ask), whole=pl.when(none).then(None).otherwise(whole)
    )
    return large(shown["key"]), large(shown["ask"]), large(shown["whole"])


def _count(column: pa.ChunkedArray, counted: Counter[str]) -> None:
    values = pl.Series(pl.from_arrow(column.combine_chunks()))
    if isinstance(values.dtype, pl.List):
        counted["none"] += values.null_count()
        values = values.drop_nulls().explode()
    named = values.cast(pl.String).fill_null("none").value_counts()
    counted.update(dict(named.iter_rows()))
