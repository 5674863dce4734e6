"""Every kind of defect by name, in three groups that share none, and the function that makes texts dirty.

What is drawn depends on the text, the kind and the seed alone: not on the other texts, nor on their order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.errors import UsageError
from corpus.located import suggest
from corpus.scores.dirty import damage, inserts
from corpus.scores.dirty.pieces import Pieces

Make = Callable[[Pieces, np.random.Generator, float], str]
AMOUNT = 0.4
"""The share of a text's sentences that a defect strikes, where no other is asked for."""


@dataclass(frozen=True)
class Defect:
    """A kind of defect: `make` takes a text, a generator and an amount from 0 to 1 and gives the dirty text."""

    name: str
    make: Make

    @property
    def doc(self) -> str:
        """One sentence that says what it does."""
        return (self.make.__doc__ or "").strip().splitlines()[0]


def _named(**makes: Make) -> dict[str, Defect]:
    return {name: Defect(name, make) for name, make in makes.items()}


TRAIN = _named(
    boilerplate=inserts.boilerplate,
    chatter=inserts.chatter,
    markup=inserts.markup,
    number_dumps=inserts.number_dumps,
    url_dumps=inserts.url_dumps,
    no_marks=damage.no_marks,
    scrambled=damage.scrambled,
    stutter=damage.stutter,
)
TUNE = _named(
    share_bars=inserts.share_bars,
    goods_lists=inserts.goods_lists,
    log_lines=inserts.log_lines,
    interleaved=damage.interleaved,
    repeated_lines=damage.repeated_lines,
    word_salad=damage.word_salad,
    junk_characters=damage.junk_characters,
    syllables=damage.syllables,
    lost_clauses=damage.lost_clauses,
    lost_spans=damage.lost_spans,
    dealt_blocks=damage.dealt_blocks,
    crossed_tails=damage.crossed_tails,
)
TEST = _named(
    adverts=inserts.adverts,
    menus=inserts.menus,
    keyword_lists=inserts.keyword_lists,
    wrong_language=inserts.wrong_language,
    shuffled_sentences=damage.shuffled_sentences,
    mojibake=damage.mojibake,
    repeated_spans=damage.repeated_spans,
    glued_halves=damage.glued_halves,
    spaced=damage.spaced,
)
GROUPS: Mapping[str, Mapping[str, Defect]] = {"train": TRAIN, "tune": TUNE, "test": TEST}
"""Kinds for training, for choosing a design and for measuring it: a figure on one group is of kinds not seen before."""
KINDS: Mapping[str, Defect] = {**TRAIN, **TUNE, **TEST}


def kinds_of(names: Sequence[str]) -> tuple[str, ...]:
    """Kinds by name, group (`train`, `tune`, `test`) or `all`, once each; UsageError for a name that is none."""
    found: list[str] = []
    for name in names:
        if name not in KINDS and name not in GROUPS and name != "all":
            known = (*GROUPS, "all", *KINDS)
            raise UsageError(f"no kind of defect {name!r}{suggest(name, known)}; there are {', '.join(known)}")
        found += KINDS if name == "all" else GROUPS.get(name, {name: None})
    return tuple(dict.fromkeys(found))


def dirtied(text: str, kind: str, seed: int = 0, amount: float = AMOUNT) -> str:
    """`text` with a defect. UsageError for an unknown kind or an amount that is not above 0 and at most 1."""
    if not 0 < amount <= 1:
        raise UsageError(f"amount {amount:g}: must be above 0 and at most 1")
    defect = KINDS[kinds_of([kind])[0]]
    digest = hashlib.sha256(f"{seed}\0{kind}\0{text}".encode()).digest()
    return defect.make(Pieces(text), np.random.default_rng(int.from_bytes(digest[:16], "little")), amount)


def dirty_rows(
    texts: Sequence[str], kinds: Sequence[str], seed: int = 0, amount: float = AMOUNT
) -> tuple[list[str], list[str]]:
    """Each text with one defect, and the kind of it: kinds in turn over the texts in the order of their hashes.

    The result of a text depends on which texts there are, not on their order. A text that a defect leaves as it is
    gets the next kind; UsageError when all do.
    """
    names = kinds_of(kinds)
    order = sorted(range(len(texts)), key=lambda row: hashlib.sha256(f"{seed}\0{texts[row]}".encode()).digest())
    made, given = [""] * len(texts), [""] * len(texts)
    for turn, row in enumerate(order):
        for step in range(len(names)):
            kind = names[(turn + step) % len(names)]
            found = dirtied(texts[row], kind, seed, amount)
            if found != texts[row]:
                made[row], given[row] = found, kind
                break
        else:
            raise UsageError(f"no kind of {', '.join(names)} changes the text {texts[row][:40]!r}")
    return made, given
