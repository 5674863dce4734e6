"""Alpaca rows in a run: imported, every rule of `rules/sft`, exact duplicates, publish; rows/s by wall and CPU.

    python bench/bench_alpaca.py [--rows 1000000] [--rules sft] [--master local[2,4]] [--warm 20000]

The rows are generated, one third Chinese with an input, one third Chinese without, one third English; lengths as in
Alpaca's own set (about 20 to 400 characters an answer); one row in fifty lacks its answer, one in a hundred is cut off,
so there is something to refuse. The JVM's start and the workers' first compilation are apart: a small run of `--warm`
rows comes first. The rate per CPU second is what a busy machine does not change; `rows/s on two cores` is twice that.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from measured import Watch, size

from corpus import config, pipeline
from corpus.execute import execute
from corpus.session import open_session

PLACES = ("阳台", "河边", "车站", "教室", "菜园", "码头", "山脚下", "图书馆", "车间", "晒谷场")
THINGS = ("旧水泵", "渡船", "账本", "一张地图", "番茄苗", "自行车", "老收音机", "一封长信", "风筝", "木箱子")
ASKS = (
    "请介绍{place}的{thing}有什么用处",
    "写一段话，说明怎样在{place}照看{thing}",
    "列出三条在{place}使用{thing}的建议",
)
SAYS = (
    "{thing}放在{place}，每天早上先看一看有没有松动的地方",
    "如果天气潮湿，就要把{thing}搬到干燥的角落里去",
    "住在{place}附近的人常常借用{thing}，用完以后擦干净再还回来",
    "第一步是把{thing}清洗干净，第二步才是检查零件",
    "这样做既省时间，也能让{thing}多用几年",
    "最后把经过记在本子上，下一次就知道该怎么办了",
)
OUGHT = (
    "Keep the {thing} near the {place} and look at it every morning",
    "When it rains, move the {thing} to a dry corner of the {place}",
    "People who live by the {place} borrow the {thing} and bring it back clean",
    "The first step is to wash the {thing}, the second to check its parts",
    "Done like this, the {thing} will last for many more years",
    "Write down what was done, so that next time it is easier",
)
EN_PLACES = ("balcony", "river", "station", "classroom", "garden", "harbour", "hill", "library", "workshop", "yard")
EN_THINGS = ("pump", "ferry", "ledger", "map", "seedling", "bicycle", "radio", "letter", "kite", "crate")


def write_rows(path: Path, rows: int, seed: int = 11) -> None:
    """So many Alpaca rows as JSON lines, the same for the same seed."""
    rng = np.random.default_rng(seed)
    with path.open("w", encoding="utf-8") as handle:
        for start in range(0, rows, 10_000):
            many = min(10_000, rows - start)
            picks = rng.integers(0, 10, (many, 2))
            said = rng.integers(0, 6, (many, 10))
            lengths = np.minimum(10, 1 + rng.geometric(0.25, many))
            fate = rng.random(many)
            lines = [_row(start + at, picks[at], said[at, : lengths[at]], float(fate[at])) for at in range(many)]
            handle.write("\n".join(lines) + "\n")


def _row(number: int, pick: np.ndarray, said: np.ndarray, fate: float) -> str:
    english = number % 3 == 2
    names = (EN_PLACES, EN_THINGS) if english else (PLACES, THINGS)
    place, thing = names[0][pick[0]], names[1][pick[1]]
    parts = [(OUGHT if english else SAYS)[one].format(place=place, thing=thing) for one in said]
    if english:
        asked, answer = f"How would you look after the {thing} at the {place} in year {number}?", ". ".join(parts) + "."
    else:
        asked = ASKS[number % len(ASKS)].format(place=place, thing=thing) + f"（第{number}题）。"
        answer = "，".join(parts) + "。"
    if fate < 0.02:
        answer = ""
    elif fate < 0.03:
        answer = answer[:-1] + ("，" if not english else ",")
    given = f"{place}里有{thing}，已经用了{number % 30}年。" if number % 3 == 0 else ""
    return json.dumps({"instruction": asked, "input": given, "output": answer}, ensure_ascii=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--warm", type=int, default=20_000)
    parser.add_argument("--rules", nargs="*", default=["sft"])
    parser.add_argument("--master", default=None)
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="corpus-alpaca-"))
    try:
        files = {}
        for name, rows in (("warm", options.warm), ("all", options.rows)):
            files[name] = scratch / f"{name}.jsonl"
            write_rows(files[name], rows, seed=len(name))
        began = time.monotonic()
        with open_session(options.master) as spark:
            print(f"JVM start {time.monotonic() - began:.1f} s; input {size([str(files['all'])]):.1f} MB")
            for name, file in files.items():
                asked = {
                    "name": "alpaca",
                    "kind": "conversation",
                    "sources": [{"name": "alpaca", "paths": [str(file)]}],
                    "rules": options.rules,
                    "tiers": "single",
                }
                composed = pipeline.compose(config.Pipeline.model_validate(asked))
                root = scratch / f"run-{name}"
                with Watch() as watch:
                    result = execute(composed, str(root), spark=spark)
                if name == "warm":
                    continue
                account = result.account
                spent = {
                    stage: round(json.loads((root / at / "manifest.json").read_bytes())["seconds"], 2)
                    for stage, at in json.loads((root / "published.json").read_bytes())["stages"].items()
                }
                rows = account.rows_in
                dropped, bad = sum(account.dropped.values()), sum(account.quarantined.values())
                print(f"{rows:,} rows in = {account.kept:,} kept + {dropped:,} dropped + {bad:,} refused", end="")
                print(f" + {sum(account.merged.values()):,} merged")
                print(f"seconds by stage: {spent}")
                print(f"wall {result.seconds:.1f} s: {rows / result.seconds:,.0f} rows/s")
                print(
                    f"CPU {watch.cpu:.1f} s: {rows / watch.cpu:,.0f} rows/s a core, {2 * rows / watch.cpu:,.0f} on two"
                )
                print(f"peak memory {watch.peak / 1e9:.2f} GB")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
