"""Sidecars stay aligned with the text, whenever they are written and whatever breaks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from breaking import Fragile
from building import Go, contents, prose, published, rows_of, settings, write_jsonl

from corpus import pipeline
from corpus.rundir import RunDir


@pytest.fixture
def source(tmp_path: Path) -> dict[str, Any]:
    texts = [prose(number) for number in range(200)]
    texts[77] += "炸弹"
    write_jsonl(tmp_path / "in.jsonl", [{"text": text, "id": str(number)} for number, text in enumerate(texts)])
    return {"name": "s", "paths": str(tmp_path / "in.jsonl")}


def fragile(source: dict[str, Any]) -> pipeline.Pipeline:
    composed = pipeline.compose(settings(source, rules=[]))
    return replace(composed, sidecars=(*composed.sidecars, Fragile()))


def check(run: Path) -> None:
    assert published(run).num_rows == 199
    (lost,) = rows_of(run, "quarantine")
    assert (lost["stage"], lost["reason"], lost["source_key"]) == ("fragile", "kernel_error", "77")
    assert lost["raw"].decode() == prose(77) + "炸弹"
    accounts = RunDir.open(str(run)).accounts()
    assert dict(accounts["fragile"].quarantined) == {"kernel_error": 1}
    assert accounts["decide"].rows_in == accounts["fragile"].kept == 199


def test_a_row_that_breaks_a_sidecar_is_lost_alone(go: Go, tmp_path: Path, source: dict[str, Any]) -> None:
    go(fragile(source), tmp_path / "run", split_bytes=1 << 14)
    check(tmp_path / "run")
    stages = RunDir.open(str(tmp_path / "run")).published
    texts, lengths = stages["text"].table("text"), stages["fragile"].table("lengths")
    for part in stages["text"].manifest.parts:
        text, length = texts.read(part.number, ["text"]), lengths.read(part.number)
        assert text is not None
        assert length is not None
        for value, measured, ok in zip(
            text["text"].to_pylist(), length["length"].to_pylist(), length["ok"].to_pylist(), strict=True
        ):
            assert measured == (None if "炸弹" in value else len(value))
            assert ok == ("炸弹" not in value)


def test_a_sidecar_added_later_writes_no_text_and_gives_the_same(
    go: Go, tmp_path: Path, source: dict[str, Any]
) -> None:
    go(settings(source, rules=[]), tmp_path / "late", split_bytes=1 << 14)
    before = RunDir.open(str(tmp_path / "late")).published
    go(fragile(source), tmp_path / "late", split_bytes=1 << 14)
    check(tmp_path / "late")
    after = RunDir.open(str(tmp_path / "late")).published
    assert before["text"] == after["text"]
    go(fragile(source), tmp_path / "fused", split_bytes=1 << 14)
    assert contents(tmp_path / "late") == contents(tmp_path / "fused")


def test_a_new_signal_measures_again_and_reads_no_input(go: Go, tmp_path: Path, source: dict[str, Any]) -> None:
    go(settings(source, rules=["common"]), tmp_path / "run")
    before = RunDir.open(str(tmp_path / "run")).published
    go(settings(source, rules=["common", "zh/web"]), tmp_path / "run")
    after = RunDir.open(str(tmp_path / "run")).published
    assert before["text"].slot == after["text"].slot
    assert before["fingerprint"].slot == after["fingerprint"].slot
    assert before["measure"].slot != after["measure"].slot
