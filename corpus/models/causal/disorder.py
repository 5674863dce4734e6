"""A text's sentences in other places: in a random order, or with heads and tails joined anew.

What is drawn depends on the text alone.
"""

from __future__ import annotations

import bisect
import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.scores.dirty.pieces import Pieces, letters

CUT = 8
"""Letters of a sentence that is cut; of one that is moved as many as a spoken one has (see `Pieces`)."""


@dataclass(frozen=True)
class Piece:
    """The characters `start` to `end` of a sentence."""

    sentence: int
    start: int
    end: int


@dataclass(frozen=True)
class Version:
    """A text, where the pieces begin in it by their sentence and start there, and those that follow something else than
    they did."""

    text: str
    at: Mapping[tuple[int, int], int]
    judged: tuple[Piece, ...]


def beginning(text: str, most: int) -> str:
    """The sentences of a text that end within its first `most` characters; what is behind these is not looked at."""
    ends = list(itertools.accumulate(map(len, Pieces(text[: most + 1]).sentences)))
    whole = bisect.bisect_right(ends, most)
    return text[: ends[whole - 1]] if whole else ""


class Sentences:
    """The sentences of a text without the spaces and line ends behind them, which stay where they are whatever is
    moved."""

    def __init__(self, text: str) -> None:
        found = Pieces(text)
        self.bodies = [one.rstrip("\n ") for one in found.sentences]
        self.moved = found.spoken
        self._ends = [one[len(body) :] for one, body in zip(found.sentences, self.bodies, strict=True)]
        self._cut = [place for place in self.moved if letters(self.bodies[place]) >= CUT]
        digest = hashlib.sha256(text.encode()).digest()
        self._rng = np.random.default_rng(int.from_bytes(digest[:16], "little"))

    def whole(self) -> Version:
        """The text as it stands."""
        return self._version({}, ())

    def ordered(self) -> Version:
        """The sentences in a random order. Judged are those but the text's first that follow another one."""
        order = self._rng.permutation(self.moved).tolist()
        judged = [
            self._all_of(one)
            for before, one in zip([None, *order[:-1]], order, strict=True)
            if one != self.moved[0] and self.moved[self.moved.index(one) - 1] != before
        ]
        return self._version({slot: [self._all_of(one)] for slot, one in zip(self.moved, order, strict=True)}, judged)

    def crossed(self) -> Version:
        """Sentences cut somewhere in their middle third, heads in a random order, each with another one's tail.

        Judged are the tails; none where fewer than two sentences can be cut.
        """
        if len(self._cut) < 2:
            return self._version({}, ())
        sizes = [len(self.bodies[one]) for one in self._cut]
        drawn = [int(self._rng.integers(size // 3, size * 2 // 3 + 1)) for size in sizes]
        cuts = dict(zip(self._cut, drawn, strict=True))
        heads, circle = (self._rng.permutation(self._cut).tolist() for _ in range(2))
        after = dict(zip(circle, circle[1:] + circle[:1], strict=True))
        slots, judged = {}, []
        for slot, head in zip(self._cut, heads, strict=True):
            tail = Piece(after[head], cuts[after[head]], len(self.bodies[after[head]]))
            slots[slot] = [Piece(head, 0, cuts[head]), tail]
            judged.append(tail)
        return self._version(slots, judged)

    def _all_of(self, sentence: int) -> Piece:
        return Piece(sentence, 0, len(self.bodies[sentence]))

    def _version(self, slots: Mapping[int, Sequence[Piece]], judged: Sequence[Piece]) -> Version:
        said: list[str] = []
        at: dict[tuple[int, int], int] = {}
        length = 0
        for slot, end in enumerate(self._ends):
            for piece in slots.get(slot, [self._all_of(slot)]):
                at[piece.sentence, piece.start] = length
                said.append(self.bodies[piece.sentence][piece.start : piece.end])
                length += len(said[-1])
            said.append(end)
            length += len(end)
        return Version("".join(said), at, tuple(judged))
