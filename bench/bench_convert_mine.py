"""How fast files are converted and phrases mined, in CPU time: `python bench/bench_convert_mine.py FILES...`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus import config
from corpus.convert import Wanted, convert
from corpus.inspect.mine import mine


def timed(name: str, size: float, work: Callable[[], Any]) -> Any:
    began = time.process_time()
    done = work()
    seconds = time.process_time() - began
    print(f"{name:<24} {seconds:6.2f} s  {size / seconds:6.1f} MB/s")
    return done


def main(paths: list[str]) -> None:
    source = (config.Source(name="bench", paths=tuple(paths)),)
    with tempfile.TemporaryDirectory() as folder:
        # The first reading compiles or loads the kernels, and says how many bytes the records are as JSONL.
        first = convert(source, f"{folder}/first", Wanted())
        size = sum(shard.file.bytes for shard in first.shards) / 1e6
        print(f"{first.account.rows_in:,} records, {size:.0f} MB as JSONL")
        for name, wanted in (
            ("to jsonl", Wanted()),
            ("to parquet", Wanted(to="parquet")),
            ("to text", Wanted(to="text")),
            ("to jsonl, zstd", Wanted(compress="zstd")),
            ("a tenth", Wanted(share=0.1)),
            ("1,000 records", Wanted(rows=1000)),
        ):
            timed(name, size, lambda wanted=wanted, name=name: convert(source, str(Path(folder) / name), wanted))
    mine(paths[:1], top=1)
    found = timed("mine, three readings", size, lambda: mine(paths))
    print(f"{len(found.proposals)} proposals, {found.documents:,} texts")


if __name__ == "__main__":
    main(sys.argv[1:])
