"""Recipes of Data-Juicer: `process:`, a list of operators with their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from corpus.errors import Problem
from corpus.kernels.catalogue import SIGNALS
from corpus.located import Located, Step, suggest
from corpus.ruleset.foreign.juicer_ops import CASES, CONVERTED, FILTERS, KNOWN, MAPPERS, NONE, SETTINGS, Filter
from corpus.ruleset.foreign.model import NewRewrite, NewRule, Origin, Recipe, spaceless, tokens_for

UNBOUNDED = 2**53
"""Data-Juicer writes sys.maxsize where there is no bound."""


def is_juicer(value: Any) -> bool:
    """Whether a document looks like a recipe of Data-Juicer."""
    return isinstance(value, dict) and isinstance(value.get("process"), list)


def read_juicer(document: Located, lang: tuple[str, ...], problems: list[Problem]) -> Recipe:
    """The recipe in `document`; what is wrong with its values goes to `problems`."""
    recipe = Recipe("Data-Juicer", document.path, lang)
    operators = [_operator(document, index, item, problems) for index, item in enumerate(document.value["process"])]
    found = [item for item in operators if item is not None]
    if not lang:
        wanted = [item.arguments.get("lang") for item in found if item.name == "language_id_score_filter"]
        recipe.lang = tuple(item for item in wanted[:1] if isinstance(item, str) and item)
    importing = _Importing(recipe, document, problems)
    judged = False
    for item in found:
        if judged and item.name.endswith("_mapper"):
            said = "stands after a filter there; here every rewrite runs before anything is measured"
            recipe.note(item.origin, "differs", said)
        judged |= item.name.endswith("_filter")
        importing.take(item)
    _globals(recipe, document)
    return recipe


@dataclass(frozen=True)
class _Operator:
    name: str
    arguments: Mapping[str, Any]
    place: tuple[Step, ...]
    origin: Origin

    def at(self, argument: str) -> tuple[Step, ...]:
        return (*self.place, argument)


def _operator(document: Located, index: int, item: Any, problems: list[Problem]) -> _Operator | None:
    place: tuple[Step, ...] = ("process", index)
    line = document.position(place)[0]
    if isinstance(item, str):
        return _Operator(item, {}, place, Origin(item, line))
    if isinstance(item, dict) and len(item) == 1:
        name, arguments = next(iter(item.items()))
        if arguments is None or isinstance(arguments, dict):
            inside = (*place, str(name))
            return _Operator(
                str(name), {str(k): v for k, v in (arguments or {}).items()}, inside, Origin(str(name), line)
            )
    problems.append(document.problem(place, "process: must be operators, each a name with its arguments or none"))
    return None


@dataclass
class _Importing:
    recipe: Recipe
    document: Located
    problems: list[Problem]

    def take(self, item: _Operator) -> None:
        """Import one operator, or note why not."""
        if item.name in FILTERS:
            self._filter(item, FILTERS[item.name])
        elif item.name in MAPPERS:
            mapper = MAPPERS[item.name]
            if mapper.differs:
                self.recipe.note(item.origin, "differs", mapper.differs)
            self._rewrite(item, mapper.call, mapper.reason, mapper.examples)
        elif item.name == "chinese_convert_mapper":
            self._convert(item)
        elif item.name in SETTINGS:
            self._setting(item)
        elif item.name in NONE:
            said = ", ".join(f"{name} {value}" for name, value in item.arguments.items()) or "defaults"
            self.recipe.note(item.origin, "none", NONE[item.name].replace("{args}", said))
        else:
            kind = "is not known here" + suggest(item.name, KNOWN)
            if any(item.name.startswith(medium) for medium in ("image_", "video_", "audio_", "face_")):
                kind = "works on other media than text"
            self.recipe.note(item.origin, "none", kind)

    def _filter(self, item: _Operator, known: Filter) -> None:
        if known.refuses and item.arguments.get(known.refuses) is True:
            self.recipe.note(item.origin, "none", f"with {known.refuses} it counts tokens of a model")
            return
        if item.name == "language_id_score_filter":
            self._languages(item)
        args = known.args
        lang = self._lang(item)
        if known.n is not None:
            n = self._n(item, known, lang)
            if n is None:
                return
            args = (("n", n),)
        accepted = {known.low[0], known.high[0], "lang", *known.other, *((known.refuses,) if known.refuses else ())}
        accepted |= {known.n[0]} if known.n else set()
        for name in sorted(item.arguments.keys() - accepted):
            self.recipe.note(item.origin, "differs", f"its argument {name!r} is not known here and changes nothing")
        sides = {
            "min": self._number(item, *known.low) if known.low[0] else None,
            "max": self._number(item, *known.high) if known.high[0] else None,
        }
        ratio = SIGNALS[known.kernel].unit == "ratio"
        low, high = sides["min"], sides["max"]
        low = None if low is not None and low <= 0 else low
        high = None if high is not None and (high >= UNBOUNDED or (ratio and high >= 1)) else high
        if low is None and high is None:
            self.recipe.note(item.origin, "off", "its bounds let everything through")
            return
        if low is not None and high is not None and low > high:
            self.problems.append(self.document.problem(item.place, f"{item.name}: keeps nothing: {low:g} to {high:g}"))
            return
        if known.differs:
            self.recipe.note(item.origin, "differs", known.differs)
        said = ", ".join(f"{name} {value:g}" for name, value in zip(("min", "max"), (low, high), strict=True) if value)
        self.recipe.rules.append(
            NewRule(item.origin, item.name, known.kernel, known.reason, said, args, low, high, self._applies(item))
        )

    def _lang(self, item: _Operator) -> tuple[str, ...]:
        given = item.arguments.get("lang")
        return (given,) if isinstance(given, str) and given else self.recipe.lang

    def _applies(self, item: _Operator) -> tuple[str, ...]:
        """The language that the user or the recipe's language filter gives: an operator's own `lang` only says how it
        cuts words."""
        return self.recipe.lang

    def _n(self, item: _Operator, known: Filter, lang: tuple[str, ...]) -> int | None:
        if known.n is None:
            return None
        argument, default = known.n
        given = self._number(item, argument, default)
        if given is None:
            return None
        own = self.recipe.lang or lang
        n = tokens_for(int(given), own) if known.words else int(given)
        if known.words and spaceless(own):
            self.recipe.note(item.origin, "differs", f"{given:g} words are taken as {n} characters")
            if not item.arguments.get("tokenization"):
                said = "without tokenization a word there is what stands between spaces, in Chinese a whole clause"
                self.recipe.note(item.origin, "differs", said)
        least, most = next(
            (param.minimum, param.maximum) for param in SIGNALS[known.kernel].params if param.name == "n"
        )
        if not (least or 0) <= n <= (most or 0):
            self.recipe.note(item.origin, "none", f"n-grams of {n}; {known.kernel} measures {least:g} to {most:g}")
            return None
        return n

    def _number(self, item: _Operator, argument: str, default: float | None) -> float | None:
        value = item.arguments.get(argument, default)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        message = f"{item.name}: {argument}: must be a number, not {value!r:.40}"
        self.problems.append(self.document.problem(item.at(argument), message))
        return None

    def _languages(self, item: _Operator) -> None:
        given = item.arguments.get("lang")
        langs = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        include = [pattern for lang in langs if lang for pattern in (str(lang), f"{lang}[-_]*")]
        if include:
            self.recipe.pipeline.setdefault("select", {})["languages"] = {"include": include}

    def _setting(self, item: _Operator) -> None:
        if item.name == "document_deduplicator":
            self.recipe.pipeline["dedup"] = {"exact": True}
        elif item.name == "fix_unicode_mapper":
            self.recipe.pipeline["normalise"] = {"unicode": "NFC"}
        elif item.name == "random_selector":
            share = self._number(item, "select_ratio", None)
            if share is None or not 0 < share <= 1:
                self.recipe.note(item.origin, "none", "chooses a number of records; `corpus convert --rows` does")
                return
            self.recipe.pipeline.setdefault("select", {})["sample"] = {"share": share}
        self.recipe.note(item.origin, "differs", SETTINGS[item.name])

    def _convert(self, item: _Operator) -> None:
        mode = str(item.arguments.get("mode", "s2t"))
        if mode not in CASES:
            self.recipe.note(item.origin, "none", f"mode {mode}; there are {', '.join(CASES)}")
            return
        if mode in ("tw2s", "hk2s"):
            self.recipe.note(item.origin, "differs", f"{mode} is taken as t2s: regional forms are folded alike")
        call = CASES[mode]
        self._rewrite(item, call, "one script for all Chinese texts", CONVERTED[str(call["kernel"])])

    def _rewrite(
        self, item: _Operator, call: Mapping[str, Any], reason: str, examples: tuple[tuple[str, str], ...]
    ) -> None:
        self.recipe.rewrites.append(NewRewrite(item.origin, item.name, call, reason, examples))


def _globals(recipe: Recipe, document: Located) -> None:
    """Settings of the whole recipe that a pipeline has too."""
    value = document.value
    source: dict[str, Any] = {}
    paths = value.get("dataset_path")
    if isinstance(paths, str) and paths:
        source["paths"] = [paths]
    keys = value.get("text_keys")
    key = keys[0] if isinstance(keys, list) and keys else keys
    if isinstance(key, str) and key:
        source["fields"] = {"text": key}
    if source:
        recipe.pipeline["sources"] = [source]
    size = value.get("export_shard_size")
    if isinstance(size, int) and size >= 1 << 16:
        recipe.pipeline["publish"] = {"file_bytes": size}
    name = value.get("project_name")
    if isinstance(name, str) and name:
        recipe.pipeline["name"] = name
