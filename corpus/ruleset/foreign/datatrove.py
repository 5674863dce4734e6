"""Thresholds of datatrove's filters, as FineWeb2 publishes them for each language (`configs/cmn_Hani.yml`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from corpus.errors import Problem
from corpus.kernels.catalogue import SIGNALS
from corpus.kernels.matchview import view_of_term
from corpus.kernels.signal import Value
from corpus.kernels.wordlist import MAX_TERM
from corpus.located import Located, Step, suggest
from corpus.ruleset.foreign.model import WORD, NewRule, Origin, Recipe, spaceless, tokens_for

REPETITION, QUALITY, FINEWEB, C4 = "GopherRepetition", "GopherQuality", "FineWebQuality", "C4Quality"


@dataclass(frozen=True)
class Setting:
    """One number of a filter: the signal it bounds and on which side; `differs` says how the two measure otherwise,
    `in_words` that it counts words, which Chinese and Japanese text does not divide."""

    of: str
    kernel: str
    side: str
    reason: str
    args: tuple[tuple[str, Value], ...] = ()
    differs: str = ""
    in_words: bool = False


_MARKED = "ours takes Chinese and Latin sentence marks, and closing quotes after them"
SETTINGS: Mapping[str, Setting] = {
    "dup_line_frac": Setting(REPETITION, "duplicate_line_ratio", "max", "too many lines repeat an earlier one"),
    "dup_para_frac": Setting(
        REPETITION, "duplicate_paragraph_ratio", "max", "too many paragraphs repeat an earlier one"
    ),
    "dup_line_char_frac": Setting(
        REPETITION, "duplicate_line_char_ratio", "max", "too much of the text stands in repeated lines"
    ),
    "dup_para_char_frac": Setting(
        REPETITION, "duplicate_paragraph_char_ratio", "max", "too much of the text stands in repeated paragraphs"
    ),
    "min_doc_words": Setting(
        QUALITY, "words", "min", "too few words for a document", differs="ours takes two words for three Han characters"
    ),
    "max_doc_words": Setting(
        QUALITY,
        "words",
        "max",
        "so many words that it is several documents",
        differs="ours takes two words for three Han characters",
    ),
    "min_avg_word_length": Setting(
        QUALITY, "mean_word_length", "min", "words that are on average too short", in_words=True
    ),
    "max_avg_word_length": Setting(
        QUALITY, "mean_word_length", "max", "words that are on average too long", in_words=True
    ),
    "max_non_alpha_words_ratio": Setting(
        QUALITY,
        "alphabetic_word_ratio",
        "min",
        "too few of the words hold a letter",
        differs="the filter keeps texts with at least this share of words that hold a letter, in spite of its name",
        in_words=True,
    ),
    "max_bullet_lines_ratio": Setting(QUALITY, "bullet_line_ratio", "max", "nearly every line is an item of a list"),
    "max_ellipsis_lines_ratio": Setting(QUALITY, "ellipsis_line_ratio", "max", "too many lines break off"),
    "line_punct_thr": Setting(
        FINEWEB, "terminal_line_ratio", "min", "too few lines end in a sentence mark", differs=_MARKED
    ),
    "char_duplicates_ratio": Setting(
        FINEWEB, "duplicate_line_char_ratio", "max", "too much of the text stands in repeated lines"
    ),
    "language_score": Setting(
        "language filter",
        "lang_score",
        "min",
        "the language is not certain enough",
        differs="the score of another model (GlotLID there); null, and so no failure, where the source declares its "
        "language",
    ),
    "min_num_sentences": Setting(
        C4, "sentences", "min", "too few sentences", differs="ours ends one at a line's end too"
    ),
    "max_word_length": Setting(
        C4,
        "max_word_length",
        "max",
        "a word too long to be one",
        differs="the filter drops the line, the rule the text",
    ),
}
"""Settings that are a rule by themselves."""
SPECIAL: Mapping[str, tuple[str, str, str]] = {
    "top_n_grams": (
        REPETITION,
        "top_ngram_char_ratio",
        "words there, tokens here: for Chinese and Japanese n is taken 1.6 times, a token being a character",
    ),
    "dup_n_grams": (
        REPETITION,
        "duplicate_ngram_char_ratio",
        "words there, tokens here: for Chinese and Japanese n is taken 1.6 times, a token being a character",
    ),
    "new_line_ratio": (
        FINEWEB,
        "newline_ratio",
        "newlines a word there, a character here: divided by 1.6 for Chinese and Japanese, by 5 elsewhere",
    ),
    "short_line_thr": (FINEWEB, "short_line_ratio", ""),
    "short_line_length": (FINEWEB, "short_line_ratio", "`below` is one more: up to so many there, fewer than here"),
    "stopwords": (
        QUALITY,
        "term_distinct",
        "a word list beside the rules; in Chinese found anywhere, there only as a word of jieba's",
    ),
    "min_stop_words": (QUALITY, "term_distinct", "2 when it is left out"),
    "max_symbol_word_ratio": (QUALITY, "symbol_word_ratio", "two rules: hashes, and ellipses"),
    "filter_lorem_ipsum": (C4, "phrase_density", ""),
    "filter_curly_bracket": (C4, "curly_ratio", ""),
}
"""Settings that need more than a number: filter, signal and what differs."""
NONE: Mapping[str, str] = {
    "line_punct_exclude_zero": "texts without any marked line fail like others",
    "stop_chars": "the sentence marks are ours, Chinese and Latin",
    "filter_no_terminal_punct": "removes lines; rules judge texts, terminal_line_ratio bounds such lines",
    "filter_javascript": "removes lines; common/boilerplate and en/c4 judge texts by such lines",
    "filter_policy": "removes lines; common/boilerplate and en/c4 judge texts by such lines",
    "remove_citations": "no rewrite removes them",
    "min_words_per_line": "removes lines; few_word_line_ratio bounds them",
    "split_paragraph": "lines and paragraphs are both measured",
    "stop_words": "",
    "language": "",
}
SCRIPT: Mapping[str, float] = {
    "min_doc_words": 50,
    "max_doc_words": 100_000,
    "max_symbol_word_ratio": 0.1,
    "max_bullet_lines_ratio": 0.9,
    "max_ellipsis_lines_ratio": 0.3,
    "char_duplicates_ratio": 0.1,
}
"""What FineWeb2's script applies to every language beside the file: arguments of its own and the filters' defaults."""
PER_WORD = 5.0
_ISO = {
    "cmn": "zh", "zho": "zh", "jpn": "ja", "kor": "ko", "eng": "en", "deu": "de", "fra": "fr", "spa": "es", "por": "pt",
    "ita": "it", "nld": "nl", "rus": "ru", "ukr": "uk", "pol": "pl", "ces": "cs", "tur": "tr", "arb": "ar", "fas": "fa",
    "heb": "he", "hin": "hi", "ben": "bn", "tam": "ta", "tel": "te", "tha": "th", "vie": "vi", "ind": "id", "zsm": "ms",
    "swe": "sv", "dan": "da", "fin": "fi", "ell": "el", "hun": "hu", "ron": "ro", "bul": "bg", "srp": "sr", "cat": "ca",
}  # fmt: skip


def is_datatrove(value: Any) -> bool:
    """Whether a document looks like thresholds of datatrove."""
    known = SETTINGS.keys() | SPECIAL.keys() | NONE.keys()
    return isinstance(value, dict) and any(name in known for name, _ in _flat(value))


def language_of(path: str) -> tuple[str, ...]:
    """The language that FineWeb2's file names say (`cmn_Hani.yml`), as ours; empty for other names."""
    match = re.fullmatch(r"([a-z]{3})_[A-Z][a-z]{3}", PurePath(path).stem)
    return (_ISO.get(match[1], match[1]),) if match else ()


def read_datatrove(document: Located, lang: tuple[str, ...], complete: bool, problems: list[Problem]) -> Recipe:
    """The recipe in `document`; what is wrong with its values goes to `problems`."""
    recipe = Recipe("datatrove", document.path, lang or language_of(document.path))
    found: dict[str, tuple[tuple[Step, ...], Any]] = {}
    for name, place in _flat(document.value):
        found[name] = (place, _at(document.value, place))
    importing = _Importing(recipe, document, found, problems)
    for name in found:
        importing.take(name)
    if complete:
        for name, number in SCRIPT.items():
            if name not in found:
                importing.add(name, number, Origin(name, 0))
    elif "stopwords" in found:
        left = ", ".join(f"{name} {number:g}" for name, number in SCRIPT.items() if name not in found)
        said = f"FineWeb2's script also applies what no file says: {left}; --complete imports these too"
        recipe.note(Origin("(the script)", 0), "none", said) if left else None
    return recipe


def _flat(value: Mapping[Any, Any], at: tuple[Step, ...] = ()) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Every setting with its place; a mapping in a mapping is a group of settings."""
    for name, inner in value.items():
        place = (*at, str(name))
        if isinstance(inner, dict):
            yield from _flat(inner, place)
        else:
            yield str(name), place


def _at(value: Any, place: tuple[Step, ...]) -> Any:
    for step in place:
        value = next(inner for name, inner in value.items() if str(name) == step)
    return value


@dataclass
class _Importing:
    recipe: Recipe
    document: Located
    found: Mapping[str, tuple[tuple[Step, ...], Any]]
    problems: list[Problem]

    def take(self, name: str) -> None:
        """Import one setting, or note why not."""
        place, value = self.found[name]
        origin = Origin(name, self.document.position(place)[0])
        if name in ("top_n_grams", "dup_n_grams"):
            self._ngrams(name, place, value)
        elif name == "stopwords":
            self._stopwords(place, value, origin)
        elif name in ("filter_lorem_ipsum", "filter_curly_bracket"):
            self._switch(name, value, origin)
        elif name in ("short_line_length", "min_stop_words"):
            self._number(place, value)
        elif name in SETTINGS or name in SPECIAL:
            number = self._number(place, value, none=True)
            if number is not None:
                self.add(name, number, origin)
        elif NONE.get(name):
            self.recipe.note(origin, "none", NONE[name])
        elif name not in NONE:
            known = [*SETTINGS, *SPECIAL, *NONE]
            self.recipe.note(origin, "none", f"is no setting of datatrove's that is known here{suggest(name, known)}")

    def add(self, name: str, number: float, origin: Origin) -> None:
        """A setting that is one number."""
        if name == "new_line_ratio":
            divisor = WORD.get(self.recipe.lang[0], PER_WORD) if self.recipe.lang else PER_WORD
            self._differs(origin, name)
            exact = float(Decimal(str(number)) / Decimal(str(divisor)))
            self._rule(name, "newline_ratio", "max", exact, origin, "a new line after too few characters", said=number)
        elif name == "short_line_thr":
            length = self._number(*self.found["short_line_length"]) if "short_line_length" in self.found else 30
            args = (("below", int(length or 30) + 1),)
            self._rule(name, "short_line_ratio", "max", number, origin, "too many lines are short", args)
        elif name == "max_symbol_word_ratio":
            for of in ("hash", "ellipsis"):
                reason = f"too many {'hashes' if of == 'hash' else 'ellipses'} for its words"
                self._rule(f"{name}_{of}", "symbol_word_ratio", "max", number, origin, reason, (("of", of),))
        else:
            setting = SETTINGS[name]
            if setting.in_words and spaceless(self.recipe.lang):
                said = f"what is meant are words of a segmenter; {setting.kernel} looks at what spaces divide"
                self.recipe.note(origin, "none", said)
                return
            if name.startswith("dup_") and number == 0:
                self.recipe.note(origin, "off", "0 switches the check off")
                return
            if setting.differs:
                self._differs(origin, name)
            self._rule(name, setting.kernel, setting.side, number, origin, setting.reason, setting.args)

    def _rule(
        self,
        name: str,
        kernel: str,
        side: str,
        number: float,
        origin: Origin,
        reason: str,
        args: tuple[tuple[str, Value], ...] = (),
        said: float | None = None,
    ) -> None:
        ratio = SIGNALS[kernel].unit == "ratio"
        if (side == "min" and number <= 0) or (side == "max" and ratio and number >= 1):
            self.recipe.note(origin, "off", f"{number:g} lets everything through")
            return
        self.recipe.rules.append(
            NewRule(
                origin,
                name,
                kernel,
                reason,
                f"{number if said is None else said:g}",
                args,
                min=number if side == "min" else None,
                max=number if side == "max" else None,
                lang=self.recipe.lang,
            )
        )

    def _ngrams(self, name: str, place: tuple[Step, ...], value: Any) -> None:
        kernel = SPECIAL[name][1]
        most = next(param.maximum for param in SIGNALS[kernel].params if param.name == "n")
        if value in (None, [], ()):
            self.recipe.note(Origin(name, self.document.position(place)[0]), "off", "an empty list checks nothing")
            return
        for index, pair in enumerate(value if isinstance(value, list) else [None]):
            at = (*place, index)
            origin = Origin(f"{name}[{index}]", self.document.position(at)[0])
            whole = isinstance(pair, list) and len(pair) == 2
            words = self._number((*at, 0), pair[0]) if whole else None
            share = self._number((*at, 1), pair[1]) if whole else None
            if not whole or words is None or share is None or words < 1 or int(words) != words:
                if not whole or words is not None:
                    self.problems.append(
                        self.document.problem(at, f"{name}: must be pairs of a whole number and a share")
                    )
                continue
            n = tokens_for(int(words), self.recipe.lang)
            if not 2 <= n <= int(most or 0):
                self.recipe.note(origin, "none", f"{n} tokens; {kernel} measures 2 to {most:g}")
                continue
            if n != words:
                said = f"{int(words)} words are taken as {n} characters"
                self.recipe.note(origin, "differs", said)
            reason = {
                "top_n_grams": "one phrase takes too much of the text",
                "dup_n_grams": "too much of the text is said before",
            }[name]
            self._rule(f"{name}_{int(words)}", kernel, "max", share, origin, reason, (("n", n),))

    def _stopwords(self, place: tuple[Step, ...], value: Any, origin: Origin) -> None:
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self.problems.append(self.document.problem(place, "stopwords: must be a list of words"))
            return
        needed = 2
        if "min_stop_words" in self.found:
            given = self.found["min_stop_words"][1]
            needed = int(given) if isinstance(given, int) else 0
        terms: dict[tuple[int, ...], str] = {}
        refused: list[str] = []
        for word in value:
            try:
                view = tuple(view_of_term(word))
            except ValueError:
                refused.append(word)
                continue
            fits = len(view) <= MAX_TERM and not word.startswith("#") and not re.search(r"[\t\r\n]", word)
            if fits and view not in terms:
                terms[view] = word
            else:
                refused.append(word)
        if refused:
            said = f"{', '.join(refused)}: marks, or found as another word is"
            self.recipe.note(origin, "differs", f"left out of the list: {said}")
        if needed < 1 or needed > len(terms):
            self.recipe.note(origin, "off", f"at least {needed} of {len(terms)} different words")
            return
        self._differs(origin, "stopwords")
        self.recipe.lists["stopwords.txt"] = (
            "\n".join([f"# Function words of {PurePath(self.recipe.path).name}", *terms.values()]) + "\n"
        )
        words = list(terms.values())
        han = spaceless(self.recipe.lang)
        self.recipe.rules.append(
            NewRule(
                origin,
                "stopwords",
                "term_distinct",
                f"prose cannot do without function words; this has fewer than {needed} of {len(words)}",
                f"{len(value)} words, at least {needed}",
                (("list", "stopwords.txt"),),
                min=needed,
                lang=self.recipe.lang,
                keep=(("，" if han else " ").join(words[: max(needed, 5)]),),
                drop=("2024-11-05 10:30 8,812.50",),
            )
        )

    def _switch(self, name: str, value: Any, origin: Origin) -> None:
        kernel = SPECIAL[name][1]
        if value is not True:
            self.recipe.note(origin, "off", "is not switched on")
        elif name == "filter_lorem_ipsum":
            self._rule(name, kernel, "max", 0.0, origin, "placeholder text of a template", (("of", "lorem_ipsum"),))
        else:
            self._rule(name, kernel, "max", 0.0, origin, "curly brackets, as in code")

    def _number(self, place: tuple[Step, ...], value: Any, none: bool = False) -> float | None:
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53:
            return value
        if value is None and none:
            self.recipe.note(Origin(str(place[-1]), self.document.position(place)[0]), "off", "null switches it off")
        else:
            self.problems.append(self.document.problem(place, f"{place[-1]}: must be a number, not {value!r:.40}"))
        return None

    def _differs(self, origin: Origin, name: str) -> None:
        said = SPECIAL[name][2] if name in SPECIAL else SETTINGS[name].differs
        self.recipe.note(origin, "differs", said)
