"""The view of a text in which word lists look for their terms: what stays, what may be stepped over, what separates.

Each code point becomes its compatibility form, case folded, Traditional made Simplified, and Cyrillic and Greek letters
that look like Latin ones made Latin. What is neither letter nor digit is a gap. Between two characters of which one is
Chinese or Japanese, a gap of up to `MAX_GAP` spaces, marks and pictures is stepped over, so that a spaced-out word is
still the word; a clause mark, a line's end or a longer gap separates. Between other characters, spaces, hyphens and
line ends are one space and any other mark separates. Zero-width characters, apostrophes and combining marks are not
there at all. It is a view: the text itself is never changed, and hits have offsets into the original.
"""

from __future__ import annotations

import functools

import numpy as np

from corpus.kernels import unicode_tables
from corpus.kernels.unicode_tables import (
    CODE_POINTS,
    COMBINING,
    CONTROL,
    DIGIT,
    DROP,
    EXPAND,
    FORMAT,
    INVISIBLE,
    LETTER,
    NUMBER,
    PLAIN,
    SOFT,
    SPACE,
    tables,
)

MAX_GAP = 4
"""Code points between two characters that are stepped over at most, where one of the two is Chinese or Japanese."""

NOTHING, MARK, BLANK, LINE, BREAK, SPREAD, SPACE_SYMBOL, OTHER, OTHER_CJK, FIRST = range(10)
"""What a code point is: not there, a mark, a space, a line's end, a clause mark, several code points in one, the symbol
for a space in a term, a letter or digit, one of Chinese or Japanese. An automaton numbers the letters of its terms
from FIRST on."""

_LINES = "\n\r\x0b\x0c\x85\u2028\u2029"
_CLAUSE = "。！？；：，、!?;:,｡､…﹐﹑﹒﹔﹕﹖﹗︰"
_BLANKS = "-_‐‑–\t"
_NOTHING = "'’ʼ＇"
LOOK_ALIKES = dict(
    zip(
        "авеѕіјкмнорстухѵԁԛԝһαβεικνορτυχγ",
        "abesijkmhopctyxvdqwhabeikvoptuxy",
        strict=True,
    )
)
"""Folded Cyrillic and Greek letters, and the Latin ones they are taken for."""


@functools.cache
def classes() -> np.ndarray:
    """For each code point one of NOTHING to OTHER_CJK, as uint16."""
    found = tables()
    kind = found.fold >> 29
    target = np.where(kind == PLAIN, found.fold & 0x1FFFFF, 0)
    wordy = found.having(LETTER | DIGIT | NUMBER)[found.classes].astype(bool)
    cjk = found.of_scripts("Hani", "Kana", "Bopo")[found.classes].astype(bool)
    spaces = found.having(SPACE)[found.classes].astype(bool)
    control = found.having(CONTROL)[found.classes].astype(bool)
    view = np.full(CODE_POINTS, MARK, np.uint16)
    plain = kind == PLAIN
    view[plain & wordy[target]] = OTHER
    view[plain & cjk[target] & wordy[target]] = OTHER_CJK
    view[kind == EXPAND] = SPREAD
    view[kind == COMBINING] = NOTHING
    dropped = (kind == DROP) | (kind == SOFT)
    view[dropped & spaces] = BLANK
    view[(kind == DROP) & ~spaces & _invisible()] = NOTHING
    view[control & ~spaces] = NOTHING
    for points, meaning in ((_LINES, LINE), (_CLAUSE, BREAK), (_BLANKS, BLANK), (_NOTHING, NOTHING)):
        view[[ord(point) for point in points]] = meaning
    view.flags.writeable = False
    return view


def _invisible() -> np.ndarray:
    """Format characters, variation selectors and the like: in a key they go, and no one sees them."""
    found = tables()
    return found.having(FORMAT | INVISIBLE | unicode_tables.MARK)[found.classes].astype(bool)


@functools.cache
def targets() -> np.ndarray:
    """For each code point the one it is compared as, as uint32: itself folded, look-alikes made Latin."""
    found = tables()
    target = np.where(found.fold >> 29 == PLAIN, found.fold & 0x1FFFFF, np.arange(CODE_POINTS)).astype(np.uint32)
    alike = np.arange(CODE_POINTS, dtype=np.uint32)
    for looks, latin in LOOK_ALIKES.items():
        alike[ord(looks)] = ord(latin)
    target = alike[target]
    target.flags.writeable = False
    return target


def is_cjk(point: int) -> bool:
    """Whether a gap beside this folded code point may be stepped over."""
    return bool(classes()[point] == OTHER_CJK)


def view_of_term(term: str) -> list[int]:
    """The folded code points of a term, 0x20 for a space; ValueError when a mark in it separates or nothing is left."""
    found, view, target = tables(), classes(), targets()
    points: list[int] = []
    gap = 0
    for character in term.strip():
        code = ord(character)
        pieces = [code]
        if view[code] == SPREAD:
            entry = int(found.fold[code])
            first, many = entry & 0x1FFFFF, entry >> 21 & 0xFF
            pieces = [int(one) & 0x1FFFFF for one in found.fold_extra[first : first + many]]
        for piece in pieces:
            meaning = int(view[piece])
            if meaning == NOTHING:
                continue
            if meaning in (OTHER, OTHER_CJK):
                point = int(target[piece])
                if gap and points:
                    _join(points, point, gap, term)
                points.append(point)
                gap = 0
            else:
                gap |= 1 << meaning
    if not points:
        raise ValueError(f"{term!r} has no letter or digit")
    return points


def _join(points: list[int], point: int, gap: int, term: str) -> None:
    if gap & (1 << BREAK | 1 << LINE):
        raise ValueError(f"{term!r} has a clause mark inside, which no match may cross")
    if is_cjk(points[-1]) or is_cjk(point):
        return
    if gap & 1 << MARK:
        raise ValueError(f"{term!r} has a mark between letters, which no match may cross")
    points.append(0x20)
