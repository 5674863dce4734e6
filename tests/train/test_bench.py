"""The table of what training costs, from real jobs of two ranks; ZeRO-2 is measured in tests/train/test_runs.py."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cli import train_view
from corpus.errors import EnvironmentProblem, UsageError
from train import bench, packed
from train.bench import Bench, Row, pack

ROOT = Path(__file__).parents[2]


def test_rows_are_full_and_documents_have_the_length_asked_for(tmp_path: Path) -> None:
    where = pack(Bench(length=512, document=40), 90, 77, tmp_path)
    part = packed.read(where).parts["bench", "train"]
    assert (part.rows, part.tokens) == (90, 90 * 512)
    assert part.mean_document_tokens == pytest.approx(40, rel=0.15)
    table = pq.read_table(part.files[0].uri)
    assert {len(ids) for ids in table["input_ids"].to_pylist()} == {512}
    assert {sum(lengths) for lengths in table["seq_lengths"].to_pylist()} == {512}
    assert max(map(max, table["input_ids"].to_pylist())) == 76
    again = packed.read(pack(Bench(length=512, document=40), 90, 77, tmp_path / "again")).parts["bench", "train"]
    assert pq.read_table(again.files[0].uri).equals(table)


@pytest.mark.slow
def test_a_stage_is_measured_by_a_job_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}.items():
        monkeypatch.setenv(name, value)
    [row] = bench.table(Bench("tiny", batch=2, length=64, document=20, steps=2, warm_up=1), ["z3"], 2)
    assert isinstance(row, Row)
    sound(row, "z3")


def sound(row: Row, zero: str) -> None:
    assert (row.model, row.zero, row.ranks, row.batch, row.length) == ("tiny", zero, 2, 2, 64)
    assert (row.device, row.utilisation, row.mfu) == ("CPU", None, None)
    assert row.parameters == 139_584
    assert row.memory > 1 << 28
    assert row.tokens_per_second_per_gpu == pytest.approx(2 * 64 / row.seconds_per_step, rel=0.2)
    # 6 for each weight but the embeddings, and 12 L q S (train/meters.py).
    flops = 6 * (2 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128) + 64 * 512) + 12 * 2 * 64 * row.document
    assert row.model_tflops * 1e12 == pytest.approx(row.tokens_per_second_per_gpu * flops, rel=1e-3)


def test_a_job_that_fails_says_what_to_do(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bench.sys, "executable", "/bin/false")
    with pytest.raises(EnvironmentProblem, match="z2: the job failed.*--activation-checkpointing"):
        bench.table(Bench("tiny"), ["z2", "z3"], 2)


def test_within_a_job_one_stage_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "RANK" not in os.environ
    monkeypatch.setenv("RANK", "0")
    with pytest.raises(UsageError, match="name one --zero"):
        bench.table(Bench("tiny"), ["z2", "z3"])


def test_the_table_says_which_memory_it_is_and_what_nobody_knows(capsys: pytest.CaptureFixture[str]) -> None:
    told = Row("tiny", 139_584, "z3", 2, 1, 64, 20.5, "CPU", 640_000_000, None, 0.25, 0.001, None, 256.0)
    train_view.benched([told], as_json=False)
    head, line, _, about = capsys.readouterr().out.splitlines()
    assert "memory (process)" in head
    assert line.split() == ["tiny", "z3", "2", "1", "64", "640", "MB", "–", "0.25", "0.001", "–", "256"]
    assert about == "CPU; 139,584 parameters, documents of 20 tokens on average"
    train_view.benched([replace(told, device="NVIDIA H200", utilisation=0.98, mfu=0.412)], as_json=False)
    shown = capsys.readouterr().out
    assert "(process)" not in shown
    assert "98.0%" in shown
    assert "41.2%" in shown
    train_view.benched([told], as_json=True)
    assert json.loads(capsys.readouterr().out)["rows"][0]["memory"] == 640_000_000
