"""Imports every instruction and preference file of a folder: rows in, records, problems, repairs, and speed.

    python bench/bench_import.py FOLDER      folders named sft and pref below it, or FOLDER itself
    python bench/bench_import.py             generated Alpaca rows alone: rows a second of one core

Every row must be a record or a problem, come back from its record as it was, and go through each export and back; the
script fails where one does not. No text is printed.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import orjson

from corpus import config
from corpus.exporters.rows import FORMATS, Unsayable, row_of, shape_of
from corpus.importers.convert import convert, convert_batch, repairs_in, restore
from corpus.importers.detect import SAMPLE, detect
from corpus.importers.model import Format, Imported
from corpus.readers.fields import WHOLE
from corpus.readers.plan import plan_splits
from corpus.readers.read import read_split

BATCH = 4096
TARGETS = ("sharegpt", "messages", "alpaca", "llamafactory", "original")


def rows_of(path: Path) -> list[Any]:
    """The rows of a file, by the project's own readers."""
    fields = config.Fields.model_construct(text=WHOLE)
    source = config.Source(name="bench", paths=(str(path),)).model_copy(update={"fields": fields})
    return [
        orjson.loads(text)
        for split in plan_splits((source,), 32 << 20)
        for chunk in read_split(split, source, config.Limits())
        for text in chunk.records.column("text").to_pylist()
    ]


def through(rows: list[Any], fmt: Format) -> Counter[str]:
    """Every row there and back: by restoring it, and by each export. Counts what a format cannot say."""
    unsayable: Counter[str] = Counter()
    for row in rows:
        record = convert(row, fmt)
        if not isinstance(record, Imported):
            continue
        if restore(record) != row:
            raise SystemExit("a row did not come back from its record")
        for to in TARGETS:
            try:
                said = row_of(record, to)  # type: ignore[arg-type]
            except Unsayable:
                unsayable[to] += 1
                continue
            back = Format(record.note["format"]) if to == "original" else None
            back = back or FORMATS["sharegpt" if to == "llamafactory" else to, shape_of(record)]
            found = convert(said, back)
            if not isinstance(found, Imported) or found._replace(score=record.score) != record:
                raise SystemExit(f"a record did not come back from {to}")
    return unsayable


def survey(folder: Path) -> None:
    """A line a file, and the sums."""
    found = sorted(path for kind in ("sft", "pref") for path in folder.rglob(f"{kind}/**/*.json*"))
    found = found or sorted(folder.rglob("*.json*"))
    print("| file | format, confidence | rows in | records | problems | repaired or marked | Alpaca cannot say |")
    print("|---|---|---|---|---|---|---|")
    total = Counter[str]()
    for path in found:
        rows = rows_of(path)
        seen = detect(rows[:SAMPLE])
        fmt = seen.format or Format.CONFIGURATION
        began = time.process_time()
        made, problems, repairs = 0, Counter[str](), Counter[str]()
        for start in range(0, len(rows), BATCH):
            records, wrong = convert_batch(rows[start : start + BATCH], fmt)
            made += records.num_rows
            problems.update(str(reason) for _, reason, _ in wrong)
            repairs += repairs_in(records)
        total.update(rows=len(rows), records=made, problems=sum(problems.values()))
        total["microseconds"] += int(1e6 * (time.process_time() - began))
        if len(rows) != made + sum(problems.values()):
            raise SystemExit(
                f"{path.name}: {len(rows)} rows are not {made} records and {sum(problems.values())} problems"
            )
        lost = through(rows, fmt)
        cells = (
            path.name,
            f"{fmt} {seen.confidence:.2f}",
            len(rows),
            made,
            said(problems),
            said(repairs),
            lost["alpaca"] or "",
        )
        print("| " + " | ".join(str(cell) for cell in cells) + " |")
    rate = total["rows"] / max(1e-6, total["microseconds"] / 1e6)
    print(f"\n{total['rows']:,} rows = {total['records']:,} records + {total['problems']:,} problems")
    print(f"{rate:,.0f} rows/s of processor time")


def said(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def alpaca(count: int) -> list[dict[str, str]]:
    """Short rows, half of them with an input."""
    text = "这座城市建在两条河的交汇处，城里的人大多以造船和晒盐为生。"
    return [
        {
            "instruction": f"概括第{n}段文字的大意。",
            "input": text * (n % 2),
            "output": f"第{n}段讲的是：" + text * (1 + n % 5),
        }
        for n in range(count)
    ]


def speed(count: int = 200_000) -> None:
    """Rows a second of processor time, parsed rows to Arrow columns."""
    rows = alpaca(count)
    convert_batch(rows[:BATCH], Format.ALPACA)
    began, wall = time.process_time(), time.perf_counter()
    for start in range(0, count, BATCH):
        convert_batch(rows[start : start + BATCH], Format.ALPACA)
    used, passed = time.process_time() - began, time.perf_counter() - wall
    print(f"{count:,} Alpaca rows: {count / used:,.0f} rows/s of processor time, {count / passed:,.0f} on the clock")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        survey(Path(sys.argv[1]))
    speed()
