"""Clean documents of the demo corpus: paragraphs composed from the sentences of a language and a genre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from corpus import demo_chinese, demo_english


class Material(Protocol):
    """What a language module offers."""

    WORDS: Mapping[str, Sequence[str]]
    GENRES: Mapping[str, Sequence[str]]
    SNIPPETS: Sequence[str]
    TITLES: Mapping[str, str]
    SUBJECTS: Mapping[str, str]


LANGUAGES: Mapping[str, Material] = {"zh": demo_chinese, "en": demo_english}
GENRES = tuple(demo_chinese.GENRES)


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
        choices = self._material.SNIPPETS if slot == "snippet" else self._material.WORDS[slot]
        return self._random.choice(choices)


def compose(lang: str, genre: str, random: Random) -> Prose:
    """A document of some paragraphs, each of some sentences in the order they were written in."""
    material = LANGUAGES[lang]
    subject = random.choice([word for slot in material.SUBJECTS[genre].split() for word in material.WORDS[slot]])
    hero = random.choice(material.WORDS["person"])
    own = {
        "subject": subject,
        "Subject": subject[0].upper() + subject[1:],
        "hero": hero,
        "Hero": hero[0].upper() + hero[1:],
        "home": random.choice(material.WORDS["city"]),
    }
    slots = _Slots(material, random, own)
    patterns = material.GENRES[genre]
    others = random.sample(range(1, len(patterns)), random.randint(6, len(patterns) - 1))
    chosen = [patterns[index] for index in (0, *sorted(others))]
    paragraphs: list[str] = []
    while chosen:
        size = min(random.randint(2, 4), len(chosen))
        sentences = [_sentence(pattern.format_map(slots)) for pattern in chosen[:size]]
        paragraphs.append(("" if lang == "zh" else " ").join(sentences))
        del chosen[:size]
    title = material.TITLES[genre].format_map(slots)
    return Prose(lang, genre, title[0].upper() + title[1:], "\n\n".join(paragraphs))


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def distinct(lang: str, count: int, random: Random) -> list[Prose]:
    """`count` documents of a language, genres in turn, no two with the same text."""
    seen: set[str] = set()
    found: list[Prose] = []
    while len(found) < count:
        prose = compose(lang, GENRES[len(found) % len(GENRES)], random)
        if prose.text not in seen:
            seen.add(prose.text)
            found.append(prose)
    return found
