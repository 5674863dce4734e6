"""Where given phrases stand in texts, and what stands beside them: the third pass of corpus.inspect.mine."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import utf8
from corpus.kernels.phrases import QUARTER
from corpus.kernels.wordlist import Automaton, locate

ZONE = 600
"""Bytes of an edge: 200 Han characters."""
CONTEXT = 24
_BREAKS = frozenset("\n\r\t 。！？!?；;，,、：:.…|｜│（）()【】[]《》“”\"'")


@dataclass
class Found:
    """What is known of one phrase: texts, hits at beginnings, at ends and between, and two contexts."""

    documents: int = 0
    places: list[int] = field(default_factory=lambda: [0, 0, 0])
    contexts: list[str] = field(default_factory=list)


def look(
    batch: pa.Array,
    automaton: Automaton,
    found: list[Found],
    beside: tuple[dict[int, Counter[str]], ...],
    sizes: list[int],
) -> None:
    """Add what a batch of texts says of each phrase to `found`; to `beside` the characters before and after its hits;
    to `sizes` the bytes of edges and of middles."""
    data, offsets = utf8(batch)
    lengths = np.diff(offsets)
    edges = np.minimum(ZONE, lengths // QUARTER)
    sizes[0] += int(2 * edges.sum())
    sizes[1] += int((lengths - 2 * edges).sum())
    hits = locate(batch, automaton)
    row, pattern, start, end = (hits.column(name).to_numpy() for name in ("row", "pattern", "start", "end"))
    if not len(row):
        return
    place = np.where(start < edges[row], 0, np.where(end > lengths[row] - edges[row], 1, 2))
    for where in range(3):
        for index, count in zip(*np.unique(pattern[place == where], return_counts=True), strict=True):
            found[index].places[where] += int(count)
    once = np.unique(pattern * len(batch) + row)
    for index, count in zip(*np.unique(once // len(batch), return_counts=True), strict=True):
        found[index].documents += int(count)
    before, after = _neighbours(data, offsets, row, start, end)
    for side, points in zip(beside, (before, after), strict=True):
        pairs, counts = np.unique(pattern * (1 << 21) + points, return_counts=True)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            side[pair >> 21][chr(pair & ((1 << 21) - 1))] += count
    wanted = [index for index in range(len(found)) if len(found[index].contexts) < 2]
    chosen = np.flatnonzero(np.isin(pattern, wanted) & (place != 2))
    for hit in chosen.tolist():
        contexts = found[pattern[hit]].contexts
        if len(contexts) < 2:
            base, last = int(offsets[row[hit]]), int(offsets[row[hit] + 1])
            contexts.append(context(data, base, last, base + int(start[hit]), base + int(end[hit])))


def _neighbours(
    data: np.ndarray, offsets: np.ndarray, row: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The code points beside each hit; a line break where the text begins or ends."""
    first, last = offsets[row], offsets[row + 1]
    before = np.full(len(row), 10, np.int64)
    behind = first + start - 1
    for _ in range(3):
        inner = (behind > first) & (data[np.maximum(behind, 0)] & 0xC0 == 0x80)
        behind = behind - inner
    some = behind >= first
    before[some] = _points(data, behind[some])
    after = np.full(len(row), 10, np.int64)
    some = first + end < last
    after[some] = _points(data, (first + end)[some])
    return before, after


def _points(data: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Code points that begin at these bytes."""
    four = [data[np.minimum(places + step, len(data) - 1)].astype(np.int64) for step in range(4)]
    lead, second, third, fourth = four[0], four[1] & 63, four[2] & 63, four[3] & 63
    two, three = (lead & 31) << 6 | second, (lead & 15) << 12 | second << 6 | third
    most = (lead & 7) << 18 | second << 12 | third << 6 | fourth
    return np.where(lead < 0x80, lead, np.where(lead < 0xE0, two, np.where(lead < 0xF0, three, most)))


def freedom(beside: Counter[str]) -> float:
    """Branching entropy over its greatest possible value: 1 when the neighbour is another one every time or a break.

    A break counts as a neighbour of its own each time, since a phrase that ends there is whole.
    """
    total = beside.total()
    if total < 2:
        return 1.0
    breaks = breaks_of(beside)
    shares = np.array([count for character, count in beside.items() if character not in _BREAKS]) / total
    entropy = breaks / total * np.log2(total) - float((shares * np.log2(shares)).sum())
    return float(entropy / np.log2(total))


def breaks_of(beside: Counter[str]) -> int:
    """How often a break stands there."""
    return sum(count for character, count in beside.items() if character in _BREAKS)


def context(data: np.ndarray, first: int, last: int, start: int, end: int) -> str:
    """The hit in brackets with what stands around it, on one line."""
    around = 4 * CONTEXT
    before = data[max(first, start - around) : start].tobytes().decode(errors="ignore")[-CONTEXT:]
    after = data[end : min(last, end + around)].tobytes().decode(errors="ignore")[:CONTEXT]
    inside = data[start:end].tobytes().decode(errors="replace")
    return " ".join(f"{before}[{inside}]{after}".replace("\n", " / ").split())
