"""Raw tags in files -> a vocabulary, the rows' tags in it, and a selection of rows; written as Parquet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from corpus import config
from corpus.embed import Embedder
from corpus.errors import UsageError
from corpus.models.examples import chunks
from corpus.models.scored import UNREADABLE, must_be_absent, put_tables
from corpus.quarantine import Quarantined
from corpus.readers.fields import WHOLE
from corpus.tags.opened.choose import Spread, choose, spread
from corpus.tags.opened.normalise import Normalised, Wanted, normalise, reasons

ROWS, MAPPING, VOCABULARY = "tags.parquet", "mapping.parquet", "vocabulary.parquet"
FIELDS = ("judge.tags", "tags")
"""Where tags are looked for: as `corpus judge` writes them, and as others do."""
_KEYS = ("source_key", "id")


@dataclass(frozen=True)
class Made:
    """Rows read and those with a tag left; raw tags, tags of the vocabulary, raw tags by what became of them; spread of
    all rows and of the chosen ones; the files written."""

    read: int
    tagged: int
    unreadable: dict[str, int]
    raw_tags: int
    tags: int
    reasons: dict[str, int]
    spread: Spread
    chosen: Spread | None
    files: tuple[str, ...]


def normalise_files(
    paths: Sequence[str],
    field: str | None,
    out: Path,
    wanted: Wanted,
    budget: int | None = None,
    embedder: Embedder | None = None,
) -> Made:
    """Normalise the tags in `field` (a list of strings, or a string of them with commas between) of every row; None:
    that of FIELDS which a row has.

    Writes into `out`: tags.parquet (`key`, `tags`, `complexity`, and `selected` where a budget of rows is given),
    mapping.parquet and vocabulary.parquet (see `Normalised`). UsageError when one of them is there, no row has the
    field, or no tag is left.
    """
    must_be_absent(out, (ROWS, MAPPING, VOCABULARY, UNREADABLE))
    keys, raw, quarantined = _read(paths, field)
    found = normalise(raw, wanted, embedder)
    rows = _rows(keys, found)
    chosen = None
    if budget is not None:
        selected = choose(keys, found.rows, budget)
        rows = rows.with_columns(selected)
        chosen = spread(found.rows.filter(pl.col("row").is_in(selected.arg_true())), found.tags.height)
    tables = {ROWS: rows.to_arrow(), MAPPING: found.mapping.to_arrow(), VOCABULARY: found.tags.to_arrow()}
    files = put_tables(out, tables, quarantined)
    return Made(
        read=len(keys) + len(quarantined),
        tagged=found.rows["row"].n_unique(),
        unreadable=dict(sorted(Counter(str(row.reason) for row in quarantined).items())),
        raw_tags=found.mapping.height,
        tags=found.tags.height,
        reasons=reasons(found),
        spread=spread(found.rows, found.tags.height),
        chosen=chosen,
        files=files,
    )


def _rows(keys: pl.Series, found: Normalised) -> pl.DataFrame:
    lists = found.rows.group_by("row", maintain_order=True).agg(tags=pl.col("tag"))
    frame = pl.DataFrame({"key": keys}).with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    joined = frame.join(lists, on="row", how="left", maintain_order="left")
    return joined.select("key", "tags", complexity=pl.col("tags").list.len().fill_null(0))


def _read(paths: Sequence[str], field: str | None) -> tuple[pl.Series, pl.DataFrame, list[Quarantined]]:
    """The rows' keys, their raw tags (`row`, `tag`), and what could not be read."""
    if field is not None and (not field or "'" in field or "\\" in field):
        raise UsageError(f"field {field!r}: a name is not empty and has no quote or backslash")
    keys: list[pl.Series] = []
    tags: list[pl.DataFrame] = []
    quarantined: list[Quarantined] = []
    row = 0
    for chunk in chunks(paths, config.Fields(text=WHOLE)):
        quarantined += chunk.quarantined
        if not chunk.records.num_rows:
            continue
        record = pl.Series(pl.from_arrow(chunk.records.column("text"))).cast(pl.String)
        said = _first(record, FIELDS if field is None else (field,))
        place = pl.Series(pl.from_arrow(chunk.records.column("source_key"))).cast(pl.String)
        keys.append(_first(record, _KEYS).fill_null(place))
        frame = pl.DataFrame({"row": pl.int_range(row, row + len(said), eager=True), "said": said}).drop_nulls()
        tags.append(frame.select("row", tag=_listed(frame["said"])).explode("tag").drop_nulls())
        row += len(said)
    raw = pl.concat(tags) if tags else pl.DataFrame(schema={"row": pl.Int64, "tag": pl.String})
    if raw.is_empty():
        named = field or " or ".join(FIELDS)
        raise UsageError(f"no row has tags in the field {named}; name the field that holds them with --field")
    return pl.concat(keys).alias("key"), raw, quarantined


def _first(record: pl.Series, fields: Sequence[str]) -> pl.Series:
    """The first of `fields` that each record has."""
    found = [record.str.json_path_match(f"$['{one}']") for one in fields]
    return pl.select(pl.coalesce(found)).to_series()


def _listed(said: pl.Series) -> pl.Series:
    """The tags that a field holds: those of a JSON list, or what stands between the commas of a string."""
    from_list = said.str.starts_with("[")
    lists = pl.select(pl.when(from_list).then(said).otherwise(pl.lit("[]"))).to_series()
    try:
        decoded = lists.str.json_decode(pl.List(pl.String))
    except pl.exceptions.ComputeError as error:
        raise UsageError(f"the tags are neither a list of strings nor a string: {str(error).splitlines()[0]}") from None
    parts = said.str.replace_all("[，、;；|\n]", ",").str.split(",").list.eval(pl.element().str.strip_chars())
    return pl.select(pl.when(from_list).then(decoded).otherwise(parts)).to_series()
