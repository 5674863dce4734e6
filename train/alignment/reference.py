"""What the reference model says of every pair: computed once, kept as Parquet columns that further runs read.

The file is named by everything that the values depend on, so another model, tier, template or length never meets it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from train.alignment.pairs import ID

CHOSEN, REJECTED = "ref_chosen_logps", "ref_rejected_logps"


def name_of(model: str, ids: list[str], template: str, max_length: int, kind: str) -> str:
    """A file name for the log-probabilities by a model (its digest) of these rows."""
    told = json.dumps([model, hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest(), template, max_length, kind])
    return f"reference-{hashlib.sha256(told.encode()).hexdigest()[:24]}.parquet"


def joined(rows: Any, file: Path) -> Any | None:
    """`rows` with the kept columns, by doc_id; None when they are not kept, or not for every row."""
    if not file.is_file():
        return None
    table = pq.read_table(file)
    place = {key: at for at, key in enumerate(table[ID].to_pylist())}
    wanted = [place.get(key) for key in rows[ID]]
    if None in wanted:
        return None
    for name in (CHOSEN, REJECTED):
        rows = rows.add_column(name, table[name].take(pa.array(wanted)).to_pylist())
    return rows


def keep(rows: Any, file: Path) -> None:
    """Write the columns that `rows` has got."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.writing")
    columns = {name: list(rows[name]) for name in (ID, CHOSEN, REJECTED)}
    pq.write_table(pa.table(columns), aside, compression="zstd")
    aside.replace(file)
