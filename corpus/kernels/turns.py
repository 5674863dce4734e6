"""Signals of single turns of a dialogue: each turn is measured by itself and the worst one speaks for the record.

All turns of a batch that a view asks for are laid end to end, measured as one column, and gathered again by record, so
a batch costs one call of the kernel whatever its dialogues look like.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.kernels.signal import EXCHANGES, SignalCall, turn_view

Measure = Callable[[pa.RecordBatch, Sequence[SignalCall]], pa.RecordBatch]
_ROLES = {"questions": "user", "answers": "assistant"}
_LAST = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Turns:
    """The turns of a batch, end to end: `starts` int64 (rows + 1) where those of each record begin, by role and content
    (large_string). A preference has its prompt's turns, then those of the chosen answer (the rejected one where nothing
    was chosen)."""

    starts: np.ndarray
    roles: np.ndarray
    contents: pa.Array

    @staticmethod
    def of(batch: pa.RecordBatch) -> Turns:
        """Of the columns `messages`, or `prompt` with `chosen` and `rejected` where they are there."""
        lists = batch.column("messages") if "messages" in batch.schema.names else _of_pairs(batch)
        flat = lists.flatten()
        starts = np.zeros(len(lists) + 1, np.int64)
        np.cumsum(lists.value_lengths().fill_null(0).to_numpy(), out=starts[1:])
        roles = flat.field("role").fill_null("").dictionary_encode()
        names = np.array([*roles.dictionary.to_pylist(), ""], object)
        return Turns(starts, names[roles.indices.to_numpy()], flat.field("content").cast(pa.large_string()))


def measure_turns(batch: pa.RecordBatch, calls: Sequence[SignalCall], measure: Measure) -> dict[SignalCall, pa.Array]:
    """A column for each call, in float64 or, of the places, int32: the highest or lowest value over the turns of its
    view, or the number of the first turn that has it, counted from 1 over all turns of the record. Null where a record
    has no such turn, or none with a value. `measure` is the catalogue's own, for the turns as rows of their own."""
    turns = Turns.of(batch)
    found: dict[SignalCall, pa.Array] = {}
    views: dict[str, list[SignalCall]] = {}
    for call in calls:
        views.setdefault(turn_view(call.view)[0], []).append(call)
    for view, members in views.items():
        at, rows = _chosen(turns, view)
        plain = list(dict.fromkeys(replace(call, view="") for call in members))
        values = measure(_as_rows(turns, at, view), plain)
        by_call = dict(zip(plain, values.columns, strict=True))
        for call in members:
            _, worst, place = turn_view(call.view)
            number = at - turns.starts[rows] + 1
            best, first = _worst(by_call[replace(call, view="")], rows, number, batch.num_rows, worst)
            found[call] = first if place else best
    return found


def answer_counts(batch: pa.RecordBatch) -> pa.Array:
    """Turns of the assistant of each record, int32."""
    turns = Turns.of(batch)
    upto = np.concatenate([[0], np.cumsum(turns.roles == "assistant")])
    return pa.array(np.diff(upto[turns.starts]).astype(np.int32))


def _of_pairs(batch: pa.RecordBatch) -> pa.Array:
    """Prompt and answer of each preference as one list; a prompt alone as it is."""
    if "chosen" not in batch.schema.names:
        return batch.column("prompt")
    answer = pl.when(pl.col("chosen").list.len() > 0).then("chosen").otherwise("rejected")
    frame: Any = pl.from_arrow(batch.select(["prompt", "chosen", "rejected"]))
    empty = pl.lit([], dtype=frame.schema["prompt"])
    sides = pl.concat_list(pl.col("prompt").fill_null(empty), answer.fill_null(empty))
    joined = frame.select(sides.alias("turns")).to_arrow().column("turns").combine_chunks()
    kind = joined.type.value_field.type
    return joined.cast(pa.list_(kind))


def _chosen(turns: Turns, view: str) -> tuple[np.ndarray, np.ndarray]:
    """Places of the turns that a view asks for, and the record of each; of exchanges the places of the answers."""
    rows = np.repeat(np.arange(len(turns.starts) - 1), np.diff(turns.starts))
    if view == "turns":
        return np.arange(len(rows)), rows
    wanted = turns.roles == _ROLES.get(view, "assistant")
    if view == EXCHANGES:
        asked = np.zeros(len(rows), bool)
        asked[1:] = (turns.roles[:-1] == "user") & (rows[1:] == rows[:-1])
        wanted = wanted & asked
    at = np.flatnonzero(wanted)
    return at, rows[at]


def _as_rows(turns: Turns, at: np.ndarray, view: str) -> pa.RecordBatch:
    said = turns.contents.take(pa.array(at)).fill_null("")
    columns = {"text": said}
    if view == EXCHANGES:
        columns |= {"instruction": turns.contents.take(pa.array(at - 1)).fill_null(""), "answer": said}
    return pa.RecordBatch.from_pydict(columns)


def _worst(values: pa.Array, rows: np.ndarray, number: np.ndarray, many: int, worst: str) -> tuple[pa.Array, pa.Array]:
    """By record the worst value and the first turn that has it."""
    seen = values.cast(pa.float64()).fill_null(float("nan")).to_numpy(zero_copy_only=False)
    best, first = np.full(many, np.nan), np.full(many, _LAST, np.int32)
    known = ~np.isnan(seen)
    seen, rows, number = seen[known], rows[known], number[known]
    if len(rows):
        begins = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
        own = (np.maximum if worst == "highest" else np.minimum).reduceat(seen, begins)
        best[rows[begins]] = own
        is_it = seen == best[rows]
        first[rows[begins]] = np.minimum.reduceat(np.where(is_it, number, _LAST), begins)
    missing = np.isnan(best)
    return pa.array(best, mask=missing), pa.array(first, pa.int32(), mask=missing)
