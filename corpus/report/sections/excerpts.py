"""Texts cut to a length that can be read, around the places that matter."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from corpus.report.html.markup import Html, element, marked, text
from corpus.report.words import say

HEAD = 600
"""Characters that are shown of a text without marks."""
AROUND = 60
PLACES = 8
Span = tuple[int, int]


def excerpt(value: str, spans: Sequence[Span] = (), head: int = HEAD) -> Html:
    """The beginning of a text, and what stands around the first marked places further down."""
    windows = [(0, min(head, len(value)))]
    for start, end in [span for span in sorted(spans) if span[1] > head][:PLACES]:
        low, high = max(0, start - AROUND), min(len(value), min(end, start + head) + AROUND)
        if low <= windows[-1][1]:
            windows[-1] = (windows[-1][0], max(high, windows[-1][1]))
        else:
            windows.append((low, high))
    pieces: list[Html] = []
    for low, high in windows:
        inside = [(start - low, end - low) for start, end in spans if end > low and start < high]
        inside = [(max(0, start), min(end, high - low)) for start, end in inside]
        pieces += [text(" ⋯ ")] if pieces else []
        pieces.append(marked(value[low:high], inside))
    left = len(value) - windows[-1][1]
    if left > 0:
        more = element("span", text(say("samples.more", {"characters": left})), {"class": "soft"})
        pieces += [text(" "), more]
    return said(pieces)


def said(pieces: Sequence[Html], raw: bool = False) -> Html:
    """A block of a record's text, its direction its own."""
    return element("div", pieces, {"class": "said raw" if raw else "said", "dir": "auto"})


def differing(one: str, other: str, head: int = HEAD) -> tuple[Html, Html]:
    """The beginnings of two texts, with what each has and the other lacks marked."""
    first, second = one[:head], other[:head]
    found: tuple[list[Span], list[Span]] = ([], [])
    for kind, low, high, other_low, other_high in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if kind != "equal":
            found[0].append((low, high))
            found[1].append((other_low, other_high))
    return _rest(first, one, found[0]), _rest(second, other, found[1])


def _rest(shown: str, whole: str, spans: list[Span]) -> Html:
    pieces = [marked(shown, spans, "differs")]
    if len(whole) > len(shown):
        more = say("samples.more", {"characters": len(whole) - len(shown)})
        pieces.append(element("span", text(more), {"class": "soft"}))
    return said(pieces)
