"""How a text ends, and whether its code fences close: what a cut answer shows.

A language model that runs out of tokens stops anywhere: after a comma, behind the number of a list item, in a code
block. None of that is certain by itself, so the ending is a label, and rules decide which labels they mind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.kernels.buffers import column, utf8
from corpus.kernels.memory import byte_at, skip_to
from corpus.kernels.numba_cache import I32_OUT, I64, U8, kernel
from corpus.kernels.signal import SignalCall

ENDINGS = ("fence", "marker", "comma", "word", "colon", "ended", "prose", "other")
"""fence: inside a code fence. marker: a list marker or heading sign with nothing behind it. comma: a comma or an
opening bracket or quote; a semicolon is neither, for it ends code and Chinese list items. word: a word that wants
another (`the`, `and`, 和). colon: a colon. ended: a sentence mark, with closing marks after it. prose: no mark, in a
line of sentences. other: a value, a title, a list item."""
TAIL = 400
"""Code points from the end that are looked at."""

_MARKER = (
    r"^\s*(?:[(（]?(?:\d{1,3}|[一二三四五六七八九十]{1,3}|[a-zA-Z])[.．、)）]"
    r"|第[一二三四五六七八九十\d]{1,3}[步天章条节点个]?[,，、:：]|[-*+•·]|#{1,6})$"
)
_COMMA = r"[,，、(（\[【「『《〈“‘]$"
_WORD = (
    r"(?:\S+\s+){3}(?:the|an|and|or|of|which|because|into|than|your|their|its|our|my)$"
    r"|[\p{Han}，、]{8}(?:和|与|及|或|把|将|并|且|以及|或者|因为|并且|而且|但是|由于)$"
)
_COLON = r"[:：]$"
_ENDED = r"[.!?。！？…~～．｡\p{Emoji_Presentation}][\p{Pe}\p{Pf}\"'”’`*_~|>$\\\]\s\d]*$"
_PROSE = r"(?:[,.!?]\s[^#|]{30,}|[，。！？][^#|]{10,})[\p{L}\p{Nd}]$"
_NO_PROSE = r"^\s*(?:[-*+•·|]|\d{1,3}\.\s)|://|\s#\S"


def endings(text: pa.Array) -> pl.Series:
    """One of ENDINGS for each text, the first that fits; null where nothing is visible."""
    texts = pl.Series(text if len(text) else pa.array([], pa.large_string()), dtype=pl.String)
    opened = pl.Series(open_fences(text)[1] != 0)
    frame = pl.DataFrame({"tail": texts.str.strip_chars_end().str.tail(TAIL), "opened": opened})
    line = pl.col("line")
    return (
        frame.with_columns(line=pl.col("tail").str.extract(r"([^\n]*)$"))
        .select(
            pl.when(pl.col("tail").str.len_bytes() == 0)
            .then(None)
            .when(pl.col("opened"))
            .then(pl.lit("fence"))
            .when(line.str.contains(_MARKER) & pl.col("tail").str.contains("\n", literal=True))
            .then(pl.lit("marker"))
            .when(line.str.contains(_COMMA))
            .then(pl.lit("comma"))
            .when(line.str.contains(_WORD))
            .then(pl.lit("word"))
            .when(line.str.contains(_COLON))
            .then(pl.lit("colon"))
            .when(line.str.contains(_ENDED))
            .then(pl.lit("ended"))
            .when(line.str.contains(_PROSE) & ~line.str.contains(_NO_PROSE))
            .then(pl.lit("prose"))
            .when(line.is_not_null())
            .then(pl.lit("other"))
            .alias("ending")
        )
        .to_series()
    )


@kernel(U8, I64, I32_OUT, I32_OUT)
def _fences(data: Any, offsets: Any, unclosed: Any, opened: Any) -> None:
    """`unclosed[row]`: fences that nothing closes; `opened[row]`: 1 where the text ends inside one."""
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        begin = index
        inside: Any = 0
        nested: Any = 0
        damaged = 0
        while index < end:
            index = skip_to(data, index, end, 0x60)
            start = index
            while index < end and byte_at(data, index) == 0x60:
                index += 1
            size = index - start
            if size < 3:
                continue
            if inside == 0:
                inside = size
                lead = byte_at(data, index) | 0x20 if index < end else 0
                nested = np.int64(lead == 0x6D)  # ```markdown: it may hold fences of its own
                continue
            if size < inside:
                continue
            before = start
            while before > begin and (byte_at(data, before - 1) == 0x20 or byte_at(data, before - 1) == 0x09):
                before -= 1
            alone = before == begin or byte_at(data, before - 1) == 0x0A
            lead = byte_at(data, index) | 0x20 if index < end else 0
            named = alone and lead >= 0x61 and lead <= 0x7A
            if named and nested > 0:
                nested += 1
            elif named:
                damaged += 1
            elif nested > 1:
                nested -= 1
            else:
                inside, nested = 0, 0
        opened[row] = inside != 0
        unclosed[row] = damaged + opened[row]


def open_fences(text: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Fences of three and more backticks that nothing closes, and 1 where a text ends inside one; int32 by row.

    A fence closes at the next run of as many backticks. A run with the name of a language behind it, at the beginning
    of a line, opens one; inside another the one before was not closed. Only a fence of Markdown may hold others.
    """
    data, offsets = utf8(text)
    unclosed, opened = np.empty(len(text), np.int32), np.empty(len(text), np.int32)
    _fences(data, offsets, unclosed, opened)
    return unclosed, opened


def measure_endings(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signals of the `endings` family."""
    return [
        endings(text).to_arrow() if call.kernel == "ending" else column(open_fences(text)[0], pa.int32(), text)
        for call in calls
    ]
