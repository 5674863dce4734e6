"""Three real rounds on a tiny model, by the commands that large ones take; killed on the way, they go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.synth.seeds import load
from train import provenance
from train.demo import demo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
DRIVER = "import sys; from train.demo import demo; demo(*sys.argv[1:4], rounds=3)"


def tiers(folder: Path) -> tuple[str, str]:
    """Seed tasks as documents and as conversations of three stages, laid out as runs publish them."""
    talks = [
        {
            "doc_id": f"{lang}{number:030d}", "source": lang, "source_key": seed.id, "lang": lang,
            "split": "validation" if number % 10 == 0 else "train", "difficulty": number / 175,
            "messages": [{"role": "user", "content": f"{seed.instruction}\n{seed.input}".strip()},
                         {"role": "assistant", "content": seed.output}],
        }
        for lang in ("zh", "en") for number, seed in enumerate(load(lang))
    ]  # fmt: skip
    for stage in (1, 2, 3):
        own = [row for row in talks if int(min(row["difficulty"] * 3, 2.99)) + 1 == stage]  # type: ignore[operator]
        write(folder / f"talks/dataset/sft/stage={stage}", own)
    texts = [{"text": seed.output, "source": lang, "split": "train"} for lang in ("zh", "en") for seed in load(lang)]
    for tier in ("high", "medium"):
        write(folder / f"texts/dataset/pretrain/tier={tier}", texts[tier == "high" :: 2])
    return str(folder / "texts"), str(folder / "talks")


def write(folder: Path, rows: list[dict[str, object]]) -> None:
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "part-0.parquet")


def test_three_rounds_each_on_new_and_harder_rows_with_every_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    documents, dialogues = tiers(tmp_path)
    out = tmp_path / "out"
    begun = out / "rounds" / "round=2" / "plan-harder.done.json"
    started = subprocess.Popen(
        [sys.executable, "-c", DRIVER, documents, dialogues, str(out)],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    while not begun.exists():
        assert started.poll() is None
        time.sleep(0.2)
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    done = {path: path.stat().st_mtime_ns for path in (out / "rounds").glob("round=*/*.done.json")}
    lines = demo(documents, dialogues, str(out), rounds=3, say=lambda _: None)
    assert all(path.stat().st_mtime_ns == at for path, at in done.items())
    assert [line["told"]["seeds"] for line in lines] == [40] * 3
    difficulty = [line["told"]["difficulty"] for line in lines]
    assert difficulty == sorted(difficulty)
    assert difficulty[0] < difficulty[1] < difficulty[2]
    plans = [out / f"rounds/round={number}/pairs/plan.parquet" for number in (1, 2, 3)]
    drawn = [pq.read_table(plan, columns=["seed", "failed"], partitioning=None).to_pylist() for plan in plans]
    # Seeds at which the last round's policy failed come again, by design; all others are new.
    seeds = [{row["seed"] for row in rows if not row["failed"]} for rows in drawn]
    assert all(len(own) >= 20 for own in seeds)
    assert not (seeds[0] & seeds[1] | seeds[0] & seeds[2] | seeds[1] & seeds[2])
    pages = provenance.chain(lines[-1]["model"])
    assert [page["stage"] for page in pages] == ["dpo", "sft"] * 3 + ["pretrain"]
    assert [line["start"] for line in lines[1:]] == [line["model"] for line in lines[:-1]]
    packed = json.loads((out / "packed-talk" / "manifest.json").read_text())
    assert pages[1]["data"]["packed"][0]["digest"] == packed["digest"]
    assert pages[1]["data"]["packed"][0]["dataset"] == packed["dataset"]
    assert all(line["told"]["accuracy"] is not None for line in lines)
    rates = [line["told"].get("win_rate") for line in lines]
    assert rates[0] is None
    assert all(-50 <= rate <= 50 for rate in rates[1:])
    for number, rate in enumerate(rates[1:], 2):
        verdicts = pq.read_table(out / f"rounds/round={number}/compared/verdicts.parquet")["verdict"].to_pylist()
        worth = [{"win": 1.0, "tie": 0.5, "lose": 0.0}[verdict] for verdict in verdicts]
        assert len(worth) == 32
        assert rate == pytest.approx(100 * sum(worth) / 32 - 50)
