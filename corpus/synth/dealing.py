"""Who gets which topic, verb and example: dealt by number from a seed, so that it does not depend on time or order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import xxhash
from pydantic import Field

from corpus import located
from corpus.errors import UsageError
from corpus.located import Strict

TEXTS = Path(__file__).resolve().parent / "texts"
LANGS = ("zh", "en")


class Operation(Strict):
    """A way to evolve an instruction, or a kind of question about a document: its name and what the model is told."""

    name: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    kind: Literal["depth", "breadth", "question"]
    text: str


class Lists(Strict):
    """What is dealt in one language: fields of life (`topics`), what is to be done (`verbs`), how the user speaks
    (`forms`), what a category is (`categories`; one that is not here is called by its name), operations of evolution,
    kinds of questions, and what a user may be up to who goes on with a conversation (`manners`)."""

    topics: Annotated[tuple[str, ...], Field(min_length=1)]
    verbs: Annotated[tuple[str, ...], Field(min_length=1)]
    forms: Annotated[tuple[str, ...], Field(min_length=1)]
    categories: Mapping[str, str]
    operations: Annotated[tuple[Operation, ...], Field(min_length=1)]
    questions: Annotated[tuple[Operation, ...], Field(min_length=1)]
    manners: Annotated[tuple[str, ...], Field(min_length=1)]


def lists(lang: str) -> Lists:
    """The lists of `zh` or `en`; UsageError for another language."""
    if lang not in LANGS:
        raise UsageError(f"language {lang!r}: there are {' and '.join(LANGS)}")
    return _read(str(TEXTS / f"dealt_{lang}.yaml"))


@lru_cache(maxsize=8)
def _read(path: str) -> Lists:
    return located.validate(Lists, located.parse(Path(path).read_text(encoding="utf-8"), path))


def hashed(*parts: object) -> int:
    """64 bits of what is given, the same everywhere."""
    return xxhash.xxh3_64_intdigest("\0".join(map(str, parts)).encode(errors="surrogatepass"))


def dealt(things: Sequence[str], number: int, seed: int, what: str) -> str:
    """The thing that request `number` gets: all of them once, in an order drawn anew for each round."""
    round_number, place = divmod(number, len(things))
    return things[_order(len(things), round_number, seed, what)[place]]


@lru_cache(maxsize=64)
def _order(many: int, round_number: int, seed: int, what: str) -> tuple[int, ...]:
    chance = np.random.default_rng(hashed(what, seed, round_number))
    return tuple(chance.permutation(many).tolist())


def drawn(things: int, many: int, *parts: object) -> list[int]:
    """`many` different numbers below `things` (all where there are fewer), by the hash of `parts`."""
    chance = np.random.default_rng(hashed(*parts))
    return [int(place) for place in chance.choice(things, size=min(many, things), replace=False)]
