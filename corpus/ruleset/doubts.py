"""What a reviewer would ask of any declared entry, whether it is a rule or a rewrite."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import polars as pl

from corpus.ruleset.model import Applies, Location

MIN_REASON = 12
MAX_STATES = 2000
"""States of a pattern at most: a search looks at each of them for each byte, in the worst case."""
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")
_GROUP = re.compile(r"\(\?(?:P?<\w+>|[a-zA-Z-]*[:)])")
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def doubts(id: str, reason: str, at: Location, idle: Location | None) -> Iterator[str]:
    """A reason that explains nothing, an id that does not say where it stands, an override that changes nothing."""
    if len(reason) < MIN_REASON:
        yield f"the reason {reason!r} is too short to explain a removal"
    prefix = _prefix(at.path)
    if prefix and not id.startswith(prefix):
        yield f"stands in {at.path}, so its id should begin with {prefix!r}"
    if idle is not None:
        yield f"the override at {idle} changes nothing; everything it says is so already"


def foreign(applies: Applies, texts: Sequence[str], called: str) -> Iterator[str]:
    """Examples in a language that the entry does not look at."""
    languages = set(applies.lang)
    for number, text in enumerate(texts, start=1):
        han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
        if languages == {"zh"} and not han and latin:
            yield f"applies to Chinese, but {called} {number} has none"
        if languages == {"en"} and han > latin:
            yield f"applies to English, but {called} {number} is Chinese"


def of_pattern(pattern: str) -> Iterator[str]:
    """A pattern that matches everywhere, or that is as large as to be slow. Any pattern is linear in the text."""
    if bool(pl.Series([""]).str.contains(pattern).item()):
        yield "its pattern matches the empty string, so it matches everywhere"
    size = states(pattern)
    if size > MAX_STATES:
        yield f"its pattern has {size} states when its repetitions are written out; {MAX_STATES} are enough"


def states(pattern: str) -> int:
    """About how many states a pattern has with its counted repetitions written out: `(?:ab){3}c` has seven."""
    sums, last = [0], [0]
    index = 0
    while index < len(pattern):
        sign = pattern[index]
        repeat = _REPEAT.match(pattern, index) if sign == "{" else None
        if repeat:
            most = int(repeat[2] or repeat[1] or 1)
            sums[-1] += last[-1] * (max(most, 1) - 1)
            last[-1] *= max(most, 1)
            index = repeat.end()
            continue
        size = 1
        if sign == "\\":
            closed = pattern.find("}", index) if pattern[index + 1 : index + 3] in ("p{", "P{", "x{") else -1
            size = closed - index + 1 if closed > 0 else 2
        elif sign == "[":
            size = _class(pattern, index) - index
        opening = _GROUP.match(pattern, index)
        if opening and opening[0].endswith(")"):
            size = len(opening[0])
        elif sign == "(":
            size = len(opening[0]) if opening else 1
            sums.append(0)
            last.append(0)
        elif sign == ")" and len(sums) > 1:
            inner = sums.pop()
            last.pop()
            sums[-1] += inner
            last[-1] = inner
        elif sign not in "*+?|^$":
            sums[-1] += 1
            last[-1] = 1
        index += size
    return sum(sums)


def _class(pattern: str, start: int) -> int:
    """Where the class that begins at `start` ends."""
    index = start + 1
    index += pattern[index : index + 1] == "^"
    index += pattern[index : index + 1] == "]"
    while index < len(pattern) and pattern[index] != "]":
        index = _class(pattern, index) if pattern[index] == "[" else index + 1 + (pattern[index] == "\\")
    return index + 1


def _prefix(path: str) -> str:
    """`zh.` for the shipped `rules/zh/` and `rules/rewrites/zh.yaml`; a user may name at will."""
    parts = path.split("/")
    if parts[0] != "rules" or len(parts) < 3:
        return ""
    return f"{parts[2].partition('.')[0]}." if parts[1] == "rewrites" else f"{parts[1]}."
