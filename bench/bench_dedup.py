"""`corpus dedup` end to end: MB/s, seconds by stage, pairs, memory; and what other tools take for the same files.

    python bench/bench_dedup.py FILES.jsonl[.zst]... [--repeat N] [--master local[2]] [--peers] [--cache DIR]

Every run starts from nothing; the JVM's start is timed apart. MB are 10^6 bytes of uncompressed JSON lines. With
`--peers` the MinHash of datatrove and of Data-Juicer run on the same lines with two processes each (bench/peers says
how), in environments that are made below `--cache` once. Their wall time is of the command, imports with it, so the
JVM's start is added to ours for the ratios. What each removed is compared by the records' ids.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import polars as pl
from measured import Run, dedup, forget, load, size
from peers.environments import PEERS, Outcome, run_peer

from corpus.config import Dedup, Near
from corpus.session import open_session


def plain(files: list[str], folder: Path) -> list[str]:
    """The files, uncompressed."""
    import pyarrow as pa

    found = []
    for file in files:
        if not file.endswith((".zst", ".gz")):
            found.append(file)
            continue
        target = folder / Path(file).stem
        kind = "zstd" if file.endswith(".zst") else "gzip"
        with pa.input_stream(file, compression=kind) as source, target.open("wb") as out:
            shutil.copyfileobj(source, out)
        found.append(str(target))
    return found


def told(run: Run, megabytes: float) -> None:
    print(f"  {run.seconds:.2f} s, {megabytes / run.seconds:.1f} MB/s; {run.cpu:.1f} s of CPU,"
          f" {megabytes / run.cpu:.1f} MB/s a core; {load()}")  # fmt: skip
    print(f"  {run.rows} in, {run.kept} kept, gone {run.merged}; {run.found}")
    print(f"  seconds by stage: {run.spent}")


def removed_ids(root: Path) -> set[str]:
    """Ids of the near-duplicates and exact duplicates of a run."""
    gone = pl.read_parquet(f"{root}/rejected/**/*.parquet", columns=["source_key"], missing_columns="insert")
    return set(gone["source_key"].to_list())


def compared(ours: Run, start: float, megabytes: float, gone: set[str], peer: Outcome) -> str:
    both = len(gone & peer.removed)
    return (
        f"{peer.name}: {peer.seconds:.1f} s, {megabytes / peer.seconds:.2f} MB/s, {peer.cpu:.1f} s of CPU, peak"
        f" {peer.peak / 1e9:.2f} GB; {peer.rows} in, {peer.kept} kept, {len(peer.removed)} gone, {both} of them by both"
        f"\n  ours takes 1/{peer.seconds / ours.seconds:.1f} of the time"
        f" (1/{peer.seconds / (ours.seconds + start):.1f} with the JVM's start), 1/{peer.cpu / ours.cpu:.1f} of the CPU"
        f" time; {peer.settings}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--master", default=None)
    parser.add_argument("--split-mb", type=int, default=0)
    parser.add_argument(
        "--numbers", choices=["distinct", "ignore"], default="distinct", help="no other tool looks at them"
    )
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--only", choices=sorted(PEERS), help="this peer alone")
    parser.add_argument("--cache", type=Path, default=Path("~/.cache/corpus-bench").expanduser())
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="corpus-bench-"))
    try:
        files = plain(options.files, scratch)
        megabytes = size(files)
        began = time.monotonic()
        with open_session(options.master) as spark:
            start = time.monotonic() - began
            print(f"JVM start {start:.1f} s; input {megabytes:.1f} MB in {len(files)} files; {load()}")
            runs = []
            for turn in range(options.repeat):
                forget(scratch / f"run-{turn - 1}")
                print(f"run {turn + 1}")
                settings = Dedup(near=Near(numbers=options.numbers))
                runs.append(dedup(files, scratch / f"run-{turn}", settings, spark, options.split_mb))
                told(runs[-1], megabytes)
        gone = removed_ids(scratch / f"run-{options.repeat - 1}")
        rates = [megabytes / run.seconds for run in runs]
        print(f"corpus dedup: {statistics.median(rates):.1f} MB/s (median of {len(rates)}), best {max(rates):.1f}")
        print(f"peak memory {max(run.peak for run in runs) / 1e9:.2f} GB (driver, JVM and workers)")
        best = min(runs, key=lambda run: run.seconds)
        for name in ([options.only] if options.only else sorted(PEERS)) if options.peers or options.only else []:
            outcome = run_peer(PEERS[name], files, scratch / name, options.cache)
            print(outcome if isinstance(outcome, str) else compared(best, start, megabytes, gone, outcome))
            print(f"  {load()}")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
