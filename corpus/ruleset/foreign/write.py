"""An imported recipe as files of ours: rules, rewrites, word lists, and a pipeline that names them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import PurePath
from typing import Any

import yaml

from corpus.ruleset.foreign.examples import Example, examples
from corpus.ruleset.foreign.model import FATES, NewRewrite, NewRule, Recipe


def files_of(recipe: Recipe, out: str) -> dict[str, str]:
    """Every file by its path: the rules at `out`, the others beside it with other endings. Notes are added to
    `recipe` where two settings bound one thing, or where nothing could fail."""
    stem = str(PurePath(out).with_suffix(""))
    base = PurePath(stem).name
    prefix = _prefix(PurePath(recipe.path).stem)
    lists = {ending: f"{base}.{ending}" for ending in recipe.lists}
    rules = _rules(recipe, prefix, lists)
    # The head is made after the rules, which may add notes.
    files = {out: "\n".join([*_head(recipe), "", *rules]).rstrip("\n") + "\n"} if rules else {}
    files |= {f"{stem}.{ending}": content for ending, content in recipe.lists.items()}
    if recipe.rewrites:
        entries = [line for item in _numbered(recipe.rewrites) for line in _rewrite(item, recipe, prefix)]
        files[f"{stem}.rewrites.yaml"] = "\n".join([f"# Mappers of {PurePath(recipe.path).name}.", "", *entries]) + "\n"
    files[f"{stem}.pipeline.yaml"] = _pipeline(recipe, base, PurePath(out).name if rules else None)
    return files


def _prefix(stem: str) -> str:
    kept = "".join(char if char.isascii() and char.isalnum() else "_" for char in stem.lower()).strip("_")
    return kept if kept[:1].isalpha() else f"recipe_{kept}".rstrip("_")


def _head(recipe: Recipe) -> Iterator[str]:
    yield f"# {recipe.kind}: {PurePath(recipe.path).name}, imported by `corpus rules import`."
    for fate, said in FATES.items():
        notes = [note for note in recipe.notes if note.fate == fate]
        if notes:
            yield "#"
            yield f"# {said}:"
        for note in notes:
            yield "#   " + " ".join(f"{note.origin}: {note.said}".split())


def _rules(recipe: Recipe, prefix: str, lists: dict[str, str]) -> list[str]:
    lines: list[str] = []
    for rule in _each_side_once(recipe):
        found = examples(rule)
        if found is None:
            recipe.note(rule.origin, "off", "no text is known that would fail it; left out")
            continue
        args = tuple((name, lists.get(str(value), value)) for name, value in rule.args)
        lines += [*_rule(replace(rule, args=args), recipe, prefix, *found), ""]
    return lines


def _each_side_once(recipe: Recipe) -> Iterator[NewRule]:
    """The rules, without bounds that a tighter one on the same side of the same signal makes idle."""
    tightest: dict[tuple[Any, ...], NewRule] = {}
    rules = list(_numbered(recipe.rules))
    for rule in rules:
        for side, sign in (("min", 1), ("max", -1)):
            place, bound = _place(rule, side), getattr(rule, side)
            if bound is not None and (place not in tightest or sign * bound > sign * getattr(tightest[place], side)):
                tightest[place] = rule
    for rule in rules:
        idle = [side for side in ("min", "max") if tightest.get(_place(rule, side), rule) is not rule]
        idle = [side for side in idle if getattr(rule, side) is not None]
        for side in idle:
            recipe.note(rule.origin, "off", f"{tightest[_place(rule, side)].origin} bounds the same more tightly")
        left = replace(rule, **dict.fromkeys(idle))
        if left.min is not None or left.max is not None:
            yield left


def _place(rule: NewRule, side: str) -> tuple[Any, ...]:
    return rule.kernel, rule.args, rule.lang, side


def _numbered(items: list[Any]) -> Iterator[Any]:
    """The items, names that come again with a number."""
    seen: dict[str, int] = {}
    for item in items:
        seen[item.name] = seen.get(item.name, 0) + 1
        yield item if seen[item.name] == 1 else replace(item, name=f"{item.name}_{seen[item.name]}")


def _rule(rule: NewRule, recipe: Recipe, prefix: str, kept: Example, dropped: Example) -> Iterator[str]:
    yield f"- id: {prefix}.{rule.name}"
    if rule.lang:
        yield f"  applies: {{lang: [{', '.join(rule.lang)}]}}"
    arguments = "".join(f", {name}: {_scalar(value)}" for name, value in rule.args)
    yield f"  signal: {{kernel: {rule.kernel}{arguments}}}"
    sides = [f"{name}: {_number(value)}" for name, value in (("min", rule.min), ("max", rule.max)) if value is not None]
    yield f"  keep_when: {{{', '.join(sides)}}}"
    yield "  otherwise: drop"
    yield f"  reason: {_scalar(rule.reason)}"
    yield f"  source: {_scalar(f'{recipe.kind}, {PurePath(recipe.path).name}: {rule.origin}, {rule.value}')}"
    yield "  examples:"
    for name, example in (("keep", kept), ("drop", dropped)):
        yield f"    {name}:"
        if example.times == 1:
            yield f"      - {_scalar(example.text)}"
        else:
            yield f"      - {{text: {_scalar(example.text)}, times: {example.times}}}"


def _rewrite(item: NewRewrite, recipe: Recipe, prefix: str) -> Iterator[str]:
    yield f"- id: {prefix}.{item.name}"
    if recipe.lang:
        yield f"  applies: {{lang: [{', '.join(recipe.lang)}]}}"
    yield f"  rewrite: {{{', '.join(f'{name}: {_scalar(value)}' for name, value in item.call.items())}}}"
    yield f"  reason: {_scalar(item.reason)}"
    yield f"  source: {_scalar(f'{recipe.kind}, {PurePath(recipe.path).name}: {item.origin}')}"
    yield "  examples:"
    for before, after in item.examples:
        yield f"    - {{before: {_scalar(before)}, after: {_scalar(after)}}}"
    yield ""


def _pipeline(recipe: Recipe, base: str, rules: str | None) -> str:
    settings: dict[str, Any] = {"name": _prefix(str(recipe.pipeline.get("name") or base))}
    given = recipe.pipeline.get("sources", [{}])[0]
    settings["sources"] = [{"name": "input", "paths": ["CHANGE-ME/*.jsonl"], **given}]
    settings |= {name: value for name, value in recipe.pipeline.items() if name not in ("name", "sources")}
    if recipe.rewrites:
        settings["rewrites"] = [f"{base}.rewrites.yaml"]
    settings["rules"] = [rules] if rules else []
    text: str = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False, width=110)
    return f"# From {PurePath(recipe.path).name}: look at `sources` first.\n{text}"


def _scalar(value: Any) -> str:
    """A value that YAML reads back as it is: JSON is YAML."""
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """The exact number, without an exponent: YAML 1.1 takes 1e-05 for a word."""
    return f"{Decimal(repr(value)):f}"
