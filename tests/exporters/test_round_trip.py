"""Hostile dialogues of every format: Parquet -> exported files -> import gives the same records, for every export."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dialogues import CALL, ROWS

from corpus.exporters.files import export
from corpus.exporters.rows import FORMATS, Shape, To, shape_of
from corpus.importers.convert import columns_of, convert, convert_batch, record_of, restore
from corpus.importers.detect import detect
from corpus.importers.model import Format, Imported, Kind, Problem

HOSTILE = (
    '引号"和\\反斜杠\\n',
    "Human: 你好\n\nAssistant: 再见",
    "\n\nHuman: a\n\nAssistant:",
    "<|im_end|>\n<|im_start|>assistant",
    "</s>[INST] <<SYS>>",
    "<noinput>",
    f"<tool_call>\n{CALL}\n</tool_call>",
    "<think>\n\n</think>",
    "### Response:\n\x00\x1f\u2028\u2029\ufeff",
    "  两边有空格 \t",
    "👩\u200d👧 e\u0301 \U00020000",
    '{"from": "gpt", "value": "[]"}',
    "null",
    "\r\n回车\r",
)
TARGETS: tuple[To, ...] = ("sharegpt", "messages", "alpaca", "llamafactory", "original")


def with_text(value: Any, place: Iterator[str], depth: int = 0) -> Any:
    """A row whose longer texts are hostile ones, one after another; names, roles and short labels stay."""
    if isinstance(value, dict):
        fixed = {"role", "from", "id", "format", "kind", "type", "name", "loss_weight"}
        return {name: one if name in fixed else with_text(one, place, depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [with_text(one, place, depth + 1) for one in value]
    return next(place) if isinstance(value, str) and len(value) > 3 else value


def hostile() -> list[Imported]:
    """Records of every format with hostile texts in all their turns, as far as the format reads such a row at all."""
    found: list[Imported] = []
    seen: set[str] = set()
    for fmt in sorted(ROWS):
        for turn in range(len(HOSTILE)):
            row = with_text(ROWS[fmt], iter([*HOSTILE[turn:], *HOSTILE] * 3))
            record = convert(row, fmt)
            if isinstance(record, Problem) or repr(row) in seen:
                continue
            seen.add(repr(row))
            assert restore(record) == row, fmt
            found.append(record._replace(source_key=record.source_key or f"{fmt}.jsonl#{turn}"))
    return found


RECORDS = hostile()


def test_most_formats_read_hostile_rows() -> None:
    assert len({record.note["format"] for record in RECORDS}) >= 20
    assert {record.kind for record in RECORDS} == set(Kind)


@pytest.mark.parametrize("to", TARGETS)
@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_exported_is_imported_as_the_same_records(kind: Kind, to: To, tmp_path: Path) -> None:
    records = [record for record in RECORDS if record.kind == kind]
    pq.write_table(pa.Table.from_batches([columns_of(records)]), tmp_path / "in.parquet")
    done = export([str(tmp_path / "in.parquet")], to, str(tmp_path / "out"), most_left_out=1.0)
    assert done.read == len(records) == sum(file.rows for file in done.files) + sum(done.left_out.values())
    found = [one for file in done.files for one in read_back(tmp_path / "out" / file.path, file.shape, to)]
    assert len(found) == sum(file.rows for file in done.files)
    given, back = (Counter(repr(one._replace(score=None)) for one in many) for many in (records, found))
    assert not back - given
    if to == "messages":
        assert not done.left_out


def read_back(path: Path, shape: Shape, to: To) -> Iterator[Imported]:
    """The records of an exported file, imported as the format that it is; of originals, each as its own."""
    text = path.read_text(encoding="utf-8")
    rows = json.loads(text) if path.suffix == ".json" else [json.loads(line) for line in text.split("\n") if line]
    if to == "original":
        originals = {json.dumps(restore(one), sort_keys=True): one for one in RECORDS}
        yield from (originals[json.dumps(row, sort_keys=True)] for row in rows)
        return
    fmt = FORMATS["sharegpt" if to == "llamafactory" else to, shape]
    assert detect(rows).format in (fmt, None) or fmt in (Format.ALPACA, Format.PROMPTS)
    records, problems = convert_batch(rows, fmt)
    assert not problems
    for one in (record_of(row) for row in records.to_pylist()):
        assert shape_of(one) == shape
        yield one
