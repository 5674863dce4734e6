"""Labelled rows for training and measuring: read by the readers of a run, shown as the view, each text once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from corpus import config
from corpus.errors import UsageError
from corpus.kernels.digest import hash_strings
from corpus.models.classifier import lines
from corpus.readers.items import Chunk
from corpus.readers.plan import plan_splits
from corpus.readers.read import read_split

SPLIT_BYTES = 32 << 20
MOST = 200_000
"""Rows of a label that are used at most, chosen by the hash of their text."""
_UNUSED = "\x00unused"
_GUESSED = {"id": ("id", "doc_id", "url"), "url": ("url",), "title": ("title",), "lang": ("lang", "language"),
            "date": ("date",)}  # fmt: skip
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Given:
    """Where labelled rows are: files of one label each, or files with a field that names it.

    `text_field` None: guessed as in a run.
    """

    by_label: tuple[tuple[str, tuple[str, ...]], ...] = ()
    labelled: tuple[str, ...] = ()
    label_field: str = "label"
    text_field: str | None = None


def given(
    positive: Sequence[str],
    negative: Sequence[str],
    labelled: Sequence[str],
    label_field: str = "label",
    text_field: str | None = None,
    names: str = "positive,negative",
) -> Given:
    """Labelled rows as a command names them: two kinds of files, or files with a label field.

    UsageError when it is neither or both, or `names` are not two.
    """
    if bool(labelled) == bool(positive or negative) or bool(positive) != bool(negative):
        raise UsageError("give files of both labels (--positive and --negative), or files with a label field")
    if labelled:
        return Given(labelled=tuple(labelled), label_field=label_field, text_field=text_field)
    both = [name.strip() for name in names.split(",")]
    if len(both) != 2 or not all(both) or both[0] == both[1]:
        raise UsageError(f"--names {names!r}: must be two different names with a comma between")
    pairs = ((both[0], tuple(positive)), (both[1], tuple(negative)))
    return Given(by_label=pairs, label_field=label_field, text_field=text_field)


@dataclass(frozen=True)
class Examples:
    """`frame`: `line` (the view), `label`, `order` (uint64, from the text and the seed alone), in that order.

    The counts say what was left out; see `card.Rows`."""

    frame: pl.DataFrame
    read: int
    unreadable: dict[str, int]
    unlabelled: int
    empty: int
    duplicate: int
    conflicting: int
    over: int


def chunks(paths: Sequence[str], fields: config.Fields) -> Iterator[Chunk]:
    """All chunks of files, directories or globs, in the order of their names; UsageError when nothing can be read."""
    source = config.Source(name="rows", paths=tuple(_absolute(path) for path in paths), fields=fields)
    for split in plan_splits([source], SPLIT_BYTES):
        yield from read_split(split, source, config.Limits())


def _absolute(path: str) -> str:
    from corpus import storage

    return str(Path(path).expanduser().absolute()) if storage.is_local(path) else path


def read_examples(given: Given, view: str, seed: int = 0, most: int = MOST) -> Examples:
    """Every labelled row once, in an order that does not depend on the order of the files or of their rows.

    Texts with one view are one row where their labels agree and none where they do not. UsageError when files cannot
    be read, no row has the label field, or fewer than two labels are left.
    """
    unreadable: Counter[str] = Counter()
    frames: list[pl.DataFrame] = []
    counts = Counter[str]()
    plain = config.Fields(text=given.text_field)
    for label, paths in given.by_label:
        for chunk in chunks(paths, plain):
            unreadable.update(str(row.reason) for row in chunk.quarantined)
            frames.append(_rows(chunk.records, pl.lit(label), view, seed, counts))
    if given.labelled:
        where, fields = _label_place(given.label_field), _apart(given)
        for chunk in chunks(given.labelled, fields):
            unreadable.update(str(row.reason) for row in chunk.quarantined)
            frames.append(_rows(chunk.records, where, view, seed, counts))
    if not counts["read"]:
        raise UsageError(f"no row could be read: {dict(unreadable) or 'the files are empty'}")
    if given.labelled and counts["unlabelled"] == counts["read"]:
        raise UsageError(f"no row has the field {given.label_field!r}; name the one that holds the label")
    return settled(frames, counts, unreadable, most)


def settled(
    frames: Sequence[pl.DataFrame], counts: Counter[str], unreadable: Counter[str], most: int = MOST
) -> Examples:
    """The rows of `labelled_rows` as examples: each line once, none that has two labels, at most `most` of a label."""
    read = counts["read"] + sum(unreadable.values())
    whole = pl.concat(frames).unique(["key", "twin", "label"], maintain_order=True)
    labels = pl.len().over("key", "twin")
    clear = whole.filter(labels == 1).sort("order", "twin")
    kept = clear.filter(pl.int_range(pl.len()).over("label") < most)
    return Examples(
        frame=kept.select("line", "label", "order"),
        read=read,
        unreadable=dict(sorted(unreadable.items())),
        unlabelled=counts["unlabelled"],
        empty=counts["empty"],
        duplicate=sum(frame.height for frame in frames) - whole.height,
        conflicting=whole.height - clear.height,
        over=clear.height - kept.height,
    )


def _rows(records: pa.RecordBatch, label: pl.Expr, view: str, seed: int, counts: Counter[str]) -> pl.DataFrame:
    """The rows that have a label and something to read."""
    meta = pl.DataFrame({"meta": pl.Series(pl.from_arrow(records.column("meta"))).cast(pl.String)})
    return labelled_rows(lines(records.column("text"), view), meta.with_columns(label=label)["label"], seed, counts)


def labelled_rows(line: pa.Array, label: pl.Series, seed: int, counts: Counter[str]) -> pl.DataFrame:
    """Lines of a view that have a label and something to read, with the hash of each; the rows are counted."""
    high, low = hash_strings(line)
    found = pl.DataFrame(
        {
            "line": pl.Series(pl.from_arrow(line)),
            "label": label,
            "key": pl.Series(pl.from_arrow(high)),
            "twin": pl.Series(pl.from_arrow(low)),
        }
    )
    found = found.with_columns(order=pl.Series(_scrambled(found["key"].to_numpy(), seed), dtype=pl.UInt64))
    named = found.filter(pl.col("label").is_not_null() & (pl.col("label") != ""))
    full = named.filter(pl.col("line") != "\n")
    counts.update(read=found.height, unlabelled=found.height - named.height, empty=named.height - full.height)
    return full


def _scrambled(keys: np.ndarray, seed: int) -> np.ndarray:
    """Another order for another seed: a 64-bit finaliser over the hash and the seed."""
    with np.errstate(over="ignore"):
        value = keys.astype(np.int64).view(np.uint64) + np.uint64(seed % (1 << 64)) * _MIX
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            value = (value ^ (value >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(value ^ (value >> np.uint64(31)))


def _label_place(field: str) -> pl.Expr:
    """The field of a record's remaining fields: as it is named, else as a path of names with dots."""
    if "'" in field or "\\" in field:
        raise UsageError(f"label field {field!r}: quotes and backslashes cannot be in its name")
    whole = pl.col("meta").str.json_path_match(f"$['{field}']")
    if "." not in field:
        return whole
    return pl.coalesce(
        whole, pl.col("meta").str.json_path_match("$" + "".join(f"['{one}']" for one in field.split(".")))
    )


def _apart(given: Given) -> config.Fields:
    """Fields by which the label is not taken for something else, such as the row's language."""
    first = given.label_field.split(".")[0]
    taken = {name: _UNUSED for name, guesses in _GUESSED.items() if first in guesses}
    return config.Fields(text=given.text_field, **taken)
