"""The leakage report: by benchmark how many items are in the texts, in how many records, and how much of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.decontaminate.found import HOW

EDGES = (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
COUNTED = ("number", "how", "coverage", "counted")


@dataclass(frozen=True)
class Leak:
    """One benchmark: items in its files, those long enough to be looked for, those found in a record; records with an
    item; `by_coverage` counts items by the lower edge of their best coverage in any record, also those below the bound;
    `by_how` counts the found ones by what of them was found."""

    benchmark: str
    items: int
    looked_for: int
    found: int
    documents: int
    by_coverage: Mapping[str, int]
    by_how: Mapping[str, int]

    @property
    def share(self) -> float:
        """Of the items that were looked for, those found."""
        return self.found / self.looked_for if self.looked_for else 0.0

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Leak:
        """As a manifest keeps it."""
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__})

    def stored(self) -> dict[str, Any]:
        """For a manifest."""
        return asdict(self)


def leaks(items: pa.Table, looked_for: np.ndarray, hits: Iterable[tuple[int, pa.Table]]) -> tuple[Leak, ...]:
    """One for each benchmark, in the order of the files. `hits`: HITS rows by part."""
    frames = [_narrow(number, table) for number, table in hits]
    found = pl.concat(frames) if frames else _narrow(0, None)
    names = items.column("benchmark").to_pylist()
    about = pl.DataFrame({"benchmark": names, "looked": looked_for}).with_row_index("number").cast({"number": pl.Int64})
    found = found.join(about.select("number", "benchmark"), on="number", how="left")
    return tuple(
        _leak(name, about.filter(benchmark=name), found.filter(benchmark=name)) for name in dict.fromkeys(names)
    )


def _narrow(part: int, hits: pa.Table | None) -> pl.DataFrame:
    schema = {"part": pl.Int64, "row": pl.Int32, "number": pl.Int64, "how": pl.String, "coverage": pl.Float32}
    if hits is None:
        return pl.DataFrame(schema={**schema, "counted": pl.Boolean})
    frame: Any = pl.from_arrow(hits.select(["row", *COUNTED]))
    return pl.DataFrame(frame).select(pl.lit(part, pl.Int64).alias("part"), "row", *COUNTED)


def _leak(name: str, items: pl.DataFrame, hits: pl.DataFrame) -> Leak:
    best = hits.sort("coverage", "how", descending=[True, False]).unique("number", keep="first", maintain_order=True)
    counted = hits.filter("counted")
    shown = best.filter(pl.col("number").is_in(counted["number"].unique().to_list()))
    ways = dict(shown["how"].value_counts().iter_rows())
    edge = np.searchsorted(np.array(EDGES) - 1e-6, best["coverage"].to_numpy().astype(float), side="right") - 1
    return Leak(
        benchmark=name,
        items=items.height,
        looked_for=int(items["looked"].sum()),
        found=counted["number"].n_unique(),
        documents=counted.select("part", "row").n_unique(),
        by_coverage={f"{low:g}": int((edge == place).sum()) for place, low in enumerate(EDGES)},
        by_how={way: ways[way] for way in HOW if way in ways},
    )


def stored_leaks(details: Mapping[str, Any]) -> tuple[Leak, ...]:
    """The report in the details of the manifest of `decontaminate`."""
    found: Sequence[Mapping[str, Any]] = details["leakage"]
    return tuple(Leak.of(one) for one in found)
