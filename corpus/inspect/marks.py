"""Where in a text a signal sees what it counts, for people to look at: the hits of lists and patterns, characters of a
kind, repeated lines. Signals that see no places (lengths, means, models) have none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from corpus.errors import CorpusError
from corpus.kernels.listing import LEAD
from corpus.kernels.patterns import EMAIL, PHRASES, URL
from corpus.kernels.signal import SignalCall
from corpus.slot import Committed

Span = tuple[int, int]
LOOKED_AT = 20_000
"""Characters of a text that are looked at."""
MOST = 400
"""Spans of a text that are told."""
QUIET = {"han", "letter", "latin", "kana", "hangul", "alphanumeric", "greek", "cyrillic"}
"""Kinds of characters that running text is made of: marking them shows nothing."""


def calls_of(stages: Mapping[str, Committed]) -> dict[str, SignalCall]:
    """The signals that a run measured, by the column they are in."""
    stored = stages["measure"].manifest.details.get("settings", [])
    calls = [SignalCall.from_stored(values) for values in stored]
    return {call.column: call for call in calls}


def spans_of(text: str, call: SignalCall) -> list[Span]:
    """Spans of `text` (characters; ascending, MOST at most) that the signal counts; none where it knows no places."""
    shown = text[:LOOKED_AT]
    try:
        found = list(_spans(shown, call))
    except (CorpusError, KeyError, pl.exceptions.PolarsError):
        # A list that is no longer there, a pattern that is not a regular expression: there is nothing to mark.
        return []
    return sorted(found)[:MOST]


def _spans(text: str, call: SignalCall) -> Iterator[Span]:
    arguments = call.arguments
    match call.kernel:
        case "term_density" | "term_density_capped" | "term_hits" | "term_distinct":
            yield from _terms(text, str(arguments["list"]))
        case "pattern_density" | "pattern_line_ratio":
            yield from _matches(text, str(arguments["pattern"]))
        case "phrase_density" | "phrase_line_ratio":
            group = str(arguments["of"])
            if group in PHRASES:
                flag = "" if group == "mojibake" else "(?i)"
                yield from _matches(text, flag + "|".join(PHRASES[group]))
        case "url_count" | "url_char_ratio":
            yield from _matches(text, URL)
        case "email_count":
            yield from _matches(text, EMAIL)
        case "curly_ratio":
            yield from _matches(text, r"[{}]+")
        case "char_ratio" | "char_count" if str(arguments["of"]) not in QUIET:
            yield from _characters(text, str(arguments["of"]))
        case "duplicate_line_ratio" | "duplicate_line_char_ratio":
            yield from _repeated(text, "\n")
        case "duplicate_paragraph_ratio" | "duplicate_paragraph_char_ratio":
            yield from _repeated(text, "\n\n")
        case "bullet_line_ratio":
            yield from _matches(text, r"(?m)^[ \t]*[•●▪■◆·\-*–][ \t]*")
        case "listing_ratio":
            yield from _matches(text, LEAD)
        case "ellipsis_line_ratio":
            yield from _matches(text, r"(?m)(?:…+|\.{3,})[ \t]*$")
        case "longest_run":
            yield from _longest_run(text)
        case _:
            return


def _terms(text: str, names: str) -> Iterator[Span]:
    from corpus import wordlists
    from corpus.userlists import hits

    for name in names.split("+"):
        yield from ((hit.start, hit.end) for hit in hits(wordlists.load(name), text))


def _matches(text: str, pattern: str) -> Iterator[Span]:
    """Matches of a pattern in the Rust dialect; they do not overlap and are looked for in their order."""
    at = 0
    for found in pl.Series([text]).str.extract_all(pattern)[0].to_list():
        start = text.find(found, at)
        if found and start >= 0:
            at = start + len(found)
            yield start, at


def _characters(text: str, kind: str) -> Iterator[Span]:
    """Runs of characters of a kind."""
    import pyarrow as pa

    from corpus.kernels.chars import count_kinds

    characters = pa.array(list(text), pa.large_string())
    counts, _ = count_kinds(characters, [kind])
    inside = np.concatenate([[False], counts[1] > 0, [False]])
    starts, ends = np.flatnonzero(inside[1:] & ~inside[:-1]), np.flatnonzero(inside[:-1] & ~inside[1:])
    yield from zip(starts.tolist(), ends.tolist(), strict=True)


def _repeated(text: str, between: str) -> Iterator[Span]:
    seen: set[str] = set()
    at = 0
    for line in text.split(between):
        said = line.strip()
        if said and said in seen:
            yield at, at + len(line)
        seen.add(said)
        at += len(line) + len(between)


def _longest_run(text: str) -> Iterator[Span]:
    if not text:
        return
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    changes = np.concatenate([[0], np.flatnonzero(np.diff(points)) + 1, [len(points)]])
    longest = int(np.argmax(np.diff(changes)))
    yield int(changes[longest]), int(changes[longest + 1])
