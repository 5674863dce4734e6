"""What word lists find is taken out: lines with hits, or the hits themselves behind a placeholder.

Hits are found in the matching view (corpus/kernels/matchview.py) and have offsets into the text as it is, so a masked
term goes with whatever it was spaced out by.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.kernels.buffers import column, large, utf8
from corpus.kernels.rewrites.segments import FENCE, Pieces, Rewritten, lines_of, patched, series, untouched
from corpus.kernels.wordlist import Automaton, compile_patterns, locate, scan
from corpus.wordlists import attached, some_of


@functools.lru_cache(maxsize=8)
def automaton_of(lists: str) -> tuple[Automaton, tuple[str, ...]]:
    """The lists that `corpus.wordlists.attach` told of in one automaton, and their categories.

    UsageError when a shipped list is not the one it was when the rewrites were read.
    """
    found = attached(lists)
    patterns = [one for group, each in enumerate(found) for one in each.patterns(group)]
    return compile_patterns(patterns, len(found)), tuple(one.category for one in found)


def term_lines(text: pa.Array, lists: str, min_density: float, max_chars: int) -> Rewritten:
    """Lines of at most `max_chars` code points go, newline and all, that hold `min_density` weighted hits for each
    1,000. Lines inside a code fence stay. `counts` has, by category, the lines it had a hit in."""
    automaton, categories = automaton_of(lists)
    chosen = _hit(text, automaton)
    counts = {category: np.zeros(len(text), np.int32) for category in categories}
    if not chosen.any():
        return _counted(untouched(text), counts, text)
    lines = lines_of(text.filter(pa.array(chosen)))
    found = scan(_bare(lines.text), automaton)
    with np.errstate(invalid="ignore"):
        dense = found.weight.sum(axis=1) * 1000.0 >= min_density * found.chars
    goes = dense & found.hits.any(axis=1) & (found.chars <= max_chars) & ~lines.code
    row_of = np.flatnonzero(chosen)[np.repeat(np.arange(len(lines.rows) - 1), np.diff(lines.rows))]
    for group, category in enumerate(categories):
        np.add.at(counts[category], row_of[goes & (found.hits[:, group] > 0)], 1)
    if not goes.any():
        return _counted(untouched(text), counts, text)
    whole = series(lines.text)
    kept = pl.select(pl.when(pl.Series(goes)).then(pl.lit("")).otherwise(whole)).to_series()
    return _counted(patched(text, chosen, lines.join(large(kept))), counts, text)


def mask_terms(text: pa.Array, lists: str) -> Rewritten:
    """Hits become `<CATEGORY>`, hits that overlap one of them; the category of the first. Code fences are left alone.

    `counts` has, by category, the placeholders put in each row.
    """
    automaton, categories = automaton_of(lists)
    counts = {category: np.zeros(len(text), np.int32) for category in categories}
    chosen = _hit(text, automaton)
    if not chosen.any():
        return _counted(untouched(text), counts, text)
    some = text.filter(pa.array(chosen))
    found = locate(some, automaton)
    data, offsets = utf8(some)
    row, group, start, end = (found.column(name).to_numpy() for name in ("row", "group", "start", "end"))
    start, end = start + offsets[row], end + offsets[row]
    row, group, start, end = _outside_code(some, row, group, start, end)
    if not len(row):
        return _counted(untouched(text), counts, text)
    order = np.lexsort((group, start))
    row, group, start, end = row[order], group[order], start[order], end[order]
    # Overlapping hits, of different lists, are one; hits of different rows never overlap.
    reached = np.append(0, np.maximum.accumulate(end)[:-1])
    first = np.flatnonzero(start >= reached)
    ends = np.maximum.reduceat(end, first)
    row, group, start = row[first], group[first], start[first]
    for number, category in enumerate(categories):
        np.add.at(counts[category], np.flatnonzero(chosen)[row[group == number]], 1)
    names = [f"<{category.upper()}>" for category in categories]
    done = _replaced(data, offsets, start, ends, [names[one] for one in group.tolist()])
    return _counted(patched(text, chosen, done), counts, text)


def by_action(text: pa.Array, lists: str, actions: Sequence[str], min_density: float, max_chars: int) -> Rewritten:
    """`term_lines` with the lists whose action is `drop_line`, then `mask_terms` with those whose action is `mask`."""
    done = untouched(text)
    counts: dict[str, pa.Array] = {}
    for action in ("drop_line", "mask"):
        some = some_of(lists, [one == action for one in actions])
        if some is None:
            continue
        then = mask_terms(done.text, some) if action == "mask" else term_lines(done.text, some, min_density, max_chars)
        removed = pc.add(done.removed, then.removed)
        counts |= {name: pc.add(counts[name], many) if name in counts else many for name, many in then.counts.items()}
        done = Rewritten(then.text, removed, {})
    return Rewritten(done.text, done.removed, counts)


def _replaced(
    data: np.ndarray, offsets: np.ndarray, start: np.ndarray, end: np.ndarray, names: Sequence[str]
) -> pa.Array:
    """The texts of `offsets` with the bytes from each start to its end replaced by a name; sorted, none overlap."""
    places = np.unique(np.concatenate([offsets, start, end]))
    buffers = [None, pa.py_buffer(np.ascontiguousarray(places, np.int64)), pa.py_buffer(data)]
    cut = pa.Array.from_buffers(pa.large_string(), len(places) - 1, buffers, null_count=0)
    rows = np.searchsorted(places, offsets).astype(np.int64)
    after = series(cut).scatter(np.searchsorted(places, start), pl.Series(names, dtype=pl.String))
    return Pieces(cut, rows, np.zeros(len(cut), bool)).join(large(after))


def _outside_code(text: pa.Array, row: np.ndarray, *rest: np.ndarray) -> tuple[np.ndarray, ...]:
    """Those of the hits that begin in no code fence; `rest` begins with groups and absolute starts."""
    from corpus.kernels.rewrites.segments import where_matching

    if not where_matching(text, FENCE).any():
        return (row, *rest)
    lines = lines_of(text)
    _, starts = utf8(lines.text)
    inside = lines.code[np.searchsorted(starts, rest[1], side="right") - 1]
    return tuple(one[~inside] for one in (row, *rest))


def _hit(text: pa.Array, automaton: Automaton) -> np.ndarray:
    """Rows with any hit."""
    return np.asarray(scan(text, automaton).hits.any(axis=1))


def _bare(lines: pa.Array) -> pa.Array:
    """Lines without their newline."""
    return large(series(lines).str.strip_suffix("\n"))


def _counted(done: Rewritten, counts: dict[str, np.ndarray], text: pa.Array) -> Rewritten:
    return Rewritten(done.text, done.removed, {name: column(many, pa.int32(), text) for name, many in counts.items()})
