"""The rhythm of a text: prose comes in sentences and clauses, what is no prose in fragments, floods and splices.

One pass over the code points, after a first one that finds the script most letters belong to (Han and kana are one). A
*unit* is a character of Han, kana or hangul, or a run of other letters. A *mark* ends a sentence or a clause; a *break*
is a line end, a bar, a slash, a greater-than, an underscore, a bullet, a tab, two spaces, or one space between Han.

A *fragment* stands between breaks, is at most SHORT code points long and holds a letter; FRAGMENTS or more of them in a
row are a menu, a list of terms, a table. Commas between Han without a space count as breaks too, and 、 as half of one.
A *flood* is a stretch of more than FLOOD units without a mark, a quote, a bracket of Chinese, a bar or a line end. A
*splice* is a stretch of SPLICE_WORDS words or SPLICE_LETTERS characters of other scripts than the text's; of words in
Latin letters only in a line that holds OWN letters of the text's script too, since programs, names of works and whole
paragraphs in English are part of many texts. A mark is *misplaced* where it begins a line, follows an opening quote or
bracket of Chinese, or follows a mark that it cannot follow: a comma another mark, a full stop itself. An *alien run* is
a run of more than ALIEN visible code points without a letter of the text's script, or of more than ALIEN_LATIN where
that script writes words. A line is *loose* when it ends without an end mark, closing quotes and brackets aside.
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
from corpus.kernels.numba_cache import I64, I64_GRID_OUT, U8, helper, kernel
from corpus.kernels.signal import SignalCall
from corpus.kernels.unicode_tables import CODE_POINTS, FORMAT, LETTER, MARK, SPACE, tables

SHORT, FRAGMENTS, FLOOD, ALIEN, ALIEN_LATIN = 12, 5, 40, 15, 8
SPLICE_WORDS, SPLICE_LETTERS, OWN = 5, 8, 6
OTHER, EAST, HANGUL, LATIN, SCRIPT, BLANK, COMMA, STOP, OPENER, BREAK, CLOSER, LINE = range(12)
"""What a code point is. EAST: Han and kana; SCRIPT: letters of any other script; CLOSER: a closing quote or bracket."""
ENUMERATION = 0x3001
HAN_BIT, END_BIT = 0x80, 0x40
"""Set beside EAST where the character is Han; beside COMMA where it may end a line: colons and semicolons, and beside
what else may, an ellipsis and a dash."""
COMMAS, STOPS, ENDS = "，；：、﹐,;", "。！？｡!?．.", "；：;:…—"
OPENERS, CLOSERS, BREAKS = "“‘「『（《〈【", "”’」』）》〉】", "|>/_·•»▪■●◆★\t›｜＞／＿"
ROWS = ("visible", "fragments", "units", "floods", "letters", "splices", "marks", "misplaced", "han", "spaced",
        "commas", "aliens", "loose")  # fmt: skip


@functools.cache
def _roles() -> np.ndarray:
    """What each code point is."""
    known = tables()
    letters = known.having(LETTER | MARK)
    of = np.full(len(known.flags), OTHER, np.uint8)
    of[letters > 0] = SCRIPT
    for role, codes in ((EAST, ("Hani", "Kana")), (HANGUL, ("Hang",)), (LATIN, ("Latn",))):
        of[(letters & known.of_scripts(*codes)) > 0] = role
    of[(letters & known.of_scripts("Hani")) > 0] |= np.uint8(HAN_BIT)
    of[known.having(SPACE | FORMAT) > 0] = BLANK
    roles = of[known.classes]
    for role, characters in ((COMMA, COMMAS), (STOP, STOPS), (OPENER, OPENERS), (CLOSER, CLOSERS), (BREAK, BREAKS)):
        roles[[ord(character) for character in characters]] = role
    roles[[ord(character) for character in ENDS]] |= np.uint8(END_BIT)
    roles[ord("\n")] = LINE
    return frozen(roles.astype(np.uint8)[:CODE_POINTS])


@helper
def _main_script(data: Any, start: int, end: int, roles: Any) -> int:
    """EAST, HANGUL, LATIN or SCRIPT, whichever most letters have; of a word its letters count a third."""
    counts = np.zeros(5, np.int64)
    index = start
    while index < end:
        lead = byte_at(data, index)
        role: Any = np.int64(at(roles, code_point(data, index, lead))) & 0x3F
        index += width(lead)
        if EAST <= role <= SCRIPT:
            counts[role] += 3 if role <= HANGUL else 1
    best = EAST
    for other in range(EAST, SCRIPT + 1):
        if counts[other] > counts[best]:
            best = other
    return best


@helper
def _han_at(data: Any, index: int, end: int, roles: Any) -> bool:
    return index < end and at(roles, code_point(data, index, byte_at(data, index))) & HAN_BIT > 0


@kernel(U8, I64, U8, I64_GRID_OUT)
def _measure(data: Any, offsets: Any, roles: Any, counts: Any) -> None:
    """`counts[i, row]` for the names in ROWS."""
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        main = _main_script(data, index, end, roles)
        visible, fragments, units, floods, letters = 0, 0, 0, 0, 0
        splices, marks, misplaced, han, spaced = 0, 0, 0, 0, 0
        commas, aliens, loose = 0, 0, 0
        alien, line = 0, 0
        ended: Any = False
        longest = ALIEN if main <= HANGUL else ALIEN_LATIN
        # The fragment under way, and the run of short ones before it.
        length, spoken, run, run_chars = 0, False, 0, 0
        flood, in_word = 0, False
        # The foreign stretch under way: words or characters, letters, whether Latin alone; and what the line holds.
        words: Any = 0
        foreign, latin_only, own, waiting = 0, True, 0, 0
        near: Any = LINE
        last: Any = LINE
        blanks = 0
        after_han: Any = False
        while index <= end:
            over = index == end
            lead = 10 if over else byte_at(data, index)
            point = 10 if over else code_point(data, index, lead)
            raw = np.int64(at(roles, point)) if not over else LINE
            role, is_han = raw & 0x3F, raw & HAN_BIT > 0
            index += 1 if over else width(lead)
            if role == BLANK:
                blanks += 1
                in_word = False
                last = BLANK
                continue
            letter = EAST <= role <= SCRIPT
            # Does a break stand before this code point?
            split = role in (LINE, BREAK) or blanks >= 2 or (blanks == 1 and is_han and after_han)
            ends = role in (COMMA, STOP)
            if split or ends:
                # Terms with commas between them and no spaces; names in a row may have as many 、 as twice that.
                listed = ends and (
                    point == ENUMERATION or (point == 0x2C and after_han and _han_at(data, index, end, roles))
                )
                if 0 < length <= SHORT and spoken and (listed or not ends):
                    run += 1 if listed and point == ENUMERATION else 2
                    run_chars += length
                elif length > 0 or (ends and not listed):
                    if run >= 2 * FRAGMENTS:
                        fragments += run_chars
                    run, run_chars = 0, 0
                length, spoken = 0, False
                in_word = False
            if ends or role == LINE or OPENER <= role <= CLOSER:
                if flood > FLOOD:
                    floods += flood
                flood = 0
            if is_han:
                han += 1
                spaced += blanks > 0 and after_han
            blanks = 0
            if role == LINE:
                if own >= OWN:
                    splices += waiting
                waiting = 0
            if (letter and role == main) or role == LINE:
                if words >= (SPLICE_WORDS if latin_only else SPLICE_LETTERS) and foreign > 0:
                    if not latin_only or (role != LINE and own + 1 >= OWN):
                        splices += foreign
                    else:
                        waiting += foreign
                words, foreign, latin_only = 0, 0, True
            if (letter and role == main) or role == LINE:
                if alien > longest:
                    aliens += alien
                alien = 0
            if role == LINE:
                if not ended:
                    loose += line
                line, ended = 0, False
                own = 0
                if over:
                    break
                near, last, after_han = LINE, LINE, False
                continue
            apart = last in (BLANK, LINE)
            if letter:
                letters += 1
                spoken = True
                single = role <= HANGUL
                if single or not in_word:
                    units += 1
                    flood += 1
                if role == main:
                    own += 1
                else:
                    foreign += 1
                    latin_only = latin_only and role == LATIN
                    # An address is one word; of scripts whose words are not counted, letters are.
                    words += single or role == SCRIPT or (not in_word and (apart or words == 0))
                in_word = not single
            else:
                in_word = False
            visible += 1
            line += 1
            alien += role != main
            ended = role == STOP or raw & END_BIT > 0 or (ended and role == CLOSER)
            if role != BREAK and not ends:
                length += 1
            if ends:
                marks += 1
                commas += role == COMMA
                tail = np.int64(byte_at(data, index - 1))
                full = lead >= 0x80
                if near == LINE or (near == OPENER and full):
                    misplaced += full or role == COMMA
                else:
                    before = near if full else last
                    ideographic_stop = lead == 0xE3 and tail == 0x82  # 。, which may not follow any other
                    misplaced += before == COMMA or (before == STOP and full and (role == COMMA or ideographic_stop))
            near = last = role
            after_han = is_han
        if run >= 2 * FRAGMENTS:
            fragments += run_chars
        counts[0, row], counts[1, row], counts[2, row], counts[3, row] = visible, fragments, units, floods
        counts[4, row], counts[5, row], counts[6, row], counts[7, row] = letters, splices, marks, misplaced
        counts[8, row], counts[9, row], counts[10, row], counts[11, row], counts[12, row] = (
            han, spaced, commas, aliens, loose
        )  # fmt: skip


def measure_rhythm(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signals of the `rhythm` family."""
    data, offsets = utf8(text)
    counts = np.zeros((len(ROWS), len(text)), np.int64)
    _measure(data, offsets, _roles(), counts)
    of = dict(zip(ROWS, counts, strict=True))
    return [column(share(*(of[name] for name in RATIOS[call.kernel])), pa.float32(), text) for call in calls]


RATIOS = {
    "fragment_char_ratio": ("fragments", "visible"),
    "flood_ratio": ("floods", "units"),
    "splice_ratio": ("splices", "letters"),
    "misplaced_mark_ratio": ("misplaced", "marks"),
    "spaced_han_ratio": ("spaced", "han"),
    "comma_ratio": ("commas", "marks"),
    "alien_run_ratio": ("aliens", "visible"),
    "loose_line_char_ratio": ("loose", "visible"),
}
"""What each signal is the share of: names in ROWS."""
