"""Terms of word lists compiled to arrays: an Aho-Corasick automaton and sieves for where a term may begin.

States are numbered so that all that one symbol leads to come first and the rest in the order of a walk through the
trie: a state with one child is followed by it, and a term that is being read stays in the cache (Aho and Corasick,
CACM 18, 1975).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corpus.kernels.buffers import frozen
from corpus.kernels.matchview import FIRST, OTHER, OTHER_CJK, SPACE_SYMBOL, classes, is_cjk, targets, view_of_term

MAX_TERM = 64
"""Characters of a term's view at most, so that the automaton stays small."""
ASCII_EDGE, ANY_EDGE = 1, 2
"""What may not touch a hit: a letter or digit that is not Chinese or Japanese, or any letter or digit."""
FACTS = 5
"""Of each pattern: its view's length, its group, its edge, whether gaps are forbidden, its cap."""
MIX = np.uint64(0x9E3779B97F4A7C15)

_MAX_SYMBOLS = 65_000
_LEAST_BITS, _MOST_BITS = 17, 24
Trie = list[dict[int, int]]


@dataclass(frozen=True)
class Pattern:
    """A term of a list: `group` is the list's number, `edge` what may not touch it (0: anything may)."""

    text: str
    group: int
    weight: float = 1.0
    cap: int = 0
    """Hits of this term in one text that add to its weight at most; 0: all."""
    edge: int = 0
    gaps: bool = True
    """Whether a hit may step over spaces and marks between Chinese characters."""


@dataclass(frozen=True)
class Automaton:
    """Patterns compiled to arrays. `entries` are patterns by the state in which they end; equal views are one state."""

    groups: int
    patterns: tuple[Pattern, ...]
    view: np.ndarray
    first_cjk: int
    deep: int
    """The first state that two symbols lead to."""
    pairs: np.ndarray
    triples: np.ndarray
    jumps: np.ndarray
    landings: np.ndarray
    """The state that three symbols lead to, by open addressing."""
    states: np.ndarray
    """Of each state four numbers: the symbol of its first child (2^16 more where it has others), that child, where it
    falls back to, and the nearest state from it on in which a term ends (itself first)."""
    slots: np.ndarray
    nexts: np.ndarray
    """The other children, by open addressing."""
    root: np.ndarray
    children: np.ndarray
    """By state a bit for the last six bits of each child's symbol."""
    ends: np.ndarray
    entries: np.ndarray
    facts: np.ndarray
    weights: np.ndarray


def compile_patterns(patterns: Sequence[Pattern], groups: int) -> Automaton:
    """The automaton of `patterns`; ValueError for a term that has no view, is too long, or too many characters."""
    views = [view_of_term(pattern.text) for pattern in patterns]
    for pattern, view in zip(patterns, views, strict=True):
        if len(view) > MAX_TERM:
            raise ValueError(f"{pattern.text[:20]!r}... has more than {MAX_TERM} characters")
    used = sorted({point for view in views for point in view if point != 0x20}, key=lambda one: (is_cjk(one), one))
    if len(used) > _MAX_SYMBOLS:
        raise ValueError(f"the terms have {len(used)} different characters, more than {_MAX_SYMBOLS}")
    first_cjk = FIRST + sum(not is_cjk(point) for point in used)
    # The number `first_cjk` itself is a Chinese character of no term.
    symbols = {point: FIRST + index + is_cjk(point) for index, point in enumerate(used)} | {0x20: SPACE_SYMBOL}
    trie, ends = _trie([[symbols[point] for point in view] for view in views])
    fail, report = _links(trie, ends)
    others = [list(row.items())[1:] if state else [] for state, row in enumerate(trie)]
    slots, nexts = _hashed([(state << 16 | symbol, to) for state, row in enumerate(others) for symbol, to in row])
    twos, threes = _beginnings(trie, ends)
    pairs = _bits_of(twos)
    if any(ends[state] for state in trie[0].values()):
        pairs[:] = np.iinfo(np.uint64).max
    jumps, landings = _hashed(list(threes.items()))
    first = [next(iter(row.items())) if state and row else (0, 0) for state, row in enumerate(trie)]
    states = [
        (symbol | (len(row) > 1) << 16, child, back, near)
        for (symbol, child), row, back, near in zip(first, trie, fail, report, strict=True)
    ]
    root = np.zeros(first_cjk + len(used) + 1, np.int32)
    for symbol, state in trie[0].items():
        root[symbol] = state
    facts = [
        (len(view), pattern.group, pattern.edge, int(not pattern.gaps), pattern.cap or 1 << 40)
        for pattern, view in zip(patterns, views, strict=True)
    ]
    return Automaton(
        groups=groups,
        patterns=tuple(patterns),
        view=frozen(_view(symbols, first_cjk)),
        first_cjk=first_cjk,
        deep=len(trie[0]) + 1,
        pairs=frozen(pairs),
        triples=frozen(_bits_of(list(threes))),
        jumps=frozen(jumps),
        landings=frozen(landings),
        states=frozen(np.array(states, np.int32).reshape(-1)),
        slots=frozen(slots),
        nexts=frozen(nexts),
        root=frozen(root),
        children=frozen(np.array([sum({1 << (symbol & 63) for symbol in row}) for row in trie], np.uint64)),
        ends=frozen(np.cumsum([0, *(len(one) for one in ends)], dtype=np.int64)),
        entries=frozen(np.array([number for one in ends for number in one], np.int64)),
        facts=frozen(np.array(facts, np.int64).reshape(-1)),
        weights=frozen(np.array([pattern.weight for pattern in patterns], np.float64)),
    )


def _trie(words: Sequence[list[int]]) -> tuple[Trie, list[list[int]]]:
    """Children by symbol and words that end, by state: the root, its children, then the others in the words' order."""
    firsts = sorted({word[0] for word in words})
    trie: Trie = [{symbol: 1 + number for number, symbol in enumerate(firsts)}, *({} for _ in firsts)]
    ends: list[list[int]] = [[] for _ in trie]
    for number in sorted(range(len(words)), key=lambda one: words[one]):
        state = 0
        for symbol in words[number]:
            child = trie[state].setdefault(symbol, len(trie))
            if child == len(trie):
                trie.append({})
                ends.append([])
            state = child
        ends[state].append(number)
    return trie, ends


def _beginnings(trie: Trie, ends: list[list[int]]) -> tuple[list[int], dict[int, int]]:
    """Two symbols in one number, of terms of two; three, of longer terms, with the state they lead to."""
    twos: list[int] = []
    threes: dict[int, int] = {}
    for first, state in trie[0].items():
        for second, after in trie[state].items():
            if ends[after]:
                twos.append(first << 16 | second)
            threes |= {first << 32 | second << 16 | third: to for third, to in trie[after].items()}
    return twos, threes


def _bits_of(keys: list[int]) -> np.ndarray:
    """A bit for the hash of each key; at most one in 64 is set, but for very long lists."""
    size = min(max(_LEAST_BITS, (64 * len(keys) - 1).bit_length()), _MOST_BITS)
    places = np.array(keys, np.uint64) * MIX >> np.uint64(64 - size)
    bits = np.zeros(1 << size - 6, np.uint64)
    np.bitwise_or.at(bits, places >> np.uint64(6), np.uint64(1) << (places & np.uint64(63)))
    return bits


def _view(symbols: dict[int, int], first_cjk: int) -> np.ndarray:
    """The classes of all code points, with the symbol of a letter where a term has it."""
    of = np.zeros(len(classes()), np.uint16)
    for point, symbol in symbols.items():
        of[point] = symbol
    wordy = (classes() == OTHER) | (classes() == OTHER_CJK)
    symbol = of[targets()]
    others = np.where(classes() == OTHER_CJK, first_cjk, classes())
    return np.where(wordy & (symbol != 0), symbol, others).astype(np.uint16)


def _links(trie: Trie, ends: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Where each state falls back to, and the nearest state from it on (itself first) in which a term ends."""
    fail, report = np.zeros(len(trie), np.int32), np.zeros(len(trie), np.int32)
    waiting = deque([0])
    while waiting:
        state = waiting.popleft()
        report[state] = state if ends[state] else report[fail[state]]
        for symbol, child in trie[state].items():
            back = int(fail[state])
            while back and symbol not in trie[back]:
                back = int(fail[back])
            fail[child] = trie[back].get(symbol, 0) if state else 0
            waiting.append(child)
    return fail, report


def _hashed(steps: Sequence[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Numbers by key, by open addressing, half full at most; key 0 is empty."""
    size = 1 << max(4, (2 * len(steps)).bit_length())
    slots, nexts = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    mask = size - 1
    for key, to in steps:
        place = (key * int(MIX) & (1 << 64) - 1) >> 40 & mask
        while slots[place]:
            place = (place + 1) & mask
        slots[place], nexts[place] = key, to
    return slots, nexts
