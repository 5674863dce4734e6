"""From the names and numbers in a file to a signal that exists, called as it may be, and bounded where it can be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from corpus import wordlists
from corpus.errors import ConfigError, Problem, UsageError
from corpus.kernels.signal import DIALOGUE, EXCHANGES, TURN_VIEWS, VIEWS, Param, Signal, SignalCall, Value
from corpus.kernels.text_signals import CAPPED
from corpus.located import Located, Step, suggest
from corpus.ruleset.model import Bound, plain
from corpus.wordlists import WordList

_REFUSED = (
    (r"\(\?<[=!]", "look-behind"),
    (r"\(\?[=!]", "look-ahead"),
    (r"\\[1-9]|\(\?P=|\\k<", "a back-reference"),
    (r"\(\?>", "an atomic group"),
    (r"[*+?}]\+", "a possessive quantifier"),
    (r"\(\?(R|[0-9]|&|P>)", "recursion"),
    (r"\(\?\(", "a conditional group"),
    (r"\\[GZKRX]", "an escape that Rust does not have"),
)


def bind(
    raw: Mapping[str, Any], signals: Mapping[str, Signal], located: Located, at: Sequence[Step]
) -> SignalCall | list[Problem]:
    """The call that `{kernel: ..., argument: ...}` stands for, every parameter filled in; or all that is wrong."""
    place = tuple(at)
    kernel = raw.get("kernel")
    if not isinstance(kernel, str):
        return [located.problem((*place, "kernel"), "signal: key 'kernel' must name a signal")]
    signal = signals.get(kernel)
    if signal is None:
        return [located.problem((*place, "kernel"), f'unknown kernel "{kernel}"{suggest(kernel, signals)}')]
    known = {param.name: param for param in signal.params}
    problems = [
        located.problem((*place, name), f"{kernel} has no argument {name!r}{_accepted(name, known)}")
        for name in map(str, raw)
        if name not in ("kernel", "view") and name not in known
    ]
    view = raw.get("view", "")
    said = _wrong_view(str(view), signal) if view else None
    if said:
        problems.append(located.problem((*place, "view"), f"view {view!r}: {said}"))
    args: list[tuple[str, Value]] = []
    for param in signal.params:
        value = raw.get(param.name, param.default)
        if value is None:
            problems.append(located.problem(place, f"{kernel} needs the argument {param.name!r}{_choices(param)}"))
            continue
        wrong = _wrong_argument(param, value)
        if wrong:
            problems.append(located.problem((*place, param.name), f"{kernel}: {param.name}: {wrong}"))
        else:
            args.append((param.name, param.type(value)))
    if problems:
        return problems
    plain_call = SignalCall(kernel, tuple(args))
    call: SignalCall | list[Problem] = plain_call
    if "model" in known:
        call = _with_model(plain_call, located, (*place, "model"), language="label" not in known)
    elif "list" in known:
        call = _with_lists(plain_call, located, (*place, "list"))
    return replace(call, view=str(view)) if isinstance(call, SignalCall) else call


def _wrong_view(view: str, signal: Signal) -> str | None:
    """Why a signal cannot be measured in a view; None when it can."""
    if signal.reads == DIALOGUE:
        return (
            None if view == EXCHANGES else f"{signal.name} compares question and answer; its only view is {EXCHANGES}"
        )
    if signal.reads != "text":
        return f"{signal.name} does not read the text"
    known = (*VIEWS, *(one for one in TURN_VIEWS if one != EXCHANGES))
    if view not in known:
        return f"is one of {', '.join(known)}"
    if view in TURN_VIEWS and signal.unit == "label":
        return f"{signal.name} is a label, of which no turn has the worst; name {' or '.join(VIEWS)}"
    return None


def worst_of(call: SignalCall, bound: Bound) -> SignalCall | None:
    """A call that is measured turn by turn with what is worst by `bound`: the highest value of a maximum, the lowest of
    a minimum; None where both are bounded. Any other call as it is."""
    if not call.by_turn:
        return call
    if (bound.min is None) == (bound.max is None):
        return None
    worst = "highest" if bound.max is not None else "lowest"
    return replace(call, view=f"{call.view.partition('.')[0]}.{worst}")


def pinned(name: str, located: Located, place: Sequence[Step], kernel: str) -> tuple[WordList, str] | list[Problem]:
    """The word list that `name` stands for in a file, and what a worker needs that has not its file (empty: it has).

    A `.txt` file is looked for beside the file that names it.
    """
    try:
        found = wordlists.load(name, Path(located.path).parent)
        shipped = not name.endswith(".txt") and name in wordlists.shipped_names()
    except ConfigError as error:
        return list(error.problems)
    except UsageError as error:
        return [located.problem(place, f"{kernel}: {error}")]
    return found, "" if shipped else found.packed


def _with_lists(call: SignalCall, located: Located, place: tuple[Step, ...]) -> SignalCall | list[Problem]:
    """The call with the digest of its word lists, and with the terms of lists that workers have not.

    A signal of several lists names them joined by `+`; each is attached with its category.
    """
    arguments = call.arguments
    several = call.kernel == CAPPED
    names = str(arguments["list"]).split("+") if several else [str(arguments["list"])]
    lists: list[tuple[WordList, str]] = []
    for name in names:
        found = pinned(name.strip(), located, place, call.kernel)
        if isinstance(found, list):
            return found
        lists.append(found)
    twice = sorted({one.name for one, _ in lists if [other.name for other, _ in lists].count(one.name) > 1})
    if twice:
        return [located.problem(place, f"{call.kernel}: {', '.join(twice)} is named twice")]
    digest = wordlists.digest_of([one for one, _ in lists])
    if arguments["digest"] not in ("", digest):
        said = "+".join(one.name for one, _ in lists)
        return [located.problem(place, f"{call.kernel}: {said} is {digest} now, not {arguments['digest']}")]
    attached = wordlists.attach(*zip(*lists, strict=True)) if several or lists[0][1] else ""
    now = {"list": "+".join(one.name for one, _ in lists), "digest": digest}
    return SignalCall(call.kernel, tuple((key, now.get(key, value)) for key, value in call.args), attached)


def _with_model(
    call: SignalCall, located: Located, place: tuple[Step, ...], language: bool = False
) -> SignalCall | list[Problem]:
    """The call with the digest of its model (a classifier and its label, or a language model), whose files are what its
    card says; attached: where it lies.

    A relative path is looked for beside the file that names it.
    """
    from corpus.models import card as classifiers
    from corpus.models.directory import check, read
    from corpus.models.ngram import card as language_models

    arguments, base = call.arguments, Path(located.path).parent
    card: classifiers.Card | language_models.Card
    now: dict[str, Value] = {}
    try:
        if language:
            directory = language_models.find(str(arguments["model"]), base)
            card = read(directory, language_models.Card)
            check(directory, card.files)
        else:
            directory = classifiers.find(str(arguments["model"]), base)
            card = read(directory, classifiers.Card)
            check(directory, (card.model,))
            now["label"] = card.label(str(arguments["label"]))
    except ConfigError as error:
        return list(error.problems)
    except UsageError as error:
        return [located.problem(place, f"{call.kernel}: {error}")]
    now["digest"] = card.digest
    if arguments["digest"] not in ("", card.digest):
        return [located.problem(place, f"{call.kernel}: it is {card.digest} now, not {arguments['digest']}")]
    args = tuple((key, now.get(key, value)) for key, value in call.args)
    return SignalCall(call.kernel, args, str(directory.absolute()))


def wrong_bound(signal: Signal, bound: Bound) -> Iterator[tuple[str, str]]:
    """Key and complaint for each part of `bound` that does not fit the signal's values."""
    label = signal.unit == "label"
    if bound.empty:
        wanted = "in or not_in" if label else "min or max"
        yield "", f"bounds nothing; give {wanted}"
    for key, number in (("min", bound.min), ("max", bound.max)):
        if number is None:
            continue
        if label:
            yield key, f"{signal.name} is a label; use in or not_in, not {key}"
        elif signal.unit == "ratio" and not 0 <= number <= 1:
            hint = f"; {plain(number)} % is {plain(number / 100)}" if 1 < number <= 100 else ""
            yield key, f"{signal.name} is a ratio from 0 to 1; {key} {plain(number)} is outside it{hint}"
        elif number < 0 and signal.unit in ("count", "characters"):
            yield key, f"{signal.name} counts from 0; {key} {plain(number)} is outside it"
    for key, labels in (("in", bound.allowed), ("not_in", bound.refused)):
        if labels and not label:
            yield key, f"{signal.name} is a number; use min or max, not {key}"
    both = sorted(set(bound.allowed) & set(bound.refused))
    if both:
        yield "not_in", f"{', '.join(both)} stands in both in and not_in"


def refused_regex(pattern: str) -> str | None:
    """Why a pattern cannot be used, naming the construct; None when it can.

    The dialect is that of Rust's regex crate (linear time), so look-around and back-references do not exist.
    """
    try:
        pl.Series([""]).str.count_matches(pattern)
    except pl.exceptions.PolarsError as error:
        for construct, name in _REFUSED:
            if re.search(construct, pattern):
                return f"uses {name}, which linear-time regular expressions do not have; write it without"
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = next((line for line in reversed(lines) if line.startswith("error:")), lines[0] if lines else "refused")
        return f"is not a regular expression of Rust's dialect: {said.removeprefix('error: ')}"
    return None


def _wrong_argument(param: Param, value: Any) -> str | None:
    wanted = {str: "a word", int: "a whole number", float: "a number"}[param.type]
    fits = isinstance(value, str) if param.type is str else isinstance(value, int | float)
    if not fits or isinstance(value, bool) or (param.type is int and not isinstance(value, int)):
        return f"must be {wanted}, not {value!r}"
    if param.choices and value not in param.choices:
        return f"is not {value!r}{suggest(str(value), param.choices)}{_choices(param)}"
    if isinstance(value, int | float):
        if not abs(value) < 2**53:
            return "is too large"
        low, high = param.minimum, param.maximum
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            return f"must be {Bound(low, high)}, not {plain(value)}"
    if param.name == "pattern" and isinstance(value, str):
        return "is empty" if not value else refused_regex(value)
    return None


def _choices(param: Param) -> str:
    return f" (one of {', '.join(param.choices)})" if param.choices else ""


def _accepted(name: str, known: Mapping[str, Param]) -> str:
    if not known:
        return "; it has none"
    return suggest(name, known) or f"; it has {', '.join(known)}"
