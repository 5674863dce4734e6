"""Harmless repairs of a text: line ends, invisible characters, composed accents, trailing spaces, surplus blank lines.

Every line and every visible character stays. A text with nothing to repair is found in one pass and not copied.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.kernels.buffers import frozen, text_array, utf8
from corpus.kernels.memory import at, byte_at, code_point, points, width
from corpus.kernels.numba_cache import I32_OUT, I64, I64_OUT, INT, U8, U8_OUT, U16, helper, kernel
from corpus.kernels.unicode_tables import (
    CONTROL,
    EMOJI,
    FORMAT,
    INVISIBLE,
    NFC_CHECK,
    REPAIR,
    SPACE,
    SYMBOL,
    tables,
)

LINE_END, REMOVED, ZERO_WIDTH, BLANK, JOINING, UNSPACED, RIGHT_TO_LEFT, UNCOMPOSED, PICTURE = (1 << i for i in range(9))
REWRITE, COMPOSE, HAS_RTL = 1, 2, 4
_PLAIN_SCRIPTS = ("Zyyy", "Hani", "Kana", "Hang", "Latn", "Grek", "Cyrl", "Hebr", "Geor", "Armn", "Ethi", "Bopo")


@functools.cache
def _roles() -> np.ndarray:
    """What each class of code points is to cleaning, as bits."""
    known = tables()
    flags = known.flags
    roles = np.zeros(len(flags), np.uint16)
    odd = flags & (REPAIR | NFC_CHECK | INVISIBLE) == REPAIR
    roles[odd & (flags & SPACE != 0)] |= LINE_END
    roles[odd & (flags & (CONTROL | FORMAT) != 0)] |= REMOVED
    roles[flags & INVISIBLE != 0] |= ZERO_WIDTH
    roles[flags & SPACE != 0] |= BLANK
    roles[flags & NFC_CHECK != 0] |= UNCOMPOSED
    roles[flags & (EMOJI | SYMBOL) != 0] |= PICTURE
    roles[known.of_scripts(*_PLAIN_SCRIPTS) == 0] |= JOINING
    roles[known.of_scripts("Thai", "Laoo", "Khmr", "Mymr", "Tibt") == 1] |= UNSPACED
    roles[known.of_scripts("Arab", "Hebr", "Syrc", "Thaa", "Nkoo") == 1] |= RIGHT_TO_LEFT
    return frozen(roles)


@helper
def _ends_in_space(data: Any, start: int, index: int) -> bool:
    """Whether the code point before `index` is a space."""
    if index <= start:
        return False
    last = byte_at(data, index - 1)
    if last < 0x80:
        return last == 0x20 or last == 0x09
    if index - start < 2 or last > 0xAF:
        return False
    second = byte_at(data, index - 2)
    if second == 0xC2:
        return last == 0xA0
    if index - start < 3 or second > 0x9A:
        return False
    third = byte_at(data, index - 3)
    if third == 0xE2:
        return (second == 0x80 and (last <= 0x8A or last == 0xAF)) or (second == 0x81 and last == 0x9F)
    return (third == 0xE3 and second == 0x80 and last == 0x80) or (third == 0xE1 and second == 0x9A and last == 0x80)


@kernel(U8, I64, U8, U16, INT, INT, INT, U8_OUT)
def _inspect(
    data: Any, offsets: Any, classes: Any, roles: Any, wanted: int, trailing: int, blank_lines: int, found: Any
) -> None:
    """`found[row]`: whether the text may need to be rewritten or composed, and holds right-to-left letters."""
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        index, need = start, 0
        breaks = blank_lines + 1
        line = start
        bare = True
        while index < end:
            lead = byte_at(data, index)
            if 0x20 < lead < 0x7F:
                bare = False
                index += 1
            elif 0xE4 <= lead <= 0xE9:
                bare = False
                index += 3
            elif lead == 0x0A:
                if bare:
                    breaks += 1
                    if breaks > blank_lines + 1:
                        need |= REWRITE
                else:
                    breaks = 1
                if trailing and _ends_in_space(data, line, index):
                    need |= REWRITE
                index += 1
                line = index
                bare = True
            else:
                role = np.int64(at(roles, np.int64(at(classes, code_point(data, index, lead)))))
                if role & wanted:
                    need |= REWRITE
                if role & UNCOMPOSED:
                    need |= COMPOSE
                if role & RIGHT_TO_LEFT:
                    need |= HAS_RTL
                bare = bare and role & (BLANK | LINE_END) == BLANK
                index += width(lead)
        if (bare and (line < end or breaks > 1)) or (trailing and _ends_in_space(data, line, end)):
            need |= REWRITE
        found[row] = need


@helper
def _kept(point: int, before: int, before_point: int, after: int, has_rtl: bool) -> bool:
    """Whether an invisible character does work between these neighbours: joins an emoji, shapes or breaks a script
    that needs it, or orders right-to-left text."""
    either = before | after
    if point == 0x200D:
        picture = (before & PICTURE or before_point == 0xFE0F) and after & PICTURE
        return bool(picture) or either & JOINING != 0
    if point == 0x200C:
        return either & JOINING != 0
    if point == 0x200B:
        return either & UNSPACED != 0
    if point == 0xAD or point == 0x2060 or point == 0xFEFF:
        return False
    return has_rtl


@kernel(U8, I64, U8, U16, U8, INT, INT, INT, INT, U8_OUT, I64_OUT, I32_OUT, I32_OUT)
def _rewrite(
    data: Any,
    offsets: Any,
    classes: Any,
    roles: Any,
    needs: Any,
    newlines: int,
    controls: int,
    trailing: int,
    blank_lines: int,
    target: Any,
    places: Any,
    removed: Any,
    changed: Any,
) -> None:
    """Copy every text to `target`, repaired where `needs` says so; `places[row + 1]` is where row ends in it."""
    place = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        if needs[row] & REWRITE == 0:
            target[place : place + end - start] = data[start:end]
            place += end - start
            places[row + 1] = place
            continue
        origin = place
        index = start
        line, content, kept_end = place, place, place
        blanks, swapped = blank_lines, 0
        before: Any = 0
        before_point = -1
        role: Any = 0
        while True:
            ended = index >= end
            point, size = 0x0A, 0
            role = 0
            if not ended:
                lead = byte_at(data, index)
                size = width(lead)
                point = code_point(data, index, lead)
                role = np.int64(at(roles, np.int64(at(classes, point))))
            if controls and role & (REMOVED | ZERO_WIDTH):
                stop = index
                after: Any = 0
                while stop < end:
                    lead = byte_at(data, stop)
                    following = np.int64(at(roles, np.int64(at(classes, code_point(data, stop, lead)))))
                    if following & (REMOVED | ZERO_WIDTH) == 0:
                        after = following
                        break
                    stop += width(lead)
                while index < stop:
                    lead = byte_at(data, index)
                    size = width(lead)
                    point = code_point(data, index, lead)
                    role = np.int64(at(roles, np.int64(at(classes, point))))
                    if role & ZERO_WIDTH and _kept(point, before, before_point, after, needs[row] & HAS_RTL != 0):
                        for step in range(size):
                            target[place + step] = data[index + step]
                        place += size
                        content = place
                    index += size
                continue
            if newlines and role & LINE_END:
                index += size
                if point == 0x0D and index < end and byte_at(data, index) == 0x0A:
                    continue
                swapped += 1
                point, size = 0x0A, 0
            if point != 0x0A:
                for step in range(size):
                    target[place + step] = data[index + step]
                place += size
                index += size
                if role & (BLANK | LINE_END) != BLANK:
                    content = place
                before, before_point = role, point
                continue
            before, before_point = 0, -1
            index += size
            if content == line:
                blanks += 1
                if blanks > blank_lines or ended:
                    place = line
                else:
                    place = line if trailing else place
                    if not ended:
                        target[place] = 0x0A
                        place += 1
            else:
                blanks = 0
                place = content if trailing else place
                if not ended:
                    target[place] = 0x0A
                    place += 1
                kept_end = place
            line, content = place, place
            if ended:
                break
        place = kept_end
        removed[row] = points(data, start, end) - points(target, origin, place)
        changed[row] = swapped
        places[row + 1] = place


def normalise(
    text: pa.Array,
    newlines: bool = True,
    unicode: str = "NFC",
    controls: bool = True,
    trailing_space: bool = True,
    blank_lines: int = 2,
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """The repaired texts (large_string), and by row how many code points were removed and changed (int32).

    `newlines`: CR LF, CR, VT, FF, NEL, U+2028 and U+2029 become LF. `controls`: control characters other than tab
    go, and invisible ones (byte order mark, zero-width space and joiners, soft hyphen, direction marks) where they do
    no work. `unicode`: "NFC" composes; "none" does not. `trailing_space`: spaces before a line's end go.
    `blank_lines`: more than so many in a row go; those before the first and after the last line always do, a newline
    that ends the last line stays. Idempotent. Null in, null out.
    """
    if unicode not in ("NFC", "none"):
        raise ValueError(f'unicode is {unicode!r}; it must be "NFC" or "none"')
    if not pa.types.is_large_string(text.type):
        text = text.cast(pa.large_string())
    data, offsets = utf8(text)
    wanted = LINE_END * newlines | (REMOVED | ZERO_WIDTH) * controls
    needs = np.zeros(len(text), np.uint8)
    removed, changed = np.zeros(len(text), np.int32), np.zeros(len(text), np.int32)
    _inspect(data, offsets, tables().classes, _roles(), int(wanted), int(trailing_space), blank_lines, needs)
    if (needs & REWRITE).any():
        target = np.empty(int(offsets[-1] - offsets[0]), np.uint8)
        places = np.empty(len(offsets), np.int64)
        options = (int(newlines), int(controls), int(trailing_space), blank_lines)
        _rewrite(data, offsets, tables().classes, _roles(), frozen(needs), *options, target, places, removed, changed)
        text = text_array(target[: places[-1]], places, text)
    if unicode == "NFC" and (needs & COMPOSE).any():
        text = _composed(text, needs & COMPOSE != 0, changed)
    mask = np.asarray(pc.is_null(text)) if text.null_count else None
    return text, pa.array(removed, pa.int32(), mask=mask), pa.array(changed, pa.int32(), mask=mask)


def _composed(text: pa.Array, which: np.ndarray, changed: np.ndarray) -> pa.Array:
    """`text` with the rows of `which` in NFC; `changed` grows by the code points that went into others, or by one."""
    before = text.filter(pa.array(which))
    after = pl.Series(before).str.normalize("NFC").to_arrow().cast(pa.large_string())
    differs = np.asarray(pc.fill_null(pc.not_equal(before, after), False))
    if not differs.any():
        return text
    fewer = pc.subtract(pc.utf8_length(before), pc.utf8_length(after))
    count = np.abs(np.asarray(pc.fill_null(fewer, 0)).astype(np.int64))
    changed[which] += np.where(differs, np.maximum(count, 1), 0).astype(np.int32)
    return pc.replace_with_mask(text, pa.array(which), after)
