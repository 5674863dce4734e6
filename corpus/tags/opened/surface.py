"""Surface rules: one spelling for tags that differ in width, case, script, marks, number or an empty word."""

from __future__ import annotations

import re
import unicodedata

from corpus.kernels.matchview import targets

_MARKS = re.compile(r"[\W_]+")
_NOT_THERE = re.compile("['’ʼ`]")
_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_BETWEEN = re.compile(rf"(?<=[{_CJK}]) | (?=[{_CJK}])")
_ARTICLES = ("the ", "a ", "an ")
_EMPTY_ZH = ("任务", "相关", "方面", "领域", "需求")
_EMPTY_EN = (" task", " request", " related", " domain", " topic")
_LEAST = 2
_ALWAYS_PLURAL = frozenset({"news", "physics", "mathematics", "economics", "politics", "ethics", "statistics", "series",
                            "species", "linguistics", "logistics", "athletics", "analytics", "genetics", "graphics",
                            "robotics", "electronics", "sales", "always", "lens", "kubernetes", "sms", "css", "aws",
                            "gas", "plus", "bias", "canvas", "atlas", "christmas", "texas"})  # fmt: skip


def surface(tag: str) -> str:
    """The form that stands for all spellings of a tag; empty where it has no letter or digit.

    Compatibility forms, case, Traditional characters and marks are folded (`C++` and `C#` keep theirs), English words
    are singular, and words that say nothing of a tag ("task", "相关") at its end go.
    """
    text = unicodedata.normalize("NFKC", tag).casefold()
    text = _NOT_THERE.sub("", text).replace("c++", "cplusplus").replace("c#", "csharp").replace(".net", "dotnet")
    text = " ".join(_MARKS.sub(" ", text).split())
    text = _BETWEEN.sub("", "".join(map(_simplified, text)))
    for article in _ARTICLES:
        text = text.removeprefix(article)
    text = " ".join(singular(word).replace("isation", "ization") for word in text.split(" "))
    for empty in (*_EMPTY_EN, *_EMPTY_ZH):
        if text.endswith(empty) and len(text) - len(empty) >= _LEAST:
            text = text.removesuffix(empty)
    return text


def singular(word: str) -> str:
    """An English word without the ending of its plural; any other word as it is."""
    if len(word) < 4 or not word.isascii() or not word.isalpha() or word in _ALWAYS_PLURAL or word[-1] != "s":
        return word
    if word.endswith("yses"):
        return word[:-2] + "is"
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is", "ous")) else word[:-1]


def _simplified(character: str) -> str:
    point = ord(character)
    return character if point < 0x2E80 else chr(int(targets()[point]))
