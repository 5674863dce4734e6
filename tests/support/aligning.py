"""Pairs that a tiny model can learn, as a tier holds them, and a model that chats."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from neural import CHARACTERS

HAN = [letter for letter in CHARACTERS if "\u4e00" <= letter <= "\u9fff"]


def tier(folder: Path, count: int = 40, long: int = 0) -> str:
    """Chosen answers are Han, rejected ones digits; `long` prompts leave no room for an answer."""
    rows = [
        {
            "doc_id": f"{number:032d}",
            "source": "made",
            "split": "validation" if number % 5 == 0 else "train",
            "prompt": [{"role": "user", "content": HAN[number % len(HAN)] * (200 if number < long else 3)}],
            "chosen": [{"role": "assistant", "content": HAN[(number * 7) % len(HAN)] * 4}],
            "rejected": [{"role": "assistant", "content": str(number % 10) * 4}],
        }
        for number in range(count)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "part-0.parquet")
    return str(folder)
