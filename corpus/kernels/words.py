"""Words of mixed Chinese and alphabetic text, and what Gopher's quality rules ask of them.

A *word* is a run of letters, marks and numbers of any script but Han and kana, apostrophes between letters included.
Chinese and Japanese have no spaces: their words are estimated as two for three characters (Chinese running text has
about 1.5 characters a word), rounded up. A *piece* is what stands between spaces, as Gopher counts it: Han, kana and
wide punctuation also end one, and a run of Han and kana is one piece, whose length is not measured.
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
from corpus.kernels.numba_cache import I64, I64_GRID_OUT, I64_OUT, U8, helper, kernel
from corpus.kernels.signal import SignalCall
from corpus.kernels.unicode_tables import CONTROL, DIGIT, FORMAT, LETTER, MARK, NUMBER, SPACE, WIDE, tables

IDEOGRAPH, ALPHA, NUMERAL, GAP, OTHER = 1, 2, 3, 4, 0
ROWS = (
    "words", "ideographs", "alpha_words", "alpha_chars", "pieces", "letter_pieces", "longest_piece", "hashes",
    "ellipses", "stops_en", "stops_zh",
)  # fmt: skip
STOPS_EN = ("the", "be", "to", "of", "and", "that", "have", "with")
"""Gopher's eight (Rae et al. 2021, appendix A1.1)."""
STOPS_ZH = (
    "的", "了", "是", "在", "和", "不", "有", "也", "就", "都", "而", "与與", "这這", "那", "我", "他", "们們", "到",
    "把", "被", "对對", "从從", "会會", "要",
)  # fmt: skip
"""Function characters that Chinese prose of any kind uses; both scripts of one count once."""


@functools.cache
def _kinds() -> np.ndarray:
    known = tables()
    kinds = np.where(known.having(SPACE | CONTROL | FORMAT | WIDE), GAP, OTHER)
    kinds = np.where(known.having(DIGIT | NUMBER | MARK), NUMERAL, kinds)
    kinds = np.where(known.having(LETTER), ALPHA, kinds)
    kinds = np.where(known.having(LETTER) & known.of_scripts("Hani", "Kana"), IDEOGRAPH, kinds)
    return frozen(kinds.astype(np.uint8))


@functools.cache
def _stops() -> tuple[np.ndarray, np.ndarray]:
    """English words as their lower-case bytes in one integer; by code point, 1 + the number of a Chinese one."""
    packed = np.array([int.from_bytes(word.encode(), "big") for word in STOPS_EN], np.int64)
    numbers = np.zeros(0x10000, np.uint8)
    for number, forms in enumerate(STOPS_ZH):
        for form in forms:
            numbers[ord(form)] = number + 1
    return frozen(packed), frozen(numbers)


@helper
def _bits(mask: int) -> int:
    found = 0
    while mask:
        mask &= mask - 1
        found += 1
    return found


@kernel(U8, I64, U8, U8, I64, U8, I64, I64_GRID_OUT, I64_GRID_OUT)
def _measure(
    data: Any,
    offsets: Any,
    classes: Any,
    kinds: Any,
    stops_en: Any,
    stops_zh: Any,
    limits: Any,
    counts: Any,
    long: Any,
) -> None:
    """`counts[i, row]` for the names in ROWS; `long[i, row]`: pieces of more than `limits[i]` code points."""
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        words, ideographs, alpha_words, alpha_chars = 0, 0, 0, 0
        pieces, letter_pieces, longest, hashes, ellipses = 0, 0, 0, 0, 0
        mask_en: Any = 0
        mask_zh: Any = 0
        kind: Any = GAP
        length, letters, packed = 0, False, 0
        piece, piece_letters, dots, ideographic = 0, False, 0, False
        while True:
            over = index >= end
            point = -1
            kind = GAP
            if not over:
                lead = byte_at(data, index)
                point = code_point(data, index, lead)
                index += width(lead)
                kind = np.int64(at(kinds, np.int64(at(classes, point))))
            if (
                length > 0
                and (point == 0x27 or point == 0x2019)
                and index < end
                and at(kinds, np.int64(at(classes, code_point(data, index, byte_at(data, index))))) == ALPHA
            ):
                kind = NUMERAL
            if kind in (ALPHA, NUMERAL):
                length += 1
                letters = letters or kind == ALPHA
                if length <= 4:
                    packed = (packed << 8) | (point | 0x20 if point < 0x80 else 0xFF)
            elif length > 0:
                words += 1
                if letters:
                    alpha_words += 1
                    alpha_chars += length
                    if length <= 4:
                        for which in range(len(stops_en)):
                            if stops_en[which] == packed:
                                mask_en |= 1 << which
                length, letters, packed = 0, False, 0
            if kind == IDEOGRAPH:
                ideographs += 1
                if point < 0x10000 and at(stops_zh, point) > 0:
                    mask_zh |= 1 << (np.int64(at(stops_zh, point)) - 1)
            if kind in (IDEOGRAPH, GAP):
                if piece > 0:
                    pieces += 1
                    letter_pieces += piece_letters
                    longest = max(longest, piece)
                    for which in range(len(limits)):
                        long[which, row] += piece > limits[which]
                    piece, piece_letters = 0, False
                if kind == IDEOGRAPH and not ideographic:
                    pieces += 1
                    letter_pieces += 1
                ideographic = kind == IDEOGRAPH
            else:
                piece += 1
                piece_letters = piece_letters or kind == ALPHA
                ideographic = False
            hashes += point == 0x23
            if point == 0x2E:
                dots += 1
                ellipses += dots == 3
            elif point == 0x2026:
                ellipses += dots < 3
                dots = 3
            else:
                dots = 0
            if over:
                break
        counts[0, row], counts[1, row], counts[2, row], counts[3, row] = words, ideographs, alpha_words, alpha_chars
        counts[4, row], counts[5, row], counts[6, row] = pieces, letter_pieces, longest
        counts[7, row], counts[8, row] = hashes, ellipses
        counts[9, row], counts[10, row] = _bits(mask_en), _bits(mask_zh)


@kernel(U8, I64, U8, I64_OUT)
def _stops_of(data: Any, offsets: Any, stops_zh: Any, counts: Any) -> None:
    """`counts[row]`: different Chinese function characters; all of them are three bytes long."""
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        mask = np.int64(0)
        while index < end:
            lead = byte_at(data, index)
            if 0xE4 <= lead <= 0xE9:
                mask |= 1 << np.int64(at(stops_zh, code_point(data, index, lead)))
                index += 3
            else:
                index += width(lead)
        counts[row] = _bits(mask & ~1)


def measure_words(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signals of the `words` family."""
    data, offsets = utf8(text)
    if all(call.kernel == "stop_words" and call.arguments["language"] == "zh" for call in calls):
        few = np.zeros(len(text), np.int64)
        _stops_of(data, offsets, _stops()[1], few)
        return [column(few, pa.int32(), text) for _ in calls]
    limits = sorted({int(call.arguments["above"]) for call in calls if "above" in call.arguments})
    counts = np.zeros((len(ROWS), len(text)), np.int64)
    long = np.zeros((len(limits), len(text)), np.int64)
    _measure(data, offsets, tables().classes, _kinds(), *_stops(), frozen(np.array(limits, np.int64)), counts, long)
    of = dict(zip(ROWS, counts, strict=True))
    words = of["words"] + (2 * of["ideographs"] + 2) // 3
    found: list[pa.Array] = []
    for call in calls:
        values: np.ndarray
        match call.kernel:
            case "words":
                values = words
            case "mean_word_length":
                values = share(of["alpha_chars"], of["alpha_words"])
            case "max_word_length":
                values = of["longest_piece"]
            case "long_word_ratio":
                values = share(long[limits.index(int(call.arguments["above"]))], of["pieces"])
            case "alphabetic_word_ratio":
                values = share(of["letter_pieces"], of["pieces"])
            case "symbol_word_ratio":
                symbols = of["hashes" if call.arguments["of"] == "hash" else "ellipses"]
                values = np.minimum(share(symbols, words), np.float32(1))
            case _:
                values = of[f"stops_{call.arguments['language']}"]
        floats = values.dtype == np.float32
        found.append(column(values, pa.float32() if floats else pa.int32(), text))
    return found
