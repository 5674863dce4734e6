"""Rewards by declared rules: what can be checked of an answer without a judge.

rewards: 1
rules:
  - {name: length, kind: length, from: 20, to: 2000}
  - {name: language, kind: language, must: true}
  - {name: json, kind: format, is: json, where: {category: extraction}}
  - {name: no_list, kind: format, pattern: '(?m)^\\s*[-*] ', absent: true, weight: 0.5}
  - {name: sums, kind: arithmetic, reference: result}
  - {name: tests, kind: code, tests: test_code, seconds: 5}
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import orjson
import polars as pl
import pyarrow as pa
from pydantic import Field, model_validator

from corpus import located
from corpus.errors import ConfigError, Problem, UsageError
from corpus.kernels.dialogue import language_mismatch
from corpus.located import Strict
from corpus.pairs import store
from corpus.pairs.arithmetic import last_number, sums
from corpus.pairs.model import Reply, Seed
from corpus.pairs.sandbox import run_python

REWARD = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("seed", "answer", "rule")),
        pa.field("value", pa.float64()),
        pa.field("weight", pa.float64(), nullable=False),
        pa.field("must", pa.bool_(), nullable=False),
        pa.field("detail", pa.string()),
    ]
)
"""`value` is from 0 to 1, null where the rule does not apply."""
OTHER_LANGUAGE = 0.7
_FENCE = re.compile(r"```[\w+-]*[ \t]*\n(.*?)```", re.DOTALL)
_PYTHON = re.compile(r"```(?:python|py|python3)[ \t]*\n(.*?)```", re.DOTALL)
_LIST = re.compile(r"(?m)^\s*(?:[-*•]|\d+[.、)])\s*\S")


class Rule(Strict):
    """One rule. `where` are fields of the seed that must have these values for it to apply; `must`: an answer that
    breaks it is never chosen. See docs/pairs.md for the kinds."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    kind: Literal["length", "format", "language", "arithmetic", "code"]
    weight: Annotated[float, Field(ge=0, le=100)] = 1.0
    must: bool = False
    where: Mapping[str, str | int | float | bool] = {}
    least: Annotated[int | None, Field(alias="from", ge=0)] = None
    most: Annotated[int | None, Field(alias="to", ge=1)] = None
    form: Annotated[Literal["json", "code_block", "list", "one_line"] | None, Field(alias="is")] = None
    pattern: str | None = None
    absent: bool = False
    reference: str | None = None
    tests: str | None = None
    seconds: Annotated[float, Field(gt=0, le=60)] = 5.0

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.kind == "length" and self.least is None and self.most is None:
            raise ValueError("a length has `from`, `to` or both, in characters")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError("`from` is above `to`")
        if self.kind == "format" and (self.form is None) == (self.pattern is None):
            raise ValueError("a format has `is` (json, code_block, list, one_line) or `pattern`")
        if self.kind == "code" and self.tests is None:
            raise ValueError("code has `tests`: the field of the seed that holds its test program")
        if self.pattern is not None:
            try:
                pl.Series([""]).str.contains(self.pattern)
            except pl.exceptions.ComputeError as error:
                raise ValueError(f"`pattern` is none of the Rust dialect: {error}") from None
        return self


class Rewards(Strict):
    """The rules, in order."""

    rewards: Literal[1]
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _different(self) -> Self:
        twice = [name for name, count in Counter(one.name for one in self.rules).items() if count > 1]
        if twice:
            raise ValueError(f"rules of one name: {', '.join(twice)}")
        return self


@dataclass(frozen=True)
class Rewarded:
    """Answers, and by rule how many it applied to, their mean, and how many it could not judge by reason."""

    answers: int
    rules: dict[str, dict[str, float]]
    not_run: dict[str, int]
    file: str


def load(path: str) -> Rewards:
    """The rules of a file; ConfigError with every mistake in it, UsageError when it is not there."""
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"rewards {path}: no such file") from None
    except UnicodeDecodeError:
        raise ConfigError([Problem(path, 0, 0, "is not UTF-8 text")]) from None
    return located.validate(Rewards, located.parse(text, path))


def reward_round(root: Path, rewards: Rewards, *, allow_code: bool = False) -> Rewarded:
    """Apply the rules to every answer of a round; writes `rewards/rewards.parquet`, in place of an earlier one.

    Rules of kind `code` run strangers' programs and so only with `allow_code`; without it UsageError.
    """
    if any(one.kind == "code" for one in rewards.rules) and not allow_code:
        raise UsageError("rules of kind code run what models wrote: allow it with --allow-code, in a container")
    seeds = {one.id: one for one in store.read_seeds(root)}
    replies = [one for one in store.read_replies(root) if one.text and one.seed in seeds]
    if not replies:
        raise UsageError(f"{root}: has no answers; let models answer with: corpus pairs generate {root} --model NAME")
    rows, told, not_run = rewarded(rewards, replies, seeds)
    path = root / "rewards" / store.REWARDS
    store.write_table(path, pa.Table.from_pylist(rows, schema=REWARD))
    done = Rewarded(len(replies), told, dict(sorted(not_run.items())), str(path))
    store.write_json(
        root / "rewards" / store.REWARDED,
        {"asked": rewards.model_dump(mode="json", by_alias=True), "done": asdict(done)},
    )
    return done


def rewarded(
    rewards: Rewards, replies: Sequence[Reply], seeds: Mapping[str, Seed]
) -> tuple[list[dict[str, Any]], dict[str, dict[str, float]], Counter[str]]:
    """What each rule says of each answer with a text, as rows of REWARD; by rule how many it applied to and their mean;
    and how many it could not judge, by reason."""
    rows: list[dict[str, Any]] = []
    told: dict[str, dict[str, float]] = {}
    not_run: Counter[str] = Counter()
    for rule in rewards.rules:
        chosen = [one for one in replies if _applies(rule, seeds[one.seed])]
        values = _values(rule, chosen, seeds)
        there = [value for value, _ in values if value is not None]
        told[rule.name] = {"applied": len(there), "mean": round(float(np.mean(there)), 6) if there else 0.0}
        not_run.update(why for value, why in values if value is None and why)
        rows += [
            {"seed": one.seed, "answer": one.id, "rule": rule.name, "value": value, "weight": rule.weight,
             "must": rule.must, "detail": why or None}
            for one, (value, why) in zip(chosen, values, strict=True)
        ]  # fmt: skip
    return rows, told, not_run


def _applies(rule: Rule, seed: Seed) -> bool:
    return all(str(seed.meta.get(name)) == str(value) for name, value in rule.where.items())


def _values(rule: Rule, replies: Sequence[Reply], seeds: Mapping[str, Seed]) -> list[tuple[float | None, str]]:
    """A value for each answer, or None and why."""
    texts = [one.text or "" for one in replies]
    match rule.kind:
        case "length":
            return [(float((rule.least or 0) <= len(text) <= (rule.most or len(text))), "") for text in texts]
        case "language":
            asked = pa.array([seeds[one.seed].prompt[-1][1] for one in replies], pa.large_string())
            apart = language_mismatch(asked, pa.array(texts, pa.large_string())) if replies else np.zeros(0)
            return [(None if np.isnan(one) else float(one < OTHER_LANGUAGE), "") for one in apart]
        case "format" if rule.pattern is not None:
            found = pl.Series(texts, dtype=pl.String).str.contains(rule.pattern).to_list()
            return [(float(one != rule.absent), "") for one in found]
        case "format":
            return [(float(_has_form(str(rule.form), text) != rule.absent), "") for text in texts]
        case "arithmetic":
            return [_arithmetic(rule, seeds[one.seed], one.text or "") for one in replies]
        case _:
            return [_code(rule, seeds[one.seed], one.text or "") for one in replies]


def _has_form(form: str, text: str) -> bool:
    match form:
        case "json":
            fenced = _FENCE.search(text)
            try:
                orjson.loads((fenced[1] if fenced else text).strip())
            except orjson.JSONDecodeError:
                return False
            return True
        case "code_block":
            return _FENCE.search(text) is not None
        case "list":
            return len(_LIST.findall(text)) > 1
        case _:
            return "\n" not in text.strip()


def _arithmetic(rule: Rule, seed: Seed, text: str) -> tuple[float | None, str]:
    """With a reference whether the answer ends with its number; else the share of its sums that are right."""
    if rule.reference is not None and seed.meta.get(rule.reference) is not None:
        wanted, said = last_number(str(seed.meta[rule.reference])), last_number(text)
        if wanted is not None:
            return float(said is not None and abs(said - wanted) <= Fraction(1, 10**6)), ""
    found = sums(text)
    return (sum(found) / len(found) if found else None), ""


def _code(rule: Rule, seed: Seed, text: str) -> tuple[float | None, str]:
    """Whether the answer's first Python block passes the seed's tests."""
    tests = seed.meta.get(str(rule.tests))
    if not isinstance(tests, str) or not tests.strip():
        return None, ""
    block = _PYTHON.search(text) or _FENCE.search(text)
    if block is None:
        return 0.0, "no_code"
    ran = run_python(f"{block[1]}\n\n{tests}\n", rule.seconds)
    return (None, ran.ended) if ran.ended == "no_sandbox" else (float(ran.ended == "passed"), ran.ended)
