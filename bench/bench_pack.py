"""`corpus train pack` on made-up conversations: conversations/s, tokens/s, fill, peak memory.

    python bench/bench_pack.py --tokenizer DIR [--rows 200000] [--seq-len 2048] [--processes 2] [--template belle]

Half are Chinese and half English, of one or two turns, with answers of 20 to 400 characters as in Alpaca's own set. The
tokenizer is a folder on this machine. Memory is the peak of this process and of the largest of its workers.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from train.pack.make import pack

SAYS = ("先把水泵擦干净，再看螺丝有没有松动。", "The pump is cleaned first, then every screw is looked at. ")
GROUP = 10_000


def write(path: Path, rows: int) -> None:
    """`rows` conversations in one file, row groups of 10,000."""
    rng = np.random.default_rng(7)
    path.parent.mkdir(parents=True)
    writer: pq.ParquetWriter | None = None
    for at in range(0, rows, GROUP):
        size = min(GROUP, rows - at)
        lengths = np.clip(rng.lognormal(4.6, 0.8, (size, 2)), 20, 400).astype(int)
        talks = []
        for number, (first, second) in enumerate(lengths):
            say = SAYS[number % 2] * 24
            turns = [f"{at + number}？", say[:first]] + (["?", say[:second]] if number % 3 == 0 else [])
            talks.append([{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(turns)])
        table = pa.table({"messages": talks, "source": ["made"] * size, "split": ["train"] * size})
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seq-len", type=int, default=2048)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--template", default="belle")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "in/sft/stage=1/part.parquet", given.rows)
        began = time.perf_counter()
        page = pack(
            f"{folder}/in", given.tokenizer, f"{folder}/out", given.seq_len, given.template, (), given.processes
        )
        wall = time.perf_counter() - began
    told = page["tiers"]["stage=1"]["train"]
    peak = [resource.getrusage(who).ru_maxrss / 1e6 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        f"{told['packed']:,} of {told['records']:,} conversations in {wall:.1f} s: {told['packed'] / wall:,.0f}/s, "
        f"{told['tokens'] / wall:,.0f} tokens/s, fill {told['fill']:.4f}, peak {peak[0]:.2f} + {peak[1]:.2f} GB"
    )


if __name__ == "__main__":
    main()
