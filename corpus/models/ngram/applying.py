"""A language model over files: each row with its perplexity and the bucket this puts it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.errors import UsageError
from corpus.kernels.forms import FORMS, measure_forms
from corpus.kernels.signal import SignalCall
from corpus.models.ngram.buckets import bucket, cuts_of
from corpus.models.ngram.model import NUMBERS
from corpus.models.ngram.scorer import Scorer
from corpus.models.scored import SCORED, UNREADABLE, appearing, files_of, stream_rows
from corpus.models.texts import languages
from corpus.schema import RAW

_FIRST = ".first"
BY_LANG, BY_NOTHING, NO_GROUP = "lang", "all", "none"
LIKE = 0.5
"""Share of a text in lines of a form from which on it is exempt."""
_FORM = {form.removesuffix("_like"): form for form in FORMS}


@dataclass(frozen=True)
class Wanted:
    """How buckets are made: `by` `lang`, `all`, or a field of the rows such as their source; `exempt` are forms (code,
    verse, dialogue) whose texts get no rank."""

    by: str = BY_LANG
    shares: tuple[float, float] = (1 / 3, 2 / 3)
    exempt: tuple[str, ...] = tuple(_FORM)

    def __post_init__(self) -> None:
        wrong = sorted(set(self.exempt) - set(_FORM))
        if wrong:
            raise UsageError(f"--exempt {', '.join(wrong)}: is not one of {', '.join(_FORM)}, none")
        if "'" in self.by or "\\" in self.by:
            raise UsageError(f"--by {self.by!r}: quotes and backslashes cannot be in a field's name")


@dataclass(frozen=True)
class Group:
    """Rows of one group, how many of each bucket, and the perplexities up to which they are head, and middle."""

    rows: int
    buckets: Mapping[str, int]
    cuts: tuple[float, float] | None


@dataclass(frozen=True)
class Scored:
    """Rows read and scored, by group; rows that could not be read; the files written."""

    read: int
    scored: int
    groups: Mapping[str, Group]
    unreadable: Mapping[str, int]
    bytes: int
    files: tuple[str, ...]


def score_files(
    model: Scorer,
    paths: Sequence[str],
    out: Path,
    wanted: Wanted,
    text_field: str | None = None,
    lang: str | None = None,
) -> Scored:
    """Score every row of `paths` and write `out/scored.parquet`: the row's columns as the readers give them, its
    language as said or identified, NUMBERS, and `bucket`: head, middle or tail of its group, `exempt`, or null where
    there is no unit or the model does not know the language. What cannot be read goes to `out/quarantine.parquet`.

    Files appear whole, at the end. UsageError when `out` holds them already or nothing can be read.
    """
    with appearing(out, (SCORED, UNREADABLE, _FIRST)) as (good, bad, first):
        seen = _Seen()
        schema = pa.schema([*RAW, *NUMBERS])
        done = stream_rows(paths, first, bad, schema, lambda rows: _scored(model, rows, wanted, lang, seen), text_field)
        found = pa.chunked_array(seen.groups, pa.string()).combine_chunks().dictionary_encode()
        groups, places = found.dictionary.to_pylist(), np.asarray(found.indices)
        if wanted.by not in (BY_LANG, BY_NOTHING) and groups == [NO_GROUP]:
            raise UsageError(f"--by {wanted.by}: no row has this field; `lang` and `all` need none")
        values, exempt = np.concatenate(seen.values), np.concatenate(seen.exempt)
        counts = ~np.isnan(values) & ~exempt
        cuts = {
            place: cuts_of(values[counts & (places == place)], wanted.shares)
            for place in range(len(groups))
            if (counts & (places == place)).any()
        }
        said = bucket(values, places, cuts, exempt)
        _join(first, good, said)
        first.unlink()
    pairs = pl.DataFrame({"place": places, "bucket": pl.Series(pl.from_arrow(said)).fill_null(NO_GROUP)})
    counted = {(place, name): many for place, name, many in pairs.group_by("place", "bucket").len().iter_rows()}
    by_group = {
        group: Group(
            rows=int((places == place).sum()),
            buckets={name: many for (own, name), many in sorted(counted.items()) if own == place},
            cuts=cuts.get(place),
        )
        for group, place in sorted((group, place) for place, group in enumerate(groups))
    }
    return Scored(
        read=done.read,
        scored=int((~np.isnan(values)).sum()),
        groups=by_group,
        unreadable=done.unreadable,
        bytes=seen.bytes,
        files=files_of(out),
    )


@dataclass
class _Seen:
    """What the first pass keeps of every row."""

    groups: list[pa.Array] = field(default_factory=list)
    values: list[np.ndarray] = field(default_factory=list)
    exempt: list[np.ndarray] = field(default_factory=list)
    bytes: int = 0


def _scored(model: Scorer, records: pa.RecordBatch, wanted: Wanted, lang: str | None, seen: _Seen) -> list[pa.Array]:
    """The columns of the rows with NUMBERS, their language as it was found; `seen` keeps what the buckets need."""
    text, tongues = records.column("text"), languages(records, lang)
    found = model.columns(text, tongues)
    seen.values.append(found.column(0).to_numpy(zero_copy_only=False).astype(np.float32))
    calls = [SignalCall(_FORM[form]) for form in wanted.exempt]
    likes = [column.fill_null(0).to_numpy(zero_copy_only=False) for column in measure_forms(text, calls)]
    seen.exempt.append(np.any([like >= LIKE for like in likes], axis=0) if likes else np.zeros(len(text), bool))
    seen.groups.append(_groups(records, tongues, wanted.by))
    seen.bytes += text.nbytes
    arrays = [*records.columns, *found.columns]
    arrays[records.schema.get_field_index("lang")] = tongues
    return arrays


def _groups(records: pa.RecordBatch, tongues: pa.Array, by: str) -> pa.Array:
    """What each row is compared within."""
    if by == BY_NOTHING:
        return pa.repeat(BY_NOTHING, records.num_rows)
    if by == BY_LANG:
        return tongues.fill_null(NO_GROUP)
    meta = pl.Series(pl.from_arrow(records.column("meta"))).cast(pl.String)
    found = meta.str.json_path_match(f"$['{by}']").fill_null(NO_GROUP).to_arrow().cast(pa.string())
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _join(first: Path, second: Path, buckets: pa.Array) -> None:
    """The rows of `first` with their bucket, into `second`."""
    with pq.ParquetFile(first) as scored:
        schema = pa.schema([*scored.schema_arrow, ("bucket", pa.string())])
        row = 0
        with pq.ParquetWriter(second, schema, compression="zstd") as writer:
            for batch in scored.iter_batches(4096):
                own = buckets.slice(row, batch.num_rows)
                writer.write_batch(pa.RecordBatch.from_arrays([*batch.columns, own], schema=schema))
                row += batch.num_rows
