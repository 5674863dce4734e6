"""`corpus convert`: records of any readable format into shards of another, sampled or whole, all accounted for.

One process, one pass (two for a fixed number of records), a batch in memory at a time. The output directory appears
when everything in it is finished: it is written beside its place and renamed, or, on an object store, complete once
its manifest is there.
"""

from __future__ import annotations

import platform
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus import __version__, config, manifest, storage
from corpus.choosing import chooser_of
from corpus.errors import AuditError, RejectedTooMuch, UsageError
from corpus.identity import doc_ids
from corpus.kernels.digest import row_hashes, table_digest
from corpus.kernels.language import identify
from corpus.manifest import File, Manifest, Part, RowAccount
from corpus.quarantine import Quarantined, to_table
from corpus.readers.plan import input_digest, plan_splits
from corpus.readers.read import read_split
from corpus.shards import SHARD, Compress, Limit, Shard, Shards, To
from corpus.tokens import TokenCounter

VERSION = 1
SPLIT_BYTES = 32 << 20
SHARD_BYTES = 256 << 20
DEFAULT_LIMIT = Limit(SHARD_BYTES)
SAMPLED_OUT = "select.sample"
NO_TEXT = "empty_text"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Wanted:
    """What to write. `share` and `rows` exclude each other; both choose by the hash of a record's id and the seed, so
    the same records whatever the order of the input, and `share` the very ones a pipeline's `select.sample` does."""

    to: To = "jsonl"
    limit: Limit = DEFAULT_LIMIT
    compress: Compress = "none"
    share: float = 1.0
    rows: int | None = None
    seed: int = 0
    tokenizer: str | None = None
    quarantine_share: float = 0.05


@dataclass(frozen=True)
class Converted:
    """What was written where: `account` is `in = kept + dropped + quarantined`."""

    run: str
    dataset: str
    account: RowAccount
    seconds: float
    shards: tuple[Shard, ...]
    tokens_are: str


def convert(sources: Sequence[config.Source], out: str, wanted: Wanted) -> Converted:
    """Write every record of `sources`, or a sample of them, below `out`, which must not hold anything yet.

    Records keep their order: sources as given, files by name. Raises UsageError for what cannot be asked, for paths
    that are missing and for an `out` that is not free; RejectedTooMuch when more of the input is unreadable than
    `quarantine_share`. After any error nothing is left at `out`.
    """
    began = time.monotonic()
    _check(wanted)
    splits = plan_splits(sources, SPLIT_BYTES)
    by_name = {source.name: source for source in sources}
    counter = TokenCounter(wanted.tokenizer, config.Publish().chars_per_token)
    with staged(out) as root:
        chooser = chooser_of(splits, by_name, wanted.share, wanted.rows, wanted.seed)
        shards = Shards(root, wanted.to, wanted.limit, wanted.compress)
        rejects = _Rejects(root)
        dropped: Counter[str] = Counter()
        read = digest = 0
        try:
            for split in splits:
                for chunk in read_split(split, by_name[split.source], config.Limits()):
                    rejects.write(chunk.quarantined)
                    batch = chunk.records
                    read += batch.num_rows + len(chunk.quarantined)
                    taken = chooser(batch, doc_ids(split.source, batch.column("source_key").to_pylist()))
                    dropped[SAMPLED_OUT] += int((~taken).sum())
                    rows = _shaped(batch.filter(pa.array(taken)))
                    if wanted.to == "text":
                        said = pc.not_equal(pc.utf8_trim_whitespace(rows.column("text")), "")
                        dropped[NO_TEXT] += rows.num_rows - int(pc.sum(said).as_py() or 0)
                        rows = rows.filter(said)
                    digest += table_digest(row_hashes(rows)) if rows.num_rows else 0
                    shards.write(rows, _tokens(counter, rows))
            parts = shards.finish()
        except BaseException:
            shards.abandon()
            raise
        finally:
            rejected = rejects.close()
        account = RowAccount(
            rows_in=read,
            kept=sum(part.rows for part in parts),
            dropped=manifest.add_counts([dropped]),
            quarantined=manifest.add_counts([rejects.reasons]),
        )
        _audit(account, wanted)
        if rejected is not None:
            parts = (*parts, Part(number=len(parts), rows=rejected.rows, files=(rejected,)))
        seconds = time.monotonic() - began
        described = Manifest(
            stage="convert",
            version=VERSION,
            fingerprint=manifest.digest_of([VERSION, _settings(wanted), input_digest(splits)]),
            inputs={"input": input_digest(splits)},
            accounts={"convert": account},
            digests={"data": f"{digest & ((1 << 128) - 1):032x}"},
            details={
                "settings": _settings(wanted),
                "tokens": counter.described,
                "shards": [
                    {"path": one.file.path, "rows": one.file.rows, "characters": one.characters, "tokens": one.tokens}
                    for one in shards.done
                ],
            },
            parts=parts,
            environment={"corpus": __version__, "python": platform.python_version()},
            seconds=seconds,
        )
        storage.put_atomic(storage.join(root, MANIFEST), manifest.encode(described))
    return Converted(out, out, account, seconds, tuple(shards.done), counter.described)


def _check(wanted: Wanted) -> None:
    wrong = []
    if wanted.rows is not None and wanted.share < 1:
        wrong.append("--sample and --rows exclude each other: a share of the records, or so many of them")
    if not 0 < wanted.share <= 1:
        wrong.append(f"--sample {wanted.share:g}: must be above 0 and at most 1; 0.1 takes one record in ten")
    if wanted.rows is not None and wanted.rows < 1:
        wrong.append(f"--rows {wanted.rows}: must be at least 1")
    if wanted.limit.most < 1:
        wrong.append(f"--shard-{wanted.limit.unit} {wanted.limit.most}: must be at least 1")
    if not 0 <= wanted.quarantine_share <= 1:
        wrong.append(f"--max-quarantined {wanted.quarantine_share:g}: must be a share from 0 to 1")
    if wanted.compress != "none" and wanted.to == "parquet":
        wrong.append("--compress is for jsonl and text: Parquet is compressed inside (zstd)")
    if wrong:
        raise UsageError("\n".join(wrong))


def _settings(wanted: Wanted) -> dict[str, object]:
    """What decides the output; the tokenizer by the digest of its file."""
    tokenizer = storage.sha256(wanted.tokenizer) if wanted.tokenizer else None
    return {
        "to": wanted.to,
        "limit": [wanted.limit.unit, wanted.limit.most],
        "compress": wanted.compress,
        "sample": [wanted.share, wanted.rows, wanted.seed],
        "tokenizer": tokenizer,
    }


@contextmanager
def staged(out: str) -> Iterator[str]:
    """The directory to write into; it is `out` when the block ends well, and gone when it does not."""
    if not storage.is_local(out):
        if storage.list_files(out):
            raise UsageError(f"{out}: holds something already; name another directory")
        try:
            yield out
        except BaseException:
            storage.delete_tree(out)
            raise
        return
    target = Path(out.removeprefix("file://")).expanduser().absolute()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise UsageError(f"{out}: is there already and not an empty directory; name another one")
    staging = target.parent / f".{target.name}.{uuid.uuid4().hex[:12]}.tmp"
    staging.mkdir(parents=True)
    try:
        yield str(staging)
        staging.replace(target)
    except BaseException:
        storage.delete_tree(str(staging))
        raise


class _Rejects:
    """The quarantine of a conversion: one Parquet file, made when it is needed."""

    PATH = "quarantine/part-00000.parquet"

    def __init__(self, root: str) -> None:
        self.root, self.reasons, self.rows = root, Counter[str](), 0
        self._writer: pq.ParquetWriter | None = None

    def write(self, rows: Sequence[Quarantined]) -> None:
        """Append what could not be read."""
        if not rows:
            return
        table = to_table(rows)
        if self._writer is None:
            self._stream = storage.open_write(storage.join(self.root, self.PATH))
            self._writer = pq.ParquetWriter(self._stream, table.schema, compression="zstd")
        self._writer.write_table(table)
        self.rows += len(rows)
        self.reasons.update(str(row.reason) for row in rows)

    def close(self) -> File | None:
        """The file, finished; None when everything could be read."""
        if self._writer is None:
            return None
        self._writer.close()
        self._stream.close()
        uri = storage.join(self.root, self.PATH)
        size = storage.size(uri) or 0
        return File(table="quarantine", path=self.PATH, rows=self.rows, bytes=size, sha256=storage.sha256(uri))


def _shaped(batch: pa.RecordBatch) -> pa.RecordBatch:
    """RAW records in the SHARD schema."""
    meta = pl.Series(batch.column("meta"))
    if meta.str.starts_with('{"meta":"{').any():
        meta = meta.map_elements(_unwrapped, return_dtype=pl.String)
    columns = {"id": batch.column("source_key"), "meta": meta.to_arrow()}
    arrays = [columns.get(item.name) for item in SHARD]
    return pa.RecordBatch.from_arrays(
        [
            (batch.column(item.name) if array is None else array).cast(item.type)
            for item, array in zip(SHARD, arrays, strict=True)
        ],
        schema=SHARD,
    )


def _unwrapped(meta: str) -> str:
    """The fields that a Parquet shard of ours held as one column of JSON; anything else as it is."""
    if not meta.startswith('{"meta":"{'):
        return meta
    fields = orjson.loads(meta)
    try:
        inner = orjson.loads(fields["meta"])
    except orjson.JSONDecodeError:
        return meta
    return str(fields["meta"]) if len(fields) == 1 and isinstance(inner, dict) else meta


def _tokens(counter: TokenCounter, rows: pa.RecordBatch) -> np.ndarray:
    langs = rows.column("lang")
    if counter.path is None and langs.null_count:
        unknown = pc.if_else(langs.is_null(), rows.column("text"), pa.scalar(None, pa.large_string()))
        langs = pc.coalesce(langs, identify(unknown)[0])
    return counter.count(rows.column("text"), langs).to_numpy().astype(np.int64)


def _audit(account: RowAccount, wanted: Wanted) -> None:
    if not account.balances:
        raise AuditError(f"the account does not balance: {account.model_dump_json()}; this is a bug. Nothing was kept")
    lost = sum(account.quarantined.values())
    if lost > wanted.quarantine_share * account.rows_in:
        reasons = ", ".join(f"{name} {count:,}" for name, count in account.quarantined.items())
        raise RejectedTooMuch(
            f"{lost:,} of {account.rows_in:,} records could not be read ({reasons}), more than "
            f"{wanted.quarantine_share:.4g} of them. Nothing was kept; look at the input, or allow more with "
            "--max-quarantined"
        )
