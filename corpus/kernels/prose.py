"""Prose as it should be set: marks of the right width, quotes and brackets in pairs, paragraphs that end.

One pass over the code points. A *mark* ends a sentence or a clause. *Next to* leaves spaces out and stays within a
line. A *paragraph* is a line here, as Chinese is typed: without blank lines between paragraphs.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import column, frozen, utf8
from corpus.kernels.chars import share
from corpus.kernels.memory import at, byte_at, code_point, width
from corpus.kernels.numba_cache import I64, I64_GRID_OUT, U8, U16, helper, kernel
from corpus.kernels.signal import SignalCall
from corpus.kernels.unicode_tables import CODE_POINTS, DIGIT, FORMAT, LETTER, MARK, NUMBER, SPACE, tables
from corpus.kernels.words import STOPS_ZH

HAN, LATIN, BLANK, HALF, FULL, END, CLOSER, STOP = (1 << bit for bit in range(8))
COMMON, FUNCTION, SPECIAL, PLAIN, PAIRED, DIGITS = (1 << bit for bit in range(8, 14))
HALF_MARKS, HALF_BRACKETS, FULL_MARKS = ",.?!:;", "()", "，。？！：；（）、．｡､﹐﹑"
END_MARKS = "。！？…!?.．｡；;：:‼⁇⁈⁉—"
CLOSERS = "\"'”’」』)）】》〉］]}｝»›＂＇*_~"
STOP_MARKS = "，。？！：；、…．｡､﹐﹑,.?!:;"
PAIRS = ("(（", ")）", "[［", "]］", "{｛", "}｝", "“", "”", "‘", "’", "「", "」", "『", "』", "《", "》", "〈", "〉",
         "【", "】", "〔", "〕", "〖", "〗")  # fmt: skip
"""Openers and closers by turns; a half-width bracket may close a full-width one."""
ROUND, CURLY_ONE, QUOTES_FROM, QUOTES_TO, STRAIGHT = 0, 4, 3, 6, 2 * 12
MIN_PARAGRAPH = 20
"""Code points from which a paragraph is expected to end in a mark; what is shorter may be a title."""
MIN_ALTERNATION = 7
"""Letters in turn from which Han and Latin count as mixed up: windows of seven after xubuvd/LLMs; 甲A乙B丙C is none."""
ROWS = (
    "chars", "visible", "special", "plain", "han", "common", "function", "letters", "mixed", "marks", "half",
    "full", "pairs", "unpaired", "in_round", "paragraphs", "unended",
)  # fmt: skip


def level_one() -> frozenset[str]:
    """The 3,755 Han characters of level 1 of GB 2312 (1980), its common ones, from the encoding itself."""
    pairs = [bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)]
    return frozenset("".join(pair.decode("gb2312", "ignore") for pair in pairs))


@functools.cache
def _roles() -> np.ndarray:
    """What each code point is, as bits."""
    known = tables()
    roles = np.zeros(CODE_POINTS, np.uint16)
    letters, han = known.having(LETTER), known.of_scripts("Hani")
    by_class = np.where(letters & han, HAN, 0) | np.where(letters & known.of_scripts("Latn"), LATIN, 0)
    by_class |= np.where(known.having(SPACE | FORMAT), BLANK, 0) | np.where(known.having(DIGIT), DIGITS, 0)
    by_class |= np.where(known.having(LETTER | MARK), 0, SPECIAL) | np.where(
        known.having(LETTER | MARK | DIGIT | NUMBER), PLAIN, 0
    )
    roles[:] = by_class.astype(np.uint16)[known.classes]
    for bit, characters in (
        (HALF, HALF_MARKS + HALF_BRACKETS), (FULL, FULL_MARKS), (END, END_MARKS), (CLOSER, CLOSERS),
        (STOP, STOP_MARKS), (PLAIN, STOP_MARKS), (PAIRED, "".join(PAIRS) + '"'), (FUNCTION, "".join(STOPS_ZH)),
    ):  # fmt: skip
        roles[[ord(character) for character in characters]] |= np.uint16(bit)
    common = np.zeros(CODE_POINTS, bool)
    common[[ord(character) for character in level_one()]] = True
    points = np.flatnonzero(roles & HAN)
    simplified = np.where(known.fold[points] < CODE_POINTS, known.fold[points], points)
    roles[points[common[points] | common[simplified]]] |= np.uint16(COMMON)
    return frozen(roles)


@functools.cache
def _pairs() -> np.ndarray:
    """1 + the number in PAIRS of each bracket and quote; STRAIGHT + 1 for the quote that opens and closes."""
    numbers = np.zeros(0x10000, np.uint8)
    for number, characters in enumerate(PAIRS):
        numbers[[ord(character) for character in characters]] = number + 1
    numbers[ord('"')] = STRAIGHT + 1
    return frozen(numbers)


@helper
def _latin_at(data: Any, index: int, end: int, roles: Any) -> bool:
    return index < end and at(roles, code_point(data, index, byte_at(data, index))) & LATIN > 0


@kernel(U8, I64, U16, U8, I64_GRID_OUT)
def _measure(data: Any, offsets: Any, roles: Any, pairs: Any, counts: Any) -> None:
    """`counts[i, row]` for the names in ROWS."""
    kinds = 12
    opened = np.zeros(kinds + 1, np.int64)
    seen = np.zeros(kinds + 1, np.int64)
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        chars, visible, special, plain, han, common, function = 0, 0, 0, 0, 0, 0, 0
        letters, mixed, marks, half, full = 0, 0, 0, 0, 0
        loose, in_round, paragraphs, unended = 0, 0, 0, 0
        opened[:] = 0
        seen[:] = 0
        # near: the role of the last code point of the line that is no space; last: of the last one at all.
        near, last, waiting, turns = 0, 0, 0, 0
        length, stretch, ended, depth, entered = 0, 0, False, 0, 0
        while index <= end:
            over = index == end
            lead = 10 if over else byte_at(data, index)
            if lead == 10:
                half += waiting == HALF
                waiting = 0
                if length >= MIN_PARAGRAPH:
                    paragraphs += 1
                    unended += not ended
                if turns >= MIN_ALTERNATION:
                    mixed += turns
                loose += opened[kinds]
                opened[kinds] = 0
                near, last, turns, length, stretch, ended, depth = 0, 0, 0, 0, 0, False, 0
                if over:
                    break
                chars += 1
                special += 1
                index += 1
                continue
            point = code_point(data, index, lead)
            index += width(lead)
            role: Any = np.int64(at(roles, point))
            chars += 1
            special += (role & SPECIAL) > 0
            if role & (HAN | LATIN):
                letters += 1
                if last & (HAN | LATIN) and (role ^ last) & (HAN | LATIN):
                    turns += 1
                else:
                    if turns >= MIN_ALTERNATION:
                        mixed += turns
                    turns = 1
            elif turns > 0:
                if turns >= MIN_ALTERNATION:
                    mixed += turns
                turns = 0
            before = last
            last = role
            if length > 0:
                stretch += 1
            if role & BLANK:
                continue
            if length == 0:
                stretch = 1
            length = stretch
            visible += 1
            plain += (role & PLAIN) > 0
            if role & HAN:
                han += 1
                common += (role & COMMON) > 0
                function += (role & FUNCTION) > 0
                half += waiting == HALF
                full += waiting == FULL
            waiting = 0
            ended = (role & END) > 0 or (ended and (role & CLOSER) > 0)
            if role & STOP:
                # A point inside 3.14 or example.com is none, nor is a comma of 1,000.
                marks += point >= 0x80 or index == end or before & HAN > 0 or _stops(data, index, end, roles)
            if role & FULL:
                if near & HAN:
                    full += 1
                else:
                    waiting = FULL
            elif role & HALF and near & HAN:
                waiting = HALF
            if role & PAIRED:
                number: Any = np.int64(at(pairs, point)) - 1
                kind = number >> 1
                if number == STRAIGHT:
                    if opened[kinds] > 0:
                        opened[kinds] = 0
                        seen[kinds] += 1
                    elif not before & DIGITS:  # 5'10" is a length
                        opened[kinds] = 1
                        seen[kinds] += 1
                elif number & 1 == 0:
                    if length == 1 and opened[kind] > 0 and QUOTES_FROM <= kind < QUOTES_TO + 1:
                        # A speech goes on: each of its paragraphs opens the quote again, the last one closes it.
                        opened[kind] -= 1
                        seen[kind] -= 1
                    opened[kind] += 1
                    seen[kind] += 1
                elif (
                    kind == CURLY_ONE
                    and before & (LATIN | DIGITS)
                    and (opened[kind] == 0 or _latin_at(data, index, end, roles))
                ):
                    pass  # an apostrophe
                elif opened[kind] > 0:
                    opened[kind] -= 1
                    seen[kind] += 1
                elif not (kind == ROUND and (before & (LATIN | DIGITS) or near & STOP)):  # 1) and a) count items
                    loose += 1
                    seen[kind] += 1
                if kind == ROUND:
                    if number & 1 == 0:
                        if depth == 0:
                            entered = length
                        depth += 1
                    elif depth > 0:
                        depth -= 1
                        if depth == 0:
                            in_round += length - entered + 1
            near = role
        total = 0
        for one in range(kinds + 1):
            total += seen[one]
            loose += opened[one]
        counts[0, row], counts[1, row], counts[2, row], counts[3, row] = chars, visible, special, plain
        counts[4, row], counts[5, row], counts[6, row], counts[7, row] = han, common, function, letters
        counts[8, row], counts[9, row], counts[10, row], counts[11, row] = mixed, marks, half, half + full
        counts[12, row], counts[13, row], counts[14, row] = total, loose, in_round
        counts[15, row], counts[16, row] = paragraphs, unended


@helper
def _stops(data: Any, index: int, end: int, roles: Any) -> bool:
    """Whether a half-width mark that ends before `index` stands before a space, a quote, a bracket or a Han."""
    return at(roles, code_point(data, index, byte_at(data, index))) & (BLANK | CLOSER | HAN) > 0


def measure_prose(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signals of the `prose` family."""
    data, offsets = utf8(text)
    counts = np.zeros((len(ROWS), len(text)), np.int64)
    _measure(data, offsets, _roles(), _pairs(), counts)
    of = dict(zip(ROWS, counts, strict=True))
    found: list[pa.Array] = []
    for call in calls:
        match call.kernel:
            case "marks":
                found.append(column(of["marks"], pa.int32(), text))
                continue
            case "han_per_mark":
                values = share(of["han"], np.where(of["han"] > 0, np.maximum(of["marks"], 1), 0))
            case "non_alphanumeric_ratio":
                values = share(of["visible"] - of["plain"], of["visible"])
            case other:
                values = share(*(of[name] for name in _RATIOS[other]))
        found.append(column(values, pa.float32(), text))
    return found


_RATIOS = {
    "halfwidth_mark_ratio": ("half", "full"),
    "unpaired_ratio": ("unpaired", "pairs"),
    "unended_paragraph_ratio": ("unended", "paragraphs"),
    "common_han_ratio": ("common", "han"),
    "function_han_ratio": ("function", "han"),
    "mixed_script_windows": ("mixed", "letters"),
    "special_char_ratio": ("special", "chars"),
    "parentheses_ratio": ("in_round", "chars"),
}
