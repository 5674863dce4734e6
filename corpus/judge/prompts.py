"""Prompts: versioned files in Chinese and English, shipped or the user's own, each known by its content's digest."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from corpus import located
from corpus.errors import ConfigError, Problem, UsageError
from corpus.judge import fence
from corpus.located import Strict, suggest

SHIPPED = Path(__file__).resolve().parent / "texts"
DIGEST = 16
SIDES = ("first", "second")
WINNERS = ("first", "second", "tie")
_HOLE = re.compile(r"\{(\w+)\}")
_NAME = r"^[a-z][a-z0-9_]{0,63}$"
Name = Annotated[str, Field(pattern=_NAME)]


class Wanted(Strict):
    """A field of the answer. `from` and `to` bound an integer or a number; `of` lists what a choice may be."""

    kind: Literal["integer", "number", "boolean", "string", "strings", "choice"]
    least: float | None = Field(default=None, alias="from")
    most: float | None = Field(default=None, alias="to")
    of: tuple[str, ...] = ()
    means: str = ""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        bounded = self.kind in {"integer", "number"}
        if bounded and (self.least is None or self.most is None or not self.least < self.most):
            raise ValueError("needs `from` and `to`, the first lower")
        if not bounded and (self.least is not None or self.most is not None):
            raise ValueError("only an integer or a number has `from` and `to`")
        if self.kind == "integer" and bounded:
            low, high = float(self.least or 0), float(self.most or 0)
            if not (low.is_integer() and high.is_integer()) or high - low > 1000:
                raise ValueError("bounds of an integer are whole numbers, 1,000 apart at most")
        if (self.kind == "choice") != bool(self.of) or len(set(self.of)) != len(self.of):
            raise ValueError("`of` lists the different values of a choice, and of nothing else")
        return self


class Prompt(Strict):
    """What is asked. `system` and `user` are the words; `{part}` in `user` is where a part is put, fenced; each part
    stands there once or more. `most_chars` of a part are shown, its middle left out. A `compare` prompt has the parts
    `first` and `second` and the field `winner`, one of first, second, tie."""

    prompt: Literal[1] = 1
    name: Name
    version: Annotated[int, Field(ge=1)]
    lang: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    kind: Literal["score", "compare", "free"]
    parts: Annotated[tuple[Name, ...], Field(min_length=1)]
    most_chars: Annotated[int, Field(ge=16, le=4_000_000)] = 12_000
    system: str
    user: str
    answer: Annotated[Mapping[Name, Wanted], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        holes = set(_HOLE.findall(self.user))
        if holes != set(self.parts):
            missing = ", ".join(sorted(set(self.parts) - holes)) or "none"
            unknown = ", ".join(sorted(holes - set(self.parts))) or "none"
            raise ValueError(f"`user` must hold every part as {{part}}; missing: {missing}; not a part: {unknown}")
        if self.kind == "compare":
            winner = self.answer.get("winner")
            if not set(SIDES) <= set(self.parts) or winner is None or set(winner.of) != set(WINNERS):
                raise ValueError("a compare prompt has parts first and second and a choice winner: first, second, tie")
        if self.kind == "score" and self.score is None:
            raise ValueError("a score prompt has an integer or a number in its answer")
        return self

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """16 hex digits of everything in the file, its comments aside."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()[:DIGEST]

    @property
    def score(self) -> str | None:
        """The field that holds the score: the first integer or number."""
        return next((name for name, wanted in self.answer.items() if wanted.kind in {"integer", "number"}), None)

    def messages(self, parts: Mapping[str, str]) -> list[dict[str, str]]:
        """The chat: parts fenced with a fresh code, so no two calls are alike in it and no part can write it."""
        code = fence.fresh_code(tuple(parts[name] for name in self.parts))
        shown = {name: fence.fenced(name, fence.shortened(parts[name], self.most_chars), code) for name in self.parts}
        # One pass over the template: a part that holds "{first}" stays as it is.
        user = _HOLE.sub(lambda found: shown[found[1]], self.user)
        return [{"role": "system", "content": self.system}, {"role": "user", "content": user}]


def shipped() -> list[str]:
    """Names of the prompts that come with the package."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def load_prompt(given: str) -> Prompt:
    """A shipped prompt by name, or a file by its path (ending in .yaml or .yml).

    UsageError when there is none; ConfigError with every mistake in the file.
    """
    if given.endswith((".yaml", ".yml")):
        path = Path(given).expanduser()
        if not path.is_file():
            raise UsageError(f"prompt {given}: no such file")
        return _read(str(path))
    if given not in shipped():
        known = ", ".join(shipped())
        raise UsageError(f"no prompt {given!r}{suggest(given, shipped())}; there are {known}, or name a .yaml file")
    return _read(str(SHIPPED / f"{given}.yaml"))


@lru_cache(maxsize=64)
def _read_text(path: str, _stamp: tuple[int, int]) -> Prompt:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError([Problem(path, 0, 0, "is not UTF-8 text")]) from None
    return located.validate(Prompt, located.parse(text, path))


def _read(path: str) -> Prompt:
    found = Path(path).stat()
    return _read_text(path, (found.st_mtime_ns, found.st_size))
