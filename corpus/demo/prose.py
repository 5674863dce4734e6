"""Clean documents of the demo corpus: paragraphs composed from the sentences of a language and a genre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import pyarrow as pa

from corpus.demo import chinese, english
from corpus.kernels.shingles import shingle_hashes


@dataclass(frozen=True)
class Material:
    """What documents of a language are composed of; see `chinese`."""

    words: Mapping[str, Sequence[str]]
    genres: Mapping[str, Sequence[str]]
    snippets: Sequence[str]
    titles: Mapping[str, str]
    subjects: Mapping[str, str]


LANGUAGES: Mapping[str, Material] = {
    module.LANG: Material(module.WORDS, module.GENRES, module.SNIPPETS, module.TITLES, module.SUBJECTS)
    for module in (chinese, english)
}
GENRES = tuple(chinese.GENRES)


@dataclass(frozen=True)
class Prose:
    """A document before it has a place: its language, genre, title and text."""

    lang: str
    genre: str
    title: str
    text: str


class _Slots(dict[str, str]):
    """What fills `{slot}`: the document's own words first, else a fresh choice each time."""

    def __init__(self, material: Material, random: Random, own: Mapping[str, str]) -> None:
        super().__init__(own)
        self._material = material
        self._random = random

    def __missing__(self, slot: str) -> str:
        choices = self._material.snippets if slot == "snippet" else self._material.words[slot]
        return self._random.choice(choices)


def compose(lang: str, genre: str, random: Random) -> Prose:
    """A document of some paragraphs, each of some sentences in the order they were written in."""
    material = LANGUAGES[lang]
    subject = random.choice([word for slot in material.subjects[genre].split() for word in material.words[slot]])
    hero = random.choice(material.words["person"])
    own = {
        "subject": subject,
        "Subject": subject[0].upper() + subject[1:],
        "hero": hero,
        "Hero": hero[0].upper() + hero[1:],
        "home": random.choice(material.words["city"]),
    }
    slots = _Slots(material, random, own)
    patterns = material.genres[genre]
    others = random.sample(range(1, len(patterns)), random.randint(6, len(patterns) - 1))
    chosen = [patterns[index] for index in (0, *sorted(others))]
    paragraphs: list[str] = []
    while chosen:
        size = min(random.randint(2, 4), len(chosen))
        sentences = [_sentence(pattern.format_map(slots)) for pattern in chosen[:size]]
        paragraphs.append(("" if lang == "zh" else " ").join(sentences))
        del chosen[:size]
    title = material.titles[genre].format_map(slots)
    return Prose(lang, genre, title[0].upper() + title[1:], "\n\n".join(paragraphs))


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


ALIKE = 0.6
"""Two documents share at most this much of their shingles; near-duplicates are found from 0.7 on."""


def distinct(lang: str, count: int, random: Random) -> list[Prose]:
    """`count` documents of a language, genres in turn, no two so alike that one could be taken for a copy."""
    seen: list[set[str]] = []
    found: list[Prose] = []
    while len(found) < count:
        prose = compose(lang, GENRES[len(found) % len(GENRES)], random)
        shingles = set(shingle_hashes(pa.array([prose.text]))[0].tolist())
        if all(len(shingles & other) <= ALIKE * len(shingles | other) for other in seen):
            seen.append(shingles)
            found.append(prose)
    return found
