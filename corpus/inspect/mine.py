"""`corpus blacklist mine`: boilerplate and advertising phrases of a corpus, proposed for a person to choose from.

What a site puts around its texts stands at their beginnings and ends, in many of them, and seldom between. The phrases
come from two passes over the edges of all texts (see corpus.kernels.phrases); a third pass finds them anywhere and
says where they stand, what stands beside them and in which context.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from corpus import config
from corpus.errors import UsageError
from corpus.inspect.phrase_places import ZONE, Found, breaks_of, freedom, look
from corpus.kernels.matchview import view_of_term
from corpus.kernels.phrases import Phrases, Seeds, Strings
from corpus.kernels.wordlist import ANY_EDGE, MAX_TERM, Pattern, compile_patterns
from corpus.readers.plan import plan_splits
from corpus.readers.read import read_split

SPLIT_BYTES = 32 << 20
SHARE = 0.7
"""A phrase goes when a longer one that holds it stands in this share of its texts."""
VERIFIED = 4_000
VARIANTS = 12
MAX_DEPTH = 8
ALIKE = 0.5
COHESION = 3.0
FREEDOM = 0.25
PRIOR = 2.0
"""Hits in the middle that every phrase is thought to have: a few hits at the edges prove little."""
PAIRS = ("()", "[]", "<>", "（）", "【】", "《》", "“”")
UNITS = 4
"""Han characters a phrase needs, a word counting as two."""


@dataclass(frozen=True)
class Proposal:
    """A phrase: texts that hold it, its hits at beginnings, ends and between, how many times denser it is at the edges
    (`lift`), its `cohesion` in bits, how freely its neighbours change (0 to 1), the share of its ends at which a break
    stands (`whole`), and what else was found of its kind, with the texts of each."""

    phrase: str
    documents: int
    head: int
    tail: int
    middle: int
    lift: float
    cohesion: float
    freedom: float
    whole: float
    contexts: tuple[str, ...]
    variants: tuple[tuple[str, int], ...] = ()

    @property
    def score(self) -> float:
        """Documents weighted by how much the phrase belongs to the edges, and by how often it stands by itself."""
        return self.documents * float(np.log2(max(1.0, self.lift))) * (0.2 + 0.8 * self.whole)


@dataclass(frozen=True)
class Mined:
    """The proposals, best first, and what was read. `least` is in how many texts a phrase had to stand."""

    documents: int
    bytes: int
    seconds: float
    least: int
    proposals: tuple[Proposal, ...]


def mine(
    paths: Sequence[str], text: str | None = None, least: int | None = None, lift: float = 4.0, top: int = 500
) -> Mined:
    """Phrases that stand in at least `least` texts (left out: 5, or one text in 2,000 where that is more) and are at
    least `lift` times denser at the edges of texts than in their middle; the `top` best.

    The input is read three times. Memory: some 300 MB and a batch, whatever its size. UsageError as for a pipeline's
    sources, or for numbers out of range.
    """
    if least is not None and least < 2:
        raise UsageError(f"--min-documents {least}: must be at least 2")
    if not lift >= 1 or top < 1:
        raise UsageError("--lift must be at least 1, --top at least 1")
    began = time.monotonic()
    fields = config.Fields(text=text) if text else config.Fields()
    source = config.Source(name="mine", paths=tuple(paths), fields=fields)
    splits = plan_splits([source], SPLIT_BYTES)

    def texts() -> Iterator[pa.Array]:
        for split in splits:
            for chunk in read_split(split, source, config.Limits()):
                if chunk.records.num_rows:
                    yield chunk.records.column("text")

    seeds = Seeds(ZONE)
    size = 0
    for batch in texts():
        seeds.add(batch)
        size += batch.nbytes
    documents = seeds.documents
    wanted = least if least is not None else max(5, -(-documents // 2000))
    strings = Strings(seeds, wanted)
    for batch in texts():
        strings.add(batch)
    candidates = _candidates(strings.phrases(SHARE))
    del strings, seeds
    found = _verified(candidates, texts(), wanted, lift) if candidates else []
    ranked = sorted(_grouped(found), key=lambda one: (-one.score, one.phrase))[:top]
    return Mined(documents, size, time.monotonic() - began, wanted, tuple(ranked))


def _candidates(phrases: Phrases) -> list[tuple[str, float]]:
    """Phrases with their cohesion: long enough, more than numbers, and no part of one that is as frequent."""
    characters, words, numbers = phrases.parts.T
    good = ~phrases.extended & (characters + 2 * words >= UNITS) & (numbers <= characters + words)
    good &= phrases.cohesion >= COHESION
    rows = np.flatnonzero(good)
    rows = rows[np.argsort(-phrases.documents[rows] * np.log2(2 + phrases.cohesion[rows]), kind="stable")]
    taken: dict[tuple[int, ...], tuple[str, float, int]] = {}
    for row in rows.tolist():
        phrase = " ".join(phrases.text[row].split())
        try:
            view = tuple(view_of_term(phrase))
        except ValueError:
            continue
        if len(view) <= MAX_TERM and _balanced(phrase) and view not in taken:
            taken[view] = (phrase, float(phrases.cohesion[row]), int(phrases.documents[row]))
        if len(taken) >= VERIFIED:
            break
    return _longest(list(taken.values()))


def _balanced(phrase: str) -> bool:
    """Whether no bracket is cut from its partner, as a Markdown link's is."""
    return all(
        phrase.count(pair[0]) == phrase.count(pair[1]) for pair in ("()", "[]", "<>", "（）", "【】", "《》", "“”")
    )


def _longest(found: list[tuple[str, float, int]]) -> list[tuple[str, float]]:
    """Without phrases that are part of a longer one in nearly as many texts."""
    by_length = sorted(found, key=lambda item: -len(item[0]))
    kept: list[tuple[str, float, int]] = []
    for phrase, cohesion, documents in by_length:
        if not any(phrase in longer and others >= SHARE * documents for longer, _, others in kept):
            kept.append((phrase, cohesion, documents))
    return [(phrase, cohesion) for phrase, cohesion, _ in kept]


def _verified(
    candidates: Sequence[tuple[str, float]], texts: Iterator[pa.Array], least: int, lift: float
) -> list[Proposal]:
    """The candidates that stand at the edges, as whole phrases, in enough texts."""
    depths = _depths([phrase for phrase, _ in candidates])
    patterns = [
        Pattern(phrase, depth, edge=0 if _has_han(phrase) else ANY_EDGE, gaps=False)
        for (phrase, _), depth in zip(candidates, depths, strict=True)
    ]
    automaton = compile_patterns(patterns, max(depths) + 1)
    found = [Found() for _ in candidates]
    beside: tuple[dict[int, Counter[str]], ...] = (defaultdict(Counter), defaultdict(Counter))
    sizes = [0, 0]
    for batch in texts:
        look(batch, automaton, found, beside, sizes)
    proposals = []
    for index, ((phrase, cohesion), seen) in enumerate(zip(candidates, found, strict=True)):
        if seen.documents < least:
            continue
        head, tail, middle = seen.places
        denser = ((head + tail) / max(1, sizes[0])) / ((middle + PRIOR) / max(1, sizes[1]))
        free = min(freedom(side[index]) for side in beside)
        whole = sum(breaks_of(side[index]) / max(1, side[index].total()) for side in beside) / 2
        if denser >= lift and free >= FREEDOM:
            contexts = tuple(seen.contexts)
            proposals.append(
                Proposal(phrase, seen.documents, head, tail, middle, denser, cohesion, free, whole, contexts)
            )
    return proposals


def _depths(phrases: Sequence[str]) -> list[int]:
    """How many phrases stand around each, one in the other: phrases of one depth hide none of each other's hits."""
    order = sorted(range(len(phrases)), key=lambda index: -len(phrases[index]))
    of: dict[int, int] = {}
    for place, index in enumerate(order):
        around = [of[other] for other in order[:place] if phrases[index] in phrases[other]]
        of[index] = min(MAX_DEPTH - 1, 1 + max(around, default=-1))
    return [of[index] for index in range(len(phrases))]


def _has_han(phrase: str) -> bool:
    return any(ord(character) >= 0x2E80 for character in phrase)


def _grouped(found: Sequence[Proposal]) -> list[Proposal]:
    """One proposal for phrases of one kind, the others as its variants.

    A phrase that is part of another stands in clearly more texts than that one, else it would have gone before: it
    takes the other's place, which it finds too. Of phrases that share most of their text the longest stands for all.
    """
    variants: dict[str, list[Proposal]] = {}
    parts: list[Proposal] = []
    for one in sorted(found, key=lambda item: (len(item.phrase), item.phrase)):
        holds = next((part for part in parts if part.phrase in one.phrase), None)
        if holds is None:
            parts.append(one)
            variants[one.phrase] = []
        else:
            variants[holds.phrase].append(one)
    groups: list[tuple[Proposal, set[str]]] = []
    by_gram: dict[str, set[int]] = defaultdict(set)
    for one in reversed(parts):
        grams = _grams(one.phrase)
        shared = Counter(number for gram in grams for number in by_gram[gram])
        for number, count in shared.most_common():
            other, theirs = groups[number]
            alike = count >= ALIKE * min(len(grams), len(theirs)) and count >= ALIKE / 2 * max(len(grams), len(theirs))
            if alike and one.documents <= 2 * other.documents:
                variants[other.phrase] += [one, *variants[one.phrase]]
                break
        else:
            for gram in grams:
                by_gram[gram].add(len(groups))
            groups.append((one, grams))
    return [replace(one, variants=_listed(variants[one.phrase])) for one, _ in groups]


def _listed(variants: Sequence[Proposal]) -> tuple[tuple[str, int], ...]:
    most = sorted(variants, key=lambda item: (-item.documents, item.phrase))[:VARIANTS]
    return tuple((item.phrase, item.documents) for item in most)


def _grams(phrase: str) -> set[str]:
    """Pairs of characters, of words in phrases without Chinese."""
    pieces: Sequence[str] = phrase if _has_han(phrase) else phrase.lower().split()
    return {"".join(pieces[index : index + 2]) for index in range(max(1, len(pieces) - 1))}


def proposals_file(found: Mined) -> str:
    """The proposals as a file that `corpus blacklist add` takes: a term a line, what is known of it above it."""
    lines = [
        f"# {len(found.proposals):,} phrases of {found.documents:,} texts, each in at least {found.least:,} of them.",
        "# Delete the lines you do not want, take the mark away from a variant you do, then:",
        "#   corpus blacklist add THIS_FILE --name NAME",
    ]
    for number, one in enumerate(found.proposals, start=1):
        lines.append("#")
        lines.append(
            f"# {number}  score {one.score:.0f}  texts {one.documents}  head {one.head}  tail {one.tail}  "
            f"middle {one.middle}  lift {one.lift:.0f}  cohesion {one.cohesion:.1f}  freedom {one.freedom:.2f}  "
            f"whole {one.whole:.2f}"
        )
        lines += [f"#   {context}" for context in one.contexts]
        for variant, documents in one.variants:
            lines += [f"#   in {documents} texts", f"#~{variant}\t1"]
        lines.append(f"{one.phrase}\t1")
    return "\n".join(lines) + "\n"
