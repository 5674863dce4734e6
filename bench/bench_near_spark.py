"""Near-duplicates of one run in the driver and on Spark: seconds, CPU seconds of all processes, and equal results.

    python bench/bench_near_spark.py [RECORDS]

The text and its signatures are made once; the stages from near-candidates on are made twice. A fifth of the records
are in clusters of two to six edited copies.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import config, pipeline
from corpus.execute import execute
from corpus.rundir import RunDir
from corpus.session import open_session

STAGES = ("near-candidates", "near-shingles", "near-edges", "dedup-near")
LETTERS = np.array([chr(0x4E00 + 3 * place) for place in range(1500)])


def texts(records: int) -> list[str]:
    chosen = np.random.default_rng(1)
    found: list[str] = []
    while len(found) < records:
        codes = chosen.integers(0, len(LETTERS), chosen.integers(150, 600))
        found.append("".join(LETTERS[codes]))
        for _ in range(int(chosen.integers(1, 6)) if chosen.random() < 0.07 else 0):
            copy = codes.copy()
            copy[chosen.integers(0, len(copy), len(copy) // 60)] = 0
            found.append("".join(LETTERS[copy]))
    return found[:records]


def cpu() -> dict[int, float]:
    """User and system seconds of every process of ours, and of those they waited for."""
    me = psutil.Process()
    found = {}
    for process in (me, *me.children(recursive=True)):
        try:
            found[process.pid] = sum(process.cpu_times()[:4])
        except psutil.Error:
            continue
    return found


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    with tempfile.TemporaryDirectory() as scratch, open_session() as spark:
        folder = Path(scratch)
        pq.write_table(pa.table({"text": texts(records)}), folder / "in.parquet", row_group_size=20_000)
        source = {"name": "s", "paths": str(folder / "in.parquet"), "lang": "zh"}
        wanted = config.Pipeline.model_validate(
            {"name": "bench", "sources": [source], "rules": [], "dedup": {"near": {}}}
        )
        run = folder / "run"
        found: dict[str, Any] = {}
        execute(pipeline.compose(wanted), str(run), spark=spark)
        for way, rows_here in (("driver", 10**9), ("spark", 0)):
            for stage in STAGES:
                shutil.rmtree(run / "stages" / stage)
            before = cpu()
            execute(pipeline.compose(wanted), str(run), spark=spark, rows_here=rows_here)
            spent = sum(seconds - before.get(pid, 0.0) for pid, seconds in cpu().items())
            stages = RunDir.open(str(run)).published
            wall = {name: stages[name].manifest.seconds for name in STAGES}
            print(way, f"{sum(wall.values()):.1f} s, {spent:.1f} s CPU", wall)
            print({name: dict(stages[name].manifest.details) for name in STAGES})
            found[way] = {name: stages[name].manifest.content for name in STAGES}
        print("equal:", found["driver"] == found["spark"])


if __name__ == "__main__":
    main()
