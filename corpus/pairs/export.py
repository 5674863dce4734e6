"""`corpus pairs export`: preference records as rows for one way of training.

| as | a row | of |
|---|---|---|
| dpo | prompt, chosen, rejected (messages) | every pair |
| rm | the same with the margin of the scores | every pair |
| ppo | prompt | every different prompt |
| sft | messages that end with the chosen answer | every different one |
| hindsight | messages whose question says how good the answer is, for both answers | every different one |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage
from corpus.convert import staged
from corpus.errors import UsageError
from corpus.schema import KINDS

As = Literal["dpo", "rm", "ppo", "sft", "hindsight"]
COLUMNS = ("source_key", "lang", "prompt", "chosen", "rejected", "chosen_score", "rejected_score")
TAGS = {"zh": ("回答质量：好", "回答质量：差"), "en": ("Answer quality: good", "Answer quality: bad")}
"""What is said in front of the question of a good and of a bad answer (Liu et al., Chain of Hindsight, 2023)."""
NAME = "train.jsonl"
BATCH = 1024
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Exported:
    """`read` records, of which `one_sided` have one answer only and give no pair; `rows` written, `repeated` left out
    because an equal row is there."""

    out: str
    read: int
    rows: int
    repeated: int
    one_sided: int
    file: str


def export(inputs: Sequence[str], kind: As, out: str) -> Exported:
    """Write the pairs of built rounds, runs or Parquet files to `out/train.jsonl`, in their order.

    UsageError when an input holds no preferences or `out` holds something.
    """
    files = files_of(inputs)
    read = written = repeated = one_sided = 0
    seen: set[str] = set()
    with staged(out) as root, storage.open_write(storage.join(root, NAME)) as stream:
        for file in files:
            for record in _records(file):
                read += 1
                rows = rows_of(record, kind)
                one_sided += not rows
                for key, row in rows:
                    if key in seen:
                        repeated += 1
                        continue
                    seen.add(key)
                    written += 1
                    stream.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        if not written:
            raise UsageError(f"{', '.join(inputs)}: gives no row for {kind}")
    return Exported(out, read, written, repeated, one_sided, storage.join(out, NAME))


def rows_of(record: Row, kind: As) -> list[tuple[str, dict[str, Any]]]:
    """Rows of one record with what makes them the same as another; none where a side that is needed is empty."""
    prompt, chosen, rejected = (list(record[name] or ()) for name in ("prompt", "chosen", "rejected"))
    own = {"id": record["source_key"]}
    pair = {"prompt": prompt, "chosen": chosen, "rejected": rejected}
    if kind == "ppo":
        return [_keyed({**own, "prompt": prompt}, prompt)]
    if kind == "sft":
        return [_keyed({**own, "messages": [*prompt, *chosen]}, prompt, chosen)] if chosen else []
    if not chosen or not rejected:
        return []
    if kind == "dpo":
        return [_keyed({**own, **pair}, prompt, chosen, rejected)]
    if kind == "rm":
        one, other = record["chosen_score"], record["rejected_score"]
        margin = None if one is None or other is None else round(one - other, 6)
        return [_keyed({**own, **pair, "margin": margin}, prompt, chosen, rejected)]
    tags = TAGS["zh" if str(record["lang"] or "").startswith("zh") else "en"]
    return [
        _keyed({"id": f"{own['id']}:{side}", "messages": [*tagged(prompt, tag), *answer]}, tag, prompt, answer)
        for side, tag, answer in zip(("good", "bad"), tags, (chosen, rejected), strict=True)
    ]


def _keyed(row: dict[str, Any], *parts: Any) -> tuple[str, dict[str, Any]]:
    return orjson.dumps(parts).decode(), row


def tagged(prompt: Sequence[Row], tag: str) -> list[Row]:
    """The prompt with the tag on a line before what the user says last."""
    *before, last = prompt
    return [*before, {**last, "content": f"{tag}\n{last['content']}"}]


def files_of(inputs: Sequence[str]) -> list[str]:
    """Parquet files of preferences; UsageError naming every input that has none."""
    problems, found = [], dict[str, None]()
    for given in inputs:
        below = storage.join(given, "dataset", KINDS["preference"].folder)
        try:
            files = storage.list_files(below) or storage.expand(given)[1]
        except (OSError, UsageError) as error:
            problems.append(f"{given}: {error}")
            continue
        parquet = [one.uri for one in files if one.uri.partition("?")[0].endswith(".parquet")]
        if not parquet:
            problems.append(f"{given}: no Parquet file of preferences; name what `corpus pairs build` wrote, or a run")
        found.update(dict.fromkeys(parquet))
    if problems:
        raise UsageError("\n".join(problems))
    return list(found)


def _records(uri: str) -> Iterator[Row]:
    with storage.open_read(uri) as stream:
        try:
            file = pq.ParquetFile(stream)
            names = [name for name in COLUMNS if name in file.schema_arrow.names]
            if not {"prompt", "chosen", "rejected"} <= set(names):
                raise UsageError(f"{uri}: has no prompt, chosen and rejected; it holds no preferences")
            for batch in file.iter_batches(batch_size=BATCH, columns=names):
                for row in batch.to_pylist():
                    yield {name: row.get(name) for name in COLUMNS}
        except pa.ArrowException as error:
            raise UsageError(f"{uri}: cannot be read as Parquet: {str(error)[:200]}") from None
