"""Ingest to publish on JSONL: MB/s, rows/s and peak memory of driver, JVM and workers together.

    python bench/bench_run.py [FILES...] [--repeat N] [--master local[2,4]] [--full 10000]

`--full` runs what bench_full.py runs in memory: the rewrite packs, the rules of Chinese web pages with the word lists,
and a list of so many terms beside them, half of them cut from the text. Without files it writes 120 MB of its own. The
JVM's start is timed apart; every run starts from nothing. MB are 10^6 bytes of uncompressed input.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from corpus import config, pipeline
from corpus.execute import execute
from corpus.session import open_session


class PeakMemory:
    """The largest sum of proportional set sizes of this process and all it started, sampled five times a second."""

    def __init__(self) -> None:
        self.peak = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.2):
            total = 0
            own = psutil.Process()
            for process in [own, *own.children(recursive=True)]:
                try:
                    total += process.memory_full_info().pss
                except (psutil.Error, AttributeError):
                    continue
            self.peak = max(self.peak, total)


def make_input(directory: Path, megabytes: int = 120) -> list[str]:
    """Chinese sentences in varied order, about 4 KB a document, one in ten repeated."""
    import random

    random.seed(7)
    subjects = ["老人", "工程师", "学生", "渔民", "医生", "村长", "邮差", "木匠", "记者", "画家"]
    verbs = ["修好了", "看见了", "记录下", "谈起", "搬走了", "送来了", "忘记了", "画出了", "讨论着", "整理好"]
    objects = ["旧水泵", "一封长信", "河边的渡船", "去年的账本", "一张地图", "新的计划", "晒干的草药", "窗前的花"]
    tails = ["，天色已经暗了", "，大家都松了一口气", "，雨却还没有停", "，没有人再提起这件事", "，第二天又重新开始"]

    def sentence() -> str:
        return random.choice(subjects) + random.choice(verbs) + random.choice(objects) + random.choice(tails) + "。"

    path = directory / "made.jsonl"
    written = 0
    with path.open("w", encoding="utf-8") as handle:
        number = 0
        while written < megabytes * 1_000_000:
            paragraphs = ["".join(sentence() for _ in range(random.randint(3, 8))) for _ in range(10)]
            for _ in range(2 if number % 10 == 0 else 1):
                line = json.dumps({"id": f"d{number}", "text": "\n".join(paragraphs)}, ensure_ascii=False) + "\n"
                handle.write(line)
                written += len(line.encode())
                number += 1
    return [str(path)]


def full_pack(directory: Path, files: Sequence[str], terms: int) -> dict[str, Any]:
    """The rewrites and rules of bench_full.py, with the list of terms as a user's own."""
    from bench_full import REWRITES, RULES, from_file, terms_of

    texts = [text for file in files for text in from_file(Path(file), "text", 4_000_000).to_pylist()]
    (directory / "terms.txt").write_text("\n".join(terms_of(texts, terms)) + "\n", encoding="utf-8")
    rule = (
        "- id: bench.terms\n  signal: {kernel: term_density, list: terms.txt}\n  keep_when: {max: 0}\n"
        "  otherwise: flag\n  reason: measured alone\n  source: this bench\n"
        "  examples: {keep: [天气很好], drop: [天气]}\n"
    )
    (directory / "terms.yaml").write_text(rule, encoding="utf-8")
    return {"rewrites": REWRITES, "rules": [*RULES, str(directory / "terms.yaml")]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--master", default=None)
    parser.add_argument(
        "--full", type=int, default=0, metavar="TERMS", help="every rewrite, and a list of so many terms"
    )
    parser.add_argument("--keep", default=None, help="keep the last run in this directory")
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="corpus-bench-"))
    try:
        files = options.files or make_input(scratch)
        megabytes = sum(Path(file).stat().st_size for file in files) / 1e6
        asked: dict[str, Any] = {"name": "bench", "sources": [{"name": "bench", "paths": files}]}
        if options.full:
            asked |= full_pack(scratch, files, options.full)
        composed = pipeline.compose(config.Pipeline.model_validate(asked))
        began = time.monotonic()
        with PeakMemory() as memory, open_session(options.master) as spark:
            print(f"JVM start: {time.monotonic() - began:.1f} s; input {megabytes:.1f} MB")
            rates = []
            for turn in range(options.repeat):
                root = scratch / f"run-{turn}"
                result = execute(composed, str(root), spark=spark)
                rates.append(megabytes / result.seconds)
                stages = json.loads((root / "published.json").read_bytes())["stages"]
                spent = {
                    name: json.loads((root / at / "manifest.json").read_bytes())["seconds"]
                    for name, at in stages.items()
                }
                rows = result.account.rows_in
                print(
                    f"run {turn + 1}: {result.seconds:.2f} s, {rates[-1]:.1f} MB/s, {rows / result.seconds:,.0f} rows/s"
                )
                print(f"  {rows} in, {result.account.kept} kept; seconds by stage: {spent}")
        print(f"ingest to publish: {statistics.median(rates):.1f} MB/s (median of {len(rates)})")
        print(f"peak memory: {memory.peak / 1e9:.2f} GB (driver, JVM and workers)")
        if options.keep:
            shutil.copytree(root, options.keep, dirs_exist_ok=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
