"""What new data costs with an index: python bench/bench_index.py FILE.jsonl[.zst]... [--share 0.1].

Cuts a random share of the lines off as new data. Compares a deduplicating run over everything with an index of a run
over the rest, to which the new data is added. Prints wall and CPU seconds (user and system, of all processes started)
of each command, and what share of the full run the new data costs.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil


def lines_of(path: Path) -> Iterator[bytes]:
    if path.suffix != ".zst":
        with path.open("rb") as stream:
            yield from stream
        return
    import io

    import zstandard

    with path.open("rb") as stream:
        yield from io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(stream))


def cpu_of(root: psutil.Process, seen: dict[int, float]) -> None:
    """CPU seconds of a process and all below it, by process id, as last seen."""
    try:
        for process in [root, *root.children(recursive=True)]:
            try:
                times = process.cpu_times()
                seen[process.pid] = max(seen.get(process.pid, 0.0), times.user + times.system)
            except psutil.Error:
                continue
    except psutil.Error:
        pass


def spent(*command: str) -> tuple[float, float, str]:
    """Wall and CPU seconds of a command, and the last line it said."""
    seen: dict[int, float] = {}
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            cpu_of(watched, seen)
            time.sleep(0.02)
        said = process.stdout.read() if process.stdout is not None else ""
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return time.monotonic() - began, sum(seen.values()), said.strip().rsplit("\n", 1)[-1]


def pipeline(folder: Path, name: str) -> str:
    path = folder / f"{name}.yaml"
    path.write_text(
        f"name: {name}\nsources: [{{name: {name}, paths: {name}.jsonl}}]\nrules: []\ndedup: {{near: {{}}}}\n",
        encoding="utf-8",
    )
    return str(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="+")
    parser.add_argument("--share", type=float, default=0.1)
    options = parser.parse_args()
    chance = random.Random(1)
    corpus = [str(Path(sys.executable).with_name("corpus"))]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        whole, old, new = (folder / f"{name}.jsonl" for name in ("whole", "old", "new"))
        with whole.open("wb") as all_of_it, old.open("wb") as most, new.open("wb") as rest:
            for path in options.file:
                for line in lines_of(path):
                    all_of_it.write(line)
                    (rest if chance.random() < options.share else most).write(line)
        print(f"{whole.stat().st_size / 1e6:.1f} MB, of which {new.stat().st_size / 1e6:.1f} MB are new")
        index = str(folder / "index")
        steps = {
            "run over all": ("run", pipeline(folder, "whole"), "--out", str(folder / "run_whole")),
            "run over the old": ("run", pipeline(folder, "old"), "--out", str(folder / "run_old")),
            "index build": ("index", "build", str(folder / "run_old"), "--out", index),
            "index query": ("index", "query", index, str(new)),
            "index add, new files": ("index", "add", index, str(new)),
        }
        seconds = {}
        for name, command in steps.items():
            wall, cpu, said = spent(*corpus, *command, "--json")
            seconds[name] = wall, cpu
            told = json.loads(said)
            account = told.get("account") or told.get("asked") or told.get("runs", "")
            print(f"{name:22} {wall:6.1f} s wall {cpu:6.1f} s CPU  {json.dumps(account)[:150]}")
        (wall, cpu), (all_wall, all_cpu) = seconds["index add, new files"], seconds["run over all"]
        print(
            f"new data costs {wall / all_wall:.1%} of the wall time of a full run, {cpu / all_cpu:.1%} of its CPU time"
        )


if __name__ == "__main__":
    main()
