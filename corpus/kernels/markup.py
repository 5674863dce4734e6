"""Where markup and addresses stand in a text: the stretches that a key leaves out.

A stretch is an HTML tag, a comment, a declaration, a script or style with what is in it, a character reference
(`&nbsp;`, `&#8212;`), a URL, or the target of a Markdown link that is a path (`[text](/path)`). A tag has a name that
HTML knows, or one with a hyphen or colon inside (custom elements, namespaces), and attributes written as HTML writes
them. In one of a single letter, or with a hyphen or colon, each attribute has a value, and no letter stands before a
bare one: `a<b and c>d` and `a<b>c` have no tag. A URL has a scheme (http, https, ftp), or `www.` and a name, and ends
at the first byte that is not ASCII, a space, quote or bracket.

Looking is linear: what was read in vain for stretches that never ended is counted, and after four times the text's
length no more are looked for.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from corpus.kernels.buffers import frozen
from corpus.kernels.memory import at, byte_at
from corpus.kernels.numba_cache import helper

START, IN_URL, ENDS_URL, IN_NAME, WORD, SPACE, IN_VALUE = (1 << bit for bit in range(7))
"""What a byte may be: one at which to look, part of a URL, its last, part of a name, a letter or digit or underscore,
white space, part of a value without quotes."""

_NAMES = (
    "a abbr acronym address applet area article aside audio b base bdi bdo big blockquote body br button canvas "
    "caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset "
    "figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input "
    "ins kbd label legend li link main map mark marquee menu meta meter nav nobr noframes noscript object ol optgroup "
    "option output p param path picture pre progress q rp rt ruby s samp script section select slot small source span "
    "strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u "
    "ul var video wbr"
)
_SCRIPT, _STYLE, _XML = "script", "style", "xml"

EFFORT, STATE = 0, 1
"""The first place of the state that `next_stretch` keeps for a text: bytes it may still read in vain; its length."""


def _packed(name: str) -> int:
    value = 0
    for letter in name:
        value = value * 37 + (ord(letter) - 0x60 if letter.isalpha() else ord(letter) - 0x30 + 27)
    return value


@functools.cache
def tag_names() -> np.ndarray:
    """The names of tags as sorted numbers; those of `script`, `style` and `xml` stand before them."""
    names = sorted(_packed(name) for name in _NAMES.split())
    return frozen(np.array([_packed(_SCRIPT), _packed(_STYLE), _packed(_XML), *names], np.int64))


@functools.cache
def byte_roles() -> np.ndarray:
    """The bits above for each byte."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    digits = "0123456789"
    roles = np.zeros(256, np.uint8)
    for role, characters in (
        (START, "<&:wW]"),
        (IN_URL, letters + digits + "!#$%&*+,./:;=?@_~-"),
        (ENDS_URL, letters + digits + "/_~=&#%+-"),
        (IN_NAME, letters + digits + "-:_"),
        (WORD, letters + digits + "_"),
        (SPACE, " \t\n\r\f"),
    ):
        roles[[ord(character) for character in characters]] |= role
    roles |= IN_VALUE
    for character in " \t\n\r\f\"'<>=`":
        roles[ord(character)] &= 255 - IN_VALUE
    return frozen(roles)


@helper
def _has(data: Any, index: int, end: int, first: int, second: int, third: int) -> bool:
    """Whether these three bytes stand at `index`."""
    return (
        index + 3 <= end
        and byte_at(data, index) == first
        and byte_at(data, index + 1) == second
        and byte_at(data, index + 2) == third
    )


@helper
def _value_of_name(data: Any, start: int, end: int) -> int:
    """The letters and digits of a name as one number, upper case as lower; 0 for one that no tag has, -1 for one with
    a hyphen or colon inside."""
    limit = 0 if end - start > 12 else end
    value: Any = 0
    compound = False
    for index in range(start, end):
        byte = byte_at(data, index)
        if byte == 0x2D or byte == 0x3A:
            compound = True
        elif byte == 0x5F:
            limit = 0
        elif limit > 0:
            value = value * 37 + (byte - 0x30 + 27 if byte < 0x3A else (byte | 0x20) - 0x60)
    if compound:
        last = byte_at(data, end - 1)
        return 0 if last == 0x2D or last == 0x3A else -1
    return value if limit > 0 else 0


@helper
def _known(names: Any, value: int) -> bool:
    low, high = 3, len(names)
    while low < high:
        middle = (low + high) // 2
        if names[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low < len(names) and names[low] == value


@helper
def _attributes(data: Any, index: int, end: int, roles: Any, valued: bool) -> Any:
    """Where the attributes from `index` and the `>` behind them end, and where reading stopped.

    The first is -1 when this is no tag: another byte stands there, or the text ends. With `valued` each attribute has
    a value.
    """
    apart = False
    while index < end:
        while index < end and at(roles, byte_at(data, index)) & SPACE:
            index += 1
            apart = True
        if index >= end:
            break
        byte = byte_at(data, index)
        if byte == 0x3E:
            return index + 1, index + 1
        if byte == 0x2F:
            if index + 1 < end and byte_at(data, index + 1) == 0x3E:
                return index + 2, index + 2
            return -1, index
        if not apart or not at(roles, byte) & IN_NAME or byte == 0x2D or 0x30 <= byte <= 0x39:
            return -1, index
        apart = False
        while index < end and at(roles, byte_at(data, index)) & IN_NAME:
            index += 1
        after = index
        while after < end and at(roles, byte_at(data, after)) & SPACE:
            after += 1
        if after >= end or byte_at(data, after) != 0x3D:
            if valued:
                return -1, index
            continue
        index = after + 1
        while index < end and at(roles, byte_at(data, index)) & SPACE:
            index += 1
        if index >= end:
            break
        quote = byte_at(data, index)
        if quote == 0x22 or quote == 0x27:
            index += 1
            while index < end and byte_at(data, index) != quote:
                index += 1
            index += 1
            apart = True  # HTML wants a space behind a value, pages leave it out
        else:
            start = index
            while index < end and at(roles, byte_at(data, index)) & IN_VALUE:
                index += 1
            if index == start:
                return -1, index
    return -1, end


@helper
def _closing(data: Any, index: int, end: int, names: Any, which: int, roles: Any) -> int:
    """Where the first closing tag of `names[which]` from `index` on ends; -1 when there is none."""
    while index + 3 <= end:
        if byte_at(data, index) == 0x3C and byte_at(data, index + 1) == 0x2F:
            start = index + 2
            stop = start
            while stop < end and stop - start < 8 and at(roles, byte_at(data, stop)) & IN_NAME:
                stop += 1
            if stop > start and _value_of_name(data, start, stop) == names[which]:
                while stop < end and at(roles, byte_at(data, stop)) & SPACE:
                    stop += 1
                if stop < end and byte_at(data, stop) == 0x3E:
                    return stop + 1
        index += 1
    return -1


@helper
def _tag(data: Any, index: int, end: int, floor: int, roles: Any, names: Any, state: Any) -> int:
    """Where what `<` at `index` begins ends; -1 when it begins nothing."""
    place = index + 1
    if place >= end or state[EFFORT] <= 0:
        return -1
    byte = byte_at(data, place)
    if byte == 0x21:
        if _has(data, place, end, 0x21, 0x2D, 0x2D):
            place += 3
            while place < end and not _has(data, place, end, 0x2D, 0x2D, 0x3E):
                place += 1
            if place < end:
                return place + 3
        elif place + 1 < end and at(roles, byte_at(data, place + 1)) & IN_NAME:
            while place < end and byte_at(data, place) != 0x3E and byte_at(data, place) != 0x3C:
                place += 1
            if place < end and byte_at(data, place) == 0x3E:
                return place + 1
        state[EFFORT] -= place - index
        return -1
    closes, declares = byte == 0x2F, byte == 0x3F
    place += closes or declares
    start = place
    while place < end and at(roles, byte_at(data, place)) & IN_NAME:
        place += 1
    if place == start or not 0x61 <= byte_at(data, start) | 0x20 <= 0x7A:
        return -1
    value = _value_of_name(data, start, place)
    if declares:
        if value == names[2]:
            while place < end and byte_at(data, place) != 0x3E:
                place += 1
            if place < end:
                return place + 1
        state[EFFORT] -= place - index
        return -1
    if value != -1 and not _known(names, value):
        state[EFFORT] -= place - index
        return -1
    strict = place - start == 1 or value == -1
    bare = place < end and byte_at(data, place) == 0x3E
    if strict and bare and not closes and index > floor and at(roles, byte_at(data, index - 1)) & WORD:
        return -1
    stop, read = _attributes(data, place, end, roles, strict)
    if stop < 0:
        state[EFFORT] -= read - index
        return -1
    if not closes and (value == names[0] or value == names[1]) and byte_at(data, stop - 2) != 0x2F:
        inner = _closing(data, stop, end, names, 0 if value == names[0] else 1, roles)
        if inner >= 0:
            return inner
        state[EFFORT] -= end - stop
    return stop


@helper
def _reference(data: Any, index: int, end: int) -> int:
    """Where the character reference that `&` at `index` begins ends; -1 when it begins none."""
    place = index + 1
    numeric = place < end and byte_at(data, place) == 0x23
    hexadecimal = False
    if numeric:
        place += 1
        hexadecimal = place < end and byte_at(data, place) | 0x20 == 0x78
        place += hexadecimal
    start = place
    letters: Any = 0
    while place < end and place - start < 10:
        byte = byte_at(data, place)
        digit = 0x30 <= byte <= 0x39
        lower = byte | 0x20
        if numeric and not digit and not (hexadecimal and 0x61 <= lower <= 0x66):
            break
        if not numeric and not digit and not 0x61 <= lower <= 0x7A:
            break
        if not numeric and digit and letters < 2:
            break
        letters += not digit
        place += 1
    if place < end and byte_at(data, place) == 0x3B and place > start and (numeric or letters >= 2):
        return place + 1
    return -1


@helper
def _scheme(data: Any, colon: int, floor: int) -> int:
    """Where http, https or ftp before a colon begins; -1 when none of them stands there."""
    if colon - 3 < floor:
        return -1
    last: Any = 0
    for place in range(1, min(5, colon - floor) + 1):
        last |= (byte_at(data, colon - place) | 0x20) << 8 * (place - 1)
    if last == 0x6874747073:
        return colon - 5
    if last & 0xFFFFFFFF == 0x68747470:
        return colon - 4
    if last & 0xFFFFFF == 0x667470:
        return colon - 3
    return -1


@helper
def _url(data: Any, index: int, end: int, roles: Any) -> int:
    """Where the URL ends whose part behind the scheme, or whose host, begins at `index`."""
    stop = index
    while stop < end and at(roles, byte_at(data, stop)) & IN_URL:
        stop += 1
    while stop > index and not at(roles, byte_at(data, stop - 1)) & ENDS_URL:
        stop -= 1
    return stop


@helper
def _host(data: Any, index: int, end: int, floor: int, roles: Any) -> bool:
    """Whether `www.`, a name, a point and a letter stand at `index`, and no letter or digit before."""
    if not (index + 6 < end and byte_at(data, index + 3) == 0x2E):
        return False
    if (byte_at(data, index + 1) | 0x20) != 0x77 or (byte_at(data, index + 2) | 0x20) != 0x77:
        return False
    if index > floor and at(roles, byte_at(data, index - 1)) & WORD:
        return False
    place = index + 4
    while (
        place < end and place - index < 68 and at(roles, byte_at(data, place)) & WORD | (byte_at(data, place) == 0x2D)
    ):
        place += 1
    if place == index + 4 or place + 1 >= end or byte_at(data, place) != 0x2E:
        return False
    return 0x61 <= byte_at(data, place + 1) | 0x20 <= 0x7A


@helper
def _target(data: Any, index: int, end: int, roles: Any) -> int:
    """Where the path ends that is the target of the link whose text ends at `index`; -1 when there is none.

    A path begins with `/`, `#`, `./` or `../`, so that `table[row](value)` keeps its value.
    """
    if index + 3 >= end or byte_at(data, index + 1) != 0x28:
        return -1
    start = index + 2
    first, second = byte_at(data, start), byte_at(data, start + 1)
    if first not in (0x2F, 0x23) and not (first == 0x2E and second in (0x2E, 0x2F)):
        return -1
    stop = start
    while stop < end and at(roles, byte_at(data, stop)) & IN_URL:
        stop += 1
    return stop if stop < end and byte_at(data, stop) == 0x29 else -1


@helper
def _bracketed(data: Any, start: int, stop: int) -> Any:
    """A stretch with `>` behind it, and both brackets where `<` stands before it: `<https://example.org>`."""
    if byte_at(data, start - 1) == 0x3C:
        return start - 1, stop + 1
    return start, stop


@helper
def begin_text(state: Any, length: int) -> None:
    """Set the state for a text of that many bytes."""
    state[EFFORT] = 4 * length + 64


@helper
def next_stretch(data: Any, index: int, end: int, roles: Any, names: Any, state: Any) -> Any:
    """The first stretch of bytes at or behind `index` that a key leaves out: (start, stop), both `end` when none is."""
    place = index
    while place < end:
        byte = byte_at(data, place)
        if at(roles, byte) & START:
            stop: Any = -1
            start = place
            if byte == 0x3C:
                stop = _tag(data, place, end, index, roles, names, state)
            elif byte == 0x26:
                stop = _reference(data, place, end)
            elif byte == 0x3A:
                if _has(data, place, end, 0x3A, 0x2F, 0x2F):
                    start = _scheme(data, place, index)
                    if start >= 0:
                        stop = _url(data, place + 3, end, roles)
            elif byte == 0x5D:
                start = place + 2
                stop = _target(data, place, end, roles)
            elif _host(data, place, end, index, roles):
                stop = _url(data, place, end, roles)
            if stop > place:
                if start > index and byte != 0x3C and stop < end and byte_at(data, stop) == 0x3E:
                    start, stop = _bracketed(data, start, stop)
                return start, stop
        place += 1
    return end, end
