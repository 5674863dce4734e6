"""One small run in which every fate occurs: kept, dropped, unselected, merged, quarantined on reading, on a row stage
and on a sidecar."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
from breaking import Shout
from building import prose, settings, write_jsonl

from corpus import pipeline
from corpus.schema import Contract

FATES = {"kept": 45, "dropped": 4, "merged": 10, "quarantined": 5}
"""Of 64 records read."""


@dataclass(frozen=True)
class Fussy:
    """A sidecar that breaks on one word."""

    name: ClassVar[str] = "fussy"
    version: ClassVar[int] = 1
    table: ClassVar[str] = "fuss"

    @property
    def contract(self) -> Contract:
        return Contract(reads={"text": pa.large_string()}, adds={"fuss": pa.int32()})

    def settings(self) -> Any:
        return {}

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        texts = batch.column("text").to_pylist()
        if any("地雷" in text for text in texts):
            raise RuntimeError("too fussy for that")
        return pa.RecordBatch.from_arrays([pa.array([1] * len(texts), pa.int32())], names=["fuss"])


def write_dirty(folder: Path) -> Path:
    """Two files of records: `news` with ids of its own, `more` without."""
    news: list[Any] = [{"text": prose(number % 30), "id": f"n{number}"} for number in range(40)]
    news += [{"text": "短", "id": "short"}, {"text": "！！！？？？，，，。。。" * 30, "id": "marks"}]
    news += [{"text": prose(100 + number), "id": "same"} for number in range(3)]
    news += [{"text": prose(200), "id": "unwanted", "url": "https://example.org/login/1"}]
    news += [{"text": prose(201) + "炸弹", "id": "bomb"}, {"text": prose(202) + "地雷", "id": "mine"}]
    news += [b"{", {"body": 3, "id": "numeric"}, b'{"text": "\xff"}']
    write_jsonl(folder / "news.jsonl", news)
    more: list[Any] = [{"text": prose(300 + number)} for number in range(12)]
    more += [{"text": "Too short to be of use."}]
    write_jsonl(folder / "more.jsonl", more)
    return folder


def dirty_pipeline(folder: Path) -> pipeline.Pipeline:
    composed = pipeline.compose(
        settings(
            {"name": "news", "paths": str(folder / "news.jsonl"), "priority": 1, "license": "CC0-1.0"},
            {"name": "more", "paths": str(folder / "more.jsonl")},
            select={"urls": {"exclude": ["/login/"]}},
            limits={"quarantine_share": 0.5},
        ),
        extra=[Shout()],
    )
    return replace(composed, sidecars=(*composed.sidecars, Fussy()))
