"""`corpus train pack` on made-up conversations: conversations/s, tokens/s, fill, peak memory; then what a rank takes.

    python bench/bench_pack.py --tokenizer DIR [--rows 200000] [--seq-len 2048] [--processes 2] [--template belle]

Half are Chinese and half English, of one or two turns, with answers of 20 to 400 characters as in Alpaca's own set. The
tokenizer is a folder on this machine. Memory is the peak of this process and of the largest of its workers.

Then a process of its own opens the pack as rank 0 of 8 does, plan and all, and reads its rows of 1,000 steps of a
global batch of 128, shuffled; its memory is the peak with torch in it.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from peak import peak

from train.pack.make import pack
from train.packed import Part

SAYS = ("先把水泵擦干净，再看螺丝有没有松动。", "The pump is cleaned first, then every screw is looked at. ")
GROUP = 10_000
STEPS, BATCH, RANKS = 1000, 128, 8


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


def parts_rows(parts: dict[str, Part]) -> int:
    """Rows of all tiers."""
    return sum(part.rows for part in parts.values())


def opened(folder: str) -> None:
    """Print what a rank takes to open a pack and read 1,000 steps."""
    from train import packed, plan
    from train.data import Collate, Rows

    began = time.perf_counter()
    pack_ = packed.read(folder)
    parts = {tier: part for (tier, split), part in pack_.parts.items() if split == "train"}
    made = plan.make(parts, [plan.Wanted(dict.fromkeys(parts, 1.0), epochs=-(-STEPS // (parts_rows(parts) // BATCH)))],
                     BATCH, 0)  # fmt: skip
    rows, collate = Rows(made, lanes=BATCH // RANKS), Collate(0)
    ready = time.perf_counter() - began
    places = sum(
        collate([rows[step * BATCH + lane] for lane in range(BATCH // RANKS)])["input_ids"].numel()
        for step in range(STEPS)
    )
    wall = time.perf_counter() - began
    print(
        f"a rank of {RANKS}: {len(made):,} rows of {parts_rows(parts):,} planned in {ready:.1f} s, "
        f"{STEPS:,} batches of {places // STEPS:,} tokens in {wall:.1f} s, peak {peak() / 1e9:.2f} GB"
    )


def main() -> None:
    """Print a line on packing and one on opening."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokenizer")
    parser.add_argument("--open", metavar="DIR", help="Only open the pack there.")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seq-len", type=int, default=2048)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--template", default="belle")
    given = parser.parse_args()
    if given.open:
        opened(given.open)
        return
    if not given.tokenizer:
        parser.error("--tokenizer is needed")
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "in/sft/stage=1/part.parquet", given.rows)
        began = time.perf_counter()
        page = pack(
            f"{folder}/in", given.tokenizer, f"{folder}/out", given.seq_len, given.template, (), given.processes
        )
        wall = time.perf_counter() - began
        held = [resource.getrusage(who).ru_maxrss / 1e6 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        subprocess.run([sys.executable, __file__, "--open", f"{folder}/out"], check=True)
    told = page["tiers"]["stage=1"]["train"]
    print(
        f"{told['packed']:,} of {told['records']:,} conversations in {wall:.1f} s: {told['packed'] / wall:,.0f}/s, "
        f"{told['tokens'] / wall:,.0f} tokens/s, fill {told['fill']:.4f}, peak {held[0]:.2f} + {held[1]:.2f} GB"
    )


if __name__ == "__main__":
    main()
