"""A person's corrections of scores and verdicts: a JSON file that the page writes, checked and applied.

    {"corrections": 1, "evaluation": "<digest>", "rows": {"<key>": {"score": 0.7, "note": "..."}}}

`score` is 0 to 1 in an evaluation of scores, `verdict` is win, tie or lose in a pairwise one; `note` is optional.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from corpus.errors import UsageError
from corpus.evaluation.asking import Evaluation
from corpus.evaluation.winrate import VALUES
from corpus.judge.schema import digest

VERSION = 1
DIGITS = 16
LISTED = 5
MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class Change:
    """A row that a person sees in another way: what the judge said (None: nothing) and what holds now."""

    key: str
    id: str
    category: str
    model: str
    before: float | str | None
    after: float | str
    note: str


@dataclass(frozen=True)
class Corrected:
    """The rows with the corrections in them, with `judged` (what the judge had said) and `note` beside; what changed,
    and how many corrections say what the judge said."""

    rows: pl.DataFrame
    changes: tuple[Change, ...]
    confirmed: int


def identity(found: Evaluation) -> str:
    """What corrections belong to: the rows of an evaluation, whoever judged them."""
    return digest([found.mode, sorted(found.rows["key"].to_list())])[:DIGITS]


def load(path: Path, found: Evaluation) -> dict[str, dict[str, Any]]:
    """Corrections by key. UsageError for a file that is none, is of another evaluation, or says what cannot be."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file; the page saves one with its button")
    if path.stat().st_size > MAX_BYTES:
        raise UsageError(f"{path}: is larger than any file of corrections")
    try:
        said = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{path}: is not JSON ({error})") from None
    if not isinstance(said, dict) or said.get("corrections") != VERSION or not isinstance(said.get("rows"), dict):
        raise UsageError(f'{path}: is no file of corrections (it must say "corrections": {VERSION} and have rows)')
    if said.get("evaluation") != identity(found):
        raise UsageError(f"{path}: was made on another evaluation than {found.out} (other questions or models)")
    known = set(found.rows["key"].to_list())
    wrong = [problem for key, one in said["rows"].items() if (problem := _problem(key, one, found.mode, known))]
    if wrong:
        more = f"; {len(wrong) - LISTED} more" if len(wrong) > LISTED else ""
        raise UsageError(f"{path}: " + "; ".join(wrong[:LISTED]) + more)
    return dict(said["rows"])


def _problem(key: str, one: Any, mode: str, known: set[str]) -> str:
    if key not in known:
        return f"row {key}: there is none of this key"
    if not isinstance(one, dict) or not isinstance(one.get("note", ""), str):
        return f"row {key}: must be an object whose note is text"
    if mode == "pairwise":
        return "" if one.get("verdict") in VALUES else f"row {key}: verdict must be one of {', '.join(VALUES)}"
    score = one.get("score")
    sound = isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1
    return "" if sound else f"row {key}: score must be a number from 0 to 1"


def apply(found: Evaluation, said: Mapping[str, Mapping[str, Any]]) -> Corrected:
    """The evaluation as the person sees it. A row the judge did not judge has a value now, and no reason why not."""
    name = "score" if found.mode == "judge" else "verdict"
    kind = found.rows.schema[name]
    keys = sorted(said)
    after = pl.DataFrame(
        {
            "key": keys,
            "_after": pl.Series([float(said[k][name]) if name == "score" else said[k][name] for k in keys], dtype=kind),
            "note": pl.Series([said[k].get("note", "") for k in keys], dtype=pl.String),
        },
        schema_overrides={"key": pl.String},
    )
    joined = found.rows.join(after, on="key", how="left", maintain_order="left")
    changed = joined.filter(pl.col("_after").is_not_null() & pl.col("_after").ne_missing(pl.col(name)))
    model = "model" if name == "score" else "first"
    shown = changed.select("key", "id", "category", model, name, "_after", pl.col("note").fill_null(""))
    rows = joined.with_columns(
        pl.col(name).alias("judged"),
        pl.coalesce("_after", name).alias(name),
        pl.when(pl.col("_after").is_null()).then(pl.col("unjudged")).alias("unjudged"),
    ).drop("_after")
    changes = tuple(Change(*row) for row in shown.iter_rows())
    return Corrected(rows, changes, len(keys) - len(changes))
